//! The words of the checks that need the outside world, so that plans with them can be read.

use checks::check::CheckList;
use schemars::{Schema, SchemaGenerator};
use serde::de::{IgnoredAny, MapAccess};

/// One of them, whatever its arguments are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Outside(&'static str);

impl CheckList for Outside {
    const WORDS: &'static [&'static str] = &[
        "command",
        "probe",
        "git",
        "http",
        "environment",
        "milestone",
    ];

    fn take<'de, A: MapAccess<'de>>(word: &str, map: &mut A) -> Option<Result<Self, A::Error>> {
        let word = Self::WORDS.iter().find(|known| **known == word)?;
        let arguments = map.next_value::<IgnoredAny>();
        Some(arguments.map(|_| Self(word)))
    }

    fn schemas(_: &mut SchemaGenerator) -> Vec<(&'static str, Schema)> {
        Vec::new()
    }

    fn word(&self) -> &'static str {
        self.0
    }
}

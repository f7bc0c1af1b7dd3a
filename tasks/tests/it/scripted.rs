//! A list of outside checks for tests: each answers what its arguments say.

use checks::check::CheckList;
use checks::snapshot::Snapshot;
use checks::verdict::{Answer, Finding, Verdict};
use schemars::{Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::MapAccess;
use tasks::outside::{Outside, Ruling};

/// The words of the outside checks, with any arguments; `says` is what the check answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Scripted {
    word: &'static str,
    says: String,
    /// The arguments, as they were written.
    pub(crate) arguments: String,
}

#[derive(Deserialize)]
struct Arguments {
    says: Option<String>,
    #[serde(flatten)]
    rest: toml::Table,
}

impl CheckList for Scripted {
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
        let arguments = map.next_value::<Arguments>();
        Some(arguments.map(|Arguments { says, rest }| Self {
            word,
            says: says.unwrap_or_else(|| "skipped".to_owned()),
            arguments: rest.to_string(),
        }))
    }

    fn schemas(_: &mut SchemaGenerator) -> Vec<(&'static str, Schema)> {
        let any = |word: &&'static str| (*word, Schema::from(true));
        Self::WORDS.iter().map(any).collect()
    }

    fn word(&self) -> &'static str {
        self.word
    }
}

impl Outside for Scripted {
    /// How many times a check was asked.
    type World = usize;

    fn judge(&self, _: &dyn Snapshot, asked: &mut usize) -> Ruling {
        *asked += 1;
        let verdict = match self.says.as_str() {
            "pass" => Verdict::Pass,
            "fail" => Verdict::Fail(vec![Finding::general("it does not hold")]),
            "undecided" => Verdict::Undecided("it cannot be known".to_owned()),
            _ => return Ruling::skipped("not asked"),
        };
        Ruling::Judged(Answer::from(verdict), None)
    }

    fn is_instant(&self) -> bool {
        true
    }

    fn remarks(&self, _: &dyn Snapshot) -> Vec<String> {
        Vec::new()
    }
}

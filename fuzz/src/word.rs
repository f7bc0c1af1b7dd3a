//! A native check, read as a plan file writes it.

use checks::check::{CheckList, Native, NotControlled, controlled};
use checks::snapshot::Snapshot;
use checks::verdict::Verdict;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::assert_gives_reasons;

/// `{ word = arguments }`
pub struct Word(pub Native);

impl Word {
    /// Reads a check that is known to be well written.
    #[must_use]
    pub fn new(toml: &str) -> Self {
        toml::from_str(toml).expect("a check")
    }

    /// Judges a snapshot twice. Both answers are the same and give their reasons, and what
    /// passes is caught once its violation is planted, or it is known why it cannot be.
    pub fn ask(&self, snapshot: &dyn Snapshot) -> Verdict {
        let check = self.0.check();
        let answer = check.judge(snapshot);
        assert_eq!(answer, check.judge(snapshot), "asked twice");
        assert_gives_reasons(&answer.verdict, snapshot);
        if answer.verdict == Verdict::Pass {
            let control = controlled(check, snapshot);
            assert_ne!(control, Err(NotControlled::CannotFail), "{check:?}");
        }
        answer.verdict
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OneWord).map(Self)
    }
}

struct OneWord;

impl<'de> Visitor<'de> for OneWord {
    type Value = Native;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("one check")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Native, A::Error> {
        let word: String = map.next_key()?.unwrap_or_default();
        let taken = Native::take(&word, &mut map);
        taken.unwrap_or_else(|| Err(A::Error::custom(format!("no check `{word}`"))))
    }
}

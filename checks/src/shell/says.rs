//! What a smoke test says in words.

use super::command::Command;
use super::evaluate::is_shown;
use super::parser::{Body, List};

/// What was said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) fail: bool,
    pub(crate) success: bool,
}

/// Words that mean a failure, in any case; a word that starts with `fail` does too.
const FAILURE: [&str; 4] = ["error", "errors", "❌", "✗"];

/// Words that mean a success, in any case.
const SUCCESS: [&str; 13] = [
    "success",
    "successful",
    "successfully",
    "succeeded",
    "succeeds",
    "pass",
    "passed",
    "passes",
    "ok",
    "okay",
    "✅",
    "✓",
    "✔",
];

/// Before these words a failure is none, and a success is a failure.
const NEGATIONS: [&str; 7] = ["no", "not", "0", "zero", "without", "never", "nothing"];

impl Said {
    /// What a text says: `FAIL: still there` a failure, `OK, no errors` a success, `not ok` a
    /// failure.
    pub(crate) fn by(text: &str) -> Self {
        let mut said = Self::default();
        let mut negated = false;
        for word in words(text) {
            let word = word.to_lowercase();
            let fails = word.starts_with("fail") || FAILURE.contains(&word.as_str());
            let succeeds = SUCCESS.contains(&word.as_str());
            said.fail |= fails && !negated || succeeds && negated;
            said.success |= succeeds && !negated;
            negated = NEGATIONS.contains(&word.as_str());
        }
        said
    }

    /// What several texts say together.
    pub(crate) fn by_all(texts: &[String]) -> Self {
        texts
            .iter()
            .fold(Self::default(), |said, text| said.and(Self::by(text)))
    }

    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            fail: self.fail || other.fail,
            success: self.success || other.success,
        }
    }

    /// Whether anything was said.
    pub(crate) fn anything(self) -> bool {
        self.fail || self.success
    }
}

/// What a line can say at all.
pub(crate) fn can_say(list: &List) -> Said {
    let said = list.stages().into_iter().map(|stage| match &stage.body {
        Body::Command(Ok(Command::Say(text))) if is_shown(stage) => Said::by(text),
        _ => Said::default(),
    });
    said.fold(Said::default(), Said::and)
}

/// Runs of letters and digits, and single signs.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || "❌✗✅✓✔".contains(c)))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood_and_not_letters() {
        for (text, fail, success) in [
            ("FAIL: imports still present", true, false),
            ("SUCCESS", false, true),
            ("FAILED", true, false),
            ("TEST_FAILURE", true, false),
            ("fails", true, false),
            ("ERROR", true, false),
            ("ok", false, true),
            ("PASS", false, true),
            ("password", false, false),
            ("broken token", false, false),
            ("not OK", true, false),
            ("SUCCESS: no errors", false, true),
            ("OK, 0 failures", false, true),
            ("OK FAIL", true, true),
            ("✅ done", false, true),
            ("❌ torch", true, false),
            ("", false, false),
        ] {
            assert_eq!(Said::by(text), Said { fail, success }, "{text}");
        }
    }
}

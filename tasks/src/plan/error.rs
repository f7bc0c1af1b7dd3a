//! What is wrong with a plan file, and where.

use std::fmt;
use std::ops::Range;

use crate::nearest::did_you_mean;

/// What is wrong with a plan file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    /// The file, as the user named it.
    pub file: String,
    /// The whole text of the file.
    pub text: String,
    /// The bytes of the text that are meant.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

impl PlanError {
    pub(crate) fn new(file: &str, text: &str, span: Range<usize>, message: String) -> Self {
        Self {
            file: file.to_owned(),
            text: text.to_owned(),
            span,
            message,
            help: None,
        }
    }

    pub(crate) fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into();
        self
    }

    /// The same error, with this way out if it has none.
    pub(crate) fn or_help(mut self, help: &str) -> Self {
        self.help.get_or_insert_with(|| help.to_owned());
        self
    }

    /// The deserialiser's own words, with a suggestion where a word is near a known one.
    pub(crate) fn from_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let message = error.message().trim_end().to_owned();
        let help = suggestion(&message);
        let span = error.span().unwrap_or(0..0);
        Self::new(file, text, span, message).help(help)
    }

    /// The line on which the culprit starts, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        let before = self.text.get(..self.span.start).unwrap_or(&self.text);
        before.matches('\n').count() + 1
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line(), self.message)
    }
}

impl std::error::Error for PlanError {}

/// serde says "unknown field `x`, expected one of `a`, `b`", with or without "one of", and
/// "missing field `x`"; toml says "unexpected keys in table: x, available keys: a, b".
fn suggestion(message: &str) -> Option<String> {
    let quoted = |text: &str| -> Vec<String> {
        let parts = text.split('`').skip(1).step_by(2);
        parts.map(str::to_owned).collect()
    };
    let listed = |text: &str| text.split(", ").map(str::to_owned).collect();
    if let Some(missing) = message.strip_prefix("missing field ") {
        return Some(format!("add {missing} to this table"));
    }
    let (given, known): (Vec<String>, Vec<String>) =
        if let Some(keys) = message.strip_prefix("unexpected keys in table: ") {
            let (given, known) = keys.split_once(", available keys: ")?;
            (listed(given), listed(known))
        } else {
            let (unknown, expected) = message.split_once(", expected ")?;
            (quoted(unknown.strip_prefix("unknown ")?), quoted(expected))
        };
    let names = known.iter().map(String::as_str);
    did_you_mean(given.first()?, names).or_else(|| {
        let known: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
        (!known.is_empty()).then(|| format!("known here: {}", known.join(", ")))
    })
}

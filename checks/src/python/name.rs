//! Names as Python writes them, checked when a plan is read.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

/// One identifier: `ModelStorage`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Name(String);

/// A module's full name: `torch`, `app.storage`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct ModuleName(String);

/// A version of the language: `3.13`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct PythonVersion {
    /// `3`
    pub major: u16,
    /// `13`
    pub minor: u16,
}

/// Why a text is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAName {
    text: String,
    wanted: &'static str,
}

impl Name {
    /// Checks that `text` is an identifier and no keyword.
    ///
    /// # Errors
    ///
    /// It is not.
    pub fn new(text: impl Into<String>) -> Result<Self, NotAName> {
        let text = text.into();
        if is_identifier(&text) {
            return Ok(Self(text));
        }
        let wanted = "a name: letters, digits and `_`, not a keyword";
        Err(NotAName { text, wanted })
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ModuleName {
    /// Checks that `text` is identifiers separated by dots.
    ///
    /// # Errors
    ///
    /// It is not.
    pub fn new(text: impl Into<String>) -> Result<Self, NotAName> {
        let text = text.into();
        if text.split('.').all(is_identifier) {
            return Ok(Self(text));
        }
        let wanted = "a module's full name, as in `package.module`";
        Err(NotAName { text, wanted })
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PythonVersion {
    /// The version that is meant where nobody says another one.
    pub const USUAL: Self = Self {
        major: 3,
        minor: 13,
    };

    /// Annotations are evaluated only when somebody asks for them: PEP 649.
    #[must_use]
    pub fn postpones_annotations(self) -> bool {
        (self.major, self.minor) >= (3, 14)
    }
}

/// Whether `module` is `parent` or lies below it.
pub(crate) fn is_under(module: &str, parent: &str) -> bool {
    module
        .strip_prefix(parent)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl TryFrom<String> for Name {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl TryFrom<String> for ModuleName {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl TryFrom<String> for PythonVersion {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parts = text.split_once('.');
        let numbers = parts.and_then(|(major, minor)| {
            Some(Self {
                major: major.parse().ok()?,
                minor: minor.parse().ok()?,
            })
        });
        let wanted = "a version of Python, as in `3.13`";
        numbers.ok_or(NotAName { text, wanted })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ModuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NotAName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not {}", self.text.escape_debug(), self.wanted)
    }
}

impl std::error::Error for NotAName {}

/// <https://docs.python.org/3/reference/lexical_analysis.html#keywords>
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next();
    first.is_some_and(|c| c == '_' || c.is_alphabetic())
        && characters.all(|c| c == '_' || c.is_alphanumeric())
        && !KEYWORDS.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!(Name::new("größe_1").is_ok());
        for bad in ["", "a.b", "1a", "a-b", "import", "a b"] {
            assert!(Name::new(bad).is_err(), "{bad:?}");
        }
        assert!(ModuleName::new("a.b.c").is_ok());
        for bad in ["", ".a", "a.", "a..b", "a.class", "a b"] {
            assert!(ModuleName::new(bad).is_err(), "{bad:?}");
        }
        let version = PythonVersion::try_from("3.14".to_owned()).unwrap();
        assert!(version.postpones_annotations());
        assert!(PythonVersion::try_from("3".to_owned()).is_err());
    }

    #[test]
    fn a_module_is_under_its_parents_only() {
        assert!(is_under("a.b", "a") && is_under("a", "a"));
        assert!(!is_under("ab", "a") && !is_under("a", "a.b"));
    }
}

//! Paths inside a repository.

use std::borrow::Borrow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A path inside a repository: relative to its top, separated by `/`, never leaving it.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct RepoPath(String);

/// Why a text is not a path inside a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotARepoPath {
    text: String,
    why: &'static str,
}

impl RepoPath {
    /// Checks that `text` stays inside the repository.
    ///
    /// # Errors
    ///
    /// An empty or absolute path, a `..`, `.` or empty part, a backslash, a control character.
    pub fn new(text: impl Into<String>) -> Result<Self, NotARepoPath> {
        let text = text.into();
        let why = if text.is_empty() {
            "it is empty"
        } else if text.starts_with('/') {
            "it is absolute"
        } else if text.chars().any(char::is_control) {
            "it holds a control character"
        } else if text.contains('\\') {
            "it holds a backslash: parts are separated by `/`"
        } else if text.split('/').any(|part| part == "..") {
            "`..` could leave the repository"
        } else if text.split('/').any(|part| part.is_empty() || part == ".") {
            "it has an empty or `.` part"
        } else {
            return Ok(Self(text));
        };
        Err(NotARepoPath { text, why })
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of the folder that holds this one; none at the top.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0
            .rsplit_once('/')
            .map(|(parent, _)| Self(parent.to_owned()))
    }

    /// The last part of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// This path with one more part, or several separated by `/`.
    ///
    /// # Errors
    ///
    /// As [`RepoPath::new`].
    pub fn join(&self, more: &str) -> Result<Self, NotARepoPath> {
        Self::new(format!("{}/{more}", self.0))
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for RepoPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for RepoPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RepoPath {
    type Error = NotARepoPath;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<RepoPath> for String {
    fn from(path: RepoPath) -> Self {
        path.0
    }
}

impl fmt::Display for NotARepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, why } = self;
        write!(
            f,
            "`{}` is not a path inside the repository: {why}",
            text.escape_debug()
        )
    }
}

impl std::error::Error for NotARepoPath {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_never_leaves_the_repository() {
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a//b",
            "./a",
            "a\\b",
            "a\nb",
        ] {
            assert!(RepoPath::new(bad).is_err(), "{bad:?} was accepted");
        }
        for good in ["a", "a/b.py", ".env", "a/..b"] {
            assert!(RepoPath::new(good).is_ok(), "{good:?} was refused");
        }
    }
}

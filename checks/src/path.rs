//! Paths and path patterns inside a repository.

use std::borrow::Borrow;
use std::fmt;

use globset::{Glob, GlobBuilder};
use serde::{Deserialize, Serialize};

use crate::snapshot::{ReadError, Snapshot};

/// A path inside a repository: relative to its top, separated by `/`, never leaving it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoPath(String);

/// Why a text is not a path inside a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotARepoPath {
    text: String,
    why: &'static str,
}

/// The files that a check looks at: one path or pattern, or a list of them.
///
/// `*`, `?`, `[…]` and `{a,b}` make a pattern, as in `.gitignore` `*` stops at `/` and `**`
/// does not.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "OneOrMany")]
pub struct Files(Vec<Pattern>);

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

impl Files {
    /// The paths meant in `snapshot`, each once, in the order of the patterns.
    ///
    /// A literal path is returned whether or not it exists: that it is missing is for the check
    /// to say. A pattern that matches nothing contributes nothing.
    ///
    /// # Errors
    ///
    /// The snapshot cannot be listed, or a name that is not UTF-8 might match a pattern.
    pub fn select(&self, snapshot: &dyn Snapshot) -> Result<Vec<RepoPath>, ReadError> {
        let mut selected = Vec::new();
        for pattern in &self.0 {
            match pattern {
                Pattern::Path(path) => selected.push(path.clone()),
                Pattern::Glob { glob, text } => {
                    let matcher = glob.compile_matcher();
                    let listing = snapshot.list()?;
                    if let Some(name) = listing.unnameable.iter().find(|n| matcher.is_match(n)) {
                        return Err(ReadError::NameNotUtf8(name.clone(), text.clone()));
                    }
                    let matching = listing
                        .paths
                        .iter()
                        .filter(|p| matcher.is_match(p.as_str()));
                    selected.extend(matching.cloned());
                }
            }
        }
        let mut seen = std::collections::HashSet::new();
        selected.retain(|path| seen.insert(path.clone()));
        Ok(selected)
    }
}

impl fmt::Display for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, pattern) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            match pattern {
                Pattern::Path(path) => write!(f, "{comma}{path}")?,
                Pattern::Glob { text, .. } => write!(f, "{comma}{text}")?,
            }
        }
        Ok(())
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

#[derive(Debug, Clone)]
enum Pattern {
    Path(RepoPath),
    Glob { text: String, glob: Glob },
}

impl Pattern {
    fn text(&self) -> &str {
        match self {
            Self::Path(path) => path.as_str(),
            Self::Glob { text, .. } => text,
        }
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Pattern {}

impl std::hash::Hash for Pattern {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text().hash(state);
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a path, a pattern, or a list of them")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl TryFrom<OneOrMany> for Files {
    type Error = String;

    fn try_from(given: OneOrMany) -> Result<Self, Self::Error> {
        let texts = match given {
            OneOrMany::One(text) => vec![text],
            OneOrMany::Many(texts) if texts.is_empty() => {
                return Err("an empty list names no file".to_owned());
            }
            OneOrMany::Many(texts) => texts,
        };
        texts
            .into_iter()
            .map(pattern)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn pattern(text: String) -> Result<Pattern, String> {
    // A pattern obeys the rules of a path too: it may not leave the repository.
    let path = RepoPath::new(text.clone()).map_err(|e| e.to_string())?;
    if !text.contains(['*', '?', '[', '{']) {
        return Ok(Pattern::Path(path));
    }
    let glob = GlobBuilder::new(&text).literal_separator(true).build();
    let glob = glob.map_err(|e| e.to_string())?;
    Ok(Pattern::Glob { text, glob })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Memory;

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

    #[test]
    fn a_star_stops_at_a_slash() {
        let snapshot = Memory::new([("a.py", ""), ("p/b.py", ""), ("p/q/c.py", "")]);
        let select = |text: &str| -> Vec<String> {
            let files = Files::try_from(OneOrMany::One(text.to_owned())).unwrap();
            let paths = files.select(&snapshot).unwrap();
            paths.into_iter().map(String::from).collect()
        };
        assert_eq!(select("*.py"), ["a.py"]);
        assert_eq!(select("p/*.py"), ["p/b.py"]);
        assert_eq!(select("**/*.py"), ["a.py", "p/b.py", "p/q/c.py"]);
        assert_eq!(select("missing.py"), ["missing.py"]);
    }
}

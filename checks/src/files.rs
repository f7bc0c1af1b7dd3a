//! The files that a check looks at.

use std::fmt;

use globset::{Glob, GlobBuilder};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::path::RepoPath;
use crate::snapshot::{ReadError, Snapshot};

/// The files that a check looks at: one path or pattern, or a list of them.
///
/// `*`, `?`, `[…]` and `{a,b}` make a pattern, as in `.gitignore` `*` stops at `/` and `**`
/// does not.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "OneOrMany")]
#[schemars(with = "OneOrMany")]
pub struct Files(Vec<Pattern>);

impl Files {
    /// The files that these paths and patterns mean.
    ///
    /// # Errors
    ///
    /// There is none, or one leaves the repository or is not valid.
    pub fn new(texts: Vec<String>) -> Result<Self, String> {
        Self::try_from(OneOrMany::Many(texts))
    }

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

#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a path, a pattern, or a list of them")]
enum OneOrMany {
    One(String),
    Many(#[schemars(length(min = 1))] Vec<String>),
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

//! `path`: a file or folder exists, or does not.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::check::Check;
use crate::path::RepoPath;
use crate::snapshot::{Edits, Snapshot};
use crate::verdict::{Answer, Finding, Verdict};

/// A file or folder exists, or does not.
///
/// ```toml
/// check = { path = { exists = "docs/CHANGES.md" } }
/// check = { path = { missing = "src/old.py" } }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Path {
    /// Something must stand at this path.
    Exists(RepoPath),
    /// Nothing may stand at this path.
    Missing(RepoPath),
}

impl Check for Path {
    fn judge(&self, snapshot: &dyn Snapshot) -> Answer {
        let (Self::Exists(path) | Self::Missing(path)) = self;
        let found = match snapshot.kind(path) {
            Ok(kind) => kind.is_some(),
            Err(error) => return Verdict::from(error).into(),
        };
        let finding = match self {
            Self::Exists(_) if !found => Some(format!("`{path}` does not exist")),
            Self::Missing(_) if found => Some(format!("`{path}` still exists")),
            _ => None,
        };
        Verdict::from_findings(finding.into_iter().map(Finding::general).collect()).into()
    }

    fn violation(&self, snapshot: &dyn Snapshot) -> Result<Edits, String> {
        match self {
            Self::Missing(path) => Ok(Edits::write(path.clone(), *b"")),
            Self::Exists(path) => {
                let mut edits = Edits::remove(path.clone());
                let inside = format!("{path}/");
                let listing = snapshot.list().map_err(|e| e.to_string())?;
                for path in &listing.paths {
                    if path.as_str().starts_with(&inside) {
                        edits = edits.and_remove(path.clone());
                    }
                }
                Ok(edits)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::controlled;
    use crate::snapshot::Memory;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).unwrap()
    }

    #[test]
    fn a_file_and_a_folder_exist() {
        let snapshot = Memory::new([("docs/a.md", "")]);
        for there in ["docs/a.md", "docs"] {
            let exists = Path::Exists(path(there));
            assert_eq!(exists.judge(&snapshot).verdict, Verdict::Pass);
            assert_eq!(controlled(&exists, &snapshot), Ok(()));
            let missing = Path::Missing(path(there));
            assert!(matches!(missing.judge(&snapshot).verdict, Verdict::Fail(_)));
        }
    }

    #[test]
    fn a_missing_file_is_missing() {
        let snapshot = Memory::new([("docs/a.md", "")]);
        let missing = Path::Missing(path("doc"));
        assert_eq!(missing.judge(&snapshot).verdict, Verdict::Pass);
        assert_eq!(controlled(&missing, &snapshot), Ok(()));
        let exists = Path::Exists(path("doc"));
        assert!(matches!(exists.judge(&snapshot).verdict, Verdict::Fail(_)));
    }
}

//! `no_eager_import`

use serde::Deserialize;

use crate::check::Check;
use crate::path::{Files, RepoPath};
use crate::snapshot::{Edits, Snapshot};
use crate::verdict::{Answer, Verdict};

/// no_eager_import
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoEagerImport {
    /// The files looked at.
    pub files: Files,
    /// The module.
    pub module: String,
    /// The name.
    pub name: Option<String>,
}

impl Check for NoEagerImport {
    fn judge(&self, _: &dyn Snapshot) -> Answer {
        Verdict::Undecided("not built yet".to_owned()).into()
    }

    fn violation(&self, _: &dyn Snapshot) -> Result<Edits, String> {
        Err("not built yet".to_owned())
    }
}

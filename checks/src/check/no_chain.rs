//! `no_chain`

use serde::Deserialize;

use crate::check::Check;
use crate::path::{Files, RepoPath};
use crate::snapshot::{Edits, Snapshot};
use crate::verdict::{Answer, Verdict};

/// no_chain
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoChain {
    /// The module imported first.
    pub entry: String,
    /// The module that must not be loaded.
    pub target: String,
}

impl Check for NoChain {
    fn judge(&self, _: &dyn Snapshot) -> Answer {
        Verdict::Undecided("not built yet".to_owned()).into()
    }

    fn violation(&self, _: &dyn Snapshot) -> Result<Edits, String> {
        Err("not built yet".to_owned())
    }
}

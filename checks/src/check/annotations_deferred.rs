//! `annotations_deferred`

use serde::Deserialize;

use crate::check::Check;
use crate::path::{Files, RepoPath};
use crate::snapshot::{Edits, Snapshot};
use crate::verdict::{Answer, Verdict};

/// annotations_deferred
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnnotationsDeferred {
    /// The files looked at.
    pub files: Files,
    /// The name.
    pub name: String,
}

impl Check for AnnotationsDeferred {
    fn judge(&self, _: &dyn Snapshot) -> Answer {
        Verdict::Undecided("not built yet".to_owned()).into()
    }

    fn violation(&self, _: &dyn Snapshot) -> Result<Edits, String> {
        Err("not built yet".to_owned())
    }
}

//! `no_attribute`

use serde::Deserialize;

use crate::check::Check;
use crate::path::{Files, RepoPath};
use crate::snapshot::{Edits, Snapshot};
use crate::verdict::{Answer, Verdict};

/// no_attribute
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoAttribute {
    /// The files looked at.
    pub files: Files,
    /// The class; every class of the file if none is named.
    pub class: Option<String>,
    /// The attributes.
    pub names: Vec<String>,
}

impl Check for NoAttribute {
    fn judge(&self, _: &dyn Snapshot) -> Answer {
        Verdict::Undecided("not built yet".to_owned()).into()
    }

    fn violation(&self, _: &dyn Snapshot) -> Result<Edits, String> {
        Err("not built yet".to_owned())
    }
}

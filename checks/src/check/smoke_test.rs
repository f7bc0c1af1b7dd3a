//! `smoke_test`

use serde::Deserialize;

use crate::check::Check;
use crate::path::{Files, RepoPath};
use crate::snapshot::{Edits, Snapshot};
use crate::verdict::{Answer, Verdict};

/// smoke_test
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmokeTest {
    /// The plan's own line.
    pub line: String,
}

impl Check for SmokeTest {
    fn judge(&self, _: &dyn Snapshot) -> Answer {
        Verdict::Undecided("not built yet".to_owned()).into()
    }

    fn violation(&self, _: &dyn Snapshot) -> Result<Edits, String> {
        Err("not built yet".to_owned())
    }
}

//! Which files belong to the work tree.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Repository, Scope, answer};
use crate::failure::Failure;

/// What git knows about one path of the work tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listed {
    /// It is in the index.
    pub(crate) tracked: bool,
    /// git was told not to look at the file: `assume-unchanged` or `skip-worktree`.
    pub(crate) overlooked: bool,
    /// It is a conflict that nobody has resolved yet.
    pub(crate) conflict: bool,
}

impl Repository {
    /// The paths in the index, and the untracked ones that are not ignored; whether they exist
    /// on disk is not asked. git itself answers: libgit2 reads neither split nor sparse indexes.
    ///
    /// # Errors
    ///
    /// git fails.
    pub(crate) fn listed(&self, scope: &Scope) -> Result<BTreeMap<Vec<u8>, Listed>, Failure> {
        self.listed_in(scope, None)
    }

    /// The same, with another index.
    ///
    /// # Errors
    ///
    /// git fails.
    pub(crate) fn listed_in(
        &self,
        scope: &Scope,
        index: Option<&Path>,
    ) -> Result<BTreeMap<Vec<u8>, Listed>, Failure> {
        let Some(pathspecs) = scope.pathspecs() else {
            return Ok(BTreeMap::new());
        };
        let mut git = self.git();
        if let Some(index) = index {
            git = git.env("GIT_INDEX_FILE", index);
        }
        let options = [
            "-z",
            "-v",
            "--cached",
            "--others",
            "--exclude-standard",
            "--",
        ];
        let output = answer(git.arg("ls-files").args(options).args(pathspecs), b"")?;
        Ok(output.split(|b| *b == 0).filter_map(line).collect())
    }
}

/// `TAG SP PATH`; a nested repository that is not a submodule ends in `/` and is no file of ours.
fn line(line: &[u8]) -> Option<(Vec<u8>, Listed)> {
    let (tag, path) = (line.first()?, line.get(2..)?);
    let listed = Listed {
        tracked: *tag != b'?',
        overlooked: tag.is_ascii_lowercase() || *tag == b'S',
        conflict: tag.eq_ignore_ascii_case(&b'M'),
    };
    (!path.ends_with(b"/")).then(|| (path.to_vec(), listed))
}

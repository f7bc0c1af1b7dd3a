//! Which files belong to the work tree.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::{self, JoinHandle};

use git2::IndexEntry;
use xshell::Cmd;

use super::{Repository, Scope, answer};
use crate::failure::Failure;

/// The bits of an index entry that tell git not to look at the file (gitformat-index).
const ASSUME_UNCHANGED: u16 = 1 << 15;
const SKIP_WORKTREE: u16 = 1 << 14;

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

/// What [`Repository::listed`] will tell about everything, asked before anybody wants it: git
/// walks the work tree on another core meanwhile.
pub(crate) struct Ahead(JoinHandle<io::Result<Output>>);

/// The answer of `git ls-files`, by path.
type Files = BTreeMap<Vec<u8>, Listed>;

impl Repository {
    /// Begins to list everything; not where there is no room for another thread.
    pub(crate) fn list_ahead(&self) -> Option<Ahead> {
        let mut git = Command::from(self.ls_files(&[], None));
        git.stdin(Stdio::null());
        let asked = thread::Builder::new().spawn(move || git.output());
        asked.ok().map(Ahead)
    }

    /// The paths in the index, and the untracked ones that are not ignored; whether they exist
    /// on disk is not asked. git itself answers: libgit2 reads neither split nor sparse indexes.
    ///
    /// # Errors
    ///
    /// git fails.
    pub(crate) fn listed(&self, scope: &Scope) -> Result<Files, Failure> {
        self.listed_in(scope, None)
    }

    /// A path that git was told not to look at; none if there is none.
    ///
    /// # Errors
    ///
    /// Neither libgit2 nor git can tell.
    pub(crate) fn overlooked(&self, scope: &Scope) -> Result<Option<String>, Failure> {
        // libgit2 is quicker, but reads neither split nor sparse indexes.
        let path = match self.store().index() {
            Ok(index) => {
                let mut entries = index.iter().filter(is_overlooked);
                entries
                    .find(|entry| scope.holds(&entry.path))
                    .map(|entry| entry.path)
            }
            Err(_) => {
                let mut listed = self.listed(scope)?.into_iter();
                listed
                    .find(|(_, listed)| listed.overlooked)
                    .map(|(path, _)| path)
            }
        };
        Ok(path.map(|path| String::from_utf8_lossy(&path).into_owned()))
    }

    /// What [`Repository::listed`] tells, with another index.
    ///
    /// # Errors
    ///
    /// git fails.
    pub(crate) fn listed_in(&self, scope: &Scope, index: Option<&Path>) -> Result<Files, Failure> {
        let Some(pathspecs) = scope.pathspecs() else {
            return Ok(Files::new());
        };
        Ok(files(&answer(self.ls_files(&pathspecs, index), b"")?))
    }

    fn ls_files(&self, pathspecs: &[&str], index: Option<&Path>) -> Cmd<'_> {
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
        git.arg("ls-files").args(options).args(pathspecs)
    }
}

impl Ahead {
    /// Waits for the answer; none if git failed, for a reason that asking it again will tell.
    pub(crate) fn listed(self) -> Option<Files> {
        let output = self.0.join().ok()?.ok()?;
        output.status.success().then(|| files(&output.stdout))
    }
}

fn files(output: &[u8]) -> Files {
    output.split(|b| *b == 0).filter_map(line).collect()
}

/// Whether git was told not to look at a file.
pub(crate) fn is_overlooked(entry: &IndexEntry) -> bool {
    entry.flags & ASSUME_UNCHANGED != 0 || entry.flags_extended & SKIP_WORKTREE != 0
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

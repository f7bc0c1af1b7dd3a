//! What differs from HEAD, or from a tree.

use std::collections::{BTreeMap, BTreeSet};

use checks::path::RepoPath;
use git2::{Oid, Status, StatusOptions};

use super::{Repository, Scope, answer};
use crate::failure::Failure;

/// One path that differs from HEAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The path, shown as well as it can be if it is not UTF-8.
    pub(crate) path: String,
    /// In one word or two: `untracked`, `staged`, `modified`, …
    pub(crate) how: &'static str,
}

impl Repository {
    /// What differs from HEAD in the index or in the work tree, untracked files included.
    /// Files that git was told not to look at (`assume-unchanged`) are not looked at.
    ///
    /// # Errors
    ///
    /// Neither libgit2 nor git can tell.
    pub(crate) fn changed(&self, scope: &Scope) -> Result<Vec<Change>, Failure> {
        if !self.has_filters() {
            // libgit2 is quicker, but reads neither a split nor a sparse index.
            if let Ok(changes) = self.changed_by_libgit2(scope) {
                return Ok(changes);
            }
        }
        let status = self.status(scope, None)?;
        let change = |(path, [x, y]): (String, [u8; 2])| Change {
            path,
            how: match (x, y) {
                (b'?', _) => "untracked",
                (b'U', _) | (_, b'U') | (b'A', b'A') | (b'D', b'D') => "in conflict",
                (_, b'D') => "deleted",
                (_, b' ') => "staged",
                _ => "modified",
            },
        };
        Ok(status.into_iter().map(change).collect())
    }

    /// The tracked and unignored files on disk that differ from `tree`, and those of the tree
    /// that are not on disk. Sorted.
    ///
    /// The tree is read into an index of its own, so that neither a stale index nor a flag such
    /// as `assume-unchanged` can hide a difference; filters (`autocrlf`, LFS) are respected.
    ///
    /// # Errors
    ///
    /// git fails.
    pub(crate) fn differs_from_tree(
        &self,
        tree: Oid,
        scope: &Scope,
    ) -> Result<Vec<String>, Failure> {
        let folder = self.temporary_folder()?;
        let index = folder.path().join("index");
        let git = self.git().env("GIT_INDEX_FILE", &index);
        answer(git.args(["read-tree", &tree.to_string()]), b"")?;
        let status = self.status(scope, Some(&index))?;
        // The first letter compares HEAD with that index, the second one that index with disk.
        let differing = status.into_iter().filter(|(_, [_, y])| *y != b' ');
        Ok(differing.map(|(path, _)| path).collect())
    }

    /// Whether a commit that HEAD stands on ever held one of these paths.
    pub(crate) fn ever_held(&self, paths: &[RepoPath]) -> bool {
        let git = self.git().args(["rev-list", "-1", "HEAD", "--"]);
        let paths = paths.iter().map(RepoPath::as_str);
        answer(git.args(paths), b"").is_ok_and(|commit| !commit.is_empty())
    }

    /// Every path that a commit of any branch ever held a file at; none if that cannot be known, as
    /// in a shallow clone. One pass over the history, however many paths are asked about.
    pub(crate) fn every_path(&self) -> Option<BTreeSet<String>> {
        if self.store.is_shallow() {
            return None;
        }
        let git = self.git().args([
            "log",
            "--all",
            "--format=",
            "--name-only",
            "-z",
            "--no-renames",
            "--diff-filter=A",
            "--diff-merges=first-parent",
        ]);
        let said = answer(git, b"").ok()?;
        let paths = said.split(|byte| *byte == 0 || *byte == b'\n');
        let paths = paths.filter_map(|path| std::str::from_utf8(path).ok());
        Some(
            paths
                .filter(|path| !path.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    }

    /// libgit2 runs no filter driver: a file kept by one would look changed once it is touched.
    fn has_filters(&self) -> bool {
        let entries = |config: git2::Config| {
            let mut entries = config
                .entries(Some(r"^filter\..*\.(clean|process)$"))
                .ok()?;
            Some(entries.next().is_some())
        };
        self.store.config().ok().and_then(entries).unwrap_or(true)
    }

    fn changed_by_libgit2(&self, scope: &Scope) -> Result<Vec<Change>, git2::Error> {
        let Some(pathspecs) = scope.pathspecs() else {
            return Ok(Vec::new());
        };
        let mut options = StatusOptions::new();
        options
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .disable_pathspec_match(true);
        for path in pathspecs {
            options.pathspec(path);
        }
        let statuses = self.store.statuses(Some(&mut options))?;
        let changes = statuses.iter().filter_map(|entry| {
            let how = word(entry.status())?;
            let path = String::from_utf8_lossy(entry.path_bytes()).into_owned();
            Some(Change { path, how })
        });
        Ok(changes.collect())
    }

    fn status(
        &self,
        scope: &Scope,
        index: Option<&std::path::Path>,
    ) -> Result<BTreeMap<String, [u8; 2]>, Failure> {
        let Some(pathspecs) = scope.pathspecs() else {
            return Ok(BTreeMap::new());
        };
        let mut git = self.git();
        if let Some(index) = index {
            git = git.env("GIT_INDEX_FILE", index);
        }
        let git = git
            .args(["status", "--porcelain=v1", "-z", "--no-renames"])
            .args(["--untracked-files=all", "--ignore-submodules=none", "--"]);
        let output = answer(git.args(pathspecs), b"")?;
        let line = |line: &[u8]| {
            let path = String::from_utf8_lossy(line.get(3..)?).into_owned();
            Some((path, [*line.first()?, *line.get(1)?]))
        };
        Ok(output.split(|b| *b == 0).filter_map(line).collect())
    }
}

fn word(status: Status) -> Option<&'static str> {
    let staged = Status::INDEX_NEW
        | Status::INDEX_MODIFIED
        | Status::INDEX_DELETED
        | Status::INDEX_RENAMED
        | Status::INDEX_TYPECHANGE;
    if status.is_conflicted() {
        Some("in conflict")
    } else if status.is_wt_deleted() {
        Some("deleted")
    } else if status.is_wt_new() {
        Some("untracked")
    } else if status.intersects(Status::WT_MODIFIED | Status::WT_TYPECHANGE | Status::WT_RENAMED) {
        Some("modified")
    } else if status.intersects(staged) {
        Some("staged")
    } else {
        None
    }
}

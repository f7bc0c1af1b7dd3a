//! The index of the commit to be made: HEAD's tree, and the paths asked for as they lie on disk.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use checks::path::RepoPath;
use git2::Oid;
use xshell::Cmd;

use crate::failure::Failure;
use crate::repository::{Repository, Scope, answer, lies_under};

/// A temporary index. The real one is only read.
pub(super) struct Candidate<'a> {
    repository: &'a Repository,
    file: PathBuf,
}

impl<'a> Candidate<'a> {
    /// Stages on top of `head`, if there is one, with git itself, which runs the filters that
    /// stand between disk and object database (`autocrlf`, LFS).
    ///
    /// # Errors
    ///
    /// A path names nothing that could be committed, or git fails.
    pub(super) fn build(
        repository: &'a Repository,
        head: Option<Oid>,
        scope: &Scope,
        folder: &Path,
    ) -> Result<Self, Failure> {
        let candidate = Self {
            repository,
            file: folder.join("index"),
        };
        let head = head.map_or_else(|| "--empty".to_owned(), |head| head.to_string());
        answer(candidate.git().args(["read-tree", &head]), b"")?;
        candidate.stage(scope)?;
        Ok(candidate)
    }

    /// The environment that tells a hook which index is meant.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Writes the tree that the index holds now.
    ///
    /// # Errors
    ///
    /// git fails.
    pub(super) fn tree(&self) -> Result<Oid, Failure> {
        let output = answer(self.git().arg("write-tree"), b"")?;
        let id = String::from_utf8_lossy(&output);
        Oid::from_str(id.trim())
            .map_err(|e| Failure::because("`git write-tree` did not name a tree", e.message()))
    }

    fn git(&self) -> Cmd<'_> {
        self.repository.git().env("GIT_INDEX_FILE", &self.file)
    }

    /// What belongs to the work tree is what the real index holds and what is untracked but not
    /// ignored; what only HEAD holds was removed. A file that git was told not to look at stays
    /// as HEAD has it.
    fn stage(&self, scope: &Scope) -> Result<(), Failure> {
        let listed = self.repository.listed(scope)?;
        let mut in_head = self.repository.listed_in(scope, Some(&self.file))?;
        in_head.retain(|_, listed| listed.tracked);
        for path in scope.paths() {
            let mut known = listed.keys().chain(in_head.keys());
            if !known.any(|known| lies_under(known, path)) {
                return Err(self.unknown(path));
            }
        }
        let looked_at = listed.iter().filter(|(_, listed)| !listed.overlooked);
        let (present, gone): (Vec<_>, Vec<_>) = looked_at
            .map(|(path, _)| path)
            .partition(|path| self.is_on_disk(path));
        let forgotten = in_head.keys().filter(|path| !listed.contains_key(*path));
        let absent: Vec<_> = gone.into_iter().chain(forgotten).collect();
        self.update(&["--force-remove"], &absent)?;
        self.update(&["--add", "--remove", "--replace"], &present)
    }

    fn update(&self, options: &[&str], paths: &[&Vec<u8>]) -> Result<(), Failure> {
        if paths.is_empty() {
            return Ok(());
        }
        let input: Vec<u8> = paths
            .iter()
            .flat_map(|path| [path.as_slice(), b"\0"].concat())
            .collect();
        let git = self.git().arg("update-index").args(options);
        answer(git.args(["-z", "--stdin"]), &input).map(|_| ())
    }

    /// What lies behind a symbolic link belongs to another place, and git does not go there.
    fn is_on_disk(&self, path: &[u8]) -> bool {
        let path = Path::new(OsStr::from_bytes(path));
        let mut folders = path.ancestors().skip(1);
        let on_disk = |path: &Path| fs::symlink_metadata(self.repository.top().join(path));
        on_disk(path).is_ok()
            && folders.all(|folder| on_disk(folder).is_ok_and(|found| found.is_dir()))
    }

    fn unknown(&self, path: &RepoPath) -> Failure {
        let store = self.repository.store();
        if fs::symlink_metadata(self.repository.top().join(path.as_str())).is_err() {
            return Failure::new(format!("`{path}` is neither on disk nor in `HEAD`"));
        }
        if store.is_path_ignored(path.as_str()).unwrap_or(false) {
            return Failure::new(format!("`{path}` is ignored by git")).with_help(format!(
                "if it belongs into the commit: `git add --force {path}`"
            ));
        }
        Failure::new(format!(
            "there is nothing at `{path}` that git could commit"
        ))
        .with_help("it is an empty folder, or it lies behind a link or in another repository")
    }
}

//! The hooks of a commit, run as git runs them.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use git2::Oid;

use super::candidate::Candidate;
use crate::failure::Failure;
use crate::repository::{Repository, Scope, answer};

/// Runs hooks, and remembers which files of the work tree changed while they ran.
pub(super) struct Hooks<'a> {
    repository: &'a Repository,
    folder: PathBuf,
    scratch: PathBuf,
    changed: BTreeSet<Vec<u8>>,
}

/// What tells that a file was written to, without reading it.
type Traces = BTreeMap<Vec<u8>, (Option<SystemTime>, u64, bool)>;

impl<'a> Hooks<'a> {
    /// `scratch` is a temporary folder for the message.
    pub(super) fn new(repository: &'a Repository, scratch: &Path) -> Result<Self, Failure> {
        let output = answer(
            repository
                .user_git()
                .args(["rev-parse", "--git-path", "hooks"]),
            b"",
        )?;
        let folder = OsStr::from_bytes(output.trim_ascii_end());
        Ok(Self {
            repository,
            folder: repository.top().join(folder),
            scratch: scratch.to_owned(),
            changed: BTreeSet::new(),
        })
    }

    pub(super) fn pre_commit(&mut self, candidate: &Candidate<'_>) -> Result<(), Failure> {
        self.run("pre-commit", &[], candidate)
    }

    /// The message as the two message hooks leave it.
    pub(super) fn message(
        &mut self,
        text: &str,
        candidate: &Candidate<'_>,
    ) -> Result<String, Failure> {
        // Hooks know the file by this name.
        let file = self.scratch.join("COMMIT_EDITMSG");
        let failed = |e| Failure::because("the message cannot be handed to the hooks", e);
        fs::write(&file, text).map_err(failed)?;
        self.run(
            "prepare-commit-msg",
            &[file.as_os_str(), "message".as_ref()],
            candidate,
        )?;
        self.run("commit-msg", &[file.as_os_str()], candidate)?;
        let bytes = fs::read(&file).map_err(failed)?;
        String::from_utf8(bytes)
            .map_err(|_| Failure::new("a hook left a message that is not UTF-8"))
    }

    /// Too late to stop anything: what it answers is for the user's eyes alone, as with git.
    pub(super) fn post_commit(&mut self) {
        let before = self.traces("post-commit");
        let _ = self.command("post-commit", &[]).status();
        self.compare(before);
    }

    /// The files that hooks changed, and that `tree` does not hold as they lie there now.
    pub(super) fn left_behind(&self, tree: Oid) -> Vec<String> {
        if self.changed.is_empty() {
            return Vec::new();
        }
        let shown = |path: &Vec<u8>| String::from_utf8_lossy(path).into_owned();
        let differing = self.repository.differs_from_tree(tree, &Scope::Everything);
        // The commit stands by now: rather name a file too many than fail.
        let counts = |path: &String| {
            differing
                .as_ref()
                .map_or(true, |paths| paths.contains(path))
        };
        self.changed.iter().map(shown).filter(counts).collect()
    }

    fn run(
        &mut self,
        hook: &str,
        arguments: &[&OsStr],
        candidate: &Candidate<'_>,
    ) -> Result<(), Failure> {
        let before = self.traces(hook);
        let status = self
            .command(hook, arguments)
            .env("GIT_INDEX_FILE", candidate.file())
            .status()
            .map_err(|e| Failure::because("`git` could not be started", e))?;
        self.compare(before);
        if status.success() {
            return Ok(());
        }
        Err(Failure::new(format!("the `{hook}` hook refused: {status}"))
            .with_help("what it said stands above; nothing was committed"))
    }

    /// git sends what a hook prints to standard error, and so to ours. No editor is opened.
    fn command(&self, hook: &str, arguments: &[&OsStr]) -> Command {
        let git = self.repository.user_git();
        let git = git
            .args(["hook", "run", "--ignore-missing", hook, "--"])
            .args(arguments);
        let mut command = Command::from(git.env("GIT_EDITOR", ":"));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    /// None if there is no such hook: nothing will change.
    fn traces(&self, hook: &str) -> Option<Traces> {
        fs::metadata(self.folder.join(hook)).ok()?;
        self.traces_now()
    }

    fn traces_now(&self) -> Option<Traces> {
        let listed = self.repository.listed(&Scope::Everything).ok()?;
        let trace = |path: Vec<u8>| {
            let place = self.repository.top().join(OsStr::from_bytes(&path));
            let found = fs::symlink_metadata(place).ok()?;
            Some((
                path,
                (found.modified().ok(), found.len(), found.is_symlink()),
            ))
        };
        Some(listed.into_keys().filter_map(trace).collect())
    }

    fn compare(&mut self, before: Option<Traces>) {
        let Some(before) = before else { return };
        let Some(after) = self.traces_now() else {
            return;
        };
        let paths: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        let changed = paths
            .into_iter()
            .filter(|path| before.get(*path) != after.get(*path));
        self.changed.extend(changed.cloned());
    }
}

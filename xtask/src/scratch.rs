//! Temporary repositories for tests, made with git itself and deaf to the user's settings.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use checks::path::RepoPath;

use crate::failure::Failure;
use crate::repository::{Repository, Scope};

/// A repository in a temporary folder, with one commit that holds `base.txt`.
pub(crate) struct Scratch {
    _folder: tempfile::TempDir,
    top: PathBuf,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        let scratch = Self::empty();
        scratch.write("base.txt", "base\n");
        scratch.git("add base.txt");
        scratch.git("commit -qm base");
        scratch
    }

    /// Without a commit.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap().join("repo");
        fs::create_dir(&top).unwrap();
        let scratch = Self {
            _folder: folder,
            top,
        };
        scratch.git("init -q -b main");
        let hooks = scratch.top.join(".git/hooks");
        fs::remove_dir_all(&hooks).ok();
        fs::create_dir(&hooks).unwrap();
        let settings = format!(
            "{}[user]\nname = Tester\nemail = tester@example.org\n[commit]\ngpgsign = false\n\
             [core]\nautocrlf = false\nexcludesFile = /dev/null\nhooksPath = {}\n",
            scratch.read(".git/config"),
            hooks.display()
        );
        scratch.write(".git/config", settings);
        scratch
    }

    pub(crate) fn top(&self) -> &Path {
        &self.top
    }

    pub(crate) fn open(&self) -> Repository {
        Repository::discover(&self.top).unwrap()
    }

    /// What git answers; words are split at blanks.
    pub(crate) fn git(&self, words: &str) -> String {
        let words: Vec<&str> = words.split(' ').collect();
        self.git_words(&words)
    }

    pub(crate) fn git_words(&self, words: &[&str]) -> String {
        let output = git_in(&self.top).args(words).output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {words:?}: {complaint}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// As `git`, but it may fail.
    pub(crate) fn try_git(&self, words: &str) -> bool {
        let output = git_in(&self.top).args(words.split(' ')).output().unwrap();
        output.status.success()
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let place = self.top.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.top.join(path)).unwrap()
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.top.join(path)).unwrap();
    }

    pub(crate) fn link(&self, path: &str, target: &str) {
        let place = self.top.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, place).unwrap();
    }

    pub(crate) fn executable(&self, path: &str) {
        fs::set_permissions(self.top.join(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn hook(&self, name: &str, script: &str) {
        let path = format!(".git/hooks/{name}");
        // Written by another process: a program that a test beside this one starts meanwhile would
        // inherit the open file, and git could not run the hook ("text file busy").
        let mut writer = Command::new("sh")
            .args(["-c", "cat >\"$0\" && chmod 755 \"$0\""])
            .arg(self.top.join(path))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let script = format!("#!/bin/sh\n{script}\n");
        let mut input = writer.stdin.take().unwrap();
        input.write_all(script.as_bytes()).unwrap();
        drop(input);
        assert!(writer.wait().unwrap().success());
    }

    /// Everything in the work tree committed.
    pub(crate) fn commit_all(&self) {
        self.git("add -A");
        self.git("commit -qm more");
    }
}

/// Something done to a repository before it is judged.
pub(crate) type Change = fn(&Scratch);

/// git as the tests start it: no settings but the repository's, a fixed time.
pub(crate) fn git_in(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", "2024-01-02T03:04:05Z")
        .env("GIT_COMMITTER_DATE", "2024-01-02T03:04:05Z");
    git
}

pub(crate) fn path(text: &str) -> RepoPath {
    RepoPath::new(text).unwrap()
}

pub(crate) fn under(paths: &[&str]) -> Scope {
    Scope::Under(paths.iter().map(|text| path(text)).collect())
}

/// The sentence and the way out.
pub(crate) fn told(failure: &Failure) -> String {
    let help = failure.help.join("\nhelp: ");
    format!("{failure}\nhelp: {help}")
}

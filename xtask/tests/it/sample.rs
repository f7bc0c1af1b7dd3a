//! A sample repository in a sealed sandbox, and the tool run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The sample of `demo` before anything is done, as a git repository with one commit.
pub(crate) struct Sample {
    folder: TempDir,
}

/// What a run of the tool came to.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; none if a signal ended it.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Sample {
    pub(crate) fn new() -> Self {
        let sample = Self::empty();
        sample.edit("start");
        fs::rename(sample.path("gitignore"), sample.path(".gitignore")).unwrap();
        sample.git(&["add", "--all"]);
        sample.git(&["commit", "--quiet", "--message", "start"]);
        sample
    }

    /// A repository without a commit.
    pub(crate) fn empty() -> Self {
        let sample = Self {
            folder: TempDir::new().unwrap(),
        };
        sample.git(&[
            "init",
            "--quiet",
            "--initial-branch",
            "feature/container-optimization",
        ]);
        sample
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// Writes the edits of a task (or the `start`) to the files.
    pub(crate) fn edit(&self, step: &str) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("demo")
            .join(step);
        copy(&from, &self.root());
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn git(&self, words: &[&str]) -> String {
        let output = sealed(Command::new("git"))
            .current_dir(self.root())
            .args(words)
            .output();
        let output = output.expect("git is installed");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {words:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs the tool in the repository.
    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        run_in(&self.root(), words)
    }

    /// Lets the commands of a plan run here.
    #[track_caller]
    pub(crate) fn trust(&self, plan: &str) {
        let ran = self.run(&["trust", plan, "--yes"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }

    /// Runs the tool with `--json` and reads what it prints.
    pub(crate) fn json(&self, words: &[&str]) -> serde_json::Value {
        let ran = self.run(&[words, &["--json"]].concat());
        serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
    }
}

/// Runs the tool in a folder.
pub(crate) fn run_in(folder: &Path, words: &[&str]) -> Ran {
    let output = tool().current_dir(folder).args(words).output().unwrap();
    Ran::from(output)
}

/// The tool, with nothing of the user's environment that could decide anything.
pub(crate) fn tool() -> Command {
    sealed(Command::new(env!("CARGO_BIN_EXE_cargo-xtask")))
}

fn sealed(mut command: Command) -> Command {
    for name in [
        "MILESTONE_REPO",
        "VIRTUAL_ENV",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_WORK_TREE",
        "NO_COLOR",
        "CLICOLOR_FORCE",
    ] {
        command.env_remove(name);
    }
    command
        .stdin(Stdio::null())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env(
            "XDG_STATE_HOME",
            concat!(env!("CARGO_TARGET_TMPDIR"), "/state"),
        )
        .env(
            "XDG_CACHE_HOME",
            concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"),
        )
        .env("GIT_AUTHOR_NAME", "A U Thor")
        .env("GIT_AUTHOR_EMAIL", "author@example.invalid")
        .env("GIT_COMMITTER_NAME", "C O Mitter")
        .env("GIT_COMMITTER_EMAIL", "committer@example.invalid");
    command
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

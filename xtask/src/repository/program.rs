//! git itself, for what only git does: filters, hooks, signing, its own index formats.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::{io, thread};

use xshell::{Cmd, cmd};

use super::Repository;
use crate::failure::Failure;
use crate::process::on_path;

/// What would send git to another repository, index or object store than the one meant; set
/// when the tool runs inside a hook (`git rev-parse --local-env-vars`, without configuration).
pub(crate) const REDIRECTIONS: [&str; 15] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CEILING_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// What changes the meaning of a pathspec.
const PATHSPEC_MODES: [&str; 3] = [
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
];

/// Where git is if `$PATH` does not say: never a `git` of the folder that we are in.
const USUAL_PLACE: &str = "/usr/bin/git";

/// `core.fsmonitor` may name a program, which git would ask what has changed.
const NO_MONITOR: [&str; 2] = ["-c", "core.fsmonitor=false"];

impl Repository {
    /// git at the top of this work tree, as the user would start it.
    pub(crate) fn user_git(&self) -> Cmd<'_> {
        let top = &self.top;
        let program = std::env::var_os("PATH").and_then(|path| on_path("git", &path));
        let program = program.unwrap_or_else(|| USUAL_PLACE.into());
        let git = cmd!(self.shell, "{program} -C {top}").quiet();
        REDIRECTIONS.iter().fold(git, Cmd::env_remove)
    }

    /// git as a tool of ours: paths are names and not patterns, no index is refreshed behind
    /// the user's back, no monitor that the repository names is started, and objects are what
    /// they are (libgit2 knows no replacements either).
    pub(crate) fn git(&self) -> Cmd<'_> {
        let git = PATHSPEC_MODES.iter().fold(self.user_git(), Cmd::env_remove);
        git.args(NO_MONITOR)
            .env("GIT_LITERAL_PATHSPECS", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
    }
}

/// Runs `git` to its end, with `input` on its standard input.
///
/// # Errors
///
/// It could not be started, or it failed; its own words are in the message.
pub(crate) fn answer(git: Cmd<'_>, input: &[u8]) -> Result<Vec<u8>, Failure> {
    let shown = shown(&git);
    let output = run(git, input).map_err(|e| not_started(&e))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(Failure::because(
        format!("`{shown}` failed"),
        complaint(&output),
    ))
}

/// Runs `git` to its end: whether it succeeded, what it said, and what it complained about.
///
/// # Errors
///
/// It could not be started.
pub(crate) fn said(git: Cmd<'_>, input: &[u8]) -> Result<(bool, Vec<u8>, String), Failure> {
    let output = run(git, input).map_err(|e| not_started(&e))?;
    let complaint = complaint(&output);
    Ok((output.status.success(), output.stdout, complaint))
}

/// Runs `git`, which reads no input but holds `held` open until its own end.
///
/// # Errors
///
/// It could not be started, or it failed; its own words are the message.
pub(crate) fn hold(git: Cmd<'_>, held: Stdio) -> Result<(), Failure> {
    let mut command = Command::from(git);
    let output = command.stdin(held).output().map_err(|e| not_started(&e))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Failure::new(complaint(&output)))
}

/// git died before it read all of its input: its exit status and words say why, so that the
/// broken pipe is not an error of its own.
fn run(git: Cmd<'_>, input: &[u8]) -> io::Result<Output> {
    let mut command = Command::from(git);
    if input.is_empty() {
        return command.stdin(Stdio::null()).output();
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let stdin = child.stdin.take();
    thread::scope(|scope| {
        let write = move || stdin.map(|mut stdin| stdin.write_all(input));
        let writer = thread::Builder::new().spawn_scoped(scope, write);
        let output = child.wait_with_output();
        // Without one git has read nothing.
        writer.and(output)
    })
}

fn not_started(error: &io::Error) -> Failure {
    Failure::because("`git` could not be started", error).with_help("install git, 2.36 or newer")
}

/// The command without the folder, which says nothing to the reader.
fn shown(git: &Cmd<'_>) -> String {
    let text = git.to_string();
    let words: Vec<&str> = text.split(' ').collect();
    match words.as_slice() {
        [_, "-C", _, "-c", _, rest @ ..] | [_, "-C", _, rest @ ..] => {
            format!("git {}", rest.join(" "))
        }
        _ => text,
    }
}

/// What it said on standard error, in one line.
fn complaint(output: &Output) -> String {
    let words = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = words
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    if lines.is_empty() {
        return output.status.to_string();
    }
    lines.join("; ")
}

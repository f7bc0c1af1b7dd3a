//! Finds and opens a repository; every way in which that can go wrong has its own sentence.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use git2::{ErrorCode, RepositoryOpenFlags};

use crate::failure::Failure;

/// The repository around `start`, and the top of its work tree.
pub(super) fn open(start: &Path) -> Result<(git2::Repository, PathBuf), Failure> {
    let store = store(start)?;
    let top = top(&store)?;
    Ok((store, top))
}

/// The repository around `start`, and the top of its work tree; of one that has none, the git
/// directory.
pub(super) fn open_for_objects(start: &Path) -> Result<(git2::Repository, PathBuf), Failure> {
    let store = store(start)?;
    let top = store.workdir().unwrap_or(store.path()).to_owned();
    Ok((store, top))
}

fn store(start: &Path) -> Result<git2::Repository, Failure> {
    let start = folder(start)?;
    let ceilings = env::var_os("GIT_CEILING_DIRECTORIES").unwrap_or_default();
    let ceilings: Vec<OsString> = env::split_paths(&ceilings).map(Into::into).collect();
    git2::Repository::open_ext(&start, RepositoryOpenFlags::empty(), ceilings)
        .map_err(|error| refusal(&start, &error))
}

fn folder(start: &Path) -> Result<PathBuf, Failure> {
    let shown = start.display();
    let folder = fs::canonicalize(start).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::new(format!("no such folder: `{shown}`"))
            .with_help("name the folder of a git repository, or one inside it"),
        _ => Failure::because(format!("`{shown}` cannot be read"), error),
    })?;
    if !folder.is_dir() {
        return Err(Failure::new(format!("`{shown}` is a file, not a folder"))
            .with_help("name the folder that holds it"));
    }
    Ok(folder)
}

fn top(store: &git2::Repository) -> Result<PathBuf, Failure> {
    let git_dir = store.path().display();
    let Some(top) = store.workdir() else {
        return Err(Failure::new(format!(
            "`{git_dir}` is a bare repository: it has no work tree"
        ))
        .with_help("clone it, or add a work tree with `git worktree add`")
        .with_help("or judge a revision: `--at REV` needs no work tree"));
    };
    let shown = top.display();
    let top = fs::canonicalize(top).map_err(|error| {
        Failure::because(format!("the work tree `{shown}` cannot be read"), error)
    })?;
    // git, started there, must find the same repository again.
    if fs::symlink_metadata(top.join(".git")).is_err() {
        return Err(Failure::new(format!(
            "the work tree `{shown}` has no `.git`: `core.worktree` points there from `{git_dir}`"
        ))
        .with_help("use `git worktree add` instead of `core.worktree`"));
    }
    Ok(top)
}

fn refusal(start: &Path, error: &git2::Error) -> Failure {
    let shown = start.display();
    let words = error.message();
    let failure = Failure::because(
        format!("the repository at `{shown}` cannot be opened"),
        words,
    );
    if error.code() == ErrorCode::Owner {
        return failure.with_help(format!(
            "it belongs to another user; if you trust it: \
             `git config --global --add safe.directory {shown}`"
        ));
    }
    if error.code() == ErrorCode::NotFound {
        return Failure::new(format!("no git repository at or above `{shown}`"))
            .with_help("name one with `-C DIR`, or make one with `git init`");
    }
    if words.contains("object format") || words.contains("objectformat") {
        return failure.with_help("only SHA-1 repositories can be read; SHA-256 is not supported");
    }
    if words.contains("refstorage") {
        return failure.with_help(
            "refs must be files, not reftable: `git refs migrate --ref-format=files` converts them",
        );
    }
    failure
}

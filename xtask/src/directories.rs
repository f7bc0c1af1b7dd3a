//! The user's own folders for this tool, outside of every repository.
//!
//! They follow the [XDG base directory specification][xdg]: a variable counts only if its path is
//! absolute.
//!
//! [xdg]: https://specifications.freedesktop.org/basedir-spec/latest/

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// What must last: what this machine wrote and what its user allowed. Under `$XDG_STATE_HOME`,
/// else under `~/.local/state`.
pub(crate) fn state() -> Option<PathBuf> {
    own("XDG_STATE_HOME", ".local/state")
}

/// What may be deleted at any time. Under `$XDG_CACHE_HOME`, else under `~/.cache`.
pub(crate) fn cache() -> Option<PathBuf> {
    own("XDG_CACHE_HOME", ".cache")
}

/// Makes a folder and those above it, for the user alone.
///
/// # Errors
///
/// It cannot be made.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn own(variable: &str, below_home: &str) -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let base = absolute(variable).or_else(|| Some(absolute("HOME")?.join(below_home)))?;
    Some(base.join("cargo-xtask"))
}

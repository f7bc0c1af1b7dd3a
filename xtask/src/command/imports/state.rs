//! Which files are analysed: a folder on disk, or a revision.

use std::path::{Path, PathBuf};

use checks::path::RepoPath;
use checks::snapshot::{Kind, Snapshot};

use crate::cli::{Common, Imports};
use crate::failure::Failure;
use crate::repository::{Repository, Revision};
use crate::session;
use crate::snapshot::Folder;

/// Which files are analysed.
pub(super) enum State {
    /// Those of a folder on disk; it need not lie in a repository.
    Disk(PathBuf),
    /// Those of a revision; the part of it, if it is not the whole.
    Revision {
        repository: Box<Repository>,
        revision: Revision,
        inside: Option<RepoPath>,
    },
}

impl State {
    /// The folder that `--root` or `-C` names, or with `--at` that folder at a revision.
    ///
    /// # Errors
    ///
    /// There is no such folder, repository or revision.
    pub(super) fn open(common: &Common, options: &Imports) -> Result<Self, Failure> {
        let around = session::directory(common);
        match &options.at {
            Some(name) => Self::at(name, &around, options.root.as_deref()),
            None => folder(options.root.as_deref().unwrap_or(&around)).map(Self::Disk),
        }
    }

    /// A root that is a folder on disk says which repository is meant; any other one is a folder
    /// of the revision, which the work tree need not hold.
    fn at(name: &str, around: &Path, root: Option<&Path>) -> Result<Self, Failure> {
        let (start, below) = match root {
            Some(root) if root.is_dir() => (root, None),
            other => (around, other),
        };
        let repository = Repository::discover_objects(&folder(start)?)?;
        let revision = repository.revision(name)?;
        let inside = match (below, repository.store().is_bare()) {
            (Some(below), _) => Some(below.to_path_buf()),
            (None, true) => None,
            (None, false) => within(start, repository.top()),
        };
        let inside = inside.map(|it| repo_path(&it)).transpose()?;
        let state = Self::Revision {
            inside: inside.clone(),
            repository: Box::new(repository),
            revision,
        };
        match inside {
            Some(inside) if state.snapshot()?.kind(&inside) != Ok(Some(Kind::Folder)) => Err(
                Failure::new(format!("the revision `{name}` has no folder `{inside}`")),
            ),
            _ => Ok(state),
        }
    }

    /// The files.
    ///
    /// # Errors
    ///
    /// The revision cannot be read.
    pub(super) fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, Failure> {
        Ok(match self {
            Self::Disk(top) => Box::new(Folder::new(top)),
            Self::Revision {
                repository,
                revision,
                ..
            } => Box::new(session::tree(repository, revision.tree)?),
        })
    }

    /// The folder on disk; none for a revision.
    pub(super) fn disk(&self) -> Option<&Path> {
        match self {
            Self::Disk(top) => Some(top),
            Self::Revision { .. } => None,
        }
    }

    /// The part of the files that is analysed; none for all of them.
    pub(super) fn inside(&self) -> Option<&RepoPath> {
        match self {
            Self::Disk(_) => None,
            Self::Revision { inside, .. } => inside.as_ref(),
        }
    }
}

/// A folder that was named.
///
/// # Errors
///
/// There is none.
pub(super) fn folder(path: &Path) -> Result<PathBuf, Failure> {
    if path.is_dir() {
        return Ok(path.to_owned());
    }
    Err(Failure::new(format!("`{}` is no folder", path.display())))
}

/// The way from the top of a work tree to a folder in it; none if that is the top.
fn within(folder: &Path, top: &Path) -> Option<PathBuf> {
    let (folder, top) = (folder.canonicalize().ok()?, top.canonicalize().ok()?);
    let inside = folder.strip_prefix(&top).ok()?;
    (!inside.as_os_str().is_empty()).then(|| inside.to_owned())
}

fn repo_path(path: &Path) -> Result<RepoPath, Failure> {
    let text = path.to_string_lossy();
    let text = text.trim_start_matches("./").trim_end_matches('/');
    RepoPath::new(text).map_err(|error| {
        Failure::new(error.to_string()).with_help("`--root` names a folder of the revision")
    })
}

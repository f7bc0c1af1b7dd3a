//! The git repository that is judged.

mod changes;
mod files;
mod open;
mod program;
mod temporary;

use std::fmt;
use std::path::{Path, PathBuf};

use checks::path::RepoPath;
use git2::{ErrorCode, ObjectType, Oid, ReferenceType, RepositoryState};
use xshell::Shell;

use crate::failure::Failure;

pub(crate) use files::{Ahead, is_overlooked};
pub(crate) use program::{REDIRECTIONS, answer, hold, said};

/// A repository, with a work tree unless it was opened for its objects alone.
pub(crate) struct Repository {
    store: git2::Repository,
    top: PathBuf,
    shell: Shell,
}

/// Which part of the work tree is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of it.
    Everything,
    /// These files, and all that lies under these folders. No path: nothing.
    Under(Vec<RepoPath>),
}

/// Where HEAD stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// The full name of the branch, `refs/heads/…`; none if HEAD is detached.
    pub(crate) reference: Option<String>,
    /// The commit; none before the first one.
    pub(crate) commit: Option<Oid>,
}

/// What a name for a state of the repository resolves to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Revision {
    /// What the user typed.
    pub(crate) name: String,
    /// The commit; none if a tree was named.
    pub(crate) commit: Option<Oid>,
    /// The tree.
    pub(crate) tree: Oid,
}

impl Repository {
    /// The repository around `start`. Variables such as `GIT_DIR` have no say: the tool may run
    /// inside a hook of another repository.
    ///
    /// # Errors
    ///
    /// There is none, it has no work tree, it cannot be read, or it is of a kind that libgit2
    /// refuses.
    pub(crate) fn discover(start: &Path) -> Result<Self, Failure> {
        let (store, top) = open::open(start)?;
        let shell = Shell::new().map_err(|e| Failure::new(e.to_string()))?;
        Ok(Self { store, top, shell })
    }

    /// The repository around `start`, which may be bare: only its objects and refs are asked.
    ///
    /// # Errors
    ///
    /// As [`discover`](Self::discover), but it need not have a work tree.
    pub(crate) fn discover_objects(start: &Path) -> Result<Self, Failure> {
        let (store, top) = open::open_for_objects(start)?;
        let shell = Shell::new().map_err(|e| Failure::new(e.to_string()))?;
        Ok(Self { store, top, shell })
    }

    /// The top of the work tree; of a bare repository, the git directory.
    pub(crate) fn top(&self) -> &Path {
        &self.top
    }

    /// The folder that holds this work tree's HEAD and index.
    pub(crate) fn git_dir(&self) -> &Path {
        self.store.path()
    }

    /// The objects and refs.
    pub(crate) fn store(&self) -> &git2::Repository {
        &self.store
    }

    /// Where HEAD stands.
    ///
    /// # Errors
    ///
    /// HEAD cannot be read.
    pub(crate) fn head(&self) -> Result<Head, Failure> {
        let unreadable = |e: git2::Error| Failure::because("`HEAD` cannot be read", e.message());
        let head = self.store.find_reference("HEAD").map_err(unreadable)?;
        if head.kind() == Some(ReferenceType::Direct) {
            return Ok(Head {
                reference: None,
                commit: head.target(),
            });
        }
        match self.store.head() {
            Ok(branch) => Ok(Head {
                reference: Some(branch.name().map_err(unreadable)?.to_owned()),
                commit: branch.target(),
            }),
            Err(e) if e.code() == ErrorCode::UnbornBranch => Ok(Head {
                reference: head
                    .symbolic_target()
                    .map_err(unreadable)?
                    .map(str::to_owned),
                commit: None,
            }),
            Err(e) => Err(unreadable(e)),
        }
    }

    /// The operation that is under way, in git's word for it; none if there is none.
    pub(crate) fn operation(&self) -> Option<&'static str> {
        match self.store.state() {
            RepositoryState::Clean => None,
            RepositoryState::Merge => Some("merge"),
            RepositoryState::Revert | RepositoryState::RevertSequence => Some("revert"),
            RepositoryState::CherryPick | RepositoryState::CherryPickSequence => {
                Some("cherry-pick")
            }
            RepositoryState::Bisect => Some("bisect"),
            RepositoryState::Rebase
            | RepositoryState::RebaseInteractive
            | RepositoryState::RebaseMerge => Some("rebase"),
            RepositoryState::ApplyMailbox | RepositoryState::ApplyMailboxOrRebase => Some("am"),
        }
    }

    /// The commit and tree that `name` stands for.
    ///
    /// # Errors
    ///
    /// It stands for nothing, or for neither a commit nor a tree.
    pub(crate) fn revision(&self, name: &str) -> Result<Revision, Failure> {
        let unknown = |e: git2::Error| {
            Failure::because(
                format!("`{name}` is not a revision of this repository"),
                e.message(),
            )
            .with_help("name a commit, branch or tag; `git log --oneline` shows the commits")
        };
        let object = self.store.revparse_single(name).map_err(unknown)?;
        let tree = object.peel(ObjectType::Tree).map_err(unknown)?.id();
        let commit = object
            .peel(ObjectType::Commit)
            .ok()
            .map(|commit| commit.id());
        Ok(Revision {
            name: name.to_owned(),
            commit,
            tree,
        })
    }
}

impl Head {
    /// The short name of the branch; none if HEAD is detached.
    pub(crate) fn branch(&self) -> Option<&str> {
        let name = self.reference.as_deref()?;
        Some(name.strip_prefix("refs/heads/").unwrap_or(name))
    }
}

impl Scope {
    /// Whether `path` belongs to it.
    pub(crate) fn holds(&self, path: &[u8]) -> bool {
        match self {
            Self::Everything => true,
            Self::Under(paths) => paths.iter().any(|p| lies_under(path, p)),
        }
    }

    /// The paths that are named.
    pub(crate) fn paths(&self) -> &[RepoPath] {
        match self {
            Self::Everything => &[],
            Self::Under(paths) => paths,
        }
    }

    /// The pathspecs that mean it to git, which reads none as everything; none if nothing is
    /// meant.
    fn pathspecs(&self) -> Option<Vec<&str>> {
        match self {
            Self::Everything => Some(Vec::new()),
            Self::Under(paths) if paths.is_empty() => None,
            Self::Under(paths) => Some(paths.iter().map(RepoPath::as_str).collect()),
        }
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("top", &self.top)
            .finish_non_exhaustive()
    }
}

/// Whether `path` is `folder` or lies somewhere under it.
pub(crate) fn lies_under(path: &[u8], folder: &RepoPath) -> bool {
    path.strip_prefix(folder.as_str().as_bytes())
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

#[cfg(test)]
mod tests;

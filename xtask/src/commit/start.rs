//! Where the repository stands before anything is done, and what speaks against committing.

use git2::Oid;

use crate::failure::Failure;
use crate::repository::{Repository, Scope, said};

/// Where the repository stood at the start.
pub(super) struct Start {
    reference: String,
    branch: String,
    commit: Oid,
    tree: Oid,
}

impl Start {
    /// # Errors
    ///
    /// HEAD is detached or unborn, an operation or a conflict is unresolved, or git does not
    /// know who commits. All this is asked before a hook runs.
    pub(super) fn new(repository: &Repository) -> Result<Self, Failure> {
        let head = repository.head()?;
        let branch = head.branch().unwrap_or_default().to_owned();
        idle(repository)?;
        let reference = head.reference.ok_or_else(|| {
            Failure::new("HEAD is detached: a commit would belong to no branch")
                .with_help("`git switch BRANCH`, or `git switch -c BRANCH` for a new one")
        })?;
        let commit = head.commit.ok_or_else(|| {
            Failure::new(format!("`{branch}` has no commit yet"))
                .with_help("make the first commit with git itself")
        })?;
        resolved(repository)?;
        identity(repository)?;
        let tree = repository.store().find_commit(commit).map(|c| c.tree_id());
        let tree = tree.map_err(|e| Failure::because("`HEAD` cannot be read", e.message()))?;
        Ok(Self {
            reference,
            branch,
            commit,
            tree,
        })
    }

    /// The full name of the branch.
    pub(super) fn reference(&self) -> &str {
        &self.reference
    }

    pub(super) fn branch(&self) -> &str {
        &self.branch
    }

    pub(super) fn commit(&self) -> Oid {
        self.commit
    }

    pub(super) fn tree(&self) -> Oid {
        self.tree
    }

    /// # Errors
    ///
    /// `tree` is the one that HEAD holds already.
    pub(super) fn refuse_unchanged(&self, tree: Oid, message: &str) -> Result<(), Failure> {
        if tree == self.tree {
            return Err(
                Failure::new(format!("{message}: `HEAD` holds the same files"))
                    .with_help("what is committed already is recorded with `verify TASK --record`"),
            );
        }
        Ok(())
    }

    /// # Errors
    ///
    /// Somebody switched branches, committed, or began a merge meanwhile.
    pub(super) fn still_stands(&self, repository: &Repository) -> Result<(), Failure> {
        idle(repository)?;
        resolved(repository)?;
        let head = repository.head()?;
        if head.reference.as_ref() != Some(&self.reference) {
            return Err(again(format!("HEAD left `{}` meanwhile", self.branch)));
        }
        if head.commit != Some(self.commit) {
            return Err(self.moved());
        }
        Ok(())
    }

    /// The branch moved meanwhile.
    pub(super) fn moved(&self) -> Failure {
        again(format!(
            "`{}` was moved by somebody else meanwhile",
            self.branch
        ))
    }
}

fn again(message: String) -> Failure {
    Failure::new(format!("{message}: nothing was committed"))
        .with_help("run the command again: the tree must be judged anew")
}

fn idle(repository: &Repository) -> Result<(), Failure> {
    match repository.operation() {
        None => Ok(()),
        Some(operation) => Err(
            Failure::new(format!("a {operation} is under way")).with_help(format!(
                "finish it, or end it with git (`git status` says how to leave the {operation})"
            )),
        ),
    }
}

fn resolved(repository: &Repository) -> Result<(), Failure> {
    let listed = repository.listed(&Scope::Everything)?;
    match listed.iter().find(|(_, listed)| listed.conflict) {
        None => Ok(()),
        Some((path, _)) => Err(Failure::new(format!(
            "`{}` has an unresolved conflict",
            String::from_utf8_lossy(path)
        ))
        .with_help("resolve it and `git add` the file")),
    }
}

fn identity(repository: &Repository) -> Result<(), Failure> {
    for who in ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"] {
        let (known, _, _) = said(repository.user_git().args(["var", who]), b"")?;
        if !known {
            return Err(Failure::new("git does not know who commits")
                .with_help("`git config user.name NAME` and `git config user.email ADDRESS`"));
        }
    }
    Ok(())
}

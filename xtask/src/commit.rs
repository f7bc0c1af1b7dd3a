//! Commits a part of the work tree, judged by the very tree that the commit holds.
//!
//! The order is the promise: nothing of the user's is touched before the commit object exists,
//! the real index is locked and written before the branch moves, and the branch moves only if
//! it still stands where it stood at the start. Whatever stops the work before that leaves
//! nothing behind but objects that git collects.

mod branch;
mod candidate;
mod hooks;
mod index;
mod message;
mod object;
mod start;
mod stop;

use checks::snapshot::Snapshot;
use git2::Oid;

use crate::failure::Failure;
use crate::repository::{Repository, Scope};
use crate::snapshot::Tree;
use crate::temporary::{Abandoned, TemporaryFolder};
use candidate::Candidate;
use hooks::Hooks;
use index::IndexLock;
use start::Start;
use stop::Stop;

pub(crate) use message::{Message, Trailer};

/// What was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Committed {
    /// The commit.
    pub(crate) commit: Oid,
    /// Its tree, the one that was judged.
    pub(crate) tree: Oid,
    /// The short name of the branch that moved.
    pub(crate) branch: String,
    /// The first line of the message, as the hooks left it.
    pub(crate) subject: String,
    /// The paths that the commit changes.
    pub(crate) paths: Vec<String>,
    /// Those among them that a hook added though they were not asked for.
    pub(crate) added_by_hooks: Vec<String>,
    /// Files of the work tree that a hook changed and that the commit does not hold like that.
    pub(crate) changed_by_hooks: Vec<String>,
}

/// Why nothing was committed.
#[derive(Debug)]
pub(crate) enum Refused<R> {
    /// The tree was judged and does not hold; the judge's own words.
    Judged(R),
    /// It did not get that far.
    Failed(Failure),
}

/// Who decides whether a tree may be committed, and writes the message if so.
pub(crate) type Judge<'a, R> = dyn FnMut(Oid, &dyn Snapshot) -> Result<Message, R> + 'a;

/// Commits `scope` as it lies on disk, on top of HEAD, if `judge` lets the tree pass.
///
/// Staged and unstaged changes outside of `scope` stay exactly as they are. Hooks run as git
/// runs them; signing, identity, filters and message clean-up are git's own.
///
/// # Errors
///
/// The judge refuses the tree, or something is in the way; then nothing has changed.
pub(crate) fn commit<R>(
    repository: &Repository,
    scope: &Scope,
    judge: &mut Judge<'_, R>,
) -> Result<Committed, Refused<R>> {
    let stop = Stop::listen()?;
    let start = Start::new(repository)?;
    let folder = repository.temporary_folder()?;
    let mut hooks = Hooks::new(repository, folder.path())?;

    let candidate = Candidate::build(repository, Some(start.commit()), scope, folder.path())?;
    let staged = candidate.tree()?;
    start.refuse_unchanged(staged, "there is nothing to commit")?;
    stop.after(hooks.pre_commit(&candidate))?;
    let tree = candidate.tree()?;
    start.refuse_unchanged(tree, "the `pre-commit` hook left nothing to commit")?;

    let snapshot = Tree::new(repository, tree).map_err(|e| Failure::new(e.to_string()))?;
    let message = judge(tree, &snapshot).map_err(Refused::Judged)?;
    stop.check()?;
    let text = stop.after(message.through_hooks(repository, &mut hooks, &candidate))?;
    let commit = stop.after(object::create(
        repository,
        &start,
        tree,
        &text,
        folder.path(),
    ))?;
    let subject = text.lines().next().unwrap_or_default().to_owned();
    let paths = publish(repository, scope, &start, (commit, tree), &subject, &folder)?;
    hooks.post_commit();

    let outside = paths.iter().filter(|path| !scope.holds(path));
    Ok(Committed {
        commit,
        tree,
        branch: start.branch().to_owned(),
        subject,
        added_by_hooks: shown(outside),
        changed_by_hooks: hooks.left_behind(tree),
        paths: shown(paths.iter()),
    })
}

/// Finishes or takes back what a process that was killed while it made a commit had begun, and
/// removes what it left; its temporary folder is the only thing that says so.
pub(crate) fn tidy(repository: &Repository) {
    for abandoned in Abandoned::all_in(repository.git_dir()) {
        index::recover(repository, abandoned.path());
    }
}

/// The tree that HEAD and the files on disk would make if everything were committed; HEAD, the
/// index and the files stay as they are.
///
/// # Errors
///
/// git or the system fails.
pub(crate) fn tree_on_disk(repository: &Repository) -> Result<Oid, Failure> {
    let folder = repository.temporary_folder()?;
    let head = repository.head()?.commit;
    Candidate::build(repository, head, &Scope::Everything, folder.path())?.tree()
}

/// Writes the real index under its lock, moves the branch, and puts the index in its place.
/// The paths that the commit changes.
fn publish(
    repository: &Repository,
    scope: &Scope,
    start: &Start,
    (commit, tree): (Oid, Oid),
    subject: &str,
    folder: &TemporaryFolder,
) -> Result<Vec<Vec<u8>>, Failure> {
    let lock = IndexLock::acquire(repository, folder.path())?;
    start.still_stands(repository)?;
    let paths = lock.write(repository, scope, start.tree(), tree, folder.path())?;
    branch::advance(repository, start, commit, subject, folder)?;
    lock.publish()?;
    Ok(paths)
}

fn shown<'a>(paths: impl Iterator<Item = &'a Vec<u8>>) -> Vec<String> {
    paths
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect()
}

impl<R> From<Failure> for Refused<R> {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

#[cfg(test)]
mod tests;

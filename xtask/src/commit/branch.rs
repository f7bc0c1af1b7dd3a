//! Moves the branch, if it still stands where it stood.

use git2::Oid;

use super::index::IndexLock;
use super::start::Start;
use crate::failure::Failure;
use crate::repository::{Repository, hold};
use crate::temporary::TemporaryFolder;

/// Compare and swap by git itself: it writes the reflogs of the branch and of this work tree's
/// HEAD in the committer's name, and runs `reference-transaction`.
///
/// # Errors
///
/// The branch moved meanwhile, or git refuses.
pub(super) fn advance(
    repository: &Repository,
    start: &Start,
    commit: Oid,
    subject: &str,
    folder: &TemporaryFolder,
) -> Result<(), Failure> {
    let (new, old) = (commit.to_string(), start.commit().to_string());
    let reason = format!("commit: {subject}");
    let git = repository.user_git().args(["update-ref", "-m", &reason]);
    let git = git.args([start.reference(), &new, &old]);
    IndexLock::announce(folder.path(), start.reference(), commit);
    // It may outlive us: what we had begun is not looked at before its end.
    let held = folder
        .hold()
        .map_err(|e| Failure::because("the branch stays", e))?;
    let moved = hold(git, held);
    // Stopped by a signal, git may have moved it all the same.
    let stands = repository.store().refname_to_id(start.reference()).ok();
    if moved.is_ok() || stands == Some(commit) {
        return Ok(());
    }
    if stands != Some(start.commit()) {
        return Err(start.moved());
    }
    let branch = start.branch();
    moved.map_err(|why| Failure::because(format!("`{branch}` could not be moved"), why.message))
}

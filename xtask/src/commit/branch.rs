//! Moves the branch, if it still stands where it stood.

use git2::Oid;

use super::start::Start;
use crate::failure::Failure;
use crate::repository::{Repository, said};

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
) -> Result<(), Failure> {
    let (new, old) = (commit.to_string(), start.commit().to_string());
    let reason = format!("commit: {subject}");
    let git = repository.user_git().args(["update-ref", "-m", &reason]);
    let (done, _, complaint) = said(git.args([start.reference(), &new, &old]), b"")?;
    // Stopped by a signal, git may have moved it all the same.
    let stands = repository.store().refname_to_id(start.reference()).ok();
    if done || stands == Some(commit) {
        return Ok(());
    }
    if stands != Some(start.commit()) {
        return Err(start.moved());
    }
    let branch = start.branch();
    Err(Failure::because(
        format!("`{branch}` could not be moved"),
        complaint,
    ))
}

//! The commit object: git writes and signs it.

use std::fs;
use std::path::Path;

use git2::Oid;

use super::start::Start;
use crate::failure::Failure;
use crate::repository::{Repository, said};

/// Writes a commit of `tree` on top of where the branch stood, signed if `commit.gpgSign` asks
/// for it; `git commit-tree` knows all kinds of signatures but does not read that setting.
///
/// # Errors
///
/// git cannot write or sign it.
pub(super) fn create(
    repository: &Repository,
    start: &Start,
    tree: Oid,
    text: &str,
    folder: &Path,
) -> Result<Oid, Failure> {
    let file = folder.join("message");
    fs::write(&file, text).map_err(|e| Failure::because("the message cannot be written", e))?;
    let signed = wants_signature(repository)?;
    // The text is UTF-8, whatever the user's editor writes.
    let git = repository
        .user_git()
        .args(["-c", "i18n.commitEncoding=UTF-8", "commit-tree"])
        .args(signed.then_some("--gpg-sign"));
    let git = git
        .args(["-p", &start.commit().to_string(), "-F"])
        .arg(&file);
    let (done, output, complaint) = said(git.arg(tree.to_string()), b"")?;
    let id = String::from_utf8_lossy(&output);
    match Oid::from_str(id.trim()) {
        Ok(id) if done => Ok(id),
        _ if signed => Err(
            Failure::because("the commit could not be signed", complaint).with_help(
                "`commit.gpgSign` asks for a signature: `git config --get-regexp 'gpg|sign'` \
                 shows with what",
            ),
        ),
        _ => Err(Failure::because(
            "the commit could not be written",
            complaint,
        )),
    }
}

fn wants_signature(repository: &Repository) -> Result<bool, Failure> {
    let git = repository
        .user_git()
        .args(["config", "--type=bool", "--get", "commit.gpgSign"]);
    let (_, output, _) = said(git, b"")?;
    Ok(output.trim_ascii() == b"true")
}

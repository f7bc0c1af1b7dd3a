//! Evidence kept with git: lines on a commit's note in `refs/notes/milestones`.
//!
//! Neither `git notes append` nor libgit2's notes survive two writers at once. Here the note's
//! tree and commit are built by hand, and the ref moves only if nobody moved it meanwhile;
//! otherwise the work is done anew on top of theirs. Nobody's line is lost. An advisory lock
//! only keeps writers from getting in each other's way.

mod fanout;

use std::collections::BTreeSet;
use std::fs::File;
use std::thread::sleep;
use std::time::{Duration, Instant};

use git2::{ErrorClass, ErrorCode, Oid, Signature};

use crate::failure::Failure;
use crate::repository::{Repository, said};

/// The ref under which the notes stand; `git log --notes=milestones` shows them.
pub(crate) const NOTES: &str = "refs/notes/milestones";

/// How long to go on against other writers, or against a lock that a killed one left.
const PATIENCE: Duration = Duration::from_secs(15);

/// Appends lines to the note of a commit; those that stand there already are not doubled.
///
/// # Errors
///
/// A line holds a line break, the object database cannot be written, or the ref stays locked.
pub(crate) fn append(
    repository: &Repository,
    commit: Oid,
    lines: &[String],
) -> Result<(), Failure> {
    if let Some(line) = lines.iter().find(|line| line.contains(['\n', '\r'])) {
        return Err(Failure::new(format!(
            "`{}` is more than one line",
            line.escape_debug()
        )));
    }
    let _turn = turn(repository.store());
    let end = Instant::now() + PATIENCE;
    let mut pause = Duration::from_micros(200);
    loop {
        match attempt(repository, commit, lines) {
            Ok(()) => return Ok(()),
            Err(e) if overtaken(&e) && Instant::now() < end => sleep(jitter(pause)),
            Err(e) => return Err(not_written(&e)),
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// The lines of every note, each with the commit that it hangs on.
///
/// # Errors
///
/// The notes cannot be read.
pub(crate) fn all(repository: &Repository) -> Result<Vec<(Oid, Vec<String>)>, Failure> {
    let store = repository.store();
    let read = || -> Result<Vec<(Oid, Vec<String>)>, git2::Error> {
        let Some(base) = base(store)? else {
            return Ok(Vec::new());
        };
        let notes = fanout::all(store, &store.find_commit(base)?.tree()?)?;
        let lines = notes.into_iter().map(|(commit, blob)| {
            let blob = store.find_blob(blob)?;
            let text = String::from_utf8_lossy(blob.content());
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            Ok((commit, lines.map(str::to_owned).collect()))
        });
        lines.collect()
    };
    read().map_err(|e| Failure::because(format!("`{NOTES}` cannot be read"), e.message()))
}

/// The lines of a commit's note; none if it has no note.
///
/// # Errors
///
/// The notes cannot be read.
#[cfg(test)]
pub(crate) fn read(repository: &Repository, commit: Oid) -> Result<Vec<String>, Failure> {
    let store = repository.store();
    let read = || -> Result<Vec<u8>, git2::Error> {
        match base(store)? {
            None => Ok(Vec::new()),
            Some(base) => note(store, Some(&store.find_commit(base)?.tree()?), commit),
        }
    };
    let bytes =
        read().map_err(|e| Failure::because(format!("`{NOTES}` cannot be read"), e.message()))?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.lines().map(str::to_owned).collect())
}

/// The writer's turn, ended when dropped or with the process: a lock on the folder itself, so
/// that no file stays behind. Where the file system knows no locks the ref decides alone.
fn turn(store: &git2::Repository) -> Option<File> {
    let folder = File::open(store.commondir()).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// One try, on top of what stands there now.
fn attempt(repository: &Repository, commit: Oid, lines: &[String]) -> Result<(), git2::Error> {
    let store = repository.store();
    let base = base(store)?;
    let parent = base.map(|base| store.find_commit(base)).transpose()?;
    let tree = parent.as_ref().map(git2::Commit::tree).transpose()?;
    let old = note(store, tree.as_ref(), commit)?;
    let Some(new) = extended(&old, lines) else {
        return Ok(());
    };
    let tree = fanout::with_note(store, tree.as_ref(), commit, store.blob(&new)?)?;
    let tree = store.find_tree(tree)?;
    let who = signature(store)?;
    let message = format!("milestones: evidence for {commit}\n");
    let parents: Vec<_> = parent.iter().collect();
    let id = store.commit(None, &who, &who, &message, &tree, &parents)?;
    // A zero id as the old one: the ref must not exist, and that too is asked under its lock.
    let expected = base.unwrap_or(Oid::ZERO_SHA1);
    advance(repository, id, expected, message.trim_end())
}

/// Compare and swap by git itself: libgit2 would leave the ref locked if we were killed then.
fn advance(repository: &Repository, new: Oid, old: Oid, reason: &str) -> Result<(), git2::Error> {
    let git = repository.git().args(["update-ref", "-m", reason, NOTES]);
    let moved = said(git.args([new.to_string(), old.to_string()]), b"");
    let generic = |why: &str| git2::Error::new(ErrorCode::GenericError, ErrorClass::Reference, why);
    let (moved, _, complaint) = moved.map_err(|failure| generic(&failure.message))?;
    if moved {
        return Ok(());
    }
    let stands = base(repository.store())?.unwrap_or(Oid::ZERO_SHA1);
    let code = if stands != old {
        ErrorCode::Modified
    } else if complaint.contains(".lock") {
        ErrorCode::Locked
    } else {
        return Err(generic(&complaint));
    };
    Err(git2::Error::new(code, ErrorClass::Reference, complaint))
}

fn base(store: &git2::Repository) -> Result<Option<Oid>, git2::Error> {
    match store.refname_to_id(NOTES) {
        Ok(id) => Ok(Some(id)),
        Err(e) if e.code() == ErrorCode::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn note(
    store: &git2::Repository,
    tree: Option<&git2::Tree<'_>>,
    commit: Oid,
) -> Result<Vec<u8>, git2::Error> {
    let mut bytes = Vec::new();
    let blobs = tree
        .map(|tree| fanout::notes(store, tree, commit))
        .transpose()?;
    for blob in blobs.unwrap_or_default() {
        bytes.extend_from_slice(store.find_blob(blob)?.content());
        end_line(&mut bytes);
    }
    Ok(bytes)
}

/// The note with the lines that it lacks; none if it lacks none.
fn extended(old: &[u8], lines: &[String]) -> Option<Vec<u8>> {
    let mut known: BTreeSet<&[u8]> = old.split(|b| *b == b'\n').collect();
    let mut new = old.to_vec();
    end_line(&mut new);
    for line in lines {
        if !line.is_empty() && known.insert(line.as_bytes()) {
            new.extend_from_slice(line.as_bytes());
            new.push(b'\n');
        }
    }
    (new.len() > old.len()).then_some(new)
}

fn end_line(bytes: &mut Vec<u8>) {
    if bytes.last().is_some_and(|last| *last != b'\n') {
        bytes.push(b'\n');
    }
}

/// Evidence is worth keeping where nobody is named too, as on many a CI machine.
fn signature(store: &git2::Repository) -> Result<Signature<'static>, git2::Error> {
    store
        .committer_from_env()
        .or_else(|_| Signature::now("cargo-xtask", "cargo-xtask@localhost"))
}

/// Somebody else was quicker: their work is the new base.
fn overtaken(error: &git2::Error) -> bool {
    use ErrorCode::{Exists, Locked, Modified, NotFound};
    matches!(error.code(), Modified | Locked | Exists | NotFound)
}

/// Writers that fell into step would meet again and again.
fn jitter(pause: Duration) -> Duration {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let noise = now
        .map_or(0, |now| now.subsec_nanos())
        .wrapping_mul(std::process::id() | 1);
    pause / 2 + pause.mul_f64(f64::from(noise % 1000) / 1000.0)
}

fn not_written(error: &git2::Error) -> Failure {
    let failure = Failure::because(format!("`{NOTES}` cannot be written"), error.message());
    if error.code() == ErrorCode::Locked {
        return failure.with_help(format!(
            "if no git is running, remove the file `{NOTES}.lock` in the git directory"
        ));
    }
    failure
}

#[cfg(test)]
mod tests;

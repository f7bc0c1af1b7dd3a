//! The real index: locked, rewritten and put in its place by git's own protocol.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use git2::Oid;
use xshell::Cmd;

use crate::failure::Failure;
use crate::repository::{Repository, Scope, answer, said};

/// How long another git may keep the index: editors refresh it all the time.
const PATIENCE: Duration = Duration::from_millis(500);

/// `index.lock`, ours; gone when dropped.
pub(super) struct IndexLock {
    index: PathBuf,
    lock: PathBuf,
    held: bool,
}

/// One path that a tree and another tree or an index hold differently.
struct Difference {
    path: Vec<u8>,
    /// Mode and blob on the tree's side; none if it has no such path.
    old: Option<String>,
}

impl IndexLock {
    /// Takes the lock; `folder` is where it is known as ours, should we be killed.
    ///
    /// # Errors
    ///
    /// Another program holds the lock.
    pub(super) fn acquire(repository: &Repository, folder: &Path) -> Result<Self, Failure> {
        let (index, lock) = paths(repository);
        let end = Instant::now() + PATIENCE;
        loop {
            match take(&lock, &folder.join(EMPTY)) {
                Ok(()) => {
                    return Ok(Self {
                        index,
                        lock,
                        held: true,
                    });
                }
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && Instant::now() < end => {
                    sleep(Duration::from_millis(20));
                }
                Err(e) => return Err(not_locked(&lock, &e)),
            }
        }
    }

    /// Writes the index that will stand after the commit: the real one, in which just the paths
    /// of `scope` are as `new` has them. The paths in which the commit differs from `old`.
    ///
    /// What a hook added outside of `scope` is taken over too, unless the user had staged
    /// something else there.
    ///
    /// # Errors
    ///
    /// git or the system fails.
    pub(super) fn write(
        &self,
        repository: &Repository,
        scope: &Scope,
        old: Oid,
        new: Oid,
        folder: &Path,
    ) -> Result<Vec<Vec<u8>>, Failure> {
        let file = folder.join("index.new");
        self.copy_to(&file)?;
        let git = || repository.git().env("GIT_INDEX_FILE", &file);
        let raw = ["-z", "--raw", "--no-renames"];
        let (old, new) = (old.to_string(), new.to_string());
        let index_differs_from = |tree: &str| {
            // A file that was only announced (`git add -N`) counts as not in the index.
            let git = git().args(["diff-index", "--cached", "--ita-invisible-in-index"]);
            differences(git.args(raw).arg(tree))
        };
        let committed = differences(git().args(["diff-tree", "-r"]).args(raw).args([&old, &new]))?;
        let committed: BTreeSet<_> = committed.into_iter().map(|d| d.path).collect();
        let staged: BTreeSet<_> = index_differs_from(&old)?
            .into_iter()
            .map(|d| d.path)
            .collect();
        let listed = repository.listed(scope)?;

        let stale = index_differs_from(&new)?;
        let stale: Vec<_> = stale
            .iter()
            .filter(|d| {
                let asked =
                    scope.holds(&d.path) && listed.get(&d.path).is_none_or(|l| !l.overlooked);
                asked || (committed.contains(&d.path) && !staged.contains(&d.path))
            })
            .collect();
        let lines = restoring(&stale);
        if !lines.is_empty() {
            answer(git().args(["update-index", "-z", "--index-info"]), &lines)?;
        }
        // Exits 1 if anything else needs an update, which is not for us to judge.
        said(git().args(["update-index", "-q", "--refresh"]), b"")?;
        // Another file has the lock's name from now on; it stays known as ours.
        let _ = fs::hard_link(&file, folder.join(WRITTEN));
        fs::rename(&file, &self.lock).map_err(|e| not_written(&self.lock, &e))?;
        Ok(committed.into_iter().collect())
    }

    /// Notes which commit the branch is about to be moved to, should we be killed then.
    pub(super) fn announce(folder: &Path, reference: &str, commit: Oid) {
        // Without it the lock is only taken away, and the user is told by git what is staged.
        let _ = fs::write(folder.join(ANNOUNCED), format!("{commit} {reference}"));
    }

    /// Puts the new index in the place of the old one.
    ///
    /// # Errors
    ///
    /// The system refuses; the branch has moved by then.
    pub(super) fn publish(mut self) -> Result<(), Failure> {
        fs::rename(&self.lock, &self.index).map_err(|e| {
            Failure::because("the commit was made, but the index could not be written", e)
                .with_help("make room on the disk, then `git restore --staged` the task's files")
        })?;
        self.held = false;
        Ok(())
    }

    /// With its time of change, by which git knows the entries that are too young to be trusted.
    fn copy_to(&self, file: &Path) -> Result<(), Failure> {
        let copied = || -> io::Result<()> {
            let modified = match fs::metadata(&self.index) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
                found => found?.modified()?,
            };
            fs::copy(&self.index, file)?;
            File::options()
                .write(true)
                .open(file)?
                .set_modified(modified)
        };
        copied().map_err(|e| Failure::because("the index cannot be read", e))
    }
}

/// Finishes what a killed process had begun: its lock is taken away or, if the branch has moved
/// already, the index that belongs to the commit is put in its place.
pub(super) fn recover(repository: &Repository, folder: &Path) {
    let (index, lock) = paths(repository);
    let is_lock = |name: &str| same_file(&folder.join(name), &lock);
    let announced = fs::read_to_string(folder.join(ANNOUNCED)).unwrap_or_default();
    let moved = announced
        .split_once(' ')
        .is_some_and(|(commit, reference)| {
            let stands = repository.store().refname_to_id(reference);
            stands.is_ok_and(|stands| stands.to_string() == commit)
        });
    if is_lock(WRITTEN) && moved {
        let _ = fs::rename(&lock, &index);
    } else if is_lock(WRITTEN) || is_lock(EMPTY) {
        let _ = fs::remove_file(&lock);
    }
}

/// The names of the lock in the temporary folder: when it was taken, and when the new index was
/// written to it; and of the commit that the branch is moved to.
const EMPTY: &str = "lock";
const WRITTEN: &str = "index.written";
const ANNOUNCED: &str = "commit";

/// The index and its lock.
fn paths(repository: &Repository) -> (PathBuf, PathBuf) {
    let index = repository.git_dir().join("index");
    // As git does: the lock lies beside the file that is meant, not beside a link to it.
    let index = fs::canonicalize(&index).unwrap_or(index);
    let mut lock = index.clone().into_os_string();
    lock.push(".lock");
    (index, PathBuf::from(lock))
}

/// Takes a lock that is known under another name too, where the file system knows links.
fn take(lock: &Path, own: &Path) -> io::Result<()> {
    File::create(own)?;
    match fs::hard_link(own, lock) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(lock)
            .map(|_| ()),
        linked => linked,
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    let id = |path: &Path| fs::symlink_metadata(path).map(|it| (it.dev(), it.ino()));
    matches!((id(one), id(other)), (Ok(one), Ok(other)) if one == other)
}

impl Drop for IndexLock {
    /// Once the index is in its place the lock's name is free, and may be somebody else's.
    fn drop(&mut self) {
        if self.held {
            let _ = fs::remove_file(&self.lock);
        }
    }
}

fn differences(git: Cmd<'_>) -> Result<Vec<Difference>, Failure> {
    let output = answer(git, b"")?;
    let mut fields = output.split(|b| *b == 0);
    let mut differences = Vec::new();
    while let (Some(meta), Some(path)) = (fields.next(), fields.next()) {
        let meta = String::from_utf8_lossy(meta);
        // `:MODE MODE BLOB BLOB STATUS`, the old side first; the mode of what is not there is 0.
        let words: Vec<&str> = meta.trim_start_matches(':').split(' ').collect();
        let [mode, _, blob, ..] = words.as_slice() else {
            return Err(Failure::new(format!("git shows a difference as `{meta}`")));
        };
        let there = mode.bytes().any(|digit| digit != b'0');
        differences.push(Difference {
            path: path.to_vec(),
            old: there.then(|| format!("{mode} {blob}")),
        });
    }
    Ok(differences)
}

/// The lines that make an index hold the old side; removals first, so that a folder can take
/// the place of a file.
fn restoring(differences: &[&Difference]) -> Vec<u8> {
    let line = |d: &&Difference| {
        let nothing = || format!("0 {}", Oid::ZERO_SHA1);
        let entry = d.old.clone().unwrap_or_else(nothing);
        [entry.as_bytes(), b"\t", &d.path, b"\0"].concat()
    };
    let (kept, removed): (Vec<_>, Vec<_>) = differences.iter().partition(|d| d.old.is_some());
    removed.into_iter().chain(kept).flat_map(line).collect()
}

fn not_locked(lock: &Path, error: &io::Error) -> Failure {
    let shown = lock.display();
    if error.kind() != io::ErrorKind::AlreadyExists {
        return not_written(lock, error);
    }
    Failure::new(format!("the index is locked: `{shown}` exists")).with_help(
        "wait until the other git is done; if none is running, remove that file and try again",
    )
}

fn not_written(lock: &Path, error: &io::Error) -> Failure {
    Failure::because(format!("`{}` cannot be written", lock.display()), error)
}

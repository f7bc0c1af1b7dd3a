//! The real index: locked, rewritten and put in its place by git's own protocol.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
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
    /// # Errors
    ///
    /// Another program holds the lock.
    pub(super) fn acquire(repository: &Repository) -> Result<Self, Failure> {
        let index = repository.git_dir().join("index");
        // As git does: the lock lies beside the file that is meant, not beside a link to it.
        let index = fs::canonicalize(&index).unwrap_or(index);
        let mut lock = index.clone().into_os_string();
        lock.push(".lock");
        let lock = PathBuf::from(lock);
        let end = Instant::now() + PATIENCE;
        loop {
            match OpenOptions::new().write(true).create_new(true).open(&lock) {
                Ok(_) => {
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
        fs::rename(&file, &self.lock).map_err(|e| not_written(&self.lock, &e))?;
        Ok(committed.into_iter().collect())
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

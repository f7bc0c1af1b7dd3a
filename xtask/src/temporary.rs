//! Temporary folders that are gone with their owner, even if it was killed.
//!
//! A folder is locked as long as it is in use (`flock(2)`): the system lets go of the lock when
//! the owner ends, however it ends. So what a killed process left can be told from what a living
//! one needs, without numbers of processes that are given to others again.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;

const PREFIX: &str = "milestone-";

/// A folder, gone with its owner.
#[derive(Debug)]
pub(crate) struct TemporaryFolder {
    folder: TempDir,
    lock: File,
}

/// A folder whose owner was killed. It is ours now, and removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Abandoned {
    folder: PathBuf,
    _lock: File,
}

impl TemporaryFolder {
    /// A new folder in `place`.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub(crate) fn new(place: &Path) -> io::Result<Self> {
        // Nobody looks for abandoned folders before the new one is locked.
        let _guard = guard(place);
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(place)?;
        let lock = File::open(folder.path())?;
        // Where the file system knows no locks nothing is taken for abandoned either.
        let _ = lock.try_lock();
        Ok(Self { folder, lock })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// An input for a program that may outlive us: while it runs the folder is in use.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub(crate) fn hold(&self) -> io::Result<Stdio> {
        self.lock.try_clone().map(Stdio::from)
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        remove(self.folder.path());
    }
}

impl Abandoned {
    /// What killed processes left in `place`.
    pub(crate) fn all_in(place: &Path) -> Vec<Self> {
        // Without locks nobody can tell.
        let (Ok(entries), Some(_guard)) = (fs::read_dir(place), guard(place)) else {
            return Vec::new();
        };
        let ours = |entry: fs::DirEntry| {
            let name = entry.file_name();
            let is_ours = name.as_encoded_bytes().starts_with(PREFIX.as_bytes());
            let folder = entry.path();
            let lock = File::open(&folder).ok().filter(|_| is_ours)?;
            lock.try_lock().ok()?;
            Some(Self {
                folder,
                _lock: lock,
            })
        };
        entries.flatten().filter_map(ours).collect()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        remove(&self.folder);
    }
}

/// Held while something in a folder is made and locked, or looked for; none where the file system
/// knows no locks.
pub(crate) fn guard(place: &Path) -> Option<File> {
    let place = File::open(place).ok()?;
    place.lock().ok().map(|()| place)
}

/// Removes a folder, whatever was made unwritable in it. What cannot be removed harms nobody.
fn remove(folder: &Path) {
    if fs::remove_dir_all(folder).is_err() {
        open_up(folder);
        let _ = fs::remove_dir_all(folder);
    }
}

/// Folders that may not be written to cannot be emptied.
fn open_up(folder: &Path) {
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        // Not through a link: what it leads to is none of ours.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_found_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let in_use = TemporaryFolder::new(place.path()).unwrap();
        for name in ["milestone-dead", "stranger"] {
            fs::create_dir(place.path().join(name)).unwrap();
        }
        let abandoned = Abandoned::all_in(place.path());
        let names: Vec<_> = abandoned.iter().map(|it| it.path().file_name()).collect();
        assert_eq!(names, [Some("milestone-dead".as_ref())]);
        assert!(
            Abandoned::all_in(place.path()).is_empty(),
            "it has an owner"
        );
        drop(abandoned);
        assert!(!place.path().join("milestone-dead").exists());
        assert!(in_use.path().exists() && place.path().join("stranger").exists());
    }

    #[test]
    fn what_was_made_unwritable_is_removed_too() {
        let place = tempfile::tempdir().unwrap();
        let folder = TemporaryFolder::new(place.path()).unwrap();
        let inner = folder.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        fs::write(inner.join("c"), "").unwrap();
        for folder in [&inner, &folder.path().join("a")] {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o500)).unwrap();
        }
        drop(folder);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}

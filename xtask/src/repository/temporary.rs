//! Temporary folders beside the index.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::Repository;
use crate::failure::Failure;

const PREFIX: &str = "milestone-";

/// Its owner locks a new folder at once; whatever is older and not locked has no owner.
const NEWBORN: Duration = Duration::from_secs(60);

/// A folder in the git directory, gone with its owner. It is locked while it is in use, so that
/// what a killed process left can be told from what a living one needs.
pub(crate) struct TemporaryFolder {
    folder: TempDir,
    _lock: File,
}

impl TemporaryFolder {
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Repository {
    /// A temporary folder beside the index: a file in it can be renamed over the index, and
    /// hooks that run in a container see it.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub(crate) fn temporary_folder(&self) -> Result<TemporaryFolder, Failure> {
        let place = self.git_dir();
        sweep(place);
        make(place).map_err(|error| {
            let shown = place.display();
            Failure::because(
                format!("no temporary folder could be made in `{shown}`"),
                error,
            )
        })
    }
}

fn make(place: &Path) -> io::Result<TemporaryFolder> {
    let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(place)?;
    let lock = File::open(folder.path())?;
    // Where the file system knows no locks nothing is swept either.
    let _ = lock.try_lock();
    Ok(TemporaryFolder {
        folder,
        _lock: lock,
    })
}

/// Removes what killed processes left. What cannot be removed harms nobody.
fn sweep(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(PREFIX.as_bytes()) && is_left(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_left(folder: &Path) -> bool {
    let age = || {
        let modified = fs::symlink_metadata(folder).ok()?.modified().ok()?;
        SystemTime::now().duration_since(modified).ok()
    };
    age().is_some_and(|age| age > NEWBORN)
        && File::open(folder).is_ok_and(|lock| lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let scratch = Scratch::new();
        let repository = scratch.open();
        let in_use = repository.temporary_folder().unwrap();
        let [dead, young] = ["milestone-dead", "milestone-young"].map(|name| {
            let folder = scratch.top().join(".git").join(name);
            fs::create_dir(&folder).unwrap();
            folder
        });
        for old in [in_use.path(), &dead] {
            let long_ago = SystemTime::now() - Duration::from_secs(3600);
            File::open(old).unwrap().set_modified(long_ago).unwrap();
        }
        drop(repository.temporary_folder().unwrap());
        assert!(in_use.path().exists() && young.exists());
        assert!(!dead.exists());
    }
}

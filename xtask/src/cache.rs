//! Answers on disk, in the user's cache folder: what is there may be deleted at any time.
//!
//! A file holds one key's value, under a first line that names the format, the build of the tool,
//! the key and the value, the last two by their hashes. A file of which anything does not fit
//! (another build, half a file, somebody else's) is as good as none. Files are put in place
//! whole, so two runs at once never see half of one; the later one wins.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::SystemTime;

use checks::cache::Cache;
use sha2::{Digest, Sha256};

use crate::directories;

/// The name and version of the format.
const FORMAT: &str = "milestone-cache/1";

/// More files than this are not kept.
const FILES: usize = 64;

/// More is not kept, in bytes.
const BYTES: u64 = 64 * 1024 * 1024;

/// The cache of this user, for this build of the tool; none where there is no place for it.
pub(crate) fn of_user() -> Option<&'static dyn Cache> {
    static SHELF: LazyLock<Option<Shelf>> = LazyLock::new(|| {
        // The tests of this crate leave nothing in the folders of whoever runs them.
        let folder = directories::cache().filter(|_| !cfg!(test))?;
        Some(Shelf::new(folder.join("answers"), build()?))
    });
    SHELF.as_ref().map(|shelf| shelf as &dyn Cache)
}

/// A folder of answers.
struct Shelf {
    folder: PathBuf,
    build: String,
}

/// What tells this build from every other: the version, and the identity of the program's file.
fn build() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let about = fs::metadata(std::env::current_exe().ok()?).ok()?;
    Some(format!(
        "{}-{}-{}-{}.{}",
        env!("CARGO_PKG_VERSION"),
        about.ino(),
        about.len(),
        about.mtime(),
        about.mtime_nsec()
    ))
}

impl Shelf {
    fn new(folder: PathBuf, build: String) -> Self {
        Self { folder, build }
    }

    fn place(&self, key: &str) -> PathBuf {
        self.folder.join(hash(key.as_bytes()))
    }

    fn first_line(&self, key: &str, value: &[u8]) -> String {
        let (key, value) = (hash(key.as_bytes()), hash(value));
        format!("{FORMAT} {} {key} {value}\n", self.build)
    }

    fn write(&self, key: &str, value: &[u8]) -> io::Result<()> {
        directories::make(&self.folder)?;
        self.make_room(value.len() as u64)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(self.first_line(key, value).as_bytes())?;
        file.write_all(value)?;
        file.persist(self.place(key))?;
        Ok(())
    }

    /// Removes the oldest files, those of killed runs too, until one more has room.
    fn make_room(&self, more: u64) -> io::Result<()> {
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)?.flatten() {
            // Another run may have put it elsewhere meanwhile.
            let Ok(about) = entry.metadata() else {
                continue;
            };
            files.push((about.modified()?, about.len(), entry.path()));
        }
        files.sort();
        let mut size = more + files.iter().map(|(_, size, _)| size).sum::<u64>();
        let mut count = files.len();
        for (_, bytes, place) in files {
            if count < FILES && size <= BYTES {
                break;
            }
            // Another run may have been quicker.
            let _ = fs::remove_file(place);
            (count, size) = (count - 1, size - bytes);
        }
        Ok(())
    }
}

impl Cache for Shelf {
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        let mut bytes = read_limited(&self.place(key))?;
        let end = bytes.iter().position(|byte| *byte == b'\n')? + 1;
        let value = bytes.split_off(end);
        (bytes == self.first_line(key, &value).as_bytes()).then_some(value)
    }

    fn put(&self, key: &str, value: &[u8]) {
        // Whoever cannot write there only waits longer the next time.
        let _ = self.write(key, value);
    }
}

fn read_limited(file: &Path) -> Option<Vec<u8>> {
    let about = fs::symlink_metadata(file).ok()?;
    (about.is_file() && about.len() <= BYTES).then(|| fs::read(file).ok())?
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf(folder: &Path, build: &str) -> Shelf {
        Shelf::new(folder.join("below"), build.to_owned())
    }

    #[test]
    fn what_was_put_comes_back_to_the_same_build_alone() {
        let folder = tempfile::tempdir().unwrap();
        let kept = shelf(folder.path(), "1");
        assert_eq!(kept.get("a"), None);
        kept.put("a", b"first");
        kept.put("a", b"one\ntwo");
        kept.put("b", b"");
        assert_eq!(kept.get("a").as_deref(), Some(&b"one\ntwo"[..]));
        assert_eq!(kept.get("b").as_deref(), Some(&b""[..]));
        assert_eq!(shelf(folder.path(), "2").get("a"), None);
    }

    #[test]
    fn a_file_that_is_not_whole_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let kept = shelf(folder.path(), "1");
        kept.put("a", b"value");
        let whole = fs::read(kept.place("a")).unwrap();
        let (shorter, longer) = (&whole[..whole.len() - 1], [&whole[..], b"x"].concat());
        let foreign = [&b"value"[..], b"", b"\xff\n", shorter, &longer];
        for bytes in foreign {
            fs::write(kept.place("a"), bytes).unwrap();
            assert_eq!(kept.get("a"), None, "{bytes:?}");
        }
        fs::rename(kept.place("a"), kept.place("b")).unwrap();
        fs::write(kept.place("b"), &whole).unwrap();
        assert_eq!(kept.get("b"), None);
        kept.put("a", b"again");
        assert!(kept.get("a").is_some());
    }

    #[test]
    fn the_oldest_files_make_room() {
        let folder = tempfile::tempdir().unwrap();
        let kept = shelf(folder.path(), "1");
        for number in 0..FILES + 10 {
            kept.put(&number.to_string(), b"value");
        }
        assert_eq!(fs::read_dir(&kept.folder).unwrap().count(), FILES);
        assert!(kept.get(&(FILES + 9).to_string()).is_some());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_no_failure() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("below"), "in the way").unwrap();
        let kept = shelf(folder.path(), "1");
        kept.put("a", b"value");
        assert_eq!(kept.get("a"), None);
    }

    #[test]
    fn many_writers_leave_one_whole_file() {
        let folder = tempfile::tempdir().unwrap();
        let kept = shelf(folder.path(), "1");
        std::thread::scope(|scope| {
            for number in 0..8_u8 {
                let kept = &kept;
                scope.spawn(move || kept.put("a", &vec![number; 100_000]));
            }
        });
        let value = kept.get("a").unwrap();
        assert!(value.len() == 100_000 && value.iter().all(|it| *it == value[0]));
        assert_eq!(fs::read_dir(&kept.folder).unwrap().count(), 1);
    }
}

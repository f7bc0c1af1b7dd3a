//! What the work tree holds, so that it can be seen what a program has changed there, and put
//! back.

mod restore;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use checks::path::RepoPath;
use checks::snapshot::SIZE_LIMIT;
use checks::verdict::{Finding, Place};
use git2::{ErrorCode, ObjectType, Odb, Oid, Repository, Status, StatusOptions};

use crate::repository::{Scope, is_overlooked};

pub(crate) use restore::{Ignored, Restored};

/// The content of every tracked file and of every untracked one that is not ignored.
///
/// Only the files that git sees as edited are read; of the others the index knows the content.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    root: PathBuf,
    files: BTreeMap<Vec<u8>, Content>,
    /// The files that were read, with their permissions: their ids are of the bytes as they lie
    /// on disk. The ids of the others are the index's own, with filters between them and the disk.
    read: BTreeMap<Vec<u8>, u32>,
}

/// A file that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The path, shown as well as it can be.
    pub(crate) path: String,
    /// What happened to it: changed, created or deleted.
    pub(crate) what: &'static str,
    /// Its first line, if it can be shown.
    pub(crate) place: Option<Place>,
}

impl Contents {
    /// What the work tree at `root` holds now; nothing if it is no git repository.
    ///
    /// # Errors
    ///
    /// The repository cannot be read.
    pub(crate) fn read(root: &Path) -> Result<Self, git2::Error> {
        Self::gather(root, false)
    }

    /// As [`read`](Self::read), and what no commit and no index holds is kept as a blob, as long
    /// as git keeps what nothing refers to.
    ///
    /// # Errors
    ///
    /// The repository cannot be read, or not be written to.
    pub(crate) fn keep(root: &Path) -> Result<Self, git2::Error> {
        Self::gather(root, true)
    }

    fn gather(root: &Path, keep: bool) -> Result<Self, git2::Error> {
        let mut contents = Self {
            root: root.to_owned(),
            ..Self::default()
        };
        let repository = match Repository::open(root) {
            Ok(repository) => repository,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(contents),
            Err(error) => return Err(error),
        };
        let store = keep.then(|| repository.odb()).transpose()?;
        // libgit2 reads neither a split nor a sparse index; git does, but without contents.
        let from_index = contents.take_index(&repository, store.as_ref());
        match from_index.or_else(|error| contents.take_disk(store.as_ref()).ok_or(error)) {
            Ok(()) => Ok(contents),
            Err(error) => Err(error),
        }
    }

    /// Every file is read; none if git cannot name them.
    fn take_disk(&mut self, store: Option<&Odb<'_>>) -> Option<()> {
        let listed = crate::repository::Repository::discover(&self.root).ok()?;
        let listed = listed.listed(&Scope::Everything).ok()?;
        for path in listed.into_keys() {
            self.look(&path, store);
        }
        Some(())
    }

    fn take_index(
        &mut self,
        repository: &Repository,
        store: Option<&Odb<'_>>,
    ) -> Result<(), git2::Error> {
        for entry in repository.index()?.iter() {
            if is_overlooked(&entry) {
                self.look(&entry.path, store);
            } else if stage(entry.flags) == 0 {
                let content = Content::Bytes(entry.id, Kind::of(entry.mode));
                self.files.insert(entry.path, content);
            }
        }
        let mut options = StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true);
        options.exclude_submodules(true);
        for entry in repository.statuses(Some(&mut options))?.iter() {
            if entry.status().intersects(IN_WORK_TREE) {
                self.look(entry.path_bytes(), store);
            }
        }
        Ok(())
    }

    /// Takes what lies on disk.
    fn look(&mut self, path: &[u8], store: Option<&Odb<'_>>) {
        match Content::on_disk(&self.root, path, store) {
            Some(content) => self.files.insert(path.to_vec(), content),
            None => self.files.remove(path),
        };
        let about = fs::symlink_metadata(on_disk(&self.root, path));
        let mode = about.map_or(0, |about| about.permissions().mode());
        self.read.insert(path.to_vec(), mode & 0o777);
    }

    /// The files that are not the same in `after`, sorted by path.
    pub(crate) fn changes(&self, after: &Self) -> Vec<Change> {
        let changed = self.changed(after).into_iter();
        let change = changed.map(|(path, what)| {
            let path = String::from_utf8_lossy(path).into_owned();
            Change {
                place: place(&self.root, &path),
                path,
                what,
            }
        });
        change.collect()
    }

    /// Whether nothing is different in `after`.
    pub(crate) fn is_same(&self, after: &Self) -> bool {
        self.changed(after).is_empty()
    }

    fn changed<'a>(&'a self, after: &'a Self) -> Vec<(&'a Vec<u8>, &'static str)> {
        let paths: BTreeSet<_> = self.files.keys().chain(after.files.keys()).collect();
        let change = |path| match (self.files.get(path), after.files.get(path)) {
            (Some(before), Some(after)) if before == after => None,
            (Some(_), Some(_)) => Some((path, "changed")),
            (None, _) => Some((path, "created")),
            (_, None) => Some((path, "deleted")),
        };
        paths.into_iter().filter_map(change).collect()
    }
}

impl Change {
    /// A finding at the file's first line, or without a place if it cannot be shown.
    pub(crate) fn finding(&self, message: &str) -> Finding {
        let Self { path, what, place } = self;
        let message = format!("`{path}` was {what} {message}");
        Finding {
            place: place.clone(),
            message,
        }
    }
}

fn on_disk(root: &Path, path: &[u8]) -> PathBuf {
    root.join(OsStr::from_bytes(path))
}

/// What lies behind a link to a folder is not in this place.
fn is_behind_a_link(root: &Path, path: &[u8]) -> bool {
    let above = Path::new(OsStr::from_bytes(path)).ancestors().skip(1);
    let mut above = above.map(|folder| fs::symlink_metadata(root.join(folder)));
    above.any(|about| about.is_ok_and(|about| about.is_symlink()))
}

fn place(root: &Path, path: &str) -> Option<Place> {
    let path = RepoPath::new(path).ok()?;
    let file = root.join(path.as_str());
    let about = fs::symlink_metadata(&file).ok()?;
    // What a link leads to may be none of ours, and a pipe would never end.
    let readable = about.is_file() && about.len() <= SIZE_LIMIT;
    let text = readable.then(|| fs::read_to_string(&file).ok())??;
    Some(Place::in_text(&path, &text, 0, text.len()))
}

const IN_WORK_TREE: Status = Status::WT_NEW
    .union(Status::WT_MODIFIED)
    .union(Status::WT_DELETED)
    .union(Status::WT_TYPECHANGE)
    .union(Status::WT_RENAMED)
    .union(Status::CONFLICTED);

/// The side of a merge conflict that an index entry belongs to; 0 without a conflict.
fn stage(flags: u16) -> u16 {
    (flags >> 12) & 3
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// The id of the bytes, and what kind of file they are in.
    Bytes(Oid, Kind),
    /// A file that is too large to be read: its size, and when it was last written.
    Large(u64, Option<SystemTime>),
    /// Something else: a folder that is a repository of its own, a socket, an unreadable file.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Executable,
    /// A symbolic link; the bytes are its target.
    Link,
    /// A commit of another repository.
    Submodule,
}

impl Kind {
    /// From the mode in an index (gitformat-index).
    fn of(mode: u32) -> Self {
        match mode {
            0o100_755 => Self::Executable,
            0o120_000 => Self::Link,
            0o160_000 => Self::Submodule,
            _ => Self::Plain,
        }
    }
}

impl Content {
    /// What lies on disk, kept in `store` if there is one; none if nothing does.
    fn on_disk(root: &Path, path: &[u8], store: Option<&Odb<'_>>) -> Option<Self> {
        if is_behind_a_link(root, path) {
            return None;
        }
        let path = on_disk(root, path);
        let about = fs::symlink_metadata(&path).ok()?;
        let id = |bytes: &[u8]| match store {
            Some(store) => store.write(ObjectType::Blob, bytes),
            None => Oid::hash_object(ObjectType::Blob, bytes),
        };
        let (bytes, kind) = if about.is_symlink() {
            let target = fs::read_link(&path).ok()?;
            (id(target.as_os_str().as_bytes()), Kind::Link)
        } else if about.is_file() && about.len() > SIZE_LIMIT {
            return Some(Self::Large(about.len(), about.modified().ok()));
        } else if about.is_file() {
            let executable = about.permissions().mode() & 0o100 != 0;
            let kind = if executable {
                Kind::Executable
            } else {
                Kind::Plain
            };
            let Ok(bytes) = fs::read(&path) else {
                return Some(Self::Other);
            };
            (id(&bytes), kind)
        } else {
            return Some(Self::Other);
        };
        Some(bytes.map_or(Self::Other, |id| Self::Bytes(id, kind)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::Sample;

    /// What a shell script changes in a repository with a committed `a`, an edited `b`, an
    /// untracked `c` and an ignored `d`.
    fn changes(script: &str) -> Vec<String> {
        let sample = Sample::new(&[("a", "1\n"), ("b", "1\n"), (".gitignore", "d*\n")]);
        for (name, text) in [("b", "2\n"), ("c", "3\n"), ("d", "4\n")] {
            fs::write(sample.root().join(name), text).unwrap();
        }
        let before = Contents::read(sample.root()).unwrap();
        sample.shell(script);
        let after = Contents::read(sample.root()).unwrap();
        let changes = before.changes(&after);
        changes
            .into_iter()
            .map(|it| format!("{} {}", it.what, it.path))
            .collect()
    }

    #[test]
    fn every_change_is_seen() {
        for (script, expected) in [
            ("true", &[][..]),
            ("echo 9 >d; echo 9 >d2; mkdir empty", &[]),
            ("touch a b c; git status; git add b; git commit -qm x", &[]),
            ("git add -A; git reset -q", &[]),
            ("echo 9 >a", &["changed a"]),
            ("echo 9 >b; echo 9 >c", &["changed b", "changed c"]),
            ("echo 9 >a; git commit -qam x", &["changed a"]),
            ("echo 1 >b", &["changed b"]),
            ("rm a c", &["deleted a", "deleted c"]),
            (
                "mkdir x; echo 1 >x/y; git add x; git commit -qm x; mv x z; ln -s z x",
                &["created x", "created z/y"],
            ),
            ("mkdir -p x/y; echo 1 >x/y/z", &["created x/y/z"]),
            ("chmod +x a", &["changed a"]),
            ("ln -sf b a", &["changed a"]),
            ("printf b >a; git add a; ln -sf b a", &["changed a"]),
            ("ln -s /nowhere e; mkfifo p", &["created e"]),
            (
                "git update-index --assume-unchanged a; echo 9 >a",
                &["changed a"],
            ),
            ("git update-index --skip-worktree a; rm a", &["deleted a"]),
            ("git update-index --assume-unchanged a", &[]),
        ] {
            assert_eq!(changes(script), expected, "{script}");
        }
    }

    #[test]
    fn an_index_that_libgit2_cannot_read_hides_nothing() {
        let sample = Sample::new(&[("a", "1\n"), ("b", "1\n")]);
        sample.shell("git update-index --split-index");
        let before = Contents::read(sample.root()).unwrap();
        sample.shell("echo 2 >a; rm b; echo 3 >c");
        let after = Contents::read(sample.root()).unwrap();
        let changes = before.changes(&after);
        let changes: Vec<_> = changes.iter().map(|it| (it.what, &*it.path)).collect();
        assert_eq!(
            changes,
            [("changed", "a"), ("deleted", "b"), ("created", "c")]
        );
    }

    #[test]
    fn a_link_is_not_followed_to_show_what_changed() {
        let sample = Sample::new(&[]);
        sample.shell("ln -s /etc/hostname link; mkfifo pipe; echo 1 >file");
        for (path, shown) in [("link", false), ("pipe", false), ("file", true)] {
            assert_eq!(place(sample.root(), path).is_some(), shown, "{path}");
        }
    }

    #[test]
    fn no_repository_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "1").unwrap();
        assert!(Contents::read(folder.path()).unwrap().files.is_empty());
    }
}

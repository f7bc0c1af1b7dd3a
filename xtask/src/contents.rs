//! What the work tree holds, so that it can be seen what a program has changed there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use checks::path::RepoPath;
use checks::snapshot::SIZE_LIMIT;
use checks::verdict::{Finding, Place};
use git2::{ErrorCode, ObjectType, Oid, Repository, Status, StatusOptions};

use crate::repository::{Scope, is_overlooked};

/// The content of every tracked file and of every untracked one that is not ignored.
///
/// Only the files that git sees as edited are read; of the others the index knows the content.
#[derive(Debug, Default)]
pub(crate) struct Contents(BTreeMap<Vec<u8>, Content>);

/// A file that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The path, shown as well as it can be.
    pub(crate) path: String,
    /// What happened to it: changed, created or deleted.
    pub(crate) what: &'static str,
}

impl Contents {
    /// What the work tree at `root` holds now; nothing if it is no git repository.
    ///
    /// # Errors
    ///
    /// The repository cannot be read.
    pub(crate) fn read(root: &Path) -> Result<Self, git2::Error> {
        let repository = match Repository::open(root) {
            Ok(repository) => repository,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        // libgit2 reads neither a split nor a sparse index; git does, but without contents.
        Self::from_index(&repository, root).or_else(|error| Self::from_disk(root).ok_or(error))
    }

    /// Every file is read; none if git cannot name them.
    fn from_disk(root: &Path) -> Option<Self> {
        let listed = crate::repository::Repository::discover(root).ok()?;
        let listed = listed.listed(&Scope::Everything).ok()?;
        let content = |path: Vec<u8>| Some((Content::on_disk(root, &path)?, path));
        let files = listed.into_keys().filter_map(content);
        Some(Self(files.map(|(content, path)| (path, content)).collect()))
    }

    fn from_index(repository: &Repository, root: &Path) -> Result<Self, git2::Error> {
        let mut files = BTreeMap::new();
        for entry in repository.index()?.iter() {
            let content = if is_overlooked(&entry) {
                Content::on_disk(root, &entry.path)
            } else if stage(entry.flags) == 0 {
                Some(Content::Bytes(entry.id, entry.mode == EXECUTABLE))
            } else {
                None
            };
            files.extend(content.map(|content| (entry.path, content)));
        }
        let mut options = StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true);
        options.exclude_submodules(true);
        for entry in repository.statuses(Some(&mut options))?.iter() {
            let path = entry.path_bytes();
            match Content::on_disk(root, path) {
                Some(content) if entry.status().intersects(IN_WORK_TREE) => {
                    files.insert(path.to_vec(), content);
                }
                None if entry.status().intersects(IN_WORK_TREE) => {
                    files.remove(path);
                }
                _ => {}
            }
        }
        Ok(Self(files))
    }

    /// The files that are not the same in `after`, sorted by path.
    pub(crate) fn changes(&self, after: &Self) -> Vec<Change> {
        let paths = self.0.keys().chain(after.0.keys());
        let paths: std::collections::BTreeSet<_> = paths.collect();
        let change = |path: &Vec<u8>| {
            let what = match (self.0.get(path), after.0.get(path)) {
                (Some(before), Some(after)) if before == after => return None,
                (Some(_), Some(_)) => "changed",
                (None, _) => "created",
                (_, None) => "deleted",
            };
            let path = String::from_utf8_lossy(path).into_owned();
            Some(Change { path, what })
        };
        paths.into_iter().filter_map(change).collect()
    }
}

impl Change {
    /// A finding at the file's first line, or without a place if it cannot be shown.
    pub(crate) fn finding(&self, root: &Path, message: &str) -> Finding {
        let Self { path, what } = self;
        let place = RepoPath::new(path.as_str()).ok().and_then(|path| {
            let file = root.join(path.as_str());
            let about = fs::symlink_metadata(&file).ok()?;
            // What a link leads to may be none of ours, and a pipe would never end.
            let readable = about.is_file() && about.len() <= SIZE_LIMIT;
            let text = readable.then(|| fs::read_to_string(&file).ok())??;
            Some(Place::in_text(&path, &text, 0, text.len()))
        });
        let message = format!("`{path}` was {what} {message}");
        Finding { place, message }
    }
}

const EXECUTABLE: u32 = 0o100_755;

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

#[derive(Debug, PartialEq, Eq)]
enum Content {
    /// The id of the bytes, and whether they may be executed.
    Bytes(Oid, bool),
    /// A file that is too large to be read: its size, and when it was last written.
    Large(u64, Option<SystemTime>),
    /// Something else: a folder that is a repository of its own, a socket, an unreadable file.
    Other,
}

impl Content {
    /// What lies on disk; none if nothing does.
    fn on_disk(root: &Path, path: &[u8]) -> Option<Self> {
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::fs::PermissionsExt;

        let path = root.join(std::ffi::OsStr::from_bytes(path));
        let about = fs::symlink_metadata(&path).ok()?;
        let bytes = if about.is_symlink() {
            let target = fs::read_link(&path).ok()?;
            Oid::hash_object(ObjectType::Blob, target.as_os_str().as_bytes())
        } else if about.is_file() && about.len() > SIZE_LIMIT {
            return Some(Self::Large(about.len(), about.modified().ok()));
        } else if about.is_file() {
            Oid::hash_file(ObjectType::Blob, &path)
        } else {
            return Some(Self::Other);
        };
        let executable = about.is_file() && about.permissions().mode() & 0o100 != 0;
        Some(bytes.map_or(Self::Other, |id| Self::Bytes(id, executable)))
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
            ("mkdir -p x/y; echo 1 >x/y/z", &["created x/y/z"]),
            ("chmod +x a", &["changed a"]),
            ("ln -sf b a", &["changed a"]),
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
            let path = path.to_owned();
            let what = "created";
            let finding = Change { path, what }.finding(sample.root(), "");
            assert_eq!(finding.place.is_some(), shown, "{}", finding.message);
        }
    }

    #[test]
    fn no_repository_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "1").unwrap();
        assert!(Contents::read(folder.path()).unwrap().0.is_empty());
    }
}

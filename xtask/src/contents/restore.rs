//! Puts back what a program has changed, or says how to.
//!
//! Nothing is lost on the way: what is overwritten or removed is kept as a blob before, a file is
//! replaced in one step, and what cannot be put back is named with the blob that holds it.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use git2::{Oid, StatusOptions};

use super::{Content, Contents, Kind, on_disk};
use crate::repository::{Repository, answer};
use crate::signals::Listener;
use crate::world::command_line;

/// How many files are named where there may be many.
const NAMED: usize = 10;

/// What git ignores: what a program makes of it is none of the changes that are put back.
#[derive(Debug, Default)]
pub(crate) struct Ignored(Vec<Vec<u8>>);

impl Ignored {
    /// What git ignores in the work tree at `root` now; folders end in `/`.
    ///
    /// # Errors
    ///
    /// git cannot tell.
    pub(crate) fn read(root: &Path) -> Result<Self, git2::Error> {
        let repository = git2::Repository::open(root)?;
        let mut options = StatusOptions::new();
        options.include_ignored(true).include_untracked(false);
        let statuses = repository.statuses(Some(&mut options))?;
        let ignored = statuses.iter().filter(|entry| entry.status().is_ignored());
        Ok(Self(
            ignored.map(|entry| entry.path_bytes().to_vec()).collect(),
        ))
    }

    fn holds(&self, path: &[u8]) -> bool {
        let holds = |it: &Vec<u8>| path == it || it.ends_with(b"/") && path.starts_with(it);
        self.0.iter().any(holds)
    }
}

/// What came of putting things back.
#[derive(Debug, Default)]
pub(crate) struct Restored {
    /// Whether everything is as it was.
    pub(crate) whole: bool,
    /// What was done, and what could not be.
    pub(crate) notes: Vec<String>,
}

impl Restored {
    /// There was nothing to put back.
    pub(crate) fn untouched() -> Self {
        Self {
            whole: true,
            notes: Vec::new(),
        }
    }
}

impl Contents {
    /// How to get back by hand what is not as it was.
    pub(crate) fn ways_back(&self, after: &Self) -> Restored {
        let (mut kept, mut clean) = (Vec::new(), Vec::new());
        for (path, _) in self.changed(after) {
            match self.files.get(path) {
                Some(Content::Bytes(id, _)) if self.read.contains_key(path) => {
                    kept.push(format!("what `{}` held: {}", shown(path), way(path, *id)));
                }
                Some(Content::Bytes(..)) => clean.push(shown(path)),
                Some(_) => kept.push(format!("what `{}` held was not kept", shown(path))),
                None => {}
            }
        }
        let restorable = clean.len();
        clean.truncate(NAMED);
        let more = match restorable - clean.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let words = ["git", "restore", "--"]
            .map(str::to_owned)
            .into_iter()
            .chain(clean);
        let words: Vec<String> = words.collect();
        let clean = (restorable > 0).then(|| format!("`{}`{more}", command_line(&words)));
        let ways = kept.into_iter().chain(clean);
        let notes = ways.map(|way| format!("to get it back ({way})"));
        Restored {
            whole: false,
            notes: notes.collect(),
        }
    }

    /// Puts every file back that is not as it was: content, mode, deleted ones made again,
    /// created ones removed unless they may have been there before, as something `ignored`.
    pub(crate) fn put_back(&self, ignored: &Ignored) -> Restored {
        // Ctrl-C waits until nothing is half done.
        let _held = Listener::begin();
        let mut restored = Restored::default();
        // What is ignored, and which filters there are, must be as before.
        for only_rules in [true, false] {
            match Self::keep(&self.root) {
                Ok(now) => self.step(&now, ignored, only_rules, &mut restored.notes),
                Err(error) => restored.notes.push(error.message().to_owned()),
            }
        }
        let left = Self::read(&self.root);
        restored.whole = left.is_ok_and(|left| self.is_same(&left));
        restored
    }

    fn step(&self, now: &Self, ignored: &Ignored, only_rules: bool, notes: &mut Vec<String>) {
        let changed = self.changed(now).into_iter();
        let changed = changed.filter(|(path, _)| !only_rules || is_rule(path));
        let (created, others): (Vec<_>, Vec<_>) = changed.partition(|(_, what)| *what == "created");
        // First, so that a folder can take the place of a file.
        for (path, _) in created {
            notes.push(now.remove(path, ignored));
        }
        let mut done = Vec::new();
        for (path, _) in others {
            match self.write(path) {
                Ok(()) => done.push(format!("`{}`", shown(path))),
                Err(why) => {
                    let kept = match self.files.get(path) {
                        Some(Content::Bytes(id, _)) => format!("; it is kept: {}", way(path, *id)),
                        _ => String::new(),
                    };
                    notes.push(format!(
                        "`{}` could not be put back: {why}{kept}",
                        shown(path)
                    ));
                }
            }
        }
        if !done.is_empty() {
            let more = done.len().saturating_sub(NAMED);
            done.truncate(NAMED);
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            notes.push(format!("put back as it was: {}{more}", done.join(", ")));
        }
    }

    /// Removes a file that was not there before; it is kept as a blob.
    fn remove(&self, path: &[u8], ignored: &Ignored) -> String {
        let name = shown(path);
        let left = |why: &str| format!("`{name}` was left: {why}");
        let Some(Content::Bytes(id, _)) = self.files.get(path) else {
            return left("it is too large to be kept, or no file");
        };
        if ignored.holds(path) {
            return left("git ignored what stood there before");
        }
        if let Err(why) = self.parents(path) {
            return left(&why);
        }
        match fs::remove_file(on_disk(&self.root, path)) {
            Ok(()) => format!(
                "`{name}` was removed again; what it held: {}",
                way(path, *id)
            ),
            Err(error) => left(&error.to_string()),
        }
    }

    /// Writes a file as it was, in one step.
    fn write(&self, path: &[u8]) -> Result<(), String> {
        let Some(Content::Bytes(id, kind)) = self.files.get(path).copied() else {
            return Err("it was too large to be kept, or no file".to_owned());
        };
        let bytes = self.bytes(path, id, kind)?;
        self.parents(path)?;
        let mode = self.read.get(path).copied();
        let replaced = replace(&on_disk(&self.root, path), &bytes, kind, mode);
        replaced.map_err(|error| error.to_string())
    }

    /// What the file held on disk.
    fn bytes(&self, path: &[u8], id: Oid, kind: Kind) -> Result<Vec<u8>, String> {
        if kind == Kind::Submodule {
            return Err("it is another repository".to_owned());
        }
        let why = |error: git2::Error| error.message().to_owned();
        if self.read.contains_key(path) || kind == Kind::Link {
            let repository = git2::Repository::open(&self.root).map_err(why)?;
            let blob = repository.find_blob(id).map_err(why)?;
            return Ok(blob.content().to_vec());
        }
        // As git would check it out: with its filters and line ends.
        let repository = Repository::discover(&self.root).map_err(|it| it.message)?;
        let mut option = b"--path=".to_vec();
        option.extend_from_slice(path);
        let git = repository.git().args(["cat-file", "--filters"]);
        let git = git.arg(OsStr::from_bytes(&option)).arg(id.to_string());
        answer(git, b"").map_err(|failure| failure.message)
    }

    /// Sees to it that the folders above a file are there, and are folders of this work tree.
    fn parents(&self, path: &[u8]) -> Result<(), String> {
        let mut folder = self.root.clone();
        let above = Path::new(OsStr::from_bytes(path))
            .parent()
            .unwrap_or(Path::new(""));
        for part in above {
            folder.push(part);
            match fs::symlink_metadata(&folder) {
                Ok(about) if about.is_dir() => {}
                Ok(_) => return Err(format!("`{}` is no folder", folder.display())),
                Err(_) => fs::create_dir(&folder).map_err(|error| error.to_string())?,
            }
        }
        Ok(())
    }
}

/// Puts a file in the place of whatever is there, with these permissions if they are known.
fn replace(place: &Path, bytes: &[u8], kind: Kind, mode: Option<u32>) -> io::Result<()> {
    let folder = place.parent().unwrap_or(Path::new("/"));
    let now = fs::symlink_metadata(place).ok();
    if now.as_ref().is_some_and(fs::Metadata::is_dir) {
        // Only if it is empty.
        fs::remove_dir(place)?;
    }
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix(".milestone-");
    if kind == Kind::Link {
        let link = builder.make_in(folder, |path| symlink(OsStr::from_bytes(bytes), path))?;
        return Ok(link.into_temp_path().persist(place)?);
    }
    let now = now.filter(fs::Metadata::is_file);
    let now = now.map(|now| now.permissions().mode() & 0o666);
    // For a new file the umask has its say.
    let plain = now.unwrap_or(0o666);
    let executable = plain | (plain & 0o444) >> 2;
    let default = if kind == Kind::Executable {
        executable
    } else {
        plain
    };
    let permissions = Permissions::from_mode(mode.unwrap_or(default));
    let mut file = builder
        .permissions(permissions.clone())
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    if mode.or(now).is_some() {
        fs::set_permissions(file.path(), permissions)?;
    }
    file.persist(place)?;
    Ok(())
}

/// Whether git reads rules about other files from it.
fn is_rule(path: &[u8]) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    matches!(name, b".gitignore" | b".gitattributes")
}

fn way(path: &[u8], id: Oid) -> String {
    let path = String::from_utf8_lossy(path).into_owned();
    format!("`git cat-file -p {id} > {}`", command_line(&[path]))
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::Sample;

    /// A repository with a committed `a`, `d/x` and executable `run`, an edited `b`, an untracked
    /// `c` and an ignored `i`.
    fn sample() -> Sample {
        let sample = Sample::new(&[]);
        sample.shell(
            "mkdir d; echo a >a; echo b >b; echo x >d/x; echo run >run; chmod +x run; ln -s a link
             echo 'i*' >.gitignore; git add -A; git commit -qm more
             echo b2 >b; echo c >c; echo i >i; chmod 640 b",
        );
        sample
    }

    /// What is said after a script has run and its changes were put back.
    fn restored(sample: &Sample, script: &str) -> Restored {
        let before = Contents::keep(sample.root()).unwrap();
        let ignored = Ignored::read(sample.root()).unwrap();
        sample.shell(script);
        before.put_back(&ignored)
    }

    const LISTING: &str = "find . -path ./.git -prune -o ! -type d -print | sort | \
         while read f; do echo $f; stat -c %A $f; readlink $f || cat $f; done";

    #[test]
    fn everything_is_put_back() {
        for script in [
            "true",
            "echo 9 >a; echo 9 >b; echo 9 >c; rm d/x",
            "rm -r a b c d run link",
            "chmod -x run; chmod +x a; ln -sf b link",
            "rm a; mkdir a; echo 9 >a/b",
            "rm -r d; echo 9 >d",
            "mv d e; ln -s e d",
            "ln -sf b a; rm link; echo a >link",
            "echo 9 >new; mkdir -p x/y; echo 9 >x/y/z",
            "echo 9 >.gitignore; echo 9 >a",
            "rm .gitignore; echo 9 >new",
            "echo 9 >a; git add -A; git commit -qm theirs",
            "git update-index --split-index; echo 9 >b; rm a",
        ] {
            let sample = sample();
            sample.shell(&format!("({LISTING}) >.git/before"));
            let restored = restored(&sample, script);
            assert!(restored.whole, "{script}: {:?}", restored.notes);
            sample.shell(&format!(
                "({LISTING}) >.git/after; diff .git/before .git/after >&2"
            ));
        }
    }

    #[test]
    fn what_cannot_be_put_back_is_named_with_its_blob() {
        let sample = sample();
        let script =
            "rm b; mkdir b; echo 9 >b/i; git add -f i; echo 9 >i; chmod 500 d; echo 9 >d/x";
        let Restored { whole, notes } = restored(&sample, script);
        let notes = notes.join("\n");
        assert!(!whole);
        for said in [
            "`b` could not be put back: ",
            "it is kept: `git cat-file -p e6bfff5c1d0f0ecd501552b43a1e13d8008abc31 > b`",
            "`i` was left: git ignored what stood there before",
        ] {
            assert!(notes.contains(said), "{notes}");
        }
        sample.shell("chmod 700 d; test $(cat i) = 9; test $(git cat-file -p e6bfff5c) = b2");
    }

    #[test]
    fn filters_stand_between_index_and_disk() {
        let sample = Sample::new(&[(".gitattributes", "*.txt text eol=crlf\n")]);
        sample.shell("printf 'a\\r\\n' >a.txt; git add -A; git commit -qm more; git status");
        let restored = restored(&sample, "rm a.txt");
        assert!(restored.whole, "{:?}", restored.notes);
        assert_eq!(fs::read(sample.root().join("a.txt")).unwrap(), b"a\r\n");
    }

    #[test]
    fn without_being_asked_it_only_says_how() {
        let sample = sample();
        let before = Contents::keep(sample.root()).unwrap();
        sample.shell("echo 9 >a; echo 9 >b; rm c run; echo 9 >new");
        let ways = before
            .ways_back(&Contents::read(sample.root()).unwrap())
            .notes;
        assert_eq!(
            ways,
            [
                "to get it back (what `b` held: `git cat-file -p e6bfff5c1d0f0ecd501552b43a1e13d8008abc31 > b`)",
                "to get it back (what `c` held: `git cat-file -p f2ad6c76f0115a6ba5b00456a849810e7ec0af20 > c`)",
                "to get it back (`git restore -- a run`)",
            ]
        );
        sample.shell(
            "git cat-file -p f2ad6c76f0115a6ba5b00456a849810e7ec0af20 >c; test $(cat c) = c",
        );
    }
}

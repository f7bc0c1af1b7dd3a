//! One read-only state of a repository.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use crate::cache::Cache;
use crate::path::RepoPath;

/// Larger files are not read: a verdict about them is undecided. In bytes.
pub const SIZE_LIMIT: u64 = 16 * 1024 * 1024;

/// One read-only state of a repository: the work tree, a revision, files in memory, or an
/// overlay on one of these.
pub trait Snapshot {
    /// The bytes of a file; symbolic links that stay inside the repository are followed.
    ///
    /// # Errors
    ///
    /// There is no readable file of a reasonable size at `path`; the error says what there is.
    fn read(&self, path: &RepoPath) -> Result<Arc<[u8]>, ReadError>;

    /// What stands at `path`, links followed; `None` if nothing does.
    ///
    /// # Errors
    ///
    /// It cannot be known, for instance because a link leaves the repository.
    fn kind(&self, path: &RepoPath) -> Result<Option<Kind>, ReadError>;

    /// All files that belong to this state: tracked ones, and in a work tree also untracked
    /// ones that are not ignored. Sorted.
    ///
    /// # Errors
    ///
    /// The state cannot be listed.
    fn list(&self) -> Result<Arc<Listing>, ReadError>;

    /// The content id of a file that [`read`](Self::read) would read: known to some snapshots
    /// without reading it.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    fn content(&self, path: &RepoPath) -> Result<ContentId, ReadError> {
        self.read(path).map(|bytes| ContentId::of(&bytes))
    }

    /// The content id of a file, where it is known at once and saves reading what was read before.
    /// Who asks rests on the file as if it were [`read`](Self::read).
    fn known_content(&self, _path: &RepoPath) -> Option<ContentId> {
        None
    }

    /// The same state for somebody whose looks are no evidence, because they are ahead of need
    /// or compare with what was seen before; none if nobody takes notes.
    fn unrecorded(&self) -> Option<&dyn Snapshot> {
        None
    }

    /// An answer rests on what stands at this path, though it was not asked for this time.
    fn looked_at(&self, _path: &RepoPath) {}

    /// Where answers about this state, and all others, are kept.
    fn cache(&self) -> Option<&dyn Cache> {
        None
    }

    /// Whether files may be read before it is certain that they are needed, for another thread
    /// to work on.
    fn reads_ahead(&self) -> bool {
        false
    }
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file, or a link to one inside the repository.
    File,
    /// A folder.
    Folder,
}

/// The files of a snapshot.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Paths, sorted.
    pub paths: Vec<RepoPath>,
    /// Names that are not UTF-8 or not speakable, shown as well as they can be. They cannot be
    /// read by path; a check whose pattern may mean one of them is undecided.
    pub unnameable: Vec<String>,
}

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// Nothing stands there.
    Missing(RepoPath),
    /// A folder (or a submodule) stands there.
    Folder(RepoPath),
    /// A symbolic link leads out of the repository, or nowhere; it is not followed.
    LinkLeaves(RepoPath),
    /// A device, a socket or a pipe stands there.
    Special(RepoPath),
    /// The file has more than [`SIZE_LIMIT`] bytes.
    TooLarge(RepoPath, u64),
    /// A name that is not UTF-8 may be meant by a pattern: the name, the pattern.
    NameNotUtf8(String, String),
    /// The system's own words.
    Unreadable(RepoPath, String),
    /// The snapshot as a whole could not be asked.
    Broken(String),
}

/// The identity of a file's content: git's blob id (SHA-1 over `blob LENGTH\0` and the bytes),
/// so that a work tree, a revision and files in memory agree about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentId(String);

/// Files in memory.
#[derive(Debug, Default, Clone)]
pub struct Memory {
    files: BTreeMap<RepoPath, Arc<[u8]>>,
    ahead: bool,
}

/// Some files replaced, added (`Some`) or removed (`None`).
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Edits(BTreeMap<RepoPath, Option<Arc<[u8]>>>);

/// A snapshot with some edits on top.
pub struct Overlay<'a> {
    base: &'a dyn Snapshot,
    edits: Edits,
}

/// A snapshot that remembers which paths were asked for: the evidence that a verdict rests on.
pub struct Recorder<'a> {
    inner: &'a dyn Snapshot,
    asked: RefCell<BTreeSet<RepoPath>>,
    listed: Cell<bool>,
}

impl ContentId {
    /// The id of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut hash = Sha1::new();
        hash.update(format!("blob {}\0", bytes.len()));
        hash.update(bytes);
        Self(hexadecimal(&hash.finalize()))
    }

    /// The id of a git blob, from its forty hexadecimal digits.
    #[must_use]
    pub fn of_blob(id: &str) -> Self {
        Self(id.to_owned())
    }

    /// Forty hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Memory {
    /// Files in memory from pairs of path and text.
    ///
    /// # Panics
    ///
    /// A path leaves the repository: the caller wrote it down wrong.
    #[must_use]
    pub fn new<P: AsRef<str>, T: AsRef<[u8]>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        let files = files.into_iter().map(|(path, text)| {
            let path = RepoPath::new(path.as_ref()).expect("a path inside the repository");
            (path, Arc::from(text.as_ref()))
        });
        Self {
            files: files.collect(),
            ahead: false,
        }
    }

    /// The same files, which [may be read ahead](Snapshot::reads_ahead) of need.
    #[must_use]
    pub fn ahead(&self) -> Self {
        Self {
            ahead: true,
            ..self.clone()
        }
    }
}

impl Snapshot for Memory {
    fn read(&self, path: &RepoPath) -> Result<Arc<[u8]>, ReadError> {
        match (self.files.get(path), self.kind(path)?) {
            (Some(bytes), _) => within_limit(path, bytes.clone()),
            (None, Some(_)) => Err(ReadError::Folder(path.clone())),
            (None, None) => Err(ReadError::Missing(path.clone())),
        }
    }

    fn kind(&self, path: &RepoPath) -> Result<Option<Kind>, ReadError> {
        if self.files.contains_key(path) {
            return Ok(Some(Kind::File));
        }
        let inside = format!("{path}/");
        let holds = self.files.keys().any(|p| p.as_str().starts_with(&inside));
        Ok(holds.then_some(Kind::Folder))
    }

    fn list(&self) -> Result<Arc<Listing>, ReadError> {
        Ok(Arc::new(Listing {
            paths: self.files.keys().cloned().collect(),
            unnameable: Vec::new(),
        }))
    }

    fn reads_ahead(&self) -> bool {
        self.ahead
    }
}

impl Edits {
    /// One file with this content.
    #[must_use]
    pub fn write(path: RepoPath, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::default().and_write(path, bytes)
    }

    /// One file gone.
    #[must_use]
    pub fn remove(path: RepoPath) -> Self {
        Self(BTreeMap::from([(path, None)]))
    }

    /// These edits and one more file with this content.
    #[must_use]
    pub fn and_write(mut self, path: RepoPath, bytes: impl Into<Arc<[u8]>>) -> Self {
        self.0.insert(path, Some(bytes.into()));
        self
    }

    /// These edits and one more file gone.
    #[must_use]
    pub fn and_remove(mut self, path: RepoPath) -> Self {
        self.0.insert(path, None);
        self
    }

    /// The paths that are edited.
    pub fn paths(&self) -> impl Iterator<Item = &RepoPath> {
        self.0.keys()
    }
}

impl<'a> Overlay<'a> {
    /// `base` with `edits` on top.
    #[must_use]
    pub fn new(base: &'a dyn Snapshot, edits: Edits) -> Self {
        Self { base, edits }
    }
}

impl Snapshot for Overlay<'_> {
    fn read(&self, path: &RepoPath) -> Result<Arc<[u8]>, ReadError> {
        match self.edits.0.get(path) {
            Some(Some(bytes)) => within_limit(path, bytes.clone()),
            Some(None) => Err(ReadError::Missing(path.clone())),
            None => self.base.read(path),
        }
    }

    fn kind(&self, path: &RepoPath) -> Result<Option<Kind>, ReadError> {
        match self.edits.0.get(path) {
            Some(Some(_)) => return Ok(Some(Kind::File)),
            Some(None) => return Ok(None),
            None => {}
        }
        let inside = format!("{path}/");
        let added = |(edited, content): (&RepoPath, &Option<_>)| {
            content.is_some() && edited.as_str().starts_with(&inside)
        };
        if self.edits.0.iter().any(added) {
            return Ok(Some(Kind::Folder));
        }
        self.base.kind(path)
    }

    fn list(&self) -> Result<Arc<Listing>, ReadError> {
        let base = self.base.list()?;
        let mut paths: BTreeSet<_> = base.paths.iter().cloned().collect();
        for (path, content) in &self.edits.0 {
            if content.is_some() {
                paths.insert(path.clone());
            } else {
                paths.remove(path);
            }
        }
        Ok(Arc::new(Listing {
            paths: paths.into_iter().collect(),
            unnameable: base.unnameable.clone(),
        }))
    }

    fn content(&self, path: &RepoPath) -> Result<ContentId, ReadError> {
        match self.edits.0.get(path) {
            Some(_) => self.read(path).map(|bytes| ContentId::of(&bytes)),
            None => self.base.content(path),
        }
    }

    fn known_content(&self, path: &RepoPath) -> Option<ContentId> {
        match self.edits.0.get(path) {
            Some(_) => None,
            None => self.base.known_content(path),
        }
    }

    fn looked_at(&self, path: &RepoPath) {
        self.base.looked_at(path);
    }

    fn cache(&self) -> Option<&dyn Cache> {
        self.base.cache()
    }

    fn reads_ahead(&self) -> bool {
        self.base.reads_ahead()
    }
}

impl<'a> Recorder<'a> {
    /// Records what is asked of `inner`.
    #[must_use]
    pub fn new(inner: &'a dyn Snapshot) -> Self {
        Self {
            inner,
            asked: RefCell::default(),
            listed: Cell::new(false),
        }
    }

    /// Whether the list of all files was asked for.
    #[must_use]
    pub fn listed(&self) -> bool {
        self.listed.get()
    }

    /// Every path that was asked for, sorted.
    #[must_use]
    pub fn asked(self) -> Vec<RepoPath> {
        self.asked.into_inner().into_iter().collect()
    }
}

impl Snapshot for Recorder<'_> {
    fn read(&self, path: &RepoPath) -> Result<Arc<[u8]>, ReadError> {
        self.asked.borrow_mut().insert(path.clone());
        self.inner.read(path)
    }

    fn kind(&self, path: &RepoPath) -> Result<Option<Kind>, ReadError> {
        self.asked.borrow_mut().insert(path.clone());
        self.inner.kind(path)
    }

    fn list(&self) -> Result<Arc<Listing>, ReadError> {
        self.listed.set(true);
        self.inner.list()
    }

    fn content(&self, path: &RepoPath) -> Result<ContentId, ReadError> {
        self.looked_at(path);
        self.inner.content(path)
    }

    fn known_content(&self, path: &RepoPath) -> Option<ContentId> {
        self.asked.borrow_mut().insert(path.clone());
        self.inner.known_content(path)
    }

    fn unrecorded(&self) -> Option<&dyn Snapshot> {
        Some(self.inner.unrecorded().unwrap_or(self.inner))
    }

    fn looked_at(&self, path: &RepoPath) {
        self.asked.borrow_mut().insert(path.clone());
        self.inner.looked_at(path);
    }

    fn cache(&self) -> Option<&dyn Cache> {
        self.inner.cache()
    }

    fn reads_ahead(&self) -> bool {
        self.inner.reads_ahead()
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "no such file: `{path}`"),
            Self::Folder(path) => write!(f, "`{path}` is a folder, not a file"),
            Self::LinkLeaves(path) => write!(
                f,
                "`{path}` is a symbolic link that leaves the repository or leads nowhere: not followed"
            ),
            Self::Special(path) => write!(f, "`{path}` is not a regular file"),
            Self::TooLarge(path, size) => write!(
                f,
                "`{path}` has {size} bytes; files over {} MiB are not read",
                SIZE_LIMIT / 1024 / 1024
            ),
            Self::NameNotUtf8(name, pattern) => write!(
                f,
                "a file name that is not UTF-8 may be meant by `{pattern}`: `{name}`"
            ),
            Self::Unreadable(path, why) => write!(f, "`{path}` cannot be read: {why}"),
            Self::Broken(why) => write!(f, "the repository cannot be read: {why}"),
        }
    }
}

impl std::error::Error for ReadError {}

/// What stands at `path` in one word: a file's content id, `folder`, or nothing at all (empty);
/// none if that cannot be known.
#[must_use]
pub fn content_word(snapshot: &dyn Snapshot, path: &RepoPath) -> Option<String> {
    match snapshot.content(path) {
        Ok(id) => Some(id.0),
        Err(ReadError::Missing(_)) => Some(String::new()),
        Err(ReadError::Folder(_)) => Some("folder".to_owned()),
        Err(_) => None,
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half & 15)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
        .collect()
}

fn within_limit(path: &RepoPath, bytes: Arc<[u8]>) -> Result<Arc<[u8]>, ReadError> {
    let size = bytes.len() as u64;
    if size > SIZE_LIMIT {
        return Err(ReadError::TooLarge(path.clone(), size));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).unwrap()
    }

    #[test]
    fn the_content_id_is_gits_blob_id() {
        // `git hash-object --stdin </dev/null`, and of "hello\n"
        let id = |bytes: &[u8]| ContentId::of(bytes).as_str().to_owned();
        assert_eq!(id(b""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(id(b"hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
    }

    #[test]
    fn a_word_tells_a_file_a_folder_and_nothing_apart() {
        let files = Memory::new([("d/a", "")]);
        let word = |text: &str| content_word(&files, &path(text)).unwrap();
        assert_eq!(word("d/a"), ContentId::of(b"").as_str());
        assert_eq!(word("d"), "folder");
        assert_eq!(word("d/b"), "");
    }

    #[test]
    fn an_overlay_adds_replaces_and_removes() {
        let base = Memory::new([("a", "1"), ("b", "2")]);
        let edits = Edits::remove(path("a")).and_write(path("d/c"), *b"3");
        let overlay = Overlay::new(&base, edits);
        assert_eq!(overlay.read(&path("a")), Err(ReadError::Missing(path("a"))));
        assert_eq!(&*overlay.read(&path("d/c")).unwrap(), b"3");
        assert_eq!(overlay.kind(&path("d")), Ok(Some(Kind::Folder)));
        assert_eq!(overlay.list().unwrap().paths, [path("b"), path("d/c")]);
    }

    #[test]
    fn a_recorder_tells_what_was_asked() {
        let base = Memory::new([("a", "1"), ("b", "2")]);
        let recorder = Recorder::new(&base);
        recorder.read(&path("b")).unwrap();
        recorder.read(&path("missing")).unwrap_err();
        assert!(!recorder.listed());
        recorder.list().unwrap();
        assert!(recorder.listed());
        assert_eq!(recorder.asked(), [path("b"), path("missing")]);
    }
}

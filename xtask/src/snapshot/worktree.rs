//! What lies on disk under the top of a work tree.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;

use checks::cache::Cache;
use checks::path::RepoPath;
use checks::snapshot::{ContentId, Kind, Listing, ReadError, SIZE_LIMIT, Snapshot};

use super::links::{Standing, Target, resolve};
use super::listing;
use crate::cache;
use crate::repository::{Ahead, Repository, Scope};

/// The bytes of a file, or why there are none.
type Bytes = Result<Arc<[u8]>, ReadError>;

/// What lies on disk. A file is read once: all checks of a run see the same bytes.
pub(crate) struct WorkTree<'a> {
    repository: &'a Repository,
    read: RefCell<HashMap<RepoPath, Bytes>>,
    ids: RefCell<HashMap<RepoPath, ContentId>>,
    /// Folders that are no links and hold no repository of their own.
    folders: RefCell<HashSet<String>>,
    list: OnceCell<Result<Arc<Listing>, ReadError>>,
    ahead: Cell<Option<Ahead>>,
}

/// A regular file on disk.
struct OnDisk {
    place: PathBuf,
    size: u64,
}

impl<'a> WorkTree<'a> {
    /// What lies on disk in the work tree of `repository`.
    pub(crate) fn new(repository: &'a Repository) -> Self {
        Self {
            repository,
            read: RefCell::default(),
            ids: RefCell::default(),
            folders: RefCell::default(),
            list: OnceCell::new(),
            ahead: Cell::new(None),
        }
    }

    /// The same, for somebody who will want a listing: it is made while other work is done.
    pub(crate) fn with_listing_ahead(repository: &'a Repository) -> Self {
        let work_tree = Self::new(repository);
        work_tree.ahead.set(repository.list_ahead());
        work_tree
    }

    fn resolve(&self, path: &RepoPath) -> Result<Target<OnDisk>, ReadError> {
        resolve(path, &mut |step| self.look(step))
    }

    fn look(&self, step: &str) -> Standing<OnDisk> {
        if self.folders.borrow().contains(step) {
            return Standing::Folder;
        }
        let place = self.repository.top().join(step);
        let metadata = match fs::symlink_metadata(&place) {
            Ok(metadata) => metadata,
            Err(error) => return absence(&error),
        };
        let standing = standing(place, &metadata);
        if matches!(standing, Standing::Folder) {
            self.folders.borrow_mut().insert(step.to_owned());
        }
        standing
    }

    fn read_file(&self, path: &RepoPath) -> Result<Arc<[u8]>, ReadError> {
        let file = self.resolve(path)?.file(path)?;
        if file.size > SIZE_LIMIT {
            return Err(ReadError::TooLarge(path.clone(), file.size));
        }
        let bytes = limited(&file)
            .map_err(|error| ReadError::Unreadable(path.clone(), error.to_string()))?;
        // It may have grown since its size was asked for.
        if bytes.len() as u64 > SIZE_LIMIT {
            return Err(ReadError::TooLarge(path.clone(), bytes.len() as u64));
        }
        Ok(bytes.into())
    }

    /// Links to folders are left out: what lies behind them is listed under its own name.
    fn list_files(&self) -> Result<Arc<Listing>, ReadError> {
        let ahead = self.ahead.take().and_then(Ahead::listed);
        let listed = ahead.map_or_else(|| self.repository.listed(&Scope::Everything), Ok);
        let listed = listed.map_err(|failure| ReadError::Broken(failure.message))?;
        let names = listed.into_keys().filter(|name| self.is_file(name));
        Ok(Arc::new(listing(names)))
    }

    fn is_file(&self, name: &[u8]) -> bool {
        let place = self.repository.top().join(OsStr::from_bytes(name));
        let Ok(metadata) = fs::symlink_metadata(place) else {
            return false;
        };
        if !metadata.is_symlink() {
            return !metadata.is_dir() && !self.behind_a_link(name);
        }
        let path = std::str::from_utf8(name).ok().map(RepoPath::new);
        !matches!(path, Some(Ok(path)) if self.kind(&path) == Ok(Some(Kind::Folder)))
    }

    /// A file of the index whose folder was replaced by a link is no longer there.
    fn behind_a_link(&self, name: &[u8]) -> bool {
        let mut folders = (1..name.len()).filter(|at| name[*at] == b'/');
        folders.any(|end| match std::str::from_utf8(&name[..end]) {
            Ok(folder) => !matches!(self.look(folder), Standing::Folder),
            Err(_) => false,
        })
    }
}

impl Snapshot for WorkTree<'_> {
    fn read(&self, path: &RepoPath) -> Result<Arc<[u8]>, ReadError> {
        if let Some(known) = self.read.borrow().get(path) {
            return known.clone();
        }
        let read = self.read_file(path);
        self.read.borrow_mut().insert(path.clone(), read.clone());
        read
    }

    fn kind(&self, path: &RepoPath) -> Result<Option<Kind>, ReadError> {
        Ok(self.resolve(path)?.kind())
    }

    fn list(&self) -> Result<Arc<Listing>, ReadError> {
        self.list.get_or_init(|| self.list_files()).clone()
    }

    fn content(&self, path: &RepoPath) -> Result<ContentId, ReadError> {
        if let Some(known) = self.ids.borrow().get(path) {
            return Ok(known.clone());
        }
        let id = ContentId::of(&self.read(path)?);
        self.ids.borrow_mut().insert(path.clone(), id.clone());
        Ok(id)
    }

    fn cache(&self) -> Option<&dyn Cache> {
        cache::of_user()
    }

    fn reads_ahead(&self) -> bool {
        true
    }
}

fn standing(place: PathBuf, metadata: &Metadata) -> Standing<OnDisk> {
    let kind = metadata.file_type();
    if kind.is_symlink() {
        return match fs::read_link(&place) {
            Ok(target) => Standing::Link(target.into_os_string().into_string().ok()),
            Err(error) => absence(&error),
        };
    }
    if kind.is_dir() {
        return match fs::symlink_metadata(place.join(".git")) {
            Ok(_) => Standing::OtherRepository,
            Err(_) => Standing::Folder,
        };
    }
    if !kind.is_file() {
        return Standing::Special;
    }
    Standing::File(OnDisk {
        place,
        size: metadata.len(),
    })
}

/// A part of the path that is a file, or a name longer than the system allows, means that
/// nothing stands there.
fn absence(error: &io::Error) -> Standing<OnDisk> {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
    match error.kind() {
        NotFound | NotADirectory | InvalidFilename => Standing::Nothing,
        _ => Standing::Unreadable(error.to_string()),
    }
}

fn limited(file: &OnDisk) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(file.size).unwrap_or_default());
    File::open(&file.place)?
        .take(SIZE_LIMIT + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

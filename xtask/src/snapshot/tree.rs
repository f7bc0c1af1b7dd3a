//! A tree in the object database, without a checkout.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use checks::cache::Cache;
use checks::path::RepoPath;
use checks::snapshot::{ContentId, Kind, Listing, ReadError, SIZE_LIMIT, Snapshot};
use git2::{ErrorCode, ObjectType, Oid};

use super::folders::{Folders, Found};
use super::links::{Standing, Target, resolve};
use super::listing;
use crate::cache;
use crate::repository::Repository;

/// A tree, read out of the object database. A blob is read once.
pub(crate) struct Tree<'a> {
    store: &'a git2::Repository,
    tree: git2::Tree<'a>,
    folders: Rc<Folders>,
    read: RefCell<HashMap<Oid, Arc<[u8]>>>,
    list: OnceCell<Result<Arc<Listing>, ReadError>>,
    /// One of many that are looked at on all processors: nothing is done ahead, nothing kept.
    one_of_many: bool,
}

/// The type bits of a mode in a tree, and what they say.
pub(super) const TYPE: i32 = 0o170_000;
pub(super) const FOLDER: i32 = 0o040_000;
pub(super) const FILE: i32 = 0o100_000;
const LINK: i32 = 0o120_000;
const SUBMODULE: i32 = 0o160_000;

/// A longer target is no path of any system.
const LONGEST_TARGET: u64 = 4096;

impl<'a> Tree<'a> {
    /// The tree of this id.
    ///
    /// # Errors
    ///
    /// The repository has no such tree, or cannot read it.
    pub(crate) fn new(repository: &'a Repository, tree: Oid) -> Result<Self, ReadError> {
        let store = repository.store();
        let tree = store
            .find_tree(tree)
            .map_err(|error| ReadError::Broken(format!("tree {tree}: {}", error.message())))?;
        Ok(Self {
            store,
            folders: Rc::default(),
            tree,
            read: RefCell::default(),
            list: OnceCell::new(),
            one_of_many: false,
        })
    }

    /// The same, where all processors look at one such tree after another.
    /// What the folders of all of them hold is found in `folders`.
    pub(crate) fn one_of_many(self, folders: &Rc<Folders>) -> Self {
        Self {
            one_of_many: true,
            folders: Rc::clone(folders),
            ..self
        }
    }

    /// A path that the tree holds as it stands has no link in its middle; only others are
    /// walked step by step.
    fn resolve(&self, path: &RepoPath) -> Result<Target<Oid>, ReadError> {
        if !path
            .as_str()
            .split('/')
            .any(|part| part.eq_ignore_ascii_case(".git"))
        {
            match self.folders.find(self.store, self.tree.id(), path) {
                Found::File(blob) => return Ok(Target::File(blob)),
                Found::Folder => return Ok(Target::Folder),
                Found::Nothing => return Ok(Target::Nothing),
                Found::Elsewhere => {}
            }
        }
        resolve(path, &mut |step| self.look(step))
    }

    fn look(&self, step: &str) -> Standing<Oid> {
        let entry = match self.tree.get_path(Path::new(step)) {
            Ok(entry) => entry,
            Err(error) if error.code() == ErrorCode::NotFound && self.is_absent(step) => {
                return Standing::Nothing;
            }
            Err(error) => return Standing::Unreadable(error.message().to_owned()),
        };
        match entry.filemode_raw() & TYPE {
            FOLDER => Standing::Folder,
            FILE => Standing::File(entry.id()),
            LINK => self.link(entry.id()),
            SUBMODULE => Standing::OtherRepository,
            mode => Standing::Unreadable(format!("mode {mode:o} is unknown")),
        }
    }

    /// libgit2 says "not found" of a path that the tree does not hold, and of one whose folder
    /// is missing from the object database; only the first one means that nothing stands there.
    fn is_absent(&self, step: &str) -> bool {
        let mut folder = self.tree.id();
        for part in step.split('/') {
            let Ok(tree) = self.store.find_tree(folder) else {
                return false;
            };
            match tree.get_name_bytes(part.as_bytes()) {
                Some(entry) if entry.filemode_raw() & TYPE == FOLDER => folder = entry.id(),
                _ => return true,
            }
        }
        self.store.find_tree(folder).is_ok()
    }

    fn link(&self, blob: Oid) -> Standing<Oid> {
        match self.blob(blob, LONGEST_TARGET) {
            Ok(Ok(bytes)) => Standing::Link(String::from_utf8(bytes.to_vec()).ok()),
            Ok(Err(_)) => Standing::Unreadable("a link's target is no path".to_owned()),
            Err(error) => Standing::Unreadable(error.message().to_owned()),
        }
    }

    /// The bytes of a blob, or its size if that is over the limit: the header tells it.
    fn blob(&self, blob: Oid, limit: u64) -> Result<Result<Arc<[u8]>, u64>, git2::Error> {
        if let Some(known) = self.read.borrow().get(&blob) {
            return Ok(Ok(known.clone()));
        }
        let objects = self.store.odb()?;
        let (size, kind) = objects.read_header(blob)?;
        if kind != ObjectType::Blob {
            return Err(git2::Error::from_str("it is not a blob"));
        }
        if size as u64 > limit {
            return Ok(Err(size as u64));
        }
        let bytes: Arc<[u8]> = objects.read(blob)?.data().into();
        self.read.borrow_mut().insert(blob, bytes.clone());
        Ok(Ok(bytes))
    }

    fn list_files(&self) -> Result<Arc<Listing>, ReadError> {
        let mut names = Vec::new();
        self.collect(&self.tree, b"", &mut names)
            .map_err(|error| ReadError::Broken(error.message().to_owned()))?;
        Ok(Arc::new(listing(names)))
    }

    /// libgit2's own walk insists on folder names that are UTF-8.
    fn collect(
        &self,
        tree: &git2::Tree<'_>,
        prefix: &[u8],
        names: &mut Vec<Vec<u8>>,
    ) -> Result<(), git2::Error> {
        for entry in tree {
            let name = [prefix, entry.name_bytes()].concat();
            match entry.filemode_raw() & TYPE {
                FOLDER => {
                    let folder = self.store.find_tree(entry.id())?;
                    self.collect(&folder, &[&name, b"/".as_slice()].concat(), names)?;
                }
                LINK if self.leads_to_a_folder(&name) => {}
                SUBMODULE => {}
                _ => names.push(name),
            }
        }
        Ok(())
    }

    /// What lies behind a link to a folder is listed under its own name.
    fn leads_to_a_folder(&self, name: &[u8]) -> bool {
        let path = std::str::from_utf8(name).ok().map(RepoPath::new);
        matches!(path, Some(Ok(path)) if self.kind(&path) == Ok(Some(Kind::Folder)))
    }
}

impl Snapshot for Tree<'_> {
    fn read(&self, path: &RepoPath) -> Result<Arc<[u8]>, ReadError> {
        let blob = self.resolve(path)?.file(path)?;
        match self.blob(blob, SIZE_LIMIT) {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(size)) => Err(ReadError::TooLarge(path.clone(), size)),
            Err(error) => {
                let why = format!("blob {blob}: {}", error.message());
                Err(ReadError::Unreadable(path.clone(), why))
            }
        }
    }

    fn kind(&self, path: &RepoPath) -> Result<Option<Kind>, ReadError> {
        Ok(self.resolve(path)?.kind())
    }

    fn list(&self) -> Result<Arc<Listing>, ReadError> {
        self.list.get_or_init(|| self.list_files()).clone()
    }

    fn content(&self, path: &RepoPath) -> Result<ContentId, ReadError> {
        let blob = self.resolve(path)?.file(path)?;
        let unreadable = |error: git2::Error| {
            let why = format!("blob {blob}: {}", error.message());
            ReadError::Unreadable(path.clone(), why)
        };
        let objects = self.store.odb().map_err(unreadable)?;
        let (size, _) = objects.read_header(blob).map_err(unreadable)?;
        match size as u64 {
            size if size > SIZE_LIMIT => Err(ReadError::TooLarge(path.clone(), size)),
            _ => Ok(ContentId::of_blob(&blob.to_string())),
        }
    }

    fn known_content(&self, path: &RepoPath) -> Option<ContentId> {
        let blob = self
            .one_of_many
            .then(|| self.resolve(path))
            .and_then(Result::ok)?;
        Some(ContentId::of_blob(&blob.file(path).ok()?.to_string()))
    }

    fn cache(&self) -> Option<&dyn Cache> {
        cache::of_user().filter(|_| !self.one_of_many)
    }

    fn reads_ahead(&self) -> bool {
        !self.one_of_many
    }
}

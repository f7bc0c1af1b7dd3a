//! A folder on disk as it is: for what lies outside of any repository, such as site-packages.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirEntry, FileType};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use checks::cache::Cache;
use checks::path::RepoPath;
use checks::snapshot::{Kind, Listing, ReadError, SIZE_LIMIT, Snapshot};

use crate::cache;

/// The bytes of a file, or why there are none.
type Bytes = Result<Arc<[u8]>, ReadError>;

/// The names in a folder, and what each is; none for what a link leads to.
type Entries = HashMap<OsString, Option<FileType>>;

/// What lies under a folder; links are followed wherever they lead, as CPython does.
pub(crate) struct Folder {
    top: PathBuf,
    /// What lies in each folder that was asked about; none for what is no folder.
    names: RefCell<HashMap<String, Option<Entries>>>,
    /// A file is read once: whoever asks sees the same bytes.
    read: RefCell<HashMap<RepoPath, Bytes>>,
}

impl Folder {
    /// What lies under `top`.
    pub(crate) fn new(top: &Path) -> Self {
        Self {
            top: top.to_owned(),
            names: RefCell::default(),
            read: RefCell::default(),
        }
    }

    /// The folder.
    pub(crate) fn top(&self) -> &Path {
        &self.top
    }

    fn read_file(&self, path: &RepoPath) -> Result<Arc<[u8]>, ReadError> {
        let place = self.top.join(path.as_str());
        let unreadable = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => ReadError::Missing(path.clone()),
            _ => ReadError::Unreadable(path.clone(), error.to_string()),
        };
        let metadata = fs::metadata(&place).map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(ReadError::Special(path.clone()));
        }
        if metadata.len() > SIZE_LIMIT {
            return Err(ReadError::TooLarge(path.clone(), metadata.len()));
        }
        fs::read(&place).map(Arc::from).map_err(unreadable)
    }

    /// What a name in a folder is: one listing of the folder answers for all of them.
    fn entry(&self, folder: &str, name: &str) -> Option<Option<FileType>> {
        let mut known = self.names.borrow_mut();
        if !known.contains_key(folder) {
            let entries = fs::read_dir(self.top.join(folder)).ok().map(|entries| {
                let described = |entry: DirEntry| {
                    let kind = entry.file_type().ok().filter(|it| !it.is_symlink());
                    (entry.file_name(), kind)
                };
                entries.flatten().map(described).collect()
            });
            known.insert(folder.to_owned(), entries);
        }
        let entries: &Entries = known.get(folder)?.as_ref()?;
        entries.get(OsStr::new(name)).copied()
    }
}

impl Snapshot for Folder {
    fn read(&self, path: &RepoPath) -> Result<Arc<[u8]>, ReadError> {
        if let Some(known) = self.read.borrow().get(path) {
            return known.clone();
        }
        let read = self.read_file(path);
        self.read.borrow_mut().insert(path.clone(), read.clone());
        read
    }

    fn kind(&self, path: &RepoPath) -> Result<Option<Kind>, ReadError> {
        let (folder, name) = path
            .as_str()
            .rsplit_once('/')
            .unwrap_or(("", path.as_str()));
        let kind = match self.entry(folder, name) {
            None => None,
            Some(Some(kind)) => Some(kind),
            Some(None) => fs::metadata(self.top.join(path.as_str()))
                .ok()
                .map(|it| it.file_type()),
        };
        Ok(kind.and_then(|kind| match (kind.is_dir(), kind.is_file()) {
            (true, _) => Some(Kind::Folder),
            (_, true) => Some(Kind::File),
            _ => None,
        }))
    }

    /// Every file below the folder, hidden folders and links to folders left out.
    fn list(&self) -> Result<Arc<Listing>, ReadError> {
        let mut names = Vec::new();
        let mut open = vec![String::new()];
        while let Some(folder) = open.pop() {
            let entries = fs::read_dir(self.top.join(&folder));
            let entries = entries.map_err(|error| ReadError::Broken(error.to_string()))?;
            for entry in entries.flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = if folder.is_empty() {
                    name.clone()
                } else {
                    format!("{folder}/{name}")
                };
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && !name.starts_with('.') => open.push(path),
                    Ok(kind) if kind.is_file() => names.push(path.into_bytes()),
                    _ => {}
                }
            }
        }
        Ok(Arc::new(super::listing(names)))
    }

    fn cache(&self) -> Option<&dyn Cache> {
        cache::of_user()
    }

    fn reads_ahead(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/b.py"), "x = 1\n").unwrap();
        let snapshot = Folder::new(folder.path());
        let path = |text: &str| RepoPath::new(text).unwrap();
        assert_eq!(snapshot.kind(&path("a")), Ok(Some(Kind::Folder)));
        assert_eq!(snapshot.kind(&path("a/b.py")), Ok(Some(Kind::File)));
        assert_eq!(snapshot.kind(&path("a/c.py")), Ok(None));
        assert_eq!(&*snapshot.read(&path("a/b.py")).unwrap(), b"x = 1\n");
        assert_eq!(snapshot.list().unwrap().paths, [path("a/b.py")]);
    }
}

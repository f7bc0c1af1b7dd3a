//! What the folders of many trees hold: most of them stay as they are from commit to commit.

use std::cell::RefCell;
use std::collections::HashMap;

use checks::path::RepoPath;
use git2::{Oid, Repository as Store};

use super::tree::{FILE, FOLDER, TYPE};

/// What folders hold, by the folder's id and the name in it.
#[derive(Default)]
pub(crate) struct Folders(RefCell<HashMap<Oid, HashMap<String, Entry>>>);

/// The type and id of what a folder holds under a name.
type Entry = Option<(i32, Oid)>;

/// What stands at a path of a tree, as far as the names on the way tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Found {
    Nothing,
    Folder,
    File(Oid),
    /// A link, a submodule or something unreadable is on the way, or it is no name in a folder.
    Elsewhere,
}

impl Folders {
    /// What stands at `path`, without a look at any blob.
    pub(crate) fn find(&self, store: &Store, tree: Oid, path: &RepoPath) -> Found {
        let mut here = tree;
        let mut parts = path.as_str().split('/').peekable();
        while let Some(part) = parts.next() {
            if part.is_empty() || part == "." {
                return Found::Elsewhere;
            }
            let last = parts.peek().is_none();
            match self.entry(store, here, part) {
                Ok(None) => return Found::Nothing,
                Ok(Some((FOLDER, _))) if last => return Found::Folder,
                Ok(Some((FOLDER, folder))) => here = folder,
                Ok(Some((FILE, blob))) if last => return Found::File(blob),
                Ok(Some((FILE, _))) => return Found::Nothing,
                Ok(Some(_)) | Err(_) => return Found::Elsewhere,
            }
        }
        Found::Elsewhere
    }

    fn entry(&self, store: &Store, folder: Oid, name: &str) -> Result<Entry, git2::Error> {
        let mut folders = self.0.borrow_mut();
        let known = folders.entry(folder).or_default();
        if let Some(entry) = known.get(name) {
            return Ok(*entry);
        }
        let tree = store.find_tree(folder)?;
        let entry = tree.get_name(name);
        let entry = entry.map(|entry| (entry.filemode_raw() & TYPE, entry.id()));
        known.insert(name.to_owned(), entry);
        Ok(entry)
    }
}

//! States of a git repository: what lies on disk, or a tree in the object database.

mod folder;
mod folders;
mod links;
mod tree;
mod worktree;

use checks::path::RepoPath;
use checks::snapshot::Listing;

pub(crate) use folder::Folder;
pub(crate) use folders::{Folders, Found};
pub(crate) use tree::Tree;
pub(crate) use worktree::WorkTree;

/// Sorts names into paths and those that no path can speak of.
fn listing(names: impl IntoIterator<Item = Vec<u8>>) -> Listing {
    let mut listing = Listing::default();
    for name in names {
        let path = std::str::from_utf8(&name).ok().map(RepoPath::new);
        match path {
            Some(Ok(path)) => listing.paths.push(path),
            _ => {
                let shown = String::from_utf8_lossy(&name).escape_debug().to_string();
                listing.unnameable.push(shown);
            }
        }
    }
    listing.paths.sort();
    listing.unnameable.sort();
    listing
}

#[cfg(test)]
mod tests;

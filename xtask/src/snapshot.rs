//! States of a git repository: what lies on disk, or a tree in the object database.

mod links;
mod tree;
mod worktree;

use checks::path::RepoPath;
use checks::snapshot::{ContentId, Listing, Snapshot};

pub(crate) use tree::Tree;
pub(crate) use worktree::WorkTree;

/// Which state was judged, for reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Description {
    /// `worktree`, `tree` or `revision`.
    pub(crate) kind: &'static str,
    /// What the user typed for it.
    pub(crate) revision: Option<String>,
    /// The id of the tree, if it has one.
    pub(crate) tree: Option<String>,
}

/// The identity of the content at `path`; none if it cannot be read.
///
/// It is the identity of the bytes that a check sees: where a filter stands between disk and
/// object database (`autocrlf`), a file and its blob have different ones.
pub(crate) fn content_id(snapshot: &dyn Snapshot, path: &RepoPath) -> Option<ContentId> {
    snapshot.read(path).ok().map(|bytes| ContentId::of(&bytes))
}

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

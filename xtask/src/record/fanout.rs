//! How git lays out a tree of notes: by object id, cut into folders of two digits once there
//! are many (`ab/cdef…`, `ab/cd/ef…`). git reads every mixture of these; a note is written
//! where its neighbours lie, so that no object gets a second one.

use git2::{ObjectType, Oid, Repository, Tree};

const BLOB: i32 = 0o100_644;
const FOLDER: i32 = 0o040_000;

/// The digits of an object id.
const DIGITS: usize = 40;

/// The blobs that are notes of `object`: one, unless somebody wrote a second one in another
/// layout.
pub(super) fn notes(
    store: &Repository,
    tree: &Tree<'_>,
    object: Oid,
) -> Result<Vec<Oid>, git2::Error> {
    let name = object.to_string();
    let mut found = Vec::new();
    collect(store, tree, &name, &mut found)?;
    Ok(found)
}

/// The tree in which the note of `object` is `blob`, in the place where its old note lies, else
/// where its neighbours lie. All other entries stay as they are.
pub(super) fn with_note(
    store: &Repository,
    tree: Option<&Tree<'_>>,
    object: Oid,
    blob: Oid,
) -> Result<Oid, git2::Error> {
    let name = object.to_string();
    match tree {
        Some(tree) => write(store, Some(tree), &name, blob, depth(store, tree)?),
        None => write(store, None, &name, blob, 0),
    }
}

/// Every note: the object it hangs on, and its blob.
pub(super) fn all(store: &Repository, tree: &Tree<'_>) -> Result<Vec<(Oid, Oid)>, git2::Error> {
    let mut found = Vec::new();
    collect_all(store, tree, "", &mut found)?;
    Ok(found)
}

fn collect_all(
    store: &Repository,
    tree: &Tree<'_>,
    prefix: &str,
    found: &mut Vec<(Oid, Oid)>,
) -> Result<(), git2::Error> {
    for entry in tree {
        // What is not named in digits is no note.
        let Ok(name) = std::str::from_utf8(entry.name_bytes()) else {
            continue;
        };
        let name = format!("{prefix}{name}");
        match entry.kind() {
            Some(ObjectType::Tree) if name.len() < DIGITS => {
                collect_all(store, &store.find_tree(entry.id())?, &name, found)?;
            }
            Some(ObjectType::Blob) if name.len() == DIGITS => {
                found.extend(Oid::from_str(&name).ok().map(|object| (object, entry.id())));
            }
            _ => {}
        }
    }
    Ok(())
}

fn collect(
    store: &Repository,
    tree: &Tree<'_>,
    name: &str,
    found: &mut Vec<Oid>,
) -> Result<(), git2::Error> {
    if let Some(entry) = tree.get_name(name)
        && entry.kind() == Some(ObjectType::Blob)
    {
        found.push(entry.id());
    }
    if let Some((folder, rest)) = inside(store, tree, name)? {
        collect(store, &folder, rest, found)?;
    }
    Ok(())
}

/// Descends `depth` folders, or further where an older note lies further down; every other
/// note of the object on the way is taken out, its lines are in `blob`.
fn write(
    store: &Repository,
    tree: Option<&Tree<'_>>,
    name: &str,
    blob: Oid,
    depth: usize,
) -> Result<Oid, git2::Error> {
    let mut builder = store.treebuilder(tree)?;
    if tree.is_some_and(|tree| tree.get_name(name).is_some()) {
        builder.remove(name)?;
    }
    let folder = tree
        .map(|tree| inside(store, tree, name))
        .transpose()?
        .flatten();
    let (prefix, rest) = name.split_at(name.len().min(2));
    if depth > 0 || folder.is_some() {
        let deeper = folder.as_ref().map(|(folder, _)| folder);
        let id = write(store, deeper, rest, blob, depth.saturating_sub(1))?;
        builder.insert(prefix, id, FOLDER)?;
    } else {
        builder.insert(name, blob, BLOB)?;
    }
    builder.write()
}

/// How many folders deep the notes lie, judged by the first folder of notes there is.
fn depth(store: &Repository, tree: &Tree<'_>) -> Result<usize, git2::Error> {
    for entry in tree {
        let name = entry.name_bytes();
        let digits = name.len() == 2 && name.iter().all(u8::is_ascii_hexdigit);
        if digits && entry.kind() == Some(ObjectType::Tree) {
            return Ok(1 + depth(store, &store.find_tree(entry.id())?)?);
        }
    }
    Ok(0)
}

/// The folder of the first two digits, and the digits that are left.
fn inside<'s, 'n>(
    store: &'s Repository,
    tree: &Tree<'_>,
    name: &'n str,
) -> Result<Option<(Tree<'s>, &'n str)>, git2::Error> {
    if name.len() <= 2 {
        return Ok(None);
    }
    let (prefix, rest) = name.split_at(2);
    match tree.get_name(prefix) {
        Some(entry) if entry.kind() == Some(ObjectType::Tree) => {
            Ok(Some((store.find_tree(entry.id())?, rest)))
        }
        _ => Ok(None),
    }
}

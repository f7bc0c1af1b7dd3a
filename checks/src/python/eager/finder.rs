//! Where a module is: the path finder.
//!
//! <https://docs.python.org/3/reference/import.html#the-path-based-finder>; the order within a
//! folder is that of `importlib.machinery.FileFinder`.

use crate::path::RepoPath;
use crate::snapshot::{Kind, ReadError, Snapshot};

/// A folder that modules are looked for in.
#[derive(Clone)]
pub struct Root<'s> {
    /// What the folder is part of.
    pub snapshot: &'s dyn Snapshot,
    /// The folder; the top of the snapshot if there is none.
    pub folder: Option<RepoPath>,
    /// Whether it holds installed packages: then what is not there is not installed.
    pub site: bool,
}

/// What a module is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Located {
    /// A file of the root with this number.
    File {
        root: usize,
        path: RepoPath,
        /// It is the `__init__.py` of a package.
        package: bool,
    },
    /// A folder without an `__init__.py`.
    Namespace,
    /// An extension or a compiled file: it exists, and cannot be read.
    Compiled(RepoPath),
    /// Nothing.
    Nowhere,
}

/// Extension modules and byte code, by the end of their names.
const COMPILED: &[&str] = &[".so", ".abi3.so", ".pyd", ".pyc"];

/// Finds a module: in each root a package before a module, a folder without `__init__.py` only
/// if no root has either.
///
/// # Errors
///
/// It cannot be known.
pub(crate) fn locate(module: &str, tag: &str, roots: &[Root]) -> Result<Located, ReadError> {
    let relative = module.replace('.', "/");
    let mut namespace = false;
    for (number, root) in roots.iter().enumerate() {
        let at = |end: &str| {
            let text = match &root.folder {
                Some(folder) => format!("{folder}/{relative}{end}"),
                None => format!("{relative}{end}"),
            };
            RepoPath::new(text).map_err(|error| ReadError::Broken(error.to_string()))
        };
        let is_file = |path: &RepoPath| Ok(root.snapshot.kind(path)? == Some(Kind::File));
        let folder = root.snapshot.kind(&at("")?)? == Some(Kind::Folder);
        if folder {
            let path = at("/__init__.py")?;
            if is_file(&path)? {
                return Ok(Located::File {
                    root: number,
                    path,
                    package: true,
                });
            }
        }
        let path = at(".py")?;
        if is_file(&path)? {
            return Ok(Located::File {
                root: number,
                path,
                package: false,
            });
        }
        for end in COMPILED {
            let inside = folder.then(|| at(&format!("/__init__{end}"))).transpose()?;
            for path in [inside, Some(at(end)?)].into_iter().flatten() {
                if is_file(&path)? {
                    return Ok(Located::Compiled(path));
                }
            }
        }
        let path = at(tag)?;
        if is_file(&path)? {
            return Ok(Located::Compiled(path));
        }
        namespace |= folder;
    }
    Ok(if namespace {
        Located::Namespace
    } else {
        Located::Nowhere
    })
}

//! Where a module is: the path finder.
//!
//! <https://docs.python.org/3/reference/import.html#the-path-based-finder>; the order within a
//! folder is that of `importlib.machinery.FileFinder`.

use crate::path::RepoPath;
use crate::python::name::PythonVersion;
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
    Compiled {
        path: RepoPath,
        /// The source beside it, of which it was probably made: what [`Located::File`] holds.
        source: Option<(usize, RepoPath, bool)>,
    },
    /// Nothing.
    Nowhere,
}

/// What the names of modules end in, in CPython's order: extension modules, source, byte code.
///
/// `importlib._bootstrap_external._get_supported_file_loaders`, with the suffixes of
/// `importlib.machinery.EXTENSION_SUFFIXES` for a platform.
pub(crate) fn endings(version: PythonVersion, platform: &str) -> Vec<String> {
    let tag = format!("{}{}", version.major, version.minor);
    let extensions = match platform {
        "win32" | "cygwin" => ["win_amd64", "win_arm64", "win32"]
            .map(|machine| format!(".cp{tag}-{machine}.pyd"))
            .to_vec(),
        "darwin" => vec![format!(".cpython-{tag}-darwin.so")],
        _ => ["x86_64", "aarch64"]
            .map(|machine| format!(".cpython-{tag}-{machine}-linux-gnu.so"))
            .to_vec(),
    };
    let general: &[&str] = match platform {
        "win32" => &[".pyd"],
        "cygwin" => &[".pyd", ".dll"],
        _ => &[".abi3.so", ".so"],
    };
    let others = general.iter().chain(&[SOURCE, ".pyc"]);
    let others = others.map(|&ending| ending.to_owned());
    extensions.into_iter().chain(others).collect()
}

const SOURCE: &str = ".py";

/// Finds a module: in each root a package before a module, a folder without `__init__` only if
/// no root has either.
///
/// # Errors
///
/// It cannot be known.
pub(crate) fn locate(
    module: &str,
    endings: &[String],
    roots: &[Root],
) -> Result<Located, ReadError> {
    let relative = module.replace('.', "/");
    let mut namespace = false;
    for (number, root) in roots.iter().enumerate() {
        let stem = match &root.folder {
            Some(folder) => format!("{folder}/{relative}"),
            None => relative.clone(),
        };
        let folder = root.snapshot.kind(&path(stem.clone())?)? == Some(Kind::Folder);
        let inside = folder.then(|| format!("{stem}/__init__"));
        for (stem, package) in [(inside, true), (Some(stem), false)] {
            let Some(stem) = stem else { continue };
            if let Some(found) = file(&stem, package, number, endings, root)? {
                return Ok(found);
            }
        }
        namespace |= folder;
    }
    Ok(if namespace {
        Located::Namespace
    } else {
        Located::Nowhere
    })
}

/// The first file that begins with `stem` and ends as a module may.
fn file(
    stem: &str,
    package: bool,
    root: usize,
    endings: &[String],
    within: &Root,
) -> Result<Option<Located>, ReadError> {
    let there = |ending: &str| {
        let path = path(format!("{stem}{ending}"))?;
        let found = within.snapshot.kind(&path)? == Some(Kind::File);
        Ok::<_, ReadError>(found.then_some(path))
    };
    let source = there(SOURCE)?;
    for ending in endings {
        if ending == SOURCE
            && let Some(path) = source
        {
            return Ok(Some(Located::File {
                root,
                path,
                package,
            }));
        }
        if ending != SOURCE
            && let Some(path) = there(ending)?
        {
            let source = source.map(|source| (root, source, package));
            return Ok(Some(Located::Compiled { path, source }));
        }
    }
    Ok(None)
}

fn path(text: String) -> Result<RepoPath, ReadError> {
    RepoPath::new(text).map_err(|error| ReadError::Broken(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Memory;

    /// The file that `import m` finds.
    fn found(version: PythonVersion, platform: &str, files: &[&str]) -> String {
        let files = Memory::new(files.iter().map(|file| (*file, "")));
        let root = Root {
            snapshot: &files,
            folder: None,
            site: false,
        };
        match locate("m", &endings(version, platform), &[root]).unwrap() {
            Located::File { path, .. } | Located::Compiled { path, .. } => path.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn each_platform_has_its_extensions() {
        let version = PythonVersion {
            major: 3,
            minor: 13,
        };
        let linux = "m.cpython-313-x86_64-linux-gnu.so";
        for (platform, files, expected) in [
            ("linux", &["m.py", linux][..], linux),
            ("linux", &["m.cpython-312-x86_64-linux-gnu.so"], "Nowhere"),
            ("linux", &["m.pyd", "m/a.py"], "Namespace"),
            ("darwin", &["m.py", linux], "m.py"),
            ("darwin", &["m.py", "m.so"], "m.so"),
            ("win32", &["m.py", "m.so"], "m.py"),
            (
                "win32",
                &["m.py", "m.cp313-win_amd64.pyd"],
                "m.cp313-win_amd64.pyd",
            ),
        ] {
            assert_eq!(found(version, platform, files), expected, "{files:?}");
        }
    }

    /// Prints its version and platform, and the file that it finds in each folder.
    const FINDER: &str = "
import sys
from importlib.machinery import EXTENSION_SUFFIXES, FileFinder
from importlib._bootstrap_external import _get_supported_file_loaders
from pathlib import Path
print(*sys.version_info[:2], sys.platform)
for folder in map(Path, sys.argv[1:]):
    for file in folder.rglob('*.TAG'):
        file.rename(file.with_suffix(EXTENSION_SUFFIXES[0]))
    spec = FileFinder(str(folder), *_get_supported_file_loaders()).find_spec('m')
    found = Path(spec.origin).relative_to(folder).as_posix() if spec and spec.origin else 'Namespace'
    print(found, *(file.relative_to(folder).as_posix() for file in folder.rglob('*.*')))
";

    #[test]
    fn the_order_is_that_of_cpythons_file_finder() {
        let folders: Vec<_> = [
            &["m.py", "m/__init__.py"][..],
            &["m.py", "m.so"],
            &["m.py", "m.TAG"],
            &["m.py", "m.pyc"],
            &["m.py", "m/other.py"],
            &["m.so", "m.abi3.so"],
            &["m.abi3.so", "m.TAG"],
            &["m.so", "m/__init__.pyc"],
            &["m/__init__.py", "m/__init__.so"],
            &["m/__init__.abi3.so", "m/__init__.TAG", "m.py"],
            &["m.pyd", "m/other.py"],
        ]
        .map(|files| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir(folder.path().join("m")).unwrap();
            for file in files {
                std::fs::write(folder.path().join(file), "").unwrap();
            }
            folder
        })
        .into();
        let asked = std::process::Command::new("python3")
            .args(["-I", "-c", FINDER])
            .args(folders.iter().map(|it| it.path()))
            .output()
            .unwrap();
        let told = String::from_utf8(asked.stdout).unwrap();
        let mut lines = told.lines();
        let about: Vec<&str> = lines.next().unwrap().split(' ').collect();
        let number = |at: usize| about[at].parse().unwrap();
        let version = PythonVersion {
            major: number(0),
            minor: number(1),
        };
        assert_eq!(lines.clone().count(), folders.len(), "{told}");
        for line in lines {
            let (expected, files) = line.split_once(' ').unwrap();
            let files: Vec<&str> = files.split(' ').collect();
            assert_eq!(found(version, about[2], &files), expected, "{line}");
        }
    }
}

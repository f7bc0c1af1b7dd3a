//! Where a project keeps its packages, and for which Python: what its `pyproject.toml` says.
//!
//! A table that the build back end reads counts, whichever back end that is: they name the same
//! thing. Where none says anything, packages lie at the top or below `src`, as the back ends
//! themselves take it.

use pep440_rs::{Version, VersionSpecifiers};
use toml::{Table, Value};

use super::name::PythonVersion;
use crate::path::RepoPath;
use crate::snapshot::{Kind, ReadError, Snapshot};

/// What a project says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The folders that modules are looked for in, in this order; none stands for the top of the
    /// snapshot.
    pub folders: Vec<Option<RepoPath>>,
    /// The versions of Python that it is for, as it writes them.
    pub requires: Option<Requires>,
    /// Why `pyproject.toml` could not be read, or part of it not be understood.
    pub remarks: Vec<String>,
}

/// The versions of Python that a project is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requires {
    /// As the project writes them: `>=3.10,<3.13`.
    pub written: String,
    versions: VersionSpecifiers,
}

/// The layout of the project whose `pyproject.toml` lies in `top`, or at the top of the snapshot.
#[must_use]
pub fn layout(snapshot: &dyn Snapshot, top: Option<&RepoPath>) -> Layout {
    let (table, mut remarks) = match read(snapshot, top) {
        Ok(table) => (table.unwrap_or_default(), Vec::new()),
        Err(why) => (Table::new(), vec![why]),
    };
    let named = folders(&table);
    let said = !named.is_empty();
    let mut folders = Vec::new();
    for name in named {
        match below(top, &name) {
            Ok(folder) if is_folder(snapshot, folder.as_ref()) => add(&mut folders, folder),
            Ok(_) => remarks.push(format!(
                "`pyproject.toml` names `{name}`, which is no folder"
            )),
            Err(why) => remarks.push(format!("`pyproject.toml`: {why}")),
        }
    }
    // Python finds what lies in the folder that it is started in.
    add(&mut folders, top.cloned());
    let source = below(top, "src").ok();
    if !said && let Some(source) = source.filter(|it| is_folder(snapshot, it.as_ref())) {
        add(&mut folders, source);
    }
    Layout {
        folders,
        requires: requires(&table, &mut remarks),
        remarks,
    }
}

impl Layout {
    /// `wanted`, or where the project is not for that version the nearest one that it is for,
    /// and why.
    #[must_use]
    pub fn python(&self, wanted: PythonVersion) -> (PythonVersion, Option<String>) {
        /// What the standard library's table knows.
        const MINORS: std::ops::RangeInclusive<u16> = 8..=15;
        let Some(requires) = self.requires.as_ref().filter(|it| !it.allows(wanted)) else {
            return (wanted, None);
        };
        let version = |minor| PythonVersion { major: 3, minor };
        let allowed = MINORS.map(version).filter(|it| requires.allows(*it));
        let Some(nearest) = allowed.min_by_key(|it| it.minor.abs_diff(wanted.minor)) else {
            return (wanted, None);
        };
        let why = format!(
            "for Python {}.{}: `pyproject.toml` requires `{}`",
            nearest.major, nearest.minor, requires.written
        );
        (nearest, Some(why))
    }
}

impl Requires {
    /// Whether some release of a version is allowed: `>=3.12.4` allows 3.12.
    #[must_use]
    pub fn allows(&self, version: PythonVersion) -> bool {
        let release =
            |micro: u64| Version::new([u64::from(version.major), u64::from(version.minor), micro]);
        (0..100).any(|micro| self.versions.contains(&release(micro)))
    }
}

fn read(snapshot: &dyn Snapshot, top: Option<&RepoPath>) -> Result<Option<Table>, String> {
    const FILE: &str = "pyproject.toml";
    let path = match top {
        Some(top) => top.join(FILE),
        None => RepoPath::new(FILE),
    };
    let path = path.map_err(|error| error.to_string())?;
    let bytes = match snapshot.read(&path) {
        Ok(bytes) => bytes,
        Err(ReadError::Missing(_)) => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| format!("`{path}` is not in UTF-8"))?;
    let table = toml::from_str(text);
    table
        .map(Some)
        .map_err(|error| format!("`{path}` is not valid: {}", error.message()))
}

/// The folders that are named, as they are written.
fn folders(project: &Table) -> Vec<String> {
    let mut found = Vec::new();
    for (keys, read) in TABLES {
        if let Some(value) = at(project, keys) {
            read(value, &mut found);
        }
    }
    found
}

/// Which key says where packages lie, and how.
type Read = fn(&Value, &mut Vec<String>);

const TABLES: &[(&str, Read)] = &[
    // https://setuptools.pypa.io/en/latest/userguide/package_discovery.html
    ("tool.setuptools.package-dir", package_directories),
    ("tool.setuptools.packages.find.where", texts),
    // https://hatch.pypa.io/latest/config/build/
    ("tool.hatch.build.targets.wheel.packages", parents),
    ("tool.hatch.build.targets.wheel.sources", sources),
    ("tool.hatch.build.packages", parents),
    ("tool.hatch.build.sources", sources),
    ("tool.hatch.build.dev-mode-dirs", texts),
    // https://python-poetry.org/docs/pyproject/#packages
    ("tool.poetry.packages", from),
    // https://www.maturin.rs/project_layout
    ("tool.maturin.python-source", texts),
    // https://backend.pdm-project.org/build_config/
    ("tool.pdm.build.package-dir", texts),
    ("tool.pdm.package-dir", texts),
    // https://docs.astral.sh/uv/reference/settings/#build-backend
    ("tool.uv.build-backend.module-root", texts),
    // https://scikit-build-core.readthedocs.io/en/latest/configuration/
    ("tool.scikit-build.wheel.packages", parents),
];

fn at<'t>(table: &'t Table, keys: &str) -> Option<&'t Value> {
    let (first, rest) = keys.split_once('.').unwrap_or((keys, ""));
    let value = table.get(first)?;
    match rest {
        "" => Some(value),
        rest => at(value.as_table()?, rest),
    }
}

/// One folder, or a list of folders.
fn texts(value: &Value, found: &mut Vec<String>) {
    let list = value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice);
    found.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
}

/// A list of packages, each with the way to it.
fn parents(value: &Value, found: &mut Vec<String>) {
    let mut packages = Vec::new();
    texts(value, &mut packages);
    found.extend(packages.iter().map(|package| parent(package)));
}

fn parent(package: &str) -> String {
    let package = package.trim_end_matches('/');
    package
        .rsplit_once('/')
        .map_or("", |(parent, _)| parent)
        .to_owned()
}

/// A list of what is cut off the front of paths, or a table of what that becomes.
fn sources(value: &Value, found: &mut Vec<String>) {
    texts(value, found);
    let renamed = value.as_table().into_iter().flatten();
    let cut_off = renamed.filter(|(_, to)| to.as_str() == Some(""));
    found.extend(cut_off.map(|(from, _)| from.clone()));
}

/// Folders by package: "" stands for all packages; a package that lies in a folder of another
/// name cannot be found by looking.
fn package_directories(value: &Value, found: &mut Vec<String>) {
    for (package, folder) in value.as_table().into_iter().flatten() {
        let Some(folder) = folder.as_str() else {
            continue;
        };
        let path = package.replace('.', "/");
        match folder.trim_end_matches('/').strip_suffix(&path) {
            Some(root) if path.is_empty() || root.is_empty() || root.ends_with('/') => {
                found.push(root.to_owned());
            }
            _ => {}
        }
    }
}

/// `[{ include = "app", from = "lib" }]`
fn from(value: &Value, found: &mut Vec<String>) {
    let packages = value.as_array().into_iter().flatten();
    let folders = packages.filter_map(|package| package.get("from")?.as_str());
    found.extend(folders.map(str::to_owned));
}

/// A folder as it is written, below the top; none for the top of the snapshot.
fn below(top: Option<&RepoPath>, written: &str) -> Result<Option<RepoPath>, String> {
    let parts = written.split('/').filter(|part| !matches!(*part, "" | "."));
    let inside = parts.collect::<Vec<_>>().join("/");
    if written.starts_with('/') {
        return Err(format!("`{written}` is not a path inside the project"));
    }
    let path = match (top, inside.as_str()) {
        (top, "") => return Ok(top.cloned()),
        (Some(top), inside) => top.join(inside),
        (None, inside) => RepoPath::new(inside),
    };
    path.map(Some).map_err(|error| error.to_string())
}

/// What cannot be asked may be there: the analysis will say why.
fn is_folder(snapshot: &dyn Snapshot, folder: Option<&RepoPath>) -> bool {
    folder.is_none_or(|it| matches!(snapshot.kind(it), Ok(Some(Kind::Folder)) | Err(_)))
}

fn add(folders: &mut Vec<Option<RepoPath>>, folder: Option<RepoPath>) {
    if !folders.contains(&folder) {
        folders.push(folder);
    }
}

/// <https://packaging.python.org/en/latest/specifications/pyproject-toml/#requires-python>, or
/// Poetry's own key for it.
fn requires(project: &Table, remarks: &mut Vec<String>) -> Option<Requires> {
    let standard = at(project, "project.requires-python");
    let poetry = || at(project, "tool.poetry.dependencies.python");
    let written = standard.or_else(poetry)?.as_str()?;
    match specifiers(written) {
        Some(versions) => Some(Requires {
            written: written.to_owned(),
            versions,
        }),
        None => {
            remarks.push(format!(
                "`pyproject.toml` requires Python `{written}`, which is not understood"
            ));
            None
        }
    }
}

/// PEP 440, and Poetry's `^3.10`, which is "up to the next major version".
fn specifiers(written: &str) -> Option<VersionSpecifiers> {
    let clauses = written.split(',').map(|clause| {
        let clause = clause.trim();
        match clause.strip_prefix('^') {
            Some(from) => format!(">={from}, <4"),
            None => clause.to_owned(),
        }
    });
    clauses.collect::<Vec<_>>().join(", ").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Memory;

    fn layout_of(project: &str, files: &[&str]) -> Layout {
        let files = files.iter().map(|file| (*file, ""));
        let files = files.chain([("pyproject.toml", project)]);
        layout(&Memory::new(files), None)
    }

    fn folders_of(project: &str) -> Vec<String> {
        let files = ["src/app/x.py", "lib/app/x.py", "a/b/app/x.py"];
        let folders = layout_of(project, &files).folders.into_iter();
        let text = |it: Option<RepoPath>| it.map_or_else(|| ".".to_owned(), Into::into);
        folders.map(text).collect()
    }

    #[test]
    fn each_back_end_says_it_in_its_own_way() {
        for (project, expected) in [
            ("", &[".", "src"][..]),
            ("not toml", &[".", "src"]),
            ("[project]\nname = 'x'", &[".", "src"]),
            (
                "[tool.setuptools]\npackage-dir = {'' = 'lib'}",
                &["lib", "."],
            ),
            (
                "[tool.setuptools]\npackage-dir = {app = 'lib/app'}",
                &["lib", "."],
            ),
            (
                "[tool.setuptools]\npackage-dir = {'x.y' = 'lib/other'}",
                &[".", "src"],
            ),
            (
                "[tool.setuptools.packages.find]\nwhere = ['lib', 'src']",
                &["lib", "src", "."],
            ),
            ("[tool.setuptools.packages.find]\nwhere = ['.']", &["."]),
            ("[tool.setuptools]\npackages = ['app']", &[".", "src"]),
            (
                "[tool.hatch.build.targets.wheel]\npackages = ['a/b/app']",
                &["a/b", "."],
            ),
            (
                "[tool.hatch.build.targets.wheel]\npackages = ['app']",
                &["."],
            ),
            (
                "[tool.hatch.build.targets.wheel]\nsources = ['src']",
                &["src", "."],
            ),
            (
                "[tool.hatch.build.targets.wheel.sources]\n'lib' = ''\n'x' = 'y'",
                &["lib", "."],
            ),
            (
                "[tool.poetry]\npackages = [{include='app', from='lib'}]",
                &["lib", "."],
            ),
            ("[tool.poetry]\npackages = [{include='app'}]", &[".", "src"]),
            ("[tool.maturin]\npython-source = './lib/'", &["lib", "."]),
            ("[tool.pdm.build]\npackage-dir = 'lib'", &["lib", "."]),
            ("[tool.uv.build-backend]\nmodule-root = ''", &["."]),
            (
                "[tool.uv.build-backend]\nmodule-root = 'src'",
                &["src", "."],
            ),
            (
                "[tool.scikit-build]\nwheel.packages = ['lib/app']",
                &["lib", "."],
            ),
            ("[tool.maturin]\npython-source = 'none'", &["."]),
            ("[tool.maturin]\npython-source = '../x'", &["."]),
            ("[tool.maturin]\npython-source = '/etc'", &["."]),
            ("[tool]\nsetuptools = 3", &[".", "src"]),
        ] {
            assert_eq!(folders_of(project), expected, "{project}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (project, said) in [
            ("not toml", "`pyproject.toml` is not valid"),
            (
                "tool.maturin.python-source = 'none'",
                "`none`, which is no folder",
            ),
            ("tool.maturin.python-source = '../x'", "`..` could leave"),
            (
                "project.requires-python = 'new'",
                "`new`, which is not understood",
            ),
        ] {
            let remarks = layout_of(project, &[]).remarks.join("\n");
            assert!(remarks.contains(said), "{project}: {remarks}");
        }
        let fine = layout_of("[project]\nrequires-python = '>=3.8'", &[]);
        assert_eq!(fine.remarks, [""; 0]);
    }

    #[test]
    fn the_nearest_python_that_is_allowed_is_taken() {
        let wanted = PythonVersion {
            major: 3,
            minor: 13,
        };
        for (requires, minor) in [
            (">=3.8", 13),
            (">=3.11,<3.13", 12),
            (">=3.14", 14),
            (">=3.13.5", 13),
            ("<3.13.5", 13),
            ("~=3.10", 13),
            ("~=3.10.2", 10),
            ("==3.12.*", 12),
            ("!=3.13.*,>=3.10", 12),
            ("!=3.13.1", 13),
            ("==3.11.4", 11),
            ("^3.10", 13),
            (">=3.10, <3.12", 11),
            (">=4", 13),
            ("<3", 13),
        ] {
            let layout = layout_of(&format!("project.requires-python = '{requires}'"), &[]);
            let (taken, why) = layout.python(wanted);
            assert_eq!(taken.minor, minor, "{requires}");
            assert_eq!(why.is_some(), minor != 13, "{requires}");
        }
        let poetry = "tool.poetry.dependencies.python = '>=3.9,<3.12'";
        assert_eq!(layout_of(poetry, &[]).python(wanted).0.minor, 11);
    }
}

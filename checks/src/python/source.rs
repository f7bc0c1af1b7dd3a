//! One parsed file.

use std::sync::Arc;

use crate::path::RepoPath;
use crate::snapshot::{Kind, Snapshot};
use crate::verdict::Place;

use super::decode::decode;
use super::guard::Guards;
use super::import::Imports;
use super::name::PythonVersion;
use super::recent::{self, Kept};
use super::syntax::{NotParsed, Parsed, Stmt, TextRange};

/// One parsed file.
pub(crate) struct Source {
    pub(crate) path: RepoPath,
    pub(crate) text: Arc<str>,
    pub(crate) parsed: Arc<Parsed>,
    /// Where the whole tree is, if this is an outline.
    pub(crate) outlined: Option<Kept>,
    /// The names that the file's package can have: what its relative imports start from.
    packages: Vec<String>,
}

impl Source {
    /// Reads, decodes and parses a file.
    ///
    /// # Errors
    ///
    /// A sentence that names the file.
    pub(crate) fn load(path: &RepoPath, snapshot: &dyn Snapshot) -> Result<Self, String> {
        let packages = packages(path, snapshot);
        Self::load_as(path, packages, snapshot)
    }

    /// As [`Source::load`], for a file whose package is known.
    pub(crate) fn load_as(
        path: &RepoPath,
        packages: Vec<String>,
        snapshot: &dyn Snapshot,
    ) -> Result<Self, String> {
        Self::whole(path.clone(), &kept(path, snapshot)?, packages)
    }

    /// As [`Source::load_as`], for a text of which an outline is run. It may be no Python: that
    /// must be [asked](Kept::is_sound).
    pub(crate) fn outlined(
        path: &RepoPath,
        kept: Kept,
        outline: Arc<Parsed>,
        packages: Vec<String>,
    ) -> Self {
        Self {
            path: path.clone(),
            text: Arc::clone(kept.text()),
            parsed: outline,
            outlined: Some(kept),
            packages,
        }
    }

    /// As [`Source::whole`], for a text that CPython of this version takes.
    ///
    /// # Errors
    ///
    /// A sentence that names the file.
    pub(crate) fn compiled(
        path: &RepoPath,
        kept: &Kept,
        packages: Vec<String>,
        version: PythonVersion,
    ) -> Result<Self, String> {
        let source = Self::whole(path.clone(), kept, packages)?;
        match kept.refused(version) {
            Some(refused) => Err(refused.sentence(path, kept.text())),
            None => Ok(source),
        }
    }

    /// As [`Source::load_as`], for a text that is at hand.
    pub(crate) fn parse(
        path: RepoPath,
        text: Arc<str>,
        packages: Vec<String>,
    ) -> Result<Self, String> {
        Self::whole(path, &recent::keep(text, None), packages)
    }

    /// With the whole tree of a text.
    ///
    /// # Errors
    ///
    /// A sentence that names the file.
    pub(crate) fn whole(
        path: RepoPath,
        kept: &Kept,
        packages: Vec<String>,
    ) -> Result<Self, String> {
        let text = Arc::clone(kept.text());
        let parsed = kept.whole().map_err(|it| it.sentence(&path, &text))?;
        Ok(Self {
            path,
            text,
            parsed,
            outlined: None,
            packages,
        })
    }

    /// Another text for this file, as bytes: in UTF-8, which must be what the file declares.
    ///
    /// # Errors
    ///
    /// The file declares an encoding in which the text would be another.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<u8>, String> {
        let same = text.is_ascii() || decode(text.as_bytes()).is_ok_and(|it| it == text);
        let why = || {
            format!(
                "`{}` is not in UTF-8: nothing can be planted in its middle",
                self.path
            )
        };
        same.then(|| text.as_bytes().to_vec()).ok_or_else(why)
    }

    /// The statements of the file.
    pub(crate) fn body(&self) -> &[Stmt] {
        &self.parsed.body
    }

    /// The place of a node.
    pub(crate) fn place(&self, range: TextRange) -> Place {
        let (start, end) = (range.start().to_usize(), range.end().to_usize());
        Place::in_text(&self.path, &self.text, start, end)
    }

    /// The line of a node's start, from 1.
    pub(crate) fn line(&self, range: TextRange) -> usize {
        let before = self.text.get(..range.start().to_usize());
        before.map_or(0, |text| text.matches('\n').count()) + 1
    }

    /// Which conditions of the file are known.
    pub(crate) fn guards(&self) -> Guards {
        Guards::of(self.body())
    }

    /// The file's imports.
    pub(crate) fn imports(&self) -> Imports {
        Imports::of(self.body(), &self.packages)
    }

    /// Whether the last line of the file is reached when it is loaded, so that a statement
    /// planted there would run.
    pub(crate) fn end_is_reached(&self) -> bool {
        !self
            .body()
            .iter()
            .any(|statement| matches!(statement, Stmt::Raise(_)))
    }

    /// Whether a node stands in the lines `first..=last`, at least in part.
    pub(crate) fn overlaps(&self, range: TextRange, first: usize, last: usize) -> bool {
        let start = self.line(range);
        let text = self
            .text
            .get(range.start().to_usize()..range.end().to_usize());
        let end = start + text.map_or(0, |text| text.matches('\n').count());
        start <= last && end >= first
    }
}

/// The module that a file is, seen from the top of the repository or from `src`: its name and
/// whether it is a package.
pub(crate) fn module_names(path: &RepoPath, snapshot: &dyn Snapshot) -> Vec<String> {
    let Some(stem) = path.as_str().strip_suffix(".py") else {
        return Vec::new();
    };
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    let mut names = vec![stem.replace('/', ".")];
    names.extend(stem.strip_prefix("src/").map(|rest| rest.replace('/', ".")));
    names.extend(below_packages(stem, snapshot));
    names.dedup();
    names
}

impl NotParsed {
    fn sentence(&self, path: &RepoPath, text: &str) -> String {
        let place = self.offset.map(|at| Place::in_text(path, text, at, at));
        let at = place.map(|it| format!(" (line {}, column {})", it.line, it.column));
        format!("`{path}` {}{}", self.why, at.unwrap_or_default())
    }
}

/// The text of a file.
///
/// # Errors
///
/// A sentence that names the file.
pub(crate) fn kept(path: &RepoPath, snapshot: &dyn Snapshot) -> Result<Kept, String> {
    let content = snapshot.known_content(path);
    if let Some(kept) = content.as_ref().and_then(recent::decoded) {
        return Ok(kept);
    }
    let bytes = snapshot.read(path).map_err(|error| error.to_string())?;
    let text = decode(&bytes).map_err(|why| format!("`{path}`: {why}"))?;
    Ok(recent::keep(text.into(), content))
}

fn packages(path: &RepoPath, snapshot: &dyn Snapshot) -> Vec<String> {
    let names = module_names(path, snapshot).into_iter();
    if path.name() == "__init__.py" {
        return names.collect();
    }
    names
        .map(|name| {
            name.rsplit_once('.')
                .map_or("", |(package, _)| package)
                .to_owned()
        })
        .collect()
}

/// The name counted from the outermost of the packages (folders with an `__init__.py`) that
/// directly enclose the file; none if it lies in no package.
fn below_packages(stem: &str, snapshot: &dyn Snapshot) -> Option<String> {
    let is_package = |folder: &str| {
        let path = RepoPath::new(format!("{folder}/__init__.py"));
        path.is_ok_and(|path| snapshot.kind(&path) == Ok(Some(Kind::File)))
    };
    let mut folder = stem.rsplit_once('/').map(|(folder, _)| folder)?;
    if !is_package(folder) {
        return None;
    }
    while let Some((above, _)) = folder.rsplit_once('/') {
        if !is_package(above) {
            let name = stem.strip_prefix(above)?.trim_start_matches('/');
            return Some(name.replace('/', "."));
        }
        folder = above;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Memory;

    #[test]
    fn a_file_has_the_names_it_can_be_imported_by() {
        let snapshot = Memory::new([
            ("a/__init__.py", ""),
            ("a/b/__init__.py", ""),
            ("lib/x/__init__.py", ""),
        ]);
        let names = |path: &str| module_names(&RepoPath::new(path).unwrap(), &snapshot);
        assert_eq!(names("a/b/c.py"), ["a.b.c"]);
        assert_eq!(names("a/b/__init__.py"), ["a.b"]);
        assert_eq!(names("src/p/m.py"), ["src.p.m", "p.m"]);
        assert_eq!(names("lib/x/m.py"), ["lib.x.m", "x.m"]);
        assert_eq!(names("scripts/m.py"), ["scripts.m"]);
        assert_eq!(names("notes.md"), [""; 0]);
    }
}

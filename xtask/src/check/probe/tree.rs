//! The files that a running program's frames stand in.

use std::path::Path;

use checks::path::RepoPath;
use checks::snapshot::SIZE_LIMIT;
use checks::verdict::Place;

/// The tree that was to be imported.
#[derive(Clone, Copy)]
pub(crate) struct Tree<'a> {
    /// Without symbolic links.
    pub(crate) root: &'a Path,
}

impl Tree<'_> {
    /// The path of a file of the tree; none if it lies elsewhere or was installed, be it into
    /// an environment that lies inside the tree.
    pub(crate) fn inside(self, file: &str) -> Option<RepoPath> {
        let real = Path::new(file).canonicalize().ok()?;
        let path = RepoPath::new(real.strip_prefix(self.root).ok()?.to_str()?).ok()?;
        let mut parts = path.as_str().split('/');
        let is_installed = parts.any(|part| matches!(part, "site-packages" | "dist-packages"));
        (!is_installed).then_some(path)
    }

    /// The statement, without its indentation.
    pub(crate) fn place(self, file: &str, line: usize) -> Option<Place> {
        let path = self.inside(file)?;
        let file = self.root.join(path.as_str());
        if std::fs::metadata(&file).ok()?.len() > SIZE_LIMIT {
            return None;
        }
        let bytes = std::fs::read(file).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let before = text.split_inclusive('\n').take(line.checked_sub(1)?);
        let start = before.map(str::len).sum::<usize>();
        let line = text.get(start..)?.lines().next()?;
        let indentation = line.len() - line.trim_start().len();
        let end = start + line.trim_end().len();
        Some(Place::in_text(&path, &text, start + indentation, end))
    }
}

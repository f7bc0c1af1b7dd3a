//! Which files use a module.

use memchr::memmem::Finder;

use crate::path::RepoPath;
use crate::snapshot::Snapshot;
use crate::verdict::Place;

use super::name::is_under;
use super::source::Source;
use super::stack::with_room;
use super::syntax::{Expr, Ranged, Stmt, TextRange, Visitor, visitor};

/// The places in `files` where `module` is used: imports of it or of a name from it, and string
/// constants that start with its dotted name, as in `patch("package.module.Name")`. A file that
/// has no facts counts with the first line that holds the dotted name; one that cannot be read is
/// left out.
#[must_use]
pub fn module_users(snapshot: &dyn Snapshot, files: &[RepoPath], module: &str) -> Vec<Place> {
    let last = module.rsplit('.').next().unwrap_or(module);
    let mention = Finder::new(last);
    // Parsing is what costs: most files never mention the module.
    let mentions = |path: &&RepoPath| {
        let bytes = snapshot.read(path);
        bytes.is_ok_and(|bytes| mention.find(&bytes).is_some())
    };
    let files = files.iter().filter(mentions);
    files
        .flat_map(|path| places(snapshot, path, module))
        .collect()
}

fn places(snapshot: &dyn Snapshot, path: &RepoPath, module: &str) -> Vec<Place> {
    with_room(|| {
        if let Ok(source) = Source::load(path, snapshot) {
            let ranges = uses(&source, module).into_iter();
            return ranges.map(|range| source.place(range)).collect();
        }
        let bytes = snapshot.read(path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let found = text.find(module);
        let place = |at| Place::in_text(path, &text, at, at + module.len());
        found.map(place).into_iter().collect()
    })
}

fn uses(source: &Source, module: &str) -> Vec<TextRange> {
    let imports = source.imports().list.into_iter();
    let mut strings = Strings {
        module,
        found: Vec::new(),
    };
    strings.visit_body(source.body());
    let imported = imports
        .filter(|import| import.loads(module))
        .map(|import| import.range);
    let mut found: Vec<TextRange> = imported.chain(strings.found).collect();
    found.sort_by_key(|range| range.start());
    found.dedup();
    found
}

struct Strings<'m> {
    module: &'m str,
    found: Vec<TextRange>,
}

impl<'a> Visitor<'a> for Strings<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        // A string that stands alone is prose.
        if !matches!(statement, Stmt::Expr(it) if it.value.is_string_literal_expr()) {
            visitor::walk_stmt(self, statement);
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::StringLiteral(text) = expression
            && is_under(text.value.to_str(), self.module)
        {
            self.found.push(text.range());
        }
        visitor::walk_expr(self, expression);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::RepoPath;
    use crate::snapshot::Memory;

    #[test]
    fn imports_and_patched_names_count() {
        let files = [
            ("t/a.py", "from app.svc import Service\n"),
            (
                "t/b.py",
                "def test():\n    with patch('app.svc.Service'):\n        pass\n",
            ),
            ("t/c.py", "from app import svc\n"),
            (
                "t/d.py",
                "import app.svc_other\n\"\"\"app.svc\"\"\"  # app.svc\n",
            ),
            ("t/e.py", "import app\nx = 'see app.svc'\n"),
            ("t/f.py", "def broken(:\n    app.svc\n"),
        ];
        let snapshot = Memory::new(files);
        let paths = files.map(|(path, _)| RepoPath::new(path).unwrap());
        let users = module_users(&snapshot, &paths, "app.svc");
        let users: Vec<_> = users
            .iter()
            .map(|place| (place.path.as_str(), place.line))
            .collect();
        assert_eq!(
            users,
            [("t/a.py", 1), ("t/b.py", 2), ("t/c.py", 1), ("t/f.py", 2)]
        );
    }
}

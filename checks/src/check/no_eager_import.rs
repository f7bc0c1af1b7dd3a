//! `no_eager_import`: no import of a module runs when a file is loaded.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::check::Check;
use crate::files::Files;
use crate::python::{Import, ModuleName, Name, Partial, Source, When, judge_each, plant};
use crate::snapshot::{Edits, Snapshot};
use crate::verdict::{Answer, Finding};

/// No import of a module, of something below it or of a name from it runs when one of the files
/// is loaded as a module; with `name`, no import of that name of the module.
///
/// Module level, class bodies and blocks at module level run on load, function bodies and blocks
/// for type checkers do not. An import under a condition that cannot be known counts.
/// `import_module("…")` and `__import__("…")` count like statements; where they compute the
/// name, the answer is undecided. This check looks at one file at a time: what a function that
/// is called on load imports is a remark.
///
/// ```toml
/// check = { no_eager_import = { files = "app/storage.py", module = "torch" } }
/// check = { no_eager_import = { files = "app/api/*.py", module = "app.storage", name = "ModelStorage" } }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoEagerImport {
    /// The files looked at.
    pub files: Files,
    /// The module.
    pub module: ModuleName,
    /// A name from the module.
    pub name: Option<Name>,
}

impl NoEagerImport {
    /// The module, or the name with its module.
    fn what(&self) -> String {
        match &self.name {
            Some(name) => format!("{}.{name}", self.module),
            None => self.module.to_string(),
        }
    }

    fn look(&self, source: &Source, partial: &mut Partial) {
        let what = self.what();
        let imports = source.imports();
        let mut told = None;
        for import in &imports.list {
            if let Some(doubt) = doubt(import, &what, |name| imports.reads.contains(name)) {
                let line = source.line(import.range);
                partial.unsure.push(format!("`{}` line {line}: {doubt}", source.path));
            }
            if !import.loads(&what) {
                continue;
            }
            if let Some((function, range)) = imports.call_that_runs(import) {
                partial.remarks.push(format!(
                    "`{}` line {}: `{function}()` is called while the file is loaded, and imports `{what}` in line {}; \
                     this check follows no calls",
                    source.path,
                    source.line(*range),
                    source.line(import.range)
                ));
            }
            // A `from` statement with several names imports the module once.
            let once = self.name.is_none() && import.name.is_some();
            let range = if once { import.statement } else { import.range };
            if import.when <= When::Conditional && told != Some(range) {
                told = Some(range);
                let message = format!("`{what}` is imported {}", import.describe());
                partial.findings.push(Finding::at(source.place(range), message));
            }
        }
        for (range, _) in imports.computed.iter().filter(|(_, when)| *when <= When::Conditional) {
            partial.unsure.push(format!(
                "`{}` line {}: what is imported or run here is computed",
                source.path,
                source.line(*range)
            ));
        }
    }
}

/// Why an import may load `what` although it does not say so.
fn doubt(import: &Import, what: &str, is_read: impl Fn(&str) -> bool) -> Option<String> {
    if import.when <= When::Conditional && import.may_bring(what) {
        return Some(format!("`import *` may load `{what}`"));
    }
    let used = import.bound.as_deref().is_some_and(is_read);
    let lazy = import.when == When::Lazy && import.loads(what) && used;
    lazy.then(|| format!("`{what}` is imported lazily, and used while the file is loaded"))
}

impl Check for NoEagerImport {
    fn judge(&self, snapshot: &dyn Snapshot) -> Answer {
        judge_each(&self.files, snapshot, |source, partial| self.look(source, partial)).answer()
    }

    fn violation(&self, snapshot: &dyn Snapshot) -> Result<Edits, String> {
        let statement = match &self.name {
            Some(name) => format!("from {} import {name}", self.module),
            None => format!("import {}", self.module),
        };
        plant(&self.files, snapshot, &statement)
    }
}

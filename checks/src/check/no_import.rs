//! `no_import`: a name is imported nowhere in a file.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::check::Check;
use crate::files::Files;
use crate::python::{Name, Partial, Source, judge_each, plant};
use crate::snapshot::{Edits, Snapshot};
use crate::verdict::{Answer, Finding};

/// A name is imported nowhere in the files: at no depth, under no condition, not for type
/// checkers alone.
///
/// Any part of what is imported counts, and any name that is bound: `import a.Name.b`, `from a
/// import Name as Other`, `from a import Other as Name`, `import_module("a.Name")`. `from a
/// import *` may bring the name, so it leaves the answer undecided.
///
/// ```toml
/// check = { no_import = { files = "app/service.py", name = "ModelStorage" } }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoImport {
    /// The files looked at.
    pub files: Files,
    /// The name.
    pub name: Name,
}

impl NoImport {
    fn look(&self, source: &Source, partial: &mut Partial) {
        let imports = source.imports();
        for import in &imports.list {
            if import.mentions(self.name.as_str()) {
                let message = format!("`{}` is imported {}", self.name, import.describe());
                partial.findings.push(Finding::at(source.place(import.range), message));
            } else if import.is_star() {
                partial.unsure.push(format!(
                    "`{}` line {}: `import *` may bring `{}`",
                    source.path,
                    source.line(import.range),
                    self.name
                ));
            }
        }
        for (range, _) in &imports.computed {
            partial.remarks.push(format!(
                "`{}` line {}: what is imported or run here is computed, so it was not looked at",
                source.path,
                source.line(*range)
            ));
        }
    }
}

impl Check for NoImport {
    fn judge(&self, snapshot: &dyn Snapshot) -> Answer {
        judge_each(&self.files, snapshot, |source, partial| self.look(source, partial)).answer()
    }

    fn violation(&self, snapshot: &dyn Snapshot) -> Result<Edits, String> {
        let statement = format!("def _planted():\n    from planted import {}", self.name);
        plant(&self.files, snapshot, &statement)
    }
}

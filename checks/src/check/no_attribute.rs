//! `no_attribute`: no `self.NAME` in a class.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::check::Check;
use crate::files::Files;
use crate::python::{Name, Partial, Source, attributes, judge_each, plant};
use crate::snapshot::{Edits, Snapshot};
use crate::verdict::{Answer, Finding};

/// No `self.NAME` in a class, or in any class of the files: not read, set, deleted or annotated
/// in a method, whatever its first parameter is called, and not bound in the class body.
///
/// Functions and lambdas inside of methods count, and so do `getattr(self, "NAME")` and its
/// like. A class that is named and is in none of the files leaves the answer undecided.
///
/// ```toml
/// check = { no_attribute = { files = "app/service.py", class = "Service", names = ["loader"] } }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoAttribute {
    /// The files looked at.
    pub files: Files,
    /// The class, by its name; all classes if there is none.
    pub class: Option<Name>,
    /// The attributes.
    pub names: Vec<Name>,
}

impl NoAttribute {
    /// Whether the class is in this file.
    fn look(&self, source: &Source, partial: &mut Partial) -> bool {
        let names: Vec<&str> = self.names.iter().map(Name::as_str).collect();
        let class = self.class.as_ref().map(Name::as_str);
        let Some(found) = attributes(source.body(), class, &names) else {
            return false;
        };
        for attribute in found {
            let message = format!("the attribute `{}` is in `{}`", attribute.name, attribute.within);
            partial.findings.push(Finding::at(source.place(attribute.range), message));
        }
        true
    }
}

impl Check for NoAttribute {
    fn judge(&self, snapshot: &dyn Snapshot) -> Answer {
        let mut any = false;
        let mut partial = judge_each(&self.files, snapshot, |source, partial| {
            any |= self.look(source, partial);
        });
        if let Some(class) = self.class.as_ref().filter(|_| !any) {
            partial.unsure.push(format!("there is no class `{class}` in `{}`", self.files));
        }
        if self.names.is_empty() {
            partial.unsure.push("no attribute is named".to_owned());
        }
        partial.answer()
    }

    fn violation(&self, snapshot: &dyn Snapshot) -> Result<Edits, String> {
        let name = self.names.last().ok_or("no attribute is named")?;
        let class = self.class.as_ref().map_or("_Planted", Name::as_str);
        let statement = format!("class {class}:\n    def _planted(this):\n        this.{name} = None");
        plant(&self.files, snapshot, &statement)
    }
}

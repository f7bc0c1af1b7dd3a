//! `annotations_deferred`: no annotation evaluates a name.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::check::Check;
use crate::files::Files;
use crate::python::stack::with_room;
use crate::python::{
    Name, Partial, PythonVersion, Source, eager_annotations, future_annotations, judge_each, plant,
};
use crate::snapshot::{Edits, Overlay, Snapshot};
use crate::verdict::{Answer, Finding};

/// Every annotation that mentions a name is a string, or its evaluation is postponed: by `from
/// __future__ import annotations`, or by the target version (3.14 and later, PEP 649).
///
/// Annotations of a function's own variables are never evaluated and do not count. The name
/// stands for whatever it is imported as: with `import torch as th`, `th` is meant too.
///
/// ```toml
/// check = { annotations_deferred = { files = "app/storage.py", name = "torch", python = "3.11" } }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnotationsDeferred {
    /// The files looked at.
    pub files: Files,
    /// The name.
    pub name: Name,
    /// The lowest version of Python that the files must run on.
    pub python: Option<PythonVersion>,
}

impl AnnotationsDeferred {
    fn is_postponed(&self) -> bool {
        self.python.is_some_and(PythonVersion::postpones_annotations)
    }

    /// How many annotations that would be evaluated mention the name.
    fn look(&self, source: &Source, partial: &mut Partial) -> usize {
        let mut names = vec![self.name.to_string()];
        names.extend(source.imports().list.into_iter().filter_map(|import| {
            import.bound.clone().filter(|_| import.mentions(self.name.as_str()))
        }));
        let mentions = eager_annotations(source, &names);
        let count = mentions.len();
        if self.is_postponed() || future_annotations(source.body()).is_some() {
            return count;
        }
        for range in mentions {
            let message = format!("an annotation evaluates `{}` while the program runs", self.name);
            partial.findings.push(Finding::at(source.place(range), message));
        }
        count
    }
}

impl Check for AnnotationsDeferred {
    fn judge(&self, snapshot: &dyn Snapshot) -> Answer {
        let mut count = 0;
        let mut partial = judge_each(&self.files, snapshot, |source, partial| {
            count += self.look(source, partial);
        });
        if count == 0 {
            // Absence is what is asked for, so this is no reason to be undecided.
            partial.remarks.push(format!("no annotation mentions `{}` outside of strings", self.name));
        }
        partial.answer()
    }

    fn violation(&self, snapshot: &dyn Snapshot) -> Result<Edits, String> {
        if self.is_postponed() {
            return Err("the target version postpones every annotation: no file can violate this".to_owned());
        }
        let statement = format!("def _planted(value: {}):\n    pass", self.name);
        let edits = plant(&self.files, snapshot, &statement)?;
        with_room(|| without_future_import(edits, snapshot))
    }
}

/// The same edits, with the imports that postpone annotations blanked.
fn without_future_import(edits: Edits, snapshot: &dyn Snapshot) -> Result<Edits, String> {
    let Some(path) = edits.paths().next().cloned() else {
        return Ok(edits);
    };
    let mut edits = edits;
    // One statement at a time, as the offsets move; each round leaves one less.
    loop {
        let overlay = Overlay::new(snapshot, edits.clone());
        let source = Source::load(&path, &overlay)?;
        let Some(import) = future_annotations(source.body()) else {
            return Ok(edits);
        };
        let (start, end) = (import.range.start().to_usize(), import.range.end().to_usize());
        let before = source.text.get(..start).unwrap_or_default();
        let after = source.text.get(end..).unwrap_or_default();
        // It must stay a future import: others may follow, and only such may stand before them.
        let text = format!("{before}from __future__ import division{after}");
        edits = Edits::write(path.clone(), source.encode(&text)?);
    }
}

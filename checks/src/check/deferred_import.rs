//! `deferred_import`: each function that uses a name imports it itself.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::check::Check;
use crate::files::Files;
use crate::python::{Import, Lean, Name, Partial, Source, State, Use, When, builtin, judge_each, leans, module_bindings, plant};
use crate::snapshot::{Edits, Snapshot};
use crate::verdict::{Answer, Finding};

/// Each function of the files that uses a name imports it itself, before the use, or receives it
/// as a parameter, a variable, or from a function around it: no call ends in a `NameError`, and
/// none leans on a module-level import.
///
/// A name that is bound on some paths only, or through `global`, leaves the answer undecided; so
/// does a selection of files in which no function uses the name. Annotations are left to
/// `annotations_deferred`.
///
/// ```toml
/// check = { deferred_import = { files = ["app/loader.py", "app/storage.py"], name = "torch" } }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeferredImport {
    /// The files looked at.
    pub files: Files,
    /// The name.
    pub name: Name,
}

impl DeferredImport {
    /// How many uses in functions there are in this file.
    fn look(&self, source: &Source, partial: &mut Partial) -> usize {
        let imports = source.imports().list;
        let mut names = vec![self.name.as_str()];
        // `import torch as th`: what is asked of `torch` is asked of `th`.
        let same = imports.iter().filter(|import| is_alias(import, self.name.as_str()));
        names.extend(same.filter_map(|import| import.bound.as_deref()));
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|name| look_at(name, source, &imports, partial)).sum()
    }
}

fn is_alias(import: &Import, name: &str) -> bool {
    match &import.name {
        Some(imported) => imported == name,
        None => import.modules.iter().any(|module| module == name),
    }
}

fn look_at(name: &str, source: &Source, imports: &[Import], partial: &mut Partial) -> usize {
    let bindings = module_bindings(source, name);
    if let Some(range) = bindings.elsewhere {
        let line = source.line(range);
        partial.unsure.push(format!(
            "`{}` line {line}: `global` or `nonlocal` lets any function bind `{name}`",
            source.path
        ));
        return 0;
    }
    let module = Module {
        name,
        source,
        imports,
        defined: bindings.defined,
        assigned: bindings.assigned,
    };
    let uses = leans(source, name);
    let mut count = 0;
    for it in &uses {
        let judged = match it.lean {
            Lean::Variable(state) => variable(name, it, state),
            Lean::Global => module.judge_global(it),
            Lean::Loading(state) => module.judge_loading(it, state),
        };
        count += usize::from(it.function.is_some() && judged != Judged::NotMeant);
        let line = source.line(it.range);
        match judged {
            Judged::Fine | Judged::NotMeant => {}
            Judged::Wrong(why) => partial.findings.push(Finding::at(source.place(it.range), why)),
            Judged::Unsure(why) => partial.unsure.push(format!("`{}` line {line}: {why}", source.path)),
            Judged::Remark(why) => partial.remarks.push(format!("`{}` line {line}: {why}", source.path)),
        }
    }
    count
}

#[derive(PartialEq)]
enum Judged {
    Fine,
    /// Another thing of the same name.
    NotMeant,
    Wrong(String),
    Unsure(String),
    Remark(String),
}

fn whose(it: &Use) -> String {
    let function = it.function.as_ref();
    function.map_or_else(|| "the module".to_owned(), |name| format!("`{name}`"))
}

fn variable(name: &str, it: &Use, state: State) -> Judged {
    let whose = whose(it);
    match state {
        State::Bound | State::Unreachable => Judged::Fine,
        State::Unbound => Judged::Wrong(format!(
            "{whose} uses `{name}` before it is bound there: an UnboundLocalError"
        )),
        State::Maybe => Judged::Unsure(format!("{whose} uses `{name}`, which is bound on some paths only")),
    }
}

/// What the module offers to its functions under the name.
struct Module<'a> {
    name: &'a str,
    source: &'a Source,
    imports: &'a [Import],
    defined: bool,
    assigned: bool,
}

impl Module<'_> {
    /// The first module-level import that binds the name at a time that `wanted` accepts.
    fn import(&self, wanted: impl Fn(When) -> bool) -> Option<&Import> {
        self.imports.iter().find(|import| {
            let own = import.function.is_none() && !import.in_class;
            own && import.bound.as_deref() == Some(self.name) && wanted(import.when)
        })
    }

    fn star(&self) -> bool {
        self.imports.iter().any(|import| import.is_star() && import.when <= When::Conditional)
    }

    fn judge_global(&self, it: &Use) -> Judged {
        let (name, whose) = (self.name, whose(it));
        if let Some(import) = self.import(|when| when <= When::Conditional) {
            let line = self.source.line(import.range);
            return Judged::Wrong(format!(
                "{whose} uses `{name}` through the module-level import in line {line}"
            ));
        }
        if self.defined {
            return Judged::NotMeant;
        }
        if self.assigned {
            return Judged::Unsure(format!("{whose} uses `{name}`, which the module assigns"));
        }
        if self.import(|when| when == When::Lazy).is_some() {
            return Judged::Unsure(format!("{whose} uses `{name}` through a `lazy import`"));
        }
        self.unbound(&whose)
    }

    fn judge_loading(&self, it: &Use, state: State) -> Judged {
        let name = self.name;
        match state {
            State::Unreachable => Judged::Fine,
            State::Bound if self.import(|when| when <= When::Conditional).is_none() => Judged::NotMeant,
            State::Bound => Judged::Remark(format!(
                "`{name}` is used while the file is loaded: its import cannot move into functions alone"
            )),
            State::Maybe => Judged::Unsure(format!(
                "`{name}` is used while the file is loaded, and bound on some paths only"
            )),
            State::Unbound => self.unbound(&whose(it)),
        }
    }

    /// A use that finds no variable at all, unless the file's text does not tell.
    fn unbound(&self, whose: &str) -> Judged {
        let name = self.name;
        if self.star() {
            return Judged::Unsure(format!("{whose} uses `{name}`, which an `import *` may bring"));
        }
        if builtin(name) {
            return Judged::NotMeant;
        }
        if let Some(import) = self.import(|when| when == When::TypingOnly) {
            let line = self.source.line(import.range);
            return Judged::Wrong(format!(
                "{whose} uses `{name}`, which line {line} imports for type checkers only: a NameError"
            ));
        }
        Judged::Wrong(format!("{whose} uses `{name}`, which is not bound: a NameError"))
    }
}

impl Check for DeferredImport {
    fn judge(&self, snapshot: &dyn Snapshot) -> Answer {
        let mut count = 0;
        let mut partial = judge_each(&self.files, snapshot, |source, partial| {
            count += self.look(source, partial);
        });
        if count == 0 {
            partial.unsure.push(format!("no function in `{}` uses `{}`", self.files, self.name));
        }
        partial.answer()
    }

    fn violation(&self, snapshot: &dyn Snapshot) -> Result<Edits, String> {
        let name = &self.name;
        let statement = format!("def _planted():\n    {name}()\n    import planted as {name}");
        plant(&self.files, snapshot, &statement)
    }
}

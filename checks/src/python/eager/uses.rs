//! Which of the names that import statements bind are used while the entry is loaded, and where.
//!
//! Noted only where somebody asks: every read of a name or of a module's attribute that an import
//! has bound, together with the context that reads it; and what was looked for in vain.

use std::collections::HashSet;
use std::rc::Rc;

use crate::python::syntax::TextRange;

use super::attribute::mro;
use super::graph::ContextId;
use super::machine::Machine;
use super::stdlib::in_standard_library;
use super::value::{ModuleId, Scope, Value, Wrapper};

/// A module, and a place in its file.
pub(super) type At = (ModuleId, TextRange);

/// What was noted.
#[derive(Default)]
pub(super) struct Uses {
    pub(super) list: Vec<Use>,
    seen: HashSet<Use>,
    /// Names and attributes that were asked for and not found.
    pub(super) missing: HashSet<Missing>,
    /// How deep the code is that evaluates an annotation.
    annotation: Option<(usize, How)>,
    /// Whether the annotations of what is being defined are read by somebody else too.
    resolved: bool,
}

/// Something that an import brought is used.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Use {
    pub(super) of: Brought,
    /// The running context.
    pub(super) reader: ContextId,
    /// The expression, or the part of another import statement.
    pub(super) at: At,
    pub(super) how: How,
}

/// What an import brought.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Brought {
    /// The name bound by the alias at this place.
    Name(At),
    /// A submodule, as an attribute of its package.
    Submodule(ModuleId),
}

/// How a name is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum How {
    /// The code around reads it.
    Read,
    /// An annotation mentions it.
    Annotation,
    /// An annotation mentions it that a decorator or a base class may evaluate too.
    Resolved,
    /// It is asked of the module, as an attribute or by another import.
    Asked,
    /// `import *` of another module takes it along.
    Taken,
}

/// A name that a module does not have when it is asked for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Missing {
    pub(super) module: Rc<str>,
    pub(super) name: Rc<str>,
}

impl Uses {
    fn note(&mut self, one: Use) {
        if self.seen.insert(one.clone()) {
            self.list.push(one);
        }
    }
}

impl<'a> Machine<'a, '_> {
    /// An import statement has bound a name in the running scope.
    pub(super) fn note_bound(&self, name: &str, alias: TextRange) {
        let (true, Some(frame)) = (self.uses.is_some(), self.frame()) else {
            return;
        };
        let global = frame.scope.elsewhere.borrow().get(name) == Some(&true);
        let module = self.modules.get(frame.module).filter(|_| global);
        let scope = module.map_or(&frame.scope, |it| &it.scope);
        let mut imports = scope.imports.borrow_mut();
        let bound = imports.entry(name.into()).or_default();
        let at = (frame.module, alias);
        if !bound.contains(&at) {
            bound.push(at);
        }
    }

    /// A name is read that was found in `scope`.
    pub(super) fn note_read(&mut self, scope: &Scope<'a>, name: &str, range: TextRange) {
        let depth = self.depth;
        let annotation = self.uses.as_ref().and_then(|it| it.annotation);
        let how = match annotation {
            Some((at, how)) if at == depth => how,
            _ => How::Read,
        };
        self.note_use(scope, name, range, how);
    }

    /// An attribute of a module is asked for.
    pub(super) fn note_asked(
        &mut self,
        module: ModuleId,
        scope: &Scope<'a>,
        name: &str,
        range: TextRange,
    ) {
        if self.uses.is_none() {
            return;
        }
        self.note_use(scope, name, range, How::Asked);
        let submodule = match scope.get(name) {
            Some(Value::Module(id)) => id,
            _ => return,
        };
        let full = self
            .modules
            .get(module)
            .map(|it| format!("{}.{name}", it.name));
        let is_it = |it: &super::machine::Module<'a>| Some(&*it.name) == full.as_deref();
        if self.modules.get(submodule).is_some_and(is_it) {
            let (reader, at) = (self.context, (self.here(), range));
            if let Some(uses) = &mut self.uses {
                uses.note(Use {
                    of: Brought::Submodule(submodule),
                    reader,
                    at,
                    how: How::Asked,
                });
            }
        }
    }

    /// `import *` takes a name along, because it is there.
    pub(super) fn note_taken(&mut self, scope: &Scope<'a>, name: &str, range: TextRange) {
        self.note_use(scope, name, range, How::Taken);
    }

    fn note_use(&mut self, scope: &Scope<'a>, name: &str, range: TextRange, how: How) {
        let (reader, at) = (self.context, (self.here(), range));
        let Some(uses) = &mut self.uses else {
            return;
        };
        for alias in scope.imports.borrow().get(name).into_iter().flatten() {
            uses.note(Use {
                of: Brought::Name(*alias),
                reader,
                at,
                how,
            });
        }
    }

    /// A name or an attribute of `module` is asked for that is not there.
    pub(super) fn note_missing(&mut self, module: ModuleId, name: &str) {
        let Some(module) = self.modules.get(module).map(|it| it.name.clone()) else {
            return;
        };
        if let Some(uses) = &mut self.uses {
            let name = name.into();
            uses.missing.insert(Missing { module, name });
        }
    }

    /// Evaluates an annotation.
    pub(super) fn in_annotation<T>(&mut self, evaluate: impl FnOnce(&mut Self) -> T) -> T {
        let depth = self.depth;
        let set = |machine: &mut Self, to| {
            let uses = machine.uses.as_mut();
            uses.and_then(|uses| std::mem::replace(&mut uses.annotation, to))
        };
        let resolved = self.uses.as_ref().is_some_and(|it| it.resolved);
        let how = if resolved {
            How::Resolved
        } else {
            How::Annotation
        };
        let around = set(self, Some((depth, how)));
        let done = evaluate(self);
        set(self, around);
        done
    }

    /// Defines something whose annotations are read by others, or are not.
    pub(super) fn note_resolved<T>(
        &mut self,
        resolved: bool,
        define: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let set = |machine: &mut Self, to| {
            let uses = machine.uses.as_mut();
            uses.is_some_and(|uses| std::mem::replace(&mut uses.resolved, to))
        };
        let around = set(self, resolved);
        let done = define(self);
        set(self, around);
        done
    }

    /// Whether one of the decorators and bases of a definition may evaluate its annotations while
    /// the module is loaded, also where the language does not: web frameworks and data models do.
    /// The standard library leaves them alone.
    pub(super) fn resolves_annotations<'v>(
        &self,
        around: impl IntoIterator<Item = &'v Value<'a>>,
    ) -> bool
    where
        'a: 'v,
    {
        self.uses.is_some() && around.into_iter().any(|it| !self.leaves_annotations(it))
    }

    fn leaves_annotations(&self, value: &Value<'a>) -> bool {
        match value {
            Value::Foreign(path) => in_standard_library(path, self.settings.version),
            Value::Class(class) => mro(class).iter().all(|class| {
                let own = class.bases.iter().chain(&class.metaclass);
                let mut foreign = own.filter(|it| !matches!(it, Value::Class(_)));
                foreign.all(|it| self.leaves_annotations(it))
            }),
            Value::Wrapped(Wrapper::Property | Wrapper::StaticMethod | Wrapper::ClassMethod, _) => {
                true
            }
            _ => false,
        }
    }
}

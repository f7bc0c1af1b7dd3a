//! The scopes of a text, as CPython's symbol table sees them.
//!
//! <https://docs.python.org/3/reference/executionmodel.html#resolution-of-names>

use std::collections::HashMap;

use crate::python::binding::{Kind, own_bindings};
use crate::python::syntax::{Parameters, Stmt, TextRange, ast};

/// A scope that the compiler is in.
pub(super) struct Scope<'t> {
    pub(super) what: What<'t>,
    /// The names that are declared in it, each with its statement.
    pub(super) declared: HashMap<&'t str, Declared>,
    /// How many loops, `try` statements and `except*` clauses are around what is looked at; loops
    /// around such a clause cannot be left from it.
    pub(super) loops: usize,
    pub(super) tries: usize,
    pub(super) groups: usize,
}

/// The kinds of scopes.
#[derive(Clone, Copy)]
pub(super) enum What<'t> {
    Module,
    Class,
    Function(&'t ast::StmtFunctionDef),
    Lambda(Option<&'t Parameters>),
    /// A list, set or dictionary; whether it is asynchronous.
    Comprehension(bool),
    Generator,
}

/// What a `global` or `nonlocal` statement says of a name.
#[derive(Clone, Copy)]
pub(super) struct Declared {
    pub(super) global: bool,
    pub(super) at: TextRange,
}

impl<'t> Scope<'t> {
    pub(super) fn new(what: What<'t>) -> Self {
        Self {
            what,
            declared: HashMap::new(),
            loops: 0,
            tries: 0,
            groups: 0,
        }
    }

    /// Notes what `body` declares. What is wrong with that: a sentence and its place.
    pub(super) fn declare(&mut self, body: &'t [Stmt]) -> Vec<(String, TextRange)> {
        let bindings = own_bindings(body);
        let mut wrong = Vec::new();
        for it in &bindings {
            let global = match it.kind {
                Kind::Global => true,
                Kind::Nonlocal => false,
                _ => continue,
            };
            let declared = Declared {
                global,
                at: it.range,
            };
            let before = *self.declared.entry(it.name).or_insert(declared);
            if before.global != global {
                wrong.push((
                    format!("name `{}` is nonlocal and global", it.name),
                    it.range,
                ));
            }
        }
        for it in &bindings {
            // An import is taken though it stands before.
            if it.kind != Kind::Import
                && let Some(declared) = self.declared.get(it.name)
                && it.range.start() < declared.at.start()
            {
                wrong.push((declared.too_late(it.name), it.range));
            }
        }
        wrong
    }

    /// Whether a parameter has this name.
    pub(super) fn has_parameter(&self, name: &str) -> bool {
        let parameters = match self.what {
            What::Function(def) => Some(&*def.parameters),
            What::Lambda(parameters) => parameters,
            _ => None,
        };
        parameters.is_some_and(|it| it.iter().any(|it| it.name().as_str() == name))
    }

    /// Whether `name` is a variable of this function, which `nonlocal` further in may mean; not
    /// if it is that of the module. None if the functions around this one have to tell.
    pub(super) fn binds(&self, name: &str) -> Option<bool> {
        let What::Function(def) = self.what else {
            return None;
        };
        if let Some(declared) = self.declared.get(name) {
            return declared.global.then_some(false);
        }
        let own = || own_bindings(&def.body).iter().any(|it| it.name == name);
        (self.has_parameter(name) || own()).then_some(true)
    }
}

impl Declared {
    pub(super) fn too_late(self, name: &str) -> String {
        let word = if self.global { "global" } else { "nonlocal" };
        format!("name `{name}` is used prior to its {word} declaration")
    }
}

//! What an analysis has built up, taken apart at its end.
//!
//! Functions know the scope around them, in which they stand themselves; classes know their
//! subclasses. Counted references never let go of such circles, and who analyses many states one
//! after another would keep them all.

use std::collections::HashSet;
use std::mem;
use std::rc::{Rc, Weak};

use super::machine::Machine;
use super::value::{Arguments, Class, Function, Scope, Value};

/// What may hold itself when nothing else does any more: no module leads to it then.
#[derive(Default)]
pub(super) struct Circles<'a> {
    classes: Vec<Weak<Class<'a>>>,
    scopes: Vec<Weak<Scope<'a>>>,
}

impl<'a> Circles<'a> {
    /// A class knows its bases, and they know it.
    pub(super) fn class(&mut self, class: &Rc<Class<'a>>) {
        self.classes.push(Rc::downgrade(class));
    }

    /// The scope of a call that has ended, if something made there still knows it.
    pub(super) fn scope(&mut self, scope: &Rc<Scope<'a>>) {
        if Rc::strong_count(scope) > 1 {
            self.scopes.push(Rc::downgrade(scope));
        }
    }
}

impl Machine<'_, '_> {
    /// Empties everything that the modules lead to, and the circles to which none does.
    pub(super) fn forget(&mut self) {
        let mut rest = Rest::default();
        let classes = self.circles.classes.iter().filter_map(Weak::upgrade);
        rest.left.extend(classes.map(Value::Class));
        for scope in self.circles.scopes.iter().filter_map(Weak::upgrade) {
            rest.scope(&scope);
        }
        for module in &self.modules {
            rest.scope(&module.scope);
        }
        while let Some(value) = rest.left.pop() {
            rest.take_apart(&value);
        }
    }
}

/// What is left to be taken apart.
#[derive(Default)]
struct Rest<'a> {
    left: Vec<Value<'a>>,
    /// What many may share was here already; nothing new is made meanwhile, so no place in
    /// memory is used twice.
    seen: HashSet<*const ()>,
}

impl<'a> Rest<'a> {
    fn take_apart(&mut self, value: &Value<'a>) {
        match value {
            Value::Sequence(it) => self.left.append(&mut it.items.borrow_mut()),
            Value::Dict(it) => {
                let items = mem::take(&mut *it.items.borrow_mut());
                self.left
                    .extend(items.into_iter().flat_map(|(key, value)| [key, value]));
            }
            Value::Function(it) if self.is_new(it) => self.function(it),
            Value::Class(it) if self.is_new(it) => self.class(it),
            Value::Instance(it) if self.is_new(it) => {
                let attributes = mem::take(&mut *it.attributes.borrow_mut());
                self.left.extend(attributes.into_values());
                self.left.push(Value::Class(Rc::clone(&it.class)));
            }
            Value::Method(it) if self.is_new(it) => {
                self.left.extend([it.0.clone(), it.1.clone()]);
            }
            Value::Wrapped(_, it) if self.is_new(it) => {
                self.left.push(it.0.clone());
                self.arguments(&it.1);
            }
            Value::Suspended(it) if self.is_new(it) => {
                self.left.extend(it.result.borrow_mut().take());
                self.left.push(Value::Function(Rc::clone(&it.function)));
                self.arguments(&it.arguments);
            }
            Value::Generator(it) if self.is_new(it) => {
                self.left.push(it.source.clone());
                self.scope(&it.scope);
            }
            Value::Either(it) if self.is_new(it) => self.left.extend(it.iter().cloned()),
            _ => {}
        }
    }

    fn function(&mut self, it: &Function<'a>) {
        self.left
            .extend(it.defaults.iter().map(|(_, value)| value.clone()));
        let attributes = mem::take(&mut *it.attributes.borrow_mut());
        self.left.extend(attributes.into_values());
        self.left.extend(it.class.take().map(Value::Class));
        self.scope(&it.around);
    }

    fn class(&mut self, it: &Class<'a>) {
        self.left.append(&mut it.subclasses.borrow_mut());
        self.left
            .extend(it.bases.iter().chain(&it.metaclass).cloned());
        self.scope(&it.scope);
    }

    fn arguments(&mut self, it: &Arguments<'a>) {
        self.left.extend(it.positional.iter().cloned());
        self.left
            .extend(it.keywords.iter().map(|(_, value)| value.clone()));
    }

    /// A scope and those around it.
    fn scope(&mut self, scope: &Scope<'a>) {
        let mut next = Some(scope);
        while let Some(scope) = next {
            let names = mem::take(&mut *scope.names.borrow_mut());
            self.left.extend(names.into_values());
            next = scope.around.as_deref();
        }
    }

    fn is_new<T>(&mut self, shared: &Rc<T>) -> bool {
        self.seen.insert(Rc::as_ptr(shared).cast())
    }
}

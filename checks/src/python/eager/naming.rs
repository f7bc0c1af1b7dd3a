//! Names: which scope one belongs to, and what it means there.
//!
//! <https://docs.python.org/3/reference/executionmodel.html#resolution-of-names>

use std::rc::Rc;

use crate::python::binding::{Kind, builtin, own_bindings};
use crate::python::syntax::{Stmt, TextRange, ast};

use super::exception::is_built_in;
use super::machine::{Frame, Machine, Outcome};
use super::value::{Code, Function, Inner, Locals, Scope, Value};

impl<'a> Machine<'a, '_> {
    /// The value of a name.
    /// <https://docs.python.org/3/reference/executionmodel.html#resolution-of-names>
    pub(super) fn lookup(&mut self, name: &str, range: TextRange) -> Outcome<'a> {
        let (found, scope) = self.find_name(name).unzip();
        let value = match found.as_ref().and_then(Value::bound) {
            Some(value) => value,
            None => return self.unbound(name, range),
        };
        if found.is_some_and(|it| it.may_be_unbound()) {
            self.risk();
        }
        if self.uses.is_some()
            && let Some(scope) = scope.flatten()
        {
            self.note_read(&scope, name, range);
        }
        if let Value::Lazy(lazy) = &value {
            let module = self.modules.get(lazy.by).map(|it| it.scope.clone());
            let value = self.reify(lazy, range)?;
            if let Some(scope) = module {
                scope.set(name, value.clone(), self.uncertainty());
            }
            return Ok(value);
        }
        Ok(value)
    }

    /// The value, and the scope that holds it.
    pub(super) fn find_name(&self, name: &str) -> Option<(Value<'a>, Option<Rc<Scope<'a>>>)> {
        let frame = self.frame()?;
        let global = frame.scope.elsewhere.borrow().get(name) == Some(&true);
        let mut scope = (!global).then(|| frame.scope.clone());
        let mut first = true;
        while let Some(at) = scope {
            if first || !at.class {
                match at.get(name) {
                    // A class body looks further for what it has not, or no longer.
                    Some(Value::Unbound) if at.class => {}
                    Some(value) => return Some((value, Some(at))),
                    None if at.owns(name) => return None,
                    None => {}
                }
            }
            first = first && at.inner == Some(Inner::TypeParameters);
            scope = at.around.clone();
        }
        let module = self.modules.get(frame.module)?;
        match module.scope.get(name) {
            Some(Value::Unbound) | None => {}
            Some(value) => return Some((value, Some(module.scope.clone()))),
        }
        let value = match name {
            "__class__" => frame.class.clone().map(Value::Class),
            "__annotations__" | "__cached__" | "__conditional_annotations__" => Some(Value::Opaque),
            "__name__" => Some(Value::Text(module.name.clone())),
            "__package__" => Some(Value::text(self.package_of(frame.module))),
            "__file__" | "__path__" | "__spec__" | "__loader__" | "__doc__" | "__builtins__" => {
                Some(Value::Opaque)
            }
            "__debug__" => Some(Value::Bool(true)),
            _ if builtin(name) || is_built_in(name) => {
                Some(Value::foreign(format!("builtins.{name}")))
            }
            _ => None,
        };
        value.map(|value| (value, None))
    }

    fn unbound(&mut self, name: &str, range: TextRange) -> Outcome<'a> {
        self.note_missing(self.here(), name);
        let owned = self.frame().is_some_and(|it| it.scope.owns(name));
        // A variable of the function is bound by the function alone.
        let unseen = if owned {
            self.frame().is_some_and(|it| it.scope.open.get())
        } else {
            self.may_be_bound_unseen()
        };
        if unseen {
            self.risk();
            return Ok(Value::Unknown);
        }
        let kind = if owned {
            "UnboundLocalError"
        } else {
            "NameError"
        };
        self.fails(kind, format!("`{name}` has no value"), range)
    }

    /// Whether names that nobody sees may be bound in the module, or in a scope on the way to it.
    fn may_be_bound_unseen(&self) -> bool {
        let Some(frame) = self.frame() else {
            return true;
        };
        let module = self.modules.get(frame.module);
        let mut scope = Some(&frame.scope);
        while let Some(at) = scope {
            if at.open.get() {
                return true;
            }
            scope = at.around.as_ref();
        }
        module.is_none_or(|it| it.scope.open.get())
    }

    /// What a function binds anywhere in its body, but for what it declares to be elsewhere:
    /// `code` is the whole of it, not an outline.
    pub(super) fn locals_of(
        &mut self,
        function: &Function<'a>,
        code: Code<'a>,
    ) -> Option<Rc<Locals<'a>>> {
        let body = code.body().ok()?;
        let known = self.locals.entry((function.module, function.range()));
        let names = known.or_insert_with(|| Rc::new(locals(body)));
        Some(names.clone())
    }

    /// Binds a name outside of the comprehensions around: `:=`.
    pub(super) fn bind_around(&mut self, name: &str, value: Value<'a>) {
        let Some(frame) = self.frame() else {
            return;
        };
        let (mut scope, module) = (frame.scope.clone(), frame.module);
        while scope.inner == Some(Inner::Comprehension)
            && let Some(around) = scope.around.clone()
        {
            scope = around;
        }
        self.frames.push(Frame::new(module, scope));
        self.bind_name(name, value);
        self.frames.pop();
    }

    /// Runs something where the parameters of a function, class or alias have a meaning.
    pub(super) fn with_type_parameters<T>(
        &mut self,
        parameters: Option<&'a ast::TypeParams>,
        run: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let (Some(parameters), Some(frame)) = (parameters, self.frame()) else {
            return run(self);
        };
        let around = frame.scope.clone();
        let scope = Scope::inside(around, self.uncertainty(), Inner::TypeParameters);
        // Bounds and defaults are evaluated when somebody asks for them: PEP 695, PEP 696.
        for parameter in parameters.iter() {
            scope.set(parameter.name(), Value::Opaque, 0);
        }
        let inner = Frame {
            class: frame.class.clone(),
            receiver: frame.receiver.clone(),
            body: frame.body,
            ..Frame::new(frame.module, scope)
        };
        self.frames.push(inner);
        let done = run(self);
        self.frames.pop();
        done
    }
}

fn locals(body: &[Stmt]) -> Locals<'_> {
    let all = own_bindings(body);
    let (elsewhere, own): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|it| matches!(it.kind, Kind::Global | Kind::Nonlocal));
    let mut names: Locals<'_> = own.into_iter().map(|it| it.name).collect();
    for declared in elsewhere {
        names.remove(declared.name);
    }
    names
}

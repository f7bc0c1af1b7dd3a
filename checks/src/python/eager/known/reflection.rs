//! Built-in functions that ask for attributes, classes and variables.

use std::rc::Rc;

use crate::python::eager::attribute::mro;
use crate::python::eager::exception::caught;
use crate::python::eager::failing::has_attribute;
use crate::python::eager::machine::{Machine, Outcome};
use crate::python::eager::value::{Arguments, Class, Scope, Truth, Value, Wrapper};
use crate::python::syntax::TextRange;

impl<'a> Machine<'a, '_> {
    /// `getattr`
    pub(super) fn get_attribute(
        &mut self,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let [on, name, rest @ ..] = arguments.positional.as_slice() else {
            return Ok(Value::Unknown);
        };
        let Value::Text(name) = name else {
            return Ok(self.some_attribute(on));
        };
        match rest.first() {
            Some(default) => self.attribute_or(on, name, default, range),
            None => self.attribute(on, name, range),
        }
    }

    /// The attribute whose name cannot be known.
    fn some_attribute(&mut self, on: &Value<'a>) -> Value<'a> {
        self.risk();
        match (self.any_function_of(on), on) {
            (Some(any), _) => any,
            (None, Value::Foreign(_) | Value::Opaque) => Value::Opaque,
            (None, _) => Value::Unknown,
        }
    }

    fn attribute_or(
        &mut self,
        on: &Value<'a>,
        name: &str,
        default: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let found = match on {
            Value::Module(id) => self.module_attribute(*id, name, range)?,
            _ => match self.caught(|it| it.attribute(on, name, range)) {
                Ok(value) => Some(value),
                Err(raise) => {
                    match caught(&raise.kind, &Value::foreign("builtins.AttributeError")) {
                        Truth::No => return Err(raise),
                        _ => None,
                    }
                }
            },
        };
        Ok(match (on, found) {
            (_, None) => default.clone(),
            (Value::Class(_) | Value::Function(_) | Value::Module(_), Some(found))
                if found.is_code() =>
            {
                found
            }
            (_, Some(found)) => found.or(default),
        })
    }

    /// One of the functions that a value has under a name that cannot be known.
    fn any_function_of(&self, on: &Value<'a>) -> Option<Value<'a>> {
        let of_class = |class| mro(class).iter().map(|it| it.scope.clone()).collect();
        let (scopes, receiver): (Vec<Rc<Scope<'a>>>, _) = match on {
            Value::Module(id) => (vec![self.modules.get(*id)?.scope.clone()], None),
            Value::Instance(it) => (of_class(&it.class), Some(on)),
            Value::Class(it) => (of_class(it), None),
            _ => return None,
        };
        let mut found = vec![Value::Opaque];
        for scope in scopes {
            for value in scope.names.borrow().values().filter(|it| it.is_code()) {
                found.push(match receiver {
                    Some(on) => Value::method(on.clone(), value.clone()),
                    None => value.clone(),
                });
            }
        }
        (found.len() > 1).then(|| Value::one_of(found))
    }

    /// `hasattr`
    pub(super) fn has_attribute(
        &mut self,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let [on, Value::Text(name), ..] = arguments.positional.as_slice() else {
            return Ok(Value::Opaque);
        };
        Ok(match on {
            Value::Module(id) => {
                let found = self.module_attribute(*id, name, range)?;
                let open = self.modules.get(*id).is_none_or(|it| it.scope.open.get());
                match found {
                    Some(value) if !value.may_be_unbound() => Value::Bool(true),
                    None if !open => Value::Bool(false),
                    _ => Value::Opaque,
                }
            }
            Value::Class(class) if self.class_attribute(class, name).is_some() => Value::Bool(true),
            Value::Class(_) => {
                let told = self.caught(|it| it.attribute(on, name, range));
                match told {
                    Ok(value) if value.is_constant() || value.is_code() => Value::Bool(true),
                    Ok(_) => Value::Opaque,
                    Err(raise) => {
                        self.may_have_raised(&raise);
                        Value::Opaque
                    }
                }
            }
            Value::Instance(instance) => {
                let told = self.caught(|it| it.attribute(on, name, range));
                if let Err(raise) = told {
                    self.may_have_raised(&raise);
                }
                let own = instance.attributes.borrow().get(&**name).cloned();
                match own {
                    Some(value) if !value.may_be_unbound() => Value::Bool(true),
                    _ => Value::Opaque,
                }
            }
            Value::Bool(_) | Value::Int(_) | Value::Text(_) if !name.starts_with("__") => {
                Value::Bool(has_attribute(on, name))
            }
            Value::Foreign(path) if &**path == "sys" && ABSENT.contains(&&**name) => {
                Value::Bool(false)
            }
            _ => Value::Opaque,
        })
    }

    /// `setattr`
    pub(super) fn set_by_name(
        &mut self,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        match arguments.positional.as_slice() {
            [on, Value::Text(name), value] => {
                self.set_attribute(on, name, value.clone(), range)?;
            }
            [on, ..] => self.open_namespace(on),
            [] => {}
        }
        Ok(Value::None)
    }

    /// `object.__setattr__`: what the class of the object has of its own is not asked.
    pub(super) fn set_plainly(
        &mut self,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        match arguments.positional.as_slice() {
            [on @ Value::Instance(instance), Value::Text(name), value] => {
                self.set_past_class(on, instance, name, value.clone(), range)?;
            }
            [on, ..] => self.open_namespace(on),
            [] => {}
        }
        Ok(Value::None)
    }

    /// `vars` and `locals`
    pub(super) fn variables(&mut self, of: Option<Value<'a>>) -> Value<'a> {
        let in_module = self
            .frame()
            .is_some_and(|it| it.scope.around.is_none() && !it.scope.class);
        match of {
            Some(it @ (Value::Module(_) | Value::Class(_) | Value::Instance(_))) => {
                Value::wrapped(Wrapper::Namespace, it)
            }
            None if in_module => Value::wrapped(Wrapper::Namespace, Value::Module(self.here())),
            Some(_) => Value::dict(Vec::new(), true, self.uncertainty()),
            None => {
                let scope = self.frame().map(|it| it.scope.clone()).unwrap_or_default();
                if scope.class {
                    scope.open.set(true);
                }
                let names = scope.names.borrow();
                let bound = names
                    .iter()
                    .filter_map(|(name, value)| Some((Value::Text(name.clone()), value.bound()?)));
                Value::dict(bound.collect(), true, self.uncertainty())
            }
        }
    }

    pub(super) fn super_object(&self, arguments: &Arguments<'a>) -> Value<'a> {
        let frame = self.frame();
        let (class, receiver) = match arguments.positional.as_slice() {
            [class, receiver, ..] => (Some(class.clone()), Some(receiver.clone())),
            _ => (
                frame.and_then(|it| it.class.clone()).map(Value::Class),
                frame.and_then(|it| it.receiver.clone()),
            ),
        };
        match (class, receiver) {
            (Some(class), Some(receiver)) => Value::Wrapped(
                Wrapper::Super,
                Rc::new((class, Arguments::of(vec![receiver]))),
            ),
            _ => Value::Opaque,
        }
    }

    /// `type(value)`
    pub(super) fn type_of(&self, value: Option<Value<'a>>) -> Value<'a> {
        match value {
            Some(Value::Instance(instance)) => Value::Class(instance.class.clone()),
            Some(Value::Class(class)) => self
                .metaclass(&class)
                .map_or(Value::foreign("builtins.type"), Value::Class),
            Some(Value::Unknown) => Value::Unknown,
            Some(Value::Text(_)) => Value::foreign("builtins.str"),
            Some(Value::Int(_)) => Value::foreign("builtins.int"),
            Some(Value::Bool(_)) => Value::foreign("builtins.bool"),
            _ => Value::Opaque,
        }
    }

    /// `type(name, bases, namespace)`
    pub(super) fn class_by_call(
        &mut self,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let [name, bases, namespace, ..] = arguments.positional.as_slice() else {
            return Ok(Value::Opaque);
        };
        let (bases, _) = self.iterate(bases, range)?;
        let scope = Scope::new(Some(Rc::new(Scope::default())), self.uncertainty(), true);
        if let Value::Dict(dict) = namespace {
            for (key, value) in dict.items.borrow().iter() {
                if let Value::Text(name) = key {
                    scope.set(name, value.clone(), 0);
                }
            }
        }
        let class = Rc::new(Class {
            name: name.as_text().unwrap_or("type").into(),
            module: self.here(),
            bases,
            decorated: false,
            metaclass: None,
            scope,
            fields: Vec::new(),
            subclasses: Default::default(),
            order: Default::default(),
        });
        self.finish_class(&class, arguments.keywords, range)
    }
}

/// Attributes that `sys` of CPython does not have in a program run from its source.
const ABSENT: &[&str] = &[
    "_MEIPASS",
    "frozen",
    "getwindowsversion",
    "pypy_version_info",
    "real_prefix",
];

/// Built-in classes of which it is known for every constant whether it is an instance.
const SIMPLE: &[&str] = &[
    "builtins.bool",
    "builtins.bytes",
    "builtins.dict",
    "builtins.float",
    "builtins.int",
    "builtins.list",
    "builtins.property",
    "builtins.str",
    "builtins.tuple",
    "builtins.type",
];

/// `isinstance` and `issubclass`
pub(super) fn is_instance<'a>(arguments: &Arguments<'a>) -> Value<'a> {
    let [value, kinds] = arguments.positional.as_slice() else {
        return Value::Opaque;
    };
    let kinds = match kinds {
        Value::Sequence(it) => it.items.borrow().clone(),
        other => vec![other.clone()],
    };
    let mut all = Truth::No;
    for kind in &kinds {
        match is_one(value, kind) {
            Truth::Yes => return Value::Bool(true),
            Truth::Maybe => all = Truth::Maybe,
            Truth::No => {}
        }
    }
    if all == Truth::No {
        Value::Bool(false)
    } else {
        Value::Opaque
    }
}

pub(in crate::python::eager) fn is_one<'a>(value: &Value<'a>, kind: &Value<'a>) -> Truth {
    let class = match value {
        Value::Instance(it) => Some(&it.class),
        Value::Class(it) => Some(it),
        _ => None,
    };
    match (class, kind) {
        (Some(class), Value::Class(kind)) if mro(class).iter().any(|it| Rc::ptr_eq(it, kind)) => {
            Truth::Yes
        }
        (Some(class), Value::Class(kind)) if all_known(class) && all_known(kind) => Truth::No,
        (None, Value::Foreign(kind)) => is_foreign(value, kind),
        (None, Value::Class(_)) if value.is_constant() || value.is_code() => Truth::No,
        (Some(_), Value::Foreign(name)) if &**name == "builtins.type" => {
            Truth::from(matches!(value, Value::Class(_)))
        }
        _ => Truth::Maybe,
    }
}

/// Whether nothing but its bases says what a class is a subclass of: no metaclass, and no base
/// that is not analysed, which may have one.
fn all_known(class: &Rc<Class<'_>>) -> bool {
    mro(class).iter().all(|class| {
        let plain = |base: &Value| match base {
            Value::Class(_) => true,
            Value::Foreign(name) => &**name == "builtins.object",
            _ => false,
        };
        class.metaclass.is_none() && class.bases.iter().all(plain)
    })
}

fn is_foreign(value: &Value<'_>, kind: &str) -> Truth {
    let own = match value {
        Value::Wrapped(Wrapper::Property, _) => "builtins.property",
        Value::Function(_) => "types.FunctionType",
        Value::Text(_) => "builtins.str",
        Value::Int(_) => "builtins.int",
        Value::Bool(_) if kind == "builtins.int" => "builtins.int",
        Value::Bool(_) => "builtins.bool",
        Value::Dict(_) => "builtins.dict",
        Value::None => "",
        _ => return Truth::Maybe,
    };
    if own == kind {
        Truth::Yes
    } else if SIMPLE.contains(&kind) {
        Truth::No
    } else {
        Truth::Maybe
    }
}

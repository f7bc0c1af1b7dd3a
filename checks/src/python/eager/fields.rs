//! Objects made of their fields: data classes, named tuples, namespaces.
//!
//! <https://docs.python.org/3/library/dataclasses.html>,
//! <https://docs.python.org/3/library/collections.html#collections.namedtuple>

use std::rc::Rc;

use crate::python::syntax::{Expr, Stmt, TextRange, ast};

use super::attribute::mro;
use super::machine::{Machine, Outcome};
use super::value::{Arguments, Class, Instance, Scope, Value, Wrapper};

/// A field, as it is written in the body of a class.
#[derive(Clone)]
pub(super) struct Field {
    pub(super) name: Rc<str>,
    /// `InitVar`: it is only handed on to `__post_init__`.
    initial: bool,
}

/// The fields in the body of a class, in order.
pub(super) fn fields(body: &[Stmt]) -> Vec<Field> {
    let written = body.iter().filter_map(|statement| match statement {
        Stmt::AnnAssign(it) => field(it),
        _ => None,
    });
    written.collect()
}

fn field(it: &ast::StmtAnnAssign) -> Option<Field> {
    let Expr::Name(name) = &*it.target else {
        return None;
    };
    let kind = last_name(&it.annotation);
    (kind != Some("ClassVar")).then(|| Field {
        name: name.id.as_str().into(),
        initial: kind == Some("InitVar"),
    })
}

/// `c` of `a.b.c[d]`, and of the same in a text.
fn last_name(annotation: &Expr) -> Option<&str> {
    match annotation {
        Expr::Name(it) => Some(&it.id),
        Expr::Attribute(it) => Some(&it.attr),
        Expr::Subscript(it) => last_name(&it.value),
        Expr::StringLiteral(it) => {
            let head = it.value.to_str().split('[').next()?;
            head.rsplit('.').next().map(str::trim)
        }
        _ => None,
    }
}

impl<'a> Machine<'a, '_> {
    /// What a class without an `__init__` of its own does with its arguments: they become
    /// attributes, as data classes and the like make them.
    pub(super) fn fill_fields(
        &mut self,
        made: &Rc<Instance<'a>>,
        mut arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        let class = made.class.clone();
        if !self.name_positional(&class, &mut arguments) {
            forget_values(&class, made);
        }
        let given = arguments.keywords.iter().cloned();
        made.attributes.borrow_mut().extend(given);
        self.make_defaults(made, &arguments, range)?;
        let on = Value::Instance(made.clone());
        let foreign = self.has_foreign_base(&class);
        if foreign
            || mro(&class)
                .iter()
                .any(|it| it.decorated || it.metaclass.is_some())
        {
            let initial = self.initial(&class, &arguments);
            self.call_special(&on, "__post_init__", initial, range)?;
        }
        if foreign {
            self.risk();
        }
        Ok(())
    }

    /// Positional arguments become keywords; whether it is known which they are.
    fn name_positional(&self, class: &Rc<Class<'a>>, arguments: &mut Arguments<'a>) -> bool {
        if arguments.open {
            return false;
        }
        if arguments.positional.is_empty() {
            return true;
        }
        let fields = all_fields(class);
        let own_order = self.class_attribute(class, "__new__").is_some()
            || fields.len() < arguments.positional.len()
            || fields.iter().any(|it| self.has_own_place(class, it));
        if own_order {
            return false;
        }
        let names = fields.into_iter().map(|it| it.name);
        let given = std::mem::take(&mut arguments.positional);
        arguments.keywords.extend(names.zip(given));
        true
    }

    /// `field(init=False)`, `field(kw_only=True)`, and all that stands after `_: KW_ONLY`.
    fn has_own_place(&self, class: &Rc<Class<'a>>, field: &Field) -> bool {
        let own = self.class_attribute(class, &field.name);
        let asks = |parts: &Rc<(Value<'a>, Arguments<'a>)>| {
            let mut keywords = parts.1.keywords.iter();
            keywords.any(|(name, _)| matches!(&**name, "init" | "kw_only"))
        };
        &*field.name == "_" || matches!(own, Some(Value::Wrapped(_, parts)) if asks(&parts))
    }

    /// The fields that are made by a call.
    fn make_defaults(
        &mut self,
        made: &Rc<Instance<'a>>,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        for class in mro(&made.class) {
            let names = class.scope.names.borrow().clone();
            for (name, value) in names {
                let given = arguments.keywords.iter().any(|(key, _)| *key == name);
                if let (Value::Wrapped(Wrapper::Factory, parts), false) = (&value, given) {
                    let value = match parts.0.clone() {
                        Value::None => Value::Unknown,
                        factory => self.call(&factory, Arguments::default(), range)?,
                    };
                    made.attributes.borrow_mut().insert(name, value);
                }
            }
        }
        Ok(())
    }

    /// What `__post_init__` gets.
    fn initial(&self, class: &Rc<Class<'a>>, arguments: &Arguments<'a>) -> Arguments<'a> {
        let fields = all_fields(class);
        let initial = fields.iter().filter(|it| it.initial);
        let values = initial.map(|field| {
            let mut given = arguments.keywords.iter();
            let given = given.find(|(name, _)| *name == field.name);
            let given = given.map(|(_, value)| value.clone());
            let default = || self.class_attribute(class, &field.name);
            given.or_else(default).unwrap_or(Value::Unknown)
        });
        Arguments {
            positional: values.collect(),
            open: arguments.open,
            ..Arguments::default()
        }
    }

    /// `collections.namedtuple(name, fields)`
    pub(super) fn named_tuple(&mut self, arguments: &Arguments<'a>) -> Value<'a> {
        let names: Option<Vec<Rc<str>>> = match arguments.get(1, "field_names") {
            Some(Value::Text(text)) => {
                let names = text.split([' ', ',', '\n']).filter(|it| !it.is_empty());
                Some(names.map(Into::into).collect())
            }
            Some(Value::Sequence(it)) if !it.open.get() => {
                let items = it.items.borrow();
                items.iter().map(|it| Some(it.as_text()?.into())).collect()
            }
            _ => None,
        };
        let Some(names) = names else {
            return Value::Opaque;
        };
        let fields = names.into_iter().map(|name| Field {
            name,
            initial: false,
        });
        let name = arguments.get(0, "typename").and_then(Value::as_text);
        let base = Value::foreign("builtins.tuple");
        Value::Class(self.bare_class(name.unwrap_or("tuple"), base, fields.collect()))
    }

    /// `types.SimpleNamespace(…)` and its like: an object with these attributes.
    pub(super) fn namespace_object(&mut self, name: &str, arguments: &Arguments<'a>) -> Value<'a> {
        let class = self.bare_class(name, Value::foreign(name), Vec::new());
        let attributes = arguments.keywords.iter().cloned().collect();
        Value::Instance(Rc::new(Instance {
            class,
            attributes: std::cell::RefCell::new(attributes),
            open: Default::default(),
            born: self.uncertainty(),
        }))
    }

    /// A class that nobody has written.
    fn bare_class(&mut self, name: &str, base: Value<'a>, fields: Vec<Field>) -> Rc<Class<'a>> {
        let around = Some(Rc::new(Scope::default()));
        let class = Rc::new(Class {
            name: name.into(),
            module: self.here(),
            bases: vec![base],
            decorated: false,
            metaclass: None,
            scope: Scope::new(around, self.uncertainty(), true),
            fields,
            subclasses: Default::default(),
            order: Default::default(),
        });
        self.circles.class(&class);
        class
    }
}

/// What a named tuple goes through: the values of its fields, in order.
pub(super) fn items_of<'a>(instance: &Instance<'a>) -> Option<Vec<Value<'a>>> {
    let order = mro(&instance.class);
    let is_tuple = order.iter().flat_map(|it| &it.bases).any(|base| {
        matches!(base, Value::Foreign(name) if matches!(&**name, "builtins.tuple" | "typing.NamedTuple"))
    });
    let fields = all_fields(&instance.class);
    if !is_tuple || fields.is_empty() {
        return None;
    }
    let attributes = instance.attributes.borrow();
    let values = fields.iter().map(|field| {
        let own = attributes.get(&field.name).cloned();
        own.or_else(|| order.iter().find_map(|it| it.scope.get(&field.name)))
    });
    values.collect()
}

/// The fields of a class and of those it inherits from, theirs first.
pub(super) fn all_fields(class: &Rc<Class<'_>>) -> Vec<Field> {
    let mut all: Vec<Field> = Vec::new();
    for class in mro(class).iter().rev() {
        for field in &class.fields {
            match all.iter_mut().find(|it| it.name == field.name) {
                Some(known) => known.initial = field.initial,
                None => all.push(field.clone()),
            }
        }
    }
    all
}

/// It is not known which attributes the arguments became: any of them may have another value
/// than the class says.
fn forget_values<'a>(class: &Rc<Class<'a>>, made: &Rc<Instance<'a>>) {
    made.open.set(true);
    let names = class.scope.names.borrow();
    let mut attributes = made.attributes.borrow_mut();
    let is_method = |value: &Value<'a>| value.is_code() || matches!(value, Value::Wrapped(..));
    for (name, value) in names.iter() {
        if !name.starts_with("__") && !is_method(value) {
            attributes.entry(name.clone()).or_insert(Value::Unknown);
        }
    }
    for field in &class.fields {
        let entry = attributes.entry(field.name.clone());
        entry.or_insert(Value::Unknown);
    }
}

//! Methods of functions, properties, generators and `super()`, and those known by name alone.

use std::rc::Rc;

use crate::python::eager::machine::{Machine, Outcome};
use crate::python::eager::value::{Arguments, Class, Function, Instance, Value, Wrapper};
use crate::python::syntax::TextRange;

impl<'a> Machine<'a, '_> {
    pub(super) fn function_method(
        &mut self,
        function: &Value<'a>,
        method: &str,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        match method {
            "register" => Ok(self.register(function, &arguments)),
            "__get__" => {
                let on = arguments.positional.first().unwrap_or(&Value::None);
                self.bind(function.clone(), on, &Value::Unknown, range)
            }
            _ => self.call(function, arguments, range),
        }
    }

    /// `function.register(…)` of `functools.singledispatch`: as a decorator, which asks for the
    /// annotation of the first parameter, or with a type.
    fn register(&mut self, function: &Value<'a>, arguments: &Arguments<'a>) -> Value<'a> {
        let again = Value::method(function.clone(), Value::foreign("function.register"));
        let Value::Function(all) = function else {
            return again;
        };
        let (kind, given) = match arguments.positional.as_slice() {
            [given @ Value::Function(registered)] => (self.first_annotation(registered), given),
            [kind, given] => (kind.clone(), given),
            _ => return Value::Wrapped(Wrapper::Partial, Rc::new((again, arguments.clone()))),
        };
        let mut attributes = all.attributes.borrow_mut();
        let known = attributes.entry("__dispatch__".into());
        let known = known.or_insert_with(|| Value::dict(Vec::new(), false, 0));
        if let Value::Dict(known) = known {
            let mut items = known.items.borrow_mut();
            match &kind {
                Value::Sequence(kinds) => {
                    let kinds = kinds.items.borrow().clone();
                    items.extend(kinds.into_iter().map(|it| (it, given.clone())));
                }
                _ => items.push((kind, given.clone())),
            }
        }
        drop(attributes);
        given.clone()
    }

    /// What the first parameter is annotated with, but for `self`.
    fn first_annotation(&mut self, function: &Rc<Function<'a>>) -> Value<'a> {
        let parameters = function.parameters().into_iter().flat_map(|it| it.iter());
        let annotation = parameters.filter_map(|it| it.annotation()).next();
        let told = annotation.map(|it| self.caught(|machine| machine.value(it)));
        match told {
            Some(Ok(value)) => value,
            _ => Value::Unknown,
        }
    }

    pub(super) fn generator_method(
        &mut self,
        generator: &Value<'a>,
        method: &str,
        range: TextRange,
    ) -> Outcome<'a> {
        if matches!(method, "throw" | "athrow") {
            self.lost("an exception is thrown into a generator", range);
        }
        if !matches!(method, "send" | "__next__" | "__anext__" | "asend") {
            return Ok(Value::Unknown);
        }
        let (items, _) = self.iterate(generator, range)?;
        Ok(items.into_iter().next().unwrap_or(Value::Unknown))
    }

    pub(super) fn super_method(
        &mut self,
        receiver: &Value<'a>,
        method: &str,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        match (method, receiver) {
            // `object.__new__` and `type.__new__`, as far as they are not analysed.
            ("__new__", _) => Ok(match arguments.positional.first() {
                Some(Value::Class(class)) if arguments.positional.len() < 4 => {
                    self.bare_instance(class.clone())
                }
                _ => Value::Unknown,
            }),
            ("__getattribute__", Value::Instance(instance)) => match arguments.positional.first() {
                Some(Value::Text(name)) => self.plain_attribute(receiver, instance, name, range),
                _ => Ok(Value::Unknown),
            },
            ("__setattr__", Value::Instance(_)) => {
                let mut all = arguments;
                all.positional.insert(0, receiver.clone());
                self.set_plainly(&all, range)
            }
            ("__call__", Value::Class(class)) => self.make_instance(class, arguments, range),
            _ => Ok(Value::Opaque),
        }
    }

    fn bare_instance(&self, class: Rc<Class<'a>>) -> Value<'a> {
        Value::Instance(Rc::new(Instance {
            class,
            attributes: Default::default(),
            open: Default::default(),
            born: self.uncertainty(),
        }))
    }

    /// Only the name of what is called is known: every function of that name may be meant.
    pub(super) fn call_by_name(&mut self, name: &str, range: TextRange) -> Outcome<'a> {
        self.risk();
        if name == "load" && self.plugins {
            return Ok(self.load_plugin(range));
        }
        if COMMON.contains(&name) || (name.starts_with("__") && name != "__call__") {
            return Ok(Value::Unknown);
        }
        let candidates = self.named.get(name).cloned().unwrap_or_default();
        for function in candidates {
            let why = "a call of which only the name is known";
            self.perhaps(why, range, |it| it.summarised(&function, range));
        }
        Ok(Value::Unknown)
    }
}

/// `property.getter`, `property.setter` and `property.deleter`
pub(super) fn property<'a>(
    parts: &(Value<'a>, Arguments<'a>),
    method: &str,
    arguments: &Arguments<'a>,
) -> Value<'a> {
    let given = arguments.positional.first().cloned().unwrap_or(Value::None);
    let (getter, mut all) = parts.clone();
    if method == "getter" {
        return Value::Wrapped(Wrapper::Property, Rc::new((given, all)));
    }
    let kept = match method {
        "setter" => "fset",
        _ => "fdel",
    };
    all.keywords.retain(|(name, _)| &**name != kept);
    all.positional.clear();
    all.keywords.push((kept.into(), given));
    Value::Wrapped(Wrapper::Property, Rc::new((getter, all)))
}

/// Methods of lists, dictionaries, texts and files: a call of such a name says too little.
const COMMON: &[&str] = &[
    "add",
    "append",
    "clear",
    "close",
    "copy",
    "count",
    "decode",
    "encode",
    "endswith",
    "extend",
    "find",
    "format",
    "get",
    "index",
    "insert",
    "items",
    "join",
    "keys",
    "lower",
    "pop",
    "read",
    "remove",
    "replace",
    "setdefault",
    "sort",
    "split",
    "startswith",
    "strip",
    "update",
    "upper",
    "values",
    "write",
];

//! What calls of built-in functions and of the standard library do to loading.
//!
//! A function that is not listed, and every function of a package that is not looked into, is
//! taken to load nothing of the analysed code and to keep, not call, the functions it is given.

mod builtin;
mod decorator;
mod dict;
mod importing;
mod iteration;
mod library;
mod list;
mod method;
mod namespace;
mod reflection;
mod runner;
mod text;

pub(super) use reflection::is_one;

use crate::python::syntax::TextRange;

use super::machine::{Machine, Outcome};
use super::value::{Arguments, Value};

impl<'a> Machine<'a, '_> {
    /// A function that is not analysed, by its dotted name (`?.name` if only its name is known).
    pub(super) fn call_foreign(
        &mut self,
        name: &str,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        if let Some(name) = name.strip_prefix("builtins.") {
            return self.call_builtin(name, arguments, range);
        }
        match decorator::made(name, &arguments) {
            Some(made) => Ok(made),
            None => match name.split('.').next() {
                Some("importlib" | "pkgutil" | "runpy") => {
                    self.call_importer(name, &arguments, range)
                }
                Some("sys") => self.call_sys(name, &arguments, range),
                _ => self.call_library(name, &arguments, range),
            },
        }
    }

    /// `value.name(…)` where what is called is built in.
    pub(super) fn call_foreign_method(
        &mut self,
        receiver: &Value<'a>,
        name: &str,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let (kind, method) = name.split_once('.').unwrap_or(("", name));
        match (kind, receiver) {
            ("str", Value::Text(text)) => self.text_method(text, method, &arguments, range),
            ("list", Value::Sequence(_)) => self.list_method(receiver, method, &arguments, range),
            ("dict", Value::Dict(_)) => self.dict_method(receiver, method, &arguments, range),
            ("function", function) => self.function_method(function, method, arguments, range),
            ("property", Value::Wrapped(_, parts)) => {
                Ok(method::property(parts, method, &arguments))
            }
            ("generator", _) => self.generator_method(receiver, method, range),
            ("namespace", Value::Wrapped(_, parts)) => {
                self.namespace_method(&parts.0, method, &arguments, range)
            }
            ("super", _) => self.super_method(receiver, method, arguments, range),
            ("type", Value::Class(class)) => {
                let all = class.subclasses.borrow().clone();
                Ok(self.sequence(all, true))
            }
            ("unknown", _) => self.call_by_name(method, range),
            _ => {
                self.risk();
                Ok(Value::Opaque)
            }
        }
    }
}

/// Code that is not looked into may put other things into what it is given, or give it attributes.
pub(super) fn escape(arguments: &Arguments<'_>) {
    for value in arguments.all() {
        match value {
            Value::Sequence(it) => it.open.set(true),
            Value::Dict(it) => it.open.set(true),
            Value::Instance(it) => it.open.set(true),
            Value::Class(it) => it.scope.open.set(true),
            _ => {}
        }
    }
}

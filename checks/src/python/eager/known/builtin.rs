//! The built-in functions, by name.
//!
//! <https://docs.python.org/3/library/functions.html>

use std::rc::Rc;

use crate::python::eager::exception::is_built_in;
use crate::python::eager::expression::written;
use crate::python::eager::machine::{Machine, Outcome};
use crate::python::eager::value::{Arguments, Truth, Value, Wrapper};
use crate::python::syntax::TextRange;

use super::escape;
use super::reflection::is_instance;

impl<'a> Machine<'a, '_> {
    pub(super) fn call_builtin(
        &mut self,
        name: &str,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let first = arguments.positional.first().cloned();
        match name {
            "__import__" => self.dunder_import(&arguments, range),
            "exec" | "eval" => self.run_text(&arguments, range),
            "getattr" => self.get_attribute(&arguments, range),
            "hasattr" => self.has_attribute(&arguments, range),
            "setattr" => self.set_by_name(&arguments, range),
            "isinstance" | "issubclass" => {
                self.ask_class(name, &arguments, range)?;
                Ok(is_instance(&arguments))
            }
            "dir" => self.listed(first.as_ref(), range),
            "callable" => Ok(callable(first.as_ref())),
            "len" => self.length(first.as_ref(), range),
            "bool" => self.bool_of(first.as_ref(), range),
            "str" | "repr" | "format" => self.text_of(name, first, range),
            "int" => {
                self.ask_first(
                    first.as_ref(),
                    &["__int__", "__index__", "__trunc__"],
                    range,
                )?;
                self.int_of(first.as_ref(), range)
            }
            "bytes" => self.asked(
                first.as_ref(),
                &["__bytes__", "__index__", "__iter__"],
                range,
            ),
            "float" | "complex" => self.asked(
                first.as_ref(),
                &["__float__", "__complex__", "__index__"],
                range,
            ),
            "abs" => self.asked(first.as_ref(), &["__abs__"], range),
            "round" => self.asked(first.as_ref(), &["__round__"], range),
            "divmod" => self.asked(first.as_ref(), &["__divmod__"], range),
            "pow" => self.asked(first.as_ref(), &["__pow__"], range),
            "bin" | "hex" | "oct" => self.asked(first.as_ref(), &["__index__"], range),
            "iter" if arguments.positional.len() == 2 => self.call_again(arguments, range),
            "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed" | "iter" => {
                self.sequence_of(name, &arguments, range)
            }
            "dict" => self.dict_of(arguments, range),
            "range" => {
                for bound in &arguments.positional {
                    self.ask(bound, &["__index__"], range)?;
                }
                Ok(self.range(&arguments))
            }
            "enumerate" | "zip" | "map" | "filter" => Ok(deferred(name, arguments)),
            "any" | "all" => self.some_of(name, &arguments, range),
            "sum" | "min" | "max" => self.all_of(name, &arguments, range),
            "dict.fromkeys" => self.dict_from_keys(&arguments, range),
            "next" => self.next_of(&arguments, range),
            "super" => Ok(self.super_object(&arguments)),
            "property" => Ok(property(arguments)),
            "staticmethod" => Ok(wrapped(Wrapper::StaticMethod, first)),
            "classmethod" => Ok(wrapped(Wrapper::ClassMethod, first)),
            "globals" => Ok(Value::wrapped(
                Wrapper::Namespace,
                Value::Module(self.here()),
            )),
            "vars" | "locals" => Ok(self.variables(first)),
            "type" if arguments.positional.len() >= 3 => self.class_by_call(arguments, range),
            "type" => Ok(self.type_of(first)),
            "exit" | "quit" => {
                self.raise("SystemExit", format!("`{name}` ends the program"), range)
            }
            "print" => self.print(arguments, range),
            "hash" => {
                let on = first.unwrap_or(Value::None);
                self.call_special(&on, "__hash__", Arguments::default(), range)?;
                Ok(Value::Opaque)
            }
            "object.__getattribute__" | "type.__getattribute__" => {
                match arguments.positional.as_slice() {
                    [on @ Value::Instance(instance), Value::Text(name)] => {
                        self.plain_attribute(on, instance, name, range)
                    }
                    _ => self.get_attribute(&arguments, range),
                }
            }
            "object.__setattr__" => self.set_plainly(&arguments, range),
            "type.__call__" => {
                let mut given = arguments;
                given.positional = given.positional.into_iter().skip(1).collect();
                self.call(&first.unwrap_or(Value::Unknown), given, range)
            }
            "object" | "id" => Ok(Value::Opaque),
            _ => Ok(self.other_builtin(name, arguments)),
        }
    }

    fn ask_first(
        &mut self,
        first: Option<&Value<'a>>,
        names: &[&str],
        range: TextRange,
    ) -> Outcome<'a, ()> {
        first.map_or(Ok(()), |it| self.ask(it, names, range))
    }

    fn asked(
        &mut self,
        first: Option<&Value<'a>>,
        names: &[&str],
        range: TextRange,
    ) -> Outcome<'a> {
        self.ask_first(first, names, range)?;
        self.risk();
        Ok(Value::Opaque)
    }

    /// `iter(function, last)` calls the function for each value.
    fn call_again(&mut self, arguments: Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let Some(function) = arguments.positional.into_iter().next() else {
            return Ok(Value::Unknown);
        };
        let why = "a function that is called until it answers a certain value";
        let made = self.perhaps(why, range, |it| {
            it.call(&function, Arguments::default(), range)
        });
        Ok(self.sequence(made.into_iter().collect(), true))
    }

    /// `__instancecheck__`, `__subclasscheck__` and `__subclasshook__`.
    fn ask_class(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        let [value, kind @ Value::Class(class)] = arguments.positional.as_slice() else {
            return Ok(());
        };
        let asked = match name {
            "isinstance" => "__instancecheck__",
            _ => "__subclasscheck__",
        };
        let given = Arguments::of(vec![value.clone()]);
        self.call_special(kind, asked, given.clone(), range)?;
        if let Some(hook) = self.class_attribute(class, "__subclasshook__") {
            let hook = self.bind(hook, kind, kind, range)?;
            self.call(&hook, given, range)?;
        }
        Ok(())
    }

    /// `dir(value)`, which a module or a class may answer itself.
    fn listed(&mut self, on: Option<&Value<'a>>, range: TextRange) -> Outcome<'a> {
        match on {
            Some(Value::Module(id)) => {
                let scope = self.modules.get(*id).map(|it| it.scope.clone());
                if let Some(own @ Value::Function(_)) = scope.and_then(|it| it.get("__dir__")) {
                    self.call(&own, Arguments::default(), range)?;
                }
            }
            Some(value) => {
                self.call_special(value, "__dir__", Arguments::default(), range)?;
            }
            None => {}
        }
        Ok(Value::Opaque)
    }

    fn bool_of(&mut self, value: Option<&Value<'a>>, range: TextRange) -> Outcome<'a> {
        let truth = value.map(|it| self.truth(it, range)).transpose()?;
        Ok(match truth {
            Some(Truth::Yes) => Value::Bool(true),
            Some(Truth::No) | None => Value::Bool(false),
            Some(Truth::Maybe) => Value::Opaque,
        })
    }

    fn int_of(&mut self, value: Option<&Value<'a>>, range: TextRange) -> Outcome<'a> {
        match value {
            Some(Value::Int(number)) => Ok(Value::Int(*number)),
            Some(Value::Text(text)) => match text.trim().parse() {
                Ok(number) => Ok(Value::Int(number)),
                Err(_) => self.raise("ValueError", "`int` of what is no number", range),
            },
            _ => {
                self.risk();
                Ok(Value::Opaque)
            }
        }
    }

    fn text_of(&mut self, name: &str, value: Option<Value<'a>>, range: TextRange) -> Outcome<'a> {
        let Some(value) = value else {
            return Ok(Value::text(""));
        };
        self.ask_texts_inside(&value, range)?;
        if let Value::Instance(_) = &value {
            for special in ["__str__", "__repr__"] {
                if let Some(told) =
                    self.call_special(&value, special, Arguments::default(), range)?
                {
                    return Ok(told);
                }
            }
        }
        Ok(match written(&value) {
            Some(text) if name == "str" => Value::text(text),
            _ => Value::Opaque,
        })
    }

    pub(super) fn dict_of(&mut self, arguments: Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let mut items = Vec::new();
        let mut open = arguments.open;
        match arguments.positional.first() {
            Some(value @ Value::Instance(_)) => {
                self.methods_perhaps(value, range);
                return Ok(Value::dict(Vec::new(), true, self.uncertainty()));
            }
            Some(Value::Dict(dict)) => {
                items.extend(dict.items.borrow().iter().cloned());
                open |= dict.open.get();
            }
            Some(pairs) => {
                let (pairs, more) = self.iterate(pairs, range)?;
                open |= more;
                self.spend(pairs.len());
                for pair in &pairs {
                    match self.iterate(pair, range)? {
                        (pair, false) if pair.len() == 2 => {
                            let mut pair = pair.into_iter();
                            items.extend(pair.next().zip(pair.next()));
                        }
                        _ => open = true,
                    }
                }
            }
            None => {}
        }
        let named = arguments.keywords.into_iter();
        items.extend(named.map(|(name, value)| (Value::Text(name), value)));
        Ok(Value::dict(items, open, self.uncertainty()))
    }

    fn dict_from_keys(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let [keys, rest @ ..] = arguments.positional.as_slice() else {
            return Ok(Value::Opaque);
        };
        let (keys, open) = self.iterate(keys, range)?;
        let value = rest.first().unwrap_or(&Value::None);
        let items = keys.into_iter().map(|key| (key, value.clone()));
        Ok(Value::dict(items.collect(), open, self.uncertainty()))
    }

    fn print(&mut self, arguments: Arguments<'a>, range: TextRange) -> Outcome<'a> {
        for value in arguments.positional {
            self.text_of("str", Some(value), range)?;
        }
        if let Some(stream) = self.patched.get("sys.stdout").cloned() {
            let why = "what is printed is written to an object of the program";
            let one = Arguments::of(vec![Value::Opaque]);
            drop(self.perhaps(why, range, |it| {
                it.call_special(&stream, "write", one, range)
            }));
        }
        Ok(Value::None)
    }

    fn other_builtin(&mut self, name: &str, arguments: Arguments<'a>) -> Value<'a> {
        if let Some(function) = name.strip_suffix(".__get__") {
            let function = Value::foreign(format!("builtins.{function}"));
            return Value::Wrapped(Wrapper::Partial, Rc::new((function, arguments)));
        }
        escape(&arguments);
        if name.ends_with("Error") || name.ends_with("Exception") || is_built_in(name) {
            // An instance of a built-in exception is as good as its class.
            return Value::foreign(format!("builtins.{name}"));
        }
        self.risk();
        Value::Opaque
    }
}

fn callable<'a>(value: Option<&Value<'a>>) -> Value<'a> {
    match value {
        Some(it) if it.is_code() => Value::Bool(true),
        Some(it) if it.is_constant() => Value::Bool(false),
        _ => Value::Opaque,
    }
}

/// What goes through its arguments only when somebody goes through it.
pub(super) fn deferred<'a>(name: &str, arguments: Arguments<'a>) -> Value<'a> {
    let parts = (Value::foreign(name), arguments);
    Value::Wrapped(Wrapper::Deferred, Rc::new(parts))
}

fn property(arguments: Arguments<'_>) -> Value<'_> {
    let getter = arguments.get(0, "fget").cloned().unwrap_or(Value::None);
    Value::Wrapped(Wrapper::Property, Rc::new((getter, arguments)))
}

fn wrapped(wrapper: Wrapper, function: Option<Value<'_>>) -> Value<'_> {
    Value::wrapped(wrapper, function.unwrap_or(Value::None))
}

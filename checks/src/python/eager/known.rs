//! What calls of built-in functions and of the standard library do to loading.
//!
//! A function that is not listed, and every function of a package that is not looked into, is
//! taken to load nothing of the analysed code and to keep, not call, the functions it is given.

use std::rc::Rc;

use crate::python::source::Source;
use crate::python::syntax::TextRange;

use super::exception::caught;
use super::expression::written;
use super::machine::{Machine, Outcome};
use super::stdlib::in_standard_library;
use super::value::{Arguments, Class, Scope, Truth, Value, Wrapper};

impl<'a> Machine<'a, '_> {
    pub(super) fn call_foreign(
        &mut self,
        name: &str,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        if let Some(name) = name.strip_prefix("builtins.") {
            return self.call_builtin(name, arguments, range);
        }
        let first = arguments.positional.first().cloned();
        let given = |value: Option<Value<'a>>| Ok(value.unwrap_or(Value::Opaque));
        match name {
            "importlib.import_module" => self.import_by_name(&arguments, range),
            "importlib.__import__" => self.call_builtin("__import__", arguments, range),
            "importlib.util.find_spec" | "importlib.find_loader" | "pkgutil.find_loader" => {
                self.find_spec(&arguments, range)
            }
            "functools.partial" | "functools.partialmethod" => {
                let mut rest = arguments;
                if rest.positional.is_empty() {
                    return Ok(Value::Opaque);
                }
                let function = rest.positional.remove(0);
                Ok(Value::Wrapped(Wrapper::Partial, Rc::new((function, rest))))
            }
            "functools.lru_cache"
            | "functools.cache"
            | "functools.total_ordering"
            | "functools.singledispatch"
            | "functools.singledispatchmethod"
            | "functools.update_wrapper"
            | "dataclasses.dataclass"
            | "abc.abstractmethod"
            | "typing.overload"
            | "typing.final"
            | "typing.no_type_check"
            | "typing.runtime_checkable"
            | "enum.unique"
            | "asyncio.coroutine"
            | "typing_extensions.overload"
            | "typing_extensions.final"
            | "typing_extensions.runtime_checkable"
            | "types.coroutine" => {
                given(first.filter(|it| it.is_code() || matches!(it, Value::Wrapped(..))))
            }
            "functools.cached_property"
            | "abc.abstractproperty"
            | "enum.property"
            | "types.DynamicClassAttribute" => {
                given(first.map(|it| Value::wrapped(Wrapper::Property, it)))
            }
            "typing.cast" | "typing_extensions.cast" => {
                given(arguments.positional.into_iter().nth(1))
            }
            "contextlib.contextmanager" | "contextlib.asynccontextmanager" => {
                given(first.map(|it| Value::wrapped(Wrapper::ContextManager, it)))
            }
            "contextlib.suppress" => {
                let kinds = self.sequence(arguments.positional, arguments.open);
                Ok(Value::wrapped(Wrapper::Suppress, kinds))
            }
            "threading.Thread"
            | "threading.Timer"
            | "multiprocessing.Process"
            | "multiprocessing.context.Process" => {
                let function = arguments
                    .get(1, "target")
                    .or_else(|| arguments.get(1, "function"));
                let function = function.cloned().unwrap_or(Value::None);
                let given = match arguments.get(9, "args") {
                    Some(Value::Sequence(it)) if !it.open.get() => {
                        Arguments::of(it.items.borrow().clone())
                    }
                    None => Arguments::default(),
                    Some(_) => Arguments {
                        open: true,
                        ..Arguments::default()
                    },
                };
                Ok(Value::Wrapped(Wrapper::Starts, Rc::new((function, given))))
            }
            "dataclasses.field" | "attr.ib" | "attr.field" | "attrs.field" | "attr.attrib"
            | "pydantic.Field" => {
                let factory = arguments
                    .get(9, "default_factory")
                    .or_else(|| arguments.get(9, "factory"));
                Ok(match factory {
                    Some(factory) => Value::wrapped(Wrapper::Factory, factory.clone()),
                    None => Value::Opaque,
                })
            }
            "collections.defaultdict" => {
                given(first.map(|it| Value::wrapped(Wrapper::Factory, it)))
            }
            "asyncio.gather"
            | "asyncio.wait_for"
            | "asyncio.create_task"
            | "asyncio.ensure_future"
            | "asyncio.shield"
            | "asyncio.timeout" => {
                let mut last = Value::Opaque;
                for value in &arguments.positional {
                    if let Value::Suspended(_) = value {
                        last = self.resume(value, range)?;
                    }
                }
                Ok(last)
            }
            "?.enter_context" | "?.enter_async_context" => match first {
                Some(manager) => self.enter_manager(&manager, range),
                None => Ok(Value::Opaque),
            },
            "?.addHandler" | "?.addFilter" => {
                if let Some(value) = &first {
                    self.methods_perhaps(value, range);
                }
                Ok(Value::None)
            }
            "contextlib.nullcontext" => Ok(Value::Opaque),
            "functools.reduce" | "re.sub" | "itertools.starmap" => {
                if let Some(function) = arguments.all().find(|it| it.is_code()).cloned() {
                    let why = "a function that is handed on and called";
                    let unknown = Arguments {
                        open: true,
                        ..Arguments::default()
                    };
                    self.perhaps(why, range, |it| it.call(&function, unknown, range))?;
                }
                Ok(Value::Opaque)
            }
            "asyncio.run" => match first {
                Some(value) => self.resume(&value, range),
                None => Ok(Value::Opaque),
            },
            "sys.exit" | "os._exit" | "os.abort" => {
                self.raise("SystemExit", format!("`{name}` ends the program"), range)
            }
            "platform.system" => Ok(Value::text(match self.settings.platform.as_str() {
                "win32" => "Windows",
                "darwin" => "Darwin",
                _ => "Linux",
            })),
            "platform.python_implementation" => Ok(Value::text("CPython")),
            "sys.modules.get" | "sys.modules.__contains__" => {
                match first.as_ref().and_then(Value::as_text) {
                    Some(name) => Ok(match self.loaded_value(name) {
                        Some(value) => value,
                        None => arguments.positional.get(1).cloned().unwrap_or(Value::None),
                    }),
                    None => Ok(Value::Unknown),
                }
            }
            "sys.modules.setdefault" => match (
                first.as_ref().and_then(Value::as_text),
                arguments.positional.get(1),
            ) {
                (Some(name), Some(value)) => {
                    if let Some(known) = self.loaded_value(name) {
                        return Ok(known);
                    }
                    let value = value.clone();
                    self.replace_module(&Value::text(name), value.clone());
                    Ok(value)
                }
                _ => {
                    self.tampered("`sys.modules` is changed");
                    Ok(Value::Unknown)
                }
            },
            "sys.modules.pop" => {
                match first.as_ref().and_then(Value::as_text) {
                    Some(name) if self.sure() => drop(self.loaded.remove(name)),
                    _ => self.tampered("`sys.modules` is changed"),
                }
                Ok(Value::Unknown)
            }
            "sys.modules.update" | "sys.modules.clear" | "sys.modules.__setitem__" => {
                self.tampered("`sys.modules` is changed");
                Ok(Value::None)
            }
            "sys.meta_path.insert"
            | "sys.meta_path.append"
            | "sys.path_hooks.insert"
            | "sys.path_hooks.append" => {
                self.finders = true;
                self.tampered("the program has a finder of its own for modules");
                Ok(Value::None)
            }
            "runpy.run_module" | "runpy.run_path" | "importlib.util.module_from_spec" => {
                self.tampered(&format!(
                    "`{name}` is called: what is loaded then is not followed"
                ));
                Ok(Value::Opaque)
            }
            "operator.methodcaller" => Ok(match first.as_ref().and_then(Value::as_text) {
                Some(method) => Value::foreign(format!("operator.methodcaller.{method}")),
                None => Value::Opaque,
            }),
            _ if name.starts_with("operator.methodcaller.") => match first {
                Some(on) => {
                    let method = name.rsplit('.').next().unwrap_or_default();
                    let function = self.attribute(&on, method, range)?;
                    let unknown = Arguments {
                        open: true,
                        ..Arguments::default()
                    };
                    self.call(&function, unknown, range)
                }
                None => Ok(Value::Opaque),
            },
            "types.ModuleType" => Ok(Value::Opaque),
            _ => {
                escape(&arguments);
                self.run_given(name, &arguments, range)?;
                let top = name.split('.').next().unwrap_or(name);
                if !HARMLESS.contains(&top) {
                    self.risk();
                }
                Ok(Value::Opaque)
            }
        }
    }

    /// Coroutines and generators are made to be run by whoever gets them; functions only where
    /// the name of what gets them says so.
    fn run_given(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        let method = name.rsplit('.').next().unwrap_or(name);
        let runs = RUNNERS.contains(&method);
        for (index, value) in arguments.all().cloned().enumerate() {
            let why = "what is handed on may be run";
            match &value {
                Value::Instance(_) | Value::Class(_)
                    if in_standard_library(name, self.settings.version)
                        && !HARMLESS.contains(&name.split('.').next().unwrap_or(name)) =>
                {
                    self.methods_perhaps(&value, range);
                }
                Value::Suspended(_) | Value::Generator(_) => {
                    drop(self.perhaps(why, range, |it| it.iterate(&value, range)))
                }
                _ if runs
                    && (value.is_code()
                        || matches!(value, Value::Wrapped(Wrapper::Partial, _)))
                    && index < 2 =>
                {
                    let unknown = Arguments {
                        open: true,
                        ..Arguments::default()
                    };
                    drop(self.perhaps(why, range, |it| it.call(&value, unknown, range)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn import_by_name(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let names: Vec<Value<'a>> = arguments
            .get(0, "name")
            .map(|it| it.alternatives().to_vec())
            .unwrap_or_default();
        let package = arguments
            .get(1, "package")
            .and_then(Value::as_text)
            .map(str::to_owned);
        let several = names.len() > 1;
        let mut all: Option<Value<'a>> = None;
        for name in &names {
            let Some(name) = name.as_text() else {
                self.lost(
                    "`import_module` is given a name that cannot be known",
                    range,
                );
                all = Some(Value::Unknown);
                continue;
            };
            let Some(name) = relative(name, package.as_deref()) else {
                self.lost(
                    "`import_module` is given a relative name without its package",
                    range,
                );
                continue;
            };
            let done = if several {
                self.perhaps("one of several names", range, |it| {
                    it.import_module(&name, range)
                })
            } else {
                self.import_module(&name, range)
            };
            match done {
                Ok(value) => all = Some(all.map_or(value.clone(), |all| all.or(&value))),
                Err(raise) if several => self.may_have_raised(&raise),
                Err(raise) => return Err(raise),
            }
        }
        if names.is_empty() {
            self.lost(
                "`import_module` is given a name that cannot be known",
                range,
            );
        }
        Ok(all.unwrap_or(Value::Unknown))
    }

    /// Something may be loaded here of which nothing is known.
    pub(super) fn lost(&mut self, why: &str, range: TextRange) {
        self.may_raise.import = true;
        self.may_raise.other = true;
        let at = (self.here(), range);
        self.stopped.get_or_insert((why.to_owned(), Some(at)));
    }

    /// `find_spec` imports what stands above, and looks for the rest.
    fn find_spec(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let package = arguments
            .get(1, "package")
            .and_then(Value::as_text)
            .map(str::to_owned);
        let name = arguments
            .get(0, "name")
            .and_then(Value::as_text)
            .map(str::to_owned);
        let Some(name) = name.and_then(|name| relative(&name, package.as_deref())) else {
            return Ok(Value::Opaque);
        };
        self.presence = true;
        if let Some((parent, _)) = name.rsplit_once('.') {
            self.import_module(parent, range)?;
        }
        Ok(if self.is_there(&name, range) {
            Value::method(
                Value::Opaque,
                Value::foreign("importlib.machinery.ModuleSpec"),
            )
        } else {
            Value::None
        })
    }

    fn call_builtin(
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
            "setattr" => {
                if let [on, Value::Text(name), value] = arguments.positional.as_slice() {
                    self.set_attribute(on, name, value.clone(), range)?;
                } else if let Some(Value::Module(id)) = &first
                    && let Some(module) = self.modules.get(*id)
                {
                    module.scope.open.set(true);
                }
                Ok(Value::None)
            }
            "isinstance" | "issubclass" => Ok(is_instance(&arguments)),
            "callable" => Ok(match first {
                Some(it) if it.is_code() => Value::Bool(true),
                Some(it) if it.is_constant() => Value::Bool(false),
                _ => Value::Opaque,
            }),
            "len" => self.length(first.as_ref(), range),
            "bool" => Ok(
                match first.as_ref().map(|it| self.truth(it, range)).transpose()? {
                    Some(Truth::Yes) => Value::Bool(true),
                    Some(Truth::No) | None => Value::Bool(false),
                    Some(Truth::Maybe) => Value::Opaque,
                },
            ),
            "str" | "repr" | "format" => self.text_of(name, first, range),
            "int" => match first {
                Some(Value::Int(number)) => Ok(Value::Int(number)),
                Some(Value::Text(text)) => match text.trim().parse() {
                    Ok(number) => Ok(Value::Int(number)),
                    Err(_) => self.raise("ValueError", "`int` of what is no number", range),
                },
                _ => {
                    self.risk();
                    Ok(Value::Opaque)
                }
            },
            "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed" | "iter" => {
                self.sequence_of(name, &arguments, range)
            }
            "dict" if matches!(first, Some(Value::Instance(_))) => {
                if let Some(value) = &first {
                    self.methods_perhaps(value, range);
                }
                Ok(Value::dict(Vec::new(), true, self.uncertainty()))
            }
            "dict" => {
                let mut items: Vec<_> = Vec::new();
                let mut open = arguments.open;
                match first {
                    Some(Value::Dict(dict)) => {
                        items.extend(dict.items.borrow().iter().cloned());
                        open |= dict.open.get();
                    }
                    Some(_) => open = true,
                    None => {}
                }
                items.extend(
                    arguments
                        .keywords
                        .into_iter()
                        .map(|(name, value)| (Value::Text(name), value)),
                );
                Ok(Value::dict(items, open, self.uncertainty()))
            }
            "range" => Ok(self.range(&arguments)),
            "enumerate" | "zip" => self.zip(name, &arguments, range),
            "map" | "filter" => self.map(name, &arguments, range),
            "any" | "all" if matches!(first, Some(Value::Generator(_))) => {
                let value = first.unwrap_or(Value::Unknown);
                let why = "a generator that may be left before its end";
                self.perhaps(why, range, |it| it.iterate(&value, range))?;
                Ok(Value::Opaque)
            }
            "any" | "all" | "sum" | "min" | "max" => {
                if let Some(value) = &first {
                    self.iterate(value, range)?;
                }
                let values = match arguments.positional.as_slice() {
                    [one] => Some(one.clone()),
                    several => Some(self.sequence(several.to_vec(), arguments.open)),
                };
                self.call_key(values.as_ref(), &arguments, range)?;
                Ok(Value::Opaque)
            }
            "next" => match first {
                Some(value) => {
                    let (items, _) = match &value {
                        Value::Instance(_) => {
                            let next =
                                self.call_special(&value, "__next__", Arguments::default(), range)?;
                            return Ok(next.unwrap_or(Value::Unknown));
                        }
                        value => self.iterate(value, range)?,
                    };
                    self.risk();
                    let first = items.first().cloned().unwrap_or(Value::Unknown);
                    let default = arguments.positional.get(1);
                    let all = items.iter().skip(1).fold(first, |all, it| all.or(it));
                    Ok(default.map_or(all.clone(), |default| all.or(default)))
                }
                None => Ok(Value::Unknown),
            },
            "super" => Ok(self.super_object(&arguments)),
            "property" => {
                let value = first
                    .or_else(|| arguments.get(0, "fget").cloned())
                    .unwrap_or(Value::None);
                Ok(Value::Wrapped(
                    Wrapper::Property,
                    Rc::new((value, arguments)),
                ))
            }
            "staticmethod" => Ok(Value::wrapped(
                Wrapper::StaticMethod,
                first.unwrap_or(Value::None),
            )),
            "classmethod" => Ok(Value::wrapped(
                Wrapper::ClassMethod,
                first.unwrap_or(Value::None),
            )),
            "globals" => Ok(Value::wrapped(
                Wrapper::Namespace,
                Value::Module(self.here()),
            )),
            "vars" | "locals" => Ok(match first {
                Some(it @ (Value::Module(_) | Value::Class(_) | Value::Instance(_))) => {
                    Value::wrapped(Wrapper::Namespace, it)
                }
                Some(_) => Value::dict(Vec::new(), true, self.uncertainty()),
                None => {
                    let module = self
                        .frame()
                        .is_some_and(|it| it.scope.around.is_none() && !it.scope.class);
                    if module {
                        Value::wrapped(Wrapper::Namespace, Value::Module(self.here()))
                    } else {
                        self.open_scope();
                        Value::dict(Vec::new(), true, self.uncertainty())
                    }
                }
            }),
            "type" if arguments.positional.len() >= 3 => self.class_by_call(arguments, range),
            "type" => Ok(match first {
                Some(Value::Instance(instance)) => Value::Class(instance.class.clone()),
                Some(Value::Class(class)) => self
                    .metaclass(&class)
                    .map_or(Value::foreign("builtins.type"), Value::Class),
                Some(Value::Unknown) => Value::Unknown,
                _ => Value::Opaque,
            }),
            "exit" | "quit" => {
                self.raise("SystemExit", format!("`{name}` ends the program"), range)
            }
            "print" => {
                for value in arguments.positional {
                    self.text_of("str", Some(value), range)?;
                }
                Ok(Value::None)
            }
            "object" | "id" | "hash" | "dir" => Ok(Value::Opaque),
            _ => {
                if !name.ends_with("Error")
                    && !name.ends_with("Exception")
                    && !super::exception::is_built_in(name)
                {
                    self.risk();
                    return Ok(Value::Opaque);
                }
                // An instance of a built-in exception is as good as its class.
                Ok(Value::foreign(format!("builtins.{name}")))
            }
        }
    }

    /// <https://docs.python.org/3/library/functions.html#import__>
    fn dunder_import(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let Some(name) = arguments
            .get(0, "name")
            .and_then(Value::as_text)
            .map(str::to_owned)
        else {
            self.lost("`__import__` is given a name that cannot be known", range);
            return Ok(Value::Unknown);
        };
        let level = arguments
            .get(4, "level")
            .and_then(Value::number)
            .unwrap_or(0);
        let name = match usize::try_from(level) {
            Ok(level) if level > 0 => self.absolute(level, &name, range)?,
            _ => name,
        };
        let module = self.import_module(&name, range)?;
        let Some(names) = arguments
            .get(3, "fromlist")
            .filter(|it| it.truth() == Truth::Yes)
        else {
            let top = name.split('.').next().unwrap_or(&name);
            return Ok(self.loaded_value(top).unwrap_or(module));
        };
        if let Value::Sequence(names) = names {
            for wanted in names.items.borrow().clone() {
                if let (Some(wanted), Value::Module(_)) = (wanted.as_text(), &module) {
                    let sub = format!("{name}.{wanted}");
                    let bound = match &module {
                        Value::Module(id) => self.module_attribute(*id, wanted, range)?.is_some(),
                        _ => true,
                    };
                    if !bound && self.is_there(&sub, range) {
                        self.import_module(&sub, range)?;
                    }
                }
            }
        }
        Ok(module)
    }

    /// `exec` and `eval` of a constant text run it here.
    fn run_text(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let Some(text) = arguments
            .positional
            .first()
            .and_then(Value::as_text)
            .map(str::to_owned)
        else {
            escape(arguments);
            if !matches!(arguments.positional.first(), Some(Value::Foreign(_))) {
                self.lost("a text that cannot be known is run", range);
            }
            self.open_scope();
            return Ok(Value::Unknown);
        };
        let source = self
            .modules
            .get(self.here())
            .and_then(|it| it.source)
            .map(|it| it.path.clone());
        let Some(path) = source else {
            return Ok(Value::Unknown);
        };
        let package = self.package_of(self.here());
        let source = match Source::parse(path, text.trim_start().to_owned(), vec![package]) {
            Ok(source) => self.sources.keep(source),
            Err(why) => return self.raise("SyntaxError", why, range),
        };
        let before = self
            .graph
            .contexts
            .get(self.context)
            .map_or(0, |it| it.edges.len());
        self.open_scope();
        if self.texts >= NESTED_TEXTS {
            self.lost(
                "texts are run inside each other deeper than is followed",
                range,
            );
            return Ok(Value::Unknown);
        }
        self.texts += 1;
        let done = self.block(source.body());
        self.texts -= 1;
        // Places inside the text are no places of the file.
        let context = self.context;
        if let Some(context) = self.graph.contexts.get_mut(context) {
            for edge in context.edges.iter_mut().skip(before) {
                edge.at.1 = range;
            }
        }
        done.map(|_| Value::Unknown)
    }

    fn get_attribute(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let [on, name, rest @ ..] = arguments.positional.as_slice() else {
            return Ok(Value::Unknown);
        };
        let Value::Text(name) = name else {
            self.risk();
            if let Some(any) = self.any_function_of(on) {
                return Ok(any);
            }
            return Ok(if matches!(on, Value::Foreign(_) | Value::Opaque) {
                Value::Opaque
            } else {
                Value::Unknown
            });
        };
        let Some(default) = rest.first() else {
            return self.attribute(on, name, range);
        };
        let found = match on {
            Value::Module(id) => match self.module_attribute(*id, name, range)? {
                Some(value) => value,
                None => return Ok(default.clone()),
            },
            _ => match self.attribute(on, name, range) {
                Ok(value) => value,
                Err(raise)
                    if caught(&raise.kind, &Value::foreign("builtins.AttributeError"))
                        != Truth::No =>
                {
                    return Ok(default.clone());
                }
                Err(raise) => return Err(raise),
            },
        };
        Ok(match (on, found) {
            (Value::Class(_) | Value::Function(_) | Value::Module(_), found) if found.is_code() => {
                found
            }
            (_, found) => found.or(default),
        })
    }

    /// One of the functions that a value has under a name that cannot be known.
    fn any_function_of(&self, on: &Value<'a>) -> Option<Value<'a>> {
        let (scopes, receiver): (Vec<Rc<Scope<'a>>>, _) = match on {
            Value::Module(id) => (vec![self.modules.get(*id)?.scope.clone()], None),
            Value::Instance(it) => (
                super::attribute::mro(&it.class)
                    .iter()
                    .map(|it| it.scope.clone())
                    .collect(),
                Some(on),
            ),
            Value::Class(it) => (
                super::attribute::mro(it)
                    .iter()
                    .map(|it| it.scope.clone())
                    .collect(),
                None,
            ),
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

    fn has_attribute(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
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
            Value::Foreign(path) => {
                let missing = matches!(
                    (&**path, &**name),
                    (
                        "sys",
                        "frozen"
                            | "pypy_version_info"
                            | "_MEIPASS"
                            | "getwindowsversion"
                            | "real_prefix"
                    )
                );
                if missing {
                    Value::Bool(false)
                } else {
                    Value::Opaque
                }
            }
            _ => Value::Opaque,
        })
    }

    fn length(&mut self, value: Option<&Value<'a>>, range: TextRange) -> Outcome<'a> {
        let count = |count: usize| i64::try_from(count).map_or(Value::Opaque, Value::Int);
        Ok(match value {
            Some(Value::Text(text)) => count(text.chars().count()),
            Some(Value::Sequence(it)) if !it.open.get() => count(it.items.borrow().len()),
            Some(Value::Dict(it)) if !it.open.get() => count(it.items.borrow().len()),
            Some(value @ Value::Instance(_)) => {
                let told = self.call_special(value, "__len__", Arguments::default(), range)?;
                told.unwrap_or(Value::Opaque)
            }
            _ => Value::Opaque,
        })
    }

    fn text_of(&mut self, name: &str, value: Option<Value<'a>>, range: TextRange) -> Outcome<'a> {
        let Some(value) = value else {
            return Ok(Value::text(""));
        };
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

    fn sequence_of(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        self.call_key(arguments.positional.first(), arguments, range)?;
        let Some(value) = arguments.positional.first() else {
            let empty = self.sequence(Vec::new(), false);
            return if name == "set" {
                self.as_set(empty)
            } else {
                Ok(empty)
            };
        };
        if matches!(value, Value::Foreign(_) | Value::Opaque) {
            return Ok(self.sequence(vec![Value::Opaque], true));
        }
        let (mut items, open) = self.iterate(value, range)?;
        match name {
            "reversed" => items.reverse(),
            "sorted" if items.iter().all(|it| it.as_text().is_some()) => {
                items.sort_by(|a, b| a.as_text().cmp(&b.as_text()));
            }
            _ => {}
        }
        if matches!(name, "set" | "frozenset") {
            return Ok(Value::set(items, open, self.uncertainty()));
        }
        Ok(self.sequence(items, open))
    }

    /// A key function is called with each item, so surely if there is one.
    fn call_key(
        &mut self,
        values: Option<&Value<'a>>,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        let key = arguments.keywords.iter().find(|(name, _)| &**name == "key");
        let Some((_, key)) = key.cloned() else {
            return Ok(());
        };
        let items = match values {
            Some(Value::Sequence(it)) if !it.open.get() => it.items.borrow().clone(),
            _ => {
                let unknown = Arguments {
                    open: true,
                    ..Arguments::default()
                };
                self.perhaps("a key function", range, |it| it.call(&key, unknown, range))?;
                return Ok(());
            }
        };
        for item in items {
            self.call(&key, Arguments::of(vec![item]), range)?;
        }
        Ok(())
    }

    fn range(&self, arguments: &Arguments<'a>) -> Value<'a> {
        const LONGEST: i64 = 1_000;
        let numbers: Option<Vec<i64>> = arguments.positional.iter().map(Value::number).collect();
        let bounds = match numbers.as_deref() {
            Some([end]) => Some((0, *end)),
            Some([start, end]) => Some((*start, *end)),
            _ => None,
        };
        match bounds {
            Some((start, end)) if end.saturating_sub(start) <= LONGEST => {
                self.sequence((start..end).map(Value::Int).collect(), false)
            }
            _ => self.sequence(vec![Value::Opaque], true),
        }
    }

    fn zip(&mut self, name: &str, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let mut columns = Vec::new();
        let mut unsure = arguments.open;
        for value in &arguments.positional {
            let (items, open) = self.iterate(value, range)?;
            unsure |= open;
            columns.push(items);
            if name == "enumerate" {
                break;
            }
        }
        let shortest = columns.iter().map(Vec::len).min().unwrap_or(0);
        if name == "enumerate" {
            let count = (0..shortest).filter_map(|it| i64::try_from(it).ok());
            columns.insert(0, count.map(Value::Int).collect());
        }
        let rows = (0..shortest).map(|row| {
            let cells = columns.iter().filter_map(|column| column.get(row).cloned());
            self.sequence(cells.collect(), false)
        });
        let rows = rows.collect();
        Ok(self.sequence(rows, unsure))
    }

    fn map(&mut self, name: &str, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let [function, values, ..] = arguments.positional.as_slice() else {
            return Ok(Value::Unknown);
        };
        let (items, open) = self.iterate(values, range)?;
        let mut made = Vec::new();
        for item in items {
            let one = Arguments {
                positional: vec![item.clone()],
                open: arguments.positional.len() > 2,
                keywords: Vec::new(),
            };
            let value = if open {
                self.perhaps("a call for what a loop goes through", range, |it| {
                    it.call(function, one, range)
                })?
            } else {
                self.call(function, one, range)?
            };
            made.push(if name == "map" { value } else { item });
        }
        Ok(self.sequence(made, open || name == "filter"))
    }

    fn super_object(&self, arguments: &Arguments<'a>) -> Value<'a> {
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

    /// `type(name, bases, namespace)`
    fn class_by_call(&mut self, arguments: Arguments<'a>, range: TextRange) -> Outcome<'a> {
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
            metaclass: None,
            scope,
            subclasses: Default::default(),
            order: Default::default(),
        });
        self.finish_class(&class, arguments.keywords, range)
    }

    /// `value.name(…)` where what is called is built in.
    pub(super) fn call_foreign_method(
        &mut self,
        receiver: &Value<'a>,
        name: &str,
        mut arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let (kind, method) = name.split_once('.').unwrap_or(("", name));
        match (kind, receiver) {
            ("str", Value::Text(text)) => self.text_method(text, method, &arguments, range),
            ("list", Value::Sequence(_)) => self.list_method(receiver, method, &arguments, range),
            ("dict", Value::Dict(_)) => self.dict_method(receiver, method, &arguments, range),
            ("function", function) => {
                if method == "register" {
                    return Ok(self.register(function, &arguments));
                }
                if method == "__get__" {
                    let on = arguments
                        .positional
                        .into_iter()
                        .next()
                        .unwrap_or(Value::None);
                    return self.bind(function.clone(), &on, &Value::Unknown, range);
                }
                self.call(function, arguments, range)
            }
            ("property", Value::Wrapped(_, parts)) => {
                let given = arguments
                    .positional
                    .into_iter()
                    .next()
                    .unwrap_or(Value::None);
                let mut all = parts.1.clone();
                if method == "getter" {
                    return Ok(Value::Wrapped(Wrapper::Property, Rc::new((given, all))));
                }
                if method == "setter" {
                    all.keywords.retain(|(name, _)| &**name != "fset");
                    all.positional.clear();
                    all.keywords.push(("fset".into(), given));
                }
                Ok(Value::Wrapped(
                    Wrapper::Property,
                    Rc::new((parts.0.clone(), all)),
                ))
            }
            ("generator", _) => match method {
                "send" | "__next__" | "__anext__" | "asend" => {
                    let (items, _) = self.iterate(receiver, range)?;
                    Ok(items.into_iter().next().unwrap_or(Value::Unknown))
                }
                _ => Ok(Value::Unknown),
            },
            ("namespace", Value::Wrapped(_, parts)) => {
                self.namespace_method(&parts.0.clone(), method, &arguments, range)
            }
            ("super", _) => match (method, receiver) {
                // `object.__new__` and `type.__new__`, as far as they are not analysed.
                ("__new__", _) => match arguments.positional.first() {
                    Some(Value::Class(class)) if arguments.positional.len() < 4 => {
                        let class = class.clone();
                        let instance = super::value::Instance {
                            class,
                            attributes: Default::default(),
                            born: self.uncertainty(),
                        };
                        Ok(Value::Instance(Rc::new(instance)))
                    }
                    _ => Ok(Value::Unknown),
                },
                ("__call__", Value::Class(class)) => {
                    self.make_instance(&class.clone(), arguments, range)
                }
                _ => Ok(Value::Opaque),
            },
            ("type", Value::Class(class)) => {
                let all = class.subclasses.borrow().clone();
                Ok(self.sequence(all, true))
            }
            ("unknown", _) => self.call_by_name(method, range),
            _ => {
                arguments.positional.insert(0, receiver.clone());
                self.risk();
                Ok(Value::Opaque)
            }
        }
    }

    /// `function.register(…)` of `functools.singledispatch`, as decorator or with a type.
    fn register(&self, function: &Value<'a>, arguments: &Arguments<'a>) -> Value<'a> {
        let given = arguments
            .positional
            .iter()
            .rev()
            .find(|it| matches!(it, Value::Function(_)));
        let (Value::Function(function), Some(given)) = (function, given) else {
            return Value::method(function.clone(), Value::foreign("function.register"));
        };
        let mut attributes = function.attributes.borrow_mut();
        let known = attributes.get("__dispatch__").cloned();
        let all = known.map_or_else(|| given.clone(), |known| known.or(given));
        attributes.insert("__dispatch__".into(), all);
        given.clone()
    }

    /// Only the name of what is called is known: every function of that name may be meant.
    fn call_by_name(&mut self, name: &str, range: TextRange) -> Outcome<'a> {
        self.risk();
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

    fn namespace_method(
        &mut self,
        of: &Value<'a>,
        method: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        match (method, arguments.positional.first()) {
            ("get", Some(Value::Text(name))) => {
                let mut all = vec![of.clone(), Value::Text(name.clone())];
                all.push(arguments.positional.get(1).cloned().unwrap_or(Value::None));
                self.get_attribute(&Arguments::of(all), range)
            }
            ("update", Some(Value::Wrapped(Wrapper::Namespace, parts))) => {
                if let Value::Module(id) = &parts.0
                    && let Some(module) = self.modules.get(*id)
                {
                    let scope = module.scope.clone();
                    let names = scope.names.borrow().clone();
                    for (name, value) in names {
                        self.set_attribute(of, &name, value, range)?;
                    }
                }
                Ok(Value::None)
            }
            ("update", Some(Value::Dict(dict))) => {
                let items = dict.items.borrow().clone();
                for (key, value) in items {
                    if let Value::Text(name) = key {
                        self.set_attribute(of, &name, value, range)?;
                    }
                }
                if dict.open.get() {
                    self.open_namespace(of);
                }
                Ok(Value::None)
            }
            ("update" | "setdefault" | "pop" | "__setitem__", _) => {
                self.open_namespace(of);
                Ok(Value::Unknown)
            }
            ("keys" | "items" | "values" | "copy", _) if self.names_of(of).is_some() => {
                let (names, open) = self.names_of(of).unwrap_or_default();
                let pairs = names
                    .into_iter()
                    .map(|(name, value)| (Value::Text(name), value));
                let all = Value::dict(pairs.collect(), open, self.uncertainty());
                match method {
                    "copy" => Ok(all),
                    _ => self.dict_method(&all, method, &Arguments::default(), range),
                }
            }
            ("keys" | "items" | "values" | "copy", _) => {
                Ok(self.sequence(vec![Value::Unknown], true))
            }
            _ => Ok(Value::Unknown),
        }
    }

    /// What `vars(value)` holds, in no order, and whether there may be more.
    fn names_of(&self, of: &Value<'a>) -> Option<(Names<'a>, bool)> {
        let scope = match of {
            Value::Module(id) => self.modules.get(*id)?.scope.clone(),
            Value::Class(class) => class.scope.clone(),
            Value::Instance(instance) => {
                let attributes = instance.attributes.borrow();
                let all = attributes
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone()));
                return Some((all.collect(), self.has_foreign_base(&instance.class)));
            }
            _ => return None,
        };
        let names = scope.names.borrow();
        let mut all: Names<'a> = names
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.bound()?)))
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        Some((all, scope.open.get()))
    }

    fn open_namespace(&self, of: &Value<'a>) {
        if let Value::Module(id) = of
            && let Some(module) = self.modules.get(*id)
        {
            module.scope.open.set(true);
        }
    }

    fn list_method(
        &mut self,
        on: &Value<'a>,
        method: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let Value::Sequence(list) = on else {
            return Ok(Value::Opaque);
        };
        let weak = self.uncertainty() > list.born;
        match (method, arguments.positional.as_slice()) {
            ("append" | "add" | "appendleft", [value]) => {
                list.items.borrow_mut().push(value.clone());
                list.open.set(list.open.get() || weak);
                list.bound();
                Ok(Value::None)
            }
            ("insert", [at, value]) => {
                let mut items = list.items.borrow_mut();
                let at = at
                    .number()
                    .and_then(|it| usize::try_from(it).ok())
                    .unwrap_or(items.len());
                let at = at.min(items.len());
                items.insert(at, value.clone());
                list.open.set(list.open.get() || weak);
                Ok(Value::None)
            }
            ("extend" | "update", [values]) => {
                let (items, open) = self.iterate(values, range)?;
                list.items.borrow_mut().extend(items);
                list.open.set(list.open.get() || open || weak);
                list.bound();
                Ok(Value::None)
            }
            ("copy", _) => {
                let items = list.items.borrow().clone();
                Ok(self.sequence(items, list.open.get()))
            }
            (
                "index" | "count" | "sort" | "reverse" | "issubset" | "issuperset" | "isdisjoint",
                _,
            ) => {
                self.call_key(Some(on), arguments, range)?;
                self.risk();
                Ok(Value::Opaque)
            }
            ("pop" | "popleft", _) => {
                let items = list.items.borrow().clone();
                list.open.set(true);
                let first = items.first().cloned().unwrap_or(Value::Unknown);
                Ok(items.iter().skip(1).fold(first, |all, it| all.or(it)))
            }
            ("remove" | "discard" | "clear", _) => {
                list.open.set(true);
                Ok(Value::None)
            }
            ("union", _) => {
                let mut items = list.items.borrow().clone();
                let mut open = list.open.get();
                for value in &arguments.positional {
                    let (more, unsure) = self.iterate(value, range)?;
                    items.extend(more);
                    open |= unsure;
                }
                Ok(self.sequence(items, open))
            }
            _ => {
                let items = list.items.borrow().clone();
                Ok(self.sequence(items, true))
            }
        }
    }

    fn dict_method(
        &mut self,
        on: &Value<'a>,
        method: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let Value::Dict(dict) = on else {
            return Ok(Value::Opaque);
        };
        match (method, arguments.positional.as_slice()) {
            ("get" | "pop" | "setdefault", [key, rest @ ..]) => {
                let known = dict
                    .items
                    .borrow()
                    .iter()
                    .any(|(it, _)| it.equals(key) != Truth::No);
                let default = rest.first().cloned().unwrap_or(Value::None);
                if !known && !dict.open.get() {
                    if method == "setdefault" {
                        dict.items.borrow_mut().push((key.clone(), default.clone()));
                    }
                    return Ok(default);
                }
                let sure = !dict.open.get() && {
                    let items = dict.items.borrow();
                    items.iter().any(|(it, _)| it.equals(key) == Truth::Yes)
                };
                let value = self.item(on, key, range)?;
                Ok(if sure { value } else { value.or(&default) })
            }
            ("items", _) => {
                let items = dict.items.borrow().clone();
                let rows = items
                    .into_iter()
                    .map(|(key, value)| self.sequence(vec![key, value], false));
                let rows = rows.collect();
                Ok(self.sequence(rows, dict.open.get()))
            }
            ("keys", _) => {
                let keys = dict
                    .items
                    .borrow()
                    .iter()
                    .map(|(key, _)| key.clone())
                    .collect();
                Ok(self.sequence(keys, dict.open.get()))
            }
            ("values", _) => {
                let values = dict
                    .items
                    .borrow()
                    .iter()
                    .map(|(_, value)| value.clone())
                    .collect();
                Ok(self.sequence(values, dict.open.get()))
            }
            ("copy", _) => {
                let items = dict.items.borrow().clone();
                Ok(Value::dict(items, dict.open.get(), self.uncertainty()))
            }
            ("update", _) => {
                match arguments.positional.first() {
                    Some(Value::Dict(more)) if !Rc::ptr_eq(more, dict) => {
                        dict.items
                            .borrow_mut()
                            .extend(more.items.borrow().iter().cloned());
                        dict.open.set(dict.open.get() || more.open.get());
                    }
                    Some(_) => dict.open.set(true),
                    None => {}
                }
                let named = arguments
                    .keywords
                    .iter()
                    .map(|(name, value)| (Value::Text(name.clone()), value.clone()));
                dict.items.borrow_mut().extend(named);
                dict.open
                    .set(dict.open.get() || self.uncertainty() > dict.born);
                Ok(Value::None)
            }
            ("clear" | "popitem", _) => {
                dict.open.set(true);
                Ok(Value::Unknown)
            }
            _ => {
                self.risk();
                Ok(Value::Opaque)
            }
        }
    }

    fn text_method(
        &mut self,
        text: &Rc<str>,
        method: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let texts: Option<Vec<&str>> = arguments.positional.iter().map(Value::as_text).collect();
        let pieces = |items: Vec<&str>| items.into_iter().map(Value::text).collect::<Vec<_>>();
        Ok(match (method, texts.as_deref()) {
            ("startswith", Some([start])) => Value::Bool(text.starts_with(start)),
            ("endswith", Some([end])) => Value::Bool(text.ends_with(end)),
            ("startswith" | "endswith", None) => {
                let options = match arguments.positional.first() {
                    Some(Value::Sequence(it)) if !it.open.get() => it.items.borrow().clone(),
                    _ => return Ok(Value::Opaque),
                };
                let fits = |it: &Value| match (it.as_text(), method) {
                    (Some(it), "startswith") => text.starts_with(it),
                    (Some(it), _) => text.ends_with(it),
                    (None, _) => false,
                };
                Value::Bool(options.iter().any(fits))
            }
            ("lower", _) => Value::text(text.to_lowercase()),
            ("upper", _) => Value::text(text.to_uppercase()),
            ("strip", Some([])) => Value::text(text.trim()),
            ("lstrip", Some([set])) => Value::text(text.trim_start_matches(|it| set.contains(it))),
            ("rstrip", Some([set])) => Value::text(text.trim_end_matches(|it| set.contains(it))),
            ("replace", Some([from, to])) => Value::text(text.replace(from, to)),
            ("removeprefix", Some([start])) => {
                Value::text(text.strip_prefix(start).unwrap_or(text))
            }
            ("removesuffix", Some([end])) => Value::text(text.strip_suffix(end).unwrap_or(text)),
            ("split", Some([])) => self.sequence(pieces(text.split_whitespace().collect()), false),
            ("split", Some([by])) if !by.is_empty() => {
                self.sequence(pieces(text.split(by).collect()), false)
            }
            ("partition" | "rpartition", Some([by])) if !by.is_empty() => {
                let parts = if method == "partition" {
                    text.split_once(by)
                } else {
                    text.rsplit_once(by)
                };
                let parts = match (parts, method) {
                    (Some((before, after)), _) => [before, by, after],
                    (None, "partition") => [&**text, "", ""],
                    (None, _) => ["", "", &**text],
                };
                self.sequence(pieces(parts.to_vec()), false)
            }
            ("rsplit" | "split", None) => match arguments.positional.as_slice() {
                [Value::Text(by), Value::Int(1)] if !by.is_empty() => {
                    let parts = if method == "rsplit" {
                        text.rsplit_once(&**by)
                    } else {
                        text.split_once(&**by)
                    };
                    let parts = parts.map_or(vec![&**text], |(a, b)| vec![a, b]);
                    self.sequence(pieces(parts), false)
                }
                _ => Value::Opaque,
            },
            ("join", _) => {
                let Some(values) = arguments.positional.first() else {
                    return Ok(Value::Opaque);
                };
                let (items, open) = self.iterate(values, range)?;
                let items: Option<Vec<&str>> = items.iter().map(Value::as_text).collect();
                match items {
                    Some(items) if !open => Value::text(items.join(text)),
                    _ => Value::Opaque,
                }
            }
            ("format", _) => format_text(text, arguments),
            _ => Value::Opaque,
        })
    }
}

/// Code that is not looked into may put other things into what it is given.
pub(super) fn escape(arguments: &Arguments<'_>) {
    for value in arguments.all() {
        match value {
            Value::Sequence(it) => it.open.set(true),
            Value::Dict(it) => it.open.set(true),
            _ => {}
        }
    }
}

/// `exec` inside `exec` is followed this deep.
const NESTED_TEXTS: usize = 8;

/// Names and their values, as pairs.
type Names<'a> = Vec<(Rc<str>, Value<'a>)>;

/// Modules whose functions, as they are used while loading, raise nothing that is caught.
const HARMLESS: &[&str] = &[
    "abc",
    "collections",
    "contextlib",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "itertools",
    "logging",
    "pathlib",
    "platform",
    "threading",
    "typing",
    "typing_extensions",
    "warnings",
    "weakref",
];

/// Methods and functions that run the function they are given.
const RUNNERS: &[&str] = &[
    "apply",
    "apply_async",
    "call_soon",
    "filter",
    "imap",
    "map",
    "reduce",
    "run",
    "run_in_executor",
    "run_sync",
    "starmap",
    "submit",
    "sub",
    "subn",
    "takewhile",
    "timeit",
    "to_thread",
    "accumulate",
    "dropwhile",
    "filterfalse",
    "groupby",
    "walk",
];

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

/// `a.b` from `.b` and the package `a`.
fn relative(name: &str, package: Option<&str>) -> Option<String> {
    let rest = name.trim_start_matches('.');
    let level = name.len() - rest.len();
    if level == 0 {
        return Some(name.to_owned());
    }
    let mut base = package?;
    for _ in 1..level {
        base = base.rsplit_once('.')?.0;
    }
    Some(if rest.is_empty() {
        base.to_owned()
    } else {
        format!("{base}.{rest}")
    })
}

fn is_instance<'a>(arguments: &Arguments<'a>) -> Value<'a> {
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

fn is_one<'a>(value: &Value<'a>, kind: &Value<'a>) -> Truth {
    let class = match value {
        Value::Instance(it) => Some(&it.class),
        Value::Class(it) => Some(it),
        _ => None,
    };
    match (class, kind) {
        (Some(class), Value::Class(kind))
            if super::attribute::mro(class)
                .iter()
                .any(|it| Rc::ptr_eq(it, kind)) =>
        {
            Truth::Yes
        }
        (None, Value::Foreign(name)) => {
            let own = match value {
                Value::Wrapped(Wrapper::Property, _) => "builtins.property",
                Value::Function(_) => "types.FunctionType",
                Value::Text(_) => "builtins.str",
                Value::Int(_) => "builtins.int",
                Value::Bool(_) if &**name == "builtins.int" => "builtins.int",
                Value::Bool(_) => "builtins.bool",
                Value::Dict(_) => "builtins.dict",
                Value::None => "",
                _ => return Truth::Maybe,
            };
            let simple = matches!(
                &**name,
                "builtins.property"
                    | "builtins.str"
                    | "builtins.int"
                    | "builtins.bool"
                    | "builtins.dict"
                    | "builtins.list"
                    | "builtins.tuple"
                    | "builtins.type"
                    | "builtins.bytes"
                    | "builtins.float"
            );
            if own == &**name {
                Truth::Yes
            } else if simple {
                Truth::No
            } else {
                Truth::Maybe
            }
        }
        (None, Value::Class(_)) if value.is_constant() || value.is_code() => Truth::No,
        (Some(_), Value::Foreign(name)) if &**name == "builtins.property" => Truth::Maybe,
        (Some(_), Value::Foreign(name)) if &**name == "builtins.type" => {
            Truth::from(matches!(value, Value::Class(_)))
        }
        _ => Truth::Maybe,
    }
}

/// `str.format` with `{}` and `{name}` alone.
fn format_text<'a>(format: &str, arguments: &Arguments<'a>) -> Value<'a> {
    let mut text = String::new();
    let mut rest = format;
    let mut next = 0;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((field, after)) = after.split_once('}') else {
            return Value::Opaque;
        };
        let value = if field.is_empty() {
            next += 1;
            arguments.positional.get(next - 1)
        } else if let Ok(index) = field.parse::<usize>() {
            arguments.positional.get(index)
        } else {
            arguments
                .keywords
                .iter()
                .find(|(name, _)| &**name == field)
                .map(|(_, value)| value)
        };
        match value.and_then(written) {
            Some(value) => text.push_str(&value),
            None => return Value::Opaque,
        }
        rest = after;
    }
    text.push_str(rest);
    Value::text(text)
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn a_relative_name_starts_from_its_package() {
        assert_eq!(relative(".b", Some("a")).as_deref(), Some("a.b"));
        assert_eq!(relative("..c", Some("a.b")).as_deref(), Some("a.c"));
        assert_eq!(relative("x", None).as_deref(), Some("x"));
        assert_eq!(relative(".x", None), None);
    }
}

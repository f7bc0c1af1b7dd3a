//! Functions of the standard library that run what they are given, or say where they run.

use std::rc::Rc;

use crate::python::eager::attribute::mro;
use crate::python::eager::machine::{Machine, Outcome};
use crate::python::eager::value::{Arguments, Code, Function, Value, Wrapper};
use crate::python::syntax::TextRange;

use super::builtin::deferred;

impl<'a> Machine<'a, '_> {
    pub(super) fn call_library(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let first = arguments.positional.first();
        match name {
            "asyncio.gather"
            | "asyncio.wait_for"
            | "asyncio.create_task"
            | "asyncio.ensure_future"
            | "asyncio.shield"
            | "asyncio.timeout" => self.resume_each(arguments, range),
            "asyncio.run" => first.map_or(Ok(Value::Opaque), |it| self.resume(it, range)),
            "?.enter_context" | "?.enter_async_context" => {
                first.map_or(Ok(Value::Opaque), |it| self.enter_manager(it, range))
            }
            "?.addHandler" | "?.addFilter" => {
                if let Some(value) = first {
                    self.methods_perhaps(value, range);
                }
                Ok(Value::None)
            }
            "contextlib.closing" | "contextlib.aclosing" => self.close_later(first, range),
            "dataclasses.replace" | "copy.replace" => Ok(self.replaced(first, range)),
            "collections.namedtuple" => Ok(self.named_tuple(arguments)),
            "types.SimpleNamespace" | "argparse.Namespace" => {
                Ok(self.namespace_object(name, arguments))
            }
            "collections.OrderedDict" => self.dict_of(arguments.clone(), range),
            "collections.defaultdict" => self.default_dict(arguments.clone(), range),
            "collections.deque" => self.sequence_of("list", arguments, range),
            "copy.copy" | "copy.deepcopy" => self.copied(name, arguments, range),
            "types.MappingProxyType" | "enum.member" | "enum.nonmember" => {
                Ok(first.cloned().unwrap_or(Value::Opaque))
            }
            "operator.call" => self.call_first(arguments, range),
            "operator.itemgetter" => Ok(Value::Wrapped(
                Wrapper::Partial,
                Rc::new((Value::foreign("operator.itemgetter.of"), arguments.clone())),
            )),
            "operator.itemgetter.of" => self.items_of(arguments, range),
            "enum.auto" => Ok(self.next_member(range)),
            "operator.attrgetter" => Ok(getter(first)),
            _ if name.starts_with("operator.attrgetter.") => self.get_each(first, name, range),
            _ if LOADERS.contains(&name) => {
                self.lost("a function that loads what it is told to is called", range);
                Ok(Value::Opaque)
            }
            "contextlib.suppress" => {
                let kinds = self.sequence(arguments.positional.clone(), arguments.open);
                Ok(Value::wrapped(Wrapper::Suppress, kinds))
            }
            "warnings.simplefilter" | "warnings.filterwarnings" => {
                self.strict |= first.and_then(Value::as_text) == Some("error");
                Ok(Value::None)
            }
            "warnings.warn" => {
                if self.strict {
                    self.risk();
                }
                self.call_patched("warnings.showwarning", range);
                Ok(Value::None)
            }
            "site.addsitedir" => {
                self.looks_in_folders(range);
                Ok(Value::None)
            }
            "types.new_class" => {
                let mut all = arguments.clone();
                all.positional.truncate(2);
                all.positional.resize(2, self.sequence(Vec::new(), false));
                all.positional.push(Value::None);
                all.keywords.clear();
                self.class_by_call(all, range)
            }
            "inspect.getmembers" => {
                if let Some(value) = first {
                    self.properties_perhaps(value, range);
                }
                Ok(Value::Opaque)
            }
            "typing.get_type_hints"
            | "typing_extensions.get_type_hints"
            | "inspect.get_annotations"
            | "annotationlib.get_annotations" => {
                if let Some(Value::Function(function)) = first {
                    self.resolve_annotations(&function.clone(), range);
                }
                Ok(Value::Opaque)
            }
            "contextlib.nullcontext" | "types.ModuleType" => Ok(Value::Opaque),
            "functools.reduce" if !arguments.open => self.reduce(arguments, range),
            "itertools.chain" | "itertools.chain.from_iterable" => Ok(deferred(
                name.trim_start_matches("itertools."),
                arguments.clone(),
            )),
            "functools.reduce" | "re.sub" | "itertools.starmap" | "weakref.finalize"
            | "weakref.proxy" | "weakref.ref" => self.call_the_given(arguments, range),
            "?.load" if self.plugins => Ok(self.load_plugin(range)),
            "os._exit" | "os.abort" => self.end(name, range),
            "platform.system" => Ok(self.system()),
            "platform.python_implementation" => Ok(Value::text("CPython")),
            "operator.methodcaller" => Ok(method_caller(first)),
            _ if name.starts_with("operator.methodcaller.") => {
                first.map_or(Ok(Value::Opaque), |it| self.call_the_named(it, name, range))
            }
            _ => self.call_unlisted(name, arguments, range),
        }
    }

    /// What asks for every attribute of an object runs its properties.
    fn properties_perhaps(&mut self, on: &Value<'a>, range: TextRange) {
        let Value::Instance(instance) = on else {
            return;
        };
        for class in mro(&instance.class) {
            let values: Vec<Value<'a>> = class.scope.names.borrow().values().cloned().collect();
            for value in values {
                if let Value::Wrapped(Wrapper::Property, parts) = &value {
                    let given = Arguments::of(vec![on.clone()]);
                    let why = "a function asks for every attribute";
                    drop(self.perhaps(why, range, |it| it.call(&parts.0, given, range)));
                }
            }
        }
    }

    /// The annotations of a function are evaluated, those that are texts too: not where they
    /// stand, so that their names may mean something else.
    fn resolve_annotations(&mut self, function: &Rc<Function<'a>>, range: TextRange) {
        let Code::Def(def) = function.code else {
            return;
        };
        let parameters = def.parameters.iter();
        let annotations = parameters.filter_map(|it| it.annotation());
        for annotation in annotations.chain(def.returns.as_deref()) {
            let why = "annotations that are resolved";
            drop(self.perhaps(why, range, |machine| {
                let value = machine.value(annotation)?;
                match value {
                    Value::Text(_) => machine.run_text(&Arguments::of(vec![value]), range),
                    other => Ok(other),
                }
            }));
        }
    }

    /// `sys.exit` and its like.
    pub(super) fn end(&mut self, name: &str, range: TextRange) -> Outcome<'a> {
        self.raise("SystemExit", format!("`{name}` ends the program"), range)
    }

    fn resume_each(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let mut last = Value::Opaque;
        for value in &arguments.positional {
            if let Value::Suspended(_) = value {
                last = self.resume(value, range)?;
            }
        }
        Ok(last)
    }

    /// `copy.copy` and `copy.deepcopy`
    fn copied(&mut self, name: &str, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        match arguments.positional.first() {
            Some(on @ Value::Sequence(_)) => {
                self.list_method(on, "copy", &Arguments::default(), range)
            }
            Some(on @ Value::Dict(_)) => self.dict_method(on, "copy", &Arguments::default(), range),
            Some(on) => {
                let on = on.clone();
                self.call_unlisted(name, arguments, range)?;
                Ok(on)
            }
            None => Ok(Value::Opaque),
        }
    }

    /// A function of the library calls another one by its name, which the program may have put
    /// something else in place of.
    pub(super) fn call_patched(&mut self, name: &str, range: TextRange) {
        if let Some(function) = self.patched.get(name).cloned() {
            let why = "a function of the library calls what was put in place of another one";
            let unknown = Arguments::unknown();
            drop(self.perhaps(why, range, |it| it.call(&function, unknown, range)));
        }
    }

    /// `operator.call(function, …)`
    fn call_first(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let mut rest = arguments.clone();
        if rest.positional.is_empty() {
            return Ok(Value::Unknown);
        }
        let function = rest.positional.remove(0);
        self.call(&function, rest, range)
    }

    /// What `operator.itemgetter(…)` does to its argument, which is the last here.
    fn items_of(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        match arguments.positional.as_slice() {
            [key, on] => self.item(on, key, range),
            [keys @ .., on] => {
                let items: Result<Vec<_>, _> =
                    keys.iter().map(|key| self.item(on, key, range)).collect();
                Ok(self.sequence(items?, arguments.open))
            }
            [] => Ok(Value::Unknown),
        }
    }

    /// Calls the first function among the arguments, with what is not known.
    fn call_the_given(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        if let Some(function) = arguments.all().find(|it| it.is_code()) {
            let why = "a function that is handed on and called";
            self.perhaps(why, range, |it| {
                it.call(function, Arguments::unknown(), range)
            })?;
        }
        Ok(Value::Opaque)
    }

    /// What `operator.methodcaller(method)` does to its argument; its name ends in the method's.
    fn call_the_named(&mut self, on: &Value<'a>, name: &str, range: TextRange) -> Outcome<'a> {
        let method = name.rsplit('.').next().unwrap_or_default();
        let function = self.attribute(on, method, range)?;
        self.call(&function, Arguments::unknown(), range)
    }

    /// `contextlib.closing`: the object's own method runs when the block is left.
    fn close_later(&mut self, on: Option<&Value<'a>>, range: TextRange) -> Outcome<'a> {
        if let Some(value @ Value::Instance(_)) = on {
            for name in ["close", "aclose"] {
                let why = "what a context manager closes";
                drop(self.perhaps(why, range, |it| {
                    it.call_special(value, name, Arguments::default(), range)
                }));
            }
        }
        Ok(on.cloned().unwrap_or(Value::Opaque))
    }

    /// The class of a data class is called again, with some other values.
    fn replaced(&mut self, on: Option<&Value<'a>>, range: TextRange) -> Value<'a> {
        let Some(Value::Instance(instance)) = on else {
            return Value::Opaque;
        };
        let class = instance.class.clone();
        let why = "an object is made anew with some other values";
        let made = self.perhaps(why, range, |it| {
            it.instantiate(&class, Arguments::unknown(), range)
        });
        made.unwrap_or(Value::Unknown)
    }

    /// `enum.auto()` asks the class whose body runs.
    fn next_member(&mut self, range: TextRange) -> Value<'a> {
        let asked = self
            .frame()
            .and_then(|it| it.scope.get("_generate_next_value_"));
        if let Some(Value::Function(function)) = asked {
            let why = "a member's value is asked for";
            self.perhaps(why, range, |it| it.summarised(&function, range));
        }
        Value::Opaque
    }

    /// What `operator.attrgetter(name)` does to its argument.
    fn get_each(&mut self, on: Option<&Value<'a>>, name: &str, range: TextRange) -> Outcome<'a> {
        let Some(mut value) = on.cloned() else {
            return Ok(Value::Opaque);
        };
        for part in name.split('.').skip(2) {
            value = self.attribute(&value, part, range)?;
        }
        Ok(value)
    }

    fn system(&self) -> Value<'a> {
        Value::text(match self.settings.platform.as_str() {
            "win32" => "Windows",
            "darwin" => "Darwin",
            _ => "Linux",
        })
    }
}

/// Functions that import what a text or a table names.
const LOADERS: &[&str] = &[
    "logging.config.dictConfig",
    "logging.config.fileConfig",
    "pickle.load",
    "pickle.loads",
    "pydoc.locate",
    "unittest.mock.patch",
];

fn getter<'a>(name: Option<&Value<'a>>) -> Value<'a> {
    match name.and_then(Value::as_text) {
        Some(name) => Value::foreign(format!("operator.attrgetter.{name}")),
        None => Value::Opaque,
    }
}

fn method_caller<'a>(name: Option<&Value<'a>>) -> Value<'a> {
    match name.and_then(Value::as_text) {
        Some(method) => Value::foreign(format!("operator.methodcaller.{method}")),
        None => Value::Opaque,
    }
}

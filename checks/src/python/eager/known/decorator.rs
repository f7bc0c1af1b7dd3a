//! Functions of other modules that hand on what they are given, or wrap it.

use std::rc::Rc;

use crate::python::eager::value::{Arguments, Value, Wrapper};

/// Decorators that give back what works like the function or class they are given.
const KEEPERS: &[&str] = &[
    "abc.abstractmethod",
    "asyncio.coroutine",
    "dataclasses.dataclass",
    "enum.unique",
    "functools.cache",
    "functools.lru_cache",
    "functools.singledispatch",
    "functools.singledispatchmethod",
    "functools.total_ordering",
    "functools.update_wrapper",
    "types.coroutine",
    "typing.final",
    "typing.no_type_check",
    "typing.overload",
    "typing.runtime_checkable",
    "typing_extensions.final",
    "typing_extensions.overload",
    "typing_extensions.runtime_checkable",
];

/// What wraps its first argument, and in what.
const WRAPPERS: &[(&str, Wrapper)] = &[
    ("abc.abstractproperty", Wrapper::Property),
    ("collections.defaultdict", Wrapper::Factory),
    ("contextlib.asynccontextmanager", Wrapper::ContextManager),
    ("contextlib.contextmanager", Wrapper::ContextManager),
    ("enum.property", Wrapper::Property),
    ("functools.cached_property", Wrapper::Property),
    ("types.DynamicClassAttribute", Wrapper::Property),
];

/// Fields of data classes.
const FIELDS: &[&str] = &[
    "attr.attrib",
    "attr.field",
    "attr.ib",
    "attrs.field",
    "dataclasses.field",
    "pydantic.Field",
];

/// Threads and processes.
const STARTERS: &[&str] = &[
    "multiprocessing.Process",
    "multiprocessing.context.Process",
    "threading.Thread",
    "threading.Timer",
];

/// What the function of that name makes of its arguments without running any of them; none if it
/// is not listed.
pub(super) fn made<'a>(name: &str, arguments: &Arguments<'a>) -> Option<Value<'a>> {
    let first = arguments.positional.first();
    let wrapper = WRAPPERS.iter().find(|(known, _)| *known == name);
    let made = match name {
        _ if KEEPERS.contains(&name) => first
            .filter(|it| it.is_code() || matches!(it, Value::Wrapped(..)))
            .cloned(),
        _ if FIELDS.contains(&name) => field(arguments),
        _ if STARTERS.contains(&name) => Some(starter(arguments)),
        "functools.partial" | "functools.partialmethod" => partial(arguments),
        "typing.cast" | "typing_extensions.cast" => arguments.positional.get(1).cloned(),
        _ => {
            let (_, wrapper) = wrapper?;
            first.map(|it| Value::wrapped(*wrapper, it.clone()))
        }
    };
    Some(made.unwrap_or(Value::Opaque))
}

fn partial<'a>(arguments: &Arguments<'a>) -> Option<Value<'a>> {
    let function = arguments.positional.first()?.clone();
    let mut rest = arguments.clone();
    rest.positional.remove(0);
    Some(Value::Wrapped(Wrapper::Partial, Rc::new((function, rest))))
}

fn field<'a>(arguments: &Arguments<'a>) -> Option<Value<'a>> {
    let factory = arguments
        .get(9, "default_factory")
        .or_else(|| arguments.get(9, "factory"));
    factory.map(|it| Value::wrapped(Wrapper::Factory, it.clone()))
}

fn starter<'a>(arguments: &Arguments<'a>) -> Value<'a> {
    let function = arguments
        .get(1, "target")
        .or_else(|| arguments.get(1, "function"));
    let function = function.cloned().unwrap_or(Value::None);
    let given = match arguments.get(9, "args") {
        Some(Value::Sequence(it)) if !it.open.get() => Arguments::of(it.items.borrow().clone()),
        None => Arguments::default(),
        Some(_) => Arguments::unknown(),
    };
    Value::Wrapped(Wrapper::Starts, Rc::new((function, given)))
}

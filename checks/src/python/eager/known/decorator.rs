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
        "functools.wraps" => wraps(arguments),
        "functools.update_wrapper" => updated(arguments),
        "inspect.unwrap" => first.map(innermost),
        "functools.partial" | "functools.partialmethod" => partial(arguments),
        "typing.cast" | "typing_extensions.cast" => arguments.positional.get(1).cloned(),
        _ => {
            let (_, wrapper) = wrapper?;
            first.map(|it| Value::wrapped(*wrapper, it.clone()))
        }
    };
    Some(made.unwrap_or(Value::Opaque))
}

/// A decorator that tells a function what it wraps.
fn wraps<'a>(arguments: &Arguments<'a>) -> Option<Value<'a>> {
    let mut rest = Arguments::default();
    let wrapped = arguments.get(0, "wrapped")?.clone();
    rest.keywords.push(("wrapped".into(), wrapped));
    let assigned = arguments.get(1, "assigned").cloned();
    rest.keywords
        .extend(assigned.map(|it| ("assigned".into(), it)));
    let update = Value::foreign("functools.update_wrapper");
    Some(Value::Wrapped(Wrapper::Partial, Rc::new((update, rest))))
}

fn updated<'a>(arguments: &Arguments<'a>) -> Option<Value<'a>> {
    let wrapper = arguments.get(0, "wrapper")?;
    if let (Value::Function(function), Some(wrapped)) = (wrapper, arguments.get(1, "wrapped")) {
        let mut attributes = function.attributes.borrow_mut();
        attributes.insert("__wrapped__".into(), wrapped.clone());
        let assigned = arguments.get(2, "assigned").is_none();
        for name in ["__name__", "__qualname__"] {
            let told = match wrapped {
                Value::Function(it) if assigned => it.attributes.borrow().get(name).cloned(),
                _ => Some(Value::Opaque),
            };
            let plain = match wrapped {
                Value::Function(it) => Value::Text(it.name.clone()),
                _ => Value::Opaque,
            };
            attributes.insert(name.into(), told.unwrap_or(plain));
        }
    }
    Some(wrapper.clone()).filter(|it| it.is_code() || matches!(it, Value::Wrapped(..)))
}

/// What stands at the end of a row of functions that wrap each other.
fn innermost<'a>(function: &Value<'a>) -> Value<'a> {
    const DEEPEST: usize = 100;
    let mut value = function.clone();
    for _ in 0..DEEPEST {
        let next = match &value {
            Value::Function(function) => function.attributes.borrow().get("__wrapped__").cloned(),
            _ => None,
        };
        match next {
            Some(next) => value = next,
            None => break,
        }
    }
    value
}

fn partial<'a>(arguments: &Arguments<'a>) -> Option<Value<'a>> {
    let function = arguments.positional.first()?.clone();
    let mut rest = arguments.clone();
    rest.positional.remove(0);
    Some(Value::Wrapped(Wrapper::Partial, Rc::new((function, rest))))
}

/// A field that is made by a call, or has a place of its own among the arguments; of any other
/// its default is as good.
fn field<'a>(arguments: &Arguments<'a>) -> Option<Value<'a>> {
    let named = |name: &str| arguments.get(usize::MAX, name);
    let factory = named("default_factory").or_else(|| named("factory"));
    let placed = named("init").is_some() || named("kw_only").is_some();
    if factory.is_none() && !placed {
        return named("default").cloned();
    }
    let factory = factory.cloned().unwrap_or(Value::None);
    Some(Value::Wrapped(
        Wrapper::Factory,
        Rc::new((factory, arguments.clone())),
    ))
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

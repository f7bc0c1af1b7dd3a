//! What is raised, and who catches it.
//!
//! <https://docs.python.org/3/library/exceptions.html#exception-hierarchy>

use crate::python::syntax::TextRange;

use super::value::{ModuleId, Truth, Value};

/// An exception on its way.
pub(super) struct Raise<'a> {
    /// Its class.
    pub(super) kind: Value<'a>,
    /// The exception itself, as far as it is known: what `as` binds.
    pub(super) value: Value<'a>,
    pub(super) message: String,
    pub(super) at: (ModuleId, TextRange),
    /// Whether it surely comes. A `raise` behind a condition inside a function rests on values
    /// that may be known less well than they seem.
    pub(super) trusted: bool,
}

/// The built-in classes that are asked about, each before its base.
const HIERARCHY: &[(&str, &str)] = &[
    ("ModuleNotFoundError", "ImportError"),
    ("ImportError", "Exception"),
    ("SyntaxError", "Exception"),
    ("AttributeError", "Exception"),
    ("UnboundLocalError", "NameError"),
    ("NameError", "Exception"),
    ("KeyError", "LookupError"),
    ("IndexError", "LookupError"),
    ("LookupError", "Exception"),
    ("UnicodeError", "ValueError"),
    ("ValueError", "Exception"),
    ("TypeError", "Exception"),
    ("AssertionError", "Exception"),
    ("FileNotFoundError", "OSError"),
    ("PermissionError", "OSError"),
    ("OSError", "Exception"),
    ("NotImplementedError", "RuntimeError"),
    ("RecursionError", "RuntimeError"),
    ("RuntimeError", "Exception"),
    ("ZeroDivisionError", "ArithmeticError"),
    ("ArithmeticError", "Exception"),
    ("StopIteration", "Exception"),
    ("Warning", "Exception"),
    ("DeprecationWarning", "Warning"),
    ("SystemExit", "BaseException"),
    ("KeyboardInterrupt", "BaseException"),
    ("GeneratorExit", "BaseException"),
    ("Exception", "BaseException"),
];

/// The exceptions and constants that every module sees.
const BUILT_IN: &str = "\
    ArithmeticError AssertionError BaseExceptionGroup BlockingIOError BrokenPipeError \
    BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError \
    ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError Ellipsis \
    EncodingWarning EnvironmentError ExceptionGroup FileExistsError FileNotFoundError \
    FloatingPointError FutureWarning GeneratorExit IOError ImportWarning IndentationError \
    IndexError InterruptedError IsADirectoryError KeyboardInterrupt LookupError MemoryError \
    ModuleNotFoundError NameError NotADirectoryError NotImplemented OverflowError \
    PendingDeprecationWarning PermissionError ProcessLookupError RecursionError ReferenceError \
    ResourceWarning RuntimeWarning StopAsyncIteration StopIteration SyntaxError SyntaxWarning \
    SystemError SystemExit TabError TimeoutError UnboundLocalError UnicodeDecodeError \
    UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning Warning \
    ZeroDivisionError";

/// Whether every module sees `name`, which is an exception or a constant.
pub(super) fn is_built_in(name: &str) -> bool {
    BUILT_IN.split(' ').any(|it| it == name)
}

/// Whether an exception of class `kind` is caught by `except handler`.
pub(super) fn caught<'a>(kind: &Value<'a>, handler: &Value<'a>) -> Truth {
    caught_within(kind, handler, 400)
}

/// A list of classes may hold itself.
fn caught_within<'a>(kind: &Value<'a>, handler: &Value<'a>, depth: usize) -> Truth {
    let Some(depth) = depth.checked_sub(1) else {
        return Truth::Maybe;
    };
    match (kind, handler) {
        (_, Value::Sequence(types)) => {
            let truths: Vec<Truth> = types
                .items
                .borrow()
                .iter()
                .map(|it| caught_within(kind, it, depth))
                .collect();
            if truths.contains(&Truth::Yes) {
                Truth::Yes
            } else if truths.contains(&Truth::Maybe) || types.open.get() {
                Truth::Maybe
            } else {
                Truth::No
            }
        }
        (_, Value::Foreign(name)) if &**name == "builtins.BaseException" => Truth::Yes,
        (Value::Class(class), handler) => {
            if kind.same(handler) {
                return Truth::Yes;
            }
            let truths: Vec<Truth> = class
                .bases
                .iter()
                .map(|base| caught_within(base, handler, depth))
                .collect();
            if truths.contains(&Truth::Yes) {
                Truth::Yes
            } else if truths.contains(&Truth::Maybe) {
                Truth::Maybe
            } else {
                Truth::No
            }
        }
        (_, Value::Foreign(name)) if name.starts_with("?.") => Truth::Maybe,
        (Value::Foreign(kind), Value::Foreign(handler)) => {
            let own = |name: &str| name.strip_prefix("builtins.").map(str::to_owned);
            match (own(kind), own(handler)) {
                (Some(kind), Some(handler)) => Truth::from(is_a(&kind, &handler)),
                _ if kind == handler => Truth::Yes,
                (Some(_), None) => Truth::No,
                _ => Truth::Maybe,
            }
        }
        (Value::Foreign(kind), Value::Class(_)) if kind.starts_with("builtins.") => Truth::No,
        _ => Truth::Maybe,
    }
}

/// Whether a handler for `handler` survives a module that is not there.
pub(super) fn survives_import_error(handler: &Value) -> bool {
    caught(&Value::foreign("builtins.ModuleNotFoundError"), handler) != Truth::No
}

fn is_a(kind: &str, handler: &str) -> bool {
    let mut kind = match kind {
        "IOError" | "EnvironmentError" | "WindowsError" => "OSError",
        other => other,
    };
    let handler = match handler {
        "IOError" | "EnvironmentError" | "WindowsError" => "OSError",
        other => other,
    };
    loop {
        if kind == handler {
            return true;
        }
        match HIERARCHY.iter().find(|(name, _)| *name == kind) {
            Some((_, base)) => kind = base,
            None => return false,
        }
    }
}

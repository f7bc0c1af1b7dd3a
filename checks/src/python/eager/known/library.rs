//! Functions of the standard library that run what they are given, or say where they run.

use crate::python::eager::machine::{Machine, Outcome};
use crate::python::eager::value::{Arguments, Value, Wrapper};
use crate::python::syntax::TextRange;

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
            "contextlib.suppress" => {
                let kinds = self.sequence(arguments.positional.clone(), arguments.open);
                Ok(Value::wrapped(Wrapper::Suppress, kinds))
            }
            "contextlib.nullcontext" | "types.ModuleType" => Ok(Value::Opaque),
            "functools.reduce" | "re.sub" | "itertools.starmap" => {
                self.call_the_given(arguments, range)
            }
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

    fn system(&self) -> Value<'a> {
        Value::text(match self.settings.platform.as_str() {
            "win32" => "Windows",
            "darwin" => "Darwin",
            _ => "Linux",
        })
    }
}

fn method_caller<'a>(name: Option<&Value<'a>>) -> Value<'a> {
    match name.and_then(Value::as_text) {
        Some(method) => Value::foreign(format!("operator.methodcaller.{method}")),
        None => Value::Opaque,
    }
}

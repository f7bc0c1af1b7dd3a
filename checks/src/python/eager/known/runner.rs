//! What runs what it is given: texts of code, and functions that are not looked into.

use crate::python::eager::machine::{Machine, Outcome};
use crate::python::eager::special::TEXTS;
use crate::python::eager::stdlib::in_standard_library;
use crate::python::eager::value::{Arguments, Value, Wrapper};
use crate::python::source::Source;
use crate::python::syntax::TextRange;

use super::escape;

impl<'a> Machine<'a, '_> {
    /// A function of which nothing but its name is known.
    pub(super) fn call_unlisted(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        escape(arguments);
        self.run_given(name, arguments, range);
        if !is_harmless(name) {
            self.risk();
        }
        Ok(Value::Opaque)
    }

    /// Coroutines and generators are made to be run by whoever gets them; functions only where
    /// the name of what gets them says so.
    fn run_given(&mut self, name: &str, arguments: &Arguments<'a>, range: TextRange) {
        const WHY: &str = "what is handed on may be run";
        let method = name.rsplit('.').next().unwrap_or(name);
        let runs = RUNNERS.contains(&method);
        let named = arguments.keywords.iter();
        let named = named.filter(|(key, _)| CALLED.contains(&&**key));
        for (_, value) in named.filter(|(_, value)| is_function(value)) {
            let unknown = Arguments::unknown();
            drop(self.perhaps(WHY, range, |it| it.call(value, unknown, range)));
        }
        for (index, value) in arguments.all().enumerate() {
            match value {
                Value::Instance(_) | Value::Class(_) if self.calls_back(name) => {
                    self.methods_perhaps(value, range);
                }
                Value::Instance(_) if LOGGERS.contains(&method) => {
                    drop(self.perhaps(WHY, range, |it| it.ask(value, TEXTS, range)));
                }
                Value::Suspended(_)
                | Value::Generator(_)
                | Value::Wrapped(Wrapper::Deferred, _) => {
                    drop(self.perhaps(WHY, range, |it| it.iterate(value, range)));
                }
                _ if runs && index < 2 && is_function(value) => {
                    let unknown = Arguments::unknown();
                    drop(self.perhaps(WHY, range, |it| it.call(value, unknown, range)));
                }
                _ => {}
            }
        }
    }

    /// Whether a function calls methods of the objects it is given.
    fn calls_back(&self, name: &str) -> bool {
        !is_harmless(name) && in_standard_library(name, self.settings.version)
    }

    /// `exec` and `eval` of a constant text run it here.
    pub(super) fn run_text(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let Some(text) = arguments.positional.first().and_then(Value::as_text) else {
            return Ok(self.run_unknown(arguments, range));
        };
        let here = self.modules.get(self.here());
        let Some(path) = here.and_then(|it| it.source).map(|it| it.path.clone()) else {
            return Ok(Value::Unknown);
        };
        let package = self.package_of(self.here());
        let source = match Source::parse(path, text.trim_start().into(), vec![package]) {
            Ok(source) => self.sources.keep(source),
            Err(why) => return self.raise("SyntaxError", why, range),
        };
        self.open_scope();
        escape(arguments);
        if matches!(arguments.positional.get(1), Some(Value::Dict(_))) && text.contains("import") {
            self.lost("a text is run with names of its own", range);
        }
        if self.texts >= NESTED_TEXTS {
            let why = "texts are run inside each other deeper than is followed";
            self.lost(why, range);
            return Ok(Value::Unknown);
        }
        self.run_parsed(source, range)
    }

    fn run_unknown(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Value<'a> {
        escape(arguments);
        if !matches!(arguments.positional.first(), Some(Value::Foreign(_))) {
            self.lost("a text that cannot be known is run", range);
        }
        self.open_scope();
        Value::Unknown
    }

    fn run_parsed(&mut self, source: &'a Source, range: TextRange) -> Outcome<'a> {
        let context = self.context;
        let known = self.graph.contexts.get(context);
        let before = known.map_or(0, |it| it.edges.len());
        self.texts += 1;
        let done = self.block(source.body());
        self.texts -= 1;
        // Places inside the text are no places of the file.
        if let Some(context) = self.graph.contexts.get_mut(context) {
            for edge in context.edges.iter_mut().skip(before) {
                edge.at.1 = range;
            }
        }
        done.map(|_| Value::Unknown)
    }
}

fn is_function(value: &Value<'_>) -> bool {
    value.is_code() || matches!(value, Value::Wrapped(Wrapper::Partial, _))
}

fn is_harmless(name: &str) -> bool {
    HARMLESS.contains(&name.split('.').next().unwrap_or(name))
}

/// `exec` inside `exec` is followed this deep.
const NESTED_TEXTS: usize = 8;

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

/// Names of parameters that take functions which are called.
const CALLED: &[&str] = &[
    "cmp",
    "default",
    "key",
    "object_hook",
    "object_pairs_hook",
    "parse_constant",
    "parse_float",
    "parse_int",
    "type",
];

/// Methods of loggers, which make texts of what they are given.
const LOGGERS: &[&str] = &[
    "critical",
    "debug",
    "error",
    "exception",
    "info",
    "log",
    "warning",
];

/// Methods and functions that run the function they are given.
const RUNNERS: &[&str] = &[
    "apply",
    "apply_async",
    "call_soon",
    "callback",
    "cmp_to_key",
    "dump",
    "dumps",
    "filter",
    "imap",
    "map",
    "push",
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

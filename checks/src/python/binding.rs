//! Where a name gets a value.
//!
//! <https://docs.python.org/3/reference/executionmodel.html#binding-of-names>

use super::source::Source;
use super::syntax::{
    Alias, ExceptHandler, Expr, ExprContext, Pattern, Ranged, Stmt, TextRange, Visitor, ast,
    visitor,
};

/// How a name gets a value, or loses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `import`, `from … import`.
    Import,
    /// `def` or `class`.
    Definition,
    /// A parameter.
    Parameter,
    /// `name = False`.
    False,
    /// Any other way: an assignment, a loop, a pattern, …
    Value,
    /// `global name`: the name of the module may be bound here.
    Global,
    /// `nonlocal name`: the name of a function around may be bound here.
    Nonlocal,
    /// `del name`, or the end of `except … as name`.
    Deleted,
}

/// One place where a name is bound or unbound.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Binding<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: Kind,
    pub(crate) range: TextRange,
}

/// The bindings of every scope in `body`.
pub(crate) fn all_bindings(body: &[Stmt]) -> Vec<Binding<'_>> {
    collect(body, true)
}

/// The bindings that `body` makes in the scope it belongs to.
pub(crate) fn own_bindings(body: &[Stmt]) -> Vec<Binding<'_>> {
    collect(body, false)
}

/// The bindings of an expression's own scope: those of `:=`.
pub(crate) fn bindings_of_expression(expression: &Expr) -> Vec<Binding<'_>> {
    let mut collector = Collector::new(false);
    collector.visit_expr(expression);
    collector.found
}

/// The bindings of a pattern, or of the target of a loop.
pub(crate) fn bindings_of_pattern(pattern: &Pattern) -> Vec<Binding<'_>> {
    let mut collector = Collector::new(false);
    collector.visit_pattern(pattern);
    collector.found
}

/// What a module offers under one name, imports left out.
pub(crate) struct ModuleBindings {
    /// A `def` or `class`.
    pub(crate) defined: bool,
    /// A value of any other kind.
    pub(crate) assigned: bool,
    /// A `global` or `nonlocal` statement, in any function.
    pub(crate) elsewhere: Option<TextRange>,
}

/// What the module offers under `name`.
pub(crate) fn module_bindings(source: &Source, name: &str) -> ModuleBindings {
    let own = own_bindings(source.body());
    let is = |wanted: &[Kind]| {
        own.iter()
            .any(|it| it.name == name && wanted.contains(&it.kind))
    };
    let every = all_bindings(source.body());
    let elsewhere = every
        .iter()
        .find(|it| it.name == name && matches!(it.kind, Kind::Global | Kind::Nonlocal));
    ModuleBindings {
        defined: is(&[Kind::Definition]),
        assigned: is(&[Kind::Value, Kind::False]),
        elsewhere: elsewhere.map(|it| it.range),
    }
}

/// Whether every module sees `name` without binding it: the functions and types among
/// <https://docs.python.org/3/library/functions.html>, and what a module is born with.
pub(crate) fn builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
}

const BUILTINS: &[&str] = &[
    "__build_class__",
    "__builtins__",
    "__debug__",
    "__doc__",
    "__file__",
    "__import__",
    "__loader__",
    "__name__",
    "__package__",
    "__spec__",
    "abs",
    "aiter",
    "all",
    "anext",
    "any",
    "ascii",
    "bin",
    "bool",
    "breakpoint",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "complex",
    "copyright",
    "credits",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "exit",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "help",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "license",
    "list",
    "locals",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "quit",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
    "ImportError",
    "Exception",
    "BaseException",
    "ValueError",
    "TypeError",
    "KeyError",
    "OSError",
    "RuntimeError",
    "NotImplementedError",
    "AttributeError",
];

/// The name that an alias of an `import` (`from` is false) or `from … import` binds; none for
/// `*`.
pub(crate) fn bound_by(alias: &Alias, from: bool) -> Option<&str> {
    let name = alias.name.as_str();
    match &alias.asname {
        Some(asname) => Some(asname.as_str()),
        None if name == "*" => None,
        None if from => Some(name),
        None => name.split('.').next(),
    }
}

fn collect(body: &[Stmt], every_scope: bool) -> Vec<Binding<'_>> {
    let mut collector = Collector::new(every_scope);
    collector.visit_body(body);
    collector.found
}

struct Collector<'a> {
    found: Vec<Binding<'a>>,
    every_scope: bool,
    in_comprehension: bool,
}

impl<'a> Collector<'a> {
    fn new(every_scope: bool) -> Self {
        Self {
            found: Vec::new(),
            every_scope,
            in_comprehension: false,
        }
    }

    fn bind(&mut self, name: &'a str, kind: Kind, range: TextRange) {
        self.found.push(Binding { name, kind, range });
    }

    fn identifier(&mut self, name: Option<&'a ast::Identifier>, kind: Kind) {
        if let Some(name) = name {
            self.bind(name.as_str(), kind, name.range());
        }
    }

    /// Decorators, defaults and bases belong to the scope around; the body only if every scope
    /// is asked for.
    fn definition(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => {
                self.identifier(Some(&function.name), Kind::Definition);
                for decorator in &function.decorator_list {
                    self.visit_decorator(decorator);
                }
                self.visit_parameters(&function.parameters);
                if self.every_scope {
                    self.visit_body(&function.body);
                }
            }
            Stmt::ClassDef(class) => {
                self.identifier(Some(&class.name), Kind::Definition);
                for decorator in &class.decorator_list {
                    self.visit_decorator(decorator);
                }
                if let Some(arguments) = &class.arguments {
                    self.visit_arguments(arguments);
                }
                if self.every_scope {
                    self.visit_body(&class.body);
                }
            }
            _ => {}
        }
    }

    fn comprehension_targets(&mut self, expression: &'a Expr) {
        let outer = std::mem::replace(&mut self.in_comprehension, true);
        visitor::walk_expr(self, expression);
        self.in_comprehension = outer;
    }
}

impl<'a> Visitor<'a> for Collector<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => return self.definition(statement),
            Stmt::Assign(assign) if is_false(&assign.value) => {
                for target in &assign.targets {
                    match target {
                        Expr::Name(name) => self.bind(&name.id, Kind::False, name.range),
                        other => self.visit_expr(other),
                    }
                }
                return;
            }
            Stmt::Import(import) => self.aliases(&import.names, false),
            Stmt::ImportFrom(import) => self.aliases(&import.names, true),
            Stmt::Global(it) => {
                for name in &it.names {
                    self.identifier(Some(name), Kind::Global);
                }
            }
            Stmt::Nonlocal(it) => {
                for name in &it.names {
                    self.identifier(Some(name), Kind::Nonlocal);
                }
            }
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Named(named) => {
                self.visit_expr(&named.value);
                if let Expr::Name(name) = &*named.target {
                    self.bind(&name.id, Kind::Value, name.range);
                }
            }
            Expr::Name(name) => match name.ctx {
                ExprContext::Store if self.in_comprehension && !self.every_scope => {}
                ExprContext::Store => self.bind(&name.id, Kind::Value, name.range),
                ExprContext::Del => self.bind(&name.id, Kind::Deleted, name.range),
                ExprContext::Load | ExprContext::Invalid => {}
            },
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    self.visit_parameters(parameters);
                }
                if self.every_scope {
                    self.visit_expr(&lambda.body);
                }
            }
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                self.comprehension_targets(expression);
            }
            _ => visitor::walk_expr(self, expression),
        }
    }

    fn visit_parameter(&mut self, parameter: &'a ast::Parameter) {
        if self.every_scope {
            self.identifier(Some(&parameter.name), Kind::Parameter);
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(it) = handler;
        self.identifier(it.name.as_ref(), Kind::Value);
        self.identifier(it.name.as_ref(), Kind::Deleted);
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchAs(it) => self.identifier(it.name.as_ref(), Kind::Value),
            Pattern::MatchStar(it) => self.identifier(it.name.as_ref(), Kind::Value),
            Pattern::MatchMapping(it) => self.identifier(it.rest.as_ref(), Kind::Value),
            _ => {}
        }
        visitor::walk_pattern(self, pattern);
    }
}

impl<'a> Collector<'a> {
    fn aliases(&mut self, names: &'a [Alias], from: bool) {
        for alias in names {
            if let Some(name) = bound_by(alias, from) {
                self.bind(name, Kind::Import, alias.range);
            }
        }
    }
}

fn is_false(value: &Expr) -> bool {
    matches!(value, Expr::BooleanLiteral(literal) if !literal.value)
}

//! Every import of a file, and when it runs.

use std::collections::HashSet;

use super::binding::bound_by;
use super::guard::{Guards, Truth};
use super::name::is_under;
use super::syntax::{Expr, ExprContext, Ranged, Stmt, TextRange, Visitor, ast, visitor};

/// When a statement runs, from "surely while the file is loaded" to "never".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum When {
    /// While the file is loaded.
    Eager,
    /// While the file is loaded, if a condition holds that cannot be known.
    Conditional,
    /// `lazy import`: when the name is first used. PEP 810.
    Lazy,
    /// When the function around it is called.
    Deferred,
    /// Only a type checker looks at it.
    TypingOnly,
    /// Never in an imported module: behind `if False`, `if __name__ == "__main__"`, `raise`.
    Never,
}

/// One thing that is imported.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    /// The alias, or the call.
    pub(crate) range: TextRange,
    /// The whole statement.
    pub(crate) statement: TextRange,
    /// The module in full; several where a file's own package has several possible names, none
    /// where a relative import leaves the package.
    pub(crate) modules: Vec<String>,
    /// `name` of `from module import name`; `*` too.
    pub(crate) name: Option<String>,
    /// The name that is bound.
    pub(crate) bound: Option<String>,
    /// When it runs.
    pub(crate) when: When,
    /// The function around it, with the classes and functions around that.
    pub(crate) function: Option<String>,
    /// Whether it stands in a class body: the name it binds is the class's.
    pub(crate) in_class: bool,
}

/// What a file imports.
#[derive(Debug, Default)]
pub(crate) struct Imports {
    /// In the order of evaluation.
    pub(crate) list: Vec<Import>,
    /// Calls that may import what is not written down: `__import__(name)`, `exec(text)`.
    pub(crate) computed: Vec<(TextRange, When)>,
    /// Names that are called while the file is loaded.
    pub(crate) calls: Vec<(String, TextRange)>,
    /// Names that are read while the file is loaded.
    pub(crate) reads: HashSet<String>,
    /// How many imports stand before the first place where loading may end or be tampered with,
    /// and that place.
    pub(crate) end: Option<(usize, TextRange)>,
}

impl Import {
    /// Whether this import loads `module`, or something below it.
    pub(crate) fn loads(&self, module: &str) -> bool {
        self.modules.iter().any(|loaded| {
            is_under(loaded, module)
                || self
                    .name
                    .as_ref()
                    .is_some_and(|name| format!("{loaded}.{name}") == module)
        })
    }

    /// Whether a `*` may bring `what` (`module.name`).
    pub(crate) fn may_bring(&self, what: &str) -> bool {
        let parent = what.rsplit_once('.').map(|(parent, _)| parent);
        self.is_star() && parent.is_some_and(|parent| self.modules.iter().any(|it| it == parent))
    }

    /// `from … import *`
    pub(crate) fn is_star(&self) -> bool {
        self.name.as_deref() == Some("*")
    }

    /// Whether `name` is bound, or is a part of what is imported. A dotted name must be a whole
    /// run of parts.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        let has = |whole: &str| format!(".{whole}.").contains(&format!(".{name}."));
        self.bound.as_deref() == Some(name)
            || self.modules.iter().any(|module| match &self.name {
                Some(imported) => has(&format!("{module}.{imported}")),
                None => has(module),
            })
            // A relative import that leaves the package still imports its name.
            || self.name.as_deref() == Some(name)
    }

    /// Where and when, as the end of a sentence.
    pub(crate) fn describe(&self) -> String {
        match (self.when, &self.function) {
            (When::TypingOnly, _) => "for type checkers only (typing-only)".to_owned(),
            (When::Never, _) => "where it never runs on import".to_owned(),
            (When::Lazy, _) => "by a `lazy import`: deferred until its first use".to_owned(),
            (_, Some(function)) => format!("inside `{function}()`: deferred"),
            (When::Conditional, None) => "while the file is loaded: conditional".to_owned(),
            (_, None) if self.in_class => {
                "in a class body: it runs while the file is loaded".to_owned()
            }
            (_, None) => "at module level".to_owned(),
        }
    }
}

impl Imports {
    /// The imports of `body`, a file in one of `packages`.
    pub(crate) fn of(body: &[Stmt], packages: &[String]) -> Self {
        let mut scan = Scan {
            guards: Guards::of(body),
            packages,
            importers: Importers::of(body),
            found: Self::default(),
            when: When::Eager,
            function: None,
            names: Vec::new(),
            in_class: false,
            statement: TextRange::default(),
        };
        scan.visit_body(body);
        scan.found
    }

    /// The call, made while the file is loaded, of the function that `import` stands in.
    pub(crate) fn call_that_runs(&self, import: &Import) -> Option<&(String, TextRange)> {
        let function = import
            .function
            .as_ref()
            .filter(|_| import.when == When::Deferred)?;
        let mut parts = function.split('.');
        let outermost = parts.next()?;
        let on_call = matches!(parts.next(), None | Some("__init__" | "__new__"))
            || import.function.as_deref() == Some(outermost);
        self.calls
            .iter()
            .find(|(name, _)| on_call && name == outermost)
    }
}

/// The names by which a file can import what is not in an import statement.
#[derive(Default)]
struct Importers {
    functions: HashSet<String>,
    modules: HashSet<String>,
}

impl Importers {
    fn of(body: &[Stmt]) -> Self {
        let mut importers = Self::default();
        importers.functions.insert("__import__".to_owned());
        importers.visit_body(body);
        importers
    }

    fn is_importer(&self, function: &Expr) -> bool {
        match function {
            Expr::Name(name) => self.functions.contains(name.id.as_str()),
            Expr::Attribute(it) => {
                matches!(it.attr.as_str(), "import_module" | "__import__")
                    && matches!(&*it.value, Expr::Name(name) if self.modules.contains(name.id.as_str()))
            }
            _ => false,
        }
    }
}

impl<'a> Visitor<'a> for Importers {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => {
                for alias in &import.names {
                    let top = alias.name.split('.').next();
                    let known = alias.asname.is_none()
                        || alias.name == *"importlib"
                        || alias.name == *"builtins";
                    if known && matches!(top, Some("importlib" | "builtins")) {
                        self.modules
                            .extend(bound_by(alias, false).map(str::to_owned));
                    }
                }
            }
            Stmt::ImportFrom(import)
                if import
                    .module
                    .as_deref()
                    .is_some_and(|it| it == "importlib" || it == "builtins") =>
            {
                for alias in &import.names {
                    if matches!(alias.name.as_str(), "import_module" | "__import__") {
                        self.functions
                            .extend(bound_by(alias, true).map(str::to_owned));
                    }
                }
            }
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

struct Scan<'s> {
    guards: Guards,
    packages: &'s [String],
    importers: Importers,
    found: Imports,
    when: When,
    function: Option<String>,
    names: Vec<String>,
    in_class: bool,
    statement: TextRange,
}

impl<'s> Scan<'s> {
    /// Looks at something that runs `when`, at the earliest.
    fn within(&mut self, when: When, look: impl FnOnce(&mut Self)) {
        let before = self.when;
        self.when = self.when.max(when);
        look(self);
        self.when = before;
    }

    fn on_load(&self) -> bool {
        self.when <= When::Conditional
    }

    fn may_end(&mut self, range: TextRange) {
        if self.on_load() && self.found.end.is_none() {
            self.found.end = Some((self.found.list.len(), range));
        }
    }

    fn import(&mut self, import: &ast::StmtImport) {
        for alias in &import.names {
            let modules = vec![alias.name.to_string()];
            let bound = bound_by(alias, false).map(str::to_owned);
            self.push(alias.range, modules, None, bound, import.is_lazy);
        }
    }

    fn import_from(&mut self, import: &ast::StmtImportFrom) {
        let module = import.module.as_deref();
        let modules = match import.level {
            0 => module.map(str::to_owned).into_iter().collect(),
            level => self.resolve(level, module),
        };
        for alias in &import.names {
            let bound = bound_by(alias, true).map(str::to_owned);
            let name = Some(alias.name.to_string());
            self.push(alias.range, modules.clone(), name, bound, import.is_lazy);
        }
    }

    /// <https://docs.python.org/3/reference/import.html#package-relative-imports>
    fn resolve(&self, level: u32, module: Option<&str>) -> Vec<String> {
        let above = level.saturating_sub(1) as usize;
        let packages = self.packages.iter().filter_map(|package| {
            let parts: Vec<&str> = package.split('.').collect();
            let kept = parts.len().checked_sub(above).filter(|kept| *kept > 0)?;
            let base = parts.get(..kept)?.join(".");
            match module {
                _ if base.is_empty() => None,
                Some(module) => Some(format!("{base}.{module}")),
                None => Some(base),
            }
        });
        packages.collect()
    }

    fn push(
        &mut self,
        range: TextRange,
        modules: Vec<String>,
        name: Option<String>,
        bound: Option<String>,
        lazy: bool,
    ) {
        let when = if lazy {
            self.when.max(When::Lazy)
        } else {
            self.when
        };
        self.found.list.push(Import {
            range,
            statement: self.statement,
            modules,
            name,
            bound,
            when,
            function: self.function.clone(),
            in_class: self.in_class,
        });
    }

    fn call(&mut self, call: &ast::ExprCall) {
        if let Expr::Name(name) = &*call.func {
            if self.on_load() {
                self.found.calls.push((name.id.to_string(), call.range()));
            }
            if matches!(name.id.as_str(), "exec" | "eval") {
                self.found.computed.push((call.range(), self.when));
            }
        }
        if ends_the_run(&call.func) || tampers(&call.func) {
            self.may_end(call.range());
        }
        if self.importers.is_importer(&call.func) {
            match self.written_module(call) {
                Some(modules) => self.push(call.range(), modules, None, None, false),
                None => self.found.computed.push((call.range(), self.when)),
            }
        }
    }

    /// The module that `import_module("…")` or `__import__("…")` names, if it is written down.
    fn written_module(&self, call: &ast::ExprCall) -> Option<Vec<String>> {
        let arguments = &call.arguments;
        let first = arguments
            .args
            .first()
            .or_else(|| Some(&arguments.find_keyword("name")?.value))?;
        let Expr::StringLiteral(text) = first else {
            return None;
        };
        let text = text.value.to_str();
        let leveled = arguments.args.len() > 4 || arguments.find_keyword("level").is_some();
        if leveled || text.is_empty() {
            return None;
        }
        let module = text.trim_start_matches('.');
        let level = u32::try_from(text.len() - module.len()).ok()?;
        if level == 0 {
            return Some(vec![text.to_owned()]);
        }
        let package = arguments
            .args
            .get(1)
            .or_else(|| Some(&arguments.find_keyword("package")?.value))?;
        let own = matches!(package, Expr::Name(name) if name.id.as_str() == "__package__");
        own.then(|| self.resolve(level, Some(module).filter(|it| !it.is_empty())))
    }

    fn function(&mut self, function: &ast::StmtFunctionDef) {
        for decorator in &function.decorator_list {
            if let (Expr::Name(name), true) = (&decorator.expression, self.on_load()) {
                self.found
                    .calls
                    .push((name.id.to_string(), decorator.range));
            }
            self.visit_decorator(decorator);
        }
        self.visit_parameters(&function.parameters);
        if let Some(returns) = &function.returns {
            self.visit_annotation(returns);
        }
        self.names.push(function.name.to_string());
        let around = (self.function.replace(self.names.join(".")), self.in_class);
        self.in_class = false;
        self.within(When::Deferred, |scan| scan.visit_body(&function.body));
        (self.function, self.in_class) = around;
        self.names.pop();
    }

    fn class(&mut self, class: &ast::StmtClassDef) {
        for decorator in &class.decorator_list {
            self.visit_decorator(decorator);
        }
        if let Some(arguments) = &class.arguments {
            self.visit_arguments(arguments);
        }
        self.names.push(class.name.to_string());
        let around = std::mem::replace(&mut self.in_class, true);
        self.visit_body(&class.body);
        self.in_class = around;
        self.names.pop();
    }

    fn lambda(&mut self, lambda: &ast::ExprLambda) {
        if let Some(parameters) = &lambda.parameters {
            self.visit_parameters(parameters);
        }
        self.names.push("lambda".to_owned());
        let around = self.function.replace(self.names.join("."));
        self.within(When::Deferred, |scan| scan.visit_expr(&lambda.body));
        self.function = around;
        self.names.pop();
    }

    fn branches(&mut self, statement: &ast::StmtIf) {
        self.visit_expr(&statement.test);
        let mut truth = self.guards.truth(&statement.test);
        self.within(when_true(truth), |scan| scan.visit_body(&statement.body));
        let mut reached = when_false(truth);
        for clause in &statement.elif_else_clauses {
            let test = clause.test.as_ref();
            truth = test.map_or(Truth::True, |test| self.guards.truth(test));
            let runs = reached.max(when_true(truth));
            if let Some(test) = test {
                self.within(reached, |scan| scan.visit_expr(test));
            }
            self.within(runs, |scan| scan.visit_body(&clause.body));
            reached = reached.max(when_false(truth));
        }
    }

    fn attempt(&mut self, attempt: &ast::StmtTry) {
        self.visit_body(&attempt.body);
        for handler in &attempt.handlers {
            self.within(When::Conditional, |scan| scan.visit_except_handler(handler));
        }
        self.visit_body(&attempt.orelse);
        self.visit_body(&attempt.finalbody);
    }

    fn comprehension(&mut self, generators: &[ast::Comprehension], elements: &[&Expr]) {
        let mut rest = generators.iter();
        if let Some(first) = rest.next() {
            self.visit_expr(&first.iter);
            self.within(When::Conditional, |scan| {
                first.ifs.iter().for_each(|it| scan.visit_expr(it));
            });
        }
        self.within(When::Conditional, |scan| {
            for comprehension in rest {
                scan.visit_comprehension(comprehension);
            }
            elements.iter().for_each(|it| scan.visit_expr(it));
        });
    }
}

impl<'a> Visitor<'a> for Scan<'_> {
    fn visit_body(&mut self, body: &'a [Stmt]) {
        let last = body.iter().position(leaves).unwrap_or(body.len());
        for (index, statement) in body.iter().enumerate() {
            if index > last {
                self.within(When::Never, |scan| scan.visit_stmt(statement));
            } else {
                self.visit_stmt(statement);
            }
        }
    }

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let around = std::mem::replace(&mut self.statement, statement.range());
        match statement {
            Stmt::Import(it) => self.import(it),
            Stmt::ImportFrom(it) => self.import_from(it),
            Stmt::FunctionDef(it) => self.function(it),
            Stmt::ClassDef(it) => self.class(it),
            Stmt::If(it) => self.branches(it),
            Stmt::Try(it) => self.attempt(it),
            Stmt::While(it) => {
                self.visit_expr(&it.test);
                let truth = self.guards.truth(&it.test);
                self.within(when_true(truth), |scan| scan.visit_body(&it.body));
                self.visit_body(&it.orelse);
            }
            Stmt::For(it) => {
                self.visit_expr(&it.iter);
                self.within(When::Conditional, |scan| scan.visit_body(&it.body));
                self.visit_body(&it.orelse);
            }
            Stmt::With(it) => {
                it.items.iter().for_each(|item| self.visit_with_item(item));
                self.visit_body(&it.body);
            }
            Stmt::Match(it) => {
                self.visit_expr(&it.subject);
                self.within(When::Conditional, |scan| {
                    it.cases.iter().for_each(|case| scan.visit_match_case(case));
                });
            }
            _ => visitor::walk_stmt(self, statement),
        }
        if matches!(statement, Stmt::Raise(_)) {
            self.may_end(statement.range());
        }
        self.statement = around;
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Lambda(it) => return self.lambda(it),
            Expr::ListComp(it) => return self.comprehension(&it.generators, &[&it.elt]),
            Expr::SetComp(it) => return self.comprehension(&it.generators, &[&it.elt]),
            Expr::Generator(it) => return self.comprehension(&it.generators, &[&it.elt]),
            Expr::DictComp(it) => {
                let elements: Vec<&Expr> =
                    it.key.as_deref().into_iter().chain([&*it.value]).collect();
                return self.comprehension(&it.generators, &elements);
            }
            Expr::BoolOp(it) => {
                for (index, value) in it.values.iter().enumerate() {
                    let when = if index == 0 {
                        When::Eager
                    } else {
                        When::Conditional
                    };
                    self.within(when, |scan| scan.visit_expr(value));
                }
                return;
            }
            Expr::If(it) => {
                self.visit_expr(&it.test);
                let truth = self.guards.truth(&it.test);
                self.within(when_true(truth), |scan| scan.visit_expr(&it.body));
                return self.within(when_false(truth), |scan| scan.visit_expr(&it.orelse));
            }
            Expr::Call(it) => self.call(it),
            Expr::Name(it) if self.on_load() && it.ctx == ExprContext::Load => {
                self.found.reads.insert(it.id.to_string());
            }
            Expr::Subscript(it) if it.ctx != ExprContext::Load && is_module_table(&it.value) => {
                self.may_end(it.range);
            }
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }
}

fn when_true(truth: Truth) -> When {
    match truth {
        Truth::True => When::Eager,
        Truth::Typing => When::TypingOnly,
        Truth::False => When::Never,
        Truth::Unknown => When::Conditional,
    }
}

fn when_false(truth: Truth) -> When {
    match truth {
        Truth::True => When::Never,
        Truth::Typing | Truth::False => When::Eager,
        Truth::Unknown => When::Conditional,
    }
}

/// Whether nothing after this statement in the same block runs.
fn leaves(statement: &Stmt) -> bool {
    matches!(
        statement,
        Stmt::Raise(_) | Stmt::Return(_) | Stmt::Break(_) | Stmt::Continue(_)
    )
}

/// `sys.exit`, `os._exit` and the like.
fn ends_the_run(function: &Expr) -> bool {
    match function {
        Expr::Name(name) => matches!(name.id.as_str(), "exit" | "quit"),
        Expr::Attribute(it) => {
            let on =
                |module: &str| matches!(&*it.value, Expr::Name(name) if name.id.as_str() == module);
            match it.attr.as_str() {
                "exit" => on("sys"),
                "_exit" | "abort" | "execv" | "execve" | "execvp" => on("os"),
                _ => false,
            }
        }
        _ => false,
    }
}

/// `sys.modules.pop`, `sys.meta_path.insert`: what an import finds is no longer known.
fn tampers(function: &Expr) -> bool {
    matches!(function, Expr::Attribute(it) if is_module_table(&it.value) && &it.attr != "get")
}

fn is_module_table(expression: &Expr) -> bool {
    let Expr::Attribute(it) = expression else {
        return false;
    };
    matches!(
        it.attr.as_str(),
        "modules" | "meta_path" | "path_hooks" | "path"
    ) && matches!(&*it.value, Expr::Name(name) if name.id.as_str() == "sys")
}

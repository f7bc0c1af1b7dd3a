//! What CPython's compiler refuses in a text that parses.
//!
//! Much that is no Python has a tree all the same: `return` outside of a function, a `nonlocal`
//! without its variable, a `match` on Python 3.9. CPython raises `SyntaxError` when such a module
//! is loaded, even if what is wrong stands in a function that nobody calls.
//!
//! The rules are those of the [language reference], as ruff's parser knows them; the scopes that
//! it asks for, and what it leaves out, are here.
//!
//! [language reference]: https://docs.python.org/3/reference/

mod scope;

use std::cell::RefCell;

use super::name::PythonVersion;
use super::syntax::semantic::{
    LazyImportContext, SemanticSyntaxChecker, SemanticSyntaxContext, SemanticSyntaxError,
    SemanticSyntaxErrorKind, WriteToDebugKind,
};
use super::syntax::{
    ExceptHandler, Expr, ExprContext, NotParsed, Parsed, Pattern, Ranged, Stmt, TextRange, Visitor,
    ast, future_annotations, visitor,
};

use scope::{Declared, Scope, What};

/// Why CPython of this version raises `SyntaxError` for `text`, of which `parsed` is the whole
/// tree; none if it takes it.
pub(crate) fn refused(parsed: &Parsed, text: &str, version: PythonVersion) -> Option<NotParsed> {
    if let Some(newer) = parsed.newer_than(version) {
        return Some(newer);
    }
    let mut compiler = Compiler {
        checker: SemanticSyntaxChecker::new(),
        text,
        version: version.into(),
        postponed: future_annotations(&parsed.body).is_some(),
        declares: text.contains("global") || text.contains("nonlocal"),
        scopes: Vec::new(),
        refused: RefCell::default(),
    };
    compiler.scope(What::Module, &parsed.body);
    let first = compiler.refused.take();
    first.map(|(why, at)| NotParsed {
        why: format!("does not compile: {why}"),
        offset: Some(at.start().to_usize()),
    })
}

struct Compiler<'t> {
    checker: SemanticSyntaxChecker,
    text: &'t str,
    version: ast::PythonVersion,
    /// Whether annotations are postponed by a `from __future__ import`.
    postponed: bool,
    /// Whether there may be `global` or `nonlocal` statements.
    declares: bool,
    /// The scopes around what is looked at, the module first.
    scopes: Vec<Scope<'t>>,
    /// What stands first of all that is refused.
    refused: RefCell<Option<(String, TextRange)>>,
}

impl<'t> Compiler<'t> {
    fn refuse(&self, why: String, at: TextRange) {
        let mut refused = self.refused.borrow_mut();
        if refused
            .as_ref()
            .is_none_or(|(_, first)| at.start() < first.start())
        {
            *refused = Some((why, at));
        }
    }

    fn scope(&mut self, what: What<'t>, body: &'t [Stmt]) {
        let mut scope = Scope::new(what);
        if self.declares {
            for (why, at) in scope.declare(body) {
                self.refuse(why, at);
            }
        }
        self.scopes.push(scope);
        self.visit_body(body);
        self.scopes.pop();
    }

    fn in_loop(&mut self, body: &'t [Stmt]) {
        self.innermost_scope(|it| it.loops += 1);
        self.visit_body(body);
        self.innermost_scope(|it| it.loops -= 1);
    }

    fn in_try(&mut self, body: &'t [Stmt]) {
        self.innermost_scope(|it| it.tries += 1);
        self.visit_body(body);
        self.innermost_scope(|it| it.tries -= 1);
    }

    /// The body of `except*`.
    fn in_group(&mut self, body: &'t [Stmt]) {
        let mut loops = 0;
        self.innermost_scope(|it| {
            it.groups += 1;
            std::mem::swap(&mut it.loops, &mut loops);
        });
        self.in_try(body);
        self.innermost_scope(|it| {
            it.groups -= 1;
            it.loops = loops;
        });
    }

    fn innermost_scope(&mut self, change: impl FnOnce(&mut Scope<'t>)) {
        if let Some(scope) = self.scopes.last_mut() {
            change(scope);
        }
    }

    fn function(&mut self, def: &'t ast::StmtFunctionDef) {
        for decorator in &def.decorator_list {
            self.visit_decorator(decorator);
        }
        if let Some(type_params) = &def.type_params {
            self.visit_type_params(type_params);
        }
        self.visit_parameters(&def.parameters);
        if let Some(returns) = &def.returns {
            self.visit_annotation(returns);
        }
        self.scope(What::Function(def), &def.body);
    }

    fn class(&mut self, def: &'t ast::StmtClassDef) {
        for decorator in &def.decorator_list {
            self.visit_decorator(decorator);
        }
        if let Some(type_params) = &def.type_params {
            self.visit_type_params(type_params);
        }
        if let Some(arguments) = &def.arguments {
            self.visit_arguments(arguments);
        }
        self.scope(What::Class, &def.body);
    }

    fn try_statement(&mut self, it: &'t ast::StmtTry) {
        let is_bare = |handler: &ExceptHandler| {
            let ExceptHandler::ExceptHandler(it) = handler;
            it.type_.is_none()
        };
        let before_last = it.handlers.split_last().map_or(&[][..], |(_, rest)| rest);
        if let Some(bare) = before_last.iter().find(|it| is_bare(it)) {
            self.refuse("default `except:` must be last".to_owned(), bare.range());
        }
        self.in_try(&it.body);
        for ExceptHandler::ExceptHandler(handler) in &it.handlers {
            handler.type_.iter().for_each(|it| self.visit_expr(it));
            match it.is_star {
                true => self.in_group(&handler.body),
                false => self.in_try(&handler.body),
            }
        }
        self.in_try(&it.orelse);
        self.in_try(&it.finalbody);
    }

    /// What the checker of ruff lets pass.
    fn check_statement(&self, statement: &Stmt) {
        match statement {
            Stmt::Expr(it) => self.check_star(&it.value),
            Stmt::AugAssign(it) => self.check_star(&it.value),
            Stmt::With(it) => {
                let targets = it.items.iter().filter_map(|it| it.optional_vars.as_ref());
                targets.for_each(|it| self.check_star(it));
            }
            Stmt::Return(it) if self.scopes.last().is_some_and(|it| it.groups > 0) => {
                let why = "`return` cannot appear in an `except*` block";
                self.refuse(why.to_owned(), it.range);
            }
            _ => {}
        }
    }

    fn check_star(&self, expression: &Expr) {
        if expression.is_starred_expr() {
            let why = "starred expression cannot be used here";
            self.refuse(why.to_owned(), expression.range());
        }
    }

    fn check_name(&self, name: &ast::Identifier) {
        if name == "__debug__" {
            self.refuse("cannot assign to `__debug__`".to_owned(), name.range());
        }
    }

    /// A comprehension: what is gone through first is evaluated around it.
    fn comprehension(
        &mut self,
        elements: &[&'t Expr],
        generators: &'t [ast::Comprehension],
        what: What<'t>,
    ) {
        let Some((first, others)) = generators.split_first() else {
            return;
        };
        self.visit_expr(&first.iter);
        self.scopes.push(Scope::new(what));
        self.visit_expr(&first.target);
        first.ifs.iter().for_each(|it| self.visit_expr(it));
        others.iter().for_each(|it| self.visit_comprehension(it));
        elements.iter().for_each(|it| self.visit_expr(it));
        self.scopes.pop();
    }

    fn innermost(&self) -> Option<What<'t>> {
        self.scopes.last().map(|it| it.what)
    }

    /// The scopes from the innermost.
    fn outwards(&self) -> impl Iterator<Item = &Scope<'t>> {
        self.scopes.iter().rev()
    }

    /// The comprehensions around what is looked at, in one function.
    fn comprehensions(&self) -> impl Iterator<Item = &Scope<'t>> {
        let inside = |it: &&Scope| matches!(it.what, What::Comprehension(_) | What::Generator);
        self.outwards().take_while(inside)
    }

    fn declared(&self, name: &str) -> Option<Declared> {
        self.scopes.last()?.declared.get(name).copied()
    }
}

impl<'t> Visitor<'t> for Compiler<'t> {
    fn visit_stmt(&mut self, statement: &'t Stmt) {
        let mut checker = std::mem::take(&mut self.checker);
        checker.visit_stmt(statement, self);
        self.checker = checker;
        self.check_statement(statement);
        match statement {
            Stmt::FunctionDef(it) => self.function(it),
            Stmt::ClassDef(it) => self.class(it),
            Stmt::Try(it) => self.try_statement(it),
            Stmt::For(it) => {
                self.visit_expr(&it.iter);
                self.visit_expr(&it.target);
                self.in_loop(&it.body);
                self.visit_body(&it.orelse);
            }
            Stmt::While(it) => {
                self.visit_expr(&it.test);
                self.in_loop(&it.body);
                self.visit_body(&it.orelse);
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_keyword(&mut self, keyword: &'t ast::Keyword) {
        keyword.arg.iter().for_each(|it| self.check_name(it));
        self.visit_expr(&keyword.value);
    }

    fn visit_pattern(&mut self, pattern: &'t Pattern) {
        if let Pattern::MatchValue(it) = pattern
            && let Expr::FString(_) | Expr::TString(_) = &*it.value
        {
            let why = "patterns may only match literals and attribute lookups";
            self.refuse(why.to_owned(), it.range);
        }
        visitor::walk_pattern(self, pattern);
    }

    fn visit_expr(&mut self, expression: &'t Expr) {
        let mut checker = std::mem::take(&mut self.checker);
        checker.visit_expr(expression, self);
        self.checker = checker;
        match expression {
            Expr::Lambda(it) => {
                if let Some(parameters) = &it.parameters {
                    self.visit_parameters(parameters);
                }
                let scope = Scope::new(What::Lambda(it.parameters.as_deref()));
                self.scopes.push(scope);
                self.visit_expr(&it.body);
                self.scopes.pop();
            }
            Expr::ListComp(ast::ExprListComp {
                elt, generators, ..
            })
            | Expr::SetComp(ast::ExprSetComp {
                elt, generators, ..
            }) => {
                let what = What::Comprehension(is_async(generators));
                self.comprehension(&[elt], generators, what);
            }
            Expr::DictComp(it) => {
                let what = What::Comprehension(is_async(&it.generators));
                let key = it.key.as_deref();
                let elements: Vec<&Expr> = key.into_iter().chain([&*it.value]).collect();
                self.comprehension(&elements, &it.generators, what);
            }
            Expr::Generator(it) => self.comprehension(&[&it.elt], &it.generators, What::Generator),
            Expr::Attribute(it) => {
                if it.ctx == ExprContext::Store {
                    self.check_name(&it.attr);
                }
                self.visit_expr(&it.value);
            }
            _ => visitor::walk_expr(self, expression),
        }
    }
}

fn is_async(generators: &[ast::Comprehension]) -> bool {
    generators.iter().any(|it| it.is_async)
}

impl SemanticSyntaxContext for Compiler<'_> {
    /// Before 3.10 nothing is looked at in postponed annotations.
    fn future_annotations_or_stub(&self) -> bool {
        self.postponed && self.version >= ast::PythonVersion::PY310
    }

    fn lazy_import_context(&self) -> Option<LazyImportContext> {
        match self.innermost()? {
            What::Function(_) => Some(LazyImportContext::Function),
            What::Class => Some(LazyImportContext::Class),
            _ if self.scopes.last()?.tries > 0 => Some(LazyImportContext::TryExceptBlocks),
            _ => None,
        }
    }

    fn python_version(&self) -> ast::PythonVersion {
        self.version
    }

    fn source(&self) -> &str {
        self.text
    }

    /// Also for `nonlocal`, to which the same rules apply.
    fn global(&self, name: &str) -> Option<TextRange> {
        self.declared(name).map(|it| it.at)
    }

    fn has_nonlocal_binding(&self, name: &str) -> bool {
        let in_class = |it: &Scope| matches!(it.what, What::Class);
        let mut around = self.outwards().skip(1);
        if name == "__class__" {
            return around.any(in_class);
        }
        around.filter_map(|it| it.binds(name)).next() == Some(true)
    }

    /// That of the nearest function: comprehensions are run by it.
    fn in_async_context(&self) -> bool {
        let found = self.outwards().find_map(|it| match it.what {
            What::Function(def) => Some(def.is_async),
            What::Class | What::Lambda(_) | What::Module => Some(false),
            What::Comprehension(_) | What::Generator => None,
        });
        found.unwrap_or(false)
    }

    fn in_await_allowed_context(&self) -> bool {
        let found = self.outwards().find_map(|it| match it.what {
            What::Function(_) | What::Lambda(_) | What::Generator => Some(true),
            What::Class | What::Module => Some(false),
            What::Comprehension(_) => None,
        });
        found.unwrap_or(false)
    }

    fn in_yield_allowed_context(&self) -> bool {
        matches!(self.innermost(), Some(What::Function(_) | What::Lambda(_)))
    }

    fn in_sync_comprehension(&self) -> bool {
        let mut around = self.comprehensions();
        around.any(|it| matches!(it.what, What::Comprehension(false)))
    }

    fn in_class_body_comprehension(&self) -> bool {
        let found = self.outwards().find_map(|it| match it.what {
            What::Class => Some(true),
            What::Function(_) | What::Lambda(_) | What::Module => Some(false),
            What::Comprehension(_) | What::Generator => None,
        });
        found.unwrap_or(false)
    }

    fn in_module_scope(&self) -> bool {
        matches!(self.innermost(), Some(What::Module))
    }

    fn in_function_scope(&self) -> bool {
        matches!(self.innermost(), Some(What::Function(_)))
    }

    fn in_generator_context(&self) -> bool {
        // Before 3.11 only what stands in it itself.
        let depth = match self.version < ast::PythonVersion::PY311 {
            true => 1,
            false => usize::MAX,
        };
        let mut around = self.comprehensions().take(depth);
        around.any(|it| matches!(it.what, What::Generator))
    }

    fn in_notebook(&self) -> bool {
        false
    }

    fn report_semantic_error(&self, error: SemanticSyntaxError) {
        let deleted = SemanticSyntaxErrorKind::WriteToDebug(WriteToDebugKind::Delete(self.version));
        if error.kind == deleted && self.version == ast::PythonVersion::PY39 {
            return;
        }
        self.refuse(error.to_string(), error.range);
    }

    fn in_loop_context(&self) -> bool {
        self.scopes.last().is_some_and(|it| it.loops > 0)
    }

    fn is_bound_parameter(&self, name: &str) -> bool {
        self.scopes.last().is_some_and(|it| it.has_parameter(name))
    }
}

impl From<PythonVersion> for ast::PythonVersion {
    fn from(version: PythonVersion) -> Self {
        let part = |it: u16| u8::try_from(it).unwrap_or(u8::MAX);
        Self {
            major: part(version.major),
            minor: part(version.minor),
        }
    }
}

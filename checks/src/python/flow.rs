//! One name through the functions of a file: is it bound wherever it is used?
//!
//! A definite-assignment analysis after CPython's rules of scope
//! (<https://docs.python.org/3/reference/executionmodel.html#resolution-of-names>): a name that
//! is bound anywhere in a function is local to all of it, class scopes are invisible to the
//! functions inside, comprehensions and lambdas are functions, default values and decorators are
//! evaluated where the `def` stands. Annotations are not looked at.

use super::binding::{
    Binding, Kind, bindings_of_expression, bindings_of_pattern, bound_by, own_bindings,
};
use super::guard::{Guards, Truth};
use super::source::Source;
use super::syntax::{
    ExceptHandler, Expr, ExprContext, Parameters, Pattern, Stmt, TextRange, Visitor, ast, visitor,
};

/// What a use of the name finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lean {
    /// A variable of the function, or of one around it, in this state.
    Variable(State),
    /// The module's variable, when the function is called.
    Global,
    /// The module's variable, while the module is loaded, in this state.
    Loading(State),
}

/// What is known of a variable at one point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// The point is not reached.
    Unreachable,
    /// It has a value.
    Bound,
    /// It has none.
    Unbound,
    /// It depends.
    Maybe,
}

/// One place where the name is read.
#[derive(Debug, Clone)]
pub(crate) struct Use {
    pub(crate) range: TextRange,
    /// The function around it; none while the module is loaded.
    pub(crate) function: Option<String>,
    pub(crate) lean: Lean,
}

/// Every use of `name` in `source` that can be reached, annotations left out.
pub(crate) fn leans(source: &Source, name: &str) -> Vec<Use> {
    let mut flow = Flow {
        name,
        guards: source.guards(),
        uses: Vec::new(),
        names: Vec::new(),
        functions: 0,
        scopes: vec![Scope::new(Sort::Module, true, Outer::Global(None))],
    };
    flow.visit_body(source.body());
    flow.uses
}

impl State {
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unreachable, state) | (state, Self::Unreachable) => state,
            (left, right) if left == right => left,
            _ => Self::Maybe,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Module,
    Class,
    Function,
    Comprehension,
}

/// What a name that is not local to a scope means there.
#[derive(Debug, Clone, Copy)]
enum Outer {
    /// The module's variable; its state, if the module is being loaded.
    Global(Option<State>),
    /// A variable of a function around, in this state; `stable` if it is never deleted.
    Closure { state: State, stable: bool },
}

struct Scope {
    sort: Sort,
    /// Whether the name is a variable of this scope.
    local: bool,
    /// Whether the variable, once bound, stays so.
    stable: bool,
    /// The variable's state; of a name that is not local only whether the point is reached.
    state: State,
    outer: Outer,
    /// The states in which the `try` statements around may be left.
    raised: Vec<State>,
    /// The states in which the loops around are left by `break` and continued.
    loops: Vec<Loop>,
}

struct Loop {
    left: State,
    continued: State,
}

impl Scope {
    fn new(sort: Sort, local: bool, outer: Outer) -> Self {
        Self {
            sort,
            local,
            stable: true,
            state: State::Unbound,
            outer,
            raised: Vec::new(),
            loops: Vec::new(),
        }
    }

    /// What the name means in a scope inside this one that runs at once.
    fn seen_inside(&self) -> Outer {
        match self.sort {
            Sort::Module => Outer::Global(Some(self.state)),
            Sort::Function | Sort::Comprehension if self.local => Outer::Closure {
                state: self.state,
                stable: self.stable,
            },
            _ => self.outer,
        }
    }

    /// What the name means in a function inside this scope, which runs later if at all.
    fn seen_later(&self) -> Outer {
        match self.seen_inside() {
            Outer::Global(_) => Outer::Global(None),
            Outer::Closure {
                state: State::Bound,
                stable: true,
            } => Outer::Closure {
                state: State::Bound,
                stable: true,
            },
            Outer::Closure { stable, .. } => Outer::Closure {
                state: State::Maybe,
                stable,
            },
        }
    }
}

struct Flow<'n> {
    name: &'n str,
    guards: Guards,
    uses: Vec<Use>,
    /// The classes and functions around.
    names: Vec<String>,
    /// How many of them are functions.
    functions: usize,
    /// Never empty: the module's own scope is first.
    scopes: Vec<Scope>,
}

/// Whether a stretch of code binds and unbinds the name.
#[derive(Clone, Copy, Default)]
struct Changes {
    binds: bool,
    deletes: bool,
}

impl Changes {
    fn any(self) -> bool {
        self.binds || self.deletes
    }

    fn widen(self, state: State) -> State {
        match (state, self) {
            (State::Unreachable, _) => state,
            (state, Self { binds, deletes }) => {
                let state = if binds { state.or(State::Bound) } else { state };
                if deletes {
                    state.or(State::Unbound)
                } else {
                    state
                }
            }
        }
    }
}

impl Flow<'_> {
    fn scope(&mut self) -> Option<&mut Scope> {
        self.scopes.last_mut()
    }

    fn state(&self) -> State {
        self.scopes
            .last()
            .map_or(State::Unreachable, |scope| scope.state)
    }

    fn set(&mut self, state: State) {
        if let Some(scope) = self.scope() {
            scope.state = state;
        }
    }

    /// The variable changes: every `try` around may be left in the new state.
    fn change(&mut self, state: State) {
        if let Some(scope) = self
            .scope()
            .filter(|scope| scope.state != State::Unreachable)
        {
            scope.state = state;
            scope
                .raised
                .iter_mut()
                .for_each(|raised| *raised = raised.or(state));
        }
    }

    fn bind(&mut self, name: &str) {
        if name == self.name {
            self.change(State::Bound);
        }
    }

    fn changes(&self, bindings: &[Binding<'_>]) -> Changes {
        let mut changes = Changes::default();
        for binding in bindings.iter().filter(|binding| binding.name == self.name) {
            match binding.kind {
                Kind::Deleted => changes.deletes = true,
                Kind::Global | Kind::Nonlocal => {}
                _ => changes.binds = true,
            }
        }
        changes
    }

    fn read(&mut self, range: TextRange) {
        let Some(scope) = self
            .scopes
            .last()
            .filter(|it| it.state != State::Unreachable)
        else {
            return;
        };
        let outer = match scope.outer {
            Outer::Global(Some(state)) => Lean::Loading(state),
            Outer::Global(None) => Lean::Global,
            Outer::Closure { state, .. } => Lean::Variable(state),
        };
        let lean = match (scope.sort, scope.local, scope.state) {
            (Sort::Module, ..) => Lean::Loading(scope.state),
            // A class body falls back to the module's variable, not to a function's around it.
            (Sort::Class, true, State::Unbound) => match scope.outer {
                Outer::Global(_) => outer,
                Outer::Closure { .. } => Lean::Global,
            },
            (_, true, state) => Lean::Variable(state),
            (_, false, _) => outer,
        };
        self.uses.push(Use {
            range,
            function: (self.functions > 0).then(|| self.names.join(".")),
            lean,
        });
    }

    /// Walks the inside of a scope.
    fn inside(&mut self, scope: Scope, look: impl FnOnce(&mut Self)) {
        self.scopes.push(scope);
        look(self);
        self.scopes.pop();
    }

    /// Walks code that may not run.
    fn perhaps(&mut self, look: impl FnOnce(&mut Self)) {
        let before = self.state();
        look(self);
        let after = self.state();
        self.set(before.or(after));
    }

    fn outer_later(&self, type_params: Option<&ast::TypeParams>) -> Outer {
        let declares = type_params.is_some_and(|it| it.iter().any(|it| it.name() == self.name));
        if declares {
            return Outer::Closure {
                state: State::Bound,
                stable: true,
            };
        }
        self.scopes
            .last()
            .map_or(Outer::Global(None), Scope::seen_later)
    }

    fn function(&mut self, function: &ast::StmtFunctionDef) {
        for decorator in &function.decorator_list {
            self.visit_decorator(decorator);
        }
        self.visit_parameters(&function.parameters);
        let own = own_bindings(&function.body);
        let changes = self.changes(&own);
        let scope = self.function_scope(
            &function.parameters,
            changes,
            self.outer_later(function.type_params.as_deref()),
        );
        let reached = self.state() != State::Unreachable;
        self.bind(&function.name);
        if reached {
            self.called(function.name.as_str(), scope, |flow| {
                flow.visit_body(&function.body)
            });
        }
    }

    fn function_scope(&self, parameters: &Parameters, changes: Changes, outer: Outer) -> Scope {
        let received = parameters.iter().any(|it| it.name() == self.name);
        let mut scope = Scope::new(Sort::Function, received || changes.any(), outer);
        scope.stable = !changes.deletes;
        if received {
            scope.state = State::Bound;
        }
        scope
    }

    fn called(&mut self, name: &str, scope: Scope, look: impl FnOnce(&mut Self)) {
        self.names.push(name.to_owned());
        self.functions += 1;
        self.inside(scope, look);
        self.functions -= 1;
        self.names.pop();
    }

    fn class(&mut self, class: &ast::StmtClassDef) {
        for decorator in &class.decorator_list {
            self.visit_decorator(decorator);
        }
        if let Some(arguments) = &class.arguments {
            self.visit_arguments(arguments);
        }
        let changes = self.changes(&own_bindings(&class.body));
        let outer = match self.outer_later(class.type_params.as_deref()) {
            declared @ Outer::Closure {
                stable: true,
                state: State::Bound,
            } => declared,
            _ => self
                .scopes
                .last()
                .map_or(Outer::Global(None), Scope::seen_inside),
        };
        let mut scope = Scope::new(Sort::Class, changes.any(), outer);
        if self.state() == State::Unreachable {
            scope.state = State::Unreachable;
        }
        self.names.push(class.name.to_string());
        self.inside(scope, |flow| flow.visit_body(&class.body));
        self.names.pop();
        self.bind(&class.name);
    }

    fn lambda(&mut self, lambda: &ast::ExprLambda) {
        if let Some(parameters) = &lambda.parameters {
            self.visit_parameters(parameters);
        }
        if self.state() == State::Unreachable {
            return;
        }
        let received = lambda
            .parameters
            .as_ref()
            .is_some_and(|it| it.iter().any(|it| it.name() == self.name));
        let binds = self.changes(&bindings_of_expression(&lambda.body)).binds;
        let mut scope = Scope::new(Sort::Function, received || binds, self.outer_later(None));
        if received {
            scope.state = State::Bound;
        }
        self.called("lambda", scope, |flow| flow.visit_expr(&lambda.body));
    }

    /// The first iterable is evaluated outside, all else inside; a generator's inside later.
    fn comprehension(
        &mut self,
        generators: &[ast::Comprehension],
        elements: &[&Expr],
        later: bool,
    ) {
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
        let is_target =
            |it: &ast::Comprehension| self.changes(&bindings_of_expression(&it.target)).binds;
        let local = generators.iter().any(is_target);
        let around = self.scopes.last();
        let seen = around.map_or(Outer::Global(None), Scope::seen_inside);
        let outer = match (later, seen) {
            // Nearly every generator is consumed where it is written: while the module loads.
            (true, Outer::Closure { .. }) => around.map_or(seen, Scope::seen_later),
            _ => seen,
        };
        let mut scope = Scope::new(Sort::Comprehension, local, outer);
        if self.state() == State::Unreachable {
            scope.state = State::Unreachable;
        }
        self.inside(scope, |flow| {
            for (index, generator) in generators.iter().enumerate() {
                if index > 0 {
                    flow.visit_expr(&generator.iter);
                }
                flow.visit_expr(&generator.target);
                generator.ifs.iter().for_each(|it| flow.visit_expr(it));
            }
            elements.iter().for_each(|it| flow.visit_expr(it));
        });
    }

    /// `:=` binds in the scope around all comprehensions, which may not run at all.
    fn named(&mut self, named: &ast::ExprNamed) {
        self.visit_expr(&named.value);
        let Expr::Name(target) = &*named.target else {
            return;
        };
        if target.id.as_str() != self.name {
            return;
        }
        let mut inside = false;
        for scope in self.scopes.iter_mut().rev() {
            if scope.sort == Sort::Comprehension {
                scope.outer = Outer::Closure {
                    state: State::Bound,
                    stable: true,
                };
                inside = true;
                continue;
            }
            let state = if inside {
                scope.state.or(State::Bound)
            } else {
                State::Bound
            };
            if scope.state != State::Unreachable {
                scope.state = state;
                scope
                    .raised
                    .iter_mut()
                    .for_each(|raised| *raised = raised.or(state));
            }
            break;
        }
    }

    fn branches(&mut self, statement: &ast::StmtIf) {
        let mut after = State::Unreachable;
        self.visit_expr(&statement.test);
        self.branch(
            self.guards.truth(&statement.test),
            &statement.body,
            &mut after,
        );
        for clause in &statement.elif_else_clauses {
            let truth = clause.test.as_ref().map_or(Truth::True, |test| {
                self.visit_expr(test);
                self.guards.truth(test)
            });
            self.branch(truth, &clause.body, &mut after);
        }
        let state = self.state();
        self.set(after.or(state));
    }

    /// Walks one branch; leaves the state in which the next one is tried.
    fn branch(&mut self, truth: Truth, body: &[Stmt], after: &mut State) {
        let before = self.state();
        if matches!(truth, Truth::Typing | Truth::False) {
            return;
        }
        self.visit_body(body);
        *after = after.or(self.state());
        self.set(if truth == Truth::True {
            State::Unreachable
        } else {
            before
        });
    }

    fn repeat(&mut self, body: &[Stmt], orelse: &[Stmt], head: &Head<'_>) {
        let mut own = own_bindings(body);
        let truth = match head {
            Head::For(target) => {
                own.extend(bindings_of_expression(target));
                Truth::Unknown
            }
            Head::While(test) => {
                own.extend(bindings_of_expression(test));
                self.guards.truth(test)
            }
        };
        let widened = self.changes(&own).widen(self.state());
        self.set(widened);
        match head {
            Head::For(target) => self.visit_expr(target),
            Head::While(test) => self.visit_expr(test),
        }
        let tested = self.state();
        if matches!(truth, Truth::Typing | Truth::False) {
            return self.visit_body(orelse);
        }
        if let Some(scope) = self.scope() {
            scope.loops.push(Loop {
                left: State::Unreachable,
                continued: State::Unreachable,
            });
        }
        self.visit_body(body);
        let ended = self.state();
        let exits = self.scope().and_then(|scope| scope.loops.pop());
        let (left, continued) = exits.map_or((State::Unreachable, State::Unreachable), |it| {
            (it.left, it.continued)
        });
        let after = match (truth, head) {
            (Truth::True, _) => State::Unreachable,
            (_, Head::For(_)) => widened.or(ended).or(continued),
            (_, Head::While(_)) => tested.or(ended).or(continued),
        };
        self.set(after);
        self.visit_body(orelse);
        let state = self.state();
        self.set(state.or(left));
    }

    fn with(&mut self, with: &ast::StmtWith) {
        with.items
            .iter()
            .for_each(|item| self.visit_with_item(item));
        let raised = self.collecting(|flow| flow.visit_body(&with.body));
        if !with
            .items
            .iter()
            .all(|item| lets_exceptions_through(&item.context_expr))
        {
            let state = self.state();
            self.set(state.or(raised));
        }
    }

    /// Walks code and returns every state in which it may be left by an exception.
    fn collecting(&mut self, look: impl FnOnce(&mut Self)) -> State {
        let before = self.state();
        if let Some(scope) = self.scope() {
            scope.raised.push(before);
        }
        look(self);
        self.scope()
            .and_then(|scope| scope.raised.pop())
            .unwrap_or(State::Unreachable)
    }

    fn attempt(&mut self, attempt: &ast::StmtTry) {
        let mut end = State::Unreachable;
        let left = self.collecting(|flow| {
            let raised = flow.collecting(|flow| flow.visit_body(&attempt.body));
            flow.visit_body(&attempt.orelse);
            end = flow.state();
            for handler in &attempt.handlers {
                flow.set(raised);
                flow.visit_except_handler(handler);
                end = end.or(flow.state());
            }
        });
        self.set(end);
        if attempt.finalbody.is_empty() {
            return;
        }
        self.set(end.or(left));
        self.visit_body(&attempt.finalbody);
        let after = self.state();
        let changes = self.changes(&own_bindings(&attempt.finalbody));
        let reached = end != State::Unreachable && after != State::Unreachable;
        match (reached, changes.any()) {
            (false, _) => self.set(State::Unreachable),
            (true, false) => self.set(end),
            (true, true) => {}
        }
        if let Some(scope) = self.scope().filter(|_| changes.any()) {
            // `break` and `continue` on their way out run the `finally` too.
            for exits in &mut scope.loops {
                exits.left = changes.widen(exits.left);
                exits.continued = changes.widen(exits.continued);
            }
        }
    }

    fn cases(&mut self, statement: &ast::StmtMatch) {
        self.visit_expr(&statement.subject);
        let mut after = State::Unreachable;
        for case in &statement.cases {
            let before = self.state();
            self.visit_pattern(&case.pattern);
            let captures = self.changes(&bindings_of_pattern(&case.pattern)).binds;
            if let Some(guard) = &case.guard {
                self.visit_expr(guard);
            }
            let failed = if captures {
                self.state().or(before)
            } else {
                self.state()
            };
            self.visit_body(&case.body);
            after = after.or(self.state());
            let always = case.guard.is_none() && case.pattern.is_irrefutable();
            self.set(if always { State::Unreachable } else { failed });
        }
        let state = self.state();
        self.set(after.or(state));
    }

    fn jump(&mut self, statement: &Stmt) {
        if let Some(scope) = self.scope() {
            let state = std::mem::replace(&mut scope.state, State::Unreachable);
            match (statement, scope.loops.last_mut()) {
                (Stmt::Break(_), Some(exits)) => exits.left = exits.left.or(state),
                (Stmt::Continue(_), Some(exits)) => exits.continued = exits.continued.or(state),
                _ => {}
            }
        }
    }
}

enum Head<'a> {
    For(&'a Expr),
    While(&'a Expr),
}

impl<'a> Visitor<'a> for Flow<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(it) => self.function(it),
            Stmt::ClassDef(it) => self.class(it),
            Stmt::If(it) => self.branches(it),
            Stmt::For(it) => {
                self.visit_expr(&it.iter);
                self.repeat(&it.body, &it.orelse, &Head::For(&it.target));
            }
            Stmt::While(it) => self.repeat(&it.body, &it.orelse, &Head::While(&it.test)),
            Stmt::With(it) => self.with(it),
            Stmt::Try(it) => self.attempt(it),
            Stmt::Match(it) => self.cases(it),
            Stmt::Import(it) => {
                it.names
                    .iter()
                    .filter_map(|alias| bound_by(alias, false))
                    .for_each(|name| self.bind(name));
            }
            Stmt::ImportFrom(it) => {
                it.names
                    .iter()
                    .filter_map(|alias| bound_by(alias, true))
                    .for_each(|name| self.bind(name));
            }
            Stmt::AnnAssign(it) if it.value.is_none() && it.target.is_name_expr() => {}
            Stmt::AugAssign(it) => {
                if let Expr::Name(name) = &*it.target
                    && name.id.as_str() == self.name
                {
                    self.read(name.range);
                }
                visitor::walk_stmt(self, statement);
            }
            Stmt::TypeAlias(it) => {
                if let Expr::Name(name) = &*it.name {
                    self.bind(&name.id);
                }
            }
            Stmt::Assert(it) => {
                // `python -O` leaves it out.
                self.perhaps(|flow| {
                    flow.visit_expr(&it.test);
                    if let Some(message) = &it.msg {
                        flow.perhaps(|flow| flow.visit_expr(message));
                    }
                });
            }
            Stmt::Return(_) | Stmt::Raise(_) | Stmt::Break(_) | Stmt::Continue(_) => {
                visitor::walk_stmt(self, statement);
                self.jump(statement);
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if name.id.as_str() == self.name => match name.ctx {
                ExprContext::Store => self.change(State::Bound),
                ExprContext::Del => {
                    self.read(name.range);
                    self.change(State::Unbound);
                }
                ExprContext::Load | ExprContext::Invalid => self.read(name.range),
            },
            Expr::Lambda(it) => self.lambda(it),
            Expr::ListComp(it) => self.comprehension(&it.generators, &[&it.elt], false),
            Expr::SetComp(it) => self.comprehension(&it.generators, &[&it.elt], false),
            Expr::Generator(it) => self.comprehension(&it.generators, &[&it.elt], true),
            Expr::DictComp(it) => {
                let elements: Vec<&Expr> =
                    it.key.as_deref().into_iter().chain([&*it.value]).collect();
                self.comprehension(&it.generators, &elements, false);
            }
            Expr::Named(it) => self.named(it),
            Expr::BoolOp(it) => {
                let mut values = it.values.iter();
                values
                    .next()
                    .into_iter()
                    .for_each(|first| self.visit_expr(first));
                values.for_each(|value| self.perhaps(|flow| flow.visit_expr(value)));
            }
            Expr::If(it) => {
                self.visit_expr(&it.test);
                let before = self.state();
                self.visit_expr(&it.body);
                let after = self.state();
                self.set(before);
                self.visit_expr(&it.orelse);
                let other = self.state();
                self.set(after.or(other));
            }
            _ => visitor::walk_expr(self, expression),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(it) = handler;
        if let Some(type_) = &it.type_ {
            self.visit_expr(type_);
        }
        let named = it
            .name
            .as_ref()
            .is_some_and(|name| name.as_str() == self.name);
        if named {
            self.change(State::Bound);
        }
        self.visit_body(&it.body);
        if named {
            self.change(State::Unbound);
        }
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        visitor::walk_pattern(self, pattern);
        let bindings = match pattern {
            Pattern::MatchAs(it) => it.name.as_ref(),
            Pattern::MatchStar(it) => it.name.as_ref(),
            Pattern::MatchMapping(it) => it.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = bindings {
            self.bind(name);
        }
    }

    fn visit_type_params(&mut self, _: &'a ast::TypeParams) {}
}

/// Whether an exception in the body of `with` this surely leaves the statement.
fn lets_exceptions_through(context: &Expr) -> bool {
    let Expr::Call(call) = context else {
        return false;
    };
    match &*call.func {
        Expr::Name(name) => name.id.as_str() == "open",
        Expr::Attribute(it) => matches!(
            it.attr.as_str(),
            "open" | "no_grad" | "inference_mode" | "catch_warnings"
        ),
        _ => false,
    }
}

//! Statements, in the order in which CPython runs them.
//!
//! <https://docs.python.org/3/reference/compound_stmts.html>. Where a condition cannot be known
//! both branches run, each in doubt. A branch that may end in an exception is taken as one that
//! does not run: what is asked is what a load that succeeds has loaded.

use std::rc::Rc;

use crate::python::syntax::{Expr, Ranged, Stmt, TextRange, Visitor, ast, visitor};

use super::exception::{Raise, caught, survives_import_error};
use super::machine::{Flow, Machine, Outcome};
use super::value::{Arguments, Code, Function, Kind, Truth, Value, Wrapper};

pub(super) const UNKNOWN_CONDITION: &str = "a condition that cannot be known";

impl<'a> Machine<'a, '_> {
    pub(super) fn block(&mut self, body: &'a [Stmt]) -> Outcome<'a, Flow<'a>> {
        for statement in body {
            match self.statement(statement) {
                Ok(Flow::Next) => {}
                Err(raise) if self.disbelieves(&raise) => self.go_on_after(&raise),
                other => return other,
            }
        }
        Ok(Flow::Next)
    }

    /// An exception that rests on values which may be known too little, and would end the load.
    fn disbelieves(&self, raise: &Raise<'a>) -> bool {
        !raise.trusted && self.handlers == 0 && self.doubts.is_empty()
    }

    /// As if the exception had not come: it is noted, and what it kept from being bound may have
    /// any value.
    fn go_on_after(&mut self, raise: &Raise<'a>) {
        self.may_have_raised(raise);
        self.open_scope();
        if let Some(frame) = self.frames.last_mut() {
            frame.returns.push(Value::Unknown);
        }
        let ends_loop = Value::foreign("builtins.StopIteration");
        if caught(&raise.kind, &ends_loop) != Truth::Yes {
            let why = format!("loading may end with an exception here: {}", raise.message);
            self.ends.get_or_insert((why, Some(raise.at)));
        }
    }

    pub(super) fn statement(&mut self, statement: &'a Stmt) -> Outcome<'a, Flow<'a>> {
        if !self.step() {
            return Ok(Flow::Next);
        }
        if self.watch.is_some() {
            self.note(statement);
        }
        match statement {
            Stmt::If(it) => {
                return self.choose(Some(&it.test), &it.body, &it.elif_else_clauses);
            }
            Stmt::For(it) => return self.looped(|machine| machine.for_loop(it)),
            Stmt::While(it) => return self.looped(|machine| machine.while_loop(it)),
            Stmt::Try(it) => return self.attempt(it),
            Stmt::With(it) => return self.with(&it.items, &it.body),
            Stmt::Match(it) => return self.match_statement(it),
            Stmt::Return(it) => return self.return_statement(it),
            Stmt::Break(_) => return Ok(Flow::Break),
            Stmt::Continue(_) => return Ok(Flow::Continue),
            Stmt::Import(it) => self.import_statement(it)?,
            Stmt::ImportFrom(it) => self.import_from(it)?,
            Stmt::FunctionDef(it) => self.define_function(it)?,
            Stmt::ClassDef(it) => self.define_class(it)?,
            Stmt::Expr(it) => drop(self.value(&it.value)?),
            Stmt::Assign(it) => {
                let value = self.value(&it.value)?;
                for target in &it.targets {
                    self.assign(target, value.clone())?;
                }
            }
            Stmt::AugAssign(it) => self.augmented(it)?,
            Stmt::AnnAssign(it) => self.annotated(it)?,
            Stmt::Delete(it) => it.targets.iter().try_for_each(|it| self.delete(it))?,
            Stmt::Global(it) => self.declare(&it.names, true),
            Stmt::Nonlocal(it) => self.declare(&it.names, false),
            Stmt::Raise(it) => return self.raise_statement(it),
            Stmt::Assert(it) => {
                let truth = self.condition(&it.test)?;
                if truth == Truth::Yes {
                    return Ok(Flow::Next);
                }
                let why = said("an assertion fails", it.msg.as_deref());
                let raised = self.raise("AssertionError", why, it.range);
                return match (truth, raised) {
                    (Truth::No, raised) => {
                        raised.map_err(|raise| self.trusted_by(&it.test, it.range, raise))
                    }
                    (_, Err(raise)) => {
                        self.may_have_raised(&raise);
                        Ok(Flow::Next)
                    }
                    (_, flow) => flow,
                };
            }
            Stmt::TypeAlias(it) => {
                if let Expr::Name(name) = &*it.name {
                    let value = self.with_type_parameters(it.type_params.as_deref(), |machine| {
                        machine.bare_function(Code::Alias(&it.value), &name.id)
                    });
                    let alias = Value::wrapped(Wrapper::Alias, Value::Function(value));
                    self.bind_name(&name.id, alias);
                }
            }
            Stmt::Pass(_) | Stmt::IpyEscapeCommand(_) => {}
        }
        Ok(Flow::Next)
    }

    /// An exception that comes because of a condition on names alone, which a function always
    /// asks: of its module they are known, and a parameter's was given.
    fn trusted_by(
        &self,
        test: &Expr,
        range: TextRange,
        mut raise: Box<Raise<'a>>,
    ) -> Box<Raise<'a>> {
        let body = self.frame().and_then(|frame| frame.body);
        let always = body.is_none_or(|body| always_comes_to(range, body));
        raise.trusted |= always && asks_names_alone(test);
        raise
    }

    fn return_statement(&mut self, it: &'a ast::StmtReturn) -> Outcome<'a, Flow<'a>> {
        let value = it
            .value
            .as_ref()
            .map(|value| self.value(value))
            .transpose()?;
        Ok(Flow::Return(value.unwrap_or(Value::None)))
    }

    fn declare(&mut self, names: &[ast::Identifier], global: bool) {
        if let Some(frame) = self.frame() {
            let mut elsewhere = frame.scope.elsewhere.borrow_mut();
            elsewhere.extend(names.iter().map(|name| (Rc::from(name.as_str()), global)));
        }
    }

    fn choose(
        &mut self,
        test: Option<&'a Expr>,
        body: &'a [Stmt],
        rest: &'a [ast::ElifElseClause],
    ) -> Outcome<'a, Flow<'a>> {
        let Some(test) = test else {
            return self.block(body);
        };
        self.presence = false;
        let truth = self.condition(test)?;
        let asked = usize::from(std::mem::take(&mut self.presence));
        match truth {
            Truth::Yes => {
                self.guards += asked;
                let done = self.block(body);
                self.guards -= asked;
                done
            }
            Truth::No => self.otherwise(rest),
            Truth::Maybe => {
                let range = test.range();
                let first = self.perhaps(UNKNOWN_CONDITION, range, |it| it.block(body));
                let second = self.perhaps(UNKNOWN_CONDITION, range, |it| it.otherwise(rest));
                self.join(first, second, range)
            }
        }
    }

    fn otherwise(&mut self, rest: &'a [ast::ElifElseClause]) -> Outcome<'a, Flow<'a>> {
        let Some((clause, rest)) = rest.split_first() else {
            return Ok(Flow::Next);
        };
        stacker::maybe_grow(128 * 1024, 1024 * 1024, || {
            self.choose(clause.test.as_ref(), &clause.body, rest)
        })
    }

    /// What comes after two branches of which one runs.
    fn join(
        &mut self,
        first: Outcome<'a, Flow<'a>>,
        second: Outcome<'a, Flow<'a>>,
        range: TextRange,
    ) -> Outcome<'a, Flow<'a>> {
        let (first, second) = match (first, second) {
            (Err(raise), Err(_)) => return Err(raise),
            (Err(raise), Ok(flow)) | (Ok(flow), Err(raise)) => {
                self.may_have_raised(&raise);
                return Ok(flow);
            }
            (Ok(first), Ok(second)) => (first, second),
        };
        Ok(match (first, second) {
            (Flow::Next, Flow::Next) => Flow::Next,
            (Flow::Return(a), Flow::Return(b)) => Flow::Return(a.or(&b)),
            (Flow::Break, Flow::Break) => Flow::Break,
            (Flow::Continue, Flow::Continue) => Flow::Continue,
            (a, b) => {
                for flow in [a, b] {
                    self.may_leave(flow, range);
                }
                Flow::Next
            }
        })
    }

    pub(super) fn may_leave(&mut self, flow: Flow<'a>, range: TextRange) {
        const LEFT: &str = "the function may have returned before";
        if matches!(flow, Flow::Next) {
            return;
        }
        self.doubt(LEFT, range);
        let doubt = self.doubts.last().copied();
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        match flow {
            Flow::Return(value) => {
                frame.returns.push(value);
                frame.left = frame.left.or(doubt);
            }
            _ => frame.skipped = frame.skipped.or(doubt),
        }
    }

    /// An exception that may not come: only a `try` around has to know.
    pub(super) fn may_have_raised(&mut self, raise: &Raise<'a>) {
        let import = survives_import_error(&raise.kind)
            || caught(&raise.kind, &Value::foreign("builtins.ImportError")) != Truth::No;
        self.may_raise.import |= import;
        self.may_raise.other |= !import;
        self.may_raise.explicit = true;
    }

    fn match_statement(&mut self, it: &'a ast::StmtMatch) -> Outcome<'a, Flow<'a>> {
        let subject = self.value(&it.subject)?;
        self.cases(&subject, &it.cases)
    }

    fn cases(&mut self, subject: &Value<'a>, cases: &'a [ast::MatchCase]) -> Outcome<'a, Flow<'a>> {
        let Some((case, rest)) = cases.split_first() else {
            return Ok(Flow::Next);
        };
        let mut truth = self.pattern(subject, &case.pattern)?;
        if truth != Truth::No
            && let Some(guard) = &case.guard
        {
            let holds = self.condition(guard)?;
            truth = if holds == Truth::Yes { truth } else { holds };
        }
        match truth {
            Truth::Yes => self.block(&case.body),
            Truth::No => self.cases(subject, rest),
            Truth::Maybe => {
                let range = case.range;
                let first = self.perhaps(UNKNOWN_CONDITION, range, |it| it.block(&case.body));
                let second = self.perhaps(UNKNOWN_CONDITION, range, |it| {
                    stacker::maybe_grow(128 * 1024, 1024 * 1024, || it.cases(subject, rest))
                });
                self.join(first, second, range)
            }
        }
    }

    fn raise_statement(&mut self, it: &'a ast::StmtRaise) -> Outcome<'a, Flow<'a>> {
        let (kind, value) = match &it.exc {
            // The handler around fills in what it caught.
            None => (Value::Unbound, Value::Opaque),
            Some(exception) => {
                let value = self.value(exception)?;
                self.exception(value, it.range)?
            }
        };
        if let Some(cause) = &it.cause {
            self.value(cause)?;
        }
        Err(Box::new(Raise {
            kind,
            value,
            message: said("a `raise` statement runs", told(it)),
            at: (self.here(), it.range),
            trusted: self
                .frame()
                .and_then(|frame| frame.body)
                .is_none_or(|body| always_comes_to(it.range, body)),
        }))
    }

    /// The class of what is raised, and the exception itself.
    fn exception(
        &mut self,
        raised: Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, (Value<'a>, Value<'a>)> {
        Ok(match raised {
            Value::Instance(ref instance) => (Value::Class(instance.class.clone()), raised),
            Value::Class(ref class) => {
                let made = self.instantiate(class, Arguments::default(), range)?;
                (raised, made)
            }
            Value::Wrapped(_, _) | Value::None => (Value::Unknown, Value::Unknown),
            other => (other, Value::Opaque),
        })
    }

    fn define_function(&mut self, def: &'a ast::StmtFunctionDef) -> Outcome<'a, ()> {
        let mut decorators = Vec::new();
        for decorator in &def.decorator_list {
            decorators.push((self.value(&decorator.expression)?, decorator.range));
        }
        let resolved = self.resolves_annotations(decorators.iter().map(|(value, _)| value));
        let function = self.with_type_parameters(def.type_params.as_deref(), |machine| {
            machine.note_resolved(resolved, |machine| machine.annotations(def))?;
            machine.function(Code::Def(def), def.name.as_str(), &def.parameters)
        })?;
        let mut value = Value::Function(function);
        for (decorator, range) in decorators.into_iter().rev() {
            value = self.decorate(&decorator, value, range)?;
        }
        self.bind_name(&def.name, value);
        Ok(())
    }

    /// Evaluated by the `def`, unless postponed: PEP 563, PEP 649.
    fn annotations(&mut self, def: &'a ast::StmtFunctionDef) -> Outcome<'a, ()> {
        if self.modules.get(self.here()).is_none_or(|it| it.postponed) {
            return Ok(());
        }
        let parameters = def.parameters.iter();
        let annotations = parameters.filter_map(|it| it.annotation());
        for annotation in annotations.chain(def.returns.as_deref()) {
            self.in_annotation(|machine| machine.value(annotation))?;
        }
        Ok(())
    }

    pub(super) fn function(
        &mut self,
        code: Code<'a>,
        name: &str,
        parameters: &'a ast::Parameters,
    ) -> Outcome<'a, Rc<Function<'a>>> {
        let mut defaults = Vec::new();
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                defaults.push((parameter.parameter.name.as_str(), self.value(default)?));
            }
        }
        let around = self
            .frame()
            .map(|frame| frame.scope.clone())
            .unwrap_or_default();
        let function = Rc::new(Function {
            name: name.into(),
            module: self.here(),
            code,
            defaults,
            around,
            class: Default::default(),
            attributes: Default::default(),
        });
        if let Code::Def(_) = code {
            let known = self.named.entry(function.name.clone()).or_default();
            if known.len() < 64 {
                known.push(function.clone());
            }
        }
        Ok(function)
    }

    /// A function without parameters.
    pub(super) fn bare_function(&self, code: Code<'a>, name: &str) -> Rc<Function<'a>> {
        let frame = self.frame();
        Rc::new(Function {
            name: name.into(),
            module: self.here(),
            code,
            defaults: Vec::new(),
            around: frame.map(|it| it.scope.clone()).unwrap_or_default(),
            class: Default::default(),
            attributes: Default::default(),
        })
    }

    fn augmented(&mut self, it: &'a ast::StmtAugAssign) -> Outcome<'a, ()> {
        if let Expr::Subscript(target) = &*it.target {
            return self.augmented_item(it, target);
        }
        let value = self.value(&it.value)?;
        let old = match &*it.target {
            Expr::Name(name) => self.lookup(&name.id, name.range)?,
            Expr::Attribute(attribute) => {
                let on = self.value(&attribute.value)?;
                self.attribute(&on, &attribute.attr, attribute.range)?
            }
            _ => Value::Unknown,
        };
        if let (Value::Sequence(list), ast::Operator::Add) = (&old, it.op)
            && list.kind != Kind::Tuple
        {
            let (items, open) = self.iterate(&value, it.range)?;
            let open = list.open.get() || open;
            if !self.sure() {
                let all = list.items.borrow().iter().cloned().chain(items).collect();
                let new = Value::row(list.kind, all, open, self.uncertainty());
                return self.assign(&it.target, new);
            }
            list.items.borrow_mut().extend(items);
            list.open.set(open);
            list.bound();
            return Ok(());
        }
        let new = self.augment(it, &old, value)?;
        self.assign(&it.target, new)
    }

    /// `on[key] += value`: the item is asked for, and set.
    fn augmented_item(
        &mut self,
        it: &'a ast::StmtAugAssign,
        target: &'a ast::ExprSubscript,
    ) -> Outcome<'a, ()> {
        let on = self.value(&target.value)?;
        let key = self.value(&target.slice)?;
        let old = self.item(&on, &key, target.range)?;
        let value = self.value(&it.value)?;
        let new = self.augment(it, &old, value)?;
        self.set_item(&on, key, new, it.range)
    }

    fn augment(
        &mut self,
        it: &ast::StmtAugAssign,
        old: &Value<'a>,
        value: Value<'a>,
    ) -> Outcome<'a> {
        let own = super::expression::in_place(it.op);
        let given = Arguments::of(vec![value.clone()]);
        match self.call_special(old, &own, given, it.range)? {
            Some(new) => Ok(new),
            None => self.binary(it.op, old, &value, it.range),
        }
    }

    fn annotated(&mut self, it: &'a ast::StmtAnnAssign) -> Outcome<'a, ()> {
        let value = it
            .value
            .as_ref()
            .map(|value| self.value(value))
            .transpose()?;
        let evaluated = self
            .frame()
            .is_some_and(|it| it.scope.around.is_none() || it.scope.class)
            && self
                .modules
                .get(self.here())
                .is_some_and(|it| !it.postponed);
        if evaluated {
            self.in_annotation(|machine| machine.value(&it.annotation))?;
        }
        match value {
            Some(value) => self.assign(&it.target, value),
            None => Ok(()),
        }
    }
}

/// Whether an expression asks for nothing but names: nothing that an object may hold.
fn asks_names_alone(test: &Expr) -> bool {
    match test {
        Expr::Name(_) | Expr::NoneLiteral(_) | Expr::BooleanLiteral(_) => true,
        Expr::UnaryOp(it) => asks_names_alone(&it.operand),
        Expr::BoolOp(it) => it.values.iter().all(asks_names_alone),
        Expr::Compare(it) => {
            asks_names_alone(&it.left) && it.comparators.iter().all(asks_names_alone)
        }
        _ => false,
    }
}

/// Whether a body comes to one of its statements whatever is decided before.
fn always_comes_to(range: TextRange, body: &[Stmt]) -> bool {
    let before = body.iter().take_while(|it| it.range() != range);
    let (count, mut returns) = (before.clone().count(), Returns(false));
    before.for_each(|it| returns.visit_stmt(it));
    count < body.len() && !returns.0
}

/// Whether a function returns, itself.
pub(super) struct Returns(pub(super) bool);

impl<'a> Visitor<'a> for Returns {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Return(_) => self.0 = true,
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

/// The first argument of the exception that is raised.
fn told(it: &ast::StmtRaise) -> Option<&Expr> {
    match it.exc.as_deref()? {
        Expr::Call(call) => call.arguments.args.first(),
        _ => None,
    }
}

/// What happens, and what the program says of it, if that is written out.
fn said(what: &str, text: Option<&Expr>) -> String {
    match text {
        Some(Expr::StringLiteral(text)) => {
            let text = text.value.to_str().split_whitespace().collect::<Vec<_>>();
            format!("{what}: {}", text.join(" "))
        }
        _ => what.to_owned(),
    }
}

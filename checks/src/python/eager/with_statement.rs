//! `with`: managers are entered and left, and generators run the body where they yield.
//!
//! <https://docs.python.org/3/reference/compound_stmts.html#the-with-statement>

use std::cell::RefCell;
use std::rc::Rc;

use crate::python::syntax::{Expr, Stmt, TextRange, Visitor, ast, visitor};

use super::exception::{caught, survives_import_error};
use super::graph::Doubt;
use super::machine::{Flow, Frame, Machine, MayRaise, Outcome, WithBody};
use super::value::{Arguments, Function, Truth, Value, Wrapper};

impl<'a> Machine<'a, '_> {
    pub(super) fn with(
        &mut self,
        items: &'a [ast::WithItem],
        body: &'a [Stmt],
    ) -> Outcome<'a, Flow<'a>> {
        let Some((item, rest)) = items.split_first() else {
            return self.block(body);
        };
        let range = item.range;
        let manager = self.value(&item.context_expr)?;
        if let Value::Wrapped(Wrapper::Context, parts) = &manager
            && let Value::Function(function) = &parts.0
        {
            return self.with_generator(function, &parts.1, item, rest, body);
        }
        let entered = self.enter_manager(&manager, range)?;
        if let Some(target) = &item.optional_vars {
            self.assign(target, entered)?;
        }
        if let Value::Wrapped(Wrapper::Suppress, kinds) = &manager {
            return self.suppress(kinds.0.clone(), rest, body);
        }
        let before = std::mem::take(&mut self.may_raise);
        let length = self.doubts.len();
        let all = [Value::foreign("builtins.BaseException")];
        let done = match rest {
            [] if self.may_hold_back(&manager) => self.risky_block(body, &all),
            rest => self.with(rest, body),
        };
        let risk = std::mem::replace(&mut self.may_raise, before);
        self.may_raise.add(risk);
        self.certain_again(length);
        let told = match &done {
            Err(raise) => [raise.kind.clone(), raise.value.clone(), Value::Opaque],
            Ok(_) if risk != MayRaise::default() => {
                [(); 3].map(|()| Value::None.or(&Value::Opaque))
            }
            Ok(_) => [(); 3].map(|()| Value::None),
        };
        self.leave_manager(&manager, told, done, range)
    }

    /// Whether a manager may hold back an exception: what is true is returned by its `__exit__`.
    fn may_hold_back(&mut self, manager: &Value<'a>) -> bool {
        let Value::Instance(instance) = manager else {
            return false;
        };
        let found = ["__exit__", "__aexit__"].map(|it| self.class_attribute(&instance.class, it));
        found.iter().flatten().any(|it| match it {
            Value::Function(function) => match self.code(function).body() {
                Ok(body) => returns_a_value(body),
                Err(_) => true,
            },
            _ => true,
        })
    }

    /// The manager is told what was raised, and may hold it back.
    fn leave_manager(
        &mut self,
        manager: &Value<'a>,
        told: [Value<'a>; 3],
        done: Outcome<'a, Flow<'a>>,
        range: TextRange,
    ) -> Outcome<'a, Flow<'a>> {
        for name in ["__exit__", "__aexit__"] {
            let arguments = Arguments::of(told.to_vec());
            let Some(answer) = self.call_special(manager, name, arguments, range)? else {
                continue;
            };
            match (&done, answer.truth()) {
                (Err(_), Truth::Yes) => return Ok(Flow::Next),
                (Err(raise), Truth::Maybe) => {
                    self.may_have_raised(raise);
                    return Ok(Flow::Next);
                }
                _ => {}
            }
        }
        done
    }

    /// `with contextlib.suppress(…)`: what follows something that may raise may not run.
    fn suppress(
        &mut self,
        kinds: Value<'a>,
        items: &'a [ast::WithItem],
        body: &'a [Stmt],
    ) -> Outcome<'a, Flow<'a>> {
        let guard = usize::from(survives_import_error(&kinds));
        let before = std::mem::take(&mut self.may_raise);
        let length = self.doubts.len();
        self.guards += guard;
        let done = self.caught(|it| match items {
            [] => it.risky_block(body, std::slice::from_ref(&kinds)),
            items => it.with(items, body),
        });
        self.guards -= guard;
        let risk = std::mem::replace(&mut self.may_raise, before);
        self.may_raise.add(risk.past(std::slice::from_ref(&kinds)));
        self.certain_again(length);
        match done {
            Err(raise) if caught(&raise.kind, &kinds) != Truth::No => Ok(Flow::Next),
            other => other,
        }
    }

    /// The body of the `with` runs where the generator yields, so that its exceptions arrive
    /// there.
    fn with_generator(
        &mut self,
        function: &Rc<Function<'a>>,
        arguments: &Arguments<'a>,
        item: &'a ast::WithItem,
        items: &'a [ast::WithItem],
        body: &'a [Stmt],
    ) -> Outcome<'a, Flow<'a>> {
        let waiting = Rc::new(WithBody {
            target: item.optional_vars.as_deref(),
            items,
            body,
            frame: self.frames.len().saturating_sub(1),
            context: self.context,
            base: self.base,
            guards: self.guards,
            flow: RefCell::default(),
        });
        self.handed = Some(waiting.clone());
        let done = self.run_function(function, arguments.clone(), item.range);
        self.handed = None;
        let (_, yielded) = done?;
        if let Some(flow) = waiting.flow.take() {
            return Ok(flow);
        }
        if let Some(target) = waiting.target {
            let entered = yielded.values.into_iter().next().unwrap_or(Value::Unknown);
            self.assign(target, entered)?;
        }
        self.with(items, body)
    }

    /// `yield value`
    pub(super) fn yielded(&mut self, value: Value<'a>) -> Outcome<'a, ()> {
        const ASKED: &str = "a generator may not be asked for more";
        let sure = self.sure();
        if self.frame().is_some_and(|it| it.once) {
            let at = (self.here(), TextRange::default());
            let doubt = Doubt { why: ASKED, at };
            self.doubts.push(doubt);
            if let Some(frame) = self.frames.last_mut() {
                frame.left = frame.left.or(Some(doubt));
            }
        }
        let Some(frame) = self.frames.last_mut() else {
            return Ok(());
        };
        frame.loose |= !sure;
        frame.yields.push(value.clone());
        let Some(waiting) = frame.on_yield.take().filter(|_| sure) else {
            return Ok(());
        };
        let Some(outer) = self.frames.get(waiting.frame) else {
            return Ok(());
        };
        let shared = Frame {
            class: outer.class.clone(),
            receiver: outer.receiver.clone(),
            body: outer.body,
            ..Frame::new(outer.module, outer.scope.clone())
        };
        let around = (self.context, self.base, self.guards, self.doubts.len());
        (self.context, self.base) = (waiting.context, waiting.base);
        self.guards += waiting.guards;
        self.frames.push(shared);
        let assigned = waiting.target.map_or(Ok(()), |it| self.assign(it, value));
        let done = assigned.and_then(|()| self.with(waiting.items, waiting.body));
        let frame = self.frames.pop();
        let length;
        (self.context, self.base, self.guards, length) = around;
        self.doubts.truncate(length);
        if let (Some(frame), Some(outer)) = (frame, self.frames.get_mut(waiting.frame)) {
            outer.returns.extend(frame.returns);
            outer.yields.extend(frame.yields);
            outer.loose |= frame.loose;
            outer.left = outer.left.or(frame.left);
        }
        let flow = done.inspect_err(|_| {
            *waiting.flow.borrow_mut() = Some(Flow::Next);
        })?;
        *waiting.flow.borrow_mut() = Some(flow);
        Ok(())
    }
}

/// Whether a function returns anything that may be true.
fn returns_a_value(body: &[Stmt]) -> bool {
    struct Finder(bool);
    impl<'a> Visitor<'a> for Finder {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            match statement {
                Stmt::Return(it) => {
                    self.0 |= match it.value.as_deref() {
                        None | Some(Expr::NoneLiteral(_)) => false,
                        Some(Expr::BooleanLiteral(it)) => it.value,
                        Some(_) => true,
                    };
                }
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                _ => visitor::walk_stmt(self, statement),
            }
        }

        fn visit_expr(&mut self, _: &'a Expr) {}
    }
    let mut finder = Finder(false);
    body.iter().for_each(|it| finder.visit_stmt(it));
    finder.0
}

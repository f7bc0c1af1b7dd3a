//! `try`: what is caught, what is not, and what runs after it.
//!
//! <https://docs.python.org/3/reference/compound_stmts.html#the-try-statement>

use crate::python::syntax::{ExceptHandler, Expr, Ranged, Stmt, ast};

use super::exception::{Raise, caught, survives_import_error};
use super::machine::{Flow, Machine, MayRaise, Outcome};
use super::value::{Truth, Value};

impl<'a> Machine<'a, '_> {
    pub(super) fn attempt(&mut self, it: &'a ast::StmtTry) -> Outcome<'a, Flow<'a>> {
        let done = self.body_and_handlers(it);
        let last = self.block(&it.finalbody)?;
        match last {
            Flow::Next => done,
            other => Ok(other),
        }
    }

    fn body_and_handlers(&mut self, it: &'a ast::StmtTry) -> Outcome<'a, Flow<'a>> {
        let mut handlers = Vec::new();
        for handler in &it.handlers {
            let ExceptHandler::ExceptHandler(handler) = handler;
            let kind = match &handler.type_ {
                Some(kind) => self.value(kind).unwrap_or(Value::Unknown),
                None => Value::foreign("builtins.BaseException"),
            };
            handlers.push((kind, handler));
        }
        let guard = handlers
            .iter()
            .find(|(kind, _)| survives_import_error(kind));
        let guard = usize::from(guard.is_some_and(|(_, handler)| !self.gives_up(&handler.body)));
        let names = usize::from(handlers.iter().any(|(kind, _)| {
            ["NameError", "AttributeError"]
                .iter()
                .any(|name| caught(&Value::foreign(format!("builtins.{name}")), kind) != Truth::No)
        }));
        let before = std::mem::take(&mut self.may_raise);
        self.guards += guard;
        self.catching_names += names;
        let length = self.doubts.len();
        let handled = usize::from(!handlers.is_empty());
        self.handlers += handled;
        let done = self.risky_block(&it.body, &handlers);
        self.handlers -= handled;
        self.guards -= guard;
        self.catching_names -= names;
        let risk = std::mem::replace(&mut self.may_raise, before);
        self.certain_again(length);
        match done {
            Err(raise) => self.handle(raise, &handlers),
            Ok(flow) => {
                self.handlers_perhaps(risk, &handlers);
                match flow {
                    Flow::Next => self.block(&it.orelse),
                    other => Ok(other),
                }
            }
        }
    }

    /// The body of a `try`: after what may raise something that is caught, nothing is sure.
    fn risky_block(
        &mut self,
        body: &'a [Stmt],
        handlers: &[(Value<'a>, &'a ast::ExceptHandlerExceptHandler)],
    ) -> Outcome<'a, Flow<'a>> {
        let mut doubted = false;
        for statement in body {
            match self.statement(statement)? {
                Flow::Next => {}
                other => return Ok(other),
            }
            let risk = self.may_raise;
            if !doubted && handlers.iter().any(|(kind, _)| may_catch(risk, kind)) {
                self.doubt(
                    "what stands before it in the `try` may raise",
                    statement.range(),
                );
                doubted = true;
            }
        }
        Ok(Flow::Next)
    }

    fn handle(
        &mut self,
        raise: Box<Raise<'a>>,
        handlers: &[(Value<'a>, &'a ast::ExceptHandlerExceptHandler)],
    ) -> Outcome<'a, Flow<'a>> {
        let mut possible = false;
        for (kind, handler) in handlers {
            match caught(&raise.kind, kind) {
                Truth::Yes => {
                    if let Some(name) = &handler.name {
                        self.bind_name(name, Value::Opaque);
                    }
                    return self.handler_block(handler, &raise);
                }
                Truth::Maybe => {
                    possible = true;
                    let why = "a handler that may catch what is raised";
                    let done =
                        self.perhaps(why, handler.range, |it| it.handler_block(handler, &raise));
                    self.after_doubtful_round(done, handler.range);
                }
                Truth::No => {}
            }
        }
        if possible { Ok(Flow::Next) } else { Err(raise) }
    }

    /// A bare `raise` passes on what was caught.
    fn handler_block(
        &mut self,
        handler: &'a ast::ExceptHandlerExceptHandler,
        raise: &Raise<'a>,
    ) -> Outcome<'a, Flow<'a>> {
        self.block(&handler.body).map_err(|mut new| {
            if matches!(new.kind, Value::Unbound) {
                new.kind = raise.kind.clone();
                new.message.clone_from(&raise.message);
                new.at = raise.at;
            }
            new
        })
    }

    fn handlers_perhaps(
        &mut self,
        risk: MayRaise,
        handlers: &[(Value<'a>, &'a ast::ExceptHandlerExceptHandler)],
    ) {
        for (kind, handler) in handlers {
            if !may_catch(risk, kind) {
                continue;
            }
            if let Some(name) = &handler.name {
                self.bind_name(name, Value::Opaque);
            }
            let why = "a handler for what may be raised";
            let done = self.perhaps(why, handler.range, |machine| machine.block(&handler.body));
            match done {
                Ok(flow @ Flow::Return(_)) => {
                    // What follows runs if nothing was raised, which is what is assumed.
                    if let (Flow::Return(value), Some(frame)) = (flow, self.frames.last_mut()) {
                        frame.returns.push(value);
                    }
                }
                Ok(_) => {}
                Err(raise) => self.may_have_raised(&raise),
            }
        }
    }

    /// Whether a handler surely ends in an exception.
    fn gives_up(&self, body: &[Stmt]) -> bool {
        body.iter().any(|statement| match statement {
            Stmt::Raise(_) => true,
            Stmt::Expr(it) => match &*it.value {
                Expr::Call(call) => match &*call.func {
                    Expr::Name(name) => matches!(name.id.as_str(), "exit" | "quit"),
                    Expr::Attribute(it) => {
                        matches!(it.attr.as_str(), "exit" | "_exit" | "abort")
                            && matches!(&*it.value, Expr::Name(name) if matches!(name.id.as_str(), "sys" | "os"))
                    }
                    _ => false,
                },
                _ => false,
            },
            _ => false,
        })
    }
}

/// Whether a handler may be for what may have been raised.
fn may_catch(risk: MayRaise, handler: &Value) -> bool {
    let import = Value::foreign("builtins.ImportError");
    let only_import = [
        Value::foreign("builtins.ModuleNotFoundError"),
        import.clone(),
    ]
    .iter()
    .any(|it| handler.same(it));
    (risk.import && caught(&import, handler) != Truth::No) || (risk.other && !only_import)
}

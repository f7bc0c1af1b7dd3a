//! `try`: what is caught, what is not, and what runs after it.
//!
//! <https://docs.python.org/3/reference/compound_stmts.html#the-try-statement>

use crate::python::syntax::{ExceptHandler, Expr, Ranged, Stmt, ast};

use super::exception::{Raise, caught, survives_import_error};
use super::machine::{Flow, Machine, MayRaise, Outcome};
use super::value::{Truth, Value};

/// A handler, and what it is for: not known where that is found out only when it is needed.
struct Handler<'a> {
    kind: Value<'a>,
    code: &'a ast::ExceptHandlerExceptHandler,
}

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
        let handlers: Vec<Handler<'a>> = it.handlers.iter().map(|it| self.handler(it)).collect();
        let kinds: Vec<Value<'a>> = handlers.iter().map(|it| it.kind.clone()).collect();
        let guard = handlers.iter().find(|it| survives_import_error(&it.kind));
        let guard = usize::from(guard.is_some_and(|it| !self.gives_up(&it.code.body)));
        let before = std::mem::take(&mut self.may_raise);
        self.guards += guard;
        let length = self.doubts.len();
        let run = |machine: &mut Self| machine.risky_block(&it.body, &kinds);
        let done = if kinds.is_empty() {
            run(self)
        } else {
            self.caught(run)
        };
        self.guards -= guard;
        let risk = std::mem::replace(&mut self.may_raise, before);
        self.may_raise.add(risk.past(&kinds));
        self.certain_again(length);
        match done {
            Err(raise) => {
                let other = |it: &&Handler<'a>| caught(&raise.kind, &it.kind) != Truth::Yes;
                self.handlers_perhaps(risk, handlers.iter().filter(other));
                self.handle(raise, &handlers, it.is_star)
            }
            Ok(flow) => {
                self.handlers_perhaps(risk, handlers.iter());
                match flow {
                    Flow::Next => {
                        self.doubt_else(risk, &kinds, &it.orelse);
                        let done = self.block(&it.orelse);
                        self.certain_again(length);
                        done
                    }
                    other => Ok(other),
                }
            }
        }
    }

    /// `else` runs only if nothing was raised.
    fn doubt_else(&mut self, risk: MayRaise, kinds: &[Value<'a>], orelse: &[Stmt]) {
        if let Some(first) = orelse.first()
            && kinds.iter().any(|kind| may_catch(risk, kind))
        {
            self.doubt("the body of the `try` may raise", first.range());
        }
    }

    /// What a handler is for. A call in its expression is made only when something is raised.
    fn handler(&mut self, handler: &'a ExceptHandler) -> Handler<'a> {
        let ExceptHandler::ExceptHandler(code) = handler;
        let kind = match &code.type_ {
            Some(kind) if is_plain(kind) => self.value(kind).unwrap_or(Value::Unknown),
            Some(_) => Value::Unknown,
            None => Value::foreign("builtins.BaseException"),
        };
        Handler { kind, code }
    }

    /// Something was raised: what the handler is for is asked now, if it was not before.
    fn kind_of(&mut self, handler: &Handler<'a>) -> Outcome<'a> {
        match (&handler.kind, &handler.code.type_) {
            (Value::Unknown, Some(kind)) => self.value(kind),
            (kind, _) => Ok(kind.clone()),
        }
    }

    /// The body of a `try`: after what may raise something that is caught, nothing is sure.
    pub(super) fn risky_block(
        &mut self,
        body: &'a [Stmt],
        kinds: &[Value<'a>],
    ) -> Outcome<'a, Flow<'a>> {
        let mut doubted = false;
        for statement in body {
            match self.statement(statement)? {
                Flow::Next => {}
                other => return Ok(other),
            }
            let risk = self.may_raise;
            if !doubted && kinds.iter().any(|kind| may_catch(risk, kind)) {
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
        handlers: &[Handler<'a>],
        group: bool,
    ) -> Outcome<'a, Flow<'a>> {
        let mut possible = false;
        for handler in handlers {
            let kind = self.kind_of(handler)?;
            let truth = match caught(&raise.kind, &kind) {
                // What the group holds is not known.
                _ if group => Truth::Maybe,
                truth => truth,
            };
            match truth {
                Truth::Yes => return self.handler_block(handler, &raise),
                Truth::Maybe => {
                    possible = true;
                    let why = "a handler that may catch what is raised";
                    let range = handler.code.range;
                    let done = self.perhaps(why, range, |it| it.handler_block(handler, &raise));
                    self.after_doubtful_round(done, range);
                }
                Truth::No => {}
            }
        }
        if possible { Ok(Flow::Next) } else { Err(raise) }
    }

    /// A bare `raise` passes on what was caught.
    fn handler_block(&mut self, handler: &Handler<'a>, raise: &Raise<'a>) -> Outcome<'a, Flow<'a>> {
        let done = self.named_block(handler, raise.value.clone());
        done.map_err(|mut new| {
            if matches!(new.kind, Value::Unbound) {
                new.kind = raise.kind.clone();
                new.value = raise.value.clone();
                new.message.clone_from(&raise.message);
                new.at = raise.at;
            }
            new
        })
    }

    /// The name after `as` is unbound at the end, however that is reached.
    fn named_block(&mut self, handler: &Handler<'a>, value: Value<'a>) -> Outcome<'a, Flow<'a>> {
        let Some(name) = &handler.code.name else {
            return self.block(&handler.code.body);
        };
        self.bind_name(name, value);
        let done = self.block(&handler.code.body);
        self.bind_name(name, Value::Unbound);
        done
    }

    fn handlers_perhaps<'h>(
        &mut self,
        risk: MayRaise,
        handlers: impl Iterator<Item = &'h Handler<'a>>,
    ) where
        'a: 'h,
    {
        let why = "a handler for what may be raised";
        for handler in handlers {
            let range = handler.code.range;
            if !may_catch(risk, &handler.kind) {
                continue;
            }
            if let Ok(kind) = self.perhaps(why, range, |it| it.kind_of(handler))
                && !may_catch(risk, &kind)
            {
                continue;
            }
            let done = self.perhaps(why, range, |it| it.named_block(handler, Value::Opaque));
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

/// Whether what a handler is for is said by names alone.
fn is_plain(kind: &Expr) -> bool {
    match kind {
        Expr::Name(_) => true,
        Expr::Attribute(it) => is_plain(&it.value),
        Expr::Starred(it) => is_plain(&it.value),
        Expr::Tuple(it) => it.elts.iter().all(is_plain),
        _ => false,
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

//! `while` and `for`: bodies that run as often as is known, or perhaps.
//!
//! <https://docs.python.org/3/reference/compound_stmts.html#the-for-statement>

use crate::python::syntax::{ExceptHandler, Ranged, Stmt, TextRange, Visitor, ast};

use super::machine::{Flow, Machine, Outcome};
use super::statement::{Returns, UNKNOWN_CONDITION};
use super::value::{Truth, Value};

impl<'a> Machine<'a, '_> {
    /// Runs a loop: what may leave out the rest of its body leaves out nothing behind it.
    pub(super) fn looped(
        &mut self,
        run: impl FnOnce(&mut Self) -> Outcome<'a, Flow<'a>>,
    ) -> Outcome<'a, Flow<'a>> {
        let length = self.doubts.len();
        let around = self.frames.last_mut().and_then(|it| it.skipped.take());
        let done = run(self);
        if let Some(frame) = self.frames.last_mut() {
            frame.skipped = around;
        }
        self.certain_again(length);
        done
    }

    pub(super) fn while_loop(&mut self, it: &'a ast::StmtWhile) -> Outcome<'a, Flow<'a>> {
        const ROUNDS: usize = 200;
        let mut ended = false;
        let length = self.doubts.len();
        for _ in 0..ROUNDS {
            let flow = match self.condition(&it.test)? {
                Truth::No => {
                    self.certain_again(length);
                    return self.block(&it.orelse);
                }
                Truth::Yes => self.block(&it.body)?,
                Truth::Maybe => {
                    let done = self.perhaps(UNKNOWN_CONDITION, it.test.range(), |machine| {
                        machine.block(&it.body)
                    });
                    self.after_doubtful_round(done, it.range);
                    self.certain_again(length);
                    return self.loop_else(&it.body, &it.orelse, false, true, it.range);
                }
            };
            match flow {
                Flow::Next | Flow::Continue => {}
                Flow::Break => {
                    ended = true;
                    break;
                }
                Flow::Return(value) => return Ok(Flow::Return(value)),
            }
            if self.doubts.len() > length + 2 {
                self.certain_again(length);
                return Ok(Flow::Next);
            }
        }
        self.certain_again(length);
        if !ended {
            let at = (self.here(), it.test.range());
            let why = "a loop is not followed to its end".to_owned();
            self.stopped.get_or_insert((why, Some(at)));
            if let Some(frame) = self.frames.last_mut() {
                frame.loose = true;
            }
        }
        Ok(Flow::Next)
    }

    /// The `else` of a loop, which a `break` that may have come leaves out.
    fn loop_else(
        &mut self,
        body: &'a [Stmt],
        orelse: &'a [Stmt],
        broken: bool,
        unsure: bool,
        range: TextRange,
    ) -> Outcome<'a, Flow<'a>> {
        if broken || orelse.is_empty() {
            return Ok(Flow::Next);
        }
        if !(unsure && may_break(body)) {
            return self.block(orelse);
        }
        let why = "the loop may have been left before its end";
        let done = self.perhaps(why, range, |it| it.block(orelse));
        self.after_doubtful_round(done, range);
        Ok(Flow::Next)
    }

    /// A body that may have run: its exception or return may have come.
    pub(super) fn after_doubtful_round(&mut self, done: Outcome<'a, Flow<'a>>, range: TextRange) {
        match done {
            Err(raise) => self.may_have_raised(&raise),
            Ok(flow @ Flow::Return(_)) => self.may_leave(flow, range),
            Ok(_) => {}
        }
    }

    pub(super) fn for_loop(&mut self, it: &'a ast::StmtFor) -> Outcome<'a, Flow<'a>> {
        let values = self.value(&it.iter)?;
        self.once = matches!(values, Value::Suspended(_)) && may_leave(&it.body);
        let done = self.iterate(&values, it.iter.range());
        self.once = false;
        let (items, open) = done?;
        let length = self.doubts.len();
        let mut broken = false;
        if open {
            let element = items.iter().fold(None, |all: Option<Value<'a>>, one| {
                Some(all.map_or_else(|| one.clone(), |all| all.or(one)))
            });
            let done = self.perhaps(
                "a loop over what cannot be known",
                it.iter.range(),
                |machine| {
                    machine.assign(&it.target, element.unwrap_or(Value::Unknown))?;
                    machine.block(&it.body)
                },
            );
            self.after_doubtful_round(done, it.range);
        } else {
            for item in items {
                self.assign(&it.target, item)?;
                match self.block(&it.body)? {
                    Flow::Next | Flow::Continue => {}
                    Flow::Break => {
                        broken = true;
                        break;
                    }
                    Flow::Return(value) => return Ok(Flow::Return(value)),
                }
            }
        }
        self.certain_again(length);
        self.loop_else(&it.body, &it.orelse, broken, open, it.range)
    }
}

/// Whether a loop may be left before its end, so that a generator is asked for no more.
fn may_leave(body: &[Stmt]) -> bool {
    let mut returns = Returns(false);
    body.iter().for_each(|it| returns.visit_stmt(it));
    returns.0 || may_break(body)
}

fn may_break(body: &[Stmt]) -> bool {
    body.iter().any(|statement| match statement {
        Stmt::Break(_) => true,
        Stmt::If(it) => {
            may_break(&it.body) || it.elif_else_clauses.iter().any(|it| may_break(&it.body))
        }
        Stmt::With(it) => may_break(&it.body),
        Stmt::Match(it) => it.cases.iter().any(|it| may_break(&it.body)),
        Stmt::Try(it) => {
            let handlers = it.handlers.iter().any(|handler| {
                let ExceptHandler::ExceptHandler(handler) = handler;
                may_break(&handler.body)
            });
            handlers || may_break(&it.body) || may_break(&it.orelse) || may_break(&it.finalbody)
        }
        _ => false,
    })
}

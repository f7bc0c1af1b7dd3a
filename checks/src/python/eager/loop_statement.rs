//! `while` and `for`: bodies that run as often as is known, or perhaps.
//!
//! <https://docs.python.org/3/reference/compound_stmts.html#the-for-statement>

use crate::python::syntax::{ExceptHandler, Ranged, Stmt, TextRange, Visitor, ast};

use super::carried::Carried;
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
        const DOUBTFUL_ROUNDS: usize = 6;
        let mut ended = false;
        let length = self.doubts.len();
        for _ in 0..ROUNDS {
            let flow = match self.condition(&it.test)? {
                Truth::No => {
                    self.certain_again(length);
                    return self.block(&it.orelse);
                }
                Truth::Yes => self.block(&it.body)?,
                Truth::Maybe => return self.while_unknown(it, length),
            };
            match flow {
                Flow::Next | Flow::Continue => {}
                Flow::Break => {
                    ended = true;
                    break;
                }
                Flow::Return(value) => return Ok(Flow::Return(value)),
            }
            if self.doubts.len() > length + DOUBTFUL_ROUNDS {
                return self.while_unknown(it, length);
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

    /// The rest of a `while` loop that runs nobody knows how often.
    fn while_unknown(&mut self, it: &'a ast::StmtWhile, length: usize) -> Outcome<'a, Flow<'a>> {
        let carried = Carried::of(&it.body, Some(&it.test));
        let asked = it.test.range();
        self.rounds_perhaps(UNKNOWN_CONDITION, asked, it.range, &carried, |machine| {
            machine.block(&it.body)
        });
        self.certain_again(length);
        self.loop_else(&it.body, &it.orelse, false, true, it.range)
    }

    /// Rounds of a loop that may run: the first finds what was before, and each other one what
    /// those before it have left.
    fn rounds_perhaps(
        &mut self,
        why: &'static str,
        asked: TextRange,
        range: TextRange,
        carried: &Carried<'a>,
        mut round: impl FnMut(&mut Self) -> Outcome<'a, Flow<'a>>,
    ) {
        let before = self.counts(carried);
        let done = self.perhaps(why, asked, &mut round);
        self.after_doubtful_round(done, range);
        if self.counts(carried) == before && !carried.inside {
            return;
        }
        let done = self.perhaps(why, asked, |machine| {
            for name in &carried.names {
                machine.widen(name);
            }
            round(machine)
        });
        self.after_doubtful_round(done, range);
    }

    /// How many values each of the carried names may have: more, once a round has changed it.
    fn counts(&self, carried: &Carried<'a>) -> Vec<usize> {
        let values = carried.names.iter().map(|name| self.find_name(name));
        let count = |it: (Value<'a>, _)| it.0.alternatives().len();
        values.map(|it| it.map_or(0, count)).collect()
    }

    /// A number or text that rounds nobody counts may have changed.
    fn widen(&mut self, name: &str) {
        let counts = |it: &Value| matches!(it, Value::Int(_) | Value::Text(_));
        let value = self.find_name(name).map(|(value, _)| value);
        if value.is_some_and(|it| it.alternatives().iter().any(counts)) {
            self.bind_name(name, Value::Opaque);
        }
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
        let asked = match &values {
            Value::Sequence(it) => it.is_iterator(),
            other => matches!(other, Value::Suspended(_) | Value::Instance(_)),
        };
        self.once = asked && may_leave(&it.body);
        let done = self.iterate(&values, it.iter.range());
        self.once = false;
        let (items, open) = done?;
        let length = self.doubts.len();
        let mut broken = false;
        if open {
            let element = items.iter().fold(None, |all: Option<Value<'a>>, one| {
                Some(all.map_or_else(|| one.clone(), |all| all.or(one)))
            });
            let element = element.unwrap_or(Value::Unknown);
            let carried = Carried::of(&it.body, None);
            let why = "a loop over what cannot be known";
            self.rounds_perhaps(why, it.iter.range(), it.range, &carried, |machine| {
                machine.assign(&it.target, element.clone())?;
                machine.block(&it.body)
            });
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

//! The reason in words.

use crate::python::guard::{Guards, Truth};
use crate::python::source::Source;
use crate::python::syntax::{Expr, Ranged, Stmt, Visitor, ast, visitor};

use super::path::{Inside, Part, Way, parts};
use super::{Explainer, Runs};
use crate::python::eager::graph::ContextId;
use crate::python::eager::value::ModuleId;

impl Explainer<'_, '_, '_> {
    /// Why a statement runs in a context.
    pub(super) fn why_it_runs(&self, context: ContextId, way: &Way) -> String {
        let machine = self.machine;
        let function = machine.graph.contexts.get(context);
        let called = function.and_then(|it| it.function.as_ref());
        let Some(function) = called else {
            let class = way.around.iter().rev().find_map(class_name);
            return class.map_or_else(
                || "module level".to_owned(),
                |class| format!("in the body of class `{class}`"),
            );
        };
        let step = self.sure.by.get(context).copied().flatten();
        let place = step.and_then(|(_, edge)| machine.place(edge.at));
        match place {
            Some(place) => format!("`{function}()` is called at {}:{}", place.path, place.line),
            None => format!("`{function}()` is called"),
        }
    }

    /// Why a statement of a loaded module does not run.
    pub(super) fn why_not(&self, module: ModuleId, source: &Source, way: &Way) -> (Runs, String) {
        let ran = |it: &Stmt| self.ran(module, it);
        let innermost = way.around.iter().rposition(|it| ran(it.statement));
        let inside = innermost.and_then(|at| way.around.get(at));
        let next = way.around.get(innermost.map_or(0, |at| at + 1));
        let next = next.map_or(way.statement, |it| it.statement);
        let block = inside.map_or(way.top, |it| it.block);
        let typing = inside.and_then(|it| typing_only(source, it));
        if let Some(reason) = typing {
            return (Runs::TypingOnly, reason);
        }
        if let Some(why) = &self.stopped {
            return (Runs::Undecided, why.clone());
        }
        let before = block.iter().take_while(|it| it.range() != next.range());
        let before: Vec<&Stmt> = before.collect();
        let reason = match before.iter().rev().find(|it| ran(it)) {
            Some(last) => ended(source, self.last_run(module, last), self.failed(module)),
            None => inside.map_or_else(
                || "the file is not run".to_owned(),
                |it| self.not_entered(module, source, it),
            ),
        };
        (Runs::No, reason)
    }

    fn ran(&self, module: ModuleId, statement: &Stmt) -> bool {
        let runs = self.runs_of(module, statement);
        self.first_sure(runs).is_some() || self.first_unsure(runs).is_some()
    }

    /// What ran last within a statement.
    fn last_run<'b>(&self, module: ModuleId, statement: &'b Stmt) -> &'b Stmt {
        if matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            return statement;
        }
        let inner = parts(statement).into_iter().rev().find_map(|inside| {
            let block: &'b [Stmt] = inside.block;
            block.iter().rev().find(|it| self.ran(module, it))
        });
        inner.map_or(statement, |inner| self.last_run(module, inner))
    }

    /// Why a statement that ran did not go into one of its parts.
    fn not_entered(&self, module: ModuleId, source: &Source, inside: &Inside) -> String {
        let at = |line: usize| format!("{}:{line}", source.path);
        let line = source.line(inside.statement.range());
        let settings = self.machine.settings;
        match inside.part {
            Part::Function(def) => not_called(def),
            Part::Clause(it, number) => {
                let taken = clauses(it)
                    .take(number)
                    .find(|(_, block)| block.first().is_some_and(|it| self.ran(module, it)));
                let own = clauses(it).nth(number).and_then(|(test, _)| test);
                match (taken, own) {
                    (Some((Some(test), _)), _) => format!(
                        "the condition at {} holds, so that this branch is left out",
                        at(source.line(test.range()))
                    ),
                    (_, Some(test)) if asks_for_main(test) => format!(
                        "the condition at {} is false in a module that is imported",
                        at(source.line(test.range()))
                    ),
                    (_, Some(test)) => format!(
                        "the condition at {} is false on Python {}.{} ({})",
                        at(source.line(test.range())),
                        settings.version.major,
                        settings.version.minor,
                        settings.platform
                    ),
                    _ => format!("the `if` at {} goes another way", at(line)),
                }
            }
            Part::For => format!("the loop at {} has no round", at(line)),
            Part::While => format!("the condition of the loop at {} is false", at(line)),
            Part::LoopElse => format!("the loop at {} is left by `break`", at(line)),
            Part::Handler => format!(
                "nothing in the `try` at {} raises what it catches",
                at(line)
            ),
            Part::TryElse => format!("the `try` at {} does not come to its end", at(line)),
            Part::With => format!("the `with` at {} is not entered", at(line)),
            Part::Case(case) => format!(
                "the pattern at {} does not match, or one before it does",
                at(source.line(case.range))
            ),
            Part::Class | Part::Try | Part::Finally => {
                format!("what stands at {} raises before", at(line))
            }
        }
    }
}

/// Control left the block behind `last`.
fn ended(source: &Source, last: &Stmt, failed: bool) -> String {
    let at = format!("{}:{}", source.path, source.line(last.range()));
    match last {
        Stmt::Return(_) => format!("the function returns before it, at {at}"),
        Stmt::Raise(_) => format!("an exception is raised before it, at {at}"),
        Stmt::Break(_) => format!("the loop is left before it, at {at}"),
        Stmt::Continue(_) => format!("the next round begins before it, at {at}"),
        _ if failed => format!("loading the file ends with an exception before it, at {at}"),
        _ => format!("what stands before it is left, or raises, at {at}"),
    }
}

fn not_called(def: &ast::StmtFunctionDef) -> String {
    let name = &def.name;
    match (def.is_async, is_generator(&def.body)) {
        (false, false) => format!("inside `{name}()`, which nothing calls while loading"),
        (false, true) => format!(
            "inside the generator `{name}()`, of which nothing asks for a value while loading"
        ),
        (true, _) => format!("inside the coroutine `{name}()`, which nothing runs while loading"),
    }
}

fn class_name(inside: &Inside) -> Option<String> {
    match inside.statement {
        Stmt::ClassDef(it) => Some(it.name.to_string()),
        _ => None,
    }
}

/// The clauses of an `if`: what each asks, and what it holds.
fn clauses(it: &ast::StmtIf) -> impl Iterator<Item = (Option<&Expr>, &[Stmt])> {
    let first = (Some(&*it.test), &*it.body);
    let rest = it
        .elif_else_clauses
        .iter()
        .map(|clause| (clause.test.as_ref(), &*clause.body));
    [first].into_iter().chain(rest)
}

/// Whether a branch that is known not to run is left out because `TYPE_CHECKING` is false.
fn typing_only(source: &Source, inside: &Inside) -> Option<String> {
    let Part::Clause(it, number) = inside.part else {
        return None;
    };
    let guards = source.guards();
    let at = |test: &Expr| format!("{}:{}", source.path, source.line(test.range()));
    let own = clauses(it).nth(number).and_then(|(test, _)| test);
    if let Some(test) = own.filter(|test| asks_for_types(&guards, test)) {
        return Some(format!("under `TYPE_CHECKING` ({})", at(test)));
    }
    let mut before = clauses(it).take(number).filter_map(|(test, _)| test);
    let test = before.find(|test| is_not_typing(&guards, test))?;
    Some(format!(
        "the other branch of `not TYPE_CHECKING` ({})",
        at(test)
    ))
}

fn asks_for_types(guards: &Guards, test: &Expr) -> bool {
    guards.truth(test) == Truth::Typing || (!negated(test) && names_typing(test))
}

fn is_not_typing(guards: &Guards, test: &Expr) -> bool {
    match test {
        Expr::UnaryOp(it) if it.op == ast::UnaryOp::Not => asks_for_types(guards, &it.operand),
        _ => false,
    }
}

/// `__name__ == "__main__"`
fn asks_for_main(test: &Expr) -> bool {
    let name = |it: &Expr| matches!(it, Expr::Name(name) if &*name.id == "__name__");
    match test {
        Expr::Compare(it) => name(&it.left) || it.comparators.iter().any(name),
        _ => false,
    }
}

fn negated(test: &Expr) -> bool {
    matches!(test, Expr::UnaryOp(it) if it.op == ast::UnaryOp::Not)
}

/// Whether a condition that was found false has `TYPE_CHECKING` in it, by whatever way the name
/// came here.
fn names_typing(test: &Expr) -> bool {
    match test {
        Expr::Name(it) => &*it.id == "TYPE_CHECKING",
        Expr::Attribute(it) => &it.attr == "TYPE_CHECKING",
        Expr::BoolOp(it) if it.op == ast::BoolOp::And => it.values.iter().any(names_typing),
        _ => false,
    }
}

/// Whether calling the function only makes a generator.
fn is_generator(body: &[Stmt]) -> bool {
    let mut finder = Yields(false);
    finder.visit_body(body);
    finder.0
}

struct Yields(bool);

impl<'a> Visitor<'a> for Yields {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if !matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            visitor::walk_stmt(self, statement);
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Yield(_) | Expr::YieldFrom(_) => self.0 = true,
            Expr::Lambda(_) => {}
            _ => visitor::walk_expr(self, expression),
        }
    }
}

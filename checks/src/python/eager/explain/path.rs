//! Where a statement stands: the way to it through the statements around it.

use crate::python::source::Source;
use crate::python::syntax::{ExceptHandler, Ranged, Stmt, ast};

/// A statement, and how it is reached from the top of its file.
pub(super) struct Way<'a> {
    /// The statement.
    pub(super) statement: &'a Stmt,
    /// The statements around it, the outermost first.
    pub(super) around: Vec<Inside<'a>>,
    /// The top of the file.
    pub(super) top: &'a [Stmt],
}

/// A statement with others in it.
#[derive(Clone, Copy)]
pub(super) struct Inside<'a> {
    pub(super) statement: &'a Stmt,
    pub(super) part: Part<'a>,
    /// The statements of the part.
    pub(super) block: &'a [Stmt],
}

/// Which part of a statement is meant.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Function(&'a ast::StmtFunctionDef),
    Class,
    /// A clause of an `if`, counted from 0.
    Clause(&'a ast::StmtIf, usize),
    For,
    While,
    LoopElse,
    Try,
    Handler,
    TryElse,
    Finally,
    With,
    Case(&'a ast::MatchCase),
}

/// The ways to the innermost statements that stand on a line.
pub(super) fn ways_to(source: &Source, line: usize) -> Vec<Way<'_>> {
    let mut found = Vec::new();
    let top = source.body();
    descend(source, line, top, top, &mut Vec::new(), &mut found);
    found
}

/// The line of the statement that is nearest to a line, counted at the top of the file.
pub(super) fn nearest(source: &Source, line: usize) -> Option<usize> {
    let lines = source.body().iter().map(|it| source.line(it.range()));
    lines.min_by_key(|it| it.abs_diff(line))
}

fn descend<'a>(
    source: &'a Source,
    line: usize,
    top: &'a [Stmt],
    block: &'a [Stmt],
    around: &mut Vec<Inside<'a>>,
    found: &mut Vec<Way<'a>>,
) {
    let on_line = block
        .iter()
        .filter(|it| source.overlaps(it.range(), line, line));
    for statement in on_line {
        let before = found.len();
        for inside in parts(statement) {
            around.push(inside);
            descend(source, line, top, inside.block, around, found);
            around.pop();
        }
        if found.len() == before {
            found.push(Way {
                statement,
                around: around.clone(),
                top,
            });
        }
    }
}

/// The blocks of a statement.
pub(super) fn parts(statement: &Stmt) -> Vec<Inside<'_>> {
    let inside = |part, block| Inside {
        statement,
        part,
        block,
    };
    match statement {
        Stmt::FunctionDef(it) => vec![inside(Part::Function(it), &it.body)],
        Stmt::ClassDef(it) => vec![inside(Part::Class, &it.body)],
        Stmt::If(it) => {
            let rest = it.elif_else_clauses.iter().map(|clause| &*clause.body);
            let clauses = [&*it.body].into_iter().chain(rest).enumerate();
            clauses
                .map(|(number, block)| inside(Part::Clause(it, number), block))
                .collect()
        }
        Stmt::For(it) => vec![
            inside(Part::For, &it.body),
            inside(Part::LoopElse, &it.orelse),
        ],
        Stmt::While(it) => vec![
            inside(Part::While, &it.body),
            inside(Part::LoopElse, &it.orelse),
        ],
        Stmt::Try(it) => {
            let handlers = it.handlers.iter().map(|handler| {
                let ExceptHandler::ExceptHandler(handler) = handler;
                inside(Part::Handler, &handler.body)
            });
            let rest = [
                inside(Part::TryElse, &it.orelse),
                inside(Part::Finally, &it.finalbody),
            ];
            let body = [inside(Part::Try, &it.body)].into_iter();
            body.chain(handlers).chain(rest).collect()
        }
        Stmt::With(it) => vec![inside(Part::With, &it.body)],
        Stmt::Match(it) => it
            .cases
            .iter()
            .map(|case| inside(Part::Case(case), &case.body))
            .collect(),
        _ => Vec::new(),
    }
}

//! What `imports --explain` prints.

use checks::path::RepoPath;
use checks::python::eager::{Explained, Explanation, Hop, Runs};
use checks::verdict::Finding;
use console::{StyledObject, style};
use serde::Serialize;

use super::{Step, step};
use crate::render::excerpt;
use crate::render::words::wrapped;

/// The answer for a program.
#[derive(Debug, Serialize)]
pub(crate) struct Answer<'a> {
    entry: &'a str,
    file: &'a str,
    line: usize,
    modules: &'a [String],
    chain: Vec<Step<'a>>,
    statements: Vec<Statement<'a>>,
    assumed: &'a [String],
}

#[derive(Debug, Serialize)]
struct Statement<'a> {
    line: usize,
    source: &'a str,
    runs: &'static str,
    reason: &'a str,
    hops: Vec<Step<'a>>,
    loads: &'a [String],
}

/// The answer for a program.
pub(crate) fn json<'a>(
    explanation: &'a Explanation,
    file: &'a RepoPath,
    line: usize,
) -> Answer<'a> {
    let statement = |it: &'a Explained| Statement {
        line: it.place.line,
        source: it.place.source.trim(),
        runs: match it.runs {
            Runs::Yes => "yes",
            Runs::Conditional => "conditional",
            Runs::No => "no",
            Runs::TypingOnly => "typing-only",
            Runs::Undecided => "undecided",
        },
        reason: &it.reason,
        hops: it.hops.iter().map(step).collect(),
        loads: &it.loads,
    };
    Answer {
        entry: &explanation.entry,
        file: file.as_str(),
        line,
        modules: &explanation.modules,
        chain: explanation.chain.iter().map(step).collect(),
        statements: explanation.statements.iter().map(statement).collect(),
        assumed: &explanation.assumed,
    }
}

/// The answer for a person at a terminal.
pub(crate) fn text(explanation: &Explanation, file: &RepoPath, line: usize) -> String {
    let mut text = String::new();
    for statement in &explanation.statements {
        text += &about(statement, line);
    }
    let module = explanation.modules.first();
    if let Some(module) = module.filter(|it| **it != explanation.entry) {
        text += &format!(
            "\n`{file}` is loaded as `{module}` by `{}`:\n",
            explanation.entry
        );
        text += &steps(&explanation.chain);
    }
    text
}

fn about(statement: &Explained, line: usize) -> String {
    let begins = statement.place.line;
    let mut text = wrapped(&format!("{} {}", word(statement.runs), statement.reason), 0);
    text += &excerpt::finding(&Finding::at(statement.place.clone(), String::new()), 0, 2);
    if begins != line {
        text += &format!("  line {line} belongs to the statement that begins at line {begins}\n");
    }
    if !statement.loads.is_empty() {
        let names = statement.loads.join("`, `");
        text += &wrapped(&format!("it is the first to load `{names}`"), 2);
    }
    // The last call stands in the reason.
    let calls = statement.hops.rsplit(|it| it.import).next();
    if let Some(calls) = calls.filter(|it| it.len() > 1) {
        text += "  the calls that lead there:\n";
        text += &steps(calls);
    }
    text
}

fn steps(hops: &[Hop]) -> String {
    let line = |hop: &Hop| {
        let place = &hop.place;
        wrapped(
            &format!("{} ({}:{})", hop.reason, place.path, place.line),
            4,
        )
    };
    hops.iter().map(line).collect()
}

fn word(runs: Runs) -> StyledObject<&'static str> {
    match runs {
        Runs::Yes => style("runs on load:").bold(),
        Runs::Conditional => style("conditional:").yellow().bold(),
        Runs::No => style("does not run:").bold(),
        Runs::TypingOnly => style("typing-only:").bold(),
        Runs::Undecided => style("undecided:").yellow().bold(),
    }
}

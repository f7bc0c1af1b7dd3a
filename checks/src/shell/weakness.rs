//! What makes a line of shell a weak test: a failure that its exit status does not show, and
//! places that it does not look at.

use std::fmt;

use super::command::{Command, Kept};
use super::lexer::{Word, tokens};
use super::parser::{AndOr, Body, List, Pipeline};
use super::status::exit_hides_failure;
use super::words::simple_commands;

/// Why a line can miss what it looks for, or fail unnoticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weakness {
    /// `A && echo FAIL || echo SUCCESS`: the last word is an `echo`, which succeeds.
    EndsInEcho,
    /// `… || true`.
    OrTrue,
    /// The exit status of a pipe is that of its last program; this one's is lost.
    PipeHides {
        /// The program in front.
        program: String,
        /// The program whose status counts instead.
        last: String,
    },
    /// It can fail and exit 0 in some other way.
    ExitHidesFailure,
    /// curl exits 0 whatever status the server answers with, unless `--fail` is given.
    CurlWithoutFail,
    /// Only the first lines of a file are searched.
    FirstLinesOnly {
        /// How many.
        lines: usize,
        /// The file.
        file: Option<String>,
    },
}

/// The weaknesses of a line, in the order of what they cost; none of a line that is not
/// understood as a whole.
#[must_use]
pub fn weaknesses(line: &str) -> Vec<Weakness> {
    let mut found = Vec::new();
    if let Ok(list) = super::read(line) {
        found.extend(hidden(&list));
        found.extend(list.0.iter().flat_map(AndOr::pipelines).filter_map(window));
    }
    if asks_without_fail(line) {
        found.push(Weakness::CurlWithoutFail);
    }
    found
}

impl Weakness {
    /// Whether the line's exit status does not tell that it failed.
    #[must_use]
    pub fn hides_failure(&self) -> bool {
        !matches!(self, Self::FirstLinesOnly { .. })
    }

    /// What to write instead.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::EndsInEcho | Self::ExitHidesFailure => {
                "exit with 1 where it fails: `if …; then echo FAIL; exit 1; fi`".to_owned()
            }
            Self::OrTrue => "leave `|| true` away".to_owned(),
            Self::PipeHides { .. } => {
                "put `set -o pipefail` before it, or look at the program alone".to_owned()
            }
            Self::CurlWithoutFail => "write `curl --fail`".to_owned(),
            Self::FirstLinesOnly { .. } => "search the whole file".to_owned(),
        }
    }
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EndsInEcho => {
                f.write_str("it ends in an `echo`, which succeeds whatever it says")
            }
            Self::OrTrue => f.write_str("`|| true` succeeds whatever happened before"),
            Self::PipeHides { program, last } => write!(
                f,
                "the exit status is that of `{last}`: that of `{program}` is lost in the pipe"
            ),
            Self::ExitHidesFailure => f.write_str("it can fail and exit with 0 all the same"),
            Self::CurlWithoutFail => {
                f.write_str("`curl` exits with 0 whatever status the server answers with")
            }
            Self::FirstLinesOnly { lines, file } => {
                let of = file.as_ref().map(|file| format!(" of `{file}`"));
                let of = of.unwrap_or_default();
                write!(f, "only the first {lines} lines{of} are searched")
            }
        }
    }
}

fn hidden(list: &List) -> Option<Weakness> {
    if exit_hides_failure(list) != Some(true) {
        return None;
    }
    let last = list.0.last()?;
    Some(match last.rest.last() {
        Some((super::parser::Join::Or, end)) if succeeds(end) => Weakness::OrTrue,
        Some((_, end)) if echoes(end) => Weakness::EndsInEcho,
        _ => lost_in_pipe(list).unwrap_or(Weakness::ExitHidesFailure),
    })
}

fn command(pipeline: &Pipeline) -> Option<&Command> {
    match pipeline.stages.as_slice() {
        [stage] => match &stage.body {
            Body::Command(Ok(command)) => Some(command),
            _ => None,
        },
        _ => None,
    }
}

fn succeeds(pipeline: &Pipeline) -> bool {
    matches!(command(pipeline), Some(Command::Status(0)))
}

fn echoes(pipeline: &Pipeline) -> bool {
    matches!(command(pipeline), Some(Command::Say(_)))
}

fn lost_in_pipe(list: &List) -> Option<Weakness> {
    let pipelines = list.0.iter().flat_map(AndOr::pipelines);
    let names = pipelines.filter(|it| it.stages.len() > 1).map(|pipeline| {
        let mut names = pipeline.stages.iter().map(|stage| match &stage.body {
            Body::Command(command) => name(command),
            Body::Group(_) => "a group".to_owned(),
        });
        Some((names.next()?, names.next_back()?))
    });
    let (program, last) = names.flatten().next()?;
    Some(Weakness::PipeHides { program, last })
}

/// The word that a command is called by.
fn name(command: &Result<Command, super::NeedsShell>) -> String {
    let name = match command {
        Ok(Command::Grep(_)) => "grep",
        Ok(Command::Cut(cut)) => match cut.kept {
            Kept::First(_) => "head",
            Kept::Last(_) | Kept::From(_) => "tail",
        },
        Ok(Command::Cat(_)) => "cat",
        Ok(Command::CountLines(_)) => "wc",
        Ok(Command::Ls(_)) => "ls",
        Ok(Command::Test(_)) => "test",
        Ok(Command::Say(_)) => "echo",
        Ok(Command::Status(_)) => "true",
        Ok(Command::Exit(_)) => "exit",
        Err(needs) => return needs.0.trim_matches('`').to_owned(),
    };
    name.to_owned()
}

/// `head -20 FILE | grep …`.
fn window(pipeline: &Pipeline) -> Option<Weakness> {
    let mut stages = pipeline.stages.iter();
    let Body::Command(Ok(Command::Cut(cut))) = &stages.next()?.body else {
        return None;
    };
    let Kept::First(lines) = cut.kept else {
        return None;
    };
    let searched = stages.any(|stage| matches!(&stage.body, Body::Command(Ok(Command::Grep(_)))));
    let file = cut.file.as_ref().map(|file| file.written().to_owned());
    searched.then_some(Weakness::FirstLinesOnly { lines, file })
}

/// Whether a curl of the line asks for no failure on a status of 400 or more, see curl(1).
fn asks_without_fail(line: &str) -> bool {
    let Ok(tokens) = tokens(line) else {
        return false;
    };
    simple_commands(&tokens).any(|words| {
        let mut words = words.into_iter();
        words.next().is_some_and(|first| first.text == "curl") && !words.any(fails)
    })
}

/// `-f`, alone or among other short options, `--fail` and its relatives, or a status that is
/// printed for what comes next to look at.
fn fails(word: &Word) -> bool {
    let text = word.text.as_str();
    if let Some(long) = text.strip_prefix("--") {
        return long.starts_with("fail") || long == "write-out";
    }
    text.strip_prefix('-')
        .is_some_and(|short| short.contains('f') || short.contains('w'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_line_says_why() {
        let pipe = |program: &str, last: &str| Weakness::PipeHides {
            program: program.to_owned(),
            last: last.to_owned(),
        };
        for (line, expected) in [
            (
                "grep -n x a.py && echo FAIL || echo OK",
                vec![Weakness::EndsInEcho],
            ),
            ("make test || true", vec![Weakness::OrTrue]),
            ("make test | tee log", vec![pipe("make", "tee")]),
            ("make test | tail -5", vec![pipe("make", "tail")]),
            ("curl http://localhost/x", vec![Weakness::CurlWithoutFail]),
            ("curl -sf http://localhost/x", vec![]),
            ("curl --fail-with-body http://localhost/x", vec![]),
            (
                "head -20 a.py | grep '^import torch'",
                vec![Weakness::FirstLinesOnly {
                    lines: 20,
                    file: Some("a.py".to_owned()),
                }],
            ),
            ("! grep -q x a.py", vec![]),
            ("test -f a.py", vec![]),
            ("make test", vec![]),
            ("", vec![]),
            ("for x in a; do", vec![]),
        ] {
            assert_eq!(weaknesses(line), expected, "{line}");
        }
    }
}

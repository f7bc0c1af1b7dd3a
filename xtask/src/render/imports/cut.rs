//! What `imports --cut` prints.

use checks::python::PythonVersion;
use checks::python::eager::{CutAnswer, MoveKind, Moved, Stuck};
use console::style;
use serde::Serialize;

use crate::render::words::{printable, wrapped};

/// A cut, and what was asked for.
pub(crate) struct CutShown<'a> {
    /// What was found.
    pub(crate) answer: CutAnswer,
    /// The kinds of change that were allowed.
    pub(crate) allowed: &'a [MoveKind],
    /// The version of the language that loads.
    pub(crate) version: PythonVersion,
}

/// The fields that a cut adds to the answer for a program: the cut, or `null` and the reason.
#[derive(Debug, Serialize)]
pub(super) struct CutAnswered<'a> {
    cut: Option<Statements<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_cut: Option<&'a str>,
    stuck: Vec<NotOffered<'a>>,
}

#[derive(Debug, Serialize)]
struct Statements<'a> {
    moves: Vec<Move<'a>>,
    size: usize,
    allowed: Vec<&'static str>,
    /// The entry was imported once more with the statements deferred, and no chain was left.
    verified: bool,
}

#[derive(Debug, Serialize)]
struct Move<'a> {
    path: &'a str,
    line: usize,
    source: &'a str,
    r#move: String,
    names: &'a [String],
}

#[derive(Debug, Serialize)]
struct NotOffered<'a> {
    path: &'a str,
    line: usize,
    source: &'a str,
    reason: &'a str,
}

/// The fields for a program.
pub(super) fn json<'a>(shown: &'a CutShown<'a>) -> CutAnswered<'a> {
    let (moves, stuck, no_cut): (Option<&[Moved]>, &[Stuck], _) = match &shown.answer {
        CutAnswer::NotReached => (Some(&[]), &[], None),
        CutAnswer::Found(cut) => (Some(&cut.moves), &cut.stuck, None),
        CutAnswer::Impossible(stuck) => (None, stuck, Some("the allowed changes leave a way")),
        CutAnswer::Undecided(why) => (None, &[], Some(why.as_str())),
    };
    CutAnswered {
        cut: moves.map(|moves| Statements {
            moves: moves.iter().map(moved).collect(),
            size: moves.len(),
            allowed: shown.allowed.iter().map(|it| it.word()).collect(),
            verified: true,
        }),
        no_cut,
        stuck: stuck.iter().map(not_offered).collect(),
    }
}

fn moved(moved: &Moved) -> Move<'_> {
    Move {
        path: moved.place.path.as_str(),
        line: moved.place.line,
        source: &moved.source,
        r#move: words(&moved.kinds, ","),
        names: &moved.names,
    }
}

fn not_offered(stuck: &Stuck) -> NotOffered<'_> {
    NotOffered {
        path: stuck.place.path.as_str(),
        line: stuck.place.line,
        source: &stuck.source,
        reason: &stuck.why,
    }
}

/// The answer for a person.
pub(super) fn text(target: &str, entry: &str, shown: &CutShown<'_>) -> String {
    match &shown.answer {
        CutAnswer::NotReached => format!(
            "{} importing `{entry}` does not load `{target}`: there is nothing to cut\n",
            style("not reached:").green().bold()
        ),
        CutAnswer::Undecided(why) => wrapped(&format!("undecided: no cut is known: {why}"), 0),
        CutAnswer::Impossible(stuck) => impossible(target, entry, stuck, shown.allowed),
        CutAnswer::Found(cut) => {
            let mut text = headline(target, entry, cut.moves.len(), shown.allowed);
            cut.moves.iter().for_each(|it| text += &statement(it));
            text += &meanings(&cut.moves, shown.version);
            if !cut.stuck.is_empty() {
                text += "\nnot offered, of the statements on the first chain:\n";
                cut.stuck.iter().for_each(|it| text += &held(it));
            }
            text
        }
    }
}

fn headline(target: &str, entry: &str, size: usize, allowed: &[MoveKind]) -> String {
    let statements = match size {
        1 => "1 import statement, once deferred, frees".to_owned(),
        size => format!("{size} import statements, once deferred, free"),
    };
    let allowed = words(allowed, ", ");
    let text = format!(
        "cut: {statements} `{entry}` from `{target}`; with these kinds of change ({allowed}) no smaller set does",
    );
    wrapped(&text, 0).replacen("cut:", &style("cut:").bold().to_string(), 1) + "\n"
}

fn statement(moved: &Moved) -> String {
    let place = printable(&format!("{}:{}", moved.place.path, moved.place.line));
    let kinds = words(&moved.kinds, ", ");
    format!("  {} {kinds}\n", style(place).bold()) + &wrapped(&moved.source, 6)
}

fn held(stuck: &Stuck) -> String {
    let place = printable(&format!("{}:{}", stuck.place.path, stuck.place.line));
    format!("  {place}\n") + &wrapped(&stuck.source, 6) + &wrapped(&stuck.why, 6)
}

/// What the words mean, as far as they occur.
fn meanings(moves: &[Moved], version: PythonVersion) -> String {
    let mut text = "\n".to_owned();
    for (kind, meaning) in [
        (
            MoveKind::Plain,
            "the import goes into the functions that use its names",
        ),
        (
            MoveKind::Getattr,
            "others ask this module for its names: a module `__getattr__` imports them (PEP 562)",
        ),
        (
            MoveKind::Annotations,
            "its names stand in annotations: `from __future__ import annotations` postpones them, and the import goes below `if TYPE_CHECKING:`",
        ),
    ] {
        if moves.iter().any(|it| it.kinds.contains(&kind)) {
            text += &wrapped(&format!("{}: {meaning}", kind.word()), 0);
        }
    }
    if (version.major, version.minor) >= (3, 15) {
        let lazy = "from Python 3.15 on `lazy import` in front of each does the same (PEP 810)";
        text += &wrapped(lazy, 0);
    }
    text + "verified: with these deferred no chain is left\n"
}

fn impossible(target: &str, entry: &str, stuck: &[Stuck], allowed: &[MoveKind]) -> String {
    let text = format!(
        "no cut: with these kinds of change ({}) importing `{entry}` always loads `{target}`",
        words(allowed, ", "),
    );
    let mut text =
        wrapped(&text, 0).replacen("no cut:", &style("no cut:").red().bold().to_string(), 1);
    if stuck.is_empty() {
        return text + &wrapped("it is the entry itself, or above it", 0);
    }
    text += "\nnone of the statements on this way can be deferred:\n";
    stuck.iter().for_each(|it| text += &held(it));
    if allowed.len() < 3 {
        text += "\nhelp: allow more with `--moves plain,getattr,annotations`\n";
    }
    text
}

fn words(kinds: &[MoveKind], between: &str) -> String {
    let words: Vec<&str> = kinds.iter().map(|it| it.word()).collect();
    words.join(between)
}

//! The words and colours that every terminal output shares.

use std::fmt::Display;

use console::{Style, StyledObject, Term, style};
use tasks::report::{Report, State, TaskState};

/// The width of a row's lead: two blanks, a state, a blank.
pub(super) const LEAD: usize = 12;

/// Where the text of a box begins: behind its lead and its id.
pub(super) const TEXT: usize = LEAD + 7;

/// The width to wrap at: the terminal's, at most 120 columns, and 100 where there is none.
pub(super) fn width() -> usize {
    let (_, columns) = Term::stdout().size_checked().unwrap_or((24, 100));
    usize::from(columns).clamp(40, 120)
}

/// A box's state, padded to the longest.
pub(super) fn state(state: State) -> StyledObject<String> {
    colour(state).apply_to(format!("{:<9}", state.word()))
}

/// A task's state.
pub(super) fn task_state(state: TaskState) -> StyledObject<&'static str> {
    let colour = match state {
        TaskState::Done => Style::new().green().bold(),
        TaskState::Failing => Style::new().red().bold(),
        TaskState::Undecided => Style::new().yellow().bold(),
        TaskState::Open => Style::new().cyan().bold(),
    };
    colour.apply_to(state.word())
}

/// `text` wrapped at the terminal's width, every line indented.
pub(super) fn wrapped(text: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    text.lines()
        .map(|line| folded(line, &margin, &margin))
        .collect()
}

/// A row of a report: a lead of its own width, then `text`, which hangs where it begins.
pub(super) fn row(lead: impl Display, text: &str, hang: usize) -> String {
    // The lead may be coloured, so it takes its place after wrapping.
    let blank = " ".repeat(LEAD);
    let mut row = folded(text, &blank, &" ".repeat(hang));
    row.replace_range(0..LEAD, &format!("  {lead} "));
    row
}

fn folded(line: &str, first: &str, others: &str) -> String {
    let options = textwrap::Options::new(width())
        .initial_indent(first)
        .subsequent_indent(others)
        .break_words(false);
    textwrap::fill(&printable(line), &options) + "\n"
}

/// `text` without characters that a terminal would obey: what comes from a plan, a repository
/// or a program is shown, never executed.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        push_printable(c, &mut shown);
    }
    shown
}

/// As [`printable`], of one character.
pub(super) fn push_printable(c: char, shown: &mut String) {
    if matches!(c, '\n' | '\t') || !(c.is_control() || is_bidi_control(c)) {
        shown.push(c);
    } else {
        shown.extend(c.escape_unicode());
    }
}

/// As [`printable`], in one line: it must not look like a line of our own.
pub(crate) fn one_line(text: &str) -> String {
    printable(text).replace('\n', "\\n").replace('\t', "\\t")
}

/// As [`printable`], as text or an attribute's value of XML.
pub(super) fn escaped(text: &str) -> String {
    // The two that XML has no way to write, <https://www.w3.org/TR/xml/#charsets>.
    printable(text)
        .replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The first digits of an id: enough for a person.
pub(crate) fn short(id: &str) -> String {
    id.chars().take(8).collect()
}

/// The first line of every output: which milestone, on which state.
pub(super) fn heading(report: &Report) -> String {
    let snapshot = &report.snapshot;
    let revision = match &snapshot.revision {
        Some(id) => short(id),
        None if snapshot.kind == "revision" => "without a commit".to_owned(),
        None => "no commit yet".to_owned(),
    };
    let what = match (snapshot.kind.as_str(), &snapshot.tree) {
        ("worktree", _) => "work tree on".to_owned(),
        ("revision", Some(tree)) if snapshot.revision.is_none() => format!("tree {}", short(tree)),
        ("revision", _) => "revision".to_owned(),
        (_, Some(tree)) => format!("tree {} on", short(tree)),
        (kind, None) => kind.to_owned(),
    };
    let branch = snapshot
        .branch
        .as_ref()
        .map(|b| format!(" ({})", printable(b)));
    format!(
        "{}  {}  {}\n",
        style(report.milestone.to_uppercase()).bold(),
        style(printable(&report.title)).bold(),
        style(format!("{what} {revision}{}", branch.unwrap_or_default())).dim(),
    )
}

/// The last line of every output: how many boxes are in which state, the deviations by name.
pub(super) fn tally(report: &Report) -> String {
    let counts = report.counts();
    let total: usize = counts.values().sum();
    let part = |(state, count): (&State, &usize)| {
        let ids: Vec<&str> = match state {
            State::Waived | State::Attested => {
                let those = report.boxes().filter(|b| b.state == *state);
                those.map(|b| b.id.as_str()).collect()
            }
            _ => Vec::new(),
        };
        let names = if ids.is_empty() {
            String::new()
        } else {
            format!(" ({})", ids.join(", "))
        };
        format!(
            "{}{names}",
            colour(*state).apply_to(format!("{count} {}", state.word()))
        )
    };
    let parts: Vec<String> = counts.iter().map(part).collect();
    format!("{total} boxes: {}\n", parts.join(", "))
}

pub(super) fn colour(state: State) -> Style {
    match state {
        State::Pass => Style::new().green(),
        State::Attested => Style::new().blue(),
        State::Waived => Style::new().magenta(),
        State::Skipped | State::Manual => Style::new().cyan(),
        State::Undecided => Style::new().yellow(),
        State::Fail => Style::new().red().bold(),
    }
}

/// Unicode's marks that reorder text or break lines: in a source line they can make it read as
/// another.
fn is_bidi_control(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_never_commanded() {
        assert_eq!(
            printable("a\u{1b}[2Jb\u{202e}c\tü"),
            "a\\u{1b}[2Jb\\u{202e}c\tü"
        );
    }
}

//! List items and checkboxes.

use std::collections::HashMap;

use super::document::Tick;

/// One item of a list, without the lines that continue it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'t> {
    /// How far its mark is indented, in columns from 0; a tab goes to the next multiple of 4.
    pub(super) indent: usize,
    /// Its checkbox.
    pub(super) tick: Option<Tick>,
    /// Whether the checkbox is followed by a star, which means optional.
    pub(super) optional: bool,
    /// What stands behind the mark and the checkbox.
    pub(super) text: &'t str,
}

impl<'t> Item<'t> {
    pub(super) fn new(line: &'t str) -> Option<Self> {
        let (indent, rest) = unindented(line);
        let rest = unmarked(rest)?;
        let rest = rest.trim_start();
        let (tick, optional, text) = match checkbox(rest) {
            Some((tick, optional, text)) => (Some(tick), optional, text),
            None => (None, false, rest),
        };
        Some(Self {
            indent,
            tick,
            optional,
            text: text.trim_end(),
        })
    }
}

/// How far a line is indented, quotation marks included, and the rest of it.
pub(super) fn unindented(line: &str) -> (usize, &str) {
    let mut column = 0;
    for (at, c) in line.char_indices() {
        match c {
            ' ' | '>' => column += 1,
            '\t' => column += 4 - column % 4,
            _ => return (column, line.get(at..).unwrap_or_default()),
        }
    }
    (column, "")
}

/// What stands behind the mark of an item.
fn unmarked(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(['-', '*', '+']).or_else(|| {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = text.len() - rest.len();
        rest.strip_prefix(['.', ')'])
            .filter(|_| (1..=9).contains(&digits))
    })?;
    rest.starts_with([' ', '\t']).then_some(rest)
}

/// `[ ]`, `[x]`, and what some tools write besides: `[~]`, `[-]`, `[/]`, `[!]`, and `[ ]*`.
fn checkbox(text: &str) -> Option<(Tick, bool, &str)> {
    let inside = text.strip_prefix('[')?;
    let mark = inside.chars().next()?;
    let rest = inside.get(mark.len_utf8()..)?.strip_prefix(']')?;
    let tick = match mark {
        ' ' | '\u{a0}' => Tick::Open,
        'x' | 'X' | '✓' | '✔' | '✅' => Tick::Ticked,
        '~' | '-' | '/' | '>' | '!' | '.' => Tick::Begun,
        _ => return None,
    };
    let (optional, rest) = match rest.strip_prefix('*') {
        Some(rest) if rest.starts_with([' ', '\t']) => (true, rest),
        _ => (false, rest),
    };
    let separated = rest.is_empty() || rest.starts_with([' ', '\t']);
    separated.then(|| (tick, optional, rest.trim_start()))
}

/// The code spans of a line: a run of backticks up to the next run of the same length.
pub(crate) fn code_spans(text: &str) -> Vec<Span<'_>> {
    let runs = backtick_runs(text);
    let closes = closing_runs(&runs);
    let mut spans = Vec::new();
    let mut index = 0;
    while let Some((start, length)) = runs.get(index).copied() {
        let close = closes.get(index).copied().flatten();
        let closing = close.and_then(|close| Some((close, runs.get(close)?)));
        index += 1;
        if let Some((close, (end, _))) = closing {
            let inside = text.get(start + length..*end).unwrap_or_default();
            spans.push(Span {
                text: inside.trim(),
                start,
                end: end + length,
            });
            index = close + 1;
        }
    }
    spans
}

/// Where each run of backticks starts, and its length.
fn backtick_runs(text: &str) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, _) in text.match_indices('`') {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == at => *length += 1,
            _ => runs.push((at, 1)),
        }
    }
    runs
}

/// For each run the next one of the same length.
fn closing_runs(runs: &[(usize, usize)]) -> Vec<Option<usize>> {
    let mut next: HashMap<usize, usize> = HashMap::new();
    let mut closes = vec![None; runs.len()];
    for (index, (_, length)) in runs.iter().enumerate().rev() {
        if let Some(slot) = closes.get_mut(index) {
            *slot = next.insert(*length, index);
        }
    }
    closes
}

/// A code span.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span<'t> {
    /// What stands between the backticks.
    pub(crate) text: &'t str,
    /// Where its first backtick stands, in bytes.
    pub(crate) start: usize,
    /// Where its last backtick ends, in bytes.
    pub(crate) end: usize,
}

//! What is wrong with a plan, as rustc shows such things, and for programs.

use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level as Title, Snippet};
use serde_json::{Value, json};
use tasks::lines::Lines;
use tasks::lint::{Diagnostic, Level};

use super::annotation::{Annotation, Span};
use super::excerpt::{excerpt, renderer};
use super::words::{printable, width};

/// How many places of the repository are shown for one diagnostic.
const PLACES: usize = 8;

/// More notes than these that say the same are shown together.
const MANY: usize = 3;

/// What stands before a source line: its number and a bar. In columns.
const GUTTER: usize = 8;

/// A plan's text and the diagnostics about it.
pub(crate) struct Linted<'a> {
    /// The plan as the user named it.
    pub(crate) file: &'a str,
    /// Its text.
    pub(crate) text: &'a str,
    /// What was found.
    pub(crate) found: &'a [Diagnostic],
}

impl Linted<'_> {
    /// For a person at a terminal.
    pub(crate) fn terminal(&self) -> String {
        let lines = Lines::new(self.text);
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for it in self.found.iter().filter(|it| is_short(it)) {
            *times.entry(&it.message).or_default() += 1;
        }
        times.retain(|_, count| *count > MANY);
        let is_one_of_many =
            |it: &&Diagnostic| is_short(it) && times.contains_key(it.message.as_str());
        let (many, others): (Vec<_>, Vec<_>) = self.found.iter().partition(is_one_of_many);
        let shown = others.into_iter().map(|it| self.shown(it, &lines));
        let shown: String = shown.collect();
        let many = times.keys().map(|message| together(message, &many, &lines));
        shown + &many.collect::<String>() + &self.last_line()
    }

    /// For a program.
    pub(crate) fn json(&self) -> Value {
        let lines = Lines::new(self.text);
        let diagnostics = self.found.iter().map(|it| {
            let span = span_of(&it.span, self.file, &lines);
            json!({
                "rule": it.rule,
                "level": it.level,
                "message": it.message,
                "label": it.label,
                "line": span.line,
                "column": span.column,
                "end_column": span.end,
                "notes": it.notes,
                "places": it.places,
                "help": it.help,
            })
        });
        let diagnostics: Vec<Value> = diagnostics.collect();
        json!({ "file": self.file, "diagnostics": diagnostics })
    }

    /// For other programs.
    pub(crate) fn annotations(&self) -> Vec<Annotation> {
        let lines = Lines::new(self.text);
        let annotation = |it: &Diagnostic| Annotation {
            rule: it.rule.to_owned(),
            level: it.level,
            message: sentences(it),
            place: Some(span_of(&it.span, self.file, &lines)),
            related: it.places.iter().map(Span::from).collect(),
        };
        self.found.iter().map(annotation).collect()
    }

    fn shown(&self, diagnostic: &Diagnostic, lines: &Lines<'_>) -> String {
        let title = match diagnostic.level {
            Level::Error => Title::ERROR,
            Level::Warning => Title::WARNING,
            Level::Note => Title::NOTE,
        };
        let message = printable(&diagnostic.message);
        let label = diagnostic.label.as_deref().map(printable);
        let file = printable(self.file);
        let (line, number, marked) = first_line(&diagnostic.span, lines);
        // Behind a long culprit nobody would see it.
        let (label, far) = label.map_or((None, None), |label| {
            let fits = marked.end + label.len() < width().saturating_sub(GUTTER);
            if fits {
                (Some(label), None)
            } else {
                (None, Some(label))
            }
        });
        let mut annotation = AnnotationKind::Primary.span(marked);
        if let Some(label) = &label {
            annotation = annotation.label(label.as_str());
        }
        let snippet = Snippet::source(line).line_start(number).path(file.as_str());
        let title = title.primary_title(message.as_str()).id(diagnostic.rule);
        let mut group = Group::with_title(title).element(snippet.annotation(annotation));
        for place in diagnostic.places.iter().take(PLACES) {
            group = group.element(excerpt(place, AnnotationKind::Context));
        }
        if let Some(more) = diagnostic.places.len().checked_sub(PLACES + 1) {
            let more = format!("and {} more places", more + 1);
            group = group.element(Title::NOTE.message(more));
        }
        for note in far
            .into_iter()
            .chain(diagnostic.notes.iter().map(|it| printable(it)))
        {
            group = group.element(Title::NOTE.message(note));
        }
        if let Some(help) = &diagnostic.help {
            group = group.element(Title::HELP.message(printable(help)));
        }
        renderer(width()).render(&[group]) + "\n\n"
    }

    fn last_line(&self) -> String {
        let count = |level| self.found.iter().filter(|it| it.level == level).count();
        if self.found.is_empty() {
            return format!("{}: nothing to say\n", printable(self.file));
        }
        format!(
            "{}: {}, {}, {}\n",
            printable(self.file),
            counted(count(Level::Error), "error"),
            counted(count(Level::Warning), "warning"),
            counted(count(Level::Note), "note"),
        )
    }
}

/// A note of which nothing is said but its message.
fn is_short(diagnostic: &Diagnostic) -> bool {
    diagnostic.level == Level::Note && diagnostic.notes.is_empty()
}

/// What is said of many places: once, with their lines.
fn together(message: &str, many: &[&Diagnostic], lines: &Lines<'_>) -> String {
    let same: Vec<_> = many.iter().filter(|it| it.message == message).collect();
    let Some(first) = same.first() else {
        return String::new();
    };
    let title = printable(&format!("{message} ({} times)", same.len()));
    let mut group = Group::with_title(Title::NOTE.primary_title(title).id(first.rule));
    for it in &same {
        group = group.element(Title::NOTE.no_name().message(listed(&it.span, lines)));
    }
    if let Some(help) = &first.help {
        group = group.element(Title::HELP.message(printable(help)));
    }
    renderer(width()).render(&[group]) + "\n\n"
}

fn sentences(diagnostic: &Diagnostic) -> String {
    let help = diagnostic.help.iter().map(|help| format!("help: {help}"));
    let parts = std::iter::once(diagnostic.message.clone())
        .chain(diagnostic.label.clone())
        .chain(diagnostic.notes.clone())
        .chain(help);
    parts.collect::<Vec<_>>().join("; ")
}

/// The first line of a span, with the columns that are meant.
fn span_of(span: &Range<usize>, file: &str, lines: &Lines<'_>) -> Span {
    let number = lines.number(span.start);
    let line = lines.line(number);
    let characters = |end: usize| {
        let end = end.clamp(line.start, line.end);
        lines.text(line.start..end).chars().count()
    };
    Span {
        path: file.to_owned(),
        line: number,
        column: characters(span.start) + 1,
        end: characters(span.end) + 1,
    }
}

/// A line with its number, as it is shown in a list.
fn listed(span: &Range<usize>, lines: &Lines<'_>) -> String {
    let (text, number, _) = first_line(span, lines);
    format!("{number}: {}", text.trim())
}

/// The first line of a span as it is shown, its number, and the bytes that are marked.
fn first_line(span: &Range<usize>, lines: &Lines<'_>) -> (String, usize, Range<usize>) {
    let number = lines.number(span.start);
    let line = lines.line(number);
    let shown = |end: usize| {
        let end = end.clamp(line.start, line.end);
        printable(&lines.text(line.start..end).replace('\t', " "))
    };
    let marked = shown(span.start).len()..shown(span.end).len();
    (shown(line.end), number, marked)
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

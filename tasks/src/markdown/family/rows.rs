//! Rows of a list that carry a box and an id of their own: spec-kit, OpenSpec, Kiro.

use std::collections::HashSet;

use super::super::document::{Change, FileEntry, Place, Tick};
use super::super::files::is_path;
use super::super::header::separated;
use super::super::item::{Item, code_spans};
use super::super::lines::Scan;
use super::headings::number;
use super::{Family, RawTask, Read};

/// A row that is a task.
struct Row<'t> {
    index: usize,
    line: &'t str,
    item: Item<'t>,
    id: &'t str,
    title: &'t str,
}

pub(super) fn read(scan: &Scan<'_>) -> Option<Read> {
    let boxes: Vec<(usize, &str, Item<'_>)> = scan
        .prose(0..scan.lines.len())
        .filter_map(|(index, text)| Some((index, text, Item::new(text)?)))
        .filter(|(_, _, item)| item.tick.is_some())
        .collect();
    let rows: Vec<Row<'_>> = boxes
        .iter()
        .filter_map(|(index, line, item)| {
            let (id, title) = identified(item.text)?;
            Some(Row {
                index: *index,
                line,
                item: *item,
                id,
                title,
            })
        })
        .collect();
    let outermost = boxes.iter().filter(|(_, _, item)| item.indent == 0).count();
    let with_id = rows.iter().filter(|row| row.item.indent == 0).count();
    if rows.is_empty() || with_id * 10 < outermost * 3 {
        return None;
    }
    let family = family(scan, &rows);
    let tasks = rows.iter().map(|row| raw(scan, row)).collect();
    Some(Read::new(family, without_overlap(tasks)))
}

/// The family by the form of the ids and what stands around them.
fn family(scan: &Scan<'_>, rows: &[Row<'_>]) -> Family {
    let most =
        |holds: fn(&Row<'_>) -> bool| rows.iter().filter(|row| holds(row)).count() * 2 > rows.len();
    let optional = rows.iter().any(|row| row.item.optional);
    let requirements = scan
        .prose(0..scan.lines.len())
        .any(|(_, text)| text.contains("_Requirements:") || text.contains("**Property "));
    let chapters = scan.headings().any(|(_, level, title)| {
        level == 2 && title.starts_with(|c: char| c.is_ascii_digit()) && title.contains(". ")
    });
    if most(|row| row.id.starts_with('T')) {
        Family::SpecKit
    } else if requirements || optional {
        Family::Kiro
    } else if chapters || most(|row| row.id.contains('.')) {
        Family::OpenSpec
    } else if scan
        .headings()
        .next()
        .is_some_and(|(_, _, title)| title == "Implementation Plan")
    {
        Family::Kiro
    } else {
        Family::Rows
    }
}

fn raw(scan: &Scan<'_>, row: &Row<'_>) -> RawTask {
    let column = row.line.len() - row.line.trim_start().len() + 1;
    let place = Place {
        line: row.index + 1,
        column,
    };
    let end = end(scan, row);
    let mut raw = RawTask::new(
        Some(row.id.to_owned()),
        row.title,
        place,
        row.index + 1..end,
    );
    raw.done = row.item.tick.map(|tick| tick == Tick::Ticked);
    raw.files = named_files(row.title, place);
    raw
}

/// A row goes as far as lines are indented below it.
fn end(scan: &Scan<'_>, row: &Row<'_>) -> usize {
    let mut end = row.index + 1;
    let lines = scan.lines.iter().enumerate().skip(row.index + 1);
    for (index, line) in lines {
        if line.text.trim().is_empty() {
            continue;
        }
        let (indent, _) = super::super::item::unindented(line.text);
        let in_fence = matches!(line.kind, super::super::lines::Kind::Fence(_));
        let is_next_row = Item::new(line.text)
            .filter(|item| item.tick.is_some() && !in_fence)
            .is_some_and(|item| identified(item.text).is_some());
        if indent <= row.item.indent && !in_fence || is_next_row {
            break;
        }
        end = index + 1;
    }
    end
}

/// A row's lines end where the next row begins.
fn without_overlap(mut tasks: Vec<RawTask>) -> Vec<RawTask> {
    let starts: Vec<usize> = tasks.iter().map(|task| task.place.line - 1).collect();
    for (task, next) in tasks.iter_mut().zip(starts.into_iter().skip(1)) {
        task.body.end = task.body.end.min(next).max(task.body.start);
    }
    tasks
}

/// The paths in the row itself: what it is about.
fn named_files(title: &str, place: Place) -> Vec<FileEntry> {
    let mut seen = HashSet::new();
    let spans = code_spans(title);
    let paths = spans
        .iter()
        .map(|span| span.text)
        .filter(|text| is_path(text) && seen.insert(*text));
    let entry = |path: &str| FileEntry {
        path: path.to_owned(),
        change: Change::Existing,
        place,
    };
    paths.map(entry).collect()
}

/// The id of a row and its title: `T001 [P] [US1] …`, `1.1 …`, `1. …`, `**Task 1.3**: …`.
pub(super) fn identified(text: &str) -> Option<(&str, &str)> {
    let bold = text.strip_prefix("**");
    let text = bold.unwrap_or(text);
    let worded = ["Task ", "TASK-", "Task-", "TASK ", "task "]
        .iter()
        .find_map(|word| text.strip_prefix(word));
    let (id, rest) = number(worded.unwrap_or(text))?;
    let row_id = worded.is_some() || is_row_id(id, rest);
    if !row_id {
        return None;
    }
    let rest = rest.trim_start_matches(['.', ')']);
    let rest = match bold {
        Some(_) => rest.trim_start().strip_prefix("**").unwrap_or(rest),
        None => rest,
    };
    let rest = without_marks(rest.trim_start());
    let title = separated(rest)
        .filter(|_| !rest.starts_with("--"))
        .unwrap_or(rest);
    let title = without_marks(title).trim();
    let title = if bold.is_some() {
        unpaired(title)
    } else {
        title
    };
    (!title.is_empty()).then_some((id, title))
}

/// Without the `**` whose partner was taken with the id.
fn unpaired(title: &str) -> &str {
    if title.matches("**").count() % 2 == 1 {
        title.strip_suffix("**").unwrap_or(title)
    } else {
        title
    }
}

/// `T001`, `2.1`, `1.14a`; a bare number only with a dot or a bracket behind it.
fn is_row_id(id: &str, rest: &str) -> bool {
    let ends = rest.is_empty() || rest.starts_with([' ', ':', '*', '.', ')', '\t']);
    let numbered = id
        .strip_prefix(['T', 't'])
        .map(|digits| digits.trim_start_matches('-'))
        .is_some_and(|digits| {
            digits.len() >= 2
                && digits.chars().take(2).all(|c| c.is_ascii_digit())
                && digits
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '.')
        });
    let dotted = |c: char| c.is_ascii_digit() || c == '.';
    let plain = id.starts_with(|c: char| c.is_ascii_digit())
        && id
            .trim_end_matches(|c: char| c.is_ascii_lowercase())
            .chars()
            .all(dotted)
        && id.chars().filter(char::is_ascii_alphabetic).count() <= 1;
    let marked = id.contains('.') || rest.starts_with(['.', ')', ':']) || rest.starts_with("**");
    ends && (numbered || plain && marked)
}

/// Without `[P]`, `[US1]`, `[N/A]` at its start.
fn without_marks(mut text: &str) -> &str {
    while let Some((mark, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        let short = mark.len() <= 8
            && mark
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "/-?".contains(c));
        if !short || rest.starts_with('(') {
            break;
        }
        text = rest.trim_start();
    }
    text
}

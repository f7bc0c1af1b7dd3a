//! A story whose tasks are the outermost rows of its section `Tasks / Subtasks`.

use super::super::document::{Place, Tick};
use super::super::fields::plain;
use super::super::item::Item;
use super::super::lines::Scan;
use super::{Family, RawTask, Read, headings, rows};

pub(super) fn read(scan: &Scan<'_>) -> Option<Read> {
    let section = section(scan)?;
    let items: Vec<(usize, &str, Item<'_>)> = scan
        .prose(section.clone())
        .filter_map(|(index, text)| Some((index, text, Item::new(text)?)))
        .filter(|(_, _, item)| item.tick.is_some())
        .collect();
    let outermost = items.iter().map(|(_, _, item)| item.indent).min()?;
    let tops: Vec<_> = items
        .iter()
        .filter(|(_, _, item)| item.indent == outermost)
        .collect();
    let ends = tops
        .iter()
        .skip(1)
        .map(|(index, _, _)| *index)
        .chain([section.end]);
    let tasks = tops
        .iter()
        .zip(ends)
        .map(|((index, line, item), end)| row(*index, line, item, end))
        .collect();
    Some(Read::new(Family::Bmad, tasks))
}

fn row(index: usize, line: &str, item: &Item<'_>, end: usize) -> RawTask {
    let column = line.len() - line.trim_start().len() + 1;
    let place = Place {
        line: index + 1,
        column,
    };
    let (id, title) = match rows::identified(item.text) {
        Some((id, title)) => (Some(id.to_owned()), title),
        None => match worded(item.text) {
            Some((id, title)) => (Some(id.to_owned()), title),
            None => (None, item.text),
        },
    };
    let title = without_criteria(title);
    let title = title.trim_matches(['*', ' ']);
    let mut raw = RawTask::new(id, title, place, index + 1..end);
    raw.done = item.tick.map(|tick| tick == Tick::Ticked);
    raw
}

/// `Task 1 (AC: 1)` without any title.
fn worded(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches('*');
    let rest = text.strip_prefix("Task ")?;
    let (id, _) = headings::number(rest)?;
    Some((id, text))
}

/// Without the note of which criteria it meets.
fn without_criteria(title: &str) -> &str {
    let note = title.rfind("(AC");
    let cut = note.and_then(|at| title.get(..at)).map(str::trim_end);
    cut.filter(|cut| !cut.is_empty()).unwrap_or(title)
}

/// The lines of the section `Tasks / Subtasks`.
pub(super) fn section(scan: &Scan<'_>) -> Option<std::ops::Range<usize>> {
    let (index, level, _) = scan.headings().find(|(_, _, title)| {
        let name = plain(title);
        matches!(
            name.as_str(),
            "tasks / subtasks" | "tasks/subtasks" | "tasks subtasks" | "tasks and subtasks"
        )
    })?;
    Some(index + 1..scan.section_end(index, level))
}

//! What `import` read, in a few lines.

use tasks::markdown::{Binding, Document, Part, Stretch, bind};

use super::printable;
use super::words::wrapped;

/// How many stretches of lines are listed.
const LISTED: usize = 40;

/// What was read, and what was not understood.
pub(crate) fn text(document: &Document, name: &str) -> String {
    let header = &document.header;
    let title = header.title.as_deref().unwrap_or("without a title");
    let id = header
        .id
        .as_deref()
        .map(|id| format!("{id}  "))
        .unwrap_or_default();
    let mut text = format!("{}: {}\n", printable(name), document.family);
    text += &wrapped(&format!("{id}{title}"), 2);
    text += &wrapped(&counts(document), 2);
    text += &wrapped(&bound(document), 2);
    text += &lines("for people alone", &document.account.stretches(Part::Prose));
    text += &lines("not understood", &document.account.stretches(Part::Unknown));
    text
}

fn counts(document: &Document) -> String {
    let bullets = document
        .criteria()
        .filter(|(_, it)| it.tick.is_none())
        .count();
    let mut parts = vec![
        counted(document.tasks.len(), "task"),
        counted(document.boxes.total, "box"),
        format!("{} ticked", document.boxes.ticked),
    ];
    if bullets > 0 {
        parts.push(format!("{} without a box", counted(bullets, "criterion")));
    }
    parts.push(counted(document.commands().count(), "command"));
    parts.join(", ")
}

/// What decides the criteria, and how many need a person until somebody binds them.
fn bound(document: &Document) -> String {
    let bindings = bind(document);
    let count = |fits: fn(&Binding) -> bool| bindings.iter().filter(|(_, it)| fits(it)).count();
    format!(
        "bound: {} to checks, {} to tasks; manual: {}, {} of them with a suggestion",
        count(|it| matches!(it, Binding::Checks(_))),
        count(|it| matches!(it, Binding::From(_))),
        count(|it| matches!(it, Binding::Manual { .. })),
        count(|it| matches!(it, Binding::Manual { perhaps: Some(_) })),
    )
}

fn counted(count: usize, what: &str) -> String {
    match (count, what) {
        (1, _) => format!("1 {what}"),
        (_, "box") => format!("{count} boxes"),
        (_, "criterion") => format!("{count} criteria"),
        _ => format!("{count} {what}s"),
    }
}

fn lines(what: &str, stretches: &[Stretch]) -> String {
    if stretches.is_empty() {
        return String::new();
    }
    let shown: Vec<String> = stretches
        .iter()
        .take(LISTED)
        .map(|it| {
            if it.first == it.last {
                it.first.to_string()
            } else {
                format!("{}-{}", it.first, it.last)
            }
        })
        .collect();
    let more = stretches.len().saturating_sub(LISTED);
    let more = if more > 0 {
        format!(", and {more} more (`--json` lists all)")
    } else {
        String::new()
    };
    let all: usize = stretches.iter().map(|it| it.last + 1 - it.first).sum();
    wrapped(
        &format!(
            "{what}: {} ({}{more})",
            counted(all, "line"),
            shown.join(", ")
        ),
        2,
    )
}

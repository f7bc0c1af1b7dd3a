//! A document as one JSON object.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::account::Part;
use super::document::{Change, Command, Criterion, Document, FileEntry, Purpose, Task, Tick};
use super::refusal::Refused;

/// A document, or why it is none, as one object: `milestone`, `tasks`, `checkboxes`, and how it
/// was read.
#[must_use]
pub fn json(read: &Result<Document, Refused>) -> Value {
    match read {
        Ok(document) => plan(document),
        Err(refused) => json!({
            "family": null,
            "guessed": false,
            "refused": { "reason": refused.reason, "line": refused.line, "help": refused.help },
            "milestone": { "id": null, "title": refused.title },
            "tasks": [],
            "checkboxes": { "total": refused.boxes.total, "ticked": refused.boxes.ticked },
        }),
    }
}

fn plan(document: &Document) -> Value {
    let header = &document.header;
    let frontmatter = header.frontmatter.iter();
    json!({
        "family": document.family,
        "guessed": document.family.is_guess(),
        "milestone": {
            "id": header.id,
            "title": header.title,
            "goal": header.goal,
            "branch": header.branch,
            "builds_on": header.builds_on,
            "frontmatter": frontmatter.map(|(key, values)| json!({ "key": key, "values": values })).collect::<Vec<_>>(),
        },
        "tasks": document.tasks.iter().map(task).collect::<Vec<_>>(),
        "outside": {
            "criteria": document.outside.iter().map(criterion).collect::<Vec<_>>(),
            "commands": document.commands.iter().map(command).collect::<Vec<_>>(),
        },
        "checkboxes": { "total": document.boxes.total, "ticked": document.boxes.ticked },
        "prose": stretches(document, Part::Prose),
        "unaccounted": stretches(document, Part::Unknown),
    })
}

fn stretches(document: &Document, part: Part) -> Vec<Value> {
    let stretches = document.account.stretches(part);
    stretches
        .iter()
        .map(|it| json!({ "first": it.first, "last": it.last }))
        .collect()
}

fn task(task: &Task) -> Value {
    let mut seen = HashSet::new();
    let paths = task.files.iter().map(|file| file.path.as_str());
    let paths: Vec<&str> = paths.filter(|path| seen.insert(*path)).collect();
    json!({
        "id": task.id,
        "title": task.title,
        "line": task.place.line,
        "kind": task.kind,
        "estimate": task.estimate,
        "categories": task.categories,
        "needs": task.needs,
        "files": paths,
        "changes": task.files.iter().map(file).collect::<Vec<_>>(),
        "criteria": task.criteria.iter().map(criterion).collect::<Vec<_>>(),
        "commands": task.commands.iter().map(command).collect::<Vec<_>>(),
        "done": task.done,
    })
}

fn file(file: &FileEntry) -> Value {
    let change = match file.change {
        Change::Existing => "existing",
        Change::New => "new",
        Change::Deleted => "deleted",
        Change::MovedFrom => "moved-from",
        Change::MovedTo => "moved-to",
    };
    json!({ "path": file.path, "change": change, "line": file.place.line })
}

fn criterion(criterion: &Criterion) -> Value {
    json!({
        "text": criterion.text,
        "ticked": criterion.tick == Some(Tick::Ticked),
        "box": criterion.tick.is_some(),
        "begun": criterion.tick == Some(Tick::Begun),
        "optional": criterion.optional,
        "section": criterion.section,
        "line": criterion.place.line,
    })
}

fn command(command: &Command) -> Value {
    json!({
        "text": command.text,
        "kind": match command.purpose {
            Purpose::Verify => "verify",
            Purpose::Action => "action",
        },
        "section": command.section,
        "line": command.place.line,
    })
}

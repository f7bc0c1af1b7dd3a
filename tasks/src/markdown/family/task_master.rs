//! task-master: a JSON file of tasks with subtasks.

use serde_json::Value;

use super::super::account::{Account, Part};
use super::super::document::{Boxes, Document, Header, Place, Task};
use super::super::refusal::Refused;
use super::Family;

/// Reads a JSON text; none if it is no JSON.
pub(in crate::markdown) fn read(text: &str) -> Option<Result<Document, Refused>> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let value: Value = serde_json::from_str(text).ok()?;
    let mut tasks = Vec::new();
    let lines = Lines::new(text);
    for list in lists(&value) {
        for task in list {
            collect(task, None, &lines, &mut tasks);
        }
    }
    if tasks.is_empty() {
        return Some(Err(Refused::json_without_tasks()));
    }
    Some(Ok(Document {
        family: Family::TaskMaster,
        header: header(&value),
        tasks,
        outside: Vec::new(),
        commands: Vec::new(),
        code: Vec::new(),
        boxes: Boxes::default(),
        account: Account::whole(text.lines().count(), Part::Task),
    }))
}

/// `{tag: {tasks: […]}}`, `{tasks: […]}`, or the list itself.
fn lists(value: &Value) -> Vec<&Vec<Value>> {
    if let Some(list) = value.as_array() {
        return vec![list];
    }
    if let Some(list) = value.get("tasks").and_then(Value::as_array) {
        return vec![list];
    }
    let tags = value
        .as_object()
        .into_iter()
        .flat_map(|object| object.values());
    tags.filter_map(|tag| tag.get("tasks").and_then(Value::as_array))
        .collect()
}

fn header(value: &Value) -> Header {
    let meta = ["meta", "metadata"].iter().find_map(|key| value.get(key));
    let text = |key: &str| meta.and_then(|meta| meta.get(key)).and_then(Value::as_str);
    Header {
        title: text("projectName").or(text("title")).map(str::to_owned),
        ..Header::default()
    }
}

fn collect(value: &Value, parent: Option<&str>, lines: &Lines<'_>, tasks: &mut Vec<Task>) {
    let Some(title) = value.get("title").and_then(Value::as_str) else {
        return;
    };
    let own = value.get("id").and_then(word);
    let id = match (parent, own) {
        (Some(parent), Some(own)) if !own.starts_with(&format!("{parent}.")) => {
            Some(format!("{parent}.{own}"))
        }
        (_, own) => own,
    };
    let status = value.get("status").and_then(Value::as_str);
    let needs = value.get("dependencies").and_then(Value::as_array);
    let place = lines.of(title, tasks.len());
    tasks.push(Task {
        id: id.clone(),
        title: title.to_owned(),
        place,
        last_line: place.line,
        kind: None,
        estimate: None,
        categories: Vec::new(),
        needs: needs.into_iter().flatten().filter_map(word).collect(),
        files: Vec::new(),
        criteria: Vec::new(),
        commands: Vec::new(),
        code: Vec::new(),
        tests: Vec::new(),
        done: status.map(|status| matches!(status, "done" | "completed")),
    });
    let subtasks = value.get("subtasks").and_then(Value::as_array);
    for subtask in subtasks.into_iter().flatten() {
        collect(subtask, id.as_deref(), lines, tasks);
    }
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The lines that hold a title, in the order of the file.
struct Lines<'t> {
    titles: Vec<(usize, &'t str)>,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        let lines = text.lines().enumerate();
        let titles = lines.filter(|(_, line)| line.trim_start().starts_with("\"title\":"));
        Self {
            titles: titles.collect(),
        }
    }

    /// The line of the title that is the n-th; line 1 where the file is not written that way.
    fn of(&self, title: &str, index: usize) -> Place {
        let found = self.titles.get(index).filter(|(_, line)| {
            serde_json::to_string(title).is_ok_and(|written| line.contains(&written))
        });
        Place {
            line: found.map_or(1, |(line, _)| line + 1),
            column: 1,
        }
    }
}

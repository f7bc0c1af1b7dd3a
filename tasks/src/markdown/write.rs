//! A document as a plan file: the same document gives the same bytes.

use std::collections::{HashMap, HashSet};

use checks::path::RepoPath;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

use super::document::{Command, Criterion, Document, Purpose, Task, Tick};
use super::names::{self, Names};
use crate::plan::FORMAT;

/// What decides a box until somebody binds it to a check.
const UNBOUND: &str = "unbound: nobody has said yet how the tool can see it";

/// The plan file of a document that was read from `file`.
#[must_use]
pub fn toml(document: &Document, file: &str) -> String {
    let names = Names::new(document);
    let mut plan = DocumentMut::new();
    plan.insert("format", value(i64::from(FORMAT)));
    plan.insert("milestone", Item::Table(milestone(document, file)));
    let (before, after) = around_the_tasks(document);
    if !before.is_empty() || !document.commands.is_empty() {
        plan.insert("e2e", Item::Table(validation(document, &before)));
    }
    let mut tasks = ArrayOfTables::new();
    let known = known(document, &names);
    for (order, task) in document.tasks.iter().enumerate() {
        let needs = needs(task, order, &known);
        tasks.push(self::task(document, order, &needs, &names));
    }
    plan.insert("task", Item::ArrayOfTables(tasks));
    if !after.is_empty() {
        plan.insert(
            "checklist",
            Item::ArrayOfTables(boxes(&after, |number| format!("CK.{number}"))),
        );
    }
    preamble(document, file) + &plan.to_string()
}

fn preamble(document: &Document, file: &str) -> String {
    let guess = if document.family.is_guess() {
        "# Nothing in it says outright what a task is: see whether these are the ones.\n"
    } else {
        ""
    };
    format!(
        "# Imported from `{}` ({}). The format is described in tasks/FORMAT.md.\n{guess}",
        file.escape_debug(),
        document.family
    )
}

/// The boxes above the first task, and the others.
fn around_the_tasks(document: &Document) -> (Vec<&Criterion>, Vec<&Criterion>) {
    let first = document.tasks.first().map_or(0, |task| task.place.line);
    document
        .outside
        .iter()
        .partition(|criterion| criterion.place.line < first)
}

fn milestone(document: &Document, file: &str) -> Table {
    let header = &document.header;
    let mut table = Table::new();
    let id = names::milestone(document, file);
    table.insert("id", value(&id));
    table.insert("title", value(header.title.clone().unwrap_or(id)));
    let optional = [("goal", &header.goal), ("branch", &header.branch)];
    for (key, text) in optional {
        if let Some(text) = text {
            table.insert(key, value(text));
        }
    }
    table.insert("source", value(file));
    let builds_on = header.builds_on.iter().map(|text| reference(text, None));
    put(&mut table, "builds_on", builds_on.collect());
    let named = header.frontmatter.iter().flat_map(|(key, values)| {
        values
            .iter()
            .filter(|value| value.contains('/') || value.ends_with(".md"))
            .map(move |path| (path, key))
    });
    put(
        &mut table,
        "references",
        named
            .map(|(path, key)| reference(path, Some(key)))
            .collect(),
    );
    table
}

fn reference(id: &str, title: Option<&str>) -> Value {
    let mut table = InlineTable::new();
    table.insert("id", id.into());
    if let Some(title) = title {
        table.insert("title", title.into());
    }
    Value::InlineTable(table)
}

/// A list, each entry on a line of its own; nothing if it is empty.
fn put(table: &mut Table, key: &str, entries: Vec<Value>) {
    if entries.is_empty() {
        return;
    }
    let single = entries.len() == 1;
    let mut array: Array = entries.into_iter().collect();
    if !single {
        for entry in array.iter_mut() {
            entry.decor_mut().set_prefix("\n    ");
        }
        array.set_trailing("\n");
        array.set_trailing_comma(true);
    }
    table.insert(key, value(array));
}

fn strings<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<Value> {
    texts.map(Value::from).collect()
}

fn validation(document: &Document, before: &[&Criterion]) -> Table {
    let mut table = Table::new();
    let commands = document
        .commands
        .iter()
        .map(|command| command.text.as_str());
    put(&mut table, "commands", strings(commands));
    if !before.is_empty() {
        let boxes = boxes(before, |number| format!("E2E.{number}"));
        table.insert("box", Item::ArrayOfTables(boxes));
    }
    table
}

fn task(document: &Document, order: usize, needs: &[&str], names: &Names) -> Table {
    let mut table = Table::new();
    let (Some(task), Some(id)) = (document.tasks.get(order), names.tasks.get(order)) else {
        return table;
    };
    table.insert("id", value(id));
    table.insert("title", value(&task.title));
    table.insert("line", value(number(task.place.line)));
    if let Some(kind) = &task.kind {
        table.insert("kind", value(kind));
    }
    put(
        &mut table,
        "files",
        strings(files(task).iter().map(RepoPath::as_str)),
    );
    if let Some(estimate) = &task.estimate {
        table.insert("estimate", value(estimate));
    }
    put(
        &mut table,
        "categories",
        strings(task.categories.iter().map(String::as_str)),
    );
    put(&mut table, "needs", strings(needs.iter().copied()));
    if task.done == Some(true) {
        table.insert("claimed", value(true));
    }
    let of = |purpose| {
        let commands = task.commands.iter();
        commands.filter(move |command: &&Command| command.purpose == purpose)
    };
    put(
        &mut table,
        "actions",
        strings(of(Purpose::Action).map(|command| command.text.as_str())),
    );
    let mut smoke_tests = ArrayOfTables::new();
    for command in of(Purpose::Verify) {
        smoke_tests.push(smoke_test(command));
    }
    if !smoke_tests.is_empty() {
        table.insert("smoke_test", Item::ArrayOfTables(smoke_tests));
    }
    let own = own_box(document, task);
    let criteria: Vec<&Criterion> = own.iter().chain(&task.criteria).collect();
    if !criteria.is_empty() {
        let boxes = boxes(&criteria, |number| names.of_box(id, number));
        table.insert("criterion", Item::ArrayOfTables(boxes));
    }
    table
}

/// A row is a task and a box at once.
fn own_box(document: &Document, task: &Task) -> Option<Criterion> {
    let done = task.done.filter(|_| document.family.has_rows())?;
    Some(Criterion {
        text: task.title.clone(),
        tick: Some(if done { Tick::Ticked } else { Tick::Open }),
        optional: false,
        section: String::new(),
        place: task.place,
        indent: 0,
    })
}

/// The paths that can lie in a repository, each once.
fn files(task: &Task) -> Vec<RepoPath> {
    let mut seen = HashSet::new();
    let paths = task
        .files
        .iter()
        .map(|file| file.path.trim_start_matches("./").trim_end_matches('/'));
    let paths = paths.filter_map(|path| RepoPath::new(path).ok());
    paths.filter(|path| seen.insert(path.clone())).collect()
}

/// The tasks by the ids that the document gives them, with their places in the order.
type Known<'n> = HashMap<&'n str, (usize, &'n str)>;

fn known<'n>(document: &'n Document, names: &'n Names) -> Known<'n> {
    let mut known = Known::new();
    for (order, (task, name)) in document.tasks.iter().zip(&names.tasks).enumerate() {
        if let Some(id) = &task.id {
            known.entry(id).or_insert((order, name));
        }
    }
    known
}

/// The tasks before this one that its words name, where they name nothing else.
fn needs<'n>(task: &Task, order: usize, known: &Known<'n>) -> Vec<&'n str> {
    let mut needs = Vec::new();
    for words in &task.needs {
        let words = words.split(|c: char| !(c.is_alphanumeric() || "._-".contains(c)));
        let words = words.map(|word| word.trim_end_matches('.')).filter(|word| {
            !matches!(
                word.to_lowercase().as_str(),
                "" | "task" | "tasks" | "and" | "none" | "-"
            )
        });
        let before = |word: &str| known.get(word).filter(|(other, _)| *other < order);
        let found: Option<Vec<&str>> = words
            .map(|word| before(word).map(|(_, name)| *name))
            .collect();
        for name in found.into_iter().flatten() {
            if !needs.contains(&name) {
                needs.push(name);
            }
        }
    }
    needs
}

fn smoke_test(command: &Command) -> Table {
    let mut table = Table::new();
    table.insert("run", value(&command.text));
    table.insert("line", value(number(command.place.line)));
    table
}

fn boxes(criteria: &[&Criterion], id: impl Fn(usize) -> String) -> ArrayOfTables {
    let mut boxes = ArrayOfTables::new();
    for (criterion, number) in criteria.iter().zip(1..) {
        boxes.push(criterion_table(criterion, &id(number)));
    }
    boxes
}

fn criterion_table(criterion: &Criterion, id: &str) -> Table {
    let mut table = Table::new();
    table.insert("id", value(id));
    table.insert("text", value(&criterion.text));
    table.insert("line", value(number(criterion.place.line)));
    if criterion.tick == Some(Tick::Ticked) {
        table.insert("claimed", value(true));
    }
    table.insert("manual", value(UNBOUND));
    table
}

fn number(line: usize) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
}

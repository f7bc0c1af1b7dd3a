//! A document as a plan file: the same document gives the same bytes.

use std::collections::{HashMap, HashSet};

use checks::path::RepoPath;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

use super::bind::{Binder, Binding, never};
use super::document::{Command, Criterion, Document, Purpose, Requirement, Task, Tick};
use super::names::{self, Names};
use crate::binding::{PERHAPS, UNBOUND};
use crate::plan::{FORMAT, TestKind};

/// What every box needs to be written.
struct Writer<'d> {
    document: &'d Document,
    names: &'d Names,
    binder: Binder<'d>,
}

/// The plan file of a document that was read from `file`.
#[must_use]
pub fn toml(document: &Document, file: &str) -> String {
    let names = Names::new(document);
    let writer = Writer {
        document,
        names: &names,
        binder: Binder::new(document),
    };
    let mut plan = DocumentMut::new();
    plan.insert("format", value(i64::from(FORMAT)));
    plan.insert("milestone", Item::Table(milestone(document, file)));
    let (before, after) = around_the_tasks(document);
    if !before.is_empty() || !document.commands.is_empty() {
        plan.insert("e2e", Item::Table(validation(&writer, &before)));
    }
    let mut tasks = ArrayOfTables::new();
    let known = known(document, &names);
    for (order, task) in document.tasks.iter().enumerate() {
        let needs = needs(task, order, &known);
        tasks.push(self::task(&writer, order, &needs));
    }
    plan.insert("task", Item::ArrayOfTables(tasks));
    if !after.is_empty() {
        plan.insert(
            "checklist",
            Item::ArrayOfTables(boxes(&writer, None, &after, |number| {
                format!("CK.{number}")
            })),
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

/// A list, each entry on a line of its own, below its comment; nothing if it is empty.
fn put(table: &mut Table, key: &str, entries: Vec<Value>) {
    if entries.is_empty() {
        return;
    }
    let commented = entries.iter().any(|entry| comment_of(entry).is_some());
    let single = entries.len() == 1 && !commented;
    let mut array = Array::new();
    for mut entry in entries {
        if !single {
            let comment = comment_of(&entry).unwrap_or_default().to_owned();
            entry.decor_mut().set_prefix(format!("{comment}\n    "));
        }
        array.push_formatted(entry);
    }
    if !single {
        array.set_trailing("\n");
        array.set_trailing_comma(true);
    } else if let Some(only) = array.get_mut(0) {
        only.decor_mut().clear();
    }
    table.insert(key, value(array));
}

/// The comment above an entry of a list.
fn comment_of(entry: &Value) -> Option<&str> {
    let prefix = entry.decor().prefix()?.as_str()?;
    prefix.contains('#').then_some(prefix)
}

fn strings<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<Value> {
    texts.map(Value::from).collect()
}

fn validation(writer: &Writer<'_>, before: &[&Criterion]) -> Table {
    let mut table = Table::new();
    let commands = writer
        .document
        .commands
        .iter()
        .map(|command| command.text.as_str());
    put(&mut table, "commands", strings(commands));
    if !before.is_empty() {
        let boxes = boxes(writer, None, before, |number| format!("E2E.{number}"));
        table.insert("box", Item::ArrayOfTables(boxes));
    }
    table
}

fn task(writer: &Writer<'_>, order: usize, needs: &[&str]) -> Table {
    let (document, names) = (writer.document, writer.names);
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
    put(&mut table, "actions", actions(task));
    let mut smoke_tests = ArrayOfTables::new();
    for command in task
        .commands
        .iter()
        .filter(|command| is_smoke_test(command))
    {
        smoke_tests.push(smoke_test(writer, task, command));
    }
    if !smoke_tests.is_empty() {
        table.insert("smoke_test", Item::ArrayOfTables(smoke_tests));
    }
    let tests: ArrayOfTables = task.tests.iter().map(requirement).collect();
    if !tests.is_empty() {
        table.insert("test", Item::ArrayOfTables(tests));
    }
    let own = own_box(document, task);
    let criteria: Vec<&Criterion> = own.iter().chain(&task.criteria).collect();
    if !criteria.is_empty() {
        let boxes = boxes(writer, Some(task), &criteria, |number| {
            names.of_box(id, number)
        });
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

/// What is to be seen, unless it must not be run: smoke tests can run in a shell.
fn is_smoke_test(command: &Command) -> bool {
    command.purpose == Purpose::Verify && never(&command.text).is_none()
}

/// What is typed to carry the task out, and what was meant to show something but is never run,
/// with the reason.
fn actions(task: &Task) -> Vec<Value> {
    let others = task
        .commands
        .iter()
        .filter(|command| !is_smoke_test(command));
    others
        .map(|command| {
            let mut line = Value::from(command.text.as_str());
            if let Some(why) = never(&command.text).filter(|_| command.purpose == Purpose::Verify) {
                line.decor_mut().set_prefix(format!(
                    "\n    # not run, though it is to show something: {why}"
                ));
            }
            line
        })
        .collect()
}

fn smoke_test(writer: &Writer<'_>, task: &Task, command: &Command) -> Table {
    let mut table = Table::new();
    table.insert("run", value(&command.text));
    table.insert("line", value(number(command.place.line)));
    match writer
        .binder
        .instead_of(&command.text, Some(task))
        .as_deref()
    {
        Some([check]) => comment(&mut table, "run", &format!("as a check: {check}")),
        Some(checks) => comment(
            &mut table,
            "run",
            &format!("as checks: {}", checks.join(", ")),
        ),
        None => {}
    }
    table
}

fn requirement(test: &Requirement) -> Table {
    let kind = match test.kind {
        TestKind::Unit => "unit",
        TestKind::Integration => "integration",
        TestKind::E2e => "e2e",
    };
    let mut table = Table::new();
    table.insert("kind", value(kind));
    table.insert("text", value(&test.text));
    table
}

/// A comment above a key.
fn comment(table: &mut Table, key: &str, text: &str) {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.chars().map(plain).collect();
    if let Some(mut key) = table.key_mut(key) {
        key.leaf_decor_mut().set_prefix(format!("# {text}\n"));
    }
}

fn boxes(
    writer: &Writer<'_>,
    task: Option<&Task>,
    criteria: &[&Criterion],
    id: impl Fn(usize) -> String,
) -> ArrayOfTables {
    let mut boxes = ArrayOfTables::new();
    for (criterion, number) in criteria.iter().zip(1..) {
        let binding = writer.binder.bind(task, criterion, writer.names);
        boxes.push(criterion_table(criterion, &id(number), binding));
    }
    boxes
}

fn criterion_table(criterion: &Criterion, id: &str, binding: Binding) -> Table {
    let mut table = Table::new();
    table.insert("id", value(id));
    table.insert("text", value(&criterion.text));
    table.insert("line", value(number(criterion.place.line)));
    if criterion.tick == Some(Tick::Ticked) {
        table.insert("claimed", value(true));
    }
    match binding {
        Binding::Checks(checks) => decided(&mut table, &checks),
        Binding::From(tasks) => {
            let tasks: Array = tasks.into_iter().collect();
            table.insert("from", value(tasks));
        }
        Binding::Manual { perhaps } => {
            table.insert("manual", value(UNBOUND));
            if let Some(check) = perhaps {
                comment(&mut table, "manual", &format!("{PERHAPS}{check}"));
            }
        }
    }
    table
}

fn decided(table: &mut Table, checks: &[String]) {
    let parsed = checks
        .iter()
        .filter_map(|check| check.parse::<Value>().ok());
    let parsed: Vec<Value> = parsed.collect();
    match parsed.as_slice() {
        [check] => {
            table.insert("check", value(check.clone()));
        }
        _ => put(table, "checks", parsed),
    }
}

fn number(line: usize) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
}

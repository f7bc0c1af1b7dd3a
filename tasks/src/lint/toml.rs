//! A plan file as the rules see it.

use std::ops::Range;

use checks::check::CheckList;
use checks::path::RepoPath;
use toml::Spanned as TomlSpanned;
use toml::de::{DeTable, DeValue};

use super::named::in_sentence;
use super::subject::{
    BoxLine, ClaimLine, Decided, NamedFile, ShellLine, Spanned, Subject, TaskLine,
};
use crate::markdown::is_command;
use crate::plan::{Decision, Plan, PlanBox, PlanError, Task, TestKind};

/// Reads a plan file called `file`.
///
/// # Errors
///
/// It is no valid plan.
pub fn subject<X: CheckList>(file: &str, text: &str) -> Result<Subject, PlanError> {
    let plan: Plan<X> = Plan::parse(file, text)?;
    let document = DeTable::parse(text).ok();
    let places = Places(document.as_ref().map(TomlSpanned::get_ref));
    Ok(read(&plan, &places))
}

fn read<X>(plan: &Plan<X>, places: &Places<'_>) -> Subject {
    let mut subject = Subject {
        known: plan.files().into_iter().collect(),
        ..Subject::default()
    };
    if let Some(validation) = &plan.validation {
        let entry = validation.entry.clone();
        subject.entry = entry.zip(validation.target.clone());
        let at = [Step::Key("e2e")];
        for (index, line) in validation.commands.iter().enumerate() {
            let span = places.span(&at, &[Step::Key("commands"), Step::Index(index)]);
            subject.lines.push(shell_line(line, span));
        }
        subject
            .boxes
            .extend(boxes(&validation.boxes, None, places, &at, "box"));
    }
    for (index, task) in plan.tasks.iter().enumerate() {
        read_task(
            task,
            places,
            &[Step::Key("task"), Step::Index(index)],
            &mut subject,
        );
    }
    subject
        .boxes
        .extend(boxes(&plan.checklist, None, places, &[], "checklist"));
    let claims = plan
        .claims
        .iter()
        .enumerate()
        .map(|(index, entry)| ClaimLine {
            claim: entry.claim.clone(),
            span: places.span(
                &[Step::Key("claim"), Step::Index(index)],
                &[Step::Key("text")],
            ),
        });
    subject.claims = claims.collect();
    subject
}

fn read_task<X>(task: &Task<X>, places: &Places<'_>, at: &[Step], subject: &mut Subject) {
    let file = |(index, path): (usize, &RepoPath)| NamedFile {
        path: path.clone(),
        span: places.span(at, &[Step::Key("files"), Step::Index(index)]),
    };
    subject.tasks.push(TaskLine {
        id: Spanned {
            text: task.id.clone(),
            span: places.span(at, &[Step::Key("id")]),
        },
        files: task.files.iter().enumerate().map(file).collect(),
    });
    for (index, smoke) in task.smoke_tests.iter().enumerate() {
        let inside = [
            Step::Key("smoke_test"),
            Step::Index(index),
            Step::Key("run"),
        ];
        subject
            .lines
            .push(shell_line(&smoke.run, places.span(at, &inside)));
    }
    for (index, test) in task.tests.iter().enumerate() {
        if test.kind != TestKind::Unit && is_command(&test.text) {
            let inside = [Step::Key("test"), Step::Index(index), Step::Key("text")];
            subject
                .lines
                .push(shell_line(&test.text, places.span(at, &inside)));
        }
    }
    let criteria = boxes(&task.criteria, Some(&task.id), places, at, "criterion");
    subject.boxes.extend(criteria);
}

fn shell_line(line: &str, span: Range<usize>) -> ShellLine {
    ShellLine {
        line: Spanned {
            text: line.to_owned(),
            span,
        },
        expectation: None,
    }
}

fn boxes<X>(
    boxes: &[PlanBox<X>],
    task: Option<&str>,
    places: &Places<'_>,
    at: &[Step],
    key: &'static str,
) -> Vec<BoxLine> {
    let line = |(index, it): (usize, &PlanBox<X>)| {
        let inside = [Step::Key(key), Step::Index(index)];
        let span = places.span(at, &[inside.as_slice(), &[Step::Key("text")]].concat());
        let mut files = places.checked(at, &inside);
        files.extend(in_sentence(&it.text, &span));
        BoxLine {
            text: Spanned {
                text: it.text.clone(),
                span,
            },
            task: task.map(str::to_owned),
            files,
            decided: match &it.decided_by {
                Decision::Checks(_) => Decided::Check,
                Decision::From(_) => Decided::Derived,
                Decision::Manual(reason) => Decided::Nothing(Some(reason.clone())),
            },
        }
    };
    boxes.iter().enumerate().map(line).collect()
}

/// A step on the way to a value.
#[derive(Clone, Copy)]
enum Step {
    Key(&'static str),
    Index(usize),
}

/// Where the values of a document stand.
struct Places<'a>(Option<&'a DeTable<'a>>);

impl Places<'_> {
    /// The files that the checks of a box look at, where they name them letter by letter.
    fn checked(&self, at: &[Step], inside: &[Step]) -> Vec<NamedFile> {
        let Some(DeValue::Table(this)) = self.value(at, inside).map(TomlSpanned::get_ref) else {
            return Vec::new();
        };
        let one = this.get("check").into_iter();
        let several = this.get("checks").into_iter().flat_map(entries);
        let tables = one
            .chain(several)
            .filter_map(|check| check.get_ref().as_table());
        let arguments = tables.flat_map(|check| check.values());
        let files = arguments.filter_map(|it| it.get_ref().as_table()?.get("files"));
        files.flat_map(entries).filter_map(literal).collect()
    }

    /// The bytes of the value that these steps lead to; the file's start if they lead nowhere.
    fn span(&self, at: &[Step], inside: &[Step]) -> Range<usize> {
        self.value(at, inside).map_or(0..0, TomlSpanned::span)
    }

    fn value(&self, at: &[Step], inside: &[Step]) -> Option<&TomlSpanned<DeValue<'_>>> {
        let mut steps = at.iter().chain(inside);
        let Some((table, Step::Key(first))) = self.0.zip(steps.next()) else {
            return None;
        };
        let mut value = table.get(*first);
        for step in steps {
            value = match (value.map(TomlSpanned::get_ref), step) {
                (Some(DeValue::Table(table)), Step::Key(key)) => table.get(*key),
                (Some(DeValue::Array(array)), Step::Index(index)) => array.get(*index),
                _ => None,
            };
        }
        value
    }
}

/// The entries of a list, or what is none alone.
fn entries<'v, 'd>(value: &'v TomlSpanned<DeValue<'d>>) -> Vec<&'v TomlSpanned<DeValue<'d>>> {
    match value.get_ref() {
        DeValue::Array(array) => array.iter().collect(),
        _ => vec![value],
    }
}

/// A path that is no pattern.
fn literal(value: &TomlSpanned<DeValue<'_>>) -> Option<NamedFile> {
    let text = value.get_ref().as_str()?;
    let is_pattern = text.contains(['*', '?', '[', '{']);
    Some(NamedFile {
        path: RepoPath::new(text).ok().filter(|_| !is_pattern)?,
        span: value.span(),
    })
}

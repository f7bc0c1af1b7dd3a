//! Which check decides a sentence of a plan.
//!
//! A sentence is bound only where it names its object and the object has one place: a wrong
//! binding is worse than none. Of 6,942 boxes of one author about one in seven can be bound that
//! way; the others stay manual, some with a suggestion for the author.

mod committed;
mod context;
mod http;
mod imports;
mod never;
mod paths;
mod pattern;
mod programs;
mod python;
mod rollup;
mod sentence;
mod shell;
mod suggestion;
mod symbols;

use super::document::{Criterion, Document, Task};
use super::names::Names;
use context::Context;
use sentence::Sentence;

pub(super) use never::never;

/// What decides a box of an imported plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// These checks, each as it is written in a plan file.
    Checks(Vec<String>),
    /// These tasks.
    From(Vec<String>),
    /// A person, until somebody binds it; perhaps to this check.
    Manual {
        /// A check that may be meant, as it is written in a plan file.
        perhaps: Option<String>,
    },
}

/// Every criterion of a document with what decides it, in the order of
/// [`Document::criteria`]: the tasks' first.
#[must_use]
pub fn bind(document: &Document) -> Vec<(&Criterion, Binding)> {
    let binder = Binder::new(document);
    let names = Names::new(document);
    document
        .criteria()
        .map(|(task, criterion)| (criterion, binder.bind(task, criterion, &names)))
        .collect()
}

/// What is known of a document when its sentences are bound.
pub(super) struct Binder<'d> {
    context: Context<'d>,
}

impl<'d> Binder<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self {
            context: Context::new(document),
        }
    }

    /// The checks that a shell line of a task could be, if no shell is needed for it.
    pub(super) fn instead_of(&self, line: &str, task: Option<&Task>) -> Option<Vec<String>> {
        programs::suggested(line, &self.context.of(task))
    }

    /// What decides a criterion: the surest rule first.
    pub(super) fn bind(
        &self,
        task: Option<&Task>,
        criterion: &Criterion,
        names: &Names,
    ) -> Binding {
        let sentence = Sentence::new(&criterion.text);
        let here = self.context.of(task);
        if task.is_none()
            && let Some(tasks) = rollup::bind(&sentence, &self.context, names)
        {
            return Binding::From(tasks);
        }
        let rules = [
            committed::bind,
            imports::bind,
            paths::bind,
            programs::bind,
            symbols::bind,
        ];
        match rules.iter().find_map(|rule| rule(&sentence, &here)) {
            Some(checks) => Binding::Checks(checks),
            None => Binding::Manual {
                perhaps: suggestion::of(&sentence, &here),
            },
        }
    }
}

/// A check as it is written in a plan file.
fn check<'v>(
    word: &str,
    arguments: impl IntoIterator<Item = (&'v str, toml_edit::Value)>,
) -> String {
    let arguments: toml_edit::InlineTable = arguments.into_iter().collect();
    let mut table = toml_edit::InlineTable::new();
    table.insert(word, arguments.into());
    table.to_string().trim().to_owned()
}

/// One file as a word, several as a list.
fn files(paths: &[&str]) -> toml_edit::Value {
    match paths {
        [path] => (*path).into(),
        paths => paths.iter().copied().collect::<toml_edit::Array>().into(),
    }
}

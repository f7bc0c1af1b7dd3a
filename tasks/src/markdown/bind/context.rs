//! What a sentence may refer to: the files of its task, the imports in its examples, the commands
//! of the document.

use std::collections::{BTreeMap, BTreeSet};

use checks::path::RepoPath;

use super::super::document::{Change, Document, FileEntry, Task};
use super::super::item::code_spans;
use super::programs;

/// What a document names.
pub(super) struct Context<'d> {
    /// The ids of the tasks as the document has them, with their order.
    pub(super) tasks: BTreeMap<&'d str, usize>,
    /// The files of all tasks.
    files: BTreeSet<RepoPath>,
    /// The commands that run tests.
    tests: BTreeSet<String>,
}

/// The same, for a sentence of one task.
pub(super) struct Here<'c> {
    files: Vec<RepoPath>,
    /// Whether the task takes a file away.
    deletes: bool,
    all: &'c BTreeSet<RepoPath>,
    /// The names that the task's examples import, each with its module.
    imported: BTreeMap<String, BTreeSet<String>>,
    pub(super) tests: &'c BTreeSet<String>,
}

impl<'d> Context<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        let tasks = document.tasks.iter().enumerate();
        let tasks = tasks.filter_map(|(order, task)| Some((task.id.as_deref()?, order)));
        let commands = document
            .commands()
            .map(|(_, command)| command.text.as_str());
        let spans = document.criteria().flat_map(|(_, criterion)| {
            code_spans(&criterion.text)
                .into_iter()
                .map(|span| span.text)
        });
        Self {
            tasks: tasks.collect(),
            files: document.tasks.iter().flat_map(paths).collect(),
            tests: commands.chain(spans).flat_map(programs::tests_in).collect(),
        }
    }

    pub(super) fn of(&self, task: Option<&Task>) -> Here<'_> {
        Here {
            files: task.map(|task| paths(task).collect()).unwrap_or_default(),
            deletes: task.is_some_and(deletes),
            all: &self.files,
            imported: task.map(imported).unwrap_or_default(),
            tests: &self.tests,
        }
    }
}

impl Here<'_> {
    /// The Python files of the task.
    pub(super) fn python_files(&self) -> Vec<&str> {
        let files = self.files.iter().map(RepoPath::as_str);
        files.filter(|path| path.ends_with(".py")).collect()
    }

    /// The only Python file of the task, if it is to stay.
    pub(super) fn only_python_file(&self) -> Option<&str> {
        match self.python_files().as_slice() {
            [only] if !self.deletes => Some(only),
            _ => None,
        }
    }

    /// Whether a module lies in a folder that the plan's paths begin with, or in its `src`.
    pub(super) fn is_own(&self, module: &str) -> bool {
        let package = module.split('.').next().unwrap_or_default();
        self.all.iter().any(|path| {
            let path = path.as_str();
            let path = path.strip_prefix("src/").unwrap_or(path);
            path.split('/').next() == Some(package) || path == format!("{package}.py")
        })
    }

    /// The path from the root that a word names: one of the plan's, by its whole or, if that is
    /// unique, its last part; or one below a folder that the plan's paths begin with.
    pub(super) fn resolve(&self, word: &str) -> Option<RepoPath> {
        let word = word.trim_start_matches("./").trim_end_matches('/');
        let path = RepoPath::new(word).ok()?;
        if self.all.contains(&path) {
            return Some(path);
        }
        if let Some((root, _)) = word.split_once('/') {
            let known = self.all.iter().any(|other| {
                other
                    .as_str()
                    .split_once('/')
                    .is_some_and(|(first, _)| first == root)
            });
            let is_plain = !word.contains(['*', '?', '{', '<', '[']);
            return (known && is_plain).then_some(path);
        }
        unique(self.files.iter(), word).or_else(|| unique(self.all.iter(), word))
    }

    /// The module that a name is imported from in the task's examples, if there is one only.
    pub(super) fn module_of(&self, name: &str) -> Option<&str> {
        let modules = self.imported.get(name)?;
        let mut modules = modules.iter();
        modules
            .next()
            .filter(|_| modules.next().is_none())
            .map(String::as_str)
    }

    /// The only name that the task's examples import.
    pub(super) fn only_import(&self) -> Option<&str> {
        let mut names = self.imported.keys();
        names
            .next()
            .filter(|_| names.next().is_none())
            .map(String::as_str)
    }
}

fn unique<'p>(mut paths: impl Iterator<Item = &'p RepoPath>, name: &str) -> Option<RepoPath> {
    let first = paths.find(|path| path.name() == name)?;
    let other = paths.any(|path| path.name() == name && path != first);
    (!other).then(|| first.clone())
}

fn deletes(task: &Task) -> bool {
    let gone = |file: &FileEntry| matches!(file.change, Change::Deleted | Change::MovedFrom);
    task.files.iter().any(gone)
}

fn paths(task: &Task) -> impl Iterator<Item = RepoPath> {
    task.files.iter().filter_map(|file| {
        let path = file.path.trim_start_matches("./").trim_end_matches('/');
        RepoPath::new(path).ok()
    })
}

/// `from a.b import C` and `import d` in the Python examples of a task.
fn imported(task: &Task) -> BTreeMap<String, BTreeSet<String>> {
    let mut imported: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let python = task
        .code
        .iter()
        .filter(|code| matches!(code.language.as_str(), "python" | "py"));
    for line in python.flat_map(|code| code.text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some((module, names)) = line
            .strip_prefix("from ")
            .and_then(|rest| rest.split_once(" import "))
        {
            for name in names.split(',').map(str::trim).filter(|name| is_name(name)) {
                imported
                    .entry(name.to_owned())
                    .or_default()
                    .insert(module.trim().to_owned());
            }
        } else if let Some(module) = line
            .strip_prefix("import ")
            .filter(|module| is_module(module))
        {
            imported
                .entry(module.to_owned())
                .or_default()
                .insert(module.to_owned());
        }
    }
    imported
}

/// Whether a word is a name of Python.
pub(super) fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a word is a name of a module.
pub(super) fn is_module(word: &str) -> bool {
    !word.is_empty() && word.split('.').all(is_name)
}

//! Parses, on a thread of its own, what will be needed next.
//!
//! Before the body of a module runs, the files of its imports are handed over; by the time they
//! are run most are parsed. What is looked at ahead of need is read, but recorded nowhere, and
//! a tree is the same whoever makes it: the answer does not hang on who was quicker.
//!
//! What is run first is outlines. While nothing is needed next, those that ran are compared with
//! the whole texts.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::path::RepoPath;
use crate::python::decode::decode;
use crate::python::name::PythonVersion;
use crate::python::recent::{self, Kept};
use crate::python::stack::ROOM;
use crate::python::syntax::{Stmt, ast};

use super::finder::{Located, Root, locate};
use super::stdlib::in_standard_library;
use super::{Settings, endings};

/// Texts that wait to be looked at.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// Those to be outlined; the one that is needed first stands last.
    next: Vec<Kept>,
    /// Those whose outlines were believed.
    believed: VecDeque<Kept>,
    over: bool,
}

/// Runs `work` while another thread parses what is put into the queue; without one if the files
/// are not read ahead, or the system has none.
pub(super) fn with_queue<T>(
    roots: &[Root],
    version: PythonVersion,
    work: impl FnOnce(Option<&Queue>) -> T,
) -> T {
    if !roots.iter().all(|root| root.snapshot.reads_ahead()) {
        return work(None);
    }
    let queue = Queue::default();
    thread::scope(|scope| {
        let parser = thread::Builder::new()
            .stack_size(2 * ROOM)
            .spawn_scoped(scope, || queue.parse_all(version));
        // Also where the work panics: the scope waits for the parser.
        let _over = Over(&queue);
        work(parser.is_ok().then_some(&queue))
    })
}

struct Over<'q>(&'q Queue);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.lock().over = true;
        self.0.changed.notify_all();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, texts: Vec<Kept>) {
        self.lock().next.extend(texts.into_iter().rev());
        self.changed.notify_all();
    }

    /// The outline of a text was believed: it is to be compared with the whole.
    pub(super) fn believed(&self, text: Kept) {
        self.lock().believed.push_back(text);
        self.changed.notify_all();
    }

    fn parse_all(&self, version: PythonVersion) {
        while let Some(task) = self.next() {
            // An error is found again by whoever needs the tree.
            match task {
                Task::Outline(text) if text.outline().is_none() => drop(text.whole()),
                Task::Outline(_) => {}
                Task::Compare(text) => {
                    text.is_sound(version);
                }
            }
        }
    }

    fn next(&self) -> Option<Task> {
        let mut waiting = self.lock();
        loop {
            if waiting.over {
                return None;
            }
            if let Some(text) = waiting.next.pop() {
                return Some(Task::Outline(text));
            }
            if let Some(text) = waiting.believed.pop_front() {
                return Some(Task::Compare(text));
            }
            let woken = self.changed.wait(waiting);
            waiting = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// What is done with a text.
enum Task {
    Outline(Kept),
    Compare(Kept),
}

/// Finds and reads what will be needed.
pub(super) struct Ahead<'q, 's> {
    queue: &'q Queue,
    roots: Vec<Root<'s>>,
    endings: Vec<String>,
    settings: &'q Settings,
    /// Modules that were looked for already, and top packages that are not here.
    done: HashSet<String>,
    absent: HashSet<String>,
    /// Modules that may have others inside.
    packages: HashSet<String>,
    /// The texts by their files, each with the number of its root.
    texts: HashMap<(usize, RepoPath), Kept>,
}

/// A name in an import statement.
enum Imported {
    Module(String),
    /// What is perhaps a module inside the one named first.
    Inside(String, String),
}

impl<'q, 's> Ahead<'q, 's> {
    pub(super) fn new(queue: &'q Queue, roots: &[Root<'s>], settings: &'q Settings) -> Self {
        let bare = |root: &Root<'s>| Root {
            snapshot: root.snapshot.unrecorded().unwrap_or(root.snapshot),
            ..root.clone()
        };
        Self {
            queue,
            roots: roots.iter().map(bare).collect(),
            endings: endings(settings.version, &settings.platform),
            settings,
            done: HashSet::new(),
            absent: HashSet::new(),
            packages: HashSet::new(),
            texts: HashMap::new(),
        }
    }

    /// The outline of a text is run.
    pub(super) fn believed(&self, text: Kept) {
        self.queue.believed(text);
    }

    /// Hands over what the statements of a body import, the first one left out: that one is
    /// needed at once. `package` is what relative imports start from.
    pub(super) fn announce(&mut self, body: &[Stmt], package: &str) {
        let mut names = Vec::new();
        imported(body, package, &mut names);
        let mut texts: Vec<Kept> = Vec::new();
        for name in names {
            match name {
                Imported::Module(name) => {
                    let parts = name.match_indices('.').map(|(at, _)| at);
                    for end in parts.chain([name.len()]) {
                        texts.extend(name.get(..end).and_then(|name| self.text(name)));
                    }
                }
                Imported::Inside(package, name) if self.packages.contains(&package) => {
                    texts.extend(self.text(&format!("{package}.{name}")));
                }
                Imported::Inside(..) => {}
            }
        }
        if texts.len() > 1 {
            texts.remove(0);
            self.queue.push(texts);
        }
    }

    /// The text of a file, if it was read.
    pub(super) fn read(&self, root: usize, path: &RepoPath) -> Option<Kept> {
        self.texts.get(&(root, path.clone())).cloned()
    }

    /// The text of a module that nobody asked for so far.
    fn text(&mut self, name: &str) -> Option<Kept> {
        let top = name.split('.').next().unwrap_or(name);
        if self.absent.contains(top) || !self.done.insert(name.to_owned()) {
            return None;
        }
        if in_standard_library(top, self.settings.version) {
            self.absent.insert(top.to_owned());
            return None;
        }
        match locate(name, &self.endings, &self.roots).ok()? {
            Located::File {
                root,
                path,
                package,
            } => {
                if package {
                    self.packages.insert(name.to_owned());
                }
                let bytes = self.roots.get(root)?.snapshot.read(&path).ok()?;
                let text = decode(&bytes).ok()?;
                let kept = recent::keep(text.into(), None);
                self.texts.insert((root, path), kept.clone());
                Some(kept)
            }
            Located::Namespace => {
                self.packages.insert(name.to_owned());
                None
            }
            Located::Nowhere if name == top => {
                self.absent.insert(top.to_owned());
                None
            }
            _ => None,
        }
    }
}

/// The modules that a body may load when it runs, in its order: functions are left out, and what
/// is for type checkers alone.
fn imported(body: &[Stmt], package: &str, names: &mut Vec<Imported>) {
    for statement in body {
        match statement {
            Stmt::Import(it) => {
                names.extend(
                    it.names
                        .iter()
                        .map(|it| Imported::Module(it.name.to_string())),
                );
            }
            Stmt::ImportFrom(it) => from(it, package, names),
            Stmt::If(it) if !is_typing(&it.test) => {
                imported(&it.body, package, names);
                for clause in &it.elif_else_clauses {
                    imported(&clause.body, package, names);
                }
            }
            Stmt::Try(it) => {
                for body in [&it.body, &it.orelse, &it.finalbody] {
                    imported(body, package, names);
                }
            }
            Stmt::With(it) => imported(&it.body, package, names),
            _ => {}
        }
    }
}

fn from(import: &ast::StmtImportFrom, package: &str, names: &mut Vec<Imported>) {
    let mut base = Some(package);
    for _ in 1..import.level {
        base = base
            .and_then(|it| it.rsplit_once('.'))
            .map(|(above, _)| above);
    }
    let written = import.module.as_ref().map(|it| it.as_str());
    let module = match (import.level, base, written) {
        (0, _, Some(written)) => written.to_owned(),
        (0, _, None) | (_, None, _) => return,
        (_, Some(base), Some(written)) => format!("{base}.{written}"),
        (_, Some(base), None) => base.to_owned(),
    };
    let submodules = import.names.iter().filter(|it| &it.name != "*");
    names.push(Imported::Module(module.clone()));
    names.extend(submodules.map(|it| Imported::Inside(module.clone(), it.name.to_string())));
}

/// `TYPE_CHECKING`, in its usual spellings.
fn is_typing(test: &ast::Expr) -> bool {
    match test {
        ast::Expr::Name(it) => it.id == "TYPE_CHECKING",
        ast::Expr::Attribute(it) => it.attr == *"TYPE_CHECKING",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::analyse;
    use super::*;
    use crate::snapshot::{Memory, Recorder, Snapshot};

    /// The analysis, and the files that were looked at.
    fn ask(snapshot: &dyn Snapshot, entry: &str) -> String {
        let recorder = Recorder::new(snapshot);
        let root = Root {
            snapshot: &recorder,
            folder: None,
            site: false,
        };
        let analysis = analyse(entry, None, &[root], &Settings::default());
        format!("{analysis:?} {:?}", recorder.asked())
    }

    #[test]
    fn the_answer_is_the_same_with_and_without_another_thread() {
        let mut files = vec![
            (
                "a/__init__.py".to_owned(),
                "def late():\n    from a import late1, late2\n".to_owned(),
            ),
            ("a/late1.py".to_owned(), "import torch\n".to_owned()),
            ("a/late2.py".to_owned(), String::new()),
            ("a/broken.py".to_owned(), "def f(:\n".to_owned()),
            ("a/never.py".to_owned(), "import os\n".to_owned()),
            (
                "bad.py".to_owned(),
                "import a.late1, a.late2, a.broken, a.m1\n".to_owned(),
            ),
        ];
        let mut entry = "from . import never as _\nimport a\na.late()\n".to_owned();
        for number in 1..40 {
            let before = number - 1;
            entry += &format!("from .m{number} import x\n");
            let text = format!(
                "import typing\nif typing.TYPE_CHECKING:\n    from . import gone\nfrom . import m{before}\nx = {number}\n"
            );
            files.push((format!("a/m{number}.py"), text));
        }
        files.push((
            "a/m0.py".to_owned(),
            "try:\n    import numpy, a.gone\nexcept ImportError:\n    pass\n".to_owned(),
        ));
        files.push(("a/main.py".to_owned(), entry));
        let files = Memory::new(files);
        for entry in ["a.main", "bad", "a.broken", "gone"] {
            let alone = ask(&files, entry);
            for _ in 0..5 {
                assert_eq!(ask(&files.ahead(), entry), alone);
            }
        }
    }
}

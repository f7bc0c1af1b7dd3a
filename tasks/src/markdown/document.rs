//! A plan as it was read, with the place of everything in it.

use super::account::Account;
use super::body;
use super::family::{Family, RawTask, Read};
use super::header;
use super::lines::Scan;
use super::refusal;
use crate::plan::TestKind;

/// A plan, as its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// By which rules it was read.
    pub family: Family,
    /// What stands above the tasks.
    pub header: Header,
    /// The tasks, in the plan's order. Subtasks stand behind their tasks, with ids of their own.
    pub tasks: Vec<Task>,
    /// The boxes and acceptance criteria that belong to no task, such as a completion checklist.
    pub outside: Vec<Criterion>,
    /// The shell lines that belong to no task.
    pub commands: Vec<Command>,
    /// The blocks of other code that belong to no task.
    pub code: Vec<Code>,
    /// Every checkbox outside of code, those of rows included.
    pub boxes: Boxes,
    /// What became of each line.
    pub account: Account,
}

/// How many checkboxes there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Boxes {
    /// All of them.
    pub total: usize,
    /// Those that are ticked.
    pub ticked: usize,
}

/// What a document says about the whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// The number or name of the milestone, for instance `3`, `5b`.
    pub id: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// The line of the title, from 1; 0 if it has none.
    pub line: usize,
    /// What is true when it is done.
    pub goal: Option<String>,
    /// The branch that the plan wants it on.
    pub branch: Option<String>,
    /// What must stand before, in the plan's words.
    pub builds_on: Vec<String>,
    /// The front matter: keys with their values.
    pub frontmatter: Vec<(String, Vec<String>)>,
}

/// A place in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its id in the plan's words, for instance `2.1`, `5b.1`, `T001`; none if it has none.
    pub id: Option<String>,
    /// Its title, with its Markdown.
    pub title: String,
    /// Where it begins.
    pub place: Place,
    /// Its last line, from 1.
    pub last_line: usize,
    /// Its kind in the plan's words.
    pub kind: Option<String>,
    /// How long its author thought that it takes.
    pub estimate: Option<String>,
    /// The plan's categories.
    pub categories: Vec<String>,
    /// What it needs, in the plan's words.
    pub needs: Vec<String>,
    /// The files that it names.
    pub files: Vec<FileEntry>,
    /// Its boxes, or the bullets of its acceptance criteria where it has no box.
    pub criteria: Vec<Criterion>,
    /// Its shell lines.
    pub commands: Vec<Command>,
    /// Its blocks of other code: examples, scripts.
    pub code: Vec<Code>,
    /// What its author wants tested.
    pub tests: Vec<Requirement>,
    /// Whether the plan says that it is done: the tick of its row, its status.
    pub done: Option<bool>,
}

/// What a box says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tick {
    /// `[ ]`
    Open,
    /// `[x]`
    Ticked,
    /// `[~]`, `[-]`: somebody has begun.
    Begun,
}

/// A criterion: a box, or a bullet of the acceptance criteria.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// Its words, with their Markdown; lines that continue it are joined by blanks.
    pub text: String,
    /// Its box; none for a bullet.
    pub tick: Option<Tick>,
    /// Whether the plan calls it optional.
    pub optional: bool,
    /// The label or heading that it stands under.
    pub section: String,
    /// Where it stands.
    pub place: Place,
    /// How deep it is nested in its list, in columns.
    pub indent: usize,
}

/// A shell line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The statement, as it is written.
    pub text: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The label or heading that it stands under.
    pub section: String,
    /// Where it stands.
    pub place: Place,
}

/// A test that the plan wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// On which level.
    pub kind: TestKind,
    /// What, in the plan's words.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// A block of code that is no shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The word behind its opening mark, for instance `python`; empty if there is none.
    pub language: String,
    /// Its lines.
    pub text: String,
    /// The label or heading that it stands under.
    pub section: String,
    /// Where its first line stands.
    pub place: Place,
}

/// What a shell line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To see whether something holds.
    Verify,
    /// To do something.
    Action,
}

/// A path that a task names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// The path as it is written, without the lines behind it.
    pub path: String,
    /// What becomes of it.
    pub change: Change,
    /// Where it stands.
    pub place: Place,
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The plan does not say, or says that it is changed.
    Existing,
    /// It is made.
    New,
    /// It goes.
    Deleted,
    /// It is moved away from here.
    MovedFrom,
    /// It is moved to here.
    MovedTo,
}

impl Document {
    /// Every criterion, with its task.
    pub fn criteria(&self) -> impl Iterator<Item = (Option<&Task>, &Criterion)> {
        let of_tasks = self.tasks.iter().flat_map(|task| {
            task.criteria
                .iter()
                .map(move |criterion| (Some(task), criterion))
        });
        of_tasks.chain(self.outside.iter().map(|criterion| (None, criterion)))
    }

    /// Every shell line, with its task.
    pub fn commands(&self) -> impl Iterator<Item = (Option<&Task>, &Command)> {
        let of_tasks = self.tasks.iter().flat_map(|task| {
            task.commands
                .iter()
                .map(move |command| (Some(task), command))
        });
        of_tasks.chain(self.commands.iter().map(|command| (None, command)))
    }
}

/// Reads what the tasks hold, and what stands outside of them.
pub(super) fn assemble(scan: &Scan<'_>, read: Read) -> Document {
    let mut account = Account::new(scan);
    let header = header::read(scan, &mut account);
    let mut taken = vec![false; scan.lines.len()];
    let mut tasks = Vec::new();
    for raw in read.tasks {
        for line in raw.lines() {
            if let Some(slot) = taken.get_mut(line) {
                *slot = true;
            }
        }
        tasks.push(task(scan, raw, &mut account));
    }
    let rest = body::outside(scan, &taken, &mut account);
    Document {
        family: read.family,
        header: header.or(read.header),
        tasks,
        outside: rest.criteria,
        commands: rest.commands,
        code: rest.code,
        boxes: refusal::boxes(scan),
        account,
    }
}

fn task(scan: &Scan<'_>, raw: RawTask, account: &mut Account) -> Task {
    let mut body = body::of_task(scan, &raw, account);
    body.files.extend(raw.files);
    body.criteria.extend(raw.criteria);
    body.commands.extend(raw.commands);
    Task {
        id: raw.id,
        title: raw.title,
        place: raw.place,
        last_line: raw.body.end.max(raw.place.line),
        kind: body.kind.or(raw.kind),
        estimate: body.estimate,
        categories: body.categories,
        needs: [body.needs, raw.needs].concat(),
        files: body.files,
        criteria: body.criteria,
        commands: body.commands,
        code: body.code,
        tests: body.tests,
        done: raw.done,
    }
}

impl Header {
    /// This header, and where it says nothing the other.
    fn or(self, other: Self) -> Self {
        Self {
            id: self.id.or(other.id),
            title: self.title.or(other.title),
            goal: self.goal.or(other.goal),
            branch: self.branch.or(other.branch),
            ..self
        }
    }
}

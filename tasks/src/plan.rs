//! A milestone plan, validated.

mod error;
mod format;
mod schema;

use std::collections::BTreeSet;
use std::fmt;

use checks::check::{CheckList, Native};
use checks::path::RepoPath;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

pub use error::PlanError;
pub use format::FORMAT;
pub(crate) use format::{DESCRIBED, is_reserved, known_format};

use crate::deviation::Deviations;

/// A milestone plan whose references have been checked: every id is unique, every task and box
/// that is named exists.
#[derive(Debug, Clone)]
pub struct Plan<X> {
    /// What the milestone is about.
    pub milestone: Milestone,
    /// The end-to-end validation, if the plan has one.
    pub validation: Option<Validation<X>>,
    /// The tasks, in the plan's order.
    pub tasks: Vec<Task<X>>,
    /// The completion checklist.
    pub checklist: Vec<PlanBox<X>>,
    /// The plan's claims of fact, which a repository can refute.
    pub claims: Vec<ClaimEntry>,
    /// The waivers and attestations in the plan file itself.
    pub deviations: Deviations,
}

/// What the milestone is about.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Milestone {
    /// The word that names the milestone on the command line.
    pub id: String,
    /// The title.
    pub title: String,
    /// What is true when it is done.
    pub goal: Option<String>,
    /// The branch that the plan wants it on.
    pub branch: Option<String>,
    /// The revision before the milestone: what held there already proves nothing new.
    pub baseline: Option<String>,
    /// The milestones that must stand before.
    #[serde(default)]
    pub builds_on: Vec<Reference>,
    /// The documents that the plan refers to.
    #[serde(default)]
    pub references: Vec<Reference>,
    /// The document that the plan was imported from.
    pub source: Option<String>,
    /// The subject of a task's commit, with `{what}` and `{task}` to be filled in.
    pub subject: Option<String>,
}

/// Something outside of the plan, by the word that the plan uses for it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Its id or path.
    pub id: String,
    /// What it is.
    pub title: Option<String>,
}

/// The end-to-end validation.
#[derive(Debug, Clone)]
pub struct Validation<X> {
    /// The module that must load, if it is about one.
    pub entry: Option<String>,
    /// The name that must be there once it has.
    pub attribute: Option<String>,
    /// The module that it must load without.
    pub target: Option<String>,
    /// The success criterion in the plan's words.
    pub criterion: Option<String>,
    /// The plan's own shell lines.
    pub commands: Vec<String>,
    /// Its boxes.
    pub boxes: Vec<PlanBox<X>>,
}

/// One task.
#[derive(Debug, Clone)]
pub struct Task<X> {
    /// Its id in the plan, for instance `2.1`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its line in the document that the plan was imported from.
    pub line: Option<usize>,
    /// Whether that document says that it is done. It proves nothing.
    pub claimed: bool,
    /// What the plan's author would type to carry it out. It is never run.
    pub actions: Vec<String>,
    /// Its kind in the plan's words, for instance `CODING`.
    pub kind: Option<String>,
    /// The files that it changes; none for a task that only verifies.
    pub files: Vec<RepoPath>,
    /// How long its author thought that it takes, in the plan's words.
    pub estimate: Option<String>,
    /// The plan's categories.
    pub categories: Vec<String>,
    /// The tasks that must be done before.
    pub needs: Vec<String>,
    /// What its commit says it does; the title if it is not given.
    pub commit: Option<String>,
    /// Its smoke tests.
    pub smoke_tests: Vec<SmokeTest>,
    /// Its test requirements.
    pub tests: Vec<TestRequirement>,
    /// Its acceptance criteria.
    pub criteria: Vec<PlanBox<X>>,
}

/// A line of shell that the plan's author would run to see whether a task is done.
#[derive(Debug, Clone)]
pub struct SmokeTest {
    /// The plan's own line.
    pub run: String,
    /// Where it stands in the document that the plan was imported from.
    pub line: Option<usize>,
    /// The criteria that it speaks about, with which its word is compared.
    pub about: Vec<String>,
    /// Whether it decides its task as a criterion does. By default it decides nothing.
    pub decides: bool,
}

/// What the plan wants tested.
#[derive(Debug, Clone)]
pub struct TestRequirement {
    /// On which level.
    pub kind: TestKind,
    /// What, in the plan's words; for a command its line.
    pub text: String,
    /// The boxes that decide it; none if nothing does.
    pub decided_by: Vec<String>,
}

/// The level of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestKind {
    /// One unit alone.
    Unit,
    /// Several together.
    Integration,
    /// The whole program.
    E2e,
}

/// One checkbox of the plan.
#[derive(Debug, Clone)]
pub struct PlanBox<X> {
    /// Its id, for instance `2.1.1`, `E2E.1` or `CK.9`.
    pub id: String,
    /// Its text, which is its identity.
    pub text: String,
    /// Its line in the document that the plan was imported from.
    pub line: Option<usize>,
    /// Whether its box is ticked there. A tick proves nothing.
    pub claimed: bool,
    /// What decides it.
    pub decided_by: Decision<X>,
}

/// What decides a box.
#[derive(Debug, Clone)]
pub enum Decision<X> {
    /// These checks, all of them.
    Checks(Vec<AnyCheck<X>>),
    /// Other boxes, or tasks, by id.
    From(Vec<String>),
    /// Only a person, for this reason.
    Manual(String),
}

/// A check of one of the two lists.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AnyCheck<X> {
    /// Decided from a snapshot alone.
    Native(Native),
    /// Needs the outside world.
    Outside(X),
}

/// A claim of fact in the plan, and where it makes it.
#[derive(Debug, Clone)]
pub struct ClaimEntry {
    /// The claim in the plan's words, shortened.
    pub text: String,
    /// The task that it belongs to, if it belongs to one.
    pub task: Option<String>,
    /// What is claimed.
    pub claim: Claim,
}

/// What a plan can claim about the code that it wants changed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(
    rename_all = "snake_case",
    rename_all_fields = "snake_case",
    deny_unknown_fields
)]
pub enum Claim {
    /// Each file imports the next one while it is loaded, and the last one the target.
    Chain {
        /// The files, importer first.
        files: Vec<RepoPath>,
        /// Files that the last one imports, each of which imports the target; where there are
        /// none, the last one imports it.
        #[serde(default)]
        branches: Vec<RepoPath>,
        /// The module at the end.
        target: String,
    },
    /// A name is imported in these lines.
    ImportAt {
        /// The file.
        file: RepoPath,
        /// The module or the name that is imported.
        name: String,
        /// The first and the last line, from 1.
        lines: (usize, usize),
    },
    /// A name, and the attribute that is assigned from it, are used nowhere.
    Unused {
        /// The file.
        file: RepoPath,
        /// The name.
        name: String,
    },
    /// A function uses a name.
    Uses {
        /// The file.
        file: RepoPath,
        /// The function or method.
        function: String,
        /// The name.
        name: String,
    },
}

impl<X: CheckList> Plan<X> {
    /// Reads a plan from the text of the file called `file`.
    ///
    /// # Errors
    ///
    /// The text is not TOML, not this format, or contradicts itself; the error knows the line.
    pub fn parse(file: &str, text: &str) -> Result<Self, PlanError> {
        format::parse(file, text)
    }

    /// The JSON Schema of plan files, by which editors complete and check them.
    #[must_use]
    pub fn schema() -> Value {
        schema::schema::<X>().to_value()
    }
}

impl<X> Plan<X> {
    /// Every box: of the validation, of the tasks, of the checklist, in that order, each with
    /// its task.
    pub fn boxes(&self) -> impl Iterator<Item = (Option<&Task<X>>, &PlanBox<X>)> {
        let validation = self.validation.iter().flat_map(|v| &v.boxes);
        let tasks = self
            .tasks
            .iter()
            .flat_map(|task| task.criteria.iter().map(move |b| (Some(task), b)));
        validation
            .map(|b| (None, b))
            .chain(tasks)
            .chain(self.checklist.iter().map(|b| (None, b)))
    }

    /// The task with this id.
    #[must_use]
    pub fn task(&self, id: &str) -> Option<&Task<X>> {
        self.tasks.iter().find(|task| task.id == id)
    }

    /// The box with this id, and its task.
    #[must_use]
    pub fn find_box(&self, id: &str) -> Option<(Option<&Task<X>>, &PlanBox<X>)> {
        self.boxes().find(|(_, b)| b.id == id)
    }

    /// Every file that the tasks name, sorted, each once.
    #[must_use]
    pub fn files(&self) -> Vec<RepoPath> {
        let files: BTreeSet<_> = self.tasks.iter().flat_map(|t| &t.files).collect();
        files.into_iter().cloned().collect()
    }

    /// The files that a word of a person about a box is bound to: its task's, or all of them if
    /// there are none.
    #[must_use]
    pub fn files_behind(&self, id: &str) -> Vec<RepoPath> {
        match self.find_box(id) {
            Some((Some(task), _)) if !task.files.is_empty() => task.files.clone(),
            _ => self.files(),
        }
    }
}

impl fmt::Display for TestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unit => "unit",
            Self::Integration => "integration",
            Self::E2e => "end to end",
        })
    }
}

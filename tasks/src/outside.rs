//! Checks that need the outside world: programs, interpreters, git.

use std::fmt::Debug;

use checks::check::CheckList;
use checks::snapshot::Snapshot;
use checks::verdict::{Answer, Verdict};
use serde::{Deserialize, Serialize};

/// The list of the checks that need the outside world; the plan names them beside the native
/// ones, and they answer with the same verdict.
pub trait Outside: CheckList + Debug + Clone {
    /// What these checks are handed: where the files lie, which programs may run.
    type World;

    /// Answers the check's question about `snapshot`, or says why it was not asked.
    fn judge(&self, snapshot: &dyn Snapshot, world: &mut Self::World) -> Ruling;

    /// Is told which checks will be judged next, one after the other in this order: they are those
    /// of one task. What is slow may be begun side by side; nothing has to be.
    fn ahead(_: &[Next<'_, Self>], _: &mut Self::World) {}

    /// Whether the answer takes no longer than a look at a handful of files.
    fn is_instant(&self) -> bool;

    /// Looks whether the check, which has just passed, could have failed; none if there is nothing
    /// to be said about that.
    fn control(&self, _: &dyn Snapshot, _: &mut Self::World) -> Option<Controlled> {
        None
    }

    /// Runs a line of the plan's in a shell, if programs may run.
    fn run_line(_: &str, _: &mut Self::World) -> LineRun {
        LineRun::Skipped("no programs run here".to_owned())
    }

    /// What is worth saying about the question whether or not it was asked. It may take longer
    /// than is right for an instant answer.
    fn remarks(&self, snapshot: &dyn Snapshot) -> Vec<String>;
}

/// A check that will be judged soon.
#[derive(Debug)]
pub struct Next<'a, X> {
    /// The check.
    pub check: &'a X,
    /// The place of its box among those that will be judged; the checks of one box share it.
    pub place: usize,
    /// Whether nothing of a later place is judged once this one fails.
    pub ends: bool,
}

/// Whether a check that passed could have failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Controlled {
    /// It failed when its violation was planted.
    Caught,
    /// It cannot fail, for this reason: its pass proves nothing.
    CannotFail(String),
    /// No violation could be planted, for this reason.
    Unknown(String),
}

/// What became of a line that needs a shell.
#[derive(Debug, Clone, PartialEq)]
pub enum LineRun {
    /// It was not run, for this reason.
    Skipped(String),
    /// It did not end by itself, or changed what it was to judge.
    Undecided(String),
    /// It ended by itself.
    Ended {
        /// What it printed on both streams.
        output: String,
        /// Its exit status.
        exit: i32,
    },
}

/// What became of a check that needs the outside world.
#[derive(Debug, Clone, PartialEq)]
pub enum Ruling {
    /// It answered; the program that ran, if one did.
    Judged(Answer, Option<Box<Run>>),
    /// It was not asked, for this reason. Never shown as a pass.
    Skipped(String),
    /// Only a person can say, for this reason.
    Manual(String),
}

impl Ruling {
    /// Whether it says that the criterion does not hold.
    #[must_use]
    pub fn fails(&self) -> bool {
        matches!(self, Self::Judged(answer, _) if matches!(answer.verdict, Verdict::Fail(_)))
    }

    /// Not asked, for this reason.
    #[must_use]
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self::Skipped(reason.into())
    }

    /// Asked, without a program having run, and not known for this reason.
    #[must_use]
    pub fn undecided(reason: impl Into<String>) -> Self {
        Self::Judged(Verdict::Undecided(reason.into()).into(), None)
    }
}

/// One program that ran to decide a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The exit status; none if a signal or the time-out ended it.
    pub exit: Option<i32>,
    /// How long it ran.
    pub seconds: f64,
    /// The file that holds all it printed.
    pub log: Option<String>,
    /// The tests that it ran; none if what it printed is no summary that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<TestCounts>,
    /// How many modules the interpreter had loaded in the end; none if none was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modules: Option<usize>,
    /// The hash of what ran and of the interpreter it would find: where it is the same, on the
    /// same tree, a pass need not be earned again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Where and when it passed, if it was not run again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reused: Option<String>,
}

/// How many tests a program ran, from its own summary.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestCounts {
    /// The runners that were recognised, for instance `pytest`.
    pub runner: String,
    /// Tests that passed, among them those that were expected to fail and did.
    pub passed: usize,
    /// Tests that failed or could not be run.
    pub failed: usize,
    /// Tests that were left out.
    pub skipped: usize,
    /// The names of failing tests, as far as they were printed.
    pub failing: Vec<String>,
}

impl TestCounts {
    /// How many tests were executed.
    #[must_use]
    pub fn executed(&self) -> usize {
        self.passed + self.failed
    }
}

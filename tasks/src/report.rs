//! What was found out, complete before anybody prints a byte of it.
//!
//! The types here are the JSON contract: fields may be added, none is renamed.

use std::collections::BTreeMap;

use checks::path::RepoPath;
use checks::verdict::{Finding, Place};
use serde::{Deserialize, Serialize};

use crate::deviation::{Attestation, Waiver};
use crate::outside::Run;

/// The name and version of the report's format.
pub const SCHEMA: &str = "milestone-report/1";

/// What was found out about a plan on one state of a repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of the tool that made it.
    pub tool: String,
    /// The milestone's id.
    pub milestone: String,
    /// The milestone's title.
    pub title: String,
    /// The state that was judged.
    pub snapshot: SnapshotInfo,
    /// The tasks that were asked for, in the plan's order.
    pub tasks: Vec<TaskReport>,
    /// Their acceptance criteria.
    pub criteria: Vec<BoxReport>,
    /// Their smoke tests.
    pub smoke_tests: Vec<SmokeTestReport>,
    /// The boxes of the end-to-end validation and of the completion checklist; empty if only
    /// some tasks were asked for.
    pub checklist: Vec<BoxReport>,
    /// What the plan wants tested, and what became of it.
    pub tests: Vec<TestReport>,
    /// The plan's claims of fact, judged on the same state.
    pub claims: Vec<ClaimReport>,
    /// What a reader should know about the whole.
    pub warnings: Vec<String>,
    /// What people claim, if that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claimed: Vec<Claimed>,
    /// The commit that it was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
}

/// The state of a repository that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotInfo {
    /// `worktree`; `revision` for a commit in the object database, or `tree` for the tree that a
    /// commit will hold.
    pub kind: String,
    /// The commit that is checked out, or that was asked for; none before the first commit.
    pub revision: Option<String>,
    /// The id of the tree that was judged; none for a work tree.
    pub tree: Option<String>,
    /// The branch that is checked out.
    pub branch: Option<String>,
    /// The plan's files that differ from the commit.
    #[serde(default)]
    pub changed: Vec<String>,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskReport {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub state: TaskState,
    /// The tasks that should be done before it and are not.
    pub blocked_by: Vec<String>,
    /// The files that it changes.
    pub files: Vec<RepoPath>,
    /// The newest commit that says it is this task's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<TaskCommit>,
}

/// What a commit says about a task in its trailers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskCommit {
    /// The commit.
    pub id: String,
    /// How many of the criteria were proved when it was made, for instance `3/4`.
    pub verified: Option<String>,
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Every criterion passes, is attested or is waived.
    Done,
    /// A criterion fails.
    Failing,
    /// None fails, but one is undecided.
    Undecided,
    /// Only skipped or manual ones are left.
    Open,
}

/// One box of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoxReport {
    /// Its id.
    pub id: String,
    /// Its text.
    pub text: String,
    /// Its task; none for a box of the validation or of the checklist.
    pub task: Option<String>,
    /// Its state.
    pub state: State,
    /// Why it is not a plain pass, in one sentence; empty for a pass.
    pub reason: String,
    /// The places that speak against it.
    pub findings: Vec<Finding>,
    /// What is worth knowing whatever the state.
    pub remarks: Vec<String>,
    /// The checks that were asked.
    pub checks: Vec<CheckReport>,
    /// The tasks and boxes that it is derived from.
    pub from: Vec<String>,
    /// The waiver that counts for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<Waiver>,
    /// The attestation that counts for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation: Option<Attestation>,
    /// What the same checks answered at the baseline; only where files alone decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_baseline: Option<State>,
}

/// The state of a box. The order is that of precedence: where several are put together, the
/// last one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It holds.
    Pass,
    /// A person vouched for it.
    Attested,
    /// It does not hold, and that was accepted with a reason.
    Waived,
    /// Its check was not asked.
    Skipped,
    /// Only a person can say.
    Manual,
    /// It cannot be known.
    Undecided,
    /// It does not hold.
    Fail,
}

/// One of the things that decide a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deciding<'r> {
    /// The task.
    pub task: &'r str,
    /// A criterion's id, `smoke test 1`, or the task's own id if it has neither.
    pub name: String,
    /// Its state.
    pub state: State,
    /// Why it is not a plain pass.
    pub reason: &'r str,
    /// Whether it is a box, which can be waived.
    pub is_box: bool,
}

/// One check behind a box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// Its word.
    pub check: String,
    /// What it answered: pass, fail, undecided or skipped.
    pub state: State,
    /// Whether it is known to fail when it should.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<Control>,
    /// The program that ran to decide it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// The paths that it looked at, with what stands there: a file's content id, `folder`,
    /// `unreadable`, or nothing (empty).
    pub looked_at: BTreeMap<RepoPath, String>,
    /// Whether it also asked which files there are at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listed: bool,
}

/// Whether a check that passed is known to fail when it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "reason")]
pub enum Control {
    /// It fails once its violation is planted.
    Caught,
    /// It passes with its violation planted too.
    CannotFail,
    /// No violation could be planted, for this reason.
    None(String),
}

/// One smoke test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmokeTestReport {
    /// Its task.
    pub task: String,
    /// Its place among the task's smoke tests, from 1.
    pub index: usize,
    /// The plan's own line.
    pub command: String,
    /// What it says of itself: `FAIL`, `SUCCESS` or nothing.
    pub says: Option<String>,
    /// Its verdict.
    pub state: State,
    /// Whether its exit status stays 0 although it says FAIL; unknown for what needs a shell.
    pub exit_hides_failure: Option<bool>,
    /// Where it disagrees with the criteria it speaks about, and why; or why it is undecided.
    pub note: String,
    /// Whether it disagrees with a criterion.
    pub disagrees: bool,
    /// Whether its verdict counts for the task.
    pub decides: bool,
    /// The lines that it matched.
    pub matches: Vec<Place>,
}

/// One test requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestReport {
    /// Its task.
    pub task: String,
    /// `unit`, `integration` or `end to end`.
    pub kind: String,
    /// What is to be tested.
    pub text: String,
    /// The state of the boxes that decide it; manual if none does.
    pub state: State,
    /// Those boxes.
    pub from: Vec<String>,
}

/// One claim of fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimReport {
    /// The claim in the plan's words.
    pub text: String,
    /// The task it belongs to.
    pub task: Option<String>,
    /// `yes`, `no` or `undecided`: whether the judged state bears it out.
    pub holds: String,
    /// Why.
    pub explanation: String,
    /// The places that speak for or against it.
    pub places: Vec<Place>,
}

/// What somebody claims about a task or a box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed {
    /// The task or the box.
    pub about: String,
    /// `tick`, `handoff`, `commit` or `evidence`.
    pub source: String,
    /// Where: a file and its line, or a commit.
    pub place: String,
    /// The line that claims it.
    pub text: String,
    /// Whether the checks bear it out: `yes`, `no`, or `unproved`.
    pub holds: String,
    /// What speaks against it, or is not proved.
    pub why: String,
}

impl State {
    /// Whether a box in this state lets its task be done.
    #[must_use]
    pub fn lets_be_done(self) -> bool {
        matches!(self, Self::Pass | Self::Attested | Self::Waived)
    }

    /// The word for it, the same in every output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Attested => "attested",
            Self::Waived => "waived",
            Self::Skipped => "skipped",
            Self::Manual => "manual",
            Self::Undecided => "undecided",
            Self::Fail => "fail",
        }
    }
}

impl BoxReport {
    /// What its checks answered, whatever a person said about it since; none without a check.
    #[must_use]
    pub fn proved(&self) -> Option<State> {
        self.checks.iter().map(|check| check.state).max()
    }

    /// Whether it passes and already did at the baseline, so that it proves nothing new.
    #[must_use]
    pub fn held_before(&self) -> bool {
        self.at_baseline == Some(State::Pass) && self.proved() == Some(State::Pass)
    }

    /// Whether it passed at the baseline and fails now.
    #[must_use]
    pub fn is_regression(&self) -> bool {
        self.at_baseline == Some(State::Pass) && self.proved() == Some(State::Fail)
    }
}

impl TaskState {
    /// The state of a task with boxes in these states. A task without a box has nothing that
    /// could be looked at.
    #[must_use]
    pub fn of(states: impl IntoIterator<Item = State>) -> Self {
        match states.into_iter().max() {
            Some(State::Fail) => Self::Failing,
            Some(State::Undecided) | None => Self::Undecided,
            Some(State::Manual | State::Skipped) => Self::Open,
            Some(State::Pass | State::Attested | State::Waived) => Self::Done,
        }
    }

    /// The word for it, the same in every output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failing => "failing",
            Self::Undecided => "undecided",
            Self::Open => "open",
        }
    }
}

impl Report {
    /// Every box that was judged.
    pub fn boxes(&self) -> impl Iterator<Item = &BoxReport> {
        self.criteria.iter().chain(&self.checklist)
    }

    /// How many boxes are in each state.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<State, usize> {
        let mut counts = BTreeMap::new();
        for state in self.boxes().map(|b| b.state) {
            *counts.entry(state).or_default() += 1;
        }
        counts
    }

    /// What decides a task: its criteria, and the smoke tests that do. A task with neither has
    /// nothing that could be looked at, and is decided by that.
    #[must_use]
    pub fn deciding<'r>(&'r self, task: &'r str) -> Vec<Deciding<'r>> {
        let deciding = |name: String, state, reason: &'r str, is_box| Deciding {
            task,
            name,
            state,
            reason,
            is_box,
        };
        let boxes = self
            .criteria
            .iter()
            .filter(|b| b.task.as_deref() == Some(task))
            .map(|b| deciding(b.id.clone(), b.state, &b.reason, true));
        let smoke_tests = self
            .smoke_tests
            .iter()
            .filter(|smoke| smoke.decides && smoke.task == task)
            .map(|s| deciding(format!("smoke test {}", s.index), s.state, &s.note, false));
        let all: Vec<_> = boxes.chain(smoke_tests).collect();
        if all.is_empty() {
            let nothing = "the plan names nothing by which it could be judged";
            return vec![deciding(task.to_owned(), State::Undecided, nothing, false)];
        }
        all
    }

    /// Everything that decides: of the tasks, and the boxes that belong to none.
    pub fn all_deciding(&self) -> impl Iterator<Item = Deciding<'_>> {
        let tasks = self.tasks.iter().flat_map(|task| self.deciding(&task.id));
        let others = self.checklist.iter().map(|b| Deciding {
            task: "",
            name: b.id.clone(),
            state: b.state,
            reason: &b.reason,
            is_box: true,
        });
        tasks.chain(others)
    }

    /// The exit code: 1 if anything judged fails; else 2 if anything judged is undecided; else
    /// 0. With `require_done`, skipped and manual boxes are 2 as well.
    #[must_use]
    pub fn exit_code(&self, require_done: bool) -> u8 {
        match self.all_deciding().map(|deciding| deciding.state).max() {
            Some(State::Fail) => 1,
            // Where nothing was judged, nothing is known.
            Some(State::Undecided) | None => 2,
            Some(State::Manual | State::Skipped) if require_done => 2,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_done_only_by_pass_attested_and_waived() {
        use State::{Attested, Fail, Manual, Pass, Skipped, Undecided, Waived};
        for (states, expected) in [
            (&[Pass, Attested, Waived][..], TaskState::Done),
            (&[Pass, Skipped], TaskState::Open),
            (&[Manual, Pass], TaskState::Open),
            (&[Undecided, Manual, Skipped], TaskState::Undecided),
            (&[Undecided, Fail, Pass], TaskState::Failing),
            (&[], TaskState::Undecided),
        ] {
            assert_eq!(
                TaskState::of(states.iter().copied()),
                expected,
                "{states:?}"
            );
        }
    }
}

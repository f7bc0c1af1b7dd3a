//! Which criterion held at which commit: what native checks and smoke tests say, straight from
//! the object database.

mod ask;
mod line;
mod memo;
mod turn;

use serde::{Serialize, Serializer};
use tasks::outside::Outside;
use tasks::plan::{AnyCheck, Decision, Plan};
use tasks::report::State;

use checks::check::Native;
use checks::check::smoke_test::SmokeTest;

use crate::failure::Failure;
use crate::session::Session;

pub(crate) use ask::Progress;
pub(crate) use line::{Line, LineCommit, Range};
pub(crate) use turn::{Turn, Turning};

/// The name and version of the format.
const SCHEMA: &str = "milestone-history/1";

/// Which criterion held at which commit. It serializes to the JSON contract: fields may be
/// added, none is renamed.
#[derive(Debug, Serialize)]
pub(crate) struct History {
    schema: &'static str,
    tool: &'static str,
    pub(crate) milestone: String,
    pub(crate) title: String,
    /// The range as it was typed.
    pub(crate) range: String,
    pub(crate) first_parents: bool,
    pub(crate) shallow: bool,
    /// The commits, each after its parents.
    #[serde(serialize_with = "shown_commits")]
    pub(crate) commits: Vec<LineCommit>,
    pub(crate) rows: Vec<Row>,
    /// The boxes that no native check decides.
    pub(crate) not_judged: Vec<String>,
}

/// One criterion, box or smoke test along the commits.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    /// The box's id; of a smoke test its task and number, `2.1 smoke 1`.
    pub(crate) id: String,
    pub(crate) text: String,
    /// The checks of the box that need more than files, and so were not asked.
    pub(crate) not_asked: Vec<&'static str>,
    /// The state at each commit that is shown, run by run.
    pub(crate) runs: Vec<Run>,
    pub(crate) turns: Vec<Turn>,
    /// The place, among the turns, of the one since which the last state holds; none if it holds
    /// since before the first commit.
    pub(crate) since: Option<usize>,
}

/// As many commits one after another as have the same state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Run {
    pub(crate) state: State,
    pub(crate) commits: usize,
}

/// What is asked for a row: its name and text, its native checks, the words of the others.
struct Asked {
    id: String,
    text: String,
    /// Places in the list of all checks.
    checks: Vec<usize>,
    not_asked: Vec<&'static str>,
}

impl History {
    /// Judges every commit of a line.
    ///
    /// # Errors
    ///
    /// The repository cannot be opened a second time.
    pub(crate) fn of(
        session: &Session,
        line: Line,
        range: Option<&str>,
        progress: &mut dyn Progress,
    ) -> Result<Self, Failure> {
        let plan = &session.sourced.plan;
        let (checks, rows, not_judged) = questions(plan);
        let answers = ask::all(&session.repository, &line, &checks, progress)?;
        let rows = rows.into_iter().map(|asked| {
            let states = (0..line.commits.len()).map(|commit| {
                let all = asked.checks.iter().map(|check| &answers[*check][commit]);
                all.max_by_key(|answered| answered.state)
            });
            let states: Vec<_> = states.flatten().map(AsRef::as_ref).collect();
            let turns = turn::all(&line.commits, line.shallow, &states);
            Row {
                since: turn::since(&line.commits, &states, &turns),
                runs: runs(&line.commits, &states),
                id: asked.id,
                text: asked.text,
                not_asked: asked.not_asked,
                turns,
            }
        });
        Ok(Self {
            schema: SCHEMA,
            tool: env!("CARGO_PKG_VERSION"),
            milestone: plan.milestone.id.clone(),
            title: plan.milestone.title.clone(),
            range: range.unwrap_or("HEAD").to_owned(),
            first_parents: line.first_parents,
            shallow: line.shallow,
            rows: rows.collect(),
            commits: line.commits,
            not_judged,
        })
    }

    /// Whether nothing came before the first commit.
    pub(crate) fn is_whole(&self) -> bool {
        !self.shallow && self.commits.iter().all(|commit| commit.shown)
    }

    /// The commits of the range.
    pub(crate) fn shown(&self) -> impl DoubleEndedIterator<Item = &LineCommit> {
        self.commits.iter().filter(|commit| commit.shown)
    }
}

impl Row {
    /// The state at the last commit; none if there is no commit.
    pub(crate) fn last(&self) -> Option<State> {
        self.runs.last().map(|run| run.state)
    }
}

/// The checks, each one once; the rows that lean on them; the ids of the boxes that lean on none.
fn questions<X: Outside>(plan: &Plan<X>) -> (Vec<Native>, Vec<Asked>, Vec<String>) {
    let mut checks: Vec<Native> = Vec::new();
    let mut place = |check: &Native| match checks.iter().position(|known| known == check) {
        Some(place) => place,
        None => {
            checks.push(check.clone());
            checks.len() - 1
        }
    };
    let (mut rows, mut not_judged) = (Vec::new(), Vec::new());
    for (task, asked) in plan.boxes() {
        let mut row = Asked {
            id: asked.id.clone(),
            text: asked.text.clone(),
            checks: Vec::new(),
            not_asked: Vec::new(),
        };
        if let Decision::Checks(all) = &asked.decided_by {
            for check in all {
                match check {
                    AnyCheck::Native(native) => row.checks.push(place(native)),
                    AnyCheck::Outside(outside) => row.not_asked.push(outside.word()),
                }
            }
        }
        if row.checks.is_empty() {
            not_judged.push(row.id);
        } else {
            rows.push(row);
        }
        let is_last = |id: &str| {
            task.and_then(|t| t.criteria.last())
                .is_some_and(|b| b.id == id)
        };
        if let Some(task) = task.filter(|_| is_last(&asked.id)) {
            for (smoke, number) in task.smoke_tests.iter().zip(1..) {
                rows.push(Asked {
                    id: format!("{} smoke {number}", task.id),
                    text: smoke.run.clone(),
                    checks: vec![place(&SmokeTest::new(&smoke.run).into())],
                    not_asked: Vec::new(),
                });
            }
        }
    }
    (checks, rows, not_judged)
}

fn runs(commits: &[LineCommit], states: &[&ask::Answered]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let shown = commits
        .iter()
        .zip(states)
        .filter(|(commit, _)| commit.shown);
    for state in shown.map(|(_, answered)| answered.state) {
        match runs.last_mut() {
            Some(run) if run.state == state => run.commits += 1,
            _ => runs.push(Run { state, commits: 1 }),
        }
    }
    runs
}

fn shown_commits<S: Serializer>(commits: &[LineCommit], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(commits.iter().filter(|commit| commit.shown))
}

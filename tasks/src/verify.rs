//! Plan × Snapshot ─► Report.

mod boxes;
pub(crate) mod claims;
mod smoke_tests;

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use checks::snapshot::Snapshot;
use jiff::civil::Date;

use crate::deviation::Deviations;
use crate::outside::Outside;
use crate::plan::{Plan, PlanBox, Task};
use crate::report::{BoxReport, Report, SCHEMA, SnapshotInfo, State, TaskReport, TestReport};

use boxes::Asker;

/// What is wanted of a verification.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The tasks to judge, by id; none means everything, the checklist too.
    pub tasks: &'a [String],
    /// Whether only what is answered at once is asked.
    pub instant: bool,
    /// Whether nothing more is asked once a box fails.
    pub fail_fast: bool,
    /// Whether every pass of a native check must catch its planted violation.
    pub controls: bool,
    /// The waivers and attestations that count.
    pub deviations: &'a Deviations,
    /// The day, for waivers that expire.
    pub today: Date,
}

/// Judges `plan` on `snapshot`.
///
/// The tasks that a wanted task needs are judged too, to know what blocks it, but only the
/// wanted ones are in the report.
pub fn verify<X: Outside + Eq + Hash>(
    plan: &Plan<X>,
    snapshot: &dyn Snapshot,
    info: SnapshotInfo,
    world: &mut X::World,
    request: &Request<'_>,
) -> Report {
    let wanted = Wanted::new(plan, request.tasks);
    let mut asker = Asker::new(plan, snapshot, world, request);
    let mut report = Report {
        schema: SCHEMA.to_owned(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        milestone: plan.milestone.id.clone(),
        title: plan.milestone.title.clone(),
        snapshot: info,
        tasks: Vec::new(),
        criteria: Vec::new(),
        smoke_tests: Vec::new(),
        checklist: Vec::new(),
        tests: Vec::new(),
        claims: Vec::new(),
        warnings: unknown_deviations(plan, request.deviations),
        claimed: Vec::new(),
        baseline: None,
    };

    let mut known = Known::default();
    for task in &plan.tasks {
        let selected = wanted.selected.contains(task.id.as_str());
        if !selected && !wanted.before.contains(task.id.as_str()) {
            continue;
        }
        let criteria = asker.judge_all(Some(task), &task.criteria, selected, &known);
        let smoke_tests = asker.smoke_tests(task, &criteria);
        known.add(&criteria);
        let boxes = criteria.iter().map(|b| (b.id.clone(), b.state));
        let deciding = smoke_tests.iter().filter(|smoke| smoke.decides);
        let smoke = deciding.map(|smoke| (format!("smoke test {}", smoke.index), smoke.state));
        known
            .tasks
            .insert(task.id.clone(), boxes.chain(smoke).collect());
        if selected {
            report.tasks.push(task_report(plan, task, &known));
            report.criteria.extend(criteria);
            report.smoke_tests.extend(smoke_tests);
        }
    }
    if wanted.everything {
        judge_the_whole(plan, &mut asker, &mut known, &mut report);
    }
    report.tests = test_reports(plan, &wanted, &known);
    report
}

/// The boxes that belong to no task, and the plan's claims.
fn judge_the_whole<X: Outside + Eq + Hash>(
    plan: &Plan<X>,
    asker: &mut Asker<'_, X>,
    known: &mut Known,
    report: &mut Report,
) {
    let validation = plan.validation.iter().flat_map(|v| &v.boxes);
    // Derived boxes lean on the others, wherever those stand.
    let is_derived = |b: &&PlanBox<X>| matches!(b.decided_by, crate::plan::Decision::From(_));
    let all: Vec<&PlanBox<X>> = validation.chain(&plan.checklist).collect();
    let plain = all.iter().copied().filter(|b| !is_derived(b));
    let plain: Vec<_> = plain.collect();
    asker.tell_ahead(&plain);
    for judged in plain {
        let judged = asker.judge(None, judged, true, known);
        known.add(std::slice::from_ref(&judged));
        report.checklist.push(judged);
    }
    for judged in all.iter().copied().filter(is_derived) {
        let judged = asker.judge(None, judged, true, known);
        known.add(std::slice::from_ref(&judged));
        report.checklist.push(judged);
    }
    let place = |id: &str| all.iter().position(|b| b.id == id);
    report.checklist.sort_by_key(|b| place(&b.id));
    if !asker.request.instant {
        report.claims = claims::judge(&plan.claims, asker.snapshot);
    }
}

/// Which tasks are judged.
struct Wanted<'a> {
    everything: bool,
    selected: BTreeSet<&'a str>,
    before: BTreeSet<&'a str>,
}

impl<'a> Wanted<'a> {
    fn new<X>(plan: &'a Plan<X>, ids: &'a [String]) -> Self {
        let all = plan.tasks.iter().map(|task| task.id.as_str());
        let selected: BTreeSet<&str> = if ids.is_empty() {
            all.collect()
        } else {
            all.filter(|id| ids.iter().any(|wanted| wanted == id))
                .collect()
        };
        let before = selected.iter().flat_map(|id| predecessors(plan, id));
        Self {
            everything: ids.is_empty(),
            before: before.collect(),
            selected,
        }
    }
}

/// What has been judged so far, by id.
#[derive(Default)]
pub(crate) struct Known {
    boxes: HashMap<String, State>,
    /// What decides a task: its boxes, and the smoke tests that do.
    tasks: HashMap<String, Vec<(String, State)>>,
}

impl Known {
    fn add(&mut self, judged: &[BoxReport]) {
        let states = judged.iter().map(|b| (b.id.clone(), b.state));
        self.boxes.extend(states);
    }

    /// What stands behind the id of a task or a box; skipped if it was not judged.
    fn behind(&self, id: &str) -> Vec<(String, State)> {
        let alone = |state: State| vec![(id.to_owned(), state)];
        match (self.boxes.get(id), self.tasks.get(id)) {
            (Some(state), _) => alone(*state),
            (None, Some(decisive)) if decisive.is_empty() => alone(State::Undecided),
            (None, Some(decisive)) => decisive.clone(),
            (None, None) => alone(State::Skipped),
        }
    }

    /// The state that wins among those behind these ids, and whose it is; none without an id.
    fn combined(&self, ids: &[String]) -> Option<(State, Vec<String>)> {
        let behind: Vec<(String, State)> = ids.iter().flat_map(|id| self.behind(id)).collect();
        let wins = behind.iter().map(|(_, state)| *state).max()?;
        let whose = behind.into_iter().filter(|(_, state)| *state == wins);
        Some((wins, whose.map(|(id, _)| id).collect()))
    }

    fn states(&self, task: &str) -> impl Iterator<Item = State> {
        self.behind(task).into_iter().map(|(_, state)| state)
    }

    fn is_done(&self, task: &str) -> bool {
        self.states(task).all(State::lets_be_done)
    }
}

/// Every task that must be done before this one, in the plan's order.
#[must_use]
pub fn predecessors<'a, X>(plan: &'a Plan<X>, id: &str) -> Vec<&'a str> {
    let mut before: BTreeSet<&str> = BTreeSet::new();
    let mut ask = vec![id];
    while let Some(task) = ask.pop().and_then(|id| plan.task(id)) {
        ask.extend(
            task.needs
                .iter()
                .map(String::as_str)
                .filter(|id| before.insert(id)),
        );
    }
    let order = plan.tasks.iter().map(|task| task.id.as_str());
    order.filter(|id| before.contains(id)).collect()
}

fn task_report<X>(plan: &Plan<X>, task: &Task<X>, known: &Known) -> TaskReport {
    let before = predecessors(plan, &task.id);
    let blocked_by = before.into_iter().filter(|id| !known.is_done(id));
    TaskReport {
        id: task.id.clone(),
        title: task.title.clone(),
        state: crate::report::TaskState::of(known.states(&task.id)),
        blocked_by: blocked_by.map(str::to_owned).collect(),
        files: task.files.clone(),
        commit: None,
    }
}

fn test_reports<X>(plan: &Plan<X>, wanted: &Wanted<'_>, known: &Known) -> Vec<TestReport> {
    let tasks = plan.tasks.iter();
    let selected = tasks.filter(|task| wanted.selected.contains(task.id.as_str()));
    selected
        .flat_map(|task| task.tests.iter().map(move |test| (task, test)))
        .map(|(task, test)| TestReport {
            task: task.id.clone(),
            kind: test.kind.to_string(),
            text: test.text.clone(),
            state: known
                .combined(&test.decided_by)
                .map_or(State::Manual, |(state, _)| state),
            from: test.decided_by.clone(),
        })
        .collect()
}

fn unknown_deviations<X>(plan: &Plan<X>, deviations: &Deviations) -> Vec<String> {
    let waived = deviations.waivers.iter().map(|w| ("waiver", &w.criterion));
    let attested = deviations
        .attestations
        .iter()
        .map(|a| ("attestation", &a.criterion));
    waived
        .chain(attested)
        .filter(|(_, id)| plan.find_box(id).is_none())
        .map(|(what, id)| format!("there is a {what} for `{id}`, which is no box of this plan"))
        .collect()
}

//! One box of the plan: its checks asked, their answers put together, a person's word weighed.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use checks::check::{CheckList, Native, NotControlled, controlled};
use checks::path::RepoPath;
use checks::snapshot::{Recorder, Snapshot, content_word};
use checks::verdict::{Answer, Finding, Verdict};

use super::{Known, Request, smoke_tests};
use crate::outside::{Controlled, Next, Outside, Ruling};
use crate::plan::{AnyCheck, Decision, Plan, PlanBox, Task};
use crate::report::{BoxReport, CheckReport, Control, SmokeTestReport, State};

/// Asks checks, each one once.
pub(super) struct Asker<'a, X: Outside> {
    pub(super) plan: &'a Plan<X>,
    pub(super) snapshot: &'a dyn Snapshot,
    pub(super) request: &'a Request<'a>,
    world: &'a mut X::World,
    asked: HashMap<AnyCheck<X>, Asked>,
    controls: HashMap<AnyCheck<X>, Option<Controlled>>,
    /// The first box that failed.
    failed: Option<String>,
}

/// What one check answered.
#[derive(Clone)]
struct Asked {
    report: CheckReport,
    reason: String,
    findings: Vec<Finding>,
    remarks: Vec<String>,
}

impl<'a, X: Outside + Eq + Hash> Asker<'a, X> {
    pub(super) fn new(
        plan: &'a Plan<X>,
        snapshot: &'a dyn Snapshot,
        world: &'a mut X::World,
        request: &'a Request<'a>,
    ) -> Self {
        Self {
            plan,
            snapshot,
            request,
            world,
            asked: HashMap::new(),
            controls: HashMap::new(),
            failed: None,
        }
    }

    /// The smoke tests of a task whose criteria are judged already.
    pub(super) fn smoke_tests(
        &mut self,
        task: &Task<X>,
        criteria: &[BoxReport],
    ) -> Vec<SmokeTestReport> {
        let instant = self.request.instant;
        smoke_tests::judge(task, self.snapshot, criteria, instant, self.world)
    }

    pub(super) fn judge_all(
        &mut self,
        task: Option<&Task<X>>,
        boxes: &[PlanBox<X>],
        wanted: bool,
        known: &Known,
    ) -> Vec<BoxReport> {
        self.tell_ahead(&boxes.iter().collect::<Vec<_>>());
        let judged = boxes.iter().map(|b| self.judge(task, b, wanted, known));
        judged.collect()
    }

    /// Tells the outside world what it will be asked for the sake of these boxes.
    pub(super) fn tell_ahead(&mut self, boxes: &[&PlanBox<X>]) {
        if self.request.instant || (self.request.fail_fast && self.failed.is_some()) {
            return;
        }
        let checks = boxes.iter().enumerate().flat_map(|(place, asked)| {
            let ends = self.request.fail_fast && !self.is_waived(asked);
            let checks = match &asked.decided_by {
                Decision::Checks(checks) => checks.as_slice(),
                Decision::From(_) | Decision::Manual(_) => &[],
            };
            checks.iter().filter_map(move |check| match check {
                AnyCheck::Outside(check) => Some(Next { check, place, ends }),
                AnyCheck::Native(_) => None,
            })
        });
        X::ahead(&checks.collect::<Vec<_>>(), self.world);
    }

    fn is_waived(&self, asked: &PlanBox<X>) -> bool {
        let mut waivers = self.request.deviations.waivers.iter();
        let today = self.request.today;
        waivers.any(|it| it.criterion == asked.id && it.counts(&asked.text, today).is_ok())
    }

    pub(super) fn judge(
        &mut self,
        task: Option<&Task<X>>,
        asked: &PlanBox<X>,
        wanted: bool,
        known: &Known,
    ) -> BoxReport {
        let mut judged = BoxReport {
            id: asked.id.clone(),
            text: asked.text.clone(),
            task: task.map(|task| task.id.clone()),
            state: State::Undecided,
            reason: String::new(),
            findings: Vec::new(),
            remarks: Vec::new(),
            checks: Vec::new(),
            from: Vec::new(),
            waiver: None,
            attestation: None,
            at_baseline: None,
        };
        match &asked.decided_by {
            Decision::Checks(checks) => self.ask_all(checks, wanted, &mut judged),
            Decision::From(ids) => derive(ids, known, &mut judged),
            Decision::Manual(reason) => {
                judged.state = State::Manual;
                judged.reason.clone_from(reason);
                self.weigh_attestation(&mut judged);
            }
        }
        self.weigh_waiver(&mut judged);
        if judged.state == State::Fail && self.failed.is_none() {
            self.failed = Some(judged.id.clone());
        }
        judged
    }

    fn ask_all(&mut self, checks: &[AnyCheck<X>], wanted: bool, judged: &mut BoxReport) {
        if let (true, Some(failed)) = (self.request.fail_fast, &self.failed) {
            judged.state = State::Skipped;
            judged.reason = format!("not asked: `{failed}` failed, and `--fail-fast` ends there");
            return;
        }
        let answers: Vec<Asked> = checks
            .iter()
            .map(|check| self.ask_whole(check, wanted))
            .collect();
        let worst = answers.iter().map(|asked| asked.report.state).max();
        judged.state = worst.unwrap_or(State::Undecided);
        let deciding = answers
            .iter()
            .find(|asked| asked.report.state == judged.state);
        judged.reason = deciding
            .map(|asked| asked.reason.clone())
            .unwrap_or_default();
        for asked in answers {
            judged.findings.extend(asked.findings);
            judged.remarks.extend(asked.remarks);
            judged.checks.push(asked.report);
        }
        if judged.state == State::Manual {
            self.weigh_attestation(judged);
        }
    }

    /// The answer of a check; of one that is wanted for itself and not only for what leans on it,
    /// also its control and its remarks.
    fn ask_whole(&mut self, check: &AnyCheck<X>, wanted: bool) -> Asked {
        let mut asked = self.ask(check);
        if !wanted {
            return asked;
        }
        if let AnyCheck::Outside(outside) = check
            && !self.request.instant
        {
            asked.remarks.extend(outside.remarks(self.snapshot));
        }
        if self.request.controls && asked.report.state == State::Pass {
            asked.weigh(self.control(check));
        }
        asked
    }

    /// Whether a check that passed could have failed; asked once.
    fn control(&mut self, check: &AnyCheck<X>) -> Option<Controlled> {
        if let Some(known) = self.controls.get(check) {
            return known.clone();
        }
        let control = match check {
            AnyCheck::Native(native) => Some(control(native, self.snapshot)),
            AnyCheck::Outside(outside) => outside.control(self.snapshot, self.world),
        };
        self.controls.insert(check.clone(), control.clone());
        control
    }

    fn ask(&mut self, check: &AnyCheck<X>) -> Asked {
        if let Some(asked) = self.asked.get(check) {
            return asked.clone();
        }
        let recorder = Recorder::new(self.snapshot);
        let (word, ruling) = match check {
            AnyCheck::Native(native) if self.request.instant && !native.is_instant() => {
                (native.word(), too_long(native.word()))
            }
            AnyCheck::Outside(outside) if self.request.instant && !outside.is_instant() => {
                (outside.word(), too_long(outside.word()))
            }
            AnyCheck::Native(native) => {
                let answer = native.check().judge(&recorder);
                (native.word(), Ruling::Judged(answer, None))
            }
            AnyCheck::Outside(outside) => {
                (outside.word(), outside.judge(self.snapshot, self.world))
            }
        };
        let listed = recorder.listed();
        let looked_at = contents(recorder.asked(), self.snapshot);
        let mut asked = Asked::new(word, ruling, looked_at);
        asked.report.listed = listed;
        self.asked.insert(check.clone(), asked.clone());
        asked
    }

    fn weigh_attestation(&self, judged: &mut BoxReport) {
        let files = self.plan.files_behind(&judged.id);
        let attestations = self.request.deviations.attestations.iter();
        let about = attestations
            .filter(|a| a.criterion == judged.id)
            .map(|a| (a, a.counts(&judged.text, &files, self.snapshot)));
        let Some((attestation, counts)) = best(about) else {
            return;
        };
        match counts {
            Ok(()) => {
                judged.state = State::Attested;
                judged.reason = format!(
                    "{}, attested by {} on {}",
                    attestation.note, attestation.by, attestation.on
                );
                judged.attestation = Some(attestation.clone());
            }
            Err(why) => judged
                .remarks
                .push(format!("an attestation is void: {why}")),
        }
    }

    fn weigh_waiver(&self, judged: &mut BoxReport) {
        let waivers = self.request.deviations.waivers.iter();
        let about = waivers
            .filter(|w| w.criterion == judged.id)
            .map(|w| (w, w.counts(&judged.text, self.request.today)));
        let Some((waiver, counts)) = best(about) else {
            return;
        };
        match counts {
            Err(why) => judged.remarks.push(format!("a waiver is void: {why}")),
            Ok(()) if judged.state.lets_be_done() => {
                judged
                    .remarks
                    .push("a waiver is there but not needed".to_owned());
            }
            Ok(()) => {
                judged
                    .remarks
                    .push(format!("without the waiver: {}", judged.state.word()));
                judged.state = State::Waived;
                judged.reason = match waiver.until {
                    Some(until) => format!("{} (until {until})", waiver.reason),
                    None => waiver.reason.clone(),
                };
                judged.waiver = Some(waiver.clone());
            }
        }
    }
}

impl Asked {
    fn new(word: &str, ruling: Ruling, looked_at: BTreeMap<RepoPath, String>) -> Self {
        let (answer, run) = match ruling {
            Ruling::Skipped(reason) => {
                let skipped = (State::Skipped, reason, Vec::new(), Vec::new());
                (skipped, None)
            }
            Ruling::Manual(reason) => {
                let manual = (State::Manual, reason, Vec::new(), Vec::new());
                (manual, None)
            }
            Ruling::Judged(Answer { verdict, remarks }, run) => {
                let (state, reason, findings) = match verdict {
                    Verdict::Pass => (State::Pass, String::new(), Vec::new()),
                    Verdict::Undecided(why) => (State::Undecided, why, Vec::new()),
                    Verdict::Fail(findings) => (State::Fail, summary(&findings), findings),
                };
                ((state, reason, findings, remarks), run)
            }
        };
        let (state, reason, findings, remarks) = answer;
        Self {
            report: CheckReport {
                check: word.to_owned(),
                state,
                control: None,
                run: run.map(|run| *run),
                looked_at,
                listed: false,
            },
            reason,
            findings,
            remarks,
        }
    }
}

impl Asked {
    /// A pass of a check that cannot fail is none.
    fn weigh(&mut self, control: Option<Controlled>) {
        self.report.control = control.map(|control| match control {
            Controlled::Caught => Control::Caught,
            Controlled::CannotFail(why) => {
                self.report.state = State::Undecided;
                self.remarks.retain(|remark| !why.contains(remark.as_str()));
                self.reason = why;
                Control::CannotFail
            }
            Controlled::Unknown(why) => {
                self.remarks.push(format!("not controlled: {why}"));
                Control::None(why)
            }
        });
    }
}

/// Of several words about one box, as a merge may leave them, the first that counts; else the
/// first.
fn best<'d, D: 'd>(
    words: impl Iterator<Item = (&'d D, Result<(), String>)>,
) -> Option<(&'d D, Result<(), String>)> {
    words.min_by_key(|(_, counts)| counts.is_err())
}

fn too_long(word: &str) -> Ruling {
    Ruling::skipped(format!("`{word}` takes longer: `verify` asks it"))
}

/// A box that leans on others is in the state that wins among theirs.
fn derive(ids: &[String], known: &Known, judged: &mut BoxReport) {
    judged.from = ids.to_vec();
    if let Some((state, whose)) = known.combined(ids) {
        judged.state = state;
        if state != State::Pass {
            judged.reason = format!("because of {}", whose.join(", "));
        }
    }
}

fn control(native: &Native, snapshot: &dyn Snapshot) -> Controlled {
    match controlled(native.check(), snapshot) {
        Ok(()) => Controlled::Caught,
        Err(NotControlled::CannotFail) => Controlled::CannotFail(
            "this check cannot fail: it passes with its violation planted too".to_owned(),
        ),
        Err(NotControlled::NoControl(why)) => Controlled::Unknown(why),
    }
}

fn contents(paths: Vec<RepoPath>, snapshot: &dyn Snapshot) -> BTreeMap<RepoPath, String> {
    let word = |path: RepoPath| {
        let word = content_word(snapshot, &path);
        (path, word.unwrap_or_else(|| "unreadable".to_owned()))
    };
    paths.into_iter().map(word).collect()
}

fn summary(findings: &[Finding]) -> String {
    let first = findings
        .first()
        .map(|f| f.message.clone())
        .unwrap_or_default();
    match findings.len() {
        0 | 1 => first,
        more => format!("{first}, and {} more", more - 1),
    }
}

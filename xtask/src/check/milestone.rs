//! `milestone`: everything that another milestone's plan asks still holds.

use checks::snapshot::Snapshot;
use checks::verdict::{Answer, Finding, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use tasks::outside::Ruling;
use tasks::report::{Deciding, Report, SnapshotInfo, State};
use tasks::verify::{Request, verify};

use crate::plans::{self, Sourced};
use crate::session::request;
use crate::trust::Trust;
use crate::world::World;

/// Everything that another milestone's plan asks holds on the same state: what this one builds
/// on did not break.
///
/// ```toml
/// check = { milestone = { holds = "m1" } }
/// ```
///
/// The plan is the one that ships with the tool, or `milestones/m1.toml` of the judged state.
/// Without one nothing says what would have to hold: then only a person can say.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OtherMilestone")]
pub(crate) struct Milestone {
    holds: String,
}

impl Milestone {
    pub(crate) fn judge(&self, snapshot: &dyn Snapshot, world: &mut World) -> Ruling {
        let id = &self.holds;
        if world.milestones.contains(id) {
            let circle = world.milestones.join(" ► ");
            return Ruling::undecided(format!("the milestones go in a circle: {circle} ► {id}"));
        }
        let sourced = match plans::held(id, snapshot) {
            Some(Ok(sourced)) => sourced,
            Some(Err(failure)) => {
                let why = failure.message;
                return Ruling::undecided(format!("the plan of `{id}` cannot be read: {why}"));
            }
            None => {
                return Ruling::Manual(format!(
                    "`{id}` has no plan file here (`milestones/{id}.toml`), so nothing says what \
                     would have to be checked"
                ));
            }
        };
        world.milestones.push(id.clone());
        // Its commands are not this plan's: each plan is trusted by itself.
        let trust = Trust::of(&sourced, world.top());
        let outer = std::mem::replace(&mut world.trust, trust);
        let ahead = std::mem::take(&mut world.ahead);
        let report = report(&sourced, snapshot, world);
        world.ahead = ahead;
        world.trust = outer;
        world.milestones.pop();
        report.map_or_else(Ruling::undecided, |report| ruling(id, &report))
    }
}

fn report(
    sourced: &Sourced,
    snapshot: &dyn Snapshot,
    world: &mut World,
) -> Result<Report, String> {
    let deviations = sourced.deviations(snapshot).map_err(|it| it.message)?;
    let request = Request {
        instant: world.instant,
        ..request(&[], &deviations)
    };
    // It is a part of the answer about the milestone that was asked for, which says what was
    // judged.
    let info = SnapshotInfo {
        kind: "tree".to_owned(),
        revision: None,
        tree: None,
        branch: None,
        changed: Vec::new(),
    };
    Ok(verify(&sourced.plan, snapshot, info, world, &request))
}

/// What wins among all that decides there, smoke tests too, wins here.
fn ruling(id: &str, report: &Report) -> Ruling {
    let wins = report.all_deciding().map(|deciding| deciding.state).max();
    let those = || report.all_deciding().filter(|deciding| Some(deciding.state) == wins);
    let named = || those().map(|deciding| deciding.name).collect::<Vec<_>>().join(", ");
    let why = || those().next().map_or("", |deciding| deciding.reason);
    match wins {
        None => Ruling::undecided(format!("the plan of `{id}` has no box")),
        Some(State::Fail) => {
            let findings = those().flat_map(|deciding| findings(id, &deciding, report));
            Ruling::Judged(Verdict::Fail(findings.collect()).into(), None)
        }
        Some(State::Undecided) => {
            Ruling::undecided(format!("{id}: {} cannot be decided: {}", named(), why()))
        }
        Some(State::Skipped) => Ruling::skipped(format!("{id}: {}: {}", named(), why())),
        Some(State::Manual) => {
            Ruling::Manual(format!("{id}: only a person can say: {}", named()))
        }
        Some(State::Pass | State::Attested | State::Waived) => {
            let answer = Answer {
                verdict: Verdict::Pass,
                remarks: deviating(id, report),
            };
            Ruling::Judged(answer, None)
        }
    }
}

/// What holds there by a person's word alone.
fn deviating(id: &str, report: &Report) -> Vec<String> {
    let named = |state: State| -> Option<String> {
        let those = report.all_deciding().filter(|deciding| deciding.state == state);
        let names: Vec<String> = those.map(|deciding| deciding.name).collect();
        let word = state.word();
        (!names.is_empty()).then(|| format!("{id}: {word}, not proved: {}", names.join(", ")))
    };
    [State::Waived, State::Attested].into_iter().filter_map(named).collect()
}

fn findings(id: &str, deciding: &Deciding<'_>, report: &Report) -> Vec<Finding> {
    let said = |message: &str| format!("{id} {}: {message}", deciding.name);
    let mut boxes = report.boxes();
    let judged = boxes.find(|judged| deciding.is_box && judged.id == deciding.name);
    match judged {
        Some(judged) if !judged.findings.is_empty() => {
            let findings = judged.findings.iter().map(|finding| Finding {
                place: finding.place.clone(),
                message: said(&finding.message),
            });
            findings.collect()
        }
        _ => vec![Finding::general(said(deciding.reason))],
    }
}

//! `milestone`: everything that another milestone's plan asks still holds.

use checks::snapshot::Snapshot;
use checks::verdict::{Finding, Verdict};
use jiff::ZonedDateTime;
use serde::Deserialize;
use tasks::outside::Ruling;
use tasks::report::{BoxReport, Report, SnapshotInfo, State};
use tasks::verify::{Request, verify};

use crate::plans::{self, Sourced};
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
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
        let report = report(&sourced, snapshot, world);
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
        tasks: &[],
        instant: world.instant,
        controls: false,
        deviations: &deviations,
        today: ZonedDateTime::now().date(),
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

/// What wins among the boxes wins here.
fn ruling(id: &str, report: &Report) -> Ruling {
    let wins = report.boxes().map(|judged| judged.state).max();
    let those = || report.boxes().filter(|judged| Some(judged.state) == wins);
    let named = || {
        let ids: Vec<&str> = those().map(|judged| judged.id.as_str()).collect();
        ids.join(", ")
    };
    match wins {
        None => Ruling::undecided(format!("the plan of `{id}` has no box")),
        Some(State::Fail) => {
            let findings = those().flat_map(|judged| findings(id, judged));
            Ruling::Judged(Verdict::Fail(findings.collect()).into(), None)
        }
        Some(State::Undecided) => {
            let why = those().next().map_or("", |judged| &judged.reason);
            Ruling::undecided(format!("{id}: {} cannot be decided: {why}", named()))
        }
        Some(State::Skipped) => {
            let why = those().next().map_or("", |judged| &judged.reason);
            Ruling::skipped(format!("{id}: {}: {why}", named()))
        }
        Some(State::Manual) => {
            Ruling::Manual(format!("{id}: only a person can say: {}", named()))
        }
        Some(State::Pass | State::Attested | State::Waived) => {
            Ruling::Judged(Verdict::Pass.into(), None)
        }
    }
}

fn findings(id: &str, judged: &BoxReport) -> Vec<Finding> {
    let said = |message: &str| format!("{id} {}: {message}", judged.id);
    if judged.findings.is_empty() {
        return vec![Finding::general(said(&judged.reason))];
    }
    let findings = judged.findings.iter().map(|finding| Finding {
        place: finding.place.clone(),
        message: said(&finding.message),
    });
    findings.collect()
}

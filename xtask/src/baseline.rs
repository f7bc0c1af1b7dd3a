//! The state before the milestone: what held there proves nothing new, and what fails since then
//! is a regression.

use std::collections::{BTreeSet, HashMap};

use checks::check::{CheckList, Native};
use tasks::deviation::Deviations;
use tasks::report::{BoxReport, Report, State};
use tasks::verify::verify;

use crate::failure::Failure;
use crate::render::short;
use crate::repository::Revision;
use crate::session::{NO_DISK, Question, Session, request, tree};
use crate::snapshot::Tree;
use crate::world::World;

/// What a report is compared with.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) enum Against {
    /// Nothing.
    #[default]
    Nothing,
    /// The baseline that the plan names, if it names one.
    Plan,
    /// This revision.
    Revision(String),
}

impl Against {
    /// What `--against` names, else the plan's baseline.
    pub(crate) fn new(named: Option<&String>) -> Self {
        named.map_or(Self::Plan, |name| Self::Revision(name.clone()))
    }
}

/// Compares a report with the baseline. Where files alone decide a box, it learns what the same
/// checks answered there.
///
/// # Errors
///
/// The revision that the user named is none, or cannot be read. Of the plan's own baseline,
/// which a shallow clone may lack, that is a warning.
pub(crate) fn compare(
    session: &Session,
    question: &Question,
    deviations: &Deviations,
    report: &mut Report,
) -> Result<(), Failure> {
    let planned = session.sourced.plan.milestone.baseline.as_ref();
    let name = match (&question.against, planned) {
        (Against::Revision(name), _) => name,
        (Against::Plan, Some(name)) => name,
        (Against::Plan, None) | (Against::Nothing, _) => return Ok(()),
    };
    let revision = match session.repository.revision(name) {
        Ok(revision) => revision,
        Err(failure) if question.against == Against::Plan => {
            let why = failure.message;
            report
                .warnings
                .push(format!("not compared with the plan's baseline: {why}"));
            return Ok(());
        }
        Err(failure) => return Err(failure),
    };
    let snapshot = tree(&session.repository, revision.tree)?;
    let before = judged(session, &question.tasks, &revision, &snapshot);
    let id = revision.commit.unwrap_or(revision.tree).to_string();
    let short = short(&id);
    for judged in report.criteria.iter_mut().chain(&mut report.checklist) {
        judged.at_baseline = before.get(&judged.id).copied();
        judged.remarks.extend(remark(judged, &short));
    }
    let regressions = report.boxes().filter(|judged| judged.is_regression());
    warn(
        &format!("regressions since the baseline {short}"),
        &regressions
            .map(|judged| judged.id.clone())
            .collect::<Vec<_>>(),
        &mut report.warnings,
    );
    // A file of deviations that cannot be read there tells nothing of what is new.
    if let Ok(known) = session.sourced.deviations(&snapshot) {
        warn(
            &format!("waived or attested since the baseline {short}"),
            &new(deviations, &known),
            &mut report.warnings,
        );
    }
    report.baseline = Some(id);
    Ok(())
}

/// What the checks of each box that files alone decide answer there.
fn judged(
    session: &Session,
    tasks: &[String],
    revision: &Revision,
    snapshot: &Tree<'_>,
) -> HashMap<String, State> {
    let mut world = World {
        no_programs: Some(NO_DISK.to_owned()),
        at_revision: true,
        ..session.world(None)
    };
    let nobody = Deviations::default();
    let request = request(tasks, &nobody);
    let plan = &session.sourced.plan;
    let report = verify(plan, snapshot, revision.into(), &mut world, &request);
    let native = report.boxes().filter(|judged| rests_on_files(judged));
    native
        .filter_map(|judged| Some((judged.id.clone(), judged.proved()?)))
        .collect()
}

fn rests_on_files(judged: &BoxReport) -> bool {
    let mut words = judged.checks.iter().map(|check| check.check.as_str());
    words.all(|word| Native::WORDS.contains(&word))
}

fn remark(judged: &BoxReport, baseline: &str) -> Option<String> {
    if judged.held_before() {
        return Some(format!(
            "held before, at the baseline {baseline}: proves nothing new"
        ));
    }
    let regression = format!("a regression: it held at the baseline {baseline}");
    judged.is_regression().then_some(regression)
}

/// The boxes that a person spoke about since.
fn new(now: &Deviations, before: &Deviations) -> Vec<String> {
    let ids = |all: &Deviations| -> BTreeSet<String> {
        let waived = all.waivers.iter().map(|waiver| waiver.criterion.clone());
        let attested = all.attestations.iter().map(|word| word.criterion.clone());
        waived.chain(attested).collect()
    };
    ids(now).difference(&ids(before)).cloned().collect()
}

fn warn(what: &str, ids: &[String], warnings: &mut Vec<String>) {
    if !ids.is_empty() {
        warnings.push(format!("{what}: {}", ids.join(", ")));
    }
}

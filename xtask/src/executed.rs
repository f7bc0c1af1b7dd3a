//! Fewer tests than last time: a test that is no longer collected fails no more.

use std::collections::BTreeMap;

use tasks::outside::Run;
use tasks::report::{BoxReport, Report};

use crate::evidence::{self, Evidence};
use crate::failure::Failure;
use crate::render::short;
use crate::repository::Repository;
use crate::world::command_line;

/// Warns of each program that executed fewer tests than the last evidence for the same box says.
///
/// # Errors
///
/// The notes cannot be read.
pub(crate) fn compare(repository: &Repository, report: &mut Report) -> Result<(), Failure> {
    if report.boxes().all(|judged| counted(judged).is_none()) {
        return Ok(());
    }
    let known = evidence::all(repository)?;
    let mut warnings: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for judged in report.boxes() {
        let drop = counted(judged).and_then(|(run, now)| drop(run, now, judged, report, &known));
        if let Some(drop) = drop {
            warnings.entry(drop).or_default().push(judged.id.clone());
        }
    }
    let warnings = warnings.into_iter();
    let warnings = warnings.map(|(drop, ids)| format!("{drop} ({})", ids.join(", ")));
    report.warnings.extend(warnings);
    Ok(())
}

/// The program that ran for a box, with how many tests it executed.
fn counted(judged: &BoxReport) -> Option<(&Run, usize)> {
    let mut runs = judged.checks.iter().filter_map(|check| check.run.as_ref());
    runs.find_map(|run| Some((run, run.tests.as_ref()?.executed())))
}

fn drop(
    run: &Run,
    now: usize,
    judged: &BoxReport,
    report: &Report,
    known: &[Evidence],
) -> Option<String> {
    let of_it = known.iter().filter(|evidence| {
        let record = evidence.statement.record();
        record.milestone == report.milestone && record.criterion == judged.id
    });
    let counts = of_it.filter_map(|evidence| {
        let record = evidence.statement.record();
        let runs = record
            .checks
            .iter()
            .filter_map(|looked| looked.run.as_ref());
        let mut same = runs.filter(|known| known.command == run.command);
        let before = same.find_map(|known| known.tests.as_ref())?.executed();
        Some((record.time.clone(), before, evidence.noted))
    });
    let (time, before, commit) = counts.max_by(|one, other| one.0.cmp(&other.0))?;
    (now < before).then(|| {
        let command = command_line(&run.command);
        let commit = short(&commit.to_string());
        format!("`{command}` executed {now} tests, and {before} at {commit} on {time}")
    })
}

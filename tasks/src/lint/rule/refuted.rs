//! `refuted`: a claim about the code that the code refutes.

use checks::check::Check;
use checks::check::no_chain::NoChain;
use checks::python::ModuleName;
use checks::python::claims::Holds;
use checks::snapshot::Snapshot;
use checks::verdict::Verdict;

use crate::lint::subject::ClaimLine;
use crate::lint::{Against, Diagnostic, Level, Subject};
use crate::plan::Claim;
use crate::verify::claims::look;

pub(super) const NAME: &str = "refuted";

pub(super) fn find(subject: &Subject, against: Option<Against<'_>>) -> Vec<Diagnostic> {
    let Some(against) = against else {
        return Vec::new();
    };
    let mut found: Vec<Diagnostic> = subject
        .claims
        .iter()
        .filter_map(|claim| refuted(claim, against.snapshot))
        .collect();
    // The chain by which it is loaded is told once, where the plan tells another.
    let chain = |claim: &&ClaimLine| matches!(claim.claim, Claim::Chain { .. });
    if let Some(told) = subject.claims.iter().find(chain) {
        found.extend(real_chain(subject, told, against.snapshot));
    }
    found
}

fn refuted(line: &ClaimLine, snapshot: &dyn Snapshot) -> Option<Diagnostic> {
    let claimed = look(&line.claim, snapshot);
    let is_function = matches!(line.claim, Claim::Uses { .. });
    let level = match claimed.holds {
        Holds::No => Level::Error,
        // The file is not there, does not parse, or has no such function.
        Holds::Undecided if is_function => Level::Warning,
        Holds::Yes | Holds::Undecided => return None,
    };
    let message = match &line.claim {
        Claim::Chain { target, .. } => format!("this chain to `{target}` does not exist"),
        Claim::ImportAt {
            name,
            lines: (first, last),
            ..
        } if first == last => {
            format!("`{name}` is not imported in line {first}")
        }
        Claim::ImportAt {
            name,
            lines: (first, last),
            ..
        } => {
            format!("`{name}` is not imported in lines {first} to {last}")
        }
        Claim::Unused { name, .. } => format!("`{name}` is used"),
        Claim::Uses { function, .. } if level == Level::Warning => {
            format!("`{function}()` is not found")
        }
        Claim::Uses { function, name, .. } => format!("`{function}()` does not use `{name}`"),
    };
    Some(
        Diagnostic::new(NAME, level, &line.span, message)
            .note(claimed.explanation)
            .places(claimed.places),
    )
}

/// The chain by which the entry loads the target first, if it does.
fn real_chain(subject: &Subject, told: &ClaimLine, snapshot: &dyn Snapshot) -> Option<Diagnostic> {
    let (entry, target) = subject.entry.as_ref()?;
    let check = NoChain {
        entry: ModuleName::new(entry).ok()?,
        target: ModuleName::new(target).ok()?,
        roots: None,
        python: None,
    };
    let Verdict::Fail(findings) = check.judge(snapshot).verdict else {
        return None;
    };
    let places: Vec<_> = findings.into_iter().filter_map(|it| it.place).collect();
    let told_files = match &told.claim {
        Claim::Chain { files, .. } => files.as_slice(),
        _ => &[],
    };
    // A chain that leads through the same files needs no second telling.
    if places.iter().all(|place| told_files.contains(&place.path)) {
        return None;
    }
    let message = format!("importing `{entry}` loads `{target}` by another chain first");
    Some(
        Diagnostic::new(NAME, Level::Warning, &told.span, message)
            .places(places)
            .help(format!(
                "`cargo xtask imports {entry} {target} --cut` names the statements to defer"
            )),
    )
}

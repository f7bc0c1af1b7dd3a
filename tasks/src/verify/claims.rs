//! The plan's claims of fact, judged on the code. They decide nothing: a reader learns what the
//! plan's author saw, or thought to see.

use checks::path::RepoPath;
use checks::python::claims::{Claimed, Holds, chain, import_at, unused, uses};
use checks::snapshot::Snapshot;

use crate::plan::{Claim, ClaimEntry};
use crate::report::ClaimReport;

pub(super) fn judge(claims: &[ClaimEntry], snapshot: &dyn Snapshot) -> Vec<ClaimReport> {
    claims.iter().map(|entry| report(entry, snapshot)).collect()
}

fn report(entry: &ClaimEntry, snapshot: &dyn Snapshot) -> ClaimReport {
    let claimed = look(&entry.claim, snapshot);
    ClaimReport {
        text: entry.text.clone(),
        task: entry.task.clone(),
        holds: word(claimed.holds).to_owned(),
        explanation: claimed.explanation,
        places: claimed.places,
    }
}

pub(crate) fn look(claim: &Claim, snapshot: &dyn Snapshot) -> Claimed {
    match claim {
        Claim::Chain {
            files,
            branches,
            target,
        } => whole_chain(files, branches, target, snapshot),
        Claim::ImportAt { file, name, lines } => import_at(file, name, lines.0..=lines.1, snapshot),
        Claim::Unused { file, name } => unused(file, None, name, snapshot),
        Claim::Uses {
            file,
            function,
            name,
        } => uses(file, function, name, snapshot),
    }
}

/// A chain with branches exists if every link of every branch does. Of one that does not, only
/// the links are told that are missing.
fn whole_chain(
    files: &[RepoPath],
    branches: &[RepoPath],
    target: &str,
    snapshot: &dyn Snapshot,
) -> Claimed {
    let mut links = match branches {
        [] => chain(files, target, snapshot),
        branches => {
            let ways = branches
                .iter()
                .map(|branch| [files, std::slice::from_ref(branch)].concat());
            ways.flat_map(|way| chain(&way, target, snapshot)).collect()
        }
    };
    let mut seen = Vec::new();
    links.retain(|link| {
        !seen.contains(link) && {
            seen.push(link.clone());
            true
        }
    });
    if links.iter().any(|link| link.holds != Holds::Yes) {
        links.retain(|link| link.holds != Holds::Yes);
    }
    Claimed::all(links)
}

fn word(holds: Holds) -> &'static str {
    match holds {
        Holds::Yes => "yes",
        Holds::No => "no",
        Holds::Undecided => "undecided",
    }
}

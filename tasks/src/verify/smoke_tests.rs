//! The plan's own shell lines, read and compared with the criteria they speak about.

use checks::check::smoke_test::{Outcome, Says, SmokeTest};
use checks::python::describe_line;
use checks::snapshot::Snapshot;
use checks::verdict::{Place, Verdict};

use crate::outside::{LineRun, Outside};
use crate::plan::{self, Task};
use crate::report::{BoxReport, SmokeTestReport, State};

/// How many matched lines are described one by one.
const DESCRIBED: usize = 8;

/// Runs the smoke tests of a task whose criteria are judged already.
pub(super) fn judge<X: Outside>(
    task: &Task<X>,
    snapshot: &dyn Snapshot,
    criteria: &[BoxReport],
    instant: bool,
    world: &mut X::World,
) -> Vec<SmokeTestReport> {
    let numbered = task.smoke_tests.iter().zip(1..);
    let judged = numbered.map(|(smoke, index)| {
        let (outcome, skipped) = run::<X>(&smoke.run, snapshot, instant, world);
        let note = note(smoke, &outcome, criteria, snapshot);
        SmokeTestReport {
            task: task.id.clone(),
            index,
            command: smoke.run.clone(),
            says: outcome.says.map(|says| word(says).to_owned()),
            state: skipped.map_or_else(|| state(&outcome.verdict), |()| State::Skipped),
            exit_hides_failure: outcome.exit_hides_failure,
            disagrees: matches!(note, Note::Disagrees(_)),
            note: note.text(),
            decides: smoke.decides,
            matches: outcome.matches,
        }
    });
    judged.collect()
}

/// Reads the line without a shell; where that cannot be, a shell runs it, if programs may run.
fn run<X: Outside>(
    line: &str,
    snapshot: &dyn Snapshot,
    instant: bool,
    world: &mut X::World,
) -> (Outcome, Option<()>) {
    let smoke = SmokeTest::new(line);
    let outcome = smoke.run(snapshot);
    let Some(needs) = outcome.needs_shell.clone() else {
        return (outcome, None);
    };
    let ran = match instant {
        true => LineRun::Skipped("`verify --full` runs it in one".to_owned()),
        false => X::run_line(line, world),
    };
    let undecided = |why: String| Outcome {
        verdict: Verdict::Undecided(why),
        exit_hides_failure: smoke.hides_failure().map(|_| true),
        ..outcome.clone()
    };
    match ran {
        LineRun::Ended { output, exit } => (smoke.ran(&output, exit), None),
        LineRun::Undecided(why) => (undecided(why), None),
        LineRun::Skipped(why) => (
            undecided(format!("needs a shell: {needs}; {why}")),
            Some(()),
        ),
    }
}

/// What is to be said about a smoke test.
enum Note {
    Nothing,
    /// Why it could not be judged.
    Undecided(String),
    /// Where and why it differs from a criterion.
    Disagrees(String),
}

impl Note {
    fn text(self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Undecided(text) | Self::Disagrees(text) => text,
        }
    }
}

fn note(
    smoke: &plan::SmokeTest,
    outcome: &Outcome,
    criteria: &[BoxReport],
    snapshot: &dyn Snapshot,
) -> Note {
    let about = |wanted: State| -> Vec<&BoxReport> {
        let spoken_of = criteria.iter().filter(|c| smoke.about.contains(&c.id));
        spoken_of.filter(|c| c.proved() == Some(wanted)).collect()
    };
    match &outcome.verdict {
        Verdict::Undecided(why) => Note::Undecided(why.clone()),
        Verdict::Fail(_) => match about(State::Pass) {
            held if held.is_empty() => Note::Nothing,
            held => Note::Disagrees(too_strict(&held, &about(State::Fail), outcome, snapshot)),
        },
        Verdict::Pass => match about(State::Fail) {
            broken if broken.is_empty() => Note::Nothing,
            broken => Note::Disagrees(too_mild(&broken, outcome)),
        },
    }
}

/// The line fails, but a criterion holds: what it matched instead.
fn too_strict(
    held: &[&BoxReport],
    broken: &[&BoxReport],
    outcome: &Outcome,
    snapshot: &dyn Snapshot,
) -> String {
    let findings = || broken.iter().flat_map(|criterion| &criterion.findings);
    let in_a_finding = |place: &&Place| {
        let places = findings().filter_map(|finding| finding.place.as_ref());
        places
            .into_iter()
            .any(|p| p.path == place.path && p.line == place.line)
    };
    let (agreed, other): (Vec<&Place>, Vec<&Place>) =
        outcome.matches.iter().partition(in_a_finding);
    let mut reasons = Vec::new();
    if !other.is_empty() {
        reasons.push(format!("it also matches {}", described(&other, snapshot)));
    }
    if !agreed.is_empty() {
        let lines: Vec<String> = agreed.iter().map(|place| place.line.to_string()).collect();
        let lines = lines.join(", ");
        reasons.push(format!(
            "{} {lines} {} {} alone",
            line_or_lines(agreed.len()),
            speak(agreed.len()),
            ids(broken)
        ));
    }
    let says = outcome.says.map_or("fails", |_| "says FAIL");
    let held = format!(
        "it {says}, but {} {}",
        ids(held),
        if held.len() == 1 { "holds" } else { "hold" }
    );
    if reasons.is_empty() {
        held
    } else {
        format!("{held}: {}", reasons.join("; "))
    }
}

/// The line succeeds, but a criterion fails: what it did not see.
fn too_mild(broken: &[&BoxReport], outcome: &Outcome) -> String {
    let places = broken
        .iter()
        .flat_map(|c| &c.findings)
        .filter_map(|f| f.place.as_ref());
    let lines: Vec<usize> = places.map(|place| place.line).collect();
    let reason = match (outcome.looked_at_lines, lines.first()) {
        (Some((first, last)), Some(_)) if lines.iter().all(|l| *l < first || *l > last) => {
            format!(
                "it looks at lines {first} to {last} only, the findings are in {}",
                joined(&lines)
            )
        }
        (_, Some(_)) => format!("its pattern does not match what is in {}", joined(&lines)),
        (_, None) => "it asks for something else".to_owned(),
    };
    let says = outcome.says.map_or("passes", |_| "says SUCCESS");
    let fail = if broken.len() == 1 { "fails" } else { "fail" };
    format!("it {says}, but {} {fail}: {reason}", ids(broken))
}

/// Which lines, and what each is to Python.
fn described(places: &[&Place], snapshot: &dyn Snapshot) -> String {
    let describe = |place: &&Place| {
        let text = snapshot
            .read(&place.path)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let what = describe_line(&place.path, &text.unwrap_or_default(), place.line);
        format!("line {} ({what})", place.line)
    };
    let mut all: Vec<String> = places.iter().take(DESCRIBED).map(describe).collect();
    if places.len() > DESCRIBED {
        all.push(format!("{} more", places.len() - DESCRIBED));
    }
    all.join(", ")
}

fn state(verdict: &Verdict) -> State {
    match verdict {
        Verdict::Pass => State::Pass,
        Verdict::Fail(_) => State::Fail,
        Verdict::Undecided(_) => State::Undecided,
    }
}

fn word(says: Says) -> &'static str {
    match says {
        Says::Fail => "FAIL",
        Says::Success => "SUCCESS",
    }
}

fn ids(criteria: &[&BoxReport]) -> String {
    let ids: Vec<&str> = criteria
        .iter()
        .map(|criterion| criterion.id.as_str())
        .collect();
    ids.join(" and ")
}

fn joined(lines: &[usize]) -> String {
    let shown: Vec<String> = lines.iter().map(usize::to_string).collect();
    format!("{} {}", line_or_lines(lines.len()), shown.join(", "))
}

fn line_or_lines(count: usize) -> &'static str {
    if count == 1 { "line" } else { "lines" }
}

fn speak(count: usize) -> &'static str {
    if count == 1 {
        "speaks against"
    } else {
        "speak against"
    }
}

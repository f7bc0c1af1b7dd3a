//! What `verify` prints: every criterion with its verdict, every finding with its source line.

use console::style;
use tasks::report::{
    BoxReport, ClaimReport, Control, Report, SmokeTestReport, State, TaskReport, TestReport,
};

use super::excerpt;
use super::words::{LEAD, TEXT, heading, printable, row, short, state, tally, task_state, wrapped};

/// The whole report for a person at a terminal.
pub(crate) fn text(report: &Report) -> String {
    let mut text = heading(report);
    for warning in &report.warnings {
        text += &wrapped(&format!("warning: {warning}"), 0);
    }
    for task in &report.tasks {
        text += &task_text(task, report);
    }
    if !report.checklist.is_empty() {
        text += &format!(
            "\n{}\n",
            style("Validation and completion checklist").bold()
        );
        let boxes = report.checklist.iter();
        text += &boxes.map(|b| box_text(b, report)).collect::<String>();
    }
    if !report.claims.is_empty() {
        text += &format!(
            "\n{}\n",
            style("What the plan claims, on this state").bold()
        );
        text += &report.claims.iter().map(claim_text).collect::<String>();
    }
    let left = if text.lines().count() > SCREEN {
        left_to_do(report)
    } else {
        String::new()
    };
    text + "\n" + &left + &tally(report)
}

/// How many lines a reader sees at once, with a large screen.
const SCREEN: usize = 50;

/// How many characters of ids are shown for each state: some lines at 80 columns.
const IDS: usize = 400;

/// The ids of what does not hold, so that nobody has to look for them in what has scrolled away.
fn left_to_do(report: &Report) -> String {
    let mut text = String::new();
    for wanted in [State::Fail, State::Undecided] {
        let ids = report.boxes().filter(|judged| judged.state == wanted);
        let ids: Vec<&str> = ids.map(|judged| judged.id.as_str()).collect();
        if ids.is_empty() {
            continue;
        }
        let mut length = 0;
        let fits = ids.iter().take_while(|id| {
            length += id.len() + 2;
            length <= IDS
        });
        let shown = fits.count().max(1);
        let named = ids
            .iter()
            .take(shown)
            .copied()
            .collect::<Vec<_>>()
            .join(", ");
        let more = match ids.len() - shown {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        text += &row(state(wanted), &format!("{named}{more}"), TEXT);
    }
    text
}

fn task_text(task: &TaskReport, report: &Report) -> String {
    let mut text = format!(
        "\n{}  {}  {}",
        style(&task.id).bold(),
        style(printable(&task.title)).bold(),
        task_state(task.state)
    );
    if !task.blocked_by.is_empty() {
        text += &format!(
            ", {}",
            style(format!("blocked by {}", task.blocked_by.join(", "))).yellow()
        );
    }
    text += "\n";
    if let Some(commit) = &task.commit {
        let verified = commit.verified.as_ref();
        let verified = verified.map(|v| format!(", verified {}", printable(v)));
        let id = short(&commit.id);
        text += &wrapped(
            &format!("committed as {id}{}", verified.unwrap_or_default()),
            2,
        );
    }
    let criteria = report
        .criteria
        .iter()
        .filter(|c| c.task.as_ref() == Some(&task.id));
    text += &criteria.map(|c| box_text(c, report)).collect::<String>();
    let smoke_tests = report
        .smoke_tests
        .iter()
        .filter(|smoke| smoke.task == task.id);
    text += &smoke_tests.map(smoke_test_text).collect::<String>();
    let tests = report.tests.iter().filter(|test| test.task == task.id);
    text + &tests.map(test_text).collect::<String>()
}

/// One box with its verdict.
pub(super) fn box_text(judged: &BoxReport, report: &Report) -> String {
    let mut text = row(
        state(judged.state),
        &format!("{:<6} {}", judged.id, judged.text),
        TEXT,
    );
    let is_in_a_finding = judged
        .findings
        .iter()
        .any(|f| judged.reason.starts_with(&f.message));
    if !judged.reason.is_empty() && !is_in_a_finding {
        text += &wrapped(&judged.reason, TEXT);
    }
    match shown_before(judged, report) {
        Some(id) => text += &wrapped(&format!("for the same reasons as {id}"), TEXT),
        None => {
            let findings = judged.findings.iter();
            text += &findings
                .map(|f| excerpt::finding(f, TEXT, LEAD))
                .collect::<String>();
        }
    }
    for remark in &judged.remarks {
        text += &wrapped(&format!("note: {remark}"), TEXT);
    }
    text + &uncontrolled(judged)
}

/// The box above this one that has the same findings: one check may decide several boxes.
fn shown_before<'r>(judged: &BoxReport, report: &'r Report) -> Option<&'r str> {
    let before = report.boxes().take_while(|b| b.id != judged.id);
    let mut same = before.filter(|b| !b.findings.is_empty() && b.findings == judged.findings);
    same.next().map(|b| b.id.as_str())
}

fn uncontrolled(judged: &BoxReport) -> String {
    let cannot = judged
        .checks
        .iter()
        .filter(|c| c.control == Some(Control::CannotFail));
    cannot
        .map(|check| {
            wrapped(
                &format!("warning: `{}` cannot fail here", check.check),
                TEXT,
            )
        })
        .collect()
}

fn smoke_test_text(smoke: &SmokeTestReport) -> String {
    let says = match (&smoke.says, smoke.state) {
        (Some(says), _) => format!("says {says}"),
        (None, State::Pass) => "exits 0".to_owned(),
        (None, State::Fail) => "exits with a failure".to_owned(),
        (None, State::Skipped) => "was not run".to_owned(),
        (None, _) => "says nothing".to_owned(),
    };
    let lead = style(format!("{:<9}", "smoke")).dim();
    let mut text = row(
        lead,
        &format!("test {} {says}: {}", smoke.index, smoke.command),
        TEXT,
    );
    if smoke.exit_hides_failure == Some(true) {
        let hidden = match smoke.says {
            Some(_) => "its exit status is 0 even when it says FAIL",
            None => "its exit status can be 0 though it failed",
        };
        text += &wrapped(hidden, TEXT);
    }
    if !smoke.note.is_empty() {
        let lead = if smoke.disagrees { "warning: " } else { "" };
        text += &wrapped(&format!("{lead}{}", smoke.note), TEXT);
    }
    text
}

fn test_text(test: &TestReport) -> String {
    let by = match test.from.as_slice() {
        [] => "nothing in the plan decides it".to_owned(),
        boxes => format!("{} by {}", test.state.word(), boxes.join(", ")),
    };
    let lead = style(format!("{:<9}", "wanted")).dim();
    row(
        lead,
        &format!("{} test: {} ({by})", test.kind, test.text),
        TEXT,
    )
}

fn claim_text(claim: &ClaimReport) -> String {
    let word = match claim.holds.as_str() {
        "yes" => style("true").green(),
        "no" => style("not true").red(),
        _ => style("undecided").yellow(),
    };
    let mut text = row(format!("{word:<9}"), &claim.text, TEXT);
    if !claim.explanation.is_empty() {
        text += &wrapped(&claim.explanation, TEXT);
    }
    text
}

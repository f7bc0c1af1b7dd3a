//! What `status` prints: one line a task, what is next, what is dirty.

use console::{pad_str, style, truncate_str};
use tasks::report::{Report, SnapshotInfo, State, TaskReport, TaskState};

use super::words::{TEXT, heading, printable, row, short, tally, task_state, width, wrapped};

/// What stands before a title: an id, a state, how many boxes hold.
const BEFORE: usize = 25;

/// Narrower titles say nothing.
const NARROWEST: usize = 20;

/// The whole report in a few lines.
pub(crate) fn text(report: &Report) -> String {
    let mut text = heading(report);
    for warning in &report.warnings {
        text += &wrapped(&format!("warning: {warning}"), 0);
    }
    let titles = title_width(report);
    let lines = report.tasks.iter().map(|task| line(task, report, titles));
    text += &lines.collect::<String>();
    text += &next(report);
    if !report.snapshot.changed.is_empty() {
        let changed = report.snapshot.changed.join(", ");
        text += &wrapped(&format!("not committed: {changed}"), 0);
    }
    text += &claimed(report);
    text + &tally(report)
}

/// What people claim, and what the checks say to it.
fn claimed(report: &Report) -> String {
    let mut text = String::new();
    if !report.claimed.is_empty() {
        text += &format!("{}\n", style("Claimed").bold());
    }
    for claim in &report.claimed {
        let word = match claim.holds.as_str() {
            "yes" => style("proved").green(),
            "no" => style("not true").red().bold(),
            _ => style("unproved").yellow(),
        };
        let about = format!(
            "{:<6} {} {}: {}",
            claim.about, claim.source, claim.place, claim.text
        );
        text += &row(format!("{word:<9}"), &about, TEXT);
        if !claim.why.is_empty() {
            text += &wrapped(&claim.why, TEXT);
        }
    }
    text
}

/// All titles have the width of the longest, or what the details leave of a line.
fn title_width(report: &Report) -> usize {
    let longest = |texts: &mut dyn Iterator<Item = String>| {
        texts.map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let titles = longest(&mut report.tasks.iter().map(|task| task.title.clone()));
    let details = longest(&mut report.tasks.iter().map(details));
    let left = width().saturating_sub(BEFORE + details);
    titles.min(left.max(NARROWEST))
}

fn line(task: &TaskReport, report: &Report, titles: usize) -> String {
    let states = states(task, report);
    let held = states.iter().filter(|state| state.lets_be_done()).count();
    let count = format!("{held}/{}", states.len());
    let gap = " ".repeat(10_usize.saturating_sub(task.state.word().len()));
    let title = printable(&task.title);
    let title = truncate_str(&title, titles, "…");
    let title = pad_str(&title, titles, console::Alignment::Left, None);
    let id = style(format!("{:<5}", task.id)).bold();
    let line = format!(
        "  {id} {}{gap}{count:<5}{title}{}",
        task_state(task.state),
        style(details(task)).dim()
    );
    format!("{}\n", line.trim_end())
}

/// What is behind the title: what blocks the task, the commit that says it is the task's.
fn details(task: &TaskReport) -> String {
    let mut details = String::new();
    if !task.blocked_by.is_empty() {
        details += &format!("  blocked by {}", task.blocked_by.join(", "));
    }
    if let Some(commit) = &task.commit {
        details += &format!("  {}", short(&commit.id));
        if let Some(verified) = &commit.verified {
            details += &format!(" verified {}", printable(verified));
        }
    }
    details
}

fn next(report: &Report) -> String {
    let milestone = &report.milestone;
    let Some(task) = report
        .tasks
        .iter()
        .find(|task| task.state != TaskState::Done)
    else {
        let how = at(report);
        let how = if how.is_empty() { " --full" } else { &how };
        return format!("next: cargo xtask {milestone} report{how}\n");
    };
    let full = if task.state == TaskState::Open && at(report).is_empty() {
        " --full"
    } else {
        ""
    };
    let deciding = report.deciding(&task.id).into_iter();
    let left = deciding.filter(|deciding| !deciding.state.lets_be_done());
    let left: Vec<String> = left.map(|deciding| deciding.name).collect();
    let at = at(report);
    let call = format!("next: cargo xtask {milestone} verify {}{at}{full}", task.id);
    wrapped(&format!("{call}  (left: {})", left.join(", ")), 0)
}

/// The option that names the judged revision again; empty for a work tree.
fn at(report: &Report) -> String {
    let SnapshotInfo {
        kind,
        revision,
        tree,
        ..
    } = &report.snapshot;
    match revision.as_ref().or(tree.as_ref()) {
        Some(id) if kind == "revision" => format!(" --at {}", short(id)),
        _ => String::new(),
    }
}

fn states(task: &TaskReport, report: &Report) -> Vec<State> {
    let boxes = report
        .criteria
        .iter()
        .filter(|c| c.task.as_ref() == Some(&task.id));
    boxes.map(|b| b.state).collect()
}

//! What `status` prints: one line a task, what is next, what is dirty.

use console::style;
use tasks::report::{Report, State, TaskReport, TaskState};

use super::words::{heading, printable, tally, task_state, wrapped};

/// The whole report in a few lines.
pub(crate) fn text(report: &Report) -> String {
    let mut text = heading(report);
    for warning in &report.warnings {
        text += &wrapped(&format!("warning: {warning}"), 0);
    }
    text += &report
        .tasks
        .iter()
        .map(|task| line(task, report))
        .collect::<String>();
    text += &next(report);
    if !report.snapshot.changed.is_empty() {
        let changed = report.snapshot.changed.join(", ");
        text += &wrapped(&format!("not committed: {changed}"), 0);
    }
    text + &tally(report)
}

fn line(task: &TaskReport, report: &Report) -> String {
    let boxes = report
        .criteria
        .iter()
        .filter(|c| c.task.as_ref() == Some(&task.id));
    let states: Vec<State> = boxes.clone().map(|b| b.state).collect();
    let held = states.iter().filter(|state| state.lets_be_done()).count();
    let failing: Vec<&str> = boxes
        .filter(|b| matches!(b.state, State::Fail | State::Undecided))
        .map(|b| b.id.as_str())
        .collect();
    let mut detail = format!("{held}/{}", states.len());
    if !failing.is_empty() {
        detail += &format!("  {}", failing.join(" "));
    }
    if !task.blocked_by.is_empty() {
        detail += &format!("  blocked by {}", task.blocked_by.join(", "));
    }
    if let Some(commit) = &task.commit {
        let short: String = commit.id.chars().take(8).collect();
        let verified = commit
            .verified
            .as_ref()
            .map(|v| format!(" (verified {})", printable(v)));
        detail += &format!("  commit {short}{}", verified.unwrap_or_default());
    }
    let word = task.state.word();
    let gap = " ".repeat(10 - word.len().min(9));
    format!(
        "  {:<5} {}{gap}{}  {}\n",
        style(&task.id).bold(),
        task_state(task.state),
        printable(&task.title),
        style(detail).dim()
    )
}

fn next(report: &Report) -> String {
    let milestone = &report.milestone;
    match report
        .tasks
        .iter()
        .find(|task| task.state != TaskState::Done)
    {
        None => format!("next: cargo xtask {milestone} report --full\n"),
        Some(task) if task.state == TaskState::Open => {
            format!("next: cargo xtask {milestone} verify {} --full\n", task.id)
        }
        Some(task) => format!("next: cargo xtask {milestone} verify {}\n", task.id),
    }
}

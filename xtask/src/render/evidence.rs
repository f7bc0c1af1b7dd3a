//! What `evidence` prints.

use console::style;

use super::words::{TEXT, printable, row, short, state, wrapped};
use crate::command::evidence::{Shown, ShownBox};
use crate::evidence::{Examined, Means, Standing};

/// The newest record of each box.
pub(crate) fn shown(shown: &Shown<'_>) -> String {
    let about = match &shown.revision {
        Some(commit) => format!("evidence for {}", short(commit)),
        None => format!("evidence for the tree {}", short(&shown.tree)),
    };
    let mut text = format!(
        "{}  {}  {}\n",
        style(shown.milestone.to_uppercase()).bold(),
        style(printable(shown.title)).bold(),
        style(about).dim()
    );
    text += &shown.boxes.iter().map(box_text).collect::<String>();
    if !shown.without.is_empty() {
        text += &wrapped(
            &format!("nothing recorded: {}", shown.without.join(", ")),
            0,
        );
    }
    text
}

fn box_text(shown: &ShownBox<'_>) -> String {
    let Some(newest) = shown.evidence.first() else {
        return String::new();
    };
    let record = newest.record;
    let mut text = row(
        state(record.state),
        &format!("{:<6} {}", shown.id, shown.text),
        TEXT,
    );
    let by = match newest.found_by {
        Means::Commit => "about this commit",
        Means::Tree => "about this tree",
        Means::Files => "about the same files",
    };
    let older = match shown.evidence.len() {
        1 => String::new(),
        count => format!(", and {} older", count - 1),
    };
    let noted = short(&newest.noted);
    let whose = if newest.own { "" } else { "a claim " };
    text += &wrapped(
        &format!(
            "{whose}{by}, {}, in the note of {noted}{older}",
            record.time
        ),
        TEXT,
    );
    if !record.reason.is_empty() {
        text += &wrapped(&record.reason, TEXT);
    }
    if !newest.same_plan {
        text += &wrapped("note: another version of the plan was asked", TEXT);
    }
    text
}

/// Every line that does not stand, and how many do.
pub(crate) fn examined(examined: &[Examined]) -> String {
    let mut text = String::new();
    for line in examined.iter().filter(|line| !line.why.is_empty()) {
        let word = match line.standing {
            Standing::Stands => style("stands").green(),
            Standing::Unknown => style("unknown").yellow(),
            Standing::Void => style("void").red().bold(),
        };
        let what = line.criterion.as_deref().unwrap_or("?");
        let about = format!(
            "{what:<6} in the note of {}: {}",
            short(&line.noted),
            line.why
        );
        text += &row(format!("{word:<9}"), &about, TEXT);
    }
    let count = |standing| {
        examined
            .iter()
            .filter(|line| line.standing == standing)
            .count()
    };
    text + &format!(
        "{} records: {} stand, {} unknown, {} void\n",
        examined.len(),
        count(Standing::Stands),
        count(Standing::Unknown),
        count(Standing::Void)
    )
}

//! What `bind` shows: the boxes that only a person decides, and the verdict of a chosen check.

use console::style;
use tasks::binding::UNBOUND;
use tasks::report::Report;

use super::verify::box_text;
use super::words::{one_line, wrapped};
use crate::command::bind::Unbound;

/// Every box that only a person decides so far.
pub(crate) fn list(boxes: &[Unbound], call: &str) -> String {
    let mut text: String = boxes.iter().map(unbound).collect();
    text += &match boxes.iter().filter(|it| it.perhaps.is_some()).count() {
        _ if boxes.is_empty() => "every box is decided by a check or by other boxes\n".to_owned(),
        likely => format!(
            "{} manual, {likely} with a check that may be meant\nnext: cargo xtask bind {}\n",
            boxes.len(),
            one_line(call)
        ),
    };
    text
}

/// A box, why only a person decides it, and the check that may be meant.
pub(crate) fn unbound(it: &Unbound) -> String {
    let line = it.line.map(|line| format!("  (line {line})"));
    let mut text = format!(
        "{}{}\n",
        style(one_line(&it.id)).bold(),
        style(line.unwrap_or_default()).dim()
    );
    text += &wrapped(&one_line(&it.text), 4);
    if it.reason != UNBOUND {
        text += &wrapped(&one_line(&it.reason), 4);
    }
    if let Some(check) = &it.perhaps {
        text += &wrapped(&format!("perhaps {}", one_line(check)), 4);
    }
    text
}

/// The verdict of what was chosen for one box.
pub(crate) fn verdict(report: &Report) -> String {
    let judged = report.boxes().map(|judged| box_text(judged, report));
    judged.collect()
}

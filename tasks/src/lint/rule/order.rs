//! `order`: ids that occur twice, or that come after a later one.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::lint::{Against, Diagnostic, Level, Subject};

pub(super) const NAME: &str = "order";

pub(super) fn find(subject: &Subject, _: Option<Against<'_>>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut seen = HashMap::new();
    let mut last: Option<&str> = None;
    for task in &subject.tasks {
        let id = task.id.text.as_str();
        if seen.insert(id.to_lowercase(), ()).is_some() {
            let message = format!("there is another task `{id}`");
            found.push(
                Diagnostic::new(NAME, Level::Error, &task.id.span, message)
                    .help("give each task an id of its own"),
            );
        } else if let Some(before) = last.filter(|before| compare(id, before) == Ordering::Less) {
            let message = format!("task `{id}` comes after `{before}`");
            found.push(
                Diagnostic::new(NAME, Level::Warning, &task.id.span, message)
                    .label("tasks are done in the order in which they stand")
                    .help("put it where its number says, or number the tasks as they stand"),
            );
        }
        last = Some(id);
    }
    found
}

/// Numbers by their value, everything else by its letters: `2.10` comes after `2.9`, `5b.1`
/// after `5a.2`.
fn compare(left: &str, right: &str) -> Ordering {
    parts(left).cmp(&parts(right))
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Letters(String),
}

fn parts(id: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = id;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != digits);
        let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
        parts.push(match part.parse() {
            Ok(number) if digits => Part::Number(number),
            _ => Part::Letters(part.to_lowercase()),
        });
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_by_their_value() {
        for (left, right, expected) in [
            ("2.9", "2.10", Ordering::Less),
            ("2.1", "2.1.1", Ordering::Less),
            ("5b.1", "5a.2", Ordering::Greater),
            ("T002", "T010b", Ordering::Less),
            ("T10", "T10b", Ordering::Less),
            ("2.1", "2.1", Ordering::Equal),
        ] {
            assert_eq!(compare(left, right), expected, "{left} {right}");
        }
    }
}

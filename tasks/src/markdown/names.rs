//! The ids of a plan file, which are unique, from those of a document, which need not be.

use std::collections::HashMap;

use super::document::Document;
use crate::plan::is_reserved;

/// The ids of tasks and boxes.
pub(super) struct Names {
    /// The id of each task, in the document's order.
    pub(super) tasks: Vec<String>,
    /// What stands between a task's id and the number of its box.
    between: &'static str,
}

impl Names {
    pub(super) fn new(document: &Document) -> Self {
        let mut taken: HashMap<String, usize> = HashMap::new();
        let mut tasks = Vec::new();
        for (task, position) in document.tasks.iter().zip(1_usize..) {
            let wanted = task.id.as_deref().map(word).filter(|id| !id.is_empty());
            tasks.push(free(
                wanted.unwrap_or_else(|| position.to_string()),
                &mut taken,
            ));
        }
        // Where a task `2` has a subtask `2.1`, its boxes cannot have that form.
        let collides = tasks.iter().zip(&document.tasks).any(|(id, task)| {
            (1..=task.criteria.len() + 1)
                .any(|number| taken.contains_key(&format!("{id}.{number}")))
        });
        Self {
            tasks,
            between: if collides { ".c" } else { "." },
        }
    }

    /// The id of the n-th box of a task, from 1.
    pub(super) fn of_box(&self, task: &str, number: usize) -> String {
        format!("{task}{}{number}", self.between)
    }
}

/// `id`, or the first of `id-2`, `id-3`, … that is not taken. Of each id it is remembered how far
/// that went.
fn free(id: String, taken: &mut HashMap<String, usize>) -> String {
    let mut number = taken.get(&id).copied().unwrap_or(0);
    let mut free = id.clone();
    while number > 0 && taken.contains_key(&free) {
        number += 1;
        free = format!("{id}-{number}");
    }
    taken.insert(id, number.max(1));
    taken.entry(free.clone()).or_insert(1);
    free
}

/// The word for the milestone: from its number, else from the file's name.
pub(super) fn milestone(document: &Document, file: &str) -> String {
    let numbered = document.header.id.as_deref().map(word);
    let id = match numbered.filter(|id| !id.is_empty()) {
        Some(id) if id.starts_with(|c: char| c.is_ascii_digit()) => format!("m{id}"),
        Some(id) => id,
        None => stem(file),
    };
    let id = id.trim_start_matches(['-', '.']).to_lowercase();
    match id.as_str() {
        "" => "plan".to_owned(),
        taken if is_reserved(taken) => format!("{taken}-plan"),
        _ => id,
    }
}

fn stem(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    word(stem)
}

/// Letters, digits, `-`, `_` and `.`; everything else becomes a dash.
fn word(text: &str) -> String {
    let shown = |c: char| {
        if c.is_ascii_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '-'
        }
    };
    let word: String = text.trim().chars().map(shown).take(60).collect();
    word.trim_matches(['-', '.']).to_owned()
}

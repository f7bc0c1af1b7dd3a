//! `repeated`: a sentence that stands in two boxes of the same task.

use std::collections::HashMap;

use crate::lint::{Against, Diagnostic, Level, Subject};

pub(super) const NAME: &str = "repeated";

pub(super) fn find(subject: &Subject, _: Option<Against<'_>>) -> Vec<Diagnostic> {
    let mut first = HashMap::new();
    let mut found = Vec::new();
    for line in &subject.boxes {
        let words = words(&line.text.text);
        if words.is_empty() {
            continue;
        }
        match first.get(&words) {
            None => {
                first.insert(words, line.task.as_ref());
            }
            Some(task) => {
                let message = match task {
                    Some(task) if line.task.as_ref() == Some(task) => {
                        format!("task `{task}` has this criterion twice")
                    }
                    Some(task) => format!("this stands in task `{task}` already"),
                    None => "this stands in the plan already".to_owned(),
                };
                found.push(
                    Diagnostic::new(NAME, Level::Note, &line.text.span, message)
                        .help("say what is different here, or leave it to one of them"),
                );
            }
        }
    }
    found
}

/// Words without marks, in small letters.
fn words(text: &str) -> String {
    let words = text.split(|c: char| !(c.is_alphanumeric() || "_./:-".contains(c)));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").to_lowercase()
}

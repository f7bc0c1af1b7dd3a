//! Patterns of sentences, compiled once.

use std::sync::OnceLock;

use regex::{Captures, Regex, RegexBuilder};

/// A pattern over the [shape](super::sentence::Sentence::shape) of a sentence, in which `§` stands
/// for a code span. Case does not count, and the whole sentence must match.
pub(super) struct Pattern {
    text: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(super) const fn new(text: &'static str) -> Self {
        Self {
            text,
            compiled: OnceLock::new(),
        }
    }

    /// The groups of the pattern, if the whole of `shape` matches.
    pub(super) fn captures<'s>(&self, shape: &'s str) -> Option<Captures<'s>> {
        let compiled = self.compiled.get_or_init(|| {
            let whole = format!("^(?:{})$", self.text);
            RegexBuilder::new(&whole)
                .case_insensitive(true)
                .build()
                .ok()
        });
        compiled.as_ref()?.captures(shape)
    }

    /// Whether the whole of `shape` matches.
    pub(super) fn fits(&self, shape: &str) -> bool {
        self.captures(shape).is_some()
    }
}

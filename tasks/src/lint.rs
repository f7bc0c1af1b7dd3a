//! What is wrong with a plan itself: tests that cannot fail, sentences that nothing decides,
//! claims that the repository refutes.
//!
//! A plan is looked at as a [`Subject`], so that Markdown and plan files share their rules; each
//! rule is a file. A rule says what it saw and what to write instead; nothing is repaired.

pub mod markdown;
pub mod subject;
pub mod toml;

mod named;
mod rule;

use std::ops::Range;

use checks::path::RepoPath;
use checks::snapshot::Snapshot;
use checks::verdict::Place;
use serde::Serialize;

pub use rule::NAMES;
pub use subject::Subject;

/// One thing that is wrong with a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule that found it, one of [`NAMES`].
    pub rule: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What is wrong.
    pub message: String,
    /// The bytes of the plan that are meant.
    pub span: Range<usize>,
    /// What stands under the culprit.
    pub label: Option<String>,
    /// What follows from it, or what it rests on.
    pub notes: Vec<String>,
    /// Places in the repository that speak against the plan.
    pub places: Vec<Place>,
    /// What to write instead.
    pub help: Option<String>,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Somebody will be misled.
    Warning,
    /// The plan says what is not so, or a test of it cannot fail.
    Error,
}

/// What the plan is compared with.
#[derive(Clone, Copy)]
pub struct Against<'a> {
    /// The state that the plan wants changed.
    pub snapshot: &'a dyn Snapshot,
    /// Whether any revision ever held a file; none if that cannot be known.
    pub ever_held: &'a dyn Fn(&RepoPath) -> Option<bool>,
}

/// Everything that the rules find, in the order of the plan's lines. Without a repository the
/// rules that need one are silent.
#[must_use]
pub fn lint(subject: &Subject, against: Option<Against<'_>>) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = rule::RULES
        .iter()
        .flat_map(|(_, rule)| rule(subject, against))
        .collect();
    found.sort_by_key(|it| (it.span.start, it.span.end, std::cmp::Reverse(it.level)));
    // Two branches of a chain may break at the same link.
    found.dedup();
    found
}

/// The exit code of a lint: 1 for an error or a warning, else 0.
#[must_use]
pub fn exit_code(found: &[Diagnostic]) -> u8 {
    u8::from(found.iter().any(|it| it.level > Level::Note))
}

impl Diagnostic {
    fn new(rule: &'static str, level: Level, span: &Range<usize>, message: String) -> Self {
        Self {
            rule,
            level,
            message,
            span: span.clone(),
            label: None,
            notes: Vec::new(),
            places: Vec::new(),
            help: None,
        }
    }

    fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    fn places(mut self, places: Vec<Place>) -> Self {
        self.places = places;
        self
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

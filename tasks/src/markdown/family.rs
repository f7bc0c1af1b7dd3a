//! The families of plans: how different authors and tools write their tasks.
//!
//! They are tried from the surest sign to the weakest. What only looks like tasks is a
//! [guess](Family::is_guess), and the output says so.

mod backlog;
mod bmad;
mod get_shit_done;
mod guess;
mod headings;
mod rows;
pub(super) mod task_master;

use std::fmt;
use std::ops::Range;

use serde::Serialize;

use super::document::{Command, Criterion, FileEntry, Header, Place};
use super::lines::Scan;

/// By which rules a document was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Headings `Task N: …` with labelled fields.
    Milestone,
    /// Headings `Task N: …` with steps and `Run:` lines.
    Superpowers,
    /// Rows `- [ ] T001 …`.
    SpecKit,
    /// Rows `- [ ] 1.1 …` below headings `## 1. …`.
    #[serde(rename = "openspec")]
    OpenSpec,
    /// Rows `- [ ] 1. …` with the requirements that they meet.
    Kiro,
    /// Other rows with a box and an id.
    Rows,
    /// One task a file, with `id` and `status` in the front matter.
    Backlog,
    /// The JSON of task-master.
    TaskMaster,
    /// `<task>` elements.
    #[serde(rename = "gsd")]
    GetShitDone,
    /// A story with `Tasks / Subtasks`.
    Bmad,
    /// A guess: headings that own boxes.
    GuessedBoxes,
    /// A guess: numbered headings.
    GuessedSteps,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 12] = [
        Self::Milestone,
        Self::Superpowers,
        Self::SpecKit,
        Self::OpenSpec,
        Self::Kiro,
        Self::Rows,
        Self::Backlog,
        Self::TaskMaster,
        Self::GetShitDone,
        Self::Bmad,
        Self::GuessedBoxes,
        Self::GuessedSteps,
    ];

    /// Whether its tasks are rows with a box.
    #[must_use]
    pub fn has_rows(self) -> bool {
        matches!(
            self,
            Self::SpecKit | Self::OpenSpec | Self::Kiro | Self::Rows | Self::Bmad
        )
    }

    /// Whether nothing in the document says outright that these are tasks.
    #[must_use]
    pub fn is_guess(self) -> bool {
        matches!(self, Self::GuessedBoxes | Self::GuessedSteps)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Milestone => "milestone plan",
            Self::Superpowers => "superpowers plan",
            Self::SpecKit => "spec-kit tasks",
            Self::OpenSpec => "OpenSpec tasks",
            Self::Kiro => "Kiro tasks",
            Self::Rows => "rows with ids",
            Self::Backlog => "Backlog.md task",
            Self::TaskMaster => "task-master tasks",
            Self::GetShitDone => "GSD plan",
            Self::Bmad => "BMAD story",
            Self::GuessedBoxes => "guessed: a heading that owns boxes is a task",
            Self::GuessedSteps => "guessed: a numbered heading is a task",
        })
    }
}

/// What a family's reader found.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) family: Family,
    pub(super) header: Header,
    pub(super) tasks: Vec<RawTask>,
}

impl Read {
    fn new(family: Family, tasks: Vec<RawTask>) -> Self {
        Self {
            family,
            header: Header::default(),
            tasks,
        }
    }
}

/// A task whose lines are known, and what its family's reader has read of them already.
#[derive(Debug, Clone)]
pub(super) struct RawTask {
    pub(super) id: Option<String>,
    pub(super) title: String,
    pub(super) place: Place,
    /// The indices of the lines below its first one.
    pub(super) body: Range<usize>,
    /// Whether its reader has read the body, so that nobody need read it again.
    pub(super) is_read: bool,
    pub(super) done: Option<bool>,
    pub(super) kind: Option<String>,
    pub(super) needs: Vec<String>,
    pub(super) files: Vec<FileEntry>,
    pub(super) criteria: Vec<Criterion>,
    pub(super) commands: Vec<Command>,
}

impl RawTask {
    fn new(id: Option<String>, title: &str, place: Place, body: Range<usize>) -> Self {
        Self {
            id,
            title: title.to_owned(),
            place,
            body,
            is_read: false,
            done: None,
            kind: None,
            needs: Vec::new(),
            files: Vec::new(),
            criteria: Vec::new(),
            commands: Vec::new(),
        }
    }

    /// The indices of all of its lines.
    pub(super) fn lines(&self) -> Range<usize> {
        self.place.line.saturating_sub(1)..self.body.end.max(self.place.line)
    }
}

/// Whether a heading says that it is a task.
pub(super) fn names_tasks(scan: &Scan<'_>) -> bool {
    headings::read(scan).is_some()
}

/// Finds the family of a document and its tasks; none if there is no sign of any.
pub(super) fn recognise(name: &str, scan: &Scan<'_>) -> Option<Read> {
    backlog::read(name, scan)
        .or_else(|| get_shit_done::read(scan))
        .or_else(|| headings::read(scan))
        .or_else(|| bmad::read(scan))
        .or_else(|| rows::read(scan))
        .or_else(|| guess::read(name, scan))
}

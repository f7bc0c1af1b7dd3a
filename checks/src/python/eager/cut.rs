//! The smallest set of import statements that, once deferred, free the entry from the target.
//!
//! A minimum cut in the network of what loads what (`model`), proved by the largest flow, and
//! then tried: the statements are taken out of the files (`rewrite`), and the entry is imported
//! again. What that run shows besides is added to the network until a cut holds.

mod model;
mod network;
mod rewrite;
mod search;
mod statement;
mod stuck;
mod world;

use crate::path::RepoPath;
use crate::python::stack::with_room;
use crate::verdict::Place;

use super::{Root, Settings};

use search::Search;

/// A kind of change that may be made to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MoveKind {
    /// The statement goes into the functions that use it.
    Plain,
    /// A module `__getattr__` imports what others ask the module for (PEP 562).
    Getattr,
    /// `from __future__ import annotations`: annotations are no longer evaluated (PEP 563).
    Annotations,
}

/// What was found.
#[derive(Debug, Clone)]
pub enum CutAnswer {
    /// The target is not loaded to begin with.
    NotReached,
    /// These statements.
    Found(Cut),
    /// By the allowed changes the target stays loaded; the statements on one way that they leave.
    Impossible(Vec<Stuck>),
    /// It is not known, for this reason.
    Undecided(String),
}

/// Statements to defer.
#[derive(Debug, Clone)]
pub struct Cut {
    /// The statements, by file and line.
    pub moves: Vec<Moved>,
    /// The statements on the first chain that are not offered.
    pub stuck: Vec<Stuck>,
    /// The files as they were when the target was no longer loaded.
    pub edits: Vec<Edit>,
}

/// A statement to defer.
#[derive(Debug, Clone)]
pub struct Moved {
    /// Where it starts.
    pub place: Place,
    /// The whole statement, on one line.
    pub source: String,
    /// What that takes; plain alone, or the others.
    pub kinds: Vec<MoveKind>,
    /// The names that it no longer binds on load.
    pub names: Vec<String>,
}

/// A statement that cannot be deferred.
#[derive(Debug, Clone)]
pub struct Stuck {
    /// Where it starts.
    pub place: Place,
    /// The whole statement, on one line.
    pub source: String,
    /// Why, as a sentence.
    pub why: String,
}

/// A file that was rewritten.
#[derive(Debug, Clone)]
pub struct Edit {
    /// The number of its root.
    pub root: usize,
    /// The file, seen from the top of its root's snapshot.
    pub path: RepoPath,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// The smallest set of statements that frees `entry` from `target` by the `allowed` changes.
#[must_use]
pub fn cut(
    entry: &str,
    target: &str,
    roots: &[Root],
    settings: &Settings,
    allowed: &[MoveKind],
) -> CutAnswer {
    with_room(|| Search::new(entry, target, roots, settings, allowed).run())
}

impl MoveKind {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Getattr => "getattr",
            Self::Annotations => "annotations",
        }
    }
}

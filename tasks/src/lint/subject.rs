//! A plan as the rules see it, whichever way it is written: what it says, and where.

use std::collections::BTreeSet;
use std::ops::Range;

use checks::path::RepoPath;

use crate::plan::Claim;

/// A plan as the rules see it. Every span is in bytes of the plan's text.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The tasks, in order.
    pub tasks: Vec<TaskLine>,
    /// Every file that the tasks name, also those that they make.
    pub known: BTreeSet<RepoPath>,
    /// The boxes, in order.
    pub boxes: Vec<BoxLine>,
    /// The shell lines by which its author would test, in order.
    pub lines: Vec<ShellLine>,
    /// The shell fences with several lines.
    pub fences: Vec<Fence>,
    /// Python that the plan wants run, or shows.
    pub programs: Vec<Program>,
    /// What it says about the code.
    pub claims: Vec<ClaimLine>,
    /// The openings of fences that are never closed.
    pub unclosed: Vec<Range<usize>>,
    /// The module that must load, and the one it must load without.
    pub entry: Option<(String, String)>,
}

/// Words and where they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned {
    /// The words.
    pub text: String,
    /// Where they stand.
    pub span: Range<usize>,
}

/// A task.
#[derive(Debug, Clone)]
pub struct TaskLine {
    /// Its id.
    pub id: Spanned,
    /// The files that it names as being there already.
    pub files: Vec<NamedFile>,
}

/// A file that a plan names.
#[derive(Debug, Clone)]
pub struct NamedFile {
    /// The file.
    pub path: RepoPath,
    /// Where the plan names it.
    pub span: Range<usize>,
}

/// A box.
#[derive(Debug, Clone)]
pub struct BoxLine {
    /// Its text.
    pub text: Spanned,
    /// The task that it belongs to.
    pub task: Option<String>,
    /// The files that its words or its checks take for granted.
    pub files: Vec<NamedFile>,
    /// How it is decided.
    pub decided: Decided,
}

/// How a box is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// By a check.
    Check,
    /// By other boxes or tasks.
    Derived,
    /// Only by a person, for the reason that the plan gives, if it gives one.
    Nothing(Option<String>),
}

/// A line of shell.
#[derive(Debug, Clone)]
pub struct ShellLine {
    /// The line.
    pub line: Spanned,
    /// What a comment beside it says that it should do.
    pub expectation: Option<String>,
}

/// A program in Python.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its text.
    pub text: String,
    /// Where each of its lines stands.
    pub lines: Vec<Range<usize>>,
}

/// A fence of shell.
#[derive(Debug, Clone)]
pub struct Fence {
    /// Its opening line.
    pub opening: Range<usize>,
    /// How many of its statements are tests.
    pub tests: usize,
    /// Whether it stops at the first that fails (`set -e`).
    pub stops: bool,
}

/// A claim.
#[derive(Debug, Clone)]
pub struct ClaimLine {
    /// What is claimed.
    pub claim: Claim,
    /// Where.
    pub span: Range<usize>,
}

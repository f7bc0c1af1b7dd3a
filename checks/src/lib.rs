//! What can be asked of one state of a repository.
//!
//! A [`Snapshot`](snapshot::Snapshot) is one read-only state; a check asks it one question and
//! answers with a [`Verdict`](verdict::Verdict): pass, fail with findings, or undecided with the
//! reason. Every check also knows how to plant its own violation, so that a check that cannot
//! fail is found out.
//!
//! This crate knows no git, no plan, no terminal and no clock, and reads nothing except through
//! the snapshot it is handed.

pub mod cache;
pub mod check;
pub mod example;
pub mod files;
pub mod path;
pub mod python;
pub mod shell;
pub mod snapshot;
pub mod verdict;

//! What a milestone plan asks, in which order, and whether it holds.
//!
//! A [`Plan`](plan::Plan) is read from a file and validated; [`verify`](verify::verify) asks its
//! checks of a snapshot and makes a [`Report`](report::Report), complete before anybody prints a
//! byte of it. The exit code is a function of the report.
//!
//! This crate knows no git, no terminal and no clock: snapshots, today's date and the checks
//! that need the outside world are handed in.

pub mod binding;
pub mod builtin;
pub mod deviation;
pub mod lines;
pub mod lint;
pub mod markdown;
pub mod nearest;
pub mod outside;
pub mod plan;
pub mod report;
pub mod verify;

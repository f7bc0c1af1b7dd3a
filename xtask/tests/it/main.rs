//! The tool as its users run it: a process in a repository.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod audit;
mod baseline;
mod bind;
mod claims;
mod controls;
mod environment;
mod evidence;
mod history;
mod hostile;
mod import;
mod imports;
mod isolated;
mod journey;
mod kill;
mod lint;
mod milestones;
mod odd_repositories;
mod own_plans;
mod picture;
mod readme;
mod reuse;
mod revision;
mod sample;
mod schema;
mod several;
mod side_by_side;
mod stress;
mod supervised;
mod suspended;
mod terminal;
mod trust;
mod wrong_calls;

//! What a plan means, from its text to the report.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod bind;
mod deviation;
mod lint;
mod m2;
mod markdown;
mod plan;
mod scripted;
mod verify;

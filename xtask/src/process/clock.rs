//! How long a program has been running.

use std::time::{Duration, Instant};

/// A clock that stands still while a program is held.
#[derive(Debug)]
pub(super) struct Clock {
    before: Duration,
    /// None while it stands still.
    since: Option<Instant>,
}

impl Clock {
    /// One that runs from now on.
    pub(super) fn start() -> Self {
        Self {
            before: Duration::ZERO,
            since: Some(Instant::now()),
        }
    }

    /// How long it has been running.
    pub(super) fn elapsed(&self) -> Duration {
        let now = self.since.map(|since| since.elapsed());
        self.before.saturating_add(now.unwrap_or_default())
    }

    /// Lets it stand still.
    pub(super) fn hold(&mut self) {
        self.before = self.elapsed();
        self.since = None;
    }

    /// Lets it run again.
    pub(super) fn go_on(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }
}

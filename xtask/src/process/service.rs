//! What is agreed between a program that serves and the work that leans on it.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A program that runs while work is done with it.
#[derive(Debug, Clone)]
pub(crate) struct Service(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    waker: UnixStream,
}

#[derive(Debug, Default)]
struct State {
    /// The work is done.
    released: bool,
    /// The program has ended, or is being ended.
    over: bool,
}

impl Service {
    pub(super) fn new(waker: UnixStream) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            waker,
        }))
    }

    /// Waits until the program is over.
    pub(crate) fn wait(&self) {
        let state = self.state();
        let waited = self.0.changed.wait_while(state, |state| !state.over);
        drop(waited);
    }

    /// Waits a while, but no longer than until the program is over; whether it is.
    pub(crate) fn pause(&self, limit: Duration) -> bool {
        let state = self.state();
        let waited = self
            .0
            .changed
            .wait_timeout_while(state, limit, |state| !state.over);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.over
    }

    pub(super) fn over(&self) {
        self.state().over = true;
        self.0.changed.notify_all();
    }

    /// Has the program ended, if it is not over: it is needed no more.
    pub(crate) fn release(&self) {
        self.state().released = true;
        // Nobody reads any more: then the program is over already.
        let _ = (&self.0.waker).write(b".");
    }

    pub(super) fn is_released(&self) -> bool {
        self.state().released
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

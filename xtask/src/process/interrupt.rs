//! Signals that ask the runner to end, while a program runs.

use std::io;
use std::os::unix::net::UnixStream;

use signal_hook::SigId;
use signal_hook::consts::SIGCHLD;
use signal_hook::low_level;

use crate::signals::{Listener, name};

/// Holds off the signals that would end the runner, as long as a program runs.
pub(super) struct Interrupts {
    listener: Listener,
    waker: UnixStream,
    wakers: Vec<SigId>,
}

impl Interrupts {
    /// Begins to hold them off; the stream becomes readable when one of them arrives, and when
    /// a child ends.
    pub(super) fn begin() -> io::Result<(Self, UnixStream)> {
        let (wake, waker) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        let mut interrupts = Self {
            listener: Listener::begin()?,
            waker,
            wakers: Vec::new(),
        };
        for signal in interrupts.listener.signals().into_iter().chain([SIGCHLD]) {
            let waker = low_level::pipe::register(signal, interrupts.waker()?)?;
            interrupts.wakers.push(waker);
        }
        Ok((interrupts, wake))
    }

    /// What is written to it makes the stream readable.
    pub(super) fn waker(&self) -> io::Result<UnixStream> {
        self.waker.try_clone()
    }

    /// The name of the last one that has arrived.
    pub(super) fn told(&self) -> Option<String> {
        self.listener.told().map(name)
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        for &waker in &self.wakers {
            low_level::unregister(waker);
        }
    }
}

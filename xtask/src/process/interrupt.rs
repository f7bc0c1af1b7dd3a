//! Signals that ask the runner to end, while a program runs.

use std::ffi::c_int;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::SigId;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::{flag, low_level};

/// A signal's name.
pub(super) fn name(signal: c_int) -> String {
    low_level::signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned)
}

/// Holds off the signals that would end the runner, as long as a program runs.
pub(super) struct Interrupts {
    handlers: &'static Handlers,
    wakers: Vec<SigId>,
}

impl Interrupts {
    /// Begins to hold them off; the stream becomes readable when one of them arrives, and when
    /// a child ends.
    pub(super) fn begin() -> io::Result<(Self, UnixStream)> {
        static HANDLERS: OnceLock<Handlers> = OnceLock::new();
        let handlers = HANDLERS.get_or_init(Handlers::install);
        let (wake, waker) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        let mut interrupts = Self {
            handlers,
            wakers: Vec::new(),
        };
        for &signal in handlers.signals.iter().chain(&[SIGCHLD]) {
            let waker = low_level::pipe::register(signal, waker.try_clone()?)?;
            interrupts.wakers.push(waker);
        }
        handlers.caught.store(0, Ordering::SeqCst);
        handlers.idle.store(false, Ordering::SeqCst);
        Ok((interrupts, wake))
    }

    /// Whether one has arrived.
    pub(super) fn caught(&self) -> bool {
        self.handlers.caught.load(Ordering::SeqCst) != 0
    }

    /// Lets them through again; the name of the last one that arrived until now.
    pub(super) fn end(self) -> Option<String> {
        self.handlers.idle.store(true, Ordering::SeqCst);
        let caught = c_int::try_from(self.handlers.caught.load(Ordering::SeqCst)).ok()?;
        (caught != 0).then(|| name(caught))
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.handlers.idle.store(true, Ordering::SeqCst);
        for &waker in &self.wakers {
            low_level::unregister(waker);
        }
    }
}

/// Installed once and for good: a handler that is taken away again would leave the signal
/// ignored, so these do what the system would do as long as no program runs.
struct Handlers {
    signals: Vec<c_int>,
    idle: Arc<AtomicBool>,
    caught: Arc<AtomicUsize>,
}

impl Handlers {
    fn install() -> Self {
        let idle = Arc::new(AtomicBool::new(true));
        let caught = Arc::new(AtomicUsize::new(0));
        let mut signals = vec![SIGINT, SIGTERM, SIGHUP, SIGQUIT];
        // `nohup` and shells that run us in the background ignore some of these on purpose.
        let ignored = ignored();
        signals.retain(|signal| ignored & (1 << (signal - 1)) == 0);
        signals.retain(|&signal| {
            let number = usize::try_from(signal).unwrap_or_default();
            flag::register_conditional_default(signal, idle.clone()).is_ok()
                && flag::register_usize(signal, caught.clone(), number).is_ok()
        });
        Self {
            signals,
            idle,
            caught,
        }
    }
}

/// The signals that this process was told to ignore, as a bit mask; none where there is no
/// `/proc`.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}

//! Being told to stop: Ctrl-C, a closed terminal, a polite kill.
//!
//! The one place that catches signals. While somebody [listens](Listener), a signal does not end
//! the program on the spot: programs that were started are ended, locks and temporary files are
//! cleared away first. While nobody does, signals mean what they always mean.

use std::ffi::c_int;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::{SigId, flag, low_level};

/// The signals that ask a program to end.
const SIGNALS: [c_int; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// Somebody who is told about signals instead of being ended by them.
pub(crate) struct Listener {
    told: Arc<AtomicUsize>,
    flags: Vec<SigId>,
}

/// Who listens in this process. The system's own action is gone for good once a signal was
/// caught, so it is emulated while nobody listens.
struct Listeners {
    count: usize,
    nobody: Option<Arc<AtomicBool>>,
    signals: Vec<c_int>,
}

static LISTENERS: Mutex<Listeners> = Mutex::new(Listeners {
    count: 0,
    nobody: None,
    signals: Vec::new(),
});

impl Listener {
    /// Begins to listen; several may at once, and each is told.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub(crate) fn begin() -> io::Result<Self> {
        let mut listeners = listeners();
        listeners.emulate_default()?;
        let count = listeners.count + 1;
        listeners.change(count);
        let signals = listeners.signals.clone();
        // Dropping a listener takes the lock again.
        drop(listeners);
        let mut listener = Self {
            told: Arc::default(),
            flags: Vec::new(),
        };
        for signal in signals {
            let number = usize::try_from(signal).unwrap_or_default();
            let told = listener.told.clone();
            listener
                .flags
                .push(flag::register_usize(signal, told, number)?);
        }
        Ok(listener)
    }

    /// The signals that it is told about.
    pub(crate) fn signals(&self) -> Vec<c_int> {
        listeners().signals.clone()
    }

    /// The last signal that arrived since it began to listen.
    pub(crate) fn told(&self) -> Option<c_int> {
        let told = c_int::try_from(self.told.load(Ordering::SeqCst)).ok()?;
        (told != 0).then_some(told)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for id in self.flags.drain(..) {
            low_level::unregister(id);
        }
        let mut listeners = listeners();
        let count = listeners.count.saturating_sub(1);
        listeners.change(count);
    }
}

impl Listeners {
    fn emulate_default(&mut self) -> io::Result<()> {
        if self.nobody.is_some() {
            return Ok(());
        }
        let nobody = Arc::new(AtomicBool::new(true));
        self.signals = heeded();
        for signal in &self.signals {
            flag::register_conditional_default(*signal, nobody.clone())?;
        }
        self.nobody = Some(nobody);
        Ok(())
    }

    fn change(&mut self, count: usize) {
        self.count = count;
        if let Some(nobody) = &self.nobody {
            nobody.store(count == 0, Ordering::SeqCst);
        }
    }
}

/// The signals that ask this process to end and that it was not told to ignore: `nohup`, and
/// shells that run us in the background, ignore some of them on purpose.
fn heeded() -> Vec<c_int> {
    let heeded = SIGNALS.into_iter().filter(|signal| !is_ignored(*signal));
    heeded.collect()
}

/// Whether this process was told to ignore a signal.
pub(crate) fn is_ignored(signal: c_int) -> bool {
    ignored() & (1 << (signal - 1)) != 0
}

/// A signal's name.
pub(crate) fn name(signal: c_int) -> String {
    low_level::signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned)
}

fn listeners() -> MutexGuard<'static, Listeners> {
    LISTENERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The signals that this process was told to ignore, as a bit mask; none where there is no
/// `/proc`.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}

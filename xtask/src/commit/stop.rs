//! Being told to stop: Ctrl-C, a closed terminal, a polite kill.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::low_level::unregister;

use crate::failure::Failure;

const SIGNALS: [i32; 3] = [SIGHUP, SIGINT, SIGTERM];

/// While it lives, a signal does not end the program on the spot: locks and temporary files
/// are cleared away first. Dropped, the signals mean what they always mean.
pub(super) struct Stop {
    told: Arc<AtomicBool>,
    flags: Vec<SigId>,
}

/// Who listens in this process. The system's own action is gone for good once a signal was
/// caught, so it is emulated while nobody listens.
struct Listeners {
    count: usize,
    nobody: Option<Arc<AtomicBool>>,
}

static LISTENERS: Mutex<Listeners> = Mutex::new(Listeners {
    count: 0,
    nobody: None,
});

impl Stop {
    pub(super) fn listen() -> Result<Self, Failure> {
        Self::register().map_err(|e| Failure::because("signals cannot be caught", e))
    }

    /// # Errors
    ///
    /// The program was told to stop.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.told.load(Ordering::SeqCst) {
            return Err(Failure::new("interrupted: nothing was committed"));
        }
        Ok(())
    }

    /// A step that failed after the program was told to stop failed because of that: Ctrl-C
    /// reaches the programs that it started too.
    ///
    /// # Errors
    ///
    /// The step failed, or the program was told to stop.
    pub(super) fn after<T>(&self, step: Result<T, Failure>) -> Result<T, Failure> {
        self.check()?;
        step
    }

    fn register() -> io::Result<Self> {
        let mut listeners = listeners();
        listeners.emulate_default()?;
        let mut stop = Self {
            told: Arc::default(),
            flags: Vec::new(),
        };
        let count = listeners.count + 1;
        listeners.change(count);
        // Dropping a listener takes the lock again.
        drop(listeners);
        for signal in SIGNALS {
            stop.flags.push(flag::register(signal, stop.told.clone())?);
        }
        Ok(stop)
    }
}

impl Listeners {
    fn emulate_default(&mut self) -> io::Result<()> {
        if self.nobody.is_none() {
            let nobody = Arc::new(AtomicBool::new(true));
            for signal in SIGNALS {
                flag::register_conditional_default(signal, nobody.clone())?;
            }
            self.nobody = Some(nobody);
        }
        Ok(())
    }

    fn change(&mut self, count: usize) {
        self.count = count;
        if let Some(nobody) = &self.nobody {
            nobody.store(count == 0, Ordering::SeqCst);
        }
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        for id in self.flags.drain(..) {
            unregister(id);
        }
        let mut listeners = listeners();
        let count = listeners.count.saturating_sub(1);
        listeners.change(count);
    }
}

fn listeners() -> MutexGuard<'static, Listeners> {
    LISTENERS.lock().unwrap_or_else(PoisonError::into_inner)
}

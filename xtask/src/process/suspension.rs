//! Ctrl-Z: programs are held with the runner, and their time stands still.
//!
//! Supervisors have left the terminal's session, so that a program does not see what stops the
//! runner. It would run on, fill its pipe, which nobody reads then, and be at its time-out for no
//! fault of its own.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use signal_hook::SigId;
use signal_hook::consts::SIGTSTP;
use signal_hook::{flag, low_level};

use super::clock::Clock;
use super::supervisor::{GO_ON, HOLD};
use crate::signals;

/// A program that is held while the runner is suspended.
pub(super) struct Held {
    program: Arc<Program>,
    waker: Option<SigId>,
}

struct Program {
    control: UnixStream,
    clock: Mutex<Clock>,
}

/// The programs that run now.
#[derive(Default)]
struct Programs {
    running: Vec<Arc<Program>>,
    asked: Option<Asked>,
}

/// What the signal does.
struct Asked {
    /// Stops the runner on the spot, as it always does: no program runs.
    at_once: Arc<AtomicBool>,
    /// Says that the runner was asked to stop.
    soon: Arc<AtomicBool>,
}

static PROGRAMS: LazyLock<Mutex<Programs>> = LazyLock::new(Mutex::default);

impl Held {
    /// Begins to measure the time of a program that was just started. What is written to `waker`
    /// says that the runner should [`suspend`] itself.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub(super) fn begin(control: UnixStream, waker: UnixStream) -> io::Result<Self> {
        let mut programs = programs();
        let waker = match programs.listen()? {
            true => Some(low_level::pipe::register(SIGTSTP, waker)?),
            false => None,
        };
        let program = Arc::new(Program {
            control,
            clock: Mutex::new(Clock::start()),
        });
        programs.running.push(Arc::clone(&program));
        Ok(Self { program, waker })
    }

    /// How long the program has been running.
    pub(super) fn elapsed(&self) -> Duration {
        self.program.clock().elapsed()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(waker) = self.waker {
            low_level::unregister(waker);
        }
        let mut programs = programs();
        programs
            .running
            .retain(|it| !Arc::ptr_eq(it, &self.program));
        if let (true, Some(asked)) = (programs.running.is_empty(), &programs.asked) {
            asked.at_once.store(true, Ordering::SeqCst);
        }
        drop(programs);
        suspend();
    }
}

/// Suspends the runner with all programs, if it was asked to; comes back when it is told to go on.
pub(super) fn suspend() {
    let programs = programs();
    let asked = programs.asked.as_ref();
    if !asked.is_some_and(|asked| asked.soon.swap(false, Ordering::SeqCst)) {
        return;
    }
    for program in &programs.running {
        program.clock().hold();
        program.tell(HOLD);
    }
    let _ = low_level::emulate_default_handler(SIGTSTP);
    for program in &programs.running {
        program.tell(GO_ON);
        program.clock().go_on();
    }
}

impl Programs {
    /// Begins to listen before the first program runs; whether there is something to listen to.
    fn listen(&mut self) -> io::Result<bool> {
        if signals::is_ignored(SIGTSTP) {
            return Ok(false);
        }
        if self.asked.is_none() {
            self.asked = Some(Asked::register()?);
        }
        if let (true, Some(asked)) = (self.running.is_empty(), &self.asked) {
            // It was obeyed at once.
            asked.soon.store(false, Ordering::SeqCst);
            asked.at_once.store(false, Ordering::SeqCst);
        }
        Ok(true)
    }
}

impl Asked {
    fn register() -> io::Result<Self> {
        let asked = Self {
            at_once: Arc::default(),
            soon: Arc::default(),
        };
        flag::register_conditional_default(SIGTSTP, Arc::clone(&asked.at_once))?;
        flag::register(SIGTSTP, Arc::clone(&asked.soon))?;
        Ok(asked)
    }
}

impl Program {
    /// Tells its supervisor; one that is gone needs no telling.
    fn tell(&self, word: u8) {
        let _ = (&self.control).write(&[word]);
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn programs() -> MutexGuard<'static, Programs> {
    PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner)
}

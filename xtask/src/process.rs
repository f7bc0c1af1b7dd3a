//! Runs programs: a supervisor for each, a time-out, nothing left behind.
//!
//! This is the one place that runs other people's programs. Whatever a program does (ignores
//! signals, starts daemons, keeps its output open, prints without end), [`serve`] comes back soon
//! after the program's end or its time-out, and no process that it started is left. On Linux
//! this also holds for daemons; elsewhere for what stays in the program's process group.
//!
//! Each program runs below a process of its own, the [supervisor]: what it leaves behind becomes
//! the supervisor's child, so that several programs may run side by side and every process is
//! known to belong to one of them. The supervisor ends them all when it is asked to, and when the
//! runner is no longer there, however that ended.

mod clock;
mod interrupt;
mod orphans;
mod output;
mod service;
mod supervised;
mod supervisor;
mod suspension;
#[cfg(target_os = "linux")]
mod table;
mod tree;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::{self, PipeReader, Read, Seek, SeekFrom};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::string::FromUtf8Error;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};

use crate::signals;
pub(crate) use service::Service;
pub(crate) use supervisor::supervise;

use interrupt::Interrupts;
use output::Output;
use supervised::Supervised;
use suspension::Held;

/// A program to run.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// The program and its arguments; a program with a `/` is looked for from `directory`.
    pub(crate) words: Vec<String>,
    /// Where it runs.
    pub(crate) directory: PathBuf,
    /// What is added to the environment.
    pub(crate) environment: BTreeMap<String, String>,
    /// How long it may run.
    pub(crate) timeout: Duration,
    /// The file that will hold all it prints.
    pub(crate) log: PathBuf,
}

/// A program that has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finished {
    /// How it ended.
    pub(crate) end: End,
    /// How long it ran.
    pub(crate) duration: Duration,
    /// The file that holds all it printed; none if the file could not be written to its end.
    pub(crate) log: Option<PathBuf>,
    /// The last lines that it printed, as plain text.
    pub(crate) tail: String,
    /// Whether something that it had started was still running when it ended by itself; that was
    /// ended too.
    pub(crate) left: bool,
    /// How many of its processes could not be ended, for instance because they belong to
    /// another user.
    pub(crate) survivors: usize,
}

impl Finished {
    /// What it printed, from the log: the last of it, if it is long. What is no text is a `?`.
    pub(crate) fn output(&self) -> String {
        let read = || -> io::Result<String> {
            let path = self.log.as_ref().ok_or(io::ErrorKind::NotFound)?;
            let mut file = File::open(path)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(READ_BACK)))?;
            let mut bytes = Vec::new();
            file.take(READ_BACK).read_to_end(&mut bytes)?;
            Ok(text(bytes))
        };
        read().unwrap_or_else(|_| self.tail.clone())
    }
}

/// Bytes as text, with a `?` for what is none, so that it takes no more room than they do.
fn text(bytes: Vec<u8>) -> String {
    let replaced = |error: FromUtf8Error| {
        let bytes = error.as_bytes();
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend((!chunk.invalid().is_empty()).then_some('?'));
        }
        text
    };
    String::from_utf8(bytes).unwrap_or_else(replaced)
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// With this exit status.
    Exited(i32),
    /// By this signal, which did not come from us.
    Signalled(String),
    /// It was ended because it was needed no more.
    Stopped,
    /// It was ended at its time-out.
    TimedOut,
    /// It was ended because this signal asked the runner to end; what the runner does about
    /// that is for the caller to decide.
    Interrupted(String),
}

/// Why a program did not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotStarted(String);

/// How much of a log is read back. In bytes.
const READ_BACK: u64 = 16 * 1024 * 1024;

/// Runs a program as long as `work` takes, which is done meanwhile on a thread of its own, and
/// hands what it prints (both streams, in order) to `watch`. Work that [waits](Service::wait)
/// lets the program run to its end. It does not see the variables that are `withheld`, unless
/// they stand in its own environment.
///
/// The program has no input. When the work is done, at the program's end, its time-out, or when
/// the runner is asked to end (SIGINT, SIGTERM, SIGHUP, SIGQUIT), everything that it started and
/// that is still there is asked to end, and killed half a second later.
///
/// # Errors
///
/// The program was not found or could not be started, or its log could not be created.
pub(crate) fn serve<T: Send>(
    program: &Program,
    withheld: &[&str],
    watch: &mut dyn FnMut(&[u8]),
    work: impl FnOnce(&Service) -> T + Send,
) -> Result<(Finished, T), NotStarted> {
    let output = Output::new(&program.log, watch).map_err(|error| {
        let log = program.log.display();
        NotStarted(format!("the log `{log}` cannot be written: {error}"))
    })?;
    let (interrupts, wake) = Interrupts::begin().map_err(NotStarted::system)?;
    let (supervised, reader) = Supervised::start(program, withheld)?;
    let held = || Held::begin(supervised.control().try_clone()?, interrupts.waker()?);
    let mut running = Running {
        held: held().map_err(NotStarted::system)?,
        supervised,
        reader: Some(reader),
        wake,
        output,
    };
    let service = Service::new(interrupts.waker().map_err(NotStarted::system)?);
    running.begin(&interrupts, program.timeout)?;
    let served = thread::scope(|scope| {
        let worker = thread::Builder::new().spawn_scoped(scope, || {
            let done = work(&service);
            service.release();
            done
        })?;
        let early = running.attend(&interrupts, &service, program.timeout);
        let duration = running.held.elapsed();
        service.over();
        running.end();
        Ok::<_, io::Error>((early, duration, worker.join()))
    });
    // Without a thread for the work the program is ended with its supervisor.
    let (early, duration, done) = served.map_err(NotStarted::system)?;
    let (end, left, survivors) = running.supervised.finish();
    running.drain();
    let end = match (interrupts.told(), early) {
        (Some(signal), _) => End::Interrupted(signal),
        (None, Early::TimedOut) => End::TimedOut,
        (None, Early::Released) => End::Stopped,
        (None, Early::Ended) => end,
    };
    let (log, tail) = running.output.finish();
    let finished = Finished {
        end,
        duration,
        log,
        tail,
        left,
        survivors,
    };
    match done {
        Ok(done) => Ok((finished, done)),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Exited(code),
            (None, Some(signal)) => Self::Signalled(signals::name(signal)),
            (None, None) => Self::Signalled(status.to_string()),
        }
    }
}

impl End {
    /// The system does not say how the program ended: never taken for an exit status.
    fn unknown(why: String) -> Self {
        Self::Signalled(why)
    }
}

impl NotStarted {
    fn system(error: impl fmt::Display) -> Self {
        Self(format!("programs cannot be run: {error}"))
    }
}

impl fmt::Display for NotStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotStarted {}

/// A program at work.
struct Running<'a> {
    held: Held,
    supervised: Supervised,
    /// What it prints; none once nobody can print any more.
    reader: Option<PipeReader>,
    /// Becomes readable when a signal wants to be looked at, or the work is done.
    wake: UnixStream,
    output: Output<'a>,
}

/// Why the runner stops attending to a program.
enum Early {
    Ended,
    TimedOut,
    Released,
}

impl Running<'_> {
    /// Waits until the program has begun to run. Whether it does so in time is seen later: it may
    /// stop its supervisor before that could say so.
    fn begin(&mut self, interrupts: &Interrupts, limit: Duration) -> Result<(), NotStarted> {
        while !self.supervised.has_begun()? && interrupts.told().is_none() {
            let left = limit.saturating_sub(self.held.elapsed());
            if left.is_zero() {
                break;
            }
            self.listen(left);
        }
        Ok(())
    }

    /// Passes the output on until the program has ended or must be ended.
    fn attend(&mut self, interrupts: &Interrupts, service: &Service, limit: Duration) -> Early {
        loop {
            if service.is_released() {
                return Early::Released;
            }
            if interrupts.told().is_some() || self.supervised.has_ended() {
                return Early::Ended;
            }
            let left = limit.saturating_sub(self.held.elapsed());
            self.listen(left);
            // To a runner that was stopped for a while the supervisor may have told its end.
            if left.is_zero() && !self.supervised.has_ended() {
                return Early::TimedOut;
            }
        }
    }

    /// Has all that is left ended, and takes what is printed meanwhile.
    fn end(&mut self) {
        self.supervised.ask_to_end();
        let asked = Instant::now();
        while !self.supervised.is_over() {
            let left = supervisor::LIMIT.saturating_sub(asked.elapsed());
            if left.is_zero() {
                return;
            }
            self.listen(left);
        }
    }

    /// Waits until there is something to read or a signal arrives, and takes what there is.
    fn listen(&mut self, limit: Duration) {
        let limit = Timespec::try_from(limit).unwrap_or(Timespec {
            tv_sec: 3600,
            tv_nsec: 0,
        });
        let mut sources = vec![PollFd::new(&self.wake, PollFlags::IN)];
        sources.extend(self.supervised.source());
        sources.extend(self.reader.iter().map(|r| PollFd::new(r, PollFlags::IN)));
        // An error here is an interruption by a signal: the caller looks around and returns.
        let _ = rustix::event::poll(&mut sources, Some(&limit));
        drop(sources);
        while let Ok(1..) = io::Read::read(&mut self.wake, &mut [0; 64]) {}
        suspension::suspend();
        self.supervised.hear();
        self.take();
    }

    /// Takes what is in the pipe without waiting for more: a process that escaped may keep the
    /// pipe open, or fill it for ever.
    fn drain(&mut self) {
        const CHUNKS: usize = 64;
        let _ = (0..CHUNKS).all(|_| self.take());
    }

    /// Takes one chunk; whether there was one.
    fn take(&mut self) -> bool {
        let mut chunk = vec![0; 64 * 1024];
        let Some(reader) = &mut self.reader else {
            return false;
        };
        match io::Read::read(reader, &mut chunk) {
            Ok(0) => self.reader = None,
            Ok(length) => {
                self.output.take(chunk.get(..length).unwrap_or_default());
                return true;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => self.reader = None,
        }
        false
    }
}

/// Whether there is room for another thread: some libraries panic where there is none.
pub(crate) fn has_room() -> bool {
    let thread = thread::Builder::new().spawn(|| ());
    thread.is_ok_and(|thread| thread.join().is_ok())
}

/// The program of this name in the folders of a `$PATH`. What is relative there could lie in the
/// repository that is judged, and is left out.
pub(crate) fn on_path(name: impl AsRef<Path>, path: &OsStr) -> Option<PathBuf> {
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    let mut found = folders.map(|folder| folder.join(&name));
    let runs = |mode: u32| mode & 0o111 != 0;
    found.find(|file| {
        let file = file.metadata();
        file.is_ok_and(|file| file.is_file() && runs(file.permissions().mode()))
    })
}

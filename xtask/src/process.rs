//! Runs programs: their own process group, a time-out, nothing left behind.
//!
//! This is the one place that runs other people's programs. Whatever a program does (ignores
//! signals, starts daemons, keeps its output open, prints without end), [`serve`] comes back soon
//! after the program's end or its time-out, and no process that it started is left. On Linux
//! this also holds for daemons; elsewhere for what stays in the program's process group.

mod interrupt;
mod output;
mod service;
mod tree;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, PipeReader, Read, Seek, SeekFrom};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};

use crate::repository::REDIRECTIONS;
use crate::signals;
pub(crate) use service::Service;

use interrupt::Interrupts;
use output::Output;
use tree::Tree;

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
    /// How many of its processes could not be ended, for instance because they belong to
    /// another user.
    pub(crate) survivors: usize,
}

impl Finished {
    /// What it printed, from the log: the last of it, if it is long.
    pub(crate) fn output(&self) -> String {
        let read = || -> io::Result<String> {
            let path = self.log.as_ref().ok_or(io::ErrorKind::NotFound)?;
            let mut file = File::open(path)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(READ_BACK)))?;
            let mut bytes = Vec::new();
            file.take(READ_BACK).read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        read().unwrap_or_else(|_| self.tail.clone())
    }
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

/// How long a program may take to end itself after it was asked to.
const GRACE: Duration = Duration::from_millis(500);

/// How long the killed are waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much of a log is read back. In bytes.
const READ_BACK: u64 = 16 * 1024 * 1024;

/// How often the process table is read while processes are being ended.
const TICK: Duration = Duration::from_millis(10);

/// What a hook that started us adds to git's configuration for its own repository; with
/// [`REDIRECTIONS`] this is the list of `git rev-parse --local-env-vars`.
const CONFIGURATION: [&str; 4] = [
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_NO_REPLACE_OBJECTS",
];

/// One program at a time: whose daemon an orphan was cannot be told once it is adopted.
static ALONE: Mutex<()> = Mutex::new(());

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
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let output = Output::new(&program.log, watch).map_err(|error| {
        let log = program.log.display();
        NotStarted(format!("the log `{log}` cannot be written: {error}"))
    })?;
    let (interrupts, wake) = Interrupts::begin().map_err(NotStarted::system)?;
    let adoption = tree::Adoption::begin();
    let started = Instant::now();
    let (child, reader) = spawn(program, withheld)?;
    let mut running = Running {
        tree: Tree::new(child, adoption),
        reader: Some(reader),
        wake,
        output,
    };
    let service = Service::new(interrupts.waker().map_err(NotStarted::system)?);
    let (early, duration, survivors, done) = thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let done = work(&service);
            service.release();
            done
        });
        let early = running.attend(&interrupts, &service, started + program.timeout);
        let duration = started.elapsed();
        service.over();
        let survivors = running.end();
        (early, duration, survivors, worker.join())
    });
    let status = running.tree.reap();
    let end = match (interrupts.end(), early) {
        (Some(signal), _) => End::Interrupted(signal),
        (None, Early::TimedOut) => End::TimedOut,
        (None, Early::Released) => End::Stopped,
        (None, Early::Ended) => status.map_or_else(End::unknown, End::from),
    };
    let (log, tail) = running.output.finish();
    let finished = Finished {
        end,
        duration,
        log,
        tail,
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
    fn unknown(error: io::Error) -> Self {
        Self::Signalled(format!("something unknown ({error})"))
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
    tree: Tree,
    /// What it prints; none once nobody can print any more.
    reader: Option<PipeReader>,
    /// Becomes readable when a child or a signal wants to be looked at.
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
    /// Passes the output on until the program has ended or must be ended.
    fn attend(&mut self, interrupts: &Interrupts, service: &Service, deadline: Instant) -> Early {
        loop {
            if service.is_released() {
                return Early::Released;
            }
            if interrupts.caught() || self.tree.leader_ended() {
                return Early::Ended;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Early::TimedOut;
            }
            self.listen(left);
        }
    }

    /// Ends all that is left: asks first, kills half a second later. How many withstood.
    fn end(&mut self) -> usize {
        if self.tree.living() > 0 {
            self.tree.ask_to_end();
            self.listen_while_living(GRACE);
        }
        let killing = Instant::now();
        loop {
            self.tree.kill();
            self.drain();
            let living = self.tree.living();
            if living == 0 || killing.elapsed() > PATIENCE {
                self.drain();
                return living;
            }
            self.listen(TICK);
        }
    }

    fn listen_while_living(&mut self, limit: Duration) {
        let started = Instant::now();
        while started.elapsed() < limit && self.tree.living() > 0 {
            self.listen(TICK);
        }
    }

    /// Waits until there is something to read or a signal arrives, and takes what there is.
    fn listen(&mut self, limit: Duration) {
        let limit = Timespec::try_from(limit).unwrap_or(Timespec {
            tv_sec: 3600,
            tv_nsec: 0,
        });
        let mut sources = vec![PollFd::new(&self.wake, PollFlags::IN)];
        sources.extend(self.reader.iter().map(|r| PollFd::new(r, PollFlags::IN)));
        // An error here is an interruption by a signal: the caller looks around and returns.
        let _ = rustix::event::poll(&mut sources, Some(&limit));
        drop(sources);
        while let Ok(1..) = io::Read::read(&mut self.wake, &mut [0; 64]) {}
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

/// Starts the program with both output streams on one pipe, so that their order is kept.
fn spawn(program: &Program, withheld: &[&str]) -> Result<(Child, PipeReader), NotStarted> {
    let (reader, writer) = io::pipe().map_err(NotStarted::system)?;
    rustix::io::ioctl_fionbio(&reader, true).map_err(NotStarted::system)?;
    let Some((name, arguments)) = program.words.split_first() else {
        return Err(NotStarted("no program is named".to_owned()));
    };
    let path = if name.contains('/') {
        program.directory.join(name)
    } else {
        let path = program.environment.get("PATH").map(OsString::from);
        let path = path.or_else(|| std::env::var_os("PATH"));
        let found = path.and_then(|path| on_path(name, &path));
        found.ok_or_else(|| NotStarted(format!("`{name}` was not found")))?
    };
    let mut command = Command::new(&path);
    if !name.contains('/') {
        command.arg0(name);
    }
    command
        .args(arguments)
        .current_dir(&program.directory)
        .stdin(Stdio::null())
        .stdout(writer.try_clone().map_err(NotStarted::system)?)
        .stderr(writer)
        .process_group(0);
    for variable in REDIRECTIONS.iter().chain(&CONFIGURATION).chain(withheld) {
        command.env_remove(variable);
    }
    command.envs(&program.environment);
    let child = command.spawn().map_err(|error| {
        NotStarted(match error.kind() {
            io::ErrorKind::NotFound if !program.directory.is_dir() => {
                format!("no such folder: `{}`", program.directory.display())
            }
            io::ErrorKind::NotFound if path.exists() => {
                format!("`{name}` cannot be started: the interpreter that it names was not found")
            }
            io::ErrorKind::NotFound => format!("`{name}` was not found"),
            _ => format!("`{name}` cannot be started: {error}"),
        })
    })?;
    // The command holds the pipe's other end: it is dropped here, so that the end of the
    // output can be seen.
    Ok((child, reader))
}

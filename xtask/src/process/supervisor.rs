//! The supervisor: this program once more, as a process of its own that does nothing but keep one
//! program and everything that it starts.
//!
//! The runner and the supervisor talk over a socket, which is the supervisor's standard input: one
//! order goes in, [a few words](Told) come out. The supervisor ends everything when the program
//! has ended or its time is over, when the runner closes its half of the socket, and when the
//! runner is no longer there, which closes it too. So a program's time-out holds even where the
//! runner was stopped. It has left the runner's session, so that there is no terminal that
//! the program could read from, write to or change.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use serde::{Deserialize, Serialize};

use super::clock::Clock;
use super::interrupt::Interrupts;
use super::tree::Tree;
use super::{NotStarted, Program, on_path};
use crate::repository::REDIRECTIONS;

/// The words by which this program is asked to be a supervisor.
#[cfg(not(test))]
pub(super) const WORDS: [&str; 1] = [WORD];

/// The tests' program is asked for the test that is a supervisor.
#[cfg(test)]
pub(super) const WORDS: [&str; 5] = [
    "process::tests::is_the_supervisor",
    "--exact",
    "--include-ignored",
    "--nocapture",
    "--quiet",
];

/// A word that nobody types.
const WORD: &str = "__supervise";

/// The longest that ending everything may take: after it the supervisor is not waited for.
pub(super) const LIMIT: Duration = Duration::from_secs(8);

/// How long a program may take to end itself after it was asked to.
const GRACE: Duration = Duration::from_millis(500);

/// How long the killed are waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often the process table is read while processes are being ended.
const TICK: Duration = Duration::from_millis(10);

/// How often it is read, at most, for the sake of orphans that have ended.
const SELDOM: Duration = Duration::from_secs(1);

/// What a hook that started us adds to git's configuration for its own repository; with
/// [`REDIRECTIONS`] this is the list of `git rev-parse --local-env-vars`.
const CONFIGURATION: [&str; 4] = [
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_NO_REPLACE_OBJECTS",
];

/// What is to be started, in the supervisor's own folder.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    words: Vec<String>,
    environment: BTreeMap<String, String>,
    withheld: Vec<String>,
    timeout: Duration,
}

/// What a runner that is suspended says: the program is held, and its time with it.
pub(super) const HOLD: u8 = b'h';

/// What it says when it goes on.
pub(super) const GO_ON: u8 = b'g';

/// What a supervisor tells.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Told {
    /// The program could not be started, for this reason. Nothing follows.
    NotStarted(String),
    /// It runs as the leader of this process group.
    Started { group: i32 },
    /// It has ended, or is being ended, for this reason.
    Ended(Cause),
    /// Everything that it started is ended too. Nothing follows.
    Over(Over),
}

/// Why a program ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Cause {
    /// It ended by itself.
    Itself,
    /// Its time is over.
    TimedOut,
    /// The runner does not want it any more, or is gone.
    Unwanted,
    /// This signal asked its supervisor to end.
    Signal(String),
}

/// How a program has ended, and what it left behind.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Over {
    /// Its status as `wait(2)` has it, or why that is not known.
    pub(super) status: Result<i32, String>,
    /// Whether something that it had started was still running at its end.
    pub(super) left: bool,
    /// How many processes withstood being ended.
    pub(super) survivors: usize,
}

impl Order {
    pub(super) fn new(program: &Program, withheld: &[&str]) -> Self {
        Self {
            words: program.words.clone(),
            environment: program.environment.clone(),
            withheld: withheld.iter().map(|&name| name.to_owned()).collect(),
            timeout: program.timeout,
        }
    }
}

/// Supervises a program, if that is what this process was started for.
pub(crate) fn supervise(mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    let is_asked = arguments.nth(1)? == WORD && arguments.next().is_none();
    is_asked.then(|| ExitCode::from(u8::from(obey().is_err())))
}

/// Carries out the order that comes in on the standard input.
pub(super) fn obey() -> io::Result<()> {
    let input = io::stdin();
    if input.is_terminal() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let control = UnixStream::from(input.as_fd().try_clone_to_owned()?);
    let mut line = String::new();
    BufReader::new(&control).read_line(&mut line)?;
    let order: Order = serde_json::from_str(&line)?;
    // Where it fails there is no terminal to leave either.
    let _ = rustix::process::setsid();
    let (interrupts, mut wake) = Interrupts::begin()?;
    Tree::adopt();
    let child = match spawn(&order) {
        Ok(child) => child,
        Err(NotStarted(why)) => return tell(&control, &Told::NotStarted(why)),
    };
    let mut tree = Tree::new(child);
    // A runner that is not there is seen below.
    let _ = tell(
        &control,
        &Told::Started {
            group: tree.group(),
        },
    );
    control.set_nonblocking(true)?;
    let cause = attend(&mut tree, &interrupts, &control, &mut wake, order.timeout);
    let _ = tell(&control, &Told::Ended(cause));
    tell(&control, &Told::Over(end(&mut tree, &mut wake)))
}

/// Waits until the program has ended or must be ended.
fn attend(
    tree: &mut Tree,
    interrupts: &Interrupts,
    control: &UnixStream,
    wake: &mut UnixStream,
    timeout: Duration,
) -> Cause {
    let mut clock = Clock::start();
    let mut looked = Instant::now();
    loop {
        // What ends when it was asked to end did not come to its end, whatever it says.
        if let Some(signal) = interrupts.told() {
            return Cause::Signal(signal);
        }
        if tree.leader_ended() {
            return Cause::Itself;
        }
        match Heard::from(control) {
            Heard::Nothing => {}
            Heard::Hold => {
                clock.hold();
                tree.hold();
            }
            Heard::GoOn => {
                tree.go_on();
                clock.go_on();
            }
            Heard::End => return Cause::Unwanted,
        }
        let left = timeout.saturating_sub(clock.elapsed());
        if left.is_zero() {
            return Cause::TimedOut;
        }
        wait(Some(control), wake, left.min(SELDOM * 60));
        if looked.elapsed() > SELDOM {
            tree.living();
            looked = Instant::now();
        }
    }
}

/// Ends all that is left: asks first, kills half a second later.
fn end(tree: &mut Tree, wake: &mut UnixStream) -> Over {
    let left = ask(tree, wake);
    let killing = Instant::now();
    let over = |status, survivors| Over {
        status,
        left,
        survivors,
    };
    let status = loop {
        tree.kill_group();
        match tree.reap() {
            Ok(Some(status)) => break Ok(status.into_raw()),
            Err(error) => break Err(error.to_string()),
            Ok(None) if killing.elapsed() > PATIENCE => {
                let why = "nothing at all: it withstood SIGKILL".to_owned();
                return over(Err(why), tree.living());
            }
            Ok(None) => pause(wake),
        }
    };
    while tree.kill_daemons() {
        if killing.elapsed() > PATIENCE {
            return over(status, tree.living().max(1));
        }
        pause(wake);
    }
    over(status, 0)
}

/// Asks all that is left to end, and waits a while for that; whether there was anybody.
fn ask(tree: &Tree, wake: &mut UnixStream) -> bool {
    if tree.living() == 0 {
        return false;
    }
    // What is ending with the program is not left behind.
    pause(wake);
    let left = tree.living() > 0;
    tree.ask_to_end();
    let asked = Instant::now();
    while asked.elapsed() < GRACE && tree.living() > 0 {
        pause(wake);
    }
    // Nobody shall go on because somebody else was killed before.
    tree.hold();
    left
}

/// Waits for the end of a process, but not for long.
fn pause(wake: &mut UnixStream) {
    wait(None, wake, TICK);
}

/// Waits until there is something to read from the runner or a signal arrives.
fn wait(control: Option<&UnixStream>, wake: &mut UnixStream, limit: Duration) {
    let limit = Timespec::try_from(limit).ok();
    let streams = control.into_iter().chain([&*wake]);
    let sources = streams.map(|it| PollFd::new(it, PollFlags::IN));
    // An error here is an interruption by a signal: the caller looks around and returns.
    let _ = rustix::event::poll(&mut sources.collect::<Vec<_>>(), limit.as_ref());
    while let Ok(1..) = io::Read::read(wake, &mut [0; 64]) {}
}

/// What the runner says.
enum Heard {
    Nothing,
    Hold,
    GoOn,
    /// It has closed its half of the socket, or is gone.
    End,
}

impl Heard {
    fn from(mut control: &UnixStream) -> Self {
        let mut word = [0];
        match (io::Read::read(&mut control, &mut word), word) {
            (Ok(1..), [HOLD]) => Self::Hold,
            (Ok(1..), [GO_ON]) => Self::GoOn,
            (Err(error), _) if is_passing(&error) => Self::Nothing,
            _ => Self::End,
        }
    }
}

/// Whether it may be tried again.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

fn tell(mut control: &UnixStream, told: &Told) -> io::Result<()> {
    let line = serde_json::to_string(told)?;
    control.write_all(format!("{line}\n").as_bytes())
}

/// Starts the program, as the leader of a process group, with both output streams where our
/// errors go.
fn spawn(order: &Order) -> Result<Child, NotStarted> {
    let Some((name, arguments)) = order.words.split_first() else {
        return Err(NotStarted("no program is named".to_owned()));
    };
    let path = if name.contains('/') {
        PathBuf::from(name)
    } else {
        let path = order.environment.get("PATH").map(OsString::from);
        let path = path.or_else(|| std::env::var_os("PATH"));
        let found = path.and_then(|path| on_path(name, &path));
        found.ok_or_else(|| NotStarted(format!("`{name}` was not found")))?
    };
    let output = || -> Result<Stdio, NotStarted> {
        let output = io::stderr().as_fd().try_clone_to_owned();
        output.map(Stdio::from).map_err(NotStarted::system)
    };
    let mut command = Command::new(&path);
    if !name.contains('/') {
        command.arg0(name);
    }
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(output()?)
        .stderr(output()?)
        .process_group(0);
    for variable in REDIRECTIONS.iter().chain(&CONFIGURATION) {
        command.env_remove(variable);
    }
    for variable in &order.withheld {
        command.env_remove(variable);
    }
    command.envs(&order.environment);
    command.spawn().map_err(|error| {
        NotStarted(match error.kind() {
            io::ErrorKind::NotFound if path.exists() => {
                format!("`{name}` cannot be started: the interpreter that it names was not found")
            }
            io::ErrorKind::NotFound => format!("`{name}` was not found"),
            _ => format!("`{name}` cannot be started: {error}"),
        })
    })
}

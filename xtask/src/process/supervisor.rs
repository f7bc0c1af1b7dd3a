//! The supervisor: this program once more, as a process of its own that does nothing but keep one
//! program and everything that it starts.
//!
//! The runner and the supervisor talk over a socket, which is the supervisor's standard input: one
//! order goes in, [a few words](Told) come out. The supervisor ends everything when the program
//! has ended, when the runner closes its half of the socket, and when the runner is no longer
//! there, which closes it too. It has left the runner's session, so that there is no terminal that
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
}

/// What a supervisor tells.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Told {
    /// The program could not be started, for this reason. Nothing follows.
    NotStarted(String),
    /// It runs as the leader of this process group.
    Started { group: i32 },
    /// It has ended, or is being ended.
    Ended,
    /// Everything that it started is ended too, but for the survivors; its status as `wait(2)`
    /// has it, or why that is not known.
    Over {
        status: Result<i32, String>,
        survivors: usize,
    },
}

impl Order {
    pub(super) fn new(program: &Program, withheld: &[&str]) -> Self {
        Self {
            words: program.words.clone(),
            environment: program.environment.clone(),
            withheld: withheld.iter().map(|&name| name.to_owned()).collect(),
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
    let mut looked = Instant::now();
    while !(interrupts.caught() || tree.leader_ended() || is_closed(&control)) {
        wait(&[&control, &wake], &mut wake.try_clone()?, SELDOM * 60);
        if looked.elapsed() > SELDOM {
            tree.living();
            looked = Instant::now();
        }
    }
    let _ = tell(&control, &Told::Ended);
    let (status, survivors) = end(&mut tree, &mut wake);
    tell(&control, &Told::Over { status, survivors })
}

/// Ends all that is left: asks first, kills half a second later. How the program ended, and how
/// many withstood.
fn end(tree: &mut Tree, wake: &mut UnixStream) -> (Result<i32, String>, usize) {
    if tree.living() > 0 {
        tree.ask_to_end();
        let asked = Instant::now();
        while asked.elapsed() < GRACE && tree.living() > 0 {
            pause(wake);
        }
    }
    let killing = Instant::now();
    let status = loop {
        tree.kill_group();
        match tree.reap() {
            Ok(Some(status)) => break Ok(status.into_raw()),
            Err(error) => break Err(error.to_string()),
            Ok(None) if killing.elapsed() > PATIENCE => {
                return (
                    Err("nothing at all: it withstood SIGKILL".to_owned()),
                    tree.living(),
                );
            }
            Ok(None) => pause(wake),
        }
    };
    while tree.kill_daemons() {
        if killing.elapsed() > PATIENCE {
            return (status, tree.living().max(1));
        }
        pause(wake);
    }
    (status, 0)
}

/// Waits for the end of a process, but not for long.
fn pause(wake: &mut UnixStream) {
    if let Ok(stream) = wake.try_clone() {
        wait(&[&stream], wake, TICK);
    }
}

/// Waits until one of the streams is readable, and empties `wake`.
fn wait(streams: &[&UnixStream], wake: &mut UnixStream, limit: Duration) {
    let limit = Timespec::try_from(limit).ok();
    let sources = streams.iter().map(|it| PollFd::new(*it, PollFlags::IN));
    // An error here is an interruption by a signal: the caller looks around and returns.
    let _ = rustix::event::poll(&mut sources.collect::<Vec<_>>(), limit.as_ref());
    while let Ok(1..) = io::Read::read(wake, &mut [0; 64]) {}
}

/// Whether the runner has closed its half, or is gone.
fn is_closed(mut control: &UnixStream) -> bool {
    match io::Read::read(&mut control, &mut [0; 64]) {
        Ok(length) => length == 0,
        Err(error) => !matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
        ),
    }
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

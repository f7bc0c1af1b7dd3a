//! A program below its supervisor, as the runner sees it.

use std::io::{self, PipeReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, Signal, kill_process};

use super::supervisor::{self, Cause, Order, Over, Told};
use super::{End, NotStarted, Program, orphans};

/// A program that a supervisor has started.
pub(super) struct Supervised {
    supervisor: Child,
    control: UnixStream,
    /// The start of a line that has not come whole.
    begun: Vec<u8>,
    /// The program's process group.
    group: Option<Pid>,
    /// Why it could not be started.
    refusal: Option<NotStarted>,
    /// Why the program has ended, or is being ended.
    ended: Option<Cause>,
    /// The supervisor's last word.
    over: Option<Over>,
    /// The supervisor says nothing more.
    gone: bool,
    finished: bool,
}

impl Supervised {
    /// Starts the program, with both output streams on one pipe, so that their order is kept.
    pub(super) fn start(
        program: &Program,
        withheld: &[&str],
    ) -> Result<(Self, PipeReader), NotStarted> {
        if !program.directory.is_dir() {
            let folder = program.directory.display();
            return Err(NotStarted(format!("no such folder: `{folder}`")));
        }
        let (reader, writer) = io::pipe().map_err(NotStarted::system)?;
        rustix::io::ioctl_fionbio(&reader, true).map_err(NotStarted::system)?;
        let (control, theirs) = UnixStream::pair().map_err(NotStarted::system)?;
        let mut command = supervisor_command().map_err(NotStarted::system)?;
        // What it, or the program before its first instruction, has to complain about belongs to
        // the output.
        command
            .current_dir(&program.directory)
            .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(writer);
        let supervisor = orphans::spawn_supervisor(&mut command).map_err(NotStarted::system)?;
        // The command holds the other ends.
        drop(command);
        let mut supervised = Self {
            supervisor,
            control,
            begun: Vec::new(),
            group: None,
            refusal: None,
            ended: None,
            over: None,
            gone: false,
            finished: false,
        };
        supervised.order(&Order::new(program, withheld))?;
        Ok((supervised, reader))
    }

    /// What becomes readable when the supervisor tells something.
    pub(super) fn source(&self) -> Option<PollFd<'_>> {
        (!self.gone).then(|| PollFd::new(&self.control, PollFlags::IN))
    }

    /// Takes what the supervisor has told.
    pub(super) fn hear(&mut self) {
        let mut chunk = [0; 1024];
        while !self.gone {
            match self.control.read(&mut chunk) {
                Ok(0) => self.gone = true,
                Ok(length) => self.begun.extend(chunk.iter().take(length)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => self.gone = true,
            }
        }
        while let Some(told) = self.next() {
            match told {
                Told::Started { group } => self.group = Pid::from_raw(group),
                Told::NotStarted(why) => self.refusal = Some(NotStarted(why)),
                Told::Ended(cause) => self.ended = Some(cause),
                Told::Over(over) => self.over = Some(over),
            }
        }
    }

    /// Whether the program runs, or has run. A supervisor that is gone before it could say so may
    /// have started it.
    ///
    /// # Errors
    ///
    /// It could not be started.
    pub(super) fn has_begun(&self) -> Result<bool, NotStarted> {
        match &self.refusal {
            Some(refusal) => Err(refusal.clone()),
            None => Ok(self.group.is_some() || self.has_ended()),
        }
    }

    /// Whether the program itself has ended; what it started may still be there.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_some() || self.is_over()
    }

    /// Whether nothing more is to be waited for.
    pub(super) fn is_over(&self) -> bool {
        self.over.is_some() || self.gone
    }

    /// Asks the supervisor to end the program with everything that it started, also one that the
    /// program has stopped.
    pub(super) fn ask_to_end(&self) {
        // An error says that it is gone.
        let _ = self.control.shutdown(Shutdown::Write);
        let _ = kill_process(Pid::from_child(&self.supervisor), Signal::CONT);
    }

    /// How the program ended, whether it left something running, and how many processes withstood
    /// being ended. A supervisor that has not said so is not waited for any longer: what it leaves
    /// is ended here.
    pub(super) fn finish(&mut self) -> (End, bool, usize) {
        let _ = self.supervisor.kill();
        let killed = orphans::reap_supervisor(&mut self.supervisor);
        self.finished = true;
        let over = self.over.take().unwrap_or_else(|| {
            let how = killed.map_or_else(|error| error.to_string(), |it| it.to_string());
            Over {
                status: Err(format!("something that ended its supervisor too ({how})")),
                left: false,
                survivors: orphans::end(self.group),
            }
        });
        let left = over.left && self.ended == Some(Cause::Itself);
        let end = match (self.ended.take(), over.status) {
            (Some(Cause::TimedOut), _) => End::TimedOut,
            (Some(Cause::Signal(name)), _) => {
                End::unknown(format!("its supervisor, which was sent {name}"))
            }
            (Some(Cause::Unwanted), Ok(_)) => {
                End::unknown("its supervisor, which was asked to".to_owned())
            }
            (Some(Cause::Itself) | None, Ok(status)) => End::from(ExitStatus::from_raw(status)),
            (_, Err(why)) => End::unknown(why),
        };
        (end, left, over.survivors)
    }

    /// What the supervisor is told over.
    pub(super) fn control(&self) -> &UnixStream {
        &self.control
    }

    /// Hands the order over.
    fn order(&mut self, order: &Order) -> Result<(), NotStarted> {
        let written = serde_json::to_vec(order).map_err(NotStarted::system)?;
        let lines = [written.as_slice(), b"\n"].concat();
        self.gone = self.control.write_all(&lines).is_err();
        let unblocked = self.control.set_nonblocking(true);
        unblocked.map_err(NotStarted::system)
    }

    /// The next whole line; what is none was not told by a supervisor of ours.
    fn next(&mut self) -> Option<Told> {
        let end = self.begun.iter().position(|&byte| byte == b'\n')?;
        let line: Vec<u8> = self.begun.drain(..=end).collect();
        serde_json::from_slice(&line).ok()
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        self.ask_to_end();
        let asked = Instant::now();
        while !self.is_over() && asked.elapsed() < supervisor::LIMIT {
            // One that has been stopped says nothing.
            let limit = Timespec::try_from(supervisor::LIMIT).ok();
            let mut source = self.source().into_iter().collect::<Vec<_>>();
            let _ = rustix::event::poll(&mut source, limit.as_ref());
            drop(source);
            self.hear();
        }
        self.finish();
    }
}

/// This very program, as it was when it was started: on disk there may be another one by now.
fn supervisor_command() -> io::Result<Command> {
    let mut command = if cfg!(target_os = "linux") {
        Command::new("/proc/self/exe")
    } else {
        Command::new(std::env::current_exe()?)
    };
    command.arg0(env!("CARGO_BIN_NAME")).args(supervisor::WORDS);
    Ok(command)
}

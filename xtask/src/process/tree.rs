//! A program and everything that it started, as its supervisor sees them.

use std::io;
use std::process::{Child, ExitStatus};

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process_group, wait, waitid,
};

/// A program (the leader of its process group) and everything that it started.
///
/// The leader is not reaped before its group is ended, so that the number of the group cannot
/// have been given to somebody else by then.
pub(super) struct Tree {
    child: Child,
    leader: Pid,
}

impl Tree {
    /// From now on, processes whose parents have ended become children of ours, so that daemons
    /// can be found (`prctl(2)`, `PR_SET_CHILD_SUBREAPER`). Only Linux knows that; elsewhere, and
    /// where the kernel refuses, the process group is still ended.
    pub(super) fn adopt() {
        #[cfg(target_os = "linux")]
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    }

    /// Of a program that was started as the leader of a process group.
    pub(super) fn new(child: Child) -> Self {
        Self {
            leader: Pid::from_child(&child),
            child,
        }
    }

    /// The number of its process group.
    pub(super) fn group(&self) -> i32 {
        self.leader.as_raw_nonzero().get()
    }

    /// Whether the program itself has ended; what it started may still be there.
    pub(super) fn leader_ended(&self) -> bool {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        // An error says that there is no such child: then it has ended.
        !matches!(waitid(WaitId::Pid(self.leader), look), Ok(None))
    }

    /// How many processes are left, as far as can be known at a glance: who starts others faster
    /// than the process table is read may be overlooked.
    pub(super) fn living(&self) -> usize {
        let known = known::living(self.leader);
        known.unwrap_or_else(|| usize::from(!self.leader_ended()))
    }

    /// Asks all of them to end, also those that are stopped. They are stopped first: nobody shall
    /// go on because somebody else was asked before.
    pub(super) fn ask_to_end(&self) {
        self.hold();
        self.signal(Signal::TERM);
        self.signal(Signal::CONT);
    }

    /// Stops all of them, as far as can be seen at a glance.
    pub(super) fn hold(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets them run again.
    pub(super) fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        // An error says that nobody is left, or that somebody may not be signalled: then the
        // count of the living says so.
        let _ = kill_process_group(self.leader, signal);
        known::signal_daemons(self.leader, signal);
    }

    /// Kills the process group. A process that is forking then is not done with it: nobody of the
    /// group is left but who has left it before.
    pub(super) fn kill_group(&self) {
        let _ = kill_process_group(self.leader, Signal::KILL);
    }

    /// How the program ended; none if it has not.
    pub(super) fn reap(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Kills whoever has left the group; whether anybody was still there. Exact, once the program
    /// is reaped: whoever is left descends from a child of ours, as orphans become children too.
    pub(super) fn kill_daemons(&self) -> bool {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Ok(None) => break,
                Err(_) => return false,
            }
        }
        known::kill_daemons(self.leader);
        true
    }
}

#[cfg(target_os = "linux")]
mod known {
    use rustix::process::{Pid, Signal, kill_process};

    use crate::process::table::{Table, kill_children};

    /// How many processes of the program are left; none if the process table cannot be read.
    /// All children of a supervisor are the program's.
    pub(super) fn living(leader: Pid) -> Option<usize> {
        let table = Table::read()?;
        for (pid, process) in table.children().filter(|&(pid, _)| pid != leader) {
            table.reap(pid, process);
        }
        Some(table.below(|_, _| true).filter(|(_, it)| it.living).count())
    }

    /// Signals the processes that have left the process group.
    pub(super) fn signal_daemons(leader: Pid, signal: Signal) {
        let Some(table) = Table::read() else { return };
        for (pid, process) in table.below(|_, _| true) {
            if process.group != leader {
                let _ = kill_process(pid, signal);
            }
        }
    }

    /// Kills them, also those that run away from being seen by starting a successor each.
    pub(super) fn kill_daemons(leader: Pid) {
        signal_daemons(leader, Signal::KILL);
        kill_children(|_| true);
    }
}

#[cfg(not(target_os = "linux"))]
mod known {
    use rustix::process::{Pid, Signal};

    pub(super) fn living(_: Pid) -> Option<usize> {
        None
    }

    pub(super) fn signal_daemons(_: Pid, _: Signal) {}

    pub(super) fn kill_daemons(_: Pid) {}
}

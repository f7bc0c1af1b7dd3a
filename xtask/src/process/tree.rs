//! A program and everything that it started.

use std::io;
use std::process::{Child, ExitStatus};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::Adoption;
#[cfg(target_os = "linux")]
pub(super) use linux::Adoption;

/// A program (the leader of its process group) and everything that it started.
///
/// The leader is not reaped before the end, so that the number of its group cannot have been
/// given to somebody else when the group is ended.
pub(super) struct Tree {
    child: Child,
    leader: Pid,
    adoption: Adoption,
    reaped: bool,
}

impl Tree {
    pub(super) fn new(child: Child, adoption: Adoption) -> Self {
        Self {
            leader: Pid::from_child(&child),
            child,
            adoption,
            reaped: false,
        }
    }

    /// Whether the program itself has ended; what it started may still be there.
    pub(super) fn leader_ended(&self) -> bool {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        // An error says that there is no such child: then it has ended.
        !matches!(waitid(WaitId::Pid(self.leader), look), Ok(None))
    }

    /// How many processes are left, as far as can be known.
    pub(super) fn living(&self) -> usize {
        let known = self.adoption.living(self.leader);
        known.unwrap_or_else(|| usize::from(!self.leader_ended()))
    }

    /// Asks all of them to end, also those that are stopped.
    pub(super) fn ask_to_end(&self) {
        self.signal(Signal::TERM);
        self.signal(Signal::CONT);
    }

    /// Kills all of them.
    pub(super) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// How the program ended. It must have.
    pub(super) fn reap(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.try_wait()?;
        self.reaped = status.is_some();
        status.ok_or_else(|| io::Error::other("it withstood SIGKILL"))
    }

    fn signal(&self, signal: Signal) {
        // An error says that nobody is left, or that somebody may not be signalled: then the
        // count of the living says so.
        let _ = kill_process_group(self.leader, signal);
        self.adoption.signal_daemons(self.leader, signal);
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if !self.reaped {
            self.kill();
            let _ = self.child.try_wait();
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::{HashMap, HashSet};
    use std::fs;

    use rustix::process::{
        Pid, Signal, WaitOptions, child_subreaper, getpgrp, getpid, kill_process,
        set_child_subreaper, waitpid,
    };

    /// As long as it lives, processes whose parents have ended become children of ours, so
    /// that daemons can be found (`prctl(2)`, `PR_SET_CHILD_SUBREAPER`).
    pub(in super::super) struct Adoption {
        /// Whether it was so before.
        before: bool,
        /// The children that we had before; they are none of the program's.
        strangers: HashSet<Pid>,
    }

    impl Adoption {
        pub(in super::super) fn begin() -> Self {
            let before = child_subreaper().is_ok_and(|own| own.is_some());
            let strangers = Table::read()
                .map(|table| table.children())
                .unwrap_or_default();
            // Where the kernel refuses, the process group is still ended.
            let _ = set_child_subreaper(Some(getpid()));
            Self { before, strangers }
        }

        /// How many processes of the program are left; none if the process table cannot be
        /// read.
        pub(super) fn living(&self, leader: Pid) -> Option<usize> {
            let table = Table::read()?;
            let members = table.members(leader, &self.strangers);
            for &(pid, process) in &members {
                if !process.living && process.parent == table.own && pid != leader {
                    let _ = waitpid(Some(pid), WaitOptions::NOHANG);
                }
            }
            Some(members.iter().filter(|(_, it)| it.living).count())
        }

        /// Signals the processes that have left the process group.
        pub(super) fn signal_daemons(&self, leader: Pid, signal: Signal) {
            let Some(table) = Table::read() else { return };
            for (pid, process) in table.members(leader, &self.strangers) {
                if process.group != leader {
                    let _ = kill_process(pid, signal);
                }
            }
        }
    }

    impl Drop for Adoption {
        fn drop(&mut self) {
            if !self.before {
                let _ = set_child_subreaper(None);
            }
        }
    }

    /// The process table.
    struct Table {
        own: Pid,
        processes: HashMap<Pid, Process>,
    }

    #[derive(Clone, Copy)]
    struct Process {
        parent: Pid,
        group: Pid,
        living: bool,
    }

    impl Table {
        fn read() -> Option<Self> {
            let entries = fs::read_dir("/proc").ok()?;
            let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
            let processes = pids
                .filter_map(|pid: i32| Some((Pid::from_raw(pid)?, Process::read(pid)?)))
                .collect::<HashMap<_, _>>();
            // A `/proc` of another process namespace would speak of strangers.
            let own = getpid();
            let is_ours = fs::read_link("/proc/self").ok()?.to_str()?.parse()
                == Ok(own.as_raw_nonzero().get());
            is_ours.then_some(Self { own, processes })
        }

        fn children(&self) -> HashSet<Pid> {
            let all = self.processes.iter();
            let own = all.filter(|(_, process)| process.parent == self.own);
            own.map(|(&pid, _)| pid).collect()
        }

        /// The processes of the program `leader`: its group, its descendants, and the orphans
        /// that it left to us with their descendants.
        fn members(&self, leader: Pid, strangers: &HashSet<Pid>) -> Vec<(Pid, Process)> {
            let own_group = getpgrp();
            let is_member = |&(pid, process): &(Pid, Process)| {
                process.group == leader
                    || self.top(pid).is_some_and(|(top, process)| {
                        // Children of ours that some other part of the runner started share
                        // our group; an orphan that the program left does not.
                        top == leader || process.group != own_group && !strangers.contains(&top)
                    })
            };
            let all = self.processes.iter().map(|(&pid, &process)| (pid, process));
            all.filter(is_member).collect()
        }

        /// The child of ours that `pid` descends from or is.
        fn top(&self, mut pid: Pid) -> Option<(Pid, Process)> {
            // The table is not read in one instant, so a circle cannot be excluded.
            for _ in 0..self.processes.len() {
                let process = *self.processes.get(&pid)?;
                if process.parent == self.own {
                    return Some((pid, process));
                }
                pid = process.parent;
            }
            None
        }
    }

    impl Process {
        /// From `/proc/PID/stat` (`proc_pid_stat(5)`).
        fn read(pid: i32) -> Option<Self> {
            let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
            // The name before it may hold spaces and brackets.
            let after_name = stat.iter().rposition(|&byte| byte == b')')? + 1;
            let rest = std::str::from_utf8(stat.get(after_name..)?).ok()?;
            let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
            let number = |index: usize| fields.get(index)?.parse::<i32>().ok();
            let ended = matches!(*fields.first()?, "Z" | "X" | "x");
            Some(Self {
                parent: Pid::from_raw(number(1)?)?,
                group: Pid::from_raw(number(2)?)?,
                // Of a process whose first thread has ended the others may still run.
                living: !ended || number(17)? > 1,
            })
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use rustix::process::{Pid, Signal};

    /// Only Linux lets a process adopt the orphans of its descendants.
    pub(in super::super) struct Adoption;

    impl Adoption {
        pub(in super::super) fn begin() -> Self {
            Self
        }

        pub(super) fn living(&self, _: Pid) -> Option<usize> {
            None
        }

        pub(super) fn signal_daemons(&self, _: Pid, _: Signal) {}
    }
}

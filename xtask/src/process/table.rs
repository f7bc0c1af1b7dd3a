//! The process table: who is whose child, as Linux tells it.

use std::collections::HashMap;
use std::fs;

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, waitpid};

/// How often in a row our children are looked at.
const LOOKS: usize = 200;

/// The processes that there are, with us among them.
pub(super) struct Table {
    own: Pid,
    processes: HashMap<Pid, Process>,
}

/// A process.
#[derive(Clone, Copy)]
pub(super) struct Process {
    parent: Pid,
    /// Its process group.
    pub(super) group: Pid,
    /// Whether it still runs; otherwise its parent has not asked yet how it ended.
    pub(super) living: bool,
}

/// Kills the children of ours that are meant, a good many times in a row, as fast as can be: who
/// starts a successor and ends at once is never older than a moment. How many were seen last.
pub(super) fn kill_children(is_meant: impl Fn(Pid) -> bool) -> usize {
    let mut seen = 0;
    for _ in 0..LOOKS {
        let children = children();
        seen = 0;
        for pid in children.into_iter().filter(|&pid| is_meant(pid)) {
            let _ = kill_process(pid, Signal::KILL);
            let _ = waitpid(Some(pid), WaitOptions::NOHANG);
            seen += 1;
        }
        if seen == 0 {
            break;
        }
    }
    seen
}

/// The children of all our threads; nobody where the kernel does not list them
/// (`CONFIG_PROC_CHILDREN`).
fn children() -> Vec<Pid> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten();
    let files = threads.filter_map(|thread| Some(thread.ok()?.path().join("children")));
    let lists = files.filter_map(|file| fs::read_to_string(file).ok());
    let pids = |list: String| -> Vec<Pid> {
        let numbers = list.split_ascii_whitespace();
        numbers
            .filter_map(|it| Pid::from_raw(it.parse().ok()?))
            .collect()
    };
    lists.flat_map(pids).collect()
}

impl Table {
    /// None if the table cannot be read.
    pub(super) fn read() -> Option<Self> {
        let entries = fs::read_dir("/proc").ok()?;
        let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let processes = pids
            .filter_map(|pid: i32| Some((Pid::from_raw(pid)?, Process::read(pid)?)))
            .collect::<HashMap<_, _>>();
        // A `/proc` of another process namespace would speak of strangers.
        let own = getpid();
        let is_ours =
            fs::read_link("/proc/self").ok()?.to_str()?.parse() == Ok(own.as_raw_nonzero().get());
        is_ours.then_some(Self { own, processes })
    }

    /// The children of ours.
    pub(super) fn children(&self) -> impl Iterator<Item = (Pid, Process)> {
        let all = self.processes.iter().map(|(&pid, &process)| (pid, process));
        all.filter(|(_, process)| process.parent == self.own)
    }

    /// The processes that `is_meant` or that descend from a child of ours that is.
    pub(super) fn below(
        &self,
        is_meant: impl Fn(Pid, Process) -> bool,
    ) -> impl Iterator<Item = (Pid, Process)> {
        let all = self.processes.iter().map(|(&pid, &process)| (pid, process));
        all.filter(move |&(pid, _)| self.top(pid).is_some_and(|(top, it)| is_meant(top, it)))
    }

    /// Takes note of how a child of ours ended, if it has: then its entry goes away.
    pub(super) fn reap(&self, pid: Pid, process: Process) {
        if !process.living && process.parent == self.own {
            let _ = waitpid(Some(pid), WaitOptions::NOHANG);
        }
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

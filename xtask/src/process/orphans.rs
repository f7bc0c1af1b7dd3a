//! What a supervisor leaves behind that was ended before its time: the runner's children then.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

pub(super) use ends::end;

/// The supervisors that are there.
static SUPERVISORS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Starts a supervisor, and knows it before anybody could take it for an orphan.
pub(super) fn spawn_supervisor(command: &mut Command) -> io::Result<Child> {
    ends::adopt();
    let mut supervisors = supervisors();
    let child = command.spawn()?;
    supervisors.push(Pid::from_child(&child));
    Ok(child)
}

/// Waits until a supervisor has ended, and forgets it.
pub(super) fn reap_supervisor(child: &mut Child) -> io::Result<ExitStatus> {
    let pid = Pid::from_child(child);
    let _ = waitid(
        WaitId::Pid(pid),
        WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
    );
    // Once it is reaped, its number may be given to another supervisor.
    let mut supervisors = supervisors();
    let status = child.wait();
    supervisors.retain(|known| *known != pid);
    status
}

fn supervisors() -> MutexGuard<'static, Vec<Pid>> {
    SUPERVISORS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(target_os = "linux")]
mod ends {
    use std::sync::LazyLock;
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    use rustix::process::{
        Pid, Signal, getpgid, getpgrp, getpid, kill_process, kill_process_group,
        set_child_subreaper,
    };

    use super::supervisors;
    use crate::process::table::{Table, kill_children};

    /// How long the killed are waited for.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// How often they are looked for.
    const TICK: Duration = Duration::from_millis(10);

    /// How often in a row nobody must be seen.
    const GLANCES: usize = 3;

    /// The children that we had before the first supervisor.
    static STRANGERS: LazyLock<Vec<Pid>> = LazyLock::new(|| {
        let table = Table::read().into_iter();
        table
            .flat_map(|table| table.children().map(|(pid, _)| pid).collect::<Vec<_>>())
            .collect()
    });

    /// Makes the orphans of supervisors children of ours.
    pub(super) fn adopt() {
        LazyLock::force(&STRANGERS);
        let _ = set_child_subreaper(Some(getpid()));
    }

    /// Kills what was left to us, and the group; how many withstood.
    pub(in super::super) fn end(group: Option<Pid>) -> usize {
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let started = Instant::now();
        let mut nobody = 0;
        loop {
            let living = kill();
            // At a glance somebody may be overlooked.
            nobody = if living == 0 { nobody + 1 } else { 0 };
            if nobody == GLANCES || started.elapsed() > PATIENCE {
                return living;
            }
            sleep(TICK);
        }
    }

    /// How many were there to be killed.
    fn kill() -> usize {
        let supervisors = supervisors();
        let own_group = getpgrp();
        // What some other part of the runner started shares our group, as git does; what has left
        // its supervisor does not.
        let is_orphan = |pid: Pid| {
            getpgid(Some(pid)).is_ok_and(|group| group != own_group)
                && !supervisors.contains(&pid)
                && !STRANGERS.contains(&pid)
        };
        // Nobody shall go on because somebody else was killed before.
        let Some(table) = Table::read() else { return 0 };
        for (pid, _) in table.below(|pid, _| is_orphan(pid)) {
            let _ = kill_process(pid, Signal::STOP);
        }
        let Some(table) = Table::read() else { return 0 };
        let mut living = 0;
        for (pid, process) in table.below(|pid, _| is_orphan(pid)) {
            if process.living {
                let _ = kill_process(pid, Signal::KILL);
                living += 1;
            }
            table.reap(pid, process);
        }
        living.max(kill_children(is_orphan))
    }
}

#[cfg(not(target_os = "linux"))]
mod ends {
    use rustix::process::{Pid, Signal, kill_process_group};

    /// Nobody is adopted there.
    pub(super) fn adopt() {}

    /// Only the process group is known.
    pub(in super::super) fn end(group: Option<Pid>) -> usize {
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        0
    }
}

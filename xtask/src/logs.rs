//! The files that hold what programs printed. They are kept for the user, but not for ever.
//!
//! Each run has a mark beside its logs, a file that is locked as long as the run lasts (`flock(2)`):
//! no run takes away what another one still writes, or is going to name in its report.

use std::fs::{self, DirEntry, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use jiff::Timestamp;

use crate::temporary::guard;

/// How many logs are kept.
const KEPT: usize = 200;

/// How many bytes they may hold together.
const KEPT_BYTES: u64 = 256 * 1024 * 1024;

/// When the first log of this run was made, as names of logs begin: those of this run are named in
/// its report and stay, however much they hold.
static STARTED: LazyLock<String> = LazyLock::new(now);

/// The folders of logs in which this run has its mark, and the marks.
static MARKS: Mutex<Vec<(PathBuf, File)>> = Mutex::new(Vec::new());

/// How the name of a mark ends.
const MARK: &str = ".run";

/// A new file for what the program called `title` prints, below a git directory; without one in
/// a temporary folder. The oldest ones make room for it.
pub(crate) fn new(git: Option<&Path>, title: &str) -> PathBuf {
    LazyLock::force(&STARTED);
    let folder = git.map(|git| git.join("milestones/logs"));
    let folder = folder.filter(|folder| fs::create_dir_all(folder).is_ok());
    if let Some(folder) = &folder {
        // Nobody takes a run for ended before it has locked its mark.
        let _guard = guard(folder);
        leave_mark(folder);
        forget_old(folder, &first_start(folder), KEPT_BYTES);
    }
    let folder = folder.unwrap_or_else(std::env::temp_dir);
    loop {
        let log = folder.join(format!("{}-{}.log", now(), file_name(title)));
        // Programs with the same title may begin at the same moment.
        match File::create_new(&log) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            // Whoever writes to it says what is wrong.
            Ok(_) | Err(_) => return log,
        }
    }
}

fn now() -> String {
    Timestamp::now().strftime("%Y%m%dT%H%M%S%.6f").to_string()
}

/// Leaves the mark of this run, unless it is there; without one its logs are only as safe as old
/// ones.
fn leave_mark(folder: &Path) {
    let mut marks = MARKS.lock().unwrap_or_else(PoisonError::into_inner);
    if marks.iter().any(|(marked, _)| marked == folder) {
        return;
    }
    let name = format!("{}-{}{MARK}", *STARTED, std::process::id());
    let mark = File::create(folder.join(name));
    if let Ok(mark) = mark.and_then(|mark| mark.lock().map(|()| mark)) {
        marks.push((folder.to_owned(), mark));
    }
}

/// When the first of the runs began that have not ended; the marks of the others are removed.
fn first_start(folder: &Path) -> String {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let start = |entry: DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let (start, _) = name.strip_suffix(MARK)?.split_once('-')?;
        match File::open(entry.path()).ok()?.try_lock() {
            Err(TryLockError::WouldBlock) => return Some(start.to_owned()),
            Ok(()) => drop(fs::remove_file(entry.path())),
            // Where the file system knows no locks nobody can tell.
            Err(TryLockError::Error(_)) => {}
        }
        None
    };
    let starts = entries.filter_map(start);
    starts.fold(STARTED.clone(), String::min)
}

/// Removes the oldest logs, until there is room for one more: the names begin with the time.
fn forget_old(folder: &Path, started: &str, kept_bytes: u64) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let about = |entry: DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let size = entry.metadata().ok()?.len();
        name.ends_with(".log").then_some((name, size))
    };
    let mut logs: Vec<(String, u64)> = entries.filter_map(|it| about(it.ok()?)).collect();
    logs.sort();
    let (mut count, mut bytes) = (0, 0);
    for (name, size) in logs.into_iter().rev() {
        count += 1;
        bytes += size;
        if name.as_str() < started && (count >= KEPT || bytes > kept_bytes) {
            let _ = fs::remove_file(folder.join(name));
        }
    }
}

/// A title as part of a file name.
fn file_name(title: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' {
            c
        } else {
            '-'
        }
    };
    let title = title.trim_matches('`');
    let name: String = title.chars().map(plain).take(60).collect();
    name.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of logs with their sizes.
    fn folder(logs: impl Iterator<Item = (String, u64)>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, size) in logs {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_len(size).unwrap();
        }
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn a_log_is_named_after_its_program_and_is_new() {
        let git = tempfile::tempdir().unwrap();
        let logs: Vec<PathBuf> = (0..50)
            .map(|_| new(Some(git.path()), "`make test`"))
            .collect();
        let folder = git.path().join("milestones/logs");
        assert!(logs.iter().all(|log| log.parent() == Some(&folder)));
        assert!(
            logs.iter()
                .all(|log| log.to_str().unwrap().ends_with("-make-test.log"))
        );
        // And the mark.
        assert_eq!(names(&folder).len(), 50 + 1);
    }

    #[test]
    fn what_another_run_may_still_need_is_safe() {
        let git = tempfile::tempdir().unwrap();
        let folder = git.path().join("milestones/logs");
        fs::create_dir_all(&folder).unwrap();
        for number in 1000..1300 {
            File::create(folder.join(format!("{number}.log"))).unwrap();
        }
        let mark = |start: u32| File::create(folder.join(format!("{start}-1.run"))).unwrap();
        let (running, _ended) = (mark(1030), mark(1010));
        running.lock().unwrap();
        let logs = || names(&folder).into_iter().filter(|it| it.ends_with(".log"));
        new(Some(git.path()), "x");
        assert_eq!(logs().next().unwrap(), "1030.log");
        assert!(!folder.join("1010-1.run").exists());
        drop(running);
        new(Some(git.path()), "x");
        assert_eq!(logs().count(), KEPT);
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let folder = folder((1000..1300).map(|number| (format!("{number}.log"), 0)));
        forget_old(folder.path(), "2", KEPT_BYTES);
        let left = names(folder.path());
        assert_eq!(left.len(), KEPT - 1);
        assert_eq!(left.last().unwrap(), "1299.log");
    }

    #[test]
    fn the_oldest_go_when_they_hold_too_much_but_none_of_this_run() {
        for (sizes, started, expected) in [
            ([4, 4, 4, 4], "9", &["3.log", "4.log"][..]),
            ([9, 1, 1, 1], "9", &["2.log", "3.log", "4.log"]),
            ([1, 1, 1, 99], "9", &[]),
            ([1, 1, 1, 99], "4", &["4.log"]),
            ([4, 40, 40, 40], "2", &["2.log", "3.log", "4.log"]),
            ([2, 2, 2, 2], "9", &["1.log", "2.log", "3.log", "4.log"]),
        ] {
            let named = sizes.iter().zip(1..);
            let folder = folder(named.map(|(size, number)| (format!("{number}.log"), *size)));
            File::create(folder.path().join("0.txt")).unwrap();
            forget_old(folder.path(), started, 10);
            let expected = [&["0.txt"], expected].concat();
            assert_eq!(names(folder.path()), expected, "{sizes:?} {started}");
        }
    }
}

//! Asks every check at every commit, on all processors.

use std::num::NonZero;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use checks::check::Native;

use super::Line;
use super::memo::Memo;
use crate::failure::Failure;
use crate::repository::Repository;
use crate::snapshot::Folders;

pub(super) use super::memo::Answered;

/// Is told how far the work is.
pub(crate) trait Progress {
    /// So many of so many questions are answered.
    fn answered(&mut self, done: usize, all: usize);
}

/// The answers of one check, commit by commit.
type Column = Vec<Arc<Answered>>;

/// How often the progress is told.
const TICK: Duration = Duration::from_millis(100);

/// The answers of each check at each commit.
///
/// # Errors
///
/// The repository cannot be opened again, as each thread must.
pub(super) fn all(
    repository: &Repository,
    line: &Line,
    checks: &[Native],
    progress: &mut dyn Progress,
) -> Result<Vec<Column>, Failure> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let total = line.commits.len() * checks.len();
    let units = units(line.commits.len(), checks);
    let folder = repository.git_dir().to_owned();
    let work = || -> Result<Vec<(Unit, Column)>, Failure> {
        let repository = Repository::discover_objects(&folder)?;
        let folders = Rc::new(Folders::default());
        let mut memos: Vec<_> = checks.iter().map(Memo::new).collect();
        let mut columns = Vec::new();
        while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
            let memo = &mut memos[unit.check];
            let answers = line.commits[unit.commits.clone()].iter().map(|commit| {
                done.fetch_add(1, Ordering::Relaxed);
                memo.ask(&repository, commit.tree, &folders)
            });
            columns.push((unit.clone(), answers.collect()));
        }
        Ok(columns)
    };
    let mut found = thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        let mut started = units.is_empty();
        for _ in 0..threads.min(units.len()) {
            let tell = tell.clone();
            let work = &work;
            let worker = thread::Builder::new().spawn_scoped(scope, move || tell.send(work()));
            started |= worker.is_ok();
        }
        if !started {
            return Err(Failure::new("there is no room for another thread"));
        }
        drop(tell);
        let mut found = Vec::new();
        loop {
            match told.recv_timeout(TICK) {
                Ok(columns) => found.extend(columns?),
                Err(RecvTimeoutError::Timeout) => {
                    progress.answered(done.load(Ordering::Relaxed), total);
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(found),
            }
        }
    })?;
    found.sort_by_key(|(unit, _)| (unit.check, unit.commits.start));
    let mut columns = vec![Column::new(); checks.len()];
    for (unit, part) in found {
        columns[unit.check].extend(part);
    }
    Ok(columns)
}

/// A check at some of the commits.
#[derive(Debug, Clone)]
struct Unit {
    check: usize,
    commits: Range<usize>,
}

/// So many commits are asked about in one go where a check takes long: few enough that the threads
/// are near each other and look at the same files.
const NEAR: usize = 32;

/// What the threads take one after another. Checks that take long are cut in parts and begin
/// first, so that no thread is left over at the end.
fn units(commits: usize, checks: &[Native]) -> Vec<Unit> {
    let parts = |check: usize| {
        let length = if checks[check].is_instant() {
            commits.max(1)
        } else {
            NEAR
        };
        (0..commits).step_by(length).map(move |first| Unit {
            check,
            commits: first..commits.min(first + length),
        })
    };
    let mut units: Vec<Unit> = (0..checks.len()).flat_map(parts).collect();
    units.sort_by_key(|unit| checks[unit.check].is_instant());
    units
}

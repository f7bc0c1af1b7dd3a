//! Checks of one task side by side (`--jobs`).
//!
//! Each is judged in a world of its own, on a temporary worktree of its own, below a supervisor of
//! its own: what a program leaves behind or changes is known to be its own. What they find is put
//! where the plan's order looks for it, so that the report cannot tell how many ran at once.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tasks::outside::Ruling;

use crate::check::Live;
use crate::process::Service;
use crate::proof::Proofs;
use crate::repository::Repository;
use crate::signals::{self, Listener};
use crate::stage::Stage;
use crate::trust::Trust;
use crate::world::{Isolated, World};

/// A check that will be judged soon.
#[derive(Debug)]
pub(crate) struct Ahead {
    /// The check.
    pub(crate) check: Live,
    /// The place of its box among those that will be judged.
    pub(crate) place: usize,
    /// Whether nothing of a later place is judged once it fails.
    pub(crate) ends: bool,
}

/// Up to which place programs may run.
#[derive(Debug, Default)]
pub(crate) struct Limit(Mutex<Running>);

#[derive(Debug, Default)]
struct Running {
    /// The last place that is still of interest; none if all are.
    last: Option<usize>,
    programs: Vec<(usize, Service)>,
}

/// A check's place, and up to where programs may run.
#[derive(Debug, Clone)]
pub(crate) struct Spot {
    place: usize,
    limit: Arc<Limit>,
}

/// Judges the checks that lie ahead and may run beside others, if the one with this key is among
/// them; their rulings are in the world afterwards.
pub(crate) fn judge_ahead(world: &mut World, key: &str) {
    let Some((jobs, seed)) = world.jobs.zip(Seed::of(world)) else {
        return;
    };
    let mut queue: Vec<Task> = Vec::new();
    let mut later = Vec::new();
    for ahead in std::mem::take(&mut world.ahead) {
        match ahead.check.alone(world) {
            None => later.push(ahead),
            Some(key) if world.ran.contains_key(&key) => {}
            // The one that comes first in the plan is the one that is asked.
            Some(key) if queue.iter().any(|task| task.key == key) => {}
            Some(key) => queue.push(Task { key, ahead }),
        }
    }
    if !queue.iter().any(|task| task.key == key) {
        later.extend(queue.into_iter().map(|task| task.ahead));
        world.ahead = later;
        return;
    }
    world.ahead = later;
    let Ok(listener) = Listener::begin() else {
        return;
    };
    let found = run(&queue, jobs, &seed, &listener);
    for Found {
        key,
        ruling,
        world: own,
    } in found
    {
        world.loaded.extend(own.loaded);
        world.left.extend(own.left);
        world.interrupted = world.interrupted.take().or(own.interrupted);
        world.ran.insert(key, ruling);
    }
    let told = listener.told().map(signals::name);
    world.interrupted = world.interrupted.take().or(told);
}

/// A check that is to be judged, and the key of its ruling.
struct Task {
    key: String,
    ahead: Ahead,
}

/// What came of it.
struct Found {
    key: String,
    ruling: Ruling,
    world: Traces,
}

/// What its world has come to know beside the ruling.
#[derive(Default)]
struct Traces {
    loaded: Vec<(String, Vec<String>)>,
    left: Vec<String>,
    interrupted: Option<String>,
}

/// Judges them all, as many at once as may be, in their order.
fn run(queue: &[Task], jobs: NonZeroUsize, seed: &Seed, listener: &Listener) -> Vec<Found> {
    let limit = Arc::new(Limit::default());
    let (next, found) = (Mutex::new(queue.iter()), Mutex::new(Vec::new()));
    // A function of its own: nobody holds the queue while a check is judged.
    let take = || locked(&next).next();
    let work = || {
        while let Some(task) = take() {
            let spot = Spot {
                place: task.ahead.place,
                limit: Arc::clone(&limit),
            };
            if listener.told().is_some() || !spot.is_wanted() {
                continue;
            }
            let judged = judge(task, seed, &spot);
            if task.ahead.ends && judged.ruling.fails() {
                limit.end_after(task.ahead.place);
            }
            // What was ended for the sake of another one says nothing.
            if spot.is_wanted() {
                locked(&found).push(judged);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..jobs.get().min(queue.len()) {
            // Where there is no room for another thread, fewer do it.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn judge(task: &Task, seed: &Seed, spot: &Spot) -> Found {
    let found = |ruling, world| Found {
        key: task.key.clone(),
        ruling,
        world,
    };
    let mut world = match seed.grow(spot) {
        Ok(world) => world,
        Err(why) => return found(Ruling::undecided(why), Traces::default()),
    };
    let ruling = task.ahead.check.judge_alone(&mut world);
    let ruling = ruling.unwrap_or_else(|| Ruling::undecided("it does not run beside others"));
    let traces = Traces {
        interrupted: world.interrupted().map(str::to_owned),
        left: world.leave(),
        loaded: world.loaded.into_iter().collect(),
    };
    found(ruling, traces)
}

/// What another world for the same question is made of.
struct Seed {
    top: PathBuf,
    isolated: Isolated,
    trust: Trust,
    restore: bool,
    at_revision: bool,
    python: Option<PathBuf>,
    virtual_env: Option<PathBuf>,
    hosts: Vec<String>,
    milestones: Vec<String>,
    proofs: Proofs,
    stage: Arc<Stage>,
}

impl Seed {
    /// None where programs do not run in temporary worktrees.
    fn of(world: &World) -> Option<Self> {
        Some(Self {
            top: world.repository.as_ref()?.top().to_owned(),
            isolated: world.isolated?,
            trust: world.trust.clone(),
            restore: world.restore,
            at_revision: world.at_revision,
            python: world.python.clone(),
            virtual_env: world.virtual_env.clone(),
            hosts: world.hosts.clone(),
            milestones: world.milestones.clone(),
            proofs: world.proofs.clone(),
            stage: Arc::new(Stage::shared()),
        })
    }

    /// The world of one check, on the thread that judges it.
    fn grow(&self, spot: &Spot) -> Result<World, String> {
        let repository = Repository::discover_objects(&self.top);
        let repository = repository.map_err(|failure| failure.message)?;
        Ok(World {
            root: self.top.clone(),
            repository: Some(Rc::new(repository)),
            isolated: Some(self.isolated),
            trust: self.trust.clone(),
            restore: self.restore,
            at_revision: self.at_revision,
            python: self.python.clone(),
            virtual_env: self.virtual_env.clone(),
            hosts: self.hosts.clone(),
            milestones: self.milestones.clone(),
            proofs: self.proofs.clone(),
            stage: Arc::clone(&self.stage),
            spot: Some(spot.clone()),
            ..World::default()
        })
    }
}

impl Spot {
    /// Lets a program run as long as it is of interest.
    pub(crate) fn watch(&self, program: &Service) {
        let mut running = self.limit.running();
        if running.wants(self.place) {
            running.programs.push((self.place, program.clone()));
        } else {
            program.release();
        }
    }

    fn is_wanted(&self) -> bool {
        self.limit.running().wants(self.place)
    }
}

impl Limit {
    /// Ends what runs for later places, and lets no more of it begin.
    fn end_after(&self, place: usize) {
        let mut running = self.running();
        let last = running.last.map_or(place, |last| last.min(place));
        running.last = Some(last);
        let late = running.programs.iter().filter(|(place, _)| *place > last);
        late.for_each(|(_, program)| program.release());
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        locked(&self.0)
    }
}

impl Running {
    fn wants(&self, place: usize) -> bool {
        self.last.is_none_or(|last| place <= last)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

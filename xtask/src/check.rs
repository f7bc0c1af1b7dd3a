//! The list of checks that need the outside world: one file each in `check/`, one word each here.

use checks::check_list;
use checks::snapshot::Snapshot;
use tasks::outside::{Outside, Ruling};

use crate::world::World;
use git::Git;

check_list! {
    /// The checks that need git, processes or CPython.
    pub(crate) enum Live {
        command => Command,
        probe => Probe,
        git => Git,
    }
}

impl Outside for Live {
    type World = World;

    fn judge(&self, snapshot: &dyn Snapshot, world: &mut World) -> Ruling {
        match self {
            Self::Command(check) => check.judge(world),
            Self::Probe(check) => check.judge(snapshot, world),
            Self::Git(check) => check.judge(snapshot, world),
        }
    }

    fn is_instant(&self) -> bool {
        // A program is not run anyway where the answer must be instant, and says so itself.
        !matches!(self, Self::Git(Git::Committed(_)))
    }

    fn remarks(&self, snapshot: &dyn Snapshot) -> Vec<String> {
        match self {
            Self::Command(check) => check.remarks(snapshot),
            Self::Probe(_) | Self::Git(_) => Vec::new(),
        }
    }
}

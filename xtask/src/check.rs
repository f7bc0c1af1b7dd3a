//! The list of checks that need the outside world: one file each in `check/`, one word each here.

use checks::check_list;
use checks::snapshot::Snapshot;
use tasks::outside::{Controlled, LineRun, Next, Outside, Ruling};

use crate::aside::Ahead;
use crate::trust::Executed;
use crate::world::World;
use git::Git;

check_list! {
    /// The checks that need git, processes or CPython.
    pub(crate) enum Live {
        command => Command,
        probe => Probe,
        git => Git,
        http => Http,
        environment => Environment,
        milestone => Milestone,
    }
}

impl Live {
    /// What it executes; none if it starts nothing and asks nobody outside of the repository.
    pub(crate) fn executes(&self) -> Option<Executed> {
        match self {
            Self::Command(check) => Some(check.executes()),
            Self::Probe(check) => Some(check.executes()),
            Self::Http(check) => Some(check.executes()),
            Self::Environment(check) => Some(check.executes()),
            // Another milestone's commands are that plan's, and trusted with it.
            Self::Git(_) | Self::Milestone(_) => None,
        }
    }
}

impl Live {
    /// The key under which its ruling is remembered, if it needs nothing that another check may
    /// need too but files of its own: then it may run beside others, in a temporary worktree.
    pub(crate) fn alone(&self, world: &World) -> Option<String> {
        match self {
            Self::Command(check) => check.alone(world),
            Self::Probe(check) => check.alone(world),
            Self::Http(check) => check.alone(world),
            Self::Git(_) | Self::Environment(_) | Self::Milestone(_) => None,
        }
    }

    /// The ruling of one that may run beside others.
    pub(crate) fn judge_alone(&self, world: &mut World) -> Option<Ruling> {
        match self {
            Self::Command(check) => Some(check.judge(world)),
            Self::Probe(check) => Some(check.judge(world)),
            Self::Http(check) => Some(check.judge(world)),
            Self::Git(_) | Self::Environment(_) | Self::Milestone(_) => None,
        }
    }
}

impl Outside for Live {
    type World = World;

    fn judge(&self, snapshot: &dyn Snapshot, world: &mut World) -> Ruling {
        match self {
            Self::Command(check) => check.judge(world),
            Self::Probe(check) => check.judge(world),
            Self::Git(check) => check.judge(snapshot, world),
            Self::Http(check) => check.judge(world),
            Self::Environment(check) => check.judge(world),
            Self::Milestone(check) => check.judge(snapshot, world),
        }
    }

    fn control(&self, snapshot: &dyn Snapshot, world: &mut World) -> Option<Controlled> {
        match self {
            Self::Command(check) => check.control(snapshot, world),
            Self::Probe(check) => check.control(world),
            Self::Git(_) | Self::Http(_) | Self::Environment(_) | Self::Milestone(_) => None,
        }
    }

    fn run_line(line: &str, world: &mut World) -> LineRun {
        command::run_line(line, world)
    }

    fn ahead(checks: &[Next<'_, Self>], world: &mut World) {
        let ahead = checks.iter().map(|next| Ahead {
            check: next.check.clone(),
            place: next.place,
            ends: next.ends,
        });
        world.ahead = ahead.collect();
    }

    fn is_instant(&self) -> bool {
        // A program is not run anyway where the answer must be instant, and says so itself;
        // another milestone is judged as instantly as this one.
        !matches!(self, Self::Git(Git::Committed(_)))
    }

    fn remarks(&self, snapshot: &dyn Snapshot) -> Vec<String> {
        match self {
            Self::Command(check) => check.remarks(snapshot),
            Self::Probe(_)
            | Self::Git(_)
            | Self::Http(_)
            | Self::Environment(_)
            | Self::Milestone(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use checks::check::{CheckList, Native};

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_in_the_list() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/check");
        let files = fs::read_dir(folder).unwrap();
        let names = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut files: Vec<String> = names
            .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
            .collect();
        let mut words = Live::WORDS.to_vec();
        files.sort();
        words.sort_unstable();
        assert_eq!(files, words);
    }

    #[test]
    fn every_check_is_documented() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tasks/FORMAT.md");
        let page = fs::read_to_string(page).unwrap();
        for word in Native::WORDS.iter().chain(Live::WORDS) {
            assert!(
                page.contains(&format!("`{word} = ")),
                "`{word}` is not in the page"
            );
        }
    }
}

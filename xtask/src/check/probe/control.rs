//! Whether a probe that passed could have failed.

use checks::verdict::{Answer, Verdict};
use tasks::outside::{Controlled, Ruling};

use super::{Probe, is_within};
use crate::world::World;

impl Probe {
    /// Blocks what the entry is known to load, which must be a fail: a module of its own package
    /// and, as that may be imported under a `try`, the entry itself.
    pub(crate) fn control(&self, world: &mut World) -> Option<Controlled> {
        let loaded = world.loaded.get(&self.key())?;
        let is_on_the_way = |name: &String| is_within(&self.entry, name);
        let other = loaded.iter().find(|name| !is_on_the_way(name)).cloned();
        let mut unknown = None;
        for planted in other.into_iter().chain([self.entry.clone()]) {
            match self.verdict_without(planted, world) {
                Ok(Verdict::Fail(_)) => return Some(Controlled::Caught),
                Ok(Verdict::Pass) => unknown = None,
                Ok(Verdict::Undecided(why)) | Err(why) => unknown = Some(why),
            }
        }
        Some(match unknown {
            Some(why) => Controlled::Unknown(why),
            None => Controlled::CannotFail(format!(
                "this check cannot fail: it passes with `{}` itself blocked",
                self.entry
            )),
        })
    }

    fn verdict_without(&self, without: String, world: &mut World) -> Result<Verdict, String> {
        let planted = Self {
            without: Some(without),
            attribute: None,
            ..self.clone()
        };
        let key = planted.key();
        let ruling = world.once(&key, |world| {
            planted.ask(world).unwrap_or_else(Ruling::undecided)
        });
        match ruling {
            Ruling::Judged(Answer { verdict, .. }, _) => Ok(verdict),
            Ruling::Skipped(why) | Ruling::Manual(why) => Err(why),
        }
    }
}

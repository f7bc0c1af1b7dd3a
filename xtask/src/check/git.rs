//! `git`

use checks::snapshot::Snapshot;
use serde::Deserialize;
use tasks::outside::Ruling;

use crate::world::World;

/// git
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Git {}

impl Git {
    pub(crate) fn judge(&self, _: &dyn Snapshot, _: &mut World) -> Ruling {
        Ruling::skipped("not built yet")
    }
}

//! `probe`

use checks::snapshot::Snapshot;
use serde::Deserialize;
use tasks::outside::Ruling;

use crate::world::World;

/// probe
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {}

impl Probe {
    pub(crate) fn judge(&self, _: &dyn Snapshot, _: &mut World) -> Ruling {
        Ruling::skipped("not built yet")
    }
}

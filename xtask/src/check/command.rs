//! `command`

use checks::snapshot::Snapshot;
use serde::Deserialize;
use tasks::outside::Ruling;

use crate::world::World;

/// command
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {}

impl Command {
    pub(crate) fn judge(&self, _: &dyn Snapshot, _: &mut World) -> Ruling {
        Ruling::Skipped("not built yet".to_owned())
    }
}

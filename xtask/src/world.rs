//! What the checks that need the outside world are handed.

use std::collections::HashMap;
use std::path::PathBuf;

use tasks::outside::Ruling;

/// What the checks that need the outside world are handed.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// The top of the work tree.
    pub(crate) root: PathBuf,
    /// Why no program may run; none if programs may run (`--full`).
    pub(crate) no_programs: Option<String>,
    /// Why what programs say would not count: the files on disk are not the ones judged.
    pub(crate) other_files: Option<String>,
    /// The interpreter that `--python` names.
    pub(crate) python: Option<PathBuf>,
    /// What was already run: a command that several criteria name runs once.
    pub(crate) ran: HashMap<String, Ruling>,
}

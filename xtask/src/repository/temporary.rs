//! Temporary folders beside the index.

use super::Repository;
use crate::failure::Failure;
use crate::temporary::TemporaryFolder;

impl Repository {
    /// A temporary folder beside the index: a file in it can be renamed over the index, and
    /// hooks that run in a container see it.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub(crate) fn temporary_folder(&self) -> Result<TemporaryFolder, Failure> {
        let place = self.git_dir();
        TemporaryFolder::new(place).map_err(|error| {
            let shown = place.display();
            Failure::because(
                format!("no temporary folder could be made in `{shown}`"),
                error,
            )
        })
    }
}

//! Temporary folders beside the index.

use super::Repository;
use crate::failure::Failure;
use crate::temporary::{Abandoned, TemporaryFolder};

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

    /// Removes the temporary folders that killed processes left.
    pub(crate) fn tidy(&self) {
        drop(Abandoned::all_in(self.git_dir()));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::scratch::Scratch;

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let scratch = Scratch::new();
        let repository = scratch.open();
        let in_use = repository.temporary_folder().unwrap();
        let dead = scratch.top().join(".git/milestone-dead");
        fs::create_dir(&dead).unwrap();
        repository.tidy();
        assert!(in_use.path().exists() && !dead.exists());
    }
}

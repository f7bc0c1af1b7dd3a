//! Being told to stop while a commit is made.

use crate::failure::Failure;
use crate::signals::Listener;

/// While it lives, a signal does not end the program on the spot: locks and temporary files
/// are cleared away first.
pub(super) struct Stop(Listener);

impl Stop {
    pub(super) fn listen() -> Result<Self, Failure> {
        let listener = Listener::begin();
        listener
            .map(Self)
            .map_err(|e| Failure::because("signals cannot be caught", e))
    }

    /// # Errors
    ///
    /// The program was told to stop.
    pub(super) fn check(&self) -> Result<(), Failure> {
        match self.0.told() {
            None => Ok(()),
            Some(_) => Err(Failure::new("interrupted: nothing was committed")),
        }
    }

    /// A step that failed after the program was told to stop failed because of that: Ctrl-C
    /// reaches the programs that it started too.
    ///
    /// # Errors
    ///
    /// The step failed, or the program was told to stop.
    pub(super) fn after<T>(&self, step: Result<T, Failure>) -> Result<T, Failure> {
        self.check()?;
        step
    }
}

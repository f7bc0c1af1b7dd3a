//! Standard output and standard error, where a closed pipe is nobody's failure.

use std::io::{ErrorKind, Write, stderr, stdout};

use crate::failure::Failure;

/// Writes `text` to standard output.
///
/// A reader who has gone away (`| head`) is no failure and changes no exit code.
///
/// # Errors
///
/// The output cannot take it for any other reason, such as a full disk.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::new(format!(
            "standard output cannot be written: {error}"
        ))),
        _ => Ok(()),
    }
}

/// Writes `text` to standard error; if that is gone, there is nobody left to tell.
pub(crate) fn say(text: &str) {
    let mut to = stderr().lock();
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

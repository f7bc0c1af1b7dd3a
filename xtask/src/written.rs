//! Files that the user asked for by name.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::failure::Failure;

/// Writes a picture, whole or not at all.
///
/// # Errors
///
/// The file cannot be written.
pub(crate) fn picture(file: &Path, text: &str) -> Result<(), Failure> {
    write(file, text).map_err(|error| {
        Failure::because(format!("`{}` cannot be written", file.display()), error)
            .with_help("name a file in a folder that is there and may be written to")
    })
}

/// Writes a file over the one that is there, whole or not at all.
///
/// What is there and no plain file, such as a pipe, is written to as it is.
///
/// # Errors
///
/// The system's, if the file cannot be written; it is then as it was.
pub(crate) fn write(file: &Path, text: &str) -> io::Result<()> {
    let old = fs::metadata(file).ok();
    if old.as_ref().is_some_and(|it| !it.is_file()) {
        return fs::write(file, text);
    }
    let place = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let folder = place.parent().filter(|it| !it.as_os_str().is_empty());
    let mut new = new_in(folder.unwrap_or(Path::new(".")))?;
    new.write_all(text.as_bytes())?;
    if let Some(old) = old {
        new.as_file().set_permissions(old.permissions())?;
    }
    new.persist(&place)?;
    Ok(())
}

/// Others may read it, as far as the user's mask lets them: a picture is shown around.
#[cfg(unix)]
fn new_in(folder: &Path) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    let readable = Permissions::from_mode(0o666);
    tempfile::Builder::new()
        .permissions(readable)
        .tempfile_in(folder)
}

#[cfg(not(unix))]
fn new_in(folder: &Path) -> io::Result<NamedTempFile> {
    NamedTempFile::new_in(folder)
}

//! Which lines of evidence this machine wrote. A note may come from anywhere; only what stands
//! in the journal, outside of every repository, is our own word.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::directories;

/// The hashes of the lines that this machine wrote.
#[derive(Debug, Default)]
pub(crate) struct Journal(HashSet<String>);

impl Journal {
    /// Reads the journal; one that cannot be read vouches for nothing.
    pub(crate) fn read() -> Self {
        let text = file().and_then(|file| fs::read_to_string(file).ok());
        let hashes = text.unwrap_or_default();
        Self(hashes.lines().map(str::to_owned).collect())
    }

    /// Whether this machine wrote the line.
    pub(crate) fn vouches_for(&self, line: &str) -> bool {
        self.0.contains(&hash(line))
    }
}

/// Adds lines that were written to a note.
///
/// # Errors
///
/// There is no place for it, or it cannot be written. The evidence stands all the same; it only
/// saves no run.
pub(crate) fn add(lines: &[String]) -> io::Result<()> {
    let file = file().ok_or(io::ErrorKind::NotFound)?;
    if let Some(folder) = file.parent() {
        directories::make(folder)?;
    }
    // A line break first: a writer that was killed may have left half a hash.
    let mut text = String::from("\n");
    for line in lines {
        let _ = writeln!(text, "{}", hash(line));
    }
    let mut options = OpenOptions::new();
    let mut journal = options.append(true).create(true).mode(0o600).open(file)?;
    journal.write_all(text.as_bytes())
}

/// The hash of a text: SHA-256, in hexadecimal digits.
pub(crate) fn hash(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn file() -> Option<PathBuf> {
    Some(directories::state()?.join("milestones.journal"))
}

//! What a program prints: shown live, kept whole, the last lines at hand.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How many of the last lines are kept at hand.
const TAIL_LINES: usize = 20;

/// How many of the last bytes the lines are taken from.
const TAIL_BYTES: usize = 8 * 1024;

/// Where a program's output goes.
pub(super) struct Output<'a> {
    path: PathBuf,
    /// None once it could not be written.
    log: Option<File>,
    watch: &'a mut dyn FnMut(&[u8]),
    last: Vec<u8>,
    /// Whether there was more than `last` holds.
    cut: bool,
}

impl<'a> Output<'a> {
    /// Into a new file at `log`, and to `watch`.
    pub(super) fn new(log: &Path, watch: &'a mut dyn FnMut(&[u8])) -> io::Result<Self> {
        Ok(Self {
            path: log.to_owned(),
            log: Some(File::create(log)?),
            watch,
            last: Vec::new(),
            cut: false,
        })
    }

    /// Takes the next bytes.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        if let Some(log) = &mut self.log
            && log.write_all(bytes).is_err()
        {
            self.log = None;
        }
        self.last.extend_from_slice(bytes);
        let surplus = self.last.len().saturating_sub(TAIL_BYTES);
        self.cut |= surplus > 0;
        self.last.drain(..surplus);
        (self.watch)(bytes);
    }

    /// The file, if it holds everything, and the last lines.
    pub(super) fn finish(self) -> (Option<PathBuf>, String) {
        let text = String::from_utf8_lossy(&self.last);
        let whole = match text.split_once('\n') {
            Some((_, rest)) if self.cut && !rest.trim().is_empty() => rest,
            _ => &text,
        };
        let mut lines: Vec<String> = whole.lines().map(plain).collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        let tail = lines.get(lines.len().saturating_sub(TAIL_LINES)..);
        (
            self.log.map(|_| self.path),
            tail.unwrap_or_default().join("\n"),
        )
    }
}

/// A line as it would stand on a terminal in the end, without colours.
fn plain(line: &str) -> String {
    let line = line.trim_end();
    let line = line.rsplit('\r').next().unwrap_or(line);
    let line = console::strip_ansi_codes(line);
    line.replace(|c: char| c.is_control() && c != '\t', "")
}

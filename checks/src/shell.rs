//! A line of shell, evaluated on a snapshot without a shell.
//!
//! Plans hold smoke tests as lines such as `grep -n "old" src/a.py && echo FAIL || echo OK`.
//! The idioms that they are made of (`grep`, `head`, `tail`, `cat`, `ls`, `test`, `wc -l`,
//! `echo`, and-or lists, pipes) are understood here as POSIX `sh` and GNU grep 3 in a UTF-8
//! locale understand them. Everything else is not guessed at: it needs a shell.
//!
//! Two things differ on purpose. A command that cannot read its file makes the answer unknown
//! instead of being a status like any other, and `grep -r` sees the files of the snapshot and
//! not the ignored ones that happen to lie beside them.

mod command;
pub(crate) mod evaluate;
mod file;
mod grep;
mod grep_options;
mod lexer;
mod matcher;
mod parser;
mod pattern;
pub(crate) mod says;
pub(crate) mod status;
mod stream;
pub mod weakness;
mod words;

#[cfg(test)]
mod tests;

use std::fmt;

/// What only a shell could say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NeedsShell(pub(crate) String);

/// A line that was read, though perhaps not understood to the last word.
pub(crate) use parser::List;
pub(crate) use words::commands;

/// Why an evaluation ended before the line did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The line asks for more than is understood here.
    NeedsShell(NeedsShell),
    /// A file does not answer: it is missing, not text, …
    Unknown(String),
}

/// Longer lines are not read. In bytes.
const LINE_LIMIT: usize = 1024 * 1024;

/// Reads a line; what is not understood in single commands is kept in them.
///
/// # Errors
///
/// The line as a whole has no meaning without a shell.
pub(crate) fn read(line: &str) -> Result<List, NeedsShell> {
    if line.len() > LINE_LIMIT {
        return Err(NeedsShell("a line of over a mebibyte".to_owned()));
    }
    parser::parse(lexer::tokens(line)?)
}

impl NeedsShell {
    /// The culprit, quoted.
    fn word(text: &str) -> Self {
        const SHOWN: usize = 60;
        let mut shown = String::new();
        for c in text.chars().take(SHOWN) {
            if c.is_control() {
                shown.extend(c.escape_default());
            } else {
                shown.push(c);
            }
        }
        let more = if text.chars().nth(SHOWN).is_some() {
            "…"
        } else {
            ""
        };
        Self(format!("`{shown}{more}`"))
    }

    /// The culprit with its reason.
    fn because(text: &str, why: &str) -> Self {
        Self(format!("{}: {why}", Self::word(text).0))
    }
}

impl fmt::Display for NeedsShell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "needs a shell: {}", self.0)
    }
}

impl From<NeedsShell> for Stop {
    fn from(needs: NeedsShell) -> Self {
        Self::NeedsShell(needs)
    }
}

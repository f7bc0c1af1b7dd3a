//! Why a command could not do its work, and the way out.

use std::fmt;
use std::str::Utf8Error;

/// Why a command could not do its work: a sentence with the culprit in backticks, the ways out,
/// and the exit code. How it is shown is for the renderer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What is wrong.
    pub(crate) message: String,
    /// What to do about it, one way out each.
    pub(crate) help: Vec<String>,
    /// Text that has a form of its own, coloured and plain, and is shown instead.
    pub(crate) own_form: Option<(String, String)>,
    /// The exit code of the program; 2 unless said otherwise.
    pub(crate) exit: u8,
}

impl Failure {
    /// A failure for which no way out is known.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: Vec::new(),
            own_form: None,
            exit: 2,
        }
    }

    /// A failure with the words of the program or system call that caused it.
    pub(crate) fn because(message: impl fmt::Display, cause: impl fmt::Display) -> Self {
        Self::new(format!("{message}: {cause}"))
    }

    /// A file that is no text, with the line in which it stops to be one.
    pub(crate) fn not_utf8(file: impl fmt::Display, bytes: &[u8], error: Utf8Error) -> Self {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Self::new(format!("`{file}` is not UTF-8 in line {line}"))
            .with_help("save it as UTF-8: `iconv -t UTF-8` converts it")
    }

    /// A failure that is shown as it is, coloured or plain.
    pub(crate) fn in_own_form(coloured: String, plain: String) -> Self {
        Self {
            own_form: Some((coloured, plain.clone())),
            ..Self::new(plain)
        }
    }

    /// The same failure, with one more way out.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

//! What is wrong at one place of one file, for the programs that show such things: code
//! scanning, editors, pull requests.

pub(crate) mod github;
pub(crate) mod report;
pub(crate) mod sarif;

use tasks::lint::Level;

/// What is wrong at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Annotation {
    /// The rule or the criterion that was broken.
    pub(crate) rule: String,
    /// How bad it is.
    pub(crate) level: Level,
    /// What is wrong, in one sentence or several.
    pub(crate) message: String,
    /// Where; none if it has no place.
    pub(crate) place: Option<Span>,
    /// Places that it rests on.
    pub(crate) related: Vec<Span>,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    /// The file, from the top of the repository or as the user named it.
    pub(crate) path: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// The first column, from 1, in characters.
    pub(crate) column: usize,
    /// The column behind the last one.
    pub(crate) end: usize,
}

impl From<&checks::verdict::Place> for Span {
    fn from(place: &checks::verdict::Place) -> Self {
        Self {
            path: place.path.to_string(),
            line: place.line,
            column: place.column,
            end: place.column + place.length,
        }
    }
}

//! What a check answers.

use serde::{Deserialize, Serialize};

use crate::path::RepoPath;
use crate::snapshot::ReadError;

/// What a check answers: a verdict, and what is worth saying whatever the verdict is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it holds.
    pub verdict: Verdict,
    /// Sentences that do not change the verdict but that a reader should know.
    pub remarks: Vec<String>,
}

/// Whether a question about a snapshot has the answer that the plan wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not, and these are the places that speak against it. Never empty.
    Fail(Vec<Finding>),
    /// It cannot be known, for this reason.
    Undecided(String),
}

/// One place that speaks against a criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Where; a missing file or a failed program has no place.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// Why it speaks against the criterion.
    pub message: String,
}

/// A stretch of one line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file.
    pub path: RepoPath,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, counted in characters.
    pub column: usize,
    /// How many characters are meant, at least 1; it never leaves the line.
    pub length: usize,
    /// The text of the line, without its end.
    pub source: String,
}

impl Verdict {
    /// A fail if there is a finding, else a pass.
    #[must_use]
    pub fn from_findings(findings: Vec<Finding>) -> Self {
        if findings.is_empty() {
            Self::Pass
        } else {
            Self::Fail(findings)
        }
    }
}

impl From<Verdict> for Answer {
    fn from(verdict: Verdict) -> Self {
        Self {
            verdict,
            remarks: Vec::new(),
        }
    }
}

impl From<ReadError> for Verdict {
    fn from(error: ReadError) -> Self {
        Self::Undecided(error.to_string())
    }
}

impl Finding {
    /// A finding at a place.
    #[must_use]
    pub fn at(place: Place, message: impl Into<String>) -> Self {
        Self {
            place: Some(place),
            message: message.into(),
        }
    }

    /// A finding that has no place.
    #[must_use]
    pub fn general(message: impl Into<String>) -> Self {
        Self {
            place: None,
            message: message.into(),
        }
    }
}

impl Place {
    /// The place of the bytes `start..end` of `text`, cut at the end of the first line.
    ///
    /// Offsets that fall outside of the text or inside a character are moved to the nearest
    /// place before.
    #[must_use]
    pub fn in_text(path: &RepoPath, text: &str, start: usize, end: usize) -> Self {
        let start = floor(text, start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let source = text[line_start..line_end].trim_end_matches('\r');
        let end = floor(text, end).clamp(start, line_start + source.len().max(start - line_start));
        Self {
            path: path.clone(),
            line: text[..line_start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            length: text[start..end].chars().count().max(1),
            source: source.to_owned(),
        }
    }
}

fn floor(text: &str, mut offset: usize) -> usize {
    offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters_and_stays_on_its_line() {
        let path = RepoPath::new("a.py").unwrap();
        let text = "x = 1\r\né = 'ü'  # two\nlast";
        let place = Place::in_text(&path, text, 12, 999);
        assert_eq!((place.line, place.column, place.length), (2, 5, 10));
        assert_eq!(place.source, "é = 'ü'  # two");
        let end = Place::in_text(&path, text, 999, 999);
        assert_eq!((end.line, end.column, end.length), (3, 5, 1));
    }
}

//! Where the lines of a text stand.

use std::ops::Range;

/// A text, and where each of its lines begins.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// The lines of a text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(ends).collect();
        Self { text, starts }
    }

    /// The number of the line that an offset stands on, from 1.
    #[must_use]
    pub fn number(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// The bytes of a line, from 1, without its end; none of a line that is not there.
    #[must_use]
    pub fn line(&self, number: usize) -> Range<usize> {
        let Some(start) = number.checked_sub(1).and_then(|it| self.starts.get(it)) else {
            return 0..0;
        };
        let end = self
            .starts
            .get(number)
            .map_or(self.text.len(), |next| next - 1);
        let line = self.text.get(*start..end).unwrap_or_default();
        *start..start + line.trim_end_matches('\r').len()
    }

    /// The bytes of a line, from 1, without its indentation and the spaces at its end.
    pub(crate) fn trimmed(&self, number: usize) -> Range<usize> {
        let Range { start, end } = self.line(number);
        let line = self.text.get(start..end).unwrap_or_default();
        let indent = line.len() - line.trim_start().len();
        start + indent..start + line.trim_end().len().max(indent)
    }

    /// The bytes between two offsets.
    #[must_use]
    pub fn text(&self, span: Range<usize>) -> &'a str {
        self.text.get(span).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_a_place() {
        let text = "one\n  two \r\n\nfour";
        let lines = Lines::new(text);
        let whole: Vec<&str> = (0..=5).map(|it| lines.text(lines.line(it))).collect();
        let trimmed: Vec<&str> = (0..=5).map(|it| lines.text(lines.trimmed(it))).collect();
        assert_eq!(whole, ["", "one", "  two ", "", "four", ""]);
        assert_eq!(trimmed, ["", "one", "two", "", "four", ""]);
    }

    #[test]
    fn every_offset_has_a_line() {
        let lines = Lines::new("ab\ncd\n");
        let numbers: Vec<usize> = (0..=6).map(|offset| lines.number(offset)).collect();
        assert_eq!(numbers, [1, 1, 1, 2, 2, 2, 3]);
    }
}

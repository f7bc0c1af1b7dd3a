//! Text on its way through a pipe, each line with the place where it came from.

use std::rc::Rc;

use crate::path::RepoPath;
use crate::verdict::Place;

/// Lines of text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stream {
    pub(super) lines: Vec<Line>,
    /// Whether the last line lacks its end.
    pub(super) open: bool,
    /// Whether the order of the lines is the file system's and not known.
    pub(super) unordered: bool,
}

/// One line, without its end.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) text: Rc<str>,
    pub(super) origin: Option<Origin>,
    /// Whether the smoke test itself said it, and did not read it from a file.
    pub(super) said: bool,
}

/// The line of a file.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) path: Rc<RepoPath>,
    pub(super) number: usize,
    pub(super) source: Rc<str>,
}

impl Stream {
    /// The text of a file.
    pub(super) fn of_file(path: &RepoPath, text: &str) -> Self {
        let path = Rc::new(path.clone());
        let line = |(index, text): (usize, &str)| {
            let text: Rc<str> = text.into();
            Line {
                origin: Some(Origin {
                    path: path.clone(),
                    number: index + 1,
                    source: text.clone(),
                }),
                text,
                said: false,
            }
        };
        let open = !text.is_empty() && !text.ends_with('\n');
        let whole = text.strip_suffix('\n').unwrap_or(text);
        let lines = if text.is_empty() {
            Vec::new()
        } else {
            whole.split('\n').enumerate().map(line).collect()
        };
        Self {
            lines,
            open,
            unordered: false,
        }
    }

    /// What a command prints itself.
    pub(super) fn of_text(text: &str, said: bool) -> Self {
        let whole = text.strip_suffix('\n').unwrap_or(text);
        let line = |text: &str| Line {
            text: text.into(),
            origin: None,
            said,
        };
        let lines = if text.is_empty() {
            Vec::new()
        } else {
            whole.split('\n').map(line).collect()
        };
        Self {
            lines,
            open: !text.is_empty() && !text.ends_with('\n'),
            unordered: false,
        }
    }

    /// More text after this.
    pub(super) fn append(&mut self, more: Self) {
        let mut lines = more.lines.into_iter();
        if self.open
            && let (Some(last), Some(first)) = (self.lines.last_mut(), lines.next())
        {
            last.text = format!("{}{}", last.text, first.text).into();
            last.said |= first.said;
            self.open = more.open;
        } else if lines.len() > 0 {
            self.open = more.open;
        }
        self.lines.extend(lines);
        self.open = self.open && !self.lines.is_empty();
        self.unordered |= more.unordered;
    }

    /// The text as it would be printed.
    #[cfg(test)]
    pub(super) fn text(&self) -> String {
        let lines: Vec<_> = self.lines.iter().map(|line| &*line.text).collect();
        let mut text = lines.join("\n");
        if !self.lines.is_empty() && !self.open {
            text.push('\n');
        }
        text
    }
}

impl Origin {
    /// The bytes `span` of the line; the whole line if they are not known.
    pub(super) fn place(&self, span: Option<(usize, usize)>) -> Place {
        let start = self.source.len() - self.source.trim_start().len();
        let (start, end) = span.unwrap_or((start, self.source.trim_end().len()));
        let mut place = Place::in_text(&self.path, &self.source, start, end);
        place.line = self.number;
        place
    }
}

//! What each line of a file is to Python, to explain why a search in its text says otherwise.

use std::fmt;

use crate::path::RepoPath;

use super::decode::decode;
use super::import::{Import, Imports, When};
use super::recent;
use super::stack::with_room;
use super::syntax::TextRange;

/// What a line is to Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineKind {
    /// Nothing but white space.
    Blank,
    /// Nothing but a comment.
    Comment,
    /// Inside a string (a docstring, for instance), or nothing but one.
    Text,
    /// An import that runs while the file is loaded.
    EagerImport,
    /// An import that runs when this function is called.
    DeferredImport(String),
    /// An import for type checkers only.
    TypingOnlyImport,
    /// Anything else.
    Code,
}

/// What each line of `text` is, the first line first; none if the text does not parse.
#[must_use]
pub fn line_kinds(text: &str) -> Option<Vec<LineKind>> {
    with_room(|| {
        let text = decode(text.as_bytes()).ok()?;
        let kept = recent::keep(text.into(), None);
        let (text, parsed) = (kept.text(), kept.whole().ok()?);
        let marks = parsed.marks(text);
        let lines = Lines::of(text);
        let mut kinds: Vec<LineKind> = lines
            .starts
            .iter()
            .enumerate()
            .map(|(index, _)| {
                if lines.text(index).trim().is_empty() {
                    LineKind::Blank
                } else {
                    LineKind::Code
                }
            })
            .collect();
        for range in &marks.comments {
            lines.mark(&mut kinds, *range, &LineKind::Comment);
        }
        for range in &marks.strings {
            lines.mark(&mut kinds, *range, &LineKind::Text);
        }
        for import in Imports::of(&parsed.body, &[]).list {
            let (first, last) = (
                lines.of_offset(import.statement.start().to_usize()),
                lines.of_offset(import.statement.end().to_usize()),
            );
            for kind in kinds
                .iter_mut()
                .take(last + 1)
                .skip(first)
                .filter(|kind| **kind == LineKind::Code)
            {
                *kind = LineKind::from(&import);
            }
        }
        Some(kinds)
    })
}

/// One line (from 1) of a file in a few words: `comment`, `deferred import (inside `f`)`, …
#[must_use]
pub fn describe_line(path: &RepoPath, text: &str, line: usize) -> String {
    if !matches!(path.as_str().rsplit_once('.'), Some((_, "py" | "pyi"))) {
        return "text".to_owned();
    }
    let Some(kinds) = line_kinds(text) else {
        return "text that does not parse".to_owned();
    };
    let kind = line.checked_sub(1).and_then(|index| kinds.get(index));
    kind.map_or_else(|| "no such line".to_owned(), LineKind::to_string)
}

impl From<&Import> for LineKind {
    fn from(import: &Import) -> Self {
        match (import.when, &import.function) {
            (When::TypingOnly | When::Never, _) => Self::TypingOnlyImport,
            (_, Some(function)) => Self::DeferredImport(function.clone()),
            (When::Lazy, None) => Self::DeferredImport("a `lazy import`".to_owned()),
            _ => Self::EagerImport,
        }
    }
}

impl fmt::Display for LineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => f.write_str("blank"),
            Self::Comment => f.write_str("comment"),
            Self::Text => f.write_str("string"),
            Self::EagerImport => f.write_str("module-level import"),
            Self::DeferredImport(function) => write!(f, "deferred import (inside `{function}`)"),
            Self::TypingOnlyImport => f.write_str("typing-only import"),
            Self::Code => f.write_str("code"),
        }
    }
}

struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts = [0].into_iter().chain(ends.filter(|at| *at < text.len()));
        Self {
            text,
            starts: starts.collect(),
        }
    }

    fn of_offset(&self, offset: usize) -> usize {
        self.starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    }

    fn span(&self, index: usize) -> (usize, usize) {
        let start = self.starts.get(index).copied().unwrap_or(self.text.len());
        let end = self
            .starts
            .get(index + 1)
            .copied()
            .unwrap_or(self.text.len());
        (start, end)
    }

    fn text(&self, index: usize) -> &'t str {
        let (start, end) = self.span(index);
        self.text.get(start..end).unwrap_or_default()
    }

    /// Marks the lines that hold nothing outside of `range`.
    fn mark(&self, kinds: &mut [LineKind], range: TextRange, kind: &LineKind) {
        let (from, to) = (range.start().to_usize(), range.end().to_usize());
        for index in self.of_offset(from)..=self.of_offset(to) {
            let (start, end) = self.span(index);
            let before = self
                .text
                .get(start..from.clamp(start, end))
                .unwrap_or_default();
            let after = self.text.get(to.clamp(start, end)..end).unwrap_or_default();
            let alone =
                before.trim().is_empty() && after.trim().is_empty() && from < end && to > start;
            if let Some(slot) = kinds.get_mut(index).filter(|_| alone) {
                slot.clone_from(kind);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_told() {
        let text = "\"\"\"About torch.\n\nimport torch\n\"\"\"\n# import torch\nimport os, \\\n    sys\n\
                    if TYPE_CHECKING:\n    import a\nfrom typing import TYPE_CHECKING\n\nclass C:\n    \
                    def f(self):\n        import torch  # here\n        return torch\n";
        let path = RepoPath::new("a.py").unwrap();
        let kinds: Vec<String> = (1..=16)
            .map(|line| describe_line(&path, text, line))
            .collect();
        let expected = [
            "string",
            "string",
            "string",
            "string",
            "comment",
            "module-level import",
            "module-level import",
            "code",
            "typing-only import",
            "module-level import",
            "blank",
            "code",
            "code",
            "deferred import (inside `C.f`)",
            "code",
            "no such line",
        ];
        assert_eq!(kinds, expected);
        let broken = describe_line(&path, "def f(:", 1);
        assert_eq!(broken, "text that does not parse");
        assert_eq!(
            describe_line(&RepoPath::new("a.md").unwrap(), "x", 1),
            "text"
        );
    }
}

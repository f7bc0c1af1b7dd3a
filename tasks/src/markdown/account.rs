//! What became of each line of a document.

use super::lines::{Kind, Scan};

/// What became of each line: nothing is dropped without a word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    parts: Vec<Part>,
}

/// Which part of a plan took a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Empty, a rule, a comment or the mark of a block.
    Layout,
    /// The front matter.
    Frontmatter,
    /// A heading.
    Heading,
    /// A field, such as the goal or an estimate.
    Field,
    /// The beginning of a task.
    Task,
    /// The files of a task.
    Files,
    /// A box or another criterion.
    Criterion,
    /// A test that is wanted.
    Test,
    /// A shell line.
    Command,
    /// Code that is not run.
    Code,
    /// For people alone: a description, notes, a table.
    Prose,
    /// Not understood.
    Unknown,
}

/// Lines that follow each other and went the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The first line, from 1.
    pub first: usize,
    /// The last line.
    pub last: usize,
    /// Which part took them.
    pub part: Part,
}

impl Account {
    pub(super) fn new(scan: &Scan<'_>) -> Self {
        let of = |kind: Kind<'_>| match kind {
            Kind::Blank | Kind::Comment | Kind::Rule => Part::Layout,
            Kind::Frontmatter => Part::Frontmatter,
            Kind::Heading(..) => Part::Heading,
            Kind::Fence(_) => Part::Code,
            Kind::Text => Part::Unknown,
        };
        Self {
            parts: scan.lines.iter().map(|line| of(line.kind)).collect(),
        }
    }

    /// Nothing but one part, for a document that is read by another reader.
    pub(super) fn whole(lines: usize, part: Part) -> Self {
        Self {
            parts: vec![part; lines],
        }
    }

    /// Says that the line with this index went to a part.
    pub(super) fn took(&mut self, index: usize, part: Part) {
        if let Some(slot) = self.parts.get_mut(index) {
            *slot = part;
        }
    }

    /// Which part took a line, counted from 1.
    #[must_use]
    pub fn part(&self, line: usize) -> Option<Part> {
        self.parts.get(line.checked_sub(1)?).copied()
    }

    /// How many lines went to a part.
    #[must_use]
    pub fn count(&self, part: Part) -> usize {
        self.parts.iter().filter(|other| **other == part).count()
    }

    /// The stretches of lines that went to a part.
    #[must_use]
    pub fn stretches(&self, part: Part) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::new();
        let lines = self
            .parts
            .iter()
            .zip(1..)
            .filter(|(other, _)| **other == part);
        for (_, line) in lines {
            match stretches.last_mut() {
                Some(stretch) if stretch.last + 1 == line => stretch.last = line,
                _ => stretches.push(Stretch {
                    first: line,
                    last: line,
                    part,
                }),
            }
        }
        stretches
    }
}

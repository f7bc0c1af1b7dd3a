//! The code blocks of a plan, for those who look at what stands in them.

use std::ops::Range;

use super::document::Tick;
use super::item::Item;
use super::lines::Scan;

/// A fenced code block, an outermost one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block<'t> {
    /// The first word behind its opening mark, for instance `bash`.
    pub language: &'t str,
    /// What stands in it.
    pub text: String,
    /// The numbers of its lines, from 1, without the marks.
    pub inside: Range<usize>,
    /// Whether its end is marked; one that is never closed goes on to the end of the text.
    pub closed: bool,
}

/// The ticked boxes of a Markdown text outside of its code blocks: the number of the line, from 1,
/// and what is ticked there.
#[must_use]
pub fn ticked(text: &str) -> Vec<(usize, &str)> {
    let scan = Scan::new(text);
    let ticked = |(index, line)| {
        let item = Item::new(line)?;
        (item.tick == Some(Tick::Ticked)).then_some((index + 1, item.text))
    };
    scan.prose(0..scan.lines.len()).filter_map(ticked).collect()
}

/// The code blocks of a Markdown text, in order.
#[must_use]
pub fn blocks(text: &str) -> Vec<Block<'_>> {
    let Scan { lines, fences } = Scan::new(text);
    let mut blocks = Vec::with_capacity(fences.len());
    for fence in fences {
        let inside = lines.get(fence.inside.clone()).unwrap_or_default();
        let inside: Vec<&str> = inside.iter().map(|line| line.text).collect();
        blocks.push(Block {
            language: fence.language,
            text: inside.join("\n") + "\n",
            inside: fence.inside.start + 1..fence.inside.end + 1,
            closed: fence.inside.end < fence.whole.end,
        });
    }
    blocks
}

//! The code blocks of a plan, for those who look at what stands in them.

use std::ops::Range;

use super::lines::{Fence, Scan};

/// A fenced code block, an outermost one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block<'t> {
    /// The first word behind its opening mark, for instance `bash`.
    pub language: &'t str,
    /// What stands in it.
    pub text: String,
    /// The numbers of its lines, from 1, without the marks.
    pub inside: Range<usize>,
}

/// The code blocks of a Markdown text, in order.
#[must_use]
pub fn blocks(text: &str) -> Vec<Block<'_>> {
    let scan = Scan::new(text);
    let block = |fence: &Fence<'_>| {
        let lines = scan.lines.get(fence.inside.clone()).unwrap_or_default();
        let lines = lines.iter().map(|line| line.text);
        Block {
            language: "",
            text: lines.collect::<Vec<_>>().join("\n") + "\n",
            inside: fence.inside.start + 1..fence.inside.end + 1,
        }
    };
    let languages = scan.fences.iter().map(|fence| fence.language);
    let blocks = scan.fences.iter().map(block);
    blocks
        .zip(languages)
        .map(|(block, language)| Block { language, ..block })
        .collect()
}

/// The line, from 1, of the fence that is never closed, if there is one.
#[must_use]
pub fn unclosed(text: &str) -> Option<usize> {
    let scan = Scan::new(text);
    let open = |fence: &&Fence<'_>| fence.inside.end == fence.whole.end;
    scan.fences
        .iter()
        .find(open)
        .map(|fence| fence.whole.start + 1)
}

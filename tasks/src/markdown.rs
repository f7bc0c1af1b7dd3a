//! Plans written as Markdown, read into a [`Document`].
//!
//! Nothing is guessed silently: the [`Family`] says by which rules a document was read, every
//! line is [accounted for](Account), and what is no plan is [refused](Refused) with the reason.
//! Pure: a text in, a document out.
//!
//! A CommonMark parser alone is not enough. Authors paste ```` ```bash ```` blocks into
//! ```` ```markdown ```` blocks, which CommonMark closes at the first inner fence; counted over
//! 200 real plans, a strict reading loses boxes in eight files. So lines are scanned here, with
//! fences that nest, and CommonMark decides only where that leaves a fence open.

mod account;
mod bind;
mod blocks;
mod body;
mod claims;
mod commands;
mod document;
mod family;
mod fields;
mod files;
mod frontmatter;
mod header;
mod item;
mod json;
mod lines;
mod names;
mod refusal;
mod statements;
mod write;

pub use account::{Account, Part, Stretch};
pub use bind::{Binding, bind};
pub use blocks::{Block, blocks, ticked};
pub use claims::{Stated, claims};
pub(crate) use commands::is_command;
pub use document::{
    Boxes, Change, Code, Command, Criterion, Document, FileEntry, Header, Place, Purpose,
    Requirement, Task, Tick,
};
pub use family::Family;
pub(crate) use item::code_spans;
pub use json::json;
pub use refusal::Refused;
pub use write::toml;

/// Reads a plan. `name` is the document's file name, which tells a handoff note from a plan;
/// it is not opened.
///
/// # Errors
///
/// The document is no plan: a note, a report, an overview, or text without any task.
pub fn parse(name: &str, text: &str) -> Result<Document, Refused> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(plan) = family::task_master::read(text) {
        return plan;
    }
    let scan = lines::Scan::new(text);
    refusal::look_alike(name, &scan)?;
    let read = family::recognise(name, &scan);
    let document = match read {
        Some(read) => document::assemble(&scan, read),
        None => return Err(refusal::without_tasks(&scan)),
    };
    refusal::finished(&document)?;
    Ok(document)
}

//! Parsed files that live as long as the whole analysis.
//!
//! Functions outlive the statement that defined them, so what they are made of is borrowed from
//! here: a list that only grows and hands out references to what it holds.

use std::cell::OnceCell;

use crate::python::source::Source;

/// A list of sources, each at a place of its own in memory.
#[derive(Default)]
pub(super) struct Arena(OnceCell<Box<Node>>);

struct Node {
    source: Source,
    rest: Arena,
}

/// The end of the list, where the next source is put.
#[derive(Clone, Copy)]
pub(super) struct End<'a>(&'a Arena);

impl Arena {
    /// The end of an empty list.
    pub(super) fn end(&self) -> End<'_> {
        End(self)
    }
}

impl<'a> End<'a> {
    /// Keeps a source.
    pub(super) fn keep(&mut self, source: Source) -> &'a Source {
        let node = self.0.0.get_or_init(|| {
            Box::new(Node {
                source,
                rest: Arena::default(),
            })
        });
        self.0 = &node.rest;
        &node.source
    }
}

impl Drop for Arena {
    /// One after the other: a long list must not be dropped recursively.
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(mut node) = next {
            next = node.rest.0.take();
        }
    }
}

//! Where the bodies of functions seem to lie, line by line.

use std::ops::Range;

/// The bodies of functions that stand in no other function, seen so far.
#[derive(Default)]
pub(super) struct Bodies {
    found: Vec<Range<usize>>,
    /// The function that is not over.
    open: Option<Open>,
    /// Where the last token ends that is part of a statement.
    end: usize,
    /// Whether a line is indented in a way whose columns are not counted here.
    odd: bool,
}

/// A function whose end is not reached.
struct Open {
    column: usize,
    stage: Stage,
}

/// How much of a function was seen.
enum Stage {
    /// Not all of its first line.
    Header,
    /// The colon at the end of that, too.
    Colon,
    /// The place where its body begins, too.
    Body(usize),
}

impl Bodies {
    /// A token of a statement ends at `at`.
    pub(super) fn token(&mut self, at: usize) {
        self.end = at;
    }

    /// A line that is not blank is indented by other things than spaces.
    pub(super) fn odd(&mut self) {
        self.odd = true;
    }

    /// A statement begins at `at`, in this column, with this text.
    pub(super) fn line(&mut self, at: usize, column: usize, text: &[u8]) {
        match &mut self.open {
            Some(open) if column > open.column => {
                if let Stage::Colon = open.stage {
                    open.stage = Stage::Body(at);
                }
                return;
            }
            open => self
                .found
                .extend(open.take().and_then(|it| it.body(self.end))),
        }
        self.open = begins_function(text).then_some(Open {
            column,
            stage: Stage::Header,
        });
    }

    /// A colon in no brackets; `last` if nothing but a comment follows in its line.
    pub(super) fn colon(&mut self, last: bool) {
        if let Some(open) = &mut self.open
            && let Stage::Header = open.stage
        {
            match last {
                true => open.stage = Stage::Colon,
                false => self.open = None,
            }
        }
    }

    /// Each from its first statement to the end of its last; none if lines are [odd](Self::odd).
    pub(super) fn all(mut self) -> Vec<Range<usize>> {
        self.found
            .extend(self.open.take().and_then(|it| it.body(self.end)));
        match self.odd {
            true => Vec::new(),
            false => self.found,
        }
    }
}

impl Open {
    fn body(self, end: usize) -> Option<Range<usize>> {
        match self.stage {
            Stage::Body(start) => Some(start..end),
            Stage::Header | Stage::Colon => None,
        }
    }
}

/// Whether a statement begins as that of a function does.
fn begins_function(text: &[u8]) -> bool {
    let after = |text: &'_ [u8], word: &[u8]| {
        let rest = text.strip_prefix(word)?;
        let blanks = rest.iter().take_while(|it| **it == b' ').count();
        (blanks > 0).then_some(word.len() + blanks)
    };
    let text = after(text, b"async").map_or(text, |length| text.get(length..).unwrap_or_default());
    after(text, b"def").is_some()
}

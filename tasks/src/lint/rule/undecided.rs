//! `undecided`: a box that nothing decides.

use crate::lint::subject::Decided;
use crate::lint::{Against, Diagnostic, Level, Subject};

pub(super) const NAME: &str = "undecided";

pub(super) fn find(subject: &Subject, _: Option<Against<'_>>) -> Vec<Diagnostic> {
    subject
        .boxes
        .iter()
        .filter_map(|line| {
            let Decided::Nothing(reason) = &line.decided else {
                return None;
            };
            let message = "nothing decides this box but a person's word".to_owned();
            let diagnostic = Diagnostic::new(NAME, Level::Note, &line.text.span, message);
            Some(match reason {
                Some(reason) => diagnostic.note(reason.clone()),
                None => diagnostic.help(
                    "name what must be so: a file, a name, a command and what it must answer",
                ),
            })
        })
        .collect()
}

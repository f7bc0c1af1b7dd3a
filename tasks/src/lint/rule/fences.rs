//! `fences`: a fence that is never closed, and one that goes on after a failure.

use crate::lint::{Against, Diagnostic, Level, Subject};

pub(super) const NAME: &str = "fences";

pub(super) fn find(subject: &Subject, _: Option<Against<'_>>) -> Vec<Diagnostic> {
    let unclosed = subject.unclosed.iter().map(|opening| {
        let message = "this fence is never closed".to_owned();
        Diagnostic::new(NAME, Level::Error, opening, message)
            .label("everything below it is taken for code")
            .help("close it with the same marks on a line of their own")
    });
    let deaf = subject
        .fences
        .iter()
        .filter(|fence| fence.tests > 1 && !fence.stops);
    let deaf = deaf.map(|fence| {
        let message = format!("of these {} tests only the last one can fail", fence.tests);
        Diagnostic::new(NAME, Level::Warning, &fence.opening, message)
            .label("the exit status of a script is that of its last command")
            .help("begin it with `set -euo pipefail`")
    });
    unclosed.chain(deaf).collect()
}

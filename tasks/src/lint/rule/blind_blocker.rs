//! `blind-blocker`: a blocker of imports that Python never asks.

use checks::python::{BlindFinder, blind_finders};

use crate::lint::subject::Program;
use crate::lint::{Against, Diagnostic, Level, Subject};

pub(super) const NAME: &str = "blind-blocker";

pub(super) fn find(subject: &Subject, _: Option<Against<'_>>) -> Vec<Diagnostic> {
    let finders = subject.programs.iter().flat_map(|program| {
        let found = blind_finders(&program.text).into_iter();
        found.map(move |finder| diagnostic(program, &finder))
    });
    finders.collect()
}

fn diagnostic(program: &Program, finder: &BlindFinder) -> Diagnostic {
    let span = program.lines.get(finder.line.saturating_sub(1));
    let message = format!(
        "this check cannot fail: `{}` has `find_module` and no `find_spec`",
        finder.class
    );
    Diagnostic::new(NAME, Level::Error, &span.cloned().unwrap_or(0..0), message)
        .label("never called on Python 3.12 and later")
        .help("write `def find_spec(self, name, path=None, target=None)` instead")
}

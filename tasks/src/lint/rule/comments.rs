//! `comments`: a search that takes a comment or a string for code.

use checks::check::smoke_test::SmokeTest;
use checks::python::{LineKind, line_kinds};
use checks::snapshot::Snapshot;
use checks::verdict::Place;

use crate::lint::{Against, Diagnostic, Level, Subject};

pub(super) const NAME: &str = "comments";

pub(super) fn find(subject: &Subject, against: Option<Against<'_>>) -> Vec<Diagnostic> {
    let Some(against) = against else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for line in &subject.lines {
        let outcome = SmokeTest::new(&line.line.text).run(against.snapshot);
        let matched = outcome.matches.into_iter();
        let places: Vec<Place> = matched
            .filter(|it| is_prose(it, against.snapshot))
            .collect();
        if places.is_empty() {
            continue;
        }
        let message = "this test takes comments and strings for code".to_owned();
        found.push(
            Diagnostic::new(NAME, Level::Warning, &line.line.span, message)
                .places(places)
                .help("ask for what the code does: an import, a name, an attribute"),
        );
    }
    found
}

/// Whether a line of Python is nothing but a comment or a string.
fn is_prose(place: &Place, snapshot: &dyn Snapshot) -> bool {
    if !place.path.as_str().ends_with(".py") {
        return false;
    }
    let Ok(bytes) = snapshot.read(&place.path) else {
        return false;
    };
    let kinds = line_kinds(&String::from_utf8_lossy(&bytes)).unwrap_or_default();
    let kind = place.line.checked_sub(1).and_then(|at| kinds.get(at));
    matches!(kind, Some(LineKind::Comment | LineKind::Text))
}

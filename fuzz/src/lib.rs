//! What the fuzz targets share: small repositories in memory, programs of a grammar, and the
//! questions that are asked of them.

pub mod grammar;
pub mod mutation;
pub mod outside;
pub mod package;
pub mod word;

use checks::snapshot::Snapshot;
use checks::verdict::{Finding, Place, Verdict};

/// Asserts that a place is what stands in its file: the line's own text, and no further.
pub fn assert_is_there(place: &Place, snapshot: &dyn Snapshot) {
    let bytes = snapshot.read(&place.path).expect("a place is in a file");
    assert!(place.line >= 1 && place.column >= 1 && place.length >= 1);
    let width = place.source.chars().count();
    assert!(place.column <= width + 1, "{place:?}");
    assert!(place.column + place.length <= width + 2, "{place:?}");
    // What is not UTF-8 is decoded by the cookie of its file.
    if let Ok(text) = std::str::from_utf8(&bytes)
        && !text.contains("coding")
    {
        assert!(text.contains(&place.source), "{place:?}");
    }
}

/// Asserts that a verdict gives its reasons, in places that are there.
pub fn assert_gives_reasons(verdict: &Verdict, snapshot: &dyn Snapshot) {
    match verdict {
        Verdict::Pass => {}
        Verdict::Undecided(why) => assert!(!why.is_empty()),
        Verdict::Fail(findings) => {
            assert!(!findings.is_empty());
            for Finding { place, message } in findings {
                assert!(!message.is_empty());
                if let Some(place) = place {
                    assert_is_there(place, snapshot);
                }
            }
        }
    }
}

//! Arbitrary text as a plan file: it is read, or it is said where and why not.

#![no_main]

use checks::snapshot::Memory;
use fuzz::assert_gives_reasons;
use fuzz::outside::Outside;
use libfuzzer_sys::fuzz_target;
use tasks::binding::{Decided, suggestions, with_decision};
use tasks::lint;
use tasks::plan::{AnyCheck, Decision, Plan, PlanError};

fuzz_target!(|text: &str| match Plan::<Outside>::parse("m3.toml", text) {
    Ok(plan) => {
        is_sound(&plan, text);
        is_judged(&plan);
    }
    Err(error) => is_told(&error, text),
});

/// Where it is and what to do, inside the text.
fn is_told(error: &PlanError, text: &str) {
    assert!(!error.message.is_empty());
    assert!(
        error.span.start <= error.span.end && error.span.end <= text.len(),
        "{error:?}"
    );
    assert!(error.line() <= text.lines().count().max(1) + 1, "{error:?}");
}

/// Ids are unique and lead back, and a decision can be written into every manual box.
fn is_sound(plan: &Plan<Outside>, text: &str) {
    let mut ids: Vec<&str> = plan.boxes().map(|(_, it)| it.id.as_str()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "every id is unique");
    for (_, it) in plan.boxes() {
        assert!(plan.find_box(&it.id).is_some());
        if let Decision::Manual(_) = it.decided_by {
            let decided = Decided::checks("{ path = { exists = \"a.py\" } }").expect("a check");
            let written = with_decision("m3.toml", text, &it.id, &decided);
            let written = written.unwrap_or_else(|error| panic!("{error}"));
            let again = Plan::<Outside>::parse("m3.toml", &written);
            let again = again.unwrap_or_else(|error| panic!("{error}\n{written}"));
            let bound = again.find_box(&it.id).map(|(_, it)| &it.decided_by);
            assert!(matches!(bound, Some(Decision::Checks(_))), "{written}");
        }
    }
    assert!(suggestions("m3.toml", text).is_ok());
    let subject = lint::toml::subject::<Outside>("m3.toml", text);
    let subject = subject.unwrap_or_else(|error| panic!("{error}"));
    for found in lint::lint(&subject, None) {
        assert!(text.get(found.span.clone()).is_some(), "{found:?}");
    }
}

/// Every check answers, on an empty repository and on one with a few files.
fn is_judged(plan: &Plan<Outside>) {
    let files = Memory::new([
        ("a.py", "import a\n"),
        ("b/__init__.py", "x = 1\n"),
        ("c", "c\n"),
    ]);
    for snapshot in [Memory::default(), files] {
        for (_, it) in plan.boxes() {
            let Decision::Checks(checks) = &it.decided_by else {
                continue;
            };
            for check in checks {
                if let AnyCheck::Native(native) = check {
                    assert_gives_reasons(&native.check().judge(&snapshot).verdict, &snapshot);
                }
            }
        }
    }
}

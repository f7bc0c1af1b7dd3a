//! Arbitrary text as a line of shell: it is evaluated, or it is said what needs a shell; and a
//! line that passes fails with its violation planted.

#![no_main]

use checks::check::smoke_test::SmokeTest;
use checks::check::{Check, NotControlled, controlled};
use checks::shell::weakness::weaknesses;
use checks::snapshot::Memory;
use checks::verdict::Verdict;
use fuzz::{assert_gives_reasons, assert_is_there};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &str| {
    let snapshot = Memory::new([
        ("a.py", "import torch\n\n\nclass A:\n    x = 1  # old\n"),
        ("src/b.py", "def f():\n    import torch\n"),
        ("src/c/d.txt", "old\nnew\nold\n"),
        ("empty", ""),
        ("bytes", "\0\u{1}"),
    ]);
    for weakness in weaknesses(line) {
        assert!(!weakness.to_string().is_empty() && !weakness.remedy().is_empty());
    }
    let Ok(test) = SmokeTest::try_from(line.to_owned()) else {
        assert!(line.trim().is_empty());
        return;
    };
    let outcome = test.run(&snapshot);
    assert_eq!(outcome, test.run(&snapshot), "run twice");
    assert_gives_reasons(&outcome.verdict, &snapshot);
    outcome
        .matches
        .iter()
        .for_each(|it| assert_is_there(it, &snapshot));
    if test.needs_shell() {
        assert!(outcome.verdict != Verdict::Pass || outcome.needs_shell.is_none());
    }
    if test.judge(&snapshot).verdict == Verdict::Pass {
        assert_ne!(
            controlled(&test, &snapshot),
            Err(NotControlled::CannotFail),
            "{line}"
        );
    }
});

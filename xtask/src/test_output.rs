//! What test runners print: how many tests ran, and which ones failed.
//!
//! Only a runner's own summary counts. Output without one that is known says nothing, and that
//! is what is answered: a guess would turn "no test ran" into a pass.

use std::sync::LazyLock;

use console::strip_ansi_codes;
use regex::{Captures, Regex};
use tasks::outside::TestCounts;

/// Reads the summaries of pytest, unittest, cargo test, nextest, `go test -v` and jest, several
/// of them put together; none if there is no summary.
pub(crate) fn read(output: &str) -> Option<TestCounts> {
    let output = strip_ansi_codes(output);
    let found = READERS.iter().filter_map(|(runner, read)| {
        let counts = read(&output)?;
        Some(TestCounts {
            runner: (*runner).to_owned(),
            ..counts
        })
    });
    found.reduce(together)
}

/// How one runner's summary is read.
type Reader = fn(&str) -> Option<TestCounts>;

const READERS: [(&str, Reader); 6] = [
    ("pytest", pytest),
    ("unittest", unittest),
    ("cargo test", cargo_test),
    ("nextest", nextest),
    ("go test", go_test),
    ("jest", jest),
];

fn together(one: TestCounts, other: TestCounts) -> TestCounts {
    TestCounts {
        runner: format!("{}, {}", one.runner, other.runner),
        passed: one.passed + other.passed,
        failed: one.failed + other.failed,
        skipped: one.skipped + other.skipped,
        failing: [one.failing, other.failing].concat(),
    }
}

/// `== 3 passed, 1 skipped in 0.12s ==`, also without the frame (`-q`), and `no tests ran`.
fn pytest(output: &str) -> Option<TestCounts> {
    static SUMMARY: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?m)^(?:=+ )?((?:no tests ran|\d+ [a-z]+)(?:, \d+ [a-z]+)*) in \d[\d.]*s\b.*$")
    });
    static FAILING: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?m)^(?:FAILED|ERROR) (\S+::.*?|\S+)(?: - .*)?$"));
    let mut counts = TestCounts::default();
    let mut any = false;
    for summary in SUMMARY.captures_iter(output) {
        any = true;
        for part in summary[1].split(", ") {
            let (number, word) = part.split_once(' ')?;
            let number: usize = number.parse().unwrap_or(0);
            match word {
                "passed" | "xfailed" | "xpassed" => counts.passed += number,
                "failed" | "error" | "errors" => counts.failed += number,
                "skipped" => counts.skipped += number,
                _ => {}
            }
        }
    }
    counts.failing = names(&FAILING, output);
    any.then_some(counts)
}

/// `Ran 3 tests in 0.001s`, then `OK (skipped=1)` or `FAILED (failures=1, errors=1)`.
fn unittest(output: &str) -> Option<TestCounts> {
    static SUMMARY: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?m)^Ran (\d+) tests? in \d[\d.]*s$\s*^(OK|FAILED|NO TESTS RAN)(?: \((.*)\))?$")
    });
    static FAILING: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?m)^(?:FAIL|ERROR): (\S+ \(\S+\))"));
    let mut counts = TestCounts::default();
    let mut any = false;
    for summary in SUMMARY.captures_iter(output) {
        any = true;
        let detail = |word: &str| -> usize {
            let details = summary.get(3).map_or("", |m| m.as_str()).split(", ");
            let mut numbers = details.filter_map(|d| d.strip_prefix(word)?.strip_prefix('='));
            numbers.next().and_then(|n| n.parse().ok()).unwrap_or(0)
        };
        let failed = detail("failures") + detail("errors") + detail("unexpected successes");
        let skipped = detail("skipped");
        counts.failed += failed;
        counts.skipped += skipped;
        counts.passed += number(&summary, 1).saturating_sub(failed + skipped);
    }
    counts.failing = names(&FAILING, output);
    any.then_some(counts)
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; …`, one for each test program.
fn cargo_test(output: &str) -> Option<TestCounts> {
    static SUMMARY: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?m)^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;")
    });
    static FAILING: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^test (.+) \.\.\. FAILED$"));
    sums(&SUMMARY, &FAILING, output)
}

/// `Summary [   0.1s] 3 tests run: 2 passed, 1 failed, 1 skipped`.
fn nextest(output: &str) -> Option<TestCounts> {
    static SUMMARY: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?m)^\s*Summary \[.*\] .*tests? run: (\d+) passed(?: \(.*?\))?(?:, (\d+) failed)?.*?(?:, (\d+) skipped)?$",
        )
    });
    static FAILING: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?m)^\s*FAIL \[.*?\] (?:\(.*?\) )?(.+)$"));
    sums(&SUMMARY, &FAILING, output)
}

/// The verdict of each test, which only `-v` prints; without it there is nothing to count.
fn go_test(output: &str) -> Option<TestCounts> {
    static VERDICT: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?m)^\s*--- (PASS|FAIL|SKIP): (\S+)"));
    let mut counts = TestCounts::default();
    let mut any = false;
    for verdict in VERDICT.captures_iter(output) {
        any = true;
        match &verdict[1] {
            "PASS" => counts.passed += 1,
            "SKIP" => counts.skipped += 1,
            _ => {
                counts.failed += 1;
                counts.failing.push(verdict[2].to_owned());
            }
        }
    }
    any.then_some(counts)
}

/// `Tests:       1 failed, 1 skipped, 2 passed, 4 total`.
fn jest(output: &str) -> Option<TestCounts> {
    static SUMMARY: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^Tests: +(.*\b\d+ total)$"));
    static FAILING: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^ *● (.+ › .+)$"));
    let summary = SUMMARY.captures_iter(output).last()?;
    let count = |words: &[&str]| -> usize {
        let parts = summary[1]
            .split(", ")
            .filter_map(|part| part.split_once(' '));
        let ours = parts.filter(|(_, word)| words.contains(word));
        ours.filter_map(|(number, _)| number.parse::<usize>().ok())
            .sum()
    };
    Some(TestCounts {
        passed: count(&["passed"]),
        failed: count(&["failed"]),
        skipped: count(&["skipped", "todo"]),
        failing: names(&FAILING, output),
        ..TestCounts::default()
    })
}

/// Summaries whose groups are passed, failed and skipped.
fn sums(summary: &LazyLock<Regex>, failing: &LazyLock<Regex>, output: &str) -> Option<TestCounts> {
    let summaries = summary.captures_iter(output);
    let counts = summaries.map(|summary| TestCounts {
        passed: number(&summary, 1),
        failed: number(&summary, 2),
        skipped: number(&summary, 3),
        ..TestCounts::default()
    });
    let mut counts = counts.reduce(together)?;
    counts.failing = names(failing, output);
    Some(counts)
}

fn number(captures: &Captures<'_>, group: usize) -> usize {
    let text = captures.get(group).map_or("", |found| found.as_str());
    text.parse().unwrap_or(0)
}

/// The first group of every match, each once, in the order of the output.
fn names(pattern: &LazyLock<Regex>, output: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for found in pattern.captures_iter(output) {
        let name = found[1].trim().to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A pattern of this file.
#[expect(clippy::expect_used, reason = "the tests use every pattern")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `RUNNER passed failed skipped: failing, names`, or nothing.
    fn said(output: &str) -> String {
        read(output).map_or_else(String::new, |counts| {
            let TestCounts {
                runner,
                passed,
                failed,
                skipped,
                failing,
            } = counts;
            let failing = failing.join(", ");
            format!("{runner} {passed} {failed} {skipped}: {failing}")
        })
    }

    #[test]
    fn summaries_are_read() {
        for (output, expected) in [
            (
                "===== 5145 passed, 24 skipped, 14 warnings in 125.80s (0:02:05) =====",
                "pytest 5145 0 24: ",
            ),
            ("3 passed in 0.02s", "pytest 3 0 0: "),
            ("no tests ran in 0.00s", "pytest 0 0 0: "),
            ("==== 1 deselected in 0.10s ====", "pytest 0 0 0: "),
            (
                "FAILED t/a.py::test_x[1 - 2] - assert 1\nERROR t/b.py - ImportError: no\n= 1 failed, 2 passed, 1 error in 1.2s =",
                "pytest 2 2 0: t/a.py::test_x[1, t/b.py",
            ),
            (
                "\u{1b}[32m= \u{1b}[1m2 passed\u{1b}[0m, 1 xfailed in 0.5s =\u{1b}[0m",
                "pytest 3 0 0: ",
            ),
            ("Ran 3 tests in 0.008s\n\nOK\n", "unittest 3 0 0: "),
            (
                "ERROR: test_a (mod.Case)\nFAIL: test_b (mod.Case.test_b)\nRan 5 tests in 0.1s\n\nFAILED (failures=1, errors=1, skipped=1)",
                "unittest 2 2 1: test_a (mod.Case), test_b (mod.Case.test_b)",
            ),
            (
                "Ran 0 tests in 0.000s\n\nNO TESTS RAN\n",
                "unittest 0 0 0: ",
            ),
            ("Ran 0 tests in 0.000s\n\nOK\n", "unittest 0 0 0: "),
            (
                "test a::b ... FAILED\ntest result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured",
                "cargo test 3 1 1: a::b",
            ),
            (
                "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured",
                "cargo test 0 0 0: ",
            ),
            (
                "     Summary [   0.005s] 3 tests run: 2 passed, 1 failed, 4 skipped\n        FAIL [   0.004s] crate::it a::b",
                "nextest 2 1 4: crate::it a::b",
            ),
            (
                "--- PASS: TestA (0.00s)\n--- FAIL: TestB (0.01s)\n    --- SKIP: TestC/x (0.0s)",
                "go test 1 1 1: TestB",
            ),
            (
                "  ● sums › adds\n\nTests:       1 failed, 1 skipped, 2 passed, 4 total\n",
                "jest 2 1 1: sums › adds",
            ),
            (
                "3 passed in 0.02s\nRan 2 tests in 0.1s\n\nOK",
                "pytest, unittest 5 0 0: ",
            ),
        ] {
            assert_eq!(said(output), expected, "{output}");
        }
    }

    #[test]
    fn what_is_no_summary_says_nothing() {
        for output in [
            "",
            "all 3 tests passed",
            "ok  \tpkg\t0.1s",
            "he ran 3 tests in 0.1s",
            "it took 3 passed in a row in 4s",
            "Ran 3 tests in 0.1s",
        ] {
            assert_eq!(said(output), "", "{output}");
        }
    }
}

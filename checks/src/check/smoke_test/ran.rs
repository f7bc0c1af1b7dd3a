//! A line that a shell has run: what it said, and what its exit status is worth.

use crate::shell::says::Said;
use crate::shell::weakness::{Weakness, weaknesses};
use crate::verdict::{Finding, Verdict};

use super::{Outcome, Says, SmokeTest};

/// The statuses with which a shell says that a program could not be started.
const NOT_STARTED: [i32; 2] = [126, 127];

impl SmokeTest {
    /// What follows from a run of the line in a shell, which printed `output` and ended with the
    /// status `exit`.
    ///
    /// A line of output is the smoke test's own word if it stands in the smoke test as it is, or
    /// begins with a word such as `FAIL:` that does. Without such words the exit status decides,
    /// where it can.
    #[must_use]
    pub fn ran(&self, output: &str, exit: i32) -> Outcome {
        let said = self.said(output);
        let says = match (said.fail, said.success) {
            (true, _) => Some(Says::Fail),
            (false, true) => Some(Says::Success),
            (false, false) => None,
        };
        let hiding = self.hides_failure();
        let verdict = match (says, exit) {
            (Some(Says::Fail), _) => fail("the smoke test says FAIL".to_owned()),
            (Some(Says::Success), 0) => Verdict::Pass,
            (Some(Says::Success), exit) => {
                Verdict::Undecided(format!("the smoke test says SUCCESS but exits with {exit}"))
            }
            (None, exit) if NOT_STARTED.contains(&exit) => Verdict::Undecided(format!(
                "the shell could not start a program: it exits with {exit}"
            )),
            (None, exit) if exit != 0 => fail(format!("the smoke test exits with {exit}")),
            (None, _) if Said::by(self.line()).anything() => {
                Verdict::Undecided("the smoke test says neither FAIL nor SUCCESS".to_owned())
            }
            (None, _) => match &hiding {
                Some(why) => Verdict::Undecided(format!(
                    "the smoke test exits with 0, which cannot tell: {why}"
                )),
                None => Verdict::Pass,
            },
        };
        Outcome {
            says,
            verdict,
            exit: Some(exit),
            matches: Vec::new(),
            exit_hides_failure: Some(hiding.is_some()),
            needs_shell: None,
            files: Vec::new(),
            looked_at_lines: None,
        }
    }

    /// Why the line can fail and exit with 0 all the same; none if nothing speaks for it.
    #[must_use]
    pub fn hides_failure(&self) -> Option<String> {
        let known = weaknesses(self.line());
        let hiding = known.iter().find(|weakness| weakness.hides_failure());
        hiding.map(Weakness::to_string).or_else(|| only_the_last_counts(self.line()))
    }

    fn said(&self, output: &str) -> Said {
        let own = output.lines().map(str::trim).filter(|line| {
            let first = line.split_whitespace().next().unwrap_or_default();
            let is_word = Said::by(first).anything() && self.line().contains(first);
            !line.is_empty() && (is_word || self.line().contains(line))
        });
        own.map(Said::by).fold(Said::default(), Said::and)
    }
}

/// Of several lines a shell goes on after a failure, unless it is told not to.
fn only_the_last_counts(text: &str) -> Option<String> {
    let lines = text.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let stops = |line: &str| {
        let mut words = line.split_whitespace();
        words.next() == Some("set") && words.any(|word| word.starts_with('-') && word.contains('e'))
    };
    let first = lines.next()?;
    let ends_whole = |line: &str| line.ends_with(['\\', '|', '{', '(']) || line.ends_with("&&");
    let several = !ends_whole(first) && lines.next().is_some();
    (several && !stops(first)).then(|| {
        "several lines without `set -e`: only the last one's exit status counts".to_owned()
    })
}

fn fail(message: String) -> Verdict {
    Verdict::Fail(vec![Finding::general(message)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_judged_by_what_the_line_says_then_by_its_status() {
        for (line, output, exit, expected) in [
            ("python t.py && echo FAIL || echo SUCCESS", "SUCCESS\n", 0, "pass"),
            ("python t.py && echo FAIL || echo SUCCESS", "error\nFAIL\n", 0, "fail: the smoke test says FAIL"),
            ("python -c \"import a; print('SUCCESS: it loads')\"", "log: 0 ok\nSUCCESS: it loads\n", 0, "pass"),
            ("python -c \"import a; print('SUCCESS: it loads')\"", "Traceback\n", 1, "fail: the smoke test exits with 1"),
            ("python -c \"print(f'FAIL: {x}')\"", "FAIL: 7", 0, "fail: the smoke test says FAIL"),
            ("python -c \"print('SUCCESS')\"", "", 0, "undecided: the smoke test says neither FAIL nor SUCCESS"),
            ("python t.py", "FAIL\n", 0, "pass"),
            ("python t.py", "", 2, "fail: the smoke test exits with 2"),
            ("pyton t.py", "sh: not found", 127, "undecided: the shell could not start a program: it exits with 127"),
            ("make test || true", "", 0, "undecided: the smoke test exits with 0, which cannot tell: `|| true` succeeds whatever happened before"),
            ("curl http://localhost/x | head -c 9", "", 0, "undecided: the smoke test exits with 0, which cannot tell: "),
            ("make a\nmake b", "", 0, "undecided: the smoke test exits with 0, which cannot tell: several lines without `set -e`: only the last one's exit status counts"),
            ("set -e\nmake a\nmake b", "", 0, "pass"),
            ("make a && \\\n  make b", "", 0, "pass"),
        ] {
            let said = match SmokeTest::new(line).ran(output, exit).verdict {
                Verdict::Pass => "pass".to_owned(),
                Verdict::Fail(findings) => format!("fail: {}", findings[0].message),
                Verdict::Undecided(why) => format!("undecided: {why}"),
            };
            assert!(said.starts_with(expected) && (expected != "pass" || said == "pass"), "{line}: {said}");
        }
    }
}

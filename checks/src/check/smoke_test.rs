//! `smoke_test`: the plan's own shell line, judged by what it says.

mod ran;

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::check::Check;
use crate::example::example_of;
use crate::path::RepoPath;
use crate::shell::evaluate::{self, Search, Trace, Window};
use crate::shell::says::{Said, can_say};
use crate::shell::status::exit_hides_failure;
use crate::shell::{self, List, Stop};
use crate::snapshot::{Edits, Overlay, Snapshot};
use crate::verdict::{Answer, Finding, Place, Verdict};

/// The plan's own shell line, evaluated on the snapshot without a shell.
///
/// ```toml
/// check = { smoke_test = 'grep -n "old" src/a.py && echo "FAIL" || echo "SUCCESS"' }
/// ```
///
/// The verdict is what the line *says* through `echo` or `printf`: a failure (`FAIL…`, `ERROR`,
/// `not ok`, `❌`, …) or a success (`SUCCESS`, `PASS`, `OK`, `✅`, …); both are a failure. A line
/// that has such words and says none is undecided, and so is one that says a success and does
/// not exit 0. Only a line without such words is judged by its exit status, and only where that
/// could show a failure. What grep prints from files is never what the line says.
///
/// A file that is missing, unreadable or not text is undecided: in a shell such a line says
/// SUCCESS once its file is gone. What is more than greps, tests and and-or lists
/// needs a shell and is undecided too.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct SmokeTest {
    line: String,
}

/// What a line did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What it said, if it said anything; a failure outranks a success.
    pub says: Option<Says>,
    /// What follows from that.
    pub verdict: Verdict,
    /// The exit status that a shell would show; none if it is not known.
    pub exit: Option<i32>,
    /// The lines of files that its greps selected (of several in a pipe, the last).
    pub matches: Vec<Place>,
    /// Whether it can fail and exit 0 all the same, so that its exit status is worth nothing;
    /// none if that is not known.
    pub exit_hides_failure: Option<bool>,
    /// What only a shell could run in it.
    pub needs_shell: Option<String>,
    /// The files that it read.
    pub files: Vec<RepoPath>,
    /// The first and the last line that it can see, where `head` or `tail` limit all it sees.
    pub looked_at_lines: Option<(usize, usize)>,
}

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// A word such as FAIL.
    Fail,
    /// A word such as SUCCESS, and none such as FAIL.
    Success,
}

/// How many edited states a control tries.
const ATTEMPTS: usize = 80;

/// How many edits a control combines, one after the other.
const ROUNDS: usize = 4;

impl SmokeTest {
    /// The smoke test of this line.
    #[must_use]
    pub fn new(line: impl Into<String>) -> Self {
        Self { line: line.into() }
    }

    /// The line.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Whether there is anything in the line that only a shell could run, whatever files there are.
    #[must_use]
    pub fn needs_shell(&self) -> bool {
        shell::read(&self.line).map_or(true, |list| list.needs_shell().is_some())
    }

    /// Runs the line on a snapshot.
    #[must_use]
    pub fn run(&self, snapshot: &dyn Snapshot) -> Outcome {
        match shell::read(&self.line) {
            Ok(list) => outcome(&list, snapshot),
            Err(needs) => Outcome {
                says: None,
                verdict: Verdict::Undecided(needs.to_string()),
                exit: None,
                matches: Vec::new(),
                exit_hides_failure: None,
                needs_shell: Some(needs.0),
                files: Vec::new(),
                looked_at_lines: None,
            },
        }
    }
}

impl Check for SmokeTest {
    fn judge(&self, snapshot: &dyn Snapshot) -> Answer {
        let outcome = self.run(snapshot);
        let hides = outcome.exit_hides_failure == Some(true);
        let remark = hides.then(|| "the line can fail and exit 0 all the same".to_owned());
        Answer {
            verdict: outcome.verdict,
            remarks: remark.into_iter().collect(),
        }
    }

    /// Plants text that the greps look for, removes text that they found, makes and removes
    /// files that are asked for, until the same line fails.
    fn violation(&self, snapshot: &dyn Snapshot) -> Result<Edits, String> {
        let list = shell::read(&self.line).map_err(|needs| needs.to_string())?;
        Control {
            list: &list,
            snapshot,
            attempts: ATTEMPTS,
        }
        .find()
    }
}

impl TryFrom<String> for SmokeTest {
    type Error = &'static str;

    fn try_from(line: String) -> Result<Self, Self::Error> {
        if line.trim().is_empty() {
            return Err("an empty line tests nothing");
        }
        Ok(Self { line })
    }
}

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fail => "FAIL",
            Self::Success => "SUCCESS",
        })
    }
}

fn outcome(list: &List, snapshot: &dyn Snapshot) -> Outcome {
    let run = evaluate::run(list, snapshot);
    let said = Said::by_all(&run.trace.said);
    let says = match (said.fail, said.success) {
        (true, _) => Some(Says::Fail),
        (false, true) => Some(Says::Success),
        (false, false) => None,
    };
    let needs_shell = match &run.exit {
        Err(Stop::NeedsShell(needs)) => Some(needs.0.clone()),
        _ => None,
    };
    let hides = exit_hides_failure(list);
    let verdict = match verdict(says, can_say(list), &run.exit, &run.trace.places) {
        // Nothing was said and the status could not have been another: that proves nothing.
        Verdict::Pass if says.is_none() && hides == Some(true) => Verdict::Undecided(
            "the smoke test says nothing, and its exit status hides a failure".to_owned(),
        ),
        verdict => verdict,
    };
    Outcome {
        says,
        verdict,
        exit: run.exit.ok(),
        exit_hides_failure: hides,
        needs_shell,
        looked_at_lines: run.trace.looked_at_lines(),
        matches: run.trace.places,
        files: run.trace.files,
    }
}

fn verdict(
    says: Option<Says>,
    can_say: Said,
    exit: &Result<i32, Stop>,
    matches: &[Place],
) -> Verdict {
    let fail = |message: String| {
        let at = |place: &Place| Finding::at(place.clone(), message.clone());
        let findings: Vec<_> = matches.iter().map(at).collect();
        Verdict::Fail(if findings.is_empty() {
            vec![Finding::general(message)]
        } else {
            findings
        })
    };
    match (says, exit) {
        // Said before the end is said, whatever else is not known.
        (Some(Says::Fail), _) => fail("the smoke test says FAIL".to_owned()),
        (_, Err(Stop::NeedsShell(needs))) => Verdict::Undecided(needs.to_string()),
        (_, Err(Stop::Unknown(why))) => Verdict::Undecided(why.clone()),
        (Some(Says::Success), Ok(0)) => Verdict::Pass,
        (Some(Says::Success), Ok(exit)) => {
            Verdict::Undecided(format!("the smoke test says SUCCESS but exits with {exit}"))
        }
        (None, Ok(_)) if can_say.anything() => {
            Verdict::Undecided("the smoke test says neither FAIL nor SUCCESS".to_owned())
        }
        (None, Ok(0)) => Verdict::Pass,
        (None, Ok(exit)) => fail(format!("the smoke test exits with {exit}")),
    }
}

/// The search for edits with which the line fails.
struct Control<'a> {
    list: &'a List,
    snapshot: &'a dyn Snapshot,
    attempts: usize,
}

impl Control<'_> {
    fn find(mut self) -> Result<Edits, String> {
        let mut edits = Edits::default();
        for _ in 0..ROUNDS {
            let mut next = None;
            for (candidate, is_step) in self.candidates(&edits)? {
                if self.attempts == 0 {
                    break;
                }
                self.attempts -= 1;
                if self.fails_with(&candidate) {
                    return Ok(candidate);
                }
                if is_step && next.is_none() {
                    next = Some(candidate);
                }
            }
            match next {
                Some(next) => edits = next,
                None => break,
            }
        }
        Err("no edit was found with which the line fails".to_owned())
    }

    fn fails_with(&self, edits: &Edits) -> bool {
        let overlay = Overlay::new(self.snapshot, edits.clone());
        matches!(outcome(self.list, &overlay).verdict, Verdict::Fail(_))
    }

    /// Edits on top of `edits`, and whether a further one may be put on top of each.
    fn candidates(&self, edits: &Edits) -> Result<Vec<(Edits, bool)>, String> {
        let overlay = Overlay::new(self.snapshot, edits.clone());
        let run = evaluate::run(self.list, &overlay);
        match run.exit {
            Err(Stop::NeedsShell(needs)) => return Err(needs.to_string()),
            Err(Stop::Unknown(why)) => return Err(why),
            Ok(_) => {}
        }
        let mut candidates = Vec::new();
        for search in &run.trace.searches {
            candidates.extend(blanked(search, &overlay, edits).map(|edits| (edits, false)));
        }
        let planted: Vec<_> = self.planted(&run.trace, &overlay, edits);
        candidates.extend(planted.into_iter().map(|edits| (edits, true)));
        for (path, exists) in &run.trace.asked {
            candidates.push(match exists {
                true => (edits.clone().and_remove(path.clone()), false),
                false => (edits.clone().and_write(path.clone(), *b"planted\n"), true),
            });
        }
        // What is found must go before what is looked for comes: a search without a hit has
        // nothing to remove, one with a hit is rarely undone by another.
        Ok(candidates)
    }

    fn planted(&self, trace: &Trace, overlay: &Overlay<'_>, edits: &Edits) -> Vec<Edits> {
        let lines = lines_to_plant(trace);
        let mut planted = Vec::new();
        for line in &lines {
            for window in trace.searches.iter().flat_map(|s| s.windows.iter().take(2)) {
                for at in [window.first, window.last + 1] {
                    let text = with_line(overlay, &window.path, at, line);
                    planted.extend(
                        text.map(|text| edits.clone().and_write(window.path.clone(), text)),
                    );
                }
            }
            // An empty file has no window.
            for path in trace.files.iter().take(4) {
                if overlay.read(path).is_ok_and(|bytes| bytes.is_empty()) {
                    let text = format!("{line}\n").into_bytes();
                    planted.push(edits.clone().and_write(path.clone(), text));
                }
            }
        }
        planted
    }
}

/// Lines that one of the greps, or several of them, select.
fn lines_to_plant(trace: &Trace) -> Vec<String> {
    let wanted = |invert| {
        let searches = trace.searches.iter().filter(move |s| s.invert == invert);
        searches.filter_map(|search| example_of(&search.regex)).take(3)
    };
    let mut lines: Vec<String> = wanted(false).filter(|line| !line.contains('\n')).collect();
    let alone = lines.clone();
    for first in &alone {
        lines.extend(alone.iter().filter(|l| *l != first).map(|l| format!("{first} {l}")));
    }
    lines.push("planted by the control".to_owned());
    lines.extend(wanted(true).filter(|line| !line.contains('\n')));
    lines
}

/// The lines that a grep selected, emptied; none if it selected none.
fn blanked(search: &Search, overlay: &Overlay<'_>, edits: &Edits) -> Option<Edits> {
    let hit: Vec<&Window> = search.windows.iter().filter(|w| !w.hits.is_empty()).collect();
    let mut edits = edits.clone();
    for window in &hit {
        let bytes = overlay.read(&window.path).ok()?;
        let text = std::str::from_utf8(&bytes).ok()?;
        let kept = |(index, line)| match window.hits.binary_search(&(index + 1)) {
            Ok(_) => "",
            Err(_) => line,
        };
        let lines: Vec<_> = text.split('\n').enumerate().map(kept).collect();
        edits = edits.and_write(window.path.clone(), lines.join("\n").into_bytes());
    }
    (!hit.is_empty()).then_some(edits)
}

/// The text of a file with one more line, which will have this number.
fn with_line(overlay: &Overlay<'_>, path: &RepoPath, at: usize, line: &str) -> Option<Vec<u8>> {
    let bytes = overlay.read(path).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let mut lines: Vec<_> = text.lines().collect();
    lines.insert(at.saturating_sub(1).min(lines.len()), line);
    Some((lines.join("\n") + "\n").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{NotControlled, controlled};
    use crate::snapshot::Memory;

    const SERVICE: &str = "from shop.cart import Cart\nfrom shop.stock import Stock\n\n\nclass Service:\n    \
                           def __init__(self):\n        self.stock = Stock()\n";

    /// `SUCCESS pass controlled`, `- undecided: …`, `FAIL fail 1 7`: what is said, the verdict,
    /// and the lines or the control.
    fn judged(line: &str, files: &[(&str, &str)]) -> String {
        let snapshot = Memory::new(files.iter().copied());
        let check = SmokeTest::new(line);
        let outcome = check.run(&snapshot);
        let says = outcome.says.map_or("-".to_owned(), |says| says.to_string());
        let verdict = match outcome.verdict {
            Verdict::Undecided(why) => format!("undecided: {why}"),
            Verdict::Fail(_) => {
                let lines = outcome.matches.iter().map(|at| format!(" {}", at.line));
                format!("fail{}", lines.collect::<String>())
            }
            Verdict::Pass => match controlled(&check, &snapshot) {
                Ok(()) => "pass, controlled".to_owned(),
                Err(NotControlled::NoControl(why)) => format!("pass, {why}"),
                Err(NotControlled::CannotFail) => "pass, cannot fail".to_owned(),
            },
        };
        format!("{says} {verdict}")
    }

    #[test]
    fn the_verdict_is_what_the_line_says() {
        let files = [
            ("service.py", SERVICE),
            ("clean.py", "import os\n\n\ndef load():\n    import torch\n"),
            ("empty.py", ""),
        ];
        for (line, expected) in [
            (r#"grep -n "Cart\|Stock" service.py && echo "FAIL: still there" || echo "SUCCESS""#, "FAIL fail 1 2 7"),
            (r#"grep -n "Cart\|Stock" clean.py && echo "FAIL: still there" || echo "SUCCESS""#, "SUCCESS pass, controlled"),
            (r#"head -5 service.py | grep "from shop.cart" && echo "FAIL" || echo "SUCCESS""#, "FAIL fail 1"),
            (r#"head -2 clean.py | grep "^import torch" && echo "FAIL" || echo "SUCCESS""#, "SUCCESS pass, controlled"),
            (r#"tail -2 clean.py | grep "^import torch" && echo "FAIL" || echo "SUCCESS""#, "SUCCESS pass, controlled"),
            (r#"grep "x" missing.py && echo "FAIL" || echo "SUCCESS""#, "- undecided: no such file: `missing.py`"),
            (r#"grep "x" empty.py && echo "FAIL" || echo "SUCCESS""#, "SUCCESS pass, controlled"),
            ("grep -q os clean.py && echo PASS || echo FAIL", "SUCCESS pass, controlled"),
            ("grep -q FAIL clean.py || echo OK", "SUCCESS pass, no edit was found with which the line fails"),
            ("grep -q Cart service.py || echo OK", "- undecided: the smoke test says neither FAIL nor SUCCESS"),
            ("grep -q os clean.py", "- pass, controlled"),
            ("! grep -q Cart clean.py", "- pass, controlled"),
            ("grep -q Cart clean.py", "- fail"),
            ("grep -qw Cart clean.py && echo FAIL || echo OK", "SUCCESS pass, controlled"),
            ("grep -v '' service.py && echo FAIL || echo OK", "SUCCESS pass, no edit was found with which the line fails"),
            ("grep -c Cart clean.py | grep -q '^0$' && echo OK || echo FAIL", "SUCCESS pass, controlled"),
            ("grep import clean.py | grep -q Cart && echo FAIL || echo OK", "SUCCESS pass, controlled"),
            ("grep -q Cart clean.py && grep -q Stock clean.py && echo FAIL || echo OK", "SUCCESS pass, controlled"),
            ("grep -q os clean.py && grep -q torch clean.py && echo OK || echo FAIL", "SUCCESS pass, controlled"),
            ("grep -rq Cart --include='clean*' . && echo FAIL || echo OK", "SUCCESS pass, controlled"),
            ("test -f clean.py && echo OK || echo FAIL", "SUCCESS pass, controlled"),
            ("test ! -f old.py && echo OK || echo FAIL", "SUCCESS pass, controlled"),
            ("ls old.py 2>/dev/null && echo FAIL || echo OK", "SUCCESS pass, controlled"),
            ("grep -n 'def load' clean.py || echo FAIL", "- undecided: the smoke test says neither FAIL nor SUCCESS"),
            ("echo OK; false", "SUCCESS undecided: the smoke test says SUCCESS but exits with 1"),
            ("echo OK", "SUCCESS pass, no edit was found with which the line fails"),
            ("grep -q Cart service.py && echo FAIL; grep x missing", "FAIL fail 1"),
            ("echo FAIL >/dev/null", "- undecided: the smoke test says nothing, and its exit status hides a failure"),
            ("curl localhost && echo OK || echo FAIL", "- undecided: needs a shell: `curl`"),
            ("echo FAIL; echo OK", "FAIL fail"),
        ] {
            assert_eq!(judged(line, &files), expected, "{line}");
        }
    }

    #[test]
    fn an_exit_status_can_hide_a_failure() {
        for (line, hides) in [
            ("grep a f && echo FAIL || echo SUCCESS", Some(true)),
            ("grep a f && { echo FAIL; exit 1; } || echo SUCCESS", Some(false)),
            ("grep a f && { echo FAIL; false; } || echo SUCCESS", Some(true)),
            ("grep a f && echo FAIL && exit 1; echo SUCCESS", Some(false)),
            ("head -20 f | grep a && echo FAIL || echo SUCCESS", Some(true)),
            ("curl x && echo FAIL || echo SUCCESS", Some(true)),
            ("grep -q a f && echo SUCCESS", Some(false)),
            ("grep -q a f && echo SUCCESS || true", Some(true)),
            ("grep -q a f", Some(false)),
            ("! grep -q a f", Some(false)),
            ("grep -q a f || true", Some(true)),
            ("grep a f | wc -l", Some(true)),
            ("grep a f | grep b", Some(false)),
            ("head -20 f | grep a", Some(false)),
            ("make test | tail -3", Some(true)),
            ("make test", Some(false)),
            ("if true; then echo x; fi", None),
            ("a&&b&&c&&d&&e&&f&&g&&h&&i&&j&&k", None),
        ] {
            assert_eq!(SmokeTest::new(line).run(&Memory::default()).exit_hides_failure, hides, "{line}");
        }
    }

    #[test]
    fn an_outcome_tells_what_was_looked_at() {
        let snapshot = Memory::new([("a.py", "1\n2\n3\nCart()  # cart\n"), ("b.py", "")]);
        let outcome = |line: &str| SmokeTest::new(line).run(&snapshot);
        let head = outcome("head -20 a.py | grep -n art");
        assert_eq!(head.looked_at_lines, Some((1, 20)));
        assert_eq!((head.exit, head.needs_shell), (Some(0), None));
        let place = &head.matches[0];
        assert_eq!((place.line, place.column, place.length), (4, 2, 3));
        assert_eq!(outcome("tail -n 3 a.py | grep x").looked_at_lines, Some((2, 4)));
        assert_eq!(outcome("cat a.py | head -2 | grep x").looked_at_lines, Some((1, 2)));
        assert_eq!(outcome("head -2 a.py | grep x; grep x a.py").looked_at_lines, None);
        let files = |line: &str| -> Vec<String> {
            outcome(line).files.into_iter().map(String::from).collect()
        };
        assert_eq!(files("grep x b.py a.py"), ["b.py", "a.py"]);
        assert_eq!(files("grep -q Cart a.py || grep x b.py"), ["a.py"]);
        let inverted = outcome("grep -v '[0-9]' a.py");
        assert_eq!((inverted.matches[0].column, inverted.matches[0].length), (1, 14));
    }

    #[test]
    fn a_plan_holds_just_the_line() {
        #[derive(Deserialize)]
        struct Plan {
            check: SmokeTest,
        }
        let read = |text: &str| toml::from_str::<Plan>(text).map(|plan| plan.check);
        let check = read("check = 'grep x a && echo FAIL'").unwrap();
        assert_eq!(check.line(), "grep x a && echo FAIL");
        assert!(read("check = ' '").unwrap_err().message().contains("an empty line"));
    }
}

//! Programs that must succeed: `make X`, test runners, linters.

use super::context::Here;
use super::never::never;
use super::pattern::Pattern;
use super::sentence::Sentence;
use super::shell::words;
use super::{check, http, python};

static LEADING: Pattern = Pattern::new(
    r"[^§]*\b(?:pass|passes|passing|succeed|succeeds|green|clean|gates|tests|quality|lint|linting|no (?:broken imports|import errors)|can be imported)\b[^§]*[:(] ?§\)?",
);
static FOLLOWED: Pattern = Pattern::new(
    r"(?:running )?§ (?:still )?(?:passes|pass|succeeds|works|is green|exits (?:with )?0|(?:succeeds|runs|completes) without errors|completes successfully)(?: \(no [^()]*\))?",
);
static TESTS: Pattern = Pattern::new(
    r"(?:(?:all|existing|the|current|unit|integration) )*tests? (?:suite )?(?:still )?(?:pass|passing|passes)(?: with \w+ (?:installed|available)| \([^)]*\))?",
);

/// `` `curl http://…` returns 200``
static ANSWERED: Pattern = Pattern::new(
    r"§ (?:returns|responds with|answers with|gives) (?:http |status |code )*(§|[1-5]\d\d)(?: ok)?",
);

pub(super) fn bind(sentence: &Sentence<'_>, here: &Here<'_>) -> Option<Vec<String>> {
    let shape = sentence.shape.as_str();
    if LEADING.fits(shape) || FOLLOWED.fits(shape) {
        let span = sentence.only_span()?;
        return suggested(span, here).or_else(|| python::of_span(span, here));
    }
    if let Some(captures) = ANSWERED.captures(shape) {
        let (line, second) = (sentence.spans.first()?, sentence.spans.get(1));
        let status = match captures.get(1)?.as_str() {
            "§" => second?,
            status => status,
        };
        return Some(vec![http::with_status(line, status.parse().ok()?)?]);
    }
    if TESTS.fits(shape) {
        let run = words(tests(shape, here)?)?;
        return Some(vec![command(&run)]);
    }
    None
}

/// The one command of the document that runs the tests that the sentence speaks of.
fn tests<'h>(shape: &str, here: &'h Here<'_>) -> Option<&'h str> {
    let shape = shape.to_lowercase();
    let kind = ["unit", "integration"]
        .into_iter()
        .find(|kind| shape.contains(kind));
    let fitting = here
        .tests
        .iter()
        .filter(|command| kind.is_none_or(|kind| command.contains(kind)));
    let mut fitting = fitting.map(String::as_str);
    fitting.next().filter(|_| fitting.next().is_none())
}

/// The commands of a shell line that run a whole test suite and nothing else.
pub(super) fn tests_in(line: &str) -> Vec<String> {
    let parts = line.split("&&").map(str::trim);
    let runs_tests = |part: &&str| {
        words(part).is_some_and(|words| {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            match words.as_slice() {
                ["make", target] => target.starts_with("test") || *target == "check",
                ["pytest" | "tox" | "nox"] | ["cargo" | "npm" | "yarn" | "pnpm" | "go", "test"] => {
                    true
                }
                ["uv", "run", "pytest"] | ["cargo", "nextest", "run"] => true,
                ["npm" | "yarn" | "pnpm", "run", script] => script.starts_with("test"),
                _ => false,
            }
        })
    };
    parts.filter(runs_tests).map(str::to_owned).collect()
}

/// The checks that a shell line could be, if no shell is needed for it.
pub(super) fn suggested(line: &str, here: &Here<'_>) -> Option<Vec<String>> {
    if never(line).is_some() {
        return None;
    }
    let program = || {
        Some(vec![command(
            &run(line).filter(|words| is_harmless(words))?,
        )])
    };
    let request = || Some(vec![http::of_line(line)?]);
    python::of_line(line, here)
        .or_else(request)
        .or_else(program)
}

fn command(words: &[String]) -> String {
    let run: toml_edit::Array = words.iter().map(String::as_str).collect();
    check("command", [("run", run.into())])
}

fn run(line: &str) -> Option<Vec<String>> {
    words(line).filter(|_| never(line).is_none())
}

/// Programs that look and change nothing beyond caches and build folders.
fn is_harmless(words: &[String]) -> bool {
    const CHANGING: [&str; 12] = [
        "clean", "deploy", "publish", "release", "push", "destroy", "reset", "drop", "down",
        "install", "migrate", "format",
    ];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let changes = |target: &str| CHANGING.iter().any(|word| target.contains(word));
    match words.as_slice() {
        ["make" | "just", target] => !changes(target),
        ["npm" | "pnpm" | "yarn" | "bun", "run", script] => {
            !changes(script) && !script.contains("fix")
        }
        ["npm" | "pnpm" | "yarn" | "bun", "test", ..] => true,
        [
            "cargo",
            "test" | "check" | "clippy" | "nextest" | "build",
            ..,
        ] => !words.contains(&"--fix"),
        ["go", "test" | "vet" | "build", ..] | ["dotnet", "test" | "build", ..] => true,
        ["uv", "lock", "--check"] | [.., "--help" | "--version"] => true,
        ["uv", "run", rest @ ..] => is_python_tool(rest),
        rest => is_python_tool(rest),
    }
}

fn is_python_tool(words: &[&str]) -> bool {
    match words {
        ["pytest", ..] | ["python", "-m", "pytest", ..] | ["mypy", ..] | ["pyright", ..] => true,
        ["ruff", "check", ..] => !words.contains(&"--fix"),
        ["ruff", "format", ..] | ["black", ..] => words.contains(&"--check"),
        ["tox" | "nox", ..] => true,
        _ => false,
    }
}

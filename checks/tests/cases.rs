//! Each file in `cases/` is a small package, a check on it and the verdict expected; where
//! CPython can tell, it is asked too, and has to agree.
//!
//! A case is Markdown: prose, `python path=…` blocks that are the files (`bytes path=…` for ones
//! with escapes), and one `toml` block with `check`, `expect` (`"pass"`, `"undecided"`,
//! `["fail", "PATH:LINE:COLUMN", …]`), and optionally `because` (part of the reason or of a
//! message) and `differs` (why CPython is not asked, or says something else).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it meets what it did not expect"
)]

mod markdown;
mod word;

use std::collections::HashSet;

use checks::check::{CheckList, Native, NotControlled, controlled};
use checks::path::RepoPath;
use checks::python::eager::{Runs, Spot, explain};
use checks::snapshot::Memory;
use checks::verdict::{Answer, Finding, Verdict};
use serde::Deserialize;

use word::Word;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    check: Word,
    expect: Expected,
    because: Option<String>,
    /// Why CPython does not decide this case.
    differs: Option<String>,
    /// Why a pass has no control.
    uncontrolled: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    Word(String),
    Fail(Vec<String>),
}

type Case = markdown::Case<Question>;

#[test]
fn every_case_is_judged_as_expected_and_as_cpython_does() {
    let python = markdown::interpreter();
    let cases: Vec<Case> = markdown::cases("cases");
    assert!(cases.len() >= 50, "only {} cases were found", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .flat_map(|case| {
            judge(case, &python)
                .into_iter()
                .map(|why| format!("{}: {why}", case.name))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn judge(case: &Case, python: &str) -> Vec<String> {
    let snapshot = Memory::new(case.files.iter());
    let check = case.question.check.native.check();
    // First, while no tree is there yet.
    let ahead = check.judge(&snapshot.ahead());
    let answer = check.judge(&snapshot);
    let mut wrong = Vec::new();
    if format!("{ahead:?}") != format!("{answer:?}") {
        wrong.push(format!("read ahead: {ahead:?} instead of {answer:?}"));
    }
    let (said, expected) = (said(&answer), case.question.expect.words());
    if said != expected {
        wrong.push(format!(
            "said {said:?} instead of {expected:?}: {}",
            reasons(&answer)
        ));
    }
    if let Some(because) = &case.question.because
        && !reasons(&answer).contains(because)
    {
        wrong.push(format!("`{because}` is not in {}", reasons(&answer)));
    }
    if answer.verdict == Verdict::Pass {
        match (controlled(check, &snapshot), &case.question.uncontrolled) {
            (Ok(()), None) | (Err(NotControlled::NoControl(_)), Some(_)) => {}
            (found, _) => wrong.push(format!("its control: {found:?}")),
        }
    }
    if case.question.differs.is_none() {
        wrong.extend(ask_cpython(case, &answer, python));
    }
    wrong
}

fn said(answer: &Answer) -> Vec<String> {
    let place = |finding: &Finding| {
        let place = finding.place.as_ref();
        place.map_or_else(String::new, |it| {
            format!("{}:{}:{}", it.path, it.line, it.column)
        })
    };
    match &answer.verdict {
        Verdict::Pass => vec!["pass".to_owned()],
        Verdict::Undecided(_) => vec!["undecided".to_owned()],
        Verdict::Fail(findings) => {
            let places = findings.iter().map(place);
            ["fail".to_owned()].into_iter().chain(places).collect()
        }
    }
}

fn reasons(answer: &Answer) -> String {
    let mut words = answer.remarks.clone();
    match &answer.verdict {
        Verdict::Pass => {}
        Verdict::Undecided(why) => words.push(why.clone()),
        Verdict::Fail(findings) => words.extend(findings.iter().map(|it| it.message.clone())),
    }
    words.join("; ")
}

/// Runs the case in a real interpreter; what it says against our verdict.
fn ask_cpython(case: &Case, answer: &Answer, python: &str) -> Option<String> {
    let violated = match answer.verdict {
        Verdict::Pass => false,
        Verdict::Fail(_) => true,
        Verdict::Undecided(_) => return None,
    };
    let word = case.question.check.native.word();
    if ![
        "no_eager_import",
        "no_chain",
        "annotations_deferred",
        "deferred_import",
    ]
    .contains(&word)
    {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    case.write(folder.path());
    let (told, ran) =
        markdown::cpython(python, folder.path(), word, &case.question.check.arguments);
    match (told.as_str(), violated) {
        ("violated", true) | ("holds", false) => explained(case, &ran),
        ("violated" | "holds", _) => Some(format!("CPython says it {told}")),
        _ => Some(format!("CPython: {told}")),
    }
}

/// Asks for each import of a case on `no_chain` whether it runs: what that says against the lines
/// that CPython ran.
fn explained(case: &Case, ran: &HashSet<String>) -> Option<String> {
    let Native::NoChain(check) = &case.question.check.native else {
        return None;
    };
    let files = Memory::new(case.files.iter());
    let roots = check.roots(&files);
    let (settings, _) = check.settings(&files);
    let mut wrong = Vec::new();
    for (path, bytes) in &case.files {
        let path = RepoPath::new(path).unwrap();
        let text = String::from_utf8_lossy(bytes);
        for (line, source) in (1..).zip(text.lines()) {
            let source = source.trim_start();
            if !source.starts_with("import ") && !source.starts_with("from ") {
                continue;
            }
            let spot = Spot {
                root: 0,
                path: &path,
                line,
            };
            let Ok(told) = explain(Some(check.entry.as_str()), spot, &roots, &settings) else {
                continue;
            };
            let runs = ran.contains(&format!("{path}:{line}"));
            for statement in told.statements {
                let agrees = match statement.runs {
                    Runs::Yes => runs,
                    Runs::No | Runs::TypingOnly => !runs,
                    Runs::Conditional | Runs::Undecided => true,
                };
                if !agrees {
                    wrong.push(format!(
                        "{path}:{line} {:?}: {}",
                        statement.runs, statement.reason
                    ));
                }
            }
        }
    }
    (!wrong.is_empty()).then(|| format!("CPython runs other lines: {}", wrong.join("; ")))
}

impl Expected {
    fn words(&self) -> Vec<String> {
        match self {
            Self::Word(word) => vec![word.clone()],
            Self::Fail(words) => words.clone(),
        }
    }
}

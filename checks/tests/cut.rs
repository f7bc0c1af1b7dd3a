//! Each file in `cuts/` holds small packages, each with the statements that a cut of it has to
//! name. Every cut is carried out, and CPython is asked whether the target is still loaded.
//!
//! A case is written as those in `cases/`; its `toml` block has `entry`, `target`, optionally
//! `moves` (plain and getattr if there is none) and `python`, and `expect`: the statements as
//! `"PATH:LINE MOVES"`, or one of `"nothing to cut"`, `"none"` and `"undecided"`. `stuck` names
//! statements that are not offered, with a part of the reason: `"PATH:LINE REASON"`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it meets what it did not expect"
)]

mod markdown;

use std::collections::BTreeMap;
use std::path::Path;

use checks::python::PythonVersion;
use checks::python::eager::{Cut, CutAnswer, MoveKind, Moved, Root, Settings, Stuck, cut};
use checks::snapshot::Memory;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    entry: String,
    target: String,
    moves: Option<Vec<String>>,
    python: Option<String>,
    expect: Expected,
    #[serde(default)]
    stuck: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    Word(String),
    Statements(Vec<String>),
}

type Case = markdown::Case<Question>;

#[test]
fn every_cut_is_the_expected_one_and_cpython_agrees() {
    let python = markdown::interpreter();
    let cases: Vec<Case> = markdown::cases("cuts");
    assert!(cases.len() >= 30, "only {} cases were found", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .flat_map(|case| {
            let wrong = judge(case, &python).into_iter();
            wrong.map(|why| format!("{}: {why}", case.name))
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
    let answer = ask(case);
    let expected = match &case.question.expect {
        Expected::Word(word) => vec![word.clone()],
        Expected::Statements(statements) => statements.clone(),
    };
    let mut wrong = Vec::new();
    if said(&answer) != expected {
        wrong.push(format!(
            "said {:?} instead of {expected:?}: {answer:?}",
            said(&answer)
        ));
    }
    let stuck = stuck(&answer);
    for expected in &case.question.stuck {
        let (place, reason) = expected.split_once(' ').unwrap();
        let is_it = |it: &Stuck| {
            format!("{}:{}", it.place.path, it.place.line) == place && it.why.contains(reason)
        };
        if !stuck.iter().any(is_it) {
            wrong.push(format!("`{expected}` is not among {stuck:?}"));
        }
    }
    if let CutAnswer::Found(cut) = &answer {
        wrong.extend(carried_out(case, cut, python));
    }
    wrong
}

fn ask(case: &Case) -> CutAnswer {
    let question = &case.question;
    let snapshot = Memory::new(case.files.iter());
    let roots = [Root {
        snapshot: &snapshot,
        folder: None,
        site: false,
    }];
    let version = question.python.clone().unwrap_or_else(|| "3.13".to_owned());
    let settings = Settings {
        version: PythonVersion::try_from(version).unwrap(),
        ..Settings::default()
    };
    let words = question.moves.clone();
    let words = words.unwrap_or_else(|| vec!["plain".to_owned(), "getattr".to_owned()]);
    let allowed: Vec<MoveKind> = words
        .iter()
        .map(|word| match word.as_str() {
            "plain" => MoveKind::Plain,
            "getattr" => MoveKind::Getattr,
            "annotations" => MoveKind::Annotations,
            other => panic!("no move `{other}`"),
        })
        .collect();
    cut(
        &question.entry,
        &question.target,
        &roots,
        &settings,
        &allowed,
    )
}

fn said(answer: &CutAnswer) -> Vec<String> {
    let statement = |it: &Moved| {
        let kinds: Vec<&str> = it.kinds.iter().map(|it| it.word()).collect();
        format!("{}:{} {}", it.place.path, it.place.line, kinds.join(","))
    };
    match answer {
        CutAnswer::NotReached => vec!["nothing to cut".to_owned()],
        CutAnswer::Impossible(_) => vec!["none".to_owned()],
        CutAnswer::Undecided(_) => vec!["undecided".to_owned()],
        CutAnswer::Found(cut) => cut.moves.iter().map(statement).collect(),
    }
}

fn stuck(answer: &CutAnswer) -> &[Stuck] {
    match answer {
        CutAnswer::Impossible(stuck) => stuck,
        CutAnswer::Found(cut) => &cut.stuck,
        _ => &[],
    }
}

/// What CPython has against a cut, before and after it is carried out.
fn carried_out(case: &Case, cut: &Cut, python: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    case.write(folder.path());
    let question = toml::Table::from_iter([
        ("entry".to_owned(), case.question.entry.clone().into()),
        ("target".to_owned(), case.question.target.clone().into()),
    ]);
    let (before, _) = markdown::cpython(python, folder.path(), "no_chain", &question);
    for edit in &cut.edits {
        std::fs::write(folder.path().join(edit.path.as_str()), &edit.bytes).unwrap();
    }
    let (after, _) = markdown::cpython(python, folder.path(), "no_chain", &question);
    let told = [("before", before, "violated"), ("after", after, "holds")];
    let wrong = told
        .into_iter()
        .filter(|(_, said, expected)| said != expected);
    wrong
        .map(|(when, said, _)| {
            let texts = cut
                .edits
                .iter()
                .map(|it| String::from_utf8_lossy(&it.bytes));
            format!("{when}: CPython says {said}\n{}", texts.collect::<String>())
        })
        .collect()
}

/// The sample that ships, with the edits of its tasks one after the other.
#[test]
fn the_cut_of_the_sample_holds_in_cpython() {
    let python = markdown::interpreter();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtask/demo");
    let mut files = BTreeMap::new();
    for (state, size) in [("start", 3), ("2.1", 2), ("2.2", 1), ("2.3", 1)] {
        let state = demo.join(state);
        read_below(&state, &state, &mut files);
        let case = Case {
            name: "the sample".to_owned(),
            files: files.clone(),
            question: Question {
                entry: "ktrdr.api.main".to_owned(),
                target: "torch".to_owned(),
                moves: None,
                python: None,
                expect: Expected::Statements(Vec::new()),
                stuck: Vec::new(),
            },
        };
        let CutAnswer::Found(cut) = ask(&case) else {
            panic!("no cut of the sample at {}", state.display());
        };
        assert_eq!(cut.moves.len(), size, "{}: {cut:?}", state.display());
        assert_eq!(carried_out(&case, &cut, &python), [""; 0]);
    }
}

/// The Python files below a folder, by their path from `top`.
fn read_below(top: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path
            .strip_prefix(top)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            read_below(top, &path, files);
        } else if name.ends_with(".py") {
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

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

use std::collections::HashSet;

use checks::check::{CheckList, Native, NotControlled, controlled};
use checks::path::RepoPath;
use checks::python::eager::{Runs, Spot, explain};
use checks::snapshot::{Memory, Snapshot};
use checks::verdict::{Answer, Finding, Verdict};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

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

/// `{ word = arguments }`, as in a plan file.
struct Word {
    native: Native,
    arguments: toml::Table,
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
    let answer = check.judge(&snapshot);
    let mut wrong = Vec::new();
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

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = toml::Table::deserialize(deserializer)?;
        let arguments = table
            .values()
            .next()
            .and_then(toml::Value::as_table)
            .cloned();
        let native = table
            .deserialize_map(OneWord)
            .map_err(serde::de::Error::custom)?;
        Ok(Self {
            native,
            arguments: arguments.unwrap_or_default(),
        })
    }
}

struct OneWord;

impl<'de> Visitor<'de> for OneWord {
    type Value = Native;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("one check")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Native, A::Error> {
        let word: String = map.next_key()?.unwrap_or_default();
        Native::take(&word, &mut map)
            .unwrap_or_else(|| Err(serde::de::Error::custom(format!("no check `{word}`"))))
    }
}

#[test]
fn a_ring_of_5000_modules_ends() {
    let files = (0..5000).map(|n| (format!("m{n}.py"), format!("import m{}\n", (n + 1) % 5000)));
    let snapshot = Memory::new(files);
    let check: Word = toml::from_str("no_chain = { entry = 'm0', target = 'torch' }").unwrap();
    let answer = check.native.check().judge(&snapshot);
    assert!(
        reasons(&answer).contains("5000 modules"),
        "{}",
        reasons(&answer)
    );
}

#[test]
fn hostile_texts_neither_overflow_nor_panic() {
    let deepest = 390;
    let texts = [
        "(".repeat(10_000),
        format!("x = 1{}", " + 1".repeat(100_000)),
        format!("x = a{}", " + a".repeat(deepest)),
        format!("x = {}a", "not ".repeat(deepest)),
        format!("x = {}a", "lambda: ".repeat(deepest)),
        format!("x = {}a{}", "(".repeat(190), ")".repeat(190)),
        format!("x: {}a", "b if c else ".repeat(deepest / 2 - 5)),
        (0..99)
            .map(|n| format!("{}if a:\n", " ".repeat(n)))
            .collect::<String>()
            + &" ".repeat(99)
            + "pass\n",
        (0..99)
            .map(|n| format!("{}def f(a=b):\n", " ".repeat(n)))
            .collect::<String>()
            + &" ".repeat(99)
            + "a\n",
        (0..99)
            .map(|n| format!("{}while a:\n", " ".repeat(n)))
            .collect::<String>()
            + &" ".repeat(99)
            + "import a\n",
        "\0".to_owned(),
        "def f(:\n".to_owned(),
        "x = 'é\n".to_owned(),
        "\u{feff}\u{feff}".to_owned(),
        "\r\r\r".to_owned(),
        "class a:\n def f(self, /, *a, **b): self.a; a.b\n".to_owned(),
    ];
    let checks = [
        "no_import = { files = 'm.py', name = 'a' }",
        "no_eager_import = { files = 'm.py', module = 'a' }",
        "no_attribute = { files = 'm.py', names = ['a'] }",
        "deferred_import = { files = 'm.py', name = 'a' }",
        "annotations_deferred = { files = 'm.py', name = 'a' }",
        "no_chain = { entry = 'm', target = 'a' }",
    ];
    for text in texts {
        let start: String = text.chars().take(20).collect();
        let snapshot = Memory::new([("m.py", &text)]);
        for check in checks {
            let word: Word = toml::from_str(check).unwrap();
            let answer = word.native.check().judge(&snapshot);
            assert!(
                word.native.check().violation(&snapshot).is_ok()
                    || answer.verdict != Verdict::Pass
                    || text.is_empty(),
                "{start:?}: {check}"
            );
        }
        let path = RepoPath::new("m.py").unwrap();
        assert!(!checks::python::describe_line(&path, &text, 1).is_empty());
        assert!(snapshot.read(&path).is_ok());
    }
}

#[test]
fn hostile_programs_are_followed_to_an_end() {
    let calls: String = (1..40)
        .map(|n| format!("def f{n}():\n    f{0}()\n    f{0}()\n", n - 1))
        .collect();
    let classes: String = (1..40)
        .map(|n| {
            let bases = format!("(A{0}, B{0})", n - 1);
            format!("class A{n}{bases}: pass\nclass B{n}{bases}: pass\n")
        })
        .collect();
    let programs = [
        "s = 'x'\nl = [1]\nfor i in range(100):\n    s = s + s\n    l += l\n".to_owned(),
        "x = []\nx.append(x)\ny = []\ny.append(y)\nif x == y or x < y: pass\n".to_owned(),
        "def f(n=0):\n    g(n + 1)\ndef g(n):\n    f(n + 1)\nf()\n".to_owned(),
        format!("def f0(): pass\n{calls}f39()\n"),
        format!("class A0: pass\nclass B0: pass\n{classes}A39().x\n"),
        "s = 'exec(s)'\nexec(s)\n".to_owned(),
        "class K:\n    def __getattr__(self, n): return getattr(self, n + 'x')\nK().a\n".to_owned(),
        "h = lambda: 1\ndef w(g): return lambda: g()\nfor i in range(1000):\n    h = w(h)\nh()\n"
            .to_owned(),
        format!("x = 1\nfor i in [{}]:\n    x = [x]\n", "1, ".repeat(15_000)),
        "x = (i for i in [1])\nfor i in range(900):\n    x = (j for j in x)\nlist(x)\n".to_owned(),
    ];
    let check: Word = toml::from_str("no_chain = { entry = 'm', target = 'torch' }").unwrap();
    for program in programs {
        let snapshot = Memory::new([("m.py", format!("{program}import torch\n"))]);
        let answer = check.native.check().judge(&snapshot);
        let start: String = program.chars().take(40).collect();
        assert_ne!(answer.verdict, Verdict::Pass, "{start:?}");
    }
    let snapshot = Memory::new([("m.py", "while True:\n    pass\n")]);
    let answer = check.native.check().judge(&snapshot);
    assert!(reasons(&answer).contains("not followed to its end"));
}

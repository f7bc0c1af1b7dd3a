//! Text from a plan never commands a terminal, whichever field it stands in and however it is
//! printed.

use std::fs;

use crate::sample::{Ran, Sample};

/// Colours, the title of the window, a bell, an 8-bit control sequence, marks that reorder text,
/// a line separator.
const EVIL: &str = r"E\u001b[31m\u001b]0;x\u0007\u0008\r\u009b2J\u202e\u2066\u200f\u061c\u2028";

/// What may stand in the name of a file.
const EVIL_NAME: &str = r"\u202e\u2066\u2028gpj.py";

const PLAN: &str = r#"format = 1
[milestone]
id = "p"
title = "E"
goal = "E"
branch = "E"
baseline = "E"
builds_on = [{ id = "E", title = "E" }]
references = [{ id = "E", title = "E" }]
subject = "E {what} {task}"
[e2e]
entry = "E"
attribute = "E"
target = "E"
criterion = "E"
commands = ["E"]
box = [{ id = "X", text = "E", manual = "E" }]
[[task]]
id = "1"
title = "E"
kind = "E"
files = ["src/N"]
estimate = "E"
categories = ["E"]
commit = "E"
smoke_test = [
    { run = "grep E src/N && echo FAIL || echo SUCCESS", about = ["1.1"] },
    { run = "E | `E`", decides = true },
]
test = [{ kind = "unit", text = "E", decided_by = ["1.1"] }, { kind = "e2e", text = "E" }]
[[task.criterion]]
id = "1.1"
text = "E"
check = { text = { files = "src/*.py", absent = "torch" } }
[[task.criterion]]
id = "1.2"
text = "E"
check = { text = { files = "src/N", present = "E" } }
[[task.criterion]]
id = "1.3"
text = "E"
check = { command = { run = ["false", "E"], env = { "E" = "E" }, directory = "src" } }
[[task.criterion]]
id = "1.4"
text = "E"
check = { smoke_test = "grep E src/N || E" }
[[task.criterion]]
id = "1.5"
text = "E"
check = { path = { exists = "N" } }
[[task.criterion]]
id = "1.6"
text = "E"
check = { git = { branch = "E" } }
[[task.criterion]]
id = "1.7"
text = "E"
check = { milestone = { holds = "E" } }
[[task.criterion]]
id = "1.8"
text = "E"
check = { http = { get = "http://127.0.0.1:{port}/", serve = ["false", "E"], header = { a = "E" }, body = "E", ready = 1 } }
[[task.criterion]]
id = "1.9"
text = "E"
manual = "E"
[[checklist]]
id = "CK"
text = "E"
from = ["1"]
[[claim]]
text = "E"
claim = { import_at = { file = "src/N", name = "E", lines = [1, 2] } }
[[claim]]
text = "E"
claim = { chain = { files = ["src/N"], target = "E" } }
[[claim]]
text = "E"
claim = { uses = { file = "src/N", function = "E", name = "E" } }
[[waiver]]
criterion = "1.4"
reason = "E"
text = "E"
[[attestation]]
criterion = "E"
note = "E"
by = "E"
on = "2026-01-01"
text = "E"
"#;

fn hostile() -> Sample {
    let sample = Sample::empty();
    let filled = PLAN.replace('N', EVIL_NAME);
    let filled: String = filled
        .split('"')
        .enumerate()
        .map(|(at, part)| {
            if at % 2 == 1 {
                part.replace('E', EVIL)
            } else {
                part.to_owned()
            }
        })
        .collect::<Vec<_>>()
        .join("\"");
    sample.write("milestones/p.toml", &filled);
    let name = "\u{202e}\u{2066}\u{2028}gpj.py";
    let evil = "\u{1b}[31m\u{1b}]0;x\u{7}\u{8}\u{9b}\u{202e}";
    sample.write(&format!("src/{name}"), &format!("import torch # {evil}\n"));
    sample.write(&format!("src/{evil}.py"), "import torch\n");
    sample
}

#[track_caller]
fn harmless(ran: &Ran, call: &[&str]) {
    let commands = |c: char| {
        let reorders = matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        );
        c != '\n' && (c.is_control() || reorders)
    };
    for text in [&ran.out, &ran.err] {
        let line = text.lines().find(|line| line.contains(commands));
        assert_eq!(line, None, "{call:?}");
    }
    assert_ne!(ran.code, Some(101), "{call:?}: {ran:?}");
}

#[test]
fn no_field_of_a_plan_commands_a_terminal_in_any_format() {
    let sample = hostile();
    let status = sample.run(&["p", "status"]);
    assert!(
        status.out.contains("1"),
        "the plan does not load: {status:?}"
    );
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--message", "start"]);
    harmless(&sample.run(&["trust", "p"]), &["trust"]);
    sample.trust("p");
    for call in [
        &["list"][..],
        &["--help"],
        &["p", "status"],
        &["p", "status", "--claims"],
        &["p", "verify", "--full"],
        &["p", "verify", "--at", "HEAD"],
        &["p", "verify", "--against", "HEAD"],
        &["p", "verify", "--record"],
        &["p", "report"],
        &["p", "history"],
        &["p", "evidence", "show"],
        &["p", "evidence", "verify"],
        &["p", "commit", "1"],
        &["p", "commit", "1", "--no-commands", "--out-of-order"],
        &["trust", "p"],
        &["trust", "--list"],
        &["lint", "milestones/p.toml"],
    ] {
        for format in ["terminal", "json", "markdown", "sarif", "github"] {
            let call = [call, &["--format", format]].concat();
            harmless(&sample.run(&call), &call);
        }
    }
    let picture = sample.path("h.svg");
    let call = ["p", "history", "--svg", picture.to_str().unwrap()];
    harmless(&sample.run(&call), &call);
    let drawn = fs::read_to_string(&picture).unwrap_or_default();
    let drawn = Ran {
        code: Some(0),
        out: drawn,
        err: String::new(),
    };
    harmless(&drawn, &call);
}

#[test]
fn what_is_refused_is_shown_harmless_too() {
    let sample = hostile();
    let plan = fs::read_to_string(sample.path("milestones/p.toml")).unwrap();
    for (from, to) in [
        ("id = \"p\"", format!("id = \"{EVIL}\"")),
        ("id = \"1\"", format!("id = \"{EVIL}\"")),
        ("id = \"1.1\"", format!("id = \"{EVIL}\"")),
        ("from = [\"1\"]", format!("from = [\"{EVIL}\"]")),
        ("kind = \"unit\"", format!("kind = \"{EVIL}\"")),
        ("directory = \"src\"", format!("directory = \"{EVIL}\"")),
        ("directory = \"src\"", "directory = \"../x\"".to_owned()),
        ("directory = \"src\"", "directory = \"/etc\"".to_owned()),
        ("files = \"src/*.py\"", "files = \"../**\"".to_owned()),
        ("absent = \"torch\"", format!("absent = \"({EVIL}\"")),
        ("text = { files", format!("\"{EVIL}\" = {{ files")),
        ("format = 1", format!("format = 1\n\"{EVIL}\" = 1")),
        ("format = 1", "format = \u{1b}[31m".to_owned()),
    ] {
        assert!(plan.contains(from), "{from}");
        sample.write("bad.toml", &plan.replacen(from, &to, 1));
        for format in ["terminal", "json", "markdown"] {
            for command in ["status", "verify", "report"] {
                let call = ["--plan", "bad.toml", command, "--format", format];
                let ran = sample.run(&call);
                harmless(&ran, &call);
                assert_eq!(ran.code, Some(2), "{to}: {ran:?}");
            }
        }
    }
    for word in ["\u{1b}[31m", "\u{202e}", "-x\u{7}", "a/\u{1b}"] {
        for call in [
            &[word, "status"][..],
            &["p", "verify", word],
            &["trust", word],
            &["new", "--id", word],
        ] {
            harmless(&sample.run(call), call);
        }
    }
}

//! `bind`: what decides a box, judged before it is written.

use std::fs;
use std::process::Command;

use crate::sample::{Ran, Sample, tool};

const FILE: &str = "milestones/p.toml";

/// Written as people write: comments, odd blanks, a table in a line, Windows' line ends below.
const PLAN: &str = "format = 1  # the format\n[milestone]\nid = 'p'\ntitle = \"P\"\n\n\
    [[task]]\nid = \"1\"\ntitle = \"One\"\nfiles = [\"planned.py\"]\n\
    criterion = [ { id = \"1.0\", text = \"inline\",  manual = \"why\" } ]\n\n\
    [[task]]\nid = \"2\"\ntitle = \"Two\"\n\n\
    [[task.criterion]]\nid = \"2.1\"\ntext = \"there is a \\u001b[2J Makefile\"\nline = 7\n\
    # of the author\n# perhaps: check = { path = { exists = \"Makefile\" } }\n\
    \"manual\"   =  \"unbound: nobody has said yet how the tool can see it\"  # behind\n\n\
    [[checklist]]\nid = \"C\"\ntext = \"all\"\nfrom = [\"2\"]\n\
    [[checklist]]\nid = \"D\"\ntext = \"d\"\nmanual = '''\nlong'''\n";

fn sample(plan: &str) -> Sample {
    let sample = Sample::empty();
    sample.write("Makefile", "all:\n");
    sample.write(FILE, plan);
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--message", "start"]);
    sample
}

fn text(sample: &Sample) -> String {
    fs::read_to_string(sample.path(FILE)).unwrap()
}

#[test]
fn what_is_chosen_is_judged_and_written_and_nothing_else_changes() {
    let comment = "# perhaps: check = { path = { exists = \"Makefile\" } }\n";
    let unbound = "\"manual\"   =  \"unbound: nobody has said yet how the tool can see it\"";
    let there = "{ path = { exists = \"Makefile\" } }";
    let gone = "{ path = { missing = \"Makefile\" } }";
    let both = "[{ path = { exists = \"Makefile\" } }, { path = { exists = \"no\" } }]";
    let program = "{ command = { run = [\"sh\", \"-c\", \"echo >trace\"] } }";
    for (id, option, given, state, old, new) in [
        (
            "2.1",
            "--check",
            there,
            "pass",
            unbound,
            format!("check   =  {there}"),
        ),
        (
            "2.1",
            "--check",
            &format!(" {gone} "),
            "fail",
            unbound,
            format!("check   =  {gone}"),
        ),
        (
            "2.1",
            "--check",
            both,
            "fail",
            unbound,
            format!("checks   =  {both}"),
        ),
        (
            "2.1",
            "--check",
            program,
            "skipped",
            unbound,
            format!("check   =  {program}"),
        ),
        (
            "2.1",
            "--manual",
            "seen",
            "manual",
            unbound,
            "manual   =  \"seen\"".to_owned(),
        ),
        (
            "1.0",
            "--check",
            there,
            "pass",
            "manual = \"why\"",
            format!("check = {there}"),
        ),
        (
            "D",
            "--check",
            there,
            "pass",
            "manual = '''\nlong'''",
            format!("check = {there}"),
        ),
    ] {
        for plan in [
            PLAN.to_owned(),
            PLAN.replace('\n', "\r\n"),
            format!("\u{feff}{PLAN}"),
        ] {
            let crlf = plan.contains('\r');
            let lines = |text: &str| {
                if crlf {
                    text.replace('\n', "\r\n")
                } else {
                    text.to_owned()
                }
            };
            let sample = sample(&plan);
            let mut expected = plan.replace(&lines(old), &new);
            if id == "2.1" && option == "--check" {
                expected = expected.replace(&lines(comment), "");
            }
            let answer = sample.run(&["bind", "p", id, option, given, "--json"]);
            assert_eq!(answer.code, Some(0), "{id} {given}: {answer:?}");
            let told: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
            assert_eq!(told["verdict"]["state"], state, "{id} {given}");
            assert_eq!(told["file"], FILE);
            assert_eq!(text(&sample), expected, "{id} {given}");
            assert!(!sample.path("trace").exists(), "a program ran");
        }
    }
}

#[test]
fn a_wrong_call_says_the_way_out_and_writes_nothing() {
    let sample = sample(PLAN);
    for (words, says) in [
        (
            &["p", "2.1", "--check", "{ pat = { exists = \"a\" } }"][..],
            "did you mean `path`",
        ),
        (
            &["p", "2.1", "--check", "{ path = { exist = \"a\" } }"],
            "did you mean `exists`",
        ),
        (
            &["p", "2.1", "--check", "{ path = { exists = \"../a\" } }"],
            "../a",
        ),
        (&["p", "2.1", "--check", "{ path"], "is no check"),
        (&["p", "2.1", "--check", "3"], "not a table"),
        (&["p", "2.1", "--check", "\u{1b}[2J"], "is no check"),
        (
            &["p", "2.1", "--check", "[]"],
            "names nothing that decides it",
        ),
        (&["p", "2.1", "--check", "{}"], "no check is named"),
        (&["p", "2.1", "--manual", " "], "`--manual` is empty"),
        (&["p", "2.2", "--manual", "x"], "did you mean `2.1`"),
        (&["p", "C", "--manual", "x"], "is decided already"),
        (&["p", "--manual", "x"], "<ID>"),
        (&["p", "2.1", "--list"], "cannot be used with"),
        (
            &["p", "2.1", "--check", "{}", "--manual", "x"],
            "cannot be used with",
        ),
        (&["p"], "--list"),
        (&["p", "--json"], "--list"),
        (&["p", "2.1"], "--check"),
        (&["m2", "2.1.1", "--manual", "x"], "extends = \"m2\""),
        (&["q"], "there is no milestone `q`"),
        (&["p", "--list", "--plan", FILE], "takes no `--plan`"),
    ] {
        let words: Vec<&str> = ["bind"].iter().chain(words).copied().collect();
        let ran = sample.run(&words);
        assert_eq!(ran.code, Some(2), "{words:?}: {ran:?}");
        assert!(ran.err.contains(says), "{words:?}: {ran:?}");
        assert!(ran.err.contains("help"), "{words:?}: {ran:?}");
        harmless(&ran);
        assert_eq!(text(&sample), PLAN, "{words:?}");
    }
}

#[test]
fn the_list_shows_what_nothing_decides() {
    let sample = sample(PLAN);
    let file = sample.path(FILE);
    for plan in ["p", FILE, file.to_str().unwrap()] {
        let boxes = sample.json(&["bind", plan, "--list"]);
        let ids: Vec<_> = boxes
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["id"])
            .collect();
        assert_eq!(ids, ["1.0", "2.1", "D"], "{plan}");
        let likely = "{ path = { exists = \"Makefile\" } }";
        assert_eq!(boxes[1]["perhaps"], likely, "{plan}");
        assert_eq!(boxes[1]["line"], 7, "{plan}");
    }
    let ran = sample.run(&["bind", "p", "--list"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for part in [
        "2.1  (line 7)\n",
        "\\u{1b}[2J",
        "perhaps { path",
        "3 manual, 1 with",
    ] {
        assert!(ran.out.contains(part), "{part}: {ran:?}");
    }
    harmless(&ran);
}

#[test]
fn nothing_is_written_into_what_is_read_only() {
    let sample = sample(PLAN);
    let words = ["bind", FILE, "D", "--manual", "seen"];
    let path = sample.path(FILE);
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let ran = sample.run(&words);
    assert!(
        ran.code == Some(2) && ran.err.contains("read-only"),
        "{ran:?}"
    );
    assert_eq!(text(&sample), PLAN);
}

fn harmless(ran: &Ran) {
    assert!(
        !ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'),
        "{ran:?}"
    );
}

/// Runs its arguments at a terminal of their own; types a key for each that is named, once the words
/// before it are shown. A key that comes before anybody reads keys is lost: it is typed again.
const TERMINAL: &str = r#"
import os, pty, select, signal, sys
signal.alarm(60)
steps, words = eval(sys.argv[1]), sys.argv[2:]
process, terminal = pty.fork()
if not process:
    os.execv(words[0], words)
def read():
    try:
        more = os.read(terminal, 4096)
    except OSError:
        return b""
    sys.stdout.buffer.write(more)
    return more
def quiet(seconds):
    return not select.select([terminal], [], [], seconds)[0]
for awaited, key in steps:
    shown = b""
    while awaited not in shown and (more := read()):
        shown += more
    while not quiet(0.5) and read():
        pass
    os.write(terminal, key)
while True:
    if quiet(3) and steps:
        os.write(terminal, steps[-1][1])
    elif not read():
        break
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
"#;

/// What is shown at a terminal, and the exit status.
fn at_a_terminal(sample: &Sample, steps: &str) -> (String, Option<i32>) {
    let program = tool();
    let mut python = Command::new("python3");
    python
        .args(["-c", TERMINAL, steps])
        .arg(program.get_program());
    python.args(["bind", "p"]).current_dir(sample.root());
    python.env("TERM", "xterm").env_remove("NO_COLOR");
    let ran = python.output().unwrap();
    let shown = String::from_utf8_lossy(&ran.stdout).into_owned();
    (shown, ran.status.code())
}

#[test]
fn an_interrupted_question_ends_the_call_and_writes_nothing() {
    let sample = sample(PLAN);
    for steps in [
        r"[(b'what decides it', b'\x03')]",
        r"[(b'what decides it', b'\r'), (b'write it', b'\x03')]",
    ] {
        let (shown, code) = at_a_terminal(&sample, steps);
        assert_eq!(code, Some(2), "{shown}");
        assert!(shown.contains("was not answered"), "{shown}");
        assert!(shown.contains("what was written before stays"), "{shown}");
        // The cursor is there again.
        assert!(
            shown.rfind("\u{1b}[?25h") >= shown.rfind("\u{1b}[?25l"),
            "{shown:?}"
        );
        assert_eq!(text(&sample), PLAN);
    }
}

#[test]
fn a_box_that_was_left_to_a_person_is_not_asked_about_again() {
    let sample = sample(PLAN);
    let (shown, code) = at_a_terminal(
        &sample,
        r"[(b'what decides it', b'\r'), (b'write it', b'n'), (b'stop', b'\x1b[A\r')]",
    );
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("1/1"), "{shown}");
    let answer = sample.run(&["bind", "p", "2.1", "--manual", "I looked"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(text(&sample).contains("# perhaps:"));
    let (shown, code) = at_a_terminal(&sample, "[]");
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("no box waits for a check"), "{shown}");
}

//! `--jobs`: programs side by side, and a report that cannot tell.

use std::fs;
use std::process::Output;

use serde_json::Value;

use crate::sample::Ran;
use crate::supervised::{STUBBORN, Scripts};

/// Waits until both scripts are there; exits with 9 if the other one never comes.
const MEET: &str = "echo x >>$OUT/here; n=0; until [ $(wc -l <$OUT/here) -ge 2 ]; do \
    sleep 0.05; n=$((n+1)); [ $n -lt 400 ] || exit 9; done";

fn ran(output: Output) -> Ran {
    Ran::from(output)
}

fn run(scripts: &Scripts, words: &[&str]) -> Ran {
    ran(scripts.tool(words).output().unwrap())
}

/// The report without what differs from run to run: times, logs, temporary folders.
fn report(scripts: &Scripts, words: &[&str]) -> String {
    let json = run(scripts, &[words, &["--json"]].concat());
    let mut report: Value = serde_json::from_str(&json.out).unwrap_or_else(|_| panic!("{json:?}"));
    strip(&mut report);
    format!("{:?}\n{report:#}", json.code)
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !["seconds", "log"].contains(&name.as_str()));
            fields.values_mut().for_each(strip);
        }
        Value::Array(values) => values.iter_mut().for_each(strip),
        _ => {}
    }
}

fn states(scripts: &Scripts, words: &[&str]) -> Vec<String> {
    let json = run(scripts, &[words, &["--json"]].concat());
    let report: Value = serde_json::from_str(&json.out).unwrap_or_else(|_| panic!("{json:?}"));
    let boxes = report["criteria"].as_array().unwrap().iter();
    boxes
        .map(|judged| judged["state"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn two_programs_meet() {
    // Two that need each other, and are not the same command.
    let other = format!("true; {MEET}");
    let scripts = Scripts::new(&[(MEET, 60), (&other, 60)]);
    assert_eq!(
        states(&scripts, &["--isolated", "--jobs", "2"]),
        ["pass", "pass"]
    );
    fs::remove_file(scripts.0.path(".git/here")).unwrap();
    // With one at a time the first waits in vain.
    assert_eq!(
        states(&scripts, &["--isolated", "--jobs", "1"]),
        ["fail", "pass"]
    );
    scripts.assert_nobody_left();
}

/// What programs do that must not be ascribed to others.
const DEEDS: [(&str, u32); 9] = [
    ("echo 9 >a; echo first", 60),
    ("test \"$(cat a)\" = 1 && echo '3 passed in 0.1s'", 60),
    ("echo 9 >new; sleep 600", 1),
    ("test ! -e new; exit 3", 60),
    (
        "(setsid sleep 600 &); echo '1 failed, 2 passed in 0.1s'; exit 1",
        60,
    ),
    ("kill -KILL $$", 60),
    ("kill -KILL $PPID; sleep 60", 60),
    ("rm a; git init -q sub; head -c 20000000 /dev/zero >big", 60),
    ("printf '\\377\\033[2J'; exit 5", 60),
];

#[test]
fn the_report_cannot_tell_how_many_ran_at_once() {
    let scripts = Scripts::new(&DEEDS);
    let alone = report(&scripts, &["--isolated", "--jobs", "1"]);
    for jobs in ["2", "4", "99"] {
        let together = report(&scripts, &["--isolated", "--jobs", jobs]);
        assert_eq!(together, alone, "{jobs}");
        scripts.assert_nobody_left();
    }
    for words in [&["--isolated", "--fail-fast"][..], &["--at", "HEAD"]] {
        let alone = report(&scripts, &[words, &["--jobs", "1"]].concat());
        let together = report(&scripts, &[words, &["--jobs", "4"]].concat());
        assert_eq!(together, alone, "{words:?}");
    }
    let states = states(&scripts, &["--isolated", "--jobs", "4"]);
    let expected = [
        "fail",
        "pass",
        "undecided",
        "fail",
        "fail",
        "undecided",
        "undecided",
        "fail",
        "fail",
    ];
    assert_eq!(states, expected);
    assert_eq!(scripts.0.git(&["status", "--porcelain"]), "");
    assert_eq!(scripts.0.git(&["worktree", "list"]).lines().count(), 1);
}

/// Servers that answer, each for its own check, and one that does not come to serve.
const SERVERS: [(&str, &str, &str); 4] = [
    (
        "a",
        "exec python3 -m http.server --bind 127.0.0.1 $0",
        "pass",
    ),
    (
        "none",
        "exec python3 -m http.server --bind 127.0.0.1 $0",
        "fail",
    ),
    (
        "a",
        "setsid python3 -m http.server --bind 127.0.0.1 $0 & sleep 600",
        "pass",
    ),
    ("a", "exit 3", "undecided"),
];

#[test]
fn servers_side_by_side_answer_for_themselves() {
    let check = |(path, script, _): (&str, &str, &str)| {
        let url = format!("http://127.0.0.1:{{port}}/{path}");
        let serve = format!("[\"sh\", \"-c\", '''{script}''', \"{{port}}\"]");
        format!("http = {{ get = \"{url}\", serve = {serve}, requests = 2 }}")
    };
    let scripts = Scripts::with_checks(SERVERS.into_iter().map(check));
    let words = |jobs| ["--isolated", "--jobs", jobs];
    assert_eq!(
        states(&scripts, &words("4")),
        SERVERS.map(|(_, _, state)| state)
    );
    // The ports are others each time.
    let without_numbers =
        |jobs| report(&scripts, &words(jobs)).replace(|c: char| c.is_ascii_digit(), "");
    assert_eq!(without_numbers("4"), without_numbers("1"));
    scripts.assert_nobody_left();
}

#[test]
fn each_output_is_whole() {
    let print =
        |name: &str| format!("for n in 1 2 3 4 5 6 7 8 9; do echo {name} $n; sleep 0.02; done");
    let names = ["A", "B", "C", "D"].map(print);
    let scripts = names.each_ref().map(|script| (script.as_str(), 60));
    let scripts = Scripts::new(&scripts);
    let ran = run(&scripts, &["--isolated", "--jobs", "4"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for name in ["A", "B", "C", "D"] {
        let lines: Vec<String> = (1..10).map(|number| format!("{name} {number}\n")).collect();
        assert!(ran.err.contains(&lines.concat()), "{name}: {}", ran.err);
    }
    assert_eq!(ran.err.matches("── sh -c").count(), 4, "{}", ran.err);
}

#[test]
fn what_asks_the_runner_to_end_ends_them_all() {
    let other = format!("true; {STUBBORN}");
    for (signal, code) in [("INT", Some(2)), ("TERM", Some(2)), ("KILL", None)] {
        let scripts = Scripts::new(&[(STUBBORN, 600), (&other, 600)]);
        let mut runner = scripts.start(&["--isolated", "--jobs", "2"]);
        scripts.wait_for(4);
        let kill = format!("kill -{signal} {}", runner.id());
        let killed = std::process::Command::new("sh")
            .args(["-c", &kill])
            .status();
        assert!(killed.unwrap().success());
        assert_eq!(runner.wait().unwrap().code(), code, "{signal}");
        scripts.assert_nobody_left();
        // What a killed one left is cleared away at the next start.
        let _ = run(&scripts, &["--isolated", "--jobs", "2", "--no-commands"]);
        assert_eq!(scripts.0.git(&["worktree", "list"]).lines().count(), 1);
    }
}

#[test]
fn a_time_out_touches_nobody_else() {
    let lasting = "echo x >>$OUT/here; sleep 2.5; echo '1 passed in 1s'";
    let scripts = Scripts::new(&[("sleep 600 & sleep 600", 1), (lasting, 60)]);
    assert_eq!(
        states(&scripts, &["--isolated", "--jobs", "2"]),
        ["undecided", "pass"]
    );
    scripts.assert_nobody_left();
}

#[test]
fn a_fail_ends_what_comes_later_and_nothing_before() {
    let before = "echo x >>$OUT/here; sleep 1; echo end >>$OUT/ended";
    let fails = "until [ -s $OUT/here ]; do sleep 0.05; done; sleep 0.2; exit 1";
    let later = "echo x >>$OUT/here; sleep 600";
    let never = "echo x >>$OUT/never";
    let scripts = Scripts::new(&[(before, 60), (fails, 60), (later, 600), (never, 60)]);
    let words = ["--isolated", "--jobs", "3", "--fail-fast"];
    assert_eq!(
        states(&scripts, &words),
        ["pass", "fail", "skipped", "skipped"]
    );
    assert!(scripts.0.path(".git/ended").exists());
    assert!(!scripts.0.path(".git/never").exists());
    scripts.assert_nobody_left();
}

#[test]
fn your_own_files_are_no_place_for_two() {
    let scripts = Scripts::new(&[("true", 60)]);
    let refused = run(&scripts, &["--jobs", "2"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("help: add `--isolated`"),
        "{refused:?}"
    );
    let zero = run(&scripts, &["--isolated", "--jobs", "0"]);
    assert_eq!(zero.code, Some(2), "{zero:?}");
}

#[test]
fn a_long_report_ends_with_what_does_not_hold() {
    let scripts = Scripts::new(&[("exit 1", 60); 30]);
    let ran = run(&scripts, &[]);
    let ids: Vec<String> = (0..30).map(|number| number.to_string()).collect();
    let (_, end) = ran.out.rsplit_once("\n\n").unwrap();
    let words: Vec<&str> = end.split_whitespace().collect();
    let expected = format!("fail {} 30 boxes: 30 fail", ids.join(", "));
    assert_eq!(words.join(" "), expected, "{}", ran.out);
}

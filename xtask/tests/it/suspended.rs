//! A runner that is stopped for a while: Ctrl-Z, and programs that are after their runner.

use std::fs;
use std::process::{Child, Command};
use std::thread::{scope, sleep};
use std::time::Duration;

use serde_json::Value;

use crate::supervised::{Scripts, wait_until};

/// Writes ten lines in a second.
const COUNTS: &str = "for n in 0 1 2 3 4 5 6 7 8 9; do echo $n >>$OUT/here; sleep 0.1; done";

/// Stops the runner: the parent of the program's parent (`proc_pid_stat(5)`).
const STOPS: &str = "set -- $(cat /proc/$PPID/stat); kill -STOP $4;";

/// Longer than the programs' time-outs.
const WHILE: Duration = Duration::from_millis(2500);

fn signal(runner: &Child, name: &str) {
    let kill = Command::new("kill")
        .args(["-s", name, &runner.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}

#[track_caller]
fn wait_until_stopped(runner: &Child) {
    let stat = || fs::read_to_string(format!("/proc/{}/stat", runner.id())).unwrap_or_default();
    wait_until("the runner is stopped", || stat().contains(") T "));
}

/// Each box has its state, and a reason with these words.
#[track_caller]
fn assert_answer(runner: Child, expected: &[(&str, &str)]) {
    let output = runner.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let boxes = report["criteria"].as_array().unwrap();
    assert_eq!(boxes.len(), expected.len());
    for (judged, (state, words)) in boxes.iter().zip(expected) {
        assert_eq!(judged["state"], *state, "{judged}");
        assert!(
            judged["reason"].as_str().unwrap().contains(words),
            "{judged}"
        );
    }
}

#[test]
fn programs_are_held_while_the_runner_is_suspended() {
    let other = format!("true; {COUNTS}");
    for (scripts, words) in [
        (&[(COUNTS, 2)][..], &["--json"][..]),
        (
            &[(COUNTS, 2), (&other, 2)],
            &["--json", "--isolated", "--jobs", "2"],
        ),
    ] {
        let expected = vec![("pass", ""); scripts.len()];
        let scripts = Scripts::new(scripts);
        let runner = scripts.start(words);
        scripts.wait_for(3);
        signal(&runner, "TSTP");
        wait_until_stopped(&runner);
        // The supervisors are told at the same moment.
        sleep(Duration::from_millis(200));
        let here = || fs::read_to_string(scripts.0.path(".git/here")).unwrap();
        let before = here();
        sleep(WHILE);
        assert_eq!(here(), before);
        signal(&runner, "CONT");
        assert_answer(runner, &expected);
        scripts.assert_nobody_left();
    }
}

#[test]
fn a_suspended_runner_that_is_killed_leaves_nobody() {
    let scripts = Scripts::new(&[(COUNTS, 60)]);
    let mut runner = scripts.start(&[]);
    scripts.wait_for(3);
    signal(&runner, "TSTP");
    wait_until_stopped(&runner);
    signal(&runner, "KILL");
    runner.wait().unwrap();
    scripts.assert_nobody_left();
}

/// A program that stops its runner; then nothing runs for ever, and what is said in the end is
/// right.
#[track_caller]
fn assert_stopped_by(script: &str, state: &str, words: &str) {
    let stops = format!("{STOPS} {script}");
    let scripts = Scripts::new(&[(&stops, 2)]);
    let runner = scripts.start(&["--json"]);
    wait_until_stopped(&runner);
    wait_until("the runner alone is left", || scripts.left() == 1);
    signal(&runner, "CONT");
    assert_answer(runner, &[(state, words)]);
    scripts.assert_nobody_left();
}

#[test]
fn a_time_out_holds_while_the_runner_is_stopped() {
    let late = "did not end within 2 s";
    // It waits for somebody who reads what it prints.
    let prints = "yes | head -c 1000000; exit 0";
    scope(|scope| {
        for (script, state, words) in [
            ("sleep 600", "undecided", late),
            ("exit 0", "pass", ""),
            ("exit 3", "fail", "exited with 3"),
            ("kill -KILL $PPID", "undecided", "ended its supervisor too"),
            (prints, "undecided", late),
        ] {
            scope.spawn(move || assert_stopped_by(script, state, words));
        }
    });
}

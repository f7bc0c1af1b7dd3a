//! The way through the milestone on the sample: verify, waive, attest, commit, record, report.

use crate::sample::{self, Sample};
use serde_json::Value;

fn state<'r>(report: &'r Value, list: &str, id: &str) -> &'r str {
    let rows = report[list].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == id);
    row.unwrap_or_else(|| panic!("no {id} in {list}"))["state"]
        .as_str()
        .unwrap()
}

#[test]
fn json_is_a_contract() {
    let sample = Sample::new();
    for words in [&["m2", "status"][..], &["m2", "verify"], &["m2", "report"]] {
        let report = sample.json(words);
        assert_eq!(report["schema"], "milestone-report/1");
        assert_eq!(report["milestone"], "m2");
        assert_eq!(report["snapshot"]["kind"], "worktree");
        assert_eq!(report["tasks"].as_array().unwrap().len(), 4);
        assert_eq!(report["criteria"].as_array().unwrap().len(), 16);
        assert_eq!(report["checklist"].as_array().unwrap().len(), 12);
        assert_eq!(report["smoke_tests"].as_array().unwrap().len(), 4);
        for smoke in report["smoke_tests"].as_array().unwrap() {
            assert_eq!(smoke["says"], "FAIL", "{smoke}");
            assert_eq!(smoke["exit_hides_failure"], true, "{smoke}");
        }
        let finding = &report["criteria"][0]["findings"][0];
        assert_eq!(finding["path"], "ktrdr/api/services/training_service.py");
        assert_eq!(finding["line"], 3);
        assert!(finding["column"].as_u64().unwrap() > 0, "{finding}");
        assert_eq!(state(&report, "criteria", "2.1.4"), "skipped");
        assert_eq!(state(&report, "checklist", "CK.1"), "fail");
        assert_eq!(state(&report, "checklist", "CK.9"), "manual");
        assert_eq!(state(&report, "tasks", "2.1"), "failing");
    }
}

#[test]
fn options_stand_anywhere_and_cargo_may_pass_its_word() {
    let sample = Sample::new();
    let root = sample.root();
    let root = root.to_str().unwrap();
    let expected = sample.run(&["m2", "status", "--json"]).out;
    for words in [
        &["xtask", "m2", "status", "--json"][..],
        &["--json", "m2", "status"],
        &["m2", "--json", "status"],
        &["m2", "status", "--format", "json"],
        &["-C", root, "m2", "status", "--json"],
        &["m2", "status", "-C", root, "--json"],
    ] {
        assert_eq!(sample.run(words).out, expected, "{words:?}");
    }
}

#[test]
fn every_format_has_the_same_exit_code_and_a_closed_pipe_changes_none() {
    let sample = Sample::new();
    for command in ["status", "verify", "report"] {
        for format in ["terminal", "json", "markdown"] {
            let ran = sample.run(&["m2", command, "--format", format]);
            assert_eq!(ran.code, Some(1), "{command} {format}");
        }
    }
    for (words, code) in [
        (["m2", "verify"].as_slice(), 1),
        (&["m2", "verify", "9.9"], 2),
        (&["no", "such"], 2),
        (&["--help"], 0),
        (&["m2", "verify", "--help"], 0),
        (&["--version"], 0),
    ] {
        let mut child = sample::tool()
            .current_dir(sample.root())
            .args(words)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().unwrap().code(), Some(code), "{words:?}");
    }
}

#[test]
fn without_a_terminal_there_is_no_colour() {
    let sample = Sample::new();
    for command in ["status", "verify", "report"] {
        let ran = sample.run(&["m2", command]);
        assert!(!ran.out.contains('\u{1b}'), "{}", ran.out);
    }
}

#[test]
fn a_deviation_is_refused_until_it_is_waived_and_travels_with_the_commit() {
    let sample = Sample::new();
    sample.edit("2.1");
    sample.write("unrelated.txt", "mine\n");
    let commit = ["m2", "commit", "2.1", "--without-commands"];
    let refused = sample.run(&commit);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("`2.1.2` fails"), "{refused:?}");
    assert_eq!(sample.git(&["log", "--oneline"]).lines().count(), 1);

    let waived = sample.run(&["m2", "waive", "2.1.2", "--reason", "list_models() uses it"]);
    assert_eq!(waived.code, Some(0), "{waived:?}");
    let committed = sample.run(&commit);
    assert_eq!(committed.code, Some(0), "{committed:?}");
    let message = sample.git(&["log", "-1", "--format=%B"]);
    for line in [
        "feat(M2): Remove unused imports from training_service.py (Task 2.1)",
        "Milestone: m2",
        "Task: 2.1",
        "Verified: 2/4",
        "Waived: 2.1.2",
        "Not-Run: 2.1.4",
    ] {
        assert!(
            message.lines().any(|l| l == line),
            "{line:?} is not in {message}"
        );
    }
    let files = sample.git(&["show", "--format=", "--name-only", "HEAD"]);
    assert_eq!(
        files,
        "ktrdr/api/services/training_service.py\nmilestones/m2.toml\n"
    );
    assert_eq!(sample.git(&["status", "--porcelain"]), "?? unrelated.txt\n");

    let report = sample.json(&["m2", "verify", "2.1"]);
    assert_eq!(state(&report, "criteria", "2.1.2"), "waived");
    assert_eq!(report["tasks"][0]["commit"]["verified"], "2/4");
    let without = sample.json(&["m2", "verify", "2.1", "--no-waivers"]);
    assert_eq!(state(&without, "criteria", "2.1.2"), "fail");

    let notes = sample.git(&["notes", "--ref=milestones", "show", "HEAD"]);
    let lines: Vec<Value> = notes
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let criteria: Vec<&str> = lines
        .iter()
        .map(|line| {
            line["predicate"]["milestone"]["criterion"]
                .as_str()
                .unwrap()
        })
        .collect();
    // What was not asked, 2.1.4, is nothing that was found out.
    assert_eq!(criteria, ["2.1.1", "2.1.2", "2.1.3"]);
}

#[test]
fn a_smoke_test_that_disagrees_is_explained() {
    let sample = Sample::new();
    sample.edit("2.1");
    let report = sample.json(&["m2", "verify", "2.1"]);
    let smoke = &report["smoke_tests"][0];
    assert_eq!(smoke["says"], "FAIL");
    let note = smoke["note"].as_str().unwrap();
    assert!(note.contains("2.1.1 holds"), "{note}");
    let agreed = sample.json(&["m2", "verify", "2.2"]);
    assert_eq!(agreed["smoke_tests"][0]["note"], "");
}

#[test]
fn what_lies_on_disk_but_is_not_committed_does_not_count() {
    let sample = Sample::new();
    sample.edit("2.1");
    sample.run(&["m2", "waive", "2.1.2", "--reason", "x"]);
    sample.write("tests/unit/test_more.py", "x = 1\n");
    let ran = sample.run(&["m2", "commit", "2.1"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.out.contains("tests/unit/test_more.py"), "{ran:?}");
    assert_eq!(sample.git(&["log", "--oneline"]).lines().count(), 1);
}

#[test]
fn a_task_waits_for_the_one_before_it_unless_told() {
    let sample = Sample::new();
    sample.edit("2.2");
    sample.run(&["m2", "waive", "2.2.3", "--reason", "no server here"]);
    let refused = sample.run(&["m2", "commit", "2.2", "--without-commands"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("comes after `2.1`"), "{refused:?}");
    assert!(refused.err.contains("--out-of-order"), "{refused:?}");
    let words = [
        "m2",
        "commit",
        "2.2",
        "--without-commands",
        "--out-of-order",
        "-m",
        "mine",
    ];
    let committed = sample.run(&words);
    assert_eq!(committed.code, Some(0), "{committed:?}");
    let message = sample.git(&["log", "-1", "--format=%B"]);
    assert!(message.starts_with("mine\n\n"), "{message}");
    assert!(
        message.contains("Verified: 2/3\nWaived: 2.2.3"),
        "{message}"
    );
}

#[test]
fn a_task_without_files_is_recorded_and_not_committed() {
    let sample = Sample::new();
    let ran = sample.run(&["m2", "commit", "2.4"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("verify 2.4 --full --record"), "{ran:?}");
    sample.write("dirt.txt", "");
    let dirty = sample.run(&["m2", "verify", "2.4", "--record"]);
    assert_eq!(dirty.code, Some(2), "{dirty:?}");
    assert!(dirty.err.contains("`dirt.txt` is untracked"), "{dirty:?}");
    std::fs::remove_file(sample.path("dirt.txt")).unwrap();
    let recorded = sample.run(&["m2", "verify", "2.4", "--record"]);
    assert_eq!(
        recorded.code,
        Some(1),
        "a fail is recorded too: {recorded:?}"
    );
    let notes = sample.git(&["notes", "--ref=milestones", "show", "HEAD"]);
    assert_eq!(notes.lines().count(), 2, "{notes}");
    assert!(notes.contains("2.4.4"), "{notes}");
}

#[test]
fn a_report_ticks_only_what_was_proved() {
    let sample = Sample::new();
    sample.edit("2.1");
    sample.run(&["m2", "waive", "2.1.2", "--reason", "it is *used*"]);
    let report = sample.run(&["m2", "report"]).out;
    for line in [
        "- [x] 2.1.1 No `ModelLoader` import in training_service.py — pass",
        "- [ ] 2.1.2 No `ModelStorage` import in training_service.py — waived: it is \\*used\\*",
        "- [ ] CK.6 Quality gates pass: `make quality` — skipped",
    ] {
        assert!(report.contains(line), "{line:?} is not in {report}");
    }
    assert!(report.contains("## Not run"), "{report}");
}

#[test]
fn the_demo_walks_to_the_end_and_leaves_the_sample() {
    let folder = tempfile::TempDir::new().unwrap();
    let sample = folder.path().join("sample");
    let ran = sample::run_in(folder.path(), &["demo", sample.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("committed "), "{}", ran.out);
    assert!(sample.join("milestones/m2.toml").exists());
    let again = sample::run_in(folder.path(), &["demo", sample.to_str().unwrap()]);
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.err.contains("is not empty"), "{again:?}");
}

//! Wrong input of every kind: the culprit, where it stands, the way out, and the exit code 2.

use std::fs::{self, File};

use crate::sample::{self, Sample, run_in};
use tempfile::TempDir;

/// A call that cannot be done: what it must say, and the way out.
#[track_caller]
fn refused(sample: &Sample, words: &[&str], says: &str, help: &str) {
    let ran = sample.run(words);
    assert_eq!(ran.code, Some(2), "{words:?}: {ran:?}");
    assert!(
        ran.err.contains(says),
        "{words:?} does not say {says:?}: {}",
        ran.err
    );
    assert!(
        ran.err.contains(help),
        "{words:?} does not help with {help:?}: {}",
        ran.err
    );
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    assert_eq!(
        ran.out, "",
        "{words:?}: a failure of the call has no answer"
    );
}

#[test]
fn help_is_given_in_every_way_of_asking() {
    let sample = Sample::new();
    for words in [
        &["help"][..],
        &["--help"],
        &["xtask", "help"],
        &["help", "m2"],
    ] {
        let ran = sample.run(words);
        assert_eq!(ran.code, Some(0), "{words:?}: {ran:?}");
        assert!(ran.out.contains("Commands"), "{words:?}: {ran:?}");
    }
}

#[test]
fn words_that_are_not_known() {
    let sample = Sample::new();
    refused(&sample, &[], "Usage", "Commands");
    refused(
        &sample,
        &["statsu"],
        "`statsu` is no command",
        "did you mean `status`?",
    );
    refused(
        &sample,
        &["m2", "statsu"],
        "statsu",
        "similar subcommand exists: 'status'",
    );
    refused(
        &sample,
        &["m3", "status"],
        "no milestone `m3`",
        "did you mean `m2`?",
    );
    refused(&sample, &["m2", "status", "--fulll"], "--fulll", "Usage");
    refused(&sample, &["m2", "verify", "2.5"], "no task `2.5`", "`2.1`");
    refused(
        &sample,
        &["m2", "verify", "nine"],
        "no task `nine`",
        "2.1, 2.2, 2.3, 2.4",
    );
    refused(&sample, &["m2", "commit", "9"], "no task `9`", "help:");
    refused(&sample, &["m2", "commit"], "<TASK>", "Usage");
    refused(
        &sample,
        &["m2", "waive", "2.1.7", "--reason", "x"],
        "no box `2.1.7`",
        "`2.1.",
    );
    refused(
        &sample,
        &["m2", "waive", "2.1.2", "--reason", " "],
        "`--reason` is empty",
        "help:",
    );
    refused(&sample, &["m2", "waive", "2.1.2"], "--reason", "Usage");
    refused(
        &sample,
        &["m2", "waive", "2.1.2", "--reason", "x", "--until", "soon"],
        "soon",
        "--until",
    );
    refused(
        &sample,
        &["m2", "attest", "2.1.1", "--note", "x"],
        "decided by checks",
        "waive 2.1.1",
    );
    refused(
        &sample,
        &["m2", "attest", "E2E.3", "--note", ""],
        "`--note` is empty",
        "what you saw",
    );
    refused(&sample, &["status"], "which milestone?", "--plan");
    refused(
        &sample,
        &["m2", "status", "--format", "yaml"],
        "yaml",
        "terminal",
    );
    refused(
        &sample,
        &["m2", "status", "--json", "--format", "terminal"],
        "--json",
        "Usage",
    );
    refused(
        &sample,
        &["-C", "/no/such/folder", "m2", "status"],
        "/no/such/folder",
        "help:",
    );
    refused(
        &sample,
        &["-C", "README.md", "m2", "status"],
        "README.md",
        "help:",
    );
}

#[test]
fn plans_that_are_wrong() {
    let sample = Sample::new();
    let plan = "format = 1\n[milestone]\nid = \"x\"\ntitle = \"X\"\n\n[[task]]\nid = \"1\"\ntitel = \"T\"\n";
    sample.write("bad.toml", plan);
    let words = ["--plan", "bad.toml", "status"];
    refused(
        &sample,
        &words,
        "unknown field `titel`",
        "did you mean `title`?",
    );
    refused(&sample, &words, "bad.toml:8:1", "titel = \"T\"");
    sample.write("broken.toml", "format = 1\n[milestone\n");
    refused(
        &sample,
        &["--plan", "broken.toml", "status"],
        "broken.toml:2",
        "[milestone",
    );
    refused(
        &sample,
        &["--plan", "missing.toml", "status"],
        "`missing.toml` cannot be read",
        "help:",
    );
    sample.write("plan.md", "# Milestone\n");
    refused(
        &sample,
        &["--plan", "plan.md", "status"],
        "document, not a plan file",
        "TOML",
    );
    sample.write("binary.toml", "\u{0}\u{1}");
    refused(
        &sample,
        &["--plan", "binary.toml", "status"],
        "binary.toml:1",
        "",
    );
    sample.write("other.toml", &plan.replace("titel", "title"));
    refused(
        &sample,
        &["--plan", "other.toml", "m2", "status"],
        "about milestone `x`, not `m2`",
        "help:",
    );
}

#[test]
fn a_plan_that_is_wrong_hides_no_other_from_the_list() {
    let sample = Sample::new();
    sample.write("milestones/a.toml", "format = 1\n[milestone\n");
    let good = "format = 1\n[milestone]\nid = \"b\"\ntitle = \"B\"\n\n[[checklist]]\nid = \"1\"\ntext = \"t\"\nmanual = \"m\"\n";
    sample.write("milestones/b.toml", good);
    let ran = sample.run(&["list"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.out.contains("milestones/b.toml"), "{ran:?}");
    assert!(ran.err.contains("milestones/a.toml:2"), "{ran:?}");
}

#[test]
fn deviations_that_are_wrong() {
    let sample = Sample::new();
    sample.write(
        "milestones/m2.toml",
        "format = 1\nextends = \"m2\"\n[[task]]\nid = \"1\"\n",
    );
    refused(
        &sample,
        &["m2", "status"],
        "milestones/m2.toml:3",
        "unknown field `task`",
    );
    sample.write("milestones/m2.toml", "format = 1\nextends = \"m1\"\n");
    refused(
        &sample,
        &["m2", "status"],
        "extends `m1`, not `m2`",
        "help:",
    );
    sample.write(
        "milestones/m2.toml",
        "format = 1\n[milestone]\nid = \"m2\"\ntitle = \"x\"\n",
    );
    refused(
        &sample,
        &["m2", "status"],
        "is a plan of its own",
        "--plan milestones/m2.toml",
    );
}

#[test]
fn repositories_that_are_not_meant() {
    let nowhere = TempDir::new().unwrap();
    let ran = run_in(nowhere.path(), &["m2", "status"]);
    assert_eq!(ran.code, Some(2));
    for word in [
        "no git repository",
        "-C DIR",
        "MILESTONE_REPO",
        "cargo xtask demo",
    ] {
        assert!(ran.err.contains(word), "{word:?}: {}", ran.err);
    }
    let other = Sample::empty();
    other.write("src/lib.rs", "");
    for word in [
        "none of the files that milestone `m2` names",
        "-C DIR",
        "MILESTONE_REPO",
        "demo",
    ] {
        refused(&other, &["m2", "status"], word, "help:");
    }
    let bare = Sample::new();
    bare.git(&["clone", "--quiet", "--bare", ".", "bare.git"]);
    refused(&bare, &["-C", "bare.git", "m2", "status"], "bare", "help:");
}

#[test]
fn the_variable_names_the_repository() {
    let sample = Sample::new();
    let elsewhere = TempDir::new().unwrap();
    let mut tool = sample::tool();
    tool.current_dir(elsewhere.path())
        .env("MILESTONE_REPO", sample.root());
    let ran = sample::Ran::from(tool.args(["m2", "status"]).output().unwrap());
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("Lazy torch imports"), "{ran:?}");
}

#[test]
fn files_that_cannot_be_judged_are_undecided() {
    let file = "ktrdr/api/services/training_service.py";
    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join("x.py"), "x = 1\n").unwrap();
    type Make<'a> = &'a dyn Fn(&Sample);
    let cases: &[(&str, Make<'_>)] = &[
        ("folder", &|sample| {
            fs::create_dir_all(sample.path(file)).unwrap();
        }),
        ("leaves the repository", &|sample| {
            std::os::unix::fs::symlink(outside.path().join("x.py"), sample.path(file)).unwrap();
        }),
        ("209715200 bytes", &|sample| {
            File::create(sample.path(file))
                .unwrap()
                .set_len(200 * 1024 * 1024)
                .unwrap();
        }),
        ("no such file", &|_| {}),
        ("unexpected", &|sample| sample.write(file, "def broken(:\n")),
        ("encoding", &|sample| {
            sample.write(file, "# coding: klingon\nx = 1\n")
        }),
    ];
    for (says, make) in cases {
        let sample = Sample::new();
        fs::remove_file(sample.path(file)).unwrap();
        make(&sample);
        let report = sample.json(&["m2", "verify", "2.1"]);
        let criterion = &report["criteria"][0];
        assert_eq!(criterion["state"], "undecided", "{says}: {criterion}");
        let reason = criterion["reason"].as_str().unwrap().to_lowercase();
        assert!(
            reason.contains(says) || *says == "unexpected",
            "{says}: {reason}"
        );
        assert_eq!(sample.run(&["m2", "verify", "2.1"]).code, Some(2), "{says}");
    }
}

#[test]
fn a_repository_without_a_commit_and_names_that_are_not_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let sample = Sample::empty();
    sample.edit("start");
    let odd = sample
        .root()
        .join(std::ffi::OsStr::from_bytes(b"ktrdr/odd\xff.py"));
    fs::write(odd, "x = 1\n").unwrap();
    let ran = sample.run(&["m2", "status"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("no commit yet"), "{ran:?}");
    refused(&sample, &["m2", "verify", "--record"], "no commit", "help:");
    sample.edit("2.1");
    refused(
        &sample,
        &["m2", "commit", "2.1", "--without-commands"],
        "commit",
        "help:",
    );
}

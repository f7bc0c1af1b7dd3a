//! `--at`: the same judging on a revision, read from the object database alone.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::sample::{Ran, Sample, run_in};

const SERVICE: &str = "ktrdr/api/services/training_service.py";

/// A clone made with these options, in a folder of its own.
struct Clone(TempDir);

impl Clone {
    fn of(sample: &Sample, options: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("file://{}", sample.root().display());
        let made = Command::new("git")
            .args(["clone", "--quiet"])
            .args(options)
            .arg(url)
            .arg(folder.path().join("clone"))
            .status();
        assert!(made.unwrap().success(), "{options:?}");
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("clone")
    }

    fn run(&self, words: &[&str]) -> Ran {
        run_in(&self.path(), words)
    }

    fn json(&self, words: &[&str]) -> Value {
        let ran = self.run(&[words, &["--json"]].concat());
        serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
    }
}

/// The sample with two commits: as it is at the start, and with task 2.1 carried out.
fn two_commits() -> Sample {
    let sample = Sample::new();
    sample.edit("2.1");
    sample.git(&["commit", "--quiet", "--all", "--message", "task 2.1"]);
    sample
}

/// What was said about every box that native checks alone decide, and about all else that is
/// read from files.
fn native(report: &Value) -> Value {
    let outside = ["command", "probe", "git", "http", "environment"];
    let is_native = |row: &&Value| {
        let checks = row["checks"].as_array().unwrap();
        let native = |check: &Value| !outside.contains(&check["check"].as_str().unwrap());
        !checks.is_empty() && checks.iter().all(native)
    };
    let boxes = ["criteria", "checklist"].map(|list| report[list].as_array().unwrap());
    let boxes: Vec<Value> = boxes
        .into_iter()
        .flatten()
        .filter(is_native)
        .cloned()
        .collect();
    assert!(boxes.len() >= 9, "{}", boxes.len());
    serde_json::json!([boxes, report["smoke_tests"], report["claims"]])
}

fn rows<'r>(report: &'r Value, id: &str) -> &'r Value {
    let rows = report["criteria"].as_array().unwrap();
    rows.iter().find(|row| row["id"] == id).unwrap()
}

#[test]
fn a_revision_is_judged_as_its_checkout_is() {
    let sample = two_commits();
    let bare = Clone::of(&sample, &["--bare"]);
    for (revision, checkout) in [("HEAD^", Sample::new()), ("HEAD", two_commits())] {
        for command in ["status", "verify", "report"] {
            let here = checkout.json(&["m2", command]);
            let there = bare.json(&["m2", command, "--at", revision]);
            assert_eq!(native(&there), native(&here), "{command} {revision}");
        }
    }
}

#[test]
fn the_report_names_the_commit_and_what_was_not_asked() {
    let sample = two_commits();
    let commit = sample.git(&["rev-parse", "HEAD^"]);
    let tree = sample.git(&["rev-parse", "HEAD^^{tree}"]);
    let report = sample.json(&["m2", "verify", "--at", "HEAD^"]);
    assert_eq!(report["snapshot"]["kind"], "revision");
    assert_eq!(report["snapshot"]["revision"], commit.trim());
    assert_eq!(report["snapshot"]["tree"], tree.trim());
    assert_eq!(report["warnings"].as_array().unwrap().len(), 0);
    for (id, reason) in [
        ("2.1.4", "runs on files on disk"),
        ("2.4.1", "runs on files on disk"),
        ("2.4.4", "asks about the work tree"),
    ] {
        let row = rows(&report, id);
        assert_eq!(row["state"], "skipped", "{id}");
        assert!(row["reason"].as_str().unwrap().contains(reason), "{row}");
    }
    let by_tree = sample.json(&["m2", "status", "--at", "HEAD^{tree}"]);
    assert_eq!(by_tree["snapshot"]["revision"], Value::Null);
}

#[test]
fn files_on_disk_have_no_say_and_are_left_alone() {
    let sample = two_commits();
    let before = sample.json(&["m2", "verify", "--at", "HEAD"]);
    sample.write(SERVICE, "import torch\n");
    sample.write("milestones/m2.toml", "not even TOML");
    let status = sample.git(&["status", "--porcelain"]);
    let after = sample.json(&["m2", "verify", "--at", "HEAD"]);
    assert_eq!(after, before);
    assert_eq!(sample.git(&["status", "--porcelain"]), status);
    assert_eq!(sample.git(&["worktree", "list"]).lines().count(), 1);
}

#[test]
fn waivers_are_those_of_the_revision() {
    let sample = two_commits();
    let waived = sample.run(&["m2", "waive", "2.1.2", "--reason", "in use"]);
    assert_eq!(waived.code, Some(0), "{waived:?}");
    sample.git(&["add", "milestones"]);
    sample.git(&["commit", "--quiet", "--message", "waived"]);
    let state = |words: &[&str]| {
        let report = sample.json(&[&["m2", "verify", "2.1"], words].concat());
        rows(&report, "2.1.2")["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(&["--at", "HEAD"]), "waived");
    assert_eq!(state(&["--at", "HEAD", "--no-waivers"]), "fail");
    assert_eq!(state(&["--at", "HEAD^"]), "fail");
}

#[test]
fn a_plan_in_a_bare_repository_is_the_revisions_own() {
    let sample = two_commits();
    let plan = "format = 1\n[milestone]\nid = \"own\"\ntitle = \"Own\"\n\
        [[checklist]]\nid = \"A\"\ntext = \"a\"\ncheck = { path = { exists = \"ktrdr\" } }\n";
    sample.write("milestones/own.toml", plan);
    sample.git(&["add", "milestones"]);
    sample.git(&["commit", "--quiet", "--message", "plan"]);
    let bare = Clone::of(&sample, &["--bare"]);
    assert_eq!(bare.run(&["own", "verify", "--at", "HEAD"]).code, Some(0));
    let before = bare.run(&["own", "verify", "--at", "HEAD^"]);
    assert!(before.err.contains("no milestone `own`"), "{before:?}");
}

#[test]
fn evidence_hangs_on_the_revision_that_was_judged() {
    let sample = two_commits();
    sample.write(SERVICE, "an unclean work tree");
    let ran = sample.run(&["m2", "verify", "2.1", "--at", "HEAD^", "--record"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let commit = sample.git(&["rev-parse", "HEAD^"]);
    let notes = sample.git(&["notes", "--ref=milestones", "show", commit.trim()]);
    assert_eq!(notes.lines().count(), 3, "{notes}");
    let ran = sample.run(&["m2", "verify", "--at", "HEAD^{tree}", "--record"]);
    assert!(ran.err.contains("notes hang on commits"), "{ran:?}");
    assert_eq!(ran.code, Some(2));
}

#[test]
fn what_a_clone_lacks_is_undecided() {
    let sample = two_commits();
    sample.git(&["config", "uploadpack.allowFilter", "true"]);
    let partial = Clone::of(&sample, &["--bare", "--filter=blob:none"]);
    let report = partial.json(&["m2", "verify", "--at", "HEAD"]);
    let row = rows(&report, "2.1.1");
    assert_eq!(row["state"], "undecided", "{row}");
    assert!(row["reason"].as_str().unwrap().contains("cannot be read"));
    let shallow = Clone::of(&sample, &["--bare", "--depth", "1"]);
    assert_eq!(shallow.run(&["m2", "verify", "--at", "HEAD"]).code, Some(1));
    let gone = shallow.run(&["m2", "verify", "--at", "HEAD^"]);
    assert_eq!(gone.code, Some(2), "{gone:?}");
    assert!(gone.err.starts_with("error: `HEAD^` is not a revision"));
}

#[test]
fn a_link_is_followed_inside_and_a_submodule_is_not_entered() {
    let sample = two_commits();
    let folder = "ktrdr/api/services";
    sample.git(&["mv", folder, "ktrdr/elsewhere"]);
    std::os::unix::fs::symlink("../elsewhere", sample.path(folder)).unwrap();
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--message", "a link"]);
    let commit = sample.git(&["rev-parse", "HEAD"]);
    sample.git(&["rm", "--quiet", folder]);
    let entry = format!("160000,{},{folder}", commit.trim());
    sample.git(&["update-index", "--add", "--cacheinfo", &entry]);
    sample.git(&["commit", "--quiet", "--message", "a submodule"]);
    for (revision, state) in [("HEAD~2", "pass"), ("HEAD~", "pass"), ("HEAD", "undecided")] {
        let report = sample.json(&["m2", "verify", "2.1", "--at", revision]);
        assert_eq!(rows(&report, "2.1.1")["state"], state, "{revision}");
    }
}

#[test]
fn a_wrong_revision_says_so_and_what_to_do() {
    let sample = two_commits();
    let bare = Clone::of(&sample, &["--bare"]);
    for (words, said) in [
        (
            &["m2", "verify", "--at", "nope"][..],
            "`nope` is not a revision",
        ),
        (&["m2", "verify", "--at", ""], "`` is not a revision"),
        (
            &["m2", "verify", "--at", "HEAD:milestones"],
            "is not a revision",
        ),
        (&["m2", "verify"], "or judge a revision: `--at REV`"),
    ] {
        let ran = bare.run(words);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.err.contains(said), "{ran:?}");
        assert_eq!(ran.out, "");
    }
}

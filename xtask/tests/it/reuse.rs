//! A program that passed on this very tree is not run again, by this machine's word alone.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::sample::{Ran, Sample, tool};

/// A repository whose plan counts its runs in an ignored file and passes if `good` is there,
/// and a place for the journal.
struct Counted {
    sample: Sample,
    state: TempDir,
}

impl Counted {
    fn new() -> Self {
        let sample = Sample::empty();
        let plan = "format = 1\n[milestone]\nid = \"own\"\ntitle = \"Own\"\n\
            [[task]]\nid = \"1\"\ntitle = \"One\"\nfiles = [\"good\", \".gitignore\"]\n\
            [[task.criterion]]\nid = \"A\"\ntext = \"a\"\n\
            check = { command = { run = [\"sh\", \"-c\", \"echo run >>.runs; test -e good\"] } }\n";
        sample.write("milestones/own.toml", plan);
        sample.write(".gitignore", ".runs\n.venv\n");
        sample.write("good", "");
        sample.git(&["add", "--all"]);
        sample.git(&["commit", "--quiet", "--message", "start"]);
        let state = TempDir::new().unwrap();
        let counted = Self { sample, state };
        assert_eq!(counted.run(&["trust", "own", "--yes"]).code, Some(0));
        counted
    }

    fn run(&self, words: &[&str]) -> Ran {
        let mut tool = tool();
        tool.current_dir(self.sample.root())
            .env("XDG_STATE_HOME", self.state.path());
        Ran::from(tool.args(words).output().unwrap())
    }

    fn runs(&self) -> usize {
        let runs = fs::read_to_string(self.sample.path(".runs"));
        runs.map_or(0, |runs| runs.lines().count())
    }

    /// How many runs it takes, and the exit code.
    fn cost(&self, words: &[&str]) -> (usize, Option<i32>) {
        let before = self.runs();
        let ran = self.run(&[&["own"], words].concat());
        (self.runs() - before, ran.code)
    }
}

const VERIFY: [&str; 2] = ["verify", "--full"];
const RECORD: [&str; 3] = ["verify", "--full", "--record"];

#[test]
fn a_pass_is_earned_once_a_tree() {
    let it = Counted::new();
    assert_eq!(it.cost(&VERIFY), (1, Some(0)), "nothing is recorded");
    assert_eq!(it.cost(&RECORD), (1, Some(0)));
    assert_eq!(it.cost(&VERIFY), (0, Some(0)));
    let ran = it.run(&["own", "verify", "--full"]);
    assert!(ran.out.contains("note: proved at "), "{}", ran.out);
    assert!(
        ran.out.contains("reused; `--fresh` runs it again"),
        "{}",
        ran.out
    );
    assert_eq!(it.cost(&["verify", "--full", "--fresh"]), (1, Some(0)));
    // What was reused is no new proof: the old one is still the one that is named.
    assert_eq!(it.cost(&RECORD), (0, Some(0)));
    let report = it.run(&["own", "verify", "--full", "--json"]);
    let report: Value = serde_json::from_str(&report.out).unwrap();
    let reused = report["criteria"][0]["checks"][0]["run"]["reused"].as_str();
    assert!(reused.is_some_and(|at| ran.out.contains(at)), "{report}");
}

#[test]
fn other_files_another_interpreter_or_a_dirty_tree_are_run() {
    let it = Counted::new();
    assert_eq!(it.cost(&RECORD), (1, Some(0)));
    it.sample.write("dirt", "");
    assert_eq!(it.cost(&VERIFY), (1, Some(0)), "an untracked file");
    fs::remove_file(it.sample.path("dirt")).unwrap();
    assert_eq!(it.cost(&VERIFY), (0, Some(0)));
    for (path, text) in [
        (".venv/bin/python", "an interpreter"),
        (".venv/pyvenv.cfg", "home = /usr"),
        (
            ".venv/lib/python3.13/site-packages/shop-2.0.dist-info/METADATA",
            "a package",
        ),
    ] {
        it.sample.write(path, text);
        assert_eq!(it.cost(&VERIFY), (1, Some(0)), "{path}");
        assert_eq!(it.cost(&RECORD), (1, Some(0)), "{path}");
        assert_eq!(it.cost(&VERIFY), (0, Some(0)), "{path}");
    }
    it.sample.write("more", "");
    it.sample.git(&["add", "--all"]);
    it.sample.git(&["commit", "--quiet", "--message", "more"]);
    assert_eq!(it.cost(&VERIFY), (1, Some(0)), "another tree");
    it.sample.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(it.cost(&VERIFY), (0, Some(0)), "the first tree again");
    it.sample
        .git(&["update-index", "--assume-unchanged", "good"]);
    assert_eq!(
        it.cost(&VERIFY),
        (1, Some(0)),
        "a file that git does not look at"
    );
}

#[test]
fn a_failure_is_never_reused() {
    let it = Counted::new();
    it.sample.git(&["rm", "--quiet", "good"]);
    it.sample.git(&["commit", "--quiet", "--message", "bad"]);
    assert_eq!(it.cost(&RECORD), (1, Some(1)));
    assert_eq!(it.cost(&VERIFY), (1, Some(1)));
}

#[test]
fn what_somebody_else_recorded_is_a_claim() {
    let mut it = Counted::new();
    assert_eq!(it.cost(&RECORD), (1, Some(0)));
    it.state = TempDir::new().unwrap();
    assert_eq!(it.run(&["trust", "own", "--yes"]).code, Some(0));
    let shown = it.run(&["own", "evidence", "show"]);
    assert!(
        shown.out.contains("a claim about this commit"),
        "{}",
        shown.out
    );
    let ran = it.run(&["own", "verify", "--full"]);
    assert!(
        ran.out.contains("somebody claims that it passed"),
        "{}",
        ran.out
    );
    assert_eq!(it.runs(), 2);
    assert_eq!(it.cost(&RECORD), (1, Some(0)));
    assert_eq!(it.cost(&VERIFY), (0, Some(0)));
    // Without a place for a journal nothing is vouched for.
    let journal = it.state.path().join("cargo-xtask/milestones.journal");
    fs::remove_file(&journal).unwrap();
    fs::create_dir(&journal).unwrap();
    assert_eq!(it.cost(&RECORD), (1, Some(0)));
    assert_eq!(it.cost(&VERIFY), (1, Some(0)));
}

#[test]
fn a_commit_leans_on_its_own_proof() {
    let it = Counted::new();
    it.sample.write("good", "1");
    assert_eq!(it.cost(&["commit", "1"]), (1, Some(0)));
    assert_eq!(it.cost(&VERIFY), (0, Some(0)));
    it.sample.git(&["reset", "--quiet", "--soft", "HEAD^"]);
    assert_eq!(it.cost(&["commit", "1"]), (0, Some(0)), "the same tree");
    it.sample.git(&["reset", "--quiet", "--soft", "HEAD^"]);
    assert_eq!(it.cost(&["commit", "1", "--fresh"]), (1, Some(0)));
}

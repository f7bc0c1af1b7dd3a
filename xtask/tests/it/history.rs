//! `history`: what it tells about each commit is what `verify --at` says there.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::sample::{Sample, run_in};

const SERVICE: &str = "ktrdr/api/services/training_service.py";

fn commit(sample: &Sample, subject: &str) {
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--allow-empty", "--message", subject]);
}

/// Task 2.1 carried out, broken, carried out again; between them commits that change other
/// things, or the kind of thing that the file is.
fn eventful() -> Sample {
    let sample = Sample::new();
    let before = std::fs::read_to_string(sample.path(SERVICE)).unwrap();
    sample.write("README", "other things");
    commit(&sample, "docs");
    sample.edit("2.1");
    commit(&sample, "task 2.1");
    sample.write(SERVICE, &before);
    commit(&sample, "revert");
    sample.git(&["mv", "ktrdr/api/services", "ktrdr/moved"]);
    commit(&sample, "gone");
    std::os::unix::fs::symlink("../moved", sample.path("ktrdr/api/services")).unwrap();
    commit(&sample, "a link to a folder");
    sample.edit("2.1");
    commit(&sample, "task 2.1 behind the link");
    sample.git(&["rm", "--quiet", "ktrdr/api/services"]);
    sample.git(&["mv", "ktrdr/moved", "ktrdr/api/services"]);
    commit(&sample, "a folder again");
    sample
}

/// What turned at which commit, by subject.
fn turns(history: &Value, id: &str) -> Vec<String> {
    let subjects: BTreeMap<&str, &str> = history["commits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["id"].as_str().unwrap(), c["subject"].as_str().unwrap()))
        .collect();
    let turns = row(history, id)["turns"].as_array().unwrap().iter();
    let shown = turns.map(|turn| {
        let what = turn["what"].as_str().unwrap();
        format!("{what}: {}", subjects[turn["commit"].as_str().unwrap()])
    });
    shown.collect()
}

fn row<'h>(history: &'h Value, id: &str) -> &'h Value {
    let rows = history["rows"].as_array().unwrap();
    rows.iter().find(|row| row["id"] == id).unwrap()
}

/// The state at each commit.
fn states(row: &Value) -> Vec<String> {
    let runs = row["runs"].as_array().unwrap().iter();
    let states = runs.flat_map(|run| {
        let state = run["state"].as_str().unwrap().to_owned();
        let count = run["commits"].as_u64().unwrap();
        (0..count).map(move |_| state.clone())
    });
    states.collect()
}

#[test]
fn it_tells_where_a_criterion_held_first_broke_and_came_back() {
    let history = eventful().json(&["m2", "history"]);
    assert_eq!(history["schema"], "milestone-history/1");
    let expected = [
        "began_to_fail: start",
        "first_held: task 2.1",
        "broke: revert",
        "undecided: gone",
        "began_to_fail: a link to a folder",
        "came_back: task 2.1 behind the link",
    ];
    assert_eq!(turns(&history, "2.1.1"), expected);
    assert_eq!(turns(&history, "2.2.1"), ["began_to_fail: start"]);
    assert_eq!(row(&history, "2.1.1")["since"], 5);
}

#[test]
fn every_state_is_the_one_of_the_verification_there() {
    let sample = eventful();
    let history = sample.json(&["m2", "history"]);
    for (place, commit) in history["commits"].as_array().unwrap().iter().enumerate() {
        let report = sample.json(&[
            "m2",
            "verify",
            "--no-controls",
            "--at",
            commit["id"].as_str().unwrap(),
        ]);
        let criteria = report["criteria"].as_array().unwrap();
        let mut compared = 0;
        for row in history["rows"].as_array().unwrap() {
            let id = row["id"].as_str().unwrap();
            let of_box = criteria.iter().find(|criterion| criterion["id"] == id);
            let smoke = report["smoke_tests"]
                .as_array()
                .unwrap()
                .iter()
                .find(|smoke| {
                    id == format!(
                        "{} smoke {}",
                        smoke["task"].as_str().unwrap(),
                        smoke["index"]
                    )
                });
            if let Some(judged) = of_box.or(smoke) {
                assert_eq!(states(row)[place], judged["state"], "{id} at {commit}");
                compared += 1;
            }
        }
        assert_eq!(compared, 14);
    }
}

#[test]
fn a_pattern_is_asked_again_when_files_come_and_go() {
    let sample = Sample::empty();
    let plan = "format = 1\n[milestone]\nid = \"own\"\ntitle = \"Own\"\n\
        [[checklist]]\nid = \"A\"\ntext = \"a\"\n\
        check = { text = { files = \"src/**/*.py\", absent = \"bad\" } }\n";
    sample.write("milestones/own.toml", plan);
    commit(&sample, "plan");
    for (path, text, subject) in [
        ("src/a.py", "good", "good"),
        ("src/deep/b.py", "bad", "bad"),
        ("src/deep/b.py", "good", "good again"),
    ] {
        sample.write(path, text);
        commit(&sample, subject);
    }
    let history = sample.json(&["own", "history"]);
    let expected = ["first_held: good", "broke: bad", "came_back: good again"];
    assert_eq!(turns(&history, "A"), expected);
}

#[test]
fn a_side_branch_counts_at_its_merge_or_with_all_at_its_own_commit() {
    let sample = Sample::new();
    sample.git(&["checkout", "--quiet", "-b", "side"]);
    sample.edit("2.1");
    commit(&sample, "on the side");
    sample.git(&["checkout", "--quiet", "-"]);
    sample.write("README", "meanwhile");
    commit(&sample, "meanwhile");
    sample.git(&[
        "merge",
        "--quiet",
        "--no-ff",
        "--message",
        "the merge",
        "side",
    ]);
    let line = sample.json(&["m2", "history"]);
    assert_eq!(line["commits"].as_array().unwrap().len(), 3);
    assert_eq!(turns(&line, "2.1.1")[1], "first_held: the merge");
    let all = sample.json(&["m2", "history", "--all"]);
    assert_eq!(all["commits"].as_array().unwrap().len(), 4);
    assert_eq!(turns(&all, "2.1.1")[1..], ["first_held: on the side"]);
}

#[test]
fn a_range_knows_what_came_just_before_it() {
    let sample = eventful();
    let count = |range: &str| {
        let history = sample.json(&["m2", "history", range]);
        let turned = turns(&history, "2.1.1");
        (history["commits"].as_array().unwrap().len(), turned)
    };
    assert_eq!(
        count("HEAD~7..HEAD~5"),
        (2, vec!["held: task 2.1".to_owned()])
    );
    assert_eq!(
        count("HEAD~5..HEAD~4"),
        (1, vec!["broke: revert".to_owned()])
    );
    assert_eq!(count("HEAD~6").0, 2);
    assert_eq!(count("HEAD~1..").0, 1);
    assert_eq!(count("HEAD..HEAD"), (0, Vec::new()));
    let empty = sample.run(&["m2", "history", "HEAD.."]);
    assert_eq!(empty.code, Some(0));
    assert!(
        empty.out.contains("no commit is in this range"),
        "{empty:?}"
    );
}

#[test]
fn a_bare_and_a_shallow_clone_are_enough() {
    let sample = eventful();
    let folder = tempfile::TempDir::new().unwrap();
    let url = format!("file://{}", sample.root().display());
    for (name, depth) in [("bare", "99"), ("shallow", "2")] {
        let to = folder.path().join(name);
        let words = ["clone", "--quiet", "--bare", "--depth", depth, &url];
        let made = Command::new("git").args(words).arg(&to).status().unwrap();
        assert!(made.success());
        let ran = run_in(&to, &["m2", "history"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let is_shallow = ran.out.contains("the clone is shallow");
        assert_eq!(is_shallow, name == "shallow", "{}", ran.out);
        assert_eq!(ran.out.contains("held first"), name == "bare");
    }
}

#[test]
fn the_terminal_shows_a_row_a_criterion_and_the_turning_points() {
    let ran = eventful().run(&["m2", "history"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.err, "");
    for (id, cells) in [
        ("2.1.1", "··█·?·██"),
        ("2.1.2", "····?···"),
        ("2.2.1", "········"),
    ] {
        let line = ran
            .out
            .lines()
            .find(|line| line.trim_start().starts_with(id));
        assert!(
            line.is_some_and(|line| line.contains(cells)),
            "{id}: {}",
            ran.out
        );
    }
    for wanted in [
        "held first: 2.1.1, 2.1.3",
        "came back: 2.1.1",
        "  task 2.1\n",
    ] {
        assert!(ran.out.contains(wanted), "{wanted}: {}", ran.out);
    }
    let longest = ran.out.lines().map(|line| line.chars().count()).max();
    assert!(longest <= Some(100), "{}", ran.out);
}

#[test]
fn markdown_and_svg_tell_the_same() {
    let sample = eventful();
    sample.write("x", "");
    commit(&sample, "<script> & \u{1b}[2J`");
    let ran = sample.run(&["m2", "history", "--format", "markdown", "--svg", "out.svg"]);
    assert!(ran.out.contains("| 2.1.1 | pass | since "), "{}", ran.out);
    let svg = std::fs::read_to_string(sample.path("out.svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("2.1.1 pass: "), "{svg}");
    assert!(!svg.contains("<script>") && !svg.contains('\u{1b}'));
    let opened = svg.matches("<title>").count();
    assert_eq!(opened, svg.matches("</title>").count());
    let ran = sample.run(&["m2", "history", "--svg", "no/such/folder.svg"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("`no/such/folder.svg` cannot be written"));
}

#[test]
fn a_wrong_range_says_so() {
    let sample = eventful();
    for (range, said) in [
        ("nope", "`nope` is not a revision"),
        ("HEAD..nope", "`nope` is not a revision"),
        ("nope..", "`nope` is not a revision"),
        ("HEAD~1...HEAD", "has two ends"),
        ("HEAD^{tree}", "is a tree, which has no history"),
    ] {
        let ran = sample.run(&["m2", "history", range]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.err.contains(said), "{ran:?}");
    }
    let ran = Sample::empty().run(&["m2", "history"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

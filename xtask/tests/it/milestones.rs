//! A milestone that another one builds on is judged with it.

use serde_json::Value;

use crate::sample::Sample;

/// A plan with these boxes.
fn plan(id: &str, boxes: &[(&str, &str)]) -> String {
    let boxes = boxes
        .iter()
        .map(|(id, how)| format!("[[checklist]]\nid = \"{id}\"\ntext = \"text of {id}\"\n{how}\n"));
    let boxes: String = boxes.collect();
    format!("format = 1\n[milestone]\nid = \"{id}\"\ntitle = \"T\"\n{boxes}")
}

const EXISTS: &str = "check = { path = { exists = \"a\" } }";
const BEFORE: &str = "check = { milestone = { holds = \"one\" } }";
const NEXT: &str = "check = { milestone = { holds = \"two\" } }";
const PROGRAM: &str = "check = { command = { run = [\"test\", \"-e\", \"a\"] } }";

/// What became of the box that leans on milestone `one`, whose boxes are these.
fn judged(sample: &Sample, one: &[(&str, &str)], words: &[&str]) -> (String, String) {
    sample.write("milestones/one.toml", &plan("one", one));
    sample.write("milestones/two.toml", &plan("two", &[("Z", BEFORE)]));
    let report = sample.json(&[&["two", "verify"], words].concat());
    row(&report)
}

fn row(report: &Value) -> (String, String) {
    let row = &report["checklist"][0];
    let text = |field: &str| row[field].as_str().unwrap().to_owned();
    (text("state"), text("reason"))
}

#[test]
fn what_wins_there_wins_here() {
    let sample = Sample::empty();
    let state = |one: &[(&str, &str)], words: &[&str]| judged(&sample, one, words).0;
    let manual = "manual = \"look\"";
    assert_eq!(state(&[("A", EXISTS)], &[]), "fail");
    sample.write("a", "");
    assert_eq!(state(&[("A", EXISTS)], &[]), "pass");
    assert_eq!(state(&[("A", EXISTS), ("B", PROGRAM)], &[]), "skipped");
    sample.trust("one");
    assert_eq!(state(&[("A", EXISTS), ("B", PROGRAM)], &["--full"]), "pass");
    assert_eq!(state(&[("A", EXISTS), ("B", manual)], &[]), "manual");
    let text = "check = { text = { files = \"no\", absent = \"x\" } }";
    assert_eq!(state(&[("A", text), ("B", manual)], &[]), "undecided");
    assert_eq!(state(&[("A", NEXT)], &[]), "undecided");
}

#[test]
fn smoke_tests_that_decide_and_tasks_without_a_box_count_too() {
    let sample = Sample::empty();
    sample.write("a", "old\n");
    sample.write("milestones/two.toml", &plan("two", &[("Z", BEFORE)]));
    let one = |task: &str| {
        let task = format!("[[task]]\nid = \"1\"\ntitle = \"T\"\n{task}");
        sample.write(
            "milestones/one.toml",
            &format!("{}{task}", plan("one", &[("A", EXISTS)])),
        );
        row(&sample.json(&["two", "verify"]))
    };
    let smoke = |decides: bool| {
        format!(
            "[[task.smoke_test]]\nrun = 'grep old a && echo FAIL || echo SUCCESS'\ndecides = {decides}\n"
        )
    };
    let criterion = format!("[[task.criterion]]\nid = \"1.1\"\ntext = \"t\"\n{EXISTS}\n");
    assert_eq!(one(&format!("{}{criterion}", smoke(false))).0, "pass");
    let (state, why) = one(&format!("{}{criterion}", smoke(true)));
    assert_eq!(state, "fail");
    assert!(why.contains("one smoke test 1"), "{why}");
    assert_eq!(one("").0, "undecided");
}

#[test]
fn it_says_which_box_and_why() {
    let sample = Sample::empty();
    let (_, why) = judged(&sample, &[("A", EXISTS)], &[]);
    assert!(why.starts_with("one A: "), "{why}");
    let (_, why) = judged(&sample, &[("A", NEXT)], &[]);
    assert!(why.contains("in a circle: two ► one ► two"), "{why}");
    sample.write("milestones/one.toml", "format = 9");
    let (state, why) = row(&sample.json(&["two", "verify"]));
    assert_eq!(state, "undecided");
    assert!(why.contains("the plan of `one` cannot be read"), "{why}");
}

#[test]
fn without_a_plan_a_person_says_so_and_may_attest_it() {
    let sample = Sample::empty();
    judged(&sample, &[], &[]);
    std::fs::remove_file(sample.path("milestones/one.toml")).unwrap();
    let (state, why) = row(&sample.json(&["two", "verify"]));
    assert_eq!(state, "manual");
    assert!(why.contains("`milestones/one.toml`"), "{why}");
    let ran = sample.run(&["two", "attest", "Z", "--note", "I tried it"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(row(&sample.json(&["two", "verify"])).0, "attested");
    // With a plan its checks decide.
    sample.write("milestones/one.toml", &plan("one", &[("A", EXISTS)]));
    assert_eq!(row(&sample.json(&["two", "verify"])).0, "fail");
}

#[test]
fn a_revision_is_judged_by_its_own_plans() {
    let sample = Sample::empty();
    sample.write("a", "");
    judged(&sample, &[("A", EXISTS)], &[]);
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--message", "both"]);
    std::fs::remove_file(sample.path("milestones/one.toml")).unwrap();
    let at = |words: &[&str]| row(&sample.json(&[&["two", "verify"], words].concat())).0;
    assert_eq!(at(&["--at", "HEAD"]), "pass");
    assert_eq!(at(&[]), "manual");
}

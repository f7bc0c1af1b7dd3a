//! `verify --against`: what held before proves nothing new, what fails since is a regression.

use serde_json::Value;

use crate::sample::Sample;

const SERVICE: &str = "ktrdr/api/services/training_service.py";

/// The sample with task 2.1 carried out in a second commit.
fn done() -> Sample {
    let sample = Sample::new();
    sample.edit("2.1");
    sample.git(&["commit", "--quiet", "--all", "--message", "task 2.1"]);
    sample
}

/// The state at the baseline and what is said about it.
fn compared(report: &Value, id: &str) -> (Option<String>, String) {
    let lists = ["criteria", "checklist"].map(|list| report[list].as_array().unwrap());
    let row = lists
        .into_iter()
        .flatten()
        .find(|row| row["id"] == id)
        .unwrap();
    let remarks = row["remarks"].as_array().unwrap().iter();
    let about = remarks
        .filter_map(Value::as_str)
        .find(|remark| remark.contains("the baseline"));
    let state = row["at_baseline"].as_str().map(str::to_owned);
    (state, about.unwrap_or_default().to_owned())
}

fn warnings(report: &Value) -> String {
    let warnings = report["warnings"].as_array().unwrap().iter();
    warnings
        .map(|w| w.as_str().unwrap().to_owned() + "\n")
        .collect()
}

#[test]
fn a_criterion_is_new_held_before_or_a_regression() {
    let sample = done();
    let before = std::fs::read_to_string(sample.path(SERVICE)).unwrap();
    let against = |revision: &str| sample.json(&["m2", "verify", "--against", revision]);
    let new = against("HEAD^");
    assert_eq!(
        compared(&new, "2.1.1"),
        (Some("fail".to_owned()), String::new())
    );
    assert_eq!(new["baseline"], sample.git(&["rev-parse", "HEAD^"]).trim());
    let held = against("HEAD");
    let (state, said) = compared(&held, "2.1.1");
    assert_eq!(state.as_deref(), Some("pass"));
    assert!(
        said.starts_with("held before, ") && said.ends_with("proves nothing new"),
        "{said}"
    );
    assert_eq!(
        compared(&held, "2.1.2"),
        (Some("fail".to_owned()), String::new())
    );
    // What programs decide, alone or in part, was not asked there.
    for id in ["2.1.4", "2.4.4", "CK.7", "CK.1", "CK.9"] {
        assert_eq!(compared(&held, id), (None, String::new()), "{id}");
    }
    sample.write(
        SERVICE,
        &format!("{before}\nfrom ktrdr.training import ModelLoader\n"),
    );
    let broken = against("HEAD");
    assert!(compared(&broken, "2.1.1").1.starts_with("a regression: "));
    assert!(
        warnings(&broken).contains("regressions since the baseline"),
        "{broken}"
    );
    assert!(warnings(&broken).contains(": 2.1.1\n"), "{broken}");
    let without = sample.json(&["m2", "verify"]);
    assert_eq!(compared(&without, "2.1.1"), (None, String::new()));
    assert_eq!(without["baseline"], Value::Null);
}

#[test]
fn a_deviation_is_named_where_it_is_new() {
    let sample = done();
    sample.run(&["m2", "waive", "2.1.2", "--reason", "in use"]);
    let said = || warnings(&sample.json(&["m2", "verify", "2.1", "--against", "HEAD"]));
    assert!(
        said().contains("waived or attested since the baseline"),
        "{}",
        said()
    );
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--message", "waived"]);
    assert_eq!(said(), "");
}

#[test]
fn the_plan_names_its_baseline() {
    let sample = Sample::empty();
    let plan = |baseline: &str| {
        format!(
            "format = 1\n[milestone]\nid = \"own\"\ntitle = \"Own\"\nbaseline = \"{baseline}\"\n\
             [[checklist]]\nid = \"A\"\ntext = \"a\"\ncheck = {{ path = {{ exists = \"a\" }} }}\n"
        )
    };
    sample.write("a", "");
    sample.write("milestones/own.toml", &plan("start"));
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--message", "start"]);
    sample.git(&["tag", "start"]);
    let ran = sample.run(&["own", "verify"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out.contains("note: held before, at the baseline"),
        "{}",
        ran.out
    );
    let ran = sample.run(&["own", "verify", "--at", "HEAD"]);
    assert!(
        ran.out.contains("note: held before, at the baseline"),
        "{}",
        ran.out
    );
    sample.write("milestones/own.toml", &plan("gone"));
    let report = sample.json(&["own", "report"]);
    assert!(warnings(&report).contains("not compared with the plan's baseline: `gone` is not"));
    let ran = sample.run(&["own", "verify", "--against", "nowhere"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.err.contains("`nowhere` is not a revision"),
        "{}",
        ran.err
    );
    assert_eq!(sample.run(&["own", "status"]).code, Some(0));
}

//! `schema`: what the reader takes fits the JSON Schema, and what it refuses for its shape does
//! not.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;

use crate::sample::Sample;

/// A plan with everything in it that a case can spoil.
const PLAN: &str = r#"format = 1

[milestone]
id = "m1"
title = "A milestone"

[[task]]
id = "1.1"
title = "A task"
files = ["a.py"]

[[task.smoke_test]]
run = "grep -c x a.py"

[[task.criterion]]
id = "1.1.1"
text = "It is there"
check = { path = { exists = "a.py" } }

[[waiver]]
criterion = "1.1.1"
reason = "it is not"
until = 2027-01-31
text = "0123456789abcdef"
"#;

fn tasks(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tasks")
        .join(path)
}

fn validator() -> Validator {
    jsonschema::validator_for(&Sample::empty().json(&["schema"])).unwrap()
}

/// A plan file as editors see it: a date is a text.
fn value(text: &str) -> Value {
    fn plain(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(day) => Value::String(day.to_string()),
            toml::Value::Array(all) => all.into_iter().map(plain).collect(),
            toml::Value::Table(table) => table.into_iter().map(|(k, v)| (k, plain(v))).collect(),
            other => serde_json::to_value(other).unwrap(),
        }
    }
    plain(toml::Value::Table(text.parse().unwrap()))
}

#[track_caller]
fn fits(validator: &Validator, name: &str, text: &str) {
    let value = value(text);
    let errors = validator.iter_errors(&value);
    let errors: Vec<String> = errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}\n{text}");
}

#[test]
fn what_ships_is_begun_or_imported_fits() {
    let validator = validator();
    let sample = Sample::empty();
    let shipped = fs::read_to_string(tasks("m2.toml")).unwrap();
    assert!(shipped.starts_with("#:schema ./plan.schema.json\n"));
    fits(&validator, "m2.toml", &shipped);
    sample.run(&["new"]);
    fits(
        &validator,
        "new",
        &fs::read_to_string(sample.path("milestones/m1.toml")).unwrap(),
    );
    let documents = fs::read_dir(tasks("tests/plans")).unwrap();
    let documents = documents.map(|entry| entry.unwrap().path());
    let mut imported = 0;
    for document in documents.filter(|path| path.extension().is_none_or(|it| it != "read")) {
        let name = document.to_str().unwrap();
        let plan = sample.run(&["import", name]);
        fits(&validator, name, &plan.out);
        imported += usize::from(plan.code == Some(0));
    }
    assert!(imported > 10, "{imported}");
}

#[test]
fn every_form_of_a_check_fits() {
    let validator = validator();
    for check in [
        r#"{ text = { files = ["a.py", "b/*.py"], present = "x", lines = "1-2" } }"#,
        r#"{ path = { missing = "a.py" } }"#,
        r#"{ smoke_test = "grep x a.py" }"#,
        r#"{ no_chain = { entry = "a", target = "b", roots = ["lib"], python = "3.12" } }"#,
        r#"{ command = { run = ["make"], timeout = 3, env = { A = "b" }, junit = "r.xml" } }"#,
        r#"{ probe = { entry = "a", without = "b", environment = "no-dev" } }"#,
        r#"{ probe = { entry = "a", without = "b", environment = { tool = "uv" } } }"#,
        r#"{ http = { get = "http://127.0.0.1:1/", status = 200, header = { a = "b" } } }"#,
        r#"{ environment = { absent = "torch" } }"#,
        r#"{ git = { committed = "all" } }"#,
        r#"{ git = { committed = ["a"] } }"#,
        r#"{ git = { branch = "b" } }"#,
        r#"{ milestone = { holds = "m2" } }"#,
    ] {
        let text = PLAN.replace(r#"{ path = { exists = "a.py" } }"#, check);
        fits(&validator, check, &text);
        judged(&text, true);
    }
}

#[test]
fn what_the_reader_refuses_for_its_shape_does_not_fit() {
    let validator = validator();
    fits(&validator, "the plan", PLAN);
    judged(PLAN, true);
    for (from, to) in [
        ("format = 1", "format = 2"),
        ("format = 1", ""),
        ("title = \"A milestone\"", ""),
        ("title = \"A milestone\"", "titel = \"A milestone\""),
        ("title = \"A task\"", "title = 3"),
        ("files = [\"a.py\"]", "files = \"a.py\""),
        ("files = [\"a.py\"]", "filse = [\"a.py\"]"),
        ("run = \"grep -c x a.py\"", "line = 3"),
        ("[[task.smoke_test]]", "[[task.smoke]]"),
        ("[[waiver]]", "[[wavier]]"),
        ("check = { path", "chekc = { path"),
        ("check = { path", "manual = \"m\"\ncheck = { path"),
        ("check = { path = { exists = \"a.py\" } }", ""),
        ("{ path = {", "{ paths = {"),
        ("{ exists = \"a.py\" }", "{ exist = \"a.py\" }"),
        ("{ exists = \"a.py\" }", "{ exists = 1 }"),
        (
            "{ exists = \"a.py\" }",
            "{ exists = \"a.py\", missing = \"b.py\" }",
        ),
        (
            "{ path = { exists = \"a.py\" } }",
            "{ git = { committed = \"some\" } }",
        ),
        (
            "{ path = { exists = \"a.py\" } }",
            "{ text = { files = \"a.py\" } }",
        ),
        (
            "{ path = { exists = \"a.py\" } }",
            "{ text = { files = [], absent = \"x\" } }",
        ),
        (
            "{ path = { exists = \"a.py\" } }",
            "{ path = { exists = \"a.py\" }, smoke_test = \"ls\" }",
        ),
        (
            "{ path = { exists = \"a.py\" } }",
            "{ probe = { entry = \"a\", without = \"b\", environment = \"dev\" } }",
        ),
        ("{ path = { exists = \"a.py\" } }", "{}"),
    ] {
        let text = PLAN.replacen(from, to, 1);
        assert_ne!(text, PLAN, "{from}");
        assert!(!validator.is_valid(&value(&text)), "it fits: {to}\n{text}");
        judged(&text, false);
    }
}

/// Whether the reader takes a plan.
#[track_caller]
fn judged(text: &str, taken: bool) {
    let sample = Sample::new();
    sample.write("a.py", "");
    sample.write("plan.toml", text);
    let plan = sample.path("plan.toml");
    let ran = sample.run(&["--plan", plan.to_str().unwrap(), "status"]);
    let is_wrong = ran.err.starts_with("error");
    assert_eq!(!is_wrong, taken, "{ran:?}\n{text}");
}

#[test]
fn a_plan_names_the_schema_that_is_nearest() {
    let sample = Sample::new();
    let first = |path: &str| {
        let text = fs::read_to_string(sample.path(path)).unwrap();
        text.lines().next().unwrap_or_default().to_owned()
    };
    let new = |path: &str| {
        let ran = sample.run(&["new", sample.path(path).to_str().unwrap()]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        (first(path), ran.out)
    };
    let (line, said) = new("milestones/a.toml");
    assert_eq!(line, "#:schema ./plan.schema.json");
    assert!(said.contains("cargo xtask schema -o"), "{said}");

    let file = sample.path("milestones/plan.schema.json");
    let file = file.to_str().unwrap();
    assert_eq!(sample.run(&["schema", "-o", file]).code, Some(0));
    assert_eq!(sample.run(&["schema", "-o", file]).code, Some(2));
    let again = sample.run(&["schema", "--force", "-o", file]);
    assert_eq!(again.code, Some(0), "{again:?}");

    let (line, said) = new("milestones/b.toml");
    assert_eq!(line, "#:schema ./plan.schema.json");
    assert!(!said.contains("cargo xtask schema"), "{said}");
    let (line, _) = new("milestones/deep/er/c.toml");
    assert_eq!(line, "#:schema ../../plan.schema.json");
    let (line, _) = new("elsewhere/d.toml");
    assert_eq!(line, "#:schema ./plan.schema.json");
    // Only plans are listed, and the schema is none.
    assert!(!sample.run(&["list"]).out.contains("plan.schema"));
}

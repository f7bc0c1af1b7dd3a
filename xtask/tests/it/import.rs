//! `import`: a plan that people wrote becomes a plan file.

use std::fs;

use crate::sample::Sample;

const PLAN: &str = "# Milestone 3: Quiet logs\n\n**Goal:** Log once.\n\n## Task 3.1: Move it\n\n\
    **File(s):** `ktrdr/api/main.py`\n\nSomething else.\n\n- [x] it is \u{1b}[2Jmoved\n- [ ] it works\n";

fn sample() -> Sample {
    let sample = Sample::new();
    fs::write(sample.path("M3.md"), PLAN).unwrap();
    sample
}

#[test]
fn an_imported_plan_runs() {
    let sample = sample();
    fs::create_dir_all(sample.path("milestones")).unwrap();
    let path = sample.path("milestones/m3.toml");
    let path = path.to_str().unwrap();
    let document = sample.path("M3.md");
    let document = document.to_str().unwrap();
    let ran = sample.run(&["import", document, "-o", path]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("milestone plan"), "{ran:?}");
    assert!(
        ran.out.contains("1 task, 2 boxes, 1 ticked, 0 commands"),
        "{ran:?}"
    );
    assert!(ran.out.contains("not understood: 1 line (9)"), "{ran:?}");
    assert!(ran.out.contains("written to"), "{ran:?}");
    assert!(!ran.out.contains('\u{1b}'), "{ran:?}");
    let status = sample.run(&["--plan", path, "status"]);
    assert_eq!(status.code, Some(0), "{status:?}");
    assert!(status.out.contains("2 boxes: 2 manual"), "{status:?}");

    let deep = sample.path("milestones/more/m3.toml");
    let made = sample.run(&["import", document, "-o", deep.to_str().unwrap()]);
    assert_eq!(made.code, Some(0), "folders are made: {made:?}");

    let again = sample.run(&["import", document, "-o", path]);
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.err.contains("is there already"), "{again:?}");
    let forced = sample.run(&["import", document, "-o", path, "--force"]);
    assert_eq!(forced.code, Some(0), "{forced:?}");
}

#[test]
fn without_an_output_the_plan_file_is_printed() {
    let sample = sample();
    let document = sample.path("M3.md");
    let ran = sample.run(&["import", document.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out
            .starts_with("#:schema ./plan.schema.json\n# Imported from"),
        "{ran:?}"
    );
    assert!(!ran.out.contains('\u{1b}'), "{ran:?}");
    assert!(ran.err.contains("1 task, 2 boxes"), "{ran:?}");
}

#[test]
fn as_json_it_is_one_object_also_where_it_is_refused() {
    let sample = sample();
    fs::write(sample.path("HANDOFF.md"), "# Handoff\n").unwrap();
    for (name, code, family) in [
        ("M3.md", 0, serde_json::json!("milestone")),
        ("HANDOFF.md", 2, serde_json::Value::Null),
    ] {
        let document = sample.path(name);
        let ran = sample.run(&["import", document.to_str().unwrap(), "--json"]);
        assert_eq!(ran.code, Some(code), "{ran:?}");
        let answer: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(answer["family"], family, "{ran:?}");
    }
}

#[test]
fn what_cannot_be_read_is_said_with_the_way_out() {
    let sample = sample();
    fs::write(sample.path("latin.md"), b"# A\n\xe4\n").unwrap();
    let latin = sample.path("latin.md");
    for (words, says, help) in [
        (
            ["import", latin.to_str().unwrap()],
            "is not UTF-8 in line 2",
            "iconv",
        ),
        (
            ["import", "ktrdr.api.main"],
            "cannot be read",
            "cargo xtask imports ktrdr.api.main",
        ),
        (
            ["import", "no/such.md"],
            "cannot be read",
            "help: name a plan",
        ),
        (
            ["imports", "docs/M3.md"],
            "docs/M3.md",
            "`cargo xtask import` reads a document",
        ),
    ] {
        let ran = sample.run(&words);
        assert_eq!(ran.code, Some(2), "{words:?}: {ran:?}");
        assert!(
            ran.err.contains(says) && ran.err.contains(help),
            "{words:?}: {ran:?}"
        );
    }
}

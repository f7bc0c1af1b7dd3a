//! `status --claims`: what people say beside what the checks say.

use serde_json::Value;

use crate::sample::Sample;

const PLAN: &str = "docs/M2_plan.md";

/// The claims, each as `about source holds`.
fn claims(sample: &Sample, words: &[&str]) -> Vec<String> {
    let report = sample.json(&[&["m2", "status"], words].concat());
    let claimed = report["claimed"].as_array().map_or(&[][..], Vec::as_slice);
    let text = |claim: &Value, field: &str| claim[field].as_str().unwrap().to_owned();
    let shown = claimed.iter().map(|claim| {
        format!(
            "{} {} {}",
            text(claim, "about"),
            text(claim, "source"),
            text(claim, "holds")
        )
    });
    shown.collect()
}

fn with_document() -> String {
    format!("--claims={PLAN}")
}

fn commit(sample: &Sample, message: &str) {
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
}

#[test]
fn ticks_are_compared_with_the_boxes_of_the_same_text() {
    let sample = Sample::new();
    sample.edit("2.1");
    sample.write(
        PLAN,
        "- [x] No `ModelLoader` import in  training_service.py\n\
         - [X] No `ModelStorage` import in training_service.py\n\
         - [ ] No `self.model_loader` or `self.model_storage` in class\n\
         * [x] Existing tests pass\n- [x] Another text\n\n\
         ```markdown\n- [x] No `self.model_loader` or `self.model_storage` in class\n```\n",
    );
    let expected = ["2.1.1 tick yes", "2.1.2 tick no", "2.1.4 tick unproved"];
    assert_eq!(claims(&sample, &[&with_document()]), expected);
}

#[test]
fn a_handoff_calls_a_task_complete_in_many_ways() {
    for (line, expected) in [
        ("## Task 2.1 Complete: imports", &["2.1 handoff no"][..]),
        ("### Task 2.1: imports (DONE)", &["2.1 handoff no"]),
        ("- ✅ Task 2.1", &["2.1 handoff no"]),
        ("- **Task 2.1** ✅ Complete — fixed", &["2.1 handoff no"]),
        ("- [x] Task 2.1: imports", &["2.1 handoff no"]),
        ("## TASK_2.1 completed", &["2.1 handoff no"]),
        ("| Task 2.1 | done |", &["2.1 handoff no"]),
        ("## Task 2.10 Complete", &[]),
        ("## Task 2.1", &[]),
        ("## Task 2.1 is not complete", &[]),
        ("- [ ] Task 2.1 complete", &[]),
        ("Task 2.1 is done like this", &[]),
        ("## Before Task 2.1 is complete", &[]),
    ] {
        let sample = Sample::new();
        sample.write(PLAN, "");
        sample.write("docs/HANDOFF_M2.md", line);
        sample.write("docs/HANDOFF_M20.md", "## Task 2.2 Complete");
        sample.write("HANDOFF_M2.md", "## Task 2.3 Complete");
        assert_eq!(claims(&sample, &[&with_document()]), expected, "{line}");
    }
}

#[test]
fn a_commit_counts_by_trailer_or_by_milestone_and_path() {
    let file = "ktrdr/api/services/training_service.py";
    for (message, path, expected) in [
        ("feat(M2): imports (Task 2.1)", file, &["2.1 commit no"][..]),
        (
            "M2: all (#3)\n\n* feat: imports (Task 2.1)\n\n* Task 2.2",
            file,
            &["2.1 commit no"],
        ),
        (
            "all (#3)\n\n- feat(M2): imports (Task 2.1)",
            file,
            &["2.1 commit no"],
        ),
        (
            "x\n\nMilestone: m2\nTask: 2.1",
            "README",
            &["2.1 commit no"],
        ),
        ("feat(M2): imports (Task 2.1)", "README", &[]),
        ("feat(M3): imports (Task 2.1)", file, &[]),
        ("feat: imports (Task 2.1)", file, &[]),
        ("feat(M2): imports (Task 2.10)", file, &[]),
    ] {
        let sample = Sample::new();
        sample.write(
            path,
            "import torch\nclass TrainingService: pass\nimport ModelLoader\n",
        );
        commit(&sample, message);
        assert_eq!(claims(&sample, &["--claims"]), expected, "{message}");
        assert_eq!(
            claims(&sample, &["--claims", "--at", "HEAD^"]),
            [""; 0],
            "{message}"
        );
    }
}

#[test]
fn commits_from_before_the_document_speak_of_something_else() {
    let file = "ktrdr/api/services/training_service.py";
    let sample = Sample::new();
    sample.write(file, "old = 1\nimport ModelLoader\n");
    commit(&sample, "feat(M2): of another project (Task 2.1)");
    sample.write(PLAN, "");
    commit(&sample, "the plan");
    sample.write(file, "new = 1\nimport ModelLoader\n");
    commit(&sample, "feat(M2): imports (Task 2.1)");
    assert_eq!(claims(&sample, &["--claims"]).len(), 2);
    assert_eq!(claims(&sample, &[&with_document()]), ["2.1 commit no"]);
}

#[test]
fn a_note_is_a_claim_about_the_content_it_names() {
    let sample = Sample::new();
    sample.edit("2.1");
    commit(&sample, "something");
    sample.run(&["m2", "verify", "2.1", "--record"]);
    assert_eq!(
        claims(&sample, &["--claims"]),
        ["2.1.1 evidence yes", "2.1.3 evidence yes"]
    );
    assert_eq!(claims(&sample, &[]), [""; 0]);
}

#[test]
fn the_terminal_shows_the_claim_its_place_and_what_speaks_against_it() {
    let sample = Sample::new();
    sample.write(
        PLAN,
        "\n- [x] No `ModelLoader` import in training_service.py\n",
    );
    let ran = sample.run(&["m2", "status", &with_document()]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let wanted = "  not true  2.1.1  tick docs/M2_plan.md:2: No `ModelLoader` import";
    assert!(ran.out.contains(wanted), "{}", ran.out);
    let missing = sample.run(&["m2", "status", "--claims=no.md"]);
    assert_eq!(missing.code, Some(2), "{missing:?}");
    assert!(
        missing.err.contains("no such file: `no.md`"),
        "{}",
        missing.err
    );
    let outside = sample.run(&["m2", "status", "--claims=../x.md"]);
    assert_eq!(outside.code, Some(2), "{outside:?}");
}

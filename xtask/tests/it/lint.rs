//! `lint` as its users run it: exit codes and formats.

use std::fs;

use serde_json::Value;

use crate::sample::{Sample, run_in};

const PLAN: &str = r#"format = 1
[milestone]
id = "m9"
title = "Nine"

[[task]]
id = "9.1"
title = "First"
[[task.smoke_test]]
run = "make test || true"
"#;

#[test]
fn the_plan_that_ships_has_its_known_faults() {
    let sample = Sample::new();
    let ran = sample.run(&["lint", "m2"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for words in [
        "this test cannot fail: its exit status is 0 whatever it finds",
        "this test looks at the first 20 lines only",
        "importing `ktrdr.api.main` loads `torch` by another chain first",
        "`ModelStorage` is used",
    ] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
}

#[test]
fn every_format_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("m9.toml"), PLAN).unwrap();
    let run = |format: &str| {
        let ran = run_in(folder.path(), &["lint", "m9.toml", "--format", format]);
        assert_eq!(ran.code, Some(1), "{format}: {ran:?}");
        ran.out
    };
    let json: Value = serde_json::from_str(&run("json")).unwrap();
    let first = &json["diagnostics"][0];
    assert_eq!(first["rule"], "exit-status");
    assert_eq!((&first["line"], &first["column"]), (&10.into(), &7.into()));
    let sarif: Value = serde_json::from_str(&run("sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "exit-status");
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startLine"], 10);
    assert!(
        run("github").starts_with("::error title=exit-status,file=m9.toml,line=10,col=7,"),
        "{}",
        run("github")
    );
    assert!(run("terminal").contains("m9.toml: 1 error, 0 warnings, 0 notes"));
}

#[test]
fn findings_of_a_report_stand_beside_their_lines() {
    let sample = Sample::new();
    let ran = sample.run(&["m2", "verify", "2.1", "--format", "github"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let first = ran.out.lines().next().unwrap();
    assert!(
        first.starts_with("::error title=2.1.1,file=ktrdr/api/services/training_service.py,line="),
        "{first}"
    );
    let ran = sample.run(&["m2", "verify", "2.1", "--format", "sarif"]);
    let sarif: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "2.1.1");
}

#[test]
fn wrong_calls_are_refused() {
    let sample = Sample::new();
    for (words, says) in [
        (
            &["lint", "nothing.toml"][..],
            "`nothing.toml` cannot be read",
        ),
        (&["lint", "m2", "--at", "nowhere"], "nowhere"),
        (
            &["list", "--format", "sarif"],
            "this command has no format `sarif`",
        ),
    ] {
        let ran = sample.run(words);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (Some(2), ""),
            "{words:?}: {ran:?}"
        );
        assert!(ran.err.contains(says), "{words:?}: {}", ran.err);
        assert!(ran.err.contains("help:"), "{words:?}: {}", ran.err);
    }
}

/// What was there once is told from what never was, on any branch, and the state before the
/// milestone is the one that a plan speaks of.
#[test]
fn files_are_looked_for_at_the_baseline_and_at_every_revision() {
    let sample = Sample::empty();
    let commit = |message: &str| {
        sample.git(&["add", "--all"]);
        sample.git(&["commit", "--quiet", "--message", message]);
    };
    sample.write("app/kept.py", "");
    sample.write("app/old.py", "import os\n");
    commit("before");
    sample.git(&["tag", "before"]);
    sample.git(&["checkout", "--quiet", "-b", "side"]);
    sample.write("app/side.py", "");
    commit("side");
    sample.git(&["checkout", "--quiet", "-"]);
    sample.git(&["rm", "--quiet", "app/old.py"]);
    commit("after");
    let plan = |baseline: &str| {
        format!(
            "format = 1\n[milestone]\nid = \"m1\"\ntitle = \"t\"\n{baseline}\
             [[task]]\nid = \"1\"\ntitle = \"t\"\n\
             files = [\"app/kept.py\", \"app/old.py\", \"app/side.py\", \"app/never.py\", \"app\"]\n\
             [[task.criterion]]\nid = \"1.1\"\ntext = \"`app/criterion.py` is clean\"\n\
             check = {{ no_import = {{ files = \"app/check.py\", name = \"os\" }} }}\n\
             [[claim]]\ntext = \"os\"\n\
             claim = {{ unused = {{ file = \"app/old.py\", name = \"os\" }} }}\n"
        )
    };
    let never = |name: &str| format!("no revision ever held `app/{name}.py`");
    let gone = |name: &str| format!("`app/{name}.py` is not there any more");
    for (baseline, expected) in [
        (
            "baseline = \"before\"\n",
            vec![
                gone("side"),
                never("never"),
                never("criterion"),
                never("check"),
            ],
        ),
        (
            "",
            vec![
                gone("old"),
                gone("side"),
                never("never"),
                never("criterion"),
                never("check"),
            ],
        ),
    ] {
        let file = sample.path("plan.toml");
        sample.write("plan.toml", &plan(baseline));
        let found = sample.json(&["lint", file.to_str().unwrap()]);
        let found = found["diagnostics"].as_array().unwrap();
        let messages: Vec<&str> = found
            .iter()
            .filter(|it| it["rule"] == "missing-file")
            .filter_map(|it| it["message"].as_str())
            .collect();
        assert_eq!(messages, expected, "{baseline}");
    }
}

//! Several milestones in one repository: how they are found, named, begun and completed.

use crate::sample::{Ran, Sample, run_in};

fn plan(id: &str, title: &str, branch: &str) -> String {
    format!(
        "format = 1\n[milestone]\nid = \"{id}\"\ntitle = \"{title}\"\nbranch = \"{branch}\"\n\
         [[checklist]]\nid = \"A\"\ntext = \"t\"\nmanual = \"look\"\n"
    )
}

/// Milestone `m3` twice and `m4` once, in folders of their own.
fn repository() -> Sample {
    let sample = Sample::empty();
    for (path, id, branch) in [
        ("milestones/one/m3.toml", "m3", "feature/one"),
        ("milestones/two/m3.toml", "m3", "feature/two"),
        ("milestones/two/deep/m4.toml", "m4", "feature/two"),
    ] {
        sample.write(path, &plan(id, path, branch));
    }
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--message", "start"]);
    sample
}

fn title(sample: &Sample, words: &[&str]) -> String {
    sample.json(words)["title"].as_str().unwrap().to_owned()
}

#[track_caller]
fn refused(ran: &Ran, words: &[&str]) {
    assert_eq!(ran.code, Some(2), "{ran:?}");
    for words in words {
        assert!(ran.err.contains(words), "{words:?} is not in {}", ran.err);
    }
}

#[test]
fn a_milestone_is_named_by_its_id_its_folder_or_its_branch() {
    let sample = repository();
    let several = [
        "`m3` names 2 milestones",
        "`one/m3` is the one in `milestones/one/m3.toml`",
    ];
    refused(&sample.run(&["m3", "status"]), &several);
    assert_eq!(
        title(&sample, &["two/m3", "status"]),
        "milestones/two/m3.toml"
    );
    assert_eq!(
        title(&sample, &["m4", "status"]),
        "milestones/two/deep/m4.toml"
    );
    assert_eq!(
        title(&sample, &["two/deep/m4", "status"]),
        "milestones/two/deep/m4.toml"
    );
    refused(
        &sample.run(&["two/m4", "status"]),
        &["there is no milestone `two/m4`"],
    );
    sample.git(&["checkout", "--quiet", "-b", "feature/one"]);
    assert_eq!(title(&sample, &["m3", "status"]), "milestones/one/m3.toml");
    assert_eq!(
        title(&sample, &["two/m3", "status"]),
        "milestones/two/m3.toml"
    );
    refused(&sample.run(&["../x", "status"]), &["there is no milestone"]);
}

#[test]
fn all_are_listed_helped_with_and_completed() {
    let sample = repository();
    let list = sample.run(&["list"]).out;
    for name in ["m2 ", "one/m3 ", "two/m3 ", "two/deep/m4 "] {
        assert!(
            list.lines().any(|line| line.starts_with(name)),
            "{name}: {list}"
        );
    }
    let help = sample.run(&["--help"]).out;
    assert!(
        help.contains("Milestones here: m2, one/m3, two/deep/m4, two/m3"),
        "{help}"
    );
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = sample.run(&["completions", shell]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.out.contains("two/deep/m4"), "{shell}");
        assert!(ran.out.contains("verify"), "{shell}");
    }
    refused(&sample.run(&["completions", "tcsh"]), &["bash", "help:"]);
}

#[test]
fn the_repository_says_where_its_plans_are() {
    let sample = repository();
    sample.write("docs/x/plans/m9.toml", &plan("m9", "nine", "b"));
    sample.write("milestones.toml", "plans = [\"docs/*/plans/*.toml\"]\n");
    assert_eq!(title(&sample, &["m9", "status"]), "nine");
    assert_eq!(title(&sample, &["x/plans/m9", "status"]), "nine");
    refused(
        &sample.run(&["m4", "status"]),
        &["there is no milestone `m4`", "x/plans/m9"],
    );
    sample.write("milestones.toml", "plans = [\"../*.toml\"]\n");
    refused(
        &sample.run(&["list"]),
        &["`milestones.toml` does not say where plans are", "help:"],
    );
    assert_eq!(sample.run(&["m2", "list"]).code, Some(2));
}

#[test]
fn a_new_plan_loads_and_verifies_as_it_is_and_nothing_is_overwritten() {
    let sample = repository();
    let odd = "it's \"quoted\"\\ \u{1b}[2J";
    for words in [
        &["new"][..],
        &["new", "--id", "m7", "--title", odd],
        &["new", "plans/m8.toml"],
    ] {
        let ran = sample.run(words);
        assert_eq!(ran.code, Some(0), "{words:?}: {ran:?}");
        assert!(!ran.out.contains('\u{1b}'));
        refused(&sample.run(words), &["is there already", "help:"]);
    }
    for words in [
        &["m1", "verify"][..],
        &["m7", "verify"],
        &["--plan", "plans/m8.toml", "verify"],
    ] {
        let ran = sample.run(words);
        assert_eq!(ran.code, Some(0), "{words:?}: {ran:?}");
    }
    assert_eq!(title(&sample, &["m7", "status"]), odd);
    for id in ["status", "a b", "../../x", ""] {
        refused(&sample.run(&["new", "--id", id]), &["help"]);
    }
    assert!(!sample.path("../x.toml").exists());
}

#[test]
fn a_wrong_call_names_the_way_out() {
    let sample = Sample::empty();
    for words in [
        &["m2", "statsu"][..],
        &["m2", "verify", "--fulll"],
        &["m2", "commit"],
        &["list", "x"],
        &["m2", "status", "--format", "yaml"],
    ] {
        let ran = run_in(&sample.root(), words);
        refused(&ran, &["error:", "\nhelp: "]);
        assert!(!ran.err.contains("For more information"), "{}", ran.err);
    }
}

#[test]
fn what_holds_by_a_word_alone_is_named_where_it_is_built_upon() {
    let sample = Sample::empty();
    sample.write("milestones/m1.toml", &plan("m1", "t", "b"));
    let next = plan("m9", "t", "b").replace(
        "manual = \"look\"",
        "check = { milestone = { holds = \"m1\" } }",
    );
    sample.write("milestones/x/m9.toml", &next);
    assert_eq!(
        sample
            .run(&["m1", "attest", "A", "--note", "I looked"])
            .code,
        Some(0)
    );
    let ran = sample.run(&["m9", "verify"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out.contains("note: m1: attested, not proved: A"),
        "{}",
        ran.out
    );
}

#[test]
fn a_task_that_only_a_smoke_test_holds_back_says_so() {
    let sample = Sample::empty();
    sample.write("a", "x\n");
    let task = "[[task]]\nid = \"1\"\ntitle = \"T\"\n\
        [[task.smoke_test]]\nrun = 'grep x a && echo FAIL || echo SUCCESS'\ndecides = true\n";
    sample.write(
        "milestones/p.toml",
        &format!("{}{task}", plan("p", "t", "b")),
    );
    let out = sample.run(&["p", "status"]).out;
    assert!(out.contains("(left: smoke test 1)"), "{out}");
}

/// A plan may be about files that are all yet to be made, if it says where it belongs.
#[test]
fn a_plan_of_the_repository_runs_before_any_of_its_files_is_there() {
    let sample = Sample::empty();
    let coming =
        plan("m3", "New", "main") + "[[task]]\nid = \"1\"\ntitle = \"t\"\nfiles = [\"new/a.py\"]\n";
    sample.write("milestones/m3.toml", &coming);
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--message", "a plan"]);
    let judged = |words: &[&str]| {
        let ran = sample.run(words);
        assert!(
            ran.err.is_empty() && ran.out.contains("undecided"),
            "{ran:?}"
        );
    };
    judged(&["m3", "status"]);
    judged(&["m3", "status", "--at", "HEAD"]);

    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("m3.toml");
    let status = ["--plan", file.to_str().unwrap(), "status"];
    std::fs::write(&file, &coming).unwrap();
    refused(&sample.run(&status), &["holds none of the files"]);
    let imported = coming.replacen("[[", "source = \"docs/M3.md\"\n[[", 1);
    std::fs::write(&file, imported).unwrap();
    refused(&sample.run(&status), &["holds none of the files"]);
    sample.write("docs/M3.md", "# M3\n");
    judged(&status);
}

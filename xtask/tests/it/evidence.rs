//! Evidence in the notes: what a line says, that it is found again, that it is looked at again.

use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::sample::{Sample, run_in};

const SERVICE: &str = "ktrdr/api/services/training_service.py";

/// The sample with task 2.1 committed and recorded on a branch `side`; `other` stands beside it
/// with one more file.
fn recorded() -> Sample {
    let sample = Sample::new();
    sample.git(&["branch", "other"]);
    sample.git(&["checkout", "--quiet", "-b", "side"]);
    sample.edit("2.1");
    sample.git(&["commit", "--quiet", "--all", "--message", "task 2.1"]);
    let ran = sample.run(&["m2", "verify", "2.1", "--record"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    sample.git(&["checkout", "--quiet", "other"]);
    sample.write("README", "meanwhile");
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--message", "meanwhile"]);
    sample.git(&["checkout", "--quiet", "side"]);
    sample
}

fn lines(sample: &Sample) -> Vec<Value> {
    let notes = sample.git(&["notes", "--ref=milestones", "show", "HEAD"]);
    let lines = notes
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

/// By what the evidence for each box is found, newest record only.
fn found(sample: &Sample, revision: &str) -> Value {
    let shown = sample.json(&["m2", "evidence", "show", revision]);
    assert_eq!(shown["schema"], "milestone-evidence-list/1");
    let boxes = shown["boxes"].as_array().unwrap().iter();
    let by = boxes.map(|b| {
        let newest = &b["evidence"][0];
        let state = newest["record"]["state"].as_str().unwrap();
        let by = newest["found_by"].as_str().unwrap();
        format!("{} {state} {by}", b["id"].as_str().unwrap())
    });
    by.collect::<Vec<_>>().into()
}

/// Replaces the note of HEAD.
fn note(sample: &Sample, lines: &[Value]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    sample.write(".git/note", &text);
    let file = sample.path(".git/note");
    let words = [
        "notes",
        "--ref=milestones",
        "add",
        "-f",
        "-F",
        file.to_str().unwrap(),
    ];
    sample.git(&words);
}

fn examined(sample: &Sample) -> (Option<i32>, Vec<String>) {
    let ran = sample.run(&["m2", "evidence", "verify", "--json"]);
    let lines: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
    let lines = lines.iter().map(|line| {
        let criterion = line["criterion"].as_str().unwrap_or("?");
        let standing = line["standing"].as_str().unwrap();
        format!("{criterion} {standing} {}", line["why"].as_str().unwrap())
    });
    (
        ran.code,
        lines.map(|line| line.trim_end().to_owned()).collect(),
    )
}

#[test]
fn a_line_is_an_in_toto_statement_about_commit_and_tree() {
    let sample = recorded();
    let id = |name: &str| sample.git(&["rev-parse", name]).trim().to_owned();
    let all = lines(&sample);
    let results: Vec<_> = all
        .iter()
        .map(|line| &line["predicate"]["result"])
        .collect();
    assert_eq!(results, ["PASSED", "FAILED", "PASSED"]);
    let first = &all[0];
    assert_eq!(first["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(
        first["predicateType"],
        "https://in-toto.io/attestation/test-result/v0.1"
    );
    assert_eq!(
        first["subject"],
        json!([
            {"name": "commit", "digest": {"gitCommit": id("HEAD")}},
            {"name": "tree", "digest": {"gitTree": id("HEAD^{tree}")}},
        ])
    );
    assert_eq!(first["predicate"]["configuration"][0]["name"], "m2.toml");
    assert_eq!(first["predicate"]["passedTests"], json!(["m2 2.1.1"]));
    assert_eq!(all[1]["predicate"]["failedTests"], json!(["m2 2.1.2"]));
    let ours = &first["predicate"]["milestone"];
    assert_eq!(ours["schema"], "milestone-evidence/2");
    assert_eq!(ours["criterion"], "2.1.1");
    assert_eq!(ours["checks"][0]["check"], "no_import");
    assert_eq!(
        ours["checks"][0]["files"][SERVICE],
        id(&format!("HEAD:{SERVICE}"))
    );
}

#[test]
fn it_outlives_an_amended_message_a_rebase_and_a_squash() {
    let sample = recorded();
    let by = |means: &str| {
        let states = ["2.1.1 pass", "2.1.2 fail", "2.1.3 pass"];
        json!(states.map(|state| format!("{state} {means}")))
    };
    assert_eq!(found(&sample, "HEAD"), by("commit"));
    assert_eq!(found(&sample, "HEAD^"), json!([]));
    assert_eq!(found(&sample, "other"), json!([]));
    sample.git(&[
        "commit",
        "--quiet",
        "--amend",
        "--message",
        "another message",
    ]);
    assert_eq!(found(&sample, "HEAD"), by("tree"));
    sample.git(&[
        "-c",
        "sequence.editor=sed -i s/^pick/reword/",
        "-c",
        "core.editor=true",
        "rebase",
        "--quiet",
        "--interactive",
        "other",
    ]);
    assert_eq!(found(&sample, "HEAD"), by("files"));
    sample.git(&["checkout", "--quiet", "other"]);
    sample.write("README", "still more");
    sample.git(&["commit", "--quiet", "--all", "--message", "still more"]);
    sample.git(&["merge", "--quiet", "--squash", "side"]);
    sample.git(&["commit", "--quiet", "--message", "squashed"]);
    assert_eq!(found(&sample, "HEAD"), by("files"));
    // The old commits go; the notes stay.
    sample.git(&["branch", "-D", "side"]);
    sample.git(&["reflog", "expire", "--expire=now", "--all"]);
    sample.git(&["gc", "--quiet", "--prune=now"]);
    assert_eq!(found(&sample, "HEAD"), by("files"));
    let (code, said) = examined(&sample);
    assert_eq!(code, Some(0), "{said:?}");
    assert!(said[0].contains("its tree is gone"), "{said:?}");
}

#[test]
fn other_content_another_text_or_another_milestone_is_not_found() {
    let sample = recorded();
    let all = lines(&sample);
    sample.write(SERVICE, "changed = True\n");
    sample.git(&["commit", "--quiet", "--all", "--message", "changed"]);
    assert_eq!(found(&sample, "HEAD"), json!([]));
    sample.git(&["checkout", "--quiet", "HEAD^"]);
    for (field, value) in [("text", "0000"), ("milestone", "m3"), ("schema", "other/1")] {
        let mut changed = all[0].clone();
        changed["predicate"]["milestone"][field] = value.into();
        note(&sample, &[changed]);
        assert_eq!(found(&sample, "HEAD"), json!([]), "{field}");
    }
}

#[test]
fn what_files_alone_do_not_decide_is_found_by_its_tree_only() {
    let sample = Sample::empty();
    let plan = "format = 1\n[milestone]\nid = \"own\"\ntitle = \"Own\"\n\
        [[checklist]]\nid = \"A\"\ntext = \"a\"\ncheck = { path = { exists = \"folder\" } }\n\
        [[checklist]]\nid = \"B\"\ntext = \"b\"\n\
        check = { text = { files = \"**/*.py\", absent = \"bad\" } }\n\
        [[checklist]]\nid = \"C\"\ntext = \"c\"\ncheck = { git = { committed = [\"folder\"] } }\n";
    sample.write("milestones/own.toml", plan);
    sample.write("folder/a.py", "good");
    let commit = |subject: &str| {
        sample.git(&["add", "--all"]);
        sample.git(&["commit", "--quiet", "--message", subject]);
    };
    commit("first");
    let ran = sample.run(&["own", "verify", "--record"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let found = |revision: &str| {
        let shown = sample.json(&["own", "evidence", "show", revision]);
        let ids = shown["boxes"].as_array().unwrap().iter();
        let ids = ids.map(|b| b["id"].as_str().unwrap().to_owned());
        ids.collect::<String>()
    };
    assert_eq!(found("HEAD"), "ABC");
    sample.write("b.py", "bad");
    commit("a file that nobody looked at");
    assert_eq!(found("HEAD"), "A");
    sample.git(&["mv", "folder", "elsewhere"]);
    commit("the folder is gone");
    assert_eq!(found("HEAD"), "");
}

#[test]
fn a_record_stands_as_long_as_content_and_criterion_are_the_same() {
    let sample = recorded();
    let all = lines(&sample);
    let stand = ["2.1.1 stands", "2.1.2 stands", "2.1.3 stands"];
    assert_eq!(
        examined(&sample),
        (Some(0), stand.map(str::to_owned).to_vec())
    );
    let verdict = |change: &dyn Fn(&mut Value)| {
        let mut changed = all[0].clone();
        change(&mut changed);
        note(&sample, &[changed]);
        let (code, mut lines) = examined(&sample);
        (code.unwrap(), lines.remove(0))
    };
    let other = sample.git(&["rev-parse", "other^{tree}"]).trim().to_owned();
    let (code, said) =
        verdict(&|line| line["subject"][1]["digest"]["gitTree"] = other.clone().into());
    assert!(
        code == 1 && said.contains("the tree of the commit is not"),
        "{said}"
    );
    let (code, said) = verdict(&|line| {
        line["predicate"]["milestone"]["checks"][0]["files"][SERVICE] = "0".repeat(40).into();
    });
    assert!(
        code == 1 && said.contains("the tree holds another"),
        "{said}"
    );
    let (code, said) = verdict(&|line| line["predicate"]["milestone"]["text"] = "0".into());
    assert!(code == 1 && said.contains("text has changed"), "{said}");
    let (code, said) = verdict(&|line| line["predicate"]["milestone"]["criterion"] = "9".into());
    assert!(code == 1 && said.contains("no such box"), "{said}");
    let (code, said) = verdict(&|line| {
        line["subject"][0]["digest"]["gitCommit"] = "1".repeat(40).into();
        line["subject"][1]["digest"]["gitTree"] = "1".repeat(40).into();
    });
    assert!(code == 0 && said.contains("its tree is gone"), "{said}");
    let (code, said) = verdict(&|line| {
        line["subject"][0]["digest"]["gitCommit"] = "1".repeat(40).into();
        line["subject"][1]["digest"]["gitTree"] = "1".repeat(40).into();
        line["predicate"]["milestone"]["checks"][0]["listed"] = true.into();
    });
    assert!(
        code == 2 && said.contains("not in this repository"),
        "{said}"
    );
    let (code, said) = verdict(&|line| *line = json!("something else"));
    assert!(
        code == 2 && said.starts_with("? unknown a line that is no"),
        "{said}"
    );
    let (code, said) = verdict(&|line| {
        line["predicate"]["configuration"][0]["digest"]["gitBlob"] = "0".into();
    });
    assert!(
        code == 0 && said.contains("another version of the plan"),
        "{said}"
    );
}

#[test]
fn the_printed_commands_share_the_records() {
    let ours = recorded();
    let folder = TempDir::new().unwrap();
    let hub = folder.path().join("hub");
    let git = |words: &[&str]| {
        let done = Command::new("git").args(words).status().unwrap();
        assert!(done.success(), "{words:?}");
    };
    let (hub, root) = (hub.to_str().unwrap().to_owned(), ours.root());
    git(&["clone", "--quiet", "--bare", root.to_str().unwrap(), &hub]);
    let theirs = folder.path().join("theirs");
    git(&["clone", "--quiet", &hub, theirs.to_str().unwrap()]);
    ours.git(&["remote", "add", "origin", &hub]);
    let share = |folder: &std::path::Path, what: &str| {
        let printed = run_in(folder, &["m2", "evidence", what]);
        assert_eq!(printed.code, Some(0), "{printed:?}");
        let done = Command::new("sh")
            .args(["-ec", &printed.out])
            .current_dir(folder)
            .envs([
                ("GIT_AUTHOR_NAME", "A"),
                ("GIT_AUTHOR_EMAIL", "a@example.org"),
            ])
            .envs([
                ("GIT_COMMITTER_NAME", "A"),
                ("GIT_COMMITTER_EMAIL", "a@example.org"),
            ])
            .output()
            .unwrap();
        assert!(done.status.success(), "{what}: {done:?}");
    };
    share(&root, "push");
    let recorded = run_in(
        &theirs,
        &["m2", "verify", "2.2", "--record", "--at", "HEAD"],
    );
    assert!(recorded.err.contains("recorded"), "{recorded:?}");
    share(&theirs, "fetch");
    share(&theirs, "push");
    share(&root, "fetch");
    let shown = ours.json(&["m2", "evidence", "show"]);
    let ids = shown["boxes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| b["id"].as_str().unwrap());
    let ids: Vec<&str> = ids.collect();
    assert_eq!(ids, ["2.1.1", "2.1.2", "2.1.3", "2.2.1", "2.2.2"]);
}

#[test]
fn the_terminal_says_by_what_it_was_found_and_what_is_missing() {
    let sample = recorded();
    let ran = sample.run(&["m2", "evidence", "show", "HEAD^{tree}"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for wanted in [
        "evidence for the tree ",
        "  pass      2.1.1  No `ModelLoader` import",
        "about this tree, 20",
        "nothing recorded: E2E.1, ",
    ] {
        assert!(ran.out.contains(wanted), "{wanted}: {}", ran.out);
    }
    let ran = sample.run(&["m2", "evidence", "verify"]);
    assert_eq!(ran.out, "3 records: 3 stand, 0 unknown, 0 void\n");
    let none = Sample::new().run(&["m2", "evidence", "verify"]);
    assert_eq!(
        (none.code, none.out.as_str()),
        (Some(0), "0 records: 0 stand, 0 unknown, 0 void\n")
    );
}

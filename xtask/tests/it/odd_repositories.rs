//! Repositories that are not as simple as a fresh clone: each is judged as any other, or refused
//! with a reason.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::Instant;

use tempfile::TempDir;

use crate::sample::{Sample, run_in};

/// A repository with a plan that is about the one path `x`.
fn about(check: &str) -> Sample {
    let sample = Sample::empty();
    let plan = format!(
        "format = 1\n[milestone]\nid = \"own\"\ntitle = \"Own\"\n\
         [[task]]\nid = \"1\"\ntitle = \"One\"\nfiles = [\"x\"]\n\
         [[task.criterion]]\nid = \"A\"\ntext = \"a\"\ncheck = {{ {check} }}\n"
    );
    sample.write("milestones/own.toml", &plan);
    assert_eq!(sample.run(&["trust", "own", "--yes"]).code, Some(0));
    sample
}

fn commit(sample: &Sample) {
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--message", "more"]);
}

fn state(sample: &Sample, words: &[&str]) -> String {
    let report = sample.json(&[&["own", "verify"], words].concat());
    report["criteria"][0]["state"].as_str().unwrap().to_owned()
}

#[test]
fn sha_256_is_refused() {
    let folder = TempDir::new().unwrap();
    let made = Command::new("git")
        .args(["init", "--quiet", "--object-format=sha256"])
        .arg(folder.path())
        .status();
    assert!(made.unwrap().success());
    for words in [
        &["m2", "status"][..],
        &["m2", "verify", "--at", "HEAD", "--full"],
    ] {
        let ran = run_in(folder.path(), words);
        assert_eq!(ran.code, Some(2));
        assert!(ran.err.contains("SHA-256 is not supported"), "{ran:?}");
    }
}

#[test]
fn borrowed_objects_and_packed_refs_are_found() {
    let sample = Sample::new();
    sample.edit("2.1");
    commit(&sample);
    let folder = TempDir::new().unwrap();
    let shared = folder.path().join("shared");
    let to = shared.to_str().unwrap();
    sample.git(&["clone", "--quiet", "--shared", ".", to]);
    sample.git(&["-C", to, "pack-refs", "--all"]);
    assert!(shared.join(".git/objects/info/alternates").exists());
    for words in [
        &["m2", "verify", "--at", "HEAD^", "--json"][..],
        &["m2", "verify", "--json"],
        &["m2", "verify", "--json", "--full", "--isolated", "2.4"],
    ] {
        let here = sample.run(words);
        let there = run_in(&shared, words);
        assert_eq!(there.code, here.code, "{there:?}");
        assert_eq!(there.out.lines().count(), here.out.lines().count());
    }
    sample.git(&["-C", to, "notes", "list"]);
    let recorded = run_in(&shared, &["m2", "verify", "--at", "HEAD", "--record"]);
    assert!(
        recorded.err.contains("recorded in the notes"),
        "{recorded:?}"
    );
}

/// Made without files on disk: some file systems have room for one of the two only.
#[test]
fn names_that_differ_only_in_case_are_two() {
    let sample = about("text = { files = \"x\", present = \"small\" }");
    for (name, text) in [("x", "small"), ("X", "large")] {
        sample.write("text", text);
        let blob = sample.git(&["hash-object", "-w", "text"]);
        let entry = format!("100644,{},{name}", blob.trim());
        sample.git(&["update-index", "--add", "--cacheinfo", &entry]);
    }
    sample.git(&["commit", "--quiet", "--message", "both"]);
    assert_eq!(state(&sample, &["--at", "HEAD"]), "pass");
    sample.git(&["rm", "--quiet", "--cached", "x"]);
    sample.git(&["commit", "--quiet", "--message", "one"]);
    assert_eq!(state(&sample, &["--at", "HEAD"]), "undecided");
}

#[test]
fn a_link_may_become_a_folder_and_a_folder_a_link() {
    let sample = about("path = { exists = \"x/y\" }");
    sample.write("z/y", "1");
    symlink("z", sample.path("x")).unwrap();
    commit(&sample);
    assert_eq!(state(&sample, &[]), "pass");
    fs::remove_file(sample.path("x")).unwrap();
    sample.write("x/y", "2");
    for words in [
        &["own", "commit", "1"][..],
        &["own", "verify", "--at", "HEAD"],
    ] {
        let ran = sample.run(words);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    assert_eq!(sample.git(&["ls-files", "x"]), "x/y\n");
    assert_eq!(sample.git(&["status", "--porcelain"]), "");
    fs::remove_dir_all(sample.path("x")).unwrap();
    symlink("z", sample.path("x")).unwrap();
    let ran = sample.run(&["own", "commit", "1"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(sample.git(&["ls-files", "x"]), "x\n");
    assert_eq!(sample.git(&["status", "--porcelain"]), "");
    let turns = sample.json(&["own", "history"]);
    assert!(turns.to_string().contains("pass"), "{turns}");
    for revision in ["HEAD", "HEAD^", "HEAD~2"] {
        assert_eq!(state(&sample, &["--at", revision]), "pass", "{revision}");
    }
}

#[test]
fn a_submodule_is_left_alone() {
    let sample = about("command = { run = [\"sh\", \"-c\", \"rm -f x; echo 2 >x\"] }");
    let other = Sample::new();
    let url = other.root();
    let add = [
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
    ];
    sample.git(&[&add[..], &[url.to_str().unwrap(), "sub"]].concat());
    sample.write("x", "1");
    commit(&sample);
    sample.write("sub/README.md", "edited there");
    let ran = sample.run(&["own", "verify", "--full", "--restore"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(fs::read_to_string(sample.path("x")).unwrap(), "1");
    let edited = fs::read_to_string(sample.path("sub/README.md")).unwrap();
    assert_eq!(edited, "edited there");
    let refused = sample.run(&["own", "commit", "1"]);
    assert!(refused.err.contains("nothing to commit"), "{refused:?}");
}

#[test]
#[ignore = "needs a minute and a hundred thousand files"]
fn a_commit_of_a_hundred_thousand_files() {
    let sample = about("command = { run = [\"test\", \"-e\", \"x/99/999\"] }");
    commit(&sample);
    for folder in 0..100 {
        fs::create_dir_all(sample.path(&format!("x/{folder}"))).unwrap();
        for file in 0..1000 {
            let path = sample.path(&format!("x/{folder}/{file}"));
            let mut file = fs::File::create(path).unwrap();
            file.write_all(format!("{folder}").as_bytes()).unwrap();
        }
    }
    for words in [
        &["own", "status"][..],
        &["own", "verify", "--full"],
        &["own", "verify", "--full", "--isolated"],
        &["own", "commit", "1"],
        &["own", "verify", "--full", "--fresh", "--at", "HEAD"],
        &["own", "history"],
    ] {
        let start = Instant::now();
        let ran = sample.run(words);
        eprintln!("{words:?}: {:.1} s", start.elapsed().as_secs_f64());
        assert_eq!(ran.code, Some(0), "{words:?}: {}", ran.err);
    }
    let mut listed = Command::new("git");
    let listed = listed.args(["ls-tree", "-r", "--name-only", "HEAD", "x"]);
    let listed = listed
        .current_dir(sample.root())
        .stdout(Stdio::piped())
        .output();
    let count = listed
        .unwrap()
        .stdout
        .iter()
        .filter(|byte| **byte == b'\n')
        .count();
    assert_eq!(count, 100_000);
    assert_eq!(sample.git(&["status", "--porcelain"]), "");
}

//! Plans of a repository's own, with which the tool could be led astray.

use crate::sample::{Ran, Sample};

/// A repository with two Python files and this plan, committed.
pub(crate) fn repository(tasks: &str) -> Sample {
    let sample = Sample::empty();
    sample.write("src/a.py", "x = 1\n");
    sample.write("src/b.py", "y = 1\n");
    let milestone = "format = 1\n[milestone]\nid = \"p\"\ntitle = \"P\"\n";
    sample.write("milestones/p.toml", &format!("{milestone}{tasks}"));
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--message", "start"]);
    sample
}

#[track_caller]
fn says(ran: &Ran, code: i32, words: &str) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    assert!(ran.err.contains(words), "{words:?} is not in {ran:?}");
}

/// A smoke test that decides, a task by which nothing could be judged, and one that needs both.
const DECIDED_ELSEWHERE: &str = r#"
[[task]]
id = "1"
title = "decided by its smoke test too"
files = ["src/a.py"]
smoke_test = [{ run = 'grep x src/a.py && echo "FAIL" || echo "SUCCESS"', decides = true }]
criterion = [{ id = "1.1", text = "it is there", check = { path = { exists = "src/a.py" } } }]
[[task]]
id = "2"
title = "decided by nothing"
files = ["src/b.py"]
[[task]]
id = "3"
title = "needs the first"
files = ["src/b.py"]
needs = ["1"]
criterion = [{ id = "3.1", text = "it is there", check = { path = { exists = "src/b.py" } } }]
[[task]]
id = "4"
title = "needs the second"
files = ["src/b.py"]
needs = ["2"]
criterion = [{ id = "4.1", text = "it is there", check = { path = { exists = "src/b.py" } } }]
"#;

#[test]
fn a_task_that_is_not_done_is_not_committed_whatever_decides_it() {
    let sample = repository(DECIDED_ELSEWHERE);
    sample.write("src/a.py", "x = 2\n");
    sample.write("src/b.py", "y = 2\n");
    for (task, code, words) in [
        ("1", 1, "`smoke test 1` fails"),
        ("2", 2, "names nothing by which it could be judged"),
        (
            "3",
            2,
            "comes after `1`, which is not done: `smoke test 1` fails",
        ),
        (
            "4",
            2,
            "comes after `2`, which is not done: `2` is undecided",
        ),
    ] {
        says(&sample.run(&["p", "commit", task]), code, words);
    }
    assert_eq!(sample.run(&["p", "verify", "2"]).code, Some(2));
    assert_eq!(sample.git(&["log", "--oneline"]).lines().count(), 1);
}

#[test]
fn a_word_about_a_folder_is_void_when_something_in_it_changes() {
    let sample = repository(
        "[[task]]\nid = \"1\"\ntitle = \"t\"\nfiles = [\"src\"]\n[[task.criterion]]\nid = \"1.1\"\ntext = \"t\"\nmanual = \"look\"\n",
    );
    let state = || sample.json(&["p", "verify"])["criteria"][0]["state"].clone();
    says(
        &sample.run(&["p", "attest", "1.1", "--note", "I looked"]),
        0,
        "",
    );
    assert_eq!(state(), "attested");
    for (path, now) in [("src/a.py", "x = 2\n"), ("src/new.py", "")] {
        sample.write(path, now);
        assert_eq!(state(), "manual", "{path}");
        says(
            &sample.run(&["p", "attest", "1.1", "--note", "I looked"]),
            0,
            "",
        );
        assert_eq!(state(), "attested", "{path}");
    }
}

#[test]
fn a_plan_is_found_by_its_id_wherever_it_stands() {
    let sample = repository("");
    let plan = std::fs::read_to_string(sample.path("milestones/p.toml")).unwrap();
    sample.write("milestones/other.toml", &plan.replace("\"p\"", "\"q\""));
    assert_eq!(sample.json(&["q", "status"])["milestone"], "q");
    says(
        &sample.run(&["other", "status"]),
        2,
        "call it by its id: `cargo xtask q status`",
    );
}

#[test]
fn a_file_extends_only_what_ships_and_only_from_where_it_is_read() {
    let sample = Sample::new();
    for (file, extends, words) in [
        (
            "milestones/x.toml",
            "x",
            "`x`, which does not ship with the tool",
        ),
        ("milestones/x.toml", "y", "what can be extended: m2"),
        ("milestones/x.toml", "m2", "is read from"),
    ] {
        sample.write(file, &format!("format = 1\nextends = \"{extends}\"\n"));
        says(&sample.run(&["x", "status"]), 2, words);
        says(&sample.run(&["--plan", file, "status"]), 2, words);
    }
    sample.write("milestones/m2.toml", "format = 1\nextends = \"m2\"\n");
    says(
        &sample.run(&["--plan", "milestones/m2.toml", "status"]),
        1,
        "",
    );
}

#[test]
fn what_is_wrong_with_the_deviations_is_said_where_it_stands() {
    let sample = Sample::new();
    for (text, words) in [
        ("format = 1\nextends = \"m2\"\n[[waiver]\n", "m2.toml:3:10"),
        ("format = 9\nextends = \"m2\"\n", "format 9 is not known"),
        ("format = 1\n", "missing field `extends`"),
        (
            "format = 1\n[milestone]\nid = \"p\"\ntitle = \"P\"\n",
            "a plan of its own",
        ),
    ] {
        sample.write("milestones/m2.toml", text);
        for command in [
            &["m2", "status"][..],
            &["m2", "waive", "2.1.2", "--reason", "r"],
        ] {
            says(&sample.run(command), 2, words);
        }
    }
    std::fs::write(sample.path("milestones/m2.toml"), b"format = 1\n\n# \xff\n").unwrap();
    says(
        &sample.run(&["m2", "status"]),
        2,
        "`milestones/m2.toml` is not UTF-8 in line 3",
    );
}

#[test]
fn a_deviation_is_written_where_it_will_be_read_or_not_at_all() {
    let waive: &[&str] = &["m2", "waive", "2.1.2", "--reason", "r"];
    let sample = Sample::new();
    let outside = tempfile::TempDir::new().unwrap();
    let link = sample.path("milestones");
    std::os::unix::fs::symlink(outside.path(), &link).unwrap();
    says(&sample.run(waive), 2, "`milestones` is a symbolic link");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);

    std::fs::remove_file(link).unwrap();
    sample.write("mine.toml", "format = 1\nextends = \"m2\"\n");
    std::fs::create_dir(sample.path("milestones")).unwrap();
    let link = sample.path("milestones/m2.toml");
    std::os::unix::fs::symlink("../mine.toml", &link).unwrap();
    says(
        &sample.run(waive),
        2,
        "`milestones/m2.toml` is a symbolic link",
    );

    std::fs::rename(sample.path("mine.toml"), &link).unwrap();
    let mut permissions = std::fs::metadata(&link).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&link, permissions).unwrap();
    says(&sample.run(waive), 2, "`chmod u+w milestones/m2.toml`");

    let late = [waive, &["--until", "2020-01-01"]].concat();
    says(&sample.run(&late), 2, "the waiver would be void");
}

#[test]
fn a_plan_by_which_nothing_is_judged_proves_nothing() {
    let sample = repository("");
    for command in ["status", "verify", "report"] {
        says(&sample.run(&["p", command]), 2, "");
    }
}

/// A plan that would command a terminal, on a repository that would as well.
#[test]
fn a_terminal_is_never_commanded() {
    let evil = r"\u001b[31m\u0007\u009b\u202e";
    let text = format!(
        "{}\n[[task]]\nid = \"1\"\ntitle = \"E\"\nfiles = [\"src/a.py\"]\ncommit = \"E\"\n\
         smoke_test = [{{ run = \"grep E src/a.py | `x`\" }}]\n\
         [[task.criterion]]\nid = \"1.1\"\ntext = \"E\"\nmanual = \"E\"\n\
         [[task.criterion]]\nid = \"1.2\"\ntext = \"E\"\n\
         check = {{ text = {{ files = \"src/*.py\", absent = \"torch\" }} }}\n\
         [[task.criterion]]\nid = \"1.3\"\ntext = \"E\"\n\
         check = {{ command = {{ run = [\"sh\", \"-c\", \": E\"] }} }}\n",
        "branch = \"E\"\ngoal = \"E\"",
    );
    let sample = repository(&text.replace('E', evil));
    sample.write("src/a.py", "import torch # \u{1b}[31m\u{7}\u{9b}\u{202e}\n");
    sample.write("src/\u{1b}[31m.py", "import torch\n");
    for call in [
        &["list"][..],
        &["p", "status"],
        &["p", "verify", "--full"],
        &["p", "report"],
        &["p", "verify", "--json"],
        &["p", "commit", "1"],
        &["p", "waive", "1.2", "--reason", "\u{1b}[31m"],
        &["p", "waive", "1.3", "--reason", "r"],
        &["p", "attest", "1.1", "--note", "\u{1b}[31m"],
        &["p", "verify"],
        &["p", "report"],
        &["p", "commit", "1", "-m", "\u{1b}[31m"],
        &["p", "status"],
    ] {
        let ran = sample.run(call);
        let commands = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!ran.out.contains(commands), "{call:?}: {:?}", ran.out);
        assert!(!ran.err.contains(commands), "{call:?}: {:?}", ran.err);
    }
    assert_eq!(sample.git(&["log", "--oneline"]).lines().count(), 2);
}

/// One task with a native criterion about `src/a.py`.
const ONE: &str = r#"
[[task]]
id = "1"
title = "One"
files = ["src/a.py"]
[[task.criterion]]
id = "1.1"
text = "no torch"
check = { no_import = { files = "src/a.py", name = "torch" } }
"#;

#[test]
fn what_is_recorded_was_judged_on_the_tree_of_the_commit() {
    let record: &[&str] = &["p", "verify", "--record"];
    let sample = repository(&ONE.replace(
        "no_import = { files = \"src/a.py\", name = \"torch\" }",
        "path = { exists = \"made.py\" }",
    ));
    sample.write(".gitignore", "made.py\n");
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--message", "ignore"]);
    sample.write("made.py", "");
    assert_eq!(sample.run(&["p", "verify"]).code, Some(0));
    says(&sample.run(record), 1, "recorded in the notes");

    let sample = repository(ONE);
    sample.write("src/a.py", "import torch\n");
    sample.git(&["commit", "--quiet", "--all", "--message", "torch"]);
    sample.git(&["update-index", "--assume-unchanged", "src/a.py"]);
    sample.write("src/a.py", "x = 2\n");
    says(
        &sample.run(record),
        2,
        "`src/a.py` is not as the commit has it",
    );
}

#[test]
fn a_commit_that_does_not_hold_its_plan_says_so() {
    let sample = repository(ONE);
    let plan = std::fs::read_to_string(sample.path("milestones/p.toml")).unwrap();
    sample.write("src/a.py", "import torch\n");
    sample.write("milestones/p.toml", &plan.replace("\"torch\"", "\"numpy\""));
    let empty = sample.run(&["p", "commit", "1", "-m", " "]);
    says(&empty, 2, "`--message` is empty");
    let committed = sample.run(&["p", "commit", "1"]);
    assert!(
        committed
            .out
            .contains("judged by `milestones/p.toml` as it lies on disk"),
        "{committed:?}"
    );
    sample.write("src/a.py", "x = 3\n");
    let committed = sample.run(&["p", "commit", "1", "--include", "milestones"]);
    assert!(!committed.out.contains("warning"), "{committed:?}");
}

#[test]
fn a_milestone_may_remove_all_that_it_names() {
    let sample = repository(&ONE.replace(
        "no_import = { files = \"src/a.py\", name = \"torch\" }",
        "path = { missing = \"src/a.py\" }",
    ));
    std::fs::remove_file(sample.path("src/a.py")).unwrap();
    says(&sample.run(&["p", "commit", "1"]), 0, "");
    says(&sample.run(&["p", "verify"]), 0, "");
}

#[test]
fn a_word_that_was_taken_back_does_not_count() {
    let sample = Sample::new();
    sample.edit("2.1");
    sample.run(&["m2", "waive", "2.1.2", "--reason", "r"]);
    sample.git(&["add", "milestones"]);
    sample.git(&["commit", "--quiet", "--message", "waived"]);
    std::fs::remove_file(sample.path("milestones/m2.toml")).unwrap();
    let commit: &[&str] = &["m2", "commit", "2.1", "--without-commands"];
    says(&sample.run(commit), 1, "`2.1.2` fails");

    sample.run(&["m2", "waive", "2.1.2", "--reason", "r"]);
    let file = sample.path("milestones/m2.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"r\"", "\" \"")).unwrap();
    says(&sample.run(commit), 1, "`2.1.2` fails");
}

#[test]
fn the_whole_repository_is_included_with_all() {
    let sample = repository(ONE);
    sample.write("src/a.py", "x = 2\n");
    sample.write("two\nlines", "");
    says(
        &sample.run(&["p", "commit", "1", "--include", "."]),
        2,
        "`--all`",
    );
    let committed = sample.run(&["p", "commit", "1", "--all"]);
    assert!(committed.out.contains("  two\\nlines\n"), "{committed:?}");
    says(
        &sample.run(&["p", "commit", "1"]),
        2,
        "verify TASK --record",
    );
}

/// Told to stop after a program ran, while a hook does: nothing is left, and what was committed
/// by then is recorded.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_during_a_hook_leaves_nothing_behind() {
    for (hook, code, commits) in [
        ("prepare-commit-msg", 2, 1),
        ("commit-msg", 2, 1),
        ("post-commit", 0, 2),
    ] {
        let more = "[[task.criterion]]\nid = \"1.2\"\ntext = \"t\"\ncheck = { command = { run = [\"true\"] } }\n";
        let sample = repository(&format!("{ONE}{more}"));
        sample.trust("p");
        sample.write("src/a.py", "x = 2\n");
        let file = sample.path(&format!(".git/hooks/{hook}"));
        // git runs the hook, and the tool runs git.
        let script =
            "#!/bin/sh\nread -r _ _ _ tool _ </proc/$PPID/stat\nkill -TERM $tool\nsleep 0.2\n";
        std::fs::write(&file, script).unwrap();
        std::process::Command::new("chmod")
            .arg("+x")
            .arg(&file)
            .status()
            .unwrap();
        let ran = sample.run(&["p", "commit", "1"]);
        assert_eq!(ran.code, Some(code), "{hook}: {ran:?}");
        assert_eq!(
            sample.git(&["log", "--oneline"]).lines().count(),
            commits,
            "{hook}"
        );
        let mut left = std::fs::read_dir(sample.path(".git")).unwrap();
        let temporary = left.any(|it| {
            it.unwrap()
                .file_name()
                .to_string_lossy()
                .starts_with("milestone-")
        });
        assert!(!temporary, "{hook}");
        if commits == 2 {
            let notes = sample.git(&["notes", "--ref=milestones", "show", "HEAD"]);
            assert_eq!(notes.lines().count(), 2, "{notes}");
        }
    }
}

#[test]
fn a_program_is_answered_in_json() {
    let sample = Sample::new();
    let waived = sample.json(&["m2", "waive", "2.1.2", "--reason", "r"]);
    assert_eq!(waived["waived"], "2.1.2");
    let attested = sample.json(&["m2", "attest", "E2E.3", "--note", "n"]);
    assert_eq!(attested["file"], "milestones/m2.toml");
}

#[test]
fn of_words_said_at_once_none_is_lost() {
    let sample = Sample::new();
    let boxes = [
        "2.1.1", "2.1.2", "2.1.3", "2.1.4", "2.2.1", "2.2.2", "2.3.1", "2.3.2",
    ];
    std::thread::scope(|scope| {
        for id in boxes {
            let sample = &sample;
            scope.spawn(move || sample.run(&["m2", "waive", id, "--reason", "r"]));
        }
    });
    let text = std::fs::read_to_string(sample.path("milestones/m2.toml")).unwrap();
    assert_eq!(text.matches("[[waiver]]").count(), boxes.len(), "{text}");
}

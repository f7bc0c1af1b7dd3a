//! Plan files that are wrong: each error knows its line and the way out.

use crate::scripted::Scripted;
use tasks::plan::{Plan, PlanError};

/// A valid plan, with `more` at its end.
fn plan(more: &str) -> String {
    let valid = r#"
format = 1

[milestone]
id = "m1"
title = "A milestone"

[[task]]
id = "1.1"
title = "A task"
files = ["a.py"]

[[task.criterion]]
id = "1.1.1"
text = "It is there"
check = { path = { exists = "a.py" } }
"#;
    format!("{}{more}", valid.trim_start())
}

/// The line that the error points at, and what it says.
fn error(text: &str) -> (String, PlanError) {
    let error = Plan::<Scripted>::parse("plan.toml", text).expect_err(text);
    let line = text.lines().nth(error.line() - 1).unwrap_or_default();
    (line.to_owned(), error)
}

#[track_caller]
fn expect(text: &str, line: &str, message: &str, help: &str) {
    let (actual_line, error) = error(text);
    let actual_help = error.help.clone().unwrap_or_default();
    assert!(
        error.message.contains(message),
        "message: {}",
        error.message
    );
    assert!(actual_line.contains(line), "line: {actual_line}");
    assert!(actual_help.contains(help), "help: {actual_help}");
}

#[test]
fn the_plan_that_the_errors_are_made_from_is_valid() {
    let plan = Plan::<Scripted>::parse("plan.toml", &plan("")).unwrap();
    assert_eq!(plan.tasks[0].criteria[0].text, "It is there");
}

#[test]
fn an_id_can_be_typed() {
    for bad in [
        "",
        " ",
        "-1",
        "1 2",
        "1\\n",
        "1\\u001b[31m",
        "1,2",
        "1\\u202e",
    ] {
        let text = plan("").replace("id = \"1.1\"", &format!("id = \"{bad}\""));
        expect(
            &text,
            "id = ",
            "cannot be the id of a task",
            "a word of letters",
        );
        let text = plan("").replace("id = \"1.1.1\"", &format!("id = \"{bad}\""));
        expect(
            &text,
            "id = ",
            "cannot be the id of a box",
            "a word of letters",
        );
    }
}

#[test]
fn a_criterion_is_derived_only_from_what_is_judged_before_it() {
    let second = |needs: &str, from: &str| {
        plan(&format!(
            "\n[[task]]\nid = \"1.2\"\ntitle = \"t\"\nneeds = {needs}\n[[task.criterion]]\nid = \"1.2.1\"\ntext = \"t\"\nfrom = [\"{from}\"]\n[[checklist]]\nid = \"C\"\ntext = \"t\"\nmanual = \"m\"\n"
        ))
    };
    for from in ["1.1", "1.1.1"] {
        assert!(Plan::<Scripted>::parse("plan.toml", &second("[\"1.1\"]", from)).is_ok());
        expect(
            &second("[]", from),
            "from = ",
            "not before task `1.2`",
            "`needs`",
        );
    }
    for from in ["1.2", "C"] {
        expect(
            &second("[\"1.1\"]", from),
            "from = ",
            "not before task `1.2`",
            "`needs`",
        );
    }
}

#[test]
fn every_error_has_a_way_out() {
    for (from, to, help) in [
        ("title = \"A task\"", "", "add `title`"),
        ("title = \"A task\"", "title = 1", "FORMAT.md"),
        ("title = \"A task\"", "title =", "toml.io"),
        ("[[task]]", "[[task]", "toml.io"),
        (
            "title = \"A task\"",
            "title = \"t\"\nneeds = [\"zebra\"]",
            "there are",
        ),
        (
            "[[task]]",
            "[[claim]]\ntext = \"t\"\nclaim = { uses = { file = \"a\", x = 1 } }\n[[task]]",
            "`file`, `function`",
        ),
        ("\"1.1.1\"", "\"1.1\"", "another"),
    ] {
        let (_, error) = error(&plan("").replacen(from, to, 1));
        let actual = error.help.clone().unwrap_or_default();
        assert!(
            actual.contains(help),
            "{from} → {to}: {error}, help: {actual}"
        );
    }
}

#[test]
fn words_that_are_not_known() {
    let text = plan("").replace("title = \"A task\"", "titel = \"A task\"");
    expect(&text, "titel", "unknown field `titel`", "`title`");
    let text = plan("").replace("path = {", "paht = {");
    expect(&text, "paht", "unknown check `paht`", "`path`");
    let text = plan("").replace("exists", "exist");
    expect(&text, "exist", "unknown variant `exist`", "`exists`");
    let text = plan("\n[[taks]]\nid = \"1.2\"\n");
    expect(&text, "taks", "unknown field `taks`", "`task`");
    let text = plan("").replace("[milestone]", "[milestone]\nowner = \"x\"");
    expect(&text, "owner", "unknown field `owner`", "known here: ");
}

#[test]
fn ids_that_are_there_twice() {
    let again = "\n[[task]]\nid = \"1.1\"\ntitle = \"Again\"\n";
    expect(
        &plan(again),
        "1.1",
        "task id `1.1` is there twice",
        "another",
    );
    let again = "\n[[checklist]]\nid = \"1.1.1\"\ntext = \"x\"\nmanual = \"y\"\n";
    expect(
        &plan(again),
        "1.1.1",
        "box id `1.1.1` is there twice",
        "another",
    );
    let both = "\n[[checklist]]\nid = \"1.1\"\ntext = \"x\"\nmanual = \"y\"\n";
    expect(&plan(both), "1.1", "names a task and a box", "");
    let (_, error) = error(&plan(again));
    assert_eq!(error.line(), 18, "the second one is meant");
}

#[test]
fn references_that_lead_nowhere() {
    let needs = "\n[[task]]\nid = \"1.2\"\ntitle = \"x\"\nneeds = [\"1.l\"]\n";
    expect(
        &plan(needs),
        "needs",
        "needs `1.l`, but there is no such task",
        "`1.1`",
    );
    let itself = "\n[[task]]\nid = \"1.2\"\ntitle = \"x\"\nneeds = [\"1.2\"]\n";
    expect(&plan(itself), "needs", "does not come before it", "order");
    let from = "\n[[checklist]]\nid = \"CK.1\"\ntext = \"x\"\nfrom = [\"1.1.2\"]\n";
    expect(&plan(from), "from", "no task or box `1.1.2`", "`1.1.1`");
    let about = plan("").replace(
        "[[task.criterion]]",
        "[[task.smoke_test]]\nrun = \"ls a.py\"\nabout = [\"1.1.9\"]\n\n[[task.criterion]]",
    );
    expect(&about, "about", "no box `1.1.9`", "`1.1.1`");
    let claim = "\n[[claim]]\ntext = \"x\"\ntask = \"9\"\n[claim.claim.unused]\nfile = \"a\"\nname = \"b\"\n";
    expect(&plan(claim), "task = \"9\"", "no task `9`", "");
    let chain = "\n[[checklist]]\nid = \"C.1\"\ntext = \"x\"\nfrom = [\"1.1\"]\n\n[[checklist]]\nid = \"C.2\"\ntext = \"x\"\nfrom = [\"C.1\"]\n";
    expect(&plan(chain), "C.1", "itself derived", "derived from");
}

#[test]
fn boxes_that_nothing_or_too_much_decides() {
    let check = "check = { path = { exists = \"a.py\" } }";
    let without = plan("").replace(check, "");
    expect(&without, "1.1.1", "decided in exactly one way", "`manual`");
    let both = plan("").replace(check, &format!("{check}\nmanual = \"x\""));
    expect(&both, "1.1.1", "decided in exactly one way", "`manual`");
    let empty = plan("").replace(check, "checks = []");
    expect(&empty, "1.1.1", "names nothing that decides it", "");
    let silent = plan("").replace(check, "manual = \" \"");
    expect(&silent, "1.1.1", "names nothing that decides it", "reason");
    let two = plan("").replace("\"a.py\" } }", "\"a.py\" }, git = { } }");
    expect(&two, "git", "a check has one word", "");
}

#[test]
fn arguments_that_no_check_takes() {
    let regex = plan("").replace(
        "path = { exists = \"a.py\" }",
        "text = { files = \"a.py\", absent = \"(\" }",
    );
    expect(&regex, "absent", "regex", "");
    let outside = plan("").replace("\"a.py\" } }", "\"../a.py\" } }");
    expect(&outside, "../a.py", "not a path inside the repository", "");
    let files = plan("").replace("files = [\"a.py\"]", "files = [\"/etc/passwd\"]");
    expect(&files, "/etc/passwd", "it is absolute", "");
}

#[test]
fn other_formats_and_no_toml_at_all() {
    expect(
        &plan("").replace("format = 1", "format = 2"),
        "format",
        "format 2 is not known",
        "format 1",
    );
    expect(
        &plan("").replace("format = 1", ""),
        "",
        "does not say its format",
        "`format = 1`",
    );
    expect(&plan("\n[[task"), "[[task", "", "");
    expect(
        &plan("").replace("\"A task\"", "\"A task"),
        "A task",
        "",
        "",
    );
    expect(
        &plan("").replace("\"m1\"", "\"status\""),
        "[milestone]",
        "name of a command",
        "m2",
    );
    expect(
        &plan("").replace("\"m1\"", "\"../x\""),
        "[milestone]",
        "cannot name a milestone",
        "",
    );
}

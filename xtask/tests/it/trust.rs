//! The commands of a plan that does not ship with the tool run once its user allows them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::sample::{Ran, Sample, tool};

/// A repository whose plan `p` leaves a trace when anything of it runs, and a user of its own.
struct Untrusted {
    sample: Sample,
    state: TempDir,
}

/// A program that leaves a trace outside of what git looks at.
const TRACE: &str = "{ command = { run = [\"sh\", \"-c\", \"echo >>.git/trace\"] } }";

fn plan(id: &str, check: &str) -> String {
    format!(
        "format = 1\n[milestone]\nid = \"{id}\"\ntitle = \"P\"\n\
         [[task]]\nid = \"1\"\ntitle = \"One\"\nfiles = [\"a\"]\n\
         [[task.criterion]]\nid = \"1.1\"\ntext = \"t\"\ncheck = {check}\n\
         [[checklist]]\nid = \"N\"\ntext = \"native\"\ncheck = {{ path = {{ exists = \"a\" }} }}\n"
    )
}

impl Untrusted {
    fn new(check: &str) -> Self {
        let sample = Sample::empty();
        sample.write("a", "1\n");
        sample.write("milestones/p.toml", &plan("p", check));
        sample.git(&["add", "--all"]);
        sample.git(&["commit", "--quiet", "--message", "start"]);
        let state = TempDir::new().unwrap();
        Self { sample, state }
    }

    fn run_in(&self, folder: &Path, words: &[&str], settings: &[(&str, &str)]) -> Ran {
        let mut tool = tool();
        tool.current_dir(folder)
            .env("XDG_STATE_HOME", self.state.path())
            .env_remove("CI")
            .envs(settings.iter().copied());
        Ran::from(tool.args(words).output().unwrap())
    }

    fn run(&self, words: &[&str]) -> Ran {
        self.run_in(&self.sample.root(), words, &[])
    }

    fn ran(&self) -> bool {
        self.sample.path(".git/trace").exists()
    }

    /// The state of box `1.1` after `verify --full`, and why.
    fn judged(&self) -> (String, String) {
        judged(&self.run(&["p", "verify", "--full", "--json"]))
    }

    fn is_refused(&self) -> bool {
        let (state, why) = self.judged();
        state == "undecided" && why.starts_with("this plan's commands are not trusted")
    }
}

fn judged(ran: &Ran) -> (String, String) {
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    let row = &report["criteria"][0];
    let text = |field: &str| row[field].as_str().unwrap().to_owned();
    (text("state"), text("reason"))
}

#[test]
fn nothing_of_an_untrusted_plan_runs() {
    let python = ".venv/bin/python";
    for check in [
        TRACE,
        "{ command = { run = [\"./trace\"] } }",
        "{ command = { run = [\".venv/bin/python\", \"x\"] } }",
        "{ probe = { entry = \"a\", without = \"torch\" } }",
        "{ http = { get = \"http://127.0.0.1:{port}/\", serve = [\"./trace\"], ready = 1 } }",
        "{ http = { get = \"http://127.0.0.1:{port}/\", serve = [\"{python}\"], ready = 1 } }",
    ] {
        let it = Untrusted::new(check);
        for file in [python, "trace"] {
            it.sample.write(file, "#!/bin/sh\necho >>.git/trace\n");
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(it.sample.path(file), mode).unwrap();
        }
        for words in [
            &["p", "status"][..],
            &["p", "verify"],
            &["p", "verify", "--full"],
            &["p", "verify", "1", "--full", "--fresh"],
            &["p", "report", "--full"],
            &["--plan", "milestones/p.toml", "verify", "--full"],
            &["p", "history"],
            &["p", "verify", "--at", "HEAD"],
            &["p", "verify", "--at", "HEAD", "--full"],
            &["p", "verify", "--full", "--isolated"],
            &["p", "commit", "1", "--all"],
            &["trust", "p"],
            &["trust", "--list"],
        ] {
            it.run(words);
            it.run_in(&it.sample.root(), words, &[("CI", "true")]);
            assert!(!it.ran(), "{check} ran in {words:?}");
        }
        assert!(it.is_refused(), "{check}: {:?}", it.judged());
        let (_, why) = it.judged();
        assert!(why.ends_with("help: cargo xtask trust p"), "{why}");
        assert_eq!(it.run(&["trust", "p", "--yes"]).code, Some(0));
        it.judged();
        assert!(it.ran(), "{check} does not leave a trace at all");
    }
}

#[test]
fn an_undecided_box_keeps_a_task_from_being_committed() {
    let it = Untrusted::new(TRACE);
    it.sample.write("a", "2\n");
    let ran = it.run(&["p", "commit", "1"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("cargo xtask trust p"), "{ran:?}");
    let ran = it.run(&["p", "commit", "1", "--no-commands"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("not run: 1.1"), "{ran:?}");
    assert!(!it.ran());
}

#[test]
fn where_nothing_was_asked_it_is_said_all_the_same() {
    let it = Untrusted::new(TRACE);
    for words in [&["p", "status"][..], &["p", "verify"], &["p", "report"]] {
        let ran = it.run(words);
        let said = ran.out.contains("commands are not trusted") && ran.out.contains("trust p");
        assert!(said, "{words:?}: {ran:?}");
        it.run(&["trust", "p", "--yes"]);
        assert!(!it.run(words).out.contains("not trusted"), "{words:?}");
        it.run(&["trust", "p", "--revoke"]);
    }
}

#[test]
fn a_change_of_a_command_takes_the_trust_away_and_one_of_prose_does_not() {
    let it = Untrusted::new(TRACE);
    it.run(&["trust", "p", "--yes"]);
    let now = |text: &str| it.sample.write("milestones/p.toml", text);
    let text = plan("p", TRACE);
    let more = "\n[[checklist]]\nid = \"M\"\ntext = \"more\"\ncheck = { command = { run = [\"rm\", \"-r x\"] } }\n";
    for (other, refused) in [
        (text.replace("title = \"P\"", "title = \"Q\""), false),
        (
            text.replace("text = \"t\"", "text = \"other words\""),
            false,
        ),
        (text.replace("\"1.1\"", "\"1.7\""), false),
        (text.replace("echo", "true; echo"), true),
        (text.replace("\"sh\"", "\"bash\""), true),
        (text.replace("] } }", "], env = { PATH = \".\" } } }"), true),
        (text.replace("] } }", "], timeout = 5 } }"), true),
        (format!("{text}{more}"), true),
        (text.clone(), false),
    ] {
        now(&other);
        assert_eq!(it.is_refused(), refused, "{other}");
    }
    now(&format!("{text}{more}"));
    now(&text.replace("echo", "true"));
    let (_, why) = it.judged();
    assert!(why.contains("new is command [\"sh\", "), "{why}");
    now(&format!("{text}{more}"));
    let (_, why) = it.judged();
    assert!(
        why.contains(r#"new is command ["rm", "-r x"] (M)"#),
        "{why}"
    );
}

#[test]
fn trust_is_for_one_repository_and_one_user() {
    let it = Untrusted::new(TRACE);
    it.run(&["trust", "p", "--yes"]);
    let elsewhere = TempDir::new().unwrap();
    let clone = elsewhere.path().join("clone");
    it.sample
        .git(&["clone", "--quiet", ".", clone.to_str().unwrap()]);
    let words = ["p", "verify", "--full", "--json"];
    assert_eq!(judged(&it.run_in(&clone, &words, &[])).0, "undecided");
    // The same plan, named from elsewhere.
    let file = it.sample.path("milestones/p.toml");
    let words = [
        "--plan",
        file.to_str().unwrap(),
        "verify",
        "--full",
        "--json",
    ];
    assert_eq!(judged(&it.run_in(&clone, &words, &[])).0, "undecided");
    // The same repository by another name.
    let link = elsewhere.path().join("link");
    std::os::unix::fs::symlink(it.sample.root(), &link).unwrap();
    let words = [
        "-C",
        link.to_str().unwrap(),
        "p",
        "verify",
        "--full",
        "--json",
    ];
    assert_eq!(judged(&it.run(&words)).0, "pass");
    let other = TempDir::new().unwrap();
    let user = [("XDG_STATE_HOME", other.path().to_str().unwrap())];
    let words = ["p", "verify", "--full", "--json"];
    assert_eq!(
        judged(&it.run_in(&it.sample.root(), &words, &user)).0,
        "undecided"
    );
}

#[test]
fn no_plan_takes_the_place_of_one_that_ships() {
    let it = Untrusted::new(TRACE);
    let text = plan("m2", TRACE);
    it.sample.write("mine/m2.toml", &text);
    std::os::unix::fs::symlink("../mine/m2.toml", it.sample.path("milestones/link.toml")).unwrap();
    for file in ["mine/m2.toml", "milestones/link.toml"] {
        let ran = it.run(&["--plan", file, "verify", "--full", "--json"]);
        assert_eq!(judged(&ran).0, "undecided", "{file}");
    }
    it.sample.write("milestones/m2.toml", &text);
    it.run(&["m2", "verify", "--full"]);
    assert!(!it.ran());
}

#[test]
fn a_milestone_that_is_built_on_is_trusted_by_itself() {
    let it = Untrusted::new("{ milestone = { holds = \"q\" } }");
    it.sample.write("milestones/q.toml", &plan("q", TRACE));
    let (state, why) = it.judged();
    assert_eq!(state, "undecided");
    assert!(why.contains("help: cargo xtask trust q"), "{why}");
    assert!(!it.ran());
    it.run(&["trust", "p", "--yes"]);
    assert_eq!(it.judged().0, "undecided");
    it.run(&["trust", "q", "--yes"]);
    assert_eq!(it.judged().0, "pass");
}

#[test]
fn the_commands_are_listed_word_by_word() {
    let evil = r#"{ command = { run = ["sh", "-c", "a b\u001b[2J\u202e\"; rm"], env = { A = "x y" }, directory = "d", timeout = 9 } }"#;
    let it = Untrusted::new(evil);
    let text = plan("p", evil).replace("\"P\"", r#""P\n  command  (9.9)\n    run [\"true\"]""#);
    it.sample.write("milestones/p.toml", &text);
    let ran = it.run(&["trust", "p"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("`--yes`"), "{ran:?}");
    for line in [
        "  command  (1.1)",
        r#"    run        ["sh", "-c", "a b\u{1b}[2J\u{202e}\"; rm"]"#,
        r#"    env        { "A" = "x y" }"#,
        r#"    directory  "d""#,
        "    timeout    9",
    ] {
        assert!(ran.out.lines().any(|it| it == line), "{line}: {}", ran.out);
    }
    assert_eq!(ran.out.lines().count(), 7, "{}", ran.out);
    assert!(it.is_refused());
}

#[test]
fn trust_is_listed_and_taken_away() {
    let it = Untrusted::new(TRACE);
    for words in [
        &["trust", "p", "--yes"][..],
        &["trust", "p"],
        &["trust", "milestones/p.toml"],
    ] {
        assert_eq!(it.run(words).code, Some(0), "{words:?}");
    }
    let listed = it.run(&["trust", "--list"]).out;
    assert_eq!(listed.lines().count(), 1, "{listed}");
    assert!(
        listed.contains(it.sample.root().to_str().unwrap()),
        "{listed}"
    );
    assert!(!it.is_refused());
    let file = it.state.path().join("cargo-xtask/trust.json");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(it.run(&["trust", "p", "--revoke"]).out.contains("no more"));
    assert!(it.run(&["trust", "p", "--revoke"]).out.contains("were not"));
    assert!(it.is_refused());
    assert_eq!(it.run(&["trust", "--list"]).out, "");
    assert_eq!(it.run(&["trust", "m2"]).code, Some(0));
    assert_eq!(it.run(&["trust"]).code, Some(2));
    // What cannot be read allows nothing, and is not overwritten.
    it.run(&["trust", "p", "--yes"]);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(
        it.judged().1.contains("others may write"),
        "{:?}",
        it.judged()
    );
    assert_eq!(it.run(&["trust", "p", "--yes"]).code, Some(2));
}

#[test]
fn nothing_runs_with_no_commands() {
    let it = Untrusted::new(TRACE);
    it.run(&["trust", "p", "--yes"]);
    for words in [
        &["p", "verify", "--full", "--no-commands"][..],
        &["--no-commands", "p", "verify", "--full"],
        &["p", "report", "--full", "--no-commands"],
        &["p", "status", "--no-commands"],
    ] {
        let ran = it.run(words);
        assert_eq!(ran.code, Some(0), "{words:?}: {ran:?}");
        assert!(!it.ran(), "{words:?}");
    }
    assert_eq!(it.judged().0, "pass");
    assert!(it.ran());
}

#[test]
fn nothing_that_lies_in_the_repository_is_taken_for_a_program() {
    let it = Untrusted::new("{ command = { run = [\"make\"] } }");
    for name in ["git", "make", "sh"] {
        it.sample.write(name, "#!/bin/sh\necho >>.git/trace\n");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(it.sample.path(name), mode).unwrap();
    }
    it.sample.git(&["config", "core.fsmonitor", "./git"]);
    it.sample.git(&["config", "diff.external", "./git"]);
    it.sample.git(&["config", "filter.x.clean", "cat"]);
    it.sample.write(".gitattributes", "*.py diff=x\n");
    it.sample.git(&["config", "diff.x.textconv", "./git"]);
    // git itself asks the monitor when the sample is set up.
    let _ = fs::remove_file(it.sample.path(".git/trace"));
    it.run(&["trust", "p", "--yes"]);
    let path = format!(".::./:{}", std::env::var("PATH").unwrap());
    for words in [
        &["p", "status"][..],
        &["p", "status", "--claims"],
        &["p", "verify", "--full"],
        &["p", "report"],
        &["p", "history"],
        &["p", "verify", "--at", "HEAD"],
    ] {
        it.run_in(&it.sample.root(), words, &[("PATH", &path)]);
        assert!(!it.ran(), "{words:?}");
    }
}

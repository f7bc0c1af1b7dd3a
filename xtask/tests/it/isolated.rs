//! Programs run in a temporary worktree: of a revision (`--at REV --full`) or of what lies on
//! disk (`--isolated`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::sample::{Ran, Sample, tool};

/// A repository whose plan runs a shell script, and a cache of its own.
struct Own {
    sample: Sample,
    cache: TempDir,
}

impl Own {
    /// With `a` committed first as `1`, then as `2`.
    fn new(script: &str) -> Self {
        Self::with_check(&format!(
            "command = {{ run = [\"sh\", \"-c\", '''{script}'''] }}"
        ))
    }

    fn with_check(check: &str) -> Self {
        let sample = Sample::empty();
        let plan = format!(
            "format = 1\n[milestone]\nid = \"own\"\ntitle = \"Own\"\n\
             [[task]]\nid = \"1\"\ntitle = \"One\"\nfiles = [\"a\"]\n\
             [[task.criterion]]\nid = \"A\"\ntext = \"a\"\ncheck = {{ {check} }}\n"
        );
        sample.write("milestones/own.toml", &plan);
        sample.write(".gitignore", "ignored\n.venv\n");
        for content in ["1", "2"] {
            sample.write("a", content);
            sample.git(&["add", "--all"]);
            sample.git(&["commit", "--quiet", "--message", content]);
        }
        let cache = TempDir::new().unwrap();
        Self { sample, cache }
    }

    /// The tool in a clone or a worktree, each of which must be trusted.
    fn tool(&self, folder: &Path, words: &[&str]) -> Command {
        let tool = |words: &[&str]| {
            let mut tool = tool();
            tool.current_dir(folder)
                .env("XDG_CACHE_HOME", self.cache.path())
                .env("XDG_STATE_HOME", self.cache.path().join("state"))
                .args(words);
            tool
        };
        let plan = self.sample.path("milestones/own.toml");
        let trust = ["--plan", plan.to_str().unwrap(), "trust", "--yes"];
        let trusted = Ran::from(tool(&trust).output().unwrap());
        assert_eq!(trusted.code, Some(0), "{trusted:?}");
        tool(&[&["own"], words].concat())
    }

    fn run_in(&self, folder: &Path, words: &[&str]) -> Ran {
        let ran = Ran::from(self.tool(folder, words).output().unwrap());
        self.assert_nothing_left(folder);
        ran
    }

    fn run(&self, words: &[&str]) -> Ran {
        self.run_in(&self.sample.root(), words)
    }

    /// State and reason of the one box, and the warnings.
    fn judged(&self, folder: &Path, words: &[&str]) -> (String, String, String) {
        let ran = self.run_in(folder, &[&["verify", "--full", "--json"], words].concat());
        let report: Value =
            serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        let row = &report["criteria"][0];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (
            text(&row["state"]),
            text(&row["reason"]),
            report["warnings"].to_string(),
        )
    }

    fn state(&self, folder: &Path, words: &[&str]) -> String {
        let (state, reason, _) = self.judged(folder, words);
        format!("{state} {reason}").trim_end().to_owned()
    }

    fn worktrees(&self) -> usize {
        let place = self.cache.path().join("cargo-xtask/worktrees");
        fs::read_dir(place).map_or(0, Iterator::count)
    }

    #[track_caller]
    fn assert_nothing_left(&self, folder: &Path) {
        assert_eq!(self.worktrees(), 0);
        let git = Command::new("git")
            .args(["rev-parse", "--git-common-dir"])
            .current_dir(folder)
            .output();
        let common = String::from_utf8(git.unwrap().stdout).unwrap();
        let registered = folder.join(common.trim()).join("worktrees");
        let names = fs::read_dir(registered).into_iter().flatten().flatten();
        let names: Vec<_> = names.map(|it| it.file_name()).collect();
        assert!(
            names
                .iter()
                .all(|it| !it.to_str().unwrap().starts_with("milestone-")),
            "{names:?}"
        );
    }

    /// A call whose program has begun to run; it writes into the file that `BEGUN` names.
    fn begun(&self, words: &[&str]) -> Child {
        let begun = self.cache.path().join("begun");
        let mut tool = self.tool(&self.sample.root(), words);
        let tool = tool
            .env("BEGUN", &begun)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = tool.spawn().unwrap();
        let start = Instant::now();
        while !begun.exists() {
            assert!(start.elapsed() < Duration::from_secs(30));
            std::thread::sleep(Duration::from_millis(5));
        }
        fs::remove_file(begun).unwrap();
        child
    }

    /// A clone of it.
    fn clone(&self, words: &[&str]) -> PathBuf {
        let folder = self.cache.path().join("clone");
        let url = format!("file://{}", self.sample.root().display());
        let folder_name = folder.to_str().unwrap();
        self.sample
            .git(&[&["clone", "--quiet"], words, &[&url, folder_name]].concat());
        folder
    }
}

fn signal(child: &Child, name: &str) {
    let kill = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}

const HOLDS_ONE: &str = r#"test "$(cat a)" = 1"#;

#[test]
fn programs_run_on_the_files_of_the_revision() {
    let own = Own::new(HOLDS_ONE);
    let top = own.sample.root();
    own.sample.write("a", "3");
    let status = own.sample.git(&["status", "--porcelain"]);
    assert_eq!(own.state(&top, &["--at", "HEAD^"]), "pass");
    assert!(own.state(&top, &["--at", "HEAD"]).starts_with("fail"));
    assert_eq!(own.state(&top, &["--at", "HEAD^^{tree}"]), "pass");
    assert_eq!(own.sample.git(&["status", "--porcelain"]), status);
    let without = own.run(&["verify", "--at", "HEAD^"]);
    assert!(without.out.contains("skipped   A"), "{without:?}");
}

#[test]
fn any_kind_of_repository_will_do() {
    let own = Own::new(HOLDS_ONE);
    let bare = own.clone(&["--bare"]);
    assert_eq!(own.state(&bare, &["--at", "HEAD^"]), "pass");
    fs::remove_dir_all(&bare).unwrap();
    let shallow = own.clone(&["--depth", "1"]);
    assert!(own.state(&shallow, &["--at", "HEAD"]).starts_with("fail"));
    fs::remove_dir_all(&shallow).unwrap();
    let linked = own.cache.path().join("linked");
    own.sample.git(&[
        "worktree",
        "add",
        "--quiet",
        linked.to_str().unwrap(),
        "HEAD^",
    ]);
    let branch = ["--at", "feature/container-optimization"];
    assert!(own.state(&linked, &branch).starts_with("fail"));
    assert_eq!(own.state(&linked, &["--isolated"]), "pass");
    own.sample
        .git(&["config", "extensions.worktreeConfig", "true"]);
    own.sample
        .git(&["sparse-checkout", "set", "--no-cone", "/milestones/"]);
    own.sample.git(&["pack-refs", "--all"]);
    assert!(!own.sample.path("a").exists());
    assert_eq!(own.state(&own.sample.root(), &["--at", "HEAD^"]), "pass");
    assert_eq!(own.sample.git(&["worktree", "list"]).lines().count(), 2);
}

#[test]
fn what_a_partial_clone_lacks_is_undecided_and_not_fetched() {
    let own = Own::new(HOLDS_ONE);
    own.sample
        .git(&["config", "uploadpack.allowFilter", "true"]);
    let partial = own.clone(&["--bare", "--filter=blob:none"]);
    let said = own.state(
        &partial,
        &[
            "--at",
            "HEAD^",
            "--plan",
            own.sample.path("milestones/own.toml").to_str().unwrap(),
        ],
    );
    assert!(
        said.starts_with("undecided no temporary worktree could be made: "),
        "{said}"
    );
}

#[test]
fn a_submodule_is_empty_and_said_to_be() {
    let own = Own::new("test -d sub && test ! -e sub/a");
    let commit = own.sample.git(&["rev-parse", "HEAD"]);
    let entry = format!("160000,{},sub", commit.trim());
    own.sample
        .git(&["update-index", "--add", "--cacheinfo", &entry]);
    own.sample
        .git(&["commit", "--quiet", "--message", "a submodule"]);
    let (state, reason, warnings) = own.judged(&own.sample.root(), &["--at", "HEAD"]);
    assert_eq!(state, "pass", "{reason}");
    assert!(
        warnings.contains("submodules are empty in the temporary worktree: `sub`"),
        "{warnings}"
    );
}

#[test]
fn the_environment_leads_to_the_worktree() {
    let own = Own::new(
        r#"test -z "$VIRTUAL_ENV$UV_PROJECT_ENVIRONMENT" && case "$PYTHONPATH" in "$PWD":/other) ;; *) false;; esac"#,
    );
    let mut tool = own.tool(&own.sample.root(), &["verify", "--full", "--at", "HEAD"]);
    tool.env("VIRTUAL_ENV", "/v")
        .env("UV_PROJECT_ENVIRONMENT", "/u")
        .env("PYTHONPATH", "/other");
    let ran = Ran::from(tool.output().unwrap());
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn hooks_do_not_run() {
    let own = Own::new("true");
    let marker = own.cache.path().join("hook-ran");
    let hook = own.sample.path(".git/hooks/post-checkout");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let (path, touched) = (hook.display(), marker.display());
    let script =
        format!("printf '#!/bin/sh\\ntouch %s\\n' '{touched}' >'{path}'; chmod +x '{path}'");
    let written = Command::new("sh").args(["-c", &script]).status();
    assert!(written.unwrap().success());
    assert_eq!(own.state(&own.sample.root(), &["--at", "HEAD"]), "pass");
    assert!(!marker.exists());
    // The hook does work.
    let elsewhere = own.cache.path().join("elsewhere");
    let elsewhere = elsewhere.to_str().unwrap();
    own.sample
        .git(&["worktree", "add", "--quiet", "--detach", elsewhere]);
    assert!(marker.exists());
}

#[test]
fn what_lies_on_disk_is_isolated_without_what_is_ignored() {
    let own =
        Own::new("test -e new && test ! -e ignored && test \"$(cat a)\" = 3 && test ! -e gone");
    own.sample.write("gone", "");
    own.sample.git(&["add", "gone"]);
    own.sample.git(&["commit", "--quiet", "--message", "gone"]);
    fs::remove_file(own.sample.path("gone")).unwrap();
    for (path, text) in [("a", "3"), ("new", ""), ("ignored", "")] {
        own.sample.write(path, text);
    }
    let index = fs::read(own.sample.path(".git/index")).unwrap();
    assert_eq!(own.state(&own.sample.root(), &["--isolated"]), "pass");
    assert!(own.state(&own.sample.root(), &[]).starts_with("fail"));
    assert_eq!(fs::read(own.sample.path(".git/index")).unwrap(), index);
    let alone = own.run(&["verify", "--isolated"]);
    assert_eq!(alone.code, Some(2), "{alone:?}");
}

#[test]
fn what_a_program_changes_is_not_the_users() {
    let own = Own::new("echo 9 >a; echo 9 >new");
    own.sample.write("a", "3");
    for words in [&["--isolated"][..], &["--at", "HEAD"]] {
        let said = own.state(&own.sample.root(), words);
        assert!(said.starts_with("fail `a` was changed by"), "{said}");
        assert_eq!(fs::read_to_string(own.sample.path("a")).unwrap(), "3");
        assert!(!own.sample.path("new").exists());
    }
}

#[test]
fn what_a_program_changes_is_put_back_if_asked() {
    let own = Own::new("echo 9 >a; echo 9 >new; rm b");
    own.sample.write("a", "3");
    own.sample.write("b", "4");
    let files = || ["a", "b", "new"].map(|it| fs::read_to_string(own.sample.path(it)).ok());
    let before = files();
    let ran = own.run(&["verify", "--full", "--restore"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(files(), before);
    let words = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "fail A a",
        "`a` was changed by",
        "put back as it was: `a`, `b`",
        "`new` was removed again",
    ] {
        assert!(words.contains(said), "{said}: {words}");
    }
    let ran = own.run(&["verify", "--full"]);
    let words = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let way = words
        .split("what `a` held: `")
        .nth(1)
        .and_then(|rest| rest.split('`').next());
    let way = way.unwrap_or_else(|| panic!("{words}"));
    let done = Command::new("sh")
        .args(["-ec", way])
        .current_dir(own.sample.root())
        .status();
    assert!(done.unwrap().success());
    assert_eq!(files()[0].as_deref(), Some("3"));
}

#[test]
fn a_commit_may_leave_other_changes_alone_and_run_its_programs() {
    let own = Own::new("test ! -e unrelated");
    own.sample.write("a", "3");
    own.sample.write("unrelated", "");
    let refused = own.run(&["commit", "1"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.out.contains("`--isolated`"), "{refused:?}");
    let done = own.run(&["commit", "1", "--isolated"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(own.sample.git(&["status", "--porcelain"]), "?? unrelated\n");
}

#[test]
fn a_pass_there_counts_for_the_tree() {
    let own = Own::new("echo run >>\"$RUNS\"");
    let runs = own.cache.path().join("runs");
    let cost = |words: &[&str]| {
        let count = || fs::read_to_string(&runs).map_or(0, |runs| runs.lines().count());
        let before = count();
        let mut tool = own.tool(&own.sample.root(), words);
        assert_eq!(
            tool.env("RUNS", &runs).status().unwrap().code(),
            Some(0),
            "{words:?}"
        );
        count() - before
    };
    let at = ["verify", "--full", "--at", "HEAD^"];
    assert_eq!(cost(&[&at[..], &["--record"]].concat()), 1);
    assert_eq!(cost(&at), 0);
    assert_eq!(cost(&["verify", "--full", "--at", "HEAD"]), 1);
    own.sample.git(&["checkout", "--quiet", "HEAD^"]);
    assert_eq!(cost(&["verify", "--full"]), 0);
    assert_eq!(cost(&["verify", "--full", "--isolated"]), 0);
    own.sample.write("a", "3");
    assert_eq!(cost(&["verify", "--full", "--isolated"]), 1, "another tree");
}

const WAITS: &str = "echo >\"$BEGUN\"; sleep 60";

#[test]
fn told_to_stop_it_leaves_nothing_behind() {
    let own = Own::new(WAITS);
    for (name, number) in [("TERM", 15), ("INT", 2), ("HUP", 1)] {
        if is_ignored(number) {
            continue;
        }
        let mut child = own.begun(&["verify", "--full", "--at", "HEAD"]);
        assert_eq!(own.worktrees(), 1);
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(2), "{name}");
        own.assert_nothing_left(&own.sample.root());
    }
}

/// Whether whoever started the tests in the background ignores a signal, and so do all children.
fn is_ignored(signal: u32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}

#[test]
fn what_a_killed_one_left_is_pruned_and_a_living_one_stays() {
    let own = Own::new(WAITS);
    let words = ["verify", "--full", "--at", "HEAD"];
    let mut living = own.begun(&words);
    let mut killed = own.begun(&words);
    assert_eq!(own.worktrees(), 2);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let users = own.cache.path().join("users");
    own.sample.git(&[
        "worktree",
        "add",
        "--quiet",
        "--lock",
        users.to_str().unwrap(),
        "HEAD^",
    ]);
    let status = own
        .tool(&own.sample.root(), &["status"])
        .stdout(Stdio::null())
        .status();
    assert_eq!(status.unwrap().code(), Some(0));
    assert_eq!(own.worktrees(), 1);
    assert_eq!(own.sample.git(&["worktree", "list"]).lines().count(), 3);
    signal(&living, "TERM");
    living.wait().unwrap();
    own.assert_nothing_left(&own.sample.root());
    assert_eq!(own.sample.git(&["worktree", "list"]).lines().count(), 2);
}

#[test]
fn a_probe_that_finds_the_package_elsewhere_is_undecided() {
    let own = Own::with_check("probe = { entry = \"shop\", without = \"torch\" }");
    let made = Command::new("python3")
        .args(["-m", "venv", "--without-pip"])
        .arg(own.sample.path(".venv"))
        .status();
    assert!(made.unwrap().success());
    let lib = fs::read_dir(own.sample.path(".venv/lib"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    fs::write(
        lib.path().join("site-packages/shop.pth"),
        own.sample.root().to_str().unwrap(),
    )
    .unwrap();
    own.sample.write("shop.py", "");
    let top = own.sample.root();
    assert_eq!(own.state(&top, &[]), "pass");
    assert_eq!(own.state(&top, &["--isolated"]), "pass");
    let said = own.state(&top, &["--at", "HEAD"]);
    assert!(said.starts_with("undecided `shop` came from "), "{said}");
}

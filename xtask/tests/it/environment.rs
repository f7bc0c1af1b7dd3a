//! Environments of ours, built by a stand-in for uv: no test asks the network.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::own_plans::repository;
use crate::sample::{Ran, Sample, tool};

/// A repository with a lock file, a folder for caches, and a `uv` on PATH that makes a virtual
/// environment, counts its calls, and does what `mode` says.
struct Built {
    sample: Sample,
    own: TempDir,
}

const UV: &str = r#"#!/bin/sh
echo "$@" >>"$OWN/calls"
case "$(cat "$OWN/mode")" in
    fails) echo "no network" >&2; exit 2 ;;
    hangs) mkdir -p "$UV_PROJECT_ENVIRONMENT/bin"; : >"$UV_PROJECT_ENVIRONMENT/bin/python"; read -r _ _ _ runner _ </proc/$PPID/stat; kill -TERM "$runner"; sleep 60 ;;
    writes) echo x >>uv.lock ;;
esac
python3 -m venv --without-pip --clear "$UV_PROJECT_ENVIRONMENT"
"#;

impl Built {
    fn new(check: &str) -> Self {
        Self::of(&[check])
    }

    /// A plan with a box for each check.
    fn of(checks: &[&str]) -> Self {
        let mut tasks = "[[task]]\nid = \"1\"\ntitle = \"t\"\nfiles = [\"src/a.py\"]\n".to_owned();
        for (number, check) in (1..).zip(checks) {
            tasks += &format!(
                "[[task.criterion]]\nid = \"1.{number}\"\ntext = \"t\"\ncheck = {check}\n"
            );
        }
        let sample = repository(&tasks);
        sample.write("uv.lock", "version = 1\n");
        sample.write("shop.py", "x = 1\n");
        sample.git(&["add", "--all"]);
        sample.git(&["commit", "--quiet", "--message", "lock"]);
        sample.trust("p");
        let own = TempDir::new().unwrap();
        let program = own.path().join("uv");
        // Written by another process: one that a test beside this starts would hold it open.
        let done = std::process::Command::new("sh")
            .args(["-c", "printf '%s' \"$1\" >\"$2\"", "sh", UV])
            .arg(&program)
            .status();
        assert!(done.unwrap().success());
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let built = Self { sample, own };
        built.mode("works");
        built
    }

    fn mode(&self, mode: &str) {
        fs::write(self.own.path().join("mode"), mode).unwrap();
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.own.path().join("calls")).unwrap_or_default()
    }

    fn run(&self, words: &[&str]) -> Ran {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = [PathBuf::from(self.own.path())]
            .into_iter()
            .chain(std::env::split_paths(&path));
        let mut tool = tool();
        tool.current_dir(self.sample.root())
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("OWN", self.own.path())
            .env("XDG_CACHE_HOME", self.own.path().join("cache"));
        Ran::from(tool.args(words).output().unwrap())
    }

    fn judged(&self) -> Value {
        let ran = self.run(&["p", "verify", "--full", "--json"]);
        let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}"));
        report["criteria"][0].clone()
    }

    #[track_caller]
    fn says(&self, state: &str, words: &str) {
        let judged = self.judged();
        assert_eq!(judged["state"], state, "{judged}");
        let told = format!("{} {}", judged["reason"], judged["remarks"]);
        assert!(told.contains(words), "{words}: {judged}");
    }
}

#[test]
fn it_is_built_once_and_only_what_is_whole_is_trusted() {
    let built = Built::new("{ environment = { absent = \"torch\" } }");
    let skipped = built.run(&["p", "verify", "--json"]);
    assert!(skipped.out.contains("runs with `--full`"), "{skipped:?}");
    assert_eq!(built.calls(), "");
    built.mode("fails");
    built.says("undecided", "it exited with 2\\nno network");
    built.mode("hangs");
    let interrupted = built.run(&["p", "verify", "--full"]);
    assert!(
        interrupted.err.contains("interrupted by SIGTERM"),
        "{interrupted:?}"
    );
    built.mode("works");
    built.says("pass", "built now");
    built.says("pass", "built before");
    let sync = "sync --frozen --no-install-project --no-dev\n";
    assert_eq!(built.calls(), sync.repeat(3));
    built.sample.write("uv.lock", "version = 2\n");
    built.says("pass", "built now");
    assert_eq!(built.sample.git(&["status", "--porcelain"]), " M uv.lock\n");
}

#[test]
fn what_it_changes_and_what_it_holds_is_told() {
    let built = Built::new(
        "{ environment = { tool = \"uv\", args = [\"--all-extras\"], absent = \"json\" } }",
    );
    built.says("fail", "`json` is in the environment: ");
    assert_eq!(
        built.calls(),
        "sync --frozen --no-install-project --all-extras\n"
    );
    let built = Built::new("{ environment = { absent = \"torch\" } }");
    built.mode("writes");
    built.says(
        "undecided",
        "it has changed the repository: `uv.lock` was changed",
    );
}

#[test]
fn a_probe_runs_in_it() {
    let built = Built::new(
        "{ probe = { entry = \"shop\", without = \"torch\", environment = \"no-dev\" } }",
    );
    built.says("pass", "`torch` not installed");
    assert_eq!(built.calls().lines().count(), 1);
}

/// An environment, and probes that differ in nothing but the module that they look for.
const LEANING: [&str; 4] = [
    "{ environment = { absent = \"torch\" } }",
    "{ probe = { entry = \"shop\", without = \"torch\", environment = \"no-dev\" } }",
    "{ probe = { entry = \"shop\", without = \"numpy\", environment = \"no-dev\" } }",
    "{ probe = { entry = \"shop\", without = \"jinja2\", environment = \"no-dev\" } }",
];

#[test]
fn what_cannot_be_built_is_tried_once() {
    let built = Built::of(&LEANING);
    built.mode("fails");
    let ran = built.run(&["p", "verify", "--full"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert_eq!(built.calls().lines().count(), 1, "{ran:?}");
    assert_eq!(ran.out.matches("no network").count(), 4, "{ran:?}");
    assert_eq!(ran.out.matches("(tried once").count(), 3, "{ran:?}");
    built.mode("works");
    let ran = built.run(&["p", "verify", "--full"]);
    assert_eq!(ran.code, Some(0), "the next run tries again: {ran:?}");
}

#[test]
fn side_by_side_it_is_built_once_too() {
    for mode in ["works", "fails"] {
        let told = ["1", "4"].map(|jobs| {
            let built = Built::of(&LEANING);
            built.mode(mode);
            let words = [
                "p",
                "verify",
                "--full",
                "--isolated",
                "--no-controls",
                "--jobs",
                jobs,
            ];
            let ran = built.run(&words);
            assert_eq!(built.calls().lines().count(), 1, "{ran:?}");
            let cache = built.own.path().display().to_string();
            let (_, boxes) = ran.out.split_once('\n').unwrap();
            // Wrapped where the path to the cache has its end.
            let words: Vec<&str> = boxes.split_whitespace().collect();
            words.join(" ").replace(&cache, "CACHE")
        });
        assert_eq!(told[0], told[1], "{mode}");
        assert_eq!(told[0].contains("4 pass"), mode == "works", "{}", told[0]);
    }
}

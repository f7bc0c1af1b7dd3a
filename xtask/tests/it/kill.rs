//! Killed at any moment, the tool leaves everything as before or as after, never between.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::sample::{Sample, tool};

/// A repository in which a task can be committed while something else is staged.
struct Victim {
    sample: Sample,
    own: TempDir,
}

impl Victim {
    fn new() -> Self {
        let sample = Sample::empty();
        let plan = "format = 1\n[milestone]\nid = \"own\"\ntitle = \"Own\"\n\
            [[task]]\nid = \"1\"\ntitle = \"One\"\nfiles = [\"a\"]\n\
            [[task.criterion]]\nid = \"A\"\ntext = \"a\"\n\
            check = { command = { run = [\"sh\", \"-c\", \"test -e a\"] } }\n";
        sample.write("milestones/own.toml", plan);
        for path in ["a", "other", "untracked"] {
            sample.write(path, "1");
        }
        sample.git(&["add", "a", "other", "milestones"]);
        sample.git(&["commit", "--quiet", "--message", "start"]);
        let own = TempDir::new().unwrap();
        let victim = Self { sample, own };
        let mut trust = tool();
        trust
            .current_dir(victim.sample.root())
            .env("XDG_STATE_HOME", victim.own.path().join("state"))
            .args(["trust", "own", "--yes"]);
        assert!(trust.output().unwrap().status.success());
        victim.edit();
        victim
    }

    fn edit(&self) {
        self.sample.write("other", "2");
        self.sample.git(&["add", "other"]);
        self.sample.write("a", "2");
    }

    fn tool(&self, words: &[&str]) -> Command {
        let mut tool = tool();
        tool.current_dir(self.sample.root())
            .env("XDG_CACHE_HOME", self.own.path().join("cache"))
            .env("XDG_STATE_HOME", self.own.path().join("state"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .args(["own"])
            .args(words);
        tool
    }

    /// How long it takes if nobody kills it.
    fn duration(&self, words: &[&str]) -> Duration {
        let start = Instant::now();
        assert_eq!(self.tool(words).status().unwrap().code(), Some(0));
        start.elapsed()
    }

    fn killed_after(&self, words: &[&str], delay: Duration) {
        let mut child = self.tool(words).spawn().unwrap();
        sleep(delay);
        // It may have ended already.
        let _ = child.kill();
        child.wait().unwrap();
    }

    /// What is left of ours after the next start; the git that it had started may still be at
    /// work, so that a later one counts too.
    fn left_after_the_next_start(&self) -> Vec<String> {
        let start = Instant::now();
        loop {
            self.tool(&["status"]).status().unwrap();
            let left = self.left();
            if left.is_empty() || start.elapsed() > Duration::from_secs(10) {
                return left;
            }
            sleep(Duration::from_millis(20));
        }
    }

    fn left(&self) -> Vec<String> {
        let git = self.sample.path(".git");
        let worktrees = self.own.path().join("cache/cargo-xtask/worktrees");
        let inside = ["", "worktrees", "refs/heads/feature", "refs/notes"];
        let folders = inside.into_iter().map(|it| git.join(it)).chain([worktrees]);
        let names = folders.flat_map(|folder| names(&folder));
        let ours = |name: &String| name.starts_with("milestone-") || name.ends_with(".lock");
        names.filter(ours).collect()
    }

    fn head(&self) -> String {
        self.sample.git(&["rev-parse", "HEAD"])
    }

    fn status(&self) -> String {
        self.sample.git(&["status", "--porcelain"])
    }

    #[track_caller]
    fn assert_sound(&self) {
        let fsck = self
            .sample
            .git(&["fsck", "--strict", "--no-dangling", "--no-progress"]);
        assert_eq!(fsck, "");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|it| it.file_name().to_string_lossy().into_owned())
        .collect()
}

/// Moments that are spread over a duration, each somewhere else.
fn moments(rounds: u32, duration: Duration) -> impl Iterator<Item = Duration> {
    let golden = 0.618_033_988_75;
    (0..rounds).map(move |round| duration.mul_f64(f64::from(round) * golden % 1.0))
}

fn commit_is_killed(rounds: u32) {
    let victim = Victim::new();
    let (head, before) = (victim.head(), victim.status());
    assert_eq!(before, " M a\nM  other\n?? untracked\n");
    let back = || {
        victim
            .sample
            .git(&["reset", "--quiet", "--hard", head.trim()]);
        victim.edit();
    };
    let words = ["commit", "1", "--isolated", "--fresh"];
    let duration = victim.duration(&words);
    let after = victim.status();
    assert_eq!(after, "M  other\n?? untracked\n");
    back();
    let mut committed = 0;
    for moment in moments(rounds, duration) {
        victim.killed_after(&words, moment);
        let left = victim.left_after_the_next_start();
        assert!(left.is_empty(), "{moment:?} of {duration:?}: {left:?}");
        let is_done = victim.head() != head;
        let expected = if is_done { &after } else { &before };
        assert_eq!(&victim.status(), expected, "{moment:?} of {duration:?}");
        victim.assert_sound();
        if is_done {
            committed += 1;
            back();
        }
    }
    assert!(committed < rounds, "none was killed in time");
}

fn record_is_killed(rounds: u32) {
    let victim = Victim::new();
    let status = victim.status();
    let words = ["verify", "--full", "--fresh", "--at", "HEAD", "--record"];
    let duration = victim.duration(&words);
    let head = victim.head();
    let note = || {
        victim
            .sample
            .git(&["notes", "--ref=milestones", "show", head.trim()])
    };
    let mut lines = note().lines().count();
    for moment in moments(rounds, duration) {
        victim.killed_after(&words, moment);
        let left = victim.left_after_the_next_start();
        assert!(left.is_empty(), "{moment:?} of {duration:?}: {left:?}");
        let now = note();
        let complete = now
            .lines()
            .all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
        let count = now.lines().count();
        assert!(complete && (lines..=lines + 1).contains(&count), "{now}");
        lines = count;
        assert_eq!(victim.status(), status);
        victim.assert_sound();
    }
    assert_eq!(victim.tool(&words).status().unwrap().code(), Some(0));
    assert_eq!(note().lines().count(), lines + 1);
}

#[test]
fn a_commit_is_made_or_not() {
    commit_is_killed(6);
}

#[test]
fn evidence_is_recorded_or_not() {
    record_is_killed(6);
}

#[test]
#[ignore = "needs some minutes"]
fn a_hundred_commits_are_made_or_not() {
    commit_is_killed(100);
}

#[test]
#[ignore = "needs some minutes"]
fn evidence_is_recorded_or_not_a_hundred_times() {
    record_is_killed(100);
}

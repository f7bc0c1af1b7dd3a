//! What runs below the runner ends with it, however that ends.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::sample::{Sample, tool};

/// How long the end of processes is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A repository with a plan of one box for each script, whose processes can be found.
pub(crate) struct Scripts(pub(crate) Sample);

impl Scripts {
    /// Each script with its time-out in seconds.
    pub(crate) fn new(scripts: &[(&str, u32)]) -> Self {
        let check = |(script, timeout): &(&str, u32)| {
            format!("command = {{ run = [\"sh\", \"-c\", '''{script}'''], timeout = {timeout} }}")
        };
        Self::with_checks(scripts.iter().map(check))
    }

    /// Each check as it stands in a plan.
    pub(crate) fn with_checks(checks: impl Iterator<Item = String>) -> Self {
        let mut plan = "format = 1\n[milestone]\nid = \"own\"\ntitle = \"Own\"\n\
            [[task]]\nid = \"T\"\ntitle = \"One\"\n"
            .to_owned();
        for (number, check) in checks.enumerate() {
            plan += &format!(
                "[[task.criterion]]\nid = \"{number}\"\ntext = \"{number}\"\ncheck.{check}\n"
            );
        }
        let sample = Sample::empty();
        sample.write("milestones/own.toml", &plan);
        sample.write("a", "1");
        sample.git(&["add", "--all"]);
        sample.git(&["commit", "--quiet", "--message", "start"]);
        sample.trust("own");
        Self(sample)
    }

    /// The tool, in the repository; what it starts can be found by a mark.
    pub(crate) fn tool(&self, words: &[&str]) -> Command {
        let mut tool = tool();
        tool.current_dir(self.0.root())
            .args(["own", "verify", "--full", "--fresh"])
            .args(words)
            .env("MARK", self.0.root())
            .env("OUT", self.0.path(".git"));
        tool
    }

    pub(crate) fn start(&self, words: &[&str]) -> Child {
        let mut tool = self.tool(words);
        tool.stdout(Stdio::piped()).stderr(Stdio::piped());
        tool.spawn().unwrap()
    }

    /// Waits until the scripts have written this many lines into `$OUT/here`.
    #[track_caller]
    pub(crate) fn wait_for(&self, lines: usize) {
        let here = || fs::read_to_string(self.0.path(".git/here")).unwrap_or_default();
        wait_until("the scripts run", || here().lines().count() >= lines);
    }

    /// Waits until nobody with the mark is left.
    #[track_caller]
    pub(crate) fn assert_nobody_left(&self) {
        wait_until("nobody is left", || self.left() == 0);
    }

    pub(crate) fn left(&self) -> usize {
        let mark = format!("MARK={}\0", self.0.root().display());
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let environments = entries.filter_map(|it| fs::read(it.path().join("environ")).ok());
        let marked =
            environments.filter(|it| it.windows(mark.len()).any(|words| words == mark.as_bytes()));
        marked.count()
    }
}

#[track_caller]
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "never: {what}");
        sleep(Duration::from_millis(20));
    }
}

/// Ignores what asks it to end, and leaves a daemon.
pub(crate) const STUBBORN: &str = "trap \"\" TERM HUP INT; setsid sh -c \"trap '' TERM; echo d \
    >>$OUT/here; sleep 600\" & echo s >>$OUT/here; while :; do sleep 1; done";

#[test]
fn a_runner_that_is_killed_leaves_nobody() {
    let scripts = Scripts::new(&[(STUBBORN, 600)]);
    for signal in ["KILL", "TERM", "INT", "HUP"] {
        let _ = fs::remove_file(scripts.0.path(".git/here"));
        let mut runner = scripts.start(&[]);
        scripts.wait_for(2);
        let mut kill = Command::new("sh");
        kill.args(["-c", &format!("kill -{signal} {}", runner.id())]);
        assert!(kill.status().unwrap().success());
        let code = runner.wait().unwrap().code();
        assert_eq!(code, (signal != "KILL").then_some(2), "{signal}");
        scripts.assert_nobody_left();
    }
}

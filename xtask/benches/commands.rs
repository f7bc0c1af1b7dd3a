//! Whole commands as ratios, the two sides in turn in one run.
//!
//! ```text
//! cargo bench --locked --bench commands -- /path/to/ktrdr
//! ```
//!
//! Without a path the sample of `demo` is measured. The limits are the project's promises on the
//! real ktrdr: start-up at most 1.2 times `make -n`, `status` at most 3 times `git status`,
//! `verify` with its controls at most 6 times. The figures are printed; nothing is asserted.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often each side runs, after one run that does not count.
const RUNS: usize = 41;

const TOOL: &str = env!("CARGO_BIN_EXE_cargo-xtask");

fn main() {
    let named = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"));
    let sample = tempfile::tempdir().expect("a temporary folder");
    let repository = named.map_or_else(|| demo(&sample.path().join("sample")), PathBuf::from);
    println!(
        "{:<35} {:>9} {:>9} {:>7}  limit",
        "", "ours", "theirs", "ratio"
    );
    let git: &[&str] = &["git", "status"];
    let files: &[&str] = &["m2", "verify", "2.1", "2.2", "2.3"];
    for (name, ours, theirs, limit) in [
        (
            "start-up / make -n",
            &["--version"][..],
            &["make", "-n"][..],
            1.2,
        ),
        ("status / git status", &["m2", "status"], git, 3.0),
        ("verify, one file each / git status", files, git, 6.0),
        (
            "verify, with the chain / git status",
            &["m2", "verify"],
            git,
            6.0,
        ),
    ] {
        compare(&repository, name, ours, theirs, limit);
    }
}

fn demo(folder: &Path) -> PathBuf {
    let status = Command::new(TOOL)
        .arg("demo")
        .arg(folder)
        .stdout(Stdio::null())
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "the sample could not be made"
    );
    folder.to_owned()
}

fn compare(repository: &Path, name: &str, ours: &[&str], theirs: &[&str], limit: f64) {
    let ours = || {
        let mut command = Command::new(TOOL);
        command.arg("-C").arg(repository).args(ours);
        command
    };
    let theirs = || {
        let mut command = Command::new(theirs[0]);
        command.args(&theirs[1..]).current_dir(repository);
        command
    };
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..=RUNS {
        a.push(timed(ours()));
        b.push(timed(theirs()));
    }
    let (a, b) = (median(&mut a[1..]), median(&mut b[1..]));
    let ratio = a.as_secs_f64() / b.as_secs_f64();
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    println!(
        "{name:<35} {:>9} {:>9} {ratio:>7.2}  {limit:.1}",
        milliseconds(a),
        milliseconds(b)
    );
}

fn timed(mut command: Command) -> Duration {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    // The exit code is the verdict on the repository, not on the measurement.
    command.status().expect("the command can be started");
    start.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

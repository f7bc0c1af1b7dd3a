//! Programs that do not want to end, or not to be seen: none is left, nothing hangs, and every
//! verdict is the right one.

use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::sample::{Sample, tool};

/// Scripts with their time-outs in seconds; the state, and a part of the reason.
const HOSTILE: [(&str, u32, &str, &str); 19] = [
    (
        "sleep 600 & sleep 600",
        1,
        "undecided",
        "did not end within 1 s",
    ),
    (
        "(setsid sh -c 'sleep 600' &); exit 3",
        60,
        "fail",
        "exited with 3",
    ),
    (
        "setsid sh -c \"trap '' TERM; setsid sleep 600 & sleep 600\" & exit 0",
        60,
        "pass",
        "",
    ),
    (
        "trap '' TERM HUP INT; while :; do sleep 1; done",
        1,
        "undecided",
        "did not end within 1 s",
    ),
    (
        "exec >&- 2>&-; sleep 600",
        1,
        "undecided",
        "did not end within 1 s",
    ),
    ("(exec >&- 2>&-; sleep 600) & exit 0", 60, "pass", ""),
    ("head -c $BYTES /dev/zero", 300, "pass", ""),
    (
        "yes | head -c $BYTES; sleep 600",
        1,
        "undecided",
        "did not end within 1 s",
    ),
    (
        "printf 'no newline'; exit 4",
        60,
        "fail",
        "exited with 4:\nno newline",
    ),
    (
        "printf '\\377\\376\\033]0;title\\007\\033[2Jseen'; exit 5",
        60,
        "fail",
        "exited with 5:\n",
    ),
    (
        "cat; read line && exit 1; exit 6",
        60,
        "fail",
        "exited with 6",
    ),
    (
        "echo 9 >a; echo 9 >new; rm b",
        60,
        "fail",
        "`a` was changed",
    ),
    ("kill -STOP $$", 1, "undecided", "did not end within 1 s"),
    ("kill -KILL $$", 60, "undecided", "was ended by SIGKILL"),
    (
        "kill -KILL $PPID; sleep 600",
        60,
        "undecided",
        "ended its supervisor too",
    ),
    (
        "kill -STOP $PPID; exit 0",
        1,
        "undecided",
        "did not end within 1 s",
    ),
    (
        "trap 'exit 0' TERM; kill -TERM $PPID; sleep 600 & wait",
        60,
        "undecided",
        "its supervisor, which was sent SIGTERM",
    ),
    (
        "trap '' TERM; (sleep 5; echo 9 >a) & setsid sh -c 'sleep 5; echo 9 >b' & exit 0",
        60,
        "pass",
        "",
    ),
    (
        "head -c $((BYTES / 10)) /dev/zero | tr '\\0' '\\377'",
        300,
        "pass",
        "",
    ),
];

/// The most memory that the tool may take, in KiB, and each of its supervisors.
const MEMORY: u64 = 100 * 1024;

/// The longest that a round may take.
const PATIENCE: Duration = Duration::from_secs(600);

fn sample() -> Sample {
    let sample = Sample::empty();
    let mut plan = "format = 1\n[milestone]\nid = \"own\"\ntitle = \"Own\"\n".to_owned();
    for (number, (script, timeout, ..)) in HOSTILE.iter().enumerate() {
        plan += &format!(
            "[[checklist]]\nid = \"{number}\"\ntext = \"{number}\"\ncheck.command = \
             {{ run = [\"sh\", \"-c\", '''{script}'''], timeout = {timeout} }}\n"
        );
    }
    sample.write("milestones/own.toml", &plan);
    sample.write("a", "1");
    sample.write("b", "1");
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--message", "start"]);
    assert_eq!(sample.run(&["trust", "own", "--yes"]).code, Some(0));
    sample.write("a", "2");
    sample
}

/// One run: its answer, and the most memory it took, in KiB.
fn round(sample: &Sample, bytes: u64, words: &[&str]) -> (Value, u64) {
    let answer = sample.path(".git/answer");
    let mut tool = tool();
    let mut child = tool
        .current_dir(sample.root())
        .args(["own", "verify", "--full", "--fresh", "--json"])
        .args(words)
        .env("BYTES", bytes.to_string())
        .env("STRESS", sample.root())
        .stdin(Stdio::piped())
        .stdout(fs::File::create(&answer).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (start, mut memory) = (Instant::now(), 0);
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < PATIENCE, "it hangs");
        let supervisors = supervisors(sample).map(|pid| most_memory(&pid));
        let all = supervisors.chain([most_memory(&child.id().to_string())]);
        memory = all.fold(memory, u64::max);
        sleep(Duration::from_millis(20));
    }
    let text = fs::read_to_string(answer).unwrap();
    assert!(!text.contains('\u{1b}'), "a terminal would obey");
    (serde_json::from_str(&text).unwrap(), memory)
}

/// The most memory that a process has taken until now, in KiB (`proc_pid_status(5)`).
fn most_memory(pid: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    line.and_then(|size| size.parse().ok()).unwrap_or(0)
}

fn supervisors(sample: &Sample) -> impl Iterator<Item = String> {
    let marked = marked(sample).filter(|(_, words)| words.contains("__supervise"));
    marked.map(|(pid, _)| pid)
}

/// The processes that have inherited the mark of this sample, with their words.
fn marked(sample: &Sample) -> impl Iterator<Item = (String, String)> {
    let mark = format!("STRESS={}\0", sample.root().display());
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(move |entry| {
        let environment = fs::read(entry.path().join("environ")).ok()?;
        let is_marked = String::from_utf8_lossy(&environment).contains(&mark);
        let words = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let words = String::from_utf8_lossy(&words).replace('\0', " ");
        is_marked.then(|| (entry.file_name().to_string_lossy().into_owned(), words))
    })
}

fn orphans(sample: &Sample) -> Vec<String> {
    marked(sample).map(|(_, words)| words).collect()
}

/// One after the other on the user's files.
const ALONE: [&str; 1] = ["--restore"];

/// Side by side.
const TOGETHER: [&str; 3] = ["--isolated", "--jobs", "4"];

fn stress(rounds: u32, bytes: u64, words: &[&str]) {
    let sample = sample();
    for number in 0..rounds {
        let (report, memory) = round(&sample, bytes, words);
        let boxes = report["checklist"].as_array().unwrap();
        for (judged, (script, _, state, reason)) in boxes.iter().zip(HOSTILE) {
            assert_eq!(judged["state"], state, "round {number}: {script}: {judged}");
            let given = judged["reason"].as_str().unwrap();
            assert!(given.contains(reason), "round {number}: {script}: {given}");
        }
        assert_eq!(boxes.len(), HOSTILE.len());
        assert_eq!(orphans(&sample), [""; 0], "round {number}");
        assert!(memory < MEMORY, "round {number}: {memory} KiB");
        let files = ["a", "b", "new"].map(|it| fs::read_to_string(sample.path(it)).ok());
        let files = files.each_ref().map(Option::as_deref);
        assert_eq!(files, [Some("2"), Some("1"), None], "round {number}");
        // They are kept for the user, and grow.
        fs::remove_dir_all(sample.path(".git/milestones/logs")).unwrap();
    }
}

#[test]
fn hostile_programs_are_judged_right_and_leave_nobody() {
    stress(1, 20_000_000, &ALONE);
}

#[test]
fn hostile_programs_side_by_side_are_judged_right_and_leave_nobody() {
    stress(1, 20_000_000, &TOGETHER);
}

#[test]
#[ignore = "needs half an hour, a third of it in a release build, and room for some gigabytes"]
fn hostile_programs_are_judged_right_fifty_times() {
    stress(50, 1_000_000_000, &ALONE);
}

#[test]
#[ignore = "needs twenty minutes, five in a release build, and room for some gigabytes"]
fn hostile_programs_side_by_side_are_judged_right_fifty_times() {
    stress(50, 1_000_000_000, &TOGETHER);
}

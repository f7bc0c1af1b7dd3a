//! Programs that do not want to end, or not to be seen.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, test_kill_process};

use super::*;

/// Runs a program to its end.
fn run(program: &Program, watch: &mut dyn FnMut(&[u8])) -> Result<Finished, NotStarted> {
    serve(program, &[], watch, Service::wait).map(|(finished, ())| finished)
}

/// Runs a shell script with the time-out in seconds; its log, and what was shown of it.
fn shell(script: &str, timeout: f64) -> (Finished, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    in_folder(folder.path(), &["sh", "-c", script], timeout).unwrap()
}

fn in_folder(
    folder: &Path,
    words: &[&str],
    timeout: f64,
) -> Result<(Finished, Vec<u8>), NotStarted> {
    let program = Program {
        words: words.iter().map(|&word| word.to_owned()).collect(),
        directory: folder.to_owned(),
        environment: BTreeMap::from([("GREETING".to_owned(), "hello".to_owned())]),
        timeout: Duration::from_secs_f64(timeout),
        log: folder.join("log"),
    };
    let mut shown = Vec::new();
    let finished = run(&program, &mut |bytes| shown.extend_from_slice(bytes))?;
    assert_eq!(finished.survivors, 0);
    assert_eq!(fs::read(folder.join("log")).unwrap(), shown);
    Ok((finished, shown))
}

/// Asserts that none of the processes that wrote their number into the file is left.
#[track_caller]
fn assert_nobody_left(pids: &Path) {
    let text = fs::read_to_string(pids).unwrap();
    assert!(!text.trim().is_empty(), "the script wrote no number");
    for pid in text.split_whitespace() {
        let pid = Pid::from_raw(pid.parse().unwrap()).unwrap();
        assert!(test_kill_process(pid).is_err(), "{pid:?} is left");
    }
}

#[test]
fn the_end_is_told_as_it_was() {
    let end = |script| shell(script, 20.0).0.end;
    assert_eq!(end("exit 0"), End::Exited(0));
    assert_eq!(end("exit 3"), End::Exited(3));
    assert_eq!(end("kill -SEGV $$"), End::Signalled("SIGSEGV".to_owned()));
    assert_eq!(end("kill -KILL $$"), End::Signalled("SIGKILL".to_owned()));
    assert_eq!(shell("sleep 60", 0.1).0.end, End::TimedOut);
}

#[test]
fn the_output_is_kept_whole_and_in_order() {
    for (script, expected) in [
        ("echo a; echo b >&2; echo c", "a\nb\nc\n"),
        ("printf 'no newline'", "no newline"),
        ("cat; echo $GREETING", "hello\n"),
        ("printf 'caf\\351\\000'", "caf\u{fffd}\0"),
        ("exec >&- 2>&-; sleep 0.05", ""),
    ] {
        let (finished, shown) = shell(script, 20.0);
        assert_eq!(finished.end, End::Exited(0), "{script}");
        assert_eq!(String::from_utf8_lossy(&shown), expected, "{script}");
    }
}

#[test]
fn output_that_could_not_be_kept_is_not_forgotten() {
    let program = Program {
        words: ["seq", "9"].map(str::to_owned).to_vec(),
        directory: std::env::temp_dir(),
        environment: BTreeMap::new(),
        timeout: Duration::MAX,
        log: PathBuf::from("/dev/full"),
    };
    let finished = run(&program, &mut |_| ()).unwrap();
    assert_eq!((finished.end, finished.log), (End::Exited(0), None));
    assert!(finished.tail.ends_with("8\n9"), "{}", finished.tail);
}

#[test]
fn the_tail_is_plain_text() {
    for (script, expected) in [
        (
            "printf '\\033[31mred\\033[0m\\n10%%\\r20%%\\r\\n\\007\\n\\n'",
            "red\n20%",
        ),
        ("printf 'no newline'", "no newline"),
        ("true", ""),
    ] {
        assert_eq!(shell(script, 20.0).0.tail, expected, "{script}");
    }
    let (finished, _) = shell("seq 1 100000", 20.0);
    let expected: Vec<String> = (99_981..=100_000).map(|n| n.to_string()).collect();
    assert_eq!(finished.tail, expected.join("\n"));
}

#[test]
fn fifty_megabytes_get_through() {
    let (finished, shown) = shell("head -c 50000000 /dev/zero; echo end >&2", 20.0);
    assert_eq!(finished.end, End::Exited(0));
    assert_eq!(shown.len(), 50_000_004);
}

#[test]
fn nothing_is_left_behind() {
    let ignores = "trap '' TERM; echo $$ >>pids; while :; do sleep 1; done";
    let keeps_pipe = "sh -c 'echo $$ >>pids; exec sleep 60' & sleep 0.1; echo done";
    let daemon = r#"
import os, time, sys, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        open("pids", "a").write(f"{os.getpid()}\n")
        time.sleep(60)
    os._exit(0)
time.sleep(0.1)
"#;
    let lingering = format!("{daemon}\ntime.sleep(60)");
    for (words, timeout, end) in [
        (["sh", "-c", ignores], 1.0, End::TimedOut),
        (["sh", "-c", keeps_pipe], 20.0, End::Exited(0)),
        (["python3", "-c", daemon], 20.0, End::Exited(0)),
        (["python3", "-c", &lingering], 4.0, End::TimedOut),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (finished, _) = in_folder(folder.path(), &words, timeout).unwrap();
        assert_eq!(finished.end, end, "{words:?}");
        assert_nobody_left(&folder.path().join("pids"));
    }
}

/// Whoever runs away faster than the process table is read is caught all the same.
#[test]
fn runaways_are_caught() {
    let chain = r#"
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
end = time.time() + 60
while time.time() < end:
    if os.fork():
        os._exit(0)
    os.setsid()
"#;
    let many = r#"
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in range(7):
    os.fork()
    os.setpgid(0, 0)
open("pids", "a").write(f"{os.getpid()}\n")
time.sleep(60)
"#;
    for (script, end) in [(chain, End::Exited(0)), (many, End::TimedOut)] {
        let folder = tempfile::tempdir().unwrap();
        let (finished, _) = in_folder(folder.path(), &["python3", "-c", script], 2.0).unwrap();
        assert_eq!(finished.end, end, "{script}");
        if folder.path().join("pids").exists() {
            assert_nobody_left(&folder.path().join("pids"));
        }
    }
}

#[test]
fn a_supervisor_that_is_attacked_leaves_nobody() {
    let daemon = "setsid sh -c 'echo $$ >>pids; exec sleep 60' & sleep 0.2; echo $$ >>pids;";
    let killed = "something that ended its supervisor too (signal: 9 (SIGKILL))";
    let killed = End::Signalled(killed.to_owned());
    let asked = |name| End::Signalled(format!("its supervisor, which was sent {name}"));
    for (attack, end) in [
        ("kill -KILL $PPID; sleep 60", killed),
        ("kill -STOP $PPID; exit 0", End::TimedOut),
        ("while :; do kill -STOP $PPID; done", End::TimedOut),
        ("kill -TERM $PPID; sleep 60", asked("SIGTERM")),
        // What it says after it was asked to end is not taken for its end.
        (
            "trap 'exit 0' INT TERM; kill -INT $PPID; sleep 60 & wait",
            asked("SIGINT"),
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let script = format!("{daemon} {attack}");
        let (finished, _) = in_folder(folder.path(), &["sh", "-c", &script], 1.5).unwrap();
        assert_eq!(finished.end, end, "{attack}");
        assert_nobody_left(&folder.path().join("pids"));
    }
}

/// A program may be faster than its supervisor, which could not yet say that it was started.
#[test]
fn a_supervisor_that_is_stopped_at_once_hangs_nobody() {
    thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| {
                let (finished, _) = shell("kill -STOP $PPID; exit 0", 1.0);
                assert_eq!(finished.end, End::TimedOut);
            });
        }
    });
}

#[test]
fn a_stranger_is_left_alone() {
    let mut stranger = Command::new("sleep");
    let mut stranger = stranger.arg("60").process_group(0).spawn().unwrap();
    shell("sleep 60 & exit", 20.0);
    assert_eq!(stranger.try_wait().unwrap(), None);
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[test]
fn what_asks_to_end_is_listened_to() {
    let folder = tempfile::tempdir().unwrap();
    let polite = "trap 'echo bye; exit' TERM; echo $$ >pids; while :; do sleep 0.05; done";
    let (finished, shown) = in_folder(folder.path(), &["sh", "-c", polite], 0.3).unwrap();
    assert_eq!(finished.end, End::TimedOut);
    assert!(shown.ends_with(b"bye\n"), "{:?}", finished.tail);
    assert!(finished.duration < Duration::from_secs(5));
    assert_nobody_left(&folder.path().join("pids"));
}

/// A signal reaches the whole process, with all tests that run in it: this one starts itself
/// once more, alone.
#[test]
fn a_signal_to_the_runner_ends_the_program_and_not_the_runner() {
    const ALONE: &str = "SIGNALS_REACH_NO_OTHER_TEST";
    if std::env::var_os(ALONE).is_some() {
        return signalled_while_a_program_runs();
    }
    let name = "process::tests::a_signal_to_the_runner_ends_the_program_and_not_the_runner";
    let mut tests = Command::new(std::env::current_exe().unwrap());
    let output = tests.args(["--exact", name]).env(ALONE, "1").output();
    let output = output.unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && words.contains("1 passed"),
        "{words}"
    );
}

fn signalled_while_a_program_runs() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("echo $$ >pids; kill -TERM {}; sleep 60", std::process::id());
    let (finished, _) = in_folder(folder.path(), &["sh", "-c", &script], 20.0).unwrap();
    assert_eq!(finished.end, End::Interrupted("SIGTERM".to_owned()));
    assert_nobody_left(&folder.path().join("pids"));
}

#[test]
fn what_cannot_be_started_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("script"), "#!/no/such/interpreter\n").unwrap();
    fs::write(folder.path().join("data"), "").unwrap();
    Command::new("chmod")
        .arg("+x")
        .arg(folder.path().join("script"))
        .status()
        .unwrap();
    for (program, expected) in [
        ("no-such-program", "`no-such-program` was not found"),
        ("./missing", "`./missing` was not found"),
        (
            "./script",
            "`./script` cannot be started: the interpreter that it names was not found",
        ),
        (
            "./data",
            "`./data` cannot be started: Permission denied (os error 13)",
        ),
    ] {
        let error = in_folder(folder.path(), &[program], 20.0).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let missing = folder.path().join("missing");
    let program = Program {
        words: vec!["true".to_owned()],
        directory: missing.clone(),
        environment: BTreeMap::new(),
        timeout: Duration::from_secs(1),
        log: folder.path().join("log"),
    };
    let error = run(&program, &mut |_| ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("no such folder: `{}`", missing.display())
    );
}

#[test]
#[ignore = "is what other tests start: it supervises a program and wants an order"]
fn is_the_supervisor() {
    supervisor::obey().unwrap();
}

use checks::snapshot::Memory;

use super::*;
use crate::world::tests::Sample;

pub(super) fn command(text: &str) -> Result<Command, String> {
    toml::from_str(text).map_err(|error| error.message().to_owned())
}

fn shell(script: &str) -> Command {
    command(&format!("run = ['sh', '-c', '''{script}''']\nenv = {{ K = 'v' }}")).unwrap()
}

fn judge(command: &Command, world: &mut World) -> Ruling {
    command.judge(world)
}

/// The verdict on a shell script in a repository with a committed `a` and `sub/b`, an
/// edited `e` and an ignored `cache`; in one line.
fn verdict(command: &Command) -> String {
    let files = [("a", "1\n"), ("sub/b", "1\n"), ("e", "1\n"), (".gitignore", "cache\n")];
    let sample = Sample::new(&files);
    sample.shell("echo 2 >e; echo 2 >cache");
    match judge(command, &mut sample.world()) {
        Ruling::Judged(answer, _) => said(&answer.verdict),
        Ruling::Skipped(reason) | Ruling::Manual(reason) => format!("skipped: {reason}"),
    }
}

fn said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Pass => "pass".to_owned(),
        Verdict::Undecided(why) => format!("undecided: {why}"),
        Verdict::Fail(findings) => {
            let findings = findings.iter().map(|finding| {
                let place = finding.place.as_ref();
                let place = place.map(|it| format!("{}:{}: ", it.path, it.line));
                let message = finding.message.replace('\n', " | ");
                let message = message.split(": commit the result").next().unwrap().to_owned();
                place.unwrap_or_default() + &message
            });
            format!("fail: {}", findings.collect::<Vec<_>>().join("; "))
        }
    }
}

#[test]
fn the_exit_status_decides() {
    for (script, expected) in [
        ("true", "pass"),
        ("echo FAILED; echo hm >&2", "pass"),
        ("exit 2", "fail: `…` exited with 2 and printed nothing"),
        ("echo a; echo b >&2; exit 1", "fail: `…` exited with 1: | a | b"),
        ("kill -KILL $$", "undecided: `…` was ended by SIGKILL"),
        ("test \"$K\" = v && test -e sub", "pass"),
        ("echo 3 >cache", "pass"),
        ("echo 3 >a; echo 1 >a", "pass"),
        ("trap 'exit 0' TERM; kill -TERM $PPID; sleep 60 & wait", "undecided: `…` was ended by its supervisor, which was sent SIGTERM"),
        // Who still runs at the end changes nothing afterwards.
        ("trap '' TERM; (sleep 5; echo 3 >a) & exit 0", "pass"),
        ("trap '' TERM; setsid sh -c 'sleep 5; echo 3 >a' & exit 0", "pass"),
        // Nor does it learn that somebody that it waits for was ended.
        ("for n in 1 2 3 4 5 6 7 8 9; do setsid sh -c \"sleep 60; echo 3 >$n\" & done; exit 0", "pass"),
        ("trap '' TERM; for n in 1 2 3 4 5 6 7 8 9; do setsid sh -c \"sleep 60; echo 3 >$n\" & done; exit 0", "pass"),
        ("trap '' TERM; for n in 1 2 3 4 5 6 7 8 9; do setsid sh -c \"sleep 60; echo 3 >$n\" & done; kill -KILL $PPID", "undecided: `…` was ended by something that ended its supervisor too (signal: 9 (SIGKILL))"),
        ("(while :; do echo 3 >new; done) & sleep 0.2; exit 0", "fail: new:1: `new` was created by `…`"),
    ] {
        assert_shell(script, expected);
    }
}

#[test]
fn what_still_runs_at_the_end_is_told() {
    for (script, is_told) in [
        ("sleep 60 & exit 0", true),
        ("setsid sleep 60 & exit 1", true),
        ("sleep 0.1 & wait", false),
        ("trap 'exit 1' TERM; kill -TERM $PPID; sleep 60 & wait", false),
    ] {
        let sample = Sample::new(&[("a", "")]);
        let Ruling::Judged(answer, _) = judge(&shell(script), &mut sample.world()) else {
            panic!("{script}");
        };
        let left = "left processes running, which were ended";
        let told = answer.remarks.iter().any(|remark| remark.ends_with(left));
        assert_eq!(told, is_told, "{script}: {:?}", answer.remarks);
    }
}

#[test]
fn a_changed_file_fails() {
    for (script, expected) in [
        ("echo 3 >a", "fail: a:1: `a` was changed by `…`"),
        ("echo 3 >e", "fail: e:1: `e` was changed by `…`"),
        ("rm a", "fail: `a` was deleted by `…`"),
        (
            "echo 3 >sub/n; exit 1",
            "fail: `…` exited with 1 and printed nothing; sub/n:1: `sub/n` was created by `…`",
        ),
        ("echo 3 >a; kill -KILL $$", "undecided: `…` was ended by SIGKILL; `a` was changed"),
    ] {
        assert_shell(script, expected);
    }
}

#[track_caller]
fn assert_shell(script: &str, expected: &str) {
    let command = shell(script);
    let said = verdict(&command).replace(&command.title(), "`…`");
    assert_eq!(said, expected, "{script}");
}

#[test]
fn the_summary_of_the_tests_is_read() {
    for (script, expected) in [
        ("echo '3 passed in 0.1s'", "pass"),
        ("echo 'all 0 tests passed'", "pass"),
        ("echo 'no tests ran in 0.1s'", "fail: `…` exited with 0, but executed no test"),
        ("echo '1 skipped in 0.1s'", "fail: `…` exited with 0, but executed no test"),
        (
            "echo '1 failed in 0.1s'",
            "undecided: `…` exited with 0, but says that 1 of its tests failed",
        ),
        (
            "echo 'FAILED t.py::a - x'; echo '1 failed in 1s'; exit 1",
            "fail: test `t.py::a` failed; `…` exited with 1: | FAILED t.py::a - x | 1 failed in 1s",
        ),
    ] {
        assert_shell(script, expected);
    }
}

#[test]
fn a_junit_report_counts_and_must_be_written() {
    let report = |inside: &str| format!("<testsuite>{inside}</testsuite>");
    let failing = report("<testcase name=\"a\"><failure/></testcase>");
    for (inside, status, expected) in [
        (report("<testcase name=\"a\"/>"), 0, "pass"),
        (report(""), 0, "fail: `…` exited with 0, but executed no test"),
        (failing.clone(), 0, "undecided: `…` exited with 0, but says that 1 of its tests failed"),
        (failing, 1, "fail: test `a` failed; `…` exited with 1 and printed nothing"),
        ("no".to_owned(), 0, "undecided: `…` passed, but `ROOT/cache` is no JUnit report: it has no whole `testsuite`"),
    ] {
        let mut command = shell(&format!("echo \"$R\" >cache; exit {status}"));
        command.junit = Some(RepoPath::new("cache").unwrap());
        command.environment.insert("R".to_owned(), inside);
        let said = verdict(&command).replace(&command.title(), "`…`");
        let said = match said.split_once("`/") {
            Some((before, after)) => {
                let after = after.split_once("/cache").unwrap().1;
                format!("{before}`ROOT/cache{after}")
            }
            None => said,
        };
        assert_eq!(said, expected);
    }
    let mut lazy = shell("true");
    lazy.junit = Some(RepoPath::new("cache").unwrap());
    assert!(verdict(&lazy).contains("was not written by this run"));
}

#[test]
fn a_missing_program_is_named() {
    let missing = verdict(&command("run = ['no-such-program', 'x']").unwrap());
    assert_eq!(missing, "undecided: `no-such-program` was not found");
    let missing = verdict(&shell("no-such-program"));
    assert!(missing.starts_with("undecided: "), "{missing}");
    assert!(missing.contains("no-such-program: "), "{missing}");
    let make = "make: uv: No such file or directory\nmake: *** [Makefile:6: x] Error 127";
    let line = program_missing(2, make);
    assert_eq!(line, Some("make: uv: No such file or directory"));
    assert_eq!(program_missing(2, "make: *** [Makefile:6: x] Error 1"), None);
    for no_room in [
        "sh: 1: Cannot fork",
        "./run: fork: retry: Resource temporarily unavailable",
        "sh: fork: Resource temporarily unavailable",
    ] {
        assert_eq!(program_missing(2, no_room), Some(no_room));
    }
    assert_eq!(program_missing(1, "read: Resource temporarily unavailable"), None);
}

#[test]
fn a_time_out_says_nothing() {
    let mut command = shell("sleep 60");
    command.timeout = Duration::from_millis(100);
    let said = verdict(&command);
    assert!(said.starts_with("undecided: "), "{said}");
    assert!(said.contains("did not end within"), "{said}");
}

#[test]
fn the_folder_is_where_it_runs() {
    let runs_in = |folder: &str| {
        verdict(&command(&format!("run = ['test', '-e', 'b']\ndirectory = '{folder}'")).unwrap())
    };
    assert_eq!(runs_in("sub"), "pass");
    let missing = "undecided: `test -e b` cannot run: no such folder: `missing`";
    assert_eq!(runs_in("missing"), missing);
}

#[test]
fn one_command_runs_once() {
    let sample = Sample::new(&[(".gitignore", "runs\n")]);
    let mut world = sample.world();
    let counting = shell("echo run >>runs");
    let mut other = counting.clone();
    other.environment.clear();
    for command in [&counting, &counting, &other, &counting, &other] {
        let ruling = judge(command, &mut world);
        assert!(matches!(ruling, Ruling::Judged(Answer { verdict: Verdict::Pass, .. }, Some(_))));
    }
    let runs = std::fs::read_to_string(sample.root().join("runs")).unwrap();
    assert_eq!(runs, "run\nrun\n");
}

#[test]
fn the_run_is_recorded() {
    let sample = Sample::new(&[]);
    let Ruling::Judged(_, Some(run)) = judge(&shell("echo said; exit 3"), &mut sample.world())
    else {
        panic!("it did not run");
    };
    assert_eq!((run.exit, run.command.len()), (Some(3), 3));
    let log = run.log.unwrap();
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "said\n");
    assert!(std::path::Path::new(&log).starts_with(sample.root().join(".git")));
}

#[test]
fn nothing_runs_that_must_not() {
    let sample = Sample::new(&[("a", "1\n")]);
    let changing = shell("echo 2 >a");
    let reason = |text: &str| Some(text.to_owned());
    let mut world = sample.world();
    world.no_programs = reason("only with `--full`");
    assert_eq!(judge(&changing, &mut world), Ruling::skipped("only with `--full`"));
    let mut world = sample.world();
    world.other_files = reason("other files");
    assert_eq!(judge(&changing, &mut world), Ruling::undecided("other files"));
    let mut world = sample.world();
    world.interrupted = reason("SIGINT");
    let interrupted = Ruling::undecided("not run: interrupted by SIGINT");
    assert_eq!(judge(&changing, &mut world), interrupted);
    sample.shell("git diff --exit-code");
    let mut world = sample.world();
    judge(&changing, &mut world);
    let Ruling::Judged(answer, None) = judge(&shell("true"), &mut world) else {
        panic!("it ran on changed files");
    };
    assert!(said(&answer.verdict).contains("has changed files"));
    assert!(matches!(judge(&changing, &mut world), Ruling::Judged(_, Some(_))));
}

#[test]
fn tests_that_are_not_collected_are_named() {
    let covering = command(
        "run = ['true']\ncollects = 'tests/unit/**/*.py'\ntests = 'tests/**/test_*.py'\n\
         covers = ['shop.orders', 'shop.bills']",
    )
    .unwrap();
    let snapshot = Memory::new([
        ("tests/unit/test_a.py", "import shop.orders\n"),
        ("tests/api/test_b.py", "def test():\n    from shop import orders\n"),
        ("tests/api/test_c.py", "import shop.orders_old\n"),
    ]);
    let remarks = vec![
        "`true` does not collect these tests that use `shop.orders`: `tests/api/test_b.py`"
            .to_owned(),
        "no test in `tests/**/test_*.py` uses `shop.bills`".to_owned(),
    ];
    assert_eq!(covering.remarks(&snapshot), remarks);
}

#[test]
fn a_wrong_command_is_refused() {
    for (text, expected) in [
        ("run = []", "`run` names no program"),
        ("run = [' ']", "`run` names no program"),
        ("run = ['a']\ntimeout = 0", "`timeout` is 0: nothing ends in no time"),
        ("run = ['a']\nenv = { 'A=B' = 'x' }", "`env`: `A=B` cannot be a variable's name"),
        (
            "run = ['a']\ncovers = ['x']",
            "`collects`, `tests` and `covers` mean something only together",
        ),
        (
            "run = ['a']\ncollects = 'x'\ntests = 'x'\ncovers = ['a-b']",
            "`covers` holds a word that is no Python module's name",
        ),
    ] {
        assert_eq!(command(text).unwrap_err(), expected, "{text}");
    }
    for text in ["run = 'make'", "run = ['a']\ndirectory = '../x'", "run = ['a']\nx = 1", ""] {
        assert!(command(text).is_err(), "{text}");
    }
    assert_eq!(command("run = ['a']").unwrap().timeout, Duration::from_secs(1800));
}

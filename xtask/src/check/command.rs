//! `command`: a program passes.

mod control;
mod junit;
mod line;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use checks::files::Files;
use checks::path::RepoPath;
use checks::python::module_users;
use checks::snapshot::Snapshot;
use checks::verdict::{Answer, Finding, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tasks::outside::{Ruling, Run, TestCounts};

use self::junit::Expected;
pub(crate) use self::line::{executes as line_executes, run_line};
use crate::process::{End, Program};
use crate::proof;
use crate::test_output;
use crate::trust::Executed;
use crate::world::{Ran, Show, World, command_line};

/// A program with arguments passes: it exits with 0 and changes no file of the repository.
///
/// ```toml
/// check = { command = { run = ["make", "test-unit"] } }
/// ```
///
/// Only `run` is needed. `timeout` is in seconds, half an hour if it is left out; `directory`
/// is where it runs, and `env` is added to its environment. `covers` names Python modules whose
/// tests the program should collect: test files (of `tests`) that use one of them and that the
/// program does not collect (`collects`) are named in a remark, whether or not it runs.
///
/// ```toml
/// [check.command]
/// run = ["make", "test-unit"]
/// timeout = 600
/// env = { CI = "1" }
/// directory = "backend"
/// collects = "tests/unit/**/*.py"
/// tests = "tests/**/test_*.py"
/// covers = ["shop.orders"]
/// junit = "build/report.xml"
/// ```
///
/// `junit` names the JUnit report that the program writes on each run: its test cases count, and
/// a run that writes none is undecided. Otherwise what the program prints is read.
///
/// Ignored files may change. A program that is not there, that a signal ends, or that does not
/// end in time says nothing about the repository: undecided.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "Written")]
#[schemars(with = "Written")]
pub(crate) struct Command {
    run: Vec<String>,
    timeout: Duration,
    environment: BTreeMap<String, String>,
    directory: Option<RepoPath>,
    coverage: Option<Coverage>,
    junit: Option<RepoPath>,
}

impl Command {
    pub(crate) fn judge(&self, world: &mut World) -> Ruling {
        let key = self.key();
        world.once(&key, |world| self.ask_or_reuse(&key, world))
    }

    /// See [`Live::alone`](super::Live::alone).
    pub(crate) fn alone(&self, world: &World) -> Option<String> {
        let key = self.key();
        let proved = proof::key(&key, world.interpreter().ok().as_deref());
        let is_proved = world.proofs.of(&proved).is_some_and(|proof| proof.own);
        (!is_proved).then_some(key)
    }

    /// What it covers does not belong to what is run: two criteria may ask it of one run.
    fn key(&self) -> String {
        let key = (&self.run, &self.environment, &self.directory);
        match &self.junit {
            None => format!("command {key:?}"),
            Some(junit) => format!("command {key:?} junit {junit}"),
        }
    }

    /// A pass on this very tree is not earned again; anybody else's word is only told.
    fn ask_or_reuse(&self, key: &str, world: &mut World) -> Ruling {
        let key = proof::key(key, world.interpreter().ok().as_deref());
        let proof = world.proofs.of(&key).cloned();
        if let Some(proof) = proof.as_ref().filter(|proof| proof.own) {
            return self.reused(key, &proof.at);
        }
        let mut ruling = self.ask(world);
        if let Ruling::Judged(answer, run) = &mut ruling {
            if let Some(run) = run {
                run.key = Some(key);
            }
            let claimed = proof.map(|proof| {
                format!("somebody claims that it passed at {}: it was run all the same", proof.at)
            });
            answer.remarks.extend(claimed);
        }
        ruling
    }

    fn reused(&self, key: String, at: &str) -> Ruling {
        let answer = Answer {
            verdict: Verdict::Pass,
            remarks: vec![format!("proved at {at}, reused; `--fresh` runs it again")],
        };
        let run = Run {
            command: self.run.clone(),
            exit: Some(0),
            seconds: 0.0,
            log: None,
            key: Some(key),
            reused: Some(at.to_owned()),
            tests: None,
            modules: None,
        };
        Ruling::Judged(answer, Some(Box::new(run)))
    }

    /// Everything that decides what is executed; what it covers only asks for a remark.
    pub(crate) fn executes(&self) -> Executed {
        let Self {
            run,
            timeout,
            environment,
            directory,
            coverage: _,
            junit: _,
        } = self;
        Executed::new(
            "command",
            [
                ("run", json!(run)),
                ("env", json!(environment)),
                ("directory", json!(directory)),
                ("timeout", json!(timeout.as_secs())),
            ],
        )
    }

    /// The tests that the program should collect and does not.
    pub(crate) fn remarks(&self, snapshot: &dyn Snapshot) -> Vec<String> {
        let coverage = self.coverage.iter();
        let coverage = coverage.flat_map(|it| it.remarks(snapshot, &self.title()));
        coverage.chain(self.blind_remarks(snapshot)).collect()
    }

    fn ask(&self, world: &mut World) -> Ruling {
        let title = self.title();
        let directory = match world.folder(self.directory.as_ref()) {
            Ok(directory) => directory,
            Err(why) => return Ruling::undecided(format!("{title} cannot run: {why}")),
        };
        let program = Program {
            words: self.run.clone(),
            directory,
            environment: self.environment.clone(),
            timeout: self.timeout,
            log: world.log(&title),
        };
        let report = self.junit.as_ref();
        let report = report.map(|path| Expected::at(world.root.join(path.as_str())));
        match world.run(&title, &program, Show::Output) {
            Ok(ran) => {
                let tests = match &report {
                    Some(report) => report.counts().map(Some),
                    None => Ok(test_output::read(&ran.finished.output())),
                };
                let mut run = ran.record(&self.run);
                let mut answer = self.answer(&ran, tests.as_ref().ok().and_then(Option::as_ref));
                match tests {
                    Ok(tests) => run.tests = tests,
                    Err(why) if answer.verdict == Verdict::Pass => {
                        answer.verdict = Verdict::Undecided(format!("{title} passed, but {why}"));
                    }
                    Err(why) => answer.remarks.push(why),
                }
                Ruling::Judged(answer, Some(Box::new(run)))
            }
            Err(why) => Ruling::undecided(why),
        }
    }

    fn answer(&self, ran: &Ran, tests: Option<&TestCounts>) -> Answer {
        let title = self.title();
        let verdict = match (self.outcome(ran, tests), &ran.changes) {
            (Err(why), Ok(changes)) => {
                let mut why = why;
                for change in changes {
                    let _ = write!(why, "; `{}` was {}", change.path, change.what);
                }
                Verdict::Undecided(why)
            }
            (Err(why), Err(_)) => Verdict::Undecided(why),
            (Ok(failed), Err(why)) if failed.is_empty() => Verdict::Undecided(why.clone()),
            (Ok(failed), changes) => {
                let changes = changes.iter().flatten();
                let message = format!(
                    "by {title}: commit the result if it is wanted, or let the plan run a \
                     variant that only checks"
                );
                let changed = changes.map(|change| change.finding(&message));
                Verdict::from_findings(failed.into_iter().chain(changed).collect())
            }
        };
        Answer {
            verdict,
            remarks: tests
                .map(counted)
                .into_iter()
                .chain(ran.unread(&title))
                .chain(ran.left_behind(&title))
                .chain(ran.notes.iter().cloned())
                .collect(),
        }
    }

    /// What speaks against the program having passed.
    ///
    /// # Errors
    ///
    /// It says nothing about the repository, for this reason.
    fn outcome(&self, ran: &Ran, tests: Option<&TestCounts>) -> Result<Vec<Finding>, String> {
        let title = self.title();
        let tail = &ran.finished.tail;
        match &ran.finished.end {
            End::Exited(0) => self.succeeded(tests),
            End::Exited(status) => match program_missing(*status, tail) {
                Some(line) => Err(format!(
                    "{title} exited with {status} because a program that it needs could not be \
                     started: {line}"
                )),
                None => {
                    let printed = if tail.is_empty() {
                        " and printed nothing".to_owned()
                    } else {
                        format!(":\n{tail}")
                    };
                    let message = format!("{title} exited with {status}{printed}");
                    let failing = tests.into_iter().flat_map(failing);
                    Ok(failing.chain([Finding::general(message)]).collect())
                }
            },
            End::Stopped => Err(format!("{title} was stopped before its end")),
            End::Signalled(signal) => Err(format!("{title} was ended by {signal}")),
            End::TimedOut => Err(format!(
                "{title} did not end within {} s and was ended (`timeout` in the plan)",
                self.timeout.as_secs()
            )),
            End::Interrupted(signal) => Err(format!("{title} was interrupted by {signal}")),
        }
    }

    /// An exit status of 0 is not believed against the program's own summary.
    fn succeeded(&self, tests: Option<&TestCounts>) -> Result<Vec<Finding>, String> {
        let title = self.title();
        match tests {
            Some(tests) if tests.failed > 0 => Err(format!(
                "{title} exited with 0, but says that {} of its tests failed",
                tests.failed
            )),
            Some(tests) if tests.executed() == 0 => Ok(vec![Finding::general(format!(
                "{title} exited with 0, but executed no test"
            ))]),
            _ => Ok(Vec::new()),
        }
    }

    fn title(&self) -> String {
        format!("`{}`", command_line(&self.run))
    }
}

/// The failing tests that are named one by one.
const NAMED: usize = 20;

fn failing(tests: &TestCounts) -> impl Iterator<Item = Finding> {
    let names = tests.failing.iter().take(NAMED);
    names.map(|name| Finding::general(format!("test `{name}` failed")))
}

fn counted(tests: &TestCounts) -> String {
    let TestCounts {
        runner,
        passed,
        failed,
        skipped,
        ..
    } = tests;
    format!("{runner}: {passed} passed, {failed} failed, {skipped} skipped")
}

/// The line that says that a program could not be started, if that is why it failed.
///
/// Shells (POSIX, "Exit Status for Commands") and programs that run others, as `env` and
/// `timeout`, say so with 126 and 127; GNU make, which itself exits with 2, prints that status.
fn program_missing(status: i32, tail: &str) -> Option<&str> {
    let last = tail.lines().next_back().unwrap_or("it printed nothing");
    if matches!(status, 126 | 127) || is_without_room(last) {
        return Some(last);
    }
    let stopped = tail.lines().position(|line| {
        line.contains(": *** [") && (line.ends_with("Error 127") || line.ends_with("Error 126"))
    })?;
    // Make prints why on the line before.
    tail.lines().nth(stopped.saturating_sub(1))
}

/// Whether a shell says that the system has no room for another process: dash in the first way,
/// bash in the second.
fn is_without_room(line: &str) -> bool {
    let refused = line.contains("fork: ") && line.ends_with("Resource temporarily unavailable");
    refused || line.ends_with(": Cannot fork")
}

/// Which tests a program collects, and which it should.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Coverage {
    collects: Files,
    tests: Files,
    modules: Vec<String>,
}

impl Coverage {
    fn remarks(&self, snapshot: &dyn Snapshot, title: &str) -> Vec<String> {
        let files = self.collects.select(snapshot);
        let files = files.and_then(|collected| Ok((collected, self.tests.select(snapshot)?)));
        match files {
            Ok((collected, tests)) => {
                let collected: BTreeSet<RepoPath> = collected.into_iter().collect();
                let (collected, missed): (Vec<_>, Vec<_>) =
                    tests.into_iter().partition(|path| collected.contains(path));
                let remark = |module: &String| self.remark(snapshot, module, &collected, &missed, title);
                self.modules.iter().filter_map(remark).collect()
            }
            Err(error) => vec![format!("which tests {title} collects is not known: {error}")],
        }
    }

    fn remark(
        &self,
        snapshot: &dyn Snapshot,
        module: &str,
        collected: &[RepoPath],
        missed: &[RepoPath],
        title: &str,
    ) -> Option<String> {
        let users = module_users(snapshot, missed, module);
        let paths: BTreeSet<String> = users.iter().map(|it| format!("`{}`", it.path)).collect();
        if !paths.is_empty() {
            let paths: Vec<String> = paths.into_iter().collect();
            let paths = paths.join(", ");
            return Some(format!("{title} does not collect these tests that use `{module}`: {paths}"));
        }
        let uses = |path: &RepoPath| {
            !module_users(snapshot, std::slice::from_ref(path), module).is_empty()
        };
        let none = !collected.iter().any(uses);
        none.then(|| format!("no test in `{}` uses `{module}`", self.tests))
    }
}

/// A command as it stands in a plan file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Written {
    run: Vec<String>,
    #[serde(default = "half_an_hour")]
    timeout: u64,
    #[serde(default)]
    env: BTreeMap<String, String>,
    directory: Option<RepoPath>,
    collects: Option<Files>,
    tests: Option<Files>,
    #[serde(default)]
    covers: Vec<String>,
    junit: Option<RepoPath>,
}

/// The time-out of a command that names none, in seconds.
fn half_an_hour() -> u64 {
    30 * 60
}

impl TryFrom<Written> for Command {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        if written.run.first().is_none_or(|program| program.trim().is_empty()) {
            return Err("`run` names no program".to_owned());
        }
        if written.run.iter().any(|word| word.contains('\0')) {
            return Err("`run` holds a NUL character".to_owned());
        }
        if written.timeout == 0 {
            return Err("`timeout` is 0: nothing ends in no time".to_owned());
        }
        let is_bad = |name: &&String| name.is_empty() || name.contains(['=', '\0']);
        if let Some(name) = written.env.keys().find(is_bad) {
            return Err(format!("`env`: `{}` cannot be a variable's name", name.escape_debug()));
        }
        let coverage = match (written.collects, written.tests, written.covers) {
            (_, _, modules) if modules.iter().any(|it| !is_module_name(it)) => {
                return Err("`covers` holds a word that is no Python module's name".to_owned());
            }
            (Some(collects), Some(tests), modules) if !modules.is_empty() => {
                Some(Coverage { collects, tests, modules })
            }
            (None, None, modules) if modules.is_empty() => None,
            _ => {
                let why = "`collects`, `tests` and `covers` mean something only together";
                return Err(why.to_owned());
            }
        };
        Ok(Self {
            run: written.run,
            timeout: Duration::from_secs(written.timeout),
            environment: written.env,
            directory: written.directory,
            coverage,
            junit: written.junit,
        })
    }
}

/// Whether a text is a dotted Python name.
pub(super) fn is_module_name(text: &str) -> bool {
    let is_name = |part: &str| {
        let mut characters = part.chars();
        characters.next().is_some_and(|c| c == '_' || c.is_alphabetic())
            && characters.all(|c| c == '_' || c.is_alphanumeric())
    };
    text.split('.').all(is_name)
}

#[cfg(test)]
mod tests {
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
}

//! `command`: a program passes.

mod control;
mod coverage;
mod junit;
mod line;
mod written;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use checks::path::RepoPath;
use checks::snapshot::Snapshot;
use checks::verdict::{Answer, Finding, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tasks::outside::{Ruling, Run, TestCounts};

use self::coverage::Coverage;
use self::junit::Expected;
pub(crate) use self::line::{executes as line_executes, run_line};
use self::written::Written;
pub(super) use self::written::is_module_name;
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

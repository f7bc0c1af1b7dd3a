//! A line of the plan's, run in a shell.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use checks::check::smoke_test::SmokeTest;
use checks::verdict::Verdict;
use serde_json::json;
use tasks::outside::{LineRun, Ruling};

use super::Command;
use super::written::half_an_hour;
use crate::trust::Executed;
use crate::world::World;

/// What a smoke test hands to a shell; none if it needs none.
pub(crate) fn executes(line: &str) -> Option<Executed> {
    let needs = SmokeTest::new(line).needs_shell();
    needs.then(|| Executed::new("smoke_test", [("run", json!(line))]))
}

/// Runs a line as a `command` check would run it, and hands over what it printed.
pub(crate) fn run_line(line: &str, world: &mut World) -> LineRun {
    // What nobody was shown when the plan's commands were allowed does not run.
    if executes(line).is_none() {
        return LineRun::Undecided("it is read without a shell, which does not understand it".to_owned());
    }
    let command = Command {
        run: ["sh", "-c", line].map(str::to_owned).to_vec(),
        timeout: Duration::from_secs(half_an_hour()),
        environment: BTreeMap::new(),
        directory: None,
        coverage: None,
        junit: None,
    };
    // Its own word counts, and that is not kept with evidence: it is never reused.
    let key = format!("line {}", command.key());
    match world.once(&key, |world| command.ask(world)) {
        Ruling::Skipped(why) | Ruling::Manual(why) => LineRun::Skipped(why),
        Ruling::Judged(answer, None) => LineRun::Undecided(match answer.verdict {
            Verdict::Undecided(why) => why,
            Verdict::Pass | Verdict::Fail(_) => "it did not run".to_owned(),
        }),
        Ruling::Judged(answer, Some(run)) => {
            let log = run.log.as_ref().map(fs::read);
            match (run.exit, log, answer.verdict) {
                (_, _, Verdict::Undecided(why)) => LineRun::Undecided(why),
                (Some(0), _, Verdict::Fail(findings)) => {
                    let first = findings.first().map(|it| it.message.clone());
                    LineRun::Undecided(first.unwrap_or_default())
                }
                (Some(exit), Some(Ok(log)), _) => LineRun::Ended {
                    output: String::from_utf8_lossy(&log).into_owned(),
                    exit,
                },
                _ => LineRun::Undecided("what it printed could not be kept".to_owned()),
            }
        }
    }
}

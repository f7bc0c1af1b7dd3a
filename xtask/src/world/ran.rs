//! A program that ran in the work tree.

use tasks::outside::Run;

use crate::contents::Change;
use crate::process::{End, Finished};

/// A program that ran in the work tree.
#[derive(Debug)]
pub(crate) struct Ran {
    /// How it went.
    pub(crate) finished: Finished,
    /// The files that are not what they were; or why that cannot be known.
    pub(crate) changes: Result<Vec<Change>, String>,
    /// What was put back of them, or how to do that.
    pub(crate) notes: Vec<String>,
}

impl Ran {
    /// The record of it for the report.
    pub(crate) fn record(&self, command: &[String]) -> Run {
        let Finished {
            end, duration, log, ..
        } = &self.finished;
        Run {
            command: command.to_vec(),
            exit: match end {
                End::Exited(status) => Some(*status),
                _ => None,
            },
            seconds: duration.as_secs_f64(),
            log: log.as_ref().map(|log| log.display().to_string()),
            tests: None,
            modules: None,
            key: None,
            reused: None,
        }
    }

    /// That what the program called `title` has printed is not known to its end.
    pub(crate) fn unread(&self, title: &str) -> Option<String> {
        let lost = self.finished.log.is_none();
        lost.then(|| {
            format!(
                "what {title} printed could not be kept, and is known only in its last lines: is \
                 the disk full?"
            )
        })
    }

    /// What is to be said about what the program called `title` left behind.
    pub(crate) fn left_behind(&self, title: &str) -> Option<String> {
        match (self.finished.survivors, self.finished.left) {
            (0, false) => None,
            (0, true) => Some(format!("{title} left processes running, which were ended")),
            (count, _) => Some(format!(
                "{title} left processes behind that could not be ended: {count}"
            )),
        }
    }
}

//! What the exit status of a line can hide.

use super::command::Command;
use super::evaluate::is_shown;
use super::parser::{AndOr, Body, Join, List, Pipeline, Stage};
use super::says::{Said, can_say};

/// Lines with more commands of unknown status are not answered: each doubles the work.
const UNKNOWN_LIMIT: usize = 10;

/// Whether the line can fail and exit 0 all the same; none if it has too many commands.
///
/// Every combination of statuses is tried. To fail is to say a failure; in a line that knows no
/// word for it, not to say its success; and in a line without such words, that a command fails
/// whose status can never show.
pub(crate) fn exit_hides_failure(list: &List) -> Option<bool> {
    let unknown = list
        .stages()
        .into_iter()
        .filter(|stage| known(stage).is_none());
    let unknown = unknown.count();
    if unknown > UNKNOWN_LIMIT {
        return None;
    }
    let mut ends = (0..1_u32 << unknown).map(|statuses| {
        let mut trial = Trial {
            statuses,
            said: Said::default(),
            status: 0,
        };
        trial.list(list);
        (trial.said, trial.status)
    });
    let can = can_say(list);
    Some(match (can.fail, can.success) {
        (true, _) => ends.any(|(said, status)| said.fail && status == 0),
        (false, true) => ends.any(|(said, status)| !said.success && status == 0),
        (false, false) => ends.all(|(_, status)| status == 0) || a_pipe_hides(list),
    })
}

/// One way in which the commands may end.
struct Trial {
    /// One bit for each command, taken in the order in which they run.
    statuses: u32,
    said: Said,
    status: i32,
}

impl Trial {
    /// Whether the line ends here.
    fn list(&mut self, list: &List) -> bool {
        list.0.iter().any(|and_or| self.and_or(and_or))
    }

    fn and_or(&mut self, and_or: &AndOr) -> bool {
        if self.pipeline(&and_or.first) {
            return true;
        }
        for (join, pipeline) in &and_or.rest {
            if (*join == Join::And) == (self.status == 0) && self.pipeline(pipeline) {
                return true;
            }
        }
        false
    }

    fn pipeline(&mut self, pipeline: &Pipeline) -> bool {
        let Some(stage) = pipeline.stages.last() else {
            return false;
        };
        match &stage.body {
            Body::Group(list) => {
                if self.list(list) {
                    return true;
                }
            }
            Body::Command(Ok(Command::Exit(status))) => {
                self.status = status.unwrap_or(self.status);
                return true;
            }
            Body::Command(command) => {
                if let Ok(Command::Say(text)) = command
                    && is_shown(stage)
                {
                    self.said = self.said.and(Said::by(text));
                }
                self.status = known(stage).unwrap_or_else(|| self.next());
            }
        }
        if pipeline.negated {
            self.status = i32::from(self.status == 0);
        }
        false
    }

    fn next(&mut self) -> i32 {
        let status = self.statuses & 1;
        self.statuses >>= 1;
        i32::from(status == 1)
    }
}

/// The status that a command has whatever the files hold.
fn known(stage: &Stage) -> Option<i32> {
    match &stage.body {
        Body::Command(Ok(command)) => match command {
            Command::Say(_) => Some(0),
            Command::Status(status) => Some(*status),
            Command::Exit(status) => Some(status.unwrap_or(0)),
            Command::CountLines(_) | Command::Cut(_) | Command::Cat(_) => Some(0),
            Command::Grep(_) | Command::Ls(_) | Command::Test(_) => None,
        },
        Body::Command(Err(_)) => None,
        Body::Group(_) => Some(0),
    }
}

/// Whether a status is lost because another command follows in the pipe; a grep at its end fails
/// on the empty text that a failed grep leaves.
fn a_pipe_hides(list: &List) -> bool {
    let mut lists = vec![list];
    while let Some(list) = lists.pop() {
        for pipeline in list.0.iter().flat_map(AndOr::pipelines) {
            let Some((last, before)) = pipeline.stages.split_last() else {
                continue;
            };
            if let Body::Group(inner) = &last.body {
                lists.push(inner);
            }
            let is_grep = matches!(last.body, Body::Command(Ok(Command::Grep(_))));
            let hidden = |stage: &Stage| match &stage.body {
                Body::Command(Err(_)) => true,
                _ => !is_grep && known(stage).is_none(),
            };
            if before.iter().any(hidden) {
                return true;
            }
        }
    }
    false
}

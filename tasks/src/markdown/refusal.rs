//! Documents that are no plans, and why.

use std::fmt;

use super::document::{Boxes, Document, Tick};
use super::family;
use super::header::title;
use super::item::Item;
use super::lines::Scan;

/// A document that is no plan: what it is instead, where that shows, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What it is instead.
    pub reason: String,
    /// The line that shows it, from 1.
    pub line: usize,
    /// What to do about it.
    pub help: String,
    /// The title of the document.
    pub title: Option<String>,
    /// The boxes that it has all the same.
    pub boxes: Boxes,
}

const NAME_A_PLAN: &str = "name the plan itself: a document with tasks, such as `## Task 1.1: …` \
                           or `- [ ] 1.1 …`";

impl Refused {
    fn new(scan: &Scan<'_>, line: usize, reason: String) -> Self {
        Self {
            reason,
            line,
            help: NAME_A_PLAN.to_owned(),
            title: title(scan).map(|(_, title)| title.to_owned()),
            boxes: boxes(scan),
        }
    }

    pub(super) fn json_without_tasks() -> Self {
        Self {
            reason: "it is JSON, but holds no `tasks`".to_owned(),
            line: 1,
            help: "task-master writes `{\"master\": {\"tasks\": […]}}`".to_owned(),
            title: None,
            boxes: Boxes::default(),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Refused {}

/// Notes and reports say in their names or titles what they are. Where a document has tasks with
/// open boxes all the same, only a name that begins with such a word decides.
pub(super) fn look_alike(name: &str, scan: &Scan<'_>) -> Result<(), Refused> {
    let (line, heading) = title(scan).map_or((1, ""), |(index, title)| (index + 1, title));
    let stem = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = words(stem.strip_suffix(".md").unwrap_or(stem));
    let heading = words(heading);
    let asks = asks_for_something(scan);
    match LOOK_ALIKES
        .iter()
        .find(|kind| kind.fits(&stem, &heading, asks))
    {
        Some(kind) => Err(Refused::new(scan, line, format!("it is {}", kind.what))),
        None => Ok(()),
    }
}

/// A kind of document that is no plan.
struct LookAlike {
    /// The words that name it.
    names: &'static [&'static str],
    /// Whether a file name or title that begins with one decides, whatever else is there.
    first_decides: bool,
    what: &'static str,
}

const LOOK_ALIKES: [LookAlike; 3] = [
    LookAlike {
        names: &["handoff", "handover"],
        first_decides: true,
        what: "a handoff note: it tells what was done, and a plan says what must hold",
    },
    LookAlike {
        names: &["overview", "milestones"],
        first_decides: false,
        what: "an overview of plans: their tasks stand in documents of their own",
    },
    LookAlike {
        names: &[
            "report",
            "results",
            "findings",
            "retrospective",
            "summary",
            "postmortem",
            "analysis",
            "audit",
        ],
        first_decides: false,
        what: "a report: it tells what was found",
    },
];

impl LookAlike {
    fn fits(&self, stem: &[String], heading: &[String], asks: bool) -> bool {
        let names =
            |word: Option<&String>| word.is_some_and(|it| self.names.contains(&it.as_str()));
        let first = names(stem.first()) || names(heading.first());
        let last = names(stem.last()) || names(heading.last());
        self.first_decides && first || !asks && (first || last)
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Whether there are tasks, and boxes that are still open.
fn asks_for_something(scan: &Scan<'_>) -> bool {
    let boxes = boxes(scan);
    boxes.ticked < boxes.total && family::names_tasks(scan)
}

/// Headings that only say `Complete`, and not one open box.
pub(super) fn finished(document: &Document) -> Result<(), Refused> {
    let complete = |title: &str| {
        let title = title.to_lowercase();
        title.starts_with("complete") || title.ends_with("complete") || title.contains("(complete")
    };
    let Some(first) = document.tasks.first() else {
        return Ok(());
    };
    let told = document.tasks.iter().all(|task| complete(&task.title));
    let open = document
        .criteria()
        .any(|(_, criterion)| criterion.tick == Some(Tick::Open));
    if !told || open {
        return Ok(());
    }
    Err(Refused {
        reason: "it is a report: every heading of a task says that it is complete".to_owned(),
        line: first.place.line,
        help: NAME_A_PLAN.to_owned(),
        title: document.header.title.clone(),
        boxes: document.boxes,
    })
}

/// No sign of any task.
pub(super) fn without_tasks(scan: &Scan<'_>) -> Refused {
    let reason = match boxes(scan).total {
        0 => "it has no task: no heading `Task …`, no row with a box and an id, no box at all"
            .to_owned(),
        count => format!("it has no task: {count} boxes, but no heading that owns them"),
    };
    Refused::new(scan, 1, reason)
}

/// The boxes that stand outside of code.
pub(super) fn boxes(scan: &Scan<'_>) -> Boxes {
    let ticks = scan
        .prose(0..scan.lines.len())
        .filter_map(|(_, text)| Item::new(text).and_then(|item| item.tick));
    ticks.fold(Boxes::default(), |boxes, tick| Boxes {
        total: boxes.total + 1,
        ticked: boxes.ticked + usize::from(tick == Tick::Ticked),
    })
}

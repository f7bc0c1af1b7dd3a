//! `evidence`: what the notes say about a revision, whether they still stand, how to share them.

use serde::Serialize;

use crate::cli::{Common, EvidenceAction, EvidenceOptions, Format};
use crate::evidence::{self, Examined, Found, Means, Record, Standing};
use crate::failure::Failure;
use crate::journal::Journal;
use crate::record::NOTES;
use crate::session::Session;
use crate::world::command_line;
use crate::{output, render};

pub(super) fn run(
    common: &Common,
    milestone: Option<&str>,
    options: &EvidenceOptions,
) -> Result<u8, Failure> {
    match &options.action {
        EvidenceAction::Show { revision } => show(common, milestone, revision),
        EvidenceAction::Verify => verify(common, milestone),
        EvidenceAction::Push(remote) => commands(&push(&remote.name)),
        EvidenceAction::Fetch(remote) => commands(&fetch(&remote.name)),
    }
}

/// What is recorded about a revision; the JSON contract.
#[derive(Debug, Serialize)]
pub(crate) struct Shown<'a> {
    schema: &'static str,
    pub(crate) milestone: &'a str,
    pub(crate) title: &'a str,
    /// The commit; none if a tree was named.
    pub(crate) revision: Option<String>,
    pub(crate) tree: String,
    pub(crate) boxes: Vec<ShownBox<'a>>,
    /// The boxes about which nothing is recorded.
    pub(crate) without: Vec<&'a str>,
}

/// What is recorded about one box, newest first.
#[derive(Debug, Serialize)]
pub(crate) struct ShownBox<'a> {
    pub(crate) id: &'a str,
    pub(crate) text: &'a str,
    pub(crate) evidence: Vec<ShownRecord<'a>>,
}

/// One record, and by what it was found.
#[derive(Debug, Serialize)]
pub(crate) struct ShownRecord<'a> {
    pub(crate) found_by: Means,
    /// The commit whose note holds it.
    pub(crate) noted: String,
    /// Whether this machine wrote it; otherwise it is a claim.
    pub(crate) own: bool,
    /// Whether the plan is still the one that was asked.
    pub(crate) same_plan: bool,
    pub(crate) record: &'a Record,
}

fn show(common: &Common, milestone: Option<&str>, revision: &str) -> Result<u8, Failure> {
    let session = Session::of_objects(common, milestone, revision)?;
    let plan = &session.sourced.plan;
    let revision = session.repository.revision(revision)?;
    let found = evidence::find(&session.repository, plan, &revision)?;
    let journal = Journal::read();
    let of_box = |id: &str| -> Vec<ShownRecord<'_>> {
        let about = found
            .iter()
            .filter(|found| found.evidence.statement.record().criterion == id);
        about
            .map(|found| shown(found, &session, &journal))
            .collect()
    };
    let boxes = plan.boxes().map(|(_, asked)| ShownBox {
        id: &asked.id,
        text: &asked.text,
        evidence: of_box(&asked.id),
    });
    let (with, without): (Vec<_>, Vec<_>) = boxes.partition(|shown| !shown.evidence.is_empty());
    let answer = Shown {
        schema: "milestone-evidence-list/1",
        milestone: &plan.milestone.id,
        title: &plan.milestone.title,
        revision: revision.commit.map(|commit| commit.to_string()),
        tree: revision.tree.to_string(),
        boxes: with,
        without: without.iter().map(|shown| shown.id).collect(),
    };
    output::print(&match common.format().unwrap_or(Format::Terminal) {
        Format::Json => super::json(&answer)?,
        _ => render::evidence::shown(&answer),
    })?;
    Ok(0)
}

fn shown<'f>(found: &'f Found, session: &Session, journal: &Journal) -> ShownRecord<'f> {
    let statement = &found.evidence.statement;
    ShownRecord {
        found_by: found.by,
        noted: found.evidence.noted.to_string(),
        own: journal.vouches_for(&found.evidence.line),
        same_plan: statement.plan() == Some(session.sourced.content.as_str()),
        record: statement.record(),
    }
}

/// A void record is a fail, one that cannot be looked at undecided.
fn verify(common: &Common, milestone: Option<&str>) -> Result<u8, Failure> {
    let session = Session::of_objects(common, milestone, "HEAD")?;
    let content = session.sourced.content.as_str();
    let examined = evidence::examine(&session.repository, &session.sourced.plan, content)?;
    output::print(&match common.format().unwrap_or(Format::Terminal) {
        Format::Json => super::json(&examined)?,
        _ => render::evidence::examined(&examined),
    })?;
    Ok(exit_code(&examined))
}

fn exit_code(examined: &[Examined]) -> u8 {
    match examined.iter().map(|line| line.standing).max() {
        Some(Standing::Void) => 1,
        Some(Standing::Unknown) => 2,
        Some(Standing::Stands) | None => 0,
    }
}

fn commands(commands: &[Vec<String>]) -> Result<u8, Failure> {
    let lines = commands.iter().map(|words| command_line(words) + "\n");
    output::print(&lines.collect::<String>())?;
    Ok(0)
}

fn push(remote: &str) -> Vec<Vec<String>> {
    vec![words(&["git", "push", remote, NOTES])]
}

/// Theirs are fetched beside ours and merged line by line.
fn fetch(remote: &str) -> Vec<Vec<String>> {
    let theirs = format!("refs/notes/{remote}/milestones");
    let refspec = format!("+{NOTES}:{theirs}");
    let merge = ["merge", "--strategy=cat_sort_uniq", &theirs];
    vec![
        words(&["git", "fetch", remote, &refspec]),
        words(&[&["git", "notes", "--ref=milestones"], merge.as_slice()].concat()),
    ]
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

//! What people claim: ticks in a document, handoffs beside it, commits and notes that name a
//! task. Nothing of it is believed, and nothing is written.

use std::collections::HashMap;
use std::sync::LazyLock;

use checks::path::RepoPath;
use checks::snapshot::Snapshot;
use git2::{Commit, Oid};
use regex::Regex;
use tasks::markdown;
use tasks::report::{Claimed, Report, State, TaskState};

use crate::evidence;
use crate::failure::Failure;
use crate::render::short;
use crate::session::Session;
use crate::trailers;

/// How many commits are read, newest first.
const REACH: usize = 5000;

/// A claim that was found, before anybody asks whether it holds.
struct Claim {
    about: String,
    source: &'static str,
    place: String,
    text: String,
}

/// Everything that is claimed about the milestone, and whether the checks of the report bear it
/// out. `document` is the plan in Markdown, by its path in the repository.
///
/// # Errors
///
/// The document cannot be read, or the repository cannot.
pub(crate) fn all(
    session: &Session,
    document: Option<&str>,
    report: &Report,
) -> Result<Vec<Claimed>, Failure> {
    let mut claims = Vec::new();
    let document = document.map(RepoPath::new).transpose();
    let document = document.map_err(|e| Failure::new(e.to_string()))?;
    if let Some(path) = &document {
        let snapshot = session.snapshot()?;
        claims.extend(ticks(path, &text(path, &*snapshot)?, report));
        for handoff in handoffs(path, &report.milestone, &*snapshot)? {
            claims.extend(completed(&handoff, &text(&handoff, &*snapshot)?, report));
        }
    }
    claims.extend(committed(session, document.as_ref(), report)?);
    claims.extend(recorded(session)?);
    Ok(claims
        .into_iter()
        .map(|claim| judged(claim, report))
        .collect())
}

fn text(path: &RepoPath, snapshot: &dyn Snapshot) -> Result<String, Failure> {
    let bytes = snapshot.read(path).map_err(|e| {
        Failure::new(e.to_string()).with_help("name the plan by its path in the repository")
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The ticked boxes whose text is that of a box of the plan.
fn ticks(path: &RepoPath, text: &str, report: &Report) -> Vec<Claim> {
    let mut boxes: HashMap<String, Vec<&str>> = HashMap::new();
    for judged in report.boxes() {
        boxes
            .entry(words(&judged.text))
            .or_default()
            .push(&judged.id);
    }
    let ticked = markdown::ticked(text).into_iter();
    let claims = ticked.flat_map(|(line, text)| {
        let meant = boxes.get(&words(text)).into_iter().flatten();
        meant.map(move |id| Claim {
            about: (*id).to_owned(),
            source: "tick",
            place: format!("{path}:{line}"),
            text: text.to_owned(),
        })
    });
    claims.collect()
}

/// The files beside the document whose name is `HANDOFF_` and the milestone's id.
fn handoffs(
    document: &RepoPath,
    milestone: &str,
    snapshot: &dyn Snapshot,
) -> Result<Vec<RepoPath>, Failure> {
    let wanted = format!("handoff_{milestone}").to_lowercase();
    let is_one = |path: &&RepoPath| {
        let name = path.name().to_lowercase();
        let rest = name.strip_prefix(&wanted).unwrap_or_default();
        path.parent() == document.parent()
            && rest.ends_with(".md")
            && rest.starts_with(['.', '_', '-'])
    };
    let listing = snapshot.list().map_err(|e| Failure::new(e.to_string()))?;
    Ok(listing.paths.iter().filter(is_one).cloned().collect())
}

/// The headings and list items that call a task complete.
fn completed(path: &RepoPath, text: &str, report: &Report) -> Vec<Claim> {
    static COMPLETE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(complete|completed|done|finished|implemented)\b|✅|☑|\[x\]").ok()
    });
    static NOT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)\b(not|n't|incomplete|until|once|when|before|after|todo|pending|to be|partly|partially)\b|\[ \]|❌")
            .ok()
    });
    let is = |regex: &Option<Regex>, line: &str| regex.as_ref().is_some_and(|r| r.is_match(line));
    let mut claims = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let item = line.trim_start();
        let stands_out = item.starts_with(['#', '-', '*', '+', '|']);
        if !stands_out || !is(&COMPLETE, line) || is(&NOT, line) {
            continue;
        }
        claims.extend(named(line, report).into_iter().map(|about| {
            Claim {
                about,
                source: "handoff",
                place: format!("{path}:{number}"),
                text: item
                    .trim_start_matches(['#', '-', '*', '+', '|', ' '])
                    .to_owned(),
            }
        }));
    }
    claims
}

/// The tasks of the milestone that a line names: `Task 2.1`, not `Task 2.10`.
fn named(line: &str, report: &Report) -> Vec<String> {
    static TASK: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?i)\btasks?[ _:#-]*([0-9]+(?:\.[0-9]+)*)").ok());
    let found = TASK.iter().flat_map(|task| task.captures_iter(line));
    let ids: Vec<&str> = found.filter_map(|it| Some(it.get(1)?.as_str())).collect();
    let tasks = report.tasks.iter().map(|task| &task.id);
    tasks
        .filter(|id| ids.contains(&id.as_str()))
        .cloned()
        .collect()
}

/// The commits that name a task: in trailers, or in the subject or a bullet of the body if the
/// milestone is named there too and a file of the task changes. Other milestones have a task of
/// the same number, and other projects in the same repository have a milestone of the same name:
/// so the line ends at the plan's baseline, and before the document was there.
fn committed(
    session: &Session,
    document: Option<&RepoPath>,
    report: &Report,
) -> Result<Vec<Claim>, Failure> {
    let last = match &session.at {
        Some(revision) => revision.commit,
        None => session.repository.head()?.commit,
    };
    let baseline = session.sourced.plan.milestone.baseline.as_ref();
    let baseline = baseline.and_then(|name| session.repository.revision(name).ok()?.commit);
    let store = session.repository.store();
    let mut claims = Vec::new();
    let mut next = last.and_then(|last| store.find_commit(last).ok());
    for _ in 0..REACH {
        let Some(commit) = next else { break };
        let is_before = document.is_some_and(|document| entry(&commit, document).is_none());
        if Some(commit.id()) == baseline || (is_before && Some(commit.id()) != last) {
            break;
        }
        claims.extend(of_commit(session, &commit, report));
        // In a shallow clone the line ends where no parent is.
        next = commit.parent(0).ok();
    }
    Ok(claims)
}

fn of_commit(session: &Session, commit: &Commit<'_>, report: &Report) -> Vec<Claim> {
    let Ok(message) = std::str::from_utf8(commit.message_bytes()) else {
        return Vec::new();
    };
    let claim = |about: String, line: &str| Claim {
        about,
        source: "commit",
        place: short(&commit.id().to_string()),
        text: line.trim_start_matches(['*', '-', ' ']).to_owned(),
    };
    let subject = message.lines().next().unwrap_or_default();
    if let Some(task) = trailers::task(message.as_bytes(), &report.milestone) {
        return vec![claim(task, subject)];
    }
    let is_named = |line: &str| mentions(line, &report.milestone);
    let bullets = message
        .lines()
        .skip(1)
        .filter(|line| line.starts_with(['*', '-']));
    let lines = std::iter::once(subject).chain(bullets);
    let about = lines.filter(|line| is_named(line) || is_named(subject));
    let named = about.flat_map(|line| named(line, report).into_iter().map(move |id| (id, line)));
    let mut claims: Vec<Claim> = Vec::new();
    for (id, line) in named {
        let again = claims.iter().any(|known| known.about == id);
        if !again && touches(session, commit, &id) {
            claims.push(claim(id, line));
        }
    }
    claims
}

/// Whether a word of the line is the milestone's id.
fn mentions(line: &str, milestone: &str) -> bool {
    let mut words = line.split(|c: char| !c.is_alphanumeric());
    words.any(|word| word.eq_ignore_ascii_case(milestone))
}

/// Whether a commit changes a file of the task, or, if it has none, one of the plan.
fn touches(session: &Session, commit: &Commit<'_>, task: &str) -> bool {
    let plan = &session.sourced.plan;
    let files = plan.task(task).map(|task| task.files.clone());
    let files = files.filter(|files| !files.is_empty());
    let files = files.unwrap_or_else(|| plan.files());
    let before = commit.parent(0).ok();
    files
        .iter()
        .any(|path| entry(commit, path) != before.as_ref().and_then(|before| entry(before, path)))
}

fn entry(commit: &Commit<'_>, path: &RepoPath) -> Option<Oid> {
    let tree = commit.tree().ok()?;
    Some(tree.get_path(path.as_str().as_ref()).ok()?.id())
}

/// The passes that notes record about the very content that is judged.
fn recorded(session: &Session) -> Result<Vec<Claim>, Failure> {
    let revision = match &session.at {
        Some(revision) => revision.clone(),
        None if session.repository.head()?.commit.is_none() => return Ok(Vec::new()),
        None => session.repository.revision("HEAD")?,
    };
    let found = evidence::find(&session.repository, &session.sourced.plan, &revision)?;
    let mut claims: Vec<Claim> = Vec::new();
    for found in &found {
        let record = found.evidence.statement.record();
        let known = claims.iter().any(|claim| claim.about == record.criterion);
        if !known && record.state.lets_be_done() {
            claims.push(Claim {
                about: record.criterion.clone(),
                source: "evidence",
                place: short(&found.evidence.noted.to_string()),
                text: format!("{} on {}", record.state.word(), record.time),
            });
        }
    }
    Ok(claims)
}

fn judged(claim: Claim, report: &Report) -> Claimed {
    let (holds, why) = match report.tasks.iter().find(|task| task.id == claim.about) {
        Some(task) => {
            let boxes = report
                .criteria
                .iter()
                .filter(|b| b.task.as_ref() == Some(&task.id));
            let left: Vec<String> = boxes
                .filter(|b| !b.state.lets_be_done())
                .map(|b| format!("{} is {}", b.id, b.state.word()))
                .collect();
            let holds = match task.state {
                TaskState::Done => "yes",
                TaskState::Failing => "no",
                TaskState::Undecided | TaskState::Open => "unproved",
            };
            (holds, left.join(", "))
        }
        None => of_box(&claim.about, report),
    };
    Claimed {
        about: claim.about,
        source: claim.source.to_owned(),
        place: claim.place,
        text: claim.text,
        holds: holds.to_owned(),
        why,
    }
}

fn of_box(id: &str, report: &Report) -> (&'static str, String) {
    let Some(judged) = report.boxes().find(|judged| judged.id == id) else {
        return ("unproved", "the plan has no such task or box".to_owned());
    };
    match judged.state {
        State::Fail => ("no", judged.reason.clone()),
        state if state.lets_be_done() => ("yes", String::new()),
        state => ("unproved", format!("it is {}", state.word())),
    }
}

/// The words of a text, whatever stands between them.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

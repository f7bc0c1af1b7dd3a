//! Finds evidence for a state of the repository by what it was found out about, wherever its
//! note hangs now.

use std::collections::HashMap;

use checks::check::{CheckList, Native};
use checks::path::RepoPath;
use checks::snapshot::{Snapshot, content_word};
use git2::Oid;
use serde::Serialize;
use tasks::deviation::text_hash;
use tasks::plan::Plan;
use tasks::report::State;

use super::{Looked, Record, Statement};
use crate::check::Live;
use crate::failure::Failure;
use crate::record;
use crate::repository::{Repository, Revision};
use crate::snapshot::Tree;

/// One line of evidence, and the commit whose note holds it.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    pub(crate) noted: Oid,
    pub(crate) statement: Statement,
    /// The line as it stands there.
    pub(crate) line: String,
}

/// Evidence that speaks of a state of the repository.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) evidence: Evidence,
    pub(crate) by: Means,
}

/// By what it was found: the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Means {
    /// It names this commit.
    Commit,
    /// It names this commit's tree.
    Tree,
    /// All that was looked at has the same content here.
    Files,
}

/// The evidence in the notes, and the lines that are not of this version, each with the commit
/// whose note holds it.
pub(super) type Noted = (Vec<Evidence>, Vec<(Oid, String)>);

/// What is known about a revision: for each box of the plan the evidence that speaks of it,
/// newest first. Evidence about another text of the box does not.
///
/// # Errors
///
/// The notes or the revision cannot be read.
pub(crate) fn find(
    repository: &Repository,
    plan: &Plan<Live>,
    revision: &Revision,
) -> Result<Vec<Found>, Failure> {
    let (noted, _) = noted(repository)?;
    let snapshot = Tree::new(repository, revision.tree).map_err(|e| Failure::new(e.to_string()))?;
    let mut contents = Contents::new(&snapshot);
    let mut all = Vec::new();
    for (_, asked) in plan.boxes() {
        let text = text_hash(&asked.text);
        let about = noted.iter().filter(|evidence| {
            let record = evidence.statement.record();
            record.milestone == plan.milestone.id
                && record.criterion == asked.id
                && record.text == text
        });
        let mut found: Vec<Found> = about
            .filter_map(|evidence| {
                let by = means(&evidence.statement, revision, &mut contents)?;
                let evidence = evidence.clone();
                Some(Found { evidence, by })
            })
            .collect();
        found.sort_by(|a, b| {
            let time = |found: &Found| found.evidence.statement.record().time.clone();
            time(b).cmp(&time(a)).then(a.by.cmp(&b.by))
        });
        all.extend(found);
    }
    Ok(all)
}

/// All evidence there is.
///
/// # Errors
///
/// The notes cannot be read.
pub(crate) fn all(repository: &Repository) -> Result<Vec<Evidence>, Failure> {
    Ok(noted(repository)?.0)
}

/// Reads every note.
pub(super) fn noted(repository: &Repository) -> Result<Noted, Failure> {
    let (mut evidence, mut other) = (Vec::new(), Vec::new());
    for (noted, lines) in record::all(repository)? {
        for line in lines {
            match Statement::parse(&line) {
                Some(statement) => evidence.push(Evidence {
                    noted,
                    statement,
                    line,
                }),
                None => other.push((noted, line)),
            }
        }
    }
    Ok((evidence, other))
}

fn means(statement: &Statement, revision: &Revision, contents: &mut Contents<'_>) -> Option<Means> {
    if revision.commit.is_some() && statement.commit() == revision.commit {
        return Some(Means::Commit);
    }
    if statement.tree() == Some(revision.tree) {
        return Some(Means::Tree);
    }
    let Record { checks, state, .. } = statement.record();
    // A person's word rests on more than the files that the checks looked at.
    if !matches!(state, State::Pass | State::Fail | State::Undecided) {
        return None;
    }
    let same = |looked: &Looked| looked.rests_on_files() && contents.are(looked);
    (!checks.is_empty() && checks.iter().all(same)).then_some(Means::Files)
}

impl Looked {
    /// Whether nothing but the files that are named could change the answer.
    pub(super) fn rests_on_files(&self) -> bool {
        Native::WORDS.contains(&self.check.as_str()) && !self.listed && !self.files.is_empty()
    }
}

/// The content of a state, asked once a path.
struct Contents<'a> {
    snapshot: &'a dyn Snapshot,
    known: HashMap<RepoPath, Option<String>>,
}

impl<'a> Contents<'a> {
    fn new(snapshot: &'a dyn Snapshot) -> Self {
        Self {
            snapshot,
            known: HashMap::new(),
        }
    }

    /// Whether everything that was looked at is the same here. What could not be read then, or
    /// cannot now, is never the same.
    fn are(&mut self, looked: &Looked) -> bool {
        looked.files.iter().all(|(path, then)| {
            let snapshot = self.snapshot;
            let known = self.known.entry(path.clone());
            let now = known.or_insert_with(|| content_word(snapshot, path));
            now.as_ref() == Some(then)
        })
    }
}

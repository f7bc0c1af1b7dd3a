//! Whether the records still speak of content that is there and of the plan as it is.

use git2::Oid;
use serde::Serialize;
use tasks::deviation::text_hash;
use tasks::plan::Plan;

use super::find::{Evidence, noted};
use super::{Looked, Record};
use crate::check::Live;
use crate::failure::Failure;
use crate::repository::Repository;
use crate::snapshot::Tree;

/// One line of a note, looked at again.
#[derive(Debug, Serialize)]
pub(crate) struct Examined {
    /// The commit whose note holds it.
    pub(crate) noted: String,
    /// The box it speaks of; none if it is no evidence of this version.
    pub(crate) criterion: Option<String>,
    pub(crate) standing: Standing,
    /// What is wrong with it, or what a reader should know.
    pub(crate) why: String,
}

/// Whether a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// It speaks of content that is there and of this plan's criterion.
    Stands,
    /// Whether it does cannot be known.
    Unknown,
    /// It does not.
    Void,
}

/// Looks at every record of a milestone, and at every line that is no record.
///
/// # Errors
///
/// The notes cannot be read.
pub(crate) fn examine(
    repository: &Repository,
    plan: &Plan<Live>,
    content: &str,
) -> Result<Vec<Examined>, Failure> {
    let (evidence, other) = noted(repository)?;
    let ours = evidence
        .iter()
        .filter(|it| it.statement.record().milestone == plan.milestone.id);
    let mut examined: Vec<Examined> = ours
        .map(|evidence| {
            let (standing, why) = standing(repository, plan, content, evidence);
            Examined {
                noted: evidence.noted.to_string(),
                criterion: Some(evidence.statement.record().criterion.clone()),
                standing,
                why,
            }
        })
        .collect();
    examined.extend(other.into_iter().map(|(noted, _)| Examined {
        noted: noted.to_string(),
        criterion: None,
        standing: Standing::Unknown,
        why: format!("a line that is no `{}`", super::SCHEMA),
    }));
    Ok(examined)
}

fn standing(
    repository: &Repository,
    plan: &Plan<Live>,
    content: &str,
    evidence: &Evidence,
) -> (Standing, String) {
    let statement = &evidence.statement;
    let record = statement.record();
    let Some((_, asked)) = plan.find_box(&record.criterion) else {
        return (Standing::Void, "the plan has no such box".to_owned());
    };
    if text_hash(&asked.text) != record.text {
        return (
            Standing::Void,
            "the criterion's text has changed since".to_owned(),
        );
    }
    let mut remarks = Vec::new();
    if statement.plan() != Some(content) {
        remarks.push("another version of the plan was asked");
    }
    // git copies notes if `notes.rewriteRef` says so.
    if statement.commit() != Some(evidence.noted) {
        remarks.push("it speaks of another commit, whose note was copied");
    }
    match content_stands(repository, evidence) {
        Ok(remark) => {
            remarks.extend(remark);
            (Standing::Stands, remarks.join("; "))
        }
        Err((standing, why)) => (standing, why),
    }
}

/// A remark on a record that stands, or why it does not.
type Stood = Result<Option<&'static str>, (Standing, String)>;

/// The tree is there, belongs to the commit, and holds what the record says was looked at.
fn content_stands(repository: &Repository, evidence: &Evidence) -> Stood {
    let void = |why: String| Err((Standing::Void, why));
    let statement = &evidence.statement;
    let store = repository.store();
    let (Some(commit), Some(tree)) = (statement.commit(), statement.tree()) else {
        return void("it names no commit and tree".to_owned());
    };
    let is_there = |id: Oid| store.find_object(id, None).is_ok();
    if !is_there(tree) {
        return files_stand(statement.record(), &is_there);
    }
    if store
        .find_commit(commit)
        .is_ok_and(|commit| commit.tree_id() != tree)
    {
        return void(format!("the tree of the commit is not {tree}"));
    }
    let snapshot = Tree::new(repository, tree).map_err(|e| (Standing::Unknown, e.to_string()))?;
    for looked in &statement.record().checks {
        for (path, then) in &looked.files {
            match checks::snapshot::content_word(&snapshot, path) {
                Some(now) if now == *then => {}
                Some(_) => return void(format!("the tree holds another `{path}`")),
                None => {
                    return Err((Standing::Unknown, format!("`{path}` cannot be read")));
                }
            }
        }
    }
    Ok(None)
}

/// A squash or a rebase leaves the tree behind, and git removes it in time; what rests on files
/// alone stands as long as these are there.
fn files_stand(record: &Record, is_there: &dyn Fn(Oid) -> bool) -> Stood {
    let there = |then: &String| Oid::from_str(then).is_ok_and(is_there);
    let stands = |looked: &Looked| looked.rests_on_files() && looked.files.values().all(there);
    if !record.checks.is_empty() && record.checks.iter().all(stands) {
        return Ok(Some(
            "its tree is gone, the files that it speaks of are there",
        ));
    }
    let why = "its tree is not in this repository";
    Err((Standing::Unknown, why.to_owned()))
}

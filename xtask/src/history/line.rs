//! The commits that a history is about.

use std::collections::{HashMap, HashSet};

use git2::{Commit, Oid, Repository as Store, Sort};
use jiff::{Timestamp, tz};
use serde::{Serialize, Serializer};

use crate::failure::Failure;
use crate::repository::Repository;

/// A range of revisions as it was typed: `A..B`, or the last one alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    /// What is left out, with all that came before it; none for nothing.
    pub(crate) without: Option<String>,
    /// The last one.
    pub(crate) last: String,
}

/// Some commits of a repository, each after its parents.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// The commits; those that are not shown stand at the edge of the range.
    pub(crate) commits: Vec<LineCommit>,
    /// Whether only first parents were followed.
    pub(crate) first_parents: bool,
    /// Whether the clone is shallow, so that more may have come before.
    pub(crate) shallow: bool,
}

/// One commit.
#[derive(Debug, Serialize)]
pub(crate) struct LineCommit {
    #[serde(serialize_with = "as_text")]
    pub(crate) id: Oid,
    #[serde(serialize_with = "as_text")]
    pub(crate) tree: Oid,
    /// When it was committed, in its own time zone.
    pub(crate) time: String,
    pub(crate) subject: String,
    /// The places of its parents in the line.
    #[serde(skip)]
    pub(crate) parents: Vec<usize>,
    /// Whether it belongs to the range; its parents are judged too, to know what changed.
    #[serde(skip)]
    pub(crate) shown: bool,
}

impl Range {
    /// Understands `REV`, `A..B`, `A..` and `..B`; a side that is left out is `HEAD`.
    ///
    /// # Errors
    ///
    /// It is a symmetric difference, which has no order.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, Failure> {
        let text = text.unwrap_or("HEAD");
        if text.contains("...") {
            return Err(
                Failure::new(format!("`{text}` has two ends, and a history one"))
                    .with_help("with two dots it is a range: `A..B`"),
            );
        }
        let or_head = |side: &str| if side.is_empty() { "HEAD" } else { side }.to_owned();
        Ok(match text.split_once("..") {
            Some((without, last)) => Self {
                without: Some(or_head(without)),
                last: or_head(last),
            },
            None => Self {
                without: None,
                last: text.to_owned(),
            },
        })
    }
}

impl Line {
    /// The commits of a range: along first parents, or all of them.
    ///
    /// # Errors
    ///
    /// An end of the range is no commit, or the history cannot be read.
    pub(crate) fn read(
        repository: &Repository,
        range: &Range,
        first_parents: bool,
    ) -> Result<Self, Failure> {
        let last = commit(repository, &range.last)?;
        let without = range.without.as_ref();
        let without = without.map(|name| commit(repository, name)).transpose()?;
        let store = repository.store();
        let read = || -> Result<Self, git2::Error> {
            let within = within(store, last, without)?;
            let ids = if first_parents {
                along_first_parents(store, last, &within)?
            } else {
                within
            };
            Self::of(store, &ids, first_parents)
        };
        read().map_err(|e| Failure::because("the history cannot be read", e.message()))
    }

    fn of(store: &Store, ids: &[Oid], first_parents: bool) -> Result<Self, git2::Error> {
        let mut line = Self {
            first_parents,
            shallow: store.is_shallow(),
            ..Self::default()
        };
        let shown: HashSet<Oid> = ids.iter().copied().collect();
        let mut places = HashMap::new();
        for id in ids {
            let commit = store.find_commit(*id)?;
            let followed = if first_parents { 1 } else { usize::MAX };
            let mut parents = Vec::new();
            for parent in commit.parent_ids().take(followed) {
                let edge = !shown.contains(&parent) && !places.contains_key(&parent);
                // The parents at the edge of a shallow clone are not there.
                if let (true, Ok(parent)) = (edge, store.find_commit(parent)) {
                    line.add(&parent, Vec::new(), false, &mut places);
                }
                parents.extend(places.get(&parent));
            }
            line.add(&commit, parents, true, &mut places);
        }
        Ok(line)
    }

    fn add(
        &mut self,
        commit: &Commit<'_>,
        parents: Vec<usize>,
        shown: bool,
        places: &mut HashMap<Oid, usize>,
    ) {
        places.insert(commit.id(), self.commits.len());
        let subject = commit.summary_bytes().unwrap_or_default();
        self.commits.push(LineCommit {
            id: commit.id(),
            tree: commit.tree_id(),
            time: time(commit.time()),
            subject: String::from_utf8_lossy(subject).into_owned(),
            parents,
            shown,
        });
    }
}

impl LineCommit {
    /// The day of it.
    pub(crate) fn date(&self) -> &str {
        self.time.split('T').next().unwrap_or_default()
    }
}

fn as_text<S: Serializer>(id: &Oid, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(id)
}

fn commit(repository: &Repository, name: &str) -> Result<Oid, Failure> {
    let revision = repository.revision(name)?;
    revision.commit.ok_or_else(|| {
        Failure::new(format!("`{name}` is a tree, which has no history"))
            .with_help("name a commit, branch or tag")
    })
}

/// All commits of the range, each after its parents.
fn within(store: &Store, last: Oid, without: Option<Oid>) -> Result<Vec<Oid>, git2::Error> {
    let mut walk = store.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME | Sort::REVERSE)?;
    walk.push(last)?;
    if let Some(without) = without {
        walk.hide(without)?;
    }
    walk.collect()
}

/// Those of `within` on the line of first parents that ends with `last`, the oldest first.
fn along_first_parents(store: &Store, last: Oid, within: &[Oid]) -> Result<Vec<Oid>, git2::Error> {
    let within: HashSet<&Oid> = within.iter().collect();
    let mut line = Vec::new();
    let mut next = Some(last);
    while let Some(id) = next.filter(|id| within.contains(id)) {
        line.push(id);
        next = store.find_commit(id)?.parent_ids().next();
    }
    line.reverse();
    Ok(line)
}

/// A git time as RFC 3339; empty for one that no calendar knows.
fn time(time: git2::Time) -> String {
    let offset = tz::Offset::from_seconds(time.offset_minutes().saturating_mul(60));
    let zone = offset.unwrap_or(tz::Offset::UTC).to_time_zone();
    let zoned = Timestamp::from_second(time.seconds()).map(|time| time.to_zoned_datetime(zone));
    zoned.map_or_else(
        |_| String::new(),
        |zoned| zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
    )
}

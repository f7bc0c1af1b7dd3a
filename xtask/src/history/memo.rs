//! One check along many commits: it is asked again only where what it looked at has changed.

use std::rc::Rc;
use std::sync::Arc;

use checks::check::Native;
use checks::path::RepoPath;
use checks::snapshot::{Recorder, Snapshot};
use checks::verdict::Verdict;
use git2::{Oid, Repository as Store};
use tasks::report::State;

use crate::repository::Repository;
use crate::snapshot::{Folders, Found, Tree};

/// What a check answered, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) state: State,
    /// Why it is not a pass.
    pub(super) reason: String,
}

/// The answers of one check so far, the ones that served last first.
pub(super) struct Memo<'a> {
    check: &'a Native,
    traces: Vec<Trace>,
}

/// One answer, and all that it rests on.
struct Trace {
    asked: Vec<(RepoPath, Standing)>,
    /// The tree, if the list of all its files was asked for: that depends on every file.
    listed: Option<Oid>,
    answer: Arc<Answered>,
}

/// How many answers are remembered: what was left behind long ago hardly ever comes back.
const REMEMBERED: usize = 32;

/// What stands at a path of a tree, as far as it can change what a check is told about it: where
/// the path leads elsewhere, anything in this whole tree may matter.
type Standing = (Found, Option<Oid>);

impl<'a> Memo<'a> {
    pub(super) fn new(check: &'a Native) -> Self {
        Self {
            check,
            traces: Vec::new(),
        }
    }

    /// The answer on a tree, from memory if nothing has changed that it rests on.
    pub(super) fn ask(
        &mut self,
        repository: &Repository,
        tree: Oid,
        folders: &Rc<Folders>,
    ) -> Arc<Answered> {
        let store = repository.store();
        let mut traces = self.traces.iter_mut();
        let trace = match traces.position(|trace| trace.fits(store, tree, folders)) {
            Some(place) => self.traces.remove(place),
            None => match self.judge(repository, tree, folders) {
                Ok(trace) => trace,
                Err(answer) => return answer,
            },
        };
        let answer = Arc::clone(&trace.answer);
        self.traces.insert(0, trace);
        self.traces.truncate(REMEMBERED);
        answer
    }

    /// What the check answers, or that the tree cannot be read.
    fn judge(
        &self,
        repository: &Repository,
        tree: Oid,
        folders: &Rc<Folders>,
    ) -> Result<Trace, Arc<Answered>> {
        let snapshot = Tree::new(repository, tree).map(|tree| tree.one_of_many(folders));
        let snapshot = snapshot.map_err(|error| Arc::new(Answered::of(error.into())))?;
        let recorder = Recorder::new(&snapshot as &dyn Snapshot);
        let answer = Arc::new(Answered::of(self.check.check().judge(&recorder).verdict));
        let listed = recorder.listed().then_some(tree);
        let asked = recorder.asked().into_iter().map(|path| {
            let standing = standing(folders, repository.store(), tree, &path);
            (path, standing)
        });
        Ok(Trace {
            asked: asked.collect(),
            listed,
            answer,
        })
    }
}

impl Trace {
    /// Whether nothing that the answer rests on is another in this tree.
    fn fits(&mut self, store: &Store, tree: Oid, folders: &Rc<Folders>) -> bool {
        if self.listed.is_some_and(|listed| listed != tree) {
            return false;
        }
        let mut asked = self.asked.iter();
        let changed =
            asked.position(|(path, before)| standing(folders, store, tree, path) != *before);
        if let Some(changed) = changed {
            // What differs here most likely differs at the next commit too: look there first.
            self.asked.swap(0, changed);
        }
        changed.is_none()
    }
}

fn standing(folders: &Folders, store: &Store, tree: Oid, path: &RepoPath) -> Standing {
    let found = folders.find(store, tree, path);
    (found, (found == Found::Elsewhere).then_some(tree))
}

impl Answered {
    fn of(verdict: Verdict) -> Self {
        let (state, reason) = match verdict {
            Verdict::Pass => (State::Pass, String::new()),
            Verdict::Undecided(why) => (State::Undecided, why),
            Verdict::Fail(findings) => {
                let first = findings.first().map(|finding| finding.message.clone());
                let more = match findings.len() {
                    0 | 1 => String::new(),
                    count => format!(", and {} more", count - 1),
                };
                (State::Fail, first.unwrap_or_default() + &more)
            }
        };
        Self { state, reason }
    }
}

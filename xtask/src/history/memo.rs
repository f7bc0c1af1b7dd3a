//! One check along many commits: it is asked again only where what it looked at has changed.

use std::collections::HashMap;
use std::sync::Arc;

use checks::check::Native;
use checks::path::RepoPath;
use checks::snapshot::{Recorder, Snapshot};
use checks::verdict::Verdict;
use git2::{Oid, Repository as Store};
use tasks::report::State;

use crate::repository::Repository;
use crate::snapshot::{FILE, FOLDER, TYPE, Tree};

/// What a check answered, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) state: State,
    /// Why it is not a pass.
    pub(super) reason: String,
}

/// The answers of one check so far.
pub(super) struct Memo<'a> {
    check: &'a Native,
    /// By the paths that were asked for; the ones that served last come first.
    groups: Vec<Group>,
}

/// The answers that rest on the same paths.
struct Group {
    asked: Vec<RepoPath>,
    /// Whether the list of all files was asked for too.
    listed: bool,
    answers: HashMap<Box<[Standing]>, Arc<Answered>>,
}

/// What stands at a path of a tree, as far as it can change what a check is told about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Standing {
    Nothing,
    Folder,
    File(Oid),
    /// A link, a submodule or something unreadable is on the way, so anything in this whole
    /// tree may matter.
    Somewhere(Oid),
}

/// What folders hold, by the folder's id and the name in it: most folders stay as they are from
/// commit to commit.
#[derive(Default)]
pub(super) struct Folders(HashMap<Oid, HashMap<String, Option<(i32, Oid)>>>);

impl<'a> Memo<'a> {
    pub(super) fn new(check: &'a Native) -> Self {
        Self {
            check,
            groups: Vec::new(),
        }
    }

    /// The answer on a tree, from memory if nothing has changed that it rests on.
    pub(super) fn ask(
        &mut self,
        repository: &Repository,
        tree: Oid,
        folders: &mut Folders,
    ) -> Arc<Answered> {
        let mut standing = |group: &Group| group.standing(repository.store(), tree, folders);
        let known = self.groups.iter().enumerate().find_map(|(place, group)| {
            let answer = group.answers.get(&standing(group))?;
            Some((place, Arc::clone(answer)))
        });
        if let Some((place, answer)) = known {
            self.groups[..=place].rotate_right(1);
            return answer;
        }
        self.judge(repository, tree, folders)
    }

    fn judge(
        &mut self,
        repository: &Repository,
        tree: Oid,
        folders: &mut Folders,
    ) -> Arc<Answered> {
        let snapshot = match Tree::new(repository, tree) {
            Ok(snapshot) => snapshot,
            Err(error) => return Arc::new(Answered::of(error.into())),
        };
        let recorder = Recorder::new(&snapshot as &dyn Snapshot);
        let answer = Arc::new(Answered::of(self.check.check().judge(&recorder).verdict));
        let listed = recorder.listed();
        let asked = recorder.asked();
        let is_same = |group: &Group| group.listed == listed && group.asked == asked;
        let place = self.groups.iter().position(is_same);
        let mut group = match place {
            Some(place) => self.groups.remove(place),
            None => Group {
                asked,
                listed,
                answers: HashMap::new(),
            },
        };
        let standing = group.standing(repository.store(), tree, folders);
        group.answers.insert(standing, Arc::clone(&answer));
        self.groups.insert(0, group);
        answer
    }
}

impl Group {
    fn standing(&self, store: &Store, tree: Oid, folders: &mut Folders) -> Box<[Standing]> {
        let asked = self.asked.iter();
        let paths = asked.map(|path| folders.standing(store, tree, path));
        // A list of files depends on every file there is.
        let list = self.listed.then_some(Standing::Somewhere(tree));
        paths.chain(list).collect()
    }
}

impl Folders {
    fn standing(&mut self, store: &Store, tree: Oid, path: &RepoPath) -> Standing {
        let mut here = tree;
        let mut parts = path.as_str().split('/').peekable();
        while let Some(part) = parts.next() {
            let last = parts.peek().is_none();
            match self.entry(store, here, part) {
                Ok(None) => return Standing::Nothing,
                Ok(Some((FOLDER, _))) if last => return Standing::Folder,
                Ok(Some((FOLDER, folder))) => here = folder,
                Ok(Some((FILE, blob))) if last => return Standing::File(blob),
                Ok(Some((FILE, _))) => return Standing::Nothing,
                Ok(Some(_)) | Err(_) => return Standing::Somewhere(tree),
            }
        }
        Standing::Somewhere(tree)
    }

    /// The type and id of an entry of a folder.
    fn entry(
        &mut self,
        store: &Store,
        folder: Oid,
        name: &str,
    ) -> Result<Option<(i32, Oid)>, git2::Error> {
        let known = self.0.entry(folder).or_default();
        if let Some(entry) = known.get(name) {
            return Ok(*entry);
        }
        let tree = store.find_tree(folder)?;
        let entry = tree.get_name(name);
        let entry = entry.map(|entry| (entry.filemode_raw() & TYPE, entry.id()));
        known.insert(name.to_owned(), entry);
        Ok(entry)
    }
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

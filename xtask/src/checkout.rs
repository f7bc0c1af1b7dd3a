//! Temporary git worktrees: a tree as files on disk, for the programs that must run on it.
//!
//! They lie in our cache, are locked (`git worktree lock`) and made without hooks, and are gone
//! with their owner: after an error, after Ctrl-C, and, if the owner was killed, at the next
//! start. The user's own worktrees are not touched.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{env, fs, io};

use git2::{ObjectType, Oid, Signature, Time, TreeWalkMode, TreeWalkResult};

use crate::directories;
use crate::failure::Failure;
use crate::repository::{Repository, hold};
use crate::signals::{self, Listener};
use crate::temporary::{Abandoned, TemporaryFolder};

/// What would send a program to the user's files or environment instead of the worktree's.
pub(crate) const WITHHELD: [&str; 2] = ["UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV"];

/// The file beside a worktree that names its repository's common folder.
const REPOSITORY: &str = "repository";

/// How many paths are named where there may be many.
const NAMED: usize = 5;

/// A temporary worktree.
pub(crate) struct Checkout {
    folder: TemporaryFolder,
    top: PathBuf,
    /// The folder of the repository that all its worktrees share.
    common: PathBuf,
    /// Told of signals: whoever is ended by one leaves a worktree behind.
    listener: Listener,
    notes: Vec<String>,
}

impl Checkout {
    /// A worktree that holds `tree`, detached on `commit` or, without one, on a commit of ours
    /// that no branch knows.
    ///
    /// Programs that git's own settings name as filters run; nothing is fetched. Submodules stay
    /// empty and files of git LFS stay pointers; the notes say so.
    ///
    /// # Errors
    ///
    /// There is no place for it, git refuses (a clone may lack some of the files), or the
    /// program was told to stop meanwhile.
    pub(crate) fn new(
        repository: &Repository,
        commit: Option<Oid>,
        tree: Oid,
    ) -> Result<Self, Failure> {
        let commit = commit.map_or_else(|| wrapped(repository, tree), Ok)?;
        let listener = Listener::begin();
        let listener = listener.map_err(|e| Failure::because("signals cannot be caught", e))?;
        let folder = folder()?;
        let name = folder.path().file_name().unwrap_or_default();
        let checkout = Self {
            top: folder.path().join(name),
            common: repository.store().commondir().to_owned(),
            folder,
            listener,
            notes: notes(repository, tree),
        };
        let added = checkout.add(repository, commit);
        match checkout.told() {
            Some(signal) => Err(Failure::new(format!("interrupted by {signal}"))),
            None => added.map(|()| checkout),
        }
    }

    /// Its top.
    pub(crate) fn top(&self) -> &Path {
        &self.top
    }

    /// What is not there as it would be in a clone.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The signal that asked us to end since it was made.
    pub(crate) fn told(&self) -> Option<String> {
        self.listener.told().map(signals::name)
    }

    /// What a program finds in its environment there: Python looks for modules in the worktree
    /// first, then where `given` says, else where the user's environment does.
    pub(crate) fn environment(&self, given: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let inherited = env::var_os("PYTHONPATH").filter(|it| !it.is_empty());
        let others = given.get(PYTHON_PATH).map(OsString::from).or(inherited);
        let own = python_folders(&self.top).into_iter();
        let others = others.iter().flat_map(env::split_paths);
        let mut environment = given.clone();
        if let Ok(path) = env::join_paths(own.chain(others)) {
            let path = path.to_string_lossy().into_owned();
            environment.insert(PYTHON_PATH.to_owned(), path);
        }
        environment
    }

    fn add(&self, repository: &Repository, commit: Oid) -> Result<(), Failure> {
        let beside = self.folder.path().join(REPOSITORY);
        fs::write(beside, self.common.as_os_str().as_bytes()).map_err(|e| no_place(&e))?;
        let reason = format!("in use by process {} of cargo-xtask", std::process::id());
        // Hooks are the user's and may do anything; a sparse checkout would leave files out.
        let settings = ["core.hooksPath=/dev/null", "core.sparseCheckout=false"];
        let settings = settings.iter().flat_map(|setting| ["-c", *setting]);
        let git = repository.git().args(settings);
        let git = git.args(["worktree", "add", "--quiet", "--detach", "--lock"]);
        let git = git.args(["--reason", &reason]).arg(&self.top);
        let git = NO_NETWORK
            .iter()
            .fold(git.arg(commit.to_string()), |git, (name, value)| {
                git.env(name, value)
            });
        // Of two at once in one repository the one may take away the folder that the other is about
        // to use.
        let _alone = alone();
        // It may outlive us, and writes until its end.
        let held = self.folder.hold().map_err(|e| no_place(&e))?;
        hold(git, held)
            .map_err(|why| Failure::because("no temporary worktree could be made", why.message))
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let _alone = alone();
        forget(&self.common, &self.top);
    }
}

fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Checkout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checkout")
            .field("top", &self.top)
            .finish_non_exhaustive()
    }
}

/// Removes the worktrees whose owners were killed.
pub(crate) fn prune() {
    let Some(place) = place() else { return };
    for abandoned in Abandoned::all_in(&place) {
        let folder = abandoned.path();
        let common = fs::read(folder.join(REPOSITORY)).unwrap_or_default();
        let name = folder.file_name().unwrap_or_default();
        if !common.is_empty() {
            forget(Path::new(&OsString::from_vec(common)), &folder.join(name));
        }
    }
}

const PYTHON_PATH: &str = "PYTHONPATH";

/// Nothing is fetched, neither the missing objects of a partial clone nor the files of git LFS.
const NO_NETWORK: [(&str, &str); 3] = [
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_LFS_SKIP_SMUDGE", "1"),
];

/// Where temporary worktrees lie.
fn place() -> Option<PathBuf> {
    Some(directories::cache()?.join("worktrees"))
}

fn folder() -> Result<TemporaryFolder, Failure> {
    let place = place().ok_or_else(|| {
        Failure::new("there is no place for a temporary worktree")
            .with_help("set `HOME` or `XDG_CACHE_HOME`")
    })?;
    directories::make(&place).map_err(|e| no_place(&e))?;
    // Programs compare it with the paths that the system tells them.
    let place = place.canonicalize().map_err(|e| no_place(&e))?;
    TemporaryFolder::new(&place).map_err(|e| no_place(&e))
}

fn no_place(error: &io::Error) -> Failure {
    Failure::because("there is no place for a temporary worktree", error)
}

/// A commit of a tree, always the same one for the same tree on the same HEAD.
fn wrapped(repository: &Repository, tree: Oid) -> Result<Oid, Failure> {
    let head = repository.head()?.commit;
    let store = repository.store();
    let made = || {
        let name = env!("CARGO_BIN_NAME");
        let who = Signature::new(name, name, &Time::new(0, 0))?;
        let tree = store.find_tree(tree)?;
        let parent = head.map(|head| store.find_commit(head)).transpose()?;
        let parents: Vec<_> = parent.iter().collect();
        store.commit(
            None,
            &who,
            &who,
            "a tree that is being verified",
            &tree,
            &parents,
        )
    };
    made().map_err(|e: git2::Error| {
        Failure::because(
            "a temporary worktree needs a commit, which cannot be made",
            e.message(),
        )
    })
}

/// What git itself does to forget a worktree: the folder that the repository keeps about it is
/// removed, if it speaks of this one or was not finished.
fn forget(common: &Path, top: &Path) {
    let Some(name) = top.file_name() else { return };
    let all = common.join("worktrees");
    let own = all.join(name);
    let speaks_of = fs::read(own.join("gitdir")).map(|path| {
        // The name is one that only this worktree has; the way to it may be written in two ways.
        let path = Path::new(OsStr::from_bytes(path.trim_ascii_end()));
        path.parent().is_some_and(|it| it.ends_with(name))
    });
    if speaks_of.unwrap_or(true) {
        let _ = fs::remove_dir_all(own);
    }
    // Only if it is empty.
    let _ = fs::remove_dir(all);
}

/// The folders of the tree in which Python packages stand.
fn python_folders(top: &Path) -> Vec<PathBuf> {
    let source = top.join("src");
    let is_layout = source.is_dir()
        && !source.join("__init__.py").exists()
        && ["pyproject.toml", "setup.py", "setup.cfg"]
            .iter()
            .any(|it| top.join(it).exists());
    [Some(top.to_owned()), is_layout.then_some(source)]
        .into_iter()
        .flatten()
        .collect()
}

fn notes(repository: &Repository, tree: Oid) -> Vec<String> {
    let (submodules, uses_lfs) = special(repository, tree);
    let mut named: Vec<String> = submodules.iter().take(NAMED).cloned().collect();
    if submodules.len() > NAMED {
        named.push(format!("{} more", submodules.len() - NAMED));
    }
    let submodules = (!named.is_empty()).then(|| {
        format!(
            "submodules are empty in the temporary worktree: {}",
            named.join(", ")
        )
    });
    let lfs = uses_lfs.then(|| {
        "files of git LFS are pointers in the temporary worktree: nothing is fetched".to_owned()
    });
    submodules.into_iter().chain(lfs).collect()
}

/// The submodules of a tree, and whether it gives files to git LFS.
fn special(repository: &Repository, tree: Oid) -> (Vec<String>, bool) {
    let store = repository.store();
    let (mut submodules, mut uses_lfs) = (Vec::new(), false);
    let Ok(tree) = store.find_tree(tree) else {
        return (submodules, uses_lfs);
    };
    // What cannot be walked cannot be checked out either, and that says why.
    let _ = tree.walk(TreeWalkMode::PreOrder, |folder, entry| {
        let name = String::from_utf8_lossy(entry.name_bytes());
        if entry.kind() == Some(ObjectType::Commit) {
            submodules.push(format!("`{folder}{name}`"));
        }
        if name == ".gitattributes" {
            let blob = store.find_blob(entry.id());
            let mentions = |blob: git2::Blob<'_>| {
                String::from_utf8_lossy(blob.content()).contains("filter=lfs")
            };
            uses_lfs |= blob.is_ok_and(mentions);
        }
        TreeWalkResult::Ok
    });
    (submodules, uses_lfs)
}

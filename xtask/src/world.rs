//! What the checks that need the outside world are handed.

mod ran;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use checks::path::RepoPath;
use git2::Oid;
use tasks::outside::Ruling;

use crate::aside::{self, Ahead, Spot};
use crate::checkout::{self, Checkout};
use crate::contents::{Contents, Ignored, Restored};
use crate::logs;
use crate::process::{self, End, Program, Service};
use crate::proof::{self, Proofs};
use crate::repository::Repository;
pub(crate) use crate::stage::Show;
use crate::stage::Stage;
use crate::trust::Trust;
pub(crate) use ran::Ran;

/// What the checks that need the outside world are handed.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// The top of the work tree in which programs run.
    pub(crate) root: PathBuf,
    /// What programs run on instead of the user's files: a temporary worktree of it is made
    /// when the first one is to run.
    pub(crate) isolated: Option<Isolated>,
    /// That worktree.
    pub(crate) checkout: Option<Checkout>,
    /// The repository; none if only files are known.
    pub(crate) repository: Option<Rc<Repository>>,
    /// Why no program may run; none if programs may run (`--full`).
    pub(crate) no_programs: Option<String>,
    /// Whether the commands of the plan that is being judged may run.
    pub(crate) trust: Trust,
    /// Why what programs say would not count: the files on disk are not the ones judged.
    pub(crate) other_files: Option<String>,
    /// Whether what programs change is put back (`--restore`).
    pub(crate) restore: bool,
    /// Whether a revision is judged, so that what lies on disk has no say.
    pub(crate) at_revision: bool,
    /// The tree that is about to be committed, if that is what is judged.
    pub(crate) candidate: Option<Oid>,
    /// The interpreter that `--python` names.
    pub(crate) python: Option<PathBuf>,
    /// The Python environment that `$VIRTUAL_ENV` names.
    pub(crate) virtual_env: Option<PathBuf>,
    /// The hosts beside this machine that the user allows to be asked.
    pub(crate) hosts: Vec<String>,
    /// Whether only what is answered at once is asked.
    pub(crate) instant: bool,
    /// The milestones that are being judged, each for the sake of the one before it.
    pub(crate) milestones: Vec<String>,
    /// The passes that need not be earned again.
    pub(crate) proofs: Proofs,
    /// How many checks of a task may run side by side, each on files of its own; none if programs
    /// run one after the other in one place.
    pub(crate) jobs: Option<NonZeroUsize>,
    /// The checks that will be judged next.
    pub(crate) ahead: Vec<Ahead>,
    /// Where this world's programs stand among others that run beside them.
    pub(crate) spot: Option<Spot>,
    /// Where programs are shown.
    pub(crate) stage: Arc<Stage>,
    /// What is to be said about temporary worktrees that are gone.
    pub(crate) left: Vec<String>,
    /// Why an environment could not be built, by its key: it is not tried twice.
    pub(crate) unbuilt: HashMap<String, String>,
    /// What was already run: a command that several criteria name runs once.
    pub(crate) ran: HashMap<String, Ruling>,
    /// The modules of its entry's package that a probe has seen loaded, by the probe's key.
    pub(crate) loaded: HashMap<String, Vec<String>>,
    /// The program that has changed files: what runs after it would judge other files.
    pub(crate) changed_by: Option<String>,
    /// The signal that asked the runner to end: no program is started any more.
    pub(crate) interrupted: Option<String>,
}

/// A state of the repository that is not, or need not be, what lies on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Isolated {
    /// The commit that holds the tree, if there is one.
    pub(crate) commit: Option<Oid>,
    /// The tree.
    pub(crate) tree: Oid,
}

impl World {
    /// The ruling on what `key` stands for: `run` is asked for it once, if programs may run.
    pub(crate) fn once(&mut self, key: &str, run: impl FnOnce(&mut Self) -> Ruling) -> Ruling {
        if let Some(reason) = &self.no_programs {
            return Ruling::skipped(reason);
        }
        if let Some(refusal) = self.trust.refusal() {
            return Ruling::undecided(refusal);
        }
        if let Some(reason) = &self.other_files {
            return Ruling::undecided(reason);
        }
        if let Some(ruling) = self.ran.get(key) {
            return ruling.clone();
        }
        if let Some(signal) = self.interrupted() {
            return Ruling::undecided(format!("not run: interrupted by {signal}"));
        }
        if let Some(culprit) = &self.changed_by {
            return Ruling::undecided(format!(
                "not run: {culprit} has changed files, so it would judge other ones"
            ));
        }
        if self.jobs.is_some() {
            aside::judge_ahead(self, key);
            if let Some(ruling) = self.ran.get(key) {
                return ruling.clone();
            }
            if let Some(signal) = self.interrupted() {
                return Ruling::undecided(format!("not run: interrupted by {signal}"));
            }
        }
        if let Err(why) = self.prepare(key) {
            return Ruling::undecided(why);
        }
        let ruling = run(self);
        self.ran.insert(key.to_owned(), ruling.clone());
        ruling
    }

    /// The signal that asked the runner to end, if one did.
    pub(crate) fn interrupted(&mut self) -> Option<&str> {
        let told = self.checkout.as_ref().and_then(Checkout::told);
        self.interrupted = self.interrupted.take().or(told);
        self.interrupted.as_deref()
    }

    /// Removes the temporary worktree, if there is one; what is to be said about it.
    pub(crate) fn leave(&mut self) -> Vec<String> {
        let mut notes = std::mem::take(&mut self.left);
        let own = self.checkout.take();
        notes.extend(
            own.iter()
                .flat_map(|checkout| checkout.notes().iter().cloned()),
        );
        let mut seen = HashSet::new();
        notes.retain(|note| seen.insert(note.clone()));
        notes
    }

    /// Makes the temporary worktree that programs are to run in, unless what `key` stands for is
    /// proved already.
    fn prepare(&mut self, key: &str) -> Result<(), String> {
        let (Some(isolated), Some(repository)) = (self.isolated, &self.repository) else {
            return Ok(());
        };
        let key = proof::key(key, self.interpreter().ok().as_deref());
        if self.checkout.is_some() || self.proofs.of(&key).is_some_and(|proof| proof.own) {
            return Ok(());
        }
        let made = Checkout::new(repository, isolated.commit, isolated.tree);
        let checkout = made.map_err(|failure| failure.message).inspect_err(|why| {
            // Not tried again for the next program.
            self.other_files = Some(why.clone());
        })?;
        self.root = checkout.top().to_owned();
        self.checkout = Some(checkout);
        Ok(())
    }

    /// Runs a program called `title`, and looks what it changes in the work tree.
    ///
    /// # Errors
    ///
    /// It could not be started, or the work tree could not be read before.
    pub(crate) fn run(
        &mut self,
        title: &str,
        program: &Program,
        show: Show,
    ) -> Result<Ran, String> {
        self.serve(title, program, show, Service::wait)
            .map(|(ran, ())| ran)
    }

    /// Runs a program called `title` as long as `work` takes, and looks what it changes in the
    /// work tree.
    ///
    /// # Errors
    ///
    /// As [`World::run`].
    pub(crate) fn serve<T: Send>(
        &mut self,
        title: &str,
        program: &Program,
        show: Show,
        work: impl FnOnce(&Service) -> T + Send,
    ) -> Result<(Ran, T), String> {
        if let Some(refusal) = self.trust.refusal() {
            return Err(refusal.to_owned());
        }
        let unreadable = |error: git2::Error| {
            format!(
                "whether {title} changes files cannot be known: {}",
                error.message()
            )
        };
        let before = Contents::keep(&self.root).map_err(unreadable)?;
        let ignored = self.ignored().map_err(unreadable)?;
        let (program, withheld) = self.surrounded(program);
        let spot = self.spot.clone();
        let work = |service: &Service| {
            if let Some(spot) = spot {
                spot.watch(service);
            }
            work(service)
        };
        let served = self.stage.show(title, show, |watch| {
            process::serve(&program, withheld, watch, work)
        });
        let (finished, done) = served.map_err(|error| error.to_string())?;
        if let End::Interrupted(signal) = &finished.end {
            self.interrupted = Some(signal.clone());
        }
        let after = Contents::read(&self.root).map_err(unreadable);
        let changes = after.as_ref().map(|after| before.changes(after));
        let restored = match (&after, ignored) {
            (Err(_), _) => Restored::default(),
            (Ok(after), _) if before.is_same(after) => Restored::untouched(),
            (Ok(_), Some(ignored)) => before.put_back(&ignored),
            (Ok(after), None) => before.ways_back(after),
        };
        if !restored.whole {
            self.changed_by = Some(title.to_owned());
        }
        let is_ours = self.checkout.is_some() && restored.whole;
        let ran = Ran {
            changes: match changes.map_err(Clone::clone) {
                Ok(none) if none.is_empty() && finished.survivors > 0 => Err(format!(
                    "whether {title} changes files cannot be known: it still runs in part, and \
                     could not be ended"
                )),
                changes => changes,
            },
            notes: if is_ours { Vec::new() } else { restored.notes },
            finished,
        };
        Ok((ran, done))
    }

    /// What git ignores, if what programs change is to be put back: the next one in a temporary
    /// worktree must find it as the first one did.
    fn ignored(&self) -> Result<Option<Ignored>, git2::Error> {
        let wanted = self.restore || self.checkout.is_some();
        wanted.then(|| Ignored::read(&self.root)).transpose()
    }

    /// The program as it runs in a temporary worktree, and the variables that it does not see.
    fn surrounded(&self, program: &Program) -> (Program, &'static [&'static str]) {
        let Some(checkout) = &self.checkout else {
            return (program.clone(), &[]);
        };
        let program = Program {
            environment: checkout.environment(&program.environment),
            ..program.clone()
        };
        (program, &checkout::WITHHELD)
    }

    /// The top of the repository that is judged, wherever its files lie while programs run.
    pub(crate) fn top(&self) -> &Path {
        let top = self.repository.as_ref().map(|repository| repository.top());
        top.unwrap_or(&self.root)
    }

    /// A new file for what the program called `title` prints: under the git directory, so that
    /// it lies outside of the work tree and outlives a temporary one; without git in a
    /// temporary folder.
    pub(crate) fn log(&self, title: &str) -> PathBuf {
        let git = git2::Repository::open(&self.root).ok();
        logs::new(git.as_ref().map(git2::Repository::commondir), title)
    }

    /// The folder on disk at `path`, or the top.
    ///
    /// # Errors
    ///
    /// There is none, or it lies outside of the work tree.
    pub(crate) fn folder(&self, path: Option<&RepoPath>) -> Result<PathBuf, String> {
        let Some(path) = path else {
            return Ok(self.root.clone());
        };
        let folder = self.root.join(path.as_str());
        let real = |path: &Path| path.canonicalize().ok();
        match (real(&folder), real(&self.root)) {
            (Some(real), _) if !real.is_dir() => Err(format!("`{path}` is not a folder")),
            (Some(real), Some(root)) if real.starts_with(&root) => Ok(folder),
            (Some(_), _) => Err(format!("`{path}` leaves the repository")),
            (None, _) => Err(format!("no such folder: `{path}`")),
        }
    }

    /// The Python interpreter to ask: what `--python` names, else the repository's `.venv`,
    /// else `$VIRTUAL_ENV`; never whatever `python3` happens to be.
    ///
    /// # Errors
    ///
    /// There is none; the reason names the way to make one.
    pub(crate) fn interpreter(&self) -> Result<PathBuf, String> {
        if let Some(named) = &self.python {
            return match named_interpreter(named) {
                Some(interpreter) => Ok(interpreter),
                None => Err(format!(
                    "`--python {}`: no such interpreter",
                    named.display()
                )),
            };
        }
        let home = self.repository.as_ref().filter(|_| self.isolated.is_some());
        let home = home.map_or(self.root.as_path(), |repository| repository.top());
        let own = home.join(".venv");
        let environments = [Some(&own), self.virtual_env.as_ref()];
        let interpreters = environments.into_iter().flatten().map(|it| within(it));
        interpreters
            .into_iter()
            .find(|it| it.is_file())
            .ok_or_else(|| {
                "no Python environment: make one in the repository's `.venv` (for instance with \
             `uv sync`, or `python3 -m venv .venv` and `.venv/bin/pip install -e .`), or name \
             an interpreter with `--python`"
                    .to_owned()
            })
    }
}

/// Words as one would type them.
pub(crate) fn command_line(words: &[String]) -> String {
    let quoted = words.iter().map(|word| {
        let is_plain = |c: char| c.is_alphanumeric() || "-_./:=,+@%".contains(c);
        if !word.is_empty() && word.chars().all(is_plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// The interpreter in a Python environment.
fn within(environment: &Path) -> PathBuf {
    environment.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    })
}

/// An interpreter, a Python environment that holds one, or a name to look for on the path.
fn named_interpreter(named: &Path) -> Option<PathBuf> {
    if named.is_dir() {
        let interpreter = std::path::absolute(within(named)).ok()?;
        return interpreter.is_file().then_some(interpreter);
    }
    if named.components().count() > 1 {
        let interpreter = std::path::absolute(named).ok()?;
        return interpreter.is_file().then_some(interpreter);
    }
    process::on_path(named, &std::env::var_os("PATH")?)
}

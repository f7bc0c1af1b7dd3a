//! One call about one milestone: the repository, the plan, and the state that is judged.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use checks::path::RepoPath;
use checks::snapshot::Snapshot;
use git2::Oid;
use jiff::ZonedDateTime;
use tasks::deviation::Deviations;
use tasks::report::{Report, SnapshotInfo};
use tasks::verify::{Request, verify};

use crate::baseline::{self, Against};
use crate::checkout;
use crate::cli::{Common, Judging};
use crate::commit::{self, tree_on_disk};
use crate::executed;
use crate::failure::Failure;
use crate::plans::{self, Source, Sourced};
use crate::proof::Proofs;
use crate::repository::{Head, Repository, Revision, Scope};
use crate::snapshot::{Tree, WorkTree};
use crate::trailers;
use crate::trust::Trust;
use crate::world::{Isolated, World};

/// The variable that names the repository to judge.
const VARIABLE: &str = "MILESTONE_REPO";

/// Why no program runs at a revision.
pub(crate) const NO_DISK: &str = "runs on files on disk; `--at` judges a revision, which has none \
    but in a temporary worktree: `--full`";

/// One call about one milestone.
#[derive(Debug)]
pub(crate) struct Session {
    /// The repository that is judged.
    pub(crate) repository: Rc<Repository>,
    /// The plan, and where it came from.
    pub(crate) sourced: Sourced,
    /// The revision that is judged; none for the work tree.
    pub(crate) at: Option<Revision>,
}

/// What is asked of the work tree, or of the revision.
#[derive(Debug, Default)]
pub(crate) struct Question {
    /// The tasks; none means everything.
    pub(crate) tasks: Vec<String>,
    /// Only what is answered at once.
    pub(crate) instant: bool,
    /// Plant violations to see whether the checks can fail.
    pub(crate) controls: bool,
    /// Ask nothing more once a box fails.
    pub(crate) fail_fast: bool,
    /// Why no program may run; none if they may.
    pub(crate) no_programs: Option<String>,
    /// The interpreter that `--python` names.
    pub(crate) python: Option<PathBuf>,
    /// The hosts beside this machine that may be asked.
    pub(crate) hosts: Vec<String>,
    /// How to judge.
    pub(crate) judging: Judging,
    /// The tree to judge, which lies on disk too; none for the work tree.
    pub(crate) tree: Option<Oid>,
    /// Run again what is proved already.
    pub(crate) fresh: bool,
    /// Run programs in a temporary worktree and not on the user's files.
    pub(crate) isolated: bool,
    /// Put back what programs change.
    pub(crate) restore: bool,
    /// How many programs may run side by side; none if they run one after the other in one place.
    pub(crate) jobs: Option<NonZeroUsize>,
    /// What to compare with.
    pub(crate) against: Against,
}

impl Session {
    /// Finds the repository and the plan.
    ///
    /// # Errors
    ///
    /// There is no such repository or plan, or the repository holds none of the files that the
    /// plan names.
    pub(crate) fn open(common: &Common, milestone: Option<&str>) -> Result<Self, Failure> {
        let repository = repository(common, Repository::discover)?;
        let sourced = plans::find(common.plan.as_deref(), milestone, &repository)?;
        let session = Self {
            repository: Rc::new(repository),
            sourced,
            at: None,
        };
        session.holds_the_plans_files()?;
        Ok(session)
    }

    /// Finds the repository, the revision in it and the plan: that of the work tree or, where
    /// there is none, the revision's own. Without a revision as [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), or there is no such revision.
    pub(crate) fn open_at(
        common: &Common,
        milestone: Option<&str>,
        revision: Option<&str>,
    ) -> Result<Self, Failure> {
        let Some(revision) = revision else {
            return Self::open(common, milestone);
        };
        let session = Self::of_objects(common, milestone, revision)?;
        session.holds_the_plans_files()?;
        Ok(session)
    }

    /// As [`open_at`](Self::open_at), whether or not the revision holds the plan's files.
    ///
    /// # Errors
    ///
    /// There is no such repository, revision or plan.
    pub(crate) fn of_objects(
        common: &Common,
        milestone: Option<&str>,
        revision: &str,
    ) -> Result<Self, Failure> {
        let repository = repository(common, Repository::discover_objects)?;
        let revision = repository.revision(revision)?;
        let sourced = if repository.store().is_bare() {
            let tree = tree(&repository, revision.tree)?;
            plans::find_in(common.plan.as_deref(), milestone, &repository, &tree)?
        } else {
            plans::find(common.plan.as_deref(), milestone, &repository)?
        };
        Ok(Self {
            repository: Rc::new(repository),
            sourced,
            at: Some(revision),
        })
    }

    /// Judges the work tree, the revision, or the tree that the question names.
    ///
    /// # Errors
    ///
    /// A task is not in the plan, or the repository or the deviations cannot be read.
    pub(crate) fn judge(&self, question: &Question) -> Result<Report, Failure> {
        self.known_tasks(&question.tasks)?;
        if question.jobs.is_some() && !question.isolated && self.at.is_none() {
            return Err(shared_files());
        }
        let snapshot: Box<dyn Snapshot + '_> = match question.tree {
            Some(id) => Box::new(tree(&self.repository, id)?),
            None if self.at.is_none() && !question.instant => {
                Box::new(WorkTree::with_listing_ahead(&self.repository))
            }
            None => self.snapshot()?,
        };
        let deviations = self.deviations(&*snapshot, &question.judging)?;
        let isolated = self.isolated(question)?;
        let proofs = self.proofs(question, isolated)?;
        let no_programs = question.no_programs.clone().map(|why| match &self.at {
            Some(_) => NO_DISK.to_owned(),
            None => why,
        });
        let mut world = World {
            candidate: question.tree,
            no_programs,
            isolated,
            restore: question.restore,
            jobs: question.jobs,
            at_revision: self.at.is_some(),
            instant: question.instant,
            proofs,
            hosts: question.hosts.clone(),
            ..self.world(question.python.as_deref())
        };
        let request = Request {
            instant: question.instant,
            fail_fast: question.fail_fast,
            controls: question.controls,
            ..request(&question.tasks, &deviations)
        };
        let (mut info, commit) = self.info()?;
        if let Some(tree) = question.tree {
            info.kind = "tree".to_owned();
            info.tree = Some(tree.to_string());
        }
        let mut report = verify(&self.sourced.plan, &*snapshot, info, &mut world, &request);
        if let Some(signal) = world.interrupted() {
            return Err(interrupted(signal));
        }
        report.warnings.extend(world.leave());
        if question.no_programs.is_some() && self.at.is_none() {
            report
                .warnings
                .extend(world.trust.refusal().map(str::to_owned));
        }
        baseline::compare(self, question, &deviations, &mut report)?;
        executed::compare(&self.repository, &mut report)?;
        if self.at.is_none() {
            report.warnings.extend(self.wrong_branch(&report.snapshot));
        }
        let mut commits = trailers::of_milestone(&self.repository, commit, &report.milestone);
        for task in &mut report.tasks {
            task.commit = commits.remove(&task.id);
        }
        Ok(report)
    }

    /// The world in which this plan is judged: this repository and the Python environments
    /// that were named.
    pub(crate) fn world(&self, python: Option<&Path>) -> World {
        World {
            root: self.repository.top().to_owned(),
            repository: Some(Rc::clone(&self.repository)),
            milestones: vec![self.sourced.plan.milestone.id.clone()],
            trust: Trust::of(&self.sourced, self.repository.top()),
            python: python.map(Path::to_owned),
            virtual_env: virtual_env(),
            ..World::default()
        }
    }

    /// The deviations that count.
    ///
    /// # Errors
    ///
    /// The file that holds them is not valid.
    pub(crate) fn deviations(
        &self,
        snapshot: &dyn Snapshot,
        judging: &Judging,
    ) -> Result<Deviations, Failure> {
        if judging.no_waivers {
            return Ok(Deviations::default());
        }
        self.sourced.deviations(snapshot)
    }

    /// Every task that was named is in the plan.
    ///
    /// # Errors
    ///
    /// One is not; the nearest ones.
    pub(crate) fn known_tasks(&self, tasks: &[String]) -> Result<(), Failure> {
        let plan = &self.sourced.plan;
        let known: Vec<&str> = plan.tasks.iter().map(|task| task.id.as_str()).collect();
        match tasks.iter().find(|id| !known.contains(&id.as_str())) {
            None => Ok(()),
            Some(unknown) => {
                let near = tasks::nearest::did_you_mean(unknown, known.iter().copied());
                let all = format!(
                    "the tasks of `{}` are {}",
                    plan.milestone.id,
                    known.join(", ")
                );
                Err(Failure::new(format!("there is no task `{unknown}`"))
                    .with_help(near.unwrap_or(all)))
            }
        }
    }

    /// The passes on these very files that need not be earned again.
    fn proofs(&self, question: &Question, on: Option<Isolated>) -> Result<Proofs, Failure> {
        if question.fresh || question.no_programs.is_some() {
            return Ok(Proofs::default());
        }
        match on {
            Some(isolated) => Proofs::on(&self.repository, isolated.tree),
            None => Proofs::on_clean_head(&self.repository),
        }
    }

    /// What programs run on instead of the user's files: a revision lies nowhere else on disk.
    fn isolated(&self, question: &Question) -> Result<Option<Isolated>, Failure> {
        if question.no_programs.is_some() {
            return Ok(None);
        }
        match &self.at {
            Some(Revision { commit, tree, .. }) => Ok(Some(Isolated {
                commit: *commit,
                tree: *tree,
            })),
            None if question.isolated => Ok(Some(Isolated {
                commit: None,
                tree: tree_on_disk(&self.repository)?,
            })),
            None => Ok(None),
        }
    }

    /// The state that is judged.
    ///
    /// # Errors
    ///
    /// The revision cannot be read.
    pub(crate) fn snapshot(&self) -> Result<Box<dyn Snapshot + '_>, Failure> {
        Ok(match &self.at {
            None => Box::new(WorkTree::new(&self.repository)),
            Some(revision) => Box::new(tree(&self.repository, revision.tree)?),
        })
    }

    /// What is judged, for a report, and its commit.
    fn info(&self) -> Result<(SnapshotInfo, Option<Oid>), Failure> {
        let Some(revision) = &self.at else {
            let head = self.repository.head()?;
            let commit = head.commit;
            return Ok((self.work_tree_info(head)?, commit));
        };
        Ok((revision.into(), revision.commit))
    }

    fn work_tree_info(&self, head: Head) -> Result<SnapshotInfo, Failure> {
        let scope = Scope::Under(self.sourced.plan.files());
        let changed = self.repository.changed(&scope)?;
        Ok(SnapshotInfo {
            kind: "worktree".to_owned(),
            revision: head.commit.map(|commit| commit.to_string()),
            tree: None,
            branch: head.branch().map(str::to_owned),
            changed: changed
                .iter()
                .map(|change| change.path.to_string())
                .collect(),
        })
    }

    /// Real branches differ from the plan's: worth a warning, not a verdict.
    fn wrong_branch(&self, snapshot: &SnapshotInfo) -> Option<String> {
        let wanted = self.sourced.plan.milestone.branch.as_ref()?;
        let actual = snapshot.branch.as_deref().unwrap_or("a detached HEAD");
        (actual != wanted).then(|| format!("on `{actual}`; the plan names the branch `{wanted}`"))
    }

    /// A repository without any of the plan's files is not the one that was meant, unless the
    /// plan, or the document that it was imported from, lies in it: then they are yet to be made.
    fn holds_the_plans_files(&self) -> Result<(), Failure> {
        if matches!(self.sourced.source, Source::File(_, Some(_))) {
            return Ok(());
        }
        let mut files = self.sourced.plan.files();
        let snapshot = self.snapshot()?;
        let document = self.sourced.plan.milestone.source.as_deref();
        if let Some(document) = document.filter(|_| !files.is_empty()) {
            files.extend(RepoPath::new(document));
        }
        // What cannot be asked may be there: only a certain "no" counts.
        if files.is_empty() || files.iter().any(|file| snapshot.kind(file) != Ok(None)) {
            return Ok(());
        }
        // A milestone may remove what it names.
        if self.repository.ever_held(&files) {
            return Ok(());
        }
        let milestone = &self.sourced.plan.milestone.id;
        if let Some(revision) = &self.at {
            return Err(Failure::new(format!(
                "the revision `{}` holds none of the files that milestone `{milestone}` names",
                revision.name
            ))
            .with_help(format!(
                "`cargo xtask {milestone} history` shows at which commits it does"
            )));
        }
        Err(Failure::new(format!(
            "`{}` holds none of the files that milestone `{milestone}` names",
            self.repository.top().display()
        ))
        .with_help(format!(
            "name the repository: `cargo xtask -C DIR {milestone} status`"
        ))
        .with_help(format!("or set the variable `{VARIABLE}` to its folder"))
        .with_help("or try it on a sample: `cargo xtask demo`"))
    }
}

impl From<&Revision> for SnapshotInfo {
    /// What a report says of a revision that was judged.
    fn from(revision: &Revision) -> Self {
        Self {
            kind: "revision".to_owned(),
            revision: revision.commit.map(|commit| commit.to_string()),
            tree: Some(revision.tree.to_string()),
            branch: None,
            changed: Vec::new(),
        }
    }
}

/// A tree as a snapshot.
///
/// # Errors
///
/// It cannot be read.
pub(crate) fn tree(repository: &Repository, id: Oid) -> Result<Tree<'_>, Failure> {
    Tree::new(repository, id).map_err(|e| Failure::new(e.to_string()))
}

/// What is asked about these tasks today: everything, but no controls.
pub(crate) fn request<'a>(tasks: &'a [String], deviations: &'a Deviations) -> Request<'a> {
    Request {
        tasks,
        instant: false,
        fail_fast: false,
        controls: false,
        deviations,
        today: ZonedDateTime::now().date(),
    }
}

/// The environment that the user's shell has activated.
pub(crate) fn virtual_env() -> Option<PathBuf> {
    std::env::var_os("VIRTUAL_ENV")
        .filter(|v| !v.is_empty())
        .map(PathBuf::from)
}

fn shared_files() -> Failure {
    Failure::new(
        "`--jobs` runs each program on files of its own: on yours nobody could tell which of two \
         programs has changed them",
    )
    .with_help("add `--isolated`, or judge a revision with `--at REV`")
}

/// Somebody asked the tool to end while a program ran: half an answer is none.
pub(crate) fn interrupted(signal: &str) -> Failure {
    Failure::new(format!("interrupted by {signal}: nothing was decided"))
        .with_help("run it again and let it end")
}

/// The folder that is meant: `-C DIR`, else the variable, else the current one.
pub(crate) fn directory(common: &Common) -> PathBuf {
    let variable = || std::env::var_os(VARIABLE).filter(|v| !v.is_empty());
    let named = common.directory.clone();
    named
        .or_else(|| variable().map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from("."))
}

/// The repository that is judged: `-C DIR`, else the variable, else the one around the current
/// folder.
///
/// # Errors
///
/// There is none.
pub(crate) fn repository(
    common: &Common,
    discover: fn(&Path) -> Result<Repository, Failure>,
) -> Result<Repository, Failure> {
    let variable = std::env::var_os(VARIABLE).filter(|v| !v.is_empty());
    let repository = match (&common.directory, variable) {
        (Some(folder), _) => discover(folder),
        (None, Some(folder)) => discover(Path::new(&folder)).map_err(|failure| {
            failure.with_help(format!(
                "the variable `{VARIABLE}` names it; `-C DIR` goes first"
            ))
        }),
        (None, None) => discover(Path::new(".")).map_err(|failure| {
            failure
                .with_help(format!("or set the variable `{VARIABLE}` to its folder"))
                .with_help("or try it on a sample: `cargo xtask demo`")
        }),
    }?;
    checkout::prune();
    commit::tidy(&repository);
    Ok(repository)
}

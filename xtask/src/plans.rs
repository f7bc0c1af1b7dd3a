//! Where plans come from: the tool itself, a file, the judged repository.

mod places;

use std::fs;
use std::path::{Path, PathBuf};

use checks::path::RepoPath;
use checks::snapshot::{ContentId, ReadError, Snapshot};
use tasks::builtin::{BUILTIN, Builtin};
use tasks::deviation::{Deviations, Extension};
use tasks::nearest::did_you_mean;
use tasks::plan::{Plan, PlanError};

use crate::check::Live;
use crate::cli::command_names;
use crate::failure::Failure;
use crate::render::excerpt;
use crate::repository::Repository;
use crate::session::tree;
use crate::world::command_line;

use places::Place;

/// The folder of a repository that holds its plans and its deviations from plans that stand
/// elsewhere.
pub(crate) const FOLDER: &str = "milestones";

/// A plan and where it came from.
#[derive(Debug)]
pub(crate) struct Sourced {
    /// The plan.
    pub(crate) plan: Plan<Live>,
    /// Where it came from.
    pub(crate) source: Source,
    /// The content id of its text.
    pub(crate) content: ContentId,
}

/// Where a plan came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// It ships with the tool.
    Builtin,
    /// A file; its place in the judged repository, if it lies there.
    File(PathBuf, Option<RepoPath>),
}

/// Finds the plan that was meant, by file or by milestone.
///
/// # Errors
///
/// There is none, it is not valid, or the two do not agree.
pub(crate) fn find(
    file: Option<&Path>,
    milestone: Option<&str>,
    repository: &Repository,
) -> Result<Sourced, Failure> {
    let sourced = match (file, milestone) {
        (Some(file), _) => from_file(file, repository.top())?,
        (None, Some(id)) => by_id(id, repository)?,
        (None, None) => {
            let known: Vec<&str> = BUILTIN.iter().map(|b| b.id).collect();
            return Err(Failure::new("which milestone?").with_help(format!(
                "name it before the command (`cargo xtask {} status`) or give its file with `--plan`",
                known.first().unwrap_or(&"m2")
            )));
        }
    };
    let id = &sourced.plan.milestone.id;
    match milestone {
        Some(named) if last_part(named) != id => {
            let help = match file {
                Some(_) => "leave the milestone out: `--plan` says it".to_owned(),
                None => format!("call it by its id: `cargo xtask {id} status`"),
            };
            let message = format!("the plan file is about milestone `{id}`, not `{named}`");
            Err(Failure::new(message).with_help(help))
        }
        _ => Ok(sourced),
    }
}

/// As [`find`], for a repository without a work tree: a milestone's plan is the one that this
/// state of it holds.
///
/// # Errors
///
/// As [`find`].
pub(crate) fn find_in(
    file: Option<&Path>,
    milestone: Option<&str>,
    repository: &Repository,
    snapshot: &dyn Snapshot,
) -> Result<Sourced, Failure> {
    match (file, milestone) {
        (None, Some(id)) => match held(id, snapshot) {
            Some(sourced) => sourced,
            None => find(None, milestone, repository),
        },
        _ => find(file, milestone, repository),
    }
}

/// The plan that a word names, a milestone or a file, or that `--plan` names. A file is looked
/// for here and at the top of the repository. Of a repository without a work tree it may be the
/// plan that HEAD holds.
///
/// # Errors
///
/// As [`find`].
pub(crate) fn named(
    file: Option<&Path>,
    word: Option<&str>,
    repository: &Repository,
) -> Result<Sourced, Failure> {
    let top = repository.top();
    if let Some(word) = word.filter(|word| file.is_none() && word.ends_with(".toml")) {
        let here = Path::new(word);
        let below = top.join(word);
        let file = if here.exists() || !below.exists() {
            here
        } else {
            &below
        };
        return find(Some(file), None, repository);
    }
    if !repository.store().is_bare() {
        return find(file, word, repository);
    }
    let tree = tree(repository, repository.revision("HEAD")?.tree)?;
    find_in(file, word, repository, &tree)
}

/// The plan of a milestone that ships with the tool or that this state of a repository holds;
/// none if there is none.
pub(crate) fn held(id: &str, snapshot: &dyn Snapshot) -> Option<Result<Sourced, Failure>> {
    if let Some(builtin) = BUILTIN.iter().find(|builtin| builtin.id == id) {
        return Some(from_builtin(builtin));
    }
    let path = RepoPath::new(format!("{FOLDER}/{id}.toml")).ok()?;
    match snapshot.read(&path) {
        Ok(bytes) => return Some(from_bytes(path, &bytes)),
        Err(ReadError::Missing(_)) => {}
        Err(error) => return Some(Err(Failure::new(error.to_string()))),
    }
    let read = |path: &RepoPath| {
        let bytes = snapshot
            .read(path)
            .map_err(|error| Failure::new(error.to_string()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let found = places::in_snapshot(snapshot).map(|places| all_found(places, read));
    let meant = match found.as_ref().map(|found| meant(id, found, None)) {
        Ok(Ok(meant)) => meant?.place.path.clone(),
        Ok(Err(failure)) => return Some(Err(failure)),
        Err(failure) => return Some(Err(failure.clone())),
    };
    let bytes = snapshot
        .read(&meant)
        .map_err(|error| Failure::new(error.to_string()));
    Some(bytes.and_then(|bytes| from_bytes(meant, &bytes)))
}

/// A plan file of the judged repository.
#[derive(Debug)]
pub(crate) struct Found {
    /// Where it stands.
    pub(crate) place: Place,
    /// The plan, or what is wrong with it.
    pub(crate) plan: Result<Plan<Live>, Failure>,
}

impl Found {
    fn id(&self) -> Option<&str> {
        let plan = self.plan.as_ref().ok()?;
        Some(&plan.milestone.id)
    }

    /// The word that names its milestone among all of the repository:
    /// `container-optimization/m3`.
    pub(crate) fn name(&self) -> Option<String> {
        Some(qualified(&self.place.group, self.id()?))
    }
}

/// The plans in the judged repository, in the order of their paths. Files that only extend
/// another plan are left out.
///
/// # Errors
///
/// The repository says in a wrong way where its plans are.
pub(crate) fn in_repository(top: &Path) -> Result<Vec<Found>, Failure> {
    let read = |path: &RepoPath| {
        fs::read_to_string(top.join(path.as_str()))
            .map_err(|error| Failure::because(format!("`{path}` cannot be read"), error))
    };
    Ok(all_found(places::on_disk(top)?, read))
}

fn all_found(
    places: Vec<Place>,
    read: impl Fn(&RepoPath) -> Result<String, Failure>,
) -> Vec<Found> {
    let found = |place: Place| {
        let plan = match read(&place.path) {
            Ok(text) if Extension::is_one(&text) => return None,
            Ok(text) => parsed(place.path.as_str(), &text),
            Err(failure) => Err(failure),
        };
        Some(Found { place, plan })
    };
    places.into_iter().filter_map(found).collect()
}

/// The plan that a word means, with its group or without: the one whose branch is checked out,
/// or the only one. None if there is no such.
///
/// # Errors
///
/// There are several.
fn meant<'f>(
    word: &str,
    found: &'f [Found],
    branch: Option<&str>,
) -> Result<Option<&'f Found>, Failure> {
    let id = last_part(word);
    let is_whole = |it: &&Found| it.name().as_deref() == Some(word);
    let is_named = |it: &&Found| it.id() == Some(id) && (id == word || is_whole(it));
    let is_here = |it: &&Found| {
        let plan = it.plan.as_ref();
        plan.is_ok_and(|plan| branch.is_some() && plan.milestone.branch.as_deref() == branch)
    };
    let named: Vec<&Found> = found.iter().filter(is_named).collect();
    let on_branch: Vec<&Found> = named.iter().copied().filter(is_here).collect();
    let whole: Vec<&Found> = named.iter().copied().filter(is_whole).collect();
    match (named.as_slice(), on_branch.as_slice(), whole.as_slice()) {
        ([], ..) => Ok(None),
        ([one], ..) | (_, [one], _) | (_, _, [one]) => Ok(Some(one)),
        _ => Err(several(word, &named)),
    }
}

fn several(word: &str, named: &[&Found]) -> Failure {
    let count = named.len();
    let failure = Failure::new(format!(
        "`{word}` names {count} milestones, none of them by its branch"
    ));
    named.iter().fold(failure, |failure, it| {
        let name = it.name().unwrap_or_default();
        failure.with_help(format!("`{name}` is the one in `{}`", it.place.path))
    })
}

/// A milestone's id behind the folders that tell it from others of that id.
fn qualified(group: &str, id: &str) -> String {
    match group {
        "" => id.to_owned(),
        group => format!("{group}/{id}"),
    }
}

/// The id in a qualified name.
fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

impl Sourced {
    /// The plan's name for others: its place in the repository, or the file's name alone.
    pub(crate) fn name(&self) -> String {
        match &self.source {
            Source::Builtin => format!("{}.toml", self.plan.milestone.id),
            Source::File(_, Some(inside)) => inside.to_string(),
            Source::File(path, None) => {
                let name = path.file_name().unwrap_or_default();
                name.to_string_lossy().into_owned()
            }
        }
    }

    /// The word that names the plan on the command line: its milestone, or its file if that is
    /// not among the repository's plans.
    pub(crate) fn call(&self) -> String {
        let id = &self.plan.milestone.id;
        let own = |path: &RepoPath| {
            let folder = path.parent()?;
            let group = folder.as_str().strip_prefix(FOLDER)?;
            (group.is_empty() || group.starts_with('/'))
                .then(|| group.trim_start_matches('/').to_owned())
        };
        match &self.source {
            Source::Builtin => id.clone(),
            Source::File(_, Some(inside)) => match own(inside) {
                Some(group) => command_line(&[qualified(&group, id)]),
                None => command_line(&[inside.to_string()]),
            },
            Source::File(path, None) => command_line(&[path.display().to_string()]),
        }
    }

    /// The file that holds the deviations from this plan, and its place in the repository if it
    /// lies there.
    pub(crate) fn deviations_file(&self, top: &Path) -> (PathBuf, Option<RepoPath>) {
        match &self.source {
            Source::File(path, inside) => (path.clone(), inside.clone()),
            Source::Builtin => {
                let name = format!("{FOLDER}/{}.toml", self.plan.milestone.id);
                (top.join(&name), RepoPath::new(name).ok())
            }
        }
    }

    /// The waivers and attestations that `snapshot` holds for this plan. Those of a plan file
    /// outside of the repository are the file's own.
    ///
    /// # Errors
    ///
    /// The file that should hold them is not valid.
    pub(crate) fn deviations(&self, snapshot: &dyn Snapshot) -> Result<Deviations, Failure> {
        let (_, Some(inside)) = self.deviations_file(Path::new("")) else {
            return Ok(self.plan.deviations.clone());
        };
        let bytes = match snapshot.read(&inside) {
            Ok(bytes) => bytes,
            Err(ReadError::Missing(_)) => return Ok(Deviations::default()),
            Err(error) => return Err(Failure::new(error.to_string())),
        };
        let text =
            str::from_utf8(&bytes).map_err(|error| Failure::not_utf8(&inside, &bytes, error))?;
        match self.source {
            Source::File(..) => return Ok(parsed(inside.as_str(), text)?.deviations),
            Source::Builtin if parsed(inside.as_str(), text).is_ok() => {
                return Err(not_an_extension(&inside, &self.plan.milestone.id));
            }
            Source::Builtin => {}
        }
        let extension = Extension::parse(inside.as_str(), text).map_err(invalid)?;
        if extension.extends == self.plan.milestone.id {
            return Ok(extension.deviations);
        }
        let Extension { extends, .. } = extension;
        Err(Failure::new(format!(
            "`{inside}` extends `{extends}`, not `{}`",
            self.plan.milestone.id
        ))
        .with_help("a file in `milestones/` has the name of the milestone that it extends"))
    }
}

/// The words that name milestones here: of those that ship with the tool and of the repository
/// with this top. What cannot be read is left out: to say so is for `list`.
pub(crate) fn names(top: Option<&Path>) -> Vec<String> {
    let found = top
        .and_then(|top| in_repository(top).ok())
        .unwrap_or_default();
    let builtin = BUILTIN.iter().map(|builtin| builtin.id.to_owned());
    let mut names: Vec<String> = builtin
        .chain(found.iter().filter_map(Found::name))
        .collect();
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// A plan's error as a failure of the call.
pub(crate) fn invalid(error: PlanError) -> Failure {
    let (coloured, plain) = excerpt::plan_error(&error);
    Failure::in_own_form(coloured, plain)
}

fn by_id(id: &str, repository: &Repository) -> Result<Sourced, Failure> {
    if let Some(builtin) = BUILTIN.iter().find(|builtin| builtin.id == id) {
        return from_builtin(builtin);
    }
    let top = repository.top();
    let found = in_repository(top)?;
    // Without a branch nothing is checked out that could tell them apart.
    let head = repository.head().ok();
    let branch = head.as_ref().and_then(|head| head.branch());
    if let Some(meant) = meant(id, &found, branch)? {
        return from_file(&top.join(meant.place.path.as_str()), top);
    }
    // A file of that name says itself what is wrong with it.
    let file = top.join(FOLDER).join(format!("{id}.toml"));
    if RepoPath::new(id).is_ok() && file.is_file() {
        return from_file(&file, top);
    }
    let mut known: Vec<String> = BUILTIN.iter().map(|b| b.id.to_owned()).collect();
    known.extend(found.iter().filter_map(Found::name));
    let commands = command_names();
    let words = known.iter().chain(&commands).map(String::as_str);
    let failure = Failure::new(format!("there is no milestone `{id}`"));
    let failure = match did_you_mean(id, words) {
        Some(near) => failure.with_help(near),
        None => failure,
    };
    Err(failure.with_help(format!(
        "`cargo xtask list` shows the milestones there are ({}); `--plan FILE` runs any other",
        known.join(", ")
    )))
}

fn from_builtin(builtin: &Builtin) -> Result<Sourced, Failure> {
    Ok(Sourced {
        plan: parsed(builtin.file, builtin.text)?,
        source: Source::Builtin,
        content: ContentId::of(builtin.text.as_bytes()),
    })
}

fn from_bytes(path: RepoPath, bytes: &[u8]) -> Result<Sourced, Failure> {
    Ok(Sourced {
        plan: parsed(path.as_str(), &String::from_utf8_lossy(bytes))?,
        source: Source::File(PathBuf::from(path.as_str()), Some(path)),
        content: ContentId::of(bytes),
    })
}

fn from_file(path: &Path, top: &Path) -> Result<Sourced, Failure> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::because(format!("the plan file `{name}` cannot be read"), error)
            .with_help("`cargo xtask list` shows the milestones that need no file")
    })?;
    if Extension::is_one(&text) {
        let extension = Extension::parse(&name, &text).map_err(invalid)?;
        return extended(path, &extension.extends, top);
    }
    if path.extension().is_some_and(|extension| extension == "md") {
        return Err(
            Failure::new(format!("`{name}` is a document, not a plan file"))
                .with_help("a plan file is TOML; tasks/FORMAT.md describes it"),
        );
    }
    let absolute = fs::canonicalize(path)
        .map_err(|error| Failure::because(format!("`{name}` cannot be found"), error))?;
    let top = fs::canonicalize(top).unwrap_or_else(|_| top.to_owned());
    let inside = absolute.strip_prefix(&top).ok().and_then(Path::to_str);
    let inside = inside.and_then(|path| RepoPath::new(path.replace('\\', "/")).ok());
    Ok(Sourced {
        plan: parsed(&name, &text)?,
        source: Source::File(absolute, inside),
        content: ContentId::of(text.as_bytes()),
    })
}

/// The plan that the file at `path` extends: one that ships with the tool, and that reads its
/// deviations from this very file.
fn extended(path: &Path, id: &str, top: &Path) -> Result<Sourced, Failure> {
    let name = path.display();
    let Some(builtin) = BUILTIN.iter().find(|builtin| builtin.id == id) else {
        let known: Vec<&str> = BUILTIN.iter().map(|builtin| builtin.id).collect();
        return Err(Failure::new(format!(
            "`{name}` extends `{id}`, which does not ship with the tool"
        ))
        .with_help(format!("what can be extended: {}", known.join(", ")))
        .with_help("the waivers of a plan of your own stand in that plan's file"));
    };
    let sourced = from_builtin(builtin)?;
    let (read, _) = sourced.deviations_file(top);
    let same = fs::canonicalize(path).ok() == fs::canonicalize(&read).ok();
    if same {
        return Ok(sourced);
    }
    Err(Failure::new(format!(
        "`{name}` extends `{id}`, but what deviates from `{id}` is read from `{}`",
        read.display()
    ))
    .with_help("move it there, or put its waivers and attestations into that file"))
}

fn parsed(file: &str, text: &str) -> Result<Plan<Live>, Failure> {
    Plan::parse(file, text).map_err(invalid)
}

fn not_an_extension(file: &RepoPath, milestone: &str) -> Failure {
    Failure::new(format!("`{file}` is a plan of its own, but `{milestone}` ships with the tool"))
        .with_help(format!("run it with `--plan {file}`"))
        .with_help(format!(
            "or let the file begin with `extends = \"{milestone}\"` and hold only waivers and attestations"
        ))
}

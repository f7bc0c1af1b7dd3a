//! `lint`: what is wrong with a plan itself.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::Path;

use checks::path::RepoPath;
use checks::snapshot::Snapshot;
use tasks::builtin::BUILTIN;
use tasks::lint::{self, Against, Diagnostic, Subject};
use tasks::plan::Plan;

use crate::check::Live;
use crate::cli::{Common, Format, Lint};
use crate::failure::Failure;
use crate::output;
use crate::plans::invalid;
use crate::render::annotation::{github, sarif};
use crate::render::lint::Linted;
use crate::repository::Repository;
use crate::session;
use crate::snapshot::{Tree, WorkTree};

pub(super) fn run(common: &Common, options: &Lint) -> Result<u8, Failure> {
    let (file, text) = source(&options.document)?;
    let found = judge(common, options, &file, &text)?;
    let linted = Linted {
        file: &file,
        text: &text,
        found: &found,
    };
    let shown = match common.format().unwrap_or(Format::Terminal) {
        Format::Json => super::json(&linted.json())?,
        Format::Sarif => super::json(&sarif::value(&linted.annotations()))?,
        Format::Github => github::text(&linted.annotations()),
        _ => linted.terminal(),
    };
    output::print(&shown)?;
    Ok(lint::exit_code(&found))
}

/// The name and the text of a plan: a file, or the id of one that ships with the tool.
fn source(plan: &str) -> Result<(String, String), Failure> {
    let builtin = BUILTIN.iter().find(|builtin| builtin.id == plan);
    if let Some(builtin) = builtin.filter(|_| !Path::new(plan).exists()) {
        return Ok((builtin.file.to_owned(), builtin.text.to_owned()));
    }
    let text = super::import::text(Path::new(plan))?;
    Ok((plan.to_owned(), text))
}

/// Compares with the repository around, if there is one; without one the plan stands alone.
fn judge(
    common: &Common,
    options: &Lint,
    file: &str,
    text: &str,
) -> Result<Vec<Diagnostic>, Failure> {
    let alone = || Ok(lint::lint(&subject(file, text, None)?, None));
    if options.alone {
        return alone();
    }
    // The plan is about the state before it; the one on disk may be further.
    let at = options.at.clone().or_else(|| baseline(file, text));
    let discover = match at {
        Some(_) => Repository::discover_objects,
        None => Repository::discover,
    };
    let repository = match session::repository(common, discover) {
        Ok(repository) => repository,
        Err(failure) if common.directory.is_some() || options.at.is_some() => return Err(failure),
        Err(_) => return alone(),
    };
    let snapshot: Box<dyn Snapshot> = match &at {
        None => Box::new(WorkTree::new(&repository)),
        Some(name) => {
            let tree = Tree::new(&repository, repository.revision(name)?.tree);
            Box::new(tree.map_err(|error| Failure::new(error.to_string()))?)
        }
    };
    let history = OnceCell::new();
    let ever_held = |path: &RepoPath| {
        let paths = history.get_or_init(|| repository.every_path()).as_ref()?;
        Some(is_among(path, paths))
    };
    let against = Against {
        snapshot: &*snapshot,
        ever_held: &ever_held,
    };
    Ok(lint::lint(
        &subject(file, text, Some(&*snapshot))?,
        Some(against),
    ))
}

/// The state before the milestone, if the plan file names it.
fn baseline(file: &str, text: &str) -> Option<String> {
    let plan = is_toml(file).then(|| Plan::<Live>::parse(file, text))?;
    plan.ok()?.milestone.baseline
}

/// Whether a path is one of these files, or a folder above one.
fn is_among(path: &RepoPath, paths: &BTreeSet<String>) -> bool {
    let below = format!("{path}/");
    let next = paths.range(below.clone()..).next();
    paths.contains(path.as_str()) || next.is_some_and(|next| next.starts_with(&below))
}

fn is_toml(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|it| it == "toml")
}

fn subject(file: &str, text: &str, snapshot: Option<&dyn Snapshot>) -> Result<Subject, Failure> {
    let path = Path::new(file);
    if is_toml(file) {
        return lint::toml::subject::<Live>(file, text).map_err(invalid);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    lint::markdown::subject(&name, text, snapshot)
        .map_err(|refused| super::import::no_plan(file, &refused))
}

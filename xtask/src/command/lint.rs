//! `lint`: what is wrong with a plan itself.

use std::fs;
use std::path::Path;

use checks::path::RepoPath;
use checks::snapshot::Snapshot;
use tasks::builtin::BUILTIN;
use tasks::lint::{self, Against, Diagnostic, Subject};

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
    let subject = subject(&file, &text)?;
    let found = judge(common, options, &subject)?;
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
    let bytes = fs::read(plan).map_err(|error| {
        Failure::because(format!("the plan `{plan}` cannot be read"), error)
            .with_help("name a plan file, a Markdown plan or the id of a built-in milestone")
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to());
        let line = before
            .unwrap_or_default()
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        Failure::new(format!("`{plan}` is not UTF-8 in line {line}")).with_help("save it as UTF-8")
    })?;
    Ok((plan.to_owned(), text))
}

fn subject(file: &str, text: &str) -> Result<Subject, Failure> {
    lint::toml::subject::<Live>(file, text).map_err(invalid)
}

/// Compares with the repository around, if there is one; without one the plan stands alone.
fn judge(common: &Common, options: &Lint, subject: &Subject) -> Result<Vec<Diagnostic>, Failure> {
    if options.alone {
        return Ok(lint::lint(subject, None));
    }
    let discover = match options.at {
        Some(_) => Repository::discover_objects,
        None => Repository::discover,
    };
    let repository = match session::repository(common, discover) {
        Ok(repository) => repository,
        Err(failure) if common.directory.is_some() || options.at.is_some() => return Err(failure),
        Err(_) => return Ok(lint::lint(subject, None)),
    };
    let snapshot: Box<dyn Snapshot> = match &options.at {
        None => Box::new(WorkTree::new(&repository)),
        Some(name) => {
            let tree = Tree::new(&repository, repository.revision(name)?.tree);
            Box::new(tree.map_err(|error| Failure::new(error.to_string()))?)
        }
    };
    let ever_held = |path: &RepoPath| Some(repository.ever_held(std::slice::from_ref(path)));
    let against = Against {
        snapshot: &*snapshot,
        ever_held: &ever_held,
    };
    Ok(lint::lint(subject, Some(against)))
}

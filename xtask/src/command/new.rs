//! `new`: a commented plan file to start from.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use tasks::plan::Plan;

use crate::check::Live;
use crate::cli::{Common, Format, New};
use crate::failure::Failure;
use crate::plans::{FOLDER, invalid};
use crate::render::one_line;
use crate::repository::Repository;
use crate::world::command_line;
use crate::{output, schema, session};

/// The plan file, with `{…}` to be filled in.
const TEMPLATE: &str = include_str!("new/plan.toml");

/// The id of a milestone that is not named.
const FIRST: &str = "m1";

pub(super) fn run(common: &Common, options: &New) -> Result<u8, Failure> {
    let id = options
        .id
        .clone()
        .unwrap_or_else(|| named_after(options.file.as_deref()));
    let file = match &options.file {
        Some(file) => file.clone(),
        None => in_repository(common, &id)?,
    };
    let title = options
        .title
        .as_deref()
        .unwrap_or("What will be true when it is done");
    let shown = file.display().to_string();
    let schema = schema::Place::of(Some(&file));
    let text = schema.line() + &filled(&id, title);
    // An id or a title that no plan can have is refused before anything is written.
    Plan::<Live>::parse(&shown, &text).map_err(invalid)?;
    write(&file, &text)?;
    let answer = Answer {
        milestone: &id,
        file: &shown,
    };
    let line = |text: String| one_line(&text) + "\n";
    match common.format().unwrap_or(Format::Terminal) {
        Format::Json => output::print(&super::json(&answer)?)?,
        _ => {
            let plan = match options.file {
                Some(_) => format!("--plan {}", command_line(std::slice::from_ref(&shown))),
                None => id.clone(),
            };
            let next = format!("next: cargo xtask {plan} verify");
            let advice = schema.advice().map(line).unwrap_or_default();
            output::print(&(line(format!("wrote {shown}")) + &advice + &line(next)))?;
        }
    }
    Ok(0)
}

/// What was written.
#[derive(Serialize)]
struct Answer<'a> {
    milestone: &'a str,
    file: &'a str,
}

/// A file called `m3.toml` is about milestone `m3`.
fn named_after(file: Option<&Path>) -> String {
    let stem = file
        .and_then(Path::file_stem)
        .and_then(|stem| stem.to_str());
    stem.unwrap_or(FIRST).to_owned()
}

fn in_repository(common: &Common, id: &str) -> Result<PathBuf, Failure> {
    let repository = session::repository(common, Repository::discover)?;
    let is_word = !id.contains(['/', '\\']) && !id.starts_with('.');
    // Anything else is no id, and the plan will say so.
    let name = if is_word { id } else { FIRST };
    Ok(repository.top().join(FOLDER).join(format!("{name}.toml")))
}

fn filled(id: &str, title: &str) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    TEMPLATE
        .replace("{id}", &quoted(id))
        .replace("{title}", &quoted(title))
}

/// Writes a file that is not there yet.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| {
        let shown = file.display();
        match error.kind() {
            ErrorKind::AlreadyExists => Failure::new(format!("`{shown}` is there already"))
                .with_help("name another file, or another milestone with `--id`"),
            _ => Failure::because(format!("`{shown}` cannot be written"), error),
        }
    };
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(cannot)?;
    }
    let mut options = OpenOptions::new();
    let mut new = options
        .write(true)
        .create_new(true)
        .open(file)
        .map_err(cannot)?;
    new.write_all(text.as_bytes()).map_err(cannot)
}

//! `waive`: a deviation from the plan, written down with its reason.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::ZonedDateTime;
use tasks::deviation::{Extension, Waiver, text_hash, with_waiver};
use tasks::plan::PlanBox;

use crate::check::Live;
use crate::cli::{Common, Format, Waive};
use crate::failure::Failure;
use crate::output;
use crate::plans::{Source, invalid};
use crate::render::printable;
use crate::session::Session;
use crate::snapshot::WorkTree;

pub(super) fn run(
    common: &Common,
    milestone: Option<&str>,
    options: &Waive,
) -> Result<u8, Failure> {
    let session = Session::open(common, milestone)?;
    let waived = find_box(&session, &options.criterion)?;
    spoken(
        &options.reason,
        "--reason",
        "why the criterion need not hold",
    )?;
    let today = ZonedDateTime::now().date();
    if let Some(over) = options.until.filter(|until| *until < today) {
        return Err(Failure::new(format!(
            "`--until {over}` is over: the waiver would be void"
        ))
        .with_help(format!(
            "name a day from {today} on, or leave `--until` out"
        )));
    }
    let waiver = Waiver {
        criterion: waived.id.clone(),
        reason: options.reason.trim().to_owned(),
        until: options.until,
        text: text_hash(&waived.text),
    };
    let file = write(&session, |file, text| {
        with_waiver(file, text, &waiver).map_err(invalid)
    })?;
    told(common, "waived", waived, &file)?;
    Ok(0)
}

/// Says what was written, and where.
pub(super) fn told(
    common: &Common,
    what: &str,
    about: &PlanBox<Live>,
    file: &str,
) -> Result<(), Failure> {
    let (id, text) = (&about.id, &about.text);
    match common.format() {
        Some(Format::Json) => {
            let answer = BTreeMap::from([(what, id.as_str()), ("text", text), ("file", file)]);
            output::print(&super::json(&answer)?)
        }
        _ => output::print(&printable(&format!("{what} {id} ({text}) in {file}\n"))),
    }
}

/// The box with this id.
///
/// # Errors
///
/// There is none; the nearest ones.
pub(super) fn find_box<'s>(session: &'s Session, id: &str) -> Result<&'s PlanBox<Live>, Failure> {
    let plan = &session.sourced.plan;
    if let Some((_, found)) = plan.find_box(id) {
        return Ok(found);
    }
    let ids = plan.boxes().map(|(_, b)| b.id.as_str());
    let near = tasks::nearest::did_you_mean(id, ids);
    let list = format!(
        "`cargo xtask {} report` shows every box with its id",
        plan.milestone.id
    );
    Err(Failure::new(format!("there is no box `{id}`")).with_help(near.unwrap_or(list)))
}

/// A text that a person must give says something.
///
/// # Errors
///
/// It is empty.
pub(super) fn spoken(text: &str, option: &str, what: &str) -> Result<(), Failure> {
    if text.trim().is_empty() {
        return Err(Failure::new(format!("`{option}` is empty")).with_help(format!("say {what}")));
    }
    Ok(())
}

/// Rewrites the file that holds the plan's deviations, at once or not at all; returns its name.
///
/// # Errors
///
/// It cannot be read or written, or is not valid.
pub(super) fn write(
    session: &Session,
    change: impl FnOnce(&str, &str) -> Result<String, Failure>,
) -> Result<String, Failure> {
    let top = session.repository.top();
    let (path, inside) = session.sourced.deviations_file(top);
    let name = inside
        .as_ref()
        .map_or_else(|| path.display().to_string(), |inside| inside.to_string());
    let failed = |e: std::io::Error| Failure::because(format!("`{name}` cannot be written"), e);
    if inside.is_some() {
        not_elsewhere(top, &path)?;
    }
    let folder = path.parent().unwrap_or(top);
    fs::create_dir_all(folder).map_err(failed)?;
    // Two that write at once read one after the other: neither loses what the other wrote.
    let alone = fs::File::open(folder).map_err(failed)?;
    alone.lock().map_err(failed)?;
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => match session.sourced.source {
            Source::Builtin => Extension::empty(&session.sourced.plan.milestone.id),
            Source::File(..) => return Err(failed(e)),
        },
        Err(e) => return Err(failed(e)),
    };
    // What is not valid is not built upon.
    session
        .sourced
        .deviations(&WorkTree::new(&session.repository))?;
    if fs::metadata(&path).is_ok_and(|found| found.permissions().readonly()) {
        return Err(Failure::new(format!("`{name}` is read-only"))
            .with_help(format!("allow it to be written: `chmod u+w {name}`")));
    }
    let text = change(&name, &text)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
    keep_permissions(&path, file.path()).map_err(failed)?;
    file.persist(&path).map_err(|e| failed(e.error))?;
    Ok(name)
}

/// What is written behind a link would not be read again from the repository, and a link that
/// is replaced by a file is not what the user had.
fn not_elsewhere(top: &Path, path: &Path) -> Result<(), Failure> {
    let folders = path.ancestors().take_while(|folder| *folder != top);
    let is_link = |place: &&Path| fs::symlink_metadata(place).is_ok_and(|it| it.is_symlink());
    let Some(link) = folders.into_iter().find(is_link) else {
        return Ok(());
    };
    let shown = link.strip_prefix(top).unwrap_or(link).display();
    Err(Failure::new(format!(
        "`{shown}` is a symbolic link: nothing is written behind it"
    ))
    .with_help("put a file or folder of the repository in its place"))
}

/// A temporary file is private; the file that takes its place is as open as the old one was,
/// and a new one as open as files are.
fn keep_permissions(old: &Path, new: &Path) -> std::io::Result<()> {
    if let Ok(metadata) = fs::metadata(old) {
        return fs::set_permissions(new, metadata.permissions());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(new, fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}

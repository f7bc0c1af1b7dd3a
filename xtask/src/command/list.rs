//! `list`: the milestones there are.

use serde::Serialize;
use tasks::builtin::BUILTIN;
use tasks::plan::Plan;

use crate::check::Live;
use crate::cli::{Common, Format};
use crate::failure::Failure;
use crate::plans::{self, invalid};
use crate::render::one_line;
use crate::repository::Repository;
use crate::{output, session};

/// One milestone of the list.
#[derive(Debug, Serialize)]
struct Row {
    /// The word that names it on the command line.
    name: String,
    id: String,
    title: String,
    tasks: usize,
    boxes: usize,
    from: String,
}

pub(super) fn run(common: &Common) -> Result<u8, Failure> {
    let mut rows = Vec::new();
    for builtin in BUILTIN {
        let plan = Plan::parse(builtin.file, builtin.text).map_err(invalid)?;
        rows.push(row(&plan, builtin.id.to_owned(), "built in".to_owned()));
    }
    // Outside of a repository there are the built-in ones.
    let found = session::repository(common, Repository::discover).ok();
    // One plan that is not valid hides none of the others.
    let mut broken = None;
    let found = found.map_or_else(|| Ok(Vec::new()), |r| plans::in_repository(r.top()));
    let found = found.unwrap_or_else(|failure| {
        broken = Some(failure);
        Vec::new()
    });
    for found in found {
        let name = found.name().unwrap_or_default();
        match found.plan {
            Ok(plan) => rows.push(row(&plan, name, found.place.path.to_string())),
            Err(failure) => broken = broken.or(Some(failure)),
        }
    }
    match common.format().unwrap_or(Format::Terminal) {
        Format::Json => output::print(&super::json(&rows)?)?,
        _ => output::print(&table(&rows))?,
    }
    broken.map_or(Ok(0), Err)
}

fn row(plan: &Plan<Live>, name: String, from: String) -> Row {
    Row {
        name,
        id: plan.milestone.id.clone(),
        title: plan.milestone.title.clone(),
        tasks: plan.tasks.len(),
        boxes: plan.boxes().count(),
        from,
    }
}

fn table(rows: &[Row]) -> String {
    let line = |row: &Row| {
        let Row {
            name,
            id: _,
            title,
            tasks,
            boxes,
            from,
        } = row;
        let (title, from) = (one_line(title), one_line(from));
        format!("{name:<8} {title}  ({tasks} tasks, {boxes} boxes, {from})\n")
    };
    rows.iter().map(line).collect()
}

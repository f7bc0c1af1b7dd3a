//! `list`: the milestones there are.

use serde::Serialize;
use tasks::builtin::BUILTIN;
use tasks::plan::Plan;

use crate::check::Live;
use crate::cli::{Common, Format};
use crate::failure::Failure;
use crate::plans::{self, invalid};
use crate::render::printable;
use crate::repository::Repository;
use crate::{output, session};

/// One milestone of the list.
#[derive(Debug, Serialize)]
struct Row {
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
        rows.push(row(&plan, "built in".to_owned()));
    }
    // Outside of a repository there are the built-in ones.
    let found = session::repository(common, Repository::discover).ok();
    // One plan that is not valid hides none of the others.
    let mut broken = None;
    for (file, plan) in found.iter().flat_map(|r| plans::in_repository(r.top())) {
        match plan {
            Ok(plan) => rows.push(row(&plan, file)),
            Err(failure) => broken = broken.or(Some(failure)),
        }
    }
    match common.format().unwrap_or(Format::Terminal) {
        Format::Json => output::print(&super::json(&rows)?)?,
        _ => output::print(&table(&rows))?,
    }
    broken.map_or(Ok(0), Err)
}

fn row(plan: &Plan<Live>, from: String) -> Row {
    Row {
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
            id,
            title,
            tasks,
            boxes,
            from,
        } = row;
        let (title, from) = (printable(title), printable(from));
        format!("{id:<8} {title}  ({tasks} tasks, {boxes} boxes, {from})\n")
    };
    rows.iter().map(line).collect()
}

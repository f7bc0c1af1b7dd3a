//! The JSON Schema of plan files, and the line by which a plan names it.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tasks::plan::Plan;

use crate::check::Live;
use crate::world::command_line;

/// What the schema is called beside the plans, or in a folder above them.
pub(crate) const NAME: &str = "plan.schema.json";

/// The schema of plan files with every check that this tool knows.
pub(crate) fn value() -> Value {
    Plan::<Live>::schema()
}

/// Where the editors look that follow a plan's first line.
pub(crate) struct Place {
    /// How often `..` leads there from the plan's folder.
    above: usize,
    /// The file, if it is not there yet.
    missing: Option<PathBuf>,
}

impl Place {
    /// The schema nearest to a plan: in its folder, or in one above it in the same repository;
    /// if there is none, where one would be found. A plan that is only printed has no place yet.
    pub(crate) fn of(plan: Option<&Path>) -> Self {
        let folder = plan.map(|plan| plan.parent().unwrap_or(Path::new("")));
        let whole = folder.and_then(|folder| std::path::absolute(folder).ok());
        let folders = whole.iter().flat_map(|whole| inside(whole));
        let found = folders.enumerate().find(|(_, it)| it.join(NAME).exists());
        Self {
            above: found.map_or(0, |(above, _)| above),
            missing: folder.filter(|_| found.is_none()).map(|it| it.join(NAME)),
        }
    }

    /// The first line of the plan file: a directive that taplo and tombi follow.
    pub(crate) fn line(&self) -> String {
        let way = match self.above {
            0 => "./".to_owned(),
            above => "../".repeat(above),
        };
        format!("#:schema {way}{NAME}\n")
    }

    /// What to type for the schema to be there, if it is not.
    pub(crate) fn advice(&self) -> Option<String> {
        let file = self.missing.as_ref()?.display().to_string();
        let file = command_line(std::slice::from_ref(&file));
        Some(format!(
            "cargo xtask schema -o {file} lets editors complete it"
        ))
    }
}

/// A folder and those above it, up to the top of its repository; it alone outside of one.
fn inside(folder: &Path) -> impl Iterator<Item = &Path> {
    let top = folder.ancestors().position(|it| it.join(".git").exists());
    folder.ancestors().take(top.unwrap_or(0) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_beside_the_plan_that_ships_is_current() {
        let kept = include_str!("../../tasks/plan.schema.json");
        let kept: Value = serde_json::from_str(kept).unwrap();
        assert!(
            kept == value(),
            "cargo xtask schema --force -o tasks/plan.schema.json"
        );
    }
}

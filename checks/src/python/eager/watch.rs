//! Which statements of one file were run: kept only when somebody asks about them.

use std::collections::HashMap;
use std::ptr;

use crate::path::RepoPath;
use crate::python::syntax::Stmt;
use crate::snapshot::Snapshot;

use super::finder::Root;
use super::graph::{ContextId, Doubt};
use super::value::ModuleId;

/// A run of a statement: within which context, and why that is not sure.
pub(super) type Run = (ContextId, Option<Doubt>);

/// What is kept about the statements of one file.
pub(super) struct Watch<'q> {
    path: &'q RepoPath,
    /// What the file is part of.
    snapshot: &'q dyn Snapshot,
    /// The modules that were made of the file: it can be imported by several names.
    modules: Vec<ModuleId>,
    /// A statement is known by its address, which does not change while there is a machine:
    /// texts that are run in the module's name have ranges too.
    runs: HashMap<(ModuleId, *const Stmt), Vec<Run>>,
}

impl<'q> Watch<'q> {
    /// Of the file at `path` in what `root` is part of.
    pub(super) fn new(path: &'q RepoPath, root: &Root<'q>) -> Self {
        Self {
            path,
            snapshot: root.snapshot,
            modules: Vec::new(),
            runs: HashMap::new(),
        }
    }

    /// A module was made of the file at `path`.
    pub(super) fn loaded(&mut self, module: ModuleId, path: &RepoPath, root: &Root) {
        if path == self.path && ptr::addr_eq(root.snapshot, self.snapshot) {
            self.modules.push(module);
        }
    }

    /// A statement is run.
    pub(super) fn runs(&mut self, module: ModuleId, statement: &Stmt, run: Run) {
        if !self.modules.contains(&module) {
            return;
        }
        let runs = self.runs.entry((module, statement)).or_default();
        if !runs.contains(&run) {
            runs.push(run);
        }
    }

    /// The modules that were made of the file.
    pub(super) fn modules(&self) -> &[ModuleId] {
        &self.modules
    }

    /// How a statement was run.
    pub(super) fn of(&self, module: ModuleId, statement: &Stmt) -> &[Run] {
        let runs = self.runs.get(&(module, ptr::from_ref(statement)));
        runs.map_or(&[], Vec::as_slice)
    }
}

//! What of a graph is shown: what a person can take in at a glance.

mod packages;
mod ways;

use checks::python::eager::{ImportEdge, ImportGraph, ImportKind, ImportedModule};

use crate::render::imports::picture::{package_of, statement};

pub(super) use packages::packages;
pub(super) use ways::ways;

/// More boxes than this are not shown.
pub(super) const BOXES: usize = 60;

/// What is shown.
pub(super) struct Choice {
    pub(super) shown: Vec<Shown>,
    pub(super) lines: Vec<Line>,
    /// What is not, as words.
    pub(super) note: Option<String>,
}

/// A box.
pub(super) struct Shown {
    /// The package that it stands in.
    pub(super) package: String,
    /// Its name within that.
    pub(super) name: String,
    /// What is said below the name.
    pub(super) about: String,
    /// What more there is to say.
    pub(super) title: String,
    /// Its row.
    pub(super) row: usize,
    /// Whether it stands in the column of the chain.
    pub(super) pinned: bool,
    /// What it is.
    pub(super) role: Role,
}

/// What a box is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Entry,
    Target,
    /// On the way along which the target is loaded first.
    Chain,
    /// Several modules of a package.
    Several,
    Other,
}

/// A line from one box to another.
pub(super) struct Line {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) title: String,
    /// What is written beside it.
    pub(super) label: Vec<String>,
    pub(super) kind: ImportKind,
    pub(super) emphasis: Emphasis,
}

/// How strongly a line is drawn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Emphasis {
    Other,
    /// The module is loaded first along it.
    First,
    /// A step of the chain.
    Chain,
}

/// The name of a module within its package.
fn own_name(module: &ImportedModule) -> &str {
    let package = package_of(module);
    let rest = module.name.strip_prefix(package).unwrap_or(&module.name);
    match rest.trim_start_matches('.') {
        "" => "__init__",
        name => name,
    }
}

fn about(module: &ImportedModule) -> String {
    match &module.file {
        Some(file) => format!("{}\n{file}", module.name),
        None => module.name.clone(),
    }
}

fn title(graph: &ImportGraph, edge: &ImportEdge) -> String {
    let name = |at: usize| graph.modules.get(at).map_or("", |it| &it.name);
    let (from, to) = (name(edge.from), name(edge.to));
    let what = match &edge.runs {
        Some(function) => format!("{from} calls {function}() of {to}"),
        None => format!("{from} imports {to}"),
    };
    let within = edge.within.as_ref();
    let within = within.map(|it| format!("\nin {}(), called on load", it.function));
    let doubt = edge.doubt.map(|why| format!("\nperhaps: {why}"));
    format!(
        "{what}\n{}{}{}",
        statement(edge),
        within.unwrap_or_default(),
        doubt.unwrap_or_default()
    )
}

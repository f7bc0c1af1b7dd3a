//! Whether one statement is run while a module is loaded, and why or why not.
//!
//! The evaluator itself keeps which statements of the file it runs; nothing is judged by how the
//! text looks. Only the reason of a "no" is read off the statements around: which of them ran
//! last, and what it did not go into.

mod path;
mod why;

use std::collections::HashSet;

use crate::path::RepoPath;
use crate::python::source::Source;
use crate::python::stack::with_room;
use crate::python::syntax::{Ranged, Stmt};
use crate::verdict::Place;

use super::finder::Root;
use super::graph::{ContextId, Doubt, Reached};
use super::machine::{Machine, ModuleKind, Settings};
use super::value::ModuleId;
use super::watch::{Run, Watch};
use super::{Hop, Listeners, interpret};
use path::{Way, ways_to};

/// A line of a file.
#[derive(Debug, Clone, Copy)]
pub struct Spot<'q> {
    /// The number of a root that lies in what the file is part of.
    pub root: usize,
    /// The file, as that names it.
    pub path: &'q RepoPath,
    /// The line, from 1.
    pub line: usize,
}

/// What is known about the statements of a line.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The module that is imported.
    pub entry: String,
    /// The names by which the file is loaded; none if it is not.
    pub modules: Vec<String>,
    /// How the file comes to be loaded.
    pub chain: Vec<Hop>,
    /// The statements that stand on the line; the one around it if there is none.
    pub statements: Vec<Explained>,
    /// Packages that were not looked into and taken as installed.
    pub assumed: Vec<String>,
}

/// What is known about one statement.
#[derive(Debug, Clone)]
pub struct Explained {
    /// Where it begins.
    pub place: Place,
    /// Whether it is run.
    pub runs: Runs,
    /// Why, or why not.
    pub reason: String,
    /// The steps from the entry to the run.
    pub hops: Vec<Hop>,
    /// The modules that it is the first to load.
    pub loads: Vec<String>,
}

/// Whether a statement is run on load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// Surely.
    Yes,
    /// Depending on what cannot be known.
    Conditional,
    /// Surely not.
    No,
    /// Surely not: it is for type checkers alone.
    TypingOnly,
    /// The run could not be followed as far as this.
    Undecided,
}

/// Why nothing can be said about a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotExplained {
    /// The file cannot be read or does not parse: a sentence that names it.
    Unreadable(String),
    /// The file has only so many lines.
    PastTheEnd(usize),
    /// No statement stands there; the line of the nearest one, if there is one at all.
    NoStatement(Option<usize>),
    /// The file cannot be imported by any name: it lies under no root, or its name is none.
    NoModule,
}

/// Imports `entry`, or else the module that the file is, and says whether the statements of a
/// line are run.
///
/// # Errors
///
/// There is no such statement.
pub fn explain(
    entry: Option<&str>,
    spot: Spot,
    roots: &[Root],
    settings: &Settings,
) -> Result<Explanation, NotExplained> {
    with_room(|| answer(entry, spot, roots, settings))
}

fn answer(
    entry: Option<&str>,
    spot: Spot,
    roots: &[Root],
    settings: &Settings,
) -> Result<Explanation, NotExplained> {
    let Some(root) = roots.get(spot.root) else {
        return Err(NotExplained::NoModule);
    };
    let source = Source::load_as(spot.path, Vec::new(), root.snapshot);
    let source = source.map_err(NotExplained::Unreadable)?;
    let lines = source.text.lines().count();
    if spot.line == 0 || spot.line > lines {
        return Err(NotExplained::PastTheEnd(lines));
    }
    let ways = ways_to(&source, spot.line);
    if ways.is_empty() {
        return Err(NotExplained::NoStatement(path::nearest(&source, spot.line)));
    }
    let own = module_of(spot.path, root, roots);
    let entry = match (entry, &own) {
        (Some(entry), _) => entry,
        (None, Some(own)) => own,
        (None, None) => return Err(NotExplained::NoModule),
    };
    let listeners = Listeners {
        watch: Some(Watch::new(spot.path, root)),
        ..Listeners::default()
    };
    let explained = interpret(entry, None, roots, settings, listeners, |machine, error| {
        let stopped = error.or_else(|| machine.stopped_at());
        Explainer::new(machine, stopped).explanation(entry, spot, &source, &ways)
    });
    Ok(explained)
}

/// The name by which a file is imported: counted from the deepest root that it lies under.
fn module_of(path: &RepoPath, within: &Root, roots: &[Root]) -> Option<String> {
    let same = roots
        .iter()
        .filter(|root| std::ptr::addr_eq(root.snapshot, within.snapshot));
    let below = |root: &Root| match &root.folder {
        Some(folder) => {
            let rest = path.as_str().strip_prefix(folder.as_str())?;
            rest.strip_prefix('/').map(str::to_owned)
        }
        None => Some(path.as_str().to_owned()),
    };
    let shortest = same.filter_map(below).min_by_key(String::len)?;
    let stem = shortest.strip_suffix(".py")?;
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    let name = stem.replace('/', ".");
    crate::python::ModuleName::new(&*name).ok().map(|_| name)
}

/// What a run came to, seen from the statements.
struct Explainer<'m, 'a, 's> {
    machine: &'m Machine<'a, 's>,
    sure: Reached<'m>,
    any: Reached<'m>,
    surely: HashSet<ContextId>,
    perhaps: HashSet<ContextId>,
    /// Why the end was not reached.
    stopped: Option<String>,
}

impl<'m, 'a, 's> Explainer<'m, 'a, 's> {
    fn new(machine: &'m Machine<'a, 's>, stopped: Option<String>) -> Self {
        let sure = machine.graph.reached(|edge| edge.doubt.is_none());
        let any = machine.graph.reached(|_| true);
        Self {
            surely: sure.order.iter().copied().collect(),
            perhaps: any.order.iter().copied().collect(),
            sure,
            any,
            machine,
            stopped,
        }
    }

    fn explanation(&self, entry: &str, spot: Spot, source: &Source, ways: &[Way]) -> Explanation {
        let modules = self.machine.watch.as_ref().map_or(&[][..], Watch::modules);
        let names = modules.iter().filter_map(|id| {
            let module = self.machine.modules.get(*id)?;
            Some(module.name.to_string())
        });
        let first = modules.first().and_then(|id| self.machine.modules.get(*id));
        let chain = first.map(|module| self.hops(&self.any, module.context));
        let mut statements: Vec<Explained> = Vec::new();
        for (number, way) in ways.iter().enumerate() {
            let answers = modules.iter().filter_map(|id| {
                let source = self.machine.modules.get(*id)?.source?;
                let way = ways_to(source, spot.line).into_iter().nth(number)?;
                Some(self.explained(*id, source, &way))
            });
            let best = answers.min_by_key(|it| it.runs as u8);
            statements.extend(best.or_else(|| Some(self.not_loaded(entry, spot, source, way))));
        }
        Explanation {
            entry: entry.to_owned(),
            modules: names.collect(),
            chain: chain.unwrap_or_default(),
            statements,
            assumed: self.machine.assumed(),
        }
    }

    /// Nothing of a file runs that is not loaded.
    fn not_loaded(&self, entry: &str, spot: Spot, source: &Source, way: &Way) -> Explained {
        let (runs, reason) = match &self.stopped {
            Some(why) => (Runs::Undecided, why.clone()),
            None => {
                let why = format!("importing `{entry}` does not load `{}`", spot.path);
                (Runs::No, why)
            }
        };
        Explained {
            place: source.place(way.statement.range()),
            runs,
            reason,
            hops: Vec::new(),
            loads: Vec::new(),
        }
    }

    fn explained(&self, module: ModuleId, source: &Source, way: &Way) -> Explained {
        let runs = self.runs_of(module, way.statement);
        let sure = self.first_sure(runs);
        let (answer, reason, hops) = match (sure, self.first_unsure(runs)) {
            (Some(context), _) => (
                Runs::Yes,
                self.why_it_runs(context, way),
                self.hops(&self.sure, context),
            ),
            (None, Some((context, doubt))) => (
                Runs::Conditional,
                self.doubt(doubt),
                self.hops(&self.any, context),
            ),
            (None, None) => {
                let (answer, reason) = self.why_not(module, source, way);
                (answer, reason, Vec::new())
            }
        };
        Explained {
            place: source.place(way.statement.range()),
            runs: answer,
            reason,
            hops,
            loads: self.loads(module, way.statement),
        }
    }

    fn runs_of(&self, module: ModuleId, statement: &Stmt) -> &[Run] {
        let watch = self.machine.watch.as_ref();
        watch.map_or(&[], |it| it.of(module, statement))
    }

    /// The first context in which it is sure that it ran.
    fn first_sure(&self, runs: &[Run]) -> Option<ContextId> {
        let sure = runs.iter().filter(|(_, doubt)| doubt.is_none());
        sure.map(|(context, _)| *context)
            .find(|it| self.surely.contains(it))
    }

    /// The first context in which it perhaps ran, and what that hangs on.
    fn first_unsure(&self, runs: &[Run]) -> Option<(ContextId, Doubt)> {
        runs.iter().find_map(|(context, doubt)| {
            let on_the_way = || {
                let way = self.any.way(*context);
                way.iter().find_map(|(_, edge)| edge.doubt)
            };
            let reached = self.perhaps.contains(context);
            let doubt = if reached {
                on_the_way().or(*doubt)
            } else {
                None
            };
            doubt.map(|doubt| (*context, doubt))
        })
    }

    fn doubt(&self, doubt: Doubt) -> String {
        let place = self.machine.place(doubt.at);
        let at = place.map(|it| format!(" ({}:{})", it.path, it.line));
        format!("it hangs on this: {}{}", doubt.why, at.unwrap_or_default())
    }

    fn hops(&self, reached: &Reached, context: ContextId) -> Vec<Hop> {
        let way = reached.way(context);
        way.iter()
            .filter_map(|(from, edge)| self.machine.hop(*from, edge))
            .collect()
    }

    /// The modules that were loaded first from within the statement.
    fn loads(&self, module: ModuleId, statement: &Stmt) -> Vec<String> {
        if !matches!(statement, Stmt::Import(_) | Stmt::ImportFrom(_)) {
            return Vec::new();
        }
        let range = statement.range();
        let loaded = self.any.order.iter().filter_map(|context| {
            let (_, edge) = self.any.by.get(*context).copied().flatten()?;
            let from_here = edge.at.0 == module && range.contains_range(edge.at.1);
            let module = self.machine.body_of(*context).filter(|_| from_here)?;
            Some(module.name.to_string())
        });
        loaded.collect()
    }

    /// Whether the module is only there in part: it raised.
    fn failed(&self, module: ModuleId) -> bool {
        self.machine
            .modules
            .get(module)
            .is_some_and(|it| it.failed && matches!(it.kind, ModuleKind::File(..)))
    }
}

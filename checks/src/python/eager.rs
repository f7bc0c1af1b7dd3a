//! Which modules importing one module loads.
//!
//! An abstract interpreter runs what CPython runs while it loads the entry, and in the same
//! order: the bodies of modules and classes, decorators, default values, base classes, evaluated
//! annotations, and every function of the analysed code that is called on the way, each with the
//! arguments it gets. The rules are those of <https://docs.python.org/3/reference/import.html>,
//! <https://docs.python.org/3/reference/executionmodel.html>, PEP 562 and PEP 810.
//!
//! What it knows of values is what decides about loading: modules, functions, classes,
//! instances, containers, constants. Where a condition cannot be known both branches run, in
//! doubt. What only such a branch loads is `maybe` loaded, with the condition as the reason.
//!
//! Taken for granted: code that is not looked into (the standard library, packages that are not
//! under a root) loads nothing of what is analysed, and keeps the functions it is given without
//! calling them; and a load that may fail on an unknown condition does not fail.

mod ahead;
mod arena;
mod assign;
mod attribute;
mod call;
mod carried;
mod class;
mod comprehension;
mod cut;
mod edges;
mod enumeration;
mod exception;
mod explain;
mod expression;
mod extension;
mod failing;
mod fields;
mod finder;
mod folders;
mod forget;
mod graph;
mod import;
mod item;
mod iterate;
mod known;
mod loop_statement;
mod machine;
mod names;
mod naming;
mod outlined;
mod pattern;
mod recall;
mod special;
mod statement;
mod stdlib;
mod try_statement;
mod uses;
mod value;
mod watch;
mod with_statement;

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::path::RepoPath;
use crate::python::stack::with_room;
use crate::python::syntax::TextRange;
use crate::verdict::Place;

use ahead::{Ahead, with_queue};
use arena::Arena;
use graph::{ContextId, Edge, Reached};
use machine::{Entry, Machine, Module, ModuleKind};
use uses::Uses;
use value::ModuleId;
use watch::Watch;

pub use cut::{Cut, CutAnswer, Edit, MoveKind, Moved, Stuck, cut};
pub use edges::{
    Called, ImportEdge, ImportGraph, ImportKind, ImportedModule, Origin, distances, import_graph,
};
pub use explain::{Explained, Explanation, NotExplained, Runs, Spot, explain};
pub use finder::Root;
pub(crate) use finder::{Located, endings, locate};
pub use machine::Settings;
use recall::recall;
use stdlib::in_standard_library;

/// What importing the entry loads.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Analysis {
    /// What is surely loaded, in CPython's order.
    pub eager: Vec<Loaded>,
    /// What may be loaded too, and why that is not sure.
    pub maybe: Vec<MaybeLoaded>,
    /// Why the entry cannot be imported: what is raised, and where.
    pub error: Option<String>,
    /// Why more may be loaded than is listed.
    pub open: Option<String>,
    /// How many files were followed.
    pub followed: usize,
    /// Packages that were not looked into and taken as installed.
    pub assumed: Vec<String>,
}

/// A module that is loaded.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Loaded {
    /// Its full name.
    pub name: String,
    /// Its file, relative to its root; none for the standard library and what is assumed.
    pub file: Option<RepoPath>,
    /// Whether the entry can be imported without it.
    pub guarded: bool,
    /// The modules on the way from the entry, both ends included.
    pub chain: Vec<String>,
    /// The statements on the way.
    pub hops: Vec<Hop>,
    /// The other statements that import it.
    pub others: Vec<Hop>,
}

/// A module that may be loaded.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MaybeLoaded {
    /// Its full name.
    pub name: String,
    /// Why it is not sure.
    pub reason: String,
    /// Where that is decided.
    pub place: Option<Place>,
}

/// One step on the way to a module.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hop {
    /// The statement.
    pub place: Place,
    /// What it does: "`a` imports `b`".
    pub reason: String,
    /// Whether it is an import, and not a call.
    pub import: bool,
}

/// Imports `entry` and says what that loads. For `target` everything that leads to it is listed;
/// without one the other statements that import a module are left out.
#[must_use]
pub fn analyse(entry: &str, target: Option<&str>, roots: &[Root], settings: &Settings) -> Analysis {
    recall(entry, target, roots, settings, |roots| {
        // What is built up link by link is dropped recursively.
        with_room(|| {
            let listeners = Listeners::default();
            interpret(
                entry,
                target,
                roots,
                settings,
                listeners,
                |machine, error| machine.conclude(entry, error),
            )
        })
    })
}

/// Who wants to know more than what is loaded. Nobody does, as a rule, and it costs nothing then.
#[derive(Default)]
struct Listeners<'s> {
    /// The statements of one file that run.
    watch: Option<Watch<'s>>,
    /// Which imported names are used.
    uses: Option<Uses>,
}

/// Runs the import of `entry`, and asks what it came to: the machine at its end, and what was
/// raised. What is noted beside that is for `listeners`.
fn interpret<'s, T>(
    entry: &str,
    target: Option<&str>,
    roots: &[Root<'s>],
    settings: &Settings,
    listeners: Listeners<'s>,
    conclude: impl FnOnce(&Machine, Option<String>) -> T,
) -> T {
    with_queue(roots, settings.version, |queue| {
        let (outlines, arena) = (Arena::default(), Arena::default());
        let mut machine = Machine::new(settings, roots, target, &outlines);
        machine.ahead = queue.map(|queue| Ahead::new(queue, roots, settings));
        // Who listens wants to hear of functions that are not called, too.
        machine.outlines = queue.is_some() && listeners.watch.is_none() && listeners.uses.is_none();
        machine.uses = listeners.uses;
        machine.watch = listeners.watch;
        let mut done = machine.import_entry(entry);
        if !machine.is_sound() {
            machine.forget();
            machine = Machine::new(settings, roots, target, &arena);
            done = machine.import_entry(entry);
        }
        let error = done.err().map(|raise| {
            let place = machine.place(raise.at);
            let at = place.map(|it| format!(" ({}:{})", it.path, it.line));
            format!("{}{}", raise.message, at.unwrap_or_default())
        });
        let concluded = conclude(&machine, error);
        machine.forget();
        concluded
    })
}

/// So many packages are named before the rest is counted.
const NAMED: usize = 8;

impl Analysis {
    /// Why it is not known whether `target`, which is not surely loaded, is loaded.
    #[must_use]
    pub fn undecided(&self, target: &str) -> Option<String> {
        if let Some(maybe) = self.maybe.iter().find(|it| it.name == target) {
            return Some(format!("`{target}` may be loaded: {}", maybe.reason));
        }
        self.error.as_ref().or(self.open.as_ref()).cloned()
    }

    /// Which packages were taken as installed, as a sentence.
    #[must_use]
    pub fn assumption(&self) -> String {
        let named = self
            .assumed
            .iter()
            .take(NAMED)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ");
        let more = match self.assumed.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("assumed installed, and not looked into: {named}{more}")
    }
}

impl<'a> Machine<'a, '_> {
    fn place(&self, at: (ModuleId, TextRange)) -> Option<Place> {
        Some(self.modules.get(at.0)?.source?.place(at.1))
    }

    /// Puts what was found into words.
    fn conclude(&self, entry: &str, error: Option<String>) -> Analysis {
        let sure = self.graph.reached(|edge| edge.doubt.is_none());
        let needed = self
            .graph
            .reached(|edge| edge.doubt.is_none() && !edge.guarded);
        let any = self.graph.reached(|_| true);
        let needed: HashSet<ContextId> = needed.order.iter().copied().collect();
        let surely: HashSet<ContextId> = sure.order.iter().copied().collect();
        let mut hops: HashMap<ContextId, Option<Hop>> = HashMap::new();
        let mut eager = Vec::new();
        for context in &sure.order {
            if let Some(module) = self.body_of(*context)
                && self.target.is_none_or(|it| it == &*module.name)
            {
                eager.push(self.loaded_module(entry, *context, module, &sure, &needed, &mut hops));
            }
        }
        if self.target.is_none() {
            eager.iter_mut().for_each(|it| it.others.clear());
        }
        let found: HashSet<&str> = eager.iter().map(|it| it.name.as_str()).collect();
        let mut maybe: Vec<MaybeLoaded> = Vec::new();
        for context in any.order.iter().filter(|it| !surely.contains(it)) {
            let Some(module) = self.body_of(*context) else {
                continue;
            };
            let wanted = self.target.is_none_or(|it| it == &*module.name);
            if wanted && !found.contains(&*module.name) {
                maybe.extend(self.maybe_loaded(*context, module, &any));
            }
        }
        let followed = sure.order.iter().filter_map(|it| self.body_of(*it));
        let followed = followed.filter(|it| it.source.is_some()).count();
        let eager_found = !eager.is_empty();
        let open = self.stopped_at();
        Analysis {
            eager,
            maybe,
            error,
            open: open
                .or_else(|| self.unknown_entry(entry))
                .or_else(|| self.standard_target(eager_found)),
            followed,
            assumed: self.assumed(),
        }
    }

    /// Why the run was not followed to its end, and where.
    fn stopped_at(&self) -> Option<String> {
        let (why, at) = self.ends.as_ref().or(self.stopped.as_ref())?;
        let place = at.and_then(|at| self.place(at));
        let at = place.map(|it| format!(" ({}:{})", it.path, it.line));
        Some(format!("{why}{}", at.unwrap_or_default()))
    }

    /// The module whose body a context is, if it is loaded in the end.
    fn body_of(&self, context: ContextId) -> Option<&Module<'a>> {
        let found = self.graph.contexts.get(context)?;
        let module = self.modules.get(found.module)?;
        (found.function.is_none() && found.module != 0 && !module.failed).then_some(module)
    }

    fn loaded_module(
        &self,
        entry: &str,
        context: ContextId,
        module: &Module<'a>,
        sure: &Reached<'_>,
        needed: &HashSet<ContextId>,
        known: &mut HashMap<ContextId, Option<Hop>>,
    ) -> Loaded {
        let way = sure.way(context);
        let mut chain = vec![entry.to_owned()];
        let mut hops = Vec::new();
        for (from, edge) in &way {
            let hop = known
                .entry(edge.to)
                .or_insert_with(|| self.hop(*from, edge));
            hops.extend(hop.clone());
            if let Some(module) = self.body_of(edge.to)
                && chain.last().is_none_or(|last| **last != *module.name)
            {
                chain.push(module.name.to_string());
            }
        }
        let file = module.kind.file().cloned();
        Loaded {
            name: module.name.to_string(),
            file,
            guarded: !needed.contains(&context),
            chain,
            hops,
            others: self.others(context, &way, sure),
        }
    }

    /// The other statements that import what is loaded, in the order in which they run.
    fn others(&self, context: ContextId, way: &[graph::Step<'_>], sure: &Reached<'_>) -> Vec<Hop> {
        if self.target.is_none() {
            return Vec::new();
        }
        let mut seen: HashSet<(ModuleId, TextRange)> =
            way.last().map(|(_, edge)| edge.at).into_iter().collect();
        let mut others = Vec::new();
        for from in &sure.order {
            let edges = self.graph.contexts.get(*from).map(|it| it.edges.as_slice());
            for edge in edges.unwrap_or_default() {
                if edge.to == context && edge.doubt.is_none() && seen.insert(edge.at) {
                    others.extend(self.hop(*from, edge));
                }
            }
        }
        others
    }

    fn hop(&self, from: ContextId, edge: &Edge) -> Option<Hop> {
        let place = self.place(edge.at)?;
        let from = self.graph.contexts.get(from)?;
        let to = self.graph.contexts.get(edge.to)?;
        let by = &self.modules.get(edge.at.0)?.name;
        let module = &self.modules.get(to.module)?.name;
        let inside = from
            .function
            .as_ref()
            .map(|it| format!(" in `{it}()`, called on load,"));
        let inside = inside.unwrap_or_default();
        let reason = match &to.function {
            Some(function) => format!("`{by}`{inside} runs `{function}()` of `{module}`"),
            None => format!("`{by}`{inside} imports `{module}`"),
        };
        Some(Hop {
            place,
            reason,
            import: to.function.is_none(),
        })
    }

    fn maybe_loaded(
        &self,
        context: ContextId,
        module: &Module<'a>,
        any: &Reached<'_>,
    ) -> Option<MaybeLoaded> {
        let way = any.way(context);
        let doubt = way.iter().find_map(|(_, edge)| edge.doubt)?;
        let place = self.place(doubt.at);
        let compiled = match self.modules.get(doubt.at.0).map(|it| &it.kind) {
            Some(ModuleKind::Compiled(path)) => Some(format!(" (`{path}`)")),
            _ => None,
        };
        let at = place.as_ref();
        let at = at.map(|it| format!(" ({}:{})", it.path, it.line));
        let at = at.or(compiled).unwrap_or_default();
        Some(MaybeLoaded {
            name: module.name.to_string(),
            reason: format!("{}{at}", doubt.why),
            place,
        })
    }

    /// The standard library loads parts of itself, which is not followed.
    fn standard_target(&self, found: bool) -> Option<String> {
        let target = self.target.filter(|_| !found)?;
        let standard = |it: &Module<'a>| it.kind == ModuleKind::Standard;
        let open =
            in_standard_library(target, self.settings.version) && self.modules.iter().any(standard);
        open.then(|| "what the standard library itself imports is not followed".to_owned())
    }

    /// A module that is only assumed to be installed may import well as one that others lean on,
    /// but of what it loads itself nothing is known.
    fn unknown_entry(&self, entry: &str) -> Option<String> {
        let is_entry = |module: &&Module<'a>| &*module.name == entry;
        let module = self.modules.iter().find(is_entry)?;
        (module.kind == ModuleKind::Assumed)
            .then(|| format!("there is no file of `{entry}` here: what it loads is not known"))
    }

    fn assumed(&self) -> Vec<String> {
        let assumed = self.modules.iter().filter(|module| {
            module.kind == ModuleKind::Assumed
                && !module.name.contains('.')
                && matches!(self.loaded.get(&module.name), Some(Entry::Loaded(_)))
        });
        assumed.map(|module| module.name.to_string()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Memory;

    #[test]
    fn what_is_not_followed_to_its_end_is_no_error() {
        let heavy = "x = 1\n".repeat(60_000) + "def f(): ...\n";
        let snapshot = Memory::new([("main.py", "from heavy import f\n"), ("heavy.py", &heavy)]);
        let root = Root {
            snapshot: &snapshot,
            folder: None,
            site: false,
        };
        let analysis = analyse("main", Some("torch"), &[root], &Settings::default());
        assert_eq!(analysis.error, None);
        let why = analysis.undecided("torch").unwrap_or_default();
        assert!(
            why.contains("more is done on load than is followed"),
            "{why}"
        );
    }
}

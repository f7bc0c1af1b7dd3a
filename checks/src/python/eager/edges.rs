//! Which module loads which: what was followed, put together module by module.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::path::RepoPath;
use crate::python::stack::with_room;
use crate::verdict::Place;

use super::graph::{ContextId, Edge, Reached, Step};
use super::machine::{Machine, Module, ModuleKind};
use super::stdlib::in_standard_library;
use super::{Listeners, Root, Settings, interpret};

/// Which module loads which while the entry is imported.
#[derive(Debug, Clone, Default)]
pub struct ImportGraph {
    /// The modules, the entry first, then in the order in which they are loaded; what is surely
    /// loaded stands before what may be.
    pub modules: Vec<ImportedModule>,
    /// At most one from each module to each other, the surest; in the order in which they are
    /// followed.
    pub edges: Vec<ImportEdge>,
    /// The modules along which the target is loaded first, entry and target included, by their
    /// numbers; empty where it is not loaded, or none was asked about.
    pub chain: Vec<usize>,
}

/// A module that is loaded, or may be.
#[derive(Debug, Clone)]
pub struct ImportedModule {
    /// Its full name.
    pub name: String,
    /// Its file, relative to its root; none for the standard library and what is assumed.
    pub file: Option<RepoPath>,
    /// Whose it is.
    pub origin: Origin,
    /// Whether it is surely loaded.
    pub sure: bool,
}

/// Whose a module is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It lies in a root that is no folder of installed packages.
    Own,
    /// It is installed, or taken to be.
    Installed,
    /// Python's own.
    Standard,
}

/// One module leads to another.
#[derive(Debug, Clone)]
pub struct ImportEdge {
    /// The module in whose file the statement is, by its number in the list.
    pub from: usize,
    /// The module that it imports or, where `runs` says so, calls into.
    pub to: usize,
    /// The statement; none where a package is loaded because the entry lies in it.
    pub place: Option<Place>,
    /// How sure it is.
    pub kind: ImportKind,
    /// Why it depends on what cannot be known.
    pub doubt: Option<&'static str>,
    /// The function that the statement stands in, if it does.
    pub within: Option<Called>,
    /// The function that is called, if it is no import.
    pub runs: Option<String>,
    /// Whether the module is loaded first along this edge.
    pub first: bool,
}

/// A function that is called while modules are loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// Its name.
    pub function: String,
    /// Where it is called first.
    pub place: Option<Place>,
}

/// How sure an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImportKind {
    /// It runs, and must not fail.
    Sure,
    /// It runs, and may fail.
    Guarded,
    /// It depends on what cannot be known.
    Maybe,
}

/// Imports `entry` and says which module loads which; with a target only what lies on a way to
/// it.
#[must_use]
pub fn import_graph(
    entry: &str,
    target: Option<&str>,
    roots: &[Root],
    settings: &Settings,
) -> ImportGraph {
    with_room(|| {
        let listeners = Listeners::default();
        interpret(entry, None, roots, settings, listeners, |machine, _| {
            let graph = Collector::new(machine, entry).collect(target);
            match target {
                Some(target) => graph.between(entry, target),
                None => graph,
            }
        })
    })
}

/// The graph while it is put together.
struct Collector<'m, 'a, 's> {
    machine: &'m Machine<'a, 's>,
    named: HashMap<&'m str, &'m Module<'a>>,
    /// What surely runs, and what may.
    sure: Reached<'m>,
    any: Reached<'m>,
    surely: HashSet<ContextId>,
    graph: ImportGraph,
    numbers: HashMap<&'m str, usize>,
    known: HashMap<(usize, usize), usize>,
}

impl<'m, 'a, 's> Collector<'m, 'a, 's> {
    fn new(machine: &'m Machine<'a, 's>, entry: &'m str) -> Self {
        let sure = machine.graph.reached(|edge| edge.doubt.is_none());
        let mut new = Self {
            machine,
            named: machine.modules.iter().map(|it| (&*it.name, it)).collect(),
            surely: sure.order.iter().copied().collect(),
            sure,
            any: machine.graph.reached(|_| true),
            graph: ImportGraph::default(),
            numbers: HashMap::new(),
            known: HashMap::new(),
        };
        new.number(entry, true);
        new
    }

    fn collect(mut self, target: Option<&str>) -> ImportGraph {
        let machine = self.machine;
        let perhaps = self.any.order.iter();
        let perhaps = perhaps.filter(|it| !self.surely.contains(it));
        let order: Vec<ContextId> = self.sure.order.iter().chain(perhaps).copied().collect();
        for context in &order {
            if let Some(module) = machine.body_of(*context) {
                self.number(&module.name, self.surely.contains(context));
            }
        }
        for context in order {
            let edges = machine.graph.contexts.get(context);
            for edge in edges.map(|it| it.edges.as_slice()).unwrap_or_default() {
                if machine.body_of(edge.to).is_some() && !self.leads_to_own_package(edge) {
                    self.import((context, edge));
                }
            }
        }
        self.mark_first();
        if let Some(target) = target {
            self.mark_chain(target);
        }
        self.graph
    }

    fn number(&mut self, name: &'m str, sure: bool) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.graph.modules.len();
        self.numbers.insert(name, number);
        let kind = self.named.get(name).map(|it| &it.kind);
        self.graph.modules.push(ImportedModule {
            name: name.to_owned(),
            file: kind.and_then(ModuleKind::file).cloned(),
            origin: self.origin(name, kind),
            sure,
        });
        number
    }

    fn origin(&self, name: &str, kind: Option<&ModuleKind>) -> Origin {
        let machine = self.machine;
        let is_own = match kind {
            Some(ModuleKind::File(_, root, _)) => {
                machine.roots.get(*root).is_some_and(|it| !it.site)
            }
            Some(ModuleKind::Namespace) => true,
            _ => false,
        };
        match is_own {
            true => Origin::Own,
            false if in_standard_library(name, machine.settings.version) => Origin::Standard,
            false => Origin::Installed,
        }
    }

    /// A package is loaded before what lies in it, by whoever asks for that: from inside the
    /// package this leads nowhere new.
    fn leads_to_own_package(&self, edge: &Edge) -> bool {
        let machine = self.machine;
        let from = machine.modules.get(edge.at.0).filter(|_| edge.at.0 != 0);
        let (Some(from), Some(to)) = (from, machine.body_of(edge.to)) else {
            return false;
        };
        let rest = from.name.strip_prefix(&*to.name);
        rest.is_some_and(|rest| rest.starts_with('.'))
    }

    /// The module in whose file the statement of an edge stands, the entry for what imports that.
    fn from(&mut self, edge: &Edge) -> Option<usize> {
        match edge.at.0 {
            0 => Some(0),
            module => {
                let name = &self.machine.modules.get(module)?.name;
                Some(self.number(name, true))
            }
        }
    }

    /// The module whose code an edge leads to.
    fn to(&mut self, edge: &Edge) -> Option<usize> {
        let machine = self.machine;
        let module = machine.graph.contexts.get(edge.to)?.module;
        let name = &machine.modules.get(module)?.name;
        Some(self.number(name, true))
    }

    fn import(&mut self, step: Step<'m>) {
        if let (Some(from), Some(to)) = (self.from(step.1), self.to(step.1))
            && from != to
        {
            let new = self.described(step, from, to);
            match self.at(from, to) {
                Some(known) if new.kind < known.kind => *known = new,
                Some(_) => {}
                None => self.add(new),
            }
        }
    }

    fn at(&mut self, from: usize, to: usize) -> Option<&mut ImportEdge> {
        let number = self.known.get(&(from, to))?;
        self.graph.edges.get_mut(*number)
    }

    fn add(&mut self, edge: ImportEdge) {
        self.known
            .insert((edge.from, edge.to), self.graph.edges.len());
        self.graph.edges.push(edge);
    }

    fn described(&self, (context, edge): Step<'m>, from: usize, to: usize) -> ImportEdge {
        let machine = self.machine;
        let sure = edge.doubt.is_none() && self.surely.contains(&context);
        let function =
            |context: ContextId| machine.graph.contexts.get(context)?.function.as_deref();
        let way = || [vec![(context, edge)], self.any.way(context)].concat();
        let doubt = || way().iter().find_map(|(_, edge)| edge.doubt);
        ImportEdge {
            from,
            to,
            place: machine.place(edge.at),
            kind: match (sure, edge.guarded) {
                (false, _) => ImportKind::Maybe,
                (true, true) => ImportKind::Guarded,
                (true, false) => ImportKind::Sure,
            },
            doubt: if sure { None } else { doubt().map(|it| it.why) },
            within: function(context).map(|function| Called {
                function: function.to_owned(),
                place: self
                    .entered(context)
                    .and_then(|(_, call)| machine.place(call.at)),
            }),
            runs: function(edge.to).map(str::to_owned),
            first: false,
        }
    }

    /// The edge by which a context is entered first.
    fn entered(&self, context: ContextId) -> Option<Step<'m>> {
        let by = |reached: &Reached<'m>| reached.by.get(context).copied().flatten();
        by(&self.sure).or_else(|| by(&self.any))
    }

    fn mark_first(&mut self) {
        for context in 0..self.machine.graph.contexts.len() {
            let entered = self.entered(context);
            let Some((_, edge)) = entered.filter(|_| self.machine.body_of(context).is_some())
            else {
                continue;
            };
            if let (Some(from), Some(to)) = (self.from(edge), self.to(edge))
                && let Some(edge) = self.at(from, to)
            {
                edge.first = true;
            }
        }
    }

    /// The modules along which the target is loaded first, without the rounds that calls make.
    fn mark_chain(&mut self, target: &str) {
        let mut chain = vec![0];
        let mut steps: Vec<Step<'m>> = Vec::new();
        for step in self.way(target) {
            let Some(to) = self.to(step.1) else { continue };
            match chain.iter().position(|it| *it == to) {
                Some(at) => {
                    chain.truncate(at + 1);
                    steps.truncate(at);
                }
                None => {
                    chain.push(to);
                    steps.push(step);
                }
            }
        }
        if chain.len() == 1 && self.numbers.get(target) != Some(&0) {
            return;
        }
        for (ends, step) in chain.windows(2).zip(steps) {
            if let [from, to] = *ends {
                let new = self.described(step, from, to);
                match self.at(from, to) {
                    Some(known) => {
                        *known = ImportEdge {
                            first: known.first,
                            ..new
                        }
                    }
                    None => self.add(new),
                }
            }
        }
        self.graph.chain = chain;
    }

    /// The steps along which the target is loaded first.
    fn way(&self, target: &str) -> Vec<Step<'m>> {
        let is_target = |context: &&ContextId| {
            let module = self.machine.body_of(**context);
            module.is_some_and(|it| &*it.name == target)
        };
        let found = |reached: &Reached<'m>| {
            let context = reached.order.iter().find(is_target)?;
            Some(reached.way(*context))
        };
        found(&self.sure)
            .or_else(|| found(&self.any))
            .unwrap_or_default()
    }
}

impl ImportGraph {
    /// Whether the last module of the chain is surely loaded; nothing where there is no chain.
    #[must_use]
    pub fn reaches(&self) -> Option<bool> {
        let target = self.modules.get(*self.chain.last()?)?;
        Some(target.sure)
    }

    /// Whether an edge is a step of the chain.
    #[must_use]
    pub fn is_step(&self, edge: &ImportEdge) -> bool {
        let mut steps = self.chain.windows(2);
        steps.any(|step| *step == [edge.from, edge.to])
    }

    /// What lies on a way from one module to another; the first one alone if there is none.
    #[must_use]
    pub fn between(mut self, entry: &str, target: &str) -> Self {
        let number = |name: &str| self.modules.iter().position(|it| it.name == name);
        let (Some(entry), Some(target)) = (number(entry), number(target)) else {
            return self.kept(|number| number == 0);
        };
        self.edges
            .retain(|edge| edge.to != entry && edge.from != target);
        let ends: Vec<(usize, usize)> = self.edges.iter().map(|it| (it.from, it.to)).collect();
        let back: Vec<(usize, usize)> = ends.iter().map(|(from, to)| (*to, *from)).collect();
        let count = self.modules.len();
        let (ahead, behind) = (
            distances(entry, &ends, count),
            distances(target, &back, count),
        );
        let met =
            |distances: &[Option<usize>], at: usize| distances.get(at).is_some_and(Option::is_some);
        self.kept(|at| at == entry || (met(&ahead, at) && met(&behind, at)))
    }

    /// The modules whose numbers `keep` agrees to, and the edges between them.
    #[must_use]
    pub fn kept(self, keep: impl Fn(usize) -> bool) -> Self {
        let mut numbers = HashMap::new();
        let mut kept = Self::default();
        for (number, module) in self.modules.into_iter().enumerate() {
            if keep(number) {
                numbers.insert(number, kept.modules.len());
                kept.modules.push(module);
            }
        }
        kept.edges.extend(self.edges.into_iter().filter_map(|edge| {
            let (from, to) = (*numbers.get(&edge.from)?, *numbers.get(&edge.to)?);
            Some(ImportEdge { from, to, ..edge })
        }));
        let chain: Option<Vec<usize>> = self
            .chain
            .iter()
            .map(|it| numbers.get(it).copied())
            .collect();
        kept.chain = chain.unwrap_or_default();
        kept
    }
}

/// How many edges away from a start each of `count` modules is; none where none leads.
#[must_use]
pub fn distances(start: usize, edges: &[(usize, usize)], count: usize) -> Vec<Option<usize>> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (from, to) in edges {
        if let Some(next) = next.get_mut(*from) {
            next.push(*to);
        }
    }
    let mut found: Vec<Option<usize>> = vec![None; count];
    let mut open = VecDeque::from([(start, 0)]);
    while let Some((at, distance)) = open.pop_front() {
        let Some(slot @ None) = found.get_mut(at) else {
            continue;
        };
        *slot = Some(distance);
        let onward = next.get(at).map(Vec::as_slice).unwrap_or_default();
        open.extend(onward.iter().map(|it| (*it, distance + 1)));
    }
    found
}

//! The network whose smallest cut is the smallest set of statements to defer.
//!
//! Code and import statements are nodes. Code that runs enters its import statements, and a
//! statement that is entered runs: this step is what a deferral takes away. A statement that runs
//! loads modules, whose bodies are code again. Whoever uses what a statement brought makes it run
//! wherever it stands, so uses lead past the step: a name that is read on load holds its
//! statement in place, and what asks a package for a name that a `__getattr__` would bring runs
//! the import by asking.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::python::eager::uses::{How, Missing};
use crate::verdict::Place;

use super::MoveKind;
use super::network::Network;
use super::world::{Actor, AliasId, Code, Known, StatementId, Used, UsedBy, World};

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Body(String),
    /// A call in the run with this number.
    Call(usize, usize),
    Entered(StatementId),
    Runs(StatementId),
    Alias(AliasId),
}

/// Which ways count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Also those that hang on a condition that cannot be known.
    Everything,
    Sure,
}

/// What is known after some runs.
pub(super) struct Model<'w> {
    worlds: &'w [World],
    trust: Trust,
    allowed: &'w [MoveKind],
    /// Aliases that turned out to be used on load.
    held: &'w HashSet<AliasId>,
    statements: HashMap<&'w StatementId, &'w Known>,
    /// Aliases that an evaluated annotation mentions.
    annotated: HashSet<&'w AliasId>,
    /// Aliases that another module asks for on load.
    asked: HashSet<&'w AliasId>,
}

/// One statement costs this, and what it needs a little more: of two cuts of the same size the
/// simpler one is the smaller.
const STATEMENT: u64 = 1_000_000;

impl<'w> Model<'w> {
    pub(super) fn new(
        worlds: &'w [World],
        allowed: &'w [MoveKind],
        held: &'w HashSet<AliasId>,
        trust: Trust,
    ) -> Self {
        let mut statements = HashMap::new();
        for world in worlds.iter().rev() {
            statements.extend(&world.statements);
        }
        let by = |how: How| {
            let uses = worlds.iter().flat_map(|it| &it.uses);
            let uses = uses.filter(move |it| it.how == how);
            uses.filter_map(|it| match &it.what {
                Used::Alias(alias) => Some(alias),
                Used::Module(_) => None,
            })
        };
        let (annotated, asked) = (by(How::Annotation).collect(), by(How::Asked).collect());
        Self {
            worlds,
            trust,
            allowed,
            held,
            statements,
            annotated,
            asked,
        }
    }

    pub(super) fn known(&self, id: &StatementId) -> Option<&'w Known> {
        self.statements.get(id).copied()
    }

    /// What deferring an alias takes: a plain move, or other changes besides.
    pub(super) fn needs(&self, alias: &AliasId) -> BTreeSet<MoveKind> {
        let mut needs = BTreeSet::new();
        if self.annotated.contains(alias) {
            needs.insert(MoveKind::Annotations);
        }
        if self.is_offered_to_others(alias) {
            needs.insert(MoveKind::Getattr);
        }
        if needs.is_empty() {
            needs.insert(MoveKind::Plain);
        }
        needs
    }

    /// Whether other modules can rely on finding the name in this one.
    fn is_offered_to_others(&self, alias: &AliasId) -> bool {
        let Some(known) = self.known(&alias.0).filter(|it| !it.statement.in_function) else {
            return false;
        };
        let Some(imported) = known.statement.aliases.get(alias.1) else {
            return false;
        };
        let bound = &imported.bound;
        let key = (known.module.clone(), bound.clone());
        self.asked.contains(alias)
            || known.listed.contains(bound)
            || (known.is_package && !bound.starts_with('_'))
            || self.worlds.iter().any(|it| it.wanted.contains(&key))
    }

    /// Whether an alias can be deferred by what is allowed, uses left out of account.
    pub(super) fn is_movable(&self, alias: &AliasId) -> bool {
        let Some(known) = self.known(&alias.0) else {
            return false;
        };
        known.statement.fixed.is_none()
            && !known.installed
            && !self.held.contains(alias)
            && self.needs(alias).iter().all(|it| self.allows(*it))
    }

    /// The aliases of a statement that can be deferred.
    pub(super) fn movable(&self, id: &StatementId) -> Vec<usize> {
        let aliases = self.known(id).map_or(0, |it| it.statement.aliases.len());
        (0..aliases)
            .filter(|it| self.is_movable(&(id.clone(), *it)))
            .collect()
    }

    pub(super) fn allows(&self, kind: MoveKind) -> bool {
        self.allowed.contains(&kind)
    }

    /// Whether a use stays when annotations are postponed where that is allowed.
    pub(super) fn holds(&self, one: &UsedBy) -> bool {
        one.how != How::Annotation || !self.allows(MoveKind::Annotations)
    }

    /// Whether only a later run showed that it is used.
    pub(super) fn is_held(&self, alias: &AliasId) -> bool {
        self.held.contains(alias)
    }

    /// Whether an alias is what binds a name that was missed.
    pub(super) fn binds(&self, alias: &AliasId, missing: &Missing) -> bool {
        let known = self
            .known(&alias.0)
            .filter(|it| it.module == *missing.module);
        let imported = known.and_then(|it| it.statement.aliases.get(alias.1));
        imported.is_some_and(|it| it.bound == *missing.name)
    }

    pub(super) fn uses(&self) -> impl Iterator<Item = &'w UsedBy> {
        self.worlds.iter().flat_map(|it| &it.uses)
    }

    /// Where a call loads a module.
    pub(super) fn call_to(&self, module: &str) -> Option<Place> {
        let mut leads = self.worlds.iter().flat_map(|it| &it.leads);
        let found = leads.find(|it| {
            it.through.is_none() && it.to == Code::Body(module.to_owned()) && it.place.is_some()
        });
        found?.place.clone()
    }

    pub(super) fn network(&self) -> Network<Node> {
        let mut network = Network::new();
        for (round, world) in self.worlds.iter().enumerate() {
            self.add_leads(round, world, &mut network);
            self.add_uses(round, world, &mut network);
        }
        network
    }

    fn add_leads(&self, round: usize, world: &World, network: &mut Network<Node>) {
        let sure = self.trust == Trust::Sure;
        for lead in world.leads.iter().filter(|it| !sure || it.doubt.is_none()) {
            let (from, to) = (node(round, &lead.from), node(round, &lead.to));
            let Some(aliases) = &lead.through else {
                network.fix(from, to);
                continue;
            };
            for alias in aliases {
                let at = Node::Alias(alias.clone());
                if self.is_movable(alias) {
                    let id = &alias.0;
                    let runs = Node::Runs(id.clone());
                    network.fix(from.clone(), Node::Entered(id.clone()));
                    network.offer(Node::Entered(id.clone()), runs.clone(), self.cost(id));
                    network.fix(runs, at.clone());
                } else {
                    network.fix(from.clone(), at.clone());
                }
                network.fix(at, to.clone());
            }
        }
    }

    fn add_uses(&self, round: usize, world: &World, network: &mut Network<Node>) {
        for one in world.uses.iter().filter(|it| self.holds(it)) {
            let by = match &one.by {
                Actor::Code(code) => node(round, code),
                Actor::Alias(alias) => Node::Alias(alias.clone()),
            };
            let what = match &one.what {
                Used::Alias(alias) => Node::Alias(alias.clone()),
                Used::Module(module) => Node::Body(module.clone()),
            };
            network.fix(by, what);
        }
    }

    fn cost(&self, id: &StatementId) -> u64 {
        let movable = self
            .movable(id)
            .into_iter()
            .map(|number| (id.clone(), number));
        let extra: BTreeSet<MoveKind> = movable.flat_map(|it| self.needs(&it)).collect();
        let extra = extra.iter().map(|it| match it {
            MoveKind::Plain => 0,
            MoveKind::Getattr => 1,
            MoveKind::Annotations => 2,
        });
        STATEMENT + extra.sum::<u64>()
    }
}

/// The bodies of modules are the same in every run, calls are not.
fn node(round: usize, code: &Code) -> Node {
    match code {
        Code::Body(module) => Node::Body(module.clone()),
        Code::Call(number) => Node::Call(round, *number),
    }
}

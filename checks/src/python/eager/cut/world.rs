//! What one run of the evaluator says about imports, without the evaluator: which code loads what
//! through which statement, and who uses what the statements bring.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::path::RepoPath;
use crate::python::eager::Analysis;
use crate::python::eager::graph::{ContextId, Edge};
use crate::python::eager::machine::{Machine, Module, ModuleKind};
use crate::python::eager::uses::{At, Brought, How, Missing};
use crate::python::eager::value::{ModuleId, Value};
use crate::python::source::Source;
use crate::python::syntax::{Expr, Stmt, TextRange, Visitor, visitor};
use crate::verdict::Place;

use super::rewrite::Shift;
use super::statement::{Statement, statements};

/// One import statement: the root its file is in, the file, and where it starts there.
pub(super) type StatementId = (usize, RepoPath, usize);

/// One thing that is imported: the statement, and which of its aliases.
pub(super) type AliasId = (StatementId, usize);

/// Code that runs as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Code {
    /// The body of a module.
    Body(String),
    /// A call, by its number.
    Call(ContextId),
}

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Actor {
    Code(Code),
    Alias(AliasId),
}

/// What is used.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Used {
    Alias(AliasId),
    /// A module, as an attribute of its package.
    Module(String),
}

/// An import statement with what surrounds it.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) statement: Statement,
    /// The full name of its module.
    pub(super) module: String,
    /// What relative imports start from.
    pub(super) package: String,
    /// Whether the file is the `__init__.py` of a package.
    pub(super) is_package: bool,
    /// Whether the file was installed, and is nobody's here to change.
    pub(super) installed: bool,
    pub(super) place: Place,
    /// The whole statement, on one line.
    pub(super) text: String,
    /// The names that the module's `__all__` lists.
    pub(super) listed: Rc<Vec<String>>,
    /// The names that the file mentions anywhere.
    pub(super) mentioned: Rc<HashSet<String>>,
}

/// Something runs because of something else.
pub(super) struct Leads {
    pub(super) from: Code,
    /// The import through which; none for a call.
    pub(super) through: Option<Vec<AliasId>>,
    pub(super) to: Code,
    /// Why it may not.
    pub(super) doubt: Option<&'static str>,
    pub(super) place: Option<Place>,
}

/// Something that an import brought is used.
pub(super) struct UsedBy {
    pub(super) what: Used,
    pub(super) by: Actor,
    pub(super) how: How,
    pub(super) place: Option<Place>,
}

/// One run.
pub(super) struct World {
    pub(super) analysis: Analysis,
    pub(super) statements: HashMap<StatementId, Known>,
    pub(super) leads: Vec<Leads>,
    pub(super) uses: Vec<UsedBy>,
    pub(super) missing: HashSet<Missing>,
    /// Names that any statement of a followed file imports from a module, run or not.
    pub(super) wanted: HashSet<(String, String)>,
    /// The followed files.
    pub(super) sources: HashMap<(usize, RepoPath), String>,
}

/// Builds a world from a machine that has run.
pub(super) struct Reader<'m, 'a, 's> {
    machine: &'m Machine<'a, 's>,
    shifts: &'m HashMap<(usize, RepoPath), Shift>,
    /// The aliases of each module's file, by where they start.
    aliases: HashMap<(ModuleId, usize), AliasId>,
    world: World,
}

impl<'m, 'a, 's> Reader<'m, 'a, 's> {
    pub(super) fn new(
        machine: &'m Machine<'a, 's>,
        shifts: &'m HashMap<(usize, RepoPath), Shift>,
        analysis: Analysis,
    ) -> Self {
        let world = World {
            analysis,
            statements: HashMap::new(),
            leads: Vec::new(),
            uses: Vec::new(),
            missing: HashSet::new(),
            wanted: HashSet::new(),
            sources: HashMap::new(),
        };
        let aliases = HashMap::new();
        Self {
            machine,
            shifts,
            aliases,
            world,
        }
    }

    pub(super) fn read(mut self) -> World {
        for (id, module) in self.machine.modules.iter().enumerate() {
            self.statements_of(id, module);
        }
        for from in 0..self.machine.graph.contexts.len() {
            self.leads_of(from);
        }
        self.uses();
        self.world
    }

    fn statements_of(&mut self, id: ModuleId, module: &Module<'a>) {
        let (ModuleKind::File(path, root, is_package), Some(source)) =
            (&module.kind, module.source)
        else {
            return;
        };
        let key = (*root, path.clone());
        let shift = self.shifts.get(&key).copied().unwrap_or_default();
        let package = self.machine.package_of(id);
        let (listed, mentioned) = (Rc::new(listed(module)), Rc::new(mentioned(source.body())));
        for statement in statements(source.body()) {
            self.wanted_by(&statement, &package);
            let Some(start) = shift.original(statement.range.start().to_usize()) else {
                continue;
            };
            let statement_id = (*root, path.clone(), start);
            for (number, alias) in statement.aliases.iter().enumerate() {
                let at = (id, alias.range.start().to_usize());
                self.aliases.insert(at, (statement_id.clone(), number));
            }
            let known = Known {
                module: module.name.to_string(),
                package: package.clone(),
                is_package: *is_package,
                installed: self.machine.roots.get(*root).is_some_and(|it| it.site),
                place: source.place(statement.range),
                text: one_line(source, statement.range),
                listed: listed.clone(),
                mentioned: mentioned.clone(),
                statement,
            };
            self.world.statements.entry(statement_id).or_insert(known);
        }
        self.world
            .sources
            .entry(key)
            .or_insert_with(|| source.text.to_string());
    }

    fn wanted_by(&mut self, statement: &Statement, package: &str) {
        if let Some(module) = statement.module(package) {
            let names = statement.aliases.iter();
            let names = names.map(|it| (module.clone(), it.name.clone()));
            self.world.wanted.extend(names);
        }
    }

    fn leads_of(&mut self, from: ContextId) {
        let Some(context) = self.machine.graph.contexts.get(from) else {
            return;
        };
        for edge in &context.edges {
            let leads = Leads {
                from: self.code(from),
                through: self.through(edge),
                to: self.code(edge.to),
                doubt: edge.doubt.map(|it| it.why),
                place: self.machine.place(edge.at),
            };
            self.world.leads.push(leads);
        }
    }

    fn code(&self, context: ContextId) -> Code {
        let found = self.machine.graph.contexts.get(context);
        let Some(found) = found.filter(|it| it.function.is_none()) else {
            return Code::Call(context);
        };
        let module = self.machine.modules.get(found.module);
        Code::Body(module.map_or(String::new(), |it| it.name.to_string()))
    }

    fn alias(&self, at: At) -> Option<AliasId> {
        self.aliases.get(&(at.0, at.1.start().to_usize())).cloned()
    }

    /// The aliases without all of which an edge is not taken: what stands after `from` is loaded
    /// by each of them.
    fn through(&self, edge: &Edge) -> Option<Vec<AliasId>> {
        let (id, number) = self.alias(edge.at)?;
        let known = self.world.statements.get(&id)?;
        let module = known.statement.module(&known.package);
        let Code::Body(loaded) = self.code(edge.to) else {
            return Some(vec![(id, number)]);
        };
        let above = |module: String| module == loaded || module.starts_with(&format!("{loaded}."));
        if module.is_some_and(above) {
            let all = 0..known.statement.aliases.len();
            return Some(all.map(|number| (id.clone(), number)).collect());
        }
        Some(vec![(id, number)])
    }

    fn uses(&mut self) {
        let Some(uses) = &self.machine.uses else {
            return;
        };
        self.world.missing.clone_from(&uses.missing);
        for one in &uses.list {
            let what = match one.of {
                Brought::Name(at) => self.alias(at).map(Used::Alias),
                Brought::Submodule(id) => {
                    let module = self.machine.modules.get(id);
                    module.map(|it| Used::Module(it.name.to_string()))
                }
            };
            let Some(what) = what else { continue };
            let by = match (one.how, self.alias(one.at)) {
                (How::Taken, Some(star)) if !self.is_wanted(&what, &star) => continue,
                (How::Asked | How::Taken, Some(alias)) => Actor::Alias(alias),
                _ => Actor::Code(self.code(one.reader)),
            };
            let place = self.machine.place(one.at);
            self.world.uses.push(UsedBy {
                what,
                by,
                how: one.how,
                place,
            });
        }
    }
}

impl Reader<'_, '_, '_> {
    /// Whether anybody would miss a name that a star took along.
    fn is_wanted(&self, what: &Used, star: &AliasId) -> bool {
        let statement = |id: &AliasId| self.world.statements.get(&id.0);
        let (Used::Alias(taken), Some(by)) = (what, statement(star)) else {
            return true;
        };
        let imported = statement(taken).and_then(|it| it.statement.aliases.get(taken.1));
        imported.is_none_or(|it| {
            let wanted = (by.module.clone(), it.bound.clone());
            by.mentioned.contains(&it.bound)
                || by.listed.contains(&it.bound)
                || self.world.wanted.contains(&wanted)
        })
    }
}

/// The names that a file reads or binds by name, in any scope.
fn mentioned(body: &[Stmt]) -> HashSet<String> {
    struct Names(HashSet<String>);
    impl<'a> Visitor<'a> for Names {
        fn visit_expr(&mut self, expression: &'a Expr) {
            if let Expr::Name(name) = expression {
                self.0.insert(name.id.to_string());
            }
            visitor::walk_expr(self, expression);
        }
    }
    let mut names = Names(HashSet::new());
    names.visit_body(body);
    names.0
}

/// The names in `__all__`.
fn listed(module: &Module<'_>) -> Vec<String> {
    let all = module.scope.get("__all__").and_then(|it| it.bound());
    let Some(Value::Sequence(names)) = all else {
        return Vec::new();
    };
    let names = names.items.borrow();
    names
        .iter()
        .filter_map(Value::as_text)
        .map(str::to_owned)
        .collect()
}

fn one_line(source: &Source, range: TextRange) -> String {
    let text = source
        .text
        .get(range.start().to_usize()..range.end().to_usize());
    let words: Vec<&str> = text.unwrap_or_default().split_whitespace().collect();
    words.join(" ")
}

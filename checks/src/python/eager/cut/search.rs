//! Choosing a cut, trying it, and learning from what went wrong.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::path::RepoPath;
use crate::python::eager::uses::Uses;
use crate::python::eager::{Listeners, Root, Settings, interpret};
use crate::python::source::Source;
use crate::snapshot::{Edits, Overlay};

use super::model::{Model, Node, Trust};
use super::rewrite::{Deferral, Shift, rewrite};
use super::world::{AliasId, Reader, StatementId, World};
use super::{Cut, CutAnswer, Edit, MoveKind, Moved, Stuck};

/// More runs than this are not made.
const ROUNDS: usize = 12;

/// One search for a cut.
pub(super) struct Search<'r, 's> {
    entry: &'r str,
    target: &'r str,
    roots: &'r [Root<'s>],
    settings: &'r Settings,
    allowed: &'r [MoveKind],
    /// What each run showed, the first of them without any change.
    worlds: Vec<World>,
    /// Aliases of which only a later run showed that they are used on load.
    held: HashSet<AliasId>,
}

/// The aliases to defer of each statement.
type Chosen = BTreeMap<StatementId, Vec<usize>>;

/// A file: its root, and its path there.
type File = (usize, RepoPath);

/// Files that were rewritten, and how far their offsets moved.
type Rewritten = (Vec<Edit>, HashMap<File, Shift>);

impl<'r, 's> Search<'r, 's> {
    pub(super) fn new(
        entry: &'r str,
        target: &'r str,
        roots: &'r [Root<'s>],
        settings: &'r Settings,
        allowed: &'r [MoveKind],
    ) -> Self {
        Self {
            entry,
            target,
            roots,
            settings,
            allowed,
            worlds: Vec::new(),
            held: HashSet::new(),
        }
    }

    pub(super) fn run(mut self) -> CutAnswer {
        let first = self.explore(&[], &HashMap::new());
        if !self.is_reached(&first) {
            return match first.analysis.undecided(self.target) {
                Some(why) => CutAnswer::Undecided(why),
                None => CutAnswer::NotReached,
            };
        }
        if let Some(error) = first.analysis.error {
            return CutAnswer::Undecided(error);
        }
        self.worlds.push(first);
        let mut tried: HashSet<Vec<AliasId>> = HashSet::new();
        for _ in 0..ROUNDS {
            let Some(chosen) = self.choose(Trust::Everything) else {
                return self.impossible();
            };
            let again = !tried.insert(flat(&chosen));
            match self.attempt(&chosen) {
                Ok(Ok(edits)) => return CutAnswer::Found(self.found(&chosen, edits)),
                Ok(Err(why)) if again => return CutAnswer::Undecided(why),
                Ok(Err(_)) => {}
                Err(why) => return CutAnswer::Undecided(why),
            }
        }
        CutAnswer::Undecided("each cut that was tried led to another way".to_owned())
    }

    fn is_reached(&self, world: &World) -> bool {
        world.analysis.eager.iter().any(|it| it.name == self.target)
    }

    fn model(&self, trust: Trust) -> Model<'_> {
        Model::new(&self.worlds, self.allowed, &self.held, trust)
    }

    /// Imports the entry with these files in the place of those that are there.
    fn explore(&self, edits: &[Edit], shifts: &HashMap<File, Shift>) -> World {
        let own = |number| edits.iter().filter(move |it| it.root == number);
        let overlays: Vec<Overlay<'_>> = self
            .roots
            .iter()
            .enumerate()
            .map(|(number, root)| {
                let edits = own(number).fold(Edits::default(), |all, it| {
                    all.and_write(it.path.clone(), it.bytes.clone())
                });
                Overlay::new(root.snapshot, edits)
            })
            .collect();
        let roots = self.roots.iter().zip(&overlays);
        let roots: Vec<Root<'_>> = roots
            .map(|(root, overlay)| Root {
                snapshot: overlay,
                folder: root.folder.clone(),
                site: root.site,
            })
            .collect();
        let listeners = Listeners {
            uses: Some(Uses::default()),
            ..Listeners::default()
        };
        let target = Some(self.target);
        interpret(
            self.entry,
            target,
            &roots,
            self.settings,
            listeners,
            |machine, error| {
                let analysis = machine.conclude(self.entry, error);
                Reader::new(machine, shifts, analysis).read()
            },
        )
    }

    /// The smallest cut of what is known, if there is one.
    fn choose(&self, trust: Trust) -> Option<Chosen> {
        let model = self.model(trust);
        let cut = model.network().cut(start(), self.end())?;
        let entered = cut.into_iter().filter_map(|(from, _)| match from {
            Node::Entered(id) => Some(id),
            _ => None,
        });
        let chosen = entered.map(|id| {
            let movable = model.movable(&id);
            (id, movable)
        });
        Some(chosen.collect())
    }

    fn end(&self) -> Node {
        Node::Body(self.target.to_owned())
    }

    /// No cut frees the entry of what may be loaded. One that frees it of what surely is would
    /// leave the question open.
    fn impossible(&self) -> CutAnswer {
        if let Some(chosen) = self.choose(Trust::Sure) {
            let doubt = self
                .worlds
                .iter()
                .flat_map(|it| &it.leads)
                .filter_map(|it| it.doubt);
            let why = doubt.into_iter().next().unwrap_or("a condition");
            return CutAnswer::Undecided(format!(
                "deferring {} statements takes every sure way, and others stay that hang on what cannot be known ({why})",
                chosen.len(),
            ));
        }
        let model = self.model(Trust::Sure);
        let way = model.network().fixed_way(&start(), &self.end());
        CutAnswer::Impossible(model.stuck_on(&way.unwrap_or_default()))
    }

    /// Defers the statements and imports the entry again: the files, or why the cut does not hold.
    ///
    /// # Errors
    ///
    /// It cannot be tried.
    fn attempt(&mut self, chosen: &Chosen) -> Result<Result<Vec<Edit>, String>, String> {
        let (edits, shifts) = self.rewritten(chosen)?;
        let world = self.explore(&edits, &shifts);
        if self.learn_missing(&world, chosen)? {
            return Ok(Err("what was deferred is used on load".to_owned()));
        }
        let why = if self.is_reached(&world) {
            Some(format!("`{}` is still loaded on another way", self.target))
        } else {
            world.analysis.undecided(self.target)
        };
        self.worlds.push(world);
        Ok(why.map_or(Ok(edits), Err))
    }

    /// Holds what was deferred and is looked for on load; whether there was any.
    ///
    /// # Errors
    ///
    /// Something else is looked for that was there before.
    fn learn_missing(&mut self, world: &World, chosen: &Chosen) -> Result<bool, String> {
        let before = self.worlds.first().map(|it| &it.missing);
        let new = world
            .missing
            .iter()
            .filter(|it| !before.is_some_and(|all| all.contains(*it)));
        let model = self.model(Trust::Everything);
        let mut held = Vec::new();
        for missing in new {
            let aliases = flat(chosen)
                .into_iter()
                .filter(|it| model.binds(it, missing));
            let count = held.len();
            held.extend(aliases);
            if held.len() == count {
                let (name, module) = (&missing.name, &missing.module);
                return Err(format!(
                    "then `{module}` would have no `{name}` when it is used"
                ));
            }
        }
        let any = !held.is_empty();
        self.held.extend(held);
        Ok(any)
    }

    fn rewritten(&self, chosen: &Chosen) -> Result<Rewritten, String> {
        let mut files: BTreeMap<File, Vec<(&StatementId, &Vec<usize>)>> = BTreeMap::new();
        for one in chosen {
            files
                .entry((one.0.0, one.0.1.clone()))
                .or_default()
                .push(one);
        }
        let mut edits = Vec::new();
        let mut shifts = HashMap::new();
        for (file, statements) in files {
            let (bytes, shift) = self.rewritten_file(&file, &statements)?;
            let (root, path) = file.clone();
            edits.push(Edit { root, path, bytes });
            shifts.insert(file, shift);
        }
        Ok((edits, shifts))
    }

    fn rewritten_file(
        &self,
        file: &File,
        statements: &[(&StatementId, &Vec<usize>)],
    ) -> Result<(Vec<u8>, Shift), String> {
        let model = self.model(Trust::Everything);
        let lost = || format!("`{}` is not at hand", file.1);
        let text = self
            .worlds
            .iter()
            .find_map(|it| it.sources.get(file))
            .ok_or_else(lost)?;
        let needs = |id: &StatementId, number: usize, kind| {
            model.needs(&(id.clone(), number)).contains(&kind)
        };
        let mut own = None;
        let mut postpone = false;
        let mut deferrals = Vec::new();
        for (id, moved) in statements {
            let known = model.known(id).ok_or_else(lost)?;
            own = Some((known.module.as_str(), known.package.as_str()));
            postpone |= moved.iter().any(|it| needs(id, *it, MoveKind::Annotations));
            let asked = moved.iter().copied();
            deferrals.push(Deferral {
                statement: &known.statement,
                moved: moved.to_vec(),
                on_request: asked
                    .filter(|it| needs(id, *it, MoveKind::Getattr))
                    .collect(),
            });
        }
        let (text, shift) = rewrite(text, own.unwrap_or_default(), &deferrals, postpone)?;
        let source = Source::parse(file.1.clone(), text.into(), Vec::new())?;
        Ok((source.encode(&source.text)?, shift))
    }

    fn found(&self, chosen: &Chosen, edits: Vec<Edit>) -> Cut {
        let model = self.model(Trust::Everything);
        let moved = |(id, numbers): (&StatementId, &Vec<usize>)| {
            let known = model.known(id)?;
            let mut kinds = BTreeSet::new();
            let mut names = Vec::new();
            for number in numbers {
                kinds.extend(model.needs(&(id.clone(), *number)));
                names.extend(
                    known
                        .statement
                        .aliases
                        .get(*number)
                        .map(|it| it.bound.clone()),
                );
            }
            if kinds.len() > 1 {
                kinds.remove(&MoveKind::Plain);
            }
            Some(Moved {
                place: known.place.clone(),
                source: known.text.clone(),
                kinds: kinds.into_iter().collect(),
                names,
            })
        };
        Cut {
            moves: chosen.iter().filter_map(moved).collect(),
            stuck: self.stuck_on_chain(&model),
            edits,
        }
    }

    /// The statements on the first chain that are not offered.
    fn stuck_on_chain(&self, model: &Model<'_>) -> Vec<Stuck> {
        let Some(world) = self.worlds.first() else {
            return Vec::new();
        };
        let chain = world
            .analysis
            .eager
            .iter()
            .find(|it| it.name == self.target);
        let hops = chain
            .into_iter()
            .flat_map(|it| &it.hops)
            .filter(|it| it.import);
        let leads = hops.filter_map(|hop| {
            world
                .leads
                .iter()
                .find(|it| it.place.as_ref() == Some(&hop.place))
        });
        let aliases = leads.filter_map(|it| it.through.as_ref()?.first());
        aliases.filter_map(|it| model.stuck(it)).collect()
    }
}

fn start() -> Node {
    Node::Body(String::new())
}

fn flat(chosen: &Chosen) -> Vec<AliasId> {
    let aliases = |(id, numbers): (&StatementId, &Vec<usize>)| {
        let id = id.clone();
        numbers.clone().into_iter().map(move |it| (id.clone(), it))
    };
    chosen.iter().flat_map(aliases).collect()
}

//! Why a statement is not offered, in words.

use std::collections::HashSet;

use crate::python::eager::uses::How;

use super::model::{Model, Node};
use super::statement::Fixed;
use super::world::{AliasId, Known, StatementId, Used, UsedBy};
use super::{MoveKind, Stuck};

impl Model<'_> {
    /// The statements that hold a way together which no cut is offered on.
    pub(super) fn stuck_on(&self, way: &[Node]) -> Vec<Stuck> {
        let mut seen: HashSet<&StatementId> = HashSet::new();
        let mut stuck = Vec::new();
        for step in way.windows(2) {
            match step {
                [_, Node::Alias(alias)] if seen.insert(&alias.0) => stuck.extend(self.stuck(alias)),
                [Node::Body(_) | Node::Call(..), Node::Body(module)] => {
                    stuck.extend(self.call_that_loads(module));
                }
                _ => {}
            }
        }
        stuck
    }

    /// Why an alias is not offered; none if it is.
    pub(super) fn stuck(&self, alias: &AliasId) -> Option<Stuck> {
        let known = self.known(&alias.0)?;
        let name = &known.statement.aliases.get(alias.1)?.bound;
        let why = self
            .held_in_place(known)
            .or_else(|| self.used(alias, name, known))
            .or_else(|| self.taken(alias, name))
            .or_else(|| self.not_allowed(alias, name))?;
        Some(Stuck {
            place: known.place.clone(),
            source: known.text.clone(),
            why,
        })
    }

    fn held_in_place(&self, known: &Known) -> Option<String> {
        if known.installed {
            return Some("it is part of an installed package".to_owned());
        }
        Some(match known.statement.fixed.as_ref()? {
            Fixed::Star => "`import *` stands at module level only".to_owned(),
            Fixed::Class => "what it binds are attributes of a class".to_owned(),
            Fixed::Decides(name) => format!("whether it works decides about `{name}`"),
        })
    }

    fn used(&self, alias: &AliasId, name: &str, known: &Known) -> Option<String> {
        let by = |how: How| {
            let is_it = move |it: &&UsedBy| it.how == how && it.what == Used::Alias(alias.clone());
            self.uses().find(is_it)
        };
        let resolved = by(How::Resolved).filter(|_| by(How::Read).is_none());
        let found = by(How::Read).or(resolved);
        let place = found.and_then(|it| it.place.as_ref());
        let at = match place {
            Some(place) if place.path == known.place.path => format!(" in line {}", place.line),
            Some(place) => format!(" ({}:{})", place.path, place.line),
            None => String::new(),
        };
        let inside = match known.statement.in_function {
            true => "it stands in a function that is called on load, and ",
            false => "",
        };
        let after = match resolved {
            Some(_) => ", by an annotation that a decorator or a base class may evaluate",
            None => "",
        };
        let used = found.is_some() || self.is_held(alias);
        used.then(|| format!("{inside}`{name}` is used on load{at}{after}"))
    }

    fn taken(&self, alias: &AliasId, name: &str) -> Option<String> {
        let is_it = |it: &&UsedBy| it.how == How::Taken && it.what == Used::Alias(alias.clone());
        let place = self.uses().find(is_it)?.place.as_ref()?;
        let at = format!("{}:{}", place.path, place.line);
        Some(format!(
            "`import *` takes `{name}` along to where it is used ({at})"
        ))
    }

    fn not_allowed(&self, alias: &AliasId, name: &str) -> Option<String> {
        let missing: Vec<MoveKind> = self
            .needs(alias)
            .into_iter()
            .filter(|it| !self.allows(*it))
            .collect();
        Some(match missing.first()? {
            MoveKind::Plain => "no plain move is allowed".to_owned(),
            MoveKind::Getattr => {
                format!(
                    "others can ask this module for `{name}`: it takes a module `__getattr__` (`getattr`)"
                )
            }
            MoveKind::Annotations => {
                format!(
                    "`{name}` is used in evaluated annotations: they have to be postponed (`annotations`)"
                )
            }
        })
    }

    fn call_that_loads(&self, module: &str) -> Option<Stuck> {
        let place = self.call_to(module)?;
        Some(Stuck {
            source: place.source.trim().to_owned(),
            place,
            why: format!("it loads `{module}` by a call"),
        })
    }
}

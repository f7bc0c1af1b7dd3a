//! What was loaded by what: contexts and the edges between them.
//!
//! A context is the body of a module or one call of a function. Its edges say what it loads and
//! calls, each relative to the context itself: certain if the context runs, or not.

use std::collections::HashSet;

use crate::python::syntax::TextRange;

use super::value::ModuleId;

/// The number of a context.
pub(super) type ContextId = usize;

/// The body of a module, or one call.
pub(super) struct Context {
    /// The module whose code it is.
    pub(super) module: ModuleId,
    /// The name of the function; none for a module's body.
    pub(super) function: Option<Box<str>>,
    pub(super) edges: Vec<Edge>,
}

/// One context leads to another.
#[derive(Clone)]
pub(super) struct Edge {
    pub(super) to: ContextId,
    /// Why this edge may not be taken though its context runs.
    pub(super) doubt: Option<Doubt>,
    /// Whether an `ImportError` from there is survived.
    pub(super) guarded: bool,
    /// The module in whose file the place is, and the place.
    pub(super) at: (ModuleId, TextRange),
}

/// Why something may not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubt {
    pub(super) why: &'static str,
    /// What decides, as a place.
    pub(super) at: (ModuleId, TextRange),
}

/// Everything that may run while the entry is loaded.
#[derive(Default)]
pub(super) struct Graph {
    pub(super) contexts: Vec<Context>,
}

/// One step on the way from the entry: a context, and the edge it is left by.
pub(super) type Step<'g> = (ContextId, &'g Edge);

/// What a walk from the start came to.
pub(super) struct Reached<'g> {
    /// The contexts, in the order in which they were entered first.
    pub(super) order: Vec<ContextId>,
    /// The edge by which each was entered first.
    pub(super) by: Vec<Option<Step<'g>>>,
}

impl Graph {
    pub(super) fn add(&mut self, module: ModuleId, function: Option<Box<str>>) -> ContextId {
        self.contexts.push(Context {
            module,
            function,
            edges: Vec::new(),
        });
        self.contexts.len() - 1
    }

    pub(super) fn connect(&mut self, from: ContextId, edge: Edge) {
        if let Some(context) = self.contexts.get_mut(from) {
            context.edges.push(edge);
        }
    }

    /// Takes back the newest context if nothing came of it.
    pub(super) fn take_back(&mut self, context: ContextId) -> bool {
        let empty = self.contexts.last().is_some_and(|it| it.edges.is_empty());
        let newest = empty && context + 1 == self.contexts.len();
        if newest {
            self.contexts.pop();
        }
        newest
    }

    /// Everything that is reached from the first context by edges that `take` agrees to, in the
    /// order in which CPython gets there: depth first, each once.
    pub(super) fn reached(&self, take: impl Fn(&Edge) -> bool) -> Reached<'_> {
        let mut reached = Reached {
            order: Vec::new(),
            by: vec![None; self.contexts.len()],
        };
        let mut seen: HashSet<ContextId> = HashSet::from([0]);
        let mut open: Vec<(ContextId, usize)> = Vec::new();
        if !self.contexts.is_empty() {
            reached.order.push(0);
            open.push((0, 0));
        }
        while let Some((context, next)) = open.pop() {
            let Some(edge) = self.contexts.get(context).and_then(|it| it.edges.get(next)) else {
                continue;
            };
            open.push((context, next + 1));
            if take(edge) && seen.insert(edge.to) {
                if let Some(by) = reached.by.get_mut(edge.to) {
                    *by = Some((context, edge));
                }
                reached.order.push(edge.to);
                open.push((edge.to, 0));
            }
        }
        reached
    }
}

impl<'g> Reached<'g> {
    /// The steps from the start to a context.
    pub(super) fn way(&self, to: ContextId) -> Vec<Step<'g>> {
        let mut way = Vec::new();
        let mut at = to;
        while let Some(step) = self.by.get(at).copied().flatten() {
            way.push(step);
            at = step.0;
        }
        way.reverse();
        way
    }
}

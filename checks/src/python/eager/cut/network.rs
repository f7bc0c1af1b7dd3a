//! The smallest cut of a network, by its largest flow.
//!
//! What must not be cut has a capacity that no flow fills. The flow's value is the proof that no
//! smaller cut exists (the max-flow min-cut theorem of Ford and Fulkerson).

use std::collections::HashMap;
use std::hash::Hash;

use petgraph::Direction;
use petgraph::algo::dinics;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;

/// Nodes with names of their own, and what can flow from one to the other.
pub(super) struct Network<K> {
    graph: DiGraph<K, u64>,
    nodes: HashMap<K, NodeIndex>,
    edges: HashMap<(NodeIndex, NodeIndex), EdgeIndex>,
}

/// More than any cut costs.
const ENDLESS: u64 = u64::MAX / 4;

impl<K: Clone + Eq + Hash> Network<K> {
    pub(super) fn new() -> Self {
        Self {
            graph: DiGraph::new(),
            nodes: HashMap::new(),
            edges: HashMap::new(),
        }
    }

    /// An edge that must not be cut.
    pub(super) fn fix(&mut self, from: K, to: K) {
        self.connect(from, to, ENDLESS);
    }

    /// An edge that can be cut at this cost; one that is fixed stays so.
    pub(super) fn offer(&mut self, from: K, to: K, cost: u64) {
        self.connect(from, to, cost);
    }

    fn connect(&mut self, from: K, to: K, capacity: u64) {
        let (from, to) = (self.node(from), self.node(to));
        if from == to {
            return;
        }
        let known = self.edges.get(&(from, to)).copied();
        match known.and_then(|edge| self.graph.edge_weight_mut(edge)) {
            Some(old) => *old = capacity.max(*old),
            None => {
                let edge = self.graph.add_edge(from, to, capacity);
                self.edges.insert((from, to), edge);
            }
        }
    }

    fn node(&mut self, key: K) -> NodeIndex {
        let graph = &mut self.graph;
        let node = self.nodes.entry(key.clone());
        *node.or_insert_with(|| graph.add_node(key))
    }

    /// The cheapest edges without which nothing flows, nearest to the sink; none if there is a
    /// way that cannot be cut.
    pub(super) fn cut(&mut self, from: K, to: K) -> Option<Vec<(K, K)>> {
        let (from, to) = (self.node(from), self.node(to));
        // One edge that everything flows through keeps the sums within bounds.
        let start = self.graph.add_node(self.graph.node_weight(from)?.clone());
        let first = self.graph.add_edge(start, from, ENDLESS);
        let (cost, flows) = dinics(&self.graph, start, to);
        let edges = self.between(to, &flows);
        self.graph.remove_edge(first);
        self.graph.remove_node(start);
        (cost < ENDLESS).then_some(edges)
    }

    /// The full edges into the part from which the sink can still be reached.
    fn between(&self, to: NodeIndex, flows: &[u64]) -> Vec<(K, K)> {
        let flow = |edge: EdgeIndex| flows.get(edge.index()).copied().unwrap_or(0);
        let mut behind = vec![false; self.graph.node_count()];
        let mut open = vec![to];
        while let Some(node) = open.pop() {
            if std::mem::replace(&mut behind[node.index()], true) {
                continue;
            }
            let edges = self.graph.edges_directed(node, Direction::Incoming);
            open.extend(
                edges
                    .filter(|it| flow(it.id()) < *it.weight())
                    .map(|it| it.source()),
            );
            let edges = self.graph.edges_directed(node, Direction::Outgoing);
            open.extend(edges.filter(|it| flow(it.id()) > 0).map(|it| it.target()));
        }
        let across = |it: &EdgeIndex| {
            let ends = self.graph.edge_endpoints(*it);
            ends.is_some_and(|(from, to)| !behind[from.index()] && behind[to.index()])
        };
        let full = self.graph.edge_indices().filter(across);
        full.filter_map(|it| {
            let (from, to) = self.graph.edge_endpoints(it)?;
            Some((self.graph[from].clone(), self.graph[to].clone()))
        })
        .collect()
    }

    /// The shortest way that cannot be cut.
    pub(super) fn fixed_way(&self, from: &K, to: &K) -> Option<Vec<K>> {
        let (from, to) = (*self.nodes.get(from)?, *self.nodes.get(to)?);
        let mut before: HashMap<NodeIndex, NodeIndex> = HashMap::from([(from, from)]);
        let mut open = std::collections::VecDeque::from([from]);
        while let Some(node) = open.pop_front() {
            if node == to {
                break;
            }
            let edges = self.graph.edges_directed(node, Direction::Outgoing);
            for next in edges
                .filter(|it| *it.weight() == ENDLESS)
                .map(|it| it.target())
            {
                before.entry(next).or_insert_with(|| {
                    open.push_back(next);
                    node
                });
            }
        }
        let mut way = vec![to];
        let mut at = to;
        while at != from {
            at = *before.get(&at)?;
            way.push(at);
        }
        way.reverse();
        let names = way.into_iter().map(|it| self.graph[it].clone());
        Some(names.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    fn network(edges: &[(&'static str, &'static str, u64)]) -> Network<&'static str> {
        let mut network = Network::new();
        for (from, to, cost) in edges {
            match cost {
                0 => network.fix(*from, *to),
                cost => network.offer(*from, *to, *cost),
            }
        }
        network
    }

    #[test]
    fn the_cheapest_cut_is_found() {
        for (edges, cut) in [
            (&[("s", "a", 1), ("a", "t", 1)][..], Some(vec![("a", "t")])),
            (&[("s", "a", 1), ("a", "t", 0)], Some(vec![("s", "a")])),
            (&[("s", "a", 0), ("a", "t", 0)], None),
            (&[("s", "a", 1)], Some(vec![])),
            (
                &[
                    ("s", "a", 1),
                    ("s", "b", 1),
                    ("a", "c", 1),
                    ("b", "c", 1),
                    ("c", "t", 1),
                ],
                Some(vec![("c", "t")]),
            ),
            (
                &[
                    ("s", "a", 2),
                    ("s", "b", 2),
                    ("a", "t", 5),
                    ("b", "t", 1),
                    ("b", "a", 0),
                ],
                Some(vec![("s", "a"), ("s", "b")]),
            ),
            (
                &[("s", "s", 0), ("s", "t", 3), ("t", "s", 0)],
                Some(vec![("s", "t")]),
            ),
        ] {
            let found = network(edges).cut("s", "t");
            assert_eq!(found, cut, "{edges:?}");
        }
    }

    #[test]
    fn the_way_that_cannot_be_cut_is_told() {
        let network = network(&[("s", "a", 1), ("a", "t", 0), ("s", "b", 0), ("b", "a", 0)]);
        assert_eq!(
            network.fixed_way(&"s", &"t"),
            Some(vec!["s", "b", "a", "t"])
        );
        assert_eq!(network.fixed_way(&"t", &"s"), None);
    }
}

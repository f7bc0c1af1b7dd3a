//! The ways from the entry to the target: those that leave the chain least.

use checks::python::eager::{ImportEdge, ImportGraph, distances};

use super::{BOXES, Choice, Emphasis, Line, Role, Shown, about, own_name, title};
use crate::render::imports::Asked;
use crate::render::imports::picture::{package_of, reason};

/// The chain in a column, and beside it the modules whose ways leave it least.
pub(in super::super) fn ways(asked: &Asked, graph: &ImportGraph) -> Choice {
    let nearest = nearest(graph);
    let kept = graph
        .clone()
        .kept(|number| nearest.get(number) == Some(&true));
    let kept = match asked.target {
        Some(target) => kept.between(asked.entry, target),
        None => kept,
    };
    let missing = graph.modules.len() - kept.modules.len();
    let rows = rows(&kept);
    let role = |number: usize, name: &str| match name {
        _ if name == asked.entry => Role::Entry,
        _ if Some(name) == asked.target => Role::Target,
        _ if kept.chain.contains(&number) => Role::Chain,
        _ => Role::Other,
    };
    let shown = kept.modules.iter().zip(&rows).enumerate();
    let shown = shown.map(|(number, (module, row))| Shown {
        package: package_of(module).to_owned(),
        name: own_name(module).to_owned(),
        about: said(&kept, number, asked.target),
        title: about(module),
        row: *row,
        pinned: number == 0 || kept.chain.contains(&number),
        role: role(number, &module.name),
    });
    Choice {
        shown: shown.collect(),
        lines: kept.edges.iter().map(|edge| line(&kept, edge)).collect(),
        note: (missing > 0).then(|| {
            format!(
                "{missing} more modules lie on longer ways and are left out; --dot has them all"
            )
        }),
    }
}

fn line(graph: &ImportGraph, edge: &ImportEdge) -> Line {
    let on_chain = graph.is_step(edge);
    Line {
        from: edge.from,
        to: edge.to,
        title: title(graph, edge),
        label: if on_chain { reason(edge) } else { Vec::new() },
        kind: edge.kind,
        emphasis: match edge.first {
            _ if on_chain => Emphasis::Chain,
            true => Emphasis::First,
            false => Emphasis::Other,
        },
    }
}

/// Where a module imports the target itself.
fn said(graph: &ImportGraph, number: usize, target: Option<&str>) -> String {
    let goal = graph
        .modules
        .iter()
        .position(|it| Some(it.name.as_str()) == target);
    let mut edges = graph.edges.iter();
    let edge = edges.find(|it| it.from == number && Some(it.to) == goal);
    let line = edge.and_then(|it| it.place.as_ref()).map(|it| it.line);
    let what = line.map(|line| format!("{} in line {line}", target.unwrap_or_default()));
    what.unwrap_or_default()
}

fn ends(graph: &ImportGraph) -> Vec<(usize, usize)> {
    graph.edges.iter().map(|it| (it.from, it.to)).collect()
}

/// Which modules have the shortest ways from the chain and on to the target. What leads to one of
/// them has a shorter way, or stands before it.
fn nearest(graph: &ImportGraph) -> Vec<bool> {
    let count = graph.modules.len();
    let ahead = from_chain(graph, |_| 0);
    let back: Vec<_> = ends(graph).iter().map(|(from, to)| (*to, *from)).collect();
    let goal = graph.chain.last().copied().unwrap_or_default();
    let behind = distances(goal, &back, count);
    let far = |distance: Option<&Option<usize>>| distance.copied().flatten().unwrap_or(count);
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|at| {
        let (ahead, behind) = (far(ahead.get(*at)), far(behind.get(*at)));
        (*at != 0 && !graph.chain.contains(at), ahead + behind, ahead)
    });
    let mut chosen = vec![false; count];
    for at in order.into_iter().take(BOXES.max(graph.chain.len())) {
        if let Some(chosen) = chosen.get_mut(at) {
            *chosen = true;
        }
    }
    chosen
}

/// How far from the chain each module is, its members with a start of their own.
fn from_chain(graph: &ImportGraph, start: impl Fn(usize) -> usize) -> Vec<Option<usize>> {
    let (count, ends) = (graph.modules.len(), ends(graph));
    let mut least: Vec<Option<usize>> = vec![None; count];
    for (place, member) in graph.chain.iter().enumerate() {
        for (slot, way) in least.iter_mut().zip(distances(*member, &ends, count)) {
            let new = way.map(|way| way + start(place));
            *slot = match (*slot, new) {
                (Some(old), Some(new)) => Some(old.min(new)),
                (old, new) => old.or(new),
            };
        }
    }
    least
}

/// The rows: the chain in its order, the others as near to the entry as what leads to them, the
/// target last.
fn rows(graph: &ImportGraph) -> Vec<usize> {
    let least = from_chain(graph, |place| place);
    let row = |(number, least): (usize, &Option<usize>)| {
        let place = graph.chain.iter().position(|it| *it == number);
        place.or(*least).unwrap_or_else(|| usize::from(number != 0))
    };
    let mut rows: Vec<usize> = least.iter().enumerate().map(row).collect();
    if let Some(target) = graph.chain.last().filter(|it| **it != 0) {
        let others = rows.iter().enumerate().filter(|(at, _)| at != target);
        let last = others.map(|(_, row)| row + 1).max();
        if let (Some(row), Some(last)) = (rows.get_mut(*target), last) {
            *row = last;
        }
    }
    rows
}

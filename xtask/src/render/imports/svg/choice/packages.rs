//! Everything that is loaded: module by module while there is room, else package by package.

use std::collections::{BTreeMap, HashMap, HashSet};

use checks::python::eager::{ImportGraph, distances};

use super::{BOXES, Choice, Emphasis, Line, Role, Shown, about, own_name, title};
use crate::render::imports::Asked;
use crate::render::imports::picture::package_of;

/// The loaded modules; where they are too many, the largest packages are left closed.
pub(in super::super) fn packages(asked: &Asked, graph: &ImportGraph) -> Choice {
    let groups = Groups::of(graph, asked.entry);
    let mut lines = groups.lines(graph);
    let all = lines.len();
    if all > 2 * groups.list.len() {
        lines = groups.first(graph, lines);
    }
    let notes = [groups.note(graph), left_out(all - lines.len())];
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    let ends: Vec<(usize, usize)> = lines.iter().map(|it| (it.from, it.to)).collect();
    let rows = distances(0, &ends, groups.list.len());
    let shown = groups.list.iter().zip(rows).enumerate();
    let shown = shown.map(|(number, (group, row))| Shown {
        row: row.unwrap_or_else(|| usize::from(number != 0)),
        ..group.shown(graph, number == 0)
    });
    Choice {
        shown: shown.collect(),
        note: (!notes.is_empty()).then(|| notes.join("; ") + "; --dot has them all"),
        lines,
    }
}

fn left_out(lines: usize) -> Option<String> {
    let words = "only the import that loads it first is drawn to each box, and";
    (lines > 0).then(|| format!("{words} {lines} more are left out"))
}

/// Modules that share a box.
struct Group {
    /// What their names begin with; the whole name of a single one.
    name: String,
    members: Vec<usize>,
}

impl Group {
    fn shown(&self, graph: &ImportGraph, is_entry: bool) -> Shown {
        let module = self.members.first().and_then(|it| graph.modules.get(*it));
        let single = module.filter(|_| self.members.len() == 1);
        let (package, name) = match single {
            Some(module) => (package_of(module), own_name(module)),
            None => self.name.rsplit_once('.').unwrap_or(("", &self.name)),
        };
        Shown {
            package: package.to_owned(),
            name: name.to_owned(),
            about: match self.members.len() {
                1 => String::new(),
                count => format!("{count} modules"),
            },
            title: single.map_or_else(|| self.name.clone(), about),
            row: 0,
            pinned: false,
            role: match (is_entry, single) {
                (true, _) => Role::Entry,
                (false, None) => Role::Several,
                (false, Some(_)) => Role::Other,
            },
        }
    }
}

struct Groups {
    /// The entry's first, then in the order in which they are loaded.
    list: Vec<Group>,
    /// The group of each module.
    of: HashMap<usize, usize>,
}

/// The depth of a package that is still open, and the modules in it.
type Open = BTreeMap<String, (usize, Vec<usize>)>;

impl Groups {
    /// The largest package is opened, again and again, while there is room for what is in it.
    fn of(graph: &ImportGraph, entry: &str) -> Self {
        let all: Vec<usize> = (0..graph.modules.len()).collect();
        let is_entry = |at: &usize| graph.modules.get(*at).is_some_and(|it| it.name == entry);
        let (first, others): (Vec<usize>, Vec<usize>) = all.into_iter().partition(is_entry);
        let mut open = split(graph, &others, 1);
        let mut closed: Vec<Group> = Vec::new();
        while let Some(name) = largest(&open) {
            let Some((depth, members)) = open.remove(&name) else {
                break;
            };
            let parts = split(graph, &members, depth + 1);
            let full = 1 + closed.len() + open.len() + parts.len() > BOXES;
            if members.len() == 1 || full {
                closed.push(Group { name, members });
            } else {
                open.extend(parts);
            }
        }
        closed.sort_by_key(|it| it.members.first().copied());
        let first = Group {
            name: entry.to_owned(),
            members: first,
        };
        closed.insert(0, first);
        let of = closed.iter().enumerate();
        let of = of.flat_map(|(number, it)| it.members.iter().map(move |at| (*at, number)));
        Self {
            of: of.collect(),
            list: closed,
        }
    }

    fn lines(&self, graph: &ImportGraph) -> Vec<Line> {
        let mut known: HashMap<(usize, usize), (usize, usize)> = HashMap::new();
        let mut lines: Vec<Line> = Vec::new();
        for edge in &graph.edges {
            let (Some(from), Some(to)) = (self.of.get(&edge.from), self.of.get(&edge.to)) else {
                continue;
            };
            if from == to {
                continue;
            }
            let emphasis = if edge.first {
                Emphasis::First
            } else {
                Emphasis::Other
            };
            let next = (lines.len(), 0);
            let (number, more) = known.entry((*from, *to)).or_insert(next);
            match lines.get_mut(*number) {
                Some(line) => {
                    *more += 1;
                    line.kind = line.kind.min(edge.kind);
                    line.emphasis = line.emphasis.max(emphasis);
                }
                None => lines.push(Line {
                    from: *from,
                    to: *to,
                    title: title(graph, edge),
                    label: Vec::new(),
                    kind: edge.kind,
                    emphasis,
                }),
            }
        }
        for (number, more) in known.into_values().filter(|(_, more)| *more > 0) {
            if let Some(line) = lines.get_mut(number) {
                line.title += &format!("\nand {more} more imports");
            }
        }
        lines
    }

    /// The line to each group by which the first of its modules is loaded.
    fn first(&self, graph: &ImportGraph, lines: Vec<Line>) -> Vec<Line> {
        let loaded = |group: &Group| {
            let first = group.members.first();
            let edge = graph
                .edges
                .iter()
                .find(|it| it.first && Some(&it.to) == first)?;
            Some((*self.of.get(&edge.from)?, *self.of.get(&edge.to)?))
        };
        let wanted: HashSet<(usize, usize)> = self.list.iter().filter_map(loaded).collect();
        let kept = lines
            .into_iter()
            .filter(|it| wanted.contains(&(it.from, it.to)));
        kept.collect()
    }

    fn note(&self, graph: &ImportGraph) -> Option<String> {
        let closed = self.list.iter().filter(|it| it.members.len() > 1);
        let sizes: Vec<usize> = closed.map(|it| it.members.len()).collect();
        let (all, inside, count) = (
            graph.modules.len(),
            sizes.iter().sum::<usize>(),
            sizes.len(),
        );
        let boxes = match count {
            0 => return None,
            1 => "one box".to_owned(),
            count => format!("{count} boxes, a package each"),
        };
        Some(format!("{inside} of {all} modules are drawn as {boxes}"))
    }
}

/// What begins with the same words, this many of them.
fn split(graph: &ImportGraph, members: &[usize], depth: usize) -> Open {
    let mut parts = Open::new();
    for at in members {
        let name = graph.modules.get(*at).map_or("", |it| &it.name);
        let end = name.match_indices('.').nth(depth - 1).map(|it| it.0);
        let start = name.get(..end.unwrap_or(name.len())).unwrap_or(name);
        let part = parts.entry(start.to_owned()).or_insert((depth, Vec::new()));
        part.1.push(*at);
    }
    parts
}

fn largest(open: &Open) -> Option<String> {
    let largest = open.iter().max_by_key(|(_, (_, members))| members.len());
    largest.map(|(name, _)| name.clone())
}

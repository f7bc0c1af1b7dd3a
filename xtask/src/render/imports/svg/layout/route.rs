//! Where the lines run.

use std::collections::HashMap;

use super::{Area, Edge, Grid, RAIL, Row};

/// A point, from the left and from the top.
pub(in super::super) type Point = (f64, f64);

/// Where a line runs.
pub(in super::super) struct Route {
    /// From its box to the other; between two of them it leaves and arrives upright.
    pub(in super::super) points: Vec<Point>,
    /// Whether both boxes are in one row: it hangs below that.
    pub(in super::super) hangs: bool,
}

/// An end of a line: the box, and whether it is its upper edge.
type Side = (usize, bool);

/// Room at the corners of a box.
const CORNER: f64 = 14.0;

/// Where each line runs; `ways` holds the cells of each, from top to bottom.
pub(super) fn routes(
    grid: &Grid<'_>,
    edges: &[Edge],
    ways: &[Vec<usize>],
    boxes: &[Area],
    rows: &[Row],
) -> Vec<Route> {
    let mut plans: Vec<Plan> = Vec::new();
    for (edge, way) in edges.iter().zip(ways) {
        plans.push(Plan::new(grid, *edge, way, boxes));
    }
    let places = places(&plans, boxes);
    let route = |plan: &Plan| {
        let mut points = vec![plan.end(boxes, &places, plan.start)];
        for cell in &plan.crossed {
            let (cell, row) = (&grid.cells[*cell], &rows[grid.cells[*cell].row]);
            let mut ends = [row.top, row.top + row.height];
            if plan.rises {
                ends.reverse();
            }
            points.extend(ends.map(|y| (cell.middle(), y)));
        }
        points.push(plan.end(boxes, &places, plan.goal));
        Route {
            points,
            hangs: plan.hangs,
        }
    };
    plans.iter().map(route).collect()
}

/// What is known of a line before its ends are.
struct Plan {
    pinned: bool,
    rises: bool,
    hangs: bool,
    /// The places where it crosses rows, in its direction.
    crossed: Vec<usize>,
    start: (Side, Onward),
    goal: (Side, Onward),
}

/// Where a line comes from or goes to, as seen from one of its ends: the column of that, and the
/// cell, where it is shared with other lines.
#[derive(Clone, Copy)]
struct Onward {
    x: f64,
    shared: Option<usize>,
}

impl Plan {
    fn new(grid: &Grid<'_>, edge: Edge, way: &[usize], boxes: &[Area]) -> Self {
        let (from, to) = (grid.home[edge.from], grid.home[edge.to]);
        let rises = grid.cells[from].row > grid.cells[to].row;
        let hangs = way.is_empty();
        let inner = way.get(1..way.len().saturating_sub(1));
        let mut crossed = inner.unwrap_or_default().to_vec();
        if rises {
            crossed.reverse();
        }
        let onward = |crossing: Option<&usize>, other: usize| match crossing {
            Some(cell) => Onward {
                x: grid.cells[*cell].middle(),
                shared: Some(*cell),
            },
            None => Onward {
                x: boxes[other].x + boxes[other].width / 2.0,
                shared: None,
            },
        };
        Self {
            pinned: edge.pinned,
            rises,
            hangs,
            start: ((edge.from, rises), onward(crossed.first(), edge.to)),
            goal: (
                (edge.to, !rises && !hangs),
                onward(crossed.last(), edge.from),
            ),
            crossed,
        }
    }

    fn end(&self, boxes: &[Area], places: &Places, (side, onward): (Side, Onward)) -> Point {
        let area = boxes[side.0];
        let y = if side.1 { area.y } else { area.y + area.height };
        if self.pinned {
            return (area.x + RAIL, y);
        }
        let place = places.get(&(side, key(onward)));
        (place.copied().unwrap_or(area.x + area.width / 2.0), y)
    }
}

/// The columns of the ends of lines, by side and where the line leads.
type Places = HashMap<(Side, (u64, Option<usize>)), f64>;

/// Lines that lead the same way share a place.
fn key(onward: Onward) -> (u64, Option<usize>) {
    (onward.x.to_bits(), onward.shared)
}

fn places(plans: &[Plan], boxes: &[Area]) -> Places {
    let mut sides: HashMap<Side, Vec<Onward>> = HashMap::new();
    let mut railed: Vec<Side> = Vec::new();
    for plan in plans {
        for (side, onward) in [plan.start, plan.goal] {
            if plan.pinned {
                railed.push(side);
            } else {
                sides.entry(side).or_default().push(onward);
            }
        }
    }
    let mut places = Places::new();
    for (side, mut onward) in sides {
        onward.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.shared.cmp(&b.shared)));
        onward.dedup_by_key(|it| key(*it));
        let area = boxes[side.0];
        let left = if railed.contains(&side) { RAIL } else { 0.0 } + CORNER;
        let room = (area.width - CORNER - left).max(0.0);
        for (number, it) in onward.iter().enumerate() {
            let part = (number as f64 + 0.5) / onward.len() as f64;
            places.insert((side, key(*it)), area.x + left + room * part);
        }
    }
    places
}

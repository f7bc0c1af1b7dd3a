//! A layered drawing of a graph: where the boxes stand, and where the lines run.
//!
//! Rows from top to bottom; within a row the boxes of a package share a frame. The order is that
//! of the mean of the neighbours (Sugiyama, Tagawa, Toda: Methods for Visual Understanding of
//! Hierarchical System Structures, 1981), and the places are those nearest to the neighbours'
//! that keep the order. A long line has a place of its own in each row that it crosses, shared
//! with others that begin or end at the same box. What is pinned stands at the left edge, so that its lines
//! run straight down; no crate that lays out graphs can be asked for that.

mod route;

use std::collections::HashMap;

pub(super) use route::Route;

/// The height of a box.
pub(super) const HEIGHT: f64 = 38.0;
/// Room within a frame around its boxes.
pub(super) const PADDING: f64 = 10.0;
/// Room above them for its name.
const HEAD: f64 = 20.0;
/// Room between two boxes, and between two frames or lines.
const GAP: f64 = 12.0;
pub(super) const BETWEEN: f64 = 22.0;
/// The width of the place of a line that crosses a row.
const PASS: f64 = 8.0;
/// How far from the left edge of a pinned box its line runs.
pub(super) const RAIL: f64 = 22.0;
/// How often the order and the places are made better.
const ROUNDS: usize = 16;

/// A box to be placed.
pub(super) struct Node {
    /// The row, from 0.
    pub(super) row: usize,
    /// The package whose frame it stands in; empty for none.
    pub(super) package: String,
    /// How wide it is.
    pub(super) width: f64,
    /// How wide its frame is at least.
    pub(super) least: f64,
    /// Whether it stands at the left edge, at most one a row.
    pub(super) pinned: bool,
}

/// A line to be drawn.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Whether it runs straight down from one pinned box to another.
    pub(super) pinned: bool,
}

/// A rectangle: left, top, width, height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A package around its boxes.
pub(super) struct Frame {
    pub(super) package: String,
    pub(super) area: Area,
    /// Whether the line of the pinned boxes runs through it.
    pub(super) pinned: bool,
}

/// The drawing.
pub(super) struct Layout {
    /// The boxes, in the order in which they were given.
    pub(super) boxes: Vec<Area>,
    pub(super) frames: Vec<Frame>,
    /// The lines, in the order in which they were given.
    pub(super) routes: Vec<Route>,
    /// The width and height of it all.
    pub(super) size: (f64, f64),
}

/// Places boxes and the lines between them. `gaps` is the room below each row.
pub(super) fn lay_out(nodes: &[Node], edges: &[Edge], gaps: &[f64]) -> Layout {
    let mut grid = Grid::new(nodes, edges);
    let ways: Vec<Vec<usize>> = edges.iter().map(|edge| grid.way(*edge)).collect();
    grid.arrange();
    let rows = grid.rows(gaps);
    let boxes = grid.boxes(&rows);
    let routes = route::routes(&grid, edges, &ways, &boxes, &rows);
    let right = grid.cells.iter().map(Cell::right).fold(0.0, f64::max);
    let bottom = rows.last().map_or(0.0, |row| row.top + row.height);
    Layout {
        frames: grid.frames(&rows),
        boxes,
        routes,
        size: (right, bottom),
    }
}

/// A frame with its boxes, or the place where a line crosses a row.
struct Cell {
    row: usize,
    package: String,
    /// The boxes, from left to right; none for a crossing.
    members: Vec<usize>,
    width: f64,
    /// Its left edge.
    x: f64,
    pinned: bool,
    /// The cells in the row above, and in the one below, once for each line.
    above: Vec<usize>,
    below: Vec<usize>,
}

impl Cell {
    fn middle(&self) -> f64 {
        self.x + self.width / 2.0
    }

    fn right(&self) -> f64 {
        self.x + self.width
    }
}

/// Where a row begins, and how high its boxes' frames are.
struct Row {
    top: f64,
    height: f64,
    /// Where its boxes begin.
    boxes: f64,
}

struct Grid<'n> {
    nodes: &'n [Node],
    cells: Vec<Cell>,
    /// The cells of each row, from left to right.
    rows: Vec<Vec<usize>>,
    /// The cell of each box, and the cells above and below that lines lead it to.
    home: Vec<usize>,
    near: Vec<Vec<usize>>,
    /// How many lines begin and end at each box.
    degrees: Vec<(usize, usize)>,
    crossings: HashMap<(Hub, usize, bool), usize>,
}

/// The box whose lines share their places in the rows between: where they begin, or end.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Hub {
    From(usize),
    To(usize),
}

impl<'n> Grid<'n> {
    fn new(nodes: &'n [Node], edges: &[Edge]) -> Self {
        let mut grid = Self {
            nodes,
            cells: Vec::new(),
            rows: Vec::new(),
            home: Vec::new(),
            near: vec![Vec::new(); nodes.len()],
            degrees: vec![(0, 0); nodes.len()],
            crossings: HashMap::new(),
        };
        for edge in edges {
            grid.degrees[edge.from].0 += 1;
            grid.degrees[edge.to].1 += 1;
        }
        let mut frames: HashMap<(usize, &str), usize> = HashMap::new();
        for (number, node) in nodes.iter().enumerate() {
            let key = (node.row, node.package.as_str());
            let known = frames.get(&key).filter(|_| !node.package.is_empty());
            let cell = known
                .copied()
                .unwrap_or_else(|| grid.add(node.row, &node.package));
            frames.insert(key, cell);
            let it = &mut grid.cells[cell];
            it.pinned |= node.pinned;
            // The pinned box is the first.
            let place = if node.pinned { 0 } else { it.members.len() };
            it.members.insert(place, number);
            grid.home.push(cell);
        }
        for cell in &mut grid.cells {
            let widths: f64 = cell.members.iter().map(|it| nodes[*it].width).sum();
            let gaps = GAP * (cell.members.len() as f64 - 1.0);
            let least = cell.members.iter().map(|it| nodes[*it].least);
            cell.width = least.fold(widths + gaps + 2.0 * PADDING, f64::max);
        }
        grid
    }

    fn add(&mut self, row: usize, package: &str) -> usize {
        let number = self.cells.len();
        if self.rows.len() <= row {
            self.rows.resize(row + 1, Vec::new());
        }
        self.rows[row].push(number);
        self.cells.push(Cell {
            row,
            package: package.to_owned(),
            members: Vec::new(),
            width: PASS,
            x: 0.0,
            pinned: false,
            above: Vec::new(),
            below: Vec::new(),
        });
        number
    }

    /// The cells that a line runs through, from top to bottom; none within a row.
    fn way(&mut self, edge: Edge) -> Vec<usize> {
        let (from, to) = (self.home[edge.from], self.home[edge.to]);
        let rises = self.cells[from].row > self.cells[to].row;
        let (upper, lower) = if rises { (to, from) } else { (from, to) };
        let (first, last) = (self.cells[upper].row, self.cells[lower].row);
        if first == last {
            return Vec::new();
        }
        let mut way = vec![upper];
        for row in first + 1..last {
            let key = (self.hub(edge), row, rises);
            let known = self.crossings.get(&key).filter(|_| !edge.pinned);
            let cell = known.copied().unwrap_or_else(|| self.add(row, ""));
            if edge.pinned {
                self.cells[cell].pinned = true;
            } else {
                self.crossings.insert(key, cell);
            }
            way.push(cell);
        }
        way.push(lower);
        let ends = if rises {
            (edge.to, edge.from)
        } else {
            (edge.from, edge.to)
        };
        self.near[ends.0].extend(way.get(1));
        self.near[ends.1].extend(way.iter().nth_back(1));
        for pair in way.windows(2) {
            self.cells[pair[0]].below.push(pair[1]);
            self.cells[pair[1]].above.push(pair[0]);
        }
        way
    }

    /// The end of a line at which more lines are.
    fn hub(&self, edge: Edge) -> Hub {
        if self.degrees[edge.from].0 > self.degrees[edge.to].1 {
            Hub::From(edge.from)
        } else {
            Hub::To(edge.to)
        }
    }

    fn arrange(&mut self) {
        (0..self.rows.len()).for_each(|row| self.pack(row));
        let down: Vec<usize> = (0..self.rows.len()).collect();
        let up: Vec<usize> = down.iter().rev().copied().collect();
        for round in 0..ROUNDS {
            let downwards = round % 2 == 0;
            for row in if downwards { &down } else { &up } {
                self.order(*row, downwards);
            }
        }
        for round in 0..ROUNDS {
            for row in if round % 2 == 0 { &down } else { &up } {
                self.settle(*row);
            }
        }
        let left = self
            .cells
            .iter()
            .map(|it| it.x)
            .fold(f64::INFINITY, f64::min);
        if !self.cells.iter().any(|it| it.pinned) {
            self.cells.iter_mut().for_each(|it| it.x -= left);
        }
        self.order_members();
    }

    /// The least places that a row's cells can have.
    fn offsets(&self, row: usize) -> Vec<(usize, f64)> {
        let mut next = 0.0;
        let place = |cell: &usize| {
            let it = &self.cells[*cell];
            // A pinned crossing lies on the line of the pinned boxes.
            let x = if it.pinned && it.members.is_empty() {
                PADDING + RAIL - PASS / 2.0
            } else {
                next
            };
            next = x + it.width + BETWEEN;
            (*cell, x)
        };
        self.rows[row].iter().map(place).collect()
    }

    fn pack(&mut self, row: usize) {
        for (cell, x) in self.offsets(row) {
            self.cells[cell].x = x;
        }
    }

    fn mean(&self, cells: &[usize]) -> Option<f64> {
        let sum: f64 = cells.iter().map(|it| self.cells[*it].middle()).sum();
        (!cells.is_empty()).then(|| sum / cells.len() as f64)
    }

    fn order(&mut self, row: usize, downwards: bool) {
        let mut keyed: Vec<(bool, f64, usize)> = Vec::new();
        for cell in &self.rows[row] {
            let it = &self.cells[*cell];
            let neighbours = if downwards { &it.above } else { &it.below };
            let wish = self.mean(neighbours).unwrap_or_else(|| it.middle());
            keyed.push((!it.pinned, wish, *cell));
        }
        keyed.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        self.rows[row] = keyed.into_iter().map(|it| it.2).collect();
        self.pack(row);
    }

    /// The places nearest to the neighbours' that keep the order: what would overlap becomes one
    /// block, at the mean of what its members want (pool adjacent violators).
    fn settle(&mut self, row: usize) {
        let offsets = self.offsets(row);
        let mut blocks: Vec<(f64, usize)> = Vec::new();
        for (cell, offset) in &offsets {
            let it = &self.cells[*cell];
            let both = [&it.above[..], &it.below[..]].concat();
            let middle = self.mean(&both).unwrap_or_else(|| it.middle());
            let wish = if it.pinned {
                0.0
            } else {
                middle - it.width / 2.0 - offset
            };
            let mut block = (wish.max(0.0), 1);
            while let Some((left, count)) = blocks.pop_if(|(left, _)| *left > block.0) {
                let all = count + block.1;
                let mean = (left * count as f64 + block.0 * block.1 as f64) / all as f64;
                block = (mean, all);
            }
            blocks.push(block);
        }
        let shifts = blocks
            .iter()
            .flat_map(|(shift, count)| std::iter::repeat_n(*shift, *count));
        for ((cell, offset), shift) in offsets.iter().zip(shifts) {
            self.cells[*cell].x = offset + shift;
        }
    }

    /// Within a frame the order is that of the mean of the neighbours, too.
    fn order_members(&mut self) {
        for number in 0..self.cells.len() {
            let key = |node: &usize| {
                let mean = self.mean(&self.near[*node]);
                (!self.nodes[*node].pinned, mean.unwrap_or(f64::MAX))
            };
            let mut keyed: Vec<((bool, f64), usize)> = self.cells[number]
                .members
                .iter()
                .map(|it| (key(it), *it))
                .collect();
            keyed.sort_by(|(a, _), (b, _)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            self.cells[number].members = keyed.into_iter().map(|it| it.1).collect();
        }
    }

    fn rows(&self, gaps: &[f64]) -> Vec<Row> {
        let mut top = 0.0;
        let row = |(row, cells): (usize, &Vec<usize>)| {
            let framed = cells.iter().any(|it| !self.cells[*it].package.is_empty());
            let head = if framed { HEAD } else { 0.0 };
            let foot = if framed { PADDING } else { 0.0 };
            let height = head + HEIGHT + foot;
            let new = Row {
                top,
                height,
                boxes: top + head,
            };
            top += height + gaps.get(row).copied().unwrap_or_default();
            new
        };
        self.rows.iter().enumerate().map(row).collect()
    }

    fn boxes(&self, rows: &[Row]) -> Vec<Area> {
        let nowhere = Area {
            x: 0.0,
            y: 0.0,
            width: 0.0,
            height: HEIGHT,
        };
        let mut boxes = vec![nowhere; self.nodes.len()];
        for cell in &self.cells {
            let mut x = cell.x + PADDING;
            for member in &cell.members {
                let width = self.nodes[*member].width;
                let y = rows[cell.row].boxes;
                boxes[*member] = Area {
                    x,
                    y,
                    width,
                    ..nowhere
                };
                x += width + GAP;
            }
        }
        boxes
    }

    fn frames(&self, rows: &[Row]) -> Vec<Frame> {
        let framed = self.cells.iter().filter(|it| !it.package.is_empty());
        let frame = |cell: &Cell| Frame {
            package: cell.package.clone(),
            area: Area {
                x: cell.x,
                y: rows[cell.row].top,
                width: cell.width,
                height: rows[cell.row].height,
            },
            pinned: cell.pinned,
        };
        framed.map(frame).collect()
    }
}

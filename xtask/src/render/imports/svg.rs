//! Which module loads which, as a picture for a browser.

mod choice;
mod label;
mod layout;
mod style;

use std::fmt::Write;

use checks::python::eager::{ImportGraph, ImportKind};
use console::measure_text_width;

use self::choice::{Choice, Emphasis, Line, Shown};
use self::label::Label;
use self::layout::{Area, Edge, Frame, Layout, Node, RAIL, Route, lay_out};
use self::style::STYLE;
use super::Asked;
use super::picture::title;
use crate::render::one_line;
use crate::render::words::escaped;

/// Room around everything.
const MARGIN: f64 = 24.0;
/// Room for the title and the legend.
const TOP: f64 = 100.0;
/// The width of a character of the names and of the smaller text: a generous measure, as fonts
/// differ.
const CHARACTER: (f64, f64) = (7.6, 6.4);
/// The height of a line of the smaller text.
const LINE: f64 = 14.0;
/// Room between two rows, without what is written beside the chain.
const GAP: f64 = 44.0;
/// A row that would be wider than this is folded.
const WIDEST: f64 = 1500.0;

/// A picture, and what it leaves out.
pub(crate) struct Picture {
    /// The SVG.
    pub(crate) text: String,
    /// What is not shown as it is, as words; nothing if everything is.
    pub(crate) note: Option<String>,
}

/// Draws the ways to the target or, without one, all that the entry loads.
pub(crate) fn picture(asked: &Asked, graph: &ImportGraph) -> Picture {
    let mut choice = match asked.target {
        Some(_) => choice::ways(asked, graph),
        None => choice::packages(asked, graph),
    };
    let labels: Vec<Label> = choice.shown.iter().map(Label::new).collect();
    fold(&mut choice.shown, &labels);
    let layout = laid_out(&choice, &labels);
    let note = choice.note.as_deref().unwrap_or_default();
    let mut text = frame(&title(asked, graph), note, &choice, &layout);
    for frame in &layout.frames {
        text += &framed(frame);
    }
    text += &lines(&choice.lines, &layout);
    for ((shown, label), area) in choice.shown.iter().zip(&labels).zip(&layout.boxes) {
        text += &label.boxed(shown, *area);
    }
    layout.frames.iter().for_each(|it| text += &named(it));
    text += &notes(&choice.lines, &layout);
    Picture {
        text: text + "</g>\n</svg>\n",
        note: choice.note,
    }
}

/// Breaks rows that are too wide into several, each package in one piece where it can be.
fn fold(shown: &mut [Shown], labels: &[Label]) {
    let mut order: Vec<usize> = (0..shown.len()).collect();
    order.sort_by_key(|at| {
        let it = &shown[*at];
        (it.row, !it.pinned, it.package.clone())
    });
    let (mut row, mut last, mut width) = (0, 0, 0.0);
    for at in order {
        let needed = labels[at].width + layout::BETWEEN;
        if shown[at].row != last || width + needed > WIDEST {
            (row, width) = (row + 1, 0.0);
        }
        last = std::mem::replace(&mut shown[at].row, row);
        width += needed;
    }
}

fn laid_out(choice: &Choice, labels: &[Label]) -> Layout {
    // The boxes of the chain are as wide as each other.
    let chain = labels.iter().zip(&choice.shown).filter(|it| it.1.pinned);
    let widest = chain.map(|(label, _)| label.width).fold(0.0, f64::max);
    let node = |(shown, label): (&Shown, &Label)| Node {
        row: shown.row,
        package: shown.package.clone(),
        width: if shown.pinned { widest } else { label.width },
        least: label::framed_width(shown),
        pinned: shown.pinned,
    };
    let nodes: Vec<Node> = choice.shown.iter().zip(labels).map(node).collect();
    let edge = |line: &Line| Edge {
        from: line.from,
        to: line.to,
        pinned: line.emphasis == Emphasis::Chain,
    };
    let edges: Vec<Edge> = choice.lines.iter().map(edge).collect();
    let rows = choice.shown.iter().map(|it| it.row + 1).max().unwrap_or(0);
    let mut gaps = vec![GAP; rows];
    for line in &choice.lines {
        let row = choice.shown.get(line.from).map_or(0, |it| it.row);
        if let Some(gap) = gaps.get_mut(row) {
            *gap = gap.max(GAP + LINE * line.label.len() as f64);
        }
    }
    lay_out(&nodes, &edges, &gaps)
}

fn frame(title: &str, note: &str, choice: &Choice, layout: &Layout) -> String {
    let title = label::cut(title, 150, false);
    let wide = |text: &str, character: f64| measure_text_width(text) as f64 * character;
    let noted = choice
        .lines
        .iter()
        .flat_map(|it| &it.label)
        .map(|it| wide(it, CHARACTER.1));
    let noted = noted.fold(0.0, f64::max) + layout::PADDING + RAIL + 10.0;
    let (legend, signs) = legend(&choice.lines);
    let least = [signs, wide(&title, 9.6), wide(note, CHARACTER.1), noted];
    let width = least.into_iter().fold(layout.size.0, f64::max) + 2.0 * MARGIN;
    let height = layout.size.1 + TOP + MARGIN;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-labelledby=\"title desc\">\n\
         <title id=\"title\">{title}</title>\n<desc id=\"desc\">{}</desc>\n{STYLE}\
         <rect class=\"page\" width=\"100%\" height=\"100%\"/>\n\
         <text class=\"heading\" x=\"{MARGIN}\" y=\"32\">{title}</text>\n{}\
         <text class=\"dim\" x=\"{MARGIN}\" y=\"78\">{}</text>\n\
         <g transform=\"translate({MARGIN} {TOP})\">\n",
        escaped(&described(choice, note)),
        legend,
        escaped(note),
        title = escaped(&title),
    )
}

/// The picture in words: the chain and its places.
fn described(choice: &Choice, note: &str) -> String {
    let count = (choice.shown.len(), choice.lines.len());
    let mut words = vec![format!("{} boxes and {} lines", count.0, count.1)];
    let chain = choice
        .lines
        .iter()
        .filter(|it| it.emphasis == Emphasis::Chain);
    words.extend(chain.map(|it| it.title.replace('\n', ", ")));
    words.extend((!note.is_empty()).then(|| note.to_owned()));
    words.join("; ")
}

/// The signs that are drawn, and how wide they are together.
fn legend(lines: &[Line]) -> (String, f64) {
    let strong = |emphasis| lines.iter().any(|it| it.emphasis == emphasis);
    let of_kind = |kind| lines.iter().any(|it| it.kind == kind);
    let signs = [
        (strong(Emphasis::Chain), "chain", "how it is loaded first"),
        (strong(Emphasis::First), "first", "loads a module first"),
        (strong(Emphasis::Other), "later", "another import"),
        (of_kind(ImportKind::Guarded), "guarded", "may fail"),
        (of_kind(ImportKind::Maybe), "maybe", "may not run"),
    ];
    let drawn = signs.into_iter().filter(|it| it.0);
    let mut x = MARGIN;
    let mut text = String::new();
    for (_, class, words) in drawn {
        let _ = writeln!(
            text,
            "<path class=\"{class}\" d=\"M{x:.1} 54h30\"/><text class=\"dim\" x=\"{:.1}\" \
             y=\"58\">{words}</text>",
            x + 36.0
        );
        x += 60.0 + CHARACTER.1 * words.len() as f64;
    }
    (text, x)
}

fn framed(frame: &Frame) -> String {
    let Area {
        x,
        y,
        width,
        height,
    } = frame.area;
    format!(
        "<rect class=\"frame\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
         height=\"{height:.1}\" rx=\"8\"/>\n"
    )
}

/// The name of a frame, beside the line of the chain that leads into it.
fn named(frame: &Frame) -> String {
    let left = if frame.pinned {
        layout::PADDING + RAIL
    } else {
        0.0
    } + layout::PADDING;
    format!(
        "<text class=\"package\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\n",
        frame.area.x + left,
        frame.area.y + 14.0,
        escaped(&label::package(&frame.package))
    )
}

/// The emphasised ones are drawn last, above the others.
fn lines(lines: &[Line], layout: &Layout) -> String {
    let mut drawn: Vec<(&Line, &Route)> = lines.iter().zip(&layout.routes).collect();
    drawn.sort_by_key(|(line, _)| line.emphasis);
    let mut text = String::new();
    for (line, route) in drawn {
        let emphasis = match line.emphasis {
            Emphasis::Chain => "chain",
            Emphasis::First => "first",
            Emphasis::Other => "later",
        };
        let kind = match line.kind {
            ImportKind::Sure => "",
            ImportKind::Guarded => " guarded",
            ImportKind::Maybe => " maybe",
        };
        let _ = writeln!(
            text,
            "<g><title>{}</title><path class=\"{emphasis}{kind}\" d=\"{}\"/>{}</g>",
            escaped(&line.title),
            curve(route),
            head(route, emphasis)
        );
    }
    text
}

/// A curve that leaves and arrives upright.
fn curve(route: &Route) -> String {
    let mut text = String::new();
    for pair in route.points.windows(2) {
        let [(x, y), (to_x, to_y)] = *pair else {
            continue;
        };
        if text.is_empty() {
            let _ = write!(text, "M{x:.1} {y:.1}");
        }
        if x == to_x {
            let _ = write!(text, "V{to_y:.1}");
            continue;
        }
        let (out, back) = match route.hangs {
            true => (y + HANG, to_y + HANG),
            false => (y + (to_y - y) / 2.0, y + (to_y - y) / 2.0),
        };
        let _ = write!(
            text,
            "C{x:.1} {out:.1} {to_x:.1} {back:.1} {to_x:.1} {to_y:.1}"
        );
    }
    text
}

/// How far a line within a row hangs below its boxes.
const HANG: f64 = 40.0;

fn head(route: &Route, class: &str) -> String {
    let [.., before, (x, y)] = *route.points else {
        return String::new();
    };
    let rises = route.hangs || before.1 > y;
    let side = if rises { 8 } else { -8 };
    format!("<path class=\"head {class}\" d=\"M{x:.1} {y:.1}l-4 {side}h8z\"/>")
}

/// What is written beside the lines of the chain.
fn notes(lines: &[Line], layout: &Layout) -> String {
    let mut text = String::new();
    for (line, route) in lines.iter().zip(&layout.routes) {
        let Some((x, y)) = route.points.first() else {
            continue;
        };
        let mut y = y + layout::PADDING + LINE;
        for words in &line.label {
            let _ = writeln!(
                text,
                "<text class=\"note\" x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
                x + 10.0,
                escaped(&one_line(words))
            );
            y += LINE;
        }
    }
    text
}

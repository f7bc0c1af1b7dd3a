//! The picture of a history for a browser.

use std::fmt::Write;

use tasks::report::State;

use super::{now, short, turning_points};
use crate::history::{History, Row};
use crate::render::words::escaped;

/// The width of the field of commits.
const FIELD: f64 = 900.0;
/// Where the field begins: room for the ids.
const LEFT: f64 = 110.0;
/// Where the first row begins.
const TOP: f64 = 64.0;
/// The height of a row.
const ROW: f64 = 22.0;
/// Room for the state now.
const RIGHT: f64 = 280.0;

/// One rectangle a run of commits with the same state. A pass is high, a fail low: the picture
/// can be read without colour.
pub(crate) fn text(history: &History) -> String {
    let height = TOP + ROW * history.rows.len() as f64 + 40.0;
    let width = LEFT + FIELD + RIGHT;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"8\" y=\"22\" font-size=\"16\">{}: {}</text>\n<text x=\"8\" y=\"42\">{}</text>\n",
        escaped(&history.milestone),
        escaped(&history.title),
        escaped(&super::about(history)),
    );
    let shown: Vec<usize> = (0..history.commits.len())
        .filter(|place| history.commits[*place].shown)
        .collect();
    let step = FIELD / shown.len().max(1) as f64;
    for (index, row) in history.rows.iter().enumerate() {
        let top = TOP + ROW * index as f64;
        svg += &row_text(history, row, &shown, top, step);
    }
    svg += &turns(history, &shown, height, step);
    svg + &legend(height) + "</svg>\n"
}

fn row_text(history: &History, row: &Row, shown: &[usize], top: f64, step: f64) -> String {
    let middle = top + ROW * 0.65;
    let mut svg = format!(
        "<text x=\"8\" y=\"{middle:.1}\">{}<title>{}</title></text>\n",
        escaped(&row.id),
        escaped(&row.text)
    );
    let mut start = 0;
    for run in &row.runs {
        let (colour, part) = look(run.state);
        let high = (ROW - 4.0) * part;
        let commit = |place: usize| {
            let commit = shown.get(place).map(|place| &history.commits[*place]);
            commit.map(|c| format!("{} {}", short(&c.id.to_string()), c.date()))
        };
        let (first, last) = (commit(start), commit(start + run.commits - 1));
        let _ = writeln!(
            svg,
            "<rect x=\"{:.2}\" y=\"{:.1}\" width=\"{:.2}\" height=\"{high:.1}\" fill=\"{colour}\">\
             <title>{} {}: {} to {}</title></rect>",
            LEFT + step * start as f64,
            top + ROW - 2.0 - high,
            (step * run.commits as f64).max(0.5),
            escaped(&row.id),
            run.state.word(),
            first.unwrap_or_default(),
            last.unwrap_or_default(),
        );
        start += run.commits;
    }
    let x = LEFT + FIELD + 8.0;
    let now = escaped(&now(history, row));
    svg + &format!("<text x=\"{x}\" y=\"{middle:.1}\">{now}</text>\n")
}

/// A thin line at each commit that turned something, with its subject.
fn turns(history: &History, shown: &[usize], height: f64, step: f64) -> String {
    let mut svg = String::new();
    for (commit, turns) in turning_points(history) {
        let place = shown
            .iter()
            .position(|place| history.commits[*place].id == commit.id);
        let x = LEFT + step * place.unwrap_or(0) as f64;
        let turns = turns
            .iter()
            .map(|(what, ids)| format!("{}: {}", what.words(), ids.join(", ")));
        let turns: Vec<String> = turns.collect();
        let _ = writeln!(
            svg,
            "<line x1=\"{x:.2}\" x2=\"{x:.2}\" y1=\"{TOP}\" y2=\"{:.1}\" stroke=\"#555555\" \
             stroke-width=\"0.5\"><title>{} {} {}: {}</title></line>",
            height - 34.0,
            short(&commit.id.to_string()),
            commit.date(),
            escaped(&commit.subject),
            escaped(&turns.join("; ")),
        );
    }
    svg
}

fn legend(height: f64) -> String {
    let states = [State::Pass, State::Fail, State::Undecided];
    let sign = |(index, state): (usize, &State)| {
        let (colour, part) = look(*state);
        let (x, high) = (LEFT + 110.0 * index as f64, 14.0 * part);
        format!(
            "<rect x=\"{x}\" y=\"{:.1}\" width=\"14\" height=\"{high:.1}\" fill=\"{colour}\"/>\
             <text x=\"{}\" y=\"{:.1}\">{}</text>\n",
            height - 10.0 - high,
            x + 20.0,
            height - 11.0,
            state.word()
        )
    };
    states.iter().enumerate().map(sign).collect()
}

/// The colour of a state, and which part of the row it fills.
fn look(state: State) -> (&'static str, f64) {
    match state {
        State::Pass => ("#2e8540", 1.0),
        State::Fail => ("#c62828", 0.3),
        _ => ("#b0b0b0", 0.6),
    }
}

//! What `history` prints: one row a criterion, one column a commit or a bucket of commits, and
//! the commits at which something turned.

pub(crate) mod svg;

use std::collections::BTreeMap;

use console::style;
use tasks::report::State;

use super::words::{colour, printable, short, width, wrapped};
use crate::history::{History, LineCommit, Row, Turn, Turning};

/// The narrowest picture that says something.
const NARROWEST: usize = 10;

/// The picture, and the turning points.
pub(crate) fn text(history: &History) -> String {
    let mut text = heading(history);
    if history.shown().next().is_none() {
        return text + &wrapped("no commit is in this range", 0);
    }
    text += &picture(history);
    text += &format!("\n{}\n", style("Turning points").bold());
    for (commit, turns) in turning_points(history) {
        let about = format!(
            "{}  {}  {}",
            short(&commit.id.to_string()),
            commit.date(),
            commit.subject
        );
        text += &wrapped(&about, 2);
        for (what, ids) in turns {
            text += &wrapped(&format!("{}: {}", what.words(), ids.join(", ")), 4);
        }
    }
    text + &ending(history)
}

/// The same as a table and a list.
pub(crate) fn markdown(history: &History) -> String {
    let mut text = format!(
        "# {}: {}\n\n{}\n\n| box | state | since |\n| --- | --- | --- |\n",
        history.milestone,
        printable(&history.title),
        about(history)
    );
    for row in &history.rows {
        let state = state_now(history, row);
        text += &format!("| {} | {state} | {} |\n", row.id, since(history, row));
    }
    text += "\n## Turning points\n\n";
    for (commit, turns) in turning_points(history) {
        let subject = printable(&commit.subject);
        let turns = turns
            .iter()
            .map(|(what, ids)| format!("{}: {}", what.words(), ids.join(", ")));
        let turns: Vec<String> = turns.collect();
        text += &format!(
            "- `{}` {} `{}`: {}\n",
            short(&commit.id.to_string()),
            commit.date(),
            subject.replace('`', "'"),
            turns.join("; ")
        );
    }
    text
}

/// What a commit turned: the ids, by what happened to them.
type Turns<'h> = BTreeMap<Turning, Vec<&'h str>>;

/// The commits at which something turned, in their order.
fn turning_points(history: &History) -> Vec<(&LineCommit, Turns<'_>)> {
    let mut points: BTreeMap<usize, Turns<'_>> = BTreeMap::new();
    for row in &history.rows {
        for turn in &row.turns {
            let turns = points.entry(turn.place).or_default();
            turns.entry(turn.what).or_default().push(&row.id);
        }
    }
    let points = points.into_iter();
    points
        .map(|(place, turns)| (&history.commits[place], turns))
        .collect()
}

fn heading(history: &History) -> String {
    format!(
        "{}  {}  {}\n",
        style(history.milestone.to_uppercase()).bold(),
        style(printable(&history.title)).bold(),
        style(about(history)).dim()
    )
}

/// How many commits, which ones.
fn about(history: &History) -> String {
    let count = history.shown().count();
    let which = if history.first_parents {
        " along first parents"
    } else {
        ""
    };
    let commits = if count == 1 { "commit" } else { "commits" };
    format!("{count} {commits} of {}{which}", printable(&history.range))
}

fn picture(history: &History) -> String {
    let longest = |texts: &mut dyn Iterator<Item = String>| {
        texts.map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let ids = longest(&mut history.rows.iter().map(|row| row.id.clone()));
    let room = |details: fn(&History, &Row) -> String| {
        let details = longest(&mut history.rows.iter().map(|row| details(history, row)));
        width().saturating_sub(ids + details + 6)
    };
    // On a narrow terminal the turning points alone tell since when.
    let (details, room): (fn(&History, &Row) -> String, usize) = match room(now) {
        wide if wide >= NARROWEST => (now, wide),
        _ => (state_now, room(state_now).max(NARROWEST)),
    };
    let columns = room.min(history.shown().count());
    let mut text = axis(history, ids, columns);
    for row in &history.rows {
        let now_style = row.last().map(colour).unwrap_or_default();
        text += &format!(
            "  {:<ids$}  {}  {}\n",
            row.id,
            cells(row, columns),
            now_style.apply_to(details(history, row))
        );
    }
    text + &wrapped("█ pass  · fail  ? undecided  ▒ several of them", 2)
}

/// The days of the first and the last commit above the picture.
fn axis(history: &History, ids: usize, columns: usize) -> String {
    let mut shown = history.shown();
    let first = shown.next().map_or("", LineCommit::date);
    let last = shown.next_back().map_or("", LineCommit::date);
    let between = columns.saturating_sub(first.len() + last.len()).max(1);
    let days = format!("  {:ids$}  {first}{:between$}{last}", "", "");
    format!("{}\n", style(days.trim_end()).dim())
}

/// The state now, and since when.
fn now(history: &History, row: &Row) -> String {
    format!("{} {}", state_now(history, row), since(history, row))
}

fn state_now(_: &History, row: &Row) -> String {
    row.last().map_or("unknown", State::word).to_owned()
}

fn since(history: &History, row: &Row) -> String {
    let turn: Option<&Turn> = row.since.and_then(|place| row.turns.get(place));
    match turn {
        Some(turn) => {
            let date = history.commits[turn.place].date();
            format!("since {} {date}", short(&turn.commit))
        }
        None if history.is_whole() => "from the start".to_owned(),
        None => "since before these".to_owned(),
    }
}

/// A row of the picture.
fn cells(row: &Row, columns: usize) -> String {
    let states = row
        .runs
        .iter()
        .flat_map(|run| std::iter::repeat_n(run.state, run.commits));
    let states: Vec<State> = states.collect();
    let cell = |column: usize| {
        let start = column * states.len() / columns;
        let end = ((column + 1) * states.len() / columns).max(start + 1);
        let bucket = states.get(start..end).unwrap_or_default();
        let last = bucket.last().copied().unwrap_or(State::Undecided);
        let sign = match last {
            _ if bucket.iter().any(|state| *state != last) => '▒',
            State::Pass => '█',
            State::Fail => '·',
            _ => '?',
        };
        colour(last).apply_to(sign).to_string()
    };
    (0..columns).map(cell).collect()
}

/// What was not looked at.
fn ending(history: &History) -> String {
    let mut text = String::new();
    if history.shallow {
        text += &wrapped(
            "warning: the clone is shallow: what came before is not here",
            0,
        );
    }
    let partly = history.rows.iter().filter(|row| !row.not_asked.is_empty());
    let partly: Vec<String> = partly
        .map(|row| format!("{} ({})", row.id, row.not_asked.join(", ")))
        .collect();
    if !partly.is_empty() {
        text += &wrapped(
            &format!(
                "in part only, without what needs programs: {}",
                partly.join(", ")
            ),
            0,
        );
    }
    if !history.not_judged.is_empty() {
        text += &wrapped(
            &format!(
                "not judged, as files alone do not decide them: {}",
                history.not_judged.join(", ")
            ),
            0,
        );
    }
    text
}

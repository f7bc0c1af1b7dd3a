//! `history`: since which commit each criterion holds, where it broke and where it came back.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::{Common, Format, HistoryOptions};
use crate::failure::Failure;
use crate::history::{History, Line, Progress, Range};
use crate::session::Session;
use crate::{output, render, written};

pub(super) fn run(
    common: &Common,
    milestone: Option<&str>,
    options: &HistoryOptions,
) -> Result<u8, Failure> {
    let typed = options.range.as_deref();
    let range = Range::parse(typed)?;
    let session = Session::of_objects(common, milestone, &range.last)?;
    let line = Line::read(&session.repository, &range, !options.all)?;
    let history = History::of(&session, line, typed, &mut Bar::default())?;
    if let Some(file) = &options.svg {
        written::picture(file, &render::history::svg::text(&history))?;
    }
    let text = match common.format().unwrap_or(Format::Terminal) {
        Format::Markdown => render::history::markdown(&history),
        Format::Json => super::json(&history)?,
        _ => render::history::text(&history),
    };
    output::print(&text)?;
    Ok(0)
}

/// A bar at the terminal, shown once the work takes long enough to wonder about.
struct Bar {
    start: Instant,
    bar: Option<ProgressBar>,
}

/// How long nobody wonders.
const PATIENCE: Duration = Duration::from_secs(1);

impl Default for Bar {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            bar: None,
        }
    }
}

impl Progress for Bar {
    fn answered(&mut self, done: usize, all: usize) {
        if self.start.elapsed() < PATIENCE || !stderr().is_terminal() {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{wide_bar} {percent}% {eta}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(all as u64).with_style(style)
        });
        bar.set_position(done as u64);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

//! What a person sees while programs run, on the error stream: that nobody reads it must not
//! change a verdict.
//!
//! Alone on the stage a program's output is shown as it comes. Programs that share it are shown
//! one after the other, each whole, as they end. A terminal gets a line for each program that
//! runs, with how long it has been running; what it has printed of its last line stands there too,
//! as long as that line is not complete.

mod screen;

use std::fs::File;
use std::io::{IsTerminal, Read, Write, stderr};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::process::{Finished, has_room};
use crate::render::{LiveOutput, printable};

/// Where programs are shown.
#[derive(Debug)]
pub(crate) struct Stage {
    bars: MultiProgress,
    is_shared: bool,
    turn: Mutex<()>,
}

/// How much of what a program prints is shown while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// Everything, under a heading.
    Output,
    /// The heading alone.
    Heading,
}

/// How often a line about a program moves.
const TICK: Duration = Duration::from_millis(100);

/// How many bytes of a line are waited for before it is shown broken, where it cannot grow on the
/// screen.
const LONGEST: usize = 4096;

impl Default for Stage {
    fn default() -> Self {
        Self {
            bars: screen::lines(is_lively()),
            is_shared: false,
            turn: Mutex::default(),
        }
    }
}

impl Stage {
    /// For programs that run side by side.
    pub(crate) fn shared() -> Self {
        Self {
            is_shared: true,
            ..Self::default()
        }
    }

    /// Shows what `run` does with a program called `title`.
    pub(crate) fn show<T, E>(
        &self,
        title: &str,
        show: Show,
        run: impl FnOnce(&mut dyn FnMut(&[u8])) -> Result<(Finished, T), E>,
    ) -> Result<(Finished, T), E> {
        let title = printable(title.trim_matches('`'));
        let bar = is_lively().then(|| self.bar(&title));
        let mut output = Output {
            stage: self,
            title: &title,
            bar: bar.as_ref(),
            live: LiveOutput::default(),
            begun: String::new(),
            last: '\n',
        };
        if !self.is_shared {
            output.write_heading();
        }
        let is_live = show == Show::Output && !self.is_shared;
        let ran = run(&mut |bytes| {
            if is_live {
                output.take(bytes);
            }
        });
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_shared {
            output.write_heading();
            if let (Show::Output, Ok((finished, _))) = (show, &ran) {
                output.take_whole(finished);
            }
        }
        output.finish();
        if let Some(bar) = bar {
            bar.finish_and_clear();
            self.bars.remove(&bar);
        }
        ran
    }

    fn bar(&self, title: &str) -> ProgressBar {
        let style = ProgressStyle::with_template("{spinner} {elapsed} {msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::new_spinner().with_style(style);
        // Only among the others does it know where to draw itself.
        let bar = self.bars.add(bar.with_message(fitting(title)));
        bar.enable_steady_tick(TICK);
        bar
    }
}

/// What one program prints, on its way to the screen.
struct Output<'a> {
    stage: &'a Stage,
    title: &'a str,
    bar: Option<&'a ProgressBar>,
    live: LiveOutput,
    /// The line that is not complete, where it is held back.
    begun: String,
    /// The last character that was written.
    last: char,
}

impl Output<'_> {
    fn write_heading(&mut self) {
        let heading = console::style(format!("── {}", self.title)).bold();
        let heading = heading.force_styling(stderr().is_terminal());
        self.write(&format!("{heading}\n"));
    }

    fn take(&mut self, bytes: &[u8]) {
        let text = self.live.next(bytes);
        let Some(bar) = self.bar else {
            return self.write(&text);
        };
        self.begun += &text;
        let complete = match self.begun.rfind('\n') {
            Some(end) => end + 1,
            None if self.begun.len() > LONGEST => self.begun.len(),
            None => 0,
        };
        if complete > 0 {
            let lines: String = self.begun.drain(..complete).collect();
            self.write_lines(&lines);
        }
        bar.set_message(match self.begun.trim() {
            "" => fitting(self.title),
            begun => fitting(begun),
        });
    }

    /// What the log of a program holds that has ended; its last lines, if there is no log.
    fn take_whole(&mut self, finished: &Finished) {
        let logged = finished
            .log
            .as_deref()
            .is_some_and(|log| self.take_file(log));
        if !logged {
            self.take(finished.tail.as_bytes());
        }
    }

    /// Whether there is such a file.
    fn take_file(&mut self, log: &Path) -> bool {
        let Ok(mut file) = File::open(log) else {
            return false;
        };
        let mut chunk = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = file.read(&mut chunk) {
            self.take(chunk.get(..length).unwrap_or_default());
        }
        true
    }

    fn finish(&mut self) {
        let begun = std::mem::take(&mut self.begun);
        if !begun.is_empty() {
            self.write_lines(&begun);
        } else if self.last != '\n' {
            self.write("\n");
        }
    }

    /// Nothing that is not complete may stand where the lines about programs are drawn.
    fn write_lines(&mut self, text: &str) {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        self.write(&format!("{text}{end}"));
    }

    fn write(&mut self, text: &str) {
        self.last = text.chars().next_back().unwrap_or(self.last);
        self.stage.bars.suspend(|| {
            let _ = stderr().write_all(text.as_bytes());
        });
    }
}

/// What fits into the line about a program, beside the spinner and the time.
fn fitting(text: &str) -> String {
    const ROOM: usize = 16;
    let (_, columns) = console::Term::stderr().size();
    let width = usize::from(columns).saturating_sub(ROOM);
    console::truncate_str(text, width, "…").into_owned()
}

/// Whether the error stream is a terminal on which a line can move, and there is room for what
/// moves it.
fn is_lively() -> bool {
    let can_move = || std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    stderr().is_terminal() && can_move() && has_room()
}

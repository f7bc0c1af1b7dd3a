//! The terminal that lines about programs are drawn on.

use std::io;

use console::Term;
use indicatif::{MultiProgress, ProgressDrawTarget, TermLike};

/// How often a second lines are drawn, at most.
const RATE: u8 = 20;

/// The error stream's terminal, with the cursor at the start of the last line between two drawings.
///
/// indicatif leaves it behind the last column, where the `^C` that a terminal adds begins another
/// line: then one line fewer was cleared than had been drawn.
#[derive(Debug)]
struct Screen(Term);

/// Lines that move on the error stream; nowhere, if that is no terminal on which they can.
pub(super) fn lines(is_lively: bool) -> MultiProgress {
    MultiProgress::with_draw_target(if is_lively {
        let screen = Screen(Term::buffered_stderr());
        ProgressDrawTarget::term_like_with_hz(Box::new(screen), RATE)
    } else {
        ProgressDrawTarget::hidden()
    })
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        TermLike::width(&self.0)
    }

    fn height(&self) -> u16 {
        TermLike::height(&self.0)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_left(n)
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.0.write_line(line)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.write_str("\r")?;
        self.0.flush()
    }
}

//! A program's output as it comes, without what a terminal would obey.
//!
//! The sequences are those of ECMA-48 (5.3, 5.4, 5.6): programs under test have no terminal of
//! their own, so colours are no loss, and nothing that a plan, a file's name or a server sends
//! can move the cursor, set a title or hide a line.

use std::str::Utf8Error;

use super::words::push_printable;

/// Makes a stream of bytes harmless; a sequence may be split between two pieces.
#[derive(Debug, Default)]
pub(crate) struct LiveOutput {
    state: State,
    /// The start of a character that is not complete.
    begun: Vec<u8>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// Behind a carriage return, which alone begins a new line here.
    Return,
    /// Behind an escape character.
    Escape,
    /// In a control sequence, up to its final byte.
    Sequence,
    /// In a control string, up to its end.
    Words,
    /// In a control string, behind an escape character that may begin its end.
    WordsEscape,
}

impl LiveOutput {
    /// What of the next bytes is shown.
    pub(crate) fn next(&mut self, bytes: &[u8]) -> String {
        self.begun.extend_from_slice(bytes);
        let all = std::mem::take(&mut self.begun);
        let complete = all.len() - unfinished(&all);
        let (text, rest) = all.split_at(complete);
        self.begun = rest.to_vec();
        let mut shown = String::new();
        let text = String::from_utf8_lossy(text);
        let mut rest = text.chars();
        loop {
            // A gigabyte of text must not take long.
            if matches!(self.state, State::Text) {
                let (plain, others) = split_at_first(rest.as_str(), |byte| !is_plain(byte));
                shown.push_str(plain);
                let (_, others) = split_at_first(others, |byte| !is_dropped(byte));
                rest = others.chars();
            }
            match rest.next() {
                Some(c) => self.take(c, &mut shown),
                None => return shown,
            }
        }
    }

    fn take(&mut self, c: char, shown: &mut String) {
        self.state = match (self.state, c) {
            (State::Return, '\n') => {
                shown.push('\n');
                State::Text
            }
            (State::Return, _) => {
                shown.push('\n');
                self.state = State::Text;
                return self.take(c, shown);
            }
            (State::Text, '\r') => State::Return,
            (State::Text, '\u{1b}') => State::Escape,
            (State::Text, c) => {
                if !c.is_control() || matches!(c, '\n' | '\t') {
                    push_printable(c, shown);
                }
                State::Text
            }
            (State::Escape, '[') => State::Sequence,
            (State::Escape, ']' | 'P' | 'X' | '^' | '_') => State::Words,
            // Intermediate bytes are followed by a final one.
            (State::Escape, ' '..='/') => State::Escape,
            (State::Escape | State::WordsEscape, '\u{1b}') => State::Escape,
            (State::Escape, _) => State::Text,
            (State::Sequence, '\u{40}'..='\u{7e}' | '\n') => State::Text,
            (State::Sequence, _) => State::Sequence,
            (State::Words, '\u{7}' | '\u{9c}' | '\n') => State::Text,
            (State::Words, '\u{1b}') => State::WordsEscape,
            (State::Words, _) => State::Words,
            (State::WordsEscape, _) => State::Text,
        };
    }
}

/// The text before the first byte that is meant, which is one of ASCII or begins a character, and
/// the rest.
fn split_at_first(text: &str, is_meant: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(is_meant);
    text.split_at(end.unwrap_or(text.len()))
}

/// What is shown as it is.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\t')
}

/// What is not shown at all, and changes nothing.
fn is_dropped(byte: u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\n' | b'\t' | b'\r' | b'\x1b')
}

/// How many bytes at the end begin a character that is not complete.
fn unfinished(bytes: &[u8]) -> usize {
    let begins = |length: &usize| {
        let end = bytes.len().checked_sub(*length);
        let end = end.and_then(|start| bytes.get(start..)).unwrap_or_default();
        let is_begun = |error: Utf8Error| error.valid_up_to() == 0 && error.error_len().is_none();
        std::str::from_utf8(end).is_err_and(is_begun)
    };
    // A whole one has at most four.
    (1..4).find(begins).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_not_shown() {
        for (written, expected) in [
            ("plain\n\ttext é\n", "plain\n\ttext é\n"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("10%\r20%\r\ndone", "10%\n20%\ndone"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;http://x\u{1b}\\link", "link"),
            ("\u{1b}(Bx\u{1b}cy\u{7}\u{8}", "xy"),
            ("\u{9b}2J", "2J"),
            ("\u{202e}x", "\\u{202e}x"),
        ] {
            assert_eq!(
                LiveOutput::default().next(written.as_bytes()),
                expected,
                "{written:?}"
            );
            let mut live = LiveOutput::default();
            let bytes = written.as_bytes();
            let pieces: String = bytes.iter().map(|byte| live.next(&[*byte])).collect();
            assert_eq!(pieces, expected, "{written:?} in pieces");
        }
        let mut live = LiveOutput::default();
        assert_eq!(live.next(b"caf\xe9\xff ok"), "caf\u{fffd}\u{fffd} ok");
        let invalid = vec![0xff; 1 << 20];
        let shown = LiveOutput::default().next(&invalid);
        assert_eq!(shown.chars().count(), invalid.len());
        assert!(shown.chars().all(|c| c == '\u{fffd}'));
    }
}

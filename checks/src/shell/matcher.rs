//! Which lines grep selects, and which part of them.

use regex::{Regex, RegexBuilder};

use super::pattern::{Doubt, Syntax, Translated, translate};
use super::{NeedsShell, Stop};

/// Compiled patterns may not be larger. In bytes.
const SIZE_LIMIT: usize = 1024 * 1024;

/// Parts of longer lines are not looked for where the longest match is asked for. In bytes.
const LINE_LIMIT: usize = 2000;

/// Letters of which grep and Unicode do not agree that `i`, `s` or `k` is their other case.
const ODD_CASE: [char; 4] = ['ı', 'İ', 'ſ', '\u{212a}'];

/// Says which lines a pattern selects, `-v` left aside.
#[derive(Debug, Clone)]
pub(super) struct Matcher {
    /// The whole pattern; group 1 is what counts as its match.
    regex: Regex,
    /// The pattern between the ends of a text.
    whole: Regex,
    doubt: Doubt,
    ignore_case: bool,
    /// Whether the first match is also the longest: no search for a longer one.
    fixed: bool,
    /// Whether the part of a line that it matches is known exactly.
    parts_known: bool,
}

/// How a pattern is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mode {
    pub(super) syntax: Syntax,
    pub(super) ignore_case: bool,
    pub(super) words: bool,
    pub(super) lines: bool,
}

impl Matcher {
    /// # Errors
    ///
    /// The pattern is not valid, or GNU grep's meaning of it cannot be expressed.
    pub(super) fn new(patterns: &str, mode: Mode) -> Result<Self, NeedsShell> {
        let made = translate(patterns, mode.syntax, mode.ignore_case)?;
        let Translated { regex, looks, .. } = &made;
        let words = mode.words && !mode.lines;
        let whole = compiled(patterns, &format!("^(?:{regex})$"))?;
        if words && (made.looks_at_words || whole.is_match("")) {
            let why = "`-w` with a pattern that looks at words or matches nothing at all";
            return Err(NeedsShell::because(patterns, why));
        }
        let applied = if mode.lines {
            format!("^({regex})$")
        } else if words {
            format!(r"(?:^|[^_0-9\p{{L}}])({regex})(?:[^_0-9\p{{L}}]|$)")
        } else {
            format!("({regex})")
        };
        let doubt = if words {
            made.doubt.max(Doubt::OddLetters)
        } else {
            made.doubt
        };
        let fixed = mode.lines || !made.stretches;
        Ok(Self {
            regex: compiled(patterns, &applied)?,
            whole,
            doubt,
            ignore_case: mode.ignore_case,
            fixed,
            parts_known: !mode.words && (fixed || !looks),
        })
    }

    /// Whether the pattern is found in this line.
    pub(super) fn is_match(&self, line: &str) -> Result<bool, Stop> {
        if !line.is_ascii() {
            self.doubt(line)?;
        }
        Ok(self.regex.is_match(line))
    }

    /// Where the pattern is first found, to show it; not always the longest match.
    pub(super) fn span(&self, line: &str) -> Option<(usize, usize)> {
        let found = self.regex.captures(line)?.get(1)?;
        Some((found.start(), found.end()))
    }

    /// Whether [`parts`](Self::parts) is what grep prints.
    pub(super) fn parts_known(&self) -> bool {
        self.parts_known
    }

    /// The parts that `-o` prints: leftmost, then longest, never empty.
    pub(super) fn parts<'a>(&self, line: &'a str) -> Result<Vec<&'a str>, Stop> {
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(found) = self.regex.find_at(line, at) {
            let start = found.start();
            let end = if self.fixed || !self.parts_known {
                found.end()
            } else {
                self.longest(line, start)?
            };
            if end > start {
                parts.extend(line.get(start..end));
                at = end;
            } else {
                at = next_character(line, start);
            }
            if at > line.len() {
                break;
            }
        }
        Ok(parts)
    }

    /// The pattern in the syntax of the crate `regex`.
    pub(super) fn as_regex(&self) -> &str {
        self.regex.as_str()
    }

    fn longest(&self, line: &str, start: usize) -> Result<usize, Stop> {
        if line.len() > LINE_LIMIT {
            let why = "a line is too long to look for the longest match in it";
            return Err(Stop::Unknown(why.to_owned()));
        }
        let mut ends = (start..=line.len()).rev();
        let is_end = |end: &usize| {
            line.get(start..*end)
                .is_some_and(|part| self.whole.is_match(part))
        };
        Ok(ends.find(is_end).unwrap_or(start))
    }

    fn doubt(&self, line: &str) -> Result<(), Stop> {
        let odd_case = |c: &char| self.ignore_case && ODD_CASE.contains(c);
        match line
            .chars()
            .find(|c| self.doubt.is_raised(*c) || odd_case(c))
        {
            None => Ok(()),
            Some(c) => Err(Stop::Unknown(format!(
                "what the pattern makes of `{c}` depends on the system's C library"
            ))),
        }
    }
}

fn compiled(pattern: &str, regex: &str) -> Result<Regex, NeedsShell> {
    RegexBuilder::new(regex)
        .size_limit(SIZE_LIMIT)
        .build()
        .map_err(|_| NeedsShell::because(pattern, "a pattern that large"))
}

fn next_character(line: &str, at: usize) -> usize {
    let rest = line.get(at..).and_then(|rest| rest.chars().next());
    at + rest.map_or(1, char::len_utf8)
}

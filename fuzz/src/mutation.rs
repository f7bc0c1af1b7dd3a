//! Changes of a program that mostly leave it valid: whole statements move, names and expressions
//! are replaced, and new statements of the [grammar](crate::grammar) come in.

use arbitrary::{Result, Unstructured};

use crate::grammar;
use crate::package::MARK;

/// How many choices a change may take. In bytes.
const CHOICES: usize = 4096;

/// A changed program; the same seed makes the same change. Nothing if it would be the same.
#[must_use]
pub fn changed(text: &str, seed: u32) -> Option<String> {
    let bytes = bytes(seed);
    let mut choices = Unstructured::new(&bytes);
    let mut changed = text.to_owned();
    for _ in 0..choices.int_in_range(1..=3).ok()? {
        changed = change(&changed, &mut choices).ok()?;
    }
    (changed != text).then_some(changed)
}

/// The bytes that choices are made from: xorshift64*,
/// <https://doi.org/10.18637/jss.v008.i14>.
fn bytes(seed: u32) -> Vec<u8> {
    let mut state = u64::from(seed) << 1 | 1;
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes()
    };
    (0..CHOICES / 8).flat_map(|_| next()).collect()
}

fn change(text: &str, choices: &mut Unstructured<'_>) -> Result<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let count = lines.len();
    let at = choices.choose_index(count + 1)?;
    let (start, end) = statement_at(&lines, at);
    let taken = lines[start..end].concat();
    let without = [&lines[..start], &lines[end..]].concat();
    let place = choices.choose_index(without.len() + 1)?;
    Ok(match choices.int_in_range(0..=9)? {
        0 => without.concat(),
        1 => inserted(&without, place, &taken),
        2 => inserted(&lines, choices.choose_index(count + 1)?, &taken),
        3..=5 => {
            let new = grammar::statements(choices, 0)?;
            inserted(&lines, at, &new)
        }
        6 => {
            let around = *choices.choose(AROUND)?;
            let (head, tail) = around.split_once('|').unwrap_or((around, ""));
            let inner = indented(&taken, indent_of(&taken) + 1);
            let margin = " ".repeat(indent_of(&taken));
            let new = format!("{margin}{head}\n{inner}{}", margined(tail, &margin));
            [lines[..start].concat(), new, lines[end..].concat()].concat()
        }
        7 | 8 => with_other_word(text, grammar::name(choices)?, choices)?,
        _ => {
            let new = grammar::expression(choices)?;
            with_other_word(text, &new, choices)?
        }
    })
}

/// What a statement can be put into; what follows it behind the bar.
const AROUND: &[&str] = &[
    "if a:",
    "if not a:|else:\n pass",
    "while a:",
    "for a in b:",
    "def f():|f()",
    "class C:",
    "try:|except ImportError:\n pass",
    "try:|finally:\n pass",
    "with a:",
    "@a\ndef g(x):",
    "def f(self):",
    "if __name__ == '__main__':",
    "async def f():",
    "match a:\n case _:",
];

fn margined(text: &str, margin: &str) -> String {
    text.lines()
        .map(|line| format!("{margin}{line}\n"))
        .collect()
}

/// The lines of the statement that a line belongs to: itself and what is deeper below it.
fn statement_at(lines: &[&str], at: usize) -> (usize, usize) {
    let Some(first) = lines.get(at) else {
        return (lines.len(), lines.len());
    };
    let deeper = |line: &&&str| line.trim().is_empty() || indent_of(line) > indent_of(first);
    let below = lines[at + 1..].iter().take_while(deeper).count();
    (at, at + 1 + below)
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The lines with a text in front of one of them, as deep as that.
fn inserted(lines: &[&str], at: usize, text: &str) -> String {
    let indent = lines.get(at).map_or(0, |line| indent_of(line));
    [
        &lines[..at].concat(),
        &*indented(text, indent),
        &lines[at..].concat(),
    ]
    .concat()
}

/// A text as deep as is asked for. The name of a file stays where it is.
fn indented(text: &str, indent: usize) -> String {
    let own = indent_of(text);
    let moved = |line: &str| {
        if line.starts_with(MARK) || line.trim().is_empty() {
            return line.to_owned();
        }
        let deep = (indent + indent_of(line)).saturating_sub(own);
        format!("{}{}", " ".repeat(deep), line.trim_start_matches(' '))
    };
    let mut moved: String = text.split_inclusive('\n').map(moved).collect();
    if !moved.is_empty() && !moved.ends_with('\n') {
        moved.push('\n');
    }
    moved
}

/// The text with another word in the place of one of its own, or of all that are the same.
fn with_other_word(text: &str, new: &str, choices: &mut Unstructured<'_>) -> Result<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let starts: Vec<usize> = text
        .char_indices()
        .filter(|(at, c)| is_word(*c) && !text[..*at].ends_with(is_word))
        .map(|(at, _)| at)
        .collect();
    if starts.is_empty() {
        return Ok(text.to_owned());
    }
    let start = starts[choices.choose_index(starts.len())?];
    let end = text[start..]
        .find(|c| !is_word(c))
        .map_or(text.len(), |length| start + length);
    if choices.ratio(1_u8, 4_u8)? {
        return Ok(text.replace(&text[start..end], new));
    }
    Ok([&text[..start], new, &text[end..]].concat())
}

//! A text that a regex matches, for the controls of checks that search text.

use regex::Regex;
use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

/// How many texts are kept for each part of a pattern.
const CANDIDATES: usize = 24;

/// Longer texts are given up. In bytes.
const LENGTH_LIMIT: usize = 4096;

/// What may have to stand around a text so that assertions such as `\B` hold.
const SURROUNDINGS: [(&str, &str); 6] = [
    ("", ""),
    ("x", ""),
    ("", "x"),
    ("x", "x"),
    (" ", " "),
    ("\n", "\n"),
];

/// Characters that are taken first when a class has them.
const FRIENDLY: &str = "axyAX01_ -.,:;=()\"'#/@";

/// A short text that `pattern` (in the syntax of the crate `regex`) matches: on one line and
/// printable where possible. It was tried: the pattern does match it.
///
/// None if the pattern is not valid, matches nothing, or is beyond the search, which is not
/// complete where assertions contradict their surroundings.
#[must_use]
pub fn example_of(pattern: &str) -> Option<String> {
    let regex = Regex::new(pattern).ok()?;
    let hir = regex_syntax::Parser::new().parse(pattern).ok()?;
    let mut matching = Vec::new();
    for text in texts_of(&hir) {
        for (before, after) in SURROUNDINGS {
            let candidate = format!("{before}{text}{after}");
            if regex.is_match(&candidate) {
                matching.push(candidate);
            }
        }
    }
    // The first of the least: the order of the search is the order of simplicity.
    matching.into_iter().min_by_key(|text| unpleasantness(text))
}

/// Texts that the expression matches if its assertions hold; never more than [`CANDIDATES`].
fn texts_of(hir: &Hir) -> Vec<String> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => vec![text.to_owned()],
            Err(_) => Vec::new(),
        },
        HirKind::Class(class) => members(class),
        HirKind::Repetition(repetition) => repeated(repetition),
        HirKind::Capture(capture) => texts_of(&capture.sub),
        HirKind::Concat(parts) => parts.iter().fold(vec![String::new()], |texts, part| {
            joined(&texts, &texts_of(part))
        }),
        HirKind::Alternation(parts) => {
            let mut texts: Vec<_> = parts.iter().flat_map(texts_of).collect();
            texts.truncate(CANDIDATES);
            texts
        }
    }
}

fn members(class: &Class) -> Vec<String> {
    let Class::Unicode(class) = class else {
        return Vec::new();
    };
    let has = |c: char| {
        class
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&c))
    };
    let friendly = FRIENDLY.chars().filter(|c| has(*c));
    let printable = ('!'..='~').filter(|c| has(*c)).take(2);
    let firsts = class.iter().map(|range| range.start()).take(2);
    let mut members: Vec<_> = friendly.chain(printable).chain(firsts).collect();
    members.truncate(CANDIDATES);
    members.into_iter().map(String::from).collect()
}

fn repeated(repetition: &Repetition) -> Vec<String> {
    let least = usize::try_from(repetition.min).unwrap_or(usize::MAX);
    let once = texts_of(&repetition.sub);
    let times = |count: usize| {
        once.iter()
            .filter(move |text| text.len().saturating_mul(count) <= LENGTH_LIMIT)
            .map(move |text| text.repeat(count.min(LENGTH_LIMIT)))
    };
    let may_be_more = repetition.max.is_none_or(|most| most > repetition.min);
    let mut texts: Vec<_> = if least == 0 {
        vec![String::new()]
    } else {
        times(least).collect()
    };
    if may_be_more {
        texts.truncate(CANDIDATES / 2);
        texts.extend(times(least.saturating_add(1)));
    }
    texts.truncate(CANDIDATES);
    texts
}

/// Each of `heads` with each of `tails`. The first of each come first, so that what is left out
/// is the least simple.
fn joined(heads: &[String], tails: &[String]) -> Vec<String> {
    let mut pairs: Vec<_> = (0..heads.len())
        .flat_map(|head| (0..tails.len()).map(move |tail| (head, tail)))
        .collect();
    pairs.sort_by_key(|(head, tail)| head + tail);
    let texts = pairs.into_iter().filter_map(|(head, tail)| {
        let text = format!("{}{}", heads.get(head)?, tails.get(tail)?);
        (text.len() <= LENGTH_LIMIT).then_some(text)
    });
    texts.take(CANDIDATES).collect()
}

fn unpleasantness(text: &str) -> (bool, bool, bool) {
    let blank = text.trim().is_empty();
    let unprintable = text.chars().any(char::is_control);
    (text.contains('\n'), unprintable, blank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_matches_and_is_simple() {
        for (pattern, expected) in [
            ("^import torch", "import torch"),
            ("ModelLoader|ModelStorage", "ModelLoader"),
            (r"^\s*(import|from)\s+torch\b", "import torch"),
            (r"[0-9]{3}", "000"),
            (r"a+b*c?", "a"),
            (r"[^a-z]", "A"),
            (r"\bfoo\b", "foo"),
            (r"\Bfoo", "xfoo"),
            (r"^\S+\.py$", "a.py"),
            (r"(?i)TODO", "TODO"),
            (r"x$|^y", "x"),
            (r"a\nb", "a\nb"),
            (r"(?m)a$\nb", "a\nb"),
            (r"(a|b\b)c", "ac"),
            (r"é", "é"),
            (r"$^", ""),
            ("", ""),
        ] {
            let example = example_of(pattern);
            assert!(
                example
                    .as_deref()
                    .is_some_and(|e| Regex::new(pattern).unwrap().is_match(e)),
                "{pattern}: {example:?}"
            );
            if !pattern.is_empty() && pattern != r"$^" {
                assert_eq!(example.as_deref(), Some(expected), "{pattern}");
            }
        }
    }

    #[test]
    fn a_pattern_that_matches_nothing_has_no_example() {
        for pattern in ["[", r"a\bb", "[a&&b]", "x^y", "(?:a{1000}){1000}"] {
            assert_eq!(example_of(pattern), None, "{pattern}");
        }
    }
}

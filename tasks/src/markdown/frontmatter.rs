//! The YAML between `---` at the top of a document, as far as plans use it: keys with a value
//! or a list of values.

use super::lines::{Kind, Scan};

/// One key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The key as it is written.
    pub(super) key: String,
    /// Its values: one, several of a list, or none.
    pub(super) values: Vec<String>,
    /// Its line, from 1.
    pub(super) line: usize,
}

/// How many lines the front matter takes, its marks included; 0 if there is none.
pub(super) fn lines(texts: &[&str]) -> usize {
    if texts.first().is_none_or(|first| first.trim_end() != "---") {
        return 0;
    }
    let close = texts
        .iter()
        .skip(1)
        .position(|text| matches!(text.trim_end(), "---" | "..."));
    let is_yaml = |count: usize| {
        let inside = texts.iter().skip(1).take(count);
        let mut written = inside.filter(|text| !text.trim().is_empty());
        written
            .next()
            .is_some_and(|text| text.contains(':') || text.starts_with('#'))
    };
    match close {
        Some(0) => 2,
        Some(count) if is_yaml(count) => count + 2,
        _ => 0,
    }
}

/// The keys at the top level.
pub(super) fn entries(scan: &Scan<'_>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let lines = scan.lines.iter().enumerate();
    let inside = lines.take_while(|(_, line)| line.kind == Kind::Frontmatter);
    for (index, line) in inside {
        let text = line.text.trim_end();
        if text.is_empty() || text == "---" || text.trim_start().starts_with('#') {
            continue;
        }
        if let Some(value) = text.trim_start().strip_prefix("- ") {
            if let Some(entry) = entries.last_mut() {
                entry.values.push(scalar(value));
            }
            continue;
        }
        if text.starts_with([' ', '\t']) {
            continue;
        }
        if let Some((key, value)) = text.split_once(':') {
            entries.push(Entry {
                key: key.trim().to_owned(),
                values: values(value.trim()),
                line: index + 1,
            });
        }
    }
    entries
}

/// The first value of a key, whatever its case.
pub(super) fn value<'e>(entries: &'e [Entry], key: &str) -> Option<&'e str> {
    let entry = entries
        .iter()
        .find(|entry| entry.key.eq_ignore_ascii_case(key))?;
    entry
        .values
        .first()
        .map(String::as_str)
        .filter(|value| !value.is_empty())
}

/// Every value of a key.
pub(super) fn all<'e>(entries: &'e [Entry], key: &str) -> &'e [String] {
    let entry = entries
        .iter()
        .find(|entry| entry.key.eq_ignore_ascii_case(key));
    entry.map_or(&[], |entry| &entry.values)
}

fn values(text: &str) -> Vec<String> {
    let list = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    match list {
        Some(inside) => inside
            .split(',')
            .map(scalar)
            .filter(|value| !value.is_empty())
            .collect(),
        None if text.is_empty() || matches!(text, "|" | ">" | ">-" | "|-") => Vec::new(),
        None => vec![scalar(text)],
    }
}

fn scalar(text: &str) -> String {
    let text = text.trim();
    for quote in ['"', '\''] {
        let inside = text
            .strip_prefix(quote)
            .and_then(|text| text.strip_suffix(quote));
        if let Some(inside) = inside {
            return inside.to_owned();
        }
    }
    text.split(" #").next().unwrap_or(text).trim().to_owned()
}

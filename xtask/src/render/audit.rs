//! What `imports --probe` prints: where CPython and the analysis differ.

use console::style;
use serde::Serialize;

use super::words::wrapped;

/// The differences between what CPython loads and what the analysis says.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Audit {
    /// Modules of the folders that were looked into that both have.
    pub(crate) common: usize,
    /// Those that CPython loads and the analysis holds for possible.
    pub(crate) perhaps: usize,
    /// Those that only CPython loads, with the statement that asks first.
    pub(crate) only_cpython: Vec<Asked>,
    /// Those that only the analysis has, with the statement that it sees.
    pub(crate) only_analysis: Vec<Asked>,
    /// Those that another statement asks for first.
    pub(crate) other_statement: Vec<Asked>,
}

/// A module, and the statement that asks for it.
#[derive(Debug, Serialize)]
pub(crate) struct Asked {
    /// The module.
    pub(crate) name: String,
    /// File and line.
    pub(crate) by: String,
}

impl Audit {
    /// Whether there is no difference.
    pub(crate) fn agrees(&self) -> bool {
        let all = [
            &self.only_cpython,
            &self.only_analysis,
            &self.other_statement,
        ];
        all.iter().all(|list| list.is_empty())
    }

    /// Forgets the differences that are about other modules than this and what lies in it.
    pub(crate) fn keep(&mut self, target: &str) {
        let is_within = |asked: &Asked| {
            let rest = asked.name.strip_prefix(target);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.only_cpython.retain(is_within);
        self.only_analysis.retain(is_within);
        self.other_statement.retain(is_within);
    }
}

/// The differences for a person at a terminal.
pub(crate) fn text(entry: &str, audit: &Audit) -> String {
    let verdict = if audit.agrees() {
        style("CPython and the analysis agree:").green().bold()
    } else {
        style("CPython and the analysis differ:").red().bold()
    };
    let mut text = wrapped(
        &format!(
            "{verdict} importing `{entry}` loads {} modules of the folders looked into that both \
             know",
            audit.common
        ),
        0,
    );
    if audit.perhaps > 0 {
        let possible = format!(
            "{} more that the analysis holds for possible are loaded",
            audit.perhaps
        );
        text += &wrapped(&possible, 0);
    }
    for (title, list) in [
        ("only CPython loads", &audit.only_cpython),
        ("only the analysis has", &audit.only_analysis),
        (
            "asked for first by another statement",
            &audit.other_statement,
        ),
    ] {
        if list.is_empty() {
            continue;
        }
        text += &format!("\n{}\n", style(format!("{title} ({})", list.len())).bold());
        for asked in list {
            text += &wrapped(&format!("{}  {}", asked.name, asked.by), 2);
        }
    }
    text
}

//! What `imports` prints.

mod cut;
pub(crate) mod dot;
pub(crate) mod explain;
mod picture;
pub(crate) mod svg;

use checks::python::eager::{Analysis, Hop, Loaded};
use checks::verdict::Finding;
use console::style;
use serde::Serialize;

use self::cut::CutAnswered;
pub(crate) use self::cut::CutShown;

use super::excerpt;
use super::words::{TEXT, wrapped};

/// What was asked for.
pub(crate) struct Asked<'a> {
    /// The module imported first.
    pub(crate) entry: &'a str,
    /// The module asked about.
    pub(crate) target: Option<&'a str>,
    /// Whether everything that is loaded is listed.
    pub(crate) all: bool,
    /// What should be known about the question.
    pub(crate) notes: &'a [String],
}

/// The answer for a program.
#[derive(Debug, Serialize)]
pub(crate) struct Answer<'a> {
    eager: Vec<Module<'a>>,
    maybe: Vec<Maybe<'a>>,
    open: Option<&'a str>,
    error: Option<&'a str>,
    notes: &'a [String],
    #[serde(flatten)]
    cut: Option<CutAnswered<'a>>,
}

#[derive(Debug, Serialize)]
struct Module<'a> {
    name: &'a str,
    file: Option<&'a str>,
    guarded: bool,
    chain: &'a [String],
    hops: Vec<Step<'a>>,
}

#[derive(Debug, Serialize)]
struct Step<'a> {
    path: &'a str,
    line: usize,
    source: &'a str,
    reason: &'a str,
}

#[derive(Debug, Serialize)]
struct Maybe<'a> {
    name: &'a str,
    reason: &'a str,
}

/// The answer for a program.
pub(crate) fn json<'a>(
    asked: &Asked<'a>,
    analysis: &'a Analysis,
    cut: Option<&'a CutShown<'a>>,
) -> Answer<'a> {
    Answer {
        eager: analysis.eager.iter().map(module).collect(),
        maybe: analysis
            .maybe
            .iter()
            .map(|it| Maybe {
                name: &it.name,
                reason: &it.reason,
            })
            .collect(),
        open: analysis.open.as_deref(),
        error: analysis.error.as_deref(),
        notes: asked.notes,
        cut: cut.map(cut::json),
    }
}

fn module(loaded: &Loaded) -> Module<'_> {
    Module {
        name: &loaded.name,
        file: loaded.file.as_ref().map(|it| it.as_str()),
        guarded: loaded.guarded,
        chain: &loaded.chain,
        hops: loaded.hops.iter().map(step).collect(),
    }
}

fn step(hop: &Hop) -> Step<'_> {
    Step {
        path: hop.place.path.as_str(),
        line: hop.place.line,
        source: hop.place.source.trim(),
        reason: &hop.reason,
    }
}

/// The answer for a person at a terminal.
pub(crate) fn text(asked: &Asked, analysis: &Analysis, cut: Option<&CutShown<'_>>) -> String {
    let mut text = match (asked.target, cut) {
        (Some(target), Some(cut)) => cut::text(target, asked.entry, cut),
        (Some(target), None) => about(target, asked.entry, analysis),
        (None, _) => overview(asked, analysis),
    };
    if let Some(error) = &analysis.error {
        text += &wrapped(&format!("`{}` cannot be imported: {error}", asked.entry), 0);
    }
    if !analysis.assumed.is_empty() {
        text += &wrapped(&analysis.assumption(), 0);
    }
    for note in asked.notes {
        text += &wrapped(note, 0);
    }
    text
}

fn about(target: &str, entry: &str, analysis: &Analysis) -> String {
    let Some(loaded) = analysis.eager.first() else {
        return match analysis.undecided(target) {
            Some(why) => wrapped(&format!("undecided: {why}"), 0),
            None => format!(
                "{} importing `{entry}` does not load `{target}`\n",
                style("not reached:").green().bold()
            ),
        };
    };
    let mut text = format!(
        "{} importing `{entry}` loads `{target}`\n\n",
        style("reached:").red().bold()
    );
    for hop in &loaded.hops {
        let finding = Finding::at(hop.place.clone(), hop.reason.clone());
        text += &excerpt::finding(&finding, 2, TEXT);
    }
    let use_of_it = if loaded.guarded {
        "it is used where it is installed, and not needed"
    } else {
        "it is needed: without it the import fails"
    };
    text += &format!("\n{use_of_it}; ");
    text += &match loaded.others.len() {
        0 => "no other statement loads it\n".to_owned(),
        1 => "one more statement loads it:\n".to_owned(),
        count => format!("{count} more statements load it:\n"),
    };
    for hop in &loaded.others {
        text += &format!(
            "  {}:{}: {}\n",
            hop.place.path,
            hop.place.line,
            hop.place.source.trim()
        );
    }
    text
}

fn overview(asked: &Asked, analysis: &Analysis) -> String {
    let own = analysis.eager.iter().filter(|it| it.file.is_some()).count();
    let mut text = format!(
        "importing `{}` loads {own} modules that have a file here, and {} others\n",
        asked.entry,
        analysis.eager.len() - own
    );
    if asked.all {
        for loaded in &analysis.eager {
            let file = loaded.file.as_ref().map(|it| format!("  {it}"));
            text += &format!("  {}{}\n", loaded.name, file.unwrap_or_default());
        }
    }
    for maybe in &analysis.maybe {
        text += &format!("  perhaps {}: {}\n", maybe.name, maybe.reason);
    }
    text
}

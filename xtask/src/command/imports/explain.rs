//! `imports --explain`: whether a statement runs on load.

use checks::python::eager::{self, NotExplained, Settings};

use super::places::Places;
use super::state::State;
use crate::cli::{Common, Format, Spot};
use crate::failure::Failure;
use crate::output;
use crate::render::imports::explain as render;

pub(super) fn run(
    common: &Common,
    entry: Option<&str>,
    spot: &Spot,
    state: &State,
    places: &Places,
    settings: &Settings,
) -> Result<u8, Failure> {
    let (root, path) = places.file(state, &spot.file)?;
    let line = spot.line;
    let asked = eager::Spot {
        root,
        path: &path,
        line,
    };
    let explained = eager::explain(entry, asked, &places.roots(), settings);
    let explanation = explained.map_err(|why| failure(why, path.as_str(), line))?;
    let text = match common.format().unwrap_or(Format::Terminal) {
        Format::Json => crate::command::json(&render::json(&explanation, &path, line))?,
        _ => render::text(&explanation, &path, line),
    };
    output::print(&text)?;
    Ok(0)
}

fn failure(why: NotExplained, path: &str, line: usize) -> Failure {
    match why {
        NotExplained::Unreadable(why) => Failure::new(why),
        NotExplained::PastTheEnd(lines) => {
            let lines = if lines == 1 {
                "1 line".to_owned()
            } else {
                format!("{lines} lines")
            };
            Failure::new(format!("`{path}` has {lines}, and no line {line}"))
        }
        NotExplained::NoStatement(nearest) => {
            let failure = Failure::new(format!("no statement stands at `{path}:{line}`"));
            match nearest {
                Some(nearest) => {
                    failure.with_help(format!("the nearest one begins at `{path}:{nearest}`"))
                }
                None => failure.with_help("the file has no statement at all"),
            }
        }
        NotExplained::NoModule => Failure::new(format!("`{path}` cannot be imported by any name"))
            .with_help("name the module that is imported first: `--explain FILE:LINE ENTRY`"),
    }
}

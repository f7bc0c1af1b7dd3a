//! `imports --dot` and `--svg`: which module loads which, as a picture for people.

use checks::python::eager::{ImportGraph, Origin, Root, Settings, import_graph};

use crate::cli::{Common, Imports};
use crate::failure::Failure;
use crate::render::imports::{Asked, dot, svg};
use crate::written;

/// A picture is a form of its own.
pub(super) fn refuse_format(common: &Common, options: &Imports) -> Result<(), Failure> {
    let form = if options.dot { "--dot" } else { "--svg" };
    if common.format().is_none() || !(options.dot || options.svg.is_some()) {
        return Ok(());
    }
    let refused = Failure::new(format!(
        "`{form}` cannot be used with `--format` or `--json`"
    ));
    Err(refused.with_help("leave one of them out; `--json` holds the chains and their places"))
}

/// Draws what is asked for: the text for Graphviz, or what to say about the file that was
/// written; nothing where no picture is asked for.
pub(super) fn draw(
    options: &Imports,
    asked: &Asked,
    roots: &[Root],
    settings: &Settings,
) -> Result<String, Failure> {
    if !options.dot && options.svg.is_none() {
        return Ok(String::new());
    }
    let graph = import_graph(asked.entry, asked.target, roots, settings);
    let graph = match asked.target {
        Some(_) => graph,
        None => own(graph, asked.entry),
    };
    let Some(file) = &options.svg else {
        return Ok(dot::text(asked, &graph));
    };
    let picture = svg::picture(asked, &graph);
    written::picture(file, &picture.text)?;
    let note = picture.note.map(|it| format!("the picture: {it}\n"));
    Ok(note.unwrap_or_default())
}

/// The project's own modules, and those of the entry's package wherever they lie.
fn own(graph: ImportGraph, entry: &str) -> ImportGraph {
    let top = |name: &str| name.split('.').next().map(str::to_owned);
    let package = top(entry);
    let is_own: Vec<bool> = graph
        .modules
        .iter()
        .map(|it| it.origin == Origin::Own || top(&it.name) == package)
        .collect();
    graph.kept(|number| is_own.get(number) == Some(&true))
}

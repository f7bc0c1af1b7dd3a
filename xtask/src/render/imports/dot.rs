//! Which module loads which, for Graphviz: <https://graphviz.org/doc/info/lang.html>.

use std::collections::BTreeMap;
use std::fmt::Write;

use checks::python::eager::{ImportEdge, ImportGraph, ImportKind};

use super::Asked;
use super::picture::{package_of, reason, statement, title};
use crate::render::one_line;

/// The graph as text: a node a module, a cluster a package, an edge an import. The chain is
/// emphasised and says where it runs; what may fail is dashed, what may not run dotted.
pub(crate) fn text(asked: &Asked, graph: &ImportGraph) -> String {
    let mut text = format!(
        "digraph imports {{\n  label={};\n  labelloc=t;\n  rankdir=LR;\n  node [shape=box, \
         style=rounded];\n",
        quoted(&title(asked, graph))
    );
    for (number, (package, members)) in packages(graph).into_iter().enumerate() {
        let nodes: String = members.iter().map(|it| node(asked, graph, *it)).collect();
        if package.is_empty() {
            text += &nodes;
        } else {
            let label = quoted(package);
            let _ = writeln!(
                text,
                "  subgraph cluster_{number} {{\n    label={label};\n{nodes}  }}"
            );
        }
    }
    for edge in &graph.edges {
        let on_chain = graph.is_step(edge);
        let name = |at: usize| graph.modules.get(at).map(|it| quoted(&it.name));
        if let (Some(from), Some(to)) = (name(edge.from), name(edge.to)) {
            let _ = writeln!(text, "  {from} -> {to} [{}];", attributes(edge, on_chain));
        }
    }
    text + "}\n"
}

/// The modules of each package, by their numbers.
fn packages(graph: &ImportGraph) -> BTreeMap<&str, Vec<usize>> {
    let mut packages: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, module) in graph.modules.iter().enumerate() {
        let package = package_of(module);
        packages.entry(package).or_default().push(number);
    }
    packages
}

fn node(asked: &Asked, graph: &ImportGraph, number: usize) -> String {
    let Some(module) = graph.modules.get(number) else {
        return String::new();
    };
    let name = module.name.as_str();
    let colour = match name {
        _ if name == asked.entry => ", penwidth=2, color=\"#0969da\"",
        _ if Some(name) == asked.target => ", penwidth=2, color=\"#cf222e\"",
        _ if graph.chain.contains(&number) => ", penwidth=2, color=\"#bc4c00\"",
        _ => "",
    };
    let tooltip = module.file.as_ref().map_or(name, |it| it.as_str());
    let (name, tooltip) = (quoted(name), quoted(tooltip));
    format!("    {name} [tooltip={tooltip}{colour}];\n")
}

fn attributes(edge: &ImportEdge, on_chain: bool) -> String {
    let mut attributes = format!("tooltip={}", quoted(&statement(edge)));
    if on_chain {
        let lines = reason(edge).into_iter().map(|line| escaped(&line));
        let label = lines.collect::<Vec<_>>().join("\\l");
        attributes += &format!(", label=\"{label}\\l\", penwidth=3, color=\"#bc4c00\"");
    }
    attributes += match edge.kind {
        ImportKind::Sure => "",
        ImportKind::Guarded => ", style=dashed",
        ImportKind::Maybe => ", style=dotted",
    };
    attributes
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// In a quoted string a backslash begins an escape: of labels and tooltips also that of a name.
fn escaped(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('"', "\\\"")
}

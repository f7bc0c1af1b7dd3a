//! The words that every picture of imports shares.

use checks::python::eager::{ImportEdge, ImportGraph, ImportKind, ImportedModule, Origin};

use super::Asked;

/// What a picture shows.
pub(super) fn title(asked: &Asked, graph: &ImportGraph) -> String {
    let entry = asked.entry;
    match (asked.target, graph.reaches()) {
        (None, _) => format!("what importing {entry} loads"),
        (Some(target), Some(true)) => format!("importing {entry} loads {target}"),
        (Some(target), Some(false)) => format!("importing {entry} may load {target}"),
        (Some(target), None) => format!("importing {entry} is not seen to load {target}"),
    }
}

/// The package that a module lies in; a package lies in itself.
pub(super) fn package_of(module: &ImportedModule) -> &str {
    let file = module.file.as_ref().map(|it| it.as_str());
    let is_package = file.is_some_and(|it| it.ends_with("/__init__.py"));
    let is_namespace = module.file.is_none() && module.origin == Origin::Own;
    match module.name.rsplit_once('.') {
        _ if is_package || is_namespace => &module.name,
        Some((package, _)) => package,
        None => "",
    }
}

/// The statement of an edge and where it is.
pub(super) fn statement(edge: &ImportEdge) -> String {
    match &edge.place {
        Some(place) => format!("{}:{}: {}", place.path, place.line, place.source.trim()),
        None => "loaded first, as its package".to_owned(),
    }
}

/// Where an edge of the chain runs and, if that is no plain import, why: a line for each.
pub(super) fn reason(edge: &ImportEdge) -> Vec<String> {
    let mut lines = Vec::new();
    let path = edge.place.as_ref().map(|it| &it.path);
    lines.push(match &edge.place {
        Some(place) => format!("{}:{}", place.path, place.line),
        None => statement(edge),
    });
    if let Some(function) = &edge.runs {
        lines.push(format!("calls {function}()"));
    }
    if let Some(within) = &edge.within {
        let function = &within.function;
        let called = within.place.as_ref().map(|it| match path {
            Some(path) if *path == it.path => format!(", called in line {}", it.line),
            _ => format!(", called at {}:{}", it.path, it.line),
        });
        lines.push(format!("in {function}(){}", called.unwrap_or_default()));
    }
    if edge.kind == ImportKind::Guarded {
        lines.push("may fail: the error is caught".to_owned());
    }
    if let Some(doubt) = edge.doubt {
        lines.push(format!("perhaps: {doubt}"));
    }
    lines
}

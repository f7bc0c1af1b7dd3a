//! Python that imports and does nothing more: `python -c "from a import b; print('OK')"`.

use super::check;
use super::context::{Here, is_module, is_name};
use super::shell;

/// What a line of Python asks.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    /// The modules that must load, each with a name that it must have then.
    imports: Vec<(String, Option<String>)>,
    /// The modules that must not be loaded afterwards.
    unloaded: Vec<String>,
}

/// The checks of a shell line that runs Python, if all that it does is understood and the modules
/// are the plan's own: what is installed is no part of a repository.
pub(super) fn of_line(line: &str, here: &Here<'_>) -> Option<Vec<String>> {
    checks(&asked(&code_of(line)?)?, here)
}

/// The same for a statement, or for a line that runs one.
pub(super) fn of_span(span: &str, here: &Here<'_>) -> Option<Vec<String>> {
    let code = code_of(span).unwrap_or_else(|| span.to_owned());
    checks(&asked(&code)?, here)
}

/// The check that a module of the plan's own loads and has a name.
pub(super) fn import(module: &str, name: Option<&str>, here: &Here<'_>) -> Option<String> {
    let is_whole = is_module(module) && name.is_none_or(is_name) && here.is_own(module);
    is_whole.then(|| {
        let name = name.map(|name| ("attribute", name.into()));
        check("probe", [("entry", module.into())].into_iter().chain(name))
    })
}

fn checks(asked: &Asked, here: &Here<'_>) -> Option<Vec<String>> {
    // What is looked into afterwards (`sys.modules`) is imported only for that.
    let imports = asked.imports.iter().filter(|(module, _)| module != "sys");
    let probes: Option<Vec<String>> = imports
        .clone()
        .map(|(module, name)| import(module, name.as_deref(), here))
        .collect();
    let chains = asked.unloaded.iter().flat_map(|target| {
        let entries = imports.clone().map(|(module, _)| module.as_str());
        entries.map(move |entry| {
            check(
                "no_chain",
                [("entry", entry.into()), ("target", target.into())],
            )
        })
    });
    let mut checks: Vec<String> = chains.chain(probes?).collect();
    checks.dedup();
    (!checks.is_empty()).then_some(checks)
}

/// What stands behind `-c`, where nothing else is said to the interpreter.
fn code_of(line: &str) -> Option<String> {
    let words = shell::words(line)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let words = match words.as_slice() {
        ["uv" | "poetry", "run", rest @ ..] => rest,
        rest => rest,
    };
    let [program, "-c", code] = words else {
        return None;
    };
    let name = program.rsplit('/').next().unwrap_or(program);
    let version = name.strip_prefix("python")?;
    let is_python = version.chars().all(|c| c.is_ascii_digit() || c == '.');
    is_python.then(|| (*code).to_owned())
}

/// What a program asks; none if it does more than to import, to print words and to look what is
/// loaded.
fn asked(code: &str) -> Option<Asked> {
    let mut asked = Asked::default();
    for statement in statements(code)? {
        read(statement.trim(), &mut asked)?;
    }
    (!asked.imports.is_empty()).then_some(asked)
}

/// The statements of a program without blocks, in one line each and without comments.
fn statements(code: &str) -> Option<Vec<String>> {
    let mut statements = vec![String::new()];
    let mut quote: Option<char> = None;
    let mut depth = 0_usize;
    let mut characters = code.trim().chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(_), '\\' | '\n') => return None,
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '#') => {
                let _ = characters.by_ref().find(|c| *c == '\n');
                if depth == 0 {
                    statements.push(String::new());
                }
                continue;
            }
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.checked_sub(1)?,
            (None, '\n' | ';') if depth == 0 => {
                statements.push(String::new());
                continue;
            }
            _ => {}
        }
        let c = if c == '\n' { ' ' } else { c };
        statements.last_mut()?.push(c);
    }
    statements.retain(|it| !it.trim().is_empty());
    (quote.is_none() && depth == 0).then_some(statements)
}

fn read(statement: &str, asked: &mut Asked) -> Option<()> {
    if let Some(modules) = statement.strip_prefix("import ") {
        for module in modules.split(',') {
            asked.imports.push((plain(module)?.to_owned(), None));
        }
    } else if let Some(rest) = statement.strip_prefix("from ") {
        let (module, names) = rest.split_once(" import ")?;
        let inside = |names: &'_ str| {
            let inside = names.trim().strip_prefix('(')?.strip_suffix(')')?;
            Some(inside.trim().trim_end_matches(',').to_owned())
        };
        let names = inside(names).unwrap_or_else(|| names.to_owned());
        for name in names.split(',') {
            let name = plain(name).filter(|name| is_name(name))?;
            asked
                .imports
                .push((module.trim().to_owned(), Some(name.to_owned())));
        }
    } else if let Some(rest) = statement.strip_prefix("assert ") {
        let (module, rest) = literal(rest.trim())?;
        let rest = rest.trim().strip_prefix("not in sys.modules")?.trim();
        let message = rest.strip_prefix(',').map(|it| literal(it.trim()));
        let is_whole = rest.is_empty()
            || message.is_some_and(|it| it.is_some_and(|(_, rest)| rest.is_empty()));
        asked.unloaded.push(
            is_module(module)
                .then(|| module.to_owned())
                .filter(|_| is_whole)?,
        );
    } else {
        let printed = statement.strip_prefix("print(")?.strip_suffix(')')?;
        let (_, rest) = literal(printed.trim())?;
        rest.is_empty().then_some(())?;
    }
    Some(())
}

/// A name without `as …`, which is nobody else's.
fn plain(import: &str) -> Option<&str> {
    let mut words = import.split_whitespace();
    let name = words.next().filter(|name| is_module(name))?;
    match (words.next(), words.next(), words.next()) {
        (None, ..) => Some(name),
        (Some("as"), Some(other), None) => is_name(other).then_some(name),
        _ => None,
    }
}

/// A string in which nothing is filled in, and what stands behind it.
fn literal(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text.get(1..)?.split_once(quote)
}

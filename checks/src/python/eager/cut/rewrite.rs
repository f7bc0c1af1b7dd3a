//! Import statements taken out of the load of a file: the text without them, and with what has to
//! take their place.
//!
//! What is left keeps its offset, so that a second run speaks of the same places as the first.

use crate::python::syntax::{Ranged, Stmt, future_annotations, parse};

use super::statement::{Alias, Statement};

/// How far offsets have moved in a file that was rewritten.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shift {
    /// Where something was put in, in the new text, and its length.
    inserted: Option<(usize, usize)>,
    /// Where the old text ends in the new one.
    end: Option<usize>,
}

/// What is done with one statement.
pub(super) struct Deferral<'w> {
    pub(super) statement: &'w Statement,
    /// The aliases that go; the others stay.
    pub(super) moved: Vec<usize>,
    /// The aliases that a module `__getattr__` brings when they are asked for.
    pub(super) on_request: Vec<usize>,
}

const FUTURE: &str = "from __future__ import annotations";

/// The text of the module `own` (its name, and what its relative imports start from) with these
/// statements deferred.
///
/// # Errors
///
/// A statement is written in a way that leaves no room for what stays of it.
pub(super) fn rewrite(
    text: &str,
    own: (&str, &str),
    deferrals: &[Deferral<'_>],
    postpone: bool,
) -> Result<(String, Shift), String> {
    let mut bytes = text.as_bytes().to_vec();
    for deferral in deferrals {
        take_out(&mut bytes, deferral)?;
    }
    let mut text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut shift = Shift {
        inserted: None,
        end: Some(text.len()),
    };
    text += &on_request(own, deferrals, &text)?;
    if postpone {
        let (at, line) = future_line(&text)?;
        text.insert_str(at, &line);
        shift.inserted = (!line.is_empty()).then_some((at, line.len()));
    }
    Ok((text, shift))
}

impl Shift {
    /// Where an offset of the new text was in the old; none for what was added.
    pub(super) fn original(self, offset: usize) -> Option<usize> {
        let offset = match self.inserted {
            Some((at, length)) if offset >= at + length => offset - length,
            Some((at, _)) if offset >= at => return None,
            _ => offset,
        };
        self.end.is_none_or(|end| offset < end).then_some(offset)
    }
}

/// Blanks the statement, or leaves what has to stay, in as many bytes.
fn take_out(bytes: &mut [u8], deferral: &Deferral<'_>) -> Result<(), String> {
    let range = deferral.statement.range;
    let old = bytes.get_mut(range.start().to_usize()..range.end().to_usize());
    let old = old.ok_or("a statement lies outside of its file")?;
    let stays = |(number, alias)| (!deferral.moved.contains(&number)).then_some(alias);
    let left: Vec<&Alias> = deferral
        .statement
        .aliases
        .iter()
        .enumerate()
        .filter_map(stays)
        .collect();
    let (head, tail) = match &deferral.statement.from {
        _ if left.is_empty() => ("(".to_owned(), ")"),
        None => (format!("import {}", written(&left)), ""),
        Some((level, module)) => {
            let dots = ".".repeat(*level as usize);
            (
                format!("from {dots}{module} import({}", written(&left)),
                ")",
            )
        }
    };
    let end = old.len().saturating_sub(tail.len());
    if head.len() > end {
        return Err(format!("there is no room to leave `{head}{tail}`"));
    }
    for (at, byte) in old.iter_mut().enumerate() {
        let line_end = matches!(*byte, b'\n' | b'\r') && !tail.is_empty();
        *byte = match at {
            at if at < head.len() => head.as_bytes().get(at).copied().unwrap_or(b' '),
            at if at >= end => tail.as_bytes().get(at - end).copied().unwrap_or(b' '),
            _ if line_end => *byte,
            _ => b' ',
        };
    }
    Ok(())
}

fn written(aliases: &[&Alias]) -> String {
    let one = |it: &&Alias| match &it.renamed {
        Some(renamed) => format!("{} as {renamed}", it.name),
        None => it.name.clone(),
    };
    aliases.iter().map(one).collect::<Vec<_>>().join(",")
}

/// A module `__getattr__` (PEP 562) that brings what was moved.
fn on_request(own: (&str, &str), deferrals: &[Deferral<'_>], text: &str) -> Result<String, String> {
    let mut cases = String::new();
    for deferral in deferrals {
        for number in &deferral.on_request {
            if let Some(alias) = deferral.statement.aliases.get(*number) {
                cases += &case(own, deferral.statement, alias);
            }
        }
    }
    if cases.is_empty() {
        return Ok(String::new());
    }
    let parsed = parse(text).map_err(|error| error.why)?;
    let is_getter = |it: &Stmt| matches!(it, Stmt::FunctionDef(it) if &it.name == "__getattr__");
    let (before, otherwise) = if parsed.body.iter().any(is_getter) {
        (
            "_getattr_before = __getattr__\n",
            "return _getattr_before(name)",
        )
    } else {
        (
            "",
            "raise AttributeError(f\"module {__name__!r} has no attribute {name!r}\")",
        )
    };
    Ok(format!(
        "\n\n{before}def __getattr__(name):\n{cases}    {otherwise}\n"
    ))
}

fn case((module, package): (&str, &str), statement: &Statement, alias: &Alias) -> String {
    let (name, bound) = (&alias.name, &alias.bound);
    let body = match &statement.from {
        None if alias.renamed.is_some() => format!("import {name} as {bound}"),
        None => format!("import {name}"),
        Some((level, from)) => {
            let dots = ".".repeat(*level as usize);
            // Asking the package itself would come back here.
            let own = statement.module(package).as_deref() == Some(module);
            if own {
                format!(
                    "import importlib\n        {bound} = importlib.import_module(\"{module}.{name}\")"
                )
            } else {
                format!("from {dots}{from} import {name} as {bound}")
            }
        }
    };
    format!("    if name == \"{bound}\":\n        {body}\n        return {bound}\n")
}

/// The future import, and where it goes: after the docstring, before everything else.
fn future_line(text: &str) -> Result<(usize, String), String> {
    let parsed = parse(text).map_err(|error| error.why)?;
    if future_annotations(&parsed.body).is_some() {
        return Ok((0, String::new()));
    }
    let Some(first) = parsed.body.first() else {
        return Ok((0, String::new()));
    };
    let docstring = matches!(first, Stmt::Expr(it) if it.value.is_string_literal_expr());
    Ok(if docstring {
        (first.end().to_usize(), format!("; {FUTURE}"))
    } else {
        (first.start().to_usize(), format!("{FUTURE}\n"))
    })
}

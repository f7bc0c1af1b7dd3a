//! Classes and functions that a task makes.

use super::context::{Here, is_name};
use super::pattern::Pattern;
use super::sentence::Sentence;
use super::{check, files};

static MADE: Pattern = Pattern::new(
    r"§ (?:(?:new|base|abstract|async|frozen|pydantic|cached|module-level) )*(class|dataclass|enum|protocol|model|function|method|helper|getter|constant|field)? ?(?:is )?(?:created|exists|defined|added|implemented)",
);

pub(super) fn bind(sentence: &Sentence<'_>, here: &Here<'_>) -> Option<Vec<String>> {
    let captures = MADE.captures(&sentence.shape)?;
    let name = sentence.only_span()?;
    let name = name.strip_suffix("()").unwrap_or(name);
    let python = here.python_files();
    if !is_name(name) || python.is_empty() {
        return None;
    }
    let kind = captures.get(1).map(|kind| kind.as_str().to_lowercase());
    let called = sentence
        .spans
        .first()
        .is_some_and(|span| span.ends_with("()"));
    let pattern = match kind.as_deref() {
        Some("constant" | "field") => format!(r"^\s*(self\.)?{name}\s*[:=]([^=]|$)"),
        Some("function" | "method" | "helper" | "getter") => {
            format!(r"^\s*(async\s+)?def {name}\b")
        }
        Some(_) => format!(r"^\s*class {name}\b"),
        None if called => format!(r"^\s*(async\s+)?def {name}\b"),
        None if name.starts_with(|c: char| c.is_ascii_uppercase()) => {
            format!(r"^\s*class {name}\b|^{name}\s*[:=]")
        }
        None => return None,
    };
    Some(vec![check(
        "text",
        [("files", files(&python)), ("present", pattern.into())],
    )])
}

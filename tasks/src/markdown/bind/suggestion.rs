//! Checks that may be meant, for the author to decide.

use super::context::{Here, is_name};
use super::pattern::Pattern;
use super::sentence::Sentence;
use super::{check, files};

static MOVED: Pattern = Pattern::new(
    r".*\bimports? moved (?:inside|into) (?:the )?functions?.*|.*\bimport moved inside function\(s\).*",
);
static HINTS: Pattern = Pattern::new(r"type hints use .*(?:strings?|type_checking).*");
static EARLIER: Pattern =
    Pattern::new(r"(m\d+\w*) (?:functionality )?(?:still )?works?.*|(m\d+\w*) still passes.*");
static REMOVED: Pattern = Pattern::new(r"§ (?:is )?(?:removed|gone) from §");
static PLURAL: Pattern =
    Pattern::new(r"(?:all )?(?:.*\b)?tests? (?:still )?(?:pass|passing|passes)\b.*");

/// The check that may be meant.
pub(super) fn of(sentence: &Sentence<'_>, here: &Here<'_>) -> Option<String> {
    let shape = sentence.shape.as_str();
    let python = here.python_files();
    let known = |word: &str| {
        let name = here.only_import().filter(|_| !python.is_empty())?;
        Some(check(
            word,
            [("files", files(&python)), ("name", name.into())],
        ))
    };
    if MOVED.fits(shape) {
        return known("deferred_import");
    }
    if HINTS.fits(shape) {
        return known("annotations_deferred");
    }
    if let Some(captures) = EARLIER.captures(shape) {
        let id = captures.get(1).or(captures.get(2))?.as_str().to_lowercase();
        return Some(check("milestone", [("holds", id.into())]));
    }
    if let (true, [word, file]) = (REMOVED.fits(shape), sentence.spans.as_slice()) {
        let path = here.resolve(file)?;
        let pattern = format!(r"\b{}\b", regex::escape(word));
        return Some(check(
            "text",
            [("files", path.as_str().into()), ("absent", pattern.into())],
        ));
    }
    if let Some(name) = sentence
        .spans
        .first()
        .filter(|span| span.starts_with("test_") && is_name(span))
    {
        let run: toml_edit::Array = ["pytest", "-k", name].into_iter().collect();
        return Some(check("command", [("run", run.into())]));
    }
    let first = here.tests.iter().next().filter(|_| PLURAL.fits(shape))?;
    let run: toml_edit::Array = first.split_whitespace().collect();
    Some(check("command", [("run", run.into())]))
}

//! Source lines with the culprit marked, as rustc shows them.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use checks::verdict::{Finding, Place};
use tasks::plan::PlanError;

use super::words::{printable, width, wrapped};

/// A width that cuts nothing.
const ROOMY: usize = 1000;

/// A finding: why, where, and the line with the culprit marked; or only why, if it has no place.
/// The line may begin further left than the words, to be shown whole.
pub(super) fn finding(finding: &Finding, words: usize, line: usize) -> String {
    let why = wrapped(&finding.message, words);
    let Some(place) = &finding.place else {
        return why;
    };
    let margin = " ".repeat(line);
    let shown = marked(place, width().saturating_sub(line));
    let shown = shown.lines().map(|line| format!("{margin}{line}\n"));
    why + &shown.collect::<String>()
}

/// A plan's error, coloured and plain.
pub(crate) fn plan_error(error: &PlanError) -> (String, String) {
    let message = printable(&error.message);
    let path = printable(&error.file);
    let help = error.help.as_deref().map(printable);
    // What is shown of a character is longer than the character.
    let shown = |end: usize| printable(&error.text[..floor(&error.text, end)]).len();
    let text = printable(&error.text);
    let span = shown(error.span.start)..shown(error.span.end.max(error.span.start));
    let snippet = Snippet::source(text.as_str())
        .path(path.as_str())
        .annotation(AnnotationKind::Primary.span(span));
    let mut group =
        Group::with_title(Level::ERROR.primary_title(message.as_str())).element(snippet);
    if let Some(help) = &help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let report = [group];
    (
        Renderer::styled().render(&report) + "\n",
        Renderer::plain().render(&report) + "\n",
    )
}

/// A place of the repository with the culprit marked.
pub(super) fn excerpt(
    place: &Place,
    kind: AnnotationKind,
) -> Snippet<'static, Annotation<'static>> {
    let source = shown(place);
    let byte = |column: usize| {
        let at = source.char_indices().nth(column).map(|(at, _)| at);
        at.unwrap_or(source.len())
    };
    let start = byte(place.column.saturating_sub(1));
    let end = byte(place.column.saturating_sub(1) + place.length).max(start);
    Snippet::source(source)
        .line_start(place.line)
        .path(printable(place.path.as_str()))
        .annotation(kind.span(start..end))
}

/// In colour where the terminal has it.
pub(super) fn renderer(width: usize) -> Renderer {
    let renderer = if console::colors_enabled() {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.term_width(width)
}

fn marked(place: &Place, width: usize) -> String {
    // The renderer cuts lines that are near its width; those that fit are left alone.
    let gutter = place.line.to_string().len() + " | ".len();
    let fits = gutter + textwrap::core::display_width(&shown(place)) <= width;
    let width = if fits { ROOMY } else { width };
    let excerpt = excerpt(place, AnnotationKind::Primary);
    renderer(width).render(&[Group::with_level(Level::ERROR).element(excerpt)])
}

/// The source line, a column for each character.
fn shown(place: &Place) -> String {
    printable(&place.source.replace('\t', " "))
}

fn floor(text: &str, mut offset: usize) -> usize {
    offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

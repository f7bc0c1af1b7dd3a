//! Workflow commands of GitHub Actions, which show an annotation beside the line it speaks of.
//!
//! Their form and what must be escaped: [GitHub's documentation][commands].
//!
//! [commands]: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands

use std::fmt::Write as _;

use tasks::lint::Level;

use super::{Annotation, Span};
use crate::render::printable;

/// One command a line.
pub(crate) fn text(annotations: &[Annotation]) -> String {
    let mut text = String::new();
    for annotation in annotations {
        let word = match annotation.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let mut properties = vec![format!("title={}", property(&annotation.rule))];
        properties.extend(annotation.place.iter().map(place));
        let message = value(&printable(&annotation.message));
        let _ = writeln!(text, "::{word} {}::{message}", properties.join(","));
    }
    text
}

fn place(span: &Span) -> String {
    let Span {
        path,
        line,
        column,
        end,
    } = span;
    let path = property(path);
    let last = end.saturating_sub(1).max(*column);
    format!("file={path},line={line},col={column},endColumn={last}")
}

fn value(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    value(&printable(text))
        .replace(':', "%3A")
        .replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_line() {
        let annotation = Annotation {
            rule: "2.1.1: a, b".to_owned(),
            level: Level::Error,
            message: "100 %\n::error::forged".to_owned(),
            place: Some(Span {
                path: "a,b.py".to_owned(),
                line: 3,
                column: 5,
                end: 10,
            }),
            related: Vec::new(),
        };
        assert_eq!(
            text(&[annotation]),
            "::error title=2.1.1%3A a%2C b,file=a%2Cb.py,line=3,col=5,endColumn=9::100 %25%0A::error::forged\n"
        );
    }
}

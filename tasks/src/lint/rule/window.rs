//! `first-lines`: a search that ends after the first lines of a file.

use checks::shell::weakness::{Weakness, weaknesses};

use crate::lint::{Against, Diagnostic, Level, Subject};

pub(super) const NAME: &str = "first-lines";

pub(super) fn find(subject: &Subject, _: Option<Against<'_>>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for line in &subject.lines {
        for weakness in weaknesses(&line.line.text) {
            if let Weakness::FirstLinesOnly { lines, .. } = &weakness {
                let message = format!("this test looks at the first {lines} lines only");
                found.push(
                    Diagnostic::new(NAME, Level::Warning, &line.line.span, message)
                        .label("what stands further down is never seen")
                        .help(weakness.remedy()),
                );
            }
        }
    }
    found
}

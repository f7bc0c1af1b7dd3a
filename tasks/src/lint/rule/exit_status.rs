//! `exit-status`: a test whose exit status does not show that it failed.

use checks::shell::weakness::weaknesses;

use crate::lint::subject::ShellLine;
use crate::lint::{Against, Diagnostic, Level, Subject};

pub(super) const NAME: &str = "exit-status";

/// What comments say of a search that should find nothing.
const NOTHING: [&str; 9] = [
    "should be empty",
    "should return nothing",
    "should find nothing",
    "should show nothing",
    "should output nothing",
    "no output",
    "expect nothing",
    "no matches",
    "no results",
];

pub(super) fn find(subject: &Subject, _: Option<Against<'_>>) -> Vec<Diagnostic> {
    subject
        .lines
        .iter()
        .filter_map(|line| hidden(line).or_else(|| inverted(line)))
        .collect()
}

fn hidden(line: &ShellLine) -> Option<Diagnostic> {
    let found = weaknesses(&line.line.text);
    let mut found = found.iter().filter(|it| it.hides_failure());
    let first = found.next()?;
    let message = "this test cannot fail: its exit status is 0 whatever it finds".to_owned();
    let message = match first {
        checks::shell::weakness::Weakness::CurlWithoutFail => {
            "this test does not notice an error of the server".to_owned()
        }
        checks::shell::weakness::Weakness::PipeHides { .. } => {
            "this test can fail unnoticed".to_owned()
        }
        _ => message,
    };
    let diagnostic = Diagnostic::new(NAME, Level::Error, &line.line.span, message)
        .label(first.to_string())
        .help(first.remedy());
    Some(found.fold(diagnostic, |it, more| it.note(more.to_string())))
}

/// `grep … # should be empty` exits with 1 when all is well.
fn inverted(line: &ShellLine) -> Option<Diagnostic> {
    let expectation = line.expectation.as_ref()?.to_lowercase();
    let wants_nothing = NOTHING.iter().any(|words| expectation.contains(words));
    let command = line.line.text.trim_start();
    let searches = command.starts_with("grep ") || command.starts_with("rg ");
    if !wants_nothing || !searches || command.contains("||") || command.contains("&&") {
        return None;
    }
    let message = "this test exits with 1 when all is well, and with 0 when it is not".to_owned();
    Some(
        Diagnostic::new(NAME, Level::Error, &line.line.span, message)
            .label("a search that finds nothing exits with 1")
            .help(format!(
                "write `! {command}`, and look first that its files are there"
            )),
    )
}

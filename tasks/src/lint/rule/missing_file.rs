//! `missing-file`: a file that the plan takes for granted and that is not there.

use checks::path::RepoPath;
use checks::snapshot::Snapshot;

use crate::lint::{Against, Diagnostic, Level, Subject};
use crate::nearest::did_you_mean;

pub(super) const NAME: &str = "missing-file";

pub(super) fn find(subject: &Subject, against: Option<Against<'_>>) -> Vec<Diagnostic> {
    let Some(against) = against else {
        return Vec::new();
    };
    let files = subject.tasks.iter().flat_map(|task| &task.files);
    files
        .filter(|file| matches!(against.snapshot.kind(&file.path), Ok(None)))
        .map(|file| {
            let path = &file.path;
            let message = match (against.ever_held)(path) {
                Some(true) => format!("`{path}` is not there any more"),
                Some(false) => format!("no revision ever held `{path}`"),
                None => format!("`{path}` is not there"),
            };
            let diagnostic = Diagnostic::new(NAME, Level::Warning, &file.span, message);
            let near = near(path, against.snapshot);
            diagnostic.help(
                near.unwrap_or_else(|| "say `(new)` behind a file that the task makes".to_owned()),
            )
        })
        .collect()
}

fn near(path: &RepoPath, snapshot: &dyn Snapshot) -> Option<String> {
    let listing = snapshot.list().ok()?;
    did_you_mean(path.as_str(), listing.paths.iter().map(RepoPath::as_str))
}

//! `missing-file`: a file that the plan takes for granted and that is not there.

use std::collections::BTreeSet;

use checks::path::RepoPath;
use checks::snapshot::Snapshot;

use crate::lint::subject::NamedFile;
use crate::lint::{Against, Diagnostic, Level, Subject};
use crate::nearest::did_you_mean;

pub(super) const NAME: &str = "missing-file";

pub(super) fn find(subject: &Subject, against: Option<Against<'_>>) -> Vec<Diagnostic> {
    let Some(against) = against else {
        return Vec::new();
    };
    let of_tasks = subject.tasks.iter().flat_map(|task| &task.files);
    let of_tasks = of_tasks.filter_map(|file| {
        missing(
            file,
            &against,
            "say `(new)` behind a file that the task makes",
        )
    });
    // What a task names was said there already, and may be made by it.
    let mut told = BTreeSet::new();
    let of_boxes = subject.boxes.iter().flat_map(|line| &line.files);
    let of_boxes =
        of_boxes.filter(|file| !subject.known.contains(&file.path) && told.insert(&file.path));
    let of_boxes = of_boxes.filter(|file| is_of_the_repository(&file.path, against.snapshot));
    let of_boxes =
        of_boxes.filter_map(|file| missing(file, &against, "name it with the task that makes it"));
    of_tasks.chain(of_boxes).collect()
}

fn missing(file: &NamedFile, against: &Against<'_>, way_out: &str) -> Option<Diagnostic> {
    let path = &file.path;
    // A pattern, or a place for a name, is no file.
    if path.as_str().contains(['*', '?', '[', '{', '<'])
        || !matches!(against.snapshot.kind(path), Ok(None))
    {
        return None;
    }
    let message = match (against.ever_held)(path) {
        Some(true) => format!("`{path}` is not there any more"),
        Some(false) => format!("no revision ever held `{path}`"),
        None => format!("`{path}` is not there"),
    };
    let near = near(path, against.snapshot);
    let diagnostic = Diagnostic::new(NAME, Level::Warning, &file.span, message);
    Some(diagnostic.help(near.unwrap_or_else(|| way_out.to_owned())))
}

/// Whether the first folder of a path is there: other paths may lie elsewhere.
fn is_of_the_repository(path: &RepoPath, snapshot: &dyn Snapshot) -> bool {
    let first = path.as_str().split('/').next().unwrap_or_default();
    let first = RepoPath::new(first);
    first.is_ok_and(|first| !matches!(snapshot.kind(&first), Ok(None)))
        || !path.as_str().contains('/')
}

fn near(path: &RepoPath, snapshot: &dyn Snapshot) -> Option<String> {
    let listing = snapshot.list().ok()?;
    did_you_mean(path.as_str(), listing.paths.iter().map(RepoPath::as_str))
}

//! What a verdict rests on, one JSON object a criterion, for the notes of a commit.

use std::collections::BTreeMap;

use checks::path::RepoPath;
use git2::Oid;
use jiff::Timestamp;
use serde::Serialize;
use tasks::deviation::text_hash;
use tasks::outside::Run;
use tasks::report::{BoxReport, Report, State};

use crate::failure::Failure;

/// The name and version of a line's format.
const SCHEMA: &str = "milestone-evidence/1";

/// One line.
#[derive(Debug, Serialize)]
struct Line<'a> {
    schema: &'static str,
    milestone: &'a str,
    task: Option<&'a str>,
    criterion: &'a str,
    /// The hash of the criterion's text: what was judged, in words.
    text: String,
    state: State,
    reason: &'a str,
    commit: String,
    tree: String,
    /// The content of the files that were looked at.
    files: BTreeMap<&'a RepoPath, &'a String>,
    /// The programs that ran.
    runs: Vec<&'a Run>,
    tool: &'a str,
    time: String,
}

/// The lines for everything that a report judged on the tree of a commit.
///
/// # Errors
///
/// A line cannot be written as JSON.
pub(crate) fn lines(
    report: &Report,
    commit: Oid,
    tree: Oid,
    time: Timestamp,
) -> Result<Vec<String>, Failure> {
    let line = |judged: &BoxReport| {
        let line = Line {
            schema: SCHEMA,
            milestone: &report.milestone,
            task: judged.task.as_deref(),
            criterion: &judged.id,
            text: text_hash(&judged.text),
            state: judged.state,
            reason: &judged.reason,
            commit: commit.to_string(),
            tree: tree.to_string(),
            files: judged
                .checks
                .iter()
                .flat_map(|check| &check.looked_at)
                .collect(),
            runs: judged
                .checks
                .iter()
                .filter_map(|check| check.run.as_ref())
                .collect(),
            tool: &report.tool,
            // Seconds are enough, and a line stays short.
            time: time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        };
        serde_json::to_string(&line)
            .map_err(|e| Failure::because("the evidence cannot be written as JSON", e))
    };
    report.boxes().map(line).collect()
}

//! What a verdict rests on, one line of JSON a criterion, for the notes of a commit.
//!
//! A line is an in-toto Statement v1 with the predicate test-result v0.1, so that other tools can
//! read it; what is our own stands in it under `milestone`, versioned by its `schema`. The format
//! is described in `tasks/FORMAT.md`. Evidence is found again by content, so that it outlives an
//! amended message, a rebase and a squash.

mod find;
mod stand;

use std::collections::BTreeMap;

use checks::path::RepoPath;
use git2::Oid;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tasks::deviation::text_hash;
use tasks::outside::Run;
use tasks::report::{BoxReport, CheckReport, Report, State};

use crate::failure::Failure;
use crate::plans::Sourced;
use crate::repository::Repository;
use crate::{journal, record};

pub(crate) use find::{Evidence, Found, Means, all, find};
pub(crate) use stand::{Examined, Standing, examine};

/// The name and version of our own part of a line.
pub(crate) const SCHEMA: &str = "milestone-evidence/2";

/// <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>
const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// <https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md>
const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// One line. What a person wants to read comes first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Statement {
    predicate: Predicate,
    predicate_type: String,
    subject: Vec<Resource>,
    #[serde(rename = "_type")]
    kind: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Predicate {
    result: TestResult,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    passed_tests: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    warned_tests: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    failed_tests: Vec<String>,
    milestone: Record,
    configuration: Vec<Resource>,
}

/// The three results that in-toto knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum TestResult {
    Passed,
    Warned,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Resource {
    name: String,
    digest: BTreeMap<String, String>,
}

/// Our own part of a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) schema: String,
    pub(crate) milestone: String,
    pub(crate) task: Option<String>,
    pub(crate) criterion: String,
    /// The hash of the criterion's text: what was judged, in words.
    pub(crate) text: String,
    pub(crate) state: State,
    /// Why it is not a plain pass.
    pub(crate) reason: String,
    pub(crate) checks: Vec<Looked>,
    pub(crate) tool: String,
    pub(crate) time: String,
}

/// What one check answered and looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Looked {
    pub(crate) check: String,
    pub(crate) state: State,
    /// The content that was looked at, in the words of a report.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) files: BTreeMap<RepoPath, String>,
    /// Whether it asked which files there are at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) listed: bool,
    /// The program that ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<Run>,
}

/// The lines for everything that a report judged on the tree of a commit. A box that was not
/// asked, or that only a person can judge, is nothing that was found out: it has no line.
///
/// # Errors
///
/// A line cannot be written as JSON.
pub(crate) fn lines(
    report: &Report,
    sourced: &Sourced,
    commit: Oid,
    tree: Oid,
    time: Timestamp,
) -> Result<Vec<String>, Failure> {
    let asked = report
        .boxes()
        .filter(|judged| !matches!(judged.state, State::Skipped | State::Manual));
    let lines = asked.map(|judged| {
        let record = Record::new(report, judged, time);
        let statement = Statement::new(record, sourced, commit, tree);
        serde_json::to_string(&statement)
            .map_err(|e| Failure::because("the evidence cannot be written as JSON", e))
    });
    lines.collect()
}

/// Writes lines to the note of a commit, and to the journal of this machine.
///
/// # Errors
///
/// The notes cannot be written.
pub(crate) fn keep(repository: &Repository, commit: Oid, lines: &[String]) -> Result<(), Failure> {
    record::append(repository, commit, lines)?;
    // Without a journal the evidence stands all the same: it only saves no run.
    let _ = journal::add(lines);
    Ok(())
}

impl Statement {
    fn new(record: Record, sourced: &Sourced, commit: Oid, tree: Oid) -> Self {
        let result = TestResult::of(record.state);
        let name = format!("{} {}", record.milestone, record.criterion);
        let named = |wanted| {
            let those = (result == wanted).then(|| name.clone());
            those.into_iter().collect()
        };
        Self {
            kind: STATEMENT.to_owned(),
            subject: vec![
                Resource::new("commit", "gitCommit", commit),
                Resource::new("tree", "gitTree", tree),
            ],
            predicate_type: TEST_RESULT.to_owned(),
            predicate: Predicate {
                result,
                passed_tests: named(TestResult::Passed),
                warned_tests: named(TestResult::Warned),
                failed_tests: named(TestResult::Failed),
                milestone: record,
                configuration: vec![Resource::new(
                    &sourced.name(),
                    "gitBlob",
                    sourced.content.as_str(),
                )],
            },
        }
    }

    /// The statement on a line of a note; none if the line is no evidence of this version.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let statement: Self = serde_json::from_str(line).ok()?;
        let known = statement.kind == STATEMENT
            && statement.predicate_type == TEST_RESULT
            && statement.record().schema == SCHEMA;
        known.then_some(statement)
    }

    pub(crate) fn record(&self) -> &Record {
        &self.predicate.milestone
    }

    /// The commit that was judged.
    pub(crate) fn commit(&self) -> Option<Oid> {
        self.subject("gitCommit")
    }

    /// The tree that was judged.
    pub(crate) fn tree(&self) -> Option<Oid> {
        self.subject("gitTree")
    }

    /// The content id of the plan that was asked.
    pub(crate) fn plan(&self) -> Option<&str> {
        let plan = self.predicate.configuration.first()?;
        plan.digest.get("gitBlob").map(String::as_str)
    }

    fn subject(&self, kind: &str) -> Option<Oid> {
        let mut ids = self.subject.iter().filter_map(|it| it.digest.get(kind));
        ids.next().and_then(|id| Oid::from_str(id).ok())
    }
}

impl TestResult {
    /// What a person accepted is a warning, and only what was proved is a pass: in-toto has no
    /// word for what could not be decided.
    fn of(state: State) -> Self {
        match state {
            State::Pass => Self::Passed,
            State::Attested | State::Waived => Self::Warned,
            State::Fail | State::Undecided | State::Skipped | State::Manual => Self::Failed,
        }
    }
}

impl Resource {
    fn new(name: &str, kind: &str, id: impl ToString) -> Self {
        Self {
            name: name.to_owned(),
            digest: BTreeMap::from([(kind.to_owned(), id.to_string())]),
        }
    }
}

impl Record {
    fn new(report: &Report, judged: &BoxReport, time: Timestamp) -> Self {
        let looked = |check: &CheckReport| Looked {
            check: check.check.clone(),
            state: check.state,
            files: check.looked_at.clone(),
            listed: check.listed,
            run: check.run.clone(),
        };
        Self {
            schema: SCHEMA.to_owned(),
            milestone: report.milestone.clone(),
            task: judged.task.clone(),
            criterion: judged.id.clone(),
            text: text_hash(&judged.text),
            state: judged.state,
            reason: judged.reason.clone(),
            checks: judged.checks.iter().map(looked).collect(),
            tool: report.tool.clone(),
            // Seconds are enough, and a line stays short.
            time: time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }
}

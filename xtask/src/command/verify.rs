//! `verify`: the checks of some tasks, or of all.

use git2::Oid;
use jiff::Timestamp;
use tasks::report::Report;

use crate::cli::{Common, Format, Verdicts, Verify};
use crate::failure::Failure;
use crate::repository::Scope;
use crate::session::{Question, Session};
use crate::{evidence, record, render};

pub(super) fn run(
    common: &Common,
    milestone: Option<&str>,
    options: &Verify,
) -> Result<u8, Failure> {
    let session = Session::open_at(common, milestone, options.verdicts.judging.at.as_deref())?;
    if options.record {
        // Before the work, so that nobody waits for a record that cannot be made.
        commit_judged(&session)?;
    }
    let report = session.judge(&Question {
        tasks: options.tasks.clone(),
        controls: !options.no_controls,
        ..question(&options.verdicts)
    })?;
    let format = common.format().unwrap_or(Format::Terminal);
    super::print(&report, format, render::verify::text)?;
    if options.record {
        let commit = recorded(&session, &report)?;
        eprintln!("recorded in the notes of {commit}: `git notes --ref=milestones show {commit}`");
    }
    Ok(report.exit_code(options.verdicts.judging.require_done))
}

/// Writes the verdicts to the notes of the commit that was judged; returns its short id.
fn recorded(session: &Session, report: &Report) -> Result<String, Failure> {
    let (commit, tree) = commit_judged(session)?;
    let lines = evidence::lines(report, commit, tree, Timestamp::now())?;
    record::append(&session.repository, commit, &lines)?;
    Ok(commit.to_string().chars().take(8).collect())
}

/// The commit whose tree is judged, and that tree.
///
/// # Errors
///
/// There is no commit, or the work tree differs from it.
fn commit_judged(session: &Session) -> Result<(Oid, Oid), Failure> {
    if let Some(revision) = &session.at {
        let commit = revision.commit.ok_or_else(|| {
            let name = &revision.name;
            Failure::new(format!("`{name}` is a tree, and notes hang on commits"))
                .with_help("name a commit")
        })?;
        return Ok((commit, revision.tree));
    }
    let head = session.repository.head()?;
    let commit = head.commit.ok_or_else(|| {
        Failure::new("there is no commit yet that evidence could be recorded for")
            .with_help("commit first")
    })?;
    let changed = session.repository.changed(&Scope::Everything)?;
    match changed.first() {
        None => Ok((
            commit,
            session.repository.revision(&commit.to_string())?.tree,
        )),
        Some(change) => Err(Failure::new(format!(
            "the work tree is not clean, so nothing can be recorded: `{}` is {}",
            change.path, change.how
        ))
        .with_help("commit, stash or ignore what differs, then record again")),
    }
}

/// The question that these options ask, without controls.
pub(super) fn question(options: &Verdicts) -> Question {
    Question {
        no_programs: (!options.full).then(|| "runs with `--full`".to_owned()),
        python: options.python.clone(),
        judging: options.judging.clone(),
        ..Question::default()
    }
}

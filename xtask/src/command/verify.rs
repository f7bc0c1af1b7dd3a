//! `verify`: the checks of some tasks, or of all.

use git2::Oid;
use jiff::Timestamp;
use tasks::report::Report;

use crate::baseline::Against;
use crate::cli::{Common, Format, Verdicts, Verify};
use crate::failure::Failure;
use crate::output;
use crate::repository::Scope;
use crate::session::{Question, Session};
use crate::{evidence, render};

pub(super) fn run(
    common: &Common,
    milestone: Option<&str>,
    options: &Verify,
) -> Result<u8, Failure> {
    let session = Session::open_at(common, milestone, options.verdicts.judging.at.as_deref())?;
    // Before the work, so that nobody waits for a record that cannot be made. What is recorded
    // for a commit is judged by its tree: an ignored file on disk is not in it.
    let judged = options
        .record
        .then(|| commit_judged(&session))
        .transpose()?;
    let report = session.judge(&Question {
        tasks: options.tasks.clone(),
        controls: !options.no_controls,
        fail_fast: options.fail_fast,
        tree: judged
            .filter(|_| session.at.is_none())
            .map(|(_, tree)| tree),
        ..question(common, &options.verdicts)
    })?;
    let format = common.format().unwrap_or(Format::Terminal);
    super::print(&report, format, render::verify::text)?;
    if let Some(judged) = judged {
        let commit = recorded(&session, &report, judged)?;
        let shown = format!("`git notes --ref=milestones show {commit}`");
        output::say(&format!("recorded in the notes of {commit}: {shown}\n"));
    }
    Ok(report.exit_code(options.verdicts.judging.require_done))
}

/// Writes the verdicts to the notes of the commit that was judged; returns its short id.
fn recorded(session: &Session, report: &Report, judged: (Oid, Oid)) -> Result<String, Failure> {
    if commit_judged(session)? != judged {
        return Err(
            Failure::new("HEAD moved while it was judged: nothing was recorded")
                .with_help("run the command again"),
        );
    }
    let (commit, tree) = judged;
    let lines = evidence::lines(report, &session.sourced, commit, tree, Timestamp::now())?;
    evidence::keep(&session.repository, commit, &lines)?;
    Ok(render::short(&commit.to_string()))
}

/// The commit that is judged, and its tree, which is what lies on disk if no other was named.
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
    let repository = &session.repository;
    let commit = repository.head()?.commit.ok_or_else(|| {
        Failure::new("there is no commit yet that evidence could be recorded for")
            .with_help("commit first")
    })?;
    let tree = repository.revision(&commit.to_string())?.tree;
    let differs = |path: &str, how: &str| {
        Failure::new(format!(
            "the work tree is not clean, so nothing can be recorded: `{path}` is {how}"
        ))
        .with_help("commit, stash or ignore what differs, then record again")
    };
    if let Some(change) = repository.changed(&Scope::Everything)?.first() {
        return Err(differs(&change.path, change.how));
    }
    // What git was told not to look at is looked at here.
    match repository
        .differs_from_tree(tree, &Scope::Everything)?
        .first()
    {
        None => Ok((commit, tree)),
        Some(path) => Err(differs(path, "not as the commit has it")),
    }
}

/// The question that these options ask, without controls.
pub(super) fn question(common: &Common, options: &Verdicts) -> Question {
    let left_out = (!options.full).then(|| "runs with `--full`".to_owned());
    Question {
        no_programs: common.no_programs().or(left_out),
        python: options.python.clone(),
        hosts: options.allow_host.clone(),
        judging: options.judging.clone(),
        fresh: options.fresh,
        isolated: options.isolated,
        restore: options.restore,
        jobs: options.jobs,
        against: Against::new(options.against.as_ref()),
        ..Question::default()
    }
}

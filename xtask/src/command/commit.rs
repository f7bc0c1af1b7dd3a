//! `commit`: the tree that will be committed is verified, committed, and recorded.

use std::path::{Path, PathBuf};

use checks::path::RepoPath;
use checks::snapshot::Snapshot;
use git2::Oid;
use jiff::Timestamp;
use serde::Serialize;
use tasks::plan::Task;
use tasks::report::{BoxReport, Deciding, Report, SnapshotInfo, State};
use tasks::verify::{Request, predecessors, verify};

use crate::check::Live;
use crate::cli::{Commit, Common, Format, Judging};
use crate::commit::{Committed, Message, Refused, Trailer, commit};
use crate::failure::Failure;
use crate::plans::Source;
use crate::proof::Proofs;
use crate::repository::Scope;
use crate::session::{Session, interrupted, request};
use crate::snapshot::{Tree, WorkTree};
use crate::world::{Isolated, World};
use crate::{evidence, output, render, trailers};

/// How many files are named where there may be many.
const NAMED: usize = 5;

pub(super) fn run(
    common: &Common,
    milestone: Option<&str>,
    options: &Commit,
) -> Result<u8, Failure> {
    let session = Session::open(common, milestone)?;
    session.known_tasks(std::slice::from_ref(&options.task))?;
    let plan = &session.sourced.plan;
    let Some(task) = plan.task(&options.task) else {
        return Err(Failure::new(format!("there is no task `{}`", options.task)));
    };
    if options
        .message
        .as_ref()
        .is_some_and(|it| it.trim().is_empty())
    {
        return Err(Failure::new("`--message` is empty")
            .with_help("say what the commit does, or leave it out for the plan's words"));
    }
    let scope = scope(&session, task, options)?;
    let candidate = Candidate {
        session: &session,
        task,
        options,
        no_programs: common.no_programs().or_else(|| {
            let left_out = "left out by `--without-commands`";
            options.without_commands.then(|| left_out.to_owned())
        }),
    };
    let mut judged = None;
    let mut judge = |tree: Oid, snapshot: &dyn Snapshot| {
        let report = candidate.judge(tree, snapshot).map_err(Refusal::Failed)?;
        let message = candidate.message(&report)?;
        judged = Some(report);
        Ok(message)
    };
    let committed = match commit(&session.repository, &scope, &mut judge) {
        Ok(committed) => committed,
        Err(Refused::Failed(failure) | Refused::Judged(Refusal::Failed(failure))) => {
            return Err(failure);
        }
        Err(Refused::Judged(Refusal::Holds(report, failure))) => {
            let format = common.format().unwrap_or(Format::Terminal);
            super::print(&report, format, render::verify::text)?;
            return Err(failure);
        }
    };
    let report = judged.ok_or_else(|| Failure::new("a commit was made that nobody judged"))?;
    finish(common, &session, &committed, &report)
}

/// Why a candidate was refused.
enum Refusal {
    /// It does not hold: the report, and what to do.
    Holds(Box<Report>, Failure),
    /// It could not be judged.
    Failed(Failure),
}

/// The tree that will be committed.
struct Candidate<'a> {
    session: &'a Session,
    task: &'a Task<Live>,
    options: &'a Commit,
    /// Why no program runs; none if they do.
    no_programs: Option<String>,
}

impl Candidate<'_> {
    /// Judges the task and those before it on exactly this tree.
    fn judge(&self, tree: Oid, snapshot: &dyn Snapshot) -> Result<Report, Failure> {
        let repository = &self.session.repository;
        let plan = &self.session.sourced.plan;
        let head = repository.head()?;
        let judging = Judging {
            no_waivers: self.options.no_waivers,
            ..Judging::default()
        };
        let deviations = self.session.deviations(snapshot, &judging)?;
        let runs = self.no_programs.is_none();
        let isolated = (runs && self.options.isolated).then_some(Isolated { commit: None, tree });
        // What lies on disk matters to programs alone, and not to all of them.
        let other_files = if runs && isolated.is_none() {
            other_files(&repository.differs_from_tree(tree, &Scope::Everything)?)
        } else {
            None
        };
        let proofs = if !runs || self.options.fresh || other_files.is_some() {
            Proofs::default()
        } else {
            Proofs::on(repository, tree)?
        };
        let mut world = World {
            no_programs: self.no_programs.clone(),
            other_files,
            isolated,
            restore: self.options.restore,
            jobs: self.options.jobs,
            proofs,
            candidate: Some(tree),
            ..self.session.world(self.options.python.as_deref())
        };
        let mut tasks: Vec<String> = predecessors(plan, &self.task.id)
            .into_iter()
            .map(str::to_owned)
            .collect();
        tasks.push(self.task.id.clone());
        let request = Request {
            controls: true,
            ..request(&tasks, &deviations)
        };
        let info = SnapshotInfo {
            kind: "tree".to_owned(),
            revision: head.commit.map(|commit| commit.to_string()),
            tree: Some(tree.to_string()),
            branch: head.branch().map(str::to_owned),
            changed: Vec::new(),
        };
        let mut report = verify(plan, snapshot, info, &mut world, &request);
        if let Some(signal) = world.interrupted() {
            return Err(interrupted(signal));
        }
        report.warnings.extend(world.leave());
        Ok(report)
    }

    /// The message, if the task is done on this tree and those before it are.
    fn message(&self, report: &Report) -> Result<Message, Refusal> {
        let milestone = &self.session.sourced.plan.milestone;
        let id = &self.task.id;
        let deciding = report.deciding(id);
        if let Some(undone) = deciding.iter().find(|d| !self.acceptable(d.state)) {
            let mut failure = Failure::new(format!(
                "task `{id}` is not done on the tree that would be committed: `{}` {}",
                undone.name,
                phrase(undone.state)
            ));
            failure.exit = if deciding.iter().any(|d| d.state == State::Fail) {
                1
            } else {
                2
            };
            let failure = failure.with_help(way_out(&milestone.id, undone));
            return Err(Refusal::Holds(Box::new(only(report, id)), failure));
        }
        let before = report.tasks.iter().filter(|task| task.id != *id);
        let undone = before
            .flat_map(|task| report.deciding(&task.id))
            .find(|d| !self.acceptable(d.state));
        if let (Some(undone), false) = (undone, self.options.out_of_order) {
            let before = undone.task;
            let failure = Failure::new(format!(
                "task `{id}` comes after `{before}`, which is not done: `{}` {}",
                undone.name,
                phrase(undone.state)
            ))
            .with_help(format!(
                "finish `{before}` first, or commit with `--out-of-order`"
            ));
            return Err(Refusal::Holds(Box::new(only(report, before)), failure));
        }
        Ok(self.written(&criteria(report, id)))
    }

    /// Whether a box in this state lets the task be committed.
    fn acceptable(&self, state: State) -> bool {
        let left_out = self.no_programs.is_some() && state == State::Skipped;
        state.lets_be_done() || left_out
    }

    fn written(&self, boxes: &[&BoxReport]) -> Message {
        let milestone = &self.session.sourced.plan.milestone;
        let what = self.task.commit.as_ref().unwrap_or(&self.task.title);
        let form = milestone
            .subject
            .as_deref()
            .unwrap_or("{what} (Task {task})");
        let planned = form
            .replace("{what}", what)
            .replace("{task}", &self.task.id);
        let trailer = |key: &str, value: String| Trailer {
            key: key.to_owned(),
            value,
        };
        let mut trailers = vec![
            trailer(trailers::MILESTONE, milestone.id.clone()),
            trailer(trailers::TASK, self.task.id.clone()),
            trailer(trailers::VERIFIED, verified(boxes)),
        ];
        for (key, state) in DEVIATING {
            let ids: Vec<&str> = in_state(boxes, state).collect();
            if !ids.is_empty() {
                trailers.push(trailer(key, ids.join(", ")));
            }
        }
        Message {
            subject: self.options.message.clone().unwrap_or(planned),
            body: None,
            trailers,
        }
    }
}

/// The trailers that name what was not proved.
const DEVIATING: [(&str, State); 3] = [
    ("Waived", State::Waived),
    ("Attested", State::Attested),
    ("Not-Run", State::Skipped),
];

/// What a commit of a task says on success.
#[derive(Serialize)]
struct Answer<'a> {
    commit: String,
    tree: String,
    branch: &'a str,
    subject: &'a str,
    paths: &'a [String],
    verified: String,
    warnings: Vec<String>,
}

/// Records the evidence and tells what was done.
fn finish(
    common: &Common,
    session: &Session,
    committed: &Committed,
    report: &Report,
) -> Result<u8, Failure> {
    let task = report
        .tasks
        .last()
        .map(|task| task.id.clone())
        .unwrap_or_default();
    let report = only(report, &task);
    let boxes: Vec<&BoxReport> = report.criteria.iter().collect();
    let mut warnings = hook_warnings(committed);
    warnings.extend(other_plan(session, committed.tree));
    let (commit, tree) = (committed.commit, committed.tree);
    let lines = evidence::lines(&report, &session.sourced, commit, tree, Timestamp::now());
    let recorded =
        lines.and_then(|lines| evidence::keep(&session.repository, committed.commit, &lines));
    if let Err(failure) = recorded {
        // The commit stands: that its evidence could not be kept must not look like a refusal.
        warnings.push(format!(
            "the evidence was not recorded: {}",
            failure.message
        ));
    }
    let answer = Answer {
        commit: committed.commit.to_string(),
        tree: committed.tree.to_string(),
        branch: &committed.branch,
        subject: &committed.subject,
        paths: &committed.paths,
        verified: verified(&boxes),
        warnings,
    };
    match common.format().unwrap_or(Format::Terminal) {
        Format::Json => output::print(&super::json(&answer)?)?,
        _ => {
            output::print(&render::printable(&told(&answer, &boxes)))?;
        }
    }
    Ok(0)
}

fn told(answer: &Answer<'_>, boxes: &[&BoxReport]) -> String {
    let short = render::short(&answer.commit);
    let mut text = format!(
        "committed {short} on {}: {}\n",
        answer.branch, answer.subject
    );
    for path in answer.paths {
        text += &format!("  {}\n", path.replace('\n', "\\n"));
    }
    text += &format!("verified {}", answer.verified);
    for (key, state) in DEVIATING {
        let ids: Vec<&str> = in_state(boxes, state).collect();
        if !ids.is_empty() {
            text += &format!(
                ", {}: {}",
                key.to_lowercase().replace('-', " "),
                ids.join(", ")
            );
        }
    }
    text.push('\n');
    for warning in &answer.warnings {
        text += &format!("warning: {}\n", warning.replace('\n', "\\n"));
    }
    text
}

/// A plan that the commit does not hold as it was judged by.
fn other_plan(session: &Session, tree: Oid) -> Option<String> {
    let Source::File(_, Some(file)) = &session.sourced.source else {
        return None;
    };
    let scope = Scope::Under(vec![file.clone()]);
    let differing = session.repository.differs_from_tree(tree, &scope);
    // The commit stands by now: what cannot be known is no reason to fail.
    let differs = !differing.is_ok_and(|paths| paths.is_empty());
    differs.then(|| {
        format!("judged by `{file}` as it lies on disk, which this commit does not hold like that")
    })
}

fn hook_warnings(committed: &Committed) -> Vec<String> {
    let mut warnings = Vec::new();
    if !committed.added_by_hooks.is_empty() {
        let paths = committed.added_by_hooks.join(", ");
        warnings.push(format!("a hook added to the commit: {paths}"));
    }
    if !committed.changed_by_hooks.is_empty() {
        let paths = committed.changed_by_hooks.join(", ");
        warnings.push(format!(
            "a hook changed files that the commit does not hold: {paths}"
        ));
    }
    warnings
}

/// What is committed: the task's files, what the call names besides, and the file with the
/// deviations that the verdict leans on.
fn scope(session: &Session, task: &Task<Live>, options: &Commit) -> Result<Scope, Failure> {
    if options.all {
        return Ok(Scope::Everything);
    }
    let milestone = &session.sourced.plan.milestone.id;
    if task.files.is_empty() && options.include.is_empty() {
        return Err(
            Failure::new(format!("task `{}` names no files to commit", task.id))
                .with_help(format!(
                    "record it: `cargo xtask {milestone} verify {} --full --record`",
                    task.id
                ))
                .with_help("or name what to commit with `--include PATH`"),
        );
    }
    let mut paths = task.files.clone();
    for path in &options.include {
        paths.push(inside(session.repository.top(), path)?);
    }
    if let Some(file) = leaned_on(session, task, options)? {
        paths.push(file);
    }
    Ok(Scope::Under(paths))
}

/// The file with the deviations, if one of them is about this task or one before it.
fn leaned_on(
    session: &Session,
    task: &Task<Live>,
    options: &Commit,
) -> Result<Option<RepoPath>, Failure> {
    let (_, Some(file)) = session.sourced.deviations_file(session.repository.top()) else {
        return Ok(None);
    };
    let judging = Judging {
        no_waivers: options.no_waivers,
        ..Judging::default()
    };
    let plan = &session.sourced.plan;
    let mut tasks = predecessors(plan, &task.id);
    tasks.push(&task.id);
    let about = |id: &String| {
        let found = plan.find_box(id).and_then(|(task, _)| task);
        found.is_some_and(|task| tasks.contains(&task.id.as_str()))
    };
    let leans = |snapshot: &dyn Snapshot| -> Result<bool, Failure> {
        let deviations = session.deviations(snapshot, &judging)?;
        let waived = deviations.waivers.iter().map(|waiver| &waiver.criterion);
        let attested = deviations.attestations.iter().map(|a| &a.criterion);
        Ok(waived.chain(attested).any(about))
    };
    if leans(&WorkTree::new(&session.repository))? {
        return Ok(Some(file));
    }
    // A word that was taken back on disk must not count because HEAD still has it.
    let Some(head) = session.repository.head()?.commit else {
        return Ok(None);
    };
    let tree = session.repository.revision(&head.to_string())?.tree;
    let tree = Tree::new(&session.repository, tree).map_err(|e| Failure::new(e.to_string()))?;
    Ok(leans(&tree)?.then_some(file))
}

/// A path that the user named, as a path inside the repository.
fn inside(top: &Path, path: &Path) -> Result<RepoPath, Failure> {
    let outside = || {
        Failure::new(format!("`{}` is not inside the repository", path.display()))
            .with_help(format!("name a path under `{}`", top.display()))
    };
    let current = std::env::current_dir().unwrap_or_default();
    // Without a look at the disk: a file to be deleted is not there, and a link means itself.
    let mut absolute = PathBuf::new();
    for part in current.join(path).components() {
        match part {
            std::path::Component::ParentDir => {
                absolute.pop();
            }
            std::path::Component::CurDir => {}
            part => absolute.push(part),
        }
    }
    if absolute == top {
        return Err(
            Failure::new(format!("`{}` is the whole repository", path.display()))
                .with_help("commit everything that changed with `--all`"),
        );
    }
    let from_top = absolute
        .strip_prefix(top)
        .ok()
        .filter(|p| !p.as_os_str().is_empty());
    // With `-C` a path from the top of that repository is meant as well.
    let relative = from_top.or_else(|| Some(path).filter(|p| p.is_relative()));
    let text = relative.and_then(Path::to_str).ok_or_else(outside)?;
    RepoPath::new(text).map_err(|_| outside())
}

fn other_files(differing: &[String]) -> Option<String> {
    let named = differing.iter().take(NAMED).map(|path| format!("`{path}`"));
    let mut named: Vec<String> = named.collect();
    if differing.len() > NAMED {
        named.push(format!("{} more", differing.len() - NAMED));
    }
    (!named.is_empty()).then(|| {
        format!(
            "it would run on files that are not in this commit: {}; commit or stash them, add them with `--include` or `--all`, or use `--isolated` or `--without-commands`",
            named.join(", ")
        )
    })
}

fn way_out(milestone: &str, undone: &Deciding<'_>) -> String {
    let id = &undone.name;
    match undone.state {
        State::Manual => {
            format!("look, then say so: `cargo xtask {milestone} attest {id} --note \"…\"`")
        }
        State::Undecided => format!("the way out is in the reason: {}", undone.reason),
        _ if !undone.is_box => "make it hold, or let the plan not say `decides`".to_owned(),
        _ => format!(
            "make it hold, or accept it: `cargo xtask {milestone} waive {id} --reason \"…\"`"
        ),
    }
}

/// What is to be said of a box in this state.
fn phrase(state: State) -> &'static str {
    match state {
        State::Fail => "fails",
        State::Undecided => "is undecided",
        State::Manual => "is for a person to judge",
        State::Skipped => "was not run",
        State::Pass | State::Attested | State::Waived => "holds",
    }
}

fn criteria<'r>(report: &'r Report, task: &str) -> Vec<&'r BoxReport> {
    let of_task = |b: &&BoxReport| b.task.as_deref() == Some(task);
    report.criteria.iter().filter(of_task).collect()
}

fn in_state<'b>(boxes: &'b [&BoxReport], state: State) -> impl Iterator<Item = &'b str> {
    let those = boxes.iter().filter(move |b| b.state == state);
    those.map(|b| b.id.as_str())
}

/// `3/4`: how many of the task's criteria were proved.
fn verified(boxes: &[&BoxReport]) -> String {
    format!("{}/{}", in_state(boxes, State::Pass).count(), boxes.len())
}

/// The report about this task alone.
fn only(report: &Report, task: &str) -> Report {
    let mut report = report.clone();
    report.tasks.retain(|t| t.id == task);
    report.criteria.retain(|b| b.task.as_deref() == Some(task));
    report.smoke_tests.retain(|smoke| smoke.task == task);
    report.tests.retain(|test| test.task == task);
    report
}

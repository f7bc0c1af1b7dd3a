//! The command line.
//!
//! `cargo xtask [-C DIR] [--plan FILE] [MILESTONE] COMMAND`, options before or after the command.

use std::ffi::OsString;
use std::path::PathBuf;

use checks::python::{ModuleName, PythonVersion};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::failure::Failure;

/// A call, understood.
#[derive(Debug)]
pub(crate) struct Call {
    /// The options that every command knows.
    pub(crate) common: Common,
    /// What to do.
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug)]
pub(crate) enum Command {
    /// Something about one milestone: the one that was named, or the plan file's.
    Milestone(Option<String>, MilestoneCommand),
    /// Something that needs none.
    Plain(PlainCommand),
}

/// Runs a milestone plan and tells the truth about it.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    override_usage = "cargo xtask [-C DIR] [--plan FILE] [MILESTONE] COMMAND",
    subcommand_help_heading = "Commands",
    disable_help_subcommand = true,
    after_help = "MILESTONE is an id that `cargo xtask list` shows, such as `m2`; with `--plan` it can be left out.\n\
        Exit code: 1 if anything judged fails; else 2 if anything is undecided or the call was wrong; else 0."
)]
struct Line {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: LineCommand,
}

#[derive(Debug, Subcommand)]
enum LineCommand {
    #[command(flatten)]
    Milestone(MilestoneCommand),
    #[command(flatten)]
    Plain(PlainCommand),
    #[command(external_subcommand)]
    Named(Vec<OsString>),
}

/// What stands after the milestone.
#[derive(Debug, Parser)]
#[command(
    disable_help_subcommand = true,
    no_binary_name = true,
    about = "Commands that are about one milestone"
)]
struct AfterMilestone {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: MilestoneCommand,
}

/// The options that every command knows.
#[derive(Debug, Default, Clone, Args)]
pub(crate) struct Common {
    /// Judge the repository around DIR [default: $MILESTONE_REPO, else the current directory]
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,
    /// Run the plan in FILE
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) plan: Option<PathBuf>,
    /// How to print the answer
    #[arg(long, value_name = "FORMAT", global = true)]
    pub(crate) format: Option<Format>,
    /// The same as `--format json`
    #[arg(long, global = true, conflicts_with = "format")]
    pub(crate) json: bool,
}

/// How to print an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a person at a terminal
    Terminal,
    /// For a program: one object, nothing else
    Json,
    /// For a pull request
    Markdown,
}

/// What can be done about one milestone.
#[derive(Debug, Subcommand)]
pub(crate) enum MilestoneCommand {
    /// Show where the milestone stands; nothing slow is run
    Status(Status),
    /// Run the checks of these tasks, or of all
    Verify(Verify),
    /// Verify the tree that will be committed, and commit it
    Commit(Commit),
    /// Print the completion checklist
    Report(Verdicts),
    /// Show at which commit each criterion held first, broke and came back
    History(HistoryOptions),
    /// Show, check and share what was recorded in the notes
    Evidence(EvidenceOptions),
    /// Accept that a criterion does not hold, with the reason
    Waive(Waive),
    /// Vouch for a criterion that only a person can judge
    Attest(Attest),
}

/// What can be done without a milestone.
#[derive(Debug, Subcommand)]
pub(crate) enum PlainCommand {
    /// List the milestones there are
    List,
    /// Make a small sample repository and walk through a milestone on it
    Demo(Demo),
    /// Show which modules importing one module loads, and through which chain
    Imports(Imports),
}

/// How to judge.
#[derive(Debug, Default, Clone, Args)]
pub(crate) struct Judging {
    /// Judge without waivers and attestations
    #[arg(long)]
    pub(crate) no_waivers: bool,
    /// Exit with 2 if anything is left to do, also what was skipped or is manual
    #[arg(long)]
    pub(crate) require_done: bool,
    /// Judge this revision instead of the files on disk; no checkout is made or needed
    #[arg(long, value_name = "REV")]
    pub(crate) at: Option<String>,
}

/// `status`
#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) judging: Judging,
    /// Compare with what people claim: the ticks of the Markdown plan DOCUMENT and the handoffs
    /// beside it, if it is named, and what commits and notes say
    #[arg(long, value_name = "DOCUMENT", num_args = 0..=1, require_equals = true)]
    pub(crate) claims: Option<Option<String>>,
}

/// The options of `report`, which are those of `verify` without tasks.
#[derive(Debug, Default, Clone, Args)]
pub(crate) struct Verdicts {
    #[command(flatten)]
    pub(crate) judging: Judging,
    /// Run programs too: `make`, the interpreter
    #[arg(long, conflicts_with = "at")]
    pub(crate) full: bool,
    /// Run programs again that this machine has proved on this very tree
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Compare with this revision: what held there proves nothing new [default: the plan's
    /// baseline, if it names one]
    #[arg(long, value_name = "REV")]
    pub(crate) against: Option<String>,
    /// The Python interpreter for probes [default: .venv, else $VIRTUAL_ENV]
    #[arg(long, value_name = "PYTHON")]
    pub(crate) python: Option<PathBuf>,
}

/// `verify`
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The tasks, such as `2.3`; none means everything, the checklist too
    #[arg(value_name = "TASK")]
    pub(crate) tasks: Vec<String>,
    #[command(flatten)]
    pub(crate) verdicts: Verdicts,
    /// Do not plant violations to see whether the checks can fail
    #[arg(long)]
    pub(crate) no_controls: bool,
    /// Write the verdicts to the notes of the commit that was judged; wants a clean work tree
    #[arg(long)]
    pub(crate) record: bool,
}

/// `commit`
#[derive(Debug, Args)]
pub(crate) struct Commit {
    /// The task, such as `2.3`
    #[arg(value_name = "TASK")]
    pub(crate) task: String,
    /// Commit this path too; may be given several times
    #[arg(long, value_name = "PATH", conflicts_with = "all")]
    pub(crate) include: Vec<PathBuf>,
    /// Commit everything that changed
    #[arg(long)]
    pub(crate) all: bool,
    /// The subject of the commit message [default: the plan's]
    #[arg(short = 'm', long, value_name = "SUBJECT")]
    pub(crate) message: Option<String>,
    /// Do not run the task's programs; the trailer `Verified:` says so
    #[arg(long)]
    pub(crate) without_commands: bool,
    /// Run programs again that this machine has proved on this very tree
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Commit although a task that comes before is not done
    #[arg(long)]
    pub(crate) out_of_order: bool,
    /// Judge without waivers and attestations
    #[arg(long)]
    pub(crate) no_waivers: bool,
    /// The Python interpreter for probes [default: .venv, else $VIRTUAL_ENV]
    #[arg(long, value_name = "PYTHON")]
    pub(crate) python: Option<PathBuf>,
}

/// `history`
#[derive(Debug, Args)]
pub(crate) struct HistoryOptions {
    /// The commits, `A..B` or the last one [default: all up to HEAD]
    #[arg(value_name = "RANGE")]
    pub(crate) range: Option<String>,
    /// Look at every commit of the range, not only along first parents
    #[arg(long)]
    pub(crate) all: bool,
    /// Draw the picture into this file
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

/// `evidence`
#[derive(Debug, Args)]
pub(crate) struct EvidenceOptions {
    #[command(subcommand)]
    pub(crate) action: EvidenceAction,
}

/// What can be done with evidence.
#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceAction {
    /// Show what is recorded about a revision, found by its content
    Show {
        /// The revision
        #[arg(value_name = "REV", default_value = "HEAD")]
        revision: String,
    },
    /// Look whether each record speaks of content that is there and of the plan as it is
    Verify,
    /// Print the git commands that share the records
    Push(Remote),
    /// Print the git commands that take over the records of others
    Fetch(Remote),
}

/// Another repository.
#[derive(Debug, Args)]
pub(crate) struct Remote {
    /// The remote
    #[arg(value_name = "REMOTE", default_value = "origin")]
    pub(crate) name: String,
}

/// `waive`
#[derive(Debug, Args)]
pub(crate) struct Waive {
    /// The box, such as `2.1.2`
    #[arg(value_name = "CRITERION")]
    pub(crate) criterion: String,
    /// Why it need not hold
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// The last day on which the waiver counts, such as `2027-01-31`
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<jiff::civil::Date>,
}

/// `attest`
#[derive(Debug, Args)]
pub(crate) struct Attest {
    /// The box, such as `2.2.3`
    #[arg(value_name = "CRITERION")]
    pub(crate) criterion: String,
    /// What you saw
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: String,
}

/// `demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Make the sample in this new folder [default: a temporary one]
    #[arg(value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}

/// `imports`
#[derive(Debug, Args)]
pub(crate) struct Imports {
    /// The module imported first, such as `app.main`
    #[arg(value_name = "ENTRY", value_parser = module_name)]
    pub(crate) entry: ModuleName,
    /// The module asked about, such as `torch`
    #[arg(value_name = "TARGET", value_parser = module_name)]
    pub(crate) target: Option<ModuleName>,
    /// The folder that the entry's package lies in, or whose `src` it lies in [default: -C]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// A folder of installed packages; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(crate) path: Vec<PathBuf>,
    /// The version of Python that imports
    #[arg(long, value_name = "VERSION", default_value = "3.13", value_parser = python_version)]
    pub(crate) python_version: PythonVersion,
    /// Look into no installed packages: they are taken to import well
    #[arg(long)]
    pub(crate) no_site: bool,
    /// The target is not installed
    #[arg(long)]
    pub(crate) absent: bool,
    /// List everything that is loaded
    #[arg(long)]
    pub(crate) all: bool,
}

fn module_name(text: &str) -> Result<ModuleName, String> {
    ModuleName::new(text).map_err(|error| error.to_string())
}

fn python_version(text: &str) -> Result<PythonVersion, String> {
    PythonVersion::try_from(text.to_owned()).map_err(|error| error.to_string())
}

/// Understands the words of the command line, with or without the word `xtask` that cargo
/// passes to an external subcommand.
///
/// Help and version are printed here and end the process with 0.
///
/// # Errors
///
/// The call is wrong; clap's own words with its hints.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Call, Failure> {
    let mut arguments: Vec<OsString> = arguments.collect();
    if arguments.get(1).is_some_and(|first| first == "xtask") {
        arguments.remove(1);
    }
    // As with cargo and git; a milestone cannot have this name.
    if let Some(first) = arguments.get_mut(1).filter(|first| *first == "help") {
        *first = "--help".into();
    }
    let line = Line::try_parse_from(arguments).map_err(wrong)?;
    let mut words = match line.command {
        LineCommand::Named(words) => words.into_iter(),
        LineCommand::Milestone(command) => {
            return Ok(Call::new(line.common, Command::Milestone(None, command)));
        }
        LineCommand::Plain(command) => {
            return Ok(Call::new(line.common, Command::Plain(command)));
        }
    };
    let milestone = words.next().unwrap_or_default();
    let milestone = milestone.to_string_lossy().into_owned();
    let after = after_milestone(&milestone, words)?;
    let command = Command::Milestone(Some(milestone), after.command);
    Ok(Call::new(line.common.or(after.common), command))
}

/// The names of the commands, for suggestions.
pub(crate) fn command_names() -> Vec<String> {
    let line = Line::command();
    line.get_subcommands()
        .map(|c| c.get_name().to_owned())
        .collect()
}

impl Call {
    fn new(common: Common, command: Command) -> Self {
        Self { common, command }
    }
}

impl Common {
    /// The format that was asked for.
    pub(crate) fn format(&self) -> Option<Format> {
        if self.json {
            Some(Format::Json)
        } else {
            self.format
        }
    }

    /// These options, and where they say nothing the others.
    fn or(self, other: Self) -> Self {
        Self {
            directory: other.directory.or(self.directory),
            plan: other.plan.or(self.plan),
            format: other.format.or(self.format),
            json: other.json || (self.json && other.format.is_none()),
        }
    }
}

fn after_milestone(
    milestone: &str,
    words: impl Iterator<Item = OsString>,
) -> Result<AfterMilestone, Failure> {
    let command = AfterMilestone::command().bin_name(format!("cargo xtask {milestone}"));
    let matches = command.try_get_matches_from(words).map_err(|error| {
        if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            not_a_command(milestone, error)
        } else {
            wrong(error)
        }
    })?;
    AfterMilestone::from_arg_matches(&matches).map_err(wrong)
}

/// A first word that is no command is taken for a milestone; where it is near a command, the
/// command was probably meant.
fn not_a_command(word: &str, error: clap::Error) -> Failure {
    let names = command_names();
    let near = tasks::nearest::did_you_mean(word, names.iter().map(String::as_str));
    match near {
        Some(near) => Failure::new(format!("`{word}` is no command")).with_help(near),
        None => wrong(error),
    }
}

/// clap prints help, versions and errors in its own way; the exit code is ours.
fn wrong(error: clap::Error) -> Failure {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => error.exit(),
        _ => Failure::in_own_form(
            error.render().ansi().to_string(),
            error.render().to_string(),
        ),
    }
}

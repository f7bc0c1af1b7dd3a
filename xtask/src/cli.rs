//! The command line.
//!
//! `cargo xtask [-C DIR] [--plan FILE] [MILESTONE] COMMAND`, options before or after the command.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

pub(crate) use self::milestone::{
    Attest, Commit, EvidenceAction, EvidenceOptions, HistoryOptions, Judging, MilestoneCommand,
    Status, Verdicts, Verify, Waive,
};
pub(crate) use self::plain::{
    Bind, Completions, Demo, Import, Imports, Lint, MoveWord, New, PlainCommand, SchemaOptions,
    Spot, TrustOptions,
};
use crate::failure::Failure;
use crate::output;
use crate::plans;
use crate::repository::Repository;

mod milestone;
mod plain;

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
    /// Run no program of a plan, whatever else says so (`--full`, trust)
    #[arg(long, global = true)]
    pub(crate) no_commands: bool,
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
    /// For code scanning: SARIF 2.1.0
    Sarif,
    /// For GitHub Actions: annotations beside the lines
    Github,
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
    let line = Line::try_parse_from(arguments).map_err(|error| {
        if error.kind() == ErrorKind::DisplayHelp {
            return help(&error);
        }
        wrong(error)
    })?;
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

/// The command line with these milestones as its words, for shells to complete.
pub(crate) fn completable(milestones: Vec<String>) -> clap::Command {
    let after = |milestone| AfterMilestone::command().name(milestone);
    let after = milestones.into_iter().map(after);
    Line::command().bin_name("cargo-xtask").subcommands(after)
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

    /// Why no program of a plan may run, if that was said.
    pub(crate) fn no_programs(&self) -> Option<String> {
        self.no_commands
            .then(|| "left out by `--no-commands`".to_owned())
    }

    /// These options, and where they say nothing the others.
    fn or(self, other: Self) -> Self {
        Self {
            directory: other.directory.or(self.directory),
            plan: other.plan.or(self.plan),
            format: other.format.or(self.format),
            json: other.json || (self.json && other.format.is_none()),
            no_commands: other.no_commands || self.no_commands,
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
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Failure::in_own_form(
            error.render().ansi().to_string(),
            error.render().to_string(),
        ),
        _ => Failure::in_own_form(
            with_way_out(&error.render().ansi().to_string()),
            with_way_out(&error.render().to_string()),
        ),
    }
}

/// clap's words, but the way out as everywhere else.
fn with_way_out(words: &str) -> String {
    let kept = words
        .lines()
        .filter(|line| !line.starts_with("For more information"));
    let kept: Vec<&str> = kept.collect();
    let help = "help: `--help` in the same place shows what can stand there";
    format!("{}\n\n{help}\n", kept.join("\n").trim_end())
}

/// Prints the help of the whole, and which milestones there are here; returns only if it cannot.
fn help(error: &clap::Error) -> Failure {
    let _ = error.print();
    let here = Repository::discover(Path::new(".")).ok();
    let names = plans::names(here.as_ref().map(Repository::top));
    match output::print(&format!("\nMilestones here: {}\n", names.join(", "))) {
        Ok(()) => std::process::exit(0),
        Err(failure) => failure,
    }
}

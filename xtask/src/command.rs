//! The commands, one file each.

mod attest;
pub(crate) mod bind;
mod commit;
mod completions;
mod demo;
pub(crate) mod evidence;
mod history;
mod import;
mod imports;
mod lint;
mod list;
mod new;
mod report;
mod schema;
mod status;
mod trust;
mod verify;
mod waive;

use clap::ValueEnum;
use tasks::report::Report;

use crate::cli::{Call, Command, Format, MilestoneCommand, PlainCommand};
use crate::failure::Failure;
use crate::output;
use crate::render::{annotation, printable};

/// Does what was asked for and returns the exit code.
///
/// # Errors
///
/// It cannot be done.
pub(crate) fn run(call: Call) -> Result<u8, Failure> {
    let common = &call.common;
    annotates(&call)?;
    let (milestone, command) = match &call.command {
        Command::Plain(PlainCommand::List) => return list::run(common),
        Command::Plain(PlainCommand::Lint(options)) => return lint::run(common, options),
        Command::Plain(PlainCommand::Demo(options)) => return demo::run(options),
        Command::Plain(PlainCommand::Import(options)) => return import::run(common, options),
        Command::Plain(PlainCommand::Imports(options)) => return imports::run(common, options),
        Command::Plain(PlainCommand::Bind(options)) => return bind::run(common, options),
        Command::Plain(PlainCommand::New(options)) => return new::run(common, options),
        Command::Plain(PlainCommand::Schema(options)) => return schema::run(options),
        Command::Plain(PlainCommand::Completions(options)) => {
            return completions::run(common, options);
        }
        Command::Plain(PlainCommand::Trust(options)) => return trust::run(common, options),
        Command::Milestone(milestone, command) => (milestone.as_deref(), command),
    };
    match command {
        MilestoneCommand::Status(options) => status::run(common, milestone, options),
        MilestoneCommand::Verify(options) => verify::run(common, milestone, options),
        MilestoneCommand::Commit(options) => commit::run(common, milestone, options),
        MilestoneCommand::Report(options) => report::run(common, milestone, options),
        MilestoneCommand::History(options) => history::run(common, milestone, options),
        MilestoneCommand::Evidence(options) => evidence::run(common, milestone, options),
        MilestoneCommand::Waive(options) => waive::run(common, milestone, options),
        MilestoneCommand::Attest(options) => attest::run(common, milestone, options),
    }
}

/// Findings at places are for programs that show them there; other answers have none.
fn annotates(call: &Call) -> Result<(), Failure> {
    let (format @ (Format::Sarif | Format::Github), command) = (
        call.common.format().unwrap_or(Format::Terminal),
        &call.command,
    ) else {
        return Ok(());
    };
    match command {
        Command::Plain(PlainCommand::Lint(_))
        | Command::Milestone(
            _,
            MilestoneCommand::Status(_) | MilestoneCommand::Verify(_) | MilestoneCommand::Report(_),
        ) => Ok(()),
        _ => {
            let name = format.to_possible_value();
            let name = name.as_ref().map_or("this", |it| it.get_name());
            Err(Failure::new(format!("this command has no format `{name}`"))
                .with_help("`status`, `verify`, `report` and `lint` have"))
        }
    }
}

/// Prints a report in a format; `terminal` is what the command shows a person.
fn print(report: &Report, format: Format, terminal: fn(&Report) -> String) -> Result<(), Failure> {
    let text = match format {
        Format::Terminal => terminal(report),
        Format::Markdown => crate::render::markdown::text(report),
        Format::Json => json(report)?,
        Format::Sarif => json(&annotation::sarif::value(&annotation::report::annotations(
            report,
        )))?,
        Format::Github => annotation::github::text(&annotation::report::annotations(report)),
    };
    output::print(&text)
}

fn json<T: serde::Serialize + ?Sized>(answer: &T) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(answer);
    let text = text.map_err(|e| Failure::because("the answer cannot be written as JSON", e))?;
    // Only strings hold such characters: JSON escapes the first 32 by itself.
    let escaped = |c: char| match c {
        c if is_command(c) => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    Ok(text.chars().map(escaped).collect::<String>() + "\n")
}

/// What a terminal could obey, but for the line ends of our own.
fn is_command(c: char) -> bool {
    c != '\n' && printable(c.encode_utf8(&mut [0; 4])) != c.to_string()
}

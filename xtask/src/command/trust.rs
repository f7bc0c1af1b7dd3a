//! `trust`: a plan's commands, word by word, and the user's word that they may run.

use std::io::{self, IsTerminal};
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::{Common, Format, TrustOptions};
use crate::failure::Failure;
use crate::plans::{self, Source, Sourced};
use crate::render::one_line;
use crate::repository::Repository;
use crate::trust::{self, Allowed, Ledger, Listed, Trust};
use crate::{output, session};

/// The set variable by which a machine says that nobody sits there to be asked.
const UNATTENDED: &str = "CI";

pub(super) fn run(common: &Common, options: &TrustOptions) -> Result<u8, Failure> {
    if options.list {
        return list(common);
    }
    let repository = session::repository(common, Repository::discover_objects)?;
    let top = repository.top();
    let sourced = plans::named(
        common.plan.as_deref(),
        options.named.as_deref(),
        &repository,
    )?;
    let listed = trust::listed(&sourced.plan);
    if options.revoke {
        return revoke(common, &sourced, top, &listed);
    }
    let root = trust::root(top).ok_or_else(|| {
        Failure::new(format!("the path `{}` is not UTF-8", top.display()))
            .with_help("trust is kept by the repository's path: move it to another one")
    })?;
    let mut answer = Answer {
        milestone: &sourced.plan.milestone.id,
        plan: sourced.name(),
        root: &root,
        trusted: Trust::of(&sourced, top).refusal().is_none(),
        commands: &listed,
    };
    if answer.trusted || options.yes {
        answer.allow(&sourced)?;
        print(common, &answer, &answer.text(&sourced))?;
        return Ok(0);
    }
    print(common, &answer, &answer.text(&sourced))?;
    if common.format() == Some(Format::Json) || !somebody_is_there() {
        return Err(
            Failure::new("nobody can be asked here: nothing was allowed")
                .with_help("read the commands, then run it again with `--yes`"),
        );
    }
    if !agreed(listed.len(), &root)? {
        return Err(Failure::new("nothing was allowed"));
    }
    answer.allow(&sourced)?;
    output::print("trusted\n")?;
    Ok(0)
}

/// What is said about a plan's commands.
#[derive(Serialize)]
struct Answer<'a> {
    milestone: &'a str,
    plan: String,
    root: &'a str,
    trusted: bool,
    commands: &'a [Listed],
}

impl Answer<'_> {
    /// Lets the commands run here from now on.
    fn allow(&mut self, sourced: &Sourced) -> Result<(), Failure> {
        if sourced.source == Source::Builtin || self.commands.is_empty() || self.trusted {
            return Ok(());
        }
        let entry = Allowed {
            root: self.root.to_owned(),
            milestone: self.milestone.to_owned(),
            plan: self.plan.clone(),
            commands: self.commands.iter().map(|it| it.executed.id()).collect(),
            since: Timestamp::now(),
        };
        trust::change(|ledger| {
            let same = |it: &Allowed| it.root == entry.root && it.milestone == entry.milestone;
            ledger.allowed.retain(|it| !same(it));
            ledger.allowed.push(entry);
        })?;
        self.trusted = true;
        Ok(())
    }

    fn text(&self, sourced: &Sourced) -> String {
        let title = &sourced.plan.milestone.title;
        let mut text = line(&format!("{}  {title}  {}", self.milestone, self.plan));
        for command in self.commands {
            text += &told(command);
        }
        let count = count(self.commands.len());
        text += &match (&sourced.source, self.commands.is_empty(), self.trusted) {
            (_, true, _) => "it has no commands: there is nothing to trust\n".to_owned(),
            (Source::Builtin, ..) => {
                "it ships with the tool: its commands need no trust\n".to_owned()
            }
            (_, _, true) => line(&format!("trusted: {count} in {}", self.root)),
            (_, _, false) => line(&format!("not trusted: {count} in {}", self.root)),
        };
        text
    }
}

/// Text that comes from anywhere as a line of its own: it must not look like a command.
fn line(text: &str) -> String {
    one_line(text) + "\n"
}

/// A command with everything that decides what is executed; what is empty is left out.
fn told(command: &Listed) -> String {
    let executed = &command.executed;
    let boxes = command.boxes.join(", ");
    let mut text = line(&format!("  {}  ({boxes})", executed.check));
    for (name, value) in &executed.parts {
        let is_empty = value.is_null()
            || value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(serde_json::Map::is_empty);
        if !is_empty {
            text += &format!("    {name:<10} {}\n", trust::shown(value));
        }
    }
    text
}

fn count(commands: usize) -> String {
    match commands {
        1 => "1 command".to_owned(),
        more => format!("{more} commands"),
    }
}

/// Whether a person can be asked: a machine that builds unattended has no person, whatever its
/// terminal looks like.
fn somebody_is_there() -> bool {
    let unattended = std::env::var_os(UNATTENDED).is_some_and(|it| !it.is_empty() && it != "false");
    !unattended && io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn agreed(commands: usize, root: &str) -> Result<bool, Failure> {
    let unanswered = |error| Failure::because("the question could not be asked", error);
    let question = line(&format!("let {} run in {root}? [y/N] ", count(commands)));
    output::say(question.trim_end_matches('\n'));
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(unanswered)?;
    Ok(["y", "yes"].contains(&line.trim().to_lowercase().as_str()))
}

fn list(common: &Common) -> Result<u8, Failure> {
    let ledger = Ledger::read().map_err(Failure::new)?;
    let shown = |it: &Allowed| {
        let count = count(it.commands.len());
        let (milestone, plan, root) = (&it.milestone, &it.plan, &it.root);
        let since = it.since.strftime("%Y-%m-%d");
        line(&format!(
            "{milestone}  {root}  ({plan}, {count}, since {since})"
        ))
    };
    print(
        common,
        &ledger.allowed,
        &ledger.allowed.iter().map(shown).collect::<String>(),
    )?;
    Ok(0)
}

/// What is said when trust is taken away.
#[derive(Serialize)]
struct Revoked<'a> {
    milestone: &'a str,
    revoked: bool,
}

fn revoke(
    common: &Common,
    sourced: &Sourced,
    top: &Path,
    listed: &[Listed],
) -> Result<u8, Failure> {
    let milestone = &sourced.plan.milestone.id;
    let revoked = trust::change(|ledger| ledger.forget(top, milestone, listed))?;
    let text = if revoked {
        format!("the commands of {milestone} are trusted no more\n")
    } else {
        format!("the commands of {milestone} were not trusted\n")
    };
    print(common, &Revoked { milestone, revoked }, &text)?;
    Ok(0)
}

fn print<T: Serialize + ?Sized>(common: &Common, answer: &T, text: &str) -> Result<(), Failure> {
    match common.format().unwrap_or(Format::Terminal) {
        Format::Json => output::print(&super::json(answer)?),
        _ => output::print(text),
    }
}

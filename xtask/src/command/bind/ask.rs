//! The questions of `bind` at a terminal.

use std::io::{self, IsTerminal};

use console::Term;
use dialoguer::{Confirm, Input, Select};
use tasks::binding::Decided;
use tasks::report::Report;

use super::{Bound, Target, Unbound, checks};
use crate::cli::{Common, Format};
use crate::failure::Failure;
use crate::output;
use crate::render::{self, bind as show};
use crate::signals::Listener;

/// What the author wants for a box.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Take,
    Type,
    Person,
    Skip,
    Stop,
}

/// Asks about each of these boxes that is meant, and writes what was chosen.
///
/// # Errors
///
/// Nobody can be asked, or what was chosen cannot be written.
pub(super) fn about(
    target: &Target,
    common: &Common,
    boxes: Vec<Unbound>,
    is_meant: impl Fn(&Unbound) -> bool,
) -> Result<(), Failure> {
    somebody_is_there(common)?;
    let asked: Vec<Unbound> = boxes.into_iter().filter(is_meant).collect();
    if asked.is_empty() {
        return output::print(
            "no box waits for a check; `--list` shows those that a person decides\n",
        );
    }
    for (unbound, number) in asked.iter().zip(1..) {
        let head = format!("\n{number}/{}  {}", asked.len(), show::unbound(unbound));
        output::print(&head)?;
        if !decide(target, unbound)? {
            break;
        }
    }
    Ok(())
}

fn somebody_is_there(common: &Common) -> Result<(), Failure> {
    let is_terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
    if is_terminal && common.format() != Some(Format::Json) {
        return Ok(());
    }
    Err(Failure::new("nobody can be asked here")
        .with_help("`cargo xtask bind PLAN --list` shows the boxes and the checks that may be meant")
        .with_help("`bind PLAN ID --check '{ path = { exists = \"a.py\" } }'` binds one, `--manual REASON` leaves it to a person"))
}

/// Asks until something is written or the box is skipped; whether to go on.
fn decide(target: &Target, unbound: &Unbound) -> Result<bool, Failure> {
    loop {
        let chosen = match wish(unbound)? {
            Wish::Skip => return Ok(true),
            Wish::Stop => return Ok(false),
            Wish::Take => checks(unbound.perhaps.as_deref().unwrap_or_default()),
            Wish::Type => checks(&typed("check")?),
            Wish::Person => Ok(Decided::Manual(typed("why only a person can decide it")?)),
        };
        let judged = chosen.and_then(|decided| Ok((target.judge(&unbound.id, &decided)?, decided)));
        match judged {
            Ok((report, decided)) => {
                if agreed(target, unbound, &decided, &report)? {
                    return Ok(true);
                }
            }
            // A slip of the pen is told, and asked again.
            Err(failure) => render::failure::print(&failure),
        }
    }
}

/// Shows the verdict, and writes the decision if its author agrees; whether it was written.
fn agreed(
    target: &Target,
    unbound: &Unbound,
    decided: &Decided,
    report: &Report,
) -> Result<bool, Failure> {
    output::print(&show::verdict(report))?;
    let agreed = answered(|term| {
        let question = Confirm::new().with_prompt("write it").default(true);
        question.interact_on(term)
    })?;
    if agreed {
        let file = target.write(&unbound.id, decided)?;
        output::print(&Bound::new(&unbound.id, decided, report, &file).text())?;
    }
    Ok(agreed)
}

fn wish(unbound: &Unbound) -> Result<Wish, Failure> {
    let mut wishes = vec![
        (Wish::Take, "take the check that may be meant"),
        (Wish::Type, "type a check"),
        (Wish::Person, "leave it to a person, with the reason"),
        (Wish::Skip, "skip"),
        (Wish::Stop, "stop"),
    ];
    wishes.retain(|(wish, _)| *wish != Wish::Take || unbound.perhaps.is_some());
    let words = wishes.iter().map(|(_, word)| *word);
    let at = answered(|term| {
        let question = Select::new().with_prompt("what decides it").items(words);
        question.default(0).interact_on(term)
    })?;
    Ok(wishes.get(at).map_or(Wish::Stop, |(wish, _)| *wish))
}

fn typed(prompt: &str) -> Result<String, Failure> {
    answered(|term| Input::new().with_prompt(prompt).interact_text_on(term))
}

/// The answer to a question. Ctrl-C ends the question and the call, and leaves the terminal as
/// it was.
fn answered<T>(ask: impl FnOnce(&Term) -> dialoguer::Result<T>) -> Result<T, Failure> {
    let unasked = |error: &dyn std::fmt::Display| {
        Failure::because("the question was not answered", error)
            .with_help("what was written before stays")
    };
    let listener = Listener::begin().map_err(|error| unasked(&error))?;
    let term = Term::stderr();
    let answer = ask(&term).map_err(|error| {
        let _ = term.show_cursor();
        unasked(&error)
    });
    drop(listener);
    answer
}

//! Whose commands may run. A plan that does not ship with the tool runs none until its user has
//! read them: what is allowed is the content of the commands, in one repository.

mod ledger;

use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value, json};
use tasks::plan::{AnyCheck, Decision, Plan};

use crate::check::Live;
use crate::check::command::line_executes;
use crate::journal::hash;
use crate::plans::{Source, Sourced};

pub(crate) use ledger::{Allowed, Ledger, change, root};

/// Why the commands of a plan that nobody allowed do not run.
pub(crate) const NOT_TRUSTED: &str = "this plan's commands are not trusted";

/// Whether the commands of a plan may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trust {
    refusal: Option<String>,
}

/// What a check hands to the outside world: everything that decides what is executed, and
/// nothing else. What is shown of it to be allowed is what is compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Executed {
    /// The word of the check.
    pub(crate) check: &'static str,
    /// What it is given, by name.
    #[serde(flatten)]
    pub(crate) parts: Map<String, Value>,
}

/// One command of a plan, and the boxes that lean on it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Listed {
    /// What is executed.
    #[serde(flatten)]
    pub(crate) executed: Executed,
    /// The ids of the boxes, or the names of the smoke tests.
    pub(crate) boxes: Vec<String>,
}

impl Trust {
    /// Every command may run.
    pub(crate) const GRANTED: Self = Self { refusal: None };

    /// Whether the plan's commands may run in the repository at `top`: those that ship with the
    /// tool may, others if this user has allowed each of them there.
    pub(crate) fn of(sourced: &Sourced, top: &Path) -> Self {
        let listed = listed(&sourced.plan);
        if sourced.source == Source::Builtin || listed.is_empty() {
            return Self::GRANTED;
        }
        let refusal = match Ledger::read() {
            Ok(ledger) => {
                let milestone = &sourced.plan.milestone.id;
                match ledger.not_allowed(top, milestone, &listed) {
                    None => return Self::GRANTED,
                    Some(new) if ledger.knows(top, milestone) => described(&new),
                    Some(_) => String::new(),
                }
            }
            Err(why) => format!(": {why}"),
        };
        let call = sourced.call();
        Self {
            refusal: Some(format!(
                "{NOT_TRUSTED}{refusal}\nhelp: cargo xtask trust {call}"
            )),
        }
    }

    /// Why nothing may run; none if the commands may.
    pub(crate) fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }
}

/// Nobody has allowed anything.
impl Default for Trust {
    fn default() -> Self {
        Self {
            refusal: Some(NOT_TRUSTED.to_owned()),
        }
    }
}

impl Executed {
    /// What the check called `check` is given.
    pub(crate) fn new<const N: usize>(check: &'static str, parts: [(&str, Value); N]) -> Self {
        let parts = parts.map(|(name, value)| (name.to_owned(), value));
        Self {
            check,
            parts: parts.into_iter().collect(),
        }
    }

    /// The hash of its content.
    pub(crate) fn id(&self) -> String {
        hash(&json!([self.check, self.parts]).to_string())
    }

    /// The check and what it is given first, in one line of plain ASCII.
    pub(crate) fn brief(&self) -> String {
        let first = self.parts.values().next();
        format!("{} {}", self.check, first.map(shown).unwrap_or_default())
    }
}

/// A value word by word: strings in quotes, and whatever is not plain ASCII escaped, so that no
/// two values look alike.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{}\"", text.escape_default()),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(shown).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Object(values) => {
            let pair = |(name, value)| {
                let name = Value::String(String::clone(name));
                format!("{} = {}", shown(&name), shown(value))
            };
            let values: Vec<String> = values.iter().map(pair).collect();
            format!("{{ {} }}", values.join(", "))
        }
        other => other.to_string(),
    }
}

/// The commands of a plan, each once, in its order.
pub(crate) fn listed(plan: &Plan<Live>) -> Vec<Listed> {
    let mut listed: Vec<Listed> = Vec::new();
    for (_, asked) in plan.boxes() {
        let Decision::Checks(checks) = &asked.decided_by else {
            continue;
        };
        let outside = checks.iter().filter_map(|check| match check {
            AnyCheck::Outside(check) => check.executes(),
            AnyCheck::Native(_) => None,
        });
        outside.for_each(|executed| list(&mut listed, executed, &asked.id));
    }
    for task in &plan.tasks {
        for (smoke, number) in task.smoke_tests.iter().zip(1..) {
            if let Some(executed) = line_executes(&smoke.run) {
                let name = format!("smoke test {number} of {}", task.id);
                list(&mut listed, executed, &name);
            }
        }
    }
    listed
}

/// Adds what a box, or a smoke test, leans on.
fn list(listed: &mut Vec<Listed>, executed: Executed, id: &str) {
    match listed.iter_mut().find(|known| known.executed == executed) {
        Some(known) if known.boxes.iter().any(|known| known == id) => {}
        Some(known) => known.boxes.push(id.to_owned()),
        None => listed.push(Listed {
            executed,
            boxes: vec![id.to_owned()],
        }),
    }
}

/// Which commands are new since the plan's were allowed.
fn described(new: &[&Listed]) -> String {
    let Some(first) = new.first() else {
        return String::new();
    };
    let boxes = first.boxes.join(", ");
    let more = match new.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    format!(": new is {} ({boxes}){more}", first.executed.brief())
}

#[cfg(test)]
mod tests;

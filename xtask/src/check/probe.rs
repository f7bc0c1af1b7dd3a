//! `probe`: a real interpreter imports a module, perhaps while another one is absent.

mod answer;
mod control;
mod interpreter;
mod tree;

#[cfg(test)]
mod tests;

use std::time::Duration;

use checks::verdict::Verdict;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tasks::outside::Ruling;

use self::answer::Facts;
use super::command::is_module_name;
use super::environment::Recipe;
use crate::trust::Executed;
use crate::world::{Show, World};
pub(crate) use interpreter::{Interview, Question};
pub(crate) use tree::Tree;

/// A real interpreter imports `entry` as if `without` were not installed, and finds
/// `attribute` in it. Both may be left out.
///
/// ```toml
/// check = { probe = { entry = "shop.api.main", attribute = "app", without = "torch" } }
/// check = { probe = { entry = "shop.cli", attribute = "main" } }
/// ```
///
/// `timeout` is in seconds, five minutes if it is left out. The interpreter is the one that
/// `--python` names, else the repository's `.venv`, else `$VIRTUAL_ENV`; with `environment` it is
/// that of an environment of ours (`"no-dev"`, or a table as the check `environment` takes). Only an import that
/// fails because of the missing module is a fail; without one, only what the repository's own
/// package lacks. Any other trouble is undecided.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "Written")]
#[schemars(with = "Written")]
pub(crate) struct Probe {
    entry: String,
    attribute: Option<String>,
    without: Option<String>,
    environment: Option<Recipe>,
    timeout: Duration,
}

impl Probe {
    pub(crate) fn judge(&self, world: &mut World) -> Ruling {
        world.once(&self.key(), |world| self.ask(world).unwrap_or_else(Ruling::undecided))
    }

    /// See [`Live::alone`](super::Live::alone).
    pub(crate) fn alone(&self, world: &World) -> Option<String> {
        let is_there = |recipe: &Recipe| recipe.is_there_for_all(world);
        self.environment.as_ref().is_none_or(is_there).then(|| self.key())
    }

    fn key(&self) -> String {
        format!("probe {self:?}")
    }

    /// Everything that decides what is executed, beside the interpreter that the user or the
    /// repository's `.venv` names.
    pub(crate) fn executes(&self) -> Executed {
        let Self {
            entry,
            attribute,
            without,
            environment,
            timeout,
        } = self;
        Executed::new(
            "probe",
            [
                ("entry", json!(entry)),
                ("attribute", json!(attribute)),
                ("without", json!(without)),
                ("environment", json!(environment)),
                ("timeout", json!(timeout.as_secs())),
            ],
        )
    }

    fn ask(&self, world: &mut World) -> Result<Ruling, String> {
        let built = self.environment.as_ref().map(|recipe| recipe.build(world)).transpose()?;
        let interpreter = match &built {
            Some(built) => built.interpreter.clone(),
            None => world.interpreter()?,
        };
        let root = world.root.canonicalize();
        let root = root.map_err(|error| format!("`{}`: {error}", world.root.display()))?;
        let without = self.without.as_ref();
        let absent = without.map(|it| format!(" without {it}")).unwrap_or_default();
        let title = format!("`probe {}{absent}`", self.entry);
        let interview = Interview::new(Question {
            interpreter: &interpreter,
            root: &root,
            entry: &self.entry,
            attribute: self.attribute.as_deref().unwrap_or_default(),
            without: self.without.as_deref().unwrap_or_default(),
            timeout: self.timeout,
            log: world.log(&title),
        })?;
        let ran = world.run(&title, &interview.program, Show::Heading)?;
        let mut run = ran.record(&interview.program.words);
        let mut answer = match interview.facts::<Facts>(&ran.finished) {
            Ok(facts) => {
                run.modules = Some(facts.modules());
                world.loaded.insert(self.key(), facts.own_modules());
                facts.answer(self, &root, &interpreter)
            }
            Err(why) => Verdict::Undecided(why).into(),
        };
        answer.remarks.extend(built.map(|built| built.told()));
        let changes = ran.changes.iter().flatten();
        answer.remarks.extend(changes.map(|change| {
            format!("`{}` was {} while `{}` was imported", change.path, change.what, self.entry)
        }));
        answer.remarks.extend(ran.notes.iter().cloned());
        Ok(Ruling::Judged(answer, Some(Box::new(run))))
    }
}

/// A probe as it stands in a plan file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Written {
    entry: String,
    attribute: Option<String>,
    without: Option<String>,
    environment: Option<Recipe>,
    #[serde(default = "five_minutes")]
    timeout: u64,
}

/// The time-out of a probe that names none, in seconds.
fn five_minutes() -> u64 {
    5 * 60
}

impl TryFrom<Written> for Probe {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { entry, attribute, without, environment, timeout } = written;
        let names = [("entry", Some(&entry)), ("without", without.as_ref())];
        for (field, name) in names.into_iter().filter_map(|(field, name)| Some((field, name?))) {
            if !is_module_name(name) {
                let name = name.escape_debug();
                return Err(format!("`{field}`: `{name}` is no Python module's name"));
            }
        }
        if let Some(name) = &attribute
            && (!is_module_name(name) || name.contains('.'))
        {
            return Err(format!("`attribute`: `{}` is no Python name", name.escape_debug()));
        }
        if let Some(without) = without.as_ref().filter(|without| is_within(&entry, without)) {
            return Err(format!("`{entry}` cannot be imported without `{without}`: it is part of it"));
        }
        if timeout == 0 {
            return Err("`timeout` is 0: nothing ends in no time".to_owned());
        }
        let timeout = Duration::from_secs(timeout);
        Ok(Self { entry, attribute, without, environment, timeout })
    }
}

/// Whether a module is `package` or lies in it.
fn is_within(name: &str, package: &str) -> bool {
    name.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

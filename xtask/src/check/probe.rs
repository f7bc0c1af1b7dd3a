//! `probe`: a real interpreter imports a module while another one is absent.

mod answer;
mod control;

#[cfg(test)]
mod tests;

use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::time::Duration;

use checks::snapshot::Snapshot;
use checks::verdict::Verdict;
use serde::Deserialize;
use serde_json::json;
use tasks::outside::Ruling;

use self::answer::Facts;
use super::command::is_module_name;
use crate::process::{End, Program};
use crate::trust::Executed;
use crate::world::{Ran, Show, World};

/// A real interpreter imports `entry` as if `without` were not installed, and finds
/// `attribute` in it, if that is given.
///
/// ```toml
/// check = { probe = { entry = "shop.api.main", attribute = "app", without = "torch" } }
/// ```
///
/// `timeout` is in seconds, five minutes if it is left out. The interpreter is the one that
/// `--python` names, else the repository's `.venv`, else `$VIRTUAL_ENV`. Only an import that
/// fails because of the missing module is a fail; any other trouble is undecided.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Probe {
    entry: String,
    attribute: Option<String>,
    without: String,
    timeout: Duration,
}

/// The program that the interpreter runs.
const PROGRAM: &str = include_str!("probe.py");

impl Probe {
    pub(crate) fn judge(&self, _: &dyn Snapshot, world: &mut World) -> Ruling {
        world.once(&self.key(), |world| self.ask(world).unwrap_or_else(Ruling::undecided))
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
            timeout,
        } = self;
        Executed::new(
            "probe",
            [
                ("entry", json!(entry)),
                ("attribute", json!(attribute)),
                ("without", json!(without)),
                ("timeout", json!(timeout.as_secs())),
            ],
        )
    }

    fn ask(&self, world: &mut World) -> Result<Ruling, String> {
        let interpreter = world.interpreter()?;
        let no_room = |error| format!("no temporary folder can be made: {error}");
        let folder = tempfile::tempdir().map_err(no_room)?;
        let root = world.root.canonicalize();
        let root = root.map_err(|error| format!("`{}`: {error}", world.root.display()))?;
        let script = folder.path().join("probe.py");
        std::fs::write(&script, PROGRAM).map_err(no_room)?;
        let file = folder.path().join("answer.json");
        // The imported code must not be able to answer by accident, or with an old answer.
        let token = format!("{:016x}", RandomState::new().hash_one(&file));
        let attribute = self.attribute.as_deref().unwrap_or_default();
        // `-I`: the environment that was named, without PYTHONPATH and the user's packages.
        // `-B`: nothing is written into the tree.
        let words = [
            text(&interpreter)?,
            "-I",
            "-B",
            text(&script)?,
            text(&file)?,
            &token,
            text(&root)?,
            &self.entry,
            attribute,
            &self.without,
        ];
        let title = format!("`probe {} without {}`", self.entry, self.without);
        let program = Program {
            words: words.map(str::to_owned).to_vec(),
            directory: root.clone(),
            // For interpreters that the imported code starts.
            environment: [("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned())].into(),
            timeout: self.timeout,
            log: world.log(&title),
        };
        let ran = world.run(&title, &program, Show::Heading)?;
        let mut answer = match self.facts(&ran, &file, &token) {
            Ok(facts) => {
                world.loaded.insert(self.key(), facts.own_modules());
                facts.answer(self, &root, &interpreter)
            }
            Err(why) => Verdict::Undecided(why).into(),
        };
        let changes = ran.changes.iter().flatten();
        answer.remarks.extend(changes.map(|change| {
            format!("`{}` was {} while `{}` was imported", change.path, change.what, self.entry)
        }));
        Ok(Ruling::Judged(answer, Some(Box::new(ran.record(&program.words)))))
    }

    /// What the interpreter has written down.
    fn facts(&self, ran: &Ran, file: &Path, token: &str) -> Result<Facts, String> {
        let tail = &ran.finished.tail;
        let last = tail.lines().next_back().filter(|line| !line.trim().is_empty());
        let last = last.map(|line| format!("; the last that it printed: {line}"));
        let last = last.unwrap_or_default();
        let ended = match &ran.finished.end {
            End::TimedOut => {
                let limit = self.timeout.as_secs();
                return Err(format!("importing `{}` took more than {limit} s{last}", self.entry));
            }
            End::Interrupted(signal) => return Err(format!("interrupted by {signal}")),
            End::Exited(0) => match std::fs::read(file) {
                Ok(bytes) => {
                    let facts: Result<Facts, _> = serde_json::from_slice(&bytes);
                    return match facts {
                        Ok(facts) if facts.token == token => Ok(facts),
                        Ok(_) => Err("the answer is not the interpreter's own".to_owned()),
                        Err(error) => Err(format!("the answer cannot be read: {error}")),
                    };
                }
                Err(_) => "it exited with 0".to_owned(),
            },
            End::Exited(status) => format!("it exited with {status}"),
            End::Stopped => "it was stopped".to_owned(),
            End::Signalled(signal) => format!("it was ended by {signal}"),
        };
        Err(format!("the interpreter ended before it could answer: {ended}{last}"))
    }
}

fn text(path: &Path) -> Result<&str, String> {
    let why = || format!("the path `{}` is not UTF-8", path.display());
    path.to_str().ok_or_else(why)
}

/// A probe as it stands in a plan file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    entry: String,
    attribute: Option<String>,
    without: String,
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
        let Written { entry, attribute, without, timeout } = written;
        for (field, name) in [("entry", &entry), ("without", &without)] {
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
        if is_within(&entry, &without) {
            return Err(format!("`{entry}` cannot be imported without `{without}`: it is part of it"));
        }
        if timeout == 0 {
            return Err("`timeout` is 0: nothing ends in no time".to_owned());
        }
        let timeout = Duration::from_secs(timeout);
        Ok(Self { entry, attribute, without, timeout })
    }
}

/// Whether a module is `package` or lies in it.
fn is_within(name: &str, package: &str) -> bool {
    name.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

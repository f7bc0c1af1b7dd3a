//! `environment`: a Python environment of the repository's own declaration, and what is not in it.

mod build;
mod recipe;

#[cfg(test)]
mod tests;

use std::time::Duration;

use checks::verdict::{Answer, Finding, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tasks::outside::Ruling;

use super::command::is_module_name;
use crate::process::{End, Program};
use crate::trust::Executed;
use crate::world::{Show, World};
pub(crate) use build::Built;
pub(crate) use recipe::Recipe;

/// A Python environment can be built from what the repository declares, and lacks a module.
///
/// ```toml
/// check = { environment = { tool = "uv", args = ["--no-dev"], absent = "torch" } }
/// ```
///
/// Everything may be left out. `tool` is `uv` (`uv sync --frozen` from `uv.lock`) or `pip` (a
/// virtual environment from `requirements.txt`, else from the dependencies in `pyproject.toml`);
/// without it uv where there is a lock file and uv, else pip. `args` are added; for uv they are
/// `--no-dev` if they are left out. The environment lies in the user's cache, never in the
/// repository, and is built once for the same lock file, interpreter and arguments. The
/// repository's own package is not installed in it: what is imported is the files at hand.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "Written")]
#[schemars(with = "Written")]
pub(crate) struct Environment {
    recipe: Recipe,
    absent: Option<String>,
}

/// How long an interpreter may look for a module.
const PATIENCE: Duration = Duration::from_secs(120);

/// Says where a module is, and exits with 3 if it is there. A module in a package that is not
/// there is not there.
const LOOK: &str = "import importlib.util, sys
try:
    spec = importlib.util.find_spec(sys.argv[1])
except ModuleNotFoundError:
    spec = None
if spec is not None:
    print(spec.origin or list(spec.submodule_search_locations or ['built in']))
sys.exit(3 if spec else 0)";

impl Environment {
    pub(crate) fn judge(&self, world: &mut World) -> Ruling {
        let key = format!("environment {self:?}");
        world.once(&key, |world| self.ask(world).unwrap_or_else(Ruling::undecided))
    }

    /// Everything that decides what is executed.
    pub(crate) fn executes(&self) -> Executed {
        let Self { recipe, absent } = self;
        let parts = [("recipe", json!(recipe)), ("absent", json!(absent))];
        Executed::new("environment", parts)
    }

    fn ask(&self, world: &mut World) -> Result<Ruling, String> {
        let built = self.recipe.build(world)?;
        let remarks = vec![built.told()];
        let Some(absent) = &self.absent else {
            let verdict = Verdict::Pass;
            return Ok(Ruling::Judged(Answer { verdict, remarks }, built.run));
        };
        // `-I`: what lies in the current folder or on PYTHONPATH is not in the environment.
        let python = built.interpreter.display().to_string();
        let words = [python.as_str(), "-I", "-B", "-c", LOOK, absent];
        let title = format!("looking for {absent} in the environment");
        let program = Program {
            words: words.map(str::to_owned).to_vec(),
            directory: world.folder(None)?,
            environment: Default::default(),
            timeout: PATIENCE,
            log: world.log(&title),
        };
        let ran = world.run(&title, &program, Show::Heading)?;
        let said = ran.finished.tail.trim();
        let verdict = match &ran.finished.end {
            End::Exited(0) => Verdict::Pass,
            End::Exited(3) => {
                let message = format!("`{absent}` is in the environment: {said}");
                Verdict::Fail(vec![Finding::general(message)])
            }
            _ => Verdict::Undecided(format!(
                "the interpreter did not say whether `{absent}` is there: {said}"
            )),
        };
        let run = ran.record(&program.words);
        Ok(Ruling::Judged(Answer { verdict, remarks }, Some(Box::new(run))))
    }
}

/// The check as it stands in a plan file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Written {
    tool: Option<recipe::Tool>,
    args: Option<Vec<String>>,
    absent: Option<String>,
}

impl TryFrom<Written> for Environment {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        if let Some(name) = written.absent.as_ref().filter(|name| !is_module_name(name)) {
            return Err(format!("`absent`: `{}` is no Python module's name", name.escape_debug()));
        }
        Ok(Self {
            recipe: Recipe::new(written.tool, written.args)?,
            absent: written.absent,
        })
    }
}

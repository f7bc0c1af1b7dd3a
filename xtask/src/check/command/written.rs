//! A command as it stands in a plan file.

use std::collections::BTreeMap;
use std::time::Duration;

use checks::files::Files;
use checks::path::RepoPath;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Command;
use super::coverage::Coverage;

/// A command as it stands in a plan file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    run: Vec<String>,
    #[serde(default = "half_an_hour")]
    timeout: u64,
    #[serde(default)]
    env: BTreeMap<String, String>,
    directory: Option<RepoPath>,
    collects: Option<Files>,
    tests: Option<Files>,
    #[serde(default)]
    covers: Vec<String>,
    junit: Option<RepoPath>,
}

/// The time-out of a command that names none, in seconds.
pub(super) fn half_an_hour() -> u64 {
    30 * 60
}

impl TryFrom<Written> for Command {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        if written.run.first().is_none_or(|program| program.trim().is_empty()) {
            return Err("`run` names no program".to_owned());
        }
        if written.run.iter().any(|word| word.contains('\0')) {
            return Err("`run` holds a NUL character".to_owned());
        }
        if written.timeout == 0 {
            return Err("`timeout` is 0: nothing ends in no time".to_owned());
        }
        let is_bad = |name: &&String| name.is_empty() || name.contains(['=', '\0']);
        if let Some(name) = written.env.keys().find(is_bad) {
            return Err(format!("`env`: `{}` cannot be a variable's name", name.escape_debug()));
        }
        let coverage = match (written.collects, written.tests, written.covers) {
            (_, _, modules) if modules.iter().any(|it| !is_module_name(it)) => {
                return Err("`covers` holds a word that is no Python module's name".to_owned());
            }
            (Some(collects), Some(tests), modules) if !modules.is_empty() => {
                Some(Coverage { collects, tests, modules })
            }
            (None, None, modules) if modules.is_empty() => None,
            _ => {
                let why = "`collects`, `tests` and `covers` mean something only together";
                return Err(why.to_owned());
            }
        };
        Ok(Self {
            run: written.run,
            timeout: Duration::from_secs(written.timeout),
            environment: written.env,
            directory: written.directory,
            coverage,
            junit: written.junit,
        })
    }
}

/// Whether a text is a dotted Python name.
pub(in crate::check) fn is_module_name(text: &str) -> bool {
    let is_name = |part: &str| {
        let mut characters = part.chars();
        characters.next().is_some_and(|c| c == '_' || c.is_alphabetic())
            && characters.all(|c| c == '_' || c.is_alphanumeric())
    };
    text.split('.').all(is_name)
}

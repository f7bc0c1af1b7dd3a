//! What an environment is made of, and by which tool.

use std::fs;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::world::World;

/// How a Python environment is made. As a setting of other checks it is a table, or the word
/// `no-dev` for what is made of `--no-dev`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Written")]
#[schemars(with = "Written")]
pub(crate) struct Recipe {
    tool: Option<Tool>,
    args: Option<Vec<String>>,
}

/// What makes environments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Tool {
    Uv,
    Pip,
}

/// What is to be done to make one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Steps {
    /// The programs, each with its arguments; `{environment}` is the folder.
    pub(super) programs: Vec<Vec<String>>,
    /// The hash of everything that it depends on.
    pub(super) key: String,
    /// What a reader should know about the way that was chosen.
    pub(super) remark: Option<String>,
    /// Whether it is for the files in this very folder alone.
    pub(super) is_bound: bool,
}

/// The folder of the environment, in the arguments.
pub(super) const FOLDER: &str = "{environment}";

/// Files that say which Python is wanted.
const WANTED_PYTHON: &str = ".python-version";

impl Recipe {
    pub(super) fn new(tool: Option<Tool>, args: Option<Vec<String>>) -> Result<Self, String> {
        if args.iter().flatten().any(|word| word.contains('\0') || word.is_empty()) {
            return Err("`args` holds a word that no program can be given".to_owned());
        }
        Ok(Self { tool, args })
    }

    /// What is to be done for the repository at hand.
    ///
    /// # Errors
    ///
    /// It declares nothing that could be installed, or the tool for it is missing.
    pub(super) fn steps(&self, world: &World) -> Result<Steps, String> {
        let lock = read(&world.root, "uv.lock");
        let uv = on_path("uv").is_some();
        match (self.tool, &lock) {
            (Some(Tool::Uv), None) => Err("there is no `uv.lock` that `uv sync` could install".to_owned()),
            (Some(Tool::Uv), Some(_)) if !uv => Err(
                "`uv` is not on PATH: install it (https://docs.astral.sh/uv/), or let the plan \
                 name `tool = \"pip\"`"
                    .to_owned(),
            ),
            (Some(Tool::Uv) | None, Some(lock)) if uv => Ok(self.by_uv(lock, world)),
            _ => self.by_pip(lock.is_some(), world),
        }
    }

    fn by_uv(&self, lock: &str, world: &World) -> Steps {
        let default = || vec!["--no-dev".to_owned()];
        let args = self.args.clone().unwrap_or_else(default);
        let mut words = ["uv", "sync", "--frozen", "--no-install-project"].map(str::to_owned).to_vec();
        words.extend(args);
        let python = world.interpreter().ok();
        if let Some(python) = &python {
            words.extend(["--python".to_owned(), python.display().to_string()]);
        }
        let wanted = read(&world.root, WANTED_PYTHON).unwrap_or_default();
        let mut parts = vec![words.join("\n"), identity(python.as_deref()), wanted, lock.to_owned()];
        // What is installed from a folder of the repository belongs to that folder alone.
        let is_bound = has_own_folders(lock);
        if is_bound {
            parts.push(world.root.display().to_string());
        }
        Steps {
            programs: vec![words],
            key: key(&parts),
            remark: None,
            is_bound,
        }
    }

    fn by_pip(&self, has_lock: bool, world: &World) -> Result<Steps, String> {
        let (what, content) = declared(&world.root)?;
        let python = world.interpreter()?;
        let make = [python.display().to_string(), "-m".to_owned(), "venv".to_owned(), FOLDER.to_owned()];
        let own = format!("{FOLDER}/bin/python");
        let install = [own.as_str(), "-m", "pip", "install", "--quiet"].map(str::to_owned);
        let args = self.args.clone().unwrap_or_default();
        let install: Vec<String> = install.into_iter().chain(args).chain(what).collect();
        let parts = [install.join("\n"), identity(Some(&python)), content];
        Ok(Steps {
            key: key(&parts),
            programs: vec![make.to_vec(), install],
            is_bound: false,
            remark: has_lock.then(|| {
                "made by pip, which does not know the versions in `uv.lock`: `uv` is not on PATH, \
                 or the plan wants pip"
                    .to_owned()
            }),
        })
    }
}

/// A setting as it stands in a plan file.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Written {
    #[schemars(extend("const" = "no-dev"))]
    Word(String),
    Table(Table),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Table {
    tool: Option<Tool>,
    args: Option<Vec<String>>,
}

impl TryFrom<Written> for Recipe {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Word(word) if word == "no-dev" => Self::new(None, None),
            Written::Word(word) => Err(format!(
                "`environment`: `{}` is not known: write `no-dev`, or a table with `tool` and `args`",
                word.escape_debug()
            )),
            Written::Table(table) => Self::new(table.tool, table.args),
        }
    }
}

/// What pip is to install, and the text that says so.
fn declared(root: &Path) -> Result<(Vec<String>, String), String> {
    if let Some(text) = read(root, "requirements.txt") {
        let words = ["-r", "requirements.txt"].map(str::to_owned).to_vec();
        return Ok((words, text));
    }
    let nothing = || {
        "the repository declares nothing to install: there is no `uv.lock`, no \
         `requirements.txt` and no list of dependencies in a `pyproject.toml`"
            .to_owned()
    };
    let text = read(root, "pyproject.toml").ok_or_else(nothing)?;
    let document: toml::Table = text.parse().map_err(|error| format!("`pyproject.toml`: {error}"))?;
    let project = document.get("project").and_then(toml::Value::as_table);
    let listed = project.and_then(|it| it.get("dependencies")).and_then(toml::Value::as_array);
    let words = listed.ok_or_else(nothing)?.iter().filter_map(toml::Value::as_str);
    // A word that begins with a dash would be an option.
    let words: Vec<String> = words.filter(|word| !word.starts_with('-')).map(str::to_owned).collect();
    if words.is_empty() {
        return Err(nothing());
    }
    let content = words.join("\n");
    Ok((words, content))
}

/// Whether a lock file names packages that lie in folders of the repository, other than its own.
fn has_own_folders(lock: &str) -> bool {
    let sources = lock.lines().filter_map(|line| line.trim().strip_prefix("source = { "));
    let mut folders = sources.filter(|source| {
        ["editable", "directory", "path", "virtual"].iter().any(|kind| source.starts_with(kind))
    });
    folders.any(|source| !source.contains("\".\""))
}

/// The interpreter behind the one that is named: an environment made from it outlives a link.
fn identity(python: Option<&Path>) -> String {
    let real = python.map(|python| fs::canonicalize(python).unwrap_or_else(|_| python.to_owned()));
    real.map(|real| real.display().to_string()).unwrap_or_default()
}

fn key(parts: &[String]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_string());
        hash.update(" ");
        hash.update(part);
    }
    let digest = hash.finalize();
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn read(root: &Path, name: &str) -> Option<String> {
    fs::read_to_string(root.join(name)).ok()
}

/// A program that the user's shell would find.
pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut found = std::env::split_paths(&path).map(|folder| folder.join(name));
    found.find(|program| program.is_file())
}

//! Passes that need not be earned again: a command that passed on this very tree, with this very
//! interpreter, by the word of this machine.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use git2::Oid;
use tasks::report::State;

use crate::evidence::{self, Evidence};
use crate::failure::Failure;
use crate::journal::{Journal, hash};
use crate::render::short;
use crate::repository::{Repository, Scope};

/// The passes that are known of one tree, by the key of what ran.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proofs {
    known: HashMap<String, Proof>,
}

/// A pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    /// Where and when: `784dadc6 on 2026-02-02T10:00:00Z`.
    pub(crate) at: String,
    /// Whether this machine recorded it; otherwise it is a claim and saves nothing.
    pub(crate) own: bool,
}

impl Proofs {
    /// What the notes say about programs that passed on this tree.
    ///
    /// # Errors
    ///
    /// The notes cannot be read.
    pub(crate) fn on(repository: &Repository, tree: Oid) -> Result<Self, Failure> {
        let journal = Journal::read();
        let mut known: HashMap<String, Proof> = HashMap::new();
        for evidence in evidence::all(repository)? {
            if evidence.statement.tree() != Some(tree) {
                continue;
            }
            let own = journal.vouches_for(&evidence.line);
            for (key, at) in passes(&evidence) {
                let known = known.entry(key).or_insert_with(|| Proof {
                    at: at.clone(),
                    own,
                });
                if own && !known.own {
                    *known = Proof { at, own };
                }
            }
        }
        Ok(Self { known })
    }

    /// As [`on`](Self::on) for the tree of HEAD, if nothing on disk differs from it; otherwise
    /// nothing is known.
    ///
    /// # Errors
    ///
    /// The repository cannot be read.
    pub(crate) fn on_clean_head(repository: &Repository) -> Result<Self, Failure> {
        let everything = Scope::Everything;
        let Some(commit) = repository.head()?.commit else {
            return Ok(Self::default());
        };
        let is_clean = repository.changed(&everything)?.is_empty()
            && repository.overlooked(&everything)?.is_none();
        if !is_clean {
            return Ok(Self::default());
        }
        Self::on(repository, repository.revision(&commit.to_string())?.tree)
    }

    /// What is known about this key.
    pub(crate) fn of(&self, key: &str) -> Option<&Proof> {
        self.known.get(key)
    }
}

/// The keys of the programs that ran and passed, not those that were themselves reused.
fn passes(evidence: &Evidence) -> impl Iterator<Item = (String, String)> {
    let record = evidence.statement.record();
    let commit = short(&evidence.noted.to_string());
    let at = format!("{commit} on {}", record.time);
    let passed = record
        .checks
        .iter()
        .filter(|looked| looked.state == State::Pass);
    passed.filter_map(move |looked| {
        let run = looked.run.as_ref().filter(|run| run.reused.is_none())?;
        Some((run.key.clone()?, at.clone()))
    })
}

/// The key of a program: what runs, and which Python it would find.
pub(crate) fn key(what: &str, interpreter: Option<&Path>) -> String {
    let python = interpreter.map_or_else(|| "none".to_owned(), identity);
    hash(&format!("{what}\n{python}"))
}

/// The real interpreter, the environment around it and the packages in that: what an upgrade or
/// an installation changes.
fn identity(interpreter: &Path) -> String {
    let real = fs::canonicalize(interpreter).unwrap_or_else(|_| interpreter.to_owned());
    let mut parts = vec![
        interpreter.display().to_string(),
        real.display().to_string(),
    ];
    if let Ok(file) = fs::metadata(&real) {
        parts.push(format!("{} {:?}", file.len(), file.modified().ok()));
    }
    let environment = interpreter.parent().and_then(Path::parent);
    if let Some(environment) = environment.filter(|it| it.join("pyvenv.cfg").is_file()) {
        parts.extend(fs::read_to_string(environment.join("pyvenv.cfg")));
        parts.extend(packages(&environment.join("lib")));
    }
    parts.join("\n")
}

/// The names of what is installed, versions included, below `lib/pythonX.Y/site-packages`.
fn packages(lib: &Path) -> Vec<String> {
    let names = |folder: &Path| -> Vec<_> {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.flatten().map(|entry| entry.path()).collect()
    };
    let pythons = names(lib).into_iter();
    let packages = pythons.flat_map(|python| names(&python.join("site-packages")));
    let mut packages: Vec<String> = packages.map(|path| path.display().to_string()).collect();
    packages.sort();
    packages
}

//! `no_chain`: importing one module does not load another.

use serde::Deserialize;

use crate::check::Check;
use crate::path::RepoPath;
use crate::python::{Located, ModuleName, Outcome, follow, locate};
use crate::snapshot::{Edits, Snapshot};
use crate::verdict::{Answer, Verdict};

/// Importing one module does not load another.
///
/// It fails, with one finding per import on the way, where statements that surely run on load
/// form a chain from the entry to the target. It never passes: calls made while loading are not
/// followed yet, so where no chain is found the answer is undecided.
///
/// ```toml
/// check = { no_chain = { entry = "app.main", target = "torch" } }
/// check = { no_chain = { entry = "app.main", target = "torch", roots = ["lib"] } }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoChain {
    /// The module imported first.
    pub entry: ModuleName,
    /// The module that must not be loaded.
    pub target: ModuleName,
    /// The folders that modules are looked for in, in this order; the top of the repository and
    /// `src` if there are none.
    pub roots: Option<Vec<RepoPath>>,
}

impl NoChain {
    fn roots(&self) -> Vec<Option<RepoPath>> {
        match &self.roots {
            Some(roots) => roots.iter().cloned().map(Some).collect(),
            None => [None].into_iter().chain(RepoPath::new("src").ok().map(Some)).collect(),
        }
    }

    fn entry_file(&self, snapshot: &dyn Snapshot) -> Result<RepoPath, String> {
        match locate(self.entry.as_str(), &self.roots(), snapshot) {
            Ok(Located::File(path, _)) => Ok(path),
            Ok(_) => Err(format!("there is no module `{}`", self.entry)),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Check for NoChain {
    fn judge(&self, snapshot: &dyn Snapshot) -> Answer {
        let (entry, target) = (self.entry.as_str(), self.target.as_str());
        if let Err(why) = self.entry_file(snapshot) {
            return Verdict::Undecided(why).into();
        }
        match follow(entry, target, &self.roots(), snapshot) {
            Outcome::Chain(findings) if findings.is_empty() => {
                Verdict::Undecided(format!("`{entry}` is `{target}`, or lies below it")).into()
            }
            Outcome::Chain(findings) => Verdict::Fail(findings).into(),
            Outcome::Open {
                stopped,
                followed,
                nearest,
                assumed,
            } => {
                let mut why = format!(
                    "calls made while loading are not followed yet: {followed} modules were loaded from `{entry}`, \
                     none of them imports `{target}` for certain"
                );
                if let Some(stopped) = stopped {
                    why.push_str(&format!("; {stopped}"));
                }
                if let Some((place, message)) = nearest.and_then(|it| Some((it.place?, it.message))) {
                    why.push_str(&format!("; {message} ({}:{})", place.path, place.line));
                }
                Answer {
                    verdict: Verdict::Undecided(why),
                    remarks: assumed_installed(&assumed),
                }
            }
        }
    }

    fn violation(&self, snapshot: &dyn Snapshot) -> Result<Edits, String> {
        let path = self.entry_file(snapshot)?;
        let bytes = snapshot.read(&path).map_err(|error| error.to_string())?;
        let mut bytes = bytes.to_vec();
        bytes.extend_from_slice(format!("\nimport {}\n", self.target).as_bytes());
        Ok(Edits::write(path, bytes))
    }
}

fn assumed_installed(modules: &[String]) -> Vec<String> {
    if modules.is_empty() {
        return Vec::new();
    }
    vec![format!("assumed installed, and not looked into: {}", modules.join(", "))]
}

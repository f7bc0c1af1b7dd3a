//! `no_chain`: importing one module does not load another.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::check::Check;
use crate::path::RepoPath;
use crate::python::eager::{self, Analysis, Located, Root, Settings, analyse};
use crate::python::{ModuleName, PythonVersion, layout};
use crate::snapshot::{Edits, Snapshot};
use crate::verdict::{Answer, Finding, Verdict};

/// Importing one module does not load another.
///
/// What CPython runs while it loads the entry is followed, with every function that is called on
/// the way. It fails with the chain where the target is surely loaded, and names the other
/// statements that load it; it is undecided where that hangs on what cannot be
/// known. Packages that are not in the repository are taken as installed and not looked into,
/// whatever environment there is: the verdict is the same on every machine.
///
/// ```toml
/// check = { no_chain = { entry = "app.main", target = "torch" } }
/// check = { no_chain = { entry = "app.main", target = "torch", roots = ["lib"] } }
/// check = { no_chain = { entry = "app.main", target = "torch", python = "3.12" } }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoChain {
    /// The module imported first.
    pub entry: ModuleName,
    /// The module that must not be loaded.
    pub target: ModuleName,
    /// The folders that modules are looked for in, in this order; those that `pyproject.toml`
    /// names and the top of the repository if there are none, or the top and `src`.
    pub roots: Option<Vec<RepoPath>>,
    /// The version of Python that imports; 3.13 if there is none, or the version next to it that
    /// `pyproject.toml` allows.
    pub python: Option<PythonVersion>,
}

impl NoChain {
    /// Where modules are looked for.
    #[must_use]
    pub fn roots<'s>(&self, snapshot: &'s dyn Snapshot) -> Vec<Root<'s>> {
        let folders: Vec<Option<RepoPath>> = match &self.roots {
            Some(roots) => roots.iter().cloned().map(Some).collect(),
            None => layout(snapshot, None).folders,
        };
        let root = |folder| Root {
            snapshot,
            folder,
            site: false,
        };
        folders.into_iter().map(root).collect()
    }

    fn entry_file(&self, snapshot: &dyn Snapshot) -> Result<RepoPath, String> {
        match eager::locate(self.entry.as_str(), &[".py".to_owned()], &self.roots(snapshot)) {
            Ok(Located::File { path, .. }) => Ok(path),
            Ok(_) => Err(format!("there is no module `{}`", self.entry)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// For which Python the question is asked, and why not for the usual one.
    #[must_use]
    pub fn settings(&self, snapshot: &dyn Snapshot) -> (Settings, Option<String>) {
        let usual = PythonVersion::USUAL;
        let (version, why) = match self.python {
            Some(version) => (version, None),
            None => layout(snapshot, None).python(usual),
        };
        let settings = Settings {
            version,
            ..Settings::default()
        };
        (settings, why)
    }
}

impl Check for NoChain {
    fn judge(&self, snapshot: &dyn Snapshot) -> Answer {
        let (entry, target) = (self.entry.as_str(), self.target.as_str());
        if let Err(why) = self.entry_file(snapshot) {
            return Verdict::Undecided(why).into();
        }
        if crate::python::is_under(entry, target) {
            let why = format!("`{entry}` is `{target}`, or lies below it");
            return Verdict::Undecided(why).into();
        }
        let roots = self.roots(snapshot);
        let (settings, why) = self.settings(snapshot);
        let analysis = analyse(entry, Some(target), &roots, &settings);
        let mut remarks = remarks(&analysis);
        remarks.extend(why);
        Answer {
            verdict: verdict(&analysis, target),
            remarks,
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

fn verdict(analysis: &Analysis, target: &str) -> Verdict {
    // A module that cannot be imported loads something, and then nothing more: no answer.
    if let Some(error) = &analysis.error {
        return Verdict::Undecided(error.clone());
    }
    let finding = |hop: &eager::Hop| Finding::at(hop.place.clone(), hop.reason.clone());
    match analysis.eager.first() {
        Some(loaded) if !loaded.hops.is_empty() => {
            Verdict::Fail(loaded.hops.iter().map(finding).collect())
        }
        _ => match analysis.undecided(target) {
            Some(why) => Verdict::Undecided(why),
            None => Verdict::Pass,
        },
    }
}

fn remarks(analysis: &Analysis) -> Vec<String> {
    let mut remarks = vec![format!(
        "{} modules were loaded from the repository",
        analysis.followed
    )];
    if analysis.eager.iter().any(|it| it.guarded) {
        remarks.push("where the target is not installed, loading goes on without it".to_owned());
    }
    remarks.extend(analysis.eager.first().and_then(others));
    if !analysis.assumed.is_empty() {
        remarks.push(analysis.assumption());
    }
    remarks
}

/// The other statements that load the target, which have to go too.
fn others(loaded: &eager::Loaded) -> Option<String> {
    let place = |hop: &eager::Hop| format!("`{}:{}`", hop.place.path, hop.place.line);
    let places: Vec<String> = loaded.others.iter().map(place).collect();
    let more = places.len();
    let statements = if more == 1 { "statement loads" } else { "statements load" };
    (more > 0).then(|| format!("{more} more {statements} it: {}", places.join(", ")))
}

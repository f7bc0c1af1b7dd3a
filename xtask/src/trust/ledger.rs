//! What this user has allowed, kept with the user's own state.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::Listed;
use crate::directories;
use crate::failure::Failure;

/// The version of the file.
const VERSION: u32 = 1;

/// What this user has allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    version: u32,
    /// One entry for each plan and repository.
    pub(crate) allowed: Vec<Allowed>,
}

/// The commands of one plan, allowed in one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Allowed {
    /// The real path of the top of the repository.
    pub(crate) root: String,
    /// The plan's milestone.
    pub(crate) milestone: String,
    /// The plan file, as it was named then.
    pub(crate) plan: String,
    /// The hash of each command.
    pub(crate) commands: Vec<String>,
    /// When they were allowed.
    pub(crate) since: Timestamp,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            version: VERSION,
            allowed: Vec::new(),
        }
    }
}

impl Ledger {
    /// Reads what was allowed: nothing, if there is no file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or others may write to it: then nothing in it counts.
    pub(crate) fn read() -> Result<Self, String> {
        match file() {
            Some(file) => Self::of(&file),
            None => Ok(Self::default()),
        }
    }

    fn of(file: &Path) -> Result<Self, String> {
        let shown = file.display();
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(format!("`{shown}` cannot be read: {error}")),
        };
        let mode = fs::metadata(file).map(|it| it.permissions().mode());
        if mode.map_or(true, |mode| mode & 0o022 != 0) {
            return Err(format!(
                "others may write to `{shown}`: `chmod 600` it, or remove it"
            ));
        }
        let ledger: Self = serde_json::from_str(&text)
            .map_err(|error| format!("`{shown}` is not what this tool writes: {error}"))?;
        if ledger.version != VERSION {
            let version = ledger.version;
            return Err(format!("`{shown}` is of version {version}, not {VERSION}"));
        }
        Ok(ledger)
    }

    /// The commands that nobody allowed in the repository at `top`; none if all may run. If
    /// another plan of that repository allows all of them, they may.
    pub(crate) fn not_allowed<'l>(
        &self,
        top: &Path,
        milestone: &str,
        listed: &'l [Listed],
    ) -> Option<Vec<&'l Listed>> {
        let Some(here) = root(top) else {
            return Some(listed.iter().collect());
        };
        let new = |allowed: &Allowed| -> Vec<&'l Listed> {
            let known = |it: &&Listed| !allowed.commands.contains(&it.executed.id());
            listed.iter().filter(known).collect()
        };
        let mut here = self.allowed.iter().filter(|it| it.root == here);
        if here.clone().any(|allowed| new(allowed).is_empty()) {
            return None;
        }
        let before = here.find(|it| it.milestone == milestone);
        Some(before.map_or_else(|| listed.iter().collect(), new))
    }

    /// Whether commands of this milestone were allowed in the repository at `top`.
    pub(crate) fn knows(&self, top: &Path, milestone: &str) -> bool {
        let here = root(top);
        let mut allowed = self.allowed.iter();
        allowed.any(|it| Some(&it.root) == here.as_ref() && it.milestone == milestone)
    }

    /// Forgets the commands of a milestone in the repository at `top`, and whatever else
    /// allows `listed` there; whether there was anything.
    pub(crate) fn forget(&mut self, top: &Path, milestone: &str, listed: &[Listed]) -> bool {
        let Some(root) = root(top) else {
            return false;
        };
        let ids: Vec<String> = listed.iter().map(|it| it.executed.id()).collect();
        let before = self.allowed.len();
        self.allowed.retain(|it| {
            let allows = !ids.is_empty() && ids.iter().all(|id| it.commands.contains(id));
            it.root != root || (it.milestone != milestone && !allows)
        });
        self.allowed.len() != before
    }
}

/// The real path of a repository as the ledger has it; none if it is not UTF-8.
pub(crate) fn root(top: &Path) -> Option<String> {
    let real = fs::canonicalize(top).ok()?;
    real.to_str().map(str::to_owned)
}

/// Changes what is allowed. Two at once wait for each other, and whoever reads meanwhile sees
/// the file before or after.
///
/// # Errors
///
/// The user has no folder for it, or the file cannot be read or written.
pub(crate) fn change<T>(how: impl FnOnce(&mut Ledger) -> T) -> Result<T, Failure> {
    let file = file().ok_or_else(|| {
        Failure::new("there is no place to keep what is trusted")
            .with_help("set `HOME` or `XDG_STATE_HOME` to a folder of yours")
    })?;
    change_in(&file, how)
}

fn change_in<T>(file: &Path, how: impl FnOnce(&mut Ledger) -> T) -> Result<T, Failure> {
    let cannot = |error| {
        let file = file.display();
        Failure::because(format!("`{file}` cannot be written"), error)
    };
    let folder = file.parent().unwrap_or(Path::new("/"));
    directories::make(folder).map_err(cannot)?;
    let lock = File::create(file.with_extension("lock")).map_err(cannot)?;
    lock.lock().map_err(cannot)?;
    let mut ledger = Ledger::of(file).map_err(|why| {
        Failure::new(why).with_help("what is in it counts for nothing until it can be read")
    })?;
    let result = how(&mut ledger);
    // A temporary file is for its owner alone.
    let mut new = NamedTempFile::new_in(folder).map_err(cannot)?;
    let text =
        serde_json::to_string_pretty(&ledger).map_err(|error| Failure::new(error.to_string()))?;
    new.write_all(text.as_bytes()).map_err(cannot)?;
    new.as_file().sync_all().map_err(cannot)?;
    new.persist(file).map_err(|error| cannot(error.error))?;
    Ok(result)
}

fn file() -> Option<PathBuf> {
    Some(directories::state()?.join("trust.json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::Executed;

    fn command(words: &[&str]) -> Listed {
        Listed {
            executed: Executed::new("command", [("run", words.into())]),
            boxes: vec!["1".to_owned()],
        }
    }

    fn allowed(top: &Path, milestone: &str, commands: &[Listed]) -> Allowed {
        Allowed {
            root: root(top).unwrap(),
            milestone: milestone.to_owned(),
            plan: String::new(),
            commands: commands.iter().map(|it| it.executed.id()).collect(),
            since: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_is_allowed_is_the_content_in_one_repository() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (a, b) = (command(&["make", "a b"]), command(&["make", "a", "b"]));
        let one = std::slice::from_ref(&a);
        let mut ledger = Ledger::default();
        ledger.allowed.push(allowed(here.path(), "m", one));
        let new = |ledger: &Ledger, top: &Path, milestone: &str, listed: &[Listed]| {
            let new = ledger.not_allowed(top, milestone, listed);
            new.map(|new| new.into_iter().cloned().collect::<Vec<_>>())
        };
        let both = [a.clone(), b.clone()];
        assert_eq!(new(&ledger, here.path(), "m", one), None);
        assert_eq!(new(&ledger, here.path(), "m", &both), Some(vec![b.clone()]));
        assert_eq!(new(&ledger, here.path(), "n", &both), Some(both.to_vec()));
        assert_eq!(new(&ledger, there.path(), "m", one), Some(vec![a.clone()]));
        assert!(!ledger.forget(there.path(), "m", one));
        assert!(ledger.forget(here.path(), "n", one));
        assert_eq!(new(&ledger, here.path(), "m", one), Some(vec![a.clone()]));
        assert_eq!(new(&ledger, Path::new("/no/such"), "m", one), Some(vec![a]));
    }

    #[test]
    fn of_what_is_allowed_at_once_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/trust.json");
        std::thread::scope(|scope| {
            for number in 0..20 {
                let (file, top) = (&file, folder.path());
                scope.spawn(move || {
                    let entry = allowed(top, &number.to_string(), &[]);
                    change_in(file, |ledger| ledger.allowed.push(entry)).unwrap();
                });
            }
        });
        assert_eq!(Ledger::of(&file).unwrap().allowed.len(), 20);
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_others_may_write_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trust.json");
        change_in(&file, |_| ()).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(Ledger::of(&file).unwrap_err().contains("others may write"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        for (text, why) in [
            ("{", "is not what"),
            ("{\"version\":2,\"allowed\":[]}", "version 2"),
        ] {
            fs::write(&file, text).unwrap();
            assert!(Ledger::of(&file).unwrap_err().contains(why), "{text}");
            assert!(change_in(&file, |_| ()).is_err(), "{text}");
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
    }
}

//! Where the plan files of a repository lie: under `milestones/`, or where `milestones.toml` at
//! its top says.

use std::fs;
use std::path::{Path, PathBuf};

use checks::files::Files;
use checks::path::RepoPath;
use checks::snapshot::{Memory, ReadError, Snapshot};
use serde::Deserialize;

use super::FOLDER;
use crate::failure::Failure;

/// The file at the top of a repository that says where its plans are.
pub(crate) const INDEX: &str = "milestones.toml";

/// A file that may be a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Where it stands.
    pub(crate) path: RepoPath,
    /// The folders between the one of all plans and the file, `container-optimization`; empty
    /// if there are none.
    pub(crate) group: String,
}

/// The file [`INDEX`].
///
/// ```toml
/// plans = ["docs/designs/*/plans/*.toml"]
/// ```
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    plans: Vec<String>,
}

/// The places on disk, in the order of their paths. Links that leave the repository, and linked
/// folders, are not followed.
///
/// # Errors
///
/// The repository says in a wrong way where they are.
pub(crate) fn on_disk(top: &Path) -> Result<Vec<Place>, Failure> {
    let index = match fs::read_to_string(top.join(INDEX)) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Failure::because(format!("`{INDEX}` cannot be read"), error)),
    };
    places(index.as_deref(), |base| Ok(below(top, base)))
}

/// The places in a state of the repository.
///
/// # Errors
///
/// The repository cannot be read, or says in a wrong way where they are.
pub(crate) fn in_snapshot(snapshot: &dyn Snapshot) -> Result<Vec<Place>, Failure> {
    let unreadable = |error: ReadError| Failure::new(error.to_string());
    let path = |text: &str| RepoPath::new(text).map_err(|error| Failure::new(error.to_string()));
    let index = match snapshot.read(&path(INDEX)?) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(ReadError::Missing(_)) => None,
        Err(error) => return Err(unreadable(error)),
    };
    // The list of all files takes longer than a look at one folder that is not there.
    if index.is_none() && snapshot.kind(&path(FOLDER)?).map_err(unreadable)?.is_none() {
        return Ok(Vec::new());
    }
    let all = snapshot.list().map_err(unreadable)?;
    places(index.as_deref(), |base| {
        let under = |path: &&RepoPath| Path::new(path.as_str()).starts_with(base);
        Ok(all.paths.iter().filter(under).cloned().collect())
    })
}

fn places(
    index: Option<&str>,
    below: impl Fn(&str) -> Result<Vec<RepoPath>, Failure>,
) -> Result<Vec<Place>, Failure> {
    let mut places: Vec<Place> = Vec::new();
    for pattern in patterns(index)? {
        let files = Files::new(vec![pattern.clone()]).map_err(wrong)?;
        let base = base(&pattern);
        let there = Memory::new(below(&base)?.into_iter().map(|path| (path, "")));
        let selected = files.select(&there).map_err(wrong)?;
        // A path that is no pattern is selected whether or not it is there.
        let real = selected.into_iter().filter(|path| there.read(path).is_ok());
        places.extend(real.map(|path| Place {
            group: group(&path, &base),
            path,
        }));
    }
    places.sort_by(|a, b| a.path.cmp(&b.path));
    places.dedup_by(|a, b| a.path == b.path);
    Ok(places)
}

fn patterns(index: Option<&str>) -> Result<Vec<String>, Failure> {
    let Some(text) = index else {
        return Ok(vec![format!("{FOLDER}/**/*.toml")]);
    };
    let index: Index = toml::from_str(text).map_err(|error| wrong(error.message()))?;
    Ok(index.plans)
}

fn wrong(why: impl std::fmt::Display) -> Failure {
    Failure::because(format!("`{INDEX}` does not say where plans are"), why)
        .with_help("it holds one line such as `plans = [\"docs/**/m*.toml\"]`")
}

/// The folder that a pattern names before its first part that is one.
fn base(pattern: &str) -> String {
    let parts: Vec<&str> = pattern.split('/').collect();
    let is_pattern = |part: &&str| part.contains(['*', '?', '[', '{']);
    let first = parts.iter().position(is_pattern).unwrap_or(parts.len());
    let literal = first.min(parts.len().saturating_sub(1));
    parts.get(..literal).unwrap_or_default().join("/")
}

fn group(path: &RepoPath, base: &str) -> String {
    let folder = path.parent().map(String::from).unwrap_or_default();
    let rest = folder.strip_prefix(base).unwrap_or(&folder);
    rest.trim_start_matches('/').to_owned()
}

/// The TOML files in a folder of the repository and those below it.
fn below(top: &Path, base: &str) -> Vec<RepoPath> {
    let real = fs::canonicalize(top).unwrap_or_else(|_| top.to_owned());
    let stays = |path: &Path| fs::canonicalize(path).is_ok_and(|path| path.starts_with(&real));
    let start = top.join(base);
    let mut folders: Vec<PathBuf> = stays(&start).then_some(start).into_iter().collect();
    let mut paths = Vec::new();
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        for entry in entries {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && entry.file_name() != ".git" => folders.push(path),
                Ok(kind) if kind.is_dir() => {}
                Ok(_) if path.extension().is_some_and(|it| it == "toml") && stays(&path) => {
                    let inside = path.strip_prefix(top).ok().and_then(Path::to_str);
                    paths.extend(inside.and_then(|path| RepoPath::new(path).ok()));
                }
                _ => {}
            }
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places in these files, each as `group|path`.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let on_disk = on_disk(folder.path()).unwrap();
        assert_eq!(
            on_disk,
            in_snapshot(&Memory::new(files.iter().copied())).unwrap()
        );
        let shown = |it: Place| format!("{}|{}", it.group, it.path);
        on_disk.into_iter().map(shown).collect()
    }

    #[test]
    fn plans_lie_under_milestones_or_where_the_index_says() {
        let files = [
            ("milestones/m1.toml", ""),
            ("milestones/a/m3.toml", ""),
            ("milestones/a/b/m3.toml", ""),
            ("milestones/a/notes.md", ""),
            ("docs/x/plans/m3.toml", ""),
            ("other.toml", ""),
        ];
        let usual = [
            "a/b|milestones/a/b/m3.toml",
            "a|milestones/a/m3.toml",
            "|milestones/m1.toml",
        ];
        assert_eq!(found(&files), usual);
        let with = |index| found(&[&files[..], &[(INDEX, index)]].concat());
        assert_eq!(
            with("plans = [\"docs/*/plans/*.toml\"]"),
            ["x/plans|docs/x/plans/m3.toml"]
        );
        assert_eq!(
            with("plans = [\"other.toml\", \"no.toml\"]"),
            ["|other.toml"]
        );
        assert_eq!(with("plans = []"), [""; 0]);
        assert_eq!(found(&[("a", "")]), [""; 0]);
    }

    #[test]
    fn an_index_never_leads_outside() {
        for index in [
            "plans = [\"../*.toml\"]",
            "plans = [\"/etc/*.toml\"]",
            "plans = 1",
            "x = 1",
        ] {
            let refused = in_snapshot(&Memory::new([(INDEX, index)])).unwrap_err();
            assert!(
                refused
                    .message
                    .starts_with("`milestones.toml` does not say"),
                "{index}"
            );
        }
        let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("m.toml"), "").unwrap();
        std::os::unix::fs::symlink(outside.path(), inside.path().join("milestones")).unwrap();
        assert_eq!(on_disk(inside.path()).unwrap(), []);
    }
}

//! Files and folders as a command line names them.

use crate::path::RepoPath;
use crate::snapshot::{Kind, ReadError, Snapshot};

use super::lexer::Word;
use super::{NeedsShell, Stop};

/// A path argument: one path, or a pattern that the shell expands.
#[derive(Debug, Clone)]
pub(super) struct Argument {
    text: String,
    glob: bool,
}

/// What one argument stands for.
#[derive(Debug, Clone)]
pub(super) struct Named {
    /// As the command was given it, and prints it.
    pub(super) name: String,
    /// Where that is; none is the top of the repository.
    pub(super) path: Option<RepoPath>,
    /// A `/` at the end asks for a folder.
    must_be_folder: bool,
}

impl Argument {
    /// As it is written, without its quotes.
    pub(super) fn written(&self) -> &str {
        &self.text
    }

    /// # Errors
    ///
    /// The word leaves the repository, or only a shell could expand it.
    pub(super) fn new(word: &Word) -> Result<Self, NeedsShell> {
        let text = word.known()?.to_owned();
        Named::new(&text)?;
        let bare = text.strip_prefix("./").unwrap_or(&text);
        if word.glob && bare.split('/').any(|part| matches!(part, "" | ".")) {
            return Err(NeedsShell::because(&text, "a pattern with an empty part"));
        }
        Ok(Self {
            text,
            glob: word.glob,
        })
    }

    /// What it stands for, in the order in which `sh` expands it. A pattern that matches
    /// nothing stands for itself, as in `sh`.
    pub(super) fn expanded(&self, snapshot: &dyn Snapshot) -> Result<Vec<Named>, Stop> {
        if !self.glob {
            return Ok(vec![Named::new(&self.text)?]);
        }
        let listing = snapshot.list().map_err(|e| Stop::Unknown(e.to_string()))?;
        if let Some(name) = listing.unnameable.first() {
            let error = ReadError::NameNotUtf8(name.clone(), self.text.clone());
            return Err(Stop::Unknown(error.to_string()));
        }
        let (prefix, pattern) = match self.text.strip_prefix("./") {
            Some(rest) => ("./", rest),
            None => ("", self.text.as_str()),
        };
        let parts: Vec<_> = pattern.split('/').collect();
        let mut names: Vec<String> = listing
            .paths
            .iter()
            .filter_map(|path| leading_part(path.as_str(), &parts))
            .map(|name| format!("{prefix}{name}"))
            .collect();
        names.sort();
        names.dedup();
        if names.is_empty() {
            names.push(self.text.clone());
        }
        names.iter().map(|name| Ok(Named::new(name)?)).collect()
    }
}

impl Named {
    fn new(text: &str) -> Result<Self, NeedsShell> {
        let parts: Vec<_> = text
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .collect();
        let outside = text.is_empty() || text.starts_with('/') || parts.contains(&"..");
        if outside || text == "-" {
            return Err(NeedsShell::because(
                text,
                "not a path inside the repository",
            ));
        }
        let path = match parts.as_slice() {
            [] => None,
            parts => Some(
                RepoPath::new(parts.join("/"))
                    .map_err(|error| NeedsShell::because(text, &error.to_string()))?,
            ),
        };
        Ok(Self {
            name: text.to_owned(),
            path,
            must_be_folder: text.ends_with('/') || text.ends_with("/."),
        })
    }

    /// The current folder, which is the top of the repository.
    pub(super) fn top() -> Self {
        Self {
            name: ".".to_owned(),
            path: None,
            must_be_folder: true,
        }
    }

    /// What stands there.
    pub(super) fn kind(&self, snapshot: &dyn Snapshot) -> Result<Option<Kind>, Stop> {
        let Some(path) = &self.path else {
            return Ok(Some(Kind::Folder));
        };
        let kind = snapshot
            .kind(path)
            .map_err(|e| Stop::Unknown(e.to_string()))?;
        Ok(kind.filter(|kind| !self.must_be_folder || *kind == Kind::Folder))
    }

    /// The file's path, if it may be one.
    pub(super) fn file(&self) -> Result<&RepoPath, Stop> {
        match &self.path {
            Some(path) if !self.must_be_folder => Ok(path),
            _ => Err(Stop::Unknown(format!("`{}` is not a file", self.name))),
        }
    }

    /// The files below this folder, sorted, each with the name that a command prints.
    pub(super) fn below(&self, snapshot: &dyn Snapshot) -> Result<Vec<(String, RepoPath)>, Stop> {
        let listing = snapshot.list().map_err(|e| Stop::Unknown(e.to_string()))?;
        let inside = self
            .path
            .as_ref()
            .map_or(String::new(), |p| format!("{p}/"));
        if let Some(name) = listing.unnameable.iter().find(|n| n.starts_with(&inside)) {
            let error = ReadError::NameNotUtf8(name.clone(), self.name.clone());
            return Err(Stop::Unknown(error.to_string()));
        }
        let name = self.name.trim_end_matches('/');
        let named = |path: &RepoPath| {
            let rest = path.as_str().strip_prefix(&inside)?;
            Some((format!("{name}/{rest}"), path.clone()))
        };
        Ok(listing.paths.iter().filter_map(named).collect())
    }
}

/// Whether a shell pattern of `*` and `?` matches the whole of `name`.
pub(super) fn wildcard(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut from) = (0, 0);
    let mut last_star = None;
    while from < name.len() {
        match pattern.get(at) {
            Some('*') => {
                last_star = Some((at, from));
                at += 1;
            }
            Some(c) if *c == '?' || name.get(from) == Some(c) => {
                at += 1;
                from += 1;
            }
            _ => match last_star {
                Some((star, start)) => {
                    last_star = Some((star, start + 1));
                    at = star + 1;
                    from = start + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|c| *c == '*')
}

/// The first parts of `path` if they match the parts of a pattern, a leading dot only by itself.
fn leading_part<'a>(path: &'a str, pattern: &[&str]) -> Option<&'a str> {
    let mut end = 0;
    let mut parts = path.split('/');
    for (index, wanted) in pattern.iter().enumerate() {
        let part = parts.next()?;
        let hidden = part.starts_with('.') && !wanted.starts_with('.');
        if hidden || !wildcard(wanted, part) {
            return None;
        }
        end += part.len() + usize::from(index > 0);
    }
    path.get(..end)
}

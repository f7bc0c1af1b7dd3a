//! Follows symbolic links as the system does, but never out of the repository.

use checks::path::RepoPath;
use checks::snapshot::{Kind, ReadError};

/// What stands at a path, links not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing<F> {
    Nothing,
    Folder,
    /// A regular file, and what its reader needs.
    File(F),
    /// A symbolic link; none if its target is not UTF-8.
    Link(Option<String>),
    /// A device, a socket or a pipe.
    Special,
    /// The top folder of another repository: a submodule, or a clone that lies here.
    OtherRepository,
    Unreadable(String),
}

/// What stands at a path, links followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target<F> {
    Nothing,
    Folder,
    File(F),
}

/// As many as Linux follows on one path.
const LINK_LIMIT: usize = 40;

/// What stands at `path`; `look` is asked for each step on the way.
///
/// Absolute links are not followed even if they point back into the work tree: a revision has
/// no place on disk, and both must agree. The folder `.git` is nowhere to be seen.
pub(super) fn resolve<F>(
    path: &RepoPath,
    look: &mut dyn FnMut(&str) -> Standing<F>,
) -> Result<Target<F>, ReadError> {
    let mut ahead: Vec<String> = path.as_str().rsplit('/').map(str::to_owned).collect();
    let mut here: Vec<String> = Vec::new();
    let mut links = 0;
    // A link that leads nowhere is worth another word than a path that leads nowhere.
    let nothing = |links: usize| match links {
        0 => Ok(Target::Nothing),
        _ => Err(ReadError::LinkLeaves(path.clone())),
    };
    while let Some(part) = ahead.pop() {
        match part.as_str() {
            "" | "." => continue,
            ".." if here.pop().is_some() => continue,
            ".." => return Err(ReadError::LinkLeaves(path.clone())),
            git if git.eq_ignore_ascii_case(".git") => return nothing(links),
            _ => here.push(part),
        }
        match look(&here.join("/")) {
            Standing::Folder => {}
            Standing::File(file) if ahead.is_empty() => return Ok(Target::File(file)),
            Standing::OtherRepository if ahead.is_empty() => return Ok(Target::Folder),
            Standing::Nothing | Standing::File(_) => return nothing(links),
            Standing::Special => return Err(ReadError::Special(path.clone())),
            Standing::Unreadable(why) => return Err(ReadError::Unreadable(path.clone(), why)),
            Standing::OtherRepository => {
                let why = format!("it lies in another repository, `{}`", here.join("/"));
                return Err(ReadError::Unreadable(path.clone(), why));
            }
            Standing::Link(target) => {
                here.pop();
                links += 1;
                ahead.extend(follow(path, target, links)?);
            }
        }
    }
    Ok(Target::Folder)
}

/// The steps to the target of a link, the last one first.
fn follow(path: &RepoPath, target: Option<String>, links: usize) -> Result<Vec<String>, ReadError> {
    let target = target.ok_or_else(|| {
        ReadError::Unreadable(path.clone(), "a link's target is not UTF-8".to_owned())
    })?;
    if target.is_empty() || target.starts_with('/') || links > LINK_LIMIT {
        return Err(ReadError::LinkLeaves(path.clone()));
    }
    Ok(target.rsplit('/').map(str::to_owned).collect())
}

impl<F> Target<F> {
    pub(super) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Nothing => None,
            Self::Folder => Some(Kind::Folder),
            Self::File(_) => Some(Kind::File),
        }
    }

    pub(super) fn file(self, path: &RepoPath) -> Result<F, ReadError> {
        match self {
            Self::Nothing => Err(ReadError::Missing(path.clone())),
            Self::Folder => Err(ReadError::Folder(path.clone())),
            Self::File(file) => Ok(file),
        }
    }
}

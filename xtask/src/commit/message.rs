//! The message: what the judge wrote, what the hooks made of it.

use super::candidate::Candidate;
use super::hooks::Hooks;
use crate::failure::Failure;
use crate::repository::{Repository, answer, said};

/// A commit message in its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// The first line.
    pub(crate) subject: String,
    /// What stands below it.
    pub(crate) body: Option<String>,
    /// The lines at the end that programs read; no hook may drop one.
    pub(crate) trailers: Vec<Trailer>,
}

/// `Key: value` at the end of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trailer {
    /// The word before the colon.
    pub(crate) key: String,
    /// What stands behind it.
    pub(crate) value: String,
}

impl Message {
    /// The text for the commit: trailers added, hooks run, cleaned up.
    ///
    /// # Errors
    ///
    /// A hook refuses, empties the message, or drops a trailer.
    pub(super) fn through_hooks(
        &self,
        repository: &Repository,
        hooks: &mut Hooks<'_>,
        candidate: &Candidate<'_>,
    ) -> Result<String, Failure> {
        let text = hooks.message(&self.text(repository)?, candidate)?;
        let text = cleaned(repository, &text)?;
        let subject = text.lines().next().unwrap_or_default();
        // Trailers alone say nothing about the commit.
        if subject.trim().is_empty() || self.trailers.iter().any(|t| t.stands_in(subject)) {
            return Err(Failure::new("the message is empty: nothing was committed"));
        }
        self.refuse_lost_trailers(repository, &text)?;
        Ok(text)
    }

    fn text(&self, repository: &Repository) -> Result<String, Failure> {
        let body = self.body.as_deref().map(str::trim).unwrap_or_default();
        let mut text = format!("{}\n", self.subject.trim());
        if !body.is_empty() {
            text = format!("{text}\n{body}\n");
        }
        let mut git = interpret(repository);
        for Trailer { key, value } in &self.trailers {
            git = git.args(["--trailer", &format!("{key}: {value}")]);
        }
        let output = answer(git, cleaned(repository, &text)?.as_bytes())?;
        Ok(String::from_utf8_lossy(&output).into_owned())
    }

    fn refuse_lost_trailers(&self, repository: &Repository, text: &str) -> Result<(), Failure> {
        let output = answer(interpret(repository).arg("--parse"), text.as_bytes())?;
        let left = String::from_utf8_lossy(&output);
        let lost = self
            .trailers
            .iter()
            .find(|trailer| !trailer.stands_last_in(&left));
        match lost {
            None => Ok(()),
            Some(lost) => Err(Failure::new(format!(
                "a message hook {} the trailer `{}: {}`: nothing was committed",
                if lost.stands_in(&left) {
                    "overruled"
                } else {
                    "dropped"
                },
                lost.key,
                lost.value
            ))
            .with_help("let `prepare-commit-msg` and `commit-msg` keep the last paragraph")),
        }
    }
}

impl Trailer {
    fn stands_in(&self, trailers: &str) -> bool {
        self.values(trailers)
            .any(|value| value == self.value.trim())
    }

    /// Of several with one key, whoever reads the commit takes the last.
    fn stands_last_in(&self, trailers: &str) -> bool {
        self.values(trailers).last() == Some(self.value.trim())
    }

    fn values<'t>(&self, trailers: &'t str) -> impl Iterator<Item = &'t str> {
        let pairs = trailers.lines().filter_map(|line| line.split_once(':'));
        let ours = pairs.filter(|(key, _)| key.trim().eq_ignore_ascii_case(&self.key));
        ours.map(|(_, value)| value.trim())
    }
}

/// The user's trailer settings apply to what users write; ours are found again only as written.
fn interpret(repository: &Repository) -> xshell::Cmd<'_> {
    let settings = ["-c", "trailer.separators=:", "-c", "trailer.where=end"];
    let git = repository.user_git().args(settings);
    git.args([
        "interpret-trailers",
        "--no-divider",
        "--if-exists=addIfDifferent",
    ])
}

/// As `git commit` does when no editor was open: white space only, unless `commit.cleanup` says
/// otherwise. Lines that begin with `#` are text then.
fn cleaned(repository: &Repository, text: &str) -> Result<String, Failure> {
    let wish = repository
        .user_git()
        .args(["config", "--get", "commit.cleanup"]);
    let (_, wish, _) = said(wish, b"")?;
    let strip = repository.user_git().arg("stripspace");
    let output = match wish.trim_ascii() {
        b"verbatim" => return Ok(text.to_owned()),
        b"strip" => answer(strip.arg("--strip-comments"), text.as_bytes())?,
        _ => answer(strip, text.as_bytes())?,
    };
    Ok(String::from_utf8_lossy(&output).into_owned())
}

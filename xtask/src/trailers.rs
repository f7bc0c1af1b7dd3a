//! What commits say of themselves: the trailers that `commit` writes.

use std::collections::HashMap;

use git2::opts::strict_hash_verification;
use git2::{Oid, Repository as Store, message_trailers_bytes};
use tasks::report::TaskCommit;

use crate::repository::Repository;

/// The trailer that names the milestone.
pub(crate) const MILESTONE: &str = "Milestone";
/// The trailer that names the task.
pub(crate) const TASK: &str = "Task";
/// The trailer that says how much was proved.
pub(crate) const VERIFIED: &str = "Verified";

/// How many commits are read, newest first: `status` must stay instant in a long history.
const REACH: usize = 200;

/// The newest commit of each task of a milestone on the line that ends with this commit; what
/// cannot be read says nothing.
pub(crate) fn of_milestone(
    repository: &Repository,
    last: Option<Oid>,
    milestone: &str,
) -> HashMap<String, TaskCommit> {
    // Whether objects are sound is for `git fsck` to say; hashing them would take most of the
    // time here, where nothing is decided.
    strict_hash_verification(false);
    let found = walk(repository.store(), last, milestone);
    strict_hash_verification(true);
    found.unwrap_or_default()
}

fn walk(
    store: &Store,
    last: Option<Oid>,
    milestone: &str,
) -> Result<HashMap<String, TaskCommit>, git2::Error> {
    let mut found = HashMap::new();
    let mut next = last.map(|last| store.find_commit(last)).transpose()?;
    for _ in 0..REACH {
        let Some(commit) = next else { break };
        if let Some((task, verified)) = task_of(commit.message_bytes(), milestone) {
            let id = commit.id().to_string();
            found.entry(task).or_insert(TaskCommit { id, verified });
        }
        next = commit.parent(0).ok();
    }
    Ok(found)
}

/// The task that the trailers of a message name for this milestone.
pub(crate) fn task(message: &[u8], milestone: &str) -> Option<String> {
    Some(task_of(message, milestone)?.0)
}

/// The task that a message names for this milestone, and how much was proved.
fn task_of(message: &[u8], milestone: &str) -> Option<(String, Option<String>)> {
    let text = std::str::from_utf8(message).ok()?;
    // Almost no message has the word: the trailers of the others are not parsed.
    if !text.contains(MILESTONE) {
        return None;
    }
    let trailers = message_trailers_bytes(message).ok()?;
    let all: HashMap<&[u8], &[u8]> = trailers.iter().collect();
    let value = |key: &str| {
        let value = std::str::from_utf8(all.get(key.as_bytes())?).ok()?;
        Some(value.to_owned())
    };
    (value(MILESTONE)? == milestone).then_some(())?;
    Some((value(TASK)?, value(VERIFIED)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_trailers_of_the_milestone_count() {
        let message = |end: &str| format!("feat: x (Task 2.1)\n\nbody\n\n{end}\n").into_bytes();
        let found = |end: &str| task_of(&message(end), "m2");
        let whole = found("Milestone: m2\nTask: 2.1\nVerified: 3/4");
        assert_eq!(whole, Some(("2.1".to_owned(), Some("3/4".to_owned()))));
        assert_eq!(
            found("Milestone: m2\nTask: 2.1"),
            Some(("2.1".to_owned(), None))
        );
        assert_eq!(found("Milestone: m3\nTask: 2.1"), None);
        assert_eq!(found("Task: 2.1"), None);
        assert_eq!(found("Milestone: m2 says\n\nnothing"), None);
    }
}

//! The commits at which a criterion turned: held first, broke, came back.

use serde::Serialize;
use tasks::report::State;

use super::LineCommit;
use super::ask::Answered;

/// A commit at which the state became another one than at its parents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Turn {
    /// The commit's place in the line.
    #[serde(skip)]
    pub(crate) place: usize,
    /// The commit.
    pub(crate) commit: String,
    pub(crate) what: Turning,
    /// The state at its first parent; none if it has none here.
    pub(crate) before: Option<State>,
    pub(crate) after: State,
    /// Why it is not a pass.
    pub(crate) reason: String,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Turning {
    /// It holds, and did not at any commit that came before.
    FirstHeld,
    /// It holds, and did not just before; what was still earlier is not known.
    Held,
    /// It holds again.
    CameBack,
    /// It held, and fails now.
    Broke,
    /// It fails, and could not be decided before.
    BeganToFail,
    /// It cannot be decided any more.
    Undecided,
}

/// All turns of a row, in the order of the commits.
///
/// A merge is a turn only if its state is none of its parents': otherwise it brings in what
/// another commit did. The first commit of all is one too, unless nothing could be decided there.
pub(super) fn all(commits: &[LineCommit], shallow: bool, states: &[&Answered]) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    let whole = !shallow && commits.iter().all(|commit| commit.shown);
    // Whether it has held at the commit or at one before it.
    let mut held: Vec<bool> = Vec::with_capacity(commits.len());
    for (place, (commit, answered)) in commits.iter().zip(states).enumerate() {
        let state = answered.state;
        let held_before = commit.parents.iter().any(|parent| held[*parent]);
        held.push(held_before || state == State::Pass);
        let before = commit.parents.iter().map(|parent| states[*parent].state);
        let is_turn = match commit.parents.as_slice() {
            [] => state != State::Undecided,
            _ => before.clone().all(|before| before != state),
        };
        if !commit.shown || !is_turn {
            continue;
        }
        let before = before.clone().next();
        turns.push(Turn {
            place,
            commit: commit.id.to_string(),
            what: match Turning::of(before, state, held_before) {
                Turning::FirstHeld if !whole => Turning::Held,
                what => what,
            },
            before,
            after: state,
            reason: answered.reason.clone(),
        });
    }
    turns
}

/// The place among `turns` of the one since which the last commit's state holds.
pub(super) fn since(commits: &[LineCommit], states: &[&Answered], turns: &[Turn]) -> Option<usize> {
    let mut place = commits.len().checked_sub(1)?;
    loop {
        if let Some(found) = turns.iter().position(|turn| turn.place == place) {
            return Some(found);
        }
        let same = |parent: &&usize| states[**parent].state == states[place].state;
        place = *commits[place].parents.iter().find(same)?;
    }
}

impl Turning {
    fn of(before: Option<State>, after: State, held_before: bool) -> Self {
        match (before, after) {
            (_, State::Pass) if held_before => Self::CameBack,
            (_, State::Pass) => Self::FirstHeld,
            (Some(State::Pass), State::Fail) => Self::Broke,
            (_, State::Fail) => Self::BeganToFail,
            _ => Self::Undecided,
        }
    }

    /// The words for it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::FirstHeld => "held first",
            Self::Held => "held",
            Self::CameBack => "came back",
            Self::Broke => "broke",
            Self::BeganToFail => "began to fail",
            Self::Undecided => "undecided",
        }
    }
}

#[cfg(test)]
mod tests {
    use git2::Oid;

    use super::*;

    /// The turns of a history: each commit's parents and its state, `+`, `-` or `?`.
    fn turns(history: &[(&[usize], char)]) -> Vec<String> {
        let commit = |(parents, _): &(&[usize], char)| LineCommit {
            id: Oid::ZERO_SHA1,
            tree: Oid::ZERO_SHA1,
            time: String::new(),
            subject: String::new(),
            parents: parents.to_vec(),
            shown: true,
        };
        let answered = |(_, state): &(&[usize], char)| Answered {
            state: match state {
                '+' => State::Pass,
                '-' => State::Fail,
                _ => State::Undecided,
            },
            reason: String::new(),
        };
        let commits: Vec<_> = history.iter().map(commit).collect();
        let answers: Vec<_> = history.iter().map(answered).collect();
        let states: Vec<_> = answers.iter().collect();
        let turns = all(&commits, false, &states);
        let since = since(&commits, &states, &turns);
        let shown = turns.iter().enumerate().map(|(index, turn)| {
            let since = if since == Some(index) { " (since)" } else { "" };
            format!("{} {}{since}", turn.place, turn.what.words())
        });
        shown.collect()
    }

    #[test]
    fn a_line_turns_where_its_state_changes() {
        let history: &[(&[usize], char)] = &[
            (&[], '?'),
            (&[0], '-'),
            (&[1], '-'),
            (&[2], '+'),
            (&[3], '-'),
            (&[4], '+'),
            (&[5], '?'),
        ];
        let expected = [
            "1 began to fail",
            "3 held first",
            "4 broke",
            "5 came back",
            "6 undecided (since)",
        ];
        assert_eq!(turns(history), expected);
        assert_eq!(turns(&[(&[], '+'), (&[0], '+')]), ["0 held first (since)"]);
    }

    #[test]
    fn a_merge_turns_only_what_no_parent_had() {
        // 0 ── 1 ── 3, with 2 beside 1: fixed on the branch, then merged.
        let fixed: &[(&[usize], char)] = &[(&[], '-'), (&[0], '-'), (&[0], '+'), (&[1, 2], '+')];
        assert_eq!(turns(fixed), ["0 began to fail", "2 held first (since)"]);
        // Both sides hold, and together they do not.
        let broken: &[(&[usize], char)] = &[(&[], '+'), (&[0], '+'), (&[0], '+'), (&[1, 2], '-')];
        assert_eq!(turns(broken), ["0 held first", "3 broke (since)"]);
    }
}

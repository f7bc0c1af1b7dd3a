//! The list of rules: one file each.

mod blind_blocker;
mod comments;
mod exit_status;
mod fences;
mod missing_file;
mod order;
mod refuted;
mod repeated;
mod undecided;
mod window;

use super::{Against, Diagnostic, Subject};

/// Looks at a plan for one kind of fault.
type Rule = fn(&Subject, Option<Against<'_>>) -> Vec<Diagnostic>;

/// Every rule with its name.
pub(super) const RULES: [(&str, Rule); 10] = [
    (exit_status::NAME, exit_status::find),
    (window::NAME, window::find),
    (comments::NAME, comments::find),
    (blind_blocker::NAME, blind_blocker::find),
    (refuted::NAME, refuted::find),
    (missing_file::NAME, missing_file::find),
    (repeated::NAME, repeated::find),
    (undecided::NAME, undecided::find),
    (order::NAME, order::find),
    (fences::NAME, fences::find),
];

/// The names of the rules, as diagnostics carry them.
pub const NAMES: [&str; RULES.len()] = {
    let mut names = [""; RULES.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = RULES[at].0;
        at += 1;
    }
    names
};

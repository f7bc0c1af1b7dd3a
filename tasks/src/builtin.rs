//! The milestones that ship with the tool.

/// A plan file that is part of the tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    /// The milestone's id.
    pub id: &'static str,
    /// The file's name in this repository, for messages.
    pub file: &'static str,
    /// The file's text.
    pub text: &'static str,
}

/// Every milestone that ships with the tool.
pub const BUILTIN: &[Builtin] = &[Builtin {
    id: "m2",
    file: "tasks/m2.toml",
    text: include_str!("../m2.toml"),
}];

//! Python source text: from bytes to facts, and from facts to places.
//!
//! Everything here is pure: files are read through a [`Snapshot`](crate::snapshot::Snapshot),
//! nothing is run. The parser is ruff's, used in one module only; a file that does not parse, is
//! nested beyond what a stack can hold, or is written in an unknown encoding has no facts, only
//! a reason.

mod annotation;
mod attribute;
mod binding;
mod blind;
pub mod claims;
mod compile;

mod decode;
pub mod eager;
mod flow;
mod guard;
mod import;
mod layout;
mod line;
mod name;
mod recent;
mod script;
mod source;
pub(crate) mod stack;
mod syntax;
mod users;
mod verdicts;

pub use blind::{BlindFinder, blind_finders};
pub use layout::{Layout, Requires, layout};
pub use line::{LineKind, describe_line, line_kinds};
pub use name::{ModuleName, Name, NotAName, PythonVersion};
pub use script::{Script, scripts_of, scripts_of_line};
pub use users::module_users;

pub(crate) use annotation::eager_annotations;
pub(crate) use attribute::attributes;
pub(crate) use binding::{builtin, module_bindings};
pub(crate) use flow::{Lean, State, Use, leans};
pub(crate) use import::{Import, When};
pub(crate) use name::is_under;
pub(crate) use source::Source;
pub(crate) use syntax::future_annotations;
pub(crate) use verdicts::{Partial, judge_each, plant};

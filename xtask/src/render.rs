//! Reports and failures as text. Nothing is decided here.

pub(crate) mod annotation;
pub(crate) mod audit;
pub(crate) mod bind;
pub(crate) mod evidence;
pub(crate) mod excerpt;
pub(crate) mod failure;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod imports;
pub(crate) mod lint;
mod live;
pub(crate) mod markdown;
pub(crate) mod status;
pub(crate) mod verify;
mod words;

pub(crate) use live::LiveOutput;
pub(crate) use words::{one_line, printable, short};

//! The list of checks: one file each in `check/`, one word each here.

use std::fmt::Debug;

use schemars::{Schema, SchemaGenerator};
use serde::de::MapAccess;

use crate::snapshot::{Edits, Overlay, Snapshot};
use crate::verdict::{Answer, Verdict};

/// One question about a snapshot.
pub trait Check: Debug {
    /// Answers the question, looking at nothing but `snapshot`.
    fn judge(&self, snapshot: &dyn Snapshot) -> Answer;

    /// Plants a violation: with these edits on top of `snapshot`, where this check passes, it
    /// must fail. That is the check's control.
    ///
    /// # Errors
    ///
    /// No violation can be planted here; the reason.
    fn violation(&self, snapshot: &dyn Snapshot) -> Result<Edits, String>;
}

/// Runs the control of a check that passes on `snapshot`: the same check must fail once its
/// violation is planted.
///
/// # Errors
///
/// The check cannot fail here, or no control could be made; the reason.
pub fn controlled(check: &dyn Check, snapshot: &dyn Snapshot) -> Result<(), NotControlled> {
    let edits = check
        .violation(snapshot)
        .map_err(NotControlled::NoControl)?;
    match check.judge(&Overlay::new(snapshot, edits)).verdict {
        Verdict::Fail(_) => Ok(()),
        Verdict::Pass => Err(NotControlled::CannotFail),
        Verdict::Undecided(why) => Err(NotControlled::NoControl(why)),
    }
}

/// Why a pass is not backed by a control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotControlled {
    /// The check passes with its violation planted too: its pass says nothing.
    CannotFail,
    /// No violation could be planted, for this reason.
    NoControl(String),
}

/// A closed list of checks, each known by one word, that a plan file can be read with.
///
/// Both the native list in this crate and the list of the checks that need the outside world
/// are made by [`check_list!`](crate::check_list).
pub trait CheckList: Sized {
    /// The word of each check, in the order of the list.
    const WORDS: &'static [&'static str];

    /// Reads the arguments of the check called `word` as the next value of `map`; `None`, with
    /// `map` untouched, if the list has no such word.
    ///
    /// # Errors
    ///
    /// The arguments are not what the check takes.
    fn take<'de, A: MapAccess<'de>>(word: &str, map: &mut A) -> Option<Result<Self, A::Error>>;

    /// Each word with the JSON Schema of the check's arguments, in the order of the list.
    fn schemas(generator: &mut SchemaGenerator) -> Vec<(&'static str, Schema)>;

    /// The word of this check.
    fn word(&self) -> &'static str;
}

/// Declares an enum of checks from a list of `word => Type`, with its [`CheckList`].
///
/// The word is the module that holds the type, the file's name, and the key in a plan file.
#[macro_export]
macro_rules! check_list {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($word:ident => $kind:ident,)* }) => {
        $(pub mod $word;)*

        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        $vis enum $name {
            $(
                #[doc = concat!("`", stringify!($word), "`")]
                $kind($word::$kind),
            )*
        }

        impl $crate::check::CheckList for $name {
            const WORDS: &'static [&'static str] = &[$(stringify!($word)),*];

            fn take<'de, A: ::serde::de::MapAccess<'de>>(
                word: &str,
                map: &mut A,
            ) -> Option<Result<Self, A::Error>> {
                match word {
                    $(stringify!($word) => Some(map.next_value().map(Self::$kind)),)*
                    _ => None,
                }
            }

            fn schemas(
                generator: &mut ::schemars::SchemaGenerator,
            ) -> Vec<(&'static str, ::schemars::Schema)> {
                vec![$((stringify!($word), generator.subschema_for::<$word::$kind>()),)*]
            }

            fn word(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => stringify!($word),)*
                }
            }
        }

        $(
            impl From<$word::$kind> for $name {
                fn from(check: $word::$kind) -> Self {
                    Self::$kind(check)
                }
            }
        )*
    };
}

check_list! {
    /// The native checks: decided from a snapshot alone.
    pub enum Native {
        text => Text,
        path => Path,
        smoke_test => SmokeTest,
        no_import => NoImport,
        no_eager_import => NoEagerImport,
        no_attribute => NoAttribute,
        deferred_import => DeferredImport,
        annotations_deferred => AnnotationsDeferred,
        no_chain => NoChain,
    }
}

impl Native {
    /// The check behind the word.
    #[must_use]
    pub fn check(&self) -> &dyn Check {
        match self {
            Self::Text(check) => check,
            Self::Path(check) => check,
            Self::SmokeTest(check) => check,
            Self::NoImport(check) => check,
            Self::NoEagerImport(check) => check,
            Self::NoAttribute(check) => check,
            Self::DeferredImport(check) => check,
            Self::AnnotationsDeferred(check) => check,
            Self::NoChain(check) => check,
        }
    }

    /// Whether the answer rests on a handful of files that the check names, and not on a search
    /// through the repository: only such checks are asked when the answer must be instant.
    #[must_use]
    pub fn is_instant(&self) -> bool {
        !matches!(self, Self::NoChain(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_in_the_list() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/check");
        let files = std::fs::read_dir(folder).unwrap();
        let mut files: Vec<String> = files
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
            .collect();
        let mut words = Native::WORDS.to_vec();
        files.sort();
        words.sort_unstable();
        assert_eq!(files, words);
    }
}

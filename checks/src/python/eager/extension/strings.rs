//! The texts in an extension module that may be names of modules.

use std::collections::BTreeSet;

use memchr::{memchr_iter, memmem};

use super::table;

/// Longer texts are no names.
const LONGEST: usize = 120;

/// Where Rust's compiler leaves its name: the texts of Rust code have no ends.
const RUST: &[u8] = b"/rustc/";

/// The texts of a file.
pub(super) struct Strings<'b> {
    /// Texts that are dotted names from one end to the other.
    pub(super) words: BTreeSet<String>,
    /// Texts in which names stand without an end.
    pub(super) loose: Vec<Vec<u8>>,
    /// Whether there are texts that cannot be read.
    pub(super) sealed: bool,
    bytes: &'b [u8],
    rust: bool,
}

impl<'b> Strings<'b> {
    pub(super) fn of(bytes: &'b [u8]) -> Self {
        let mut strings = Self {
            words: BTreeSet::new(),
            loose: Vec::new(),
            sealed: false,
            bytes,
            rust: memmem::find(bytes, RUST).is_some(),
        };
        strings.find_ended();
        match table::find(bytes) {
            table::Table::None => {}
            table::Table::Sealed => strings.sealed = true,
            table::Table::Split(texts) => {
                let words = texts.iter().filter_map(|text| as_word(text));
                strings.words.extend(words.map(str::to_owned));
            }
            table::Table::Loose(text) => strings.loose.push(text),
        }
        strings
    }

    /// Whether `name` may stand in a text whose ends are not known, or at the end of one: linkers
    /// keep a text that another one ends in only once.
    pub(super) fn may_hold(&self, name: &str) -> bool {
        let holds = |text: &[u8]| memmem::find(text, name.as_bytes()).is_some();
        let ended = format!("{name}\0");
        memmem::find(self.bytes, ended.as_bytes()).is_some()
            || (self.rust && holds(self.bytes))
            || self.loose.iter().any(|text| holds(text))
    }

    /// The words that a null byte ends.
    fn find_ended(&mut self) {
        let mut start = 0;
        for end in memchr_iter(0, self.bytes) {
            let text = self.bytes.get(start..end).unwrap_or_default();
            start = end + 1;
            let named = text.iter().rev().take_while(|it| is_named(**it)).count();
            let word = text.get(text.len() - named..).unwrap_or_default();
            self.words.extend(as_word(word).map(str::to_owned));
        }
    }
}

/// Whether a byte may stand in a dotted name.
pub(super) fn is_named(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')
}

/// A text that may be the name of a module.
fn as_word(text: &[u8]) -> Option<&str> {
    if !(2..=LONGEST).contains(&text.len()) || !text.iter().all(|it| is_named(*it)) {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    let starts = |part: &str| part.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_');
    (!text.starts_with("__") && text.split('.').all(starts)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_that_a_null_byte_ends() {
        let bytes = b"\x7fE\0numpy.core\0see a.b\0 1.5\0_six\0six \0\xffa.c\0__init__\0..x\0a\0";
        let strings = Strings::of(bytes);
        let words: Vec<&str> = strings.words.iter().map(String::as_str).collect();
        assert_eq!(words, ["_six", "a.b", "a.c", "numpy.core"]);
        assert!(!strings.sealed);
    }

    #[test]
    fn what_is_asked_about_may_be_the_end_of_another_text() {
        assert!(Strings::of(b"pytorch\0").may_hold("torch"));
        assert!(!Strings::of(b"torchx\0").may_hold("torch"));
        assert!(Strings::of(b"torchx\0/rustc/0\0").may_hold("torch"));
    }
}

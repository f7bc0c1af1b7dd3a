//! The files that a sentence takes for granted.

use std::ops::Range;

use checks::path::RepoPath;

use super::subject::NamedFile;
use crate::markdown::code_spans;

/// Words of sentences about files that come or go, or that a program makes while it runs.
const COMING_AND_GOING: [&str; 24] = [
    "creat", "exist", "new", "add", "generat", "writ", "sav", "produc", "output", "delet", "remov",
    "gone", "renam", "mov", "miss", "copi", "instal", "download", "upload", "log", "report",
    "contain", "like", "e.g",
];

/// The code spans of a sentence that are paths of files, where it does not say that they come or
/// go. Each stands for the whole sentence.
pub(super) fn in_sentence(text: &str, span: &Range<usize>) -> Vec<NamedFile> {
    let mut words = text.split(|c: char| !(c.is_alphanumeric() || c == '.'));
    if words.any(|word| COMING_AND_GOING.iter().any(|it| starts(word, it))) {
        return Vec::new();
    }
    let paths = code_spans(text)
        .into_iter()
        .filter_map(|span| file(span.text));
    let named = |path| NamedFile {
        path,
        span: span.clone(),
    };
    paths.map(named).collect()
}

fn starts(word: &str, with: &str) -> bool {
    let start = word.get(..with.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(with))
}

/// A path with a folder and an extension, in which nothing is to be filled in.
fn file(word: &str) -> Option<RepoPath> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let (folders, name) = word.rsplit_once('/')?;
    let (stem, extension) = name.rsplit_once('.')?;
    let is_one = word.chars().all(is_plain)
        && !word.starts_with(['.', '/', '-'])
        && !folders.is_empty()
        && !stem.is_empty()
        && (1..=5).contains(&extension.len())
        && extension.chars().all(|c| c.is_ascii_lowercase());
    RepoPath::new(word).ok().filter(|_| is_one)
}

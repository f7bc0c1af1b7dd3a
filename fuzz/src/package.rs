//! A few Python files in one text, so that a fuzzer can work on all of them.

use checks::path::RepoPath;
use checks::snapshot::Memory;

/// How the line begins that names the file below it.
pub const MARK: &str = "#: ";

/// The files of a text: each below a line that names it, what stands above the first such line
/// in `main.py`. A name that is no path in a repository, or is there already, begins no file.
#[must_use]
pub fn files(text: &str) -> Vec<(String, String)> {
    let mut files = vec![("main.py".to_owned(), String::new())];
    for line in text.split_inclusive('\n') {
        let name = line.strip_prefix(MARK).map(str::trim);
        let new = name.filter(|name| is_new(name, &files));
        match (new, files.last_mut()) {
            (Some(name), _) => files.push((name.to_owned(), String::new())),
            (None, Some((_, text))) => text.push_str(line),
            (None, None) => {}
        }
    }
    files
}

/// The same in memory.
#[must_use]
pub fn memory(files: &[(String, String)]) -> Memory {
    Memory::new(files.iter().map(|(path, text)| (path, text)))
}

/// The same as one text.
#[must_use]
pub fn text<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> String {
    let one = |(path, text): (&str, &str)| format!("{MARK}{path}\n{}\n", text.trim_end());
    files.into_iter().map(one).collect()
}

fn is_new(name: &str, files: &[(String, String)]) -> bool {
    let inside = |a: &str, b: &str| b.strip_prefix(a).is_some_and(|rest| rest.starts_with('/'));
    let taken = |it: &str| it == name || inside(it, name) || inside(name, it);
    RepoPath::new(name).is_ok_and(|path| path.as_str() == name)
        && !files.iter().any(|(it, _)| taken(it))
}

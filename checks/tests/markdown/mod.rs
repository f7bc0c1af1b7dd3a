//! Cases in Markdown files, and CPython's word on them.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::process::Command;

use serde::de::DeserializeOwned;

/// A small package and a question about it.
pub(crate) struct Case<Q> {
    pub(crate) name: String,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) question: Q,
}

impl<Q> Case<Q> {
    /// Writes the files into a folder.
    pub(crate) fn write(&self, folder: &Path) {
        for (path, bytes) in &self.files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}

/// The program behind `python3`, which may be a slow script that chooses one.
pub(crate) fn interpreter() -> String {
    let asked = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output();
    let told = asked
        .ok()
        .filter(|it| it.status.success())
        .map(|it| String::from_utf8(it.stdout).unwrap());
    told.expect("`python3` is needed: the verdicts are tested against it")
        .trim()
        .to_owned()
}

/// What a real interpreter says about a check on the files of a folder: `violated`, `holds`, or
/// its complaint; and the lines that it ran, as `path:line`, where it was asked to import.
pub(crate) fn cpython(
    python: &str,
    folder: &Path,
    word: &str,
    arguments: &toml::Table,
) -> (String, HashSet<String>) {
    let mut request = arguments.clone();
    request.insert("word".to_owned(), word.into());
    let request = serde_json::to_string(&request).unwrap();
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cpython.py");
    let output = Command::new(python)
        .args(["-I", "-S", "-B"])
        .arg(driver)
        .arg(request)
        .current_dir(folder)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let (told, ran) = told.split_once('\n').unwrap_or((&told, ""));
    match told {
        "violated" | "holds" => (told.to_owned(), ran.lines().map(str::to_owned).collect()),
        _ => (
            format!("{told}{}", String::from_utf8_lossy(&output.stderr)),
            HashSet::new(),
        ),
    }
}

/// The cases of every file; a file holds one or several, each ended by its `toml` block. A
/// second one in the same file starts with no files.
pub(crate) fn cases<Q: DeserializeOwned>(folder: &str) -> Vec<Case<Q>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "md"))
        .collect();
    paths.sort();
    paths.iter().flat_map(|path| read(path)).collect()
}

fn read<Q: DeserializeOwned>(path: &Path) -> Vec<Case<Q>> {
    let text = std::fs::read_to_string(path).unwrap();
    let file = path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut cases = Vec::new();
    let mut files = BTreeMap::new();
    let mut title = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix('#') {
            title = heading.trim_start_matches('#').trim().to_owned();
        }
        let Some(info) = line.strip_prefix("```").filter(|it| !it.is_empty()) else {
            continue;
        };
        let body: String = lines
            .by_ref()
            .take_while(|line| !line.starts_with("```"))
            .map(|line| format!("{line}\n"))
            .collect();
        match info.split_once(" path=") {
            Some((kind, path)) => {
                files.insert(path.to_owned(), content(kind, &body));
            }
            None => {
                assert_eq!(info, "toml", "{file}: {title}");
                cases.push(Case {
                    name: format!("{file}: {title}"),
                    files: std::mem::take(&mut files),
                    question: toml::from_str(&body)
                        .unwrap_or_else(|e| panic!("{file}: {title}: {e}")),
                });
            }
        }
    }
    assert!(
        files.is_empty(),
        "{file}: the last files belong to no check"
    );
    cases
}

/// `bytes` blocks may hold `\xNN` and leave out the last line end.
fn content(kind: &str, body: &str) -> Vec<u8> {
    if kind == "python" {
        return body.as_bytes().to_vec();
    }
    let mut bytes = Vec::new();
    let mut rest = body.trim_end_matches('\n');
    while let Some((before, after)) = rest.split_once("\\x") {
        bytes.extend_from_slice(before.as_bytes());
        bytes.push(u8::from_str_radix(&after[..2], 16).unwrap());
        rest = &after[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

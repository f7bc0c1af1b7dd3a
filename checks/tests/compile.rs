//! Which texts CPython refuses when a module is loaded: the interpreter at hand is asked about
//! small programs and about its own library, and we have to agree with it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it meets what it did not expect"
)]

#[expect(
    dead_code,
    reason = "of what is shared only the interpreter is asked for"
)]
mod markdown;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use checks::python::PythonVersion;
use checks::python::eager::{Root, Settings, analyse};
use checks::snapshot::Memory;

/// Reads the texts as JSON, and says of each why it is refused. The first entry is the version.
const ASK: &str = r#"
import ast, json, sys, warnings
warnings.simplefilter("ignore")
sys.set_int_max_str_digits(0) if hasattr(sys, "set_int_max_str_digits") else None
told = {"": "%d.%d" % sys.version_info[:2]}
for name, text in json.load(sys.stdin).items():
    try:
        compile(text.encode(), name, "exec", dont_inherit=True)
        told[name] = None
    except (SyntaxError, ValueError) as error:
        told[name] = str(error)
json.dump(told, sys.stdout)
"#;

#[test]
fn small_programs_are_refused_as_cpython_refuses_them() {
    let programs = include_str!("compile/programs.py.txt").split("---\n");
    let texts: BTreeMap<String, String> =
        programs.map(|it| (it.to_owned(), it.to_owned())).collect();
    let (right, refused) = compare(&texts);
    assert!(right > 200 && refused > 100, "{right} {refused}");
}

#[test]
fn the_top_of_the_standard_library_is_taken() {
    let (right, refused) = compare(&library(false));
    assert!(right > 100 && refused == 0, "{right} {refused}");
}

/// With its tests, some of which are no Python.
#[test]
#[ignore = "needs minutes"]
fn all_of_the_library_is_judged_as_cpython_does() {
    let (right, refused) = compare(&library(true));
    assert!(right > 500, "{right} {refused}");
}

/// The files of the interpreter's library, those in its folders too if `deep`.
fn library(deep: bool) -> BTreeMap<String, String> {
    let code = "import sysconfig; print(sysconfig.get_path('stdlib'))";
    let told = Command::new(markdown::interpreter())
        .args(["-I", "-c", code])
        .output()
        .unwrap();
    let mut folders = vec![PathBuf::from(
        String::from_utf8(told.stdout).unwrap().trim(),
    )];
    let mut texts = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => folders.extend(deep.then_some(path)),
                Some(it) if it == "py" => {
                    let name = path.to_string_lossy().into_owned();
                    texts.extend(text_of(&path).map(|text| (name, text)));
                }
                _ => {}
            }
        }
    }
    texts
}

/// Other encodings are not what is asked here.
fn text_of(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    (!text.contains("coding:") && !text.contains("coding=")).then_some(text)
}

/// How many texts were judged as the interpreter does, and how many of them are refused. All
/// must be.
fn compare(texts: &BTreeMap<String, String>) -> (usize, usize) {
    let told = ask(texts);
    let version = told[""].clone().unwrap();
    let settings = Settings {
        version: PythonVersion::try_from(version).unwrap(),
        ..Settings::default()
    };
    let mut wrong = Vec::new();
    let mut refused = 0;
    for (name, text) in texts {
        if from(text).is_some_and(|it| settings.version < it) {
            continue;
        }
        let ours = refusal(text, &settings);
        refused += usize::from(ours.is_some());
        if ours.is_some() != told[name].is_some() {
            wrong.push(format!("{name}: {ours:?}, CPython: {:?}", told[name]));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    (texts.len(), refused)
}

/// The first version in which a program is judged rightly: `# from 3.10: why`.
fn from(text: &str) -> Option<PythonVersion> {
    let (version, _) = text.strip_prefix("# from ")?.split_once(':')?;
    PythonVersion::try_from(version.to_owned()).ok()
}

fn refusal(text: &str, settings: &Settings) -> Option<String> {
    // It is never run, or fails first.
    let files = Memory::new([("it.py", text)]);
    let root = Root {
        snapshot: &files,
        folder: None,
        site: false,
    };
    let error = analyse("it", None, &[root], settings).error?;
    let syntax = ["does not parse", "does not compile"];
    syntax.iter().any(|it| error.contains(it)).then_some(error)
}

fn ask(texts: &BTreeMap<String, String>) -> BTreeMap<String, Option<String>> {
    let mut python = Command::new(markdown::interpreter())
        .args(["-I", "-S", "-B", "-c", ASK])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = python.stdin.take().unwrap();
    stdin
        .write_all(&serde_json::to_vec(texts).unwrap())
        .unwrap();
    drop(stdin);
    serde_json::from_slice(&python.wait_with_output().unwrap().stdout).unwrap()
}

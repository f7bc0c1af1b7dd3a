//! A real interpreter, and the program with which it imports a module and tells what happened.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use tempfile::TempDir;

use crate::process::{End, Finished, Program};

/// The program that the interpreter runs.
const PROGRAM: &str = include_str!("../probe.py");

/// What an interpreter is asked.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    /// The interpreter.
    pub(crate) interpreter: &'a Path,
    /// The tree that the module lies in, without symbolic links.
    pub(crate) root: &'a Path,
    /// The module to import.
    pub(crate) entry: &'a str,
    /// A name that it must have then; none if this is empty.
    pub(crate) attribute: &'a str,
    /// The module that is absent. If this is empty, none is, and every module that is loaded is
    /// told with the statement that asked for it first.
    pub(crate) without: &'a str,
    /// How long it may take.
    pub(crate) timeout: Duration,
    /// The file that will hold what the imported code prints.
    pub(crate) log: PathBuf,
}

/// An interpreter that is about to be asked.
pub(crate) struct Interview {
    /// What is to be run.
    pub(crate) program: Program,
    entry: String,
    answer: PathBuf,
    /// The imported code must not be able to answer by accident, or with an old answer.
    token: String,
    _folder: TempDir,
}

/// What every answer begins with.
#[derive(serde::Deserialize)]
struct Signed<T> {
    token: String,
    #[serde(flatten)]
    facts: T,
}

impl Interview {
    /// Puts the program where the interpreter finds it.
    ///
    /// # Errors
    ///
    /// There is no place for it, or a path that the interpreter cannot be told.
    pub(crate) fn new(question: Question<'_>) -> Result<Self, String> {
        let no_room = |error| format!("no temporary folder can be made: {error}");
        let folder = tempfile::tempdir().map_err(no_room)?;
        let script = folder.path().join("probe.py");
        fs::write(&script, PROGRAM).map_err(no_room)?;
        let answer = folder.path().join("answer.json");
        let token = format!("{:016x}", RandomState::new().hash_one(&answer));
        // `-I`: the environment that was named, without PYTHONPATH and the user's packages.
        // `-B`: nothing is written into the tree.
        let words = [
            text(question.interpreter)?,
            "-I",
            "-B",
            text(&script)?,
            text(&answer)?,
            &token,
            text(question.root)?,
            question.entry,
            question.attribute,
            question.without,
        ];
        let program = Program {
            words: words.map(str::to_owned).to_vec(),
            directory: question.root.to_owned(),
            // For interpreters that the imported code starts.
            environment: [("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned())].into(),
            timeout: question.timeout,
            log: question.log,
        };
        Ok(Self {
            program,
            entry: question.entry.to_owned(),
            answer,
            token,
            _folder: folder,
        })
    }

    /// What the interpreter has written down.
    ///
    /// # Errors
    ///
    /// It has not, or somebody else has.
    pub(crate) fn facts<T: DeserializeOwned>(&self, finished: &Finished) -> Result<T, String> {
        let last = finished.tail.lines().next_back().filter(|line| !line.trim().is_empty());
        let last = last.map(|line| format!("; the last that it printed: {line}"));
        let last = last.unwrap_or_default();
        let ended = match &finished.end {
            End::TimedOut => {
                let limit = self.program.timeout.as_secs();
                return Err(format!("importing `{}` took more than {limit} s{last}", self.entry));
            }
            End::Interrupted(signal) => return Err(format!("interrupted by {signal}")),
            End::Exited(0) => match fs::read(&self.answer) {
                Ok(bytes) => return self.read(&bytes),
                Err(_) => "it exited with 0".to_owned(),
            },
            End::Exited(status) => format!("it exited with {status}"),
            End::Stopped => "it was stopped".to_owned(),
            End::Signalled(signal) => format!("it was ended by {signal}"),
        };
        Err(format!("the interpreter ended before it could answer: {ended}{last}"))
    }

    fn read<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, String> {
        let signed: Result<Signed<T>, _> = serde_json::from_slice(bytes);
        match signed {
            Ok(signed) if signed.token == self.token => Ok(signed.facts),
            Ok(_) => Err("the answer is not the interpreter's own".to_owned()),
            Err(error) => Err(format!("the answer cannot be read: {error}")),
        }
    }
}

fn text(path: &Path) -> Result<&str, String> {
    let why = || format!("the path `{}` is not UTF-8", path.display());
    path.to_str().ok_or_else(why)
}

//! Whether a program that passed could have failed.

use std::fs;
use std::path::Path;
use std::time::Duration;

use checks::path::RepoPath;
use checks::python::{BlindFinder, Script, blind_finders, scripts_of};
use checks::snapshot::{SIZE_LIMIT, Snapshot};
use tasks::outside::{Controlled, Ruling};

use super::Command;
use crate::process::{End, Program};
use crate::world::{Show, World, command_line};

/// An import blocker that blocks nothing.
struct Blind {
    /// The file that holds it; none for code on the command line.
    file: Option<String>,
    finder: BlindFinder,
}

/// The first Python that no longer asks a finder for `find_module`.
const DEAF: (u32, u32) = (3, 12);

/// How long an interpreter may take to say its version.
const PATIENCE: Duration = Duration::from_secs(60);

impl Command {
    /// A blocker that blocks nothing cannot fail; of tests, at least one must have been executed,
    /// which the verdict itself asks for where it can be known.
    pub(crate) fn control(&self, snapshot: &dyn Snapshot, world: &mut World) -> Option<Controlled> {
        if let Some(blind) = self.blind(snapshot).first() {
            return self.blind_on(blind, world);
        }
        let Some(Ruling::Judged(_, Some(run))) = world.ran.get(&self.key()) else {
            return None;
        };
        let unknown = run.tests.is_none() && run.reused.is_none();
        unknown.then(|| {
            let why = "what it printed holds no summary of tests that is known: whether it \
                       executed any, nobody can tell";
            Controlled::Unknown(why.to_owned())
        })
    }

    /// The blockers that block nothing, as remarks.
    pub(super) fn blind_remarks(&self, snapshot: &dyn Snapshot) -> Vec<String> {
        self.blind(snapshot).iter().map(Blind::text).collect()
    }

    fn blind_on(&self, blind: &Blind, world: &mut World) -> Option<Controlled> {
        match self.python_version(world) {
            Ok(version) if version < DEAF => None,
            Ok((major, minor)) => {
                let why = format!("it ran on Python {major}.{minor}; {}", blind.text());
                Some(Controlled::CannotFail(why))
            }
            Err(why) => {
                let why = format!("{}; which Python ran it is not known: {why}", blind.text());
                Some(Controlled::CannotFail(why))
            }
        }
    }

    fn blind(&self, snapshot: &dyn Snapshot) -> Vec<Blind> {
        let scripts = scripts_of(&self.run).into_iter();
        let found = scripts.flat_map(|script| {
            let (file, code) = match script {
                Script::Inline(code) => (None, Some(code)),
                Script::File(file) => {
                    let code = self.read(&file, snapshot);
                    (Some(file), code)
                }
            };
            let found = blind_finders(&code.unwrap_or_default()).into_iter();
            found.map(move |finder| Blind {
                file: file.clone(),
                finder,
            })
        });
        found.collect()
    }

    /// A script of the repository, or one that lies elsewhere on this machine.
    fn read(&self, file: &str, snapshot: &dyn Snapshot) -> Option<String> {
        if Path::new(file).is_absolute() {
            let size = fs::metadata(file).ok()?.len();
            return (size <= SIZE_LIMIT).then(|| fs::read_to_string(file).ok())?;
        }
        let folder = self.directory.as_ref().map(|folder| format!("{folder}/"));
        let path = format!("{}{file}", folder.unwrap_or_default());
        let path = RepoPath::new(path.trim_start_matches("./")).ok()?;
        let bytes = snapshot.read(&path).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The version of the interpreter, asked in the same words that start it.
    fn python_version(&self, world: &mut World) -> Result<(u32, u32), String> {
        const ASK: &str = "import sys; print('%d.%d' % sys.version_info[:2])";
        let is_python = |word: &&String| {
            let name = word.rsplit('/').next().unwrap_or_default();
            name.starts_with("python") || name.starts_with("pypy")
        };
        let start = self.run.iter().position(|word| is_python(&word));
        let start = start.and_then(|at| self.run.get(..=at));
        let start = start.ok_or("it is started by a shell")?;
        let words = [start, &["-c".to_owned(), ASK.to_owned()]].concat();
        let title = format!("asking {} for its version", command_line(start));
        let program = Program {
            directory: world.folder(self.directory.as_ref())?,
            environment: self.environment.clone(),
            timeout: PATIENCE,
            log: world.log(&title),
            words,
        };
        let ran = world.run(&title, &program, Show::Heading)?;
        let said = ran.finished.tail.lines().last().unwrap_or_default();
        let version = said.trim().split_once('.').map(|(major, minor)| (major.parse(), minor.parse()));
        match (&ran.finished.end, version) {
            (End::Exited(0), Some((Ok(major), Ok(minor)))) => Ok((major, minor)),
            _ => Err(format!("it answered `{}`", said.escape_debug())),
        }
    }
}

impl Blind {
    fn text(&self) -> String {
        match &self.file {
            Some(file) => format!("`{file}`, {}", self.finder),
            None => format!("the code after `-c`, {}", self.finder),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::command;
    use super::*;
    use crate::world::tests::Sample;
    use checks::snapshot::Memory;

    /// A blocker as plans have them, and the import that it should block.
    const SCRIPT: &str = "import sys\n\n\nclass Guard:\n    def find_module(self, name, path=None):\n        if name == 'heavy':\n            return self\n\n    def load_module(self, name):\n        raise ImportError(name)\n\n\nsys.meta_path.insert(0, Guard())\nimport heavy\nprint('SUCCESS')\n";

    fn said(run: &str) -> String {
        let files = [("guard.py", SCRIPT), ("heavy.py", ""), ("t.sh", "echo '1 passed in 0.1s'\n")];
        let sample = Sample::new(&files);
        let command = command(&format!("run = {run}\nenv = {{ PYTHONDONTWRITEBYTECODE = '1' }}"));
        let command = command.unwrap();
        let snapshot = Memory::new(files);
        let mut world = sample.world();
        let ruling = command.judge(&mut world);
        assert!(matches!(ruling, Ruling::Judged(_, Some(_))), "{ruling:?}");
        format!("{:?}", command.control(&snapshot, &mut world))
    }

    #[test]
    fn a_blind_blocker_cannot_fail() {
        let said = said("['python3', 'guard.py']");
        let mut python = std::process::Command::new("python3");
        python.args(["-c", "import sys; sys.exit(sys.version_info < (3, 12))"]);
        let expected = "`guard.py`, line 5: `Guard` has `find_module` and no `find_spec`";
        if python.status().unwrap().success() {
            assert!(said.starts_with("Some(CannotFail(\"it ran on Python 3."), "{said}");
            assert!(said.contains(expected), "{said}");
        } else {
            assert_eq!(said, "None");
        }
    }

    #[test]
    fn whether_tests_ran_is_known_or_said_to_be_unknown() {
        assert_eq!(said("['sh', 't.sh']"), "None");
        let unknown = said("['true']");
        assert!(unknown.starts_with("Some(Unknown(\"what it printed holds no summary"), "{unknown}");
    }
}

//! `demo`: a small sample repository, and a walk through milestone M2 on it.

mod sample;

use std::fs;
use std::path::{Path, PathBuf};

use console::style;
use xshell::{Shell, cmd};

use crate::cli::{self, Demo};
use crate::failure::Failure;
use crate::output;
use crate::repository::REDIRECTIONS;

use sample::FILES;

/// The branch that the plan names, so that the sample has no warning about it.
const BRANCH: &str = "feature/container-optimization";

/// One step of the walk.
enum Step {
    /// A sentence about what comes.
    Say(&'static str),
    /// The edits of a task are written to the files.
    Edit(&'static str),
    /// A command of this tool, and the exit code that it should have.
    Run(&'static [&'static str], u8),
    /// The same, where programs are needed: `make`, an interpreter.
    RunPrograms(&'static [&'static str], u8),
    /// git commits what was edited, as a person would.
    Commit(&'static str),
}

const WALK: &[Step] = &[
    Step::Say("Nothing is done yet. What is left?"),
    Step::Run(&["status"], 1),
    Step::Say("Why does task 2.1 fail?"),
    Step::Run(&["verify", "2.1"], 1),
    Step::Say(
        "Task 2.1 is carried out. The plan calls ModelStorage unused, but it is used, so its import moves into the method.",
    ),
    Step::Edit("2.1"),
    Step::Run(&["verify", "2.1"], 1),
    Step::Say("That deviates from the plan. It is said with its reason, not hidden."),
    Step::Run(
        &[
            "waive",
            "2.1.2",
            "--reason",
            "list_models() uses it; imported inside the method",
        ],
        0,
    ),
    Step::RunPrograms(&["commit", "2.1"], 0),
    Step::Say("Task 2.2. The plan wants a server asked; the sample has none, and says so."),
    Step::Edit("2.2"),
    Step::Run(
        &[
            "waive",
            "2.2.3",
            "--reason",
            "the sample has no server; list_strategies() called by hand",
        ],
        0,
    ),
    Step::RunPrograms(&["commit", "2.2"], 0),
    Step::Say("Task 2.3."),
    Step::Edit("2.3"),
    Step::RunPrograms(&["commit", "2.3"], 0),
    Step::Say("Every edit of the plan is made. Does the backend load without torch now?"),
    Step::RunPrograms(&["verify", "2.4", "--full"], 1),
    Step::Say(
        "No: ktrdr/decision/__init__.py re-exports an engine that imports torch, which the plan overlooked.",
    ),
    Step::Edit("2.4"),
    Step::Commit("fix(M2): load the decision engine only when it is asked for"),
    Step::RunPrograms(&["verify", "2.4", "--full", "--record"], 0),
    Step::Say("What can be said about the milestone as a whole?"),
    Step::RunPrograms(&["report", "--full"], 0),
];

pub(super) fn run(options: &Demo) -> Result<u8, Failure> {
    let walk = Walk::new(folder(options)?)?;
    walk.say(&format!(
        "A sample repository is made in {}\n",
        walk.folder.display()
    ))?;
    walk.edit("start")?;
    walk.first_commit()?;
    for step in WALK {
        walk.go(step)?;
    }
    walk.say(&format!(
        "The sample stays in {0} for you to play with:\n\n    cd {0}\n    cargo xtask m2 status\n",
        walk.folder.display()
    ))?;
    Ok(0)
}

struct Walk {
    folder: PathBuf,
    shell: Shell,
    /// The interpreter for probes; none if there is no `python3` or no `make`.
    python: Option<String>,
}

impl Walk {
    fn new(folder: PathBuf) -> Result<Self, Failure> {
        let shell = Shell::new().map_err(|e| Failure::new(e.to_string()))?;
        shell.change_dir(&folder);
        let found = cmd!(shell, "python3 -c 'import sys; print(sys.executable)'");
        let python = found.quiet().ignore_stderr().read().ok();
        let make = cmd!(shell, "make --version").quiet().ignore_stderr().read();
        Ok(Self {
            folder,
            python: python.filter(|_| make.is_ok()),
            shell,
        })
    }

    fn go(&self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::Say(text) => self.say(text),
            Step::Edit(task) => self.edit(task),
            Step::Run(words, code) => self.run(words, *code),
            Step::RunPrograms(words, code) => self.run_programs(words, *code),
            Step::Commit(subject) => self.commit(subject),
        }
    }

    fn say(&self, text: &str) -> Result<(), Failure> {
        output::print(&format!("\n{}\n", style(text).bold()))
    }

    fn edit(&self, step: &str) -> Result<(), Failure> {
        for file in FILES.iter().filter(|file| file.step == step) {
            // Under its real name the file would rule the folder that it is kept in.
            let name = if file.path == "gitignore" {
                ".gitignore"
            } else {
                file.path
            };
            let path = self.folder.join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(|e| cannot_write(parent, &e))?;
            }
            fs::write(&path, file.text).map_err(|e| cannot_write(&path, &e))?;
            if step != "start" {
                output::print(&format!("  edited {name}\n"))?;
            }
        }
        Ok(())
    }

    fn run_programs(&self, words: &[&str], code: u8) -> Result<(), Failure> {
        let Some(python) = &self.python else {
            self.say("(without python3 and make no programs can be run)")?;
            let without: Vec<&str> = match words {
                ["commit", ..] => [words, &["--without-commands"]].concat(),
                _ => return Ok(()),
            };
            return self.run(&without, code);
        };
        self.run(&[words, &["--python", python]].concat(), code)
    }

    fn run(&self, words: &[&str], code: u8) -> Result<(), Failure> {
        let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        let prompt = style(format!("$ cargo xtask m2 {}", quoted.join(" "))).cyan();
        output::print(&format!("\n{prompt}\n"))?;
        let folder = self.folder.clone().into_os_string();
        let before = ["cargo-xtask".into(), "-C".into(), folder, "m2".into()];
        let words = words.iter().map(|word| (*word).into());
        let exit = cli::parse(before.into_iter().chain(words)).and_then(super::run)?;
        if exit != code {
            return Err(
                Failure::new(format!("the walk expected exit code {code}, not {exit}"))
                    .with_help("the output above says what is different on this machine"),
            );
        }
        Ok(())
    }

    fn first_commit(&self) -> Result<(), Failure> {
        // The user's own hooks, signing keys and line endings have no part in a sample.
        let settings = [
            ("user.name", "Demo"),
            ("user.email", "demo@example.invalid"),
            ("commit.gpgsign", "false"),
            ("core.hooksPath", ".git/hooks"),
            ("core.autocrlf", "false"),
        ];
        self.git(&["init", "--quiet", "--template="])?;
        self.git(&["symbolic-ref", "HEAD", &format!("refs/heads/{BRANCH}")])?;
        for (key, value) in settings {
            self.git(&["config", key, value])?;
        }
        self.commit("A backend that cannot start without torch")
    }

    fn commit(&self, subject: &str) -> Result<(), Failure> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", subject])
    }

    fn git(&self, words: &[&str]) -> Result<(), Failure> {
        let git = cmd!(self.shell, "git {words...}").quiet();
        // Inside a hook these would name another repository.
        let git = REDIRECTIONS.iter().fold(git, xshell::Cmd::env_remove);
        git.run().map_err(|e| {
            Failure::because("the sample needs git", e).with_help("install git and try again")
        })
    }
}

/// The folder for the sample: the one that was named, which must be new or empty, or a new
/// temporary one.
fn folder(options: &Demo) -> Result<PathBuf, Failure> {
    let Some(folder) = &options.directory else {
        let folder = tempfile::Builder::new().prefix("milestone-demo-").tempdir();
        let folder =
            folder.map_err(|e| Failure::because("no temporary folder could be made", e))?;
        return Ok(folder.keep());
    };
    fs::create_dir_all(folder).map_err(|e| cannot_write(folder, &e))?;
    let mut entries = fs::read_dir(folder).map_err(|e| cannot_write(folder, &e))?;
    if entries.next().is_some() {
        return Err(Failure::new(format!("`{}` is not empty", folder.display()))
            .with_help("name a new folder, or none for a temporary one"));
    }
    fs::canonicalize(folder).map_err(|e| cannot_write(folder, &e))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::because(format!("`{}` cannot be written", path.display()), error)
}

fn quoted(word: &str) -> String {
    if word.contains(' ') {
        format!("\"{word}\"")
    } else {
        word.to_owned()
    }
}

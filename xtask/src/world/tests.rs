use std::fs;
use std::process::{Command, Stdio};

use super::*;

/// A git repository in a temporary folder.
pub(crate) struct Sample(tempfile::TempDir);

impl Sample {
    /// With these files committed.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let sample = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            let path = sample.root().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        sample.shell("git init -q && git add -A && git commit -q --allow-empty -m start");
        sample
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    /// The world around it, in which programs may run.
    pub(crate) fn world(&self) -> World {
        World {
            root: self.root().to_owned(),
            trust: Trust::GRANTED,
            ..World::default()
        }
    }

    /// Runs a shell script in it, out of reach of the user's git configuration.
    pub(crate) fn shell(&self, script: &str) {
        let mut command = Command::new("sh");
        command.args(["-ec", script]).current_dir(self.root());
        command
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        for variable in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
            command.env_remove(variable);
        }
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "A");
            command.env(format!("GIT_{role}_EMAIL"), "a@example.org");
        }
        let done = command.stdout(Stdio::null()).status().unwrap();
        assert!(done.success(), "{script}");
    }
}

#[test]
fn the_interpreter_is_the_named_one_or_an_environments() {
    let sample = Sample::new(&[("e/bin/python", ""), ("f/bin/python", "")]);
    let environment = |name: &str| Some(sample.root().join(name));
    let found = |world: &World| world.interpreter().ok();
    let mut world = sample.world();
    assert_eq!(found(&world), None);
    world.virtual_env = environment("e");
    assert_eq!(found(&world), environment("e/bin/python"));
    sample.shell("cp -r f .venv");
    assert_eq!(found(&world), environment(".venv/bin/python"));
    for name in ["f", "f/bin/python"] {
        world.python = environment(name);
        assert_eq!(found(&world), environment("f/bin/python"), "{name}");
    }
    world.python = environment("missing");
    assert_eq!(found(&world), None);
    world.python = Some("sh".into());
    assert!(found(&world).unwrap().is_absolute());
}

#[test]
fn a_folder_stays_inside() {
    let sample = Sample::new(&[("sub/a", "")]);
    sample.shell("ln -s / out");
    let folder = |path: &str| sample.world().folder(Some(&RepoPath::new(path).unwrap()));
    assert_eq!(folder("sub"), Ok(sample.root().join("sub")));
    assert_eq!(folder("sub/a"), Err("`sub/a` is not a folder".to_owned()));
    assert_eq!(folder("out"), Err("`out` leaves the repository".to_owned()));
    assert_eq!(folder("no"), Err("no such folder: `no`".to_owned()));
}

#[test]
fn a_command_line_can_be_typed() {
    let words = ["make", "a b", "", "it's", "K=v"].map(str::to_owned);
    assert_eq!(command_line(&words), r"make 'a b' '' 'it'\''s' K=v");
}

//! What is to be done, told without doing it.

use super::*;
use crate::world::tests::Sample;

fn check(text: &str) -> Result<Environment, String> {
    toml::from_str(text).map_err(|error| error.message().to_owned())
}

/// The words of the last program, or why there is none.
fn steps(files: &[(&str, &str)], text: &str) -> Result<(String, String), String> {
    let sample = Sample::new(files);
    sample.shell("mkdir -p e/bin; : >e/bin/python");
    let mut world = sample.world();
    world.python = Some(sample.root().join("e/bin/python"));
    let steps = check(text).unwrap().recipe.steps(&world)?;
    Ok((steps.programs.last().unwrap()[3..].join(" "), steps.key))
}

#[test]
fn pip_installs_what_is_declared() {
    let project = "[project]\nname = 'x'\ndependencies = ['a>=1', '-e .', 'b']\n";
    for (files, expected) in [
        (&[("requirements.txt", "a\n"), ("pyproject.toml", project)][..], "install --quiet -r requirements.txt"),
        (&[("pyproject.toml", project)], "install --quiet a>=1 b"),
        (&[("uv.lock", ""), ("pyproject.toml", project)], "install --quiet a>=1 b"),
    ] {
        assert_eq!(steps(files, "tool = 'pip'").unwrap().0, expected);
    }
    for (files, expected) in [
        (&[][..], "the repository declares nothing to install"),
        (&[("pyproject.toml", "[project]\nname = 'x'\n")], "the repository declares nothing to install"),
        (&[("pyproject.toml", "x =")], "`pyproject.toml`: "),
    ] {
        let why = steps(files, "tool = 'pip'").unwrap_err();
        assert!(why.starts_with(expected), "{why}");
    }
    let why = steps(&[], "tool = 'uv'").unwrap_err();
    assert_eq!(why, "there is no `uv.lock` that `uv sync` could install");
}

#[test]
fn another_declaration_is_another_environment() {
    let key = |content: &str, text: &str| {
        let files = [("requirements.txt", content)];
        let sample = Sample::new(&files);
        let mut world = sample.world();
        world.python = Some("sh".into());
        check(text).unwrap().recipe.steps(&world).unwrap().key
    };
    let first = key("a\n", "tool = 'pip'");
    assert_eq!(key("a\n", "tool = 'pip'\nabsent = 'torch'"), first);
    assert_ne!(key("b\n", "tool = 'pip'"), first);
    assert_ne!(key("a\n", "tool = 'pip'\nargs = ['--pre']"), first);
}

#[test]
fn a_wrong_check_is_refused() {
    for (text, expected) in [
        ("tool = 'conda'", "unknown variant `conda`"),
        ("absent = 'a-b'", "`absent`: `a-b` is no Python module's name"),
        ("args = ['']", "`args` holds a word that no program can be given"),
        ("without = 'x'", "unknown field"),
    ] {
        let error = check(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

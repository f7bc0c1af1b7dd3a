//! The Python code that a command runs.

use crate::shell::commands;

/// Python code that a command runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Script {
    /// The text after `-c`.
    Inline(String),
    /// A file, as the command names it.
    File(String),
}

/// What stands before the program that it starts.
const LAUNCHERS: [&str; 20] = [
    "!", "command", "do", "elif", "else", "env", "exec", "hatch", "if", "nice", "nohup", "pdm",
    "pipenv", "poetry", "sudo", "then", "time", "timeout", "uv", "while",
];

/// The Python code that a program with these arguments runs: `python -c "…"`, `python path.py`,
/// also behind `uv run`, `env`, and as a part of `sh -c "…"`.
#[must_use]
pub fn scripts_of(words: &[String]) -> Vec<Script> {
    let name = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    let is_shell = |word: &String| matches!(name(word).as_str(), "sh" | "bash" | "dash" | "zsh");
    if words.first().is_some_and(is_shell) {
        let line = words.iter().position(|word| is_shell_line(word));
        let line = line.and_then(|at| words.get(at + 1));
        return line.map(|line| scripts_of_line(line)).unwrap_or_default();
    }
    let is_assignment = |word: &String| word.contains('=') && !word.starts_with('-');
    let program = words.iter().find(|word| !is_assignment(word));
    let starts = program.is_some_and(|it| is_python(&name(it)) || LAUNCHERS.contains(&it.as_str()));
    let python = words.iter().position(|word| is_python(&name(word)));
    let arguments = python.filter(|_| starts).and_then(|at| words.get(at + 1..));
    arguments.and_then(script).into_iter().collect()
}

/// The Python code that a line of shell runs; what only a shell could read runs nothing known.
#[must_use]
pub fn scripts_of_line(line: &str) -> Vec<Script> {
    let commands = commands(line).into_iter();
    commands.flat_map(|words| scripts_of(&words)).collect()
}

/// `-c`, also among other letters: `-ec`.
fn is_shell_line(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
}

/// `python`, `python3`, `python3.13`, `pypy3`.
fn is_python(name: &str) -> bool {
    let version = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || c == '.');
    let known = ["python", "pypy"];
    known
        .iter()
        .any(|it| name.strip_prefix(it).is_some_and(version))
}

/// The code behind an interpreter's arguments.
/// <https://docs.python.org/3/using/cmdline.html#interface-options>
fn script(arguments: &[String]) -> Option<Script> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if !argument.starts_with('-') {
            return Some(Script::File(argument.clone()));
        }
        if argument == "-" || argument.starts_with("--") {
            return None;
        }
        let letters = argument.trim_start_matches('-');
        if let Some((_, code)) = letters.split_once('c') {
            let next = arguments.next().cloned().unwrap_or_default();
            return Some(Script::Inline(if code.is_empty() {
                next
            } else {
                code.to_owned()
            }));
        }
        if letters.contains('m') {
            return None;
        }
        // These take the next word, unless their value stands in the same one.
        if letters.ends_with(['W', 'X']) {
            arguments.next();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_a_command_is_found() {
        for (line, expected) in [
            ("python -c 'x = 1'", "-c x = 1"),
            ("python3.13 -B -c 'x'", "-c x"),
            ("python -Bc 'x'", "-c x"),
            ("python -X utf8 /tmp/a.py -c b", "/tmp/a.py"),
            ("uv run python scripts/a.py", "scripts/a.py"),
            (
                "A=b .venv/bin/python a.py && python b.py | cat",
                "a.py b.py",
            ),
            ("sh -ec 'python a.py; python -c y'", "a.py -c y"),
            ("python -m pytest a.py", ""),
            ("python", ""),
            ("python - <x", ""),
            ("pythonic a.py", ""),
            ("grep python a.py", ""),
            ("timeout 60 python a.py", "a.py"),
            ("python -c \"$CODE\"", ""),
            ("if python a.py; then", "a.py"),
        ] {
            let found = scripts_of_line(line)
                .into_iter()
                .map(|script| match script {
                    Script::Inline(code) => format!("-c {code}"),
                    Script::File(path) => path,
                });
            assert_eq!(found.collect::<Vec<_>>().join(" "), expected, "{line}");
        }
    }
}

//! The shell lines of a plan: what a fence holds, and what stands in code spans.

use super::document::{Command, Place, Purpose};
use super::fields::{speaks_of_doing, speaks_of_verifying};
use super::item::code_spans;
use super::lines::{Fence, Scan};
use super::statements::statements;

/// The labels and headings that stand above a fence, the nearest first.
pub(super) type Above<'t> = [&'t str];

/// The statements of a fence; none if it holds no shell.
pub(super) fn of_fence(
    scan: &Scan<'_>,
    fence: &Fence<'_>,
    above: &Above<'_>,
) -> Option<Vec<Command>> {
    let purpose = match dialect(fence.language)? {
        Dialect::Accept => Purpose::Verify,
        Dialect::Shell | Dialect::Session => purpose(above),
    };
    let first = fence.inside.start;
    let texts: Vec<&str> = scan
        .lines
        .get(fence.inside.clone())?
        .iter()
        .map(|line| line.text)
        .collect();
    let text = typed(&texts, dialect(fence.language) == Some(Dialect::Session));
    let command = |statement: super::statements::Statement| Command {
        text: statement.text,
        purpose,
        section: above.first().map_or("", |nearest| nearest).to_owned(),
        place: Place {
            line: first + statement.line + 1,
            column: 1,
        },
    };
    Some(statements(&text).into_iter().map(command).collect())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Shell,
    /// What is typed stands behind a prompt.
    Session,
    /// Lines that must succeed, as `spec-gates` writes them.
    Accept,
}

fn dialect(language: &str) -> Option<Dialect> {
    match language.to_ascii_lowercase().as_str() {
        "bash" | "sh" | "shell" | "zsh" | "shellscript" | "ksh" => Some(Dialect::Shell),
        "console" | "shell-session" | "sh-session" | "terminal" | "bash-session" => {
            Some(Dialect::Session)
        }
        "accept" => Some(Dialect::Accept),
        _ => None,
    }
}

/// What somebody would type: indentation of the whole and prompts are not part of it.
fn typed(texts: &[&str], is_session: bool) -> String {
    let blank = |text: &&&str| !text.trim().is_empty();
    let indents = texts
        .iter()
        .filter(blank)
        .map(|text| text.len() - text.trim_start_matches(' ').len());
    let indent = indents.min().unwrap_or(0);
    let prompted = texts.iter().any(|text| text.trim_start().starts_with("$ "));
    let mut typed = String::new();
    for text in texts {
        let text = text.get(indent..).unwrap_or_default();
        let prompt = text
            .strip_prefix("$ ")
            .or_else(|| text.strip_prefix("# ").filter(|_| is_session));
        match prompt {
            Some(rest) => typed.push_str(rest),
            None if is_session && prompted => {}
            None => typed.push_str(text),
        }
        typed.push('\n');
    }
    typed
}

/// What a shell line under these labels is for: the nearest one that says it decides.
pub(super) fn purpose(above: &Above<'_>) -> Purpose {
    for words in above {
        if is_commit(words) {
            return Purpose::Action;
        }
        if speaks_of_verifying(words) {
            return Purpose::Verify;
        }
        if speaks_of_doing(words) {
            return Purpose::Action;
        }
    }
    Purpose::Action
}

/// `Step 5: Commit the verified state`: what is committed is not what is done.
fn is_commit(words: &str) -> bool {
    let step = words
        .strip_prefix("Step ")
        .and_then(|rest| rest.split_once(':'));
    let words = step.map_or(words, |(_, what)| what);
    let first = words.split_whitespace().next().unwrap_or_default();
    first.eq_ignore_ascii_case("commit")
}

/// The commands in the code spans of a line such as ``Run: `pytest -q` ``.
pub(super) fn of_run_line(text: &str, section: &str, place: Place) -> Vec<Command> {
    let spans = code_spans(text);
    let spans = spans
        .iter()
        .map(|span| span.text)
        .filter(|text| !text.is_empty());
    spans.map(|text| verifying(text, section, place)).collect()
}

/// The code spans of a line that are commands and no names.
pub(super) fn of_spans(text: &str, section: &str, place: Place) -> Vec<Command> {
    let spans = code_spans(text);
    let spans = spans
        .iter()
        .map(|span| span.text)
        .filter(|text| is_command(text));
    spans.map(|text| verifying(text, section, place)).collect()
}

/// A command that is run to see whether something holds.
pub(super) fn verifying(text: &str, section: &str, place: Place) -> Command {
    Command {
        text: text.to_owned(),
        purpose: Purpose::Verify,
        section: section.to_owned(),
        place,
    }
}

/// Whether a text starts with a program, and is more than its name or one that needs no more.
pub(crate) fn is_command(text: &str) -> bool {
    const PROGRAMS: [&str; 76] = [
        "make",
        "just",
        "npm",
        "npx",
        "pnpm",
        "yarn",
        "bun",
        "bunx",
        "deno",
        "node",
        "tsc",
        "cargo",
        "rustc",
        "go",
        "python",
        "python3",
        "pytest",
        "uv",
        "uvx",
        "poetry",
        "pip",
        "pip3",
        "pipx",
        "tox",
        "nox",
        "ruff",
        "mypy",
        "pyright",
        "black",
        "flake8",
        "docker",
        "docker-compose",
        "podman",
        "kubectl",
        "helm",
        "terraform",
        "curl",
        "wget",
        "http",
        "git",
        "gh",
        "grep",
        "rg",
        "egrep",
        "fgrep",
        "ls",
        "cat",
        "head",
        "tail",
        "wc",
        "find",
        "test",
        "[",
        "diff",
        "jq",
        "yq",
        "sed",
        "awk",
        "bash",
        "sh",
        "zsh",
        "ssh",
        "psql",
        "sqlite3",
        "mysql",
        "redis-cli",
        "dotnet",
        "mvn",
        "gradle",
        "ruby",
        "bundle",
        "rails",
        "mix",
        "swift",
        "php",
        "composer",
    ];
    let mut words = text.split_whitespace();
    let Some(first) = words.next() else {
        return false;
    };
    let more = words.next().is_some();
    let first = first.rsplit('/').next().unwrap_or(first);
    let script = text.starts_with("./") || text.starts_with("scripts/");
    PROGRAMS.contains(&first) && (more || matches!(first, "pytest" | "make" | "tox" | "nox"))
        || script && (more || text.ends_with(".sh") || text.ends_with(".py"))
}

//! Every command of the README runs, and prints what the README shows.
//!
//! The word behind `console` says where: in the sample of `demo` as it is at the start, or with
//! the edits up to a task; without a word it is for the tool's own repository. What is not a
//! command of the tool must be run, word for word, by the script for continuous integration.

use std::fs;
use std::path::Path;

use crate::sample::{Ran, Sample, run_in, tool};

/// One command of a block, and what is shown below it; nothing if it is not shown.
#[derive(Debug)]
struct Shown {
    command: String,
    output: String,
}

#[test]
fn every_command_runs_and_prints_what_is_shown() {
    let readme = text("README.md");
    let blocks = blocks(&readme);
    assert!(blocks.len() >= 5, "the README has lost its examples");
    for (place, commands) in blocks {
        let sample = match place.as_str() {
            "" | "demo" => None,
            step => Some(sample_at(step)),
        };
        for shown in commands {
            run(sample.as_ref(), &shown);
        }
    }
}

#[test]
fn every_command_of_the_tool_is_in_the_table() {
    let readme = text("README.md");
    let help = run_in(&root(), &["--help"]).out;
    let (_, commands) = help.split_once("Commands:").unwrap();
    let (commands, _) = commands.split_once("Options:").unwrap();
    let names = commands.lines().filter_map(|line| line.strip_prefix("  "));
    let names = names.filter(|line| !line.starts_with(' '));
    let names: Vec<&str> = names.filter_map(|line| line.split(' ').next()).collect();
    assert!(names.len() >= 8, "{help}");
    for name in names.iter().filter(|name| **name != "help") {
        assert!(
            readme.contains(&format!("\n| `{name}")),
            "`{name}` is not in the table"
        );
    }
}

#[test]
fn the_map_names_what_is_there() {
    let readme = text("README.md");
    let (_, map) = readme.split_once("## The map").unwrap();
    let lines = map.lines().filter(|line| line.starts_with("    "));
    let mut top = String::new();
    let mut count = 0;
    for line in lines {
        let name = line.split_whitespace().next().unwrap();
        if line.starts_with("      ") {
            assert!(root().join(&top).join(name).exists(), "{top}{name}");
        } else {
            name.clone_into(&mut top);
            assert!(root().join(name).exists(), "{name}");
        }
        count += 1;
    }
    assert!(count >= 8, "the map is gone");
}

fn run(sample: Option<&Sample>, shown: &Shown) {
    let words = words(&shown.command);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ["cargo", "xtask", words @ ..] = words.as_slice() else {
        let script = text(".ci/run");
        let runs = script
            .lines()
            .any(|line| line.trim().ends_with(&shown.command));
        assert!(runs, "the script does not run `{}`", shown.command);
        return;
    };
    let ran = match sample {
        Some(sample) => sample.run(words),
        None => {
            // What the command makes and leaves behind goes with the test.
            let temporary = tempfile::TempDir::new().unwrap();
            let mut tool = tool();
            tool.current_dir(root()).env("TMPDIR", temporary.path());
            Ran::from(tool.args(words).output().unwrap())
        }
    };
    assert_eq!(
        ran.err.lines().find(|line| line.starts_with("error")),
        None,
        "{ran:?}"
    );
    if !shown.output.is_empty() {
        assert_eq!(masked(&ran.out), masked(&shown.output), "{}", shown.command);
    }
}

fn sample_at(step: &str) -> Sample {
    let sample = Sample::new();
    // A task is carried out on top of those before it.
    for task in ["2.1", "2.2", "2.3", "2.4"] {
        if task <= step && step != "start" {
            sample.edit(task);
        }
    }
    sample
}

/// The blocks that show a console: the word behind it, and the commands.
fn blocks(readme: &str) -> Vec<(String, Vec<Shown>)> {
    let mut blocks = Vec::new();
    for block in readme.split("```console").skip(1) {
        let (head, rest) = block.split_once('\n').unwrap();
        let (body, _) = rest.split_once("\n```").unwrap();
        let mut commands: Vec<Shown> = Vec::new();
        for line in body.lines() {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push(Shown {
                    command: command.to_owned(),
                    output: String::new(),
                }),
                (None, Some(last)) => last.output += &format!("{line}\n"),
                (None, None) => panic!("output without a command: {line}"),
            }
        }
        blocks.push((head.trim().to_owned(), commands));
    }
    blocks
}

/// The words of a command; double quotes keep blanks together.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in command.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// Without the ids of commits, which are new every time.
fn masked(text: &str) -> String {
    let mask = |word: &str| {
        let id = word.len() == 8 && word.chars().all(|c| c.is_ascii_hexdigit());
        if id {
            "········".to_owned()
        } else {
            word.to_owned()
        }
    };
    let line = |line: &str| line.split(' ').map(mask).collect::<Vec<_>>().join(" ");
    text.lines().map(|l| line(l) + "\n").collect()
}

fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

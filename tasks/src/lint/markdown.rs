//! A Markdown plan as the rules see it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use checks::path::RepoPath;
use checks::snapshot::Snapshot;
use regex::Regex;

use super::named::in_sentence;
use super::subject::{
    BoxLine, ClaimLine, Decided, Fence, NamedFile, Program, ShellLine, Spanned, Subject, TaskLine,
};
use crate::lines::Lines;
use crate::markdown::{
    self, Binding, Block, Change, Command, Criterion, Document, Place, Purpose, Refused,
};

/// Programs that test nothing by themselves.
const SET_UP: [&str; 11] = [
    "cd", "echo", "export", "mkdir", "printf", "read", "set", "shopt", "sleep", "source", "wait",
];

/// Reads a Markdown plan called `name`. Its claims are about files of the snapshot; without one
/// it makes none.
///
/// # Errors
///
/// The document is no plan.
pub fn subject(
    name: &str,
    text: &str,
    snapshot: Option<&dyn Snapshot>,
) -> Result<Subject, Box<Refused>> {
    let document = markdown::parse(name, text).map_err(Box::new)?;
    let lines = Lines::new(text);
    let files = Files::new(snapshot);
    let commands: Vec<&Command> = document
        .commands()
        .map(|(_, command)| command)
        .filter(|command| command.purpose == Purpose::Verify)
        .collect();
    let resolve = |path: &str| files.meant(path);
    let stated = snapshot.map(|_| markdown::claims(text, &document, &resolve));
    let claim = |it: markdown::Stated| ClaimLine {
        claim: it.claim,
        span: lines.trimmed(it.line),
    };
    let blocks = markdown::blocks(text);
    Ok(Subject {
        tasks: tasks(&document, &lines),
        known: known(&document),
        boxes: boxes(&document, &lines),
        lines: commands.iter().map(|it| shell_line(it, &lines)).collect(),
        fences: fences(&blocks, &commands, &lines),
        programs: programs(&blocks, &lines),
        claims: stated.into_iter().flatten().map(claim).collect(),
        unclosed: unclosed(&blocks, &lines),
        entry: entry(text),
    })
}

fn tasks(document: &Document, lines: &Lines<'_>) -> Vec<TaskLine> {
    let named = |file: &markdown::FileEntry| {
        let taken_for_granted = matches!(
            file.change,
            Change::Existing | Change::Deleted | Change::MovedFrom
        );
        let path = RepoPath::new(file.path.clone()).ok();
        path.filter(|_| taken_for_granted).map(|path| NamedFile {
            span: words(&file.path, file.place, lines),
            path,
        })
    };
    let task = |task: &markdown::Task| {
        Some(TaskLine {
            id: Spanned {
                text: task.id.clone()?,
                span: lines.trimmed(task.place.line),
            },
            files: task.files.iter().filter_map(named).collect(),
        })
    };
    document.tasks.iter().filter_map(task).collect()
}

fn known(document: &Document) -> BTreeSet<RepoPath> {
    let files = document.tasks.iter().flat_map(|task| &task.files);
    let path = |file: &markdown::FileEntry| RepoPath::new(file.path.trim_start_matches("./")).ok();
    files.filter_map(path).collect()
}

fn boxes(document: &Document, lines: &Lines<'_>) -> Vec<BoxLine> {
    let tasks = document.criteria().map(|(task, _)| task);
    let bound = markdown::bind(document).into_iter();
    let line = |(task, (it, binding)): (Option<&markdown::Task>, (&Criterion, Binding))| BoxLine {
        text: Spanned {
            text: it.text.clone(),
            span: lines.trimmed(it.place.line),
        },
        task: task.and_then(|task| task.id.clone()),
        files: in_sentence(&it.text, &lines.trimmed(it.place.line)),
        decided: match binding {
            Binding::Checks(_) => Decided::Check,
            Binding::From(_) => Decided::Derived,
            Binding::Manual { .. } => Decided::Nothing(None),
        },
    };
    tasks.zip(bound).map(line).collect()
}

fn shell_line(command: &Command, lines: &Lines<'_>) -> ShellLine {
    let span = from(command.place, lines);
    let line = lines.text(lines.trimmed(command.place.line));
    let behind = line.rsplit_once(" # ").map(|(_, comment)| comment);
    let above = lines
        .text(lines.trimmed(command.place.line.saturating_sub(1)))
        .trim_start();
    let expectation = behind.or_else(|| above.strip_prefix("# "));
    ShellLine {
        line: Spanned {
            text: command.text.clone(),
            span,
        },
        expectation: expectation.map(str::to_owned),
    }
}

/// The shell fences with several tests.
fn fences(blocks: &[Block<'_>], commands: &[&Command], lines: &Lines<'_>) -> Vec<Fence> {
    let fence = |block: &Block<'_>| {
        let inside = commands
            .iter()
            .filter(|it| block.inside.contains(&it.place.line));
        let inside: Vec<&&Command> = inside.collect();
        Fence {
            opening: opening(block, lines),
            tests: inside.iter().filter(|it| is_test(&it.text)).count(),
            stops: inside.iter().any(|it| stops(&it.text)),
        }
    };
    blocks.iter().map(fence).collect()
}

fn unclosed(blocks: &[Block<'_>], lines: &Lines<'_>) -> Vec<Range<usize>> {
    let open = blocks.iter().filter(|block| !block.closed);
    open.map(|block| opening(block, lines)).collect()
}

/// The mark that a block begins with.
fn opening(block: &Block<'_>, lines: &Lines<'_>) -> Range<usize> {
    lines.trimmed(block.inside.start.saturating_sub(1))
}

fn is_test(statement: &str) -> bool {
    let first = statement.split_whitespace().next().unwrap_or_default();
    let assigns = first.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
    });
    !assigns && !first.is_empty() && !SET_UP.contains(&first)
}

/// `set -e`, alone or among other letters.
fn stops(statement: &str) -> bool {
    let mut words = statement.split_whitespace();
    words.next() == Some("set")
        && words.any(|word| {
            word == "errexit" || word.strip_prefix('-').is_some_and(|it| it.contains('e'))
        })
}

fn programs(blocks: &[Block<'_>], lines: &Lines<'_>) -> Vec<Program> {
    let python = blocks
        .iter()
        .filter(|block| matches!(block.language, "python" | "py" | "python3"));
    let program = |block: &Block<'_>| Program {
        lines: block
            .inside
            .clone()
            .map(|line| lines.trimmed(line))
            .collect(),
        text: block.text.clone(),
    };
    python.map(program).collect()
}

/// `python -c "from a.b import c"` with "without x" beside it: the module that must load, and
/// the one it must load without.
fn entry(text: &str) -> Option<(String, String)> {
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let pattern = r#"from ([A-Za-z_][\w.]*) import \w+[^\n]{0,40}?["'`)]+[^\n]{0,40}?\bwithout `?([A-Za-z_]\w*)"#;
        Regex::new(pattern).ok()
    });
    let found = PATTERN.as_ref()?.captures(text)?;
    Some((
        found.get(1)?.as_str().to_owned(),
        found.get(2)?.as_str().to_owned(),
    ))
}

/// The files that a plan can mean.
struct Files(Vec<RepoPath>);

impl Files {
    fn new(snapshot: Option<&dyn Snapshot>) -> Self {
        let listing = snapshot.and_then(|snapshot| snapshot.list().ok());
        Self(listing.map(|it| it.paths.clone()).unwrap_or_default())
    }

    /// The file at this path from the top, or the only one whose path ends like this.
    fn meant(&self, path: &str) -> Option<RepoPath> {
        let path = path.trim_start_matches("./");
        if let Some(whole) = self.0.iter().find(|it| it.as_str() == path) {
            return Some(whole.clone());
        }
        let end = format!("/{path}");
        let mut ending = self.0.iter().filter(|it| it.as_str().ends_with(&end));
        let only = ending.next()?;
        ending.next().is_none().then(|| only.clone())
    }
}

/// From a place to the end of its line.
fn from(place: Place, lines: &Lines<'_>) -> Range<usize> {
    let line = lines.trimmed(place.line);
    offset(place, lines).clamp(line.start, line.end)..line.end
}

/// Words at a place.
fn words(words: &str, place: Place, lines: &Lines<'_>) -> Range<usize> {
    let line = lines.trimmed(place.line);
    let from = offset(place, lines).min(line.end);
    let found = lines.text(from..line.end).find(words);
    found.map_or(line, |at| from + at..from + at + words.len())
}

fn offset(place: Place, lines: &Lines<'_>) -> usize {
    let line = lines.line(place.line);
    let column = place.column.saturating_sub(1);
    let before = lines.text(line.clone()).chars().take(column);
    line.start + before.map(char::len_utf8).sum::<usize>()
}

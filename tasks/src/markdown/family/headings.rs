//! Headings that say that they are tasks: `## Task 2.1: …`, `### WI-0.1: …`.

use super::super::document::Place;
use super::super::fields::Label;
use super::super::header::undecorated;
use super::super::lines::Scan;
use super::{Family, RawTask, Read};

/// A heading that is a task.
#[derive(Debug, Clone, Copy)]
struct TaskHeading<'t> {
    index: usize,
    level: usize,
    id: Option<&'t str>,
    title: &'t str,
    done: Option<bool>,
}

pub(super) fn read(scan: &Scan<'_>) -> Option<Read> {
    let found: Vec<TaskHeading<'_>> = scan
        .headings()
        .filter_map(|(index, level, text)| task(index, level, text))
        .collect();
    // A title `# Task: …` names the document; it is a task only where there is no other.
    let has_lower = found.iter().any(|task| task.level > 1);
    let found: Vec<TaskHeading<'_>> = found
        .into_iter()
        .filter(|task| task.level > 1 || !has_lower && task.id.is_some())
        .collect();
    if found.is_empty() {
        return None;
    }
    let tasks: Vec<RawTask> = found
        .iter()
        .zip(found.iter().skip(1).map(Some).chain([None]))
        .map(|(task, next)| raw(scan, task, next))
        .collect();
    let family = if is_superpowers(scan, &tasks) {
        Family::Superpowers
    } else if super::bmad::section(scan).is_some() {
        Family::Bmad
    } else {
        Family::Milestone
    };
    Some(Read::new(family, tasks))
}

fn raw(scan: &Scan<'_>, task: &TaskHeading<'_>, next: Option<&TaskHeading<'_>>) -> RawTask {
    let end = scan.section_end(task.index, task.level);
    let end = next.map_or(end, |next| end.min(next.index));
    let place = Place {
        line: task.index + 1,
        column: 1,
    };
    let mut raw = RawTask::new(
        task.id.map(str::to_owned),
        task.title,
        place,
        task.index + 1..end,
    );
    raw.done = task.done;
    raw
}

fn task(index: usize, level: usize, text: &str) -> Option<TaskHeading<'_>> {
    let done = (text.contains('✅') || text.starts_with("[x]")).then_some(true);
    let text = undecorated(text);
    let text = text
        .strip_prefix("[x]")
        .or(text.strip_prefix("[ ]"))
        .unwrap_or(text);
    let (id, title) = identified(text.trim_start())?;
    Some(TaskHeading {
        index,
        level,
        id,
        title,
        done,
    })
}

/// `Task 2.1: T` and its like: the id and the title.
fn identified(text: &str) -> Option<(Option<&str>, &str)> {
    const WORDS: [&str; 6] = ["task", "wi", "work item", "work package", "slice", "ticket"];
    let rest = WORDS.iter().find_map(|word| {
        let start = text.get(..word.len())?;
        let rest = text.get(word.len()..)?;
        let separated = rest.starts_with(|c: char| !c.is_alphabetic());
        (start.eq_ignore_ascii_case(word) && separated).then_some(rest)
    })?;
    let rest = rest.trim_start_matches([' ', '-', '#', '_', '\u{a0}']);
    if let Some(title) = rest.strip_prefix(':') {
        return Some((None, title.trim())).filter(|(_, title)| !title.is_empty());
    }
    let (id, rest) = number(rest)?;
    let rest = rest.trim_start_matches("**").trim_start();
    // `Task 3 [P]: …`, `Task 3 (optional): …`
    let rest = bracketed(rest).unwrap_or(rest);
    let title = rest.trim_start_matches([':', '—', '–', '-', '.', ')', '|', '·', ' ']);
    Some((Some(id), title.trim()))
}

fn bracketed(rest: &str) -> Option<&str> {
    let close = match rest.chars().next()? {
        '[' => ']',
        '(' => ')',
        _ => return None,
    };
    let (_, behind) = rest.split_once(close)?;
    let behind = behind.trim_start();
    behind
        .starts_with([':', '—', '–', '-', '.'])
        .then_some(behind)
}

/// A number such as `2.1`, `5b.1`, `4.1b`, `7.5.1`, `A1`, `T001`, and what stands behind it.
pub(super) fn number(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
        .unwrap_or(text.len());
    let (word, _) = text.split_at_checked(end)?;
    let word = word.trim_end_matches(['.', '-', '_']);
    let letters = word.chars().take_while(char::is_ascii_alphabetic).count();
    let has_digit = word.chars().any(|c| c.is_ascii_digit());
    let long_parts = word
        .split(['.', '-', '_'])
        .any(|part| part.chars().filter(char::is_ascii_alphabetic).count() > 3);
    if !has_digit || letters > 4 || long_parts || word.len() > 16 {
        return None;
    }
    text.split_at_checked(word.len())
}

/// Steps in bold and files to create, modify and test, as the superpowers skills write them.
fn is_superpowers(scan: &Scan<'_>, tasks: &[RawTask]) -> bool {
    let names_itself =
        scan.lines.iter().take(30).any(|line| {
            line.text.contains("superpowers:") || line.text.contains("executing-plans")
        });
    let steps = tasks.iter().filter(|task| {
        let mut lines = scan.prose(task.body.clone());
        lines.any(|(_, text)| is_step(text))
    });
    names_itself || steps.count() * 2 > tasks.len()
}

fn is_step(text: &str) -> bool {
    let item = super::super::item::Item::new(text).map_or(text, |item| item.text);
    let text = item.trim_start();
    text.starts_with("**Step ") && Label::new(text).is_some()
}

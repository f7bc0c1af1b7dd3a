//! GSD: `<task>` elements between the lines of a Markdown file.

use super::super::commands::{is_command, of_spans, verifying};
use super::super::document::{Change, Command, Criterion, FileEntry, Header, Place};
use super::super::files;
use super::super::frontmatter;
use super::super::item::{Item, code_spans};
use super::super::lines::{Kind, Scan};
use super::headings::number;
use super::{Family, RawTask, Read};

/// An element inside of a task: the line and text of each of its lines.
struct Element<'t> {
    name: &'t str,
    lines: Vec<(usize, &'t str)>,
}

pub(super) fn read(scan: &Scan<'_>) -> Option<Read> {
    let mut tasks = Vec::new();
    let mut start: Option<(usize, &str)> = None;
    for (index, line) in scan.lines.iter().enumerate() {
        if line.kind == Kind::Frontmatter {
            continue;
        }
        let text = line.text.trim();
        if text.starts_with("<task>") || text.starts_with("<task ") {
            start = Some((index, text));
        }
        if let Some((first, tag)) = start.filter(|_| text.ends_with("</task>")) {
            tasks.extend(task(scan, first, index, tag));
            start = None;
        }
    }
    if tasks.is_empty() {
        return None;
    }
    Some(Read {
        family: Family::GetShitDone,
        header: header(scan),
        tasks,
    })
}

fn header(scan: &Scan<'_>) -> Header {
    let entries = frontmatter::entries(scan);
    let phase = frontmatter::value(&entries, "phase");
    let plan = frontmatter::value(&entries, "plan");
    let number = phase.and_then(|phase| phase.split('-').next());
    let mut objective = scan
        .lines
        .iter()
        .skip_while(|line| line.text.trim() != "<objective>");
    let goal = objective.nth(1).map(|line| line.text.trim().to_owned());
    Header {
        id: number
            .zip(plan)
            .map(|(phase, plan)| format!("{phase}-{plan}")),
        title: phase.map(str::to_owned),
        goal: goal.filter(|goal| !goal.is_empty() && !goal.starts_with('<')),
        ..Header::default()
    }
}

fn task(scan: &Scan<'_>, first: usize, last: usize, tag: &str) -> Option<RawTask> {
    let elements = elements(scan, first, last);
    let named = |name: &'static str| elements.iter().filter(move |element| element.name == name);
    let words: Vec<&str> = named("name")
        .chain(named("n"))
        .flat_map(|e| e.lines.iter().map(|(_, text)| *text))
        .collect();
    let name = words.join(" ");
    let (id, title) = identified(name.trim());
    let place = Place {
        line: first + 1,
        column: 1,
    };
    let mut raw = RawTask::new(id.map(str::to_owned), title, place, first + 1..last + 1);
    raw.is_read = true;
    raw.kind = attribute(tag, "type").map(str::to_owned);
    raw.files = named("files").flat_map(files).collect();
    raw.criteria = boxes(scan, first, last);
    if raw.criteria.is_empty() {
        let done = named("done").chain(named("acceptance_criteria"));
        raw.criteria = done.flat_map(criteria).collect();
    }
    raw.commands = named("verify")
        .chain(named("automated"))
        .flat_map(commands)
        .collect();
    (!title.is_empty()).then_some(raw)
}

fn identified(name: &str) -> (Option<&str>, &str) {
    let rest = name.strip_prefix("Task ").and_then(number);
    match rest {
        Some((id, rest)) => {
            let title = rest.trim_start_matches([':', ' ', '—', '–', '-', '.']);
            (Some(id), if title.is_empty() { name } else { title })
        }
        None => (None, name),
    }
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = tag.split_once(name)?;
    rest.strip_prefix("=\"")?.split('"').next()
}

/// The elements one below the task; those inside of them are part of their text, but for
/// `<automated>`, which is a command.
fn elements<'t>(scan: &Scan<'t>, first: usize, last: usize) -> Vec<Element<'t>> {
    let mut elements: Vec<Element<'t>> = Vec::new();
    let mut open: Option<&str> = None;
    let lines = scan.lines.iter().enumerate().take(last + 1).skip(first);
    for (index, line) in lines {
        let mut text = line.text.trim();
        if open.is_none() {
            // The task's own tag may share the line with its first element.
            if index == first {
                text = text.split_once('>').map_or("", |(_, rest)| rest).trim();
            }
            let Some((name, rest)) = opening(text) else {
                continue;
            };
            open = Some(name);
            elements.push(Element {
                name,
                lines: Vec::new(),
            });
            text = rest;
        }
        let closing = open.map(|name| format!("</{name}>")).unwrap_or_default();
        let (inside, closed) = match text.split_once(&closing) {
            Some((inside, _)) => (inside, true),
            None => (text, false),
        };
        if let Some(element) = elements.last_mut().filter(|_| !inside.trim().is_empty()) {
            element.lines.push((index, inside.trim()));
        }
        if closed {
            open = None;
        }
    }
    elements
}

fn opening(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix('<')?;
    let (tag, rest) = rest.split_once('>')?;
    let name = tag.split(' ').next()?;
    let plain = name
        .chars()
        .all(|c| c.is_ascii_alphabetic() || c == '_' || c == '-');
    (plain && !name.is_empty() && !tag.ends_with('/')).then_some((name, rest))
}

fn at(index: usize) -> Place {
    Place {
        line: index + 1,
        column: 1,
    }
}

fn files(element: &Element<'_>) -> Vec<FileEntry> {
    let lines = element.lines.iter();
    lines
        .flat_map(|(index, text)| {
            let text = Item::new(text).map_or(*text, |item| item.text);
            files::paths(text, at(*index), Change::Existing)
        })
        .collect()
}

/// Every box of a task.
fn boxes(scan: &Scan<'_>, first: usize, last: usize) -> Vec<Criterion> {
    let lines = scan.prose(first..last + 1);
    let items = lines.filter_map(|(index, text)| Some((index, Item::new(text)?)));
    let boxes = items.filter(|(_, item)| item.tick.is_some());
    boxes
        .map(|(index, item)| Criterion {
            tick: item.tick,
            optional: item.optional,
            indent: item.indent,
            ..bullet(index, item.text, "task")
        })
        .collect()
}

fn bullet(index: usize, text: &str, section: &str) -> Criterion {
    Criterion {
        text: text.to_owned(),
        tick: None,
        optional: false,
        section: section.to_owned(),
        place: at(index),
        indent: 0,
    }
}

/// The bullets, or the whole as one.
fn criteria(element: &Element<'_>) -> Vec<Criterion> {
    let criterion = |index: usize, text: &str| bullet(index, text, element.name);
    let bullets: Vec<Criterion> = element
        .lines
        .iter()
        .filter_map(|(index, text)| Item::new(text).map(|item| criterion(*index, item.text)))
        .collect();
    if !bullets.is_empty() {
        return bullets;
    }
    let words: Vec<&str> = element.lines.iter().map(|(_, text)| *text).collect();
    let whole = words.join(" ");
    let first = element.lines.first().map(|(index, _)| *index);
    first
        .map(|index| criterion(index, &whole))
        .into_iter()
        .collect()
}

/// The code spans that are commands; a line that is one; what stands in `<automated>`.
fn commands(element: &Element<'_>) -> Vec<Command> {
    let mut commands = Vec::new();
    for (index, text) in &element.lines {
        let text = Item::new(text).map_or(*text, |item| item.text);
        let automated = text
            .strip_prefix("<automated>")
            .map(|rest| rest.split("</automated>").next().unwrap_or(rest));
        let whole = automated.or((element.name == "automated").then_some(text));
        if let Some(line) = whole
            .map(|line| line.trim_matches('`'))
            .filter(|line| !line.is_empty())
        {
            commands.push(verifying(line, element.name, at(*index)));
        } else if code_spans(text).is_empty() && is_command(text) {
            commands.push(verifying(text, element.name, at(*index)));
        } else {
            commands.extend(of_spans(text, element.name, at(*index)));
        }
    }
    commands
}

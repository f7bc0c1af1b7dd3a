//! No sign says what a task is: headings that own boxes are taken for tasks, else numbered ones.

use std::collections::BTreeSet;

use super::super::document::Place;
use super::super::fields::{self, Field};
use super::super::header::{title, undecorated};
use super::super::item::Item;
use super::super::lines::Scan;
use super::headings::number;
use super::{Family, RawTask, Read};

pub(super) fn read(name: &str, scan: &Scan<'_>) -> Option<Read> {
    let headings: Vec<(usize, usize, &str)> = scan.headings().collect();
    let is_plan = calls_itself_a_plan(name, scan);
    let numbered: BTreeSet<usize> = headings
        .iter()
        .filter(|(_, level, title)| {
            *level > 1 && step(title).is_some() && (is_plan || is_phase(title))
        })
        .map(|(index, _, _)| *index)
        .collect();
    let owners = owners(scan, &headings);
    if !owners.is_empty() {
        return Some(Read::new(
            Family::GuessedBoxes,
            tasks(scan, &headings, &owners),
        ));
    }
    (!numbered.is_empty())
        .then(|| Read::new(Family::GuessedSteps, tasks(scan, &headings, &numbered)))
}

/// Whether the file's name or the title speaks of work to be done. Guides and designs have
/// numbered headings too.
fn calls_itself_a_plan(name: &str, scan: &Scan<'_>) -> bool {
    const WORDS: [&str; 10] = [
        "plan",
        "plans",
        "task",
        "tasks",
        "todo",
        "roadmap",
        "milestone",
        "implementation",
        "checklist",
        "backlog",
    ];
    let stem = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let heading = title(scan).map_or("", |(_, title)| title);
    [stem, heading].iter().any(|text| {
        let mut words = text
            .split(|c: char| !c.is_alphanumeric())
            .map(str::to_lowercase);
        words.any(|word| WORDS.contains(&word.as_str()))
    })
}

/// `Phase 2: …`: only plans have phases.
fn is_phase(title: &str) -> bool {
    let words = ["phase ", "milestone ", "sprint ", "iteration "];
    let title = undecorated(title).to_lowercase();
    words.iter().any(|word| title.starts_with(word))
}

/// The headings that have boxes right below them, or whose sections of criteria have.
fn owners(scan: &Scan<'_>, headings: &[(usize, usize, &str)]) -> BTreeSet<usize> {
    let mut owners = BTreeSet::new();
    let mut path: Vec<(usize, usize, &str)> = Vec::new();
    for (position, heading) in headings.iter().enumerate() {
        let (index, level, _) = *heading;
        path.retain(|(_, other, _)| *other < level);
        path.push(*heading);
        let end = headings
            .get(position + 1)
            .map_or(scan.lines.len(), |(next, _, _)| *next);
        let has_box = scan
            .prose(index..end)
            .any(|(_, text)| Item::new(text).is_some_and(|item| item.tick.is_some()));
        if !has_box {
            continue;
        }
        let owner = path
            .iter()
            .rev()
            .find(|(_, level, title)| *level > 1 && !is_part(title));
        owners.extend(owner.map(|(owner, _, _)| *owner));
    }
    owners
}

/// Whether a section with this title is a part of a task or of the whole, and no task.
fn is_part(title: &str) -> bool {
    let name = fields::plain(title);
    let known = matches!(
        fields::field(title),
        Some(Field::Acceptance | Field::Verify | Field::BuildsOn | Field::Prose | Field::Goal)
    );
    let words = [
        "checklist",
        "validation",
        "testing",
        "tests",
        "tasks",
        "subtasks",
        "deliverables",
        "success",
        "e2e",
        "quality gates",
        "todo",
        "progress",
        "status",
    ];
    known
        || words
            .iter()
            .any(|word| name == *word || name.ends_with(&format!(" {word}")))
}

fn tasks(
    scan: &Scan<'_>,
    headings: &[(usize, usize, &str)],
    owners: &BTreeSet<usize>,
) -> Vec<RawTask> {
    let those = headings
        .iter()
        .filter(|(index, _, _)| owners.contains(index));
    let those: Vec<_> = those.collect();
    let next = those
        .iter()
        .skip(1)
        .map(|(index, _, _)| *index)
        .chain([scan.lines.len()]);
    those
        .iter()
        .zip(next)
        .map(|((index, level, title), next)| {
            let end = scan.section_end(*index, *level).min(next);
            let (id, title) = step(title).unwrap_or((None, undecorated(title)));
            let place = Place {
                line: index + 1,
                column: 1,
            };
            RawTask::new(id.map(str::to_owned), title, place, index + 1..end)
        })
        .collect()
}

/// `Phase 2: T`, `Step 3 — T`, `1.2 T`, `1) T`: the number and the title.
fn step(title: &str) -> Option<(Option<&str>, &str)> {
    let title = undecorated(title);
    const WORDS: [&str; 8] = [
        "phase",
        "step",
        "milestone",
        "stage",
        "part",
        "iteration",
        "sprint",
        "day",
    ];
    let word = WORDS.iter().find(|word| {
        let start = title.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    });
    let rest = word.and_then(|word| title.get(word.len()..));
    let rest = rest.filter(|rest| rest.starts_with([' ', '-', '#']));
    let (id, behind) = number(rest.unwrap_or(title).trim_start_matches([' ', '-', '#']))?;
    if rest.is_none() && !id.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let separated =
        behind.is_empty() || behind.starts_with([':', '.', ')', ' ', '—', '–', '-', '*']);
    let name = behind
        .trim_start_matches([':', '.', ')', ' ', '—', '–', '-', '*'])
        .trim();
    let name = if name.is_empty() { title } else { name };
    separated.then_some((Some(id), name))
}

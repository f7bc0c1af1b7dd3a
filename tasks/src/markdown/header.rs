//! The title of a document and the fields below it.

use super::account::{Account, Part};
use super::document::Header;
use super::fields::{Field, Label};
use super::frontmatter;
use super::item::Item;
use super::lines::Scan;

/// Reads the title, the front matter and the fields above the first section.
pub(super) fn read(scan: &Scan<'_>, account: &mut Account) -> Header {
    let entries = frontmatter::entries(scan);
    let mut header = match title(scan) {
        Some((index, text)) => {
            account.took(index, Part::Heading);
            let (id, title) = named(text);
            Header {
                id,
                title: Some(title),
                line: index + 1,
                ..Header::default()
            }
        }
        None => Header::default(),
    };
    if header.title.is_none() {
        header.title = frontmatter::value(&entries, "title").map(str::to_owned);
    }
    header.frontmatter = entries
        .into_iter()
        .map(|entry| (entry.key, entry.values))
        .collect();
    fields(scan, &mut header, account);
    header
}

/// The first heading of the highest level, if it stands above all others.
pub(super) fn title<'t>(scan: &Scan<'t>) -> Option<(usize, &'t str)> {
    let (index, level, title) = scan.headings().next()?;
    (level == 1 && !title.is_empty()).then_some((index, title))
}

fn fields(scan: &Scan<'_>, header: &mut Header, account: &mut Account) {
    let first = scan.headings().find(|(_, level, _)| *level > 1);
    let end = first.map_or(scan.lines.len(), |(index, _, _)| index);
    // The line behind the last one of the goal, which may go on there.
    let mut goes_on = None;
    for (index, text) in scan.prose(0..end) {
        let Some(label) = Label::new(text) else {
            if goes_on == Some(index)
                && Item::new(text).is_none()
                && let Some(goal) = header.goal.as_mut()
            {
                goal.push(' ');
                goal.push_str(text.trim());
                account.took(index, Part::Field);
                goes_on = Some(index + 1);
            }
            continue;
        };
        let value = label.value.trim().to_owned();
        match label.field() {
            Some(Field::Goal) if header.goal.is_none() && !value.is_empty() => {
                header.goal = Some(value);
                goes_on = Some(index + 1);
            }
            Some(Field::Branch) if header.branch.is_none() => {
                header.branch =
                    Some(value.trim_matches('`').to_owned()).filter(|it| !it.is_empty());
            }
            Some(Field::BuildsOn) if says_nothing(&value) => {}
            Some(Field::BuildsOn) => header.builds_on.push(value),
            Some(Field::Prose) => {
                account.took(index, Part::Prose);
                continue;
            }
            _ => continue,
        }
        account.took(index, Part::Field);
    }
}

/// Whether a field says that there is none of what it asks for: "Nothing (first milestone)".
fn says_nothing(value: &str) -> bool {
    let first = value
        .split(|c: char| !c.is_alphanumeric() && c != '/')
        .next();
    let first = first.unwrap_or_default().to_lowercase();
    matches!(
        first.as_str(),
        "" | "none" | "nothing" | "n/a" | "na" | "no"
    )
}

/// What a title says: `Milestone 3: Split Dockerfiles` has the id `3`.
pub(super) fn named(title: &str) -> (Option<String>, String) {
    let title = undecorated(title);
    let plain = without_kind(title);
    match numbered(plain) {
        Some((id, rest)) if !rest.is_empty() => (Some(id.to_owned()), rest.to_owned()),
        Some((id, _)) => (Some(id.to_owned()), plain.to_owned()),
        None => (None, plain.to_owned()),
    }
}

/// Without stars, pictures and marks at both ends.
pub(super) fn undecorated(title: &str) -> &str {
    let at_start =
        |c: char| !(c.is_alphanumeric() || matches!(c, '`' | '[' | '(' | '"' | '.' | '@'));
    let title = title.trim_start_matches(at_start).trim_end();
    title
        .trim_end_matches("**")
        .trim_end_matches(['✅', '🔲', '🚧', '⏳', ' '])
}

/// `Test Plan: X` and the like without the words that every plan has.
fn without_kind(title: &str) -> &str {
    const KINDS: [&str; 12] = [
        "implementation plan",
        "test plan",
        "validation plan",
        "project plan",
        "development plan",
        "task breakdown",
        "task list",
        "tasks",
        "plan",
        "milestone",
        "task",
        "feature",
    ];
    for kind in KINDS {
        let start = title
            .get(..kind.len())
            .filter(|start| start.eq_ignore_ascii_case(kind));
        let rest = start.and_then(|_| title.get(kind.len()..));
        if let Some(rest) = rest.and_then(separated).filter(|rest| !rest.is_empty()) {
            return rest;
        }
    }
    title
}

/// `Milestone 3: X`, `M3: X`, `Phase 1 — X`: the number and the rest.
fn numbered(title: &str) -> Option<(&str, &str)> {
    const WORDS: [&str; 7] = [
        "milestone",
        "phase",
        "project",
        "story",
        "epic",
        "sprint",
        "m",
    ];
    for word in WORDS {
        let start = title
            .get(..word.len())
            .filter(|start| start.eq_ignore_ascii_case(word));
        let rest = start.and_then(|_| title.get(word.len()..));
        let Some(rest) = rest.map(|rest| rest.trim_start_matches([' ', '#', '-'])) else {
            continue;
        };
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '.' || c == '_'))
            .unwrap_or(rest.len());
        let (id, rest) = rest.split_at_checked(end)?;
        let id = id.trim_end_matches('.');
        let is_number = id.starts_with(|c: char| c.is_ascii_digit()) && id.len() <= 12;
        if is_number && (rest.trim().is_empty() || separated(rest).is_some()) {
            return Some((id, separated(rest).unwrap_or_default()));
        }
    }
    None
}

/// What stands behind a colon or a dash.
pub(super) fn separated(rest: &str) -> Option<&str> {
    let rest = rest.trim_start();
    let rest = rest.strip_prefix([':', '—', '–', '-', '|', '·'])?;
    Some(rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_no_milestone() {
        for (value, nothing) in [
            ("Nothing (first milestone)", true),
            ("None", true),
            ("N/A", true),
            ("—", true),
            ("", true),
            ("M1 (dependency cleanup)", false),
            ("Notes of M3", false),
        ] {
            assert_eq!(says_nothing(value), nothing, "{value}");
        }
    }
}

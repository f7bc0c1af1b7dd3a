//! Backlog.md: one task a file, with `id` and `status` in the front matter.

use super::super::document::Change;
use super::super::document::Place;
use super::super::files;
use super::super::frontmatter::{self, Entry};
use super::super::header::title;
use super::super::lines::Scan;
use super::{Family, RawTask, Read};

pub(super) fn read(name: &str, scan: &Scan<'_>) -> Option<Read> {
    let entries = frontmatter::entries(scan);
    let id = frontmatter::value(&entries, "id");
    let status = frontmatter::value(&entries, "status");
    let named = file(name);
    let marked = named.is_some()
        || scan
            .lines
            .iter()
            .any(|line| line.text.trim() == "<!-- AC:BEGIN -->");
    let heading = title(scan).map(|(index, text)| (index, headed(text)));
    let (id, status) = match (id, status) {
        (Some(id), Some(status)) if has_sections(scan) || marked => (Some(id), Some(status)),
        _ if marked => (
            id.or(heading.and_then(|(_, (id, _))| id)).or(named),
            status.or(stated(scan)),
        ),
        _ => return None,
    };
    let (line, headed) = heading.map_or((1, ""), |(index, (_, title))| (index + 1, title));
    let title = frontmatter::value(&entries, "title").unwrap_or(headed);
    let place = Place { line, column: 1 };
    let body = if heading.is_some() {
        line
    } else {
        frontmatter_end(scan)
    };
    let mut raw = RawTask::new(id.map(str::to_owned), title, place, body..scan.lines.len());
    raw.done = status.map(is_done);
    raw.needs = frontmatter::all(&entries, "dependencies").to_vec();
    raw.files = modified(&entries);
    Some(Read::new(Family::Backlog, vec![raw]))
}

/// `backlog/tasks/task-12 - Title.md`
fn file(name: &str) -> Option<&str> {
    let stem = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let (id, _) = stem.split_once(" - ")?;
    let number = id
        .to_ascii_lowercase()
        .strip_prefix("task-")
        .map(str::len)?;
    let digits = id.get(id.len() - number..)?;
    digits
        .chars()
        .all(|c| c.is_ascii_digit() || c == '.')
        .then_some(id)
}

/// `task-12 - Title`
fn headed(text: &str) -> (Option<&str>, &str) {
    let parted = text.split_once(" - ").or_else(|| text.split_once(": "));
    match parted {
        Some((id, title)) if !id.contains(' ') && id.chars().any(|c| c.is_ascii_digit()) => {
            (Some(id), title.trim())
        }
        _ => (None, text),
    }
}

fn has_sections(scan: &Scan<'_>) -> bool {
    scan.headings().any(|(_, _, title)| {
        [
            "Description",
            "Acceptance Criteria",
            "Implementation Plan",
            "Definition of Done",
        ]
        .iter()
        .any(|name| title.starts_with(name))
    })
}

/// `Status: ○ To Do` in the text.
fn stated<'t>(scan: &Scan<'t>) -> Option<&'t str> {
    let mut lines = scan.prose(0..scan.lines.len());
    lines.find_map(|(_, text)| text.trim().trim_start_matches('*').strip_prefix("Status:"))
}

fn is_done(status: &str) -> bool {
    let status = status.to_lowercase();
    ["done", "complete", "completed", "closed", "✔"]
        .iter()
        .any(|word| status.contains(word))
}

fn frontmatter_end(scan: &Scan<'_>) -> usize {
    let front = scan.lines.iter();
    front
        .take_while(|line| line.kind == super::super::lines::Kind::Frontmatter)
        .count()
}

fn modified(entries: &[Entry]) -> Vec<super::super::document::FileEntry> {
    let Some(entry) = entries.iter().find(|entry| entry.key == "modified_files") else {
        return Vec::new();
    };
    let place = Place {
        line: entry.line,
        column: 1,
    };
    let paths = entry.values.iter();
    paths
        .flat_map(|path| files::paths(path, place, Change::Existing))
        .collect()
}

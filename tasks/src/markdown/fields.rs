//! Labels: `**Goal:** …`, `**Goal**: …`, `*Smoke Test:*`, and what they are about.

use super::item::unindented;

/// A label and what stands behind it on its line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Label<'t> {
    /// Its words, without colon and marks.
    pub(super) name: &'t str,
    /// The rest of the line.
    pub(super) value: &'t str,
    /// Whether it is weaker than a bold one: italic, or without any mark.
    pub(super) sub: bool,
    /// Whether it stands in a list.
    pub(super) listed: bool,
}

/// What a label is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Goal,
    Branch,
    BuildsOn,
    Files,
    Kind,
    Estimate,
    Categories,
    Acceptance,
    /// A command to run and see.
    Run,
    /// `Verify: …`
    Verify,
    /// Something for people: a description, notes, an example.
    Prose,
}

impl<'t> Label<'t> {
    /// The label that a line starts with. Without any mark it must be one that is known.
    pub(super) fn new(line: &'t str) -> Option<Self> {
        let (_, text) = unindented(line);
        let (listed, text) = match unlisted(text) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let marked = [("**", false), ("__", false), ("*", true), ("_", true)]
            .into_iter()
            .find_map(|(mark, sub)| marked(text, mark).map(|(name, value)| (name, value, sub)));
        if let Some((name, value, sub)) = marked {
            return Some(Self {
                name,
                value,
                sub,
                listed,
            });
        }
        let (name, value) = text.split_once(':')?;
        let known = name.len() <= 30 && !name.contains('`') && field(name).is_some();
        let separated = value.is_empty() || value.starts_with([' ', '\t']);
        (known && separated).then(|| Self {
            name: name.trim(),
            value: value.trim(),
            sub: true,
            listed,
        })
    }

    /// What it is about.
    pub(super) fn field(&self) -> Option<Field> {
        field(self.name)
    }
}

fn unlisted(text: &str) -> Option<&str> {
    let rest = ["- ", "* ", "+ "]
        .into_iter()
        .find_map(|mark| text.strip_prefix(mark));
    rest.or_else(|| {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
        (rest.len() < text.len())
            .then(|| rest.strip_prefix(". "))
            .flatten()
    })
    .map(str::trim_start)
}

/// `**X:** v`, `**X**: v`, or `**X**` alone.
fn marked<'t>(text: &'t str, mark: &str) -> Option<(&'t str, &'t str)> {
    let inside = text.strip_prefix(mark)?;
    if inside.starts_with(['*', '_', ' ']) {
        return None;
    }
    let (name, rest) = inside.split_once(mark)?;
    let rest = rest.trim();
    if let Some(name) = name.trim_end().strip_suffix(':') {
        return Some((name.trim(), rest));
    }
    match rest.strip_prefix(':') {
        Some(value) => Some((name.trim(), value.trim())),
        None => rest.is_empty().then(|| (name.trim(), "")),
    }
}

/// What the words of a label or a heading are about.
pub(super) fn field(name: &str) -> Option<Field> {
    let name = plain(name);
    let exact = match name.as_str() {
        "goal" | "objective" | "target outcome" => Field::Goal,
        "branch" | "feature branch" => Field::Branch,
        "builds on" | "depends on" | "dependencies" | "prerequisites" | "prerequisite"
        | "depends" => Field::BuildsOn,
        "type" | "task type" | "kind" => Field::Kind,
        "estimate" | "estimated time" | "estimated effort" | "effort" | "time" | "duration"
        | "time estimate" | "estimated duration" => Field::Estimate,
        "task categories" | "categories" | "category" | "task category" => Field::Categories,
        "run" | "run command" | "run tests" | "run test" => Field::Run,
        "verify"
        | "verification"
        | "verification command"
        | "verification commands"
        | "test command" => Field::Verify,
        "files" | "file" | "file path" | "file paths" | "files affected" | "affected files"
        | "target files" | "target file" => Field::Files,
        _ => return close(&name),
    };
    Some(exact)
}

fn close(name: &str) -> Option<Field> {
    const PROSE: [&str; 24] = [
        "description",
        "what",
        "why",
        "implementation note",
        "note",
        "context",
        "background",
        "architecture",
        "tech stack",
        "evidence",
        "current code",
        "target pattern",
        "rationale",
        "expected",
        "output",
        "purpose",
        "summary",
        "overview",
        "details",
        "technical",
        "approach",
        "risk",
        "design",
        "reference",
    ];
    let starts = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
    let of_files = name.starts_with("files to ")
        || name.starts_with("file to ")
        || matches!(
            name,
            "new files"
                | "new file"
                | "modified files"
                | "deleted files"
                | "files modified"
                | "files created"
                | "files changed"
                | "files deleted"
                | "files touched"
        );
    if of_files {
        Some(Field::Files)
    } else if is_acceptance(name) {
        Some(Field::Acceptance)
    } else if starts(&PROSE) {
        Some(Field::Prose)
    } else {
        None
    }
}

fn is_acceptance(name: &str) -> bool {
    name.starts_with("acceptance")
        || name.starts_with("done when")
        || name.starts_with("exit criteria")
        || name.starts_with("success criteria")
        || name.starts_with("definition of done")
        || name.starts_with("completion criteria")
}

/// In small letters, without numbers, signs and `(s)`.
pub(super) fn plain(name: &str) -> String {
    let name = name.to_lowercase().replace("(s)", "s");
    let name = name.split('(').next().unwrap_or_default();
    let words: Vec<&str> = name
        .split(|c: char| !(c.is_alphanumeric() || c == '/' || c == '-'))
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

/// Whether words speak of seeing whether something works.
pub(super) fn speaks_of_verifying(words: &str) -> bool {
    const BEGINNINGS: [&str; 7] = [
        "smoke", "test", "verif", "validat", "health", "e2e", "accept",
    ];
    let words = words.to_lowercase();
    let mut words = words.split(|c: char| !c.is_alphanumeric());
    words.any(|word| {
        BEGINNINGS.iter().any(|start| word.starts_with(start))
            || word.starts_with("check")
                && !word.starts_with("checkpoint")
                && !word.starts_with("checkout")
    })
}

/// Whether words speak of doing something.
pub(super) fn speaks_of_doing(words: &str) -> bool {
    const BEGINNINGS: [&str; 10] = [
        "command",
        "build",
        "step",
        "action",
        "setup",
        "install",
        "deploy",
        "commit",
        "implement",
        "usage",
    ];
    let words = words.to_lowercase();
    let mut words = words.split(|c: char| !c.is_alphanumeric());
    words.any(|word| BEGINNINGS.iter().any(|start| word.starts_with(start)))
}

//! The file field of a task: which words of it are paths, and what becomes of the files.

use super::document::{Change, FileEntry, Place};
use super::item::{Span, code_spans};

/// The paths of one line of a file field. What is prose names no path.
pub(super) fn paths(text: &str, place: Place, heading: Change) -> Vec<FileEntry> {
    let spans = code_spans(text);
    let found: Vec<(&str, usize, usize)> = if spans.is_empty() {
        bare(text)
    } else {
        spanned(text, &spans)
    };
    let change = common(text, &found).unwrap_or(heading);
    let mut entries: Vec<FileEntry> = Vec::new();
    let mut before_end = None;
    for (path, start, end) in found {
        let between = before_end
            .and_then(|from| text.get(from..start))
            .unwrap_or_default();
        let moved = ["→", "->", "➜", "⇒", "=>"]
            .iter()
            .any(|arrow| between.contains(arrow));
        if moved && let Some(last) = entries.last_mut() {
            last.change = Change::MovedFrom;
        }
        let own = own_change(text, start, end, before_end.unwrap_or(0));
        entries.push(FileEntry {
            path: without_lines(path).to_owned(),
            change: if moved {
                Change::MovedTo
            } else {
                own.unwrap_or(change)
            },
            place,
        });
        before_end = Some(end);
    }
    entries
}

/// What a line says about all of its paths: a verb in front of them; a note behind a single one,
/// or one that speaks of both or all.
fn common(text: &str, found: &[(&str, usize, usize)]) -> Option<Change> {
    let (_, start, _) = found.first()?;
    let (_, _, end) = found.last()?;
    let note = text.get(*end..).unwrap_or_default();
    let lower = note.to_lowercase();
    let is_of_all = found.len() == 1 || lower.contains("both") || lower.contains("all ");
    let note = Some(note).filter(|_| is_of_all);
    verb(text.get(..*start)?).or_else(|| note.and_then(verb))
}

/// What the words around a path say: a verb right before it, a note right behind it.
fn own_change(text: &str, start: usize, end: usize, from: usize) -> Option<Change> {
    let before = text.get(from..start).unwrap_or_default();
    let behind = text.get(end..).unwrap_or_default().trim_start();
    let note = behind
        .strip_prefix('(')
        .and_then(|rest| rest.split(')').next());
    note.and_then(verb).or_else(|| {
        let words = before.rsplit([',', ';', '.']).next().unwrap_or_default();
        verb(words)
    })
}

/// The paths among the code spans, up to where a note begins.
fn spanned<'t>(text: &'t str, spans: &[Span<'t>]) -> Vec<(&'t str, usize, usize)> {
    let mut found: Vec<(&str, usize, usize)> = Vec::new();
    for span in spans {
        if let Some((_, _, end)) = found.last() {
            let between = text.get(*end..span.start).unwrap_or_default();
            if begins_note(between) {
                break;
            }
        }
        let in_note = is_inside_parentheses(text, span.start) && !found.is_empty();
        if is_path(span.text) && !in_note {
            found.push((span.text, span.start, span.end));
        }
    }
    found
}

/// Whether what stands behind a path is about it, and names no further one.
fn begins_note(between: &str) -> bool {
    let outside: String = outside_parentheses(between);
    [" — ", " – ", " - ", ": "]
        .iter()
        .any(|mark| outside.contains(mark))
}

fn outside_parentheses(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::new();
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept
}

fn is_inside_parentheses(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    before.matches('(').count() > before.matches(')').count()
}

/// Paths without code marks, separated by commas or `and`.
fn bare(text: &str) -> Vec<(&str, usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    for piece in text.split([',', ';']) {
        let start = from;
        from += piece.len() + 1;
        for word in words(piece) {
            let offset = start + (word.as_ptr() as usize - piece.as_ptr() as usize);
            if is_path(word) {
                found.push((word, offset, offset + word.len()));
            }
        }
    }
    found
}

/// The words of a piece that may be a path: the first one, behind a verb if there is one, and
/// what stands behind an arrow. In longer prose there is none.
fn words(piece: &str) -> Vec<&str> {
    let plain = piece.split(" (").next().unwrap_or_default();
    let plain = [" — ", " – ", " - "].iter().fold(plain, |text, mark| {
        text.split(mark).next().unwrap_or_default()
    });
    let words: Vec<&str> = plain
        .split_whitespace()
        .map(|word| word.trim_matches(['*', '"']))
        .collect();
    let arrow = |word: &str| matches!(word, "→" | "->" | "=>" | "and" | "&" | "+");
    let verbal = |word: &str| verb(word).is_some() || word.ends_with(':');
    let named = words
        .iter()
        .filter(|word| !arrow(word) && !verbal(word))
        .count();
    let paths = words.iter().filter(|word| is_path(word)).count();
    if named == paths { words } else { Vec::new() }
}

/// What a verb or a note says about a file.
fn verb(text: &str) -> Option<Change> {
    text.split(|c: char| !c.is_alphanumeric()).find_map(|word| {
        Some(match word.to_ascii_lowercase().as_str() {
            "new" | "create" | "creates" | "created" | "add" => Change::New,
            "delete" | "deletes" | "deleted" | "remove" | "removed" => Change::Deleted,
            "modify" | "modified" | "update" | "updated" | "edit" | "change" | "test"
            | "extend" | "existing" => Change::Existing,
            _ => return None,
        })
    })
}

/// What the label of a file field says about its files.
pub(super) fn labelled(name: &str) -> Change {
    verb(name).unwrap_or(Change::Existing)
}

/// Whether a word can be a path of a file or folder.
pub(super) fn is_path(word: &str) -> bool {
    let word = without_lines(word);
    let ordinary = |c: char| !c.is_whitespace() && !c.is_control() && !"()\"'`=;|&,".contains(c);
    if word.is_empty() || word.contains("://") || !word.chars().all(ordinary) {
        return false;
    }
    let letters = word.chars().any(char::is_alphanumeric);
    let name = word
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    if word.contains('/') {
        let division = matches!(word, "N/A" | "n/a" | "and/or" | "I/O" | "CI/CD");
        return letters && !division && !word.starts_with('@') && !word.starts_with('-');
    }
    letters && (is_known(name) || has_extension(name))
}

fn is_known(name: &str) -> bool {
    const NAMES: [&str; 14] = [
        "Makefile",
        "Dockerfile",
        "Justfile",
        "justfile",
        "Gemfile",
        "Rakefile",
        "Procfile",
        "LICENSE",
        "README",
        "CHANGELOG",
        "Vagrantfile",
        "Jenkinsfile",
        "Caddyfile",
        "CODEOWNERS",
    ];
    name.strip_prefix('.').is_some_and(is_hidden)
        || NAMES.contains(&name)
        || name.starts_with("Dockerfile.")
}

/// What stands behind the dot of a hidden file's or folder's name; `.name` is an attribute, and
/// `.md` a kind of files.
fn is_hidden(name: &str) -> bool {
    const NAMES: [&str; 14] = [
        "cargo",
        "claude",
        "cursor",
        "cursorrules",
        "devcontainer",
        "editorconfig",
        "flake8",
        "github",
        "husky",
        "kiro",
        "mailmap",
        "taskmaster",
        "venv",
        "vscode",
    ];
    let lower = name.chars().next().is_some_and(|c| c.is_ascii_lowercase());
    let telling = name.starts_with("env")
        || name.starts_with("git")
        || name.ends_with("rc")
        || name.ends_with("ignore")
        || name.contains(['-', '.']);
    lower && (telling || NAMES.contains(&name))
}

/// A name with an extension that files have, so that neither `app.main` nor `3.13` nor `e.g.` is
/// taken for one.
fn has_extension(name: &str) -> bool {
    const EXTENSIONS: [&str; 78] = [
        "py",
        "pyi",
        "rs",
        "toml",
        "yaml",
        "yml",
        "json",
        "jsonl",
        "md",
        "mdx",
        "txt",
        "ts",
        "tsx",
        "js",
        "jsx",
        "mjs",
        "cjs",
        "css",
        "scss",
        "html",
        "sh",
        "bash",
        "sql",
        "lock",
        "cfg",
        "ini",
        "env",
        "go",
        "mod",
        "sum",
        "java",
        "kt",
        "kts",
        "swift",
        "c",
        "h",
        "cc",
        "cpp",
        "hpp",
        "cs",
        "csproj",
        "sln",
        "rb",
        "php",
        "lua",
        "vue",
        "svelte",
        "astro",
        "xml",
        "csv",
        "proto",
        "graphql",
        "tf",
        "tfvars",
        "conf",
        "service",
        "gradle",
        "properties",
        "prisma",
        "ex",
        "exs",
        "erl",
        "hs",
        "ml",
        "scala",
        "clj",
        "dart",
        "zig",
        "nix",
        "ps1",
        "bat",
        "ipynb",
        "rst",
        "svg",
        "png",
        "log",
        "db",
        "hcl",
    ];
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return false;
    };
    !stem.is_empty() && EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str())
}

/// `path:10-20` and `path#L10` without the lines.
fn without_lines(path: &str) -> &str {
    let path = path.split("#L").next().unwrap_or(path);
    match path.rsplit_once(':') {
        Some((before, lines))
            if lines
                .chars()
                .all(|c| c.is_ascii_digit() || "-–, ".contains(c)) =>
        {
            before
        }
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_each_file_is_said_beside_it() {
        use Change::{Deleted, Existing, MovedFrom, MovedTo, New};
        let place = Place { line: 1, column: 1 };
        for (text, expected) in [
            ("`a.py`, `b.py` (new)", vec![Existing, New]),
            ("`a.py` (new), `b.py`", vec![New, Existing]),
            ("`a.py`, `b.py` (both new)", vec![New, New]),
            ("`a/new.py`, `b.py`", vec![Existing, Existing]),
            ("Create `a.py`, `b.py`", vec![New, New]),
            ("Create: `a.py`", vec![New]),
            ("Modify `a.py`, create `b.py`", vec![Existing, New]),
            ("`a.py` — new module", vec![New]),
            ("a.py, b.py (new)", vec![Existing, New]),
            ("`a.py` → `b.py`", vec![MovedFrom, MovedTo]),
            ("Delete: `a/` (entire directory)", vec![Deleted]),
        ] {
            let found = paths(text, place, Change::Existing);
            let changes: Vec<Change> = found.iter().map(|it| it.change).collect();
            assert_eq!(changes, expected, "{text}");
        }
    }

    #[test]
    fn an_attribute_and_a_kind_of_files_are_no_paths() {
        for path in [
            "a.py",
            ".env",
            ".env.sandbox",
            ".gitignore",
            ".dockerignore",
            ".npmrc",
            ".pre-commit-config.yaml",
            ".python-version",
            ".github",
            "src/a/",
            "Makefile",
        ] {
            assert!(is_path(path), "{path}");
        }
        for word in [
            ".name", ".md", ".py", ".value", "app.main", "3.13", "e.g.", "N/A",
        ] {
            assert!(!is_path(word), "{word}");
        }
    }
}

//! What a Markdown plan says about the code: chains of imports, lines, names that are unused,
//! functions that use something.
//!
//! Only forms that name their objects are taken; a sentence that could mean two things is no
//! claim. Paths are resolved by the one who knows the repository.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use checks::path::RepoPath;
use regex::Regex;

use super::document::{Document, Task};
use super::item::code_spans;
use super::lines::{Fence, Kind, Scan};
use crate::plan::Claim;

/// A claim and the line that makes it, from 1.
#[derive(Debug, Clone)]
pub struct Stated {
    /// What is claimed.
    pub claim: Claim,
    /// The line, from 1.
    pub line: usize,
}

/// How far below its label a listing may stand, in lines.
const NEAR: usize = 3;

/// The claims of a plan, in the order of its lines. `resolve` knows the file that a path, or the
/// end of one, means.
#[must_use]
pub fn claims(
    text: &str,
    document: &Document,
    resolve: &dyn Fn(&str) -> Option<RepoPath>,
) -> Vec<Stated> {
    let scan = Scan::new(text);
    let Some(patterns) = &*PATTERNS else {
        return Vec::new();
    };
    let reader = Reader {
        scan: &scan,
        document,
        resolve,
        patterns,
    };
    let mut stated = reader.chains();
    stated.extend(reader.listings());
    stated.extend(reader.unused());
    stated.extend(reader.uses());
    stated.sort_by_key(|it| it.line);
    stated
}

/// Built once: that takes longer than to read a plan.
static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(Patterns::new);

struct Patterns {
    /// A path in a chain, with what stands in parentheses behind it.
    link: Regex,
    /// `import torch at line 6`
    import: Regex,
    /// `(lines ~25-28)`
    lines: Regex,
    /// `import a.b`, `from a import b, c`
    statement: Regex,
    /// `` - `load()` — uses torch.load ``
    uses: Regex,
    unused: Regex,
}

impl Patterns {
    fn new() -> Option<Self> {
        let regex = |pattern| Regex::new(pattern).ok();
        Some(Self {
            link: regex(
                r"^(\s*)(?:(?:→|->|└─+>?|├─+>?|↳)\s*)?`?([\w./-]+\.py)`?\s*(?:\((.*)\))?\s*$",
            )?,
            import: regex(r"\bimports? ([A-Za-z_][\w.]*)(?: at line ~?(\d+))?$")?,
            lines: regex(r"\blines? ~?(\d+)(?:\s*(?:-|–|to)\s*~?(\d+))?")?,
            statement: regex(
                r"^\s*(?:from\s+[\w.]+\s+import\s+\(?([\w, ]+)\)?|import\s+([\w.]+))\s*$",
            )?,
            uses: regex(r"^\s*[-*]\s+`([A-Za-z_]\w*)\(\)`\s*(?:—|–|-|:)\s*uses `?([A-Za-z_]\w*)")?,
            unused: regex(
                r"(?i)\b(?:never used|unused|not used anywhere|no methods? ever calls?)\b",
            )?,
        })
    }
}

struct Reader<'a> {
    scan: &'a Scan<'a>,
    document: &'a Document,
    resolve: &'a dyn Fn(&str) -> Option<RepoPath>,
    patterns: &'a Patterns,
}

/// One line of a drawn chain.
struct Link {
    indent: usize,
    file: RepoPath,
    line: usize,
    note: String,
}

impl Reader<'_> {
    fn text(&self, index: usize) -> &str {
        self.scan.lines.get(index).map_or("", |line| line.text)
    }

    /// Chains that are drawn in fences: paths below each other, each further in than the one
    /// that imports it.
    fn chains(&self) -> Vec<Stated> {
        let mut stated = Vec::new();
        for fence in &self.scan.fences {
            let mut way: Vec<Link> = Vec::new();
            for index in fence.inside.clone() {
                let Some(link) = self.link(index) else {
                    way.clear();
                    continue;
                };
                way.retain(|above| above.indent < link.indent);
                way.push(link);
                stated.extend(self.end_of(&way));
            }
        }
        stated
    }

    fn link(&self, index: usize) -> Option<Link> {
        let found = self.patterns.link.captures(self.text(index))?;
        Some(Link {
            indent: found.get(1)?.len(),
            file: (self.resolve)(found.get(2)?.as_str())?,
            line: index + 1,
            note: found.get(3).map_or("", |note| note.as_str()).to_owned(),
        })
    }

    /// What the last link of a way says to import: the end of a chain, and perhaps a line.
    fn end_of(&self, way: &[Link]) -> Vec<Stated> {
        let Some((last, first)) = way.last().zip(way.first()) else {
            return Vec::new();
        };
        let Some(found) = self.patterns.import.captures(&last.note) else {
            return Vec::new();
        };
        let Some(target) = found.get(1).map(|name| name.as_str().to_owned()) else {
            return Vec::new();
        };
        let at = found.get(2).and_then(|line| line.as_str().parse().ok());
        let place = at.map(|line| Stated {
            claim: Claim::ImportAt {
                file: last.file.clone(),
                name: target.clone(),
                lines: (line, line),
            },
            line: last.line,
        });
        let chain = (way.len() > 1).then(|| Stated {
            claim: Claim::Chain {
                files: way.iter().map(|link| link.file.clone()).collect(),
                branches: Vec::new(),
                target,
            },
            line: first.line,
        });
        chain.into_iter().chain(place).collect()
    }

    /// "Current code (lines 25-28):" above a fence with imports.
    fn listings(&self) -> Vec<Stated> {
        let mut stated = Vec::new();
        for fence in &self.scan.fences {
            let Some((label, lines)) = self.label(fence) else {
                continue;
            };
            let Some(file) = self.file_of(label) else {
                continue;
            };
            for name in self.imported(fence) {
                stated.push(Stated {
                    claim: Claim::ImportAt {
                        file: file.clone(),
                        name,
                        lines: (*lines.start(), *lines.end()),
                    },
                    line: label + 1,
                });
            }
        }
        stated
    }

    /// The line above a fence that says where the code stands now.
    fn label(&self, fence: &Fence<'_>) -> Option<(usize, RangeInclusive<usize>)> {
        let above = fence.whole.start.saturating_sub(NEAR)..fence.whole.start;
        let index = above
            .rev()
            .find(|index| !self.text(*index).trim().is_empty())?;
        let text = self.text(index);
        if !text.to_lowercase().contains("current") {
            return None;
        }
        let found = self.patterns.lines.captures(text)?;
        let first: usize = found.get(1)?.as_str().parse().ok()?;
        let last = found.get(2).and_then(|last| last.as_str().parse().ok());
        let last = last.unwrap_or(first);
        (first <= last && first > 0).then_some((index, first..=last))
    }

    /// The names that the imports of a fence bind.
    fn imported(&self, fence: &Fence<'_>) -> Vec<String> {
        let mut names = Vec::new();
        for index in fence.inside.clone() {
            let Some(found) = self.patterns.statement.captures(self.text(index)) else {
                continue;
            };
            if let Some(list) = found.get(1) {
                // A name under another one is not looked for.
                let list = list.as_str().split(',').map(str::trim);
                names.extend(
                    list.filter(|it| !it.is_empty() && !it.contains(' '))
                        .map(str::to_owned),
                );
            } else if let Some(module) = found.get(2) {
                names.push(module.as_str().to_owned());
            }
        }
        names
    }

    /// "`X()` is created but never used", below a task that names one file.
    fn unused(&self) -> Vec<Stated> {
        let mut stated: Vec<Stated> = Vec::new();
        for task in &self.document.tasks {
            let Some(file) = self.only_file(task) else {
                continue;
            };
            let names = self.names_in(task);
            for (index, text) in self.prose(task) {
                if !self.patterns.unused.is_match(text) {
                    continue;
                }
                for name in names.iter().filter(|name| mentions(text, name)) {
                    let known = |it: &Stated| matches!(&it.claim, Claim::Unused { name: other, file: there } if other == name && *there == file);
                    if !stated.iter().any(known) {
                        stated.push(Stated {
                            claim: Claim::Unused {
                                file: file.clone(),
                                name: name.clone(),
                            },
                            line: index + 1,
                        });
                    }
                }
            }
        }
        stated
    }

    /// "`f()` — uses torch.load" in a list whose label names the file.
    fn uses(&self) -> Vec<Stated> {
        let mut stated = Vec::new();
        let mut file = None;
        for (index, line) in self.scan.lines.iter().enumerate() {
            if line.kind != Kind::Text {
                if line.kind != Kind::Blank {
                    file = None;
                }
                continue;
            }
            if let Some(found) = self.patterns.uses.captures(line.text) {
                let words = (found.get(1), found.get(2));
                if let (Some(file), (Some(function), Some(name))) = (&file, words) {
                    stated.push(Stated {
                        claim: Claim::Uses {
                            file: RepoPath::clone(file),
                            function: function.as_str().to_owned(),
                            name: name.as_str().to_owned(),
                        },
                        line: index + 1,
                    });
                }
            } else if !line.text.trim_start().starts_with(['-', '*']) || line.text.starts_with("**")
            {
                file = self.named_file(line.text);
            }
        }
        stated
    }

    /// The file that a label speaks of: the one that it names, else the only one of its task.
    fn file_of(&self, index: usize) -> Option<RepoPath> {
        self.named_file(self.text(index)).or_else(|| {
            let around = |task: &&Task| (task.place.line..=task.last_line).contains(&(index + 1));
            let task = self.document.tasks.iter().rfind(around)?;
            self.only_file(task)
        })
    }

    fn named_file(&self, text: &str) -> Option<RepoPath> {
        let words = text.split(|c: char| !(c.is_alphanumeric() || "_./-".contains(c)));
        let mut files = words.filter(|word| word.ends_with(".py"));
        (self.resolve)(files.next()?)
    }

    fn only_file(&self, task: &Task) -> Option<RepoPath> {
        match task.files.as_slice() {
            [file] => (self.resolve)(&file.path),
            _ => None,
        }
    }

    /// The names that a task's fences import.
    fn names_in(&self, task: &Task) -> Vec<String> {
        let inside = |fence: &&Fence<'_>| {
            (task.place.line..=task.last_line).contains(&(fence.whole.start + 1))
        };
        let fences = self.scan.fences.iter().filter(inside);
        let mut names: Vec<String> = fences.flat_map(|fence| self.imported(fence)).collect();
        names.sort();
        names.dedup();
        names
    }

    fn prose(&self, task: &Task) -> impl Iterator<Item = (usize, &str)> {
        self.scan
            .prose(task.place.line.saturating_sub(1)..task.last_line)
    }
}

/// Whether a sentence names something: as a code span, with or without `()`, or as a word.
fn mentions(text: &str, name: &str) -> bool {
    let spans = code_spans(text);
    let spanned = spans
        .iter()
        .any(|span| span.text.trim_end_matches("()") == name);
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    spanned || words.into_iter().any(|word| word == name)
}

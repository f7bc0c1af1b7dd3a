//! The lines of a Markdown text, each with what it is: fence, heading, rule, text.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

use super::frontmatter;

/// A text, line by line.
#[derive(Debug)]
pub(super) struct Scan<'t> {
    /// Every line, in order; the first is line 1.
    pub(super) lines: Vec<Line<'t>>,
    /// The fenced code blocks, outermost ones alone.
    pub(super) fences: Vec<Fence<'t>>,
}

/// One line.
#[derive(Debug)]
pub(super) struct Line<'t> {
    /// Without its end.
    pub(super) text: &'t str,
    pub(super) kind: Kind<'t>,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    Blank,
    Frontmatter,
    /// Inside a comment that spans lines.
    Comment,
    /// Part of the fenced block with this index, its marks included.
    Fence(usize),
    Heading(usize, &'t str),
    /// `---`, or the underline of a heading.
    Rule,
    Text,
}

/// A fenced code block.
#[derive(Debug)]
pub(super) struct Fence<'t> {
    /// The first word after the opening mark, for instance `bash`.
    pub(super) language: &'t str,
    /// The indices of its lines, without the marks.
    pub(super) inside: Range<usize>,
    /// The indices of its lines, marks included.
    pub(super) whole: Range<usize>,
}

impl<'t> Scan<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let texts: Vec<&str> = text
            .split('\n')
            .map(|line| line.strip_suffix('\r').unwrap_or(line))
            .collect();
        let front = frontmatter::lines(&texts);
        let fences = nested(&texts, front).unwrap_or_else(|| by_commonmark(text, &texts, front));
        let mut scan = Self {
            lines: texts
                .into_iter()
                .map(|text| Line {
                    text,
                    kind: Kind::Text,
                })
                .collect(),
            fences,
        };
        scan.classify(front);
        scan
    }

    /// The heading on line `index`.
    pub(super) fn heading(&self, index: usize) -> Option<(usize, &'t str)> {
        match self.lines.get(index)?.kind {
            Kind::Heading(level, title) => Some((level, title)),
            _ => None,
        }
    }

    /// Every heading: index, level, title.
    pub(super) fn headings(&self) -> impl Iterator<Item = (usize, usize, &'t str)> {
        let lines = self.lines.iter().enumerate();
        lines.filter_map(|(index, line)| match line.kind {
            Kind::Heading(level, title) => Some((index, level, title)),
            _ => None,
        })
    }

    /// The lines that are neither code nor comment nor heading, with their indices.
    pub(super) fn prose(&self, range: Range<usize>) -> impl Iterator<Item = (usize, &'t str)> {
        let lines = self.lines.iter().enumerate();
        let lines = lines.skip(range.start).take(range.len());
        lines
            .filter(|(_, line)| line.kind == Kind::Text)
            .map(|(index, line)| (index, line.text))
    }

    /// The first line after `start` with a heading of this level or a higher one.
    pub(super) fn section_end(&self, start: usize, level: usize) -> usize {
        let after = (start + 1)..self.lines.len();
        after
            .into_iter()
            .find(|index| {
                self.heading(*index)
                    .is_some_and(|(other, _)| other <= level)
            })
            .unwrap_or(self.lines.len())
    }

    fn classify(&mut self, front: usize) {
        let mut in_fence: Vec<Option<usize>> = vec![None; self.lines.len()];
        for (number, fence) in self.fences.iter().enumerate() {
            for index in fence.whole.clone() {
                if let Some(slot) = in_fence.get_mut(index) {
                    *slot = Some(number);
                }
            }
        }
        let last_close = self
            .lines
            .iter()
            .rposition(|line| line.text.contains("-->"));
        let mut comment = false;
        let mut before_is_text = false;
        for (index, line) in self.lines.iter_mut().enumerate() {
            let fence = in_fence.get(index).copied().flatten();
            line.kind = if index < front {
                Kind::Frontmatter
            } else if let Some(number) = fence {
                Kind::Fence(number)
            } else if comment {
                comment = !line.text.contains("-->");
                Kind::Comment
            } else if opens_comment(line.text) && last_close.is_some_and(|last| last > index) {
                comment = true;
                Kind::Comment
            } else {
                plain(line.text, before_is_text)
            };
            before_is_text = line.kind == Kind::Text;
        }
        self.underlined();
    }

    /// A line of text above a line of `=` is a heading too.
    fn underlined(&mut self) {
        for index in 1..self.lines.len() {
            let (before, from) = self.lines.split_at_mut(index);
            if let (Some(title), Some(rule)) = (before.last_mut(), from.first())
                && rule.kind == Kind::Rule
                && rule.text.trim().starts_with('=')
                && title.kind == Kind::Text
            {
                title.kind = Kind::Heading(1, title.text.trim());
            }
        }
    }
}

fn plain(text: &str, before_is_text: bool) -> Kind<'_> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Kind::Blank;
    }
    if let Some(heading) = heading(text) {
        return heading;
    }
    let only = |mark: char| trimmed.chars().all(|c| c == mark || c == ' ');
    let is_rule =
        ['-', '*', '_'].into_iter().any(only) && trimmed.chars().filter(|c| *c != ' ').count() >= 3;
    if is_rule || before_is_text && trimmed.len() >= 3 && trimmed.bytes().all(|b| b == b'=') {
        Kind::Rule
    } else {
        Kind::Text
    }
}

/// `## Title ##`, indented by at most three blanks.
fn heading(text: &str) -> Option<Kind<'_>> {
    let unindented = text.trim_start_matches(' ');
    if text.len() - unindented.len() > 3 {
        return None;
    }
    let title = unindented.trim_start_matches('#');
    let level = unindented.len() - title.len();
    let separated = title.is_empty() || title.starts_with([' ', '\t']);
    if !(1..=6).contains(&level) || !separated {
        return None;
    }
    let title = title.trim();
    let closed = title.trim_end_matches('#');
    let title = if closed.is_empty() || closed.ends_with([' ', '\t']) {
        closed.trim_end()
    } else {
        title
    };
    Some(Kind::Heading(level, title))
}

fn opens_comment(text: &str) -> bool {
    text.trim_start()
        .strip_prefix("<!--")
        .is_some_and(|rest| !rest.contains("-->"))
}

/// The mark that opens or closes a fence: its character, its length, the words behind it.
#[derive(Debug, Clone, Copy)]
struct Mark<'t> {
    character: char,
    length: usize,
    words: &'t str,
}

fn mark(text: &str) -> Option<Mark<'_>> {
    let trimmed = text.trim_start_matches([' ', '\t', '>']);
    // A fence may stand behind the mark of a list item.
    let trimmed = ["- ", "* ", "+ "]
        .into_iter()
        .find_map(|bullet| trimmed.strip_prefix(bullet))
        .map_or(trimmed, str::trim_start);
    let character = trimmed.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let words = trimmed.trim_start_matches(character);
    let length = trimmed.len() - words.len();
    let words = words.trim();
    let inline = character == '`' && words.contains('`');
    (length >= 3 && !inline).then_some(Mark {
        character,
        length,
        words,
    })
}

impl<'t> Mark<'t> {
    fn language(self) -> &'t str {
        self.words
            .split([' ', '\t', '{', ','])
            .next()
            .unwrap_or_default()
    }

    fn closes(self, opened: Self) -> bool {
        self.words.is_empty() && self.character == opened.character && self.length >= opened.length
    }

    /// Whether other fences may stand inside, as plans show plans.
    fn holds_text(self) -> bool {
        ["markdown", "md", "text", "txt", "mdx"]
            .iter()
            .any(|word| self.language().eq_ignore_ascii_case(word))
    }
}

/// The fences, where those inside of Markdown and text nest; none if one is left open.
fn nested<'t>(texts: &[&'t str], front: usize) -> Option<Vec<Fence<'t>>> {
    let mut fences = Vec::new();
    let mut open: Vec<Mark<'_>> = Vec::new();
    let mut language = "";
    let mut start = 0;
    for (index, text) in texts.iter().enumerate().skip(front) {
        let Some(mark) = mark(text) else {
            continue;
        };
        match open.last() {
            None => {
                language = mark.language();
                start = index + 1;
                open.push(mark);
            }
            Some(innermost) if mark.closes(*innermost) => {
                open.pop();
                if open.is_empty() {
                    fences.push(Fence {
                        language,
                        inside: start..index,
                        whole: start - 1..index + 1,
                    });
                }
            }
            Some(innermost) if innermost.holds_text() && !mark.words.is_empty() => open.push(mark),
            Some(_) => {}
        }
    }
    open.is_empty().then_some(fences)
}

/// The fences as CommonMark has them: one that is never closed ends with what holds it.
fn by_commonmark<'t>(text: &'t str, texts: &[&'t str], front: usize) -> Vec<Fence<'t>> {
    let starts = line_starts(texts);
    let line_of = |offset: usize| {
        starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    };
    let from = starts
        .get(front)
        .copied()
        .unwrap_or(text.len())
        .min(text.len());
    let below = text.get(from..).unwrap_or_default();
    let mut fences = Vec::new();
    for (event, range) in Parser::new(below).into_offset_iter() {
        let fenced = matches!(
            event,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_)))
        );
        if !fenced {
            continue;
        }
        let first = line_of(from + range.start);
        let last = line_of((from + range.end).saturating_sub(1).max(from + range.start));
        let opened = texts.get(first).and_then(|text| mark(text));
        let closed = texts.get(last).and_then(|text| mark(text));
        let is_closed = last > first
            && opened
                .zip(closed)
                .is_some_and(|(opened, closed)| closed.closes(opened));
        fences.push(Fence {
            language: opened.map_or("", Mark::language),
            inside: first + 1..if is_closed { last } else { last + 1 },
            whole: first..last + 1,
        });
    }
    fences
}

/// Where each line starts, in bytes. A line that ended with CR LF is two longer than its text.
fn line_starts(texts: &[&str]) -> Vec<usize> {
    let Some(first) = texts.first() else {
        return Vec::new();
    };
    let origin = first.as_ptr() as usize;
    texts
        .iter()
        .map(|text| text.as_ptr() as usize - origin)
        .collect()
}

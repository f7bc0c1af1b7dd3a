//! What stands inside of a task, and what stands outside of all of them.

use super::account::{Account, Part};
use super::commands;
use super::document::{Change, Code, Command, Criterion, FileEntry, Place, Requirement};
use super::family::RawTask;
use super::fields::{Field, Label, field, plain};
use super::files;
use super::item::Item;
use super::lines::{Fence, Kind, Scan};
use crate::plan::TestKind;

/// Longer lines name no files. In bytes.
const FILE_LINE: usize = 4096;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) kind: Option<String>,
    pub(super) estimate: Option<String>,
    pub(super) categories: Vec<String>,
    pub(super) needs: Vec<String>,
    pub(super) files: Vec<FileEntry>,
    pub(super) criteria: Vec<Criterion>,
    pub(super) commands: Vec<Command>,
    pub(super) code: Vec<Code>,
    pub(super) tests: Vec<Requirement>,
}

/// Reads the lines of a task.
pub(super) fn of_task(scan: &Scan<'_>, raw: &RawTask, account: &mut Account) -> Body {
    let mut reader = Reader::new(scan, account);
    account_of_beginning(&mut reader, raw);
    if !raw.is_read {
        reader.range(raw.body.clone());
    }
    let body = reader.finish();
    if raw.is_read || raw.done.is_some() {
        details(raw, account);
    }
    body
}

/// What stands below a row, or in an element that was read, describes it.
fn details(raw: &RawTask, account: &mut Account) {
    for index in raw.body.clone() {
        if account.part(index + 1) == Some(Part::Unknown) {
            account.took(index, Part::Prose);
        }
    }
}

fn account_of_beginning(reader: &mut Reader<'_, '_>, raw: &RawTask) {
    let first = raw.place.line.checked_sub(1);
    if let Some(index) = first.filter(|index| !raw.body.contains(index)) {
        reader.account.took(index, Part::Task);
    }
}

/// Reads the lines that no task took.
pub(super) fn outside(scan: &Scan<'_>, taken: &[bool], account: &mut Account) -> Body {
    let mut reader = Reader::new(scan, account);
    let mut index = 0;
    while index < scan.lines.len() {
        let is_taken = taken.get(index).copied().unwrap_or_default();
        if is_taken {
            reader.interrupted();
        }
        index = if is_taken {
            index + 1
        } else {
            reader.line(index)
        };
    }
    reader.finish()
}

/// What lines without a label of their own are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Files(Change),
    Acceptance,
    Verify,
    Prose,
    Unknown,
}

struct Reader<'t, 'a> {
    scan: &'a Scan<'t>,
    account: &'a mut Account,
    body: Body,
    /// Bullets under acceptance criteria: they count where there is no box.
    bullets: Vec<Criterion>,
    headings: Vec<(usize, &'t str)>,
    label: Option<&'t str>,
    sub_label: Option<&'t str>,
    /// The box that the lines below it belong to: `- [ ] **Step 2: Run the tests**`.
    step: Option<&'t str>,
    /// A line that leads to what follows: `Then verify:`.
    lead: Option<&'t str>,
    mode: Mode,
    /// Where the last line was a box or bullet that further lines may continue.
    continued: Continued,
    after_blank: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Continued {
    No,
    Box(usize),
    Bullet(usize),
}

impl<'t, 'a> Reader<'t, 'a> {
    fn new(scan: &'a Scan<'t>, account: &'a mut Account) -> Self {
        Self {
            scan,
            account,
            body: Body::default(),
            bullets: Vec::new(),
            headings: Vec::new(),
            label: None,
            sub_label: None,
            step: None,
            lead: None,
            mode: Mode::Unknown,
            continued: Continued::No,
            after_blank: false,
        }
    }

    fn range(&mut self, range: std::ops::Range<usize>) {
        let mut index = range.start;
        while index < range.end {
            index = self.line(index);
        }
    }

    fn finish(mut self) -> Body {
        if self.body.criteria.is_empty() {
            self.body.criteria = self.bullets;
        }
        self.body
    }

    /// Other lines stood between.
    fn interrupted(&mut self) {
        self.label = None;
        self.sub_label = None;
        self.step = None;
        self.lead = None;
        self.mode = Mode::Unknown;
        self.continued = Continued::No;
    }

    /// Reads the line with this index, or the whole fence that begins there; the index of the
    /// next one.
    fn line(&mut self, index: usize) -> usize {
        let Some(line) = self.scan.lines.get(index) else {
            return index + 1;
        };
        match line.kind {
            Kind::Heading(level, title) => self.heading(level, title),
            Kind::Fence(number) => return self.fence(index, number),
            Kind::Blank => self.after_blank = true,
            Kind::Rule => self.interrupted(),
            Kind::Frontmatter | Kind::Comment => {}
            Kind::Text => {
                self.text(index, line.text);
                self.after_blank = false;
            }
        }
        index + 1
    }

    fn heading(&mut self, level: usize, title: &'t str) {
        self.interrupted();
        self.headings.retain(|(other, _)| *other < level);
        self.headings.push((level, title));
        self.mode = mode(field(title), title);
    }

    fn fence(&mut self, index: usize, number: usize) -> usize {
        self.continued = Continued::No;
        let Some(fence) = self.scan.fences.get(number) else {
            return index + 1;
        };
        let mut above: Vec<&str> = Vec::new();
        above.extend(self.lead.take());
        above.extend(self.step);
        above.extend(self.sub_label);
        above.extend(self.label);
        above.extend(self.headings.iter().rev().map(|(_, title)| *title));
        if let Some(found) = commands::of_fence(self.scan, fence, &above) {
            for command in &found {
                let lines = command.text.lines().count().max(1);
                for line in 0..lines {
                    self.account
                        .took(command.place.line - 1 + line, Part::Command);
                }
            }
            self.body.commands.extend(found);
        } else {
            let code = self.code(fence);
            self.body.code.push(code);
        }
        fence.whole.end.max(index + 1)
    }

    fn code(&self, fence: &Fence<'_>) -> Code {
        let lines = self.scan.lines.get(fence.inside.clone());
        let lines: Vec<&str> = lines.into_iter().flatten().map(|line| line.text).collect();
        Code {
            language: fence.language.to_lowercase(),
            text: lines.join("\n"),
            section: self.section().to_owned(),
            place: Place {
                line: fence.inside.start + 1,
                column: 1,
            },
        }
    }

    fn text(&mut self, index: usize, text: &'t str) {
        if matches!(self.account.part(index + 1), Some(Part::Field | Part::Task)) {
            return;
        }
        let item = Item::new(text);
        match item {
            Some(item) if item.tick.is_some() => self.checkbox(index, text, item),
            _ => match Label::new(text) {
                Some(label) if !self.is_file_line(&label) => self.labelled(index, text, label),
                _ => self.plain(index, text, item),
            },
        }
    }

    /// In a file field, `- Create: …` is a line of it and no label.
    fn is_file_line(&self, label: &Label<'_>) -> bool {
        matches!(self.mode, Mode::Files(_)) && label.listed && label.field().is_none()
    }

    fn checkbox(&mut self, index: usize, text: &'t str, item: Item<'t>) {
        self.account.took(index, Part::Criterion);
        let criterion = self.criterion(index, text, item);
        self.body.criteria.push(criterion);
        self.continued = Continued::Box(item.indent);
        self.step = Label::new(item.text).map(|label| label.name);
        self.lead = None;
    }

    fn criterion(&self, index: usize, line: &str, item: Item<'_>) -> Criterion {
        Criterion {
            text: item.text.to_owned(),
            tick: item.tick,
            optional: item.optional,
            section: self.section().to_owned(),
            place: place(index, line, item.text),
            indent: item.indent,
        }
    }

    /// The nearest label or heading.
    fn section(&self) -> &'t str {
        let heading = self.headings.last().map(|(_, title)| *title);
        self.sub_label
            .or(self.label)
            .or(heading)
            .unwrap_or_default()
    }

    fn labelled(&mut self, index: usize, line: &'t str, label: Label<'t>) {
        self.continued = Continued::No;
        self.lead = None;
        let named = label.field();
        let is_kind_of_file = matches!(self.mode, Mode::Files(_))
            && named.is_none()
            && files::labelled(label.name) != Change::Existing;
        if !label.listed {
            self.stands_above(&label, named);
        }
        if is_kind_of_file {
            self.mode = Mode::Files(files::labelled(label.name));
            self.account.took(index, Part::Files);
            return;
        }
        self.field(index, line, named, label);
    }

    /// Remembers a label for what follows; a field with its value stands above nothing.
    fn stands_above(&mut self, label: &Label<'t>, named: Option<Field>) {
        let holds = match named {
            None | Some(Field::Acceptance | Field::Verify) => true,
            Some(Field::Prose | Field::Run) => !label.sub,
            Some(_) => false,
        };
        self.step = None;
        if label.sub && named.is_none() {
            self.sub_label = Some(label.name);
        } else {
            self.label = holds.then_some(label.name);
            self.sub_label = None;
        }
    }

    fn field(&mut self, index: usize, line: &'t str, named: Option<Field>, label: Label<'t>) {
        let value = label.value.to_owned();
        let at = place(index, line, label.value);
        let mut part = Part::Field;
        match named {
            Some(Field::Files) => {
                let change = files::labelled(&plain(label.name));
                self.mode = Mode::Files(change);
                if label.value.len() < FILE_LINE {
                    self.body
                        .files
                        .extend(files::paths(label.value, at, change));
                }
                part = Part::Files;
            }
            Some(Field::Kind) => self.body.kind = Some(value),
            Some(Field::Estimate) => self.body.estimate = Some(value),
            Some(Field::Categories) => self.body.categories = list(label.value),
            Some(Field::BuildsOn) if !value.is_empty() => self.body.needs.push(value),
            Some(Field::Run) => {
                let found = commands::of_run_line(label.value, self.section(), at);
                part = if found.is_empty() {
                    Part::Prose
                } else {
                    Part::Command
                };
                self.body.commands.extend(found);
                self.lead = Some(label.name);
                self.mode = Mode::Prose;
            }
            Some(Field::Verify) => {
                let found = commands::of_spans(label.value, self.section(), at);
                part = if found.is_empty() {
                    Part::Prose
                } else {
                    Part::Command
                };
                self.body.commands.extend(found);
                self.mode = Mode::Verify;
                self.lead = label.listed.then_some(label.name);
            }
            Some(Field::Acceptance) => {
                self.mode = Mode::Acceptance;
                if !value.is_empty() && !label.listed {
                    part = Part::Prose;
                }
            }
            Some(Field::Goal | Field::Branch | Field::BuildsOn) => {}
            Some(Field::Prose) | None => {
                self.mode = if named.is_some() {
                    Mode::Prose
                } else {
                    Mode::Unknown
                };
                part = if named.is_some() {
                    Part::Prose
                } else {
                    Part::Unknown
                };
            }
        }
        if matches!(
            named,
            Some(Field::Kind | Field::Estimate | Field::Categories | Field::BuildsOn)
        ) {
            self.mode = Mode::Unknown;
        }
        self.account.took(index, part);
    }

    /// A line without a label: a bullet, or text.
    fn plain(&mut self, index: usize, text: &'t str, item: Option<Item<'t>>) {
        if item.is_none() && !self.after_blank && self.continues(index, text) {
            return;
        }
        self.lead = text.trim_end().ends_with(':').then(|| text.trim());
        self.continued = Continued::No;
        match self.mode {
            Mode::Files(change) if item.is_some() || !self.after_blank => {
                let shown = item.map_or(text, |item| item.text);
                if shown.len() < FILE_LINE {
                    let found = files::paths(shown, place(index, text, shown), change);
                    self.body.files.extend(found);
                }
                self.account.took(index, Part::Files);
            }
            Mode::Files(_) => self.mode = Mode::Unknown,
            Mode::Acceptance => self.bullet(index, text, item),
            Mode::Verify => {
                let at = place(index, text, text.trim_start());
                let found = match item {
                    Some(item) => commands::of_spans(item.text, self.section(), at),
                    None => Vec::new(),
                };
                let part = if found.is_empty() {
                    Part::Prose
                } else {
                    Part::Command
                };
                self.body.commands.extend(found);
                self.account.took(index, part);
            }
            Mode::Prose => self.account.took(index, Part::Prose),
            Mode::Unknown => match (self.test_kind(), item) {
                (Some(kind), Some(item)) => self.requirement(kind, index, text, item),
                _ => self.verify_bullet(index, text, item),
            },
        }
    }

    /// The level of the tests that the label above speaks of.
    fn test_kind(&self) -> Option<TestKind> {
        let label = self.sub_label.or(self.label)?.to_lowercase();
        let speaks_of = |words: &[&str]| words.iter().any(|word| label.contains(word));
        if speaks_of(&["unit test"]) {
            Some(TestKind::Unit)
        } else if speaks_of(&["integration test"]) {
            Some(TestKind::Integration)
        } else {
            speaks_of(&["e2e test", "end-to-end test"]).then_some(TestKind::E2e)
        }
    }

    fn requirement(&mut self, kind: TestKind, index: usize, line: &str, item: Item<'_>) {
        self.account.took(index, Part::Test);
        self.body.tests.push(Requirement {
            kind,
            text: item.text.to_owned(),
            place: place(index, line, item.text),
        });
    }

    /// ``- Verify with `cmd` ``, wherever it stands.
    fn verify_bullet(&mut self, index: usize, text: &'t str, item: Option<Item<'t>>) {
        let is_table = text.trim_start().starts_with('|');
        let Some(item) = item.filter(|item| starts_with_verify(item.text)) else {
            if is_table {
                self.account.took(index, Part::Prose);
            }
            return;
        };
        let found = commands::of_spans(item.text, self.section(), place(index, text, item.text));
        if !found.is_empty() {
            self.account.took(index, Part::Command);
            self.body.commands.extend(found);
        }
    }

    /// The uppermost bullets of acceptance criteria are criteria.
    fn bullet(&mut self, index: usize, text: &'t str, item: Option<Item<'t>>) {
        self.account.took(index, Part::Prose);
        let Some(item) = item else {
            return;
        };
        let outermost = self.bullets.last().map_or(item.indent, |last| last.indent);
        if item.indent <= outermost && !item.text.is_empty() {
            let criterion = self.criterion(index, text, item);
            self.bullets.push(criterion);
            self.continued = Continued::Bullet(item.indent);
            self.account.took(index, Part::Criterion);
        }
    }

    /// Joins an indented line to the box or bullet above it.
    fn continues(&mut self, index: usize, text: &str) -> bool {
        let (criteria, indent) = match self.continued {
            Continued::No => return false,
            Continued::Box(indent) => (&mut self.body.criteria, indent),
            Continued::Bullet(indent) => (&mut self.bullets, indent),
        };
        let (column, rest) = super::item::unindented(text);
        let Some(last) = criteria.last_mut().filter(|_| column > indent) else {
            return false;
        };
        last.text.push(' ');
        last.text.push_str(rest.trim_end());
        self.account.took(index, Part::Criterion);
        true
    }
}

fn mode(field: Option<Field>, title: &str) -> Mode {
    match field {
        Some(Field::Files) => Mode::Files(files::labelled(&plain(title))),
        Some(Field::Acceptance) => Mode::Acceptance,
        Some(Field::Verify) => Mode::Verify,
        Some(_) => Mode::Prose,
        None => Mode::Unknown,
    }
}

fn starts_with_verify(text: &str) -> bool {
    let text = text.trim_start_matches(['*', '_']);
    ["verify", "verification"].iter().any(|word| {
        text.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    })
}

fn list(value: &str) -> Vec<String> {
    let parts = value.split(',').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Where a part of a line stands.
fn place(index: usize, line: &str, part: &str) -> Place {
    let offset = (part.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
    let before = line.get(..offset).unwrap_or_default();
    Place {
        line: index + 1,
        column: before.chars().count() + 1,
    }
}

//! Shell text, cut into the statements of its top level.
//!
//! Only the grammar is read: where quotes, substitutions, here-documents and compound commands
//! begin and end. What cannot be closed is cut at the ends of its lines, so that one apostrophe
//! in pasted output does not swallow what follows.

/// One statement: a pipeline, an and-or list or a compound command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// Its text, with comments and here-documents as they are written.
    pub(super) text: String,
    /// The line that it starts on, from 0.
    pub(super) line: usize,
    /// Whether a quote or a compound command in it is never closed.
    pub(super) open: bool,
}

/// The statements of `text`.
pub(super) fn statements(text: &str) -> Vec<Statement> {
    let mut reader = Reader::new(text);
    reader.read();
    if reader.is_open() {
        let line = reader.start.map_or(reader.now, |_| reader.line);
        let mut statements = reader.finished;
        statements.extend(line_by_line(text, line));
        return statements;
    }
    reader.finished
}

/// Each line from `first` on for itself.
fn line_by_line(text: &str, first: usize) -> impl Iterator<Item = Statement> {
    text.lines()
        .enumerate()
        .skip(first)
        .filter_map(|(line, text)| {
            let text = text.trim();
            let written = !text.is_empty() && !text.starts_with('#');
            written.then(|| Statement {
                text: text.to_owned(),
                line,
                open: true,
            })
        })
}

/// What must be closed before a statement can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    If,
    Loop,
    Case,
    Brace,
    Paren,
    /// `$(`, `<(`, `>(`.
    Substitution,
    /// `${`
    Parameter,
    Double,
    Backtick,
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// The line of the statement that is being read, from 0.
    line: usize,
    /// The line of `at`.
    now: usize,
    start: Option<usize>,
    end: usize,
    open: Vec<Open>,
    /// Whether the next word is a command's name.
    command: bool,
    /// Whether a pipe or an and-or list goes on behind a line's end.
    continues: bool,
    /// The here-documents that begin behind this line: their ends, and whether tabs are cut.
    waiting: Vec<(String, bool)>,
    finished: Vec<Statement>,
    broken: bool,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            line: 0,
            now: 0,
            start: None,
            end: 0,
            open: Vec::new(),
            command: true,
            continues: false,
            waiting: Vec::new(),
            finished: Vec::new(),
            broken: false,
        }
    }

    fn is_open(&self) -> bool {
        self.broken || !self.open.is_empty() || !self.waiting.is_empty()
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn read(&mut self) {
        while let Some(byte) = self.peek(0) {
            match self.open.last() {
                Some(Open::Double) => self.in_double(byte),
                Some(Open::Parameter) => self.in_parameter(byte),
                _ => self.plain(byte),
            }
            if self.broken {
                return;
            }
        }
        if !self.is_open() {
            self.finish();
        }
    }

    /// Takes `count` bytes as part of the statement.
    fn take(&mut self, count: usize) {
        if self.start.is_none() {
            self.start = Some(self.at);
            self.line = self.now;
        }
        let taken = self.bytes.iter().skip(self.at).take(count);
        self.now += taken.filter(|byte| **byte == b'\n').count();
        self.at += count;
        self.end = self.at;
    }

    /// Passes `count` bytes that belong to no statement.
    fn skip(&mut self, count: usize) {
        let passed = self.bytes.iter().skip(self.at).take(count);
        self.now += passed.filter(|byte| **byte == b'\n').count();
        self.at += count;
    }

    fn finish(&mut self) {
        let text = self.start.and_then(|start| self.text.get(start..self.end));
        if let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) {
            self.finished.push(Statement {
                text: text.to_owned(),
                line: self.line,
                open: false,
            });
        }
        self.start = None;
        self.command = true;
        self.continues = false;
    }

    fn in_double(&mut self, byte: u8) {
        match byte {
            b'"' => {
                self.open.pop();
                self.take(1);
            }
            b'\\' => self.take(2),
            b'$' => self.dollar(),
            b'`' => self.backtick(),
            _ => self.take(1),
        }
    }

    fn in_parameter(&mut self, byte: u8) {
        match byte {
            b'}' => {
                self.open.pop();
                self.take(1);
            }
            b'\\' => self.take(2),
            b'$' => self.dollar(),
            b'"' => self.push(Open::Double, 1),
            b'\'' => self.single(),
            _ => self.take(1),
        }
    }

    fn push(&mut self, open: Open, count: usize) {
        self.open.push(open);
        self.take(count);
    }

    fn dollar(&mut self) {
        match (self.peek(1), self.peek(2)) {
            (Some(b'('), _) => {
                self.push(Open::Substitution, 2);
                self.command = true;
            }
            (Some(b'{'), _) => self.push(Open::Parameter, 2),
            (Some(b'\''), _) if self.open.last() != Some(&Open::Double) => {
                self.take(1);
                self.single();
            }
            _ => self.take(1),
        }
    }

    fn backtick(&mut self) {
        let inside = self.open.iter().rposition(|open| *open == Open::Backtick);
        match inside {
            Some(at) => {
                self.open.truncate(at);
                self.take(1);
            }
            None => {
                self.push(Open::Backtick, 1);
                self.command = true;
            }
        }
    }

    fn single(&mut self) {
        let rest = self.bytes.iter().skip(self.at + 1);
        match rest.into_iter().position(|byte| *byte == b'\'') {
            Some(length) => self.take(length + 2),
            None => self.broken = true,
        }
    }

    fn plain(&mut self, byte: u8) {
        match byte {
            b'\n' => self.line_end(),
            b' ' | b'\t' | b'\r' => self.blank(),
            b'#' if self.at_word_start() => self.comment(),
            b'\\' => self.take(2),
            b'\'' => self.word_part(Self::single),
            b'"' => self.word_part(|it| it.push(Open::Double, 1)),
            b'$' => self.word_part(Self::dollar),
            b'`' => self.word_part(Self::backtick),
            b';' => self.semicolon(),
            b'&' => self.ampersand(),
            b'|' => self.operator(if self.peek(1) == Some(b'|') { 2 } else { 1 }),
            b'(' => self.parenthesis(),
            b')' => self.close_parenthesis(),
            b'<' | b'>' => self.redirection(byte),
            _ => self.word(),
        }
    }

    fn word_part(&mut self, take: fn(&mut Self)) {
        self.command = false;
        self.continues = false;
        take(self);
    }

    fn at_word_start(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.bytes.get(at));
        before.is_none_or(|byte| b" \t\n\r;&|(".contains(byte))
    }

    fn blank(&mut self) {
        if self.start.is_some() {
            // Blanks at the end are not part of it.
            let end = self.end;
            self.take(1);
            self.end = end.max(if self.open.is_empty() { end } else { self.at });
        } else {
            self.skip(1);
        }
    }

    fn comment(&mut self) {
        let rest = self.bytes.iter().skip(self.at);
        let length = rest.take_while(|byte| **byte != b'\n').count();
        if self.start.is_some() && (self.continues || !self.open.is_empty()) {
            self.take(length);
        } else {
            self.skip(length);
        }
    }

    fn line_end(&mut self) {
        let had_documents = !self.waiting.is_empty();
        if self.start.is_some() {
            let end = self.end;
            self.take(1);
            self.end = end;
        } else {
            self.skip(1);
        }
        if had_documents {
            self.here_documents();
        }
        if self.broken {
            return;
        }
        if self.open.is_empty() && !self.continues {
            self.finish();
        }
        self.command = true;
    }

    /// Takes the here-documents up to their ends.
    fn here_documents(&mut self) {
        for (end, tabs) in std::mem::take(&mut self.waiting) {
            loop {
                let Some(rest) = self.text.get(self.at..).filter(|rest| !rest.is_empty()) else {
                    self.broken = true;
                    return;
                };
                let line = rest.split('\n').next().unwrap_or_default();
                let length = (line.len() + 1).min(rest.len());
                let text = line.trim_end_matches('\r');
                let text = if tabs {
                    text.trim_start_matches('\t')
                } else {
                    text
                };
                // Fences inside of list items are indented as a whole.
                let is_end = text == end || text.trim() == end;
                self.take(length);
                if is_end {
                    self.end = self.at - usize::from(line.len() < length);
                    break;
                }
            }
        }
    }

    fn semicolon(&mut self) {
        if self.peek(1) == Some(b';') {
            self.take(2);
            self.command = true;
        } else if self.open.is_empty() {
            self.skip(1);
            self.finish();
        } else {
            self.take(1);
            self.command = true;
        }
    }

    fn ampersand(&mut self) {
        match self.peek(1) {
            Some(b'&') => self.operator(2),
            Some(b'>') => self.take(2),
            _ if self.open.is_empty() => {
                self.take(1);
                self.finish();
            }
            _ => self.operator(1),
        }
    }

    fn operator(&mut self, length: usize) {
        self.take(length);
        self.command = true;
        self.continues = true;
    }

    fn parenthesis(&mut self) {
        // `name()` begins a function.
        if self.peek(1) == Some(b')') && !self.command {
            self.take(2);
            self.command = true;
            self.continues = true;
            return;
        }
        self.push(Open::Paren, 1);
        self.command = true;
        self.continues = false;
    }

    fn close_parenthesis(&mut self) {
        if matches!(self.open.last(), Some(Open::Paren | Open::Substitution)) {
            self.open.pop();
            self.command = self.open.last() == Some(&Open::Case);
        } else {
            self.command = true;
        }
        self.continues = false;
        self.take(1);
    }

    fn redirection(&mut self, byte: u8) {
        self.continues = false;
        match (byte, self.peek(1), self.peek(2)) {
            (b'<', Some(b'<'), Some(b'<')) => self.take(3),
            (b'<', Some(b'<'), _) => self.here_document(),
            (_, Some(b'('), _) => {
                self.push(Open::Substitution, 2);
                self.command = true;
            }
            (_, Some(b'&' | b'>' | b'|'), _) => self.take(2),
            _ => self.take(1),
        }
    }

    fn here_document(&mut self) {
        self.take(2);
        let tabs = self.peek(0) == Some(b'-');
        if tabs {
            self.take(1);
        }
        while matches!(self.peek(0), Some(b' ' | b'\t')) {
            self.take(1);
        }
        let rest = self.bytes.iter().skip(self.at);
        let length = rest
            .take_while(|byte| !b" \t\r\n;&|<>()".contains(byte))
            .count();
        let word = self.text.get(self.at..self.at + length).unwrap_or_default();
        let end: String = word
            .chars()
            .filter(|c| !matches!(c, '\'' | '"' | '\\'))
            .collect();
        self.take(length);
        if !end.is_empty() {
            self.waiting.push((end, tabs));
        }
    }

    fn word(&mut self) {
        let rest = self.bytes.iter().skip(self.at);
        let length = rest
            .take_while(|byte| !b" \t\r\n;&|()<>'\"$`\\".contains(byte))
            .count()
            .max(1);
        let word = self.text.get(self.at..self.at + length).unwrap_or_default();
        let whole = self
            .bytes
            .get(self.at + length)
            .is_none_or(|byte| b" \t\r\n;&|()".contains(byte));
        if self.command && whole {
            self.keyword(word);
        } else {
            // `A=b cmd`: what follows an assignment is still the command.
            self.command = false;
        }
        self.continues = false;
        self.take(length);
    }

    fn keyword(&mut self, word: &str) {
        let closes = |open: &mut Vec<Open>, which: Open| {
            if open.last() == Some(&which) {
                open.pop();
            }
        };
        self.command = false;
        match word {
            "if" => self.open.push(Open::If),
            "for" | "while" | "until" | "select" => self.open.push(Open::Loop),
            "case" => self.open.push(Open::Case),
            "{" => self.open.push(Open::Brace),
            "fi" => closes(&mut self.open, Open::If),
            "done" => closes(&mut self.open, Open::Loop),
            "esac" => closes(&mut self.open, Open::Case),
            "}" => closes(&mut self.open, Open::Brace),
            _ => {}
        }
        let goes_on = [
            "if", "while", "until", "then", "else", "elif", "do", "{", "!", "time",
        ];
        self.command = goes_on.contains(&word) || is_assignment(word);
    }
}

fn is_assignment(word: &str) -> bool {
    let name = word
        .split_once('=')
        .map(|(name, _)| name)
        .unwrap_or_default();
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

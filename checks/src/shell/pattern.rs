//! GNU grep's patterns, translated to the crate `regex`.
//!
//! Sources: POSIX XBD 9 (Regular Expressions), the GNU grep manual (3 Regular Expressions), and
//! trials with grep 3.8 where both leave a choice. What the manual calls unspecified, and what
//! the crate cannot express, is refused: a wrong translation would be a wrong verdict.

use super::NeedsShell;

/// Longer patterns are refused. In characters.
const LENGTH_LIMIT: usize = 8192;

/// GNU's `RE_DUP_MAX`.
const REPEAT_LIMIT: u32 = 32767;

/// What `\w` means to grep in a UTF-8 locale, for the characters that [`Doubt::is_raised`] does
/// not doubt.
const WORD: &str = r"_0-9\p{L}";

/// What `\s` means: no-break spaces are not among it.
const SPACE: &str =
    r"\t\n\x0B\f\r \u{1680}\u{2000}-\u{2006}\u{2008}-\u{200A}\u{2028}\u{2029}\u{205F}\u{3000}";

/// Characters beyond ASCII of which a trial showed that grep and the translation agree whether
/// they are letters.
pub(super) const CLEAR: [(char, char); 20] = [
    ('\u{a0}', '\u{24f}'),
    ('\u{370}', '\u{3ff}'),
    ('\u{400}', '\u{481}'),
    ('\u{48a}', '\u{4ff}'),
    ('\u{2010}', '\u{2027}'),
    ('\u{2030}', '\u{203e}'),
    ('\u{20a0}', '\u{20bf}'),
    ('\u{2190}', '\u{21ff}'),
    ('\u{2200}', '\u{22ff}'),
    ('\u{2500}', '\u{25ff}'),
    ('\u{2600}', '\u{26ff}'),
    ('\u{2700}', '\u{27bf}'),
    ('\u{3000}', '\u{3004}'),
    ('\u{3041}', '\u{3096}'),
    ('\u{30a1}', '\u{30fa}'),
    ('\u{4e00}', '\u{9fa5}'),
    ('\u{ac00}', '\u{d7a3}'),
    ('\u{1f300}', '\u{1f5ff}'),
    ('\u{1f600}', '\u{1f64f}'),
    ('\u{1f680}', '\u{1f6c5}'),
];

/// How a pattern is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Basic,
    Extended,
    Fixed,
}

/// A pattern in the syntax of the crate `regex`, for one line without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Translated {
    pub(super) regex: String,
    pub(super) doubt: Doubt,
    /// Whether it looks at what stands around the match.
    pub(super) looks: bool,
    /// Whether it looks around in another way than with `^` and `$`.
    pub(super) looks_at_words: bool,
    /// Whether two matches from one place could differ in length.
    pub(super) stretches: bool,
}

/// Which characters in a text make it uncertain what grep does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doubt {
    /// None.
    Never,
    /// Those which one system counts as a letter and another does not.
    OddLetters,
    /// All beyond ASCII.
    BeyondAscii,
}

impl Doubt {
    /// Whether this character raises the doubt.
    pub(super) fn is_raised(self, c: char) -> bool {
        !c.is_ascii()
            && match self {
                Self::Never => false,
                Self::OddLetters => !CLEAR.iter().any(|(a, b)| (*a..=*b).contains(&c)),
                Self::BeyondAscii => true,
            }
    }
}

/// Translates a list of patterns, one a line: a text that one of them matches is matched.
pub(super) fn translate(
    patterns: &str,
    syntax: Syntax,
    ignore_case: bool,
) -> Result<Translated, NeedsShell> {
    if patterns.len() > LENGTH_LIMIT {
        return Err(NeedsShell::because(patterns, "a pattern that long"));
    }
    let mut whole: Option<Translated> = None;
    for pattern in patterns.split('\n') {
        let mut translator = Translator::new(pattern, syntax, ignore_case);
        let one = translator
            .run()
            .map_err(|why| NeedsShell::because(pattern, why))?;
        whole = Some(match whole {
            None => one,
            Some(others) => others.or(one),
        });
    }
    whole.ok_or_else(|| NeedsShell::because(patterns, "no pattern"))
}

impl Translated {
    fn or(self, other: Self) -> Self {
        Self {
            regex: format!("{}|{}", self.regex, other.regex),
            doubt: self.doubt.max(other.doubt),
            looks: self.looks || other.looks,
            looks_at_words: self.looks_at_words || other.looks_at_words,
            stretches: true,
        }
    }
}

type Refused = &'static str;

/// Where in an alternative the translator stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// At its start.
    Start,
    /// After a `^` that is an anchor.
    AfterAnchor,
    /// After something else.
    Inside,
}

struct Translator {
    pattern: Vec<char>,
    at: usize,
    syntax: Syntax,
    ignore_case: bool,
    made: Translated,
    position: Position,
    /// Where the part that a repetition would repeat starts, and whether it looks around.
    atom: Option<(usize, bool)>,
    /// Where each open group starts, and what `looks` was.
    groups: Vec<(usize, bool)>,
}

impl Translator {
    fn new(pattern: &str, syntax: Syntax, ignore_case: bool) -> Self {
        Self {
            pattern: pattern.chars().collect(),
            at: 0,
            syntax,
            ignore_case,
            made: Translated {
                regex: String::new(),
                doubt: Doubt::Never,
                looks: false,
                looks_at_words: false,
                stretches: false,
            },
            position: Position::Start,
            atom: None,
            groups: Vec::new(),
        }
    }

    fn run(&mut self) -> Result<Translated, Refused> {
        while let Some(c) = self.next() {
            match self.syntax {
                Syntax::Fixed => self.literal(c)?,
                Syntax::Basic => self.basic(c)?,
                Syntax::Extended => self.extended(c)?,
            }
        }
        if !self.groups.is_empty() {
            return Err("an unmatched `(`");
        }
        Ok(self.made.clone())
    }

    fn next(&mut self) -> Option<char> {
        let next = self.pattern.get(self.at).copied();
        self.at += 1;
        next
    }

    fn peek(&self) -> Option<char> {
        self.pattern.get(self.at).copied()
    }

    fn rest_starts_with(&self, text: &str) -> bool {
        let rest = self.pattern.iter().skip(self.at);
        rest.copied().take(text.chars().count()).eq(text.chars())
    }

    fn basic(&mut self, c: char) -> Result<(), Refused> {
        match c {
            '\\' => match self.next() {
                Some('(') => self.open(),
                Some(')') => return self.close(),
                Some('|') => self.alternate(),
                Some('{') if self.position != Position::Inside => {
                    return Err("an interval without anything to repeat");
                }
                Some('{') => return self.interval("\\}"),
                Some(c @ ('+' | '?')) if self.position != Position::Inside => self.literal(c)?,
                Some(c @ ('+' | '?')) => return self.repeat(&c.to_string()),
                Some('}') => return Err("an unmatched `\\}`"),
                other => return self.escaped(other),
            },
            '*' if self.position != Position::Inside => self.literal(c)?,
            '*' => return self.repeat("*"),
            '^' if self.position == Position::Start => self.anchor("^"),
            '$' if self.at_end_of_alternative() => self.anchor("$"),
            _ => return self.common(c),
        }
        Ok(())
    }

    fn extended(&mut self, c: char) -> Result<(), Refused> {
        match c {
            '\\' => match self.next() {
                Some(c) if "(){}|+?".contains(c) => self.literal(c)?,
                other => return self.escaped(other),
            },
            '(' => self.open(),
            ')' => return self.close(),
            '|' => self.alternate(),
            '*' | '+' | '?' => return self.repeat(&c.to_string()),
            '{' if self
                .peek()
                .is_none_or(|next| !(next.is_ascii_digit() || ",}".contains(next))) =>
            {
                if self.position != Position::Inside {
                    return Err("a `{` at the start of an expression");
                }
                self.literal(c)?;
            }
            '{' => return self.interval("}"),
            '^' | '$' => self.anchor(&c.to_string()),
            _ => return self.common(c),
        }
        Ok(())
    }

    fn common(&mut self, c: char) -> Result<(), Refused> {
        match c {
            '.' => {
                self.atom("(?s:.)", Doubt::Never);
                Ok(())
            }
            '[' => self.bracket(),
            c => self.literal(c),
        }
    }

    fn escaped(&mut self, c: Option<char>) -> Result<(), Refused> {
        let class = match c {
            None => return Err("a trailing backslash"),
            Some('w') => format!("[{WORD}]"),
            Some('W') => format!("[^{WORD}]"),
            Some('s') => format!("[{SPACE}]"),
            Some('S') => format!("[^{SPACE}]"),
            Some(c @ ('<' | '>' | 'b' | 'B')) => {
                self.word_boundary(c);
                return Ok(());
            }
            Some('`') => {
                self.anchor("^");
                return Ok(());
            }
            Some('\'') => {
                self.anchor("$");
                return Ok(());
            }
            Some('0'..='9') => return Err("a back-reference"),
            Some(c) if c.is_ascii_punctuation() => return self.literal(c),
            Some(_) => return Err("a backslash before a character that needs none"),
        };
        self.atom(&class, Doubt::OddLetters);
        Ok(())
    }

    fn literal(&mut self, c: char) -> Result<(), Refused> {
        if c == '\0' {
            return Err("a NUL");
        }
        if !self.ignore_case {
            self.atom(&regex::escape(&c.to_string()), Doubt::Never);
        } else if c.is_ascii_alphabetic() {
            let (lower, upper) = (c.to_ascii_lowercase(), c.to_ascii_uppercase());
            self.atom(&format!("[{lower}{upper}]"), Doubt::Never);
        } else if has_case(c) {
            return Err("letters beyond ASCII without regard to case");
        } else {
            self.atom(&regex::escape(&c.to_string()), Doubt::Never);
        }
        Ok(())
    }

    fn atom(&mut self, regex: &str, doubt: Doubt) {
        self.atom = Some((self.made.regex.len(), false));
        self.made.regex.push_str(regex);
        self.made.doubt = self.made.doubt.max(doubt);
        self.position = Position::Inside;
    }

    fn anchor(&mut self, regex: &str) {
        self.made.regex.push_str(regex);
        self.made.looks = true;
        self.atom = None;
        self.position = match (regex, self.position) {
            ("^", Position::Start) => Position::AfterAnchor,
            (_, position) => position,
        };
        if regex == "$" {
            self.position = Position::Inside;
        }
    }

    fn word_boundary(&mut self, c: char) {
        let regex = match c {
            '<' => r"\b{start}",
            '>' => r"\b{end}",
            'b' => r"\b",
            _ => r"\B",
        };
        self.made.regex.push_str(regex);
        self.made.looks = true;
        self.made.looks_at_words = true;
        self.made.doubt = self.made.doubt.max(Doubt::OddLetters);
        self.atom = None;
        self.position = Position::Inside;
    }

    fn open(&mut self) {
        self.groups.push((self.made.regex.len(), self.made.looks));
        self.made.regex.push_str("(?:");
        self.made.looks = false;
        self.position = Position::Start;
        self.atom = None;
    }

    fn close(&mut self) -> Result<(), Refused> {
        let (start, looked) = self.groups.pop().ok_or("an unmatched `)`")?;
        self.made.regex.push(')');
        self.atom = Some((start, self.made.looks));
        self.made.looks |= looked;
        self.position = Position::Inside;
        Ok(())
    }

    fn alternate(&mut self) {
        self.made.regex.push('|');
        self.made.stretches = true;
        self.position = Position::Start;
        self.atom = None;
    }

    fn repeat(&mut self, operator: &str) -> Result<(), Refused> {
        let (start, looks) = self.atom.ok_or("a repetition without anything to repeat")?;
        if looks {
            return Err("a repeated anchor");
        }
        self.made.regex.insert_str(start, "(?:");
        self.made.regex.push(')');
        self.made.regex.push_str(operator);
        self.made.stretches = true;
        Ok(())
    }

    fn interval(&mut self, end: &str) -> Result<(), Refused> {
        const INVALID: Refused = "an invalid interval";
        let least = self.number();
        let most = if self.peek() == Some(',') {
            self.at += 1;
            self.number()
        } else {
            Some(least.ok_or(INVALID)?)
        };
        let least = least.unwrap_or(0);
        if !self.rest_starts_with(end)
            || most.is_some_and(|most| most < least)
            || least.max(most.unwrap_or(0)) > REPEAT_LIMIT
        {
            return Err(INVALID);
        }
        self.at += end.len();
        let most = most.map_or(String::new(), |most| most.to_string());
        self.repeat(&format!("{{{least},{most}}}"))
    }

    fn number(&mut self) -> Option<u32> {
        let mut number = None;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            self.at += 1;
            let so_far: u32 = number.unwrap_or(0);
            number = Some(so_far.saturating_mul(10).saturating_add(digit));
        }
        number
    }

    /// In a basic pattern `$` is an anchor only at the end of an alternative.
    fn at_end_of_alternative(&self) -> bool {
        self.peek().is_none() || self.rest_starts_with("\\)") || self.rest_starts_with("\\|")
    }

    fn bracket(&mut self) -> Result<(), Refused> {
        const OPEN: Refused = "an unmatched `[`";
        let negated = self.peek() == Some('^');
        if negated {
            self.at += 1;
        }
        let first = self.at;
        let mut set = String::new();
        let mut doubt = Doubt::Never;
        loop {
            let c = self.next().ok_or(OPEN)?;
            match c {
                ']' if self.at - 1 > first => break,
                '[' if self.peek() == Some(':') => doubt = doubt.max(self.class(&mut set)?),
                '[' if matches!(self.peek(), Some('.' | '=')) => {
                    return Err("a collating element");
                }
                c => self.member(c, &mut set)?,
            }
        }
        let inside = self.pattern.get(first..self.at - 1).unwrap_or_default();
        if inside.len() > 1 && inside.starts_with(&[':']) && inside.ends_with(&[':']) {
            return Err("a character class outside of a bracket expression");
        }
        let not = if negated { "^" } else { "" };
        self.atom(&format!("[{not}{set}]"), doubt);
        Ok(())
    }

    /// A `[:name:]`; its first `[` is read.
    fn class(&mut self, set: &mut String) -> Result<Doubt, Refused> {
        self.at += 1;
        let mut name = String::new();
        while let Some(c) = self.peek().filter(char::is_ascii_alphabetic) {
            self.at += 1;
            name.push(c);
        }
        if !self.rest_starts_with(":]") {
            return Err("an invalid character class");
        }
        self.at += 2;
        if self.peek() == Some('-') && self.pattern.get(self.at + 1) != Some(&']') {
            return Err("a range of classes");
        }
        let cased = if self.ignore_case { "A-Za-z" } else { "" };
        let (members, doubt) = match name.as_str() {
            "alpha" => (r"\p{L}", Doubt::OddLetters),
            "alnum" => (r"0-9\p{L}", Doubt::OddLetters),
            "space" => (SPACE, Doubt::OddLetters),
            "blank" => (r"\t ", Doubt::BeyondAscii),
            "digit" => ("0-9", Doubt::Never),
            "xdigit" => ("0-9A-Fa-f", Doubt::Never),
            "upper" => ("A-Z", Doubt::BeyondAscii),
            "lower" => ("a-z", Doubt::BeyondAscii),
            "punct" => (r"!-/:-@\[-`{-~", Doubt::BeyondAscii),
            "print" => (" -~", Doubt::BeyondAscii),
            "graph" => ("!-~", Doubt::BeyondAscii),
            "cntrl" => (r"\x00-\x1f\x7f", Doubt::BeyondAscii),
            _ => return Err("an invalid character class"),
        };
        set.push_str(members);
        if matches!(name.as_str(), "upper" | "lower") {
            set.push_str(cased);
        }
        Ok(doubt)
    }

    /// A character of a bracket expression, or a range that starts with it.
    fn member(&mut self, c: char, set: &mut String) -> Result<(), Refused> {
        let is_range = self.peek() == Some('-')
            && self.pattern.get(self.at + 1).is_some_and(|end| *end != ']');
        if !is_range {
            return self.one(c, set);
        }
        self.at += 1;
        let end = self.next().unwrap_or_default();
        if end == '[' && matches!(self.peek(), Some(':' | '.' | '=')) {
            return Err("a range of classes");
        }
        if c > end || self.peek() == Some('-') && self.pattern.get(self.at + 1) != Some(&']') {
            return Err("an invalid range");
        }
        if !(c.is_ascii() && end.is_ascii()) {
            return Err("a range beyond ASCII");
        }
        let kind = |c: char| (c.is_ascii_uppercase(), c.is_ascii_lowercase());
        let mixed = (c..=end).any(|inner| kind(inner) != kind(c));
        if self.ignore_case && mixed {
            return Err("a range of letters and others without regard to case");
        }
        if !self.ignore_case {
            set.push_str(&format!("{}-{}", quoted(c), quoted(end)));
            return Ok(());
        }
        (c..=end).try_for_each(|c| self.one(c, set))
    }

    fn one(&self, c: char, set: &mut String) -> Result<(), Refused> {
        if c == '\0' {
            return Err("a NUL");
        }
        if self.ignore_case && c.is_ascii_alphabetic() {
            set.push(c.to_ascii_lowercase());
            set.push(c.to_ascii_uppercase());
        } else if self.ignore_case && has_case(c) {
            return Err("letters beyond ASCII without regard to case");
        } else {
            set.push_str(&quoted(c));
        }
        Ok(())
    }
}

/// A character inside of brackets, where some pairs of characters mean something.
fn quoted(c: char) -> String {
    if c.is_ascii_alphanumeric() || !c.is_ascii() {
        c.to_string()
    } else {
        format!("\\x{{{:x}}}", u32::from(c))
    }
}

fn has_case(c: char) -> bool {
    !c.is_ascii() && (c.is_alphabetic() || c.to_lowercase().ne([c]) || c.to_uppercase().ne([c]))
}

//! What a text is like at a glance, byte by byte, without its tokens: whether it is shallow, and
//! where the bodies of its functions lie.
//!
//! Everything is counted at least as often as [`depth::measure`] counts it, and whatever is not
//! plain (an f-string in an f-string, a line that ends in a string) is answered with "perhaps
//! not": a yes is certain, a no costs time alone.

use std::ops::Range;

use memchr::{memchr, memchr3};

use super::bodies::Bodies;
use super::depth::{self, BRACKET_LIMIT, EXPRESSION_LIMIT, INDENTATION_LIMIT, Level};

/// Whether the tree of `text` is surely within the limits.
pub(super) fn is_shallow(text: &[u8]) -> bool {
    look(text).is_some()
}

/// If the tree of `text` is surely within the limits, where the bodies of its functions seem to
/// lie, from their first statement to the end of their last: of those that stand in no other
/// function, and not beside their `def`. There are none if the text is indented with tabs.
pub(super) fn look(text: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut glance = Glance {
        text,
        at: 0,
        levels: vec![Level::default()],
        bodies: Bodies::default(),
    };
    glance.whole_text()?;
    glance.statement()?;
    (glance.levels.len() == 1).then(|| glance.bodies.all())
}

struct Glance<'t> {
    text: &'t [u8],
    at: usize,
    /// The brackets that are open, the statement around them first.
    levels: Vec<Level>,
    bodies: Bodies,
}

impl Glance<'_> {
    /// None where it is not certain any longer.
    fn whole_text(&mut self) -> Option<()> {
        self.line()?;
        while let Some(byte) = self.text.get(self.at).copied() {
            self.at += 1;
            match byte {
                b' ' | b'\t' | b'\r' | 0x0c => continue,
                b'\n' if self.levels.len() == 1 => {
                    self.statement()?;
                    self.line()?;
                    continue;
                }
                b'\n' => continue,
                b'#' => {
                    self.at = self.find(b'\n');
                    continue;
                }
                b'\\' => {
                    self.continuation()?;
                    continue;
                }
                b':' if self.levels.len() == 1 => {
                    self.bodies.colon(self.ends_line());
                    self.level()?.tokens += 1;
                }
                b'"' | b'\'' => self.string(byte, false)?,
                b'(' | b'[' | b'{' if self.levels.len() < BRACKET_LIMIT => {
                    self.levels.push(Level::default());
                }
                b')' | b']' | b'}' if self.levels.len() > 1 => {
                    self.within_limit()?;
                    depth::close(&mut self.levels);
                }
                b',' => self.level()?.separate(),
                b';' if self.levels.len() == 1 => {
                    self.statement()?;
                    continue;
                }
                b'(' | b'[' | b'{' | b')' | b']' | b'}' | b';' => return None,
                _ if is_word(byte) => self.word()?,
                _ => self.level()?.tokens += 1,
            }
            self.bodies.token(self.at);
        }
        Some(())
    }

    fn level(&mut self) -> Option<&mut Level> {
        self.levels.last_mut()
    }

    fn within_limit(&mut self) -> Option<()> {
        (self.level()?.depth() <= EXPRESSION_LIMIT).then_some(())
    }

    /// The end of a statement.
    fn statement(&mut self) -> Option<()> {
        self.within_limit()?;
        *self.level()? = Level::default();
        Some(())
    }

    /// The start of a line, at which a statement begins unless it is blank.
    fn line(&mut self) -> Option<()> {
        let blank = self.indentation()?;
        let rest = self.text.get(self.at + blank..)?;
        if let None | Some(b'\n' | b'\r' | b'#') = rest.first() {
            return Some(());
        }
        let indented = self.text.get(self.at..self.at + blank)?;
        if indented.iter().any(|it| *it != b' ') {
            self.bodies.odd();
        }
        self.bodies.line(self.at + blank, blank, rest);
        Some(())
    }

    /// The blanks at the start of a line. Each level is at least one column deeper.
    fn indentation(&self) -> Option<usize> {
        let line = self.text.get(self.at..)?;
        let blank = line.iter().take_while(|it| b" \t\x0c".contains(it));
        let columns = blank.take(INDENTATION_LIMIT + 1).count();
        (columns <= INDENTATION_LIMIT).then_some(columns)
    }

    /// Whether nothing but blanks and a comment follow in the line.
    fn ends_line(&self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let next = rest.iter().find(|it| **it != b' ');
        matches!(next, None | Some(b'\n' | b'\r' | b'#'))
    }

    /// Where a byte comes next, or the end.
    fn find(&self, byte: u8) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        memchr(byte, rest).map_or(self.text.len(), |found| self.at + found)
    }

    fn continuation(&mut self) -> Option<()> {
        self.at += usize::from(self.text.get(self.at) == Some(&b'\r'));
        (self.text.get(self.at) == Some(&b'\n')).then(|| self.at += 1)?;
        self.indentation().map(drop)
    }

    /// Any word may be a keyword, and thereby a level; before a quote it is a prefix.
    fn word(&mut self) -> Option<()> {
        let rest = self.text.get(self.at - 1..)?;
        let length = rest.iter().take_while(|it| is_word(**it)).count();
        let word = rest.get(..length)?;
        self.at += length - 1;
        match self.text.get(self.at) {
            Some(quote @ (b'"' | b'\'')) => {
                self.at += 1;
                let fields = word.iter().any(|it| b"fFtT".contains(it));
                self.string(*quote, fields)
            }
            _ if word == b"lambda" => {
                self.level()?.lambdas += 1;
                Some(())
            }
            _ => {
                self.level()?.tokens += 1;
                Some(())
            }
        }
    }

    /// The rest of a string; `fields` if braces hold expressions.
    fn string(&mut self, quote: u8, fields: bool) -> Option<()> {
        let triple = self.text.get(self.at..self.at + 2) == Some(&[quote, quote]);
        if triple {
            self.at += 2;
        }
        // One with fields counts as a pair of brackets.
        self.level()?.tokens += 1 + usize::from(fields);
        loop {
            let rest = self.text.get(self.at..)?;
            let brace = if fields { b'{' } else { quote };
            let length = memchr3(quote, b'\\', brace, rest)?;
            if !triple && memchr(b'\n', rest.get(..length)?).is_some() {
                return None;
            }
            self.at += length + 1;
            match *rest.get(length)? {
                // Whether such a brace opens a field hangs on the prefix.
                b'\\' if fields && self.text.get(self.at) == Some(&b'{') => return None,
                b'\\' => self.at += 1,
                b'{' if self.text.get(self.at) == Some(&b'{') => self.at += 1,
                b'{' => self.field(quote)?,
                _ if !triple => return Some(()),
                _ if self.text.get(self.at..self.at + 2) == Some(&[quote, quote]) => {
                    self.at += 2;
                    return Some(());
                }
                _ => {}
            }
        }
    }

    /// An expression in an f-string, if it is on one line and holds no braces; of its strings
    /// only the plainest, in the other kind of quotes.
    fn field(&mut self, around: u8) -> Option<()> {
        // The string and its braces are each a level of their own.
        self.level()?.tokens += 3;
        loop {
            let byte = self.text.get(self.at).copied()?;
            self.at += 1;
            match byte {
                b'}' => return Some(()),
                b'\n' | b'{' | b'\\' | b'#' => return None,
                b'"' | b'\'' if byte == around => return None,
                b'"' | b'\'' => {
                    let end = self.find(byte);
                    let inside = self.text.get(self.at..end)?;
                    let plain = |it: &u8| !b"{}\\\n\"'".contains(it);
                    if inside.is_empty() || !inside.iter().all(plain) {
                        return None;
                    }
                    self.at = end + 1;
                }
                _ => self.level()?.tokens += 1,
            }
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::super::depth::measure;
    use super::*;

    fn is_shallow(text: &str) -> bool {
        super::is_shallow(text.as_bytes())
    }

    #[test]
    fn what_people_write_is_seen_to_be_shallow() {
        for text in [
            "",
            "import a\nfrom b import (\n    c,\n)\n",
            "x = f\"{a['b']!r:>10} {{}} {c()}\" + rb'\\''\n",
            "def f(a, *, b=1):\n    \"\"\"Doc's \"text\".\"\"\"\n    return {'a': [1, 2]}\n",
            "x = 1 + \\\n    2  # a ' in a comment\nif not'a': pass\r\ny = 'é'\n",
            &format!("x = [{}]\n", "1, ".repeat(10_000)),
            &"x = 1; ".repeat(10_000),
        ] {
            assert!(is_shallow(text), "{text}");
        }
    }

    #[test]
    fn what_is_deep_or_odd_is_left_to_the_tokens() {
        let terms = "+ 1 ".repeat(EXPRESSION_LIMIT);
        let lambdas = "lambda a, b: ".repeat(EXPRESSION_LIMIT);
        for text in [
            format!("x = 1 {terms}"),
            format!("x = f'{{1 {terms}}}'"),
            format!("x = '''\n''' \\\n{terms}"),
            format!("x = {lambdas}1"),
            "(".repeat(BRACKET_LIMIT + 1) + &")".repeat(BRACKET_LIMIT + 1),
            " ".repeat(INDENTATION_LIMIT + 1) + "x",
            format!("\\\n{}x", " ".repeat(INDENTATION_LIMIT + 1)),
            "x = 'a\n'".to_owned(),
            "x = (".to_owned(),
            "x = )".to_owned(),
            "x = '''".to_owned(),
            "x = f\"{f'{1}'}\"".to_owned(),
            "x = rf'\\{1}'".to_owned(),
        ] {
            assert!(!is_shallow(&text), "{text}");
        }
    }

    /// Arbitrary rows of what Python is made of, the same in every run.
    #[test]
    fn a_yes_is_never_wrong() {
        let parts = [
            "(", ")", "[", "]", "{", "}", "\"", "'", "\"\"\"", "'''", "f\"", "f'", "rf'''", "t\"",
            "{{", "}}", "\\", "\n", "\r\n", " ", "    ", "\t", "#", ",", ";", ":", "!r", "lambda ",
            "not ", "if ", " else ", "é", "×", "1", "x", "-", "+", "**", "==", ".", "f", "rb",
            "\\\n",
        ];
        let mut state = 1_u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005);
            state = state.wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        let (mut yes, mut deep) = (0, 0);
        for _ in 0..5_000 {
            // Few different parts, often repeated, get deep.
            let some: Vec<&str> = (0..=next(4)).map(|_| parts[next(parts.len())]).collect();
            let mut text = String::new();
            for _ in 0..next(12) {
                text += &some[next(some.len())].repeat(1 + next(150));
            }
            let fits = measure(&text).is_ok();
            deep += usize::from(!fits);
            if is_shallow(&text) {
                yes += 1;
                assert!(fits, "{some:?}: {text:?}");
            }
        }
        assert!(yes > 200 && deep > 200, "{yes} {deep}");
    }
}

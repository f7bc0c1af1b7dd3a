//! Words, operators and redirections, as in POSIX `sh` (2.2 Quoting, 2.3 Token Recognition).

use std::iter::Peekable;
use std::str::Chars;

use super::NeedsShell;

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    Redirect(Redirect),
    And,
    Or,
    Pipe,
    Semicolon,
    Newline,
}

/// A word after quote removal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Whether some of it was quoted: a quoted reserved word is an ordinary one.
    pub(super) quoted: bool,
    /// Whether it holds an unquoted `*` or `?`.
    pub(super) glob: bool,
    /// What only a shell could expand in it.
    pub(super) needs: Option<NeedsShell>,
}

/// Where an output goes, or an input comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Redirect {
    /// Standard output vanishes.
    OutputToNull,
    /// Standard output goes where messages go.
    OutputToMessages,
    /// Messages vanish.
    MessagesToNull,
    /// Messages go where standard output goes.
    MessagesToOutput,
    /// Both vanish.
    BothToNull,
    /// Standard input is this file.
    Input(Word),
    /// Anything else.
    Other(NeedsShell),
}

/// Splits a line.
pub(super) fn tokens(line: &str) -> Result<Vec<Token>, NeedsShell> {
    let mut lexer = Lexer {
        rest: line.chars().peekable(),
        tokens: Vec::new(),
    };
    while let Some(next) = lexer.rest.peek().copied() {
        lexer.token(next)?;
    }
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    rest: Peekable<Chars<'a>>,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn token(&mut self, next: char) -> Result<(), NeedsShell> {
        match next {
            ' ' | '\t' => self.skip(),
            '\n' => self.push(Token::Newline),
            '#' => while self.rest.next_if(|c| *c != '\n').is_some() {},
            ';' => {
                self.push(Token::Semicolon);
                if self.rest.peek() == Some(&';') {
                    return Err(NeedsShell::word(";;"));
                }
            }
            '|' => self.doubled('|', Token::Or, Token::Pipe)?,
            '&' => self.ampersand()?,
            '>' | '<' => self.redirect(None)?,
            '(' | ')' => return Err(NeedsShell::word(&next.to_string())),
            _ => self.word_or_descriptor()?,
        }
        Ok(())
    }

    fn skip(&mut self) {
        self.rest.next();
    }

    fn push(&mut self, token: Token) {
        self.skip();
        self.tokens.push(token);
    }

    fn doubled(&mut self, sign: char, double: Token, single: Token) -> Result<(), NeedsShell> {
        self.skip();
        if self.rest.next_if_eq(&sign).is_some() {
            self.tokens.push(double);
        } else if self.rest.peek() == Some(&'&') {
            return Err(NeedsShell::word("|&"));
        } else {
            self.tokens.push(single);
        }
        Ok(())
    }

    fn ampersand(&mut self) -> Result<(), NeedsShell> {
        self.skip();
        match self.rest.peek() {
            Some('&') => self.push(Token::And),
            Some('>') => self.redirect(Some('&'))?,
            _ => return Err(NeedsShell::because("&", "a command in the background")),
        }
        Ok(())
    }

    fn word_or_descriptor(&mut self) -> Result<(), NeedsShell> {
        let word = self.word()?;
        let digit = (!word.quoted && word.text.len() == 1)
            .then(|| word.text.chars().next())
            .flatten()
            .filter(char::is_ascii_digit);
        match (digit, self.rest.peek()) {
            (Some(digit), Some('<' | '>')) => self.redirect(Some(digit)),
            _ => {
                self.tokens.push(Token::Word(word));
                Ok(())
            }
        }
    }

    /// The next token is `<` or `>`; `before` is what stands directly before it.
    fn redirect(&mut self, before: Option<char>) -> Result<(), NeedsShell> {
        let sign = self.rest.next().unwrap_or_default();
        let mut spelt: String = before.into_iter().chain([sign]).collect();
        while let Some(more) = self.rest.next_if(|c| matches!(c, '<' | '>' | '&' | '|')) {
            spelt.push(more);
        }
        if spelt.contains("<<") || self.rest.peek() == Some(&'(') {
            return Err(NeedsShell::word(&spelt));
        }
        while self.rest.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
        let target = self.word()?;
        let null = target.text == "/dev/null";
        let redirect = match (spelt.as_str(), target.text.as_str()) {
            (">" | "1>" | ">>" | "1>>", _) if null => Redirect::OutputToNull,
            ("2>" | "2>>", _) if null => Redirect::MessagesToNull,
            ("&>" | "&>>", _) if null => Redirect::BothToNull,
            (">&" | "1>&", "2") => Redirect::OutputToMessages,
            ("2>&", "1") => Redirect::MessagesToOutput,
            ("<" | "0<", _) if !target.glob => Redirect::Input(target),
            (_, text) => Redirect::Other(NeedsShell::word(&format!("{spelt}{text}"))),
        };
        self.tokens.push(Token::Redirect(redirect));
        Ok(())
    }

    fn word(&mut self) -> Result<Word, NeedsShell> {
        let mut word = Word::default();
        let mut quoted_glob = false;
        while let Some(next) = self.rest.peek().copied() {
            if matches!(
                next,
                ' ' | '\t' | '\n' | ';' | '|' | '&' | '<' | '>' | '(' | ')'
            ) {
                break;
            }
            self.skip();
            let from = word.text.len();
            match next {
                '\'' => self.single_quoted(&mut word)?,
                '"' => self.double_quoted(&mut word)?,
                '\\' => self.escaped(&mut word),
                _ => {
                    self.unquoted(next, &mut word)?;
                    continue;
                }
            }
            let added = word.text.get(from..).unwrap_or_default();
            quoted_glob |= added.contains(['*', '?', '[', '\\']);
        }
        if word.glob && quoted_glob {
            word.need("a quoted and an unquoted pattern in one word");
        }
        Ok(word)
    }

    fn single_quoted(&mut self, word: &mut Word) -> Result<(), NeedsShell> {
        word.quoted = true;
        loop {
            match self.rest.next() {
                Some('\'') => return Ok(()),
                Some(c) => word.text.push(c),
                None => return Err(unterminated("'")),
            }
        }
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), NeedsShell> {
        word.quoted = true;
        loop {
            match self.rest.next() {
                Some('"') => return Ok(()),
                Some('$') => self.dollar(word, true)?,
                Some('`') => return Err(NeedsShell::because("`", "a command substitution")),
                Some('\\') => match self.rest.next() {
                    Some('\n') => {}
                    Some(c @ ('$' | '`' | '"' | '\\')) => word.text.push(c),
                    Some(c) => word.text.extend(['\\', c]),
                    None => return Err(unterminated("\"")),
                },
                Some(c) => word.text.push(c),
                None => return Err(unterminated("\"")),
            }
        }
    }

    fn escaped(&mut self, word: &mut Word) {
        match self.rest.next() {
            Some('\n') => {}
            Some(c) => {
                word.quoted = true;
                word.text.push(c);
            }
            None => word.text.push('\\'),
        }
    }

    fn unquoted(&mut self, next: char, word: &mut Word) -> Result<(), NeedsShell> {
        let first = word.text.is_empty() && !word.quoted;
        match next {
            '$' => return self.dollar(word, false),
            '`' => return Err(NeedsShell::because("`", "a command substitution")),
            '*' | '?' => word.glob = true,
            '~' if first => word.need("`~` stands for a home folder"),
            '[' if !(first && self.at_word_end()) => word.need("an unquoted `[`"),
            '{' if !(first && self.at_word_end()) => word.need("an unquoted `{`"),
            _ => {}
        }
        word.text.push(next);
        Ok(())
    }

    fn at_word_end(&mut self) -> bool {
        self.rest
            .peek()
            .is_none_or(|c| c.is_whitespace() || matches!(c, ';' | '|' | '&' | '<' | '>'))
    }

    /// After a `$`: an expansion, or nothing special.
    fn dollar(&mut self, word: &mut Word, in_quotes: bool) -> Result<(), NeedsShell> {
        let Some(next) = self.rest.peek().copied() else {
            word.text.push('$');
            return Ok(());
        };
        match next {
            '(' | '`' => Err(NeedsShell::because("$(", "a command substitution")),
            '{' => Err(NeedsShell::because("${", "an expansion")),
            '\'' | '"' if !in_quotes => Err(NeedsShell::word(&format!("${next}"))),
            c if c.is_alphanumeric() || "_@*#?-$!".contains(c) => {
                word.text.push('$');
                word.need("an expansion");
                Ok(())
            }
            _ => {
                word.text.push('$');
                Ok(())
            }
        }
    }
}

impl Word {
    fn need(&mut self, why: &str) {
        self.needs.get_or_insert_with(|| NeedsShell(why.to_owned()));
    }

    /// The text, if no shell is needed to know it.
    pub(super) fn known(&self) -> Result<&str, NeedsShell> {
        match &self.needs {
            Some(NeedsShell(why)) => Err(NeedsShell::because(&self.text, why)),
            None => Ok(&self.text),
        }
    }

    /// The text, if it stands for nothing but itself.
    pub(super) fn literal(&self) -> Result<&str, NeedsShell> {
        if self.glob {
            return Err(NeedsShell::because(&self.text, "an unquoted pattern"));
        }
        self.known()
    }
}

fn unterminated(quote: &str) -> NeedsShell {
    NeedsShell::because(quote, "a quote that is not closed")
}

//! And-or lists and pipelines, as in POSIX `sh` (2.9 Shell Commands).

use std::iter::Peekable;
use std::vec::IntoIter;

use super::NeedsShell;
use super::command::Command;
use super::lexer::{Redirect, Token, Word};

/// Groups nested deeper are not read.
const DEPTH_LIMIT: usize = 20;

/// Lines with more commands are not read.
const COMMAND_LIMIT: usize = 200;

/// Words of the grammar that no command stands for.
const RESERVED: [&str; 17] = [
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac",
    "in", "function", "select", "time", "[[",
];

/// Commands one after the other.
#[derive(Debug, Default)]
pub(crate) struct List(pub(super) Vec<AndOr>);

/// Pipelines joined by `&&` and `||`.
#[derive(Debug)]
pub(super) struct AndOr {
    pub(super) first: Pipeline,
    pub(super) rest: Vec<(Join, Pipeline)>,
}

/// How a pipeline depends on the status before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    And,
    Or,
}

/// Stages joined by `|`; never empty.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) negated: bool,
    pub(super) stages: Vec<Stage>,
}

/// One part of a pipeline.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) body: Body,
    pub(super) redirects: Vec<Redirect>,
}

/// A command, or a `{ …; }` group, which is always alone in its pipeline.
#[derive(Debug)]
pub(super) enum Body {
    Command(Result<Command, NeedsShell>),
    Group(List),
}

/// Reads a whole line.
pub(super) fn parse(tokens: Vec<Token>) -> Result<List, NeedsShell> {
    let mut parser = Parser {
        tokens: tokens.into_iter().peekable(),
        depth: 0,
        commands: 0,
    };
    let list = parser.list()?;
    match parser.tokens.next() {
        None if list.0.is_empty() => Err(NeedsShell("an empty line".to_owned())),
        None => Ok(list),
        Some(token) => Err(unexpected(Some(&token))),
    }
}

impl List {
    /// The first command that is not understood, if one is not.
    pub(crate) fn needs_shell(&self) -> Option<&NeedsShell> {
        self.stages().iter().find_map(|stage| {
            let redirect = stage.redirects.iter().find_map(|redirect| match redirect {
                Redirect::Other(needs) => Some(needs),
                _ => None,
            });
            match &stage.body {
                Body::Command(Err(needs)) => Some(needs),
                _ => redirect,
            }
        })
    }

    /// Every stage, those inside of groups too.
    pub(super) fn stages(&self) -> Vec<&Stage> {
        let mut stages = Vec::new();
        let mut lists = vec![self];
        while let Some(list) = lists.pop() {
            for stage in list
                .0
                .iter()
                .flat_map(AndOr::pipelines)
                .flat_map(|p| &p.stages)
            {
                stages.push(stage);
                if let Body::Group(inner) = &stage.body {
                    lists.push(inner);
                }
            }
        }
        stages
    }
}

impl AndOr {
    /// Every pipeline, in order.
    pub(super) fn pipelines(&self) -> impl Iterator<Item = &Pipeline> {
        std::iter::once(&self.first).chain(self.rest.iter().map(|(_, pipeline)| pipeline))
    }
}

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
    depth: usize,
    commands: usize,
}

impl Parser {
    fn list(&mut self) -> Result<List, NeedsShell> {
        let mut list = Vec::new();
        loop {
            self.skip_newlines();
            if self.tokens.peek().is_none() || self.is_word("}") {
                return Ok(List(list));
            }
            list.push(self.and_or()?);
            match self.tokens.peek() {
                None => {}
                Some(Token::Semicolon | Token::Newline) => {
                    self.tokens.next();
                }
                token => return Err(unexpected(token)),
            }
        }
    }

    fn and_or(&mut self) -> Result<AndOr, NeedsShell> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            let join = match self.tokens.peek() {
                Some(Token::And) => Join::And,
                Some(Token::Or) => Join::Or,
                _ => return Ok(AndOr { first, rest }),
            };
            self.tokens.next();
            self.skip_newlines();
            rest.push((join, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline, NeedsShell> {
        let negated = self.is_word("!");
        if negated {
            self.tokens.next();
        }
        let mut stages = vec![self.stage()?];
        while self.tokens.next_if_eq(&Token::Pipe).is_some() {
            self.skip_newlines();
            stages.push(self.stage()?);
        }
        let last = stages.len() - 1;
        for (index, stage) in stages.iter_mut().enumerate() {
            stage.fit(index > 0, index < last)?;
        }
        Ok(Pipeline { negated, stages })
    }

    fn stage(&mut self) -> Result<Stage, NeedsShell> {
        self.commands += 1;
        if self.commands > COMMAND_LIMIT {
            return Err(NeedsShell(format!("more than {COMMAND_LIMIT} commands")));
        }
        if self.is_word("{") {
            return self.group();
        }
        let mut words = Vec::new();
        let mut redirects = Vec::new();
        loop {
            match self.tokens.peek() {
                Some(Token::Word(_)) => {
                    if let Some(Token::Word(word)) = self.tokens.next() {
                        words.push(word);
                    }
                }
                Some(Token::Redirect(_)) => {
                    if let Some(Token::Redirect(redirect)) = self.tokens.next() {
                        redirects.push(redirect);
                    }
                }
                token if words.is_empty() => return Err(unexpected(token)),
                _ => break,
            }
        }
        if let Some(word) = words.first().filter(|w| is_grammar(w)) {
            return Err(NeedsShell::word(&word.text));
        }
        let body = Body::Command(Command::new(&words));
        Ok(Stage { body, redirects })
    }

    fn group(&mut self) -> Result<Stage, NeedsShell> {
        self.tokens.next();
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(NeedsShell("groups nested too deeply".to_owned()));
        }
        let list = self.list()?;
        if list.0.is_empty() || !self.is_word("}") {
            return Err(NeedsShell::because(
                "{",
                "a group that is empty or not closed",
            ));
        }
        self.tokens.next();
        self.depth -= 1;
        if let Some(Token::Redirect(_)) = self.tokens.peek() {
            return Err(NeedsShell("a redirected group".to_owned()));
        }
        Ok(Stage {
            body: Body::Group(list),
            redirects: Vec::new(),
        })
    }

    fn is_word(&mut self, text: &str) -> bool {
        matches!(self.tokens.peek(), Some(Token::Word(word)) if !word.quoted && word.text == text)
    }

    fn skip_newlines(&mut self) {
        while self.tokens.next_if_eq(&Token::Newline).is_some() {}
    }
}

impl Stage {
    /// Looks at what stands left and right of the stage.
    fn fit(&mut self, is_fed: bool, is_piped: bool) -> Result<(), NeedsShell> {
        let has_input = self
            .redirects
            .iter()
            .any(|r| matches!(r, Redirect::Input(_)));
        match &mut self.body {
            Body::Group(_) if is_fed || is_piped => {
                return Err(NeedsShell("a group in a pipe".to_owned()));
            }
            Body::Command(command) => {
                let fits = match command {
                    Ok(command) => command.fits(is_fed || has_input, is_piped),
                    Err(_) => Ok(()),
                };
                if let Err(needs) = fits {
                    *command = Err(needs);
                }
            }
            Body::Group(_) => {}
        }
        Ok(())
    }
}

fn is_grammar(word: &Word) -> bool {
    !word.quoted && (RESERVED.contains(&word.text.as_str()) || word.text == "}" || word.text == "!")
}

fn unexpected(token: Option<&Token>) -> NeedsShell {
    let shown = match token {
        None => "the end of the line",
        Some(Token::Word(word)) => &word.text,
        Some(Token::Redirect(_)) => "a redirection without a command",
        Some(Token::And) => "&&",
        Some(Token::Or) => "||",
        Some(Token::Pipe) => "|",
        Some(Token::Semicolon) => ";",
        Some(Token::Newline) => "a new line",
    };
    NeedsShell::because(shown, "a syntax error")
}

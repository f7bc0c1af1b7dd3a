//! How deep the tree of a text can be, found from its tokens before it is parsed.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};

use super::{NotParsed, glance};

/// The deepest expression; CPython itself gives up at about 3,000 levels.
pub(super) const EXPRESSION_LIMIT: usize = 2_000;
/// CPython: "too many nested parentheses".
pub(super) const BRACKET_LIMIT: usize = 200;
/// CPython: "too many levels of indentation".
pub(super) const INDENTATION_LIMIT: usize = 100;

/// What one pair of brackets (or the statement around them) adds to the depth of the tree.
#[derive(Default)]
pub(super) struct Level {
    /// Tokens since the last comma that may each add a level: operators and keywords.
    pub(super) tokens: usize,
    /// `lambda`s: a comma among their parameters separates nothing.
    pub(super) lambdas: usize,
    /// The deepest pair of brackets since the last comma.
    inner: usize,
    /// The deepest element before the last comma.
    before: usize,
}

impl Level {
    /// The deepest element so far.
    pub(super) fn depth(&self) -> usize {
        self.before.max(self.tokens + self.inner) + self.lambdas
    }

    /// A comma: what comes next is an element of its own.
    pub(super) fn separate(&mut self) {
        self.before = self.before.max(self.tokens + self.inner);
        self.tokens = 0;
        self.inner = 0;
    }
}

/// Refuses a text whose tree could be too deep.
///
/// # Errors
///
/// A sentence that says in which way.
pub(super) fn bound(text: &str) -> Result<(), NotParsed> {
    // Nearly all texts are shallow at a glance, which takes a tenth of the time of their tokens.
    if glance::is_shallow(text.as_bytes()) {
        return Ok(());
    }
    measure(text)
}

pub(super) fn measure(text: &str) -> Result<(), NotParsed> {
    let mut lexer = lexer::lex(text, Mode::Module);
    let mut levels = vec![Level::default()];
    let mut indentation = 0_usize;
    loop {
        let kind = lexer.next_token();
        match kind {
            TokenKind::EndOfFile if levels.len() > 1 => {
                return refuse("does not parse: a bracket is never closed");
            }
            TokenKind::EndOfFile => return Ok(()),
            TokenKind::Indent => indentation += 1,
            TokenKind::Dedent => indentation = indentation.saturating_sub(1),
            TokenKind::Newline | TokenKind::Semi => {
                levels.clear();
                levels.push(Level::default());
            }
            _ if opens(kind) => levels.push(Level::default()),
            _ if closes(kind) && levels.len() == 1 => {
                return refuse("does not parse: a bracket was never opened");
            }
            _ if closes(kind) => close(&mut levels),
            _ => count(kind, &mut levels),
        }
        if indentation > INDENTATION_LIMIT || levels.len() > BRACKET_LIMIT {
            return refuse("is nested too deep: CPython refuses it too");
        }
        if levels
            .last()
            .is_some_and(|level| level.depth() > EXPRESSION_LIMIT)
        {
            return refuse("is nested too deep to be looked at");
        }
    }
}

fn opens(kind: TokenKind) -> bool {
    use TokenKind::{FStringStart, Lbrace, Lpar, Lsqb, TStringStart};
    matches!(kind, Lpar | Lsqb | Lbrace | FStringStart | TStringStart)
}

fn closes(kind: TokenKind) -> bool {
    use TokenKind::{FStringEnd, Rbrace, Rpar, Rsqb, TStringEnd};
    matches!(kind, Rpar | Rsqb | Rbrace | FStringEnd | TStringEnd)
}

/// A closed pair is one operation on what stands before it, and as deep as what it holds.
pub(super) fn close(levels: &mut Vec<Level>) {
    let depth = levels.pop().map_or(0, |level| level.depth());
    if let Some(level) = levels.last_mut() {
        level.tokens += 1;
        level.inner = level.inner.max(depth + 1);
    }
}

fn count(kind: TokenKind, levels: &mut [Level]) {
    let Some(level) = levels.last_mut() else {
        return;
    };
    match kind {
        TokenKind::Comma => level.separate(),
        TokenKind::Lambda => level.lambdas += 1,
        _ if kind.is_operator() || kind.is_keyword() => level.tokens += 1,
        _ => {}
    }
}

fn refuse(why: &str) -> Result<(), NotParsed> {
    Err(NotParsed {
        why: why.to_owned(),
        offset: None,
    })
}

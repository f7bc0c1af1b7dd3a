//! The only module that knows ruff's crates: their syntax tree, under one roof.
//!
//! A tree is walked and dropped recursively, so a text is refused before it is parsed if its
//! tree could be deeper than a small stack holds. The bound is found from the tokens alone.

use std::sync::OnceLock;

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{self as ruff, Mode, lexer};

pub(crate) use ruff_python_ast::visitor::{self, Visitor};
pub(crate) use ruff_python_ast::{
    self as ast, Alias, ExceptHandler, Expr, ExprContext, Parameters, Pattern, Stmt,
};
pub(crate) use ruff_text_size::{Ranged, TextRange};

/// The deepest expression; CPython itself gives up at about 3,000 levels.
const EXPRESSION_LIMIT: usize = 400;
/// CPython: "too many nested parentheses".
const BRACKET_LIMIT: usize = 200;
/// CPython: "too many levels of indentation".
const INDENTATION_LIMIT: usize = 100;

/// A text's statements.
pub(crate) struct Parsed {
    pub(crate) body: Vec<Stmt>,
    marks: OnceLock<Marks>,
}

/// The places of a text's comments and strings.
#[derive(Default)]
pub(crate) struct Marks {
    pub(crate) comments: Vec<TextRange>,
    pub(crate) strings: Vec<TextRange>,
}

/// Why a text has no tree: a sentence, and the offset it is about where that is known.
pub(crate) struct NotParsed {
    pub(crate) why: String,
    pub(crate) offset: Option<usize>,
}

/// The tree of `text`.
///
/// # Errors
///
/// The text does not parse, or is nested too deep to be looked at.
pub(crate) fn parse(text: &str) -> Result<Parsed, NotParsed> {
    let body = parse_tokens(text)?.into_suite().into_iter().collect();
    Ok(Parsed {
        body,
        marks: OnceLock::new(),
    })
}

impl Parsed {
    /// The comments and strings of the `text` that this is the tree of. Hardly anybody asks, and
    /// tokens take as much memory as the tree: the text is parsed once more.
    pub(crate) fn marks(&self, text: &str) -> &Marks {
        self.marks
            .get_or_init(|| parse_tokens(text).map_or_else(|_| Marks::default(), Marks::from))
    }
}

fn parse_tokens(text: &str) -> Result<ruff::Parsed<ast::ModModule>, NotParsed> {
    measure(text)?;
    ruff::parse_module(text).map_err(|error| NotParsed {
        why: format!("does not parse: {}", error.error),
        offset: Some(error.location.start().to_usize()),
    })
}

impl From<ruff::Parsed<ast::ModModule>> for Marks {
    fn from(parsed: ruff::Parsed<ast::ModModule>) -> Self {
        use TokenKind::{FStringEnd, FStringMiddle, FStringStart, String};
        use TokenKind::{TStringEnd, TStringMiddle, TStringStart};
        let mut marks = Self::default();
        for token in parsed.tokens().iter() {
            match token.kind() {
                TokenKind::Comment => marks.comments.push(token.range()),
                String | FStringStart | FStringMiddle | FStringEnd | TStringStart
                | TStringMiddle | TStringEnd => marks.strings.push(token.range()),
                _ => {}
            }
        }
        marks
    }
}

/// The statement that postpones annotations: `from __future__ import annotations` where CPython
/// takes it, at the top after the docstring and among its like.
pub(crate) fn future_annotations(body: &[Stmt]) -> Option<&ast::StmtImportFrom> {
    let docstring = body.first().is_some_and(is_string);
    body.iter()
        .skip(usize::from(docstring))
        .map_while(|statement| match statement {
            Stmt::ImportFrom(import) if import.level == 0 => import
                .module
                .as_ref()
                .is_some_and(|module| module == "__future__")
                .then_some(import),
            _ => None,
        })
        .find(|import| {
            import
                .names
                .iter()
                .any(|alias| &alias.name == "annotations")
        })
}

fn is_string(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Expr(it) if it.value.is_string_literal_expr())
}

/// What one pair of brackets (or the statement around them) adds to the depth of the tree.
#[derive(Default)]
struct Level {
    /// Tokens since the last comma that may each add a level: operators and keywords.
    tokens: usize,
    /// `lambda`s: a comma among their parameters separates nothing.
    lambdas: usize,
    /// The deepest pair of brackets since the last comma.
    inner: usize,
    /// The deepest element before the last comma.
    before: usize,
}

impl Level {
    fn depth(&self) -> usize {
        self.before.max(self.tokens + self.inner) + self.lambdas
    }

    fn separate(&mut self) {
        self.before = self.before.max(self.tokens + self.inner);
        self.tokens = 0;
        self.inner = 0;
    }
}

/// Refuses a text whose tree could be too deep.
fn measure(text: &str) -> Result<(), NotParsed> {
    let mut lexer = lexer::lex(text, Mode::Module);
    let mut levels = vec![Level::default()];
    let mut indentation = 0_usize;
    loop {
        let kind = lexer.next_token();
        let refuse = |why: &str| {
            Err(NotParsed {
                why: why.to_owned(),
                offset: None,
            })
        };
        match kind {
            TokenKind::EndOfFile if levels.len() > 1 => {
                return refuse("does not parse: a bracket is never closed");
            }
            TokenKind::EndOfFile => return Ok(()),
            TokenKind::Indent => indentation += 1,
            TokenKind::Dedent => indentation = indentation.saturating_sub(1),
            TokenKind::Newline | TokenKind::Semi => levels = vec![Level::default()],
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
fn close(levels: &mut Vec<Level>) {
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

#[cfg(test)]
mod tests {
    use super::parse;

    fn why(text: &str) -> Option<String> {
        parse(text).err().map(|error| error.why)
    }

    #[test]
    fn a_tree_too_deep_for_the_stack_is_refused() {
        let deep = [
            format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000)),
            format!("x = 1{}", " + 1".repeat(100_000)),
            format!("x = {}y", "not ".repeat(100_000)),
            format!("x = {}1", "lambda a, b: ".repeat(100_000)),
            format!("x = {}2", "1 if a else ".repeat(100_000)),
            format!("x = a{}", ".b()".repeat(100_000)),
            format!("x = f{}", "(1)".repeat(100_000)),
            format!("x = {}", "-".repeat(100_000) + "1"),
            format!("x = [{}1]", "a, lambda b, c: ".repeat(10_000)),
            (0..200)
                .map(|n| format!("{}if a:\n", " ".repeat(n)))
                .collect(),
            "[".repeat(100_000),
            "f'{".repeat(10_000),
        ];
        for text in deep {
            let start: String = text.chars().take(30).collect();
            assert!(why(&text).is_some(), "`{start}…` was parsed");
        }
    }

    #[test]
    fn a_wide_tree_is_not_deep() {
        let wide = [
            format!("x = [{}]", "-1, ".repeat(100_000)),
            "x = 1 + 2\n".repeat(10_000),
            format!("x = {{{}}}", "'a': f(1)[2].b, ".repeat(10_000)),
            format!("if a:\n    pass\n{}", "elif b:\n    pass\n".repeat(3_000)),
            "x = 1; ".repeat(10_000),
        ];
        for text in wide {
            assert_eq!(why(&text), None);
        }
    }

    #[test]
    fn errors_are_told() {
        assert!(why("def f(:\n").is_some_and(|why| why.starts_with("does not parse")));
        assert!(why("x = )").is_some());
        assert_eq!(why("type X[T] = list[T]\nlazy import a\n"), None);
    }
}

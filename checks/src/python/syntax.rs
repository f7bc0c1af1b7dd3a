//! The only module that knows ruff's crates: their syntax tree, under one roof.
//!
//! A tree is walked and dropped recursively, so a text is refused before it is parsed if its
//! tree could be deeper than a small stack holds.

mod bodies;
mod depth;
mod glance;
mod newer;
mod outline;

use std::sync::OnceLock;

use ruff_python_ast::token::TokenKind;
use ruff_python_parser as ruff;

pub(crate) use outline::{is_outlined, outline};

pub(crate) use ruff_python_ast::visitor::{self, Visitor};
pub(crate) use ruff_python_ast::{
    self as ast, Alias, ExceptHandler, Expr, ExprContext, Parameters, Pattern, Stmt,
};
pub(crate) use ruff_python_parser::semantic_errors as semantic;
pub(crate) use ruff_text_size::{Ranged, TextRange, TextSize};

/// A text's statements; those of an [outline](outline()) without what its functions do.
pub(crate) struct Parsed {
    pub(crate) body: Vec<Stmt>,
    /// The syntax that not every version knows.
    newer: Vec<ruff::UnsupportedSyntaxError>,
    marks: OnceLock<Marks>,
}

/// The places of a text's comments and strings.
#[derive(Default)]
pub(crate) struct Marks {
    pub(crate) comments: Vec<TextRange>,
    pub(crate) strings: Vec<TextRange>,
}

/// Why a text has no tree: a sentence, and the offset it is about where that is known.
#[derive(Clone)]
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
    parse_tokens(text).map(Parsed::from)
}

/// As [`parse`], for a text that is known not to be nested too deep.
pub(crate) fn parse_shallow(text: &str) -> Result<Parsed, NotParsed> {
    shallow_tokens(text).map(Parsed::from)
}

impl From<ruff::Parsed<ast::ModModule>> for Parsed {
    fn from(parsed: ruff::Parsed<ast::ModModule>) -> Self {
        Self {
            newer: parsed.unsupported_syntax_errors().to_vec(),
            body: parsed.into_suite().into_iter().collect(),
            marks: OnceLock::new(),
        }
    }
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
    depth::bound(text)?;
    shallow_tokens(text)
}

fn shallow_tokens(text: &str) -> Result<ruff::Parsed<ast::ModModule>, NotParsed> {
    let options = ruff::ParseOptions::from(ruff::Mode::Module);
    let parsed = ruff::parse_unchecked(text, options.with_target_version(newer::OLDEST));
    let wrong = parsed.errors().iter().find(|it| !is_bare_raise(text, it));
    let not_parsed = |error: &ruff::ParseError| NotParsed {
        why: format!("does not parse: {}", error.error),
        offset: Some(error.location.start().to_usize()),
    };
    match wrong.map(not_parsed) {
        Some(wrong) => Err(wrong),
        None => parsed.try_into_module().ok_or_else(|| NotParsed {
            why: "is no module".to_owned(),
            offset: None,
        }),
    }
}

/// Whether all that the parser objects to is a `raise` with a semicolon behind it, which CPython
/// takes.
fn is_bare_raise(text: &str, error: &ruff::ParseError) -> bool {
    let around = text.split_at_checked(error.location.start().to_usize());
    around.is_some_and(|(before, after)| {
        let before = before.trim_end_matches([' ', '\t']).strip_suffix("raise");
        let apart = |it: &str| !it.ends_with(|it: char| it == '_' || it.is_alphanumeric());
        before.is_some_and(apart) && after.starts_with(';')
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
    fn a_bare_raise_may_have_a_semicolon() {
        assert_eq!(why("try:pass\nexcept OSError:raise;print()\n"), None);
        assert_eq!(why("def f():\n    raise ; x = 1\n"), None);
        assert!(why("praise;\n(\n").is_some());
        assert!(why("raise from;\n").is_some());
        assert!(why("raise;\nx = = 1\n").is_some());
    }

    #[test]
    fn errors_are_told() {
        assert!(why("def f(:\n").is_some_and(|why| why.starts_with("does not parse")));
        assert!(why("x = )").is_some());
        assert_eq!(why("type X[T] = list[T]\nlazy import a\n"), None);
    }
}

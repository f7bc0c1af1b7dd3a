//! Syntax that not every version of Python knows.

use ruff_python_parser::{UnsupportedSyntaxError, UnsupportedSyntaxErrorKind as Kind};

use crate::python::name::PythonVersion;

use super::{NotParsed, Parsed, ast};

/// The oldest version whose syntax is told from that of the next.
pub(super) const OLDEST: ast::PythonVersion = ast::PythonVersion::PY38;

impl Parsed {
    /// What stands first of the syntax that this version does not know.
    pub(crate) fn newer_than(&self, version: PythonVersion) -> Option<NotParsed> {
        let version = ast::PythonVersion::from(version);
        let unknown = self.newer.iter().filter(|it| version < since(it.kind));
        let first = unknown.min_by_key(|it| it.range.start())?;
        let error = UnsupportedSyntaxError {
            target_version: version,
            ..first.clone()
        };
        Some(NotParsed {
            why: format!("does not parse: {error}"),
            offset: Some(error.range.start().to_usize()),
        })
    }
}

/// The first version that takes a syntax; what no version takes any longer has none.
fn since(kind: Kind) -> ast::PythonVersion {
    match kind {
        Kind::Walrus | Kind::StarTuple(_) | Kind::PositionalOnlyParameter => {
            ast::PythonVersion::PY38
        }
        Kind::UnparenthesizedNamedExpr(_)
        | Kind::RelaxedDecorator(_)
        | Kind::ParenthesizedContextManager
        | Kind::UnparenthesizedUnpackInFor => ast::PythonVersion::PY39,
        Kind::Match => ast::PythonVersion::PY310,
        Kind::ExceptStar | Kind::StarExpressionInIndex | Kind::StarAnnotation => {
            ast::PythonVersion::PY311
        }
        Kind::TypeParameterList | Kind::TypeAliasStatement | Kind::Pep701FString(_) => {
            ast::PythonVersion::PY312
        }
        Kind::TypeParamDefault => ast::PythonVersion::PY313,
        Kind::UnparenthesizedExceptionTypes | Kind::TemplateStrings => ast::PythonVersion::PY314,
        Kind::LazyImportStatement | Kind::UnpackingInComprehension(_) => ast::PythonVersion::PY315,
        Kind::ParenthesizedKeywordArgumentName => NEVER,
    }
}

const NEVER: ast::PythonVersion = ast::PythonVersion {
    major: u8::MAX,
    minor: u8::MAX,
};

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    /// What the parser says of it names the version in which it came.
    #[test]
    fn each_syntax_has_the_version_that_the_parser_gives_it() {
        let text = include_str!("newer/all.py");
        let parsed = parse(text).map_err(|it| it.why).unwrap();
        let mut kinds = std::collections::HashSet::new();
        for error in &parsed.newer {
            kinds.insert(std::mem::discriminant(&error.kind));
            let said = error.to_string();
            let since = since(error.kind);
            let expected = match since == NEVER {
                true => "removed in".to_owned(),
                false => format!("added in Python {since})"),
            };
            assert!(said.contains(&expected), "{said}: {since}");
        }
        // All but the three that the oldest version knows.
        assert_eq!(kinds.len(), 17);
    }
}

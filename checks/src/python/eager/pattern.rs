//! Patterns of `match` statements.
//!
//! <https://docs.python.org/3/reference/compound_stmts.html#patterns>

use crate::python::syntax::{Pattern, ast};

use super::machine::{Machine, Outcome};
use super::value::{Truth, Value};

impl<'a> Machine<'a, '_> {
    /// Whether a pattern fits; its names are bound.
    pub(super) fn pattern(
        &mut self,
        subject: &Value<'a>,
        pattern: &'a Pattern,
    ) -> Outcome<'a, Truth> {
        match pattern {
            Pattern::MatchAs(it) => self.as_pattern(subject, it),
            Pattern::MatchValue(it) => Ok(subject.equals(&self.value(&it.value)?)),
            Pattern::MatchSingleton(it) => Ok(subject.equals(&singleton(it.value))),
            Pattern::MatchOr(it) => self.one_pattern(subject, &it.patterns),
            Pattern::MatchSequence(it) => self.sequence_pattern(subject, it),
            Pattern::MatchStar(it) => {
                if let Some(name) = &it.name {
                    self.bind_name(name, Value::Unknown);
                }
                Ok(Truth::Yes)
            }
            Pattern::MatchMapping(it) => {
                self.unknown_patterns(&it.patterns)?;
                if let Some(name) = &it.rest {
                    self.bind_name(name, Value::Unknown);
                }
                Ok(Truth::Maybe)
            }
            Pattern::MatchClass(it) => {
                self.value(&it.cls)?;
                self.unknown_patterns(&it.arguments.patterns)?;
                self.unknown_patterns(it.arguments.keywords.iter().map(|it| &it.pattern))
            }
        }
    }

    fn as_pattern(
        &mut self,
        subject: &Value<'a>,
        it: &'a ast::PatternMatchAs,
    ) -> Outcome<'a, Truth> {
        let fits = match &it.pattern {
            Some(inner) => self.pattern(subject, inner)?,
            None => Truth::Yes,
        };
        if let Some(name) = &it.name {
            self.bind_name(name, subject.clone());
        }
        Ok(fits)
    }

    /// `a | b`
    fn one_pattern(&mut self, subject: &Value<'a>, patterns: &'a [Pattern]) -> Outcome<'a, Truth> {
        let mut fits = Truth::No;
        for alternative in patterns {
            match self.pattern(subject, alternative)? {
                Truth::Yes => return Ok(Truth::Yes),
                Truth::Maybe => fits = Truth::Maybe,
                Truth::No => {}
            }
        }
        Ok(fits)
    }

    fn sequence_pattern(
        &mut self,
        subject: &Value<'a>,
        it: &'a ast::PatternMatchSequence,
    ) -> Outcome<'a, Truth> {
        let (items, open) = self.iterate(subject, it.range)?;
        let starred = it.patterns.iter().any(Pattern::is_match_star);
        if open || starred || !matches!(subject, Value::Sequence(_)) {
            return self.unknown_patterns(&it.patterns);
        }
        if items.len() != it.patterns.len() {
            return Ok(Truth::No);
        }
        let mut fits = Truth::Yes;
        for (item, pattern) in items.iter().zip(&it.patterns) {
            match self.pattern(item, pattern)? {
                Truth::No => return Ok(Truth::No),
                Truth::Maybe => fits = Truth::Maybe,
                Truth::Yes => {}
            }
        }
        Ok(fits)
    }

    /// Patterns for parts of which nothing is known; their names are bound all the same.
    fn unknown_patterns(
        &mut self,
        patterns: impl IntoIterator<Item = &'a Pattern>,
    ) -> Outcome<'a, Truth> {
        for pattern in patterns {
            self.pattern(&Value::Unknown, pattern)?;
        }
        Ok(Truth::Maybe)
    }
}

fn singleton<'a>(value: ast::Singleton) -> Value<'a> {
    match value {
        ast::Singleton::None => Value::None,
        ast::Singleton::True => Value::Bool(true),
        ast::Singleton::False => Value::Bool(false),
    }
}

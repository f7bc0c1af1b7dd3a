//! Patterns of `match` statements.
//!
//! <https://docs.python.org/3/reference/compound_stmts.html#patterns>

use std::rc::Rc;

use crate::python::syntax::{Pattern, ast};

use super::fields::all_fields;
use super::known::is_one;
use super::machine::{Machine, Outcome};
use super::value::{Class, Truth, Value};

impl<'a> Machine<'a, '_> {
    /// Whether a pattern fits; its names are bound.
    pub(super) fn pattern(
        &mut self,
        subject: &Value<'a>,
        pattern: &'a Pattern,
    ) -> Outcome<'a, Truth> {
        match pattern {
            Pattern::MatchAs(it) => self.as_pattern(subject, it),
            Pattern::MatchValue(it) => {
                let value = self.value(&it.value)?;
                self.compare_two(ast::CmpOp::Eq, subject, &value, it.range)
            }
            Pattern::MatchSingleton(it) => Ok(subject.equals(&singleton(it.value))),
            Pattern::MatchOr(it) => self.one_pattern(subject, &it.patterns),
            Pattern::MatchSequence(it) => self.sequence_pattern(subject, it),
            Pattern::MatchStar(it) => {
                if let Some(name) = &it.name {
                    self.bind_name(name, subject.clone());
                }
                Ok(Truth::Yes)
            }
            Pattern::MatchMapping(it) => self.mapping_pattern(subject, it),
            Pattern::MatchClass(it) => self.class_pattern(subject, it),
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
        if subject.is_constant() {
            return Ok(Truth::No);
        }
        let (items, open) = self.iterate(subject, it.range)?;
        if open || !matches!(subject, Value::Sequence(list) if !list.is_set()) {
            return self.unknown_patterns(&it.patterns);
        }
        let star = it.patterns.iter().position(Pattern::is_match_star);
        let fixed = it.patterns.len() - usize::from(star.is_some());
        if items.len() < fixed || (star.is_none() && items.len() > fixed) {
            return Ok(Truth::No);
        }
        let middle = items.len() - fixed;
        let mut items = items.into_iter();
        let mut pairs = Vec::new();
        for (index, pattern) in it.patterns.iter().enumerate() {
            let item = if star == Some(index) {
                let rest = items.by_ref().take(middle).collect();
                self.sequence(rest, false)
            } else {
                items.next().unwrap_or(Value::Unknown)
            };
            pairs.push((item, pattern));
        }
        self.all_fit(pairs)
    }

    /// <https://docs.python.org/3/reference/compound_stmts.html#mapping-patterns>
    fn mapping_pattern(
        &mut self,
        subject: &Value<'a>,
        it: &'a ast::PatternMatchMapping,
    ) -> Outcome<'a, Truth> {
        if let Some(name) = &it.rest {
            self.bind_name(name, Value::dict(Vec::new(), true, self.uncertainty()));
        }
        if subject.is_constant() {
            return Ok(Truth::No);
        }
        let mut pairs = Vec::new();
        let mut fits = Truth::from(matches!(subject, Value::Dict(_)));
        if fits == Truth::No {
            return self.unknown_patterns(&it.patterns);
        }
        for (key, pattern) in it.keys.iter().zip(&it.patterns) {
            let key = self.value(key)?;
            match self.contains(subject, &key) {
                Truth::No => return Ok(Truth::No),
                Truth::Maybe => fits = Truth::Maybe,
                Truth::Yes => {}
            }
            pairs.push((self.item(subject, &key, it.range)?, pattern));
        }
        let parts = self.all_fit(pairs)?;
        Ok(both(fits, parts))
    }

    /// <https://docs.python.org/3/reference/compound_stmts.html#class-patterns>
    fn class_pattern(
        &mut self,
        subject: &Value<'a>,
        it: &'a ast::PatternMatchClass,
    ) -> Outcome<'a, Truth> {
        let kind = self.value(&it.cls)?;
        let fits = is_one(subject, &kind);
        if fits == Truth::No {
            return Ok(Truth::No);
        }
        let positional = &it.arguments.patterns;
        if let (Value::Foreign(_), [whole]) = (&kind, positional.as_slice()) {
            let inside = self.pattern(subject, whole)?;
            return Ok(both(fits, inside));
        }
        let Value::Class(class) = &kind else {
            self.unknown_patterns(positional)?;
            return self.unknown_patterns(it.arguments.keywords.iter().map(|it| &it.pattern));
        };
        let names = self.match_args(class);
        let mut names = names.into_iter();
        let mut parts = Vec::new();
        for pattern in positional {
            parts.push((names.next(), pattern));
        }
        for keyword in &it.arguments.keywords {
            parts.push((Some(keyword.attr.as_str().into()), &keyword.pattern));
        }
        let mut all = fits;
        for (name, pattern) in parts {
            let value = match name {
                Some(name) => {
                    let why = "a pattern asks for an attribute, if the class is the right one";
                    match all {
                        Truth::Yes => self.attribute(subject, &name, it.range)?,
                        _ => self.perhaps(why, it.range, |machine| {
                            machine.attribute(subject, &name, it.range)
                        })?,
                    }
                }
                None => Value::Unknown,
            };
            all = both(all, self.pattern(&value, pattern)?);
            if all == Truth::No {
                return Ok(Truth::No);
            }
        }
        Ok(all)
    }

    /// The attributes that the positional patterns of a class are for.
    fn match_args(&self, class: &Rc<Class<'a>>) -> Vec<Rc<str>> {
        match self.class_attribute(class, "__match_args__") {
            Some(Value::Sequence(names)) => {
                let names = names.items.borrow();
                names
                    .iter()
                    .filter_map(|it| Some(it.as_text()?.into()))
                    .collect()
            }
            _ => all_fields(class).into_iter().map(|it| it.name).collect(),
        }
    }

    /// Whether every one of some patterns fits; from the first that does not, none is tried.
    fn all_fit(&mut self, pairs: Vec<(Value<'a>, &'a Pattern)>) -> Outcome<'a, Truth> {
        let mut all = Truth::Yes;
        for (value, pattern) in pairs {
            all = both(all, self.pattern(&value, pattern)?);
            if all == Truth::No {
                break;
            }
        }
        Ok(all)
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

fn both(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Truth::No, _) | (_, Truth::No) => Truth::No,
        (Truth::Yes, Truth::Yes) => Truth::Yes,
        _ => Truth::Maybe,
    }
}

fn singleton<'a>(value: ast::Singleton) -> Value<'a> {
    match value {
        ast::Singleton::None => Value::None,
        ast::Singleton::True => Value::Bool(true),
        ast::Singleton::False => Value::Bool(false),
    }
}

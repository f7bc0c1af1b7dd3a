//! Comprehensions and generator expressions.
//!
//! <https://docs.python.org/3/reference/expressions.html#displays-for-lists-sets-and-dictionaries>

use std::rc::Rc;

use crate::python::syntax::{Expr, Ranged, ast};

use super::machine::{Frame, Machine, Outcome};
use super::value::{Generator, Inner, Scope, Truth, Value};

impl<'a> Machine<'a, '_> {
    /// <https://docs.python.org/3/reference/expressions.html#displays-for-lists-sets-and-dictionaries>
    pub(super) fn comprehension(
        &mut self,
        generators: &'a [ast::Comprehension],
        parts: &[&'a Expr],
    ) -> Outcome<'a> {
        let Some(first) = generators.first() else {
            return Ok(Value::Unknown);
        };
        // The first iterable is evaluated in the scope around.
        let source = self.value(&first.iter)?;
        let Some(frame) = self.frame() else {
            return Ok(Value::Unknown);
        };
        let scope = Scope::inside(
            frame.scope.clone(),
            self.uncertainty(),
            Inner::Comprehension,
        );
        let (class, receiver) = (frame.class.clone(), frame.receiver.clone());
        let inner = Frame {
            class,
            receiver,
            ..Frame::new(frame.module, scope)
        };
        self.frames.push(inner);
        let mut found = Vec::new();
        let done = self.generate(generators, Some(source), parts, &mut found);
        self.frames.pop();
        let open = done?;
        if parts.len() == 2 {
            let mut pairs = found.into_iter();
            let mut items = Vec::new();
            while let (Some(key), Some(value)) = (pairs.next(), pairs.next()) {
                items.push((key, value));
            }
            return Ok(Value::dict(items, open, self.uncertainty()));
        }
        Ok(self.sequence(found, open))
    }

    /// Only the first iterable is evaluated at once.
    pub(super) fn generator(&mut self, it: &'a ast::ExprGenerator) -> Outcome<'a> {
        let (Some(first), Some(frame)) = (it.generators.first(), self.frame()) else {
            return Ok(Value::Unknown);
        };
        let (scope, module) = (frame.scope.clone(), frame.module);
        let source = self.value(&first.iter)?;
        Ok(Value::Generator(Rc::new(Generator {
            expression: it,
            source,
            scope,
            module,
        })))
    }

    /// Goes through a generator expression.
    pub(super) fn exhaust(&mut self, it: &Generator<'a>) -> Outcome<'a, (Vec<Value<'a>>, bool)> {
        let scope = Scope::inside(it.scope.clone(), self.uncertainty(), Inner::Comprehension);
        self.frames.push(Frame::new(it.module, scope));
        let mut found = Vec::new();
        let parts = [&*it.expression.elt];
        let source = Some(it.source.clone());
        let done = self.generate(&it.expression.generators, source, &parts, &mut found);
        self.frames.pop();
        done.map(|open| (found, open))
    }

    /// One `for` of a comprehension with all that stands inside; whether there may be others.
    fn generate(
        &mut self,
        generators: &'a [ast::Comprehension],
        source: Option<Value<'a>>,
        parts: &[&'a Expr],
        found: &mut Vec<Value<'a>>,
    ) -> Outcome<'a, bool> {
        let Some((generator, rest)) = generators.split_first() else {
            for part in parts {
                found.push(self.value(part)?);
            }
            return Ok(false);
        };
        let source = match source {
            Some(source) => source,
            None => self.value(&generator.iter)?,
        };
        let (mut items, mut open) = self.iterate(&source, generator.range)?;
        let length = self.doubts.len();
        if open {
            let why = "a comprehension over what cannot be known";
            self.doubt(why, generator.range);
            items = vec![Value::any_of(&items).unwrap_or(Value::Unknown)];
        }
        for item in items {
            if !self.step() {
                break;
            }
            let inside = self.doubts.len();
            self.assign(&generator.target, item)?;
            let (passes, unsure) = self.filter(&generator.ifs)?;
            open |= unsure;
            let done = if passes {
                self.generate(rest, None, parts, found)
            } else {
                Ok(false)
            };
            self.doubts.truncate(inside);
            match done {
                Ok(more) => open |= more,
                Err(raise) if self.doubts.len() > length => self.may_have_raised(&raise),
                Err(raise) => return Err(raise),
            }
        }
        self.doubts.truncate(length);
        Ok(open)
    }

    /// Whether the conditions of one `for` may hold, and whether one was not known.
    fn filter(&mut self, tests: &'a [Expr]) -> Outcome<'a, (bool, bool)> {
        let mut unsure = false;
        for test in tests {
            match self.condition(test)? {
                Truth::No => return Ok((false, unsure)),
                Truth::Maybe => {
                    unsure = true;
                    self.doubt("a condition that cannot be known", test.range());
                }
                Truth::Yes => {}
            }
        }
        Ok((true, unsure))
    }
}

//! Binding and unbinding: names, attributes, items, patterns.

use crate::python::syntax::{Expr, Pattern, TextRange, ast};

use super::machine::{Entry, Machine, Outcome};
use super::value::{Arguments, Truth, Value, Wrapper, set_in};

impl<'a> Machine<'a, '_> {
    pub(super) fn bind_name(&mut self, name: &str, value: Value<'a>) {
        let uncertainty = self.uncertainty();
        let Some(frame) = self.frame() else {
            return;
        };
        let elsewhere = frame.scope.elsewhere.borrow().get(name).copied();
        match elsewhere {
            None => frame.scope.set(name, value, uncertainty),
            Some(true) => {
                if let Some(module) = self.modules.get(frame.module) {
                    module.scope.set(name, value, uncertainty);
                }
            }
            Some(false) => {
                let mut scope = frame.scope.around.clone();
                while let Some(around) = scope {
                    if !around.class && around.get(name).is_some() {
                        around.set(name, value, uncertainty);
                        return;
                    }
                    scope = around.around.clone();
                }
            }
        }
    }

    pub(super) fn assign(&mut self, target: &'a Expr, value: Value<'a>) -> Outcome<'a, ()> {
        match target {
            Expr::Name(name) => {
                self.bind_name(&name.id, value);
                Ok(())
            }
            Expr::Attribute(it) => {
                let on = self.value(&it.value)?;
                self.set_attribute(&on, &it.attr, value, it.range)
            }
            Expr::Subscript(it) => {
                let on = self.value(&it.value)?;
                let key = self.value(&it.slice)?;
                self.set_item(&on, key, value, it.range)
            }
            Expr::Starred(it) => self.assign(&it.value, value),
            Expr::Tuple(it) => self.unpack(&it.elts, &value, it.range),
            Expr::List(it) => self.unpack(&it.elts, &value, it.range),
            _ => Ok(()),
        }
    }

    fn unpack(
        &mut self,
        targets: &'a [Expr],
        value: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        let (items, open) = self.iterate(value, range)?;
        let star = targets.iter().position(Expr::is_starred_expr);
        if open || (star.is_none() && items.len() != targets.len()) {
            let one = items
                .iter()
                .skip(1)
                .fold(items.first().cloned(), |all, it| all.map(|all| all.or(it)));
            let one = one.unwrap_or(Value::Unknown);
            return targets
                .iter()
                .try_for_each(|target| self.assign(target, one.clone()));
        }
        let after = star.map_or(0, |star| targets.len() - star - 1);
        for (index, target) in targets.iter().enumerate() {
            let value = match star {
                Some(star) if index == star => {
                    let end = items.len().saturating_sub(after);
                    let middle = items.get(star..end).unwrap_or_default().to_vec();
                    self.sequence(middle, false)
                }
                Some(star) if index > star => {
                    let from_end = targets.len() - index;
                    let at = items.len().checked_sub(from_end);
                    at.and_then(|at| items.get(at))
                        .cloned()
                        .unwrap_or(Value::Unknown)
                }
                _ => items.get(index).cloned().unwrap_or(Value::Unknown),
            };
            self.assign(target, value)?;
        }
        Ok(())
    }

    pub(super) fn set_attribute(
        &mut self,
        on: &Value<'a>,
        name: &str,
        value: Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        let uncertainty = self.uncertainty();
        match on {
            Value::Module(id) => {
                if let Some(module) = self.modules.get(*id) {
                    if name == "__class__" {
                        module.scope.set("__class__", value, uncertainty);
                    } else {
                        module.scope.set(name, value, uncertainty);
                    }
                }
            }
            Value::Class(class) => class.scope.set(name, value, uncertainty),
            Value::Function(function) => {
                set_in(
                    &mut function.attributes.borrow_mut(),
                    name,
                    value,
                    !self.sure(),
                );
            }
            Value::Instance(instance) => {
                if let Some(special) = self.class_attribute(&instance.class, name) {
                    if let Value::Wrapped(Wrapper::Property, parts) = &special {
                        if let Some(setter) = parts.1.get(1, "fset") {
                            let setter = setter.clone();
                            self.call(&setter, Arguments::of(vec![on.clone(), value]), range)?;
                        }
                        return Ok(());
                    }
                    if let Value::Instance(_) = &special {
                        let arguments = Arguments::of(vec![on.clone(), value.clone()]);
                        if self
                            .call_special(&special, "__set__", arguments, range)?
                            .is_some()
                        {
                            return Ok(());
                        }
                    }
                }
                let arguments = Arguments::of(vec![Value::text(name), value.clone()]);
                if self
                    .call_special(on, "__setattr__", arguments, range)?
                    .is_some()
                {
                    // What it does is run; that the attribute is there afterwards is likely.
                }
                let weak = uncertainty > instance.born;
                set_in(&mut instance.attributes.borrow_mut(), name, value, weak);
            }
            Value::Either(values) => {
                for one in values.iter() {
                    let value = value.clone();
                    self.perhaps("one of several objects", range, |it| {
                        it.set_attribute(one, name, value, range)
                    })?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn set_item(
        &mut self,
        on: &Value<'a>,
        key: Value<'a>,
        value: Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        match on {
            Value::Dict(dict) => {
                let weak = self.uncertainty() > dict.born;
                let mut items = dict.items.borrow_mut();
                match items
                    .iter_mut()
                    .find(|(known, _)| known.equals(&key) == Truth::Yes)
                {
                    Some((_, old)) if weak => *old = old.or(&value),
                    Some((_, old)) => *old = value,
                    None => {
                        dict.open
                            .set(dict.open.get() || weak || !key.is_constant() && !key.is_code());
                        items.push((key, value));
                    }
                }
            }
            Value::Sequence(sequence) => {
                sequence.items.borrow_mut().push(value);
                sequence.open.set(true);
            }
            Value::Foreign(name) if &**name == "sys.modules" => self.replace_module(&key, value),
            Value::Wrapped(Wrapper::Namespace, parts) => match (&key, &parts.0) {
                (Value::Text(name), of) => self.set_attribute(of, name, value, range)?,
                (_, Value::Module(id)) => {
                    if let Some(module) = self.modules.get(*id) {
                        module.scope.open.set(true);
                    }
                }
                _ => {}
            },
            Value::Instance(_) => {
                self.call_special(on, "__setitem__", Arguments::of(vec![key, value]), range)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// `sys.modules[name] = value`
    pub(super) fn replace_module(&mut self, key: &Value<'a>, value: Value<'a>) {
        let Some(name) = key.as_text() else {
            self.tampered("`sys.modules` is changed");
            return;
        };
        if let Value::Module(id) = &value
            && let Some(Entry::Loaded(known)) = self.loaded.get(name)
            && known == id
        {
            return;
        }
        if !self.sure() {
            self.tampered("`sys.modules` may be changed");
            return;
        }
        self.loaded.insert(name.into(), Entry::Replaced(value));
    }

    /// What imports find is no longer known.
    pub(super) fn tampered(&mut self, why: &str) {
        self.stopped.get_or_insert((why.to_owned(), None));
    }

    pub(super) fn delete(&mut self, target: &'a Expr) -> Outcome<'a, ()> {
        match target {
            Expr::Name(name) => self.bind_name(&name.id, Value::Unbound),
            Expr::Attribute(it) => {
                let on = self.value(&it.value)?;
                self.set_attribute(&on, &it.attr, Value::Unbound, it.range)?;
            }
            Expr::Subscript(it) => {
                let on = self.value(&it.value)?;
                let key = self.value(&it.slice)?;
                if let Value::Foreign(name) = &on
                    && &**name == "sys.modules"
                {
                    match key.as_text() {
                        Some(name) if self.sure() => drop(self.loaded.remove(name)),
                        _ => self.tampered("`sys.modules` is changed"),
                    }
                }
                if let Value::Dict(dict) = &on {
                    dict.open.set(true);
                }
            }
            Expr::Tuple(it) => it.elts.iter().try_for_each(|it| self.delete(it))?,
            _ => {}
        }
        Ok(())
    }

    /// Whether a pattern fits; its names are bound.
    pub(super) fn pattern(
        &mut self,
        subject: &Value<'a>,
        pattern: &'a Pattern,
    ) -> Outcome<'a, Truth> {
        Ok(match pattern {
            Pattern::MatchAs(it) => {
                let fits = match &it.pattern {
                    Some(inner) => self.pattern(subject, inner)?,
                    None => Truth::Yes,
                };
                if let Some(name) = &it.name {
                    self.bind_name(name, subject.clone());
                }
                fits
            }
            Pattern::MatchValue(it) => {
                let value = self.value(&it.value)?;
                subject.equals(&value)
            }
            Pattern::MatchSingleton(it) => {
                let value = match it.value {
                    ast::Singleton::None => Value::None,
                    ast::Singleton::True => Value::Bool(true),
                    ast::Singleton::False => Value::Bool(false),
                };
                subject.equals(&value)
            }
            Pattern::MatchOr(it) => {
                let mut fits = Truth::No;
                for alternative in &it.patterns {
                    match self.pattern(subject, alternative)? {
                        Truth::Yes => return Ok(Truth::Yes),
                        Truth::Maybe => fits = Truth::Maybe,
                        Truth::No => {}
                    }
                }
                fits
            }
            Pattern::MatchSequence(it) => {
                let (items, open) = self.iterate(subject, it.range)?;
                let starred = it.patterns.iter().any(Pattern::is_match_star);
                if !open && !starred && matches!(subject, Value::Sequence(_)) {
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
                    return Ok(fits);
                }
                for pattern in &it.patterns {
                    self.pattern(&Value::Unknown, pattern)?;
                }
                Truth::Maybe
            }
            Pattern::MatchStar(it) => {
                if let Some(name) = &it.name {
                    self.bind_name(name, Value::Unknown);
                }
                Truth::Yes
            }
            Pattern::MatchMapping(it) => {
                for pattern in &it.patterns {
                    self.pattern(&Value::Unknown, pattern)?;
                }
                if let Some(name) = &it.rest {
                    self.bind_name(name, Value::Unknown);
                }
                Truth::Maybe
            }
            Pattern::MatchClass(it) => {
                self.value(&it.cls)?;
                for pattern in &it.arguments.patterns {
                    self.pattern(&Value::Unknown, pattern)?;
                }
                for keyword in &it.arguments.keywords {
                    self.pattern(&Value::Unknown, &keyword.pattern)?;
                }
                Truth::Maybe
            }
        })
    }
}

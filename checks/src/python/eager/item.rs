//! Items of containers: `on[key]`, `on[a:b]` and `what in on`.
//!
//! <https://docs.python.org/3/reference/expressions.html#subscriptions>

use std::rc::Rc;

use crate::python::syntax::{Expr, TextRange, ast};

use super::enumeration::is_enumeration;
use super::fields::items_of;
use super::machine::{Machine, Outcome};
use super::stdlib::in_standard_library;
use super::value::{Arguments, Class, Dict, Instance, Sequence, Truth, Value, Wrapper};

impl<'a> Machine<'a, '_> {
    /// `on[key]`
    pub(super) fn item(
        &mut self,
        on: &Value<'a>,
        key: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        match on {
            Value::Dict(dict) => match &dict.factory {
                Some(factory) => self.item_or_made(on, factory, key, range),
                None => self.item_of_dict(dict, key, range),
            },
            Value::Sequence(sequence) => {
                self.ask(key, &["__index__"], range)?;
                self.item_of_sequence(sequence, key, range)
            }
            Value::Instance(_) => self.item_of_instance(on, key, range),
            Value::Class(class) => self.item_of_class(on, class, key, range),
            Value::Foreign(name) if &**name == "sys.modules" => self.item_of_loaded(key, range),
            Value::Wrapped(Wrapper::Namespace, parts) => match key.as_text() {
                Some(name) => self.item_of_namespace(&parts.0, name, range),
                None => Ok(Value::Unknown),
            },
            Value::Text(text) => Ok(character(text, key)),
            Value::Either(values) => Ok(self.item_of_each(values, key, range)),
            Value::None | Value::Bool(_) | Value::Int(_) => {
                self.wrong_type(on, "is asked for an item", range)
            }
            Value::Unknown => {
                self.risk();
                Ok(Value::Unknown)
            }
            _ => {
                self.risk();
                Ok(Value::Opaque)
            }
        }
    }

    /// `on[key]` of a `defaultdict`, which makes what is missing.
    fn item_or_made(
        &mut self,
        on: &Value<'a>,
        factory: &Value<'a>,
        key: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let Value::Dict(dict) = on else {
            return Ok(Value::Unknown);
        };
        self.ask(key, &["__hash__"], range)?;
        let make = |it: &mut Self| {
            let made = it.call(factory, Arguments::default(), range)?;
            it.set_item(on, key.clone(), made.clone(), range)?;
            Ok(made)
        };
        match self.contains(on, key) {
            Truth::Yes => self.item_of_dict(dict, key, range),
            Truth::No => make(self),
            Truth::Maybe => {
                let known = self.caught(|it| it.item_of_dict(dict, key, range));
                let made = self.perhaps("a key that may be missing", range, make)?;
                Ok(known.map_or(made.clone(), |known| known.or(&made)))
            }
        }
    }

    pub(super) fn item_of_dict(
        &mut self,
        dict: &Dict<'a>,
        key: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let mut possible = Vec::new();
        for (known, value) in dict.items.borrow().iter().rev() {
            match known.equals(key) {
                Truth::Yes => {
                    possible.push(value.clone());
                    return Ok(Value::one_of(possible));
                }
                Truth::Maybe => possible.push(value.clone()),
                Truth::No => {}
            }
        }
        if possible.is_empty() && !dict.open.get() && key.is_constant() {
            return self.fails("KeyError", "a key that is not there", range);
        }
        self.risk();
        if dict.open.get() {
            possible.push(Value::Unknown);
        }
        Ok(Value::any_of(&possible).unwrap_or(Value::Unknown))
    }

    fn item_of_sequence(
        &mut self,
        sequence: &Sequence<'a>,
        key: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let items = sequence.items.borrow().clone();
        if let (Value::None | Value::Text(_), false) = (key, sequence.is_set()) {
            return self.wrong_type(key, "is no index", range);
        }
        if let (Some(index), false) = (key.number(), sequence.open.get() || sequence.is_set()) {
            let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
            let index = if index < 0 { index + length } else { index };
            let found = usize::try_from(index).ok().and_then(|it| items.get(it));
            return match found {
                Some(found) => Ok(found.clone()),
                None => self.fails("IndexError", "an index that is not there", range),
            };
        }
        if matches!(key, Value::Opaque) {
            // A slice.
            return Ok(self.sequence(items.clone(), true));
        }
        self.may_raise.other = true;
        Ok(Value::any_of(&items).unwrap_or(Value::Unknown))
    }

    fn item_of_instance(
        &mut self,
        on: &Value<'a>,
        key: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        if let Value::Instance(instance) = on
            && let Some(items) = items_of(instance)
        {
            let items = self.sequence(items, false);
            return self.item(&items, key, range);
        }
        let one = Arguments::of(vec![key.clone()]);
        if let Some(told) = self.call_special(on, "__getitem__", one.clone(), range)? {
            return Ok(told);
        }
        let why = "a key that may be missing";
        let made = self.perhaps(why, range, |it| {
            it.call_special(on, "__missing__", one, range)
        });
        self.risk();
        Ok(match made {
            Ok(made) => made.map_or(Value::Unknown, |made| made.or(&Value::Unknown)),
            Err(raise) => {
                self.may_have_raised(&raise);
                Value::Unknown
            }
        })
    }

    fn item_of_class(
        &mut self,
        on: &Value<'a>,
        class: &Rc<Class<'a>>,
        key: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        if let Some(function) = self.class_attribute(class, "__class_getitem__") {
            let function = match function {
                Value::Wrapped(Wrapper::ClassMethod, parts) => parts.0.clone(),
                other => other,
            };
            let arguments = Arguments::of(vec![on.clone(), key.clone()]);
            return self.call(&function, arguments, range);
        }
        if let Value::Text(name) = key
            && is_enumeration(class)
            && let Some(member @ Value::Instance(_)) = class.scope.get(name)
        {
            return Ok(member);
        }
        let one = Arguments::of(vec![key.clone()]);
        let told = self.call_special(on, "__getitem__", one, range)?;
        Ok(told.unwrap_or_else(|| on.clone()))
    }

    /// `sys.modules[key]`
    fn item_of_loaded(&mut self, key: &Value<'a>, range: TextRange) -> Outcome<'a> {
        let Some(name) = key.as_text() else {
            return Ok(Value::Unknown);
        };
        match self.loaded_value(name) {
            Some(value) => Ok(value),
            None if in_standard_library(name, self.settings.version) => {
                self.risk();
                Ok(Value::Unknown)
            }
            None => self.fails("KeyError", format!("`{name}` is not loaded"), range),
        }
    }

    fn item_of_each(
        &mut self,
        values: &[Value<'a>],
        key: &Value<'a>,
        range: TextRange,
    ) -> Value<'a> {
        let mut found = Vec::new();
        for value in values {
            let why = "one of several objects";
            found.extend(self.perhaps(why, range, |it| it.item(value, key, range)));
        }
        Value::any_of(&found).unwrap_or(Value::Unknown)
    }

    /// `on[a:b]` of a tuple, list or text, where it can be known.
    pub(super) fn slice(
        &mut self,
        on: &Value<'a>,
        slice: &'a ast::ExprSlice,
    ) -> Outcome<'a, Option<Value<'a>>> {
        let bound = |it: &Option<Box<Expr>>| match it.as_deref() {
            None => Some(None),
            Some(Expr::NumberLiteral(it)) => match &it.value {
                ast::Number::Int(number) => number.as_usize().map(Some),
                _ => None,
            },
            Some(_) => None,
        };
        let (Some(lower), Some(upper), None) =
            (bound(&slice.lower), bound(&slice.upper), &slice.step)
        else {
            return Ok(None);
        };
        let cut = |length: usize| {
            let end = upper.unwrap_or(length).min(length);
            lower.unwrap_or(0).min(end)..end
        };
        Ok(match on {
            Value::Sequence(it) if !it.open.get() => {
                let items = it.items.borrow();
                let part = items.get(cut(items.len())).unwrap_or_default().to_vec();
                Some(self.sequence(part, false))
            }
            Value::Text(text) if text.is_ascii() => text.get(cut(text.len())).map(Value::text),
            _ => None,
        })
    }

    /// `what in container`
    pub(super) fn contains(&self, container: &Value<'a>, what: &Value<'a>) -> Truth {
        match (container, what) {
            (Value::Text(text), Value::Text(what)) => Truth::from(text.contains(&**what)),
            (Value::Sequence(it), _) => any_equal(it.items.borrow().iter(), what, it.open.get()),
            (Value::Dict(it), _) => {
                let items = it.items.borrow();
                any_equal(items.iter().map(|(key, _)| key), what, it.open.get())
            }
            (Value::Wrapped(Wrapper::Namespace, parts), Value::Text(name)) => match &parts.0 {
                Value::Instance(it) if !self.has_foreign_base(&it.class) => has(it, name),
                Value::Module(id) => match self.modules.get(*id) {
                    Some(module) => match module.scope.get(name) {
                        Some(value) if !value.may_be_unbound() => Truth::Yes,
                        None if !module.scope.open.get() => Truth::No,
                        _ => Truth::Maybe,
                    },
                    None => Truth::Maybe,
                },
                _ => Truth::Maybe,
            },
            (Value::Foreign(name), Value::Text(what)) if &**name == "sys.modules" => {
                self.is_loaded(what)
            }
            _ => Truth::Maybe,
        }
    }

    fn is_loaded(&self, module: &str) -> Truth {
        if self.loaded.contains_key(module) {
            Truth::Yes
        } else if in_standard_library(module, self.settings.version) {
            // A module that is not looked into may have loaded it.
            Truth::Maybe
        } else {
            Truth::No
        }
    }
}

fn character<'a>(text: &str, key: &Value<'a>) -> Value<'a> {
    let Value::Int(index) = key else {
        return Value::Opaque;
    };
    let found = usize::try_from(*index).ok();
    let found = found.and_then(|at| text.chars().nth(at));
    found.map_or(Value::Opaque, |it| Value::text(it.to_string()))
}

/// Whether a name is in the `vars` of an instance.
fn has(instance: &Instance<'_>, name: &str) -> Truth {
    match instance.attributes.borrow().get(name) {
        Some(value) if !value.may_be_unbound() => Truth::Yes,
        Some(_) => Truth::Maybe,
        None => Truth::No,
    }
}

fn any_equal<'v, 'a: 'v>(
    mut items: impl Iterator<Item = &'v Value<'a>>,
    what: &Value<'a>,
    open: bool,
) -> Truth {
    let mut all = Truth::from(false);
    if open {
        all = Truth::Maybe;
    }
    let found = items.find_map(|item| match item.equals(what) {
        Truth::Yes if open => Some(Truth::Maybe),
        Truth::Yes => Some(Truth::Yes),
        Truth::Maybe => {
            all = Truth::Maybe;
            None
        }
        Truth::No => None,
    });
    found.unwrap_or(all)
}

//! Built-in functions that go through what they are given.

use crate::python::eager::machine::{Machine, Outcome};
use crate::python::eager::value::{Arguments, Value};
use crate::python::syntax::TextRange;

impl<'a> Machine<'a, '_> {
    pub(super) fn length(&mut self, value: Option<&Value<'a>>, range: TextRange) -> Outcome<'a> {
        let count = |count: usize| i64::try_from(count).map_or(Value::Opaque, Value::Int);
        Ok(match value {
            Some(Value::Text(text)) => count(text.chars().count()),
            Some(Value::Sequence(it)) if !it.open.get() => count(it.items.borrow().len()),
            Some(Value::Dict(it)) if !it.open.get() => count(it.items.borrow().len()),
            Some(value @ Value::Instance(_)) => {
                let told = self.call_special(value, "__len__", Arguments::default(), range)?;
                told.unwrap_or(Value::Opaque)
            }
            _ => Value::Opaque,
        })
    }

    pub(super) fn sequence_of(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        self.call_key(arguments.positional.first(), arguments, range)?;
        let Some(value) = arguments.positional.first() else {
            let empty = self.sequence(Vec::new(), false);
            return if name == "set" {
                self.as_set(empty)
            } else {
                Ok(empty)
            };
        };
        if matches!(value, Value::Foreign(_) | Value::Opaque) {
            return Ok(self.sequence(vec![Value::Opaque], true));
        }
        let (mut items, open) = self.iterate(value, range)?;
        match name {
            "reversed" => items.reverse(),
            "sorted" if items.iter().all(|it| it.as_text().is_some()) => {
                items.sort_by(|a, b| a.as_text().cmp(&b.as_text()));
            }
            _ => {}
        }
        if matches!(name, "set" | "frozenset") {
            return Ok(Value::set(items, open, self.uncertainty()));
        }
        Ok(self.sequence(items, open))
    }

    /// A key function is called with each item, so surely if there is one.
    pub(super) fn call_key(
        &mut self,
        values: Option<&Value<'a>>,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        let key = arguments.keywords.iter().find(|(name, _)| &**name == "key");
        let Some((_, key)) = key.cloned() else {
            return Ok(());
        };
        let items = match values {
            Some(Value::Sequence(it)) if !it.open.get() => it.items.borrow().clone(),
            _ => {
                let unknown = Arguments::unknown();
                self.perhaps("a key function", range, |it| it.call(&key, unknown, range))?;
                return Ok(());
            }
        };
        for item in items {
            self.call(&key, Arguments::of(vec![item]), range)?;
        }
        Ok(())
    }

    pub(super) fn range(&self, arguments: &Arguments<'a>) -> Value<'a> {
        const LONGEST: i64 = 1_000;
        let numbers: Option<Vec<i64>> = arguments.positional.iter().map(Value::number).collect();
        let bounds = match numbers.as_deref() {
            Some([end]) => Some((0, *end)),
            Some([start, end]) => Some((*start, *end)),
            _ => None,
        };
        match bounds {
            Some((start, end)) if end.saturating_sub(start) <= LONGEST => {
                self.sequence((start..end).map(Value::Int).collect(), false)
            }
            _ => self.sequence(vec![Value::Opaque], true),
        }
    }

    pub(super) fn zip(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let mut columns = Vec::new();
        let mut unsure = arguments.open;
        for value in &arguments.positional {
            let (items, open) = self.iterate(value, range)?;
            unsure |= open;
            columns.push(items);
            if name == "enumerate" {
                break;
            }
        }
        let shortest = columns.iter().map(Vec::len).min().unwrap_or(0);
        if name == "enumerate" {
            let count = (0..shortest).filter_map(|it| i64::try_from(it).ok());
            columns.insert(0, count.map(Value::Int).collect());
        }
        let rows = (0..shortest).map(|row| {
            let cells = columns.iter().filter_map(|column| column.get(row).cloned());
            self.sequence(cells.collect(), false)
        });
        let rows = rows.collect();
        Ok(self.sequence(rows, unsure))
    }

    pub(super) fn map(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let [function, values, ..] = arguments.positional.as_slice() else {
            return Ok(Value::Unknown);
        };
        let (items, open) = self.iterate(values, range)?;
        let mut made = Vec::new();
        for item in items {
            let one = Arguments {
                positional: vec![item.clone()],
                open: arguments.positional.len() > 2,
                keywords: Vec::new(),
            };
            let value = if open {
                self.perhaps("a call for what a loop goes through", range, |it| {
                    it.call(function, one, range)
                })?
            } else {
                self.call(function, one, range)?
            };
            made.push(if name == "map" { value } else { item });
        }
        Ok(self.sequence(made, open || name == "filter"))
    }

    /// `any` and `all`
    pub(super) fn some_of(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let Some(value @ Value::Generator(_)) = arguments.positional.first() else {
            return self.all_of(arguments, range);
        };
        let why = "a generator that may be left before its end";
        self.perhaps(why, range, |it| it.iterate(value, range))?;
        Ok(Value::Opaque)
    }

    /// `sum`, `min`, `max`
    pub(super) fn all_of(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        if let Some(value) = arguments.positional.first() {
            let (items, open) = self.iterate(value, range)?;
            let items = self.sequence(items, open);
            self.ask_each(&items, &["__radd__", "__add__", "__lt__", "__gt__"], range)?;
        }
        let values = match arguments.positional.as_slice() {
            [one] => one.clone(),
            several => self.sequence(several.to_vec(), arguments.open),
        };
        self.call_key(Some(&values), arguments, range)?;
        Ok(Value::Opaque)
    }

    /// `next(values, default)`
    pub(super) fn next_of(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let Some(value) = arguments.positional.first() else {
            return Ok(Value::Unknown);
        };
        if let Value::Instance(_) = value {
            let next = self.call_special(value, "__next__", Arguments::default(), range)?;
            return Ok(next.unwrap_or(Value::Unknown));
        }
        self.once = matches!(value, Value::Suspended(_));
        let (items, _) = self.iterate(value, range)?;
        self.once = false;
        self.risk();
        let all = Value::any_of(&items).unwrap_or(Value::Unknown);
        let default = arguments.positional.get(1);
        Ok(default.map_or(all.clone(), |default| all.or(default)))
    }
}

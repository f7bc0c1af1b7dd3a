//! Built-in functions that go through what they are given.

use std::cmp::Ordering;

use crate::python::eager::expression::order;
use crate::python::eager::machine::{Machine, Outcome};
use crate::python::eager::value::{Arguments, Key, Kind, Truth, Value, Wrapper};
use crate::python::syntax::TextRange;

impl<'a> Machine<'a, '_> {
    pub(super) fn length(&mut self, value: Option<&Value<'a>>, range: TextRange) -> Outcome<'a> {
        let count = |count: usize| i64::try_from(count).map_or(Value::Opaque, Value::Int);
        Ok(match value {
            Some(Value::Text(text)) => count(text.chars().count()),
            Some(Value::Sequence(it)) if it.is_iterator() => {
                return self.fails("TypeError", "an iterator has no length", range);
            }
            Some(Value::Sequence(it)) if !it.open.get() => {
                let items = it.items.borrow();
                if it.is_set() && may_hold_equals(items.iter()) {
                    return Ok(Value::Opaque);
                }
                count(items.len())
            }
            Some(Value::Dict(it)) if !it.open.get() => {
                let items = it.items.borrow();
                if may_hold_equals(items.iter().map(|(key, _)| key)) {
                    return Ok(Value::Opaque);
                }
                count(items.len())
            }
            Some(Value::Bool(_) | Value::Int(_) | Value::None) => {
                return self.fails("TypeError", "a value without a length", range);
            }
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
        let is_iterator = matches!(
            value,
            Value::Suspended(_) | Value::Generator(_) | Value::Wrapped(Wrapper::Deferred, _)
        );
        if name == "iter" && is_iterator {
            return Ok(value.clone());
        }
        if name == "reversed"
            && let Some(reversed) =
                self.call_special(value, "__reversed__", Arguments::default(), range)?
        {
            return Ok(reversed);
        }
        if let ("iter", Value::Sequence(list)) = (name, value) {
            if list.is_iterator() {
                return Ok(value.clone());
            }
            let items = list.items.borrow().clone();
            let (open, born) = (list.open.get(), self.uncertainty());
            return Ok(Value::row(Kind::Iterator, items, open, born));
        }
        let (mut items, open) = self.iterate(value, range)?;
        let all = self.sequence(items.clone(), open);
        if name == "sorted" && items.len() > 1 {
            self.ask_each(&all, &["__lt__", "__gt__"], range)?;
        }
        let keys = self.call_key(Some(&all), arguments, range)?;
        let mut ordered = true;
        match name {
            "reversed" => items.reverse(),
            "sorted" => match sorted(&items, keys.as_deref(), descends(arguments)) {
                Some(sorted) => items = sorted,
                None => ordered = items.len() < 2,
            },
            _ => {}
        }
        // The same things in an order that is not known.
        if matches!(name, "set" | "frozenset") || !ordered {
            return Ok(Value::set(items, open, self.uncertainty()));
        }
        let kind = match name {
            "tuple" => Kind::Tuple,
            "list" | "sorted" => Kind::List,
            _ => Kind::Ordered,
        };
        Ok(Value::row(kind, items, open, self.uncertainty()))
    }

    /// A key function is called with each item, so surely if there is one: what it answers.
    pub(super) fn call_key(
        &mut self,
        values: Option<&Value<'a>>,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a, Option<Vec<Value<'a>>>> {
        let key = arguments.keywords.iter().find(|(name, _)| &**name == "key");
        let Some((_, key)) = key.filter(|(_, key)| !matches!(key, Value::None)).cloned() else {
            return Ok(None);
        };
        let items = match values {
            Some(Value::Sequence(it)) if !it.open.get() => it.items.borrow().clone(),
            _ => {
                let unknown = Arguments::unknown();
                let why = "a key function";
                let one = self.perhaps(why, range, |it| it.call(&key, unknown, range))?;
                return Ok(Some(vec![one]));
            }
        };
        let keys = items.into_iter().map(|item| {
            let one = Arguments::of(vec![item]);
            self.call(&key, one, range)
        });
        keys.collect::<Outcome<'a, Vec<_>>>().map(Some)
    }

    pub(super) fn range(&self, arguments: &Arguments<'a>) -> Value<'a> {
        const LONGEST: i64 = 1_000;
        let numbers: Option<Vec<i64>> = arguments.positional.iter().map(Value::number).collect();
        let bounds = match numbers.as_deref() {
            Some([end]) => Some((0, *end, 1)),
            Some([start, end]) => Some((*start, *end, 1)),
            Some([start, end, step]) => Some((*start, *end, *step)),
            _ => None,
        };
        match bounds {
            Some((start, end, step)) if step > 0 && end.saturating_sub(start) <= LONGEST => {
                let step = usize::try_from(step).unwrap_or(usize::MAX);
                let numbers = (start..end).step_by(step).map(Value::Int);
                self.sequence(numbers.collect(), false)
            }
            _ => self.sequence(vec![Value::Opaque], true),
        }
    }

    /// Goes through what `map`, `filter`, `zip` and the like were given.
    pub(in crate::python::eager) fn run_deferred(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        match name {
            "map" => self.map(arguments, range),
            "filter" => self.filtered(arguments, range),
            "chain" => self.chain(arguments, range),
            "chain.from_iterable" => {
                let all = match arguments.positional.first() {
                    Some(values) => self.iterate(values, range)?,
                    None => (Vec::new(), arguments.open),
                };
                let each = Arguments {
                    positional: all.0,
                    open: all.1,
                    ..Arguments::default()
                };
                self.chain(&each, range)
            }
            _ => self.zip(name, arguments, range),
        }
    }

    fn chain(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let mut all = Vec::new();
        let mut unsure = arguments.open;
        for values in &arguments.positional {
            let (items, open) = self.iterate(values, range)?;
            all.extend(items);
            unsure |= open;
        }
        Ok(self.sequence(all, unsure))
    }

    /// Row by row: what stands at the same place in each of several values, and whether there may
    /// be other rows.
    fn rows(
        &mut self,
        values: &[Value<'a>],
        range: TextRange,
    ) -> Outcome<'a, (Vec<Vec<Value<'a>>>, bool)> {
        let mut columns = Vec::new();
        let mut unsure = false;
        for value in values {
            let (items, open) = self.iterate(value, range)?;
            unsure |= open;
            columns.push(items);
        }
        let shortest = columns.iter().map(Vec::len).min().unwrap_or(0);
        let row = |at: usize| columns.iter().filter_map(move |it| it.get(at).cloned());
        Ok(((0..shortest).map(|at| row(at).collect()).collect(), unsure))
    }

    fn zip(&mut self, name: &str, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let numbered = name == "enumerate";
        let given = arguments.positional.as_slice();
        let values = if numbered {
            given.get(..1).unwrap_or_default()
        } else {
            given
        };
        let (mut rows, open) = self.rows(values, range)?;
        if numbered {
            let start = arguments.get(1, "start").map_or(Some(0), Value::number);
            for (at, row) in rows.iter_mut().enumerate() {
                let number = i64::try_from(at).ok().and_then(|at| start?.checked_add(at));
                row.insert(0, number.map_or(Value::Opaque, Value::Int));
            }
        }
        let rows = rows.into_iter().map(|row| self.sequence(row, false));
        let rows = rows.collect();
        Ok(self.sequence(rows, open || arguments.open))
    }

    fn map(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let Some((function, values)) = arguments.positional.split_first() else {
            return Ok(Value::Unknown);
        };
        let (rows, open) = self.rows(values, range)?;
        let open = open || arguments.open;
        let mut made = Vec::new();
        for row in rows {
            made.push(self.call_for(function, Arguments::of(row), open, range)?);
        }
        Ok(self.sequence(made, open))
    }

    /// A call for one of the things that are gone through, if it is sure that it is there.
    fn call_for(
        &mut self,
        function: &Value<'a>,
        arguments: Arguments<'a>,
        open: bool,
        range: TextRange,
    ) -> Outcome<'a> {
        if !open {
            return self.call(function, arguments, range);
        }
        let why = "a call for what a loop goes through";
        self.perhaps(why, range, |it| it.call(function, arguments, range))
    }

    fn filtered(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let [function, values] = arguments.positional.as_slice() else {
            return Ok(Value::Unknown);
        };
        let (items, mut open) = self.iterate(values, range)?;
        let mut kept = Vec::new();
        for item in items {
            let told = match function {
                Value::None => item.clone(),
                function => {
                    self.call_for(function, Arguments::of(vec![item.clone()]), open, range)?
                }
            };
            match self.truth(&told, range)? {
                Truth::No => continue,
                Truth::Yes => {}
                Truth::Maybe => open = true,
            }
            kept.push(item);
        }
        Ok(self.sequence(kept, open))
    }

    /// `functools.reduce`
    pub(super) fn reduce(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let [function, values, first @ ..] = arguments.positional.as_slice() else {
            return Ok(Value::Unknown);
        };
        let (items, open) = self.iterate(values, range)?;
        let mut items = items.into_iter();
        let Some(mut all) = first.first().cloned().or_else(|| items.next()) else {
            return Ok(Value::Unknown);
        };
        for item in items {
            all = self.call_for(function, Arguments::of(vec![all, item]), open, range)?;
        }
        Ok(if open { Value::Unknown } else { all })
    }

    /// `any` and `all`
    pub(super) fn some_of(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        if let [Value::Sequence(list)] = arguments.positional.as_slice() {
            let items = list.items.borrow().clone();
            return self.some_of_known(name, items, list.open.get(), range);
        }
        let Some(value @ (Value::Generator(_) | Value::Wrapped(Wrapper::Deferred, _))) =
            arguments.positional.first()
        else {
            return self.all_of(name, arguments, range);
        };
        let why = "a generator that may be left before its end";
        self.perhaps(why, range, |it| it.iterate(value, range))?;
        Ok(Value::Opaque)
    }

    /// `any` and `all` of a list: the first that decides ends it.
    fn some_of_known(
        &mut self,
        name: &str,
        items: Vec<Value<'a>>,
        open: bool,
        range: TextRange,
    ) -> Outcome<'a> {
        let stops = Truth::from(name == "any");
        let mut all = if open { Truth::Maybe } else { stops.not() };
        for item in items {
            match self.truth(&item, range)? {
                truth if truth == stops && !open => return Ok(Value::Bool(name == "any")),
                Truth::Maybe => all = Truth::Maybe,
                _ => {}
            }
        }
        Ok(match all {
            Truth::Maybe => Value::Opaque,
            truth => Value::Bool(truth == Truth::Yes),
        })
    }

    /// `sum`, `min`, `max`
    pub(super) fn all_of(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let mut first = Value::Unknown;
        let one = name == "sum" || arguments.positional.len() == 1;
        if let Some(value) = arguments.positional.first().filter(|_| one) {
            let (items, open) = self.iterate(value, range)?;
            first = self.sequence(items, open);
        }
        let values = match arguments.positional.as_slice() {
            [_] => first,
            [_, ..] if one => first,
            several => self.sequence(several.to_vec(), arguments.open),
        };
        self.ask_each(&values, &["__radd__", "__add__", "__lt__", "__gt__"], range)?;
        self.call_key(Some(&values), arguments, range)?;
        let plain =
            arguments.keywords.is_empty() && (name != "sum" || arguments.positional.len() == 1);
        Ok(match &values {
            Value::Sequence(list) if plain && !list.open.get() => {
                reduced(name, &list.items.borrow()).unwrap_or(Value::Opaque)
            }
            _ => Value::Opaque,
        })
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
        let default = arguments.positional.get(1);
        if let Value::Sequence(list) = value
            && list.is_iterator()
            && !list.open.get()
            && self.uncertainty() <= list.born
        {
            let mut left = list.items.borrow_mut();
            let first = (!left.is_empty()).then(|| left.remove(0));
            drop(left);
            return match first.or_else(|| default.cloned()) {
                Some(value) => Ok(value),
                None => self.fails("StopIteration", "nothing is left to iterate over", range),
            };
        }
        self.once = matches!(value, Value::Suspended(_) | Value::Sequence(_));
        let done = self.iterate(value, range);
        self.once = false;
        let (items, _) = done?;
        self.risk();
        let all = Value::any_of(&items).unwrap_or(Value::Unknown);
        Ok(default.map_or(all.clone(), |default| all.or(default)))
    }
}

/// Whether two of several keys may be equal, so that it is not known how many there are.
fn may_hold_equals<'v, 'a: 'v>(keys: impl Iterator<Item = &'v Value<'a>>) -> bool {
    let (mut unknown, mut all) = (false, 0);
    for key in keys {
        let known = Key::of(key).is_some() || key.is_code();
        unknown |= !known;
        all += 1;
    }
    unknown && all > 1
}

/// The items by their keys, where those can be compared.
pub(super) fn sorted<'a>(
    items: &[Value<'a>],
    keys: Option<&[Value<'a>]>,
    descends: Option<bool>,
) -> Option<Vec<Value<'a>>> {
    let (keys, descends) = (keys.unwrap_or(items), descends?);
    let comparable = keys.windows(2).all(|pair| match pair {
        [a, b] => order(a, b, 16).is_some(),
        _ => false,
    });
    if !comparable || keys.len() != items.len() {
        return None;
    }
    let mut rows: Vec<_> = keys.iter().zip(items).collect();
    rows.sort_by(|(a, _), (b, _)| {
        let ordering = order(a, b, 16).unwrap_or(Ordering::Equal);
        if descends {
            ordering.reverse()
        } else {
            ordering
        }
    });
    Some(rows.into_iter().map(|(_, item)| item.clone()).collect())
}

/// Whether something is sorted from the last to the first, if that is known.
pub(super) fn descends(arguments: &Arguments) -> Option<bool> {
    match arguments.get(usize::MAX, "reverse").map(Value::truth) {
        None if arguments.open => None,
        None | Some(Truth::No) => Some(false),
        Some(Truth::Yes) => Some(true),
        Some(Truth::Maybe) => None,
    }
}

/// `sum`, `min` or `max` of constants.
fn reduced<'a>(name: &str, items: &[Value<'a>]) -> Option<Value<'a>> {
    if name == "sum" {
        let sum = items
            .iter()
            .try_fold(0_i64, |all, it| all.checked_add(it.number()?));
        return sum.map(Value::Int);
    }
    let (first, rest) = items.split_first()?;
    let better = match name {
        "min" => Ordering::Less,
        "max" => Ordering::Greater,
        _ => return None,
    };
    let best = rest.iter().try_fold(first, |best, it| {
        let ordering = order(it, best, 16)?;
        Some(if ordering == better { it } else { best })
    });
    best.cloned()
}

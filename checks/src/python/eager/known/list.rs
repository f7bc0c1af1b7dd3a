//! Methods of lists, tuples, sets and queues.
//!
//! <https://docs.python.org/3/tutorial/datastructures.html#more-on-lists>

use crate::python::eager::machine::{Machine, Outcome};
use crate::python::eager::value::{Arguments, Sequence, Truth, Value};
use crate::python::syntax::TextRange;

use super::iteration::{descends, sorted};

/// Methods that change at most the order, and answer what is not known.
const QUESTIONS: &[&str] = &[
    "count",
    "index",
    "isdisjoint",
    "issubset",
    "issuperset",
    "reverse",
    "sort",
];

impl<'a> Machine<'a, '_> {
    pub(in crate::python::eager) fn list_method(
        &mut self,
        on: &Value<'a>,
        method: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let Value::Sequence(list) = on else {
            return Ok(Value::Opaque);
        };
        let weak = self.uncertainty() > list.born;
        match (method, arguments.positional.as_slice()) {
            ("append" | "add" | "appendleft", [value]) => {
                Ok(extend(list, vec![value.clone()], weak))
            }
            ("insert", [at, value]) => Ok(insert(list, at, value, weak)),
            ("extend" | "update", [values]) => {
                let (items, open) = self.iterate(values, range)?;
                Ok(extend(list, items, open || weak))
            }
            ("copy", _) => {
                let items = list.items.borrow().clone();
                Ok(self.sequence(items, list.open.get()))
            }
            _ if QUESTIONS.contains(&method) => {
                let keys = self.call_key(Some(on), arguments, range)?;
                self.ask_each(on, &["__eq__", "__lt__"], range)?;
                self.risk();
                match method {
                    "reverse" if !weak && !list.open.get() => list.items.borrow_mut().reverse(),
                    "sort" if !weak && !list.open.get() => {
                        sort(list, keys.as_deref(), descends(arguments));
                    }
                    "sort" | "reverse" => sort(list, None, None),
                    _ => return Ok(Value::Opaque),
                }
                Ok(Value::None)
            }
            ("pop" | "popleft", given) => Ok(pop(list, method, given.first(), weak)),
            ("clear", _) if !weak => {
                list.items.borrow_mut().clear();
                list.open.set(false);
                Ok(Value::None)
            }
            ("remove" | "discard", [value]) => {
                remove(list, value, weak);
                Ok(Value::None)
            }
            ("clear", _) => {
                list.open.set(true);
                Ok(Value::None)
            }
            ("union", others) => self.union(list, others, range),
            _ => {
                let items = list.items.borrow().clone();
                Ok(self.sequence(items, true))
            }
        }
    }

    fn union(
        &mut self,
        list: &Sequence<'a>,
        others: &[Value<'a>],
        range: TextRange,
    ) -> Outcome<'a> {
        let mut items = list.items.borrow().clone();
        let mut open = list.open.get();
        for value in others {
            let (more, unsure) = self.iterate(value, range)?;
            items.extend(more);
            open |= unsure;
        }
        Ok(self.sequence(items, open))
    }
}

/// Takes one out: the last, the first, or the one at an index.
fn pop<'a>(list: &Sequence<'a>, method: &str, at: Option<&Value<'a>>, unsure: bool) -> Value<'a> {
    let mut items = list.items.borrow_mut();
    let last = items.len().checked_sub(1);
    let at = match (method, at) {
        ("popleft", _) => last.map(|_| 0),
        (_, None | Some(Value::Int(-1))) => last,
        (_, Some(at)) => at.number().and_then(|it| usize::try_from(it).ok()),
    };
    match at.filter(|at| *at < items.len()) {
        Some(at) if !unsure && !list.open.get() && !list.is_set() => items.remove(at),
        _ => {
            list.open.set(true);
            Value::any_of(&items).unwrap_or(Value::Unknown)
        }
    }
}

/// Takes the first out that is equal to a value.
fn remove<'a>(list: &Sequence<'a>, value: &Value<'a>, unsure: bool) {
    let mut items = list.items.borrow_mut();
    let truths: Vec<Truth> = items.iter().map(|it| it.equals(value)).collect();
    let first = truths.iter().position(|it| *it != Truth::No);
    match first {
        Some(at) if !unsure && !list.open.get() && truths.get(at) == Some(&Truth::Yes) => {
            items.remove(at);
        }
        _ => list.open.set(true),
    }
}

/// Another order: by value where that is known.
fn sort<'a>(list: &Sequence<'a>, keys: Option<&[Value<'a>]>, descends: Option<bool>) {
    let mut items = list.items.borrow_mut();
    if let Some(sorted) = sorted(&items, keys, descends) {
        *items = sorted;
    } else if items.len() > 1 {
        // The same things in an order that is not known.
        let any = Value::any_of(&items).unwrap_or(Value::Unknown);
        items.iter_mut().for_each(|it| *it = any.clone());
    }
}

fn extend<'a>(list: &Sequence<'a>, items: Vec<Value<'a>>, unsure: bool) -> Value<'a> {
    list.items.borrow_mut().extend(items);
    list.open.set(list.open.get() || unsure);
    list.bound();
    Value::None
}

fn insert<'a>(list: &Sequence<'a>, at: &Value<'a>, value: &Value<'a>, unsure: bool) -> Value<'a> {
    let mut items = list.items.borrow_mut();
    let at = at.number().and_then(|it| usize::try_from(it).ok());
    let at = at.map_or(items.len(), |at| at.min(items.len()));
    items.insert(at, value.clone());
    list.open.set(list.open.get() || unsure);
    Value::None
}

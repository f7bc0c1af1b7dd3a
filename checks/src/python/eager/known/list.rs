//! Methods of lists, tuples, sets and queues.
//!
//! <https://docs.python.org/3/tutorial/datastructures.html#more-on-lists>

use crate::python::eager::machine::{Machine, Outcome};
use crate::python::eager::value::{Arguments, Sequence, Value};
use crate::python::syntax::TextRange;

/// Methods that change nothing that is known, and answer what is not.
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
    pub(super) fn list_method(
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
                self.call_key(Some(on), arguments, range)?;
                self.ask_each(on, &["__eq__", "__lt__"], range)?;
                self.risk();
                Ok(Value::Opaque)
            }
            ("pop" | "popleft", _) => {
                list.open.set(true);
                let any = Value::any_of(&list.items.borrow());
                Ok(any.unwrap_or(Value::Unknown))
            }
            ("remove" | "discard" | "clear", _) => {
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

//! Methods of dictionaries.
//!
//! <https://docs.python.org/3/library/stdtypes.html#mapping-types-dict>

use std::collections::HashMap;
use std::rc::Rc;

use crate::python::eager::machine::{Machine, Outcome};
use crate::python::eager::value::{Arguments, Dict, MANY, Truth, Value};
use crate::python::syntax::TextRange;

impl<'a> Machine<'a, '_> {
    pub(in crate::python::eager) fn dict_method(
        &mut self,
        on: &Value<'a>,
        method: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let Value::Dict(dict) = on else {
            return Ok(Value::Opaque);
        };
        let open = dict.open.get();
        match (method, arguments.positional.as_slice()) {
            ("get" | "pop" | "setdefault", [key, rest @ ..]) => {
                let default = rest.first().unwrap_or(&Value::None);
                let needed = method == "pop" && rest.is_empty();
                if needed && !open && has(dict, key) == Truth::No {
                    return self.fails("KeyError", "a key that is not there", range);
                }
                if let Some(default) = surely_default(dict, method, key, default) {
                    self.ask(key, &["__hash__"], range)?;
                    return Ok(default);
                }
                let sure = !open && has(dict, key) == Truth::Yes;
                if needed && !sure {
                    self.risk();
                }
                self.ask(key, &["__hash__"], range)?;
                let value = self.item_of_dict(dict, key, range)?;
                if method == "pop" {
                    remove(dict, key, sure && self.uncertainty() <= dict.born);
                }
                Ok(if sure { value } else { value.or(default) })
            }
            ("items", _) => {
                let items = dict.items.borrow().clone();
                let rows = items
                    .into_iter()
                    .map(|(key, value)| self.sequence(vec![key, value], false));
                Ok(self.sequence(rows.collect(), open))
            }
            ("keys", _) => {
                let items = dict.items.borrow();
                let keys = items.iter().map(|(key, _)| key.clone());
                Ok(self.sequence(keys.collect(), open))
            }
            ("values", _) => {
                let items = dict.items.borrow();
                let values = items.iter().map(|(_, value)| value.clone());
                Ok(self.sequence(values.collect(), open))
            }
            ("copy", _) => {
                let copy = Dict {
                    items: dict.items.clone(),
                    open: dict.open.clone(),
                    factory: dict.factory.clone(),
                    born: self.uncertainty(),
                };
                Ok(Value::Dict(Rc::new(copy)))
            }
            ("update", _) => {
                let more = self.dict_of(arguments.clone(), range)?;
                update(dict, &more, self.uncertainty() > dict.born);
                Ok(Value::None)
            }
            ("clear", _) if self.uncertainty() <= dict.born => {
                dict.items.borrow_mut().clear();
                dict.open.set(false);
                Ok(Value::None)
            }
            ("clear" | "popitem", _) => {
                dict.open.set(true);
                Ok(Value::Unknown)
            }
            _ => {
                self.risk();
                Ok(Value::Opaque)
            }
        }
    }
}

impl<'a> Machine<'a, '_> {
    /// `collections.defaultdict`: a dictionary that makes what is missing.
    pub(super) fn default_dict(
        &mut self,
        mut arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let factory = (!arguments.positional.is_empty()).then(|| arguments.positional.remove(0));
        let items = self.dict_of(arguments, range)?;
        let Value::Dict(dict) = items else {
            return Ok(items);
        };
        let dict = Dict {
            items: dict.items.clone(),
            open: dict.open.clone(),
            factory: factory.filter(|it| !matches!(it, Value::None)),
            born: dict.born,
        };
        Ok(Value::Dict(Rc::new(dict)))
    }
}

/// A key is gone, or perhaps one.
fn remove<'a>(dict: &Dict<'a>, key: &Value<'a>, sure: bool) {
    let mut items = dict.items.borrow_mut();
    if sure {
        items.retain(|(known, _)| known.equals(key) != Truth::Yes);
    } else {
        dict.open.set(true);
    }
}

/// Whether a key is in what is known of a dictionary.
fn has<'a>(dict: &Dict<'a>, key: &Value<'a>) -> Truth {
    let mut all = Truth::No;
    for (known, _) in dict.items.borrow().iter() {
        match known.equals(key) {
            Truth::Yes => return Truth::Yes,
            Truth::Maybe => all = Truth::Maybe,
            Truth::No => {}
        }
    }
    all
}

/// The default of `get`, `pop` and `setdefault`, if the key is surely missing.
fn surely_default<'a>(
    dict: &Dict<'a>,
    method: &str,
    key: &Value<'a>,
    default: &Value<'a>,
) -> Option<Value<'a>> {
    if dict.open.get() || has(dict, key) != Truth::No {
        return None;
    }
    if method == "setdefault" {
        let item = (key.clone(), default.clone());
        dict.items.borrow_mut().push(item);
    }
    Some(default.clone())
}

fn update<'a>(dict: &Rc<Dict<'a>>, more: &Value<'a>, unsure: bool) {
    let Value::Dict(more) = more else {
        return;
    };
    let more_items = more.items.borrow();
    let mut items = dict.items.borrow_mut();
    let mut places: HashMap<Rc<str>, usize> = HashMap::new();
    if !unsure {
        let texts = items.iter().enumerate();
        places.extend(texts.filter_map(|(at, (key, _))| Some((Rc::from(key.as_text()?), at))));
    }
    for (key, value) in more_items.iter() {
        let place = key.as_text().and_then(|key| places.get(key).copied());
        match place.and_then(|at| items.get_mut(at)) {
            Some((_, old)) => *old = value.clone(),
            None => items.push((key.clone(), value.clone())),
        }
    }
    let full = items.len() > MANY;
    items.truncate(MANY);
    dict.open
        .set(dict.open.get() || more.open.get() || unsure || full);
}

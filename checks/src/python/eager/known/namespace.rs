//! Methods of `globals()` and `vars(…)`.

use std::rc::Rc;

use crate::python::eager::machine::{Machine, Outcome};
use crate::python::eager::value::{Arguments, Dict, Value, Wrapper};
use crate::python::syntax::TextRange;

/// Names and their values, as pairs.
type Names<'a> = Vec<(Rc<str>, Value<'a>)>;

impl<'a> Machine<'a, '_> {
    pub(super) fn namespace_method(
        &mut self,
        of: &Value<'a>,
        method: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        match (method, arguments.positional.first()) {
            ("get", Some(name @ Value::Text(_))) => {
                let default = arguments.positional.get(1).cloned().unwrap_or(Value::None);
                let name = name.as_text().unwrap_or_default();
                Ok(match self.own_name(of, name, range)? {
                    (Some(value), true) => value,
                    (Some(value), false) => value.or(&default),
                    (None, true) => default,
                    (None, false) => default.or(&Value::Unknown),
                })
            }
            ("update", Some(Value::Wrapped(Wrapper::Namespace, parts))) => {
                self.update_from_module(of, &parts.0, range)
            }
            ("update", _) => match self.dict_of(arguments.clone(), range)? {
                Value::Dict(dict) => self.update_from_dict(of, &dict, range),
                _ => {
                    self.open_namespace(of);
                    Ok(Value::None)
                }
            },
            ("setdefault" | "pop" | "__setitem__", _) => {
                self.open_namespace(of);
                Ok(Value::Unknown)
            }
            ("keys" | "items" | "values" | "copy", _) => self.view(of, method, range),
            _ => Ok(Value::Unknown),
        }
    }

    /// What `vars(value)` holds under a name, as it is there, and whether that is sure: neither
    /// bases nor metaclasses are asked, and no descriptor runs.
    fn own_name(
        &mut self,
        of: &Value<'a>,
        name: &str,
        range: TextRange,
    ) -> Outcome<'a, (Option<Value<'a>>, bool)> {
        let (found, open) = match of {
            Value::Module(id) => {
                let scope = self.modules.get(*id).map(|it| it.scope.clone());
                let scope = scope.unwrap_or_default();
                if let Some(Value::Lazy(_)) = scope.get(name) {
                    return Ok((Some(self.attribute(of, name, range)?), true));
                }
                (scope.get(name), scope.open.get())
            }
            Value::Class(class) => (class.scope.get(name), class.scope.open.get()),
            Value::Instance(instance) => {
                let open = self.has_foreign_base(&instance.class);
                (instance.attributes.borrow().get(name).cloned(), open)
            }
            _ => return Ok((None, false)),
        };
        Ok(match found {
            Some(value) => (value.bound(), !value.may_be_unbound()),
            None => (None, !open && !name.starts_with("__")),
        })
    }

    /// `vars(value)[name]`
    pub(in crate::python::eager) fn item_of_namespace(
        &mut self,
        of: &Value<'a>,
        name: &str,
        range: TextRange,
    ) -> Outcome<'a> {
        let (found, sure) = self.own_name(of, name, range)?;
        match found {
            Some(value) => Ok(value),
            None if name.starts_with("__") => self.attribute(of, name, range),
            None if sure => self.fails("KeyError", "a name that is not there", range),
            None => {
                self.risk();
                Ok(Value::Unknown)
            }
        }
    }

    fn update_from_module(
        &mut self,
        of: &Value<'a>,
        from: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        if let Value::Module(id) = from
            && let Some(module) = self.modules.get(*id)
        {
            let names = module.scope.names.borrow().clone();
            let open = module.scope.open.get();
            for (name, value) in names {
                self.set_own(of, &name, value, range)?;
            }
            if !open {
                return Ok(Value::None);
            }
        }
        self.open_namespace(of);
        Ok(Value::None)
    }

    fn update_from_dict(
        &mut self,
        of: &Value<'a>,
        dict: &Rc<Dict<'a>>,
        range: TextRange,
    ) -> Outcome<'a> {
        let items = dict.items.borrow().clone();
        for (key, value) in items {
            match key {
                Value::Text(name) => self.set_own(of, &name, value, range)?,
                _ => self.open_namespace(of),
            }
        }
        if dict.open.get() {
            self.open_namespace(of);
        }
        Ok(Value::None)
    }

    /// `keys`, `items`, `values` and `copy`
    fn view(&mut self, of: &Value<'a>, method: &str, range: TextRange) -> Outcome<'a> {
        let Some((names, open)) = self.names_of(of) else {
            return Ok(self.sequence(vec![Value::Unknown], true));
        };
        let pairs = names
            .into_iter()
            .map(|(name, value)| (Value::Text(name), value));
        let all = Value::dict(pairs.collect(), open, self.uncertainty());
        match method {
            "copy" => Ok(all),
            _ => self.dict_method(&all, method, &Arguments::default(), range),
        }
    }

    /// What `vars(value)` holds, in no order, and whether there may be more.
    fn names_of(&self, of: &Value<'a>) -> Option<(Names<'a>, bool)> {
        let scope = match of {
            Value::Module(id) => self.modules.get(*id)?.scope.clone(),
            Value::Class(class) => class.scope.clone(),
            Value::Instance(instance) => {
                let attributes = instance.attributes.borrow();
                let all = attributes
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone()));
                return Some((all.collect(), self.has_foreign_base(&instance.class)));
            }
            _ => return None,
        };
        let names = scope.names.borrow();
        let mut all: Names<'a> = names
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.bound()?)))
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        Some((all, scope.open.get()))
    }

    pub(super) fn open_namespace(&self, of: &Value<'a>) {
        match of {
            Value::Module(id) => {
                if let Some(module) = self.modules.get(*id) {
                    module.scope.open.set(true);
                }
            }
            Value::Class(class) => class.scope.open.set(true),
            Value::Instance(instance) => instance.open.set(true),
            _ => {}
        }
    }
}

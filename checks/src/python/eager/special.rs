//! Special methods that operators, displays and functions of the language ask of objects.
//!
//! <https://docs.python.org/3/reference/datamodel.html#special-method-names>

use crate::python::syntax::TextRange;

use super::machine::{Machine, Outcome};
use super::value::{Arguments, Value};

/// What a text made of an object asks for, the first that it has.
pub(super) const TEXTS: &[&str] = &["__str__", "__repr__"];

impl<'a> Machine<'a, '_> {
    /// The first of the methods that an object has; others have none that is analysed.
    pub(super) fn ask(
        &mut self,
        value: &Value<'a>,
        names: &[&str],
        range: TextRange,
    ) -> Outcome<'a, ()> {
        for name in names {
            let told = self.call_special(value, name, Arguments::default(), range)?;
            if told.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// A text that is made of a container asks for one of each object in it.
    pub(super) fn ask_texts_inside(
        &mut self,
        container: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        match container {
            Value::Sequence(_) => self.ask_each(container, &["__repr__"], range),
            Value::Dict(dict) => {
                let items = dict.items.borrow().clone();
                items.iter().try_for_each(|(key, value)| {
                    self.ask(key, &["__repr__"], range)?;
                    self.ask(value, &["__repr__"], range)
                })
            }
            _ => Ok(()),
        }
    }

    /// The same of all that a container holds, or of the value itself.
    pub(super) fn ask_each(
        &mut self,
        values: &Value<'a>,
        names: &[&str],
        range: TextRange,
    ) -> Outcome<'a, ()> {
        let Value::Sequence(sequence) = values else {
            return self.ask(values, names, range);
        };
        let objects: Vec<Value<'a>> = sequence
            .items
            .borrow()
            .iter()
            .filter(|it| matches!(it, Value::Instance(_)))
            .cloned()
            .collect();
        objects
            .iter()
            .try_for_each(|object| self.ask(object, names, range))
    }
}

//! Enumerations: their members are made with the class, and looked up instead of made anew.
//!
//! <https://docs.python.org/3/howto/enum.html>

use std::rc::Rc;

use crate::python::syntax::TextRange;

use super::attribute::mro;
use super::class::unwrapped;
use super::machine::{Machine, Outcome};
use super::value::{Arguments, Class, Instance, Truth, Value, Wrapper};

impl<'a> Machine<'a, '_> {
    /// The values in the body of an enumeration become members: instances made with its class.
    pub(super) fn make_members(
        &mut self,
        class: &Rc<Class<'a>>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        if !is_enumeration(class) {
            return Ok(());
        }
        let names = class.scope.names.borrow().clone();
        for (name, value) in names {
            if name.starts_with('_') || !self.becomes_a_member(&value) {
                continue;
            }
            let alias = members(class).into_iter().find(|it| {
                value.is_constant() && value_of(it).is_some_and(|known| known.same(&value))
            });
            let member = match alias {
                Some(member) => member,
                None => self.make_member(class, &name, &value, range)?,
            };
            class.scope.set(&name, Value::Instance(member), 0);
        }
        Ok(())
    }

    /// All but descriptors do.
    /// <https://docs.python.org/3/howto/enum.html#supported-sunder-names>
    fn becomes_a_member(&self, value: &Value<'a>) -> bool {
        const DESCRIPTORS: [&str; 3] = ["__get__", "__set__", "__delete__"];
        match value {
            Value::Sequence(_) | Value::Dict(_) | Value::Opaque => true,
            Value::Foreign(_) | Value::Either(_) | Value::Unknown => true,
            // Since 3.13 it is a descriptor as well.
            Value::Wrapped(Wrapper::Partial, _) => {
                (self.settings.version.major, self.settings.version.minor) < (3, 13)
            }
            Value::Instance(it) => {
                let has = |name: &&str| self.class_attribute(&it.class, name).is_some();
                !DESCRIPTORS.iter().any(has)
            }
            other => other.is_constant(),
        }
    }

    fn make_member(
        &mut self,
        class: &Rc<Class<'a>>,
        name: &Rc<str>,
        value: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, Rc<Instance<'a>>> {
        let mut member = Rc::new(Instance {
            class: class.clone(),
            attributes: Default::default(),
            open: Default::default(),
            born: self.uncertainty(),
        });
        let arguments = match value {
            Value::Sequence(it) if it.open.get() => Arguments::unknown(),
            Value::Sequence(it) => Arguments::of(it.items.borrow().clone()),
            value if value.is_constant() => Arguments::of(vec![value.clone()]),
            _ => Arguments::unknown(),
        };
        let maker = self.class_attribute(class, "__new__");
        let known = maker.is_none();
        if let Some(maker) = maker {
            let mut all = arguments.clone();
            all.positional.insert(0, Value::Class(class.clone()));
            if let Value::Instance(made) = self.call(&unwrapped(maker), all, range)? {
                member = made;
            }
        }
        let own = Value::Text(name.clone());
        {
            let mut attributes = member.attributes.borrow_mut();
            let value = if known { value.clone() } else { Value::Unknown };
            let value = attributes.get("_value_").cloned().unwrap_or(value);
            for known in ["_value_", "value"] {
                attributes.insert(known.into(), value.clone());
            }
            for known in ["_name_", "name"] {
                attributes.insert(known.into(), own.clone());
            }
        }
        self.call_special(
            &Value::Instance(member.clone()),
            "__init__",
            arguments,
            range,
        )?;
        Ok(member)
    }

    /// `Enumeration(value)`: the member with that value; none if there are no members.
    pub(super) fn member_with(
        &mut self,
        class: &Rc<Class<'a>>,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a, Option<Value<'a>>> {
        let all = members(class);
        if all.is_empty() {
            return Ok(None);
        }
        let wanted = arguments.get(0, "value").cloned().unwrap_or(Value::Unknown);
        let mut possible = Vec::new();
        for member in all {
            let truth = match value_of(&member) {
                _ if matches!(&wanted, Value::Instance(it) if Rc::ptr_eq(it, &member)) => {
                    Truth::Yes
                }
                Some(value) => value.equals(&wanted),
                None => Truth::Maybe,
            };
            match truth {
                Truth::Yes => return Ok(Some(Value::Instance(member))),
                Truth::Maybe => possible.push(Value::Instance(member)),
                Truth::No => {}
            }
        }
        if let Some(missing) = self.class_attribute(class, "_missing_") {
            let missing = self.bind(missing, &Value::None, &Value::Class(class.clone()), range)?;
            let given = Arguments::of(vec![wanted]);
            if possible.is_empty() {
                return self.call(&missing, given, range).map(Some);
            }
            let why = "an enumeration may not have the value";
            possible.extend(self.perhaps(why, range, |it| it.call(&missing, given, range)));
        } else if possible.is_empty() && is_plain(class) {
            let message = "an enumeration lacks the value";
            return self.fails("ValueError", message, range).map(Some);
        }
        self.risk();
        Ok(Some(Value::any_of(&possible).unwrap_or(Value::Unknown)))
    }
}

/// Whether a class is an enumeration, and not a metaclass of some.
pub(super) fn is_enumeration(class: &Rc<Class<'_>>) -> bool {
    let is_base = |base: &Value| match base {
        Value::Foreign(name) => {
            name.starts_with("enum.") && !matches!(&**name, "enum.EnumMeta" | "enum.EnumType")
        }
        _ => false,
    };
    // Its order was asked when it was made.
    let after = class.order.get().map_or(&[][..], Vec::as_slice);
    let mut bases = class
        .bases
        .iter()
        .chain(after.iter().flat_map(|it| &it.bases));
    bases.any(is_base)
}

/// Whether only the values of its members are values of an enumeration: not so of flags.
fn is_plain(class: &Rc<Class<'_>>) -> bool {
    const PLAIN: [&str; 5] = [
        "builtins.int",
        "builtins.str",
        "enum.Enum",
        "enum.IntEnum",
        "enum.StrEnum",
    ];
    let order = mro(class);
    let mut bases = order.iter().flat_map(|it| &it.bases);
    bases.all(|base| match base {
        Value::Class(_) => true,
        Value::Foreign(name) => PLAIN.contains(&&**name),
        _ => false,
    })
}

/// The members of an enumeration, by name.
pub(super) fn members<'a>(class: &Rc<Class<'a>>) -> Vec<Rc<Instance<'a>>> {
    let names = class.scope.names.borrow();
    let mut all: Vec<Rc<Instance<'a>>> = Vec::new();
    for value in names.values() {
        if let Value::Instance(it) = value
            && Rc::ptr_eq(&it.class, class)
            && !all.iter().any(|known| Rc::ptr_eq(known, it))
        {
            all.push(it.clone());
        }
    }
    all
}

/// The value of a member.
pub(super) fn value_of<'a>(member: &Instance<'a>) -> Option<Value<'a>> {
    member.attributes.borrow().get("_value_").cloned()
}

/// What a member is as good as, where its class is a number or text as well.
pub(super) fn as_constant<'a>(value: &Value<'a>) -> Option<Value<'a>> {
    const MIXED: [&str; 5] = [
        "builtins.int",
        "builtins.str",
        "enum.IntEnum",
        "enum.IntFlag",
        "enum.StrEnum",
    ];
    let Value::Instance(member) = value else {
        return None;
    };
    let order = mro(&member.class);
    let mut bases = order.iter().flat_map(|it| &it.bases);
    let mixed = bases.any(|it| matches!(it, Value::Foreign(name) if MIXED.contains(&&**name)));
    value_of(member).filter(|_| mixed && is_enumeration(&member.class))
}

/// Whether a member is true: those that are no numbers or texts are.
pub(super) fn is_true_member(instance: &Rc<Instance<'_>>) -> bool {
    let order = mro(&instance.class);
    let mut bases = order.iter().flat_map(|it| &it.bases);
    let plain = |base: &Value| match base {
        Value::Class(_) => true,
        Value::Foreign(name) => matches!(&**name, "enum.Enum" | "builtins.object"),
        _ => false,
    };
    bases.all(plain) && value_of(instance).is_some() && is_enumeration(&instance.class)
}

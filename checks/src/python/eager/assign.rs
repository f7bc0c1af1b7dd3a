//! Binding and unbinding: names, attributes, items.

use std::rc::Rc;

use crate::python::syntax::{Expr, TextRange};

use super::machine::{Entry, Machine, Outcome};
use super::value::{Arguments, Instance, Truth, Value, Wrapper, set_in};

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
                    if !around.class && (around.owns(name) || around.get(name).is_some()) {
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
        let fits = match star {
            Some(_) => items.len() + 1 >= targets.len(),
            None => items.len() == targets.len(),
        };
        if !open && !fits {
            self.fails("ValueError", "another number of values is unpacked", range)?;
        }
        if open || (star.is_none() && items.len() != targets.len()) {
            let one = Value::any_of(&items).unwrap_or(Value::Unknown);
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
                    module.scope.set(name, value, uncertainty);
                }
            }
            Value::Class(class) => {
                class.scope.set(name, value.clone(), uncertainty);
                let given = Arguments::of(vec![Value::text(name), value]);
                self.call_special(on, "__setattr__", given, range)?;
            }
            Value::Foreign(module) if &**module == "sys" && name == "path" => {
                self.looks_in_folders(range);
            }
            Value::Foreign(module)
                if &**module == "sys" && matches!(name, "meta_path" | "path_hooks") =>
            {
                self.finders = true;
                self.tampered("the program has a finder of its own for modules");
            }
            Value::Foreign(module) if &**module == "builtins" => {
                self.tampered("a built-in name is changed");
            }
            Value::Foreign(module) if value.is_code() || matches!(value, Value::Instance(_)) => {
                let path = format!("{module}.{name}");
                let known = self.patched.get(&path).cloned();
                let before = known.unwrap_or_else(|| Value::foreign(path.as_str()));
                let value = if self.doubts.is_empty() {
                    value
                } else {
                    before.or(&value)
                };
                self.patched.insert(path, value);
            }
            Value::Function(function) => {
                set_in(
                    &mut function.attributes.borrow_mut(),
                    name,
                    value,
                    !self.sure(),
                );
            }
            Value::Instance(instance) => {
                self.set_on_instance(on, instance, name, value, range)?;
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

    /// `vars(of)[name] = value`: of an object neither `__setattr__` nor a descriptor is asked.
    pub(super) fn set_own(
        &mut self,
        of: &Value<'a>,
        name: &str,
        value: Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        let Value::Instance(instance) = of else {
            return self.set_attribute(of, name, value, range);
        };
        let weak = self.uncertainty() > instance.born;
        set_in(&mut instance.attributes.borrow_mut(), name, value, weak);
        Ok(())
    }

    fn set_on_instance(
        &mut self,
        on: &Value<'a>,
        instance: &Rc<Instance<'a>>,
        name: &str,
        value: Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        // What it does is run; that the attribute is there afterwards is likely.
        let arguments = Arguments::of(vec![Value::text(name), value.clone()]);
        self.call_special(on, "__setattr__", arguments, range)?;
        self.set_past_class(on, instance, name, value, range)
    }

    /// What `object.__setattr__` does: a descriptor of the class is asked first.
    pub(super) fn set_past_class(
        &mut self,
        on: &Value<'a>,
        instance: &Rc<Instance<'a>>,
        name: &str,
        value: Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        let weak = self.uncertainty() > instance.born;
        let special = self.class_attribute(&instance.class, name);
        let both = Arguments::of(vec![on.clone(), value.clone()]);
        match special {
            Some(Value::Wrapped(Wrapper::Property, parts)) => {
                if let Some(setter) = parts.1.get(1, "fset") {
                    self.call(setter, both, range)?;
                }
                return Ok(());
            }
            Some(special @ Value::Instance(_)) => {
                let told = self.call_special(&special, "__set__", both, range)?;
                if told.is_some() {
                    return Ok(());
                }
            }
            _ => {}
        }
        set_in(&mut instance.attributes.borrow_mut(), name, value, weak);
        Ok(())
    }

    /// `on[key] = value`
    pub(super) fn set_item(
        &mut self,
        on: &Value<'a>,
        key: Value<'a>,
        value: Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        match on {
            Value::Dict(dict) => {
                self.ask(&key, &["__hash__"], range)?;
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
                (Value::Text(name), of) => self.set_own(of, name, value, range)?,
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

    /// Whether the class of an object, or a descriptor in it, deletes an attribute itself.
    fn deleted(&mut self, on: &Value<'a>, name: &str, range: TextRange) -> Outcome<'a, bool> {
        let Value::Instance(instance) = on else {
            return Ok(false);
        };
        let key = Arguments::of(vec![Value::text(name)]);
        if self.call_special(on, "__delattr__", key, range)?.is_some() {
            return Ok(true);
        }
        let Some(descriptor) = self.class_attribute(&instance.class, name) else {
            return Ok(false);
        };
        let owner = Arguments::of(vec![on.clone()]);
        if let Value::Wrapped(Wrapper::Property, parts) = &descriptor {
            if let Some(deleter) = parts.1.get(2, "fdel") {
                self.call(deleter, owner, range)?;
            }
            return Ok(true);
        }
        let told = self.call_special(&descriptor, "__delete__", owner, range)?;
        Ok(told.is_some())
    }

    pub(super) fn delete(&mut self, target: &'a Expr) -> Outcome<'a, ()> {
        match target {
            Expr::Name(name) => {
                if let Some(scope) = self.frame().map(|it| it.scope.clone()) {
                    self.note_read(&scope, &name.id, name.range);
                }
                self.bind_name(&name.id, Value::Unbound);
            }
            Expr::Attribute(it) => {
                let on = self.value(&it.value)?;
                if !self.deleted(&on, &it.attr, it.range)? {
                    self.set_attribute(&on, &it.attr, Value::Unbound, it.range)?;
                }
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
                match &on {
                    Value::Dict(_) => {
                        let pop = Arguments::of(vec![key.clone()]);
                        self.dict_method(&on, "pop", &pop, it.range)?;
                    }
                    Value::Sequence(_) => {
                        let pop = Arguments::of(vec![key.clone()]);
                        self.list_method(&on, "pop", &pop, it.range)?;
                    }
                    _ => {}
                }
                self.call_special(&on, "__delitem__", Arguments::of(vec![key]), it.range)?;
            }
            Expr::Tuple(it) => it.elts.iter().try_for_each(|it| self.delete(it))?,
            _ => {}
        }
        Ok(())
    }
}

//! What `value.name` is, and what runs for it.
//!
//! <https://docs.python.org/3/howto/descriptor.html#overview-of-descriptor-invocation>; for
//! modules PEP 562.

use std::rc::Rc;

use crate::python::syntax::TextRange;

use super::enumeration::{is_enumeration, members};
use super::exception::caught;
use super::failing::has_attribute;
use super::machine::{Entry, Machine, Module, ModuleKind, Outcome};
use super::value::{Arguments, Class, Function, Instance, Kind, ModuleId, Truth, Value, Wrapper};

impl<'a> Machine<'a, '_> {
    pub(super) fn attribute(
        &mut self,
        on: &Value<'a>,
        name: &str,
        range: TextRange,
    ) -> Outcome<'a> {
        match on {
            Value::Module(id) => self.attribute_of_module(*id, name, range),
            Value::Foreign(path) if path.starts_with("?.") => {
                Ok(Value::foreign(format!("?.{name}")))
            }
            Value::Foreign(path) => Ok(self.foreign_attribute(path, name)),
            Value::Instance(instance) => self.instance_attribute(on, instance, name, range),
            Value::Class(class) => self.attribute_of_class(on, class, name, range),
            Value::Function(function) => Ok(self.function_attribute(on, function, name)),
            Value::Method(parts) => match name {
                "__func__" => Ok(parts.1.clone()),
                "__self__" => Ok(parts.0.clone()),
                _ => self.attribute(&parts.1.clone(), name, range),
            },
            Value::Wrapped(wrapper, parts) => {
                self.wrapped_attribute(*wrapper, parts, on, name, range)
            }
            Value::Text(_) if !has_attribute(on, name) => self.no_attribute(on, name, range),
            Value::Int(_) | Value::Bool(_) | Value::None if !has_attribute(on, name) => {
                self.no_attribute(on, name, range)
            }
            Value::Sequence(it) if it.kind == Kind::Tuple && LIST_ALONE.contains(&name) => {
                self.no_attribute(on, name, range)
            }
            Value::Text(_) | Value::Sequence(_) | Value::Dict(_) => Ok(of_container(on, name)),
            Value::Suspended(_) => Ok(Value::method(
                on.clone(),
                Value::foreign(format!("generator.{name}")),
            )),
            Value::Lazy(lazy) => {
                let value = self.reify(lazy, range)?;
                self.attribute(&value, name, range)
            }
            Value::Either(values) => Ok(self.attribute_of_each(values, name, range)),
            Value::Unknown => {
                self.risk();
                // Only its name is known: a call has to consider every function of that name.
                Ok(Value::method(
                    Value::Unknown,
                    Value::foreign(format!("unknown.{name}")),
                ))
            }
            Value::Opaque => {
                self.risk();
                // Only its name is known: enough to tell what runs what it is given.
                Ok(Value::foreign(format!("?.{name}")))
            }
            _ => {
                self.risk();
                Ok(Value::Opaque)
            }
        }
    }

    fn attribute_of_module(&mut self, id: ModuleId, name: &str, range: TextRange) -> Outcome<'a> {
        if let Some(value) = self.module_attribute(id, name, range)? {
            return Ok(value.bound().unwrap_or(Value::Unknown));
        }
        self.note_missing(id, name);
        let open = self.modules.get(id).is_none_or(|it| it.scope.open.get());
        if !open && !name.starts_with("__") && !self.is_beside_compiled(id) {
            let module = self.modules.get(id).map_or("", |it| &*it.name);
            let message = format!("`{module}` has no attribute `{name}`");
            return self.fails("AttributeError", message, range);
        }
        self.risk();
        Ok(Value::Unknown)
    }

    /// Whether an extension module of the same package is loaded, which may bind names in it.
    fn is_beside_compiled(&self, id: ModuleId) -> bool {
        let top = |module: &Module<'a>| module.name.split('.').next().map(str::to_owned);
        let own = self.modules.get(id).and_then(top);
        let compiled = |it: &&Module<'a>| matches!(it.kind, ModuleKind::Compiled(_));
        let mut all = self.modules.iter().filter(compiled);
        all.any(|it| top(it) == own)
    }

    fn function_attribute(&self, on: &Value<'a>, function: &Function<'a>, name: &str) -> Value<'a> {
        let own = function.attributes.borrow().get(name).cloned();
        match (own, name) {
            (Some(value), _) => value,
            (None, "__name__" | "__qualname__") => Value::Text(function.name.clone()),
            (None, "__module__") => self.name_of(function.module),
            (None, "__get__" | "__call__" | "register") => {
                Value::method(on.clone(), Value::foreign(format!("function.{name}")))
            }
            (None, "__globals__") => {
                Value::wrapped(Wrapper::Namespace, Value::Module(function.module))
            }
            _ => Value::Opaque,
        }
    }

    fn attribute_of_each(
        &mut self,
        values: &[Value<'a>],
        name: &str,
        range: TextRange,
    ) -> Value<'a> {
        let mut found = Vec::new();
        for value in values {
            if !matches!(value, Value::Unbound | Value::None) {
                let why = "an attribute of one of several objects";
                found.extend(self.perhaps(why, range, |it| it.attribute(value, name, range)));
            }
        }
        self.risk();
        Value::any_of(&found).unwrap_or(Value::Unknown)
    }

    pub(super) fn name_of(&self, module: ModuleId) -> Value<'a> {
        self.modules
            .get(module)
            .map_or(Value::Unknown, |it| Value::Text(it.name.clone()))
    }

    /// An attribute of a module; none if there is surely none.
    pub(super) fn module_attribute(
        &mut self,
        id: ModuleId,
        name: &str,
        range: TextRange,
    ) -> Outcome<'a, Option<Value<'a>>> {
        let Some(module) = self.modules.get(id) else {
            return Ok(None);
        };
        let scope = module.scope.clone();
        match scope.get(name) {
            Some(Value::Lazy(lazy)) => {
                let value = self.reify(&lazy, range)?;
                scope.set(name, value.clone(), self.uncertainty());
                return Ok(Some(value));
            }
            Some(Value::Unbound) | None => {}
            Some(value) => {
                self.note_asked(id, &scope, name, range);
                return Ok(Some(value));
            }
        }
        let package = matches!(
            module.kind,
            ModuleKind::File(_, _, true) | ModuleKind::Namespace
        );
        match name {
            "__name__" => return Ok(Some(Value::Text(module.name.clone()))),
            "__dict__" => return Ok(Some(Value::wrapped(Wrapper::Namespace, Value::Module(id)))),
            "__path__" if package => return Ok(Some(Value::Opaque)),
            "__path__" | "__all__" | "__getattr__" => return Ok(None),
            "__file__" | "__doc__" | "__spec__" | "__loader__" | "__class__" | "__builtins__" => {
                return Ok(Some(Value::Opaque));
            }
            "__package__" => return Ok(Some(Value::text(self.package_of(id)))),
            _ => {}
        }
        if let Some(Value::Class(class)) = scope.get("__class__")
            && let Some(found) = self.class_attribute(&class, name)
        {
            return self
                .bind(found, &Value::Module(id), &Value::Class(class), range)
                .map(Some);
        }
        self.told_by_module(id, name, range)
    }

    /// What the `__getattr__` of a module answers: its class's, then its own.
    pub(super) fn told_by_module(
        &mut self,
        id: ModuleId,
        name: &str,
        range: TextRange,
    ) -> Outcome<'a, Option<Value<'a>>> {
        let Some(scope) = self.modules.get(id).map(|it| it.scope.clone()) else {
            return Ok(None);
        };
        if let Some(Value::Class(class)) = scope.get("__class__")
            && let Some(getter) = self.class_attribute(&class, "__getattr__")
        {
            let asked = Arguments::of(vec![Value::Module(id), Value::text(name)]);
            return self.told_by(&getter, asked, range);
        }
        match scope.get("__getattr__").and_then(|it| it.bound()) {
            Some(getter) => self.told_by(&getter, Arguments::of(vec![Value::text(name)]), range),
            None => Ok(None),
        }
    }

    /// What a `__getattr__` answers; none if it says that there is no such attribute.
    fn told_by(
        &mut self,
        getter: &Value<'a>,
        asked: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a, Option<Value<'a>>> {
        let before = std::mem::take(&mut self.may_raise);
        let told = self.caught(|it| it.call(getter, asked, range));
        let risk = std::mem::replace(&mut self.may_raise, before);
        match told {
            // It may have answered that there is no such attribute.
            Ok(value) if risk.explicit => Ok(Some(Value::Unbound.or(&value))),
            Ok(value) => Ok(Some(value)),
            Err(raise) => match caught(&raise.kind, &Value::foreign("builtins.AttributeError")) {
                Truth::Yes => Ok(None),
                _ => Err(raise),
            },
        }
    }

    /// An attribute of something that is not analysed; a few are known constants.
    pub(super) fn foreign_attribute(&self, path: &str, name: &str) -> Value<'a> {
        if !self.patched.is_empty()
            && let Some(value) = self.patched.get(&format!("{path}.{name}"))
        {
            return value.clone();
        }
        let version = self.settings.version;
        let flag = |value: bool| Value::Bool(value);
        match (path, name) {
            ("typing" | "typing_extensions", "TYPE_CHECKING") => Value::Bool(false),
            ("sys", "version_info") => self.sequence(
                vec![
                    Value::Int(version.major.into()),
                    Value::Int(version.minor.into()),
                    Value::Opaque,
                    Value::text("final"),
                    Value::Int(0),
                ],
                false,
            ),
            ("sys", "hexversion") => Value::Opaque,
            ("sys", "platform") => Value::text(self.settings.platform.as_str()),
            ("sys", "byteorder") => Value::text("little"),
            ("sys", "maxsize") => Value::Int(i64::MAX),
            ("sys.implementation", "name") => Value::text("cpython"),
            ("os", "name") => Value::text(if self.settings.platform == "win32" {
                "nt"
            } else {
                "posix"
            }),
            ("os", "sep") => Value::text(if self.settings.platform == "win32" {
                "\\"
            } else {
                "/"
            }),
            ("sys", "getwindowsversion") => flag(false).or(&Value::Opaque),
            ("sys", "frozen" | "pypy_version_info" | "pypy_translation_info") => Value::Opaque,
            _ => match self.loaded.get(format!("{path}.{name}").as_str()) {
                Some(Entry::Replaced(value)) => value.clone(),
                _ => Value::foreign(format!("{path}.{name}")),
            },
        }
    }

    fn instance_attribute(
        &mut self,
        on: &Value<'a>,
        instance: &Rc<Instance<'a>>,
        name: &str,
        range: TextRange,
    ) -> Outcome<'a> {
        let class = Value::Class(instance.class.clone());
        match name {
            "__class__" => return Ok(class),
            "__dict__" => return Ok(Value::wrapped(Wrapper::Namespace, on.clone())),
            _ => {}
        }
        if let Some(getter) = self.class_attribute(&instance.class, "__getattribute__") {
            let arguments = Arguments::of(vec![on.clone(), Value::text(name)]);
            let told = self.call(&getter, arguments, range)?;
            if !matches!(told, Value::Unknown | Value::Opaque) {
                return Ok(told);
            }
        }
        self.plain_attribute(on, instance, name, range)
    }

    /// What `object.__getattribute__` answers, and `__getattr__` if that finds nothing.
    pub(super) fn plain_attribute(
        &mut self,
        on: &Value<'a>,
        instance: &Rc<Instance<'a>>,
        name: &str,
        range: TextRange,
    ) -> Outcome<'a> {
        let class = Value::Class(instance.class.clone());
        let found = self.class_attribute(&instance.class, name);
        let own = instance.attributes.borrow().get(name).cloned();
        match (found, own) {
            (Some(data @ Value::Wrapped(Wrapper::Property, _)), own) => {
                let value = self.bind(data, on, &class, range)?;
                Ok(own.map_or(value.clone(), |own| own.or(&value)))
            }
            (_, Some(own)) if !own.may_be_unbound() => Ok(own),
            (Some(found), own) => {
                let value = self.bind(found, on, &class, range)?;
                Ok(own
                    .and_then(|it| it.bound())
                    .map_or(value.clone(), |own| own.or(&value)))
            }
            (None, Some(own)) => Ok(own.bound().unwrap_or(Value::Unknown)),
            (None, None) => {
                let arguments = Arguments::of(vec![on.clone(), Value::text(name)]);
                if let Some(getter) = self.class_attribute(&instance.class, "__getattr__") {
                    let told = self.caught(|it| it.call(&getter, arguments, range));
                    // The part of the class that is not analysed may have it.
                    return match told {
                        Err(raise)
                            if self.has_foreign_base(&instance.class)
                                && caught(
                                    &raise.kind,
                                    &Value::foreign("builtins.AttributeError"),
                                ) != Truth::No =>
                        {
                            Ok(Value::Opaque)
                        }
                        told => told,
                    };
                }
                self.risk();
                if self.has_foreign_base(&instance.class) {
                    return Ok(Value::wrapped(Wrapper::Inherited, on.clone()));
                }
                self.lacks(instance, name, range)
            }
        }
    }

    /// An attribute that neither an object nor its class has, as far as they are known.
    fn lacks(&mut self, on: &Rc<Instance<'a>>, name: &str, range: TextRange) -> Outcome<'a> {
        let open = mro(&on.class).iter().any(|it| it.scope.open.get());
        // What starts with two underscores has another name in the class itself.
        if open || on.open.get() || name.contains("__") {
            self.risk();
            return Ok(Value::Unknown);
        }
        let message = format!("`{}` has no attribute `{name}`", on.class.name);
        self.fails("AttributeError", message, range)
    }

    fn attribute_of_class(
        &mut self,
        on: &Value<'a>,
        class: &Rc<Class<'a>>,
        name: &str,
        range: TextRange,
    ) -> Outcome<'a> {
        match name {
            "__name__" | "__qualname__" => return Ok(Value::Text(class.name.clone())),
            "__module__" => return Ok(self.name_of(class.module)),
            "__bases__" | "__mro__" => {
                let bases = class.bases.clone();
                return Ok(self.sequence(bases, name == "__mro__"));
            }
            "__dict__" => return Ok(Value::wrapped(Wrapper::Namespace, on.clone())),
            "__members__" if is_enumeration(class) => {
                let named = members(class).into_iter().map(|it| {
                    let name = it.attributes.borrow().get("_name_").cloned();
                    (name.unwrap_or(Value::Unknown), Value::Instance(it))
                });
                return Ok(Value::dict(named.collect(), false, self.uncertainty()));
            }
            "__subclasses__" => {
                return Ok(Value::method(
                    on.clone(),
                    Value::foreign("type.__subclasses__"),
                ));
            }
            _ => {}
        }
        if let Some(found) = self.class_attribute(class, name) {
            return match found {
                Value::Wrapped(Wrapper::Property, _) | Value::Function(_) => Ok(found),
                other => self.bind(other, &Value::None, on, range),
            };
        }
        if let Some(meta) = self.metaclass(class)
            && let Some(found) = self.class_attribute(&meta, name).or_else(|| {
                self.class_attribute(&meta, "__getattr__")
                    .filter(|_| !name.starts_with("__"))
            })
        {
            if let (Value::Function(function), false) =
                (&found, self.class_attribute(&meta, name).is_some())
            {
                let getter = Value::Function(function.clone());
                return self.call(
                    &getter,
                    Arguments::of(vec![on.clone(), Value::text(name)]),
                    range,
                );
            }
            return self.bind(found, on, &Value::Class(meta), range);
        }
        self.risk();
        if self.has_foreign_base(class) {
            Ok(Value::Opaque)
        } else {
            Ok(Value::Unknown)
        }
    }

    /// What is found in a class, as it is there: the first in the order of the bases.
    pub(super) fn class_attribute(&self, class: &Rc<Class<'a>>, name: &str) -> Option<Value<'a>> {
        let order = mro(class);
        order
            .iter()
            .find_map(|class| class.scope.get(name).and_then(|it| it.bound()))
    }

    pub(super) fn has_foreign_base(&self, class: &Rc<Class<'a>>) -> bool {
        mro(class).iter().any(|class| {
            class.bases.iter().any(|base| match base {
                Value::Class(_) => false,
                Value::Foreign(name) => !matches!(&**name, "builtins.object"),
                _ => true,
            })
        })
    }

    /// The metaclass, where it is analysed code.
    pub(super) fn metaclass(&self, class: &Rc<Class<'a>>) -> Option<Rc<Class<'a>>> {
        mro(class).iter().find_map(|class| match &class.metaclass {
            Some(Value::Class(meta)) => Some(meta.clone()),
            _ => None,
        })
    }

    /// What an attribute of a class is for an instance (`None` for the class itself).
    pub(super) fn bind(
        &mut self,
        found: Value<'a>,
        on: &Value<'a>,
        class: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        match &found {
            Value::Function(_) if matches!(on, Value::None) => Ok(found),
            Value::Function(_) => Ok(Value::method(on.clone(), found)),
            Value::Wrapped(Wrapper::ContextManager, _) if !matches!(on, Value::None) => {
                Ok(Value::method(on.clone(), found))
            }
            Value::Wrapped(Wrapper::Property, parts) => {
                let getter = parts.0.clone();
                self.call(&getter, Arguments::of(vec![on.clone()]), range)
            }
            Value::Wrapped(Wrapper::StaticMethod, parts) => Ok(parts.0.clone()),
            Value::Wrapped(Wrapper::ClassMethod, parts) => {
                Ok(Value::method(class.clone(), parts.0.clone()))
            }
            Value::Instance(_) => {
                let arguments = Arguments::of(vec![on.clone(), class.clone()]);
                Ok(self
                    .call_special(&found, "__get__", arguments, range)?
                    .unwrap_or(found))
            }
            Value::Either(values) => {
                let mut all: Option<Value<'a>> = None;
                for value in values.iter() {
                    let one = self.perhaps("one of several attributes", range, |it| {
                        it.bind(value.clone(), on, class, range)
                    })?;
                    all = Some(all.map_or(one.clone(), |all| all.or(&one)));
                }
                Ok(all.unwrap_or(Value::Unknown))
            }
            _ => Ok(found),
        }
    }

    fn wrapped_attribute(
        &mut self,
        wrapper: Wrapper,
        parts: &Rc<(Value<'a>, Arguments<'a>)>,
        on: &Value<'a>,
        name: &str,
        range: TextRange,
    ) -> Outcome<'a> {
        match (wrapper, name) {
            (Wrapper::Property, "setter" | "getter" | "deleter") => Ok(Value::method(
                on.clone(),
                Value::foreign(format!("property.{name}")),
            )),
            (Wrapper::Super, _) => self.super_attribute(parts, name, range),
            (Wrapper::Namespace, _) => Ok(Value::method(
                on.clone(),
                Value::foreign(format!("namespace.{name}")),
            )),
            (Wrapper::Starts, "start" | "run") => {
                Ok(Value::Wrapped(Wrapper::Partial, parts.clone()))
            }
            (Wrapper::Alias, "__value__") => self.call(&parts.0, Arguments::default(), range),
            (Wrapper::Deferred, _) => Ok(Value::method(
                on.clone(),
                Value::foreign(format!("generator.{name}")),
            )),
            (Wrapper::Partial, "func") => Ok(parts.0.clone()),
            (
                Wrapper::StaticMethod | Wrapper::ClassMethod | Wrapper::ContextManager,
                "__func__" | "__wrapped__",
            ) => Ok(parts.0.clone()),
            _ => Ok(Value::Opaque),
        }
    }

    /// What `super()` finds: the search starts after its class, in the order of the receiver's.
    fn super_attribute(
        &mut self,
        (class, arguments): &(Value<'a>, Arguments<'a>),
        name: &str,
        range: TextRange,
    ) -> Outcome<'a> {
        let Value::Class(class) = class else {
            return Ok(Value::Opaque);
        };
        let receiver = arguments.positional.first().cloned();
        let receiver = receiver.unwrap_or(Value::Unknown);
        let start = match &receiver {
            Value::Instance(it) => it.class.clone(),
            // A method of a metaclass has the class as its receiver.
            Value::Class(it) if !mro(it).iter().any(|it| Rc::ptr_eq(it, class)) => {
                self.metaclass(it).unwrap_or_else(|| class.clone())
            }
            Value::Class(it) => it.clone(),
            _ => class.clone(),
        };
        let order = mro(&start);
        let at = order.iter().position(|it| Rc::ptr_eq(it, class));
        let after = order.iter().skip(at.map_or(0, |at| at + 1));
        let mut found = after.filter_map(|it| it.scope.get(name).and_then(|it| it.bound()));
        match found.next() {
            Some(function @ Value::Function(_)) => Ok(Value::method(receiver, function)),
            Some(found) => self.bind(found, &receiver, &Value::Class(start), range),
            None => {
                let foreign = Value::foreign(format!("super.{name}"));
                Ok(Value::method(receiver, foreign))
            }
        }
    }
}

/// A method of a text, list or dictionary, or a part of `sys.version_info`.
fn of_container<'a>(on: &Value<'a>, name: &str) -> Value<'a> {
    if let (Value::Sequence(it), Some(index)) = (on, version_part(name))
        && let Some(value) = it.items.borrow().get(index)
    {
        return value.clone();
    }
    let kind = match on {
        Value::Text(_) => "str",
        Value::Dict(_) => "dict",
        _ => "list",
    };
    Value::method(on.clone(), Value::foreign(format!("{kind}.{name}")))
}

fn version_part(name: &str) -> Option<usize> {
    ["major", "minor", "micro", "releaselevel", "serial"]
        .iter()
        .position(|it| *it == name)
}

/// The analysed classes in which attributes are looked for, in order: C3 where it works out, the
/// order of first appearance where it does not.
/// <https://docs.python.org/3/howto/mro.html>
pub(super) fn mro<'a>(class: &Rc<Class<'a>>) -> Vec<Rc<Class<'a>>> {
    let mut order = vec![class.clone()];
    order.extend(class.order.get_or_init(|| after(class)).iter().cloned());
    order
}

fn after<'a>(class: &Rc<Class<'a>>) -> Vec<Rc<Class<'a>>> {
    let bases: Vec<Rc<Class<'a>>> = class
        .bases
        .iter()
        .filter_map(|base| match base {
            Value::Class(base) => Some(base.clone()),
            _ => None,
        })
        .collect();
    // A class is made after its bases, so theirs are known and this goes no deeper.
    let mut lists: Vec<Vec<Rc<Class<'a>>>> = bases.iter().map(mro).collect();
    if lists.len() < 2 {
        return lists.pop().unwrap_or_default();
    }
    lists.push(bases);
    let mut order = Vec::new();
    loop {
        lists.retain(|list| !list.is_empty());
        let heads = lists.iter().filter_map(|list| list.first());
        let in_tail = |class: &Rc<Class<'a>>| {
            let tails = lists.iter().flat_map(|list| list.iter().skip(1));
            tails.into_iter().any(|it| Rc::ptr_eq(it, class))
        };
        let next = heads
            .clone()
            .find(|head| !in_tail(head))
            .or_else(|| lists.first()?.first());
        let Some(next) = next.cloned() else {
            return order;
        };
        for list in &mut lists {
            list.retain(|it| !Rc::ptr_eq(it, &next));
        }
        order.push(next);
    }
}

/// What lists have and tuples lack.
const LIST_ALONE: [&str; 9] = [
    "append", "clear", "copy", "extend", "insert", "pop", "remove", "reverse", "sort",
];

//! Classes: what their making runs, and what making an instance runs.
//!
//! <https://docs.python.org/3/reference/datamodel.html#customizing-class-creation>

use std::rc::Rc;

use crate::python::syntax::{Expr, TextRange, ast};

use super::enumeration::is_enumeration;
use super::fields::fields;
use super::machine::{Frame, Machine, Outcome};
use super::value::{Arguments, Class, Instance, Scope, Value, Wrapper};

impl<'a> Machine<'a, '_> {
    pub(super) fn define_class(&mut self, def: &'a ast::StmtClassDef) -> Outcome<'a, ()> {
        let mut decorators = Vec::new();
        for decorator in &def.decorator_list {
            decorators.push((self.value(&decorator.expression)?, decorator.range));
        }
        let mut value = self.with_type_parameters(def.type_params.as_deref(), |machine| {
            machine.class_of(def, &decorators)
        })?;
        for (decorator, range) in decorators.into_iter().rev() {
            value = self.decorate(&decorator, value, range)?;
        }
        self.bind_name(&def.name, value);
        Ok(())
    }

    /// What a `class` statement makes, before anything decorates it.
    fn class_of(
        &mut self,
        def: &'a ast::StmtClassDef,
        decorators: &[(Value<'a>, TextRange)],
    ) -> Outcome<'a> {
        let mut bases = Vec::new();
        let mut keywords = Vec::new();
        let mut metaclass = None;
        if let Some(arguments) = &def.arguments {
            for base in &arguments.args {
                let value = self.value(base)?;
                if base.is_starred_expr() {
                    let (items, _) = self.iterate(&value, def.range)?;
                    bases.extend(items);
                } else {
                    self.push_base(&mut bases, value, def.range)?;
                }
            }
            for keyword in &arguments.keywords {
                let value = self.value(&keyword.value)?;
                match keyword.arg.as_ref().map(|it| it.as_str()) {
                    Some("metaclass") => metaclass = Some(value),
                    Some(name) => keywords.push((Rc::from(name), value)),
                    None => {}
                }
            }
        }
        let around = decorators.iter().map(|(value, _)| value);
        let resolved = self.resolves_annotations(around.chain(&bases).chain(&metaclass));
        let class = self.note_resolved(resolved, |machine| {
            machine.class_body(def, bases, metaclass)
        })?;
        self.finish_class(&class, keywords, def.range)
    }

    fn push_base(
        &mut self,
        bases: &mut Vec<Value<'a>>,
        base: Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        if let Value::Instance(_) = &base {
            let own = self.sequence(vec![base.clone()], false);
            if let Some(entries) =
                self.call_special(&base, "__mro_entries__", Arguments::of(vec![own]), range)?
            {
                let (items, _) = self.iterate(&entries, range)?;
                bases.extend(items);
                return Ok(());
            }
        }
        match &base {
            // Of several possible classes each may have a method that runs.
            Value::Either(values) => bases.extend(values.iter().cloned()),
            _ => bases.push(base),
        }
        Ok(())
    }

    fn class_body(
        &mut self,
        def: &'a ast::StmtClassDef,
        bases: Vec<Value<'a>>,
        metaclass: Option<Value<'a>>,
    ) -> Outcome<'a, Rc<Class<'a>>> {
        let around = self
            .frame()
            .map(|frame| frame.scope.clone())
            .unwrap_or_default();
        let around =
            Some(around).filter(|it| it.around.is_some() || it.class || !self.is_module_scope(it));
        let scope = Scope::new(around, self.uncertainty(), true);
        let module = self.here();
        scope.set("__module__", self.name_of(module), 0);
        scope.set("__qualname__", Value::text(def.name.as_str()), 0);
        let frame = self.frame();
        let (class, receiver) =
            frame.map_or((None, None), |it| (it.class.clone(), it.receiver.clone()));
        self.frames.push(Frame {
            class,
            receiver,
            ..Frame::new(module, scope.clone())
        });
        self.depth += 1;
        let done = stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, || self.block(&def.body));
        self.depth -= 1;
        self.frames.pop();
        done?;
        let class = Rc::new(Class {
            name: def.name.as_str().into(),
            module,
            bases,
            metaclass,
            decorated: def.decorator_list.iter().any(may_initialise),
            scope,
            fields: fields(&def.body),
            subclasses: Default::default(),
            order: Default::default(),
        });
        for value in class.scope.names.borrow().values() {
            own(value, &class);
        }
        Ok(class)
    }

    pub(super) fn is_module_scope(&self, scope: &Rc<Scope<'a>>) -> bool {
        self.modules
            .get(self.here())
            .is_some_and(|it| Rc::ptr_eq(&it.scope, scope))
    }

    /// What `type.__new__` does once the body has run.
    pub(super) fn finish_class(
        &mut self,
        class: &Rc<Class<'a>>,
        keywords: Vec<(Rc<str>, Value<'a>)>,
        range: TextRange,
    ) -> Outcome<'a> {
        let value = Value::Class(class.clone());
        // Asked now, while those of the bases are known: never recursively deep.
        let order = super::attribute::mro(class);
        self.spend(order.len());
        self.circles.class(class);
        for base in &class.bases {
            if let Value::Class(base) = base {
                base.subclasses.borrow_mut().push(value.clone());
            }
        }
        if let Some(Value::Function(maker)) = &class.metaclass {
            let arguments = self.class_arguments(class, Vec::new());
            let made = self.call(&Value::Function(maker.clone()), arguments, range)?;
            return Ok(if matches!(made, Value::Unknown | Value::Opaque) {
                value
            } else {
                made
            });
        }
        if let Some(meta) = self.metaclass(class) {
            for name in ["__prepare__", "__new__", "__init__"] {
                let Some(found) = self.class_attribute(&meta, name) else {
                    continue;
                };
                let first = if name == "__init__" {
                    value.clone()
                } else {
                    Value::Class(meta.clone())
                };
                let function = unwrapped(found);
                let mut arguments = self.class_arguments(class, keywords.clone());
                if name == "__prepare__" {
                    arguments.positional.truncate(2);
                }
                arguments.positional.insert(0, first);
                let made = self.call(&function, arguments, range)?;
                if name == "__prepare__" {
                    self.fill(&made, range);
                }
            }
        }
        self.set_names(class, range)?;
        self.make_members(class, range)?;
        for base in class.bases.iter().filter_map(|base| match base {
            Value::Class(base) => Some(base),
            _ => None,
        }) {
            if let Some(hook) = self.class_attribute(base, "__init_subclass__") {
                let arguments = Arguments {
                    positional: vec![value.clone()],
                    keywords: keywords.clone(),
                    open: false,
                };
                self.call(&unwrapped(hook), arguments, range)?;
                break;
            }
        }
        Ok(value)
    }

    /// The namespace that a metaclass has prepared is told each name of the body.
    fn fill(&mut self, namespace: &Value<'a>, range: TextRange) {
        let Value::Instance(instance) = namespace else {
            return;
        };
        for name in ["__setitem__", "__getitem__", "__missing__"] {
            if let Some(Value::Function(function)) = self.class_attribute(&instance.class, name) {
                let why = "a prepared namespace is told of the names in the body of the class";
                self.perhaps(why, range, |it| it.summarised(&function, range));
            }
        }
    }

    fn class_arguments(
        &self,
        class: &Rc<Class<'a>>,
        keywords: Vec<(Rc<str>, Value<'a>)>,
    ) -> Arguments<'a> {
        let names = class.scope.names.borrow();
        let items = names
            .iter()
            .map(|(name, value)| (Value::Text(name.clone()), value.clone()));
        let namespace = Value::dict(items.collect(), false, self.uncertainty());
        Arguments {
            positional: vec![
                Value::Text(class.name.clone()),
                self.sequence(class.bases.clone(), false),
                namespace,
            ],
            keywords,
            open: false,
        }
    }

    fn set_names(&mut self, class: &Rc<Class<'a>>, range: TextRange) -> Outcome<'a, ()> {
        let names = class.scope.names.borrow().clone();
        for (name, value) in names {
            if let Value::Instance(_) = &value {
                let arguments = Arguments::of(vec![Value::Class(class.clone()), Value::Text(name)]);
                self.call_special(&value, "__set_name__", arguments, range)?;
            }
        }
        Ok(())
    }

    /// `Class(…)`
    pub(super) fn instantiate(
        &mut self,
        class: &Rc<Class<'a>>,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        if let Some(meta) = self.metaclass(class)
            && let Some(call) = self.class_attribute(&meta, "__call__")
        {
            let mut all = arguments;
            all.positional.insert(0, Value::Class(class.clone()));
            return self.call(&call, all, range);
        }
        self.make_instance(class, arguments, range)
    }

    /// What `type.__call__` does.
    pub(super) fn make_instance(
        &mut self,
        class: &Rc<Class<'a>>,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        if is_enumeration(class)
            && let Some(member) = self.member_with(class, &arguments, range)?
        {
            return Ok(member);
        }
        let mut made = Value::Instance(Rc::new(Instance {
            class: class.clone(),
            attributes: Default::default(),
            open: Default::default(),
            born: self.uncertainty(),
        }));
        if let Some(Value::Function(last)) = self.class_attribute(class, "__del__") {
            let why = "an object that nobody holds any more is cleared away";
            self.perhaps(why, range, |it| it.summarised(&last, range));
        }
        if let Some(new) = self.class_attribute(class, "__new__") {
            let mut all = arguments.clone();
            all.positional.insert(0, Value::Class(class.clone()));
            let value = self.call(&unwrapped(new), all, range)?;
            match value {
                Value::Instance(it) => made = Value::Instance(it),
                Value::Unknown | Value::Opaque | Value::Foreign(_) | Value::Either(_) => {}
                other => return Ok(other),
            }
        }
        let initialised = self.call_special(&made, "__init__", arguments.clone(), range)?;
        if let (None, Value::Instance(instance)) = (initialised, &made) {
            self.fill_fields(&instance.clone(), arguments, range)?;
        }
        Ok(made)
    }
}

/// The function inside a `staticmethod` or `classmethod`.
pub(super) fn unwrapped(value: Value<'_>) -> Value<'_> {
    match &value {
        Value::Wrapped(Wrapper::StaticMethod | Wrapper::ClassMethod, parts) => parts.0.clone(),
        _ => value,
    }
}

/// Whether a decorator may give a class an `__init__`, as `@dataclass` does unless it is told
/// `init=False`.
fn may_initialise(decorator: &ast::Decorator) -> bool {
    let Expr::Call(call) = &decorator.expression else {
        return true;
    };
    let told = call.arguments.find_keyword("init");
    told.is_none_or(|it| !matches!(&it.value, Expr::BooleanLiteral(it) if !it.value))
}

/// Tells the functions of a class where they were defined, for `super()`.
fn own<'a>(value: &Value<'a>, class: &Rc<Class<'a>>) {
    match value {
        Value::Function(function) => {
            let mut known = function.class.borrow_mut();
            if known.is_none() {
                *known = Some(class.clone());
            }
        }
        Value::Wrapped(_, parts) => own(&parts.0, class),
        _ => {}
    }
}

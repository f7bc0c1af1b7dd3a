//! Calls: of functions, classes, and what else can be called.
//!
//! <https://docs.python.org/3/reference/expressions.html#calls>

use std::rc::Rc;

use crate::python::syntax::{Expr, ExprContext, Ranged, Stmt, TextRange, Visitor, ast, visitor};

use super::iterate::Yielded;
use super::known::is_one;
use super::machine::{Flow, Frame, Machine, MayRaise, Outcome};
use super::value::{Arguments, Code, Function, ModuleId, Scope, Suspended, Truth, Value, Wrapper};

/// A function is followed for each call until there are this many; then once for all others.
const CALLS: usize = 400;
/// The same, where its calls have made so many steps: it computes something.
const WORK: usize = 40_000;
/// The same, for calls of a function inside itself.
const RECURSION: usize = 24;

impl<'a> Machine<'a, '_> {
    pub(super) fn call_expression(&mut self, call: &'a ast::ExprCall) -> Outcome<'a> {
        let callee = self.value(&call.func)?;
        let arguments = self.arguments(&call.arguments)?;
        if let Some((function, receivers)) = self.signature(&callee)
            && !arguments.open
            && !fits(&function, receivers, &arguments)
        {
            let message = format!("`{}` is called with other arguments", function.name);
            return self.fails("TypeError", message, call.range());
        }
        self.call(&callee, arguments, call.range())
    }

    /// The function whose parameters a call has to fit, and how many arguments are not written;
    /// none where something else may stand between.
    fn signature(&self, callee: &Value<'a>) -> Option<(Rc<Function<'a>>, usize)> {
        let (function, receivers) = match callee {
            Value::Function(function) => (function.clone(), 0),
            Value::Method(parts) => match &parts.1 {
                Value::Function(function) => (function.clone(), 1),
                _ => return None,
            },
            Value::Class(class) => {
                let made = ["__new__", "__call__"];
                let plain = self.metaclass(class).is_none() && !self.has_foreign_base(class);
                let own = made
                    .iter()
                    .any(|it| self.class_attribute(class, it).is_some());
                match self.class_attribute(class, "__init__") {
                    Some(Value::Function(function)) if plain && !own => (function, 1),
                    _ => return None,
                }
            }
            _ => return None,
        };
        // Some are static or class methods without being decorated.
        let decorated = matches!(function.code, Code::Def(def) if !def.decorator_list.is_empty())
            || function.name.starts_with("__") && &*function.name != "__init__";
        (!decorated && function.attributes.borrow().is_empty()).then_some((function, receivers))
    }

    fn arguments(&mut self, written: &'a ast::Arguments) -> Outcome<'a, Arguments<'a>> {
        let mut arguments = Arguments::default();
        for argument in &written.args {
            let value = self.value(argument)?;
            if argument.is_starred_expr() {
                let (items, open) = self.iterate(&value, argument.range())?;
                if open {
                    arguments.open = true;
                } else {
                    arguments.positional.extend(items);
                }
            } else {
                arguments.positional.push(value);
            }
        }
        for keyword in &written.keywords {
            let value = self.value(&keyword.value)?;
            match (&keyword.arg, value) {
                (Some(name), value) => arguments.keywords.push((name.as_str().into(), value)),
                (None, Value::Dict(dict)) => {
                    arguments.open |= dict.open.get();
                    for (key, value) in dict.items.borrow().iter() {
                        match key {
                            Value::Text(name) => {
                                arguments.keywords.push((name.clone(), value.clone()))
                            }
                            _ => arguments.open = true,
                        }
                    }
                }
                (None, value) => {
                    arguments.open = true;
                    self.ask(&value, &["keys"], keyword.range)?;
                    self.ask(&value, &["__getitem__"], keyword.range)?;
                }
            }
        }
        Ok(arguments)
    }

    pub(super) fn call(
        &mut self,
        callee: &Value<'a>,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        if !self.step() {
            return Ok(Value::Unknown);
        }
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || {
            self.dispatch(callee, arguments, range)
        })
    }

    fn dispatch(
        &mut self,
        callee: &Value<'a>,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        match callee {
            Value::Function(function) => match self.dispatched(function, &arguments) {
                Some(all) => self.call_each(&all, &arguments, range),
                None => self.call_function(function, arguments, range),
            },
            Value::Class(class) => self.instantiate(class, arguments, range),
            Value::Method(parts) => self.call_method(&parts.0, &parts.1, arguments, range),
            Value::Foreign(name) => self.call_foreign(name, arguments, range),
            Value::Instance(instance) => {
                match self.call_special(callee, "__call__", arguments, range)? {
                    Some(value) => Ok(value),
                    None => {
                        self.risk();
                        // Its base may have a `__call__` that calls back.
                        if self.may_call_back(callee) {
                            self.methods_perhaps(callee, range);
                        }
                        let foreign = self.has_foreign_base(&instance.class);
                        Ok(if foreign {
                            Value::Opaque
                        } else {
                            Value::Unknown
                        })
                    }
                }
            }
            Value::Wrapped(wrapper, parts) => self.call_wrapped(*wrapper, parts, arguments, range),
            Value::Lazy(lazy) => {
                let value = self.reify(lazy, range)?;
                self.call(&value, arguments, range)
            }
            Value::Either(values) => self.call_each(values, &arguments, range),
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Text(_) => {
                self.wrong_type(callee, "is called", range)
            }
            Value::Opaque => self.call_foreign("?.__call__", arguments, range),
            _ => {
                super::known::escape(&arguments);
                self.risk();
                Ok(if matches!(callee, Value::Opaque) {
                    Value::Opaque
                } else {
                    Value::Unknown
                })
            }
        }
    }

    /// What `functools.singledispatch` chooses among its functions, by the type of the first
    /// argument; none if nothing is registered.
    fn dispatched(
        &self,
        function: &Rc<Function<'a>>,
        arguments: &Arguments<'a>,
    ) -> Option<Vec<Value<'a>>> {
        let Value::Dict(all) = function.attributes.borrow().get("__dispatch__").cloned()? else {
            return None;
        };
        // A method has its receiver before it.
        let at = usize::from(function.class.borrow().is_some());
        let given = arguments.positional.get(at).unwrap_or(&Value::Unknown);
        let mut possible = Vec::new();
        for (kind, chosen) in all.items.borrow().iter().rev() {
            match is_one(given, kind) {
                Truth::Yes if possible.is_empty() => return Some(vec![chosen.clone()]),
                Truth::No => {}
                _ => possible.push(chosen.clone()),
            }
        }
        possible.push(self.undispatched(function));
        Some(possible)
    }

    /// The function that `functools.singledispatch` was given itself: what is called if nothing
    /// is registered for the type.
    fn undispatched(&self, function: &Rc<Function<'a>>) -> Value<'a> {
        Value::Function(Rc::new(Function {
            name: function.name.clone(),
            module: function.module,
            code: function.code,
            defaults: function.defaults.clone(),
            around: function.around.clone(),
            class: function.class.clone(),
            attributes: Default::default(),
        }))
    }

    fn call_each(
        &mut self,
        values: &[Value<'a>],
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let callable = |it: &&Value<'a>| !it.is_constant() && !matches!(it, Value::Unbound);
        let candidates: Vec<&Value<'a>> = values.iter().filter(callable).collect();
        if candidates.len() < values.len() {
            self.risk();
        }
        if let [one] = candidates.as_slice() {
            return self.call(one, arguments.clone(), range);
        }
        let mut all: Option<Value<'a>> = None;
        for candidate in candidates {
            let why = "a call of one of several functions";
            let done = self.perhaps(why, range, |it| {
                it.call(candidate, arguments.clone(), range)
            });
            match done {
                Ok(value) => all = Some(all.map_or(value.clone(), |all| all.or(&value))),
                Err(raise) => self.may_have_raised(&raise),
            }
        }
        Ok(all.unwrap_or(Value::Unknown))
    }

    fn call_method(
        &mut self,
        receiver: &Value<'a>,
        function: &Value<'a>,
        mut arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        match function {
            Value::Foreign(name) => self.call_foreign_method(receiver, name, arguments, range),
            _ => {
                arguments.positional.insert(0, receiver.clone());
                self.call(function, arguments, range)
            }
        }
    }

    fn call_wrapped(
        &mut self,
        wrapper: Wrapper,
        parts: &Rc<(Value<'a>, Arguments<'a>)>,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        match wrapper {
            Wrapper::Inherited => {
                if self.may_call_back(&parts.0) {
                    self.methods_perhaps(&parts.0, range);
                }
                self.risk();
                Ok(Value::Opaque)
            }
            Wrapper::Partial => {
                let mut all = parts.1.clone();
                all.positional.extend(arguments.positional);
                let given = &arguments.keywords;
                all.keywords
                    .retain(|(name, _)| !given.iter().any(|(it, _)| it == name));
                all.keywords.extend(arguments.keywords);
                all.open |= arguments.open;
                self.call(&parts.0, all, range)
            }
            Wrapper::ContextManager => Ok(Value::Wrapped(
                Wrapper::Context,
                Rc::new((parts.0.clone(), arguments)),
            )),
            // A context manager of `contextlib` is a decorator too.
            Wrapper::Context => {
                if let Value::Function(function) = &parts.0 {
                    let why = "what a context manager decorates may be called";
                    self.perhaps(why, range, |it| it.summarised(function, range));
                }
                let decorated = arguments.positional.into_iter().next();
                Ok(decorated.unwrap_or(Value::Opaque))
            }
            Wrapper::StaticMethod | Wrapper::ClassMethod => self.call(&parts.0, arguments, range),
            Wrapper::Property
            | Wrapper::Super
            | Wrapper::Namespace
            | Wrapper::Suppress
            | Wrapper::Starts
            | Wrapper::Deferred
            | Wrapper::Alias
            | Wrapper::Factory => Ok(Value::Opaque),
        }
    }

    /// Whether an object has a base whose own methods are known for calling those of a subclass.
    /// Containers, exceptions and the bases of typing do so for special methods at most.
    fn may_call_back(&self, on: &Value<'a>) -> bool {
        const QUIET: [&str; 6] = [
            "builtins.",
            "collections.",
            "typing.",
            "typing_extensions.",
            "abc.",
            "enum.",
        ];
        let Value::Instance(instance) = on else {
            return false;
        };
        let order = super::attribute::mro(&instance.class);
        order
            .iter()
            .flat_map(|class| &class.bases)
            .any(|base| match base {
                Value::Foreign(name) => !QUIET.iter().any(|quiet| name.starts_with(quiet)),
                _ => false,
            })
    }

    /// Code that is not analysed has an object, and may call any of its methods.
    pub(super) fn methods_perhaps(&mut self, on: &Value<'a>, range: TextRange) {
        let class = match on {
            Value::Instance(instance) => instance.class.clone(),
            Value::Class(class) => class.clone(),
            _ => return,
        };
        let mut functions = Vec::new();
        for class in super::attribute::mro(&class) {
            for value in class.scope.names.borrow().values() {
                if let Value::Function(function) = value {
                    functions.push(function.clone());
                }
            }
        }
        for function in functions {
            let why = "a method that its base class may call";
            self.perhaps(why, range, |it| it.summarised(&function, range));
        }
    }

    /// A decorator is called with what it decorates.
    pub(super) fn decorate(
        &mut self,
        decorator: &Value<'a>,
        value: Value<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let made = self.call(decorator, Arguments::of(vec![value.clone()]), range)?;
        // What a decorator of unknown code makes still runs what it was made of.
        Ok(match made {
            Value::Opaque | Value::Foreign(_) if value.is_code() => value,
            Value::Unknown => value.or(&Value::Unknown),
            made => made,
        })
    }

    /// `value.name(…)` for a name that CPython itself asks for; none if the class of the value,
    /// as far as it is analysed, has none.
    pub(super) fn call_special(
        &mut self,
        value: &Value<'a>,
        name: &str,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a, Option<Value<'a>>> {
        let class = match value {
            Value::Instance(instance) => instance.class.clone(),
            Value::Class(class) => match self.metaclass(class) {
                Some(meta) => meta,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        let Some(found) = self.class_attribute(&class, name) else {
            return Ok(None);
        };
        let bound = self.bind(found, value, &Value::Class(class), range)?;
        if bound.is_constant() {
            return Ok(None);
        }
        self.call(&bound, arguments, range).map(Some)
    }

    pub(super) fn call_function(
        &mut self,
        function: &Rc<Function<'a>>,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let suspends = match self.code(function) {
            Code::Def(def) => def.is_async || self.is_generator(function, def),
            Code::Lambda(_) | Code::Alias(_) => false,
        };
        if suspends {
            return Ok(Value::Suspended(Rc::new(Suspended {
                function: function.clone(),
                arguments,
                result: Default::default(),
            })));
        }
        let (value, _) = self.run_function(function, arguments, range)?;
        Ok(value)
    }

    /// Runs the body; what it returns and what it yields.
    pub(super) fn run_function(
        &mut self,
        function: &Rc<Function<'a>>,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a, (Value<'a>, Yielded<'a>)> {
        if self.follows_no_call() {
            self.may_raise.add(MayRaise::ANYTHING);
            return Ok((Value::Unknown, Yielded::unknown()));
        }
        let key = (function.module, function.range());
        let calls = self.calls.entry(key).or_default();
        calls.made += 1;
        let calls = *calls;
        let long = calls.work(self.work) > WORK;
        if calls.made > CALLS || long || calls.running >= RECURSION {
            return Ok((self.summary(function, key, range), Yielded::unknown()));
        }
        if calls.made == 1
            && let Ok(body) = self.code(function).body()
        {
            self.announce(function.module, body);
        }
        let context = self
            .graph
            .add(function.module, Some((*function.name).into()));
        let done = self.run_in(context, function, Some(arguments), range);
        // A context that somebody asks about must stay, whatever came of it.
        if self.watch.is_some() || self.uses.is_some() || !self.graph.take_back(context) {
            self.connect(context, range);
        }
        done
    }

    /// A call about whose arguments nothing is known.
    pub(super) fn summarised(
        &mut self,
        function: &Rc<Function<'a>>,
        range: TextRange,
    ) -> Value<'a> {
        let key = (function.module, function.range());
        self.summary(function, key, range)
    }

    /// One call that stands for every other: nothing is known about its arguments.
    fn summary(
        &mut self,
        function: &Rc<Function<'a>>,
        key: (ModuleId, TextRange),
        range: TextRange,
    ) -> Value<'a> {
        if let Some((context, risk)) = self.summaries.get(&key).copied() {
            self.connect(context, range);
            self.may_raise.add(risk);
            return Value::Unknown;
        }
        let context = self
            .graph
            .add(function.module, Some((*function.name).into()));
        self.summaries.insert(key, (context, MayRaise::ANYTHING));
        self.connect(context, range);
        let why = "one of many calls of the function";
        let before = std::mem::take(&mut self.may_raise);
        let done = self.perhaps(why, range, |it| it.run_in(context, function, None, range));
        let value = match done {
            Ok((value, _)) => value.or(&Value::Unknown),
            Err(raise) => {
                self.may_have_raised(&raise);
                Value::Unknown
            }
        };
        let risk = std::mem::replace(&mut self.may_raise, before);
        self.may_raise.add(risk);
        self.summaries.insert(key, (context, risk));
        value
    }

    fn run_in(
        &mut self,
        context: usize,
        function: &Rc<Function<'a>>,
        arguments: Option<Arguments<'a>>,
        range: TextRange,
    ) -> Outcome<'a, (Value<'a>, Yielded<'a>)> {
        let key = (function.module, function.range());
        let around = Some(function.around.clone()).filter(|it| {
            let module = self.modules.get(function.module);
            !module.is_some_and(|module| Rc::ptr_eq(&module.scope, it))
        });
        // A function's scope has something around it, to tell it from a module's.
        let around = around.unwrap_or_else(|| Scope::new(None, 0, true));
        let code = self.code(function);
        let locals = self.locals_of(function, code);
        let scope = Scope::of_call(around, self.uncertainty(), locals);
        let receiver = self.parameters(function, &scope, arguments);
        let frame = Frame {
            class: function.class.borrow().clone(),
            receiver,
            body: code.body().ok(),
            on_yield: self.handed.take(),
            once: std::mem::take(&mut self.once),
            ..Frame::new(function.module, scope)
        };
        self.calls.entry(key).or_default().begin(self.work);
        let presence = self.presence;
        let (done, frame) = self.in_context(context, frame, |machine| match code.body() {
            Ok(body) => machine.block(body),
            Err(expression) => machine.value(expression).map(Flow::Return),
        });
        self.presence = presence;
        self.calls.entry(key).or_default().end(self.work);
        let Some(frame) = frame else {
            return Ok((Value::Unknown, Yielded::unknown()));
        };
        self.circles.scope(&frame.scope);
        let last = match done {
            Ok(Flow::Return(value)) => value,
            Ok(_) => Value::None,
            Err(mut raise) => {
                if frame.left.is_some() {
                    self.may_have_raised(&raise);
                    let value = Value::any_of(&frame.returns).unwrap_or(Value::Unknown);
                    let values = frame.yields;
                    return Ok((value, Yielded { values, open: true }));
                }
                if raise.at.1 == TextRange::default() {
                    raise.at = (self.here(), range);
                }
                return Err(raise);
            }
        };
        let value = frame.returns.iter().fold(last, |all, it| all.or(it));
        let yielded = Yielded {
            values: frame.yields,
            open: frame.loose || frame.left.is_some(),
        };
        Ok((value, yielded))
    }

    /// Binds the parameters; the value of the first.
    /// <https://docs.python.org/3/reference/expressions.html#calls>
    fn parameters(
        &mut self,
        function: &Rc<Function<'a>>,
        scope: &Rc<Scope<'a>>,
        arguments: Option<Arguments<'a>>,
    ) -> Option<Value<'a>> {
        let parameters = function.parameters()?;
        let known = arguments.is_some();
        let Arguments {
            positional,
            mut keywords,
            open,
        } = arguments.unwrap_or_default();
        let unsure = open || !known;
        let mut positional = positional.into_iter();
        let (mut first, mut missing) = (None, false);
        let default = |name: &str| {
            let found = function.defaults.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone())
        };
        let named = parameters
            .posonlyargs
            .iter()
            .chain(&parameters.args)
            .map(|it| (it, true));
        let named = named.chain(parameters.kwonlyargs.iter().map(|it| (it, false)));
        for (parameter, by_position) in named {
            let name = parameter.parameter.name.as_str();
            let given = if by_position { positional.next() } else { None };
            let given = given.or_else(|| {
                let at = keywords.iter().position(|(key, _)| &**key == name)?;
                Some(keywords.remove(at).1)
            });
            let value = match (given, default(name), unsure) {
                (Some(value), _, _) => value,
                (None, Some(value), false) => value,
                (None, Some(value), true) => value.or(&Value::Unknown),
                (None, None, _) => {
                    missing |= !unsure;
                    Value::Unknown
                }
            };
            first.get_or_insert_with(|| value.clone());
            scope.set(name, value, 0);
        }
        missing |= parameters.vararg.is_none() && positional.len() > 0;
        missing |= parameters.kwarg.is_none() && !keywords.is_empty();
        if missing {
            self.risk();
        }
        if let Some(rest) = &parameters.vararg {
            let rest_of = self.sequence(positional.collect(), unsure);
            scope.set(&rest.name, rest_of, 0);
        }
        if let Some(rest) = &parameters.kwarg {
            let items = keywords
                .into_iter()
                .map(|(name, value)| (Value::Text(name), value));
            let rest_of = Value::dict(items.collect(), unsure, self.uncertainty());
            scope.set(&rest.name, rest_of, 0);
        }
        first
    }

    fn is_generator(&mut self, function: &Rc<Function<'a>>, def: &'a ast::StmtFunctionDef) -> bool {
        let key = (function.module, def.range);
        if let Some(known) = self.generators.get(&key) {
            return *known;
        }
        let mut finder = Yields(false);
        finder.visit_body(&def.body);
        self.generators.insert(key, finder.0);
        finder.0
    }

    /// `await value`, or a coroutine that is run.
    pub(super) fn resume(&mut self, value: &Value<'a>, range: TextRange) -> Outcome<'a> {
        match value {
            Value::Suspended(suspended) => {
                let (value, _) =
                    self.run_function(&suspended.function, suspended.arguments.clone(), range)?;
                Ok(value)
            }
            Value::Instance(_) => {
                let told = self.call_special(value, "__await__", Arguments::default(), range)?;
                Ok(told.unwrap_or(Value::Unknown))
            }
            Value::Foreign(_) | Value::Opaque => Ok(Value::Opaque),
            _ => Ok(Value::Unknown),
        }
    }

    /// `with value`: what `as` binds.
    pub(super) fn enter_manager(&mut self, manager: &Value<'a>, range: TextRange) -> Outcome<'a> {
        match manager {
            Value::Instance(_) => {
                for name in ["__enter__", "__aenter__"] {
                    if let Some(entered) =
                        self.call_special(manager, name, Arguments::default(), range)?
                    {
                        return match &entered {
                            Value::Suspended(_) => self.resume(&entered, range),
                            _ => Ok(entered),
                        };
                    }
                }
                self.risk();
                Ok(manager.clone())
            }
            Value::Wrapped(Wrapper::Context, parts) => {
                let function = match &parts.0 {
                    Value::Function(function) => function.clone(),
                    other => {
                        let made = self.call(&other.clone(), parts.1.clone(), range)?;
                        let (items, _) = self.iterate(&made, range)?;
                        return Ok(items.into_iter().next().unwrap_or(Value::Unknown));
                    }
                };
                let (_, yielded) = self.run_function(&function, parts.1.clone(), range)?;
                Ok(yielded.values.into_iter().next().unwrap_or(Value::Unknown))
            }
            Value::Either(values) => {
                let mut all: Option<Value<'a>> = None;
                for value in values.iter() {
                    let why = "one of several context managers";
                    let one = self.perhaps(why, range, |it| it.enter_manager(value, range))?;
                    all = Some(all.map_or(one.clone(), |all| all.or(&one)));
                }
                Ok(all.unwrap_or(Value::Unknown))
            }
            Value::Unknown => {
                self.risk();
                Ok(Value::Unknown)
            }
            _ => Ok(Value::Opaque),
        }
    }
}

/// Whether a function takes the arguments of a call, which are all known, with so many more before
/// them.
fn fits(function: &Function, receivers: usize, arguments: &Arguments) -> bool {
    let Some(parameters) = function.parameters() else {
        return arguments.positional.is_empty() && arguments.keywords.is_empty();
    };
    let given = receivers + arguments.positional.len();
    let by_position = parameters.posonlyargs.len() + parameters.args.len();
    let named = |name: &str| arguments.keywords.iter().any(|(key, _)| &**key == name);
    let positional = parameters.posonlyargs.iter().chain(&parameters.args);
    let mut rest = positional.skip(given).chain(&parameters.kwonlyargs);
    let takes = |name: &str| {
        let mut known = parameters.args.iter().chain(&parameters.kwonlyargs);
        known.any(|it| it.parameter.name.as_str() == name)
    };
    let complete = rest.all(|it| it.default.is_some() || named(it.parameter.name.as_str()));
    let mut keywords = arguments.keywords.iter();
    let accepted = parameters.kwarg.is_some() || keywords.all(|(name, _)| takes(name));
    complete && accepted && (parameters.vararg.is_some() || given <= by_position)
}

/// Whether a function yields, itself.
struct Yields(bool);

impl<'a> Visitor<'a> for Yields {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if !self.0 && !matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            visitor::walk_stmt(self, statement);
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Yield(_) | Expr::YieldFrom(_) => self.0 = true,
            Expr::Lambda(_) => {}
            Expr::Name(name) if name.ctx != ExprContext::Invalid => {}
            _ => visitor::walk_expr(self, expression),
        }
    }
}

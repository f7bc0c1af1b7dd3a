//! What a name can be bound to, as far as loading is concerned.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use crate::python::syntax::{Expr, Ranged, Stmt, TextRange, ast};

use super::enumeration::{is_enumeration, value_of};
use super::fields::Field;
use super::uses::At;

/// The number of a module in the machine's table.
pub(super) type ModuleId = usize;

/// An abstract value.
#[derive(Clone)]
pub(super) enum Value<'a> {
    /// Lost track of: it may be anything.
    Unknown,
    /// Made by code that is not analysed, and therefore nothing of the analysed code.
    Opaque,
    /// The name has no value.
    Unbound,
    None,
    Bool(bool),
    Int(i64),
    Text(Rc<str>),
    /// A list, tuple or set.
    Sequence(Rc<Sequence<'a>>),
    Dict(Rc<Dict<'a>>),
    /// An analysed module.
    Module(ModuleId),
    Function(Rc<Function<'a>>),
    Class(Rc<Class<'a>>),
    Instance(Rc<Instance<'a>>),
    /// A function and what it is bound to.
    Method(Rc<(Value<'a>, Value<'a>)>),
    /// Something of a module that is not analysed, by its dotted name.
    Foreign(Rc<str>),
    /// A value inside something that changes how it is used.
    Wrapped(Wrapper, Rc<(Value<'a>, Arguments<'a>)>),
    /// A generator or coroutine that has not run yet.
    Suspended(Rc<Suspended<'a>>),
    /// A generator expression that nobody has gone through.
    Generator(Rc<Generator<'a>>),
    /// A name bound by `lazy import` and not used yet.
    Lazy(Rc<LazyImport>),
    /// One of these.
    Either(Rc<Vec<Value<'a>>>),
}

/// What a wrapped value is wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrapper {
    Property,
    StaticMethod,
    ClassMethod,
    /// `functools.partial` with its arguments.
    Partial,
    /// A function turned into a maker of context managers.
    ContextManager,
    /// The context manager that such a function makes.
    Context,
    /// `super()`: the class after which the search starts, and the receiver.
    Super,
    /// `contextlib.suppress` with what it suppresses.
    Suppress,
    /// A thread or process that runs a function when it is started.
    Starts,
    /// The maker of a default of a field of a data class.
    Factory,
    /// What an instance has from a base that is not analysed.
    Inherited,
    /// `globals()` or `vars(module)`.
    Namespace,
    /// What a `type` statement binds: the function that makes its value.
    Alias,
    /// What `map`, `filter`, `zip` and the like make: the function and its arguments.
    Deferred,
}

/// A list, tuple or set.
#[derive(Default)]
pub(super) struct Sequence<'a> {
    pub(super) items: RefCell<Vec<Value<'a>>>,
    /// Whether it may hold other things, or in another order.
    pub(super) open: Cell<bool>,
    pub(super) kind: Kind,
    pub(super) born: u32,
}

/// What a sequence is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// A list or tuple.
    #[default]
    Ordered,
    List,
    Tuple,
    /// It has no order.
    Set,
    /// What `iter` makes of one of them: what it has given it no longer holds.
    Iterator,
}

impl Sequence<'_> {
    pub(super) fn is_set(&self) -> bool {
        self.kind == Kind::Set
    }

    pub(super) fn is_iterator(&self) -> bool {
        self.kind == Kind::Iterator
    }
}

/// A dictionary.
#[derive(Default)]
pub(super) struct Dict<'a> {
    pub(super) items: RefCell<Vec<(Value<'a>, Value<'a>)>>,
    /// Whether it may hold other things.
    pub(super) open: Cell<bool>,
    /// What makes the value of a key that is missing: of a `defaultdict`.
    pub(super) factory: Option<Value<'a>>,
    pub(super) born: u32,
}

/// Names and their values, sorted: where all of them are walked, the answer is the same every
/// time.
#[derive(Default)]
pub(super) struct Scope<'a> {
    pub(super) names: RefCell<BTreeMap<Rc<str>, Value<'a>>>,
    /// The scope around it, for functions.
    pub(super) around: Option<Rc<Scope<'a>>>,
    /// Names that belong to the module (`true`) or to a scope around.
    pub(super) elsewhere: RefCell<BTreeMap<Rc<str>, bool>>,
    /// How uncertain it was that anything ran when the scope was made.
    pub(super) born: u32,
    /// Whether names may be bound that nobody sees: `exec`, `globals().update`, a star import.
    pub(super) open: Cell<bool>,
    /// A class body: its names are not seen from the functions inside.
    pub(super) class: bool,
    /// A scope that the language makes inside another one, without a `def` or `class`.
    pub(super) inner: Option<Inner>,
    /// What a function binds anywhere in its body: such a name is never looked for outside.
    pub(super) locals: Option<Rc<Locals<'a>>>,
    /// The import statements that bound names here, where that is noted.
    pub(super) imports: RefCell<BTreeMap<Rc<str>, Vec<At>>>,
}

/// The names that belong to one function.
pub(super) type Locals<'a> = HashSet<&'a str>;

/// Why the language makes a scope inside another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inner {
    /// `:=` binds in the scope around.
    Comprehension,
    /// The parameters of `def f[T]`: what stands inside sees the class around.
    TypeParameters,
}

/// A function or lambda.
pub(super) struct Function<'a> {
    pub(super) name: Rc<str>,
    pub(super) module: ModuleId,
    pub(super) code: Code<'a>,
    pub(super) defaults: Vec<(&'a str, Value<'a>)>,
    pub(super) around: Rc<Scope<'a>>,
    /// The class whose body it was defined in.
    pub(super) class: RefCell<Option<Rc<Class<'a>>>>,
    pub(super) attributes: RefCell<BTreeMap<Rc<str>, Value<'a>>>,
}

/// What a function does.
#[derive(Clone, Copy)]
pub(super) enum Code<'a> {
    Def(&'a ast::StmtFunctionDef),
    Lambda(&'a ast::ExprLambda),
    /// The value of a `type` statement, evaluated when it is asked for.
    Alias(&'a Expr),
}

/// A class of the analysed code.
pub(super) struct Class<'a> {
    pub(super) name: Rc<str>,
    pub(super) module: ModuleId,
    pub(super) bases: Vec<Value<'a>>,
    pub(super) metaclass: Option<Value<'a>>,
    /// Whether a decorator may have given it an `__init__`.
    pub(super) decorated: bool,
    pub(super) scope: Rc<Scope<'a>>,
    /// What is annotated in its body, in order.
    pub(super) fields: Vec<Field>,
    pub(super) subclasses: RefCell<Vec<Value<'a>>>,
    /// The classes after it in which attributes are looked for, once that was asked.
    pub(super) order: OnceCell<Vec<Rc<Class<'a>>>>,
}

/// An instance of an analysed class.
pub(super) struct Instance<'a> {
    pub(super) class: Rc<Class<'a>>,
    pub(super) attributes: RefCell<BTreeMap<Rc<str>, Value<'a>>>,
    /// Whether it may have other attributes, which nobody sees.
    pub(super) open: Cell<bool>,
    pub(super) born: u32,
}

/// A call whose body runs later.
pub(super) struct Suspended<'a> {
    pub(super) function: Rc<Function<'a>>,
    pub(super) arguments: Arguments<'a>,
    pub(super) result: RefCell<Option<Value<'a>>>,
}

/// A generator expression, its first iterable evaluated.
pub(super) struct Generator<'a> {
    pub(super) expression: &'a ast::ExprGenerator,
    pub(super) source: Value<'a>,
    pub(super) scope: Rc<Scope<'a>>,
    pub(super) module: ModuleId,
}

/// What `lazy import` will load.
pub(super) struct LazyImport {
    pub(super) module: Rc<str>,
    /// `name` of `lazy from module import name`.
    pub(super) name: Option<Rc<str>>,
    /// Whether the top package is bound and not the module itself.
    pub(super) top: bool,
    pub(super) by: ModuleId,
}

/// The arguments of a call.
#[derive(Clone, Default)]
pub(super) struct Arguments<'a> {
    pub(super) positional: Vec<Value<'a>>,
    pub(super) keywords: Vec<(Rc<str>, Value<'a>)>,
    /// Whether there may be more: `*unknown`, `**unknown`.
    pub(super) open: bool,
}

/// Whether a value is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    Yes,
    No,
    Maybe,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

impl Truth {
    pub(super) fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
        }
    }
}

/// More alternatives than this are not kept apart.
const ALTERNATIVES: usize = 48;
/// Longer texts are not kept, in bytes.
const LONGEST: usize = 64 * 1024;
/// Longer lists are not kept.
pub(super) const MANY: usize = 20_000;
/// Deeper values are not compared: a list may hold itself.
const DEEPEST: usize = 16;

impl<'a> Value<'a> {
    /// A text, unless it has grown beyond what any module's name is.
    pub(super) fn text(text: impl Into<Rc<str>>) -> Self {
        let text = text.into();
        if text.len() > LONGEST {
            return Self::Opaque;
        }
        Self::Text(text)
    }

    pub(super) fn foreign(name: impl Into<Rc<str>>) -> Self {
        Self::Foreign(name.into())
    }

    /// A list or tuple.
    pub(super) fn sequence(items: Vec<Self>, open: bool, born: u32) -> Self {
        Self::row(Kind::Ordered, items, open, born)
    }

    pub(super) fn set(items: Vec<Self>, open: bool, born: u32) -> Self {
        let mut keys = HashSet::new();
        let is_new = |it: &Self| Key::of(it).is_none_or(|key| keys.insert(key));
        let items = items.into_iter().filter(is_new).collect();
        Self::row(Kind::Set, items, open, born)
    }

    /// A sequence of that kind.
    pub(super) fn row(kind: Kind, mut items: Vec<Self>, mut open: bool, born: u32) -> Self {
        open |= items.len() > MANY;
        items.truncate(MANY);
        Self::Sequence(Rc::new(Sequence {
            items: RefCell::new(items),
            open: Cell::new(open),
            kind,
            born,
        }))
    }

    pub(super) fn dict(items: Vec<(Self, Self)>, open: bool, born: u32) -> Self {
        let items = one_of_each_key(items);
        Self::Dict(Rc::new(Dict {
            items: RefCell::new(items),
            open: Cell::new(open),
            factory: None,
            born,
        }))
    }

    pub(super) fn wrapped(wrapper: Wrapper, value: Self) -> Self {
        Self::Wrapped(wrapper, Rc::new((value, Arguments::default())))
    }

    pub(super) fn method(receiver: Self, function: Self) -> Self {
        Self::Method(Rc::new((receiver, function)))
    }

    /// The alternatives, one for most values.
    pub(super) fn alternatives(&self) -> &[Self] {
        match self {
            Self::Either(values) => values,
            other => std::slice::from_ref(other),
        }
    }

    /// One of the two.
    pub(super) fn or(&self, other: &Self) -> Self {
        let mut values: Vec<Self> = self.alternatives().to_vec();
        for value in other.alternatives() {
            if !values.iter().any(|it| it.same(value)) {
                values.push(value.clone());
            }
        }
        if values.len() > ALTERNATIVES {
            return Self::Unknown;
        }
        Self::one_of(values)
    }

    /// One of several values; none if there are none.
    pub(super) fn any_of(values: &[Self]) -> Option<Self> {
        let (first, others) = values.split_first()?;
        Some(others.iter().fold(first.clone(), |all, it| all.or(it)))
    }

    pub(super) fn one_of(mut values: Vec<Self>) -> Self {
        match values.len() {
            0 => Self::Unknown,
            1 => values.remove(0),
            _ => Self::Either(Rc::new(values)),
        }
    }

    /// Without the possibility that there is no value.
    pub(super) fn bound(&self) -> Option<Self> {
        match self {
            Self::Unbound => None,
            Self::Either(values) => {
                let bound = values.iter().filter(|it| !matches!(it, Self::Unbound));
                Some(Self::one_of(bound.cloned().collect()))
            }
            other => Some(other.clone()),
        }
    }

    pub(super) fn may_be_unbound(&self) -> bool {
        self.alternatives()
            .iter()
            .any(|it| matches!(it, Self::Unbound))
    }

    /// Surely the same thing.
    pub(super) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, Self::Unknown)
            | (Self::Opaque, Self::Opaque)
            | (Self::Unbound, Self::Unbound)
            | (Self::None, Self::None) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Text(a), Self::Text(b)) | (Self::Foreign(a), Self::Foreign(b)) => a == b,
            (Self::Module(a), Self::Module(b)) => a == b,
            (Self::Sequence(a), Self::Sequence(b)) => Rc::ptr_eq(a, b),
            (Self::Dict(a), Self::Dict(b)) => Rc::ptr_eq(a, b),
            (Self::Function(a), Self::Function(b)) => Rc::ptr_eq(a, b),
            (Self::Class(a), Self::Class(b)) => Rc::ptr_eq(a, b),
            (Self::Instance(a), Self::Instance(b)) => Rc::ptr_eq(a, b),
            (Self::Method(a), Self::Method(b)) => a.0.same(&b.0) && a.1.same(&b.1),
            (Self::Wrapped(a, x), Self::Wrapped(b, y)) => a == b && Rc::ptr_eq(x, y),
            (Self::Suspended(a), Self::Suspended(b)) => Rc::ptr_eq(a, b),
            (Self::Lazy(a), Self::Lazy(b)) => Rc::ptr_eq(a, b),
            (Self::Generator(a), Self::Generator(b)) => Rc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// `a == b`, where it can be known.
    pub(super) fn equals(&self, other: &Self) -> Truth {
        self.equals_within(other, DEEPEST)
    }

    fn equals_within(&self, other: &Self, depth: usize) -> Truth {
        let Some(depth) = depth.checked_sub(1) else {
            return Truth::Maybe;
        };
        match (self, other) {
            (Self::Either(_), _) | (_, Self::Either(_)) => {
                let mut found: Option<Truth> = None;
                for a in self.alternatives() {
                    for b in other.alternatives() {
                        let truth = a.equals_within(b, depth);
                        if found.is_some_and(|it| it != truth) {
                            return Truth::Maybe;
                        }
                        found = Some(truth);
                    }
                }
                found.unwrap_or(Truth::Maybe)
            }
            (Self::Sequence(a), Self::Sequence(b))
                if !a.open.get() && !b.open.get() && !a.is_set() && !b.is_set() =>
            {
                if are_unlike(a.kind, b.kind) {
                    return Truth::No;
                }
                let (a, b) = (a.items.borrow(), b.items.borrow());
                if a.len() != b.len() {
                    return Truth::No;
                }
                let truths: Vec<Truth> = a
                    .iter()
                    .zip(b.iter())
                    .map(|(a, b)| a.equals_within(b, depth))
                    .collect();
                if truths.contains(&Truth::No) {
                    Truth::No
                } else if truths.contains(&Truth::Maybe) {
                    Truth::Maybe
                } else {
                    Truth::Yes
                }
            }
            (a, b) if a.is_constant() && b.is_constant() => match (a.number(), b.number()) {
                (Some(a), Some(b)) => Truth::from(a == b),
                _ => Truth::from(a.same(b)),
            },
            (a, b) if a.same(b) && !matches!(a, Self::Unknown | Self::Opaque) => Truth::Yes,
            (Self::Instance(a), Self::Instance(b)) if are_other_members(a, b) => Truth::No,
            (Self::None, b) if b.is_object() => Truth::No,
            (a, Self::None) if a.is_object() => Truth::No,
            (a, b) if a.is_constant() && b.is_code() || a.is_code() && b.is_constant() => Truth::No,
            (Self::Function(_) | Self::Class(_), Self::Function(_) | Self::Class(_)) => Truth::No,
            _ => Truth::Maybe,
        }
    }

    pub(super) fn number(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Bool(value) => Some(i64::from(*value)),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number, a text or `None`.
    pub(super) fn is_constant(&self) -> bool {
        matches!(
            self,
            Self::None | Self::Bool(_) | Self::Int(_) | Self::Text(_)
        )
    }

    /// Surely not `None`.
    fn is_object(&self) -> bool {
        if let Self::Foreign(name) = self {
            return name.starts_with("builtins.");
        }
        !matches!(
            self,
            Self::Unknown
                | Self::Opaque
                | Self::None
                | Self::Unbound
                | Self::Wrapped(Wrapper::Inherited, _)
        )
    }

    /// A function, class or module of the analysed code.
    pub(super) fn is_code(&self) -> bool {
        matches!(
            self,
            Self::Function(_) | Self::Class(_) | Self::Method(_) | Self::Module(_)
        )
    }

    /// Whether it is true, without running anything.
    pub(super) fn truth(&self) -> Truth {
        match self {
            Self::None => Truth::No,
            Self::Bool(value) => Truth::from(*value),
            Self::Int(number) => Truth::from(*number != 0),
            Self::Text(text) => Truth::from(!text.is_empty()),
            Self::Sequence(it) => match (it.items.borrow().is_empty(), it.open.get()) {
                // What an open one holds may not be there either.
                (_, true) => Truth::Maybe,
                (empty, false) => Truth::from(!empty),
            },
            Self::Dict(it) => match (it.items.borrow().is_empty(), it.open.get()) {
                // What an open one holds may not be there either.
                (_, true) => Truth::Maybe,
                (empty, false) => Truth::from(!empty),
            },
            Self::Either(values) => {
                let first = values.first().map_or(Truth::Maybe, Self::truth);
                if values.iter().all(|it| it.truth() == first) {
                    first
                } else {
                    Truth::Maybe
                }
            }
            Self::Module(_) | Self::Function(_) | Self::Method(_) => Truth::Yes,
            Self::Foreign(name) if name.starts_with("builtins.") => Truth::Yes,
            Self::Wrapped(Wrapper::Deferred, _) | Self::Generator(_) => Truth::Yes,
            Self::Class(class) if class.metaclass.is_none() => Truth::Yes,
            _ => Truth::Maybe,
        }
    }
}

/// Whether two objects are members of enumerations that differ.
fn are_other_members<'a>(a: &Rc<Instance<'a>>, b: &Rc<Instance<'a>>) -> bool {
    let known = |it: &Rc<Instance<'a>>| {
        is_enumeration(&it.class) && value_of(it).is_some_and(|it| it.is_constant())
    };
    !Rc::ptr_eq(a, b) && Rc::ptr_eq(&a.class, &b.class) && known(a) && known(b)
}

impl Sequence<'_> {
    /// Forgets what is too much.
    pub(super) fn bound(&self) {
        let mut items = self.items.borrow_mut();
        if items.len() > MANY {
            items.truncate(MANY);
            self.open.set(true);
        }
    }
}

impl<'a> Function<'a> {
    pub(super) fn parameters(&self) -> Option<&'a ast::Parameters> {
        match self.code {
            Code::Def(def) => Some(&def.parameters),
            Code::Lambda(lambda) => lambda.parameters.as_deref(),
            Code::Alias(_) => None,
        }
    }

    pub(super) fn range(&self) -> TextRange {
        match self.code {
            Code::Def(def) => def.range,
            Code::Lambda(lambda) => lambda.range,
            Code::Alias(value) => value.range(),
        }
    }
}

impl<'a> Code<'a> {
    pub(super) fn body(self) -> Result<&'a [Stmt], &'a Expr> {
        match self {
            Self::Def(def) => Ok(&def.body),
            Self::Lambda(lambda) => Err(&lambda.body),
            Self::Alias(value) => Err(value),
        }
    }
}

impl<'a> Arguments<'a> {
    pub(super) fn of(positional: Vec<Value<'a>>) -> Self {
        Self {
            positional,
            ..Self::default()
        }
    }

    /// Arguments of which nothing is known.
    pub(super) fn unknown() -> Self {
        Self {
            open: true,
            ..Self::default()
        }
    }

    pub(super) fn get(&self, index: usize, name: &str) -> Option<&Value<'a>> {
        self.positional.get(index).or_else(|| {
            self.keywords
                .iter()
                .find(|(key, _)| &**key == name)
                .map(|(_, value)| value)
        })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Value<'a>> {
        self.positional
            .iter()
            .chain(self.keywords.iter().map(|(_, value)| value))
    }
}

impl<'a> Scope<'a> {
    pub(super) fn new(around: Option<Rc<Self>>, born: u32, class: bool) -> Rc<Self> {
        Rc::new(Self {
            around,
            born,
            class,
            ..Self::default()
        })
    }

    /// A scope that has no body of its own.
    pub(super) fn inside(around: Rc<Self>, born: u32, inner: Inner) -> Rc<Self> {
        Rc::new(Self {
            around: Some(around),
            born,
            inner: Some(inner),
            ..Self::default()
        })
    }

    /// The scope of a call.
    pub(super) fn of_call(around: Rc<Self>, born: u32, locals: Option<Rc<Locals<'a>>>) -> Rc<Self> {
        Rc::new(Self {
            around: Some(around),
            born,
            locals,
            ..Self::default()
        })
    }

    pub(super) fn get(&self, name: &str) -> Option<Value<'a>> {
        self.names.borrow().get(name).cloned()
    }

    /// Whether a name belongs to the function whose scope it is, bound or not.
    pub(super) fn owns(&self, name: &str) -> bool {
        self.locals.as_ref().is_some_and(|it| it.contains(name))
    }

    /// Binds a name; where it is not sure that this runs, what was there before may remain.
    pub(super) fn set(&self, name: &str, value: Value<'a>, uncertain: u32) {
        set_in(
            &mut self.names.borrow_mut(),
            name,
            value,
            uncertain > self.born,
        );
    }
}

/// Whether one is a list and the other a tuple.
pub(super) fn are_unlike(a: Kind, b: Kind) -> bool {
    matches!(
        (a, b),
        (Kind::List, Kind::Tuple) | (Kind::Tuple, Kind::List)
    )
}

/// Of a key that comes again the last value stays, where the first one stood.
fn one_of_each_key<'a>(items: Vec<(Value<'a>, Value<'a>)>) -> Vec<(Value<'a>, Value<'a>)> {
    let mut places: HashMap<Key, usize> = HashMap::new();
    let mut all: Vec<(Value<'a>, Value<'a>)> = Vec::with_capacity(items.len());
    for (key, value) in items {
        let known = Key::of(&key).map(|it| *places.entry(it).or_insert(all.len()));
        match known.and_then(|it| all.get_mut(it)) {
            Some(old) => old.1 = value,
            None => all.push((key, value)),
        }
    }
    all
}

/// A constant as a key: numbers that are equal are the same key.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Key {
    None,
    Number(i64),
    Text(Rc<str>),
}

impl Key {
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::None => Some(Self::None),
            Value::Text(text) => Some(Self::Text(text.clone())),
            other => other.number().map(Self::Number),
        }
    }
}

/// Binds a name in a table; a weak binding leaves what was there as a possibility.
pub(super) fn set_in<'a>(
    names: &mut BTreeMap<Rc<str>, Value<'a>>,
    name: &str,
    value: Value<'a>,
    weak: bool,
) {
    match names.get_mut(name) {
        Some(old) if weak => *old = old.or(&value),
        Some(old) => *old = value,
        None if weak => drop(names.insert(name.into(), Value::Unbound.or(&value))),
        None => drop(names.insert(name.into(), value)),
    }
}

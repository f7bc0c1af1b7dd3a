//! What a loop goes through.
//!
//! <https://docs.python.org/3/library/stdtypes.html#iterator-types>

use crate::python::syntax::TextRange;

use super::enumeration::{is_enumeration, members};
use super::exception::caught;
use super::fields::items_of;
use super::machine::{Machine, MayRaise, Outcome};
use super::value::{Arguments, Sequence, Suspended, Truth, Value, Wrapper};

/// What a generator has yielded.
#[derive(Default)]
pub(super) struct Yielded<'a> {
    pub(super) values: Vec<Value<'a>>,
    /// Whether it may yield other things, or fewer.
    pub(super) open: bool,
}

impl Yielded<'_> {
    /// Nothing is known of it.
    pub(super) fn unknown() -> Self {
        Self {
            values: Vec::new(),
            open: true,
        }
    }
}

impl<'a> Machine<'a, '_> {
    /// What a loop over a value goes through, and whether that is not all or not sure.
    pub(super) fn iterate(
        &mut self,
        value: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, (Vec<Value<'a>>, bool)> {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || {
            self.go_through(value, range)
        })
    }

    fn go_through(
        &mut self,
        value: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, (Vec<Value<'a>>, bool)> {
        Ok(match value {
            Value::Sequence(it) if it.is_iterator() => self.use_up(it),
            Value::Sequence(it) => (it.items.borrow().clone(), it.open.get()),
            Value::Dict(it) => {
                let keys = it
                    .items
                    .borrow()
                    .iter()
                    .map(|(key, _)| key.clone())
                    .collect();
                (keys, it.open.get())
            }
            Value::Text(text) if text.len() <= 256 => (
                text.chars().map(|it| Value::text(it.to_string())).collect(),
                false,
            ),
            Value::Suspended(suspended) => return self.run_through(suspended, range),
            Value::Instance(_) => return self.iterate_instance(value, range),
            Value::Class(class) if is_enumeration(class) && !members(class).is_empty() => {
                let all = members(class).into_iter().map(Value::Instance);
                (all.collect(), false)
            }
            Value::Class(_) => {
                match self.call_special(value, "__iter__", Arguments::default(), range)? {
                    Some(iterator) => return self.iterate_again(&iterator, range),
                    None => (vec![Value::Unknown], true),
                }
            }
            Value::Either(values) => {
                let mut all = Vec::new();
                for value in values.iter() {
                    let why = "a loop over one of several objects";
                    if let Ok((items, _)) = self.perhaps(why, range, |it| it.iterate(value, range))
                    {
                        all.extend(items);
                    }
                }
                (all, true)
            }
            Value::None | Value::Bool(_) | Value::Int(_) => {
                self.wrong_type(value, "is gone through", range)?;
                (vec![Value::Unknown], true)
            }
            Value::Generator(generator) => return self.exhaust(generator),
            Value::Wrapped(Wrapper::Deferred, parts) => return self.go_on(parts, range),
            Value::Foreign(_) | Value::Opaque => (vec![Value::Opaque], true),
            _ => (vec![Value::Unknown], true),
        })
    }

    /// What is left in an iterator, which is empty then, if it is surely asked for all.
    fn use_up(&mut self, iterator: &Sequence<'a>) -> (Vec<Value<'a>>, bool) {
        let all = iterator.items.borrow().clone();
        let open = iterator.open.get();
        if self.once || self.uncertainty() > iterator.born {
            iterator.open.set(true);
        } else {
            iterator.items.borrow_mut().clear();
        }
        (all, open)
    }

    /// What a generator yields; it runs once.
    fn run_through(
        &mut self,
        suspended: &Suspended<'a>,
        range: TextRange,
    ) -> Outcome<'a, (Vec<Value<'a>>, bool)> {
        if let Some(Value::Sequence(known)) = &*suspended.result.borrow() {
            return Ok((known.items.borrow().clone(), known.open.get()));
        }
        let (_, Yielded { values, open }) =
            self.run_function(&suspended.function, suspended.arguments.clone(), range)?;
        let result = self.sequence(values.clone(), open);
        *suspended.result.borrow_mut() = Some(result);
        Ok((values, open))
    }

    /// What `map` and the like make goes through something itself when it is gone through.
    fn go_on(
        &mut self,
        (function, arguments): &(Value<'a>, Arguments<'a>),
        range: TextRange,
    ) -> Outcome<'a, (Vec<Value<'a>>, bool)> {
        let Value::Foreign(name) = function else {
            return Ok((vec![Value::Unknown], true));
        };
        let values = self.run_deferred(name, arguments, range)?;
        match &values {
            Value::Sequence(it) => Ok((it.items.borrow().clone(), it.open.get())),
            _ => Ok((vec![Value::Unknown], true)),
        }
    }

    fn iterate_instance(
        &mut self,
        value: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, (Vec<Value<'a>>, bool)> {
        if let Value::Instance(instance) = value
            && let Some(items) = items_of(instance)
        {
            return Ok((items, false));
        }
        let once = std::mem::take(&mut self.once);
        self.ask(value, &["__aiter__"], range)?;
        if let Some(next) = self.call_special(value, "__anext__", Arguments::default(), range)? {
            let next = self.caught(|it| it.resume(&next, range));
            return Ok((next.into_iter().collect(), true));
        }
        let told = match self.call_special(value, "__iter__", Arguments::default(), range)? {
            Some(iterator) => {
                self.once = once;
                let done = if iterator.same(value) {
                    self.ask_for_all(&iterator, range)
                } else {
                    self.iterate_again(&iterator, range)
                };
                self.once = false;
                return done;
            }
            None => {
                let first = Arguments::of(vec![Value::Int(0)]);
                self.call_special(value, "__getitem__", first, range)?
            }
        };
        Ok((told.into_iter().collect(), true))
    }

    fn iterate_again(
        &mut self,
        iterator: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, (Vec<Value<'a>>, bool)> {
        match iterator {
            Value::Sequence(_)
            | Value::Suspended(_)
            | Value::Dict(_)
            | Value::Generator(_)
            | Value::Wrapped(Wrapper::Deferred, _) => self.iterate(iterator, range),
            Value::Instance(_) => self.ask_for_all(iterator, range),
            _ => Ok((vec![Value::Unknown], true)),
        }
    }

    /// What an object gives until it raises `StopIteration`.
    /// <https://docs.python.org/3/library/stdtypes.html#iterator.__next__>
    fn ask_for_all(
        &mut self,
        iterator: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, (Vec<Value<'a>>, bool)> {
        const ROUNDS: usize = 100;
        const DOUBTFUL_ROUNDS: usize = 3;
        let once = std::mem::take(&mut self.once);
        let mut items = Vec::new();
        let mut doubtful = 0;
        for _ in 0..ROUNDS {
            let before = std::mem::take(&mut self.may_raise);
            let next = self.caught(|it| it.ask_for_one(iterator, doubtful > 0, range));
            let risk = std::mem::replace(&mut self.may_raise, before);
            match next {
                Ok(Some(value)) => items.push(value),
                Ok(None) => break,
                Err(raise) => {
                    let ends = caught(&raise.kind, &Value::foreign("builtins.StopIteration"));
                    match (ends, doubtful) {
                        (Truth::Yes, 0) => return Ok((items, false)),
                        (Truth::No, 0) => return Err(raise),
                        (Truth::Yes, _) => {}
                        _ => self.may_have_raised(&raise),
                    }
                    break;
                }
            }
            if once || doubtful > 0 || risk != MayRaise::default() {
                self.may_raise.add(risk);
                doubtful += 1;
            }
            if doubtful > DOUBTFUL_ROUNDS {
                break;
            }
        }
        Ok((items, true))
    }

    fn ask_for_one(
        &mut self,
        iterator: &Value<'a>,
        doubtful: bool,
        range: TextRange,
    ) -> Outcome<'a, Option<Value<'a>>> {
        const ASKED: &str = "an iterator may not be asked for more";
        let ask =
            |it: &mut Self| it.call_special(iterator, "__next__", Arguments::default(), range);
        if doubtful {
            self.perhaps(ASKED, range, ask)
        } else {
            ask(self)
        }
    }
}

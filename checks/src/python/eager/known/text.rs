//! Methods of texts.
//!
//! <https://docs.python.org/3/library/stdtypes.html#string-methods>

use crate::python::eager::expression::written;
use crate::python::eager::machine::{Machine, Outcome};
use crate::python::eager::value::{Arguments, Value};
use crate::python::syntax::TextRange;

impl<'a> Machine<'a, '_> {
    pub(super) fn text_method(
        &mut self,
        text: &str,
        method: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let texts: Option<Vec<&str>> = arguments.positional.iter().map(Value::as_text).collect();
        let made = texts.and_then(|it| changed(text, method, &it));
        if let Some(made) = made {
            return Ok(made);
        }
        match method {
            "startswith" | "endswith" => Ok(fits_any(text, method, arguments)),
            "split" | "rsplit" | "partition" | "rpartition" => {
                let parts = parts(text, method, &arguments.positional);
                Ok(parts.map_or(Value::Opaque, |parts| {
                    self.sequence(parts.into_iter().map(Value::text).collect(), false)
                }))
            }
            "join" => self.joined(text, arguments, range),
            "format" => {
                for value in arguments.all() {
                    self.format_one(value, range)?;
                }
                Ok(format_text(text, arguments))
            }
            "lower" => Ok(Value::text(text.to_lowercase())),
            "upper" => Ok(Value::text(text.to_uppercase())),
            _ => Ok(Value::Opaque),
        }
    }

    /// What a field of a format asks an object for.
    fn format_one(&mut self, value: &Value<'a>, range: TextRange) -> Outcome<'a, ()> {
        for name in ["__format__", "__str__", "__repr__"] {
            let asked = self.call_special(value, name, Arguments::default(), range)?;
            if asked.is_some() {
                break;
            }
        }
        Ok(())
    }

    fn joined(&mut self, text: &str, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let Some(values) = arguments.positional.first() else {
            return Ok(Value::Opaque);
        };
        let (items, open) = self.iterate(values, range)?;
        let items: Option<Vec<&str>> = items.iter().map(Value::as_text).collect();
        Ok(match items {
            Some(items) if !open => Value::text(items.join(text)),
            _ => Value::Opaque,
        })
    }
}

/// What a method makes of a text with texts alone.
fn changed<'a>(text: &str, method: &str, arguments: &[&str]) -> Option<Value<'a>> {
    Some(match (method, arguments) {
        ("startswith", [start]) => Value::Bool(text.starts_with(start)),
        ("endswith", [end]) => Value::Bool(text.ends_with(end)),
        ("strip", []) => Value::text(text.trim()),
        ("lstrip", [set]) => Value::text(text.trim_start_matches(|it| set.contains(it))),
        ("rstrip", [set]) => Value::text(text.trim_end_matches(|it| set.contains(it))),
        ("replace", [from, to]) => Value::text(text.replace(from, to)),
        ("removeprefix", [start]) => Value::text(text.strip_prefix(start).unwrap_or(text)),
        ("removesuffix", [end]) => Value::text(text.strip_suffix(end).unwrap_or(text)),
        _ => return None,
    })
}

/// `startswith` and `endswith` with a tuple.
fn fits_any<'a>(text: &str, method: &str, arguments: &Arguments<'a>) -> Value<'a> {
    let options = match arguments.positional.first() {
        Some(Value::Sequence(it)) if !it.open.get() => it.items.borrow(),
        _ => return Value::Opaque,
    };
    let fits = |it: &Value| match (it.as_text(), method) {
        (Some(it), "startswith") => text.starts_with(it),
        (Some(it), _) => text.ends_with(it),
        (None, _) => false,
    };
    Value::Bool(options.iter().any(fits))
}

/// What a text is split into, where that is known.
fn parts<'t>(text: &'t str, method: &str, arguments: &'t [Value<'_>]) -> Option<Vec<&'t str>> {
    let by = match arguments.first() {
        None if method == "split" => return Some(text.split_whitespace().collect()),
        Some(Value::Text(by)) if !by.is_empty() => &**by,
        _ => return None,
    };
    let once = match method {
        "split" | "partition" => text.split_once(by),
        _ => text.rsplit_once(by),
    };
    match (method, arguments, once) {
        ("split", [_], _) => Some(text.split(by).collect()),
        ("split" | "rsplit", [_, Value::Int(1)], Some((before, after))) => {
            Some(vec![before, after])
        }
        ("split" | "rsplit", [_, Value::Int(1)], None) => Some(vec![text]),
        ("partition" | "rpartition", [_], Some((before, after))) => Some(vec![before, by, after]),
        ("partition", [_], None) => Some(vec![text, "", ""]),
        ("rpartition", [_], None) => Some(vec!["", "", text]),
        _ => None,
    }
}

/// `str.format` with `{}` and `{name}` alone.
fn format_text<'a>(format: &str, arguments: &Arguments<'a>) -> Value<'a> {
    let mut text = String::new();
    let mut rest = format;
    let mut next = 0;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((field, after)) = after.split_once('}') else {
            return Value::Opaque;
        };
        let value = if field.is_empty() {
            next += 1;
            arguments.positional.get(next - 1)
        } else if let Ok(index) = field.parse::<usize>() {
            arguments.positional.get(index)
        } else {
            arguments
                .keywords
                .iter()
                .find(|(name, _)| &**name == field)
                .map(|(_, value)| value)
        };
        match value.and_then(written) {
            Some(value) => text.push_str(&value),
            None => return Value::Opaque,
        }
        rest = after;
    }
    text.push_str(rest);
    Value::text(text)
}

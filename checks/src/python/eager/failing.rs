//! Operations that surely raise, by what is known of their operands.
//!
//! <https://docs.python.org/3/library/exceptions.html#concrete-exceptions>. A constant that is
//! known is known for good, so that an exception because of it comes; what is less well known
//! raises nothing here, and anything may come of it.

use crate::python::syntax::{Ranged, Stmt, TextRange, Visitor, ast};

use super::machine::{Machine, Outcome};
use super::statement::Returns;
use super::value::{Kind, Value, are_unlike};

impl<'a> Machine<'a, '_> {
    /// An exception of the language. Where it is not sure that anything runs, what comes after it
    /// is followed all the same: more may be loaded then, and nothing less.
    pub(super) fn fails(
        &mut self,
        kind: &'static str,
        message: impl Into<String>,
        range: TextRange,
    ) -> Outcome<'a> {
        // What was not followed may have made it right.
        let lost = self.stopped.is_some() || self.ends.is_some() || self.is_exhausted();
        if !self.sure() || lost {
            self.risk();
            return Ok(Value::Unknown);
        }
        let body = self.frame().and_then(|frame| frame.body);
        let comes = body.is_none_or(|body| always_within(range, body));
        let raised = self.raise(kind, message, range);
        raised.map_err(|mut raise| {
            raise.trusted |= comes;
            raise
        })
    }

    /// A value that surely has not what is asked of it: `asked` says what.
    pub(super) fn wrong_type(
        &mut self,
        value: &Value<'a>,
        asked: &str,
        range: TextRange,
    ) -> Outcome<'a> {
        let name = type_name(value).unwrap_or("object");
        self.fails("TypeError", format!("`{name}` {asked}"), range)
    }

    /// `constant.name`, which it has not.
    pub(super) fn no_attribute(
        &mut self,
        on: &Value<'a>,
        name: &str,
        range: TextRange,
    ) -> Outcome<'a> {
        let kind = type_name(on).unwrap_or("object");
        let message = format!("`{kind}` has no attribute `{name}`");
        self.fails("AttributeError", message, range)
    }
}

/// Whether a constant has an attribute: all have many that start with two underscores.
pub(super) fn has_attribute(constant: &Value, name: &str) -> bool {
    let known = match constant {
        Value::Int(_) | Value::Bool(_) => INT,
        Value::Text(_) => STR,
        _ => &[],
    };
    name.starts_with("__") || known.contains(&name)
}

/// The type of a constant.
pub(super) fn type_name(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::None => "NoneType",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Text(_) => "str",
        Value::Sequence(it) => match it.kind {
            Kind::List => "list",
            Kind::Tuple => "tuple",
            _ => return None,
        },
        _ => return None,
    })
}

/// Whether an operator surely raises a `TypeError`: numbers go with numbers, texts with texts.
pub(super) fn do_not_fit(op: ast::Operator, left: &Value, right: &Value) -> bool {
    use ast::Operator::{Add, Mod, Mult};
    if let (Value::Sequence(a), Value::Sequence(b)) = (left, right)
        && are_unlike(a.kind, b.kind)
    {
        return true;
    }
    let (a, b) = (kind_of(left), kind_of(right));
    match (a, b) {
        (Some(a), Some(b)) if a == b => match a {
            Operand::Number => false,
            Operand::Text => !matches!(op, Add | Mod),
            Operand::None => true,
            Operand::Many => op == Mult,
        },
        (Some(Operand::Text), Some(_)) if op == Mod => false,
        (Some(Operand::Text | Operand::Many), Some(Operand::Number))
        | (Some(Operand::Number), Some(Operand::Text | Operand::Many)) => op != Mult,
        (Some(_), Some(_)) => true,
        _ => false,
    }
}

/// Whether `<` and the like surely raise a `TypeError`.
pub(super) fn have_no_order(left: &Value, right: &Value) -> bool {
    match (kind_of(left), kind_of(right)) {
        (Some(a), Some(b)) => a != b || a == Operand::None,
        _ => false,
    }
}

/// What operators tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operand {
    None,
    Number,
    Text,
    Many,
}

fn kind_of(value: &Value) -> Option<Operand> {
    Some(match value {
        Value::None => Operand::None,
        Value::Bool(_) | Value::Int(_) => Operand::Number,
        Value::Text(_) => Operand::Text,
        Value::Sequence(_) => Operand::Many,
        _ => return None,
    })
}

/// Whether a function always comes to the simple statement around a place.
fn always_within(range: TextRange, body: &[Stmt]) -> bool {
    let around = |it: &&Stmt| it.range().contains_range(range);
    let Some(statement) = body.iter().find(around) else {
        return false;
    };
    let mut returns = Returns(false);
    let before = body.iter().take_while(|it| it.range() != statement.range());
    before.for_each(|it| returns.visit_stmt(it));
    let simple = matches!(
        statement,
        Stmt::Expr(_) | Stmt::Assign(_) | Stmt::AugAssign(_) | Stmt::Return(_) | Stmt::Raise(_)
    );
    simple && !returns.0
}

const INT: &[&str] = &[
    "as_integer_ratio",
    "bit_count",
    "bit_length",
    "conjugate",
    "denominator",
    "from_bytes",
    "imag",
    "is_integer",
    "numerator",
    "real",
    "to_bytes",
];

const STR: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "count",
    "encode",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "format_map",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "maketrans",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
];

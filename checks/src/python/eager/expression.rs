//! Expressions, in the order in which CPython evaluates them.
//!
//! <https://docs.python.org/3/reference/expressions.html#evaluation-order>

use std::rc::Rc;

use crate::python::syntax::{Expr, Ranged, TextRange, ast};

use super::enumeration::{as_constant, is_true_member};
use super::failing::{do_not_fit, have_no_order};
use super::machine::{Machine, Outcome};
use super::special::TEXTS;
use super::value::{Arguments, Code, Kind, Truth, Value, Wrapper};

impl<'a> Machine<'a, '_> {
    pub(super) fn value(&mut self, expression: &'a Expr) -> Outcome<'a> {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.evaluate(expression))
    }

    fn evaluate(&mut self, expression: &'a Expr) -> Outcome<'a> {
        match expression {
            Expr::Name(it) => self.lookup(&it.id, it.range),
            Expr::Attribute(it) => {
                let on = self.value(&it.value)?;
                self.attribute(&on, &it.attr, it.range)
            }
            Expr::Call(it) => self.call_expression(it),
            Expr::StringLiteral(it) => Ok(Value::text(it.value.to_str())),
            Expr::NumberLiteral(it) => Ok(number(&it.value)),
            Expr::BooleanLiteral(it) => Ok(Value::Bool(it.value)),
            Expr::NoneLiteral(_) => Ok(Value::None),
            Expr::BytesLiteral(_) | Expr::EllipsisLiteral(_) | Expr::IpyEscapeCommand(_) => {
                Ok(Value::Opaque)
            }
            Expr::Tuple(it) => self.display(Kind::Tuple, &it.elts),
            Expr::List(it) => self.display(Kind::List, &it.elts),
            Expr::Set(it) => {
                let items = self.display(Kind::Set, &it.elts)?;
                self.ask_each(&items, &["__hash__"], it.range)?;
                self.as_set(items)
            }
            Expr::Dict(it) => self.dict_display(it),
            Expr::Lambda(it) => self.lambda(it),
            Expr::If(it) => self.conditional(it),
            Expr::BoolOp(it) => self.bool_op(it),
            Expr::Named(it) => self.named(it),
            Expr::UnaryOp(it) => self.unary(it),
            Expr::BinOp(it) => {
                let left = self.value(&it.left)?;
                let right = self.value(&it.right)?;
                self.binary(it.op, &left, &right, it.range)
            }
            Expr::Compare(it) => self.compare(it),
            Expr::Subscript(it) => self.subscript(it),
            Expr::Slice(it) => self.bounds(it),
            Expr::Starred(it) => self.value(&it.value),
            Expr::ListComp(it) => self.comprehension(&it.generators, &[&it.elt]),
            Expr::SetComp(it) => {
                let items = self.comprehension(&it.generators, &[&it.elt])?;
                self.as_set(items)
            }
            Expr::Generator(it) => self.generator(it),
            Expr::DictComp(it) => {
                let parts: Vec<&'a Expr> =
                    it.key.as_deref().into_iter().chain([&*it.value]).collect();
                self.comprehension(&it.generators, &parts)
            }
            Expr::FString(it) => self.f_string(it),
            Expr::TString(it) => self.t_string(it),
            Expr::Await(it) => {
                let value = self.value(&it.value)?;
                self.resume(&value, it.range)
            }
            Expr::Yield(it) => self.yield_one(it),
            Expr::YieldFrom(it) => self.yield_from(it),
        }
    }

    /// `target := value`
    fn named(&mut self, it: &'a ast::ExprNamed) -> Outcome<'a> {
        let value = self.value(&it.value)?;
        if let Expr::Name(name) = &*it.target {
            self.bind_around(&name.id, value.clone());
        }
        Ok(value)
    }

    fn subscript(&mut self, it: &'a ast::ExprSubscript) -> Outcome<'a> {
        let on = self.value(&it.value)?;
        let key = self.value(&it.slice)?;
        if let Expr::Slice(slice) = &*it.slice
            && let Some(part) = self.slice(&on, slice)?
        {
            return Ok(part);
        }
        self.item(&on, &key, it.range)
    }

    /// What stands in a slice is evaluated, whatever it is.
    fn bounds(&mut self, it: &'a ast::ExprSlice) -> Outcome<'a> {
        for part in [&it.lower, &it.upper, &it.step].into_iter().flatten() {
            self.value(part)?;
        }
        Ok(Value::Opaque)
    }

    fn t_string(&mut self, it: &'a ast::ExprTString) -> Outcome<'a> {
        for part in it.value.elements() {
            if let Some(part) = part.as_interpolation() {
                self.value(&part.expression)?;
            }
        }
        Ok(Value::Opaque)
    }

    fn yield_one(&mut self, it: &'a ast::ExprYield) -> Outcome<'a> {
        let value = it.value.as_ref().map(|it| self.value(it)).transpose()?;
        self.yielded(value.unwrap_or(Value::None))?;
        Ok(Value::Unknown)
    }

    fn yield_from(&mut self, it: &'a ast::ExprYieldFrom) -> Outcome<'a> {
        let values = self.value(&it.value)?;
        let (items, open) = self.iterate(&values, it.range)?;
        let sure = self.sure();
        if let Some(frame) = self.frames.last_mut() {
            frame.loose |= open || !sure;
            frame.yields.extend(items);
        }
        Ok(Value::Unknown)
    }

    fn display(&mut self, kind: Kind, elements: &'a [Expr]) -> Outcome<'a> {
        let mut items = Vec::with_capacity(elements.len());
        let mut open = false;
        for element in elements {
            let value = self.value(element)?;
            if element.is_starred_expr() {
                let (more, unknown) = self.iterate(&value, element.range())?;
                items.extend(more);
                open |= unknown;
            } else {
                items.push(value);
            }
        }
        Ok(Value::row(kind, items, open, self.uncertainty()))
    }

    pub(super) fn as_set(&self, items: Value<'a>) -> Outcome<'a> {
        Ok(match items {
            Value::Sequence(it) => {
                let items = it.items.borrow().clone();
                Value::set(items, it.open.get(), self.uncertainty())
            }
            other => other,
        })
    }

    fn dict_display(&mut self, it: &'a ast::ExprDict) -> Outcome<'a> {
        let mut items = Vec::new();
        let mut open = false;
        for item in &it.items {
            let key = item.key.as_ref().map(|key| self.value(key)).transpose()?;
            let value = self.value(&item.value)?;
            match (key, value) {
                (Some(key), value) => {
                    self.call_special(&key, "__hash__", Arguments::default(), it.range)?;
                    items.push((key, value));
                }
                (None, Value::Dict(more)) => {
                    items.extend(more.items.borrow().iter().cloned());
                    open |= more.open.get();
                }
                (None, _) => open = true,
            }
        }
        Ok(Value::dict(items, open, self.uncertainty()))
    }

    fn lambda(&mut self, it: &'a ast::ExprLambda) -> Outcome<'a> {
        let function = match &it.parameters {
            Some(parameters) => self.function(Code::Lambda(it), "<lambda>", parameters)?,
            None => self.bare_function(Code::Lambda(it), "<lambda>"),
        };
        Ok(Value::Function(function))
    }

    fn conditional(&mut self, it: &'a ast::ExprIf) -> Outcome<'a> {
        match self.condition(&it.test)? {
            Truth::Yes => self.value(&it.body),
            Truth::No => self.value(&it.orelse),
            Truth::Maybe => {
                let why = "a condition that cannot be known";
                let first = self.perhaps(why, it.test.range(), |machine| machine.value(&it.body));
                let second =
                    self.perhaps(why, it.test.range(), |machine| machine.value(&it.orelse));
                match (first, second) {
                    (Ok(first), Ok(second)) => Ok(first.or(&second)),
                    (Ok(value), Err(raise)) | (Err(raise), Ok(value)) => {
                        self.may_have_raised(&raise);
                        Ok(value)
                    }
                    (Err(raise), Err(_)) => Err(raise),
                }
            }
        }
    }

    fn bool_op(&mut self, it: &'a ast::ExprBoolOp) -> Outcome<'a> {
        let stops = match it.op {
            ast::BoolOp::And => Truth::No,
            ast::BoolOp::Or => Truth::Yes,
        };
        let length = self.doubts.len();
        let mut result: Option<Value<'a>> = None;
        let last = it.values.len().saturating_sub(1);
        for (index, operand) in it.values.iter().enumerate() {
            let value = match self.value(operand) {
                Ok(value) => value,
                Err(raise) if self.doubts.len() > length => {
                    self.may_have_raised(&raise);
                    break;
                }
                Err(raise) => return Err(raise),
            };
            let truth = self.truth(&value, operand.range())?;
            if index == last || truth == stops {
                result = Some(result.map_or(value.clone(), |all| all.or(&value)));
                break;
            }
            if truth == Truth::Maybe {
                result = Some(result.map_or(value.clone(), |all| all.or(&value)));
                self.doubt("a condition that cannot be known", operand.range());
            }
        }
        self.certain_again(length);
        Ok(result.unwrap_or(Value::Unknown))
    }

    /// Whether an expression is true.
    pub(super) fn condition(&mut self, test: &'a Expr) -> Outcome<'a, Truth> {
        // `x and False` is false whatever `x` is, and `x or True` true.
        if let Expr::BoolOp(it) = test {
            let length = self.doubts.len();
            let stops = Truth::from(it.op == ast::BoolOp::Or);
            let mut all = stops.not();
            for operand in &it.values {
                let truth = match self.condition(operand) {
                    Ok(truth) => truth,
                    Err(raise) if self.doubts.len() > length => {
                        self.may_have_raised(&raise);
                        Truth::Maybe
                    }
                    Err(raise) => return Err(raise),
                };
                if truth == stops {
                    all = stops;
                    break;
                }
                if truth == Truth::Maybe {
                    all = Truth::Maybe;
                    self.doubt("a condition that cannot be known", operand.range());
                }
            }
            self.certain_again(length);
            return Ok(all);
        }
        if let Expr::UnaryOp(it) = test
            && it.op == ast::UnaryOp::Not
        {
            return Ok(self.condition(&it.operand)?.not());
        }
        let value = self.value(test)?;
        self.truth(&value, test.range())
    }

    pub(super) fn truth(&mut self, value: &Value<'a>, range: TextRange) -> Outcome<'a, Truth> {
        if let Value::Class(_) = value {
            self.ask(value, &["__bool__", "__len__"], range)?;
        }
        if let Value::Instance(_) = value {
            for name in ["__bool__", "__len__"] {
                if let Some(told) = self.call_special(value, name, Arguments::default(), range)? {
                    return Ok(told.truth());
                }
            }
            if matches!(value, Value::Instance(it) if is_true_member(it)) {
                return Ok(Truth::Yes);
            }
            let foreign = matches!(value, Value::Instance(it) if self.has_foreign_base(&it.class));
            return Ok(if foreign { Truth::Maybe } else { Truth::Yes });
        }
        Ok(value.truth())
    }

    fn unary(&mut self, it: &'a ast::ExprUnaryOp) -> Outcome<'a> {
        if it.op == ast::UnaryOp::Not {
            return Ok(match self.condition(&it.operand)? {
                Truth::Yes => Value::Bool(false),
                Truth::No => Value::Bool(true),
                Truth::Maybe => Value::Either(Rc::new(vec![Value::Bool(true), Value::Bool(false)])),
            });
        }
        let value = self.value(&it.operand)?;
        let special = match it.op {
            ast::UnaryOp::USub => "__neg__",
            ast::UnaryOp::UAdd => "__pos__",
            _ => "__invert__",
        };
        Ok(match (it.op, &value) {
            (ast::UnaryOp::USub, Value::Int(number)) => {
                number.checked_neg().map_or(Value::Opaque, Value::Int)
            }
            (_, Value::Instance(_)) => {
                let told = self.call_special(&value, special, Arguments::default(), it.range)?;
                told.unwrap_or(Value::Opaque)
            }
            (ast::UnaryOp::USub | ast::UnaryOp::UAdd, Value::Bool(number)) => {
                let number = i64::from(*number);
                Value::Int(if it.op == ast::UnaryOp::USub {
                    -number
                } else {
                    number
                })
            }
            (ast::UnaryOp::UAdd, Value::Int(number)) => Value::Int(*number),
            (_, Value::None | Value::Text(_)) => {
                return self.wrong_type(&value, "has no sign", it.range);
            }
            _ => {
                self.risk();
                Value::Opaque
            }
        })
    }

    pub(super) fn binary(
        &mut self,
        op: ast::Operator,
        left: &Value<'a>,
        right: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        use ast::Operator::{Add, BitAnd, BitOr, BitXor, LShift, Mod, Mult, RShift, Sub};
        if do_not_fit(op, left, right) {
            let message = "an operator between values that do not fit";
            return self.fails("TypeError", message, range);
        }
        Ok(match (op, left, right) {
            (Add, Value::Text(a), Value::Text(b)) => Value::text(format!("{a}{b}")),
            (Add, Value::Int(a), Value::Int(b)) => {
                a.checked_add(*b).map_or(Value::Opaque, Value::Int)
            }
            (LShift | RShift, Value::Int(_), Value::Int(b)) if *b < 0 => {
                return self.fails("ValueError", "a shift by less than nothing", range);
            }
            (_, Value::Int(a), Value::Int(b)) if op != Add && !(*b == 0 && divides(op)) => {
                computed(op, *a, *b).map_or(Value::Opaque, Value::Int)
            }
            (Mult, Value::Text(text), Value::Int(count))
            | (Mult, Value::Int(count), Value::Text(text)) => {
                let count = usize::try_from(*count).unwrap_or(0);
                match text.len().checked_mul(count) {
                    Some(length) if length <= REPEATED => Value::text(text.repeat(count)),
                    _ => Value::Opaque,
                }
            }
            (Mult, Value::Sequence(list), Value::Int(count))
            | (Mult, Value::Int(count), Value::Sequence(list)) => {
                let items = list.items.borrow();
                let count = usize::try_from(*count).unwrap_or(0);
                let length = items.len().saturating_mul(count);
                let all = items.iter().cycle().take(length.min(REPEATED)).cloned();
                let open = list.open.get() || length > REPEATED;
                self.sequence(all.collect(), open)
            }
            (BitOr, Value::Sequence(a), Value::Sequence(b)) if a.is_set() && b.is_set() => {
                let mut items = a.items.borrow().clone();
                items.extend(b.items.borrow().iter().cloned());
                Value::set(items, a.open.get() || b.open.get(), self.uncertainty())
            }
            (Sub | BitAnd | BitXor, Value::Sequence(a), Value::Sequence(b)) => {
                let mut items = a.items.borrow().clone();
                items.extend(b.items.borrow().iter().cloned());
                Value::set(items, true, self.uncertainty())
            }
            (Add, Value::Sequence(a), Value::Sequence(b)) => {
                let kind = if a.kind == b.kind {
                    a.kind
                } else {
                    Kind::Ordered
                };
                let mut items = a.items.borrow().clone();
                items.extend(b.items.borrow().iter().cloned());
                Value::row(
                    kind,
                    items,
                    a.open.get() || b.open.get(),
                    self.uncertainty(),
                )
            }
            (Add, Value::Sequence(a), _) | (Add, _, Value::Sequence(a)) => {
                let items = a.items.borrow().clone();
                self.sequence(items, true)
            }
            (_, left, right)
                if divides(op) && left.number().is_some() && right.number() == Some(0) =>
            {
                return self.fails("ZeroDivisionError", "a division by zero", range);
            }
            (Mod, Value::Text(format), arguments) => {
                self.ask_each(arguments, TEXTS, range)?;
                percent(format, arguments)
            }
            (BitOr, Value::Dict(a), Value::Dict(b)) => {
                let mut items = a.items.borrow().clone();
                items.extend(b.items.borrow().iter().cloned());
                Value::dict(items, a.open.get() || b.open.get(), self.uncertainty())
            }
            (_, Value::Instance(_) | Value::Class(_), _) | (_, _, Value::Instance(_)) => {
                let (name, reflected) = special_of(op);
                let one = Arguments::of(vec![right.clone()]);
                if let Some(told) = self.call_special(left, name, one, range)? {
                    return Ok(told);
                }
                let one = Arguments::of(vec![left.clone()]);
                let told = self.call_special(right, reflected, one, range)?;
                told.unwrap_or(Value::Unknown)
            }
            (_, Value::Unknown | Value::Either(_), _)
            | (_, _, Value::Unknown | Value::Either(_)) => {
                self.risk();
                Value::Unknown
            }
            _ => {
                self.risk();
                Value::Opaque
            }
        })
    }

    fn compare(&mut self, it: &'a ast::ExprCompare) -> Outcome<'a> {
        let mut left = self.value(&it.left)?;
        let mut all = Truth::Yes;
        for (op, right) in it.ops.iter().zip(&it.comparators) {
            let (right, truth) = if all == Truth::Maybe {
                let why = "a comparison that may have ended before";
                self.perhaps(why, it.range, |machine| {
                    machine.compare_next(*op, &left, right, it.range)
                })?
            } else {
                self.compare_next(*op, &left, right, it.range)?
            };
            all = match (all, truth) {
                (_, Truth::No) => return Ok(Value::Bool(false)),
                (Truth::Yes, Truth::Yes) => Truth::Yes,
                _ => Truth::Maybe,
            };
            left = right;
        }
        Ok(match all {
            Truth::Yes => Value::Bool(true),
            _ => Value::Either(Rc::new(vec![Value::Bool(true), Value::Bool(false)])),
        })
    }

    fn compare_next(
        &mut self,
        op: ast::CmpOp,
        left: &Value<'a>,
        right: &'a Expr,
        range: TextRange,
    ) -> Outcome<'a, (Value<'a>, Truth)> {
        let right = self.value(right)?;
        let truth = self.compare_two(op, left, &right, range)?;
        Ok((right, truth))
    }

    pub(super) fn compare_two(
        &mut self,
        op: ast::CmpOp,
        left: &Value<'a>,
        right: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, Truth> {
        use ast::CmpOp::{Eq, Gt, GtE, In, Is, IsNot, Lt, LtE, NotEq, NotIn};
        let special = match op {
            Eq => Some((left, "__eq__", right)),
            NotEq => Some((left, "__ne__", right)),
            Lt => Some((left, "__lt__", right)),
            LtE => Some((left, "__le__", right)),
            Gt => Some((left, "__gt__", right)),
            GtE => Some((left, "__ge__", right)),
            In | NotIn => Some((right, "__contains__", left)),
            _ => None,
        };
        if !matches!(op, Is | IsNot | In | NotIn) {
            let (a, b) = (as_constant(left), as_constant(right));
            if a.is_some() || b.is_some() {
                let (a, b) = (a.as_ref().unwrap_or(left), b.as_ref().unwrap_or(right));
                return self.compare_two(op, a, b, range);
            }
        }
        if let (In | NotIn, Value::Sequence(_)) = (op, right) {
            self.ask(left, &["__eq__"], range)?;
            self.ask_each(right, &["__eq__"], range)?;
        }
        if let (In | NotIn, Value::Dict(_)) = (op, right) {
            self.ask(left, &["__hash__"], range)?;
        }
        if let Some((on @ (Value::Instance(_) | Value::Class(_)), name, argument)) = special
            && let Some(told) =
                self.call_special(on, name, Arguments::of(vec![argument.clone()]), range)?
        {
            let truth = told.truth();
            return Ok(if op == NotIn { truth.not() } else { truth });
        }
        if let Some(truth) = self.compare_reflected(op, left, right, range)? {
            return Ok(truth);
        }
        if let Some((on @ Value::Instance(_), "__le__" | "__lt__" | "__ge__" | "__gt__", _)) =
            special
        {
            self.order_by_another(on, right, range);
        }
        if let (In | NotIn, Value::Suspended(_) | Value::Wrapped(Wrapper::Deferred, _)) =
            (op, right)
        {
            self.once = matches!(right, Value::Suspended(_));
            let done = self.iterate(right, range);
            self.once = false;
            done?;
        }
        if matches!(op, Lt | LtE | Gt | GtE) && have_no_order(left, right) {
            let message = "a comparison of values that have no order";
            return self
                .fails("TypeError", message, range)
                .map(|_| Truth::Maybe);
        }
        if matches!(op, In | NotIn) && matches!(right, Value::None | Value::Bool(_) | Value::Int(_))
        {
            let done = self.wrong_type(right, "is looked into", range);
            return done.map(|_| Truth::Maybe);
        }
        let truth = match op {
            Eq | Is => left.equals(right),
            NotEq | IsNot => left.equals(right).not(),
            Lt | LtE | Gt | GtE => match order(left, right, 16) {
                Some(ordering) => Truth::from(match op {
                    Lt => ordering.is_lt(),
                    LtE => ordering.is_le(),
                    Gt => ordering.is_gt(),
                    _ => ordering.is_ge(),
                }),
                None => Truth::Maybe,
            },
            In => self.contains(right, left),
            NotIn => self.contains(right, left).not(),
        };
        if truth == Truth::Maybe && !matches!(op, Eq | NotEq | Is | IsNot) {
            self.risk();
        }
        Ok(truth)
    }

    /// What answers where the method of the operator is missing on the left: `__eq__` for `!=`,
    /// and the reflected method on the right.
    /// <https://docs.python.org/3/reference/datamodel.html#object.__lt__>
    fn compare_reflected(
        &mut self,
        op: ast::CmpOp,
        left: &Value<'a>,
        right: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, Option<Truth>> {
        use ast::CmpOp::{Eq, Gt, GtE, Lt, LtE, NotEq};
        let tries: &[(bool, &str)] = match op {
            Eq => &[(true, "__eq__")],
            NotEq => &[(false, "__eq__"), (true, "__ne__"), (true, "__eq__")],
            Lt => &[(true, "__gt__")],
            LtE => &[(true, "__ge__")],
            Gt => &[(true, "__lt__")],
            GtE => &[(true, "__le__")],
            _ => return Ok(None),
        };
        for (reflected, name) in tries {
            let (on, other) = if *reflected {
                (right, left)
            } else {
                (left, right)
            };
            let given = Arguments::of(vec![other.clone()]);
            if let Some(told) = self.call_special(on, name, given, range)? {
                let negated = op == NotEq && *name == "__eq__";
                let truth = told.truth();
                return Ok(Some(if negated { truth.not() } else { truth }));
            }
        }
        Ok(None)
    }

    /// `functools.total_ordering` makes the comparisons that a class lacks of the one it has.
    fn order_by_another(&mut self, on: &Value<'a>, other: &Value<'a>, range: TextRange) {
        for name in ["__lt__", "__le__", "__gt__", "__ge__"] {
            let why = "a comparison made of another one";
            let given = Arguments::of(vec![other.clone()]);
            drop(self.perhaps(why, range, |it| it.call_special(on, name, given, range)));
        }
    }

    fn f_string(&mut self, it: &'a ast::ExprFString) -> Outcome<'a> {
        let mut text = Some(String::new());
        for part in it.value.iter() {
            match part {
                ast::FStringPart::Literal(literal) => {
                    if let Some(text) = &mut text {
                        text.push_str(literal.as_str());
                    }
                }
                ast::FStringPart::FString(inner) => self.f_elements(&inner.elements, &mut text)?,
            }
        }
        Ok(text.map_or(Value::Opaque, Value::text))
    }

    fn f_elements(
        &mut self,
        elements: &'a ast::InterpolatedStringElements,
        text: &mut Option<String>,
    ) -> Outcome<'a, ()> {
        for element in elements {
            match element {
                ast::InterpolatedStringElement::Literal(literal) => {
                    if let Some(text) = text {
                        text.push_str(&literal.value);
                    }
                }
                ast::InterpolatedStringElement::Interpolation(it) => {
                    let value = self.value(&it.expression)?;
                    if let Some(spec) = &it.format_spec {
                        self.f_elements(&spec.elements, &mut None)?;
                    }
                    let plain = it.format_spec.is_none()
                        && it.conversion == ast::ConversionFlag::None
                        && it.debug_text.is_none();
                    match (written(&value), plain, &mut *text) {
                        (Some(value), true, Some(text)) => text.push_str(&value),
                        _ => *text = None,
                    }
                    self.ask_texts_inside(&value, it.range)?;
                    if let Value::Instance(_) = &value {
                        for name in ["__format__", "__str__", "__repr__"] {
                            let arguments = match name {
                                "__format__" => Arguments::of(vec![Value::text("")]),
                                _ => Arguments::default(),
                            };
                            if self
                                .call_special(&value, name, arguments, it.range)?
                                .is_some()
                            {
                                break;
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// `str(value)` of a constant.
pub(super) fn written(value: &Value) -> Option<String> {
    Some(match value {
        Value::Text(text) => text.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::None => "None".to_owned(),
        _ => return None,
    })
}

fn percent<'a>(format: &str, arguments: &Value<'a>) -> Value<'a> {
    let items = match arguments {
        Value::Sequence(it) if !it.open.get() => it.items.borrow().clone(),
        other => vec![other.clone()],
    };
    let mut items = items.iter();
    let mut text = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        let Some(after) = after.strip_prefix(['s', 'd']) else {
            return Value::Opaque;
        };
        match items.next().and_then(written) {
            Some(value) => text.push_str(&value),
            None => return Value::Opaque,
        }
        rest = after;
    }
    text.push_str(rest);
    Value::text(text)
}

pub(super) fn order(left: &Value, right: &Value, depth: usize) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Sequence(a), Value::Sequence(b)) => {
            if a.open.get() || b.open.get() || a.is_set() || b.is_set() {
                return None;
            }
            let (a, b) = (a.items.borrow(), b.items.borrow());
            for (a, b) in a.iter().zip(b.iter()) {
                match order(a, b, depth.checked_sub(1)?)? {
                    std::cmp::Ordering::Equal => {}
                    other => return Some(other),
                }
            }
            Some(a.len().cmp(&b.len()))
        }
        _ => Some(left.number()?.cmp(&right.number()?)),
    }
}

/// Longer texts and lists are not made by repetition.
const REPEATED: usize = 1_000;

fn divides(op: ast::Operator) -> bool {
    use ast::Operator::{Div, FloorDiv, Mod};
    matches!(op, Div | FloorDiv | Mod)
}

/// What an operator makes of two whole numbers, if that is one.
fn computed(op: ast::Operator, a: i64, b: i64) -> Option<i64> {
    use ast::Operator as O;
    match op {
        O::Sub => a.checked_sub(b),
        O::Mult => a.checked_mul(b),
        // Python rounds down, for negative numbers too.
        O::FloorDiv if b > 0 => a.checked_div_euclid(b),
        O::Mod if b > 0 => a.checked_rem_euclid(b),
        O::Pow => a.checked_pow(u32::try_from(b).ok()?),
        O::BitAnd => Some(a & b),
        O::BitOr => Some(a | b),
        O::BitXor => Some(a ^ b),
        O::RShift => a.checked_shr(u32::try_from(b).ok()?),
        O::LShift if b < 32 && a.unsigned_abs() < 1 << 30 => a.checked_shl(u32::try_from(b).ok()?),
        _ => None,
    }
}

/// The method that an augmented assignment asks for first.
pub(super) fn in_place(op: ast::Operator) -> String {
    let (name, _) = special_of(op);
    format!("__i{}", name.trim_start_matches('_'))
}

fn special_of(op: ast::Operator) -> (&'static str, &'static str) {
    use ast::Operator as O;
    match op {
        O::Add => ("__add__", "__radd__"),
        O::Sub => ("__sub__", "__rsub__"),
        O::Mult => ("__mul__", "__rmul__"),
        O::MatMult => ("__matmul__", "__rmatmul__"),
        O::Div => ("__truediv__", "__rtruediv__"),
        O::Mod => ("__mod__", "__rmod__"),
        O::Pow => ("__pow__", "__rpow__"),
        O::LShift => ("__lshift__", "__rlshift__"),
        O::RShift => ("__rshift__", "__rrshift__"),
        O::BitOr => ("__or__", "__ror__"),
        O::BitXor => ("__xor__", "__rxor__"),
        O::BitAnd => ("__and__", "__rand__"),
        O::FloorDiv => ("__floordiv__", "__rfloordiv__"),
    }
}

fn number<'a>(written: &ast::Number) -> Value<'a> {
    match written {
        ast::Number::Int(number) => number.as_i64().map_or(Value::Opaque, Value::Int),
        _ => Value::Opaque,
    }
}

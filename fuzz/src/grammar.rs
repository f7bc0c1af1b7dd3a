//! Programs of a small grammar: valid Python, made of choices.
//!
//! The grammar is text. `{e}` is an expression, `{t}` what can be assigned to, `{n}` a name, `{m}`
//! a module, `{d}` the name of a special method and `{b}` a block, one level deeper.

use arbitrary::{Result, Unstructured};

/// Few, so that what is bound is also used.
const NAMES: &[&str] = &["a", "b", "c", "f", "g", "C", "D", "self", "x", "_"];
const MODULES: &[&str] = &[
    "torch",
    "a",
    "p",
    "p.q",
    "p.r",
    ".",
    ".q",
    "..p",
    "main",
    "sys",
    "os",
    "functools",
    "importlib",
    "typing",
    "abc",
    "enum",
    "dataclasses",
    "contextlib",
    "types",
    "missing",
];
const SPECIAL: &[&str] = &[
    "__init__",
    "__new__",
    "__call__",
    "__get__",
    "__set__",
    "__delete__",
    "__getattr__",
    "__getattribute__",
    "__setattr__",
    "__iter__",
    "__next__",
    "__enter__",
    "__exit__",
    "__init_subclass__",
    "__set_name__",
    "__class_getitem__",
    "__eq__",
    "__bool__",
    "__len__",
    "__getitem__",
    "__contains__",
    "__add__",
    "__prepare__",
    "__hash__",
    "__del__",
    "__dir__",
    "__instancecheck__",
    "__mro_entries__",
    "__missing__",
    "__aenter__",
    "__await__",
];
const TARGETS: &[&str] = &[
    "{n}",
    "{n}",
    "{e}.{n}",
    "{e}[{e}]",
    "{n}, *{n}",
    "({n}, [{n}, {n}])",
];
const EXPRESSIONS: &[&str] = &[
    "{n}",
    "{n}",
    "{n}",
    "1",
    "0",
    "'a'",
    "'torch'",
    "None",
    "True",
    "False",
    "...",
    "b'a'",
    "{n}.{n}",
    "({e}).{n}",
    "({e})()",
    "{n}({e})",
    "{n}({e}, *{e}, a={e}, **{e})",
    "({e})[{e}]",
    "({e})[{e}:{e}]",
    "({e} + {e})",
    "({e} % {e})",
    "({e} @ {e})",
    "(-({e}))",
    "({e} and {e})",
    "({e} or {e})",
    "(not {e})",
    "({e} in {e})",
    "({e} is {e})",
    "({e} < {e} == {e})",
    "({e} if {e} else {e})",
    "[{e}, {e}]",
    "[*{e}]",
    "({e},)",
    "{{{e}: {e}}}",
    "{{**{e}}}",
    "{{{e}, {e}}}",
    "(lambda {n}=None, *a: {e})",
    "[{e} for {n} in {e}]",
    "[{e} for {n} in {e} if {e} for {n} in {e}]",
    "({e} for {n} in {e})",
    "{{{e}: {e} for {n} in {e}}}",
    "({n} := {e})",
    "f'{{{n}!r:>{{{n}}}}}'",
    "f'{{{n}.{n}()}}'",
    "type({e})",
    "super()",
    "super().{d}()",
    "getattr({e}, 'a', {e})",
    "setattr({e}, 'a', {e})",
    "isinstance({e}, {e})",
    "globals()",
    "vars({e})",
    "locals()['a']",
    "next(iter({e}))",
    "list({e})",
    "map({e}, {e})",
    "property({e})",
    "classmethod({e})",
    "staticmethod({e})",
    "callable({e})",
    "sorted({e}, key={e})",
    "__name__",
    "__file__",
    "exec('import torch')",
    "eval('{n}')",
    "__import__('torch')",
    "__import__('sys').modules",
    "object()",
    "object.__new__({n})",
    "type('C', ({n},), {{'a': {e}}})",
    "'torch'.join([{e}])",
    "'{{}}'.format({e})",
    "({e}).__class__",
    "({e}).__dict__",
];
const STATEMENTS: &[&str] = &[
    "{e}",
    "{e}",
    "{t} = {e}",
    "{t} = {e}",
    "{n} = {n} = {e}",
    "{n} += {e}",
    "{n}: {e} = {e}",
    "{n}: {e}",
    "import {m}",
    "import torch",
    "import p.q",
    "from {m} import {n}",
    "from p import q",
    "from p import {n} as {n}",
    "from . import {n}",
    "from p.q import *",
    "del {n}",
    "pass",
    "assert {e}, {e}",
    "raise {e}",
    "global {n}",
    "type {n}[T: {e}] = {e}",
    "if {e}:\n{b}",
    "if {e}:\n{b}else:\n{b}",
    "if {e}:\n{b}elif {e}:\n{b}else:\n{b}",
    "for {n} in {e}:\n{b}",
    "for {t} in {e}:\n{b}else:\n{b}",
    "while {e}:\n{b}",
    "while {e}:\n{b}else:\n{b}",
    "with {e} as {n}:\n{b}",
    "with {e}, {e}:\n{b}",
    "try:\n{b}except ImportError:\n{b}",
    "try:\n{b}except {e} as {n}:\n{b}finally:\n{b}",
    "try:\n{b}finally:\n{b}",
    "try:\n{b}except* {e}:\n{b}",
    "try:\n{b}except:\n{b}else:\n{b}",
    "match {e}:\n case {{'a': {n}, **{n}}}:\n  pass\n case [_, *{n}] if {e}:\n  pass\n case C(a={n}) | 1:\n  pass",
    "def {n}():\n{b}",
    "def {n}({n}={e}, *a, b: {e} = {e}, **k) -> {e}:\n{b}",
    "@{n}\ndef {n}(*a):\n{b}",
    "@{e}\ndef {n}(self):\n{b}",
    "def {n}():\n return {e}",
    "def {n}(x):\n yield {e}\n yield from {e}",
    "async def {n}():\n await {e}",
    "def {d}(self, *a, **k):\n{b}",
    "def {d}(self, *a, **k):\n return {e}",
    "def __getattr__(name):\n{b}",
    "class {n}:\n{b}",
    "class {n}({n}):\n{b}",
    "class {n}({n}, metaclass={n}):\n{b}",
    "@{n}\nclass {n}[T]({e}):\n{b}",
];

/// How deep expressions and blocks are nested at most.
const DEPTH: usize = 5;
/// How long a program becomes, about. In bytes.
const LENGTH: usize = 2_000;

/// A statement, or a few.
///
/// # Errors
///
/// The choices are used up.
pub fn statements(choices: &mut Unstructured<'_>, indent: usize) -> Result<String> {
    let mut text = String::new();
    for _ in 0..choices.int_in_range(1..=4)? {
        statement(choices, indent, 0, &mut text)?;
    }
    Ok(text)
}

/// An expression.
///
/// # Errors
///
/// The choices are used up.
pub fn expression(choices: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::new();
    fill(choices, "{e}", 0, &mut text)?;
    Ok(text)
}

/// A name.
///
/// # Errors
///
/// The choices are used up.
pub fn name(choices: &mut Unstructured<'_>) -> Result<&'static str> {
    choices.choose(NAMES).copied()
}

fn statement(
    choices: &mut Unstructured<'_>,
    indent: usize,
    depth: usize,
    text: &mut String,
) -> Result<()> {
    let deep = depth >= DEPTH || text.len() > LENGTH;
    let chosen = if deep {
        "pass"
    } else {
        choices.choose(STATEMENTS)?
    };
    for line in chosen.split_inclusive('\n') {
        // A block brings its own indentation.
        if let Some(rest) = line.strip_prefix("{b}") {
            block(choices, indent + 1, depth + 1, text)?;
            if rest.trim().is_empty() {
                continue;
            }
            *text += &" ".repeat(indent);
            fill(choices, rest, depth, text)?;
        } else {
            *text += &" ".repeat(indent);
            fill(choices, line, depth, text)?;
        }
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(())
}

fn block(
    choices: &mut Unstructured<'_>,
    indent: usize,
    depth: usize,
    text: &mut String,
) -> Result<()> {
    for _ in 0..choices.int_in_range(1..=3)? {
        statement(choices, indent, depth, text)?;
    }
    Ok(())
}

/// Writes a template with its holes filled; `{{` and `}}` stand for themselves.
fn fill(
    choices: &mut Unstructured<'_>,
    template: &str,
    depth: usize,
    text: &mut String,
) -> Result<()> {
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        *text += &rest[..at];
        let hole = &rest[at..];
        if hole.starts_with("{{") || hole.starts_with("}}") {
            *text += &hole[..1];
            rest = &hole[2..];
            continue;
        }
        let inner = depth + 1;
        match &hole[..3] {
            "{e}" if depth >= DEPTH || text.len() > LENGTH => *text += choices.choose(NAMES)?,
            "{e}" => {
                let chosen = *choices.choose(EXPRESSIONS)?;
                fill(choices, chosen, inner, text)?;
            }
            "{t}" => {
                let chosen = *choices.choose(TARGETS)?;
                fill(choices, chosen, inner, text)?;
            }
            "{n}" => *text += choices.choose(NAMES)?,
            "{m}" => *text += choices.choose(MODULES)?,
            "{d}" => *text += choices.choose(SPECIAL)?,
            other => unreachable!("the grammar has no hole {other}"),
        }
        rest = &hole[3..];
    }
    *text += rest;
    Ok(())
}

//! The tree of a text without the bodies of its functions.
//!
//! Most of a module is the bodies of functions that nobody calls while it is loaded: they need
//! not be kept, nor waited for. An outline is the tree of a text in which each of them is one
//! empty expression in its place, so that everything outside of them stands where it stood. Where
//! they lie is seen at a glance, which may err; and what is in them may be no Python. Therefore
//! an outline is believed only if it [agrees](Parsed::agrees) with the whole text.

use std::collections::HashMap;
use std::mem::discriminant;
use std::ops::Range;

use ruff_python_ast::NodeIndex;

use super::{ExceptHandler, Parsed, Ranged, Stmt, TextSize, ast, glance, parse_shallow};

/// What stands for a body: a comment between brackets, whose end is on a line of its own.
const START: &str = "(#";
const END: &str = "\n0)";

/// Shorter bodies are left as they are, in bytes.
const SHORT: usize = START.len() + END.len();

/// The tree of `text` in which most functions are [outlined](is_outlined); none if it has none
/// of them, or is not as most texts are.
pub(crate) fn outline(text: &str) -> Option<Parsed> {
    let mut bodies = glance::look(text.as_bytes())?;
    bodies.retain(|it| it.len() >= SHORT);
    if bodies.is_empty() {
        return None;
    }
    let outline = parse_shallow(&blanked(text, &bodies)?).ok()?;
    let starts = bodies.iter().map(|it| TextSize::try_from(it.start));
    let mut starts = starts.collect::<Result<Vec<_>, _>>().ok()?.into_iter();
    let mut next = starts.next();
    each_statement(&outline.body, &mut |statement| {
        if let Stmt::FunctionDef(def) = statement
            && def.body.first().map(Ranged::start) == next
        {
            def.node_index.set(NodeIndex::from(OUTLINED));
            next = starts.next();
        }
    });
    next.is_none().then_some(outline)
}

/// The parser gives a node no index; that of an outlined function has this one.
const OUTLINED: u32 = 1;

/// Whether what the function does is left out of the tree.
pub(crate) fn is_outlined(def: &ast::StmtFunctionDef) -> bool {
    def.node_index.load().as_u32() == Some(OUTLINED)
}

impl Parsed {
    /// Whether this outline has the statements of the whole tree, each in its place.
    pub(crate) fn agrees(&self, whole: &Self) -> bool {
        let list = |parsed: &Self| {
            let mut all = Vec::new();
            each_statement(&parsed.body, &mut |it| {
                all.push((discriminant(it), it.range()));
            });
            all
        };
        list(self) == list(whole)
    }

    /// The functions that stand in no other, by where they start.
    pub(crate) fn functions(&self) -> HashMap<TextSize, &ast::StmtFunctionDef> {
        let mut all = HashMap::new();
        each_statement(&self.body, &mut |statement| {
            if let Stmt::FunctionDef(def) = statement {
                all.insert(def.start(), def);
            }
        });
        all
    }
}

/// The text with every body blanked. Bytes outside of them stay where they are.
fn blanked(text: &str, bodies: &[Range<usize>]) -> Option<String> {
    let longest = bodies.iter().map(Range::len).max()?;
    let blanks = " ".repeat(longest);
    let mut outline = String::with_capacity(text.len());
    for body in bodies {
        outline.push_str(text.get(outline.len()..body.start)?);
        outline.push_str(START);
        outline.push_str(blanks.get(..body.len() - START.len() - END.len())?);
        outline.push_str(END);
    }
    outline.push_str(text.get(outline.len()..)?);
    Some(outline)
}

/// Every statement that stands in no function, in the order of the text.
fn each_statement<'t>(body: &'t [Stmt], see: &mut impl FnMut(&'t Stmt)) {
    for statement in body {
        see(statement);
        for block in blocks(statement) {
            each_statement(block, see);
        }
    }
}

/// The blocks that a statement runs where it stands.
fn blocks(statement: &Stmt) -> Vec<&[Stmt]> {
    match statement {
        Stmt::ClassDef(it) => vec![&it.body],
        Stmt::With(it) => vec![&it.body],
        Stmt::For(it) => vec![&it.body, &it.orelse],
        Stmt::While(it) => vec![&it.body, &it.orelse],
        Stmt::If(it) => {
            let rest = it.elif_else_clauses.iter().map(|it| &*it.body);
            [&*it.body].into_iter().chain(rest).collect()
        }
        Stmt::Match(it) => it.cases.iter().map(|it| &*it.body).collect(),
        Stmt::Try(it) => {
            let handlers = it.handlers.iter();
            let handlers = handlers.map(|ExceptHandler::ExceptHandler(it)| &*it.body);
            let rest: [&[Stmt]; 2] = [&it.orelse, &it.finalbody];
            [&*it.body]
                .into_iter()
                .chain(handlers)
                .chain(rest)
                .collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    const BODY: &str = "\"\"\"What it does,\n\nin words.\"\"\"\n        import torch  # late\n";

    /// The names of the outlined functions of a text, in which `{}` stands for a body.
    fn outlined(text: &str) -> String {
        let text = text.replace("{}", BODY);
        let whole = parse(&text).map_err(|error| error.why).unwrap();
        let Some(outline) = outline(&text) else {
            return String::new();
        };
        assert!(outline.agrees(&whole), "{text}");
        let mut found = Vec::new();
        each_statement(&outline.body, &mut |statement| match statement {
            Stmt::FunctionDef(def) if is_outlined(def) => found.push(def.name.as_str()),
            _ => {}
        });
        found.join(" ")
    }

    #[test]
    fn functions_are_outlined_wherever_they_stand() {
        for (text, names) in [
            ("def f():\n        {}", "f"),
            (
                "@a(b)\nasync  def f(x: int = (1), /) -> set:  # c\n\n    # d\n        {}\nx = 1\n",
                "f",
            ),
            (
                "class C:\n    def f(self):\n        {}\n    @p\n    def g(self):\n        {}    x = 1\n",
                "f g",
            ),
            (
                "if a:\n  def f():\n        {}elif b:\n  def g():\n        {}else:\n  def h():\n        {}",
                "f g h",
            ),
            (
                "try:\n  def f():\n        {}finally:\n  def h():\n        {}",
                "f h",
            ),
            (
                "def f(\n    a=[1:2], b=lambda: 0,\n):\n        {}        def g():\n            return 1\n        return g ; \n",
                "f",
            ),
            (
                "def f():\r\n    x = '''\r\ndef g():\r\n'''\r\n    return 1 + \\\r\n  2 + 34567890\r\nx = 1\r\n",
                "f",
            ),
            (
                "def f():\n        {}        # the end\n# of it\n    # all\nx = 1",
                "f",
            ),
            ("def f[T: (int, str)](x: T) -> T:\n        {}", "f"),
            (
                "def f():\n        {}        x = (\n1,\n)\n\n\ndef g(): return 1\n",
                "f",
            ),
            ("x = '''\ndef f():\n        \"{}\"'''\n", ""),
            (
                "def f(): return 'a long text that has nothing to say but its length'\n",
                "",
            ),
            ("def f():\n    pass\n", ""),
            (
                "def f():\n\tx = 1\n\ty = 'a long text that has nothing to say but its length'\n",
                "",
            ),
        ] {
            let text = text.replace("[1:2]", "x[1:2]");
            assert_eq!(outlined(&text), names, "{text}");
        }
    }

    #[test]
    fn an_outline_that_is_wrong_does_not_agree() {
        let text = format!("def f():\n        {BODY}x = 1\n");
        let outline = outline(&text).unwrap();
        let other = |text: &str| outline.agrees(&parse(text).ok().unwrap());
        assert!(other(&text));
        assert!(!other(&format!("{text}y = 2\n")));
        assert!(!other(&text.replace("x = 1", "x =  1")));
        assert!(!other(&text.replace("x = 1", "del x")));
    }
}

//! Import blockers that block nothing: finders that Python no longer asks.
//!
//! Since Python 3.12 a finder on `sys.meta_path` is asked for `find_spec` alone; one that has
//! `find_module` only, the protocol of Python 3.3 and earlier, is passed over in silence
//! (<https://docs.python.org/3/whatsnew/3.12.html>, "importlib"). A script that blocks an import
//! in this way and then imports passes whatever is imported.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use super::decode::decode;
use super::recent;
use super::stack::with_room;
use super::syntax::{Expr, Ranged, Stmt, TextRange, Visitor, ast, visitor};

/// A finder that Python 3.12 and later never ask, and that nothing beside it makes up for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlindFinder {
    /// The name of the class.
    pub class: String,
    /// The line of its `find_module`, from 1.
    pub line: usize,
}

impl fmt::Display for BlindFinder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { class, line } = self;
        write!(
            f,
            "line {line}: `{class}` has `find_module` and no `find_spec`; on Python 3.12 and later \
             `find_module` is never called: this check cannot fail"
        )
    }
}

/// The blind finders of a script: classes that it puts on `sys.meta_path`, with a `find_module`
/// and without a `find_spec`, their own or inherited in the script.
///
/// Nothing is said about a script that does not parse, that blocks in another way too (a finder
/// with `find_spec`, an entry in `sys.modules`, another `__import__`), or whose finders are not
/// all known: it may be able to fail.
#[must_use]
pub fn blind_finders(script: &str) -> Vec<BlindFinder> {
    with_room(|| {
        // Most scripts have none: they are not parsed.
        if !script.contains("find_module") || !script.contains("meta_path") {
            return Vec::new();
        }
        let Ok(text) = decode(script.as_bytes()) else {
            return Vec::new();
        };
        let kept = recent::keep(Arc::from(text), None);
        let Ok(parsed) = kept.whole() else {
            return Vec::new();
        };
        let text = kept.text();
        let mut script = Script::default();
        script.visit_body(&parsed.body);
        let line = |range: TextRange| {
            let before = text.get(..range.start().to_usize());
            before.map_or(0, |before| before.matches('\n').count()) + 1
        };
        let blind = |(class, range): (&str, TextRange)| BlindFinder {
            class: class.to_owned(),
            line: line(range),
        };
        script.blind().into_iter().map(blind).collect()
    })
}

/// What a script defines, and what it puts on `sys.meta_path`.
#[derive(Default)]
struct Script<'a> {
    classes: HashMap<&'a str, Vec<&'a ast::StmtClassDef>>,
    /// Names that are given a value: the value, or none if there are several.
    values: HashMap<&'a str, Option<&'a Expr>>,
    /// Other names for `sys.meta_path`.
    aliases: HashSet<&'a str>,
    finders: Vec<&'a Expr>,
    /// Whether an import may be blocked in another way.
    blocks_otherwise: bool,
}

/// Base classes that have no `find_spec`, by the last part of their names.
const BARE: [&str; 4] = ["object", "ABC", "Finder", "MetaPathFinder"];

/// What is set or named by what blocks in another way.
const OTHERWISE: [&str; 5] = [
    "__import__",
    "find_spec",
    "addaudithook",
    "path_hooks",
    "modules",
];

impl<'a> Script<'a> {
    /// The blind finders with their `find_module`, if there is nothing else.
    fn blind(&self) -> Vec<(&'a str, TextRange)> {
        if self.blocks_otherwise {
            return Vec::new();
        }
        let blind = self.finders.iter().map(|finder| {
            let class = self.class_of(finder)?;
            let has_spec = self.method(class, "find_spec", 0)?;
            let module = self.method(class, "find_module", 0)??;
            has_spec.is_none().then_some((class, module))
        });
        let mut blind = blind.collect::<Option<Vec<_>>>().unwrap_or_default();
        blind.sort_by_key(|(_, range)| range.start());
        blind.dedup();
        blind
    }

    /// The class that a finder is, or is an instance of.
    fn class_of(&self, finder: &'a Expr) -> Option<&'a str> {
        let name = match finder {
            Expr::Call(call) => call.func.as_name_expr()?,
            Expr::Name(name) => name,
            _ => return None,
        };
        let name = name.id.as_str();
        match self.values.get(name) {
            None => self.classes.contains_key(name).then_some(name),
            Some(_) if self.classes.contains_key(name) => None,
            Some(Some(Expr::Call(call))) => {
                let class = call.func.as_name_expr()?.id.as_str();
                self.classes.contains_key(class).then_some(class)
            }
            Some(_) => None,
        }
    }

    /// Where a class has a method, its own or inherited; the outer none if that is not known.
    fn method(&self, class: &str, method: &str, depth: usize) -> Option<Option<TextRange>> {
        const DEEPEST: usize = 20;
        let [class] = self.classes.get(class)?.as_slice() else {
            return None;
        };
        if depth > DEEPEST || !class.decorator_list.is_empty() || has_own_access(class) {
            return None;
        }
        if let Some(range) = defined(class, method) {
            return Some(Some(range));
        }
        if class
            .arguments
            .as_ref()
            .is_some_and(|it| !it.keywords.is_empty())
        {
            return None;
        }
        let mut found = None;
        for base in class.bases() {
            let name = match base {
                Expr::Name(name) => name.id.as_str(),
                Expr::Attribute(attribute) => attribute.attr.as_str(),
                _ => return None,
            };
            if self.classes.contains_key(name) && base.is_name_expr() {
                found = found.or(self.method(name, method, depth + 1)?);
            } else if !BARE.contains(&name) {
                return None;
            }
        }
        Some(found)
    }

    fn is_meta_path(&self, expression: &Expr) -> bool {
        match expression {
            Expr::Attribute(attribute) => attribute.attr.as_str() == "meta_path",
            Expr::Name(name) => self.aliases.contains(name.id.as_str()),
            Expr::Subscript(subscript) => self.is_meta_path(&subscript.value),
            _ => false,
        }
    }

    /// What is put on `sys.meta_path` by a new value for it, or a part of it.
    fn put(&mut self, value: &'a Expr) {
        match value {
            Expr::List(list) => list.elts.iter().for_each(|it| self.put(it)),
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|it| self.put(it)),
            Expr::Starred(starred) => self.put(&starred.value),
            Expr::BinOp(sum) => {
                self.put(&sum.left);
                self.put(&sum.right);
            }
            value if self.is_meta_path(value) => {}
            value => self.finders.push(value),
        }
    }

    fn assigned(&mut self, target: &'a Expr, value: &'a Expr) {
        if self.is_meta_path(target) {
            self.put(value);
        }
        match target {
            Expr::Name(name) => {
                let known = self.values.contains_key(name.id.as_str());
                self.values
                    .insert(name.id.as_str(), (!known).then_some(value));
                if self.is_meta_path(value) {
                    self.aliases.insert(name.id.as_str());
                }
            }
            Expr::Attribute(attribute) => self.mention(attribute.attr.as_str()),
            Expr::Subscript(subscript) => {
                if let Expr::Attribute(attribute) = &*subscript.value {
                    self.mention(attribute.attr.as_str());
                }
            }
            _ => {}
        }
    }

    /// Something of this name is set, or the name is handed to what may set it.
    fn mention(&mut self, name: &str) {
        self.blocks_otherwise |= OTHERWISE.contains(&name);
    }

    fn called(&mut self, call: &'a ast::ExprCall) {
        let Expr::Attribute(function) = &*call.func else {
            return;
        };
        if self.is_meta_path(&function.value)
            && matches!(function.attr.as_str(), "insert" | "append" | "extend")
            && let Some(last) = call.arguments.args.last()
        {
            self.put(last);
        }
        let changes = matches!(
            function.attr.as_str(),
            "update" | "setdefault" | "__setitem__"
        );
        if let (true, Expr::Attribute(owner)) = (changes, &*function.value) {
            self.mention(owner.attr.as_str());
        }
        self.mention(function.attr.as_str());
    }
}

impl<'a> Visitor<'a> for Script<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::ClassDef(class) => {
                let known = self.classes.entry(class.name.as_str());
                known.or_default().push(class);
            }
            Stmt::ImportFrom(import) => {
                let of_sys = import
                    .module
                    .as_ref()
                    .is_some_and(|it| it.as_str() == "sys");
                let names = import.names.iter();
                for alias in names.filter(|it| of_sys && it.name.as_str() == "meta_path") {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.aliases.insert(name.as_str());
                }
            }
            Stmt::Assign(assign) => {
                let targets = assign.targets.iter();
                targets.for_each(|target| self.assigned(target, &assign.value));
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.assigned(&assign.target, value);
                }
            }
            Stmt::AugAssign(assign) => self.assigned(&assign.target, &assign.value),
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Call(call) => self.called(call),
            // `patch("builtins.__import__")`, `patch.dict("sys.modules", …)`, `setattr(…)`.
            Expr::StringLiteral(text) => {
                let text = text.value.to_str();
                let last = text.rsplit('.').next().unwrap_or(text);
                if last != "modules" || text == "sys.modules" {
                    self.mention(last);
                }
            }
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }
}

/// Where a class body binds a name.
fn defined(class: &ast::StmtClassDef, name: &str) -> Option<TextRange> {
    let bindings = super::binding::own_bindings(&class.body);
    let mut ours = bindings.iter().filter(|binding| binding.name == name);
    ours.next().map(|binding| binding.range)
}

/// Whether a class answers for names that it does not have.
fn has_own_access(class: &ast::StmtClassDef) -> bool {
    ["__getattr__", "__getattribute__"]
        .iter()
        .any(|name| defined(class, name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASS: &str = "class Block:\n    def find_module(self, name, path=None):\n        return self\n    def load_module(self, name):\n        raise ImportError(name)\n";

    /// `Block 3, Other 7`
    fn said(script: &str) -> String {
        let found = blind_finders(script).into_iter();
        let found = found.map(|it| format!("{} {}", it.class, it.line));
        found.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_finder_of_the_old_kind_is_blind_however_it_is_put_there() {
        for put in [
            "sys.meta_path.insert(0, Block())",
            "sys.meta_path.append(Block)",
            "sys.meta_path = [Block()] + sys.meta_path",
            "sys.meta_path[:0] = [Block()]",
            "sys.meta_path += [Block()]",
            "sys.meta_path.extend((Block(),))",
            "block = Block()\nsys.meta_path.insert(0, block)",
            "from sys import meta_path as finders\nfinders.insert(0, Block())",
            "finders = sys.meta_path\nfinders.insert(0, Block())",
            "def main():\n    sys.meta_path.insert(0, Block())\nmain()",
            "for m in list(sys.modules):\n    if 'torch' in m: del sys.modules[m]\nsys.meta_path.insert(0, Block())",
            "sys.meta_path = [*sys.meta_path, Block()]",
        ] {
            let script = format!("import sys\n{CLASS}{put}\nimport app\n");
            assert_eq!(said(&script), "Block 3", "{put}");
        }
    }

    #[test]
    fn what_is_inherited_in_the_script_counts() {
        for (bases, more, expected) in [
            ("importlib.abc.MetaPathFinder", "", "Block 3"),
            ("object", "", "Block 3"),
            ("Unknown", "", ""),
            ("Base", "class Base:\n    pass\n", "Block 3"),
            (
                "Base",
                "class Base:\n    def find_spec(self, *a): raise ImportError\n",
                "",
            ),
            ("Base, metaclass=M", "class Base:\n    pass\n", ""),
            ("Block", "", ""),
        ] {
            let class = CLASS.replace("Block:", &format!("Block({bases}):"));
            let script = format!("import sys\n{class}{more}sys.meta_path.insert(0, Block())\n");
            assert_eq!(said(&script), expected, "{bases} {more}");
        }
    }

    #[test]
    fn what_can_fail_is_not_accused() {
        for more in [
            "",
            "sys.modules['torch'] = None\nsys.meta_path.insert(0, Block())",
            "sys.modules.update(torch=None)\nsys.meta_path.insert(0, Block())",
            "builtins.__import__ = f\nsys.meta_path.insert(0, Block())",
            "patch('builtins.__import__', f)\nsys.meta_path.insert(0, Block())",
            "patch.dict('sys.modules', {'torch': None})\nsys.meta_path.insert(0, Block())",
            "Block.find_spec = f\nsys.meta_path.insert(0, Block())",
            "setattr(Block, 'find_spec', f)\nsys.meta_path.insert(0, Block())",
            "sys.addaudithook(f)\nsys.meta_path.insert(0, Block())",
            "sys.meta_path.insert(0, make())\nsys.meta_path.insert(0, Block())",
            "class New:\n    def find_spec(self, *a): raise ImportError\nsys.meta_path[:0] = [New(), Block()]",
            "Block = other(Block)\nsys.meta_path.insert(0, Block())",
            "sys.meta_path.insert(0, Block()",
        ] {
            let script = format!("import sys\n{CLASS}{more}\n");
            assert_eq!(said(&script), "", "{more}");
        }
        let both = CLASS.replace("load_module", "find_spec");
        assert_eq!(said(&format!("{both}sys.meta_path.insert(0, Block())")), "");
        let dynamic = CLASS.replace("load_module", "__getattr__");
        assert_eq!(
            said(&format!("{dynamic}sys.meta_path.insert(0, Block())")),
            ""
        );
    }
}

//! What a plan says about the code, and whether it is so.
//!
//! A claim is not a criterion: nothing fails because of it. It tells a reader what the plan's
//! author saw, or thought to see.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use crate::path::RepoPath;
use crate::snapshot::Snapshot;
use crate::verdict::Place;

use super::attribute::attributes;
use super::import::{Import, When};
use super::source::{Source, module_names};
use super::stack::with_room;
use super::syntax::{Expr, Ranged, Stmt, TextRange, Visitor, ast, visitor};

/// Whether a claim holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It cannot be known from these files.
    Undecided,
}

/// A claim that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Whether it holds.
    pub holds: Holds,
    /// One sentence on why.
    pub explanation: String,
    /// The places it rests on.
    pub places: Vec<Place>,
}

impl Claimed {
    /// Several claims as one: it holds if all do, and does not if one does not.
    #[must_use]
    pub fn all(parts: Vec<Self>) -> Self {
        let has = |holds| parts.iter().any(|part| part.holds == holds);
        let holds = match (has(Holds::No), has(Holds::Undecided) || parts.is_empty()) {
            (true, _) => Holds::No,
            (false, true) => Holds::Undecided,
            (false, false) => Holds::Yes,
        };
        let explanations: Vec<&str> = parts.iter().map(|it| it.explanation.as_str()).collect();
        Self {
            holds,
            explanation: explanations.join("; "),
            places: parts.iter().flat_map(|it| it.places.clone()).collect(),
        }
    }

    fn new(holds: Holds, explanation: impl Into<String>, places: Vec<Place>) -> Self {
        Self {
            holds,
            explanation: explanation.into(),
            places,
        }
    }
}

/// Whether each file imports the next one on load, and the last one `target`: one answer per
/// link. An import of something below a module, or of a name from it, is an import of it.
#[must_use]
pub fn chain(files: &[RepoPath], target: &str, snapshot: &dyn Snapshot) -> Vec<Claimed> {
    let next = files
        .iter()
        .skip(1)
        .map(|file| (file.to_string(), module_names(file, snapshot)));
    let last = [(target.to_owned(), vec![target.to_owned()])];
    files
        .iter()
        .zip(next.chain(last))
        .map(|(file, (shown, modules))| link(file, &shown, &modules, snapshot))
        .collect()
}

fn link(file: &RepoPath, shown: &str, modules: &[String], snapshot: &dyn Snapshot) -> Claimed {
    with_room(|| {
        let source = match Source::load(file, snapshot) {
            Ok(source) => source,
            Err(why) => return Claimed::new(Holds::Undecided, why, Vec::new()),
        };
        let imports = source.imports();
        let loads = |import: &&Import| modules.iter().any(|module| import.loads(module));
        let Some(import) = imports
            .list
            .iter()
            .filter(loads)
            .min_by_key(|import| import.when)
        else {
            let computed = imports
                .computed
                .iter()
                .any(|(_, when)| *when <= When::Conditional);
            let holds = if computed {
                Holds::Undecided
            } else {
                Holds::No
            };
            return Claimed::new(
                holds,
                format!("`{file}` does not import `{shown}`"),
                Vec::new(),
            );
        };
        let holds = match import.when {
            When::Eager => Holds::Yes,
            When::Conditional | When::Lazy | When::Deferred => Holds::Undecided,
            When::TypingOnly | When::Never => Holds::No,
        };
        let line = source.line(import.range);
        let explanation = format!(
            "`{file}` imports `{shown}` in line {line} {}",
            import.describe()
        );
        Claimed::new(holds, explanation, vec![source.place(import.range)])
    })
}

/// Whether `what` (a name, or a module in full) is imported in these lines of a file.
#[must_use]
pub fn import_at(
    path: &RepoPath,
    what: &str,
    lines: RangeInclusive<usize>,
    snapshot: &dyn Snapshot,
) -> Claimed {
    with_room(|| {
        let source = match Source::load(path, snapshot) {
            Ok(source) => source,
            Err(why) => return Claimed::new(Holds::Undecided, why, Vec::new()),
        };
        let imports = source.imports().list;
        let meant: Vec<&Import> = imports
            .iter()
            .filter(|import| import.mentions(what))
            .collect();
        let (first, last) = (*lines.start(), *lines.end());
        let here = meant
            .iter()
            .find(|import| source.overlaps(import.statement, first, last));
        if let Some(import) = here {
            let explanation = format!("`{what}` is imported in line {}", source.line(import.range));
            return Claimed::new(Holds::Yes, explanation, vec![source.place(import.range)]);
        }
        let places: Vec<Place> = meant
            .iter()
            .map(|import| source.place(import.range))
            .collect();
        let explanation = if places.is_empty() {
            format!("`{path}` does not import `{what}`")
        } else {
            format!("`{what}` is imported in {}", in_lines(&places))
        };
        Claimed::new(Holds::No, explanation, places)
    })
}

/// Whether `name` is unused in a file, or in one of its classes: neither it nor an attribute
/// that is assigned from it (`self.store = Store()`) is read.
#[must_use]
pub fn unused(
    path: &RepoPath,
    class: Option<&str>,
    name: &str,
    snapshot: &dyn Snapshot,
) -> Claimed {
    with_room(|| {
        let source = match Source::load(path, snapshot) {
            Ok(source) => source,
            Err(why) => return Claimed::new(Holds::Undecided, why, Vec::new()),
        };
        let mut reads = Reads::of(name);
        reads.visit_body(source.body());
        let made: Vec<&str> = reads.attributes.iter().map(String::as_str).collect();
        let Some(attributes) = attributes(source.body(), class, &made) else {
            let why = format!(
                "there is no class `{}` in `{path}`",
                class.unwrap_or_default()
            );
            return Claimed::new(Holds::Undecided, why, Vec::new());
        };
        let imported = source
            .imports()
            .list
            .iter()
            .any(|import| import.mentions(name));
        if !imported && reads.names.is_empty() {
            let why = format!("`{path}` does not mention `{name}`");
            return Claimed::new(Holds::Undecided, why, Vec::new());
        }
        let own = reads
            .names
            .iter()
            .filter(|range| !reads.assigned.contains(range))
            .copied();
        let through = attributes.iter().filter(|it| it.read).map(|it| it.range);
        let mut used: Vec<TextRange> = own.chain(through).collect();
        used.sort_by_key(|range| range.start());
        let places: Vec<Place> = used.iter().map(|range| source.place(*range)).collect();
        if places.is_empty() {
            return Claimed::new(
                Holds::Yes,
                format!("`{name}` is not used in `{path}`"),
                places,
            );
        }
        let compared = used.iter().all(|range| reads.compared.contains(range));
        let only = if compared {
            ", only to compare it with `None`"
        } else {
            ""
        };
        let explanation = format!(
            "{} used in {}{only}",
            subject(name, &made),
            in_lines(&places)
        );
        Claimed::new(Holds::No, explanation, places)
    })
}

/// Whether a function uses a name (`torch`, `torch.load`): the function called `function` in any
/// class, or with the names of the classes around it. Annotations are no use.
#[must_use]
pub fn uses(path: &RepoPath, function: &str, name: &str, snapshot: &dyn Snapshot) -> Claimed {
    with_room(|| {
        let source = match Source::load(path, snapshot) {
            Ok(source) => source,
            Err(why) => return Claimed::new(Holds::Undecided, why, Vec::new()),
        };
        let mut functions = Functions {
            wanted: function,
            name,
            around: Vec::new(),
            any: false,
            found: Vec::new(),
        };
        functions.visit_body(source.body());
        let places: Vec<Place> = functions
            .found
            .iter()
            .map(|range| source.place(*range))
            .collect();
        match (functions.any, places.is_empty()) {
            (false, _) => {
                let why = format!("there is no function `{function}` in `{path}`");
                Claimed::new(Holds::Undecided, why, places)
            }
            (true, true) => {
                let why = format!("`{function}` does not use `{name}` outside of annotations");
                Claimed::new(Holds::No, why, places)
            }
            (true, false) => {
                let why = format!("`{function}` uses `{name}` in {}", in_lines(&places));
                Claimed::new(Holds::Yes, why, places)
            }
        }
    })
}

fn subject(name: &str, attributes: &[&str]) -> String {
    if attributes.is_empty() {
        return format!("`{name}` is");
    }
    let attributes: Vec<String> = attributes.iter().map(|it| format!("`self.{it}`")).collect();
    format!("`{name}`, or {} that holds it, is", attributes.join(", "))
}

fn in_lines(places: &[Place]) -> String {
    let mut lines: Vec<String> = places.iter().map(|place| place.line.to_string()).collect();
    lines.dedup();
    let word = if lines.len() == 1 { "line" } else { "lines" };
    format!("{word} {}", lines.join(", "))
}

/// Where a name is read, and which attributes are assigned from it.
#[derive(Default)]
struct Reads<'n> {
    name: &'n str,
    names: Vec<TextRange>,
    /// Reads that do nothing but fill an attribute.
    assigned: HashSet<TextRange>,
    attributes: Vec<String>,
    /// What is compared with `None`.
    compared: HashSet<TextRange>,
}

impl<'n> Reads<'n> {
    fn of(name: &'n str) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    fn fills(&mut self, target: &Expr, value: &Expr) {
        let Expr::Attribute(attribute) = target else {
            return;
        };
        let mut inner = Reads::of(self.name);
        inner.visit_expr(value);
        if attribute.value.is_name_expr() && !inner.names.is_empty() {
            let name = attribute.attr.to_string();
            if !self.attributes.contains(&name) {
                self.attributes.push(name);
            }
            self.assigned.extend(inner.names);
        }
    }
}

impl<'a> Visitor<'a> for Reads<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(it) => it
                .targets
                .iter()
                .for_each(|target| self.fills(target, &it.value)),
            Stmt::AnnAssign(it) => {
                if let Some(value) = &it.value {
                    self.fills(&it.target, value);
                }
            }
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(it) if it.id.as_str() == self.name && it.ctx.is_load() => {
                self.names.push(it.range)
            }
            Expr::Compare(it) if it.comparators.iter().all(Expr::is_none_literal_expr) => {
                self.compared.insert(it.left.range());
            }
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }
}

struct Functions<'n> {
    wanted: &'n str,
    name: &'n str,
    around: Vec<String>,
    any: bool,
    found: Vec<TextRange>,
}

impl<'a> Visitor<'a> for Functions<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let name = match statement {
            Stmt::ClassDef(class) => &class.name,
            Stmt::FunctionDef(function) => &function.name,
            _ => return visitor::walk_stmt(self, statement),
        };
        self.around.push(name.to_string());
        match statement {
            Stmt::FunctionDef(it)
                if name.as_str() == self.wanted || self.around.join(".") == self.wanted =>
            {
                self.any = true;
                let mut dotted = Dotted {
                    name: self.name,
                    found: &mut self.found,
                };
                dotted.visit_body(&it.body);
            }
            _ => visitor::walk_stmt(self, statement),
        }
        self.around.pop();
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

/// The places of a dotted name.
struct Dotted<'n> {
    name: &'n str,
    found: &'n mut Vec<TextRange>,
}

impl<'a> Visitor<'a> for Dotted<'_> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_expr(&mut self, expression: &'a Expr) {
        if is_dotted(expression, self.name) {
            self.found.push(expression.range());
        } else {
            visitor::walk_expr(self, expression);
        }
    }
}

fn is_dotted(expression: &Expr, name: &str) -> bool {
    match (expression, name.rsplit_once('.')) {
        (Expr::Name(it), None) => it.id.as_str() == name && it.ctx.is_load(),
        (Expr::Attribute(ast::ExprAttribute { value, attr, .. }), Some((owner, last))) => {
            attr.as_str() == last && is_dotted(value, owner)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Memory;

    const SERVICE: &str = "\
from .store import Store
from .loader import Loader
from .spare import Spare

class Service:
    def __init__(self):
        self.store = Store()
        self.loader: Loader = Loader()
        self.spare = Spare()

    def ready(self):
        return self.loader is not None

    def run(self, x: torch.Tensor):
        def go():
            return torch.load(self.store.path)
        return go()
";

    fn snapshot() -> Memory {
        Memory::new([
            ("app/__init__.py", ""),
            (
                "app/main.py",
                "from . import service\ndef f():\n    import app.store\n",
            ),
            ("app/service.py", SERVICE),
            ("app/store.py", "if x:\n    import torch\n"),
        ])
    }

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).unwrap()
    }

    #[test]
    fn a_chain_is_judged_link_by_link() {
        let links = |files: &[&str]| {
            let files: Vec<RepoPath> = files.iter().map(|file| path(file)).collect();
            chain(&files, "torch", &snapshot())
        };
        let holds = |files: &[&str]| links(files).iter().map(|it| it.holds).collect::<Vec<_>>();
        use Holds::{No, Undecided, Yes};
        assert_eq!(
            holds(&["app/main.py", "app/service.py", "app/store.py"]),
            [Yes, Yes, Undecided]
        );
        assert_eq!(
            holds(&["app/main.py", "app/store.py"]),
            [Undecided, Undecided]
        );
        assert_eq!(holds(&["app/store.py", "app/main.py"]), [No, No]);
        assert_eq!(holds(&["app/gone.py"]), [Undecided]);
        let told = Claimed::all(links(&["app/main.py", "app/store.py"]));
        assert!(
            told.explanation.contains("line 3 inside `f()`"),
            "{}",
            told.explanation
        );
    }

    #[test]
    fn an_import_is_where_the_plan_says_or_elsewhere() {
        let at = |what, lines| import_at(&path("app/service.py"), what, lines, &snapshot());
        assert_eq!(at("Store", 1..=1).holds, Holds::Yes);
        assert_eq!(at("app.loader", 2..=9).holds, Holds::Yes);
        let elsewhere = at("Store", 2..=9);
        assert_eq!((elsewhere.holds, elsewhere.places.len()), (Holds::No, 1));
        assert_eq!(at("torch", 1..=99).holds, Holds::No);
    }

    #[test]
    fn unused_means_that_no_attribute_is_read_either() {
        let judge = |class, name| unused(&path("app/service.py"), class, name, &snapshot());
        let lines = |claimed: Claimed| -> (Holds, Vec<usize>) {
            (
                claimed.holds,
                claimed.places.iter().map(|it| it.line).collect(),
            )
        };
        assert_eq!(
            lines(judge(Some("Service"), "Store")),
            (Holds::No, vec![16])
        );
        assert_eq!(lines(judge(None, "Spare")), (Holds::Yes, vec![]));
        assert_eq!(judge(Some("Other"), "Store").holds, Holds::Undecided);
        assert_eq!(judge(None, "Nothing").holds, Holds::Undecided);
        let loader = judge(None, "Loader");
        assert_eq!(loader.holds, Holds::No, "{loader:?}");
    }

    #[test]
    fn a_function_uses_a_name_or_not() {
        let judge =
            |function, name| uses(&path("app/service.py"), function, name, &snapshot()).holds;
        assert_eq!(judge("run", "torch.load"), Holds::Yes);
        assert_eq!(judge("Service.run", "torch"), Holds::Yes);
        assert_eq!(judge("ready", "torch"), Holds::No);
        assert_eq!(judge("run", "torch.Tensor"), Holds::No);
        assert_eq!(judge("gone", "torch"), Holds::Undecided);
    }
}

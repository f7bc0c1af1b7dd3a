//! The import statements of a file: what can be moved, and what stands in the way whatever is
//! done with the names.

use std::collections::HashSet;

use crate::python::binding::{Kind, bound_by, own_bindings};
use crate::python::syntax::{Expr, Stmt, TextRange, Visitor, ast, visitor};

/// One `import` or `from … import`.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) range: TextRange,
    /// The dots and the name after `from`; none for a plain `import`.
    pub(super) from: Option<(u32, String)>,
    pub(super) aliases: Vec<Alias>,
    /// Whether it stands in a function.
    pub(super) in_function: bool,
    /// Why it cannot stand anywhere else.
    pub(super) fixed: Option<Fixed>,
}

/// One thing that is imported: `name as bound`.
#[derive(Debug, Clone)]
pub(super) struct Alias {
    pub(super) range: TextRange,
    pub(super) name: String,
    /// The name after `as`.
    pub(super) renamed: Option<String>,
    /// The name that is bound; `*` for a star.
    pub(super) bound: String,
}

/// Why a statement cannot be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fixed {
    /// `from … import *` stands at module level only.
    Star,
    /// What it binds are attributes of a class.
    Class,
    /// The `try` around it binds these names too, by whether it fails.
    Decides(String),
}

/// The import statements of a file, functions and classes included.
pub(super) fn statements(body: &[Stmt]) -> Vec<Statement> {
    let mut finder = Finder {
        found: Vec::new(),
        in_function: false,
        in_class: false,
        decides: None,
    };
    finder.visit_body(body);
    finder.found
}

impl Statement {
    /// The module after `from`, seen from `package`.
    pub(super) fn module(&self, package: &str) -> Option<String> {
        let (level, name) = self.from.as_ref()?;
        let Some(above) = level.checked_sub(1) else {
            return Some(name.clone());
        };
        let mut base = package;
        for _ in 0..above {
            base = base.rsplit_once('.')?.0;
        }
        match name.as_str() {
            "" => Some(base.to_owned()),
            name => Some(format!("{base}.{name}")),
        }
    }
}

struct Finder {
    found: Vec<Statement>,
    in_function: bool,
    in_class: bool,
    /// What the `try` around binds besides what it imports.
    decides: Option<String>,
}

impl Finder {
    fn push(&mut self, range: TextRange, from: Option<(u32, String)>, names: &[ast::Alias]) {
        let alias = |alias: &ast::Alias| Alias {
            range: alias.range,
            name: alias.name.to_string(),
            renamed: alias.asname.as_ref().map(ToString::to_string),
            bound: bound_by(alias, from.is_some()).unwrap_or("*").to_owned(),
        };
        let star = names.iter().any(|it| &it.name == "*");
        let fixed = match (star, self.in_class, &self.decides) {
            (true, ..) => Some(Fixed::Star),
            (_, true, _) => Some(Fixed::Class),
            (_, _, Some(name)) => Some(Fixed::Decides(name.clone())),
            _ => None,
        };
        self.found.push(Statement {
            range,
            aliases: names.iter().map(alias).collect(),
            from,
            in_function: self.in_function,
            fixed,
        });
    }

    fn inside(&mut self, function: bool, body: &[Stmt]) {
        let around = (self.in_function, self.in_class, self.decides.take());
        (self.in_function, self.in_class) = (self.in_function || function, !function);
        self.visit_body(body);
        (self.in_function, self.in_class, self.decides) = around;
    }

    fn attempt(&mut self, it: &ast::StmtTry) {
        let around = self.decides.clone();
        self.decides = decided(it).or(around.clone());
        self.visit_body(&it.body);
        self.decides = around;
        for handler in &it.handlers {
            self.visit_except_handler(handler);
        }
        self.visit_body(&it.orelse);
        self.visit_body(&it.finalbody);
    }
}

impl<'a> Visitor<'a> for Finder {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(it) => self.push(it.range, None, &it.names),
            Stmt::ImportFrom(it) => {
                let module = it.module.as_ref().map_or("", |it| it.as_str());
                let from = Some((it.level, module.to_owned()));
                self.push(it.range, from, &it.names);
            }
            Stmt::FunctionDef(it) => self.inside(true, &it.body),
            Stmt::ClassDef(it) => self.inside(false, &it.body),
            Stmt::Try(it) => self.attempt(it),
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

/// A name that a `try` binds and does not import: what else hangs on whether the import works.
fn decided(it: &ast::StmtTry) -> Option<String> {
    let whole = [&it.body[..], &it.orelse].concat();
    let mut bound = own_bindings(&whole);
    let handlers: Vec<Stmt> = it.handlers.iter().flat_map(body_of).cloned().collect();
    bound.extend(own_bindings(&handlers));
    let of_imports = |kind: Kind| kind == Kind::Import;
    let imported: HashSet<&str> = bound
        .iter()
        .filter(|it| of_imports(it.kind))
        .map(|it| it.name)
        .collect();
    let other = bound.iter().find(|it| !imported.contains(it.name));
    other
        .filter(|_| !it.handlers.is_empty())
        .map(|it| it.name.to_owned())
}

fn body_of(handler: &ast::ExceptHandler) -> &[Stmt] {
    let ast::ExceptHandler::ExceptHandler(handler) = handler;
    &handler.body
}

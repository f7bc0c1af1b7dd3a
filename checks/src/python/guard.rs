//! Conditions whose value is known before the program runs: `TYPE_CHECKING` above all.

use std::collections::HashSet;

use super::binding::{Kind, all_bindings};
use super::syntax::{Expr, ExprContext, Stmt, Visitor, ast, visitor};

/// What the conditions of one file can be told by.
#[derive(Debug, Default)]
pub(crate) struct Guards {
    /// Names that are `typing.TYPE_CHECKING` wherever they stand.
    flags: HashSet<String>,
    /// Names that are the module `typing`.
    modules: HashSet<String>,
}

/// What a condition is at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    /// Always true.
    True,
    /// False, because `TYPE_CHECKING` is: only a type checker looks inside.
    Typing,
    /// False for another reason: a constant, or a module that is imported is not `__main__`.
    False,
    /// It depends.
    Unknown,
}

impl Guards {
    /// Looks for the names that mean `TYPE_CHECKING`. One that is also bound otherwise in any
    /// scope of the file means nothing certain; `TYPE_CHECKING = False` is as good as the import.
    pub(crate) fn of(body: &[Stmt]) -> Self {
        let mut finder = Finder::default();
        finder.visit_body(body);
        if finder.tampered {
            return Self::default();
        }
        let Finder {
            mut flags,
            mut modules,
            imports,
            ..
        } = finder;
        let mut constant = HashSet::new();
        let mut rebound = HashSet::new();
        for binding in all_bindings(body) {
            match binding.kind {
                Kind::False => {
                    constant.insert(binding.name.to_owned());
                    modules.remove(binding.name);
                }
                Kind::Import if imports.contains(&binding.range) => {}
                _ => {
                    rebound.insert(binding.name);
                }
            }
        }
        flags.extend(constant.into_iter().filter(|name| name == "TYPE_CHECKING"));
        flags.retain(|name| !rebound.contains(name.as_str()));
        modules.retain(|name| !rebound.contains(name.as_str()));
        Self { flags, modules }
    }

    /// What `test` is at run time.
    pub(crate) fn truth(&self, test: &Expr) -> Truth {
        match test {
            Expr::BooleanLiteral(it) => Truth::from(it.value),
            Expr::NoneLiteral(_) => Truth::False,
            Expr::NumberLiteral(it) => match &it.value {
                ast::Number::Int(number) => Truth::from(*number != 0_u8),
                _ => Truth::Unknown,
            },
            Expr::Name(name) if self.flags.contains(name.id.as_str()) => Truth::Typing,
            Expr::Attribute(it) if &it.attr == "TYPE_CHECKING" => match &*it.value {
                Expr::Name(name) if self.modules.contains(name.id.as_str()) => Truth::Typing,
                _ => Truth::Unknown,
            },
            Expr::UnaryOp(it) if it.op == ast::UnaryOp::Not => self.truth(&it.operand).negated(),
            Expr::BoolOp(it) => self.combined(it),
            Expr::Compare(it) if is_main(it) => Truth::False,
            Expr::Named(it) => self.truth(&it.value),
            _ => Truth::Unknown,
        }
    }

    fn combined(&self, operation: &ast::ExprBoolOp) -> Truth {
        let values: Vec<Truth> = operation
            .values
            .iter()
            .map(|value| self.truth(value))
            .collect();
        let is = |truth| values.contains(&truth);
        let conjunction = operation.op == ast::BoolOp::And;
        if conjunction && (is(Truth::Typing) || is(Truth::False)) {
            // `x and TYPE_CHECKING` is typing-only; `False and TYPE_CHECKING` is nothing at all.
            return if is(Truth::False) {
                Truth::False
            } else {
                Truth::Typing
            };
        }
        if !conjunction && is(Truth::True) {
            return Truth::True;
        }
        match (is(Truth::Unknown), conjunction) {
            (true, _) => Truth::Unknown,
            (false, true) => Truth::True,
            (false, false) if is(Truth::Typing) => Truth::Typing,
            (false, false) => Truth::False,
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl Truth {
    fn negated(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::Typing | Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// `__name__ == "__main__"`: false in a module that is imported.
fn is_main(compare: &ast::ExprCompare) -> bool {
    let name = |it: &Expr| matches!(it, Expr::Name(name) if name.id.as_str() == "__name__");
    let main =
        |it: &Expr| matches!(it, Expr::StringLiteral(text) if text.value.to_str() == "__main__");
    match (&*compare.ops, &*compare.comparators) {
        ([ast::CmpOp::Eq], [right]) => {
            (name(&compare.left) && main(right)) || (main(&compare.left) && name(right))
        }
        _ => false,
    }
}

/// Every import of `TYPE_CHECKING` or of its module, in any scope.
#[derive(Default)]
struct Finder {
    flags: HashSet<String>,
    modules: HashSet<String>,
    imports: HashSet<super::syntax::TextRange>,
    tampered: bool,
}

impl Finder {
    fn import(&mut self, import: &ast::StmtImport) {
        for alias in import.names.iter().filter(|alias| is_typing(&alias.name)) {
            let bound = alias.asname.as_ref().unwrap_or(&alias.name);
            self.modules.insert(bound.to_string());
            self.imports.insert(alias.range);
        }
    }

    fn import_from(&mut self, import: &ast::StmtImportFrom) {
        let module = import.module.as_ref().filter(|_| import.level == 0);
        if !module.is_some_and(|module| is_typing(module)) {
            return;
        }
        for alias in &import.names {
            if &alias.name == "*" {
                self.flags.insert("TYPE_CHECKING".to_owned());
            }
            if &alias.name == "TYPE_CHECKING" {
                let bound = alias.asname.as_ref().unwrap_or(&alias.name);
                self.flags.insert(bound.to_string());
                self.imports.insert(alias.range);
            }
        }
    }
}

impl<'a> Visitor<'a> for Finder {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Attribute(it) = expression {
            self.tampered |= &it.attr == "TYPE_CHECKING" && it.ctx != ExprContext::Load;
        }
        visitor::walk_expr(self, expression);
    }
}

fn is_typing(module: &str) -> bool {
    matches!(module, "typing" | "typing_extensions")
}

//! Annotations that are evaluated when the program runs.
//!
//! <https://docs.python.org/3/reference/simple_stmts.html#annotated-assignment-statements>: those
//! of parameters and returns when the `def` runs, those of variables in a module or a class when
//! they are reached, those of a function's own variables never.

use super::guard::{Guards, Truth};
use super::source::Source;
use super::syntax::{Expr, Ranged, Stmt, TextRange, Visitor, ast, visitor};

/// The places in evaluated annotations where one of `names` is mentioned outside of strings,
/// future imports left out of account.
pub(crate) fn eager_annotations(source: &Source, names: &[String]) -> Vec<TextRange> {
    let mut finder = Finder {
        names,
        guards: source.guards(),
        in_function: false,
        in_annotation: false,
        found: Vec::new(),
    };
    finder.visit_body(source.body());
    finder.found
}

struct Finder<'n> {
    names: &'n [String],
    guards: Guards,
    in_function: bool,
    in_annotation: bool,
    found: Vec<TextRange>,
}

impl Finder<'_> {
    fn body(&mut self, in_function: bool, body: &[Stmt]) {
        let around = std::mem::replace(&mut self.in_function, in_function);
        self.visit_body(body);
        self.in_function = around;
    }

    /// Walks the branches that can run; says whether the next one can.
    fn branch(&mut self, test: Option<&Expr>, body: &[Stmt]) -> bool {
        let truth = test.map_or(Truth::True, |test| self.guards.truth(test));
        if !matches!(truth, Truth::Typing | Truth::False) {
            self.visit_body(body);
        }
        truth != Truth::True
    }
}

impl<'a> Visitor<'a> for Finder<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(it) => {
                self.visit_parameters(&it.parameters);
                if let Some(returns) = &it.returns {
                    self.visit_annotation(returns);
                }
                self.body(true, &it.body);
            }
            Stmt::ClassDef(it) => self.body(false, &it.body),
            Stmt::AnnAssign(it) if !self.in_function => self.visit_annotation(&it.annotation),
            Stmt::If(it) => {
                let mut reached = self.branch(Some(&it.test), &it.body);
                for clause in &it.elif_else_clauses {
                    reached = reached && self.branch(clause.test.as_ref(), &clause.body);
                }
            }
            Stmt::AnnAssign(_) => {}
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_annotation(&mut self, annotation: &'a Expr) {
        let around = std::mem::replace(&mut self.in_annotation, true);
        self.visit_expr(annotation);
        self.in_annotation = around;
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if !self.in_annotation {
            return;
        }
        match expression {
            Expr::Name(name) if self.names.iter().any(|it| it == name.id.as_str()) => {
                self.found.push(name.range());
            }
            // Its body runs when it is called, not when the annotation is evaluated.
            Expr::Lambda(_) => {}
            _ => visitor::walk_expr(self, expression),
        }
    }

    fn visit_type_params(&mut self, _: &'a ast::TypeParams) {}
}

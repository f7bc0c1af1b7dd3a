//! What one round of a loop hands on to the next one.

use std::collections::HashSet;

use crate::python::binding::{Kind, own_bindings};
use crate::python::syntax::{Expr, ExprContext, Stmt, Visitor, ast, visitor};

/// The state that a round finds as the one before left it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Carried<'a> {
    /// Names that are read before the round itself has bound them.
    pub(super) names: Vec<&'a str>,
    /// Whether attributes or items are changed by what they were.
    pub(super) inside: bool,
}

impl<'a> Carried<'a> {
    /// That of a loop with this body, which asks `test` before each round.
    pub(super) fn of(body: &'a [Stmt], test: Option<&'a Expr>) -> Self {
        let bound = own_bindings(body);
        let values = bound
            .iter()
            .filter(|it| matches!(it.kind, Kind::Value | Kind::False));
        let mut reader = Reader {
            bound: values.map(|it| it.name).collect(),
            certain: HashSet::new(),
            carried: Self::default(),
        };
        test.into_iter().for_each(|it| reader.visit_expr(it));
        for statement in body {
            reader.visit_stmt(statement);
            reader.settle(statement);
        }
        reader.carried
    }
}

struct Reader<'a> {
    /// What the body binds anywhere.
    bound: HashSet<&'a str>,
    /// What it has bound whatever was decided before.
    certain: HashSet<&'a str>,
    carried: Carried<'a>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, name: &'a str) {
        let carried = self.bound.contains(name) && !self.certain.contains(name);
        if carried && !self.carried.names.contains(&name) {
            self.carried.names.push(name);
        }
    }

    fn settle(&mut self, statement: &'a Stmt) {
        let targets = match statement {
            Stmt::Assign(it) => it.targets.as_slice(),
            Stmt::AnnAssign(it) if it.value.is_some() => std::slice::from_ref(&*it.target),
            _ => &[],
        };
        for target in targets {
            self.settle_target(target);
        }
    }

    fn settle_target(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(it) => drop(self.certain.insert(&it.id)),
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                elts.iter().for_each(|it| self.settle_target(it));
            }
            _ => {}
        }
    }
}

impl<'a> Visitor<'a> for Reader<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::AugAssign(it) => {
                match &*it.target {
                    Expr::Name(name) => self.read(&name.id),
                    _ => self.carried.inside = true,
                }
                visitor::walk_stmt(self, statement);
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(it) if it.ctx == ExprContext::Load => self.read(&it.id),
            Expr::Lambda(_) => {}
            _ => visitor::walk_expr(self, expression),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Carried;
    use crate::path::RepoPath;
    use crate::python::source::Source;
    use crate::python::syntax::Stmt;

    #[test]
    fn what_a_round_reads_before_it_binds_is_carried() {
        for (text, names, inside) in [
            ("while c:\n    x += 1", &["x"][..], false),
            ("while x < 3:\n    x = x + 1", &["x"], false),
            ("while c:\n    y = f()\n    print(y)", &[], false),
            ("while c:\n    if y: z = 1\n    y = z", &["y", "z"], false),
            ("while c:\n    a, b = b, a", &["b", "a"], false),
            ("while c:\n    self.n -= 1", &[], true),
            ("while c:\n    def f(): return y\n    y = 1", &[], false),
        ] {
            let path = RepoPath::try_from("a.py".to_owned()).expect("it is a path");
            let source = Source::parse(path, text.into(), Vec::new()).expect("it is Python");
            let [Stmt::While(it)] = source.body() else {
                panic!("{text}: not a loop");
            };
            let carried = Carried::of(&it.body, Some(&it.test));
            assert_eq!(
                (&carried.names[..], carried.inside),
                (names, inside),
                "{text}"
            );
        }
    }
}

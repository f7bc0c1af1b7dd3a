//! Attributes of the instances of a class, as its own methods see them.

use super::binding::own_bindings;
use super::syntax::{Expr, Parameters, Ranged, Stmt, TextRange, Visitor, ast, visitor};

/// One place where an attribute is used or made.
#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    /// `self.name`, the call of `getattr`, or the name that a class body binds.
    pub(crate) range: TextRange,
    pub(crate) name: String,
    /// The class and, for a use in a method, the method.
    pub(crate) within: String,
    /// Whether it is read, and not only set or deleted.
    pub(crate) read: bool,
}

/// The uses of the attributes `names` in the class called `class` (its name, or with the names
/// of the classes around), or in all; none if there is no such class.
pub(crate) fn attributes(
    body: &[Stmt],
    class: Option<&str>,
    names: &[&str],
) -> Option<Vec<Attribute>> {
    let mut classes = Classes {
        wanted: class,
        names,
        around: Vec::new(),
        any: false,
        found: Vec::new(),
    };
    classes.visit_body(body);
    (class.is_none() || classes.any).then_some(classes.found)
}

struct Classes<'n> {
    wanted: Option<&'n str>,
    names: &'n [&'n str],
    around: Vec<&'n str>,
    any: bool,
    found: Vec<Attribute>,
}

impl<'n> Classes<'n> {
    fn class(&mut self, class: &'n ast::StmtClassDef) {
        let full = self.around.join(".");
        let named = |wanted: &str| wanted == class.name.as_str() || wanted == full;
        if !self.wanted.is_none_or(named) {
            return;
        }
        self.any = true;
        for binding in own_bindings(&class.body) {
            if self.names.contains(&binding.name) {
                self.found.push(Attribute {
                    range: binding.range,
                    name: binding.name.to_owned(),
                    within: full.clone(),
                    read: false,
                });
            }
        }
        let mut methods = Methods {
            class: &full,
            names: self.names,
            found: &mut self.found,
        };
        methods.visit_body(&class.body);
    }
}

impl Visitor<'_> for Methods<'_> {
    fn visit_stmt(&mut self, statement: &Stmt) {
        match statement {
            Stmt::FunctionDef(function) => self.method(function),
            Stmt::ClassDef(_) => {}
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, _: &Expr) {}
}

struct Methods<'m> {
    class: &'m str,
    names: &'m [&'m str],
    found: &'m mut Vec<Attribute>,
}

impl Methods<'_> {
    fn method(&mut self, function: &ast::StmtFunctionDef) {
        let is_static = |it: &ast::Decorator| matches!(&it.expression, Expr::Name(name) if name.id.as_str() == "staticmethod");
        let first = function.parameters.iter_non_variadic_params().next();
        let Some(first) = first.filter(|_| !function.decorator_list.iter().any(is_static)) else {
            return;
        };
        let mut uses = Uses {
            myself: first.parameter.name.as_str(),
            names: self.names,
            within: format!("{}.{}", self.class, function.name),
            found: self.found,
        };
        uses.visit_body(&function.body);
    }
}

struct Uses<'m> {
    myself: &'m str,
    names: &'m [&'m str],
    within: String,
    found: &'m mut Vec<Attribute>,
}

impl Uses<'_> {
    fn is_myself(&self, expression: &Expr) -> bool {
        matches!(expression, Expr::Name(name) if name.id.as_str() == self.myself)
    }

    fn shadowed(&self, parameters: &Parameters) -> bool {
        parameters
            .iter()
            .any(|it| it.name().as_str() == self.myself)
    }

    fn push(&mut self, range: TextRange, name: &str, read: bool) {
        if self.names.contains(&name) {
            self.found.push(Attribute {
                range,
                name: name.to_owned(),
                within: self.within.clone(),
                read,
            });
        }
    }

    /// `getattr(self, "name")` and its like are `self.name` in other words.
    fn by_text(&mut self, call: &ast::ExprCall) {
        let Expr::Name(function) = &*call.func else {
            return;
        };
        let known = matches!(
            function.id.as_str(),
            "getattr" | "hasattr" | "setattr" | "delattr"
        );
        if let [owner, Expr::StringLiteral(text), ..] = &*call.arguments.args
            && known
            && self.is_myself(owner)
        {
            let read = matches!(function.id.as_str(), "getattr" | "hasattr");
            self.push(call.range(), text.value.to_str(), read);
        }
    }
}

impl<'a> Visitor<'a> for Uses<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(it) if self.shadowed(&it.parameters) => {
                it.decorator_list
                    .iter()
                    .for_each(|it| self.visit_decorator(it));
                self.visit_parameters(&it.parameters);
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Attribute(it) if self.is_myself(&it.value) => {
                self.push(it.range, it.attr.as_str(), it.ctx.is_load());
            }
            Expr::Lambda(it) if it.parameters.as_ref().is_some_and(|it| self.shadowed(it)) => {
                if let Some(parameters) = &it.parameters {
                    self.visit_parameters(parameters);
                }
                return;
            }
            Expr::Call(it) => self.by_text(it),
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }
}

impl<'a: 'n, 'n> Visitor<'a> for Classes<'n> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let name = match statement {
            Stmt::ClassDef(class) => class.name.as_str(),
            Stmt::FunctionDef(function) => function.name.as_str(),
            _ => return visitor::walk_stmt(self, statement),
        };
        self.around.push(name);
        if let Stmt::ClassDef(class) = statement {
            self.class(class);
        }
        visitor::walk_stmt(self, statement);
        self.around.pop();
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}

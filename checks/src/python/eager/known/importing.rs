//! Loading by call: `__import__`, `importlib`, and changes of `sys.modules` and `sys.meta_path`.

use crate::python::eager::machine::{Machine, Outcome};
use crate::python::eager::value::{Arguments, Truth, Value};
use crate::python::syntax::TextRange;

impl<'a> Machine<'a, '_> {
    /// Functions of `importlib`, `pkgutil` and `runpy`.
    pub(super) fn call_importer(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        match name {
            "importlib.import_module" => self.import_by_name(arguments, range),
            "importlib.__import__" => self.dunder_import(arguments, range),
            "importlib.util.find_spec" | "importlib.find_loader" | "pkgutil.find_loader" => {
                self.find_spec(arguments, range)
            }
            "importlib.metadata.entry_points" | "importlib.metadata.distributions" => {
                self.plugins = true;
                Ok(Value::Opaque)
            }
            "importlib.reload" => self.reload(arguments.positional.first(), range),
            "pkgutil.resolve_name" | "pkgutil.walk_packages" => {
                self.lost("a function that loads what it is told to is called", range);
                Ok(Value::Opaque)
            }
            "runpy.run_module" | "runpy.run_path" | "importlib.util.module_from_spec" => {
                self.tampered(&format!(
                    "`{name}` is called: what is loaded then is not followed"
                ));
                Ok(Value::Opaque)
            }
            _ => self.call_unlisted(name, arguments, range),
        }
    }

    /// Functions of `sys` and methods of what it holds.
    pub(super) fn call_sys(
        &mut self,
        name: &str,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        match name {
            "sys.exit" => self.end(name, range),
            "sys.setprofile" | "sys.settrace"
                if arguments.positional.first().is_some_and(Value::is_code) =>
            {
                self.lost("a function is called for all that runs", range);
                Ok(Value::None)
            }
            "sys.modules.get" | "sys.modules.__contains__" => Ok(self.loaded_or(arguments)),
            "sys.modules.setdefault" => Ok(self.load_default(arguments)),
            "sys.modules.pop" => {
                match arguments.positional.first().and_then(Value::as_text) {
                    Some(name) if self.sure() => drop(self.loaded.remove(name)),
                    _ => self.tampered("`sys.modules` is changed"),
                }
                Ok(Value::Unknown)
            }
            "sys.modules.update" | "sys.modules.clear" | "sys.modules.__setitem__" => {
                self.tampered("`sys.modules` is changed");
                Ok(Value::None)
            }
            "sys.path.insert" | "sys.path.append" | "sys.path.extend" => {
                self.looks_in_folders(range);
                Ok(Value::None)
            }
            "sys.meta_path.insert"
            | "sys.meta_path.append"
            | "sys.path_hooks.insert"
            | "sys.path_hooks.append" => {
                self.finders = true;
                self.tampered("the program has a finder of its own for modules");
                Ok(Value::None)
            }
            _ => self.call_unlisted(name, arguments, range),
        }
    }

    /// `sys.modules.get(name, default)`
    fn loaded_or(&self, arguments: &Arguments<'a>) -> Value<'a> {
        match arguments.positional.first().and_then(Value::as_text) {
            Some(name) => self
                .loaded_value(name)
                .or_else(|| arguments.positional.get(1).cloned())
                .unwrap_or(Value::None),
            None => Value::Unknown,
        }
    }

    /// `sys.modules.setdefault(name, value)`
    fn load_default(&mut self, arguments: &Arguments<'a>) -> Value<'a> {
        let [Value::Text(name), value, ..] = arguments.positional.as_slice() else {
            self.tampered("`sys.modules` is changed");
            return Value::Unknown;
        };
        if let Some(known) = self.loaded_value(name) {
            return known;
        }
        self.replace_module(&Value::Text(name.clone()), value.clone());
        value.clone()
    }

    fn import_by_name(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let names = arguments
            .get(0, "name")
            .map_or(&[][..], Value::alternatives);
        let package = arguments.get(1, "package").and_then(Value::as_text);
        let mut all: Option<Value<'a>> = None;
        for name in names {
            let Some(name) = name.as_text() else {
                self.lost(UNKNOWN_NAME, range);
                all = Some(Value::Unknown);
                continue;
            };
            let Some(name) = relative(name, package) else {
                let why = "`import_module` is given a relative name without its package";
                self.lost(why, range);
                continue;
            };
            if names.len() == 1 {
                return self.import_module(&name, range);
            }
            let done = self.perhaps("one of several names", range, |it| {
                it.import_module(&name, range)
            });
            match done {
                Ok(value) => all = Some(all.map_or(value.clone(), |all| all.or(&value))),
                Err(raise) => self.may_have_raised(&raise),
            }
        }
        if names.is_empty() {
            self.lost(UNKNOWN_NAME, range);
        }
        Ok(all.unwrap_or(Value::Unknown))
    }

    /// The code of a module runs again, in the scope that it left.
    fn reload(&mut self, module: Option<&Value<'a>>, range: TextRange) -> Outcome<'a> {
        let Some(value @ Value::Module(id)) = module else {
            self.lost("a module that is not known is loaded again", range);
            return Ok(Value::Opaque);
        };
        if let Some(context) = self.modules.get(*id).map(|it| it.context) {
            self.connect(context, range);
        }
        self.run_module(*id, range)?;
        Ok(value.clone())
    }

    /// Something may be loaded here of which nothing is known.
    pub(in crate::python::eager) fn lost(&mut self, why: &str, range: TextRange) {
        self.may_raise.import = true;
        self.may_raise.other = true;
        let at = (self.here(), range);
        self.stopped.get_or_insert((why.to_owned(), Some(at)));
    }

    /// `EntryPoint.load()`
    pub(super) fn load_plugin(&mut self, range: TextRange) -> Value<'a> {
        self.lost(
            "what an entry point loads depends on what is installed",
            range,
        );
        Value::Unknown
    }

    /// `find_spec` imports what stands above, and looks for the rest.
    fn find_spec(&mut self, arguments: &Arguments<'a>, range: TextRange) -> Outcome<'a> {
        let package = arguments.get(1, "package").and_then(Value::as_text);
        let name = arguments.get(0, "name").and_then(Value::as_text);
        let Some(name) = name.and_then(|name| relative(name, package)) else {
            return Ok(Value::Opaque);
        };
        self.presence = true;
        if let Some((parent, _)) = name.rsplit_once('.') {
            self.import_module(parent, range)?;
        }
        if !self.is_there(&name, range) {
            return Ok(Value::None);
        }
        let spec = Value::foreign("importlib.machinery.ModuleSpec");
        Ok(Value::method(Value::Opaque, spec))
    }

    /// <https://docs.python.org/3/library/functions.html#import__>
    pub(super) fn dunder_import(
        &mut self,
        arguments: &Arguments<'a>,
        range: TextRange,
    ) -> Outcome<'a> {
        let Some(name) = arguments.get(0, "name").and_then(Value::as_text) else {
            self.lost("`__import__` is given a name that cannot be known", range);
            return Ok(Value::Unknown);
        };
        let level = arguments.get(4, "level").and_then(Value::number);
        let name = match level.map(usize::try_from) {
            Some(Ok(level)) if level > 0 => self.absolute(level, name, range)?,
            _ => name.to_owned(),
        };
        let module = self.import_module(&name, range)?;
        let names = arguments.get(3, "fromlist");
        let Some(names) = names.filter(|it| it.truth() == Truth::Yes) else {
            let top = name.split('.').next().unwrap_or(&name);
            return Ok(self.loaded_value(top).unwrap_or(module));
        };
        if let (Value::Sequence(names), Value::Module(id)) = (names, &module) {
            let mut names = names.items.borrow().clone();
            if names.iter().any(|it| it.as_text() == Some("*"))
                && let Some(Value::Sequence(all)) = self.module_attribute(*id, "__all__", range)?
            {
                names.extend(all.items.borrow().iter().cloned());
            }
            for wanted in names.iter().filter_map(Value::as_text) {
                let bound = self.module_attribute(*id, wanted, range)?.is_some();
                let sub = format!("{name}.{wanted}");
                if !bound && self.is_there(&sub, range) {
                    self.import_module(&sub, range)?;
                }
            }
        }
        Ok(module)
    }
}

const UNKNOWN_NAME: &str = "`import_module` is given a name that cannot be known";

/// `a.b` from `.b` and the package `a`.
fn relative(name: &str, package: Option<&str>) -> Option<String> {
    let rest = name.trim_start_matches('.');
    let level = name.len() - rest.len();
    if level == 0 {
        return Some(name.to_owned());
    }
    let mut base = package?;
    for _ in 1..level {
        base = base.rsplit_once('.')?.0;
    }
    Some(if rest.is_empty() {
        base.to_owned()
    } else {
        format!("{base}.{rest}")
    })
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn a_relative_name_starts_from_its_package() {
        assert_eq!(relative(".b", Some("a")).as_deref(), Some("a.b"));
        assert_eq!(relative("..c", Some("a.b")).as_deref(), Some("a.c"));
        assert_eq!(relative("x", None).as_deref(), Some("x"));
        assert_eq!(relative(".x", None), None);
    }
}

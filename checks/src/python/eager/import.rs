//! `import`, `from … import` and what the import system does for them.
//!
//! <https://docs.python.org/3/reference/simple_stmts.html#the-import-statement> and
//! `importlib._bootstrap`: parents first, each module once, a submodule bound in its package
//! after it was loaded, `from` asking for the attribute before it looks for a submodule.

use std::rc::Rc;

use crate::path::RepoPath;
use crate::python::name::is_under;
use crate::python::source::Source;
use crate::python::syntax::{Stmt, TextRange, ast, future_annotations};

use super::exception::{Raise, caught};
use super::finder::{Located, locate};
use super::machine::{Entry, Flow, Frame, Machine, Module, ModuleKind, Outcome};
use super::stdlib::{exists_on, in_standard_library, is_built_in};
use super::value::{LazyImport, ModuleId, Scope, Truth, Value};

/// CPython gives up where imports are nested deeper: each level takes several of the 1,000
/// frames that its recursion limit allows.
const NESTING: usize = 6_000;

impl<'a> Machine<'a, '_> {
    /// `import a.b as c, d`
    pub(super) fn import_statement(&mut self, import: &'a ast::StmtImport) -> Outcome<'a, ()> {
        for alias in &import.names {
            let (name, range) = (alias.name.as_str(), alias.range);
            let top = name.split('.').next().unwrap_or(name);
            let bound = alias.asname.as_ref().map_or(top, |it| it.as_str());
            let lazy = import.is_lazy || self.is_lazy_by_list(name);
            let value = if lazy {
                self.lazily(name, None, alias.asname.is_none())
            } else {
                let module = self.import_module(name, range)?;
                if alias.asname.is_none() {
                    self.loaded_value(top).unwrap_or(module)
                } else {
                    module
                }
            };
            self.bind_name(bound, value);
            if !lazy {
                self.note_bound(bound, range);
            }
        }
        Ok(())
    }

    /// `from .a import b as c, *`
    pub(super) fn import_from(&mut self, import: &'a ast::StmtImportFrom) -> Outcome<'a, ()> {
        let range = import.range;
        let written = import.module.as_ref().map_or("", |it| it.as_str());
        let module = match import.level {
            0 => written.to_owned(),
            level => self.absolute(level as usize, written, range)?,
        };
        if module == "__future__" {
            return Ok(());
        }
        if import.is_lazy || self.is_lazy_by_list(&module) {
            for alias in &import.names {
                let bound = alias.asname.as_ref().unwrap_or(&alias.name);
                let value = self.lazily(&module, Some(&alias.name), false);
                self.bind_name(bound, value);
            }
            return Ok(());
        }
        let at = import.names.first().map_or(range, |alias| alias.range);
        let package = self.import_module(&module, at)?;
        self.asked_for_path(&package, at)?;
        for alias in &import.names {
            if &alias.name == "*" {
                self.import_star(&module, &package, alias.range)?;
                continue;
            }
            let value = self.import_name(&module, &package, &alias.name, alias.range)?;
            let bound = alias.asname.as_ref().unwrap_or(&alias.name);
            self.bind_name(bound, value);
            self.note_bound(bound, alias.range);
        }
        Ok(())
    }

    /// `from` asks a module that is no package whether it is one: `PyImport_ImportModuleLevelObject`.
    pub(super) fn asked_for_path(&mut self, of: &Value<'a>, range: TextRange) -> Outcome<'a, ()> {
        if let Value::Module(id) = of
            && let Some(module) = self.modules.get(*id)
            && matches!(module.kind, ModuleKind::File(_, _, false))
            && module.scope.get("__path__").is_none()
        {
            self.told_by_module(*id, "__path__", range)?;
        }
        // What stands in `sys.modules` in place of a module may have any or none.
        if let Value::Instance(_) = of {
            match self.caught(|it| it.attribute(of, "__path__", range)) {
                Err(raise) if !is_missing_attribute(&raise) => return Err(raise),
                _ => {}
            }
        }
        Ok(())
    }

    /// <https://docs.python.org/3/reference/import.html#package-relative-imports>
    pub(super) fn absolute(
        &self,
        level: usize,
        name: &str,
        range: TextRange,
    ) -> Outcome<'a, String> {
        let package = self.package_of(self.here());
        let mut base = package.as_str();
        for _ in 1..level {
            match base.rsplit_once('.') {
                Some((above, _)) => base = above,
                None => {
                    return self.raise(
                        "ImportError",
                        "a relative import leaves the package",
                        range,
                    );
                }
            }
        }
        if base.is_empty() {
            return self.raise(
                "ImportError",
                "a relative import outside of a package",
                range,
            );
        }
        Ok(match name {
            "" => base.to_owned(),
            name => format!("{base}.{name}"),
        })
    }

    /// `__package__`
    pub(super) fn package_of(&self, module: ModuleId) -> String {
        let Some(module) = self.modules.get(module) else {
            return String::new();
        };
        match module.kind {
            ModuleKind::File(_, _, false) => {
                let parent = module.name.rsplit_once('.');
                parent.map_or(String::new(), |(parent, _)| parent.to_owned())
            }
            _ => module.name.to_string(),
        }
    }

    /// Loads `name` and everything above it, and answers with the module itself.
    pub(super) fn import_module(&mut self, name: &str, range: TextRange) -> Outcome<'a> {
        let ends = name
            .match_indices('.')
            .map(|(at, _)| at)
            .chain([name.len()]);
        let mut found = Value::Unknown;
        for end in ends {
            found = self.load(name.get(..end).unwrap_or(name), range)?;
        }
        Ok(found)
    }

    /// What `sys.modules` holds.
    pub(super) fn loaded_value(&self, name: &str) -> Option<Value<'a>> {
        match self.loaded.get(name)? {
            Entry::Loaded(id) => Some(self.module_value(*id)),
            Entry::Replaced(value) => Some(value.clone()),
        }
    }

    fn module_value(&self, id: ModuleId) -> Value<'a> {
        match self.modules.get(id) {
            Some(module) => match module.kind {
                ModuleKind::File(..) | ModuleKind::Namespace => Value::Module(id),
                _ => Value::foreign(module.name.clone()),
            },
            None => Value::Unknown,
        }
    }

    fn load(&mut self, name: &str, range: TextRange) -> Outcome<'a> {
        match self.loaded.get(name).cloned() {
            Some(Entry::Loaded(id)) => {
                let context = self.modules.get(id).map_or(0, |it| it.context);
                self.connect(context, range);
                return Ok(self.module_value(id));
            }
            Some(Entry::Replaced(Value::None)) => return self.missing(name, range),
            Some(Entry::Replaced(value)) => return Ok(value),
            None => {}
        }
        if self.settings.absent.iter().any(|it| is_under(name, it)) {
            return self.missing(name, range);
        }
        let (kind, stand_in) = self.find(name, range)?;
        let id = self.enter(name, kind, stand_in);
        let context = self.modules.get(id).map_or(0, |it| it.context);
        self.connect(context, range);
        self.run_module(id, range)?;
        if let Some((parent, last)) = name.rsplit_once('.')
            && let Some(Entry::Loaded(parent)) = self.loaded.get(parent)
            && let Some(parent) = self.modules.get(*parent)
        {
            let value = self.loaded_value(name).unwrap_or(Value::Unknown);
            parent.scope.set(last, value, self.uncertainty());
        }
        Ok(self.loaded_value(name).unwrap_or(Value::Unknown))
    }

    pub(super) fn missing<T>(&self, name: &str, range: TextRange) -> Outcome<'a, T> {
        self.raise(
            "ModuleNotFoundError",
            format!("`{name}` is imported and is not there"),
            range,
        )
    }

    /// Whether a module could be imported: what `find_spec` answers.
    pub(super) fn is_there(&mut self, name: &str, range: TextRange) -> bool {
        if self.loaded.contains_key(name) {
            return true;
        }
        !self.settings.absent.iter().any(|it| is_under(name, it)) && self.find(name, range).is_ok()
    }

    /// What a module is, and whether the file only stands in for an extension module.
    fn find(&mut self, name: &str, range: TextRange) -> Outcome<'a, (ModuleKind, bool)> {
        let platform = &self.settings.platform;
        let parent = name.rsplit_once('.').map(|(parent, _)| parent);
        let mut from = 0..self.roots.len();
        match parent.and_then(|it| self.loaded.get(it)) {
            Some(Entry::Loaded(parent)) => match self.modules.get(*parent).map(|it| &it.kind) {
                Some(ModuleKind::File(_, _, false)) if self.finders => {
                    return Ok((ModuleKind::Assumed, false));
                }
                Some(ModuleKind::File(_, _, false)) => return self.missing(name, range),
                Some(ModuleKind::File(_, root, true)) => from = *root..root + 1,
                Some(ModuleKind::Standard) if !exists_on(name, platform) => {
                    return self.missing(name, range);
                }
                Some(ModuleKind::Standard) => return Ok((ModuleKind::Standard, false)),
                Some(ModuleKind::Assumed | ModuleKind::Compiled(_)) => {
                    return Ok((ModuleKind::Assumed, false));
                }
                _ => {}
            },
            Some(Entry::Replaced(_)) | None => {}
        }
        let standard = parent.is_none() && in_standard_library(name, self.settings.version);
        let replaced = matches!(
            parent.and_then(|it| self.loaded.get(it)),
            Some(Entry::Replaced(_))
        );
        if is_built_in(name) {
            return if exists_on(name, platform) {
                Ok((ModuleKind::Standard, false))
            } else {
                self.missing(name, range)
            };
        }
        let own = self.roots.iter().take_while(|root| !root.site).count();
        let near = from.start..if standard {
            own.min(from.end).max(from.start)
        } else {
            from.end
        };
        let roots = self.roots.get(near.clone()).unwrap_or_default();
        let located = locate(name, &self.endings, roots);
        let located = located.or_else(|error| self.raise("OSError", error.to_string(), range))?;
        let among_several = parent.is_none_or(|it| match self.loaded.get(it) {
            Some(Entry::Loaded(id)) => {
                let kind = self.modules.get(*id).map(|it| &it.kind);
                matches!(kind, Some(ModuleKind::Namespace))
            }
            _ => false,
        });
        if among_several && located == Located::Nowhere && self.is_in_folders(name) {
            self.lost("`sys.path` is changed, and a module is found there", range);
            return Ok((ModuleKind::Assumed, false));
        }
        let kind = match located {
            Located::File {
                root,
                path,
                package,
            } => ModuleKind::File(path, root + near.start, package),
            Located::Compiled {
                source: Some((root, source, package)),
                ..
            } => {
                // An installed package ships both, made of each other; what somebody built in
                // a repository may be out of date.
                let stand_in = roots.get(root).is_none_or(|it| !it.site);
                let kind = ModuleKind::File(source, root + near.start, package);
                return Ok((kind, stand_in));
            }
            Located::Compiled { path, .. } => ModuleKind::Compiled(path),
            Located::Namespace if !standard => ModuleKind::Namespace,
            _ if standard && exists_on(name, platform) => ModuleKind::Standard,
            _ if replaced || (self.finders && parent.is_some()) => ModuleKind::Assumed,
            // Nobody seems to expect that it is not there.
            _ if self.finders && self.handlers == 0 && !standard => {
                self.lost("the program has a finder of its own for modules", range);
                ModuleKind::Assumed
            }
            _ if !standard && self.is_elsewhere(name, parent.is_none()) => ModuleKind::Assumed,
            _ if standard || parent.is_some() || self.closed => return self.missing(name, range),
            _ => ModuleKind::Assumed,
        };
        Ok((kind, false))
    }

    /// Whether a module is taken as installed though it is not found: what is asked about is,
    /// unless it is said to be absent, and what is installed in a way that is not looked into.
    fn is_elsewhere(&self, name: &str, top: bool) -> bool {
        let asked = self.target.filter(|_| top);
        let installed = &self.settings.elsewhere;
        asked.is_some_and(|it| is_under(it, name)) || installed.iter().any(|it| is_under(name, it))
    }

    fn enter(&mut self, name: &str, kind: ModuleKind, stand_in: bool) -> ModuleId {
        let id = self.modules.len();
        let context = self.graph.add(id, None);
        let name: Rc<str> = name.into();
        self.modules.push(Module {
            name: name.clone(),
            kind,
            source: None,
            scope: Scope::new(None, self.uncertainty(), false),
            context,
            failed: false,
            postponed: self.settings.version.postpones_annotations(),
            stand_in,
        });
        self.loaded.insert(name, Entry::Loaded(id));
        id
    }

    pub(super) fn run_module(&mut self, id: ModuleId, range: TextRange) -> Outcome<'a, ()> {
        let done = match self
            .modules
            .get(id)
            .map(|it| (it.kind.clone(), it.name.clone()))
        {
            Some((ModuleKind::File(path, root, package), name)) => {
                let parent = name.rsplit_once('.').map_or("", |(parent, _)| parent);
                let own = if package { &*name } else { parent }.to_owned();
                self.run_file(id, &path, root, own, range)
            }
            _ => Ok(()),
        };
        if done.is_err()
            && let Some(module) = self.modules.get_mut(id)
        {
            module.failed = true;
            let name = module.name.clone();
            // The next import of it tries again.
            self.loaded.remove(&name);
        }
        done
    }

    fn run_file(
        &mut self,
        id: ModuleId,
        path: &RepoPath,
        number: usize,
        package: String,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        let Some(root) = self.roots.get(number) else {
            return Ok(());
        };
        if let Some(watch) = &mut self.watch {
            watch.loaded(id, path, root);
        }
        match self.source(path, number, root, vec![package]) {
            Ok(source) => self.run_source(id, source, range),
            Err(why) => {
                if why.contains("too deep") {
                    self.stopped.get_or_insert((why.clone(), None));
                }
                self.raise("SyntaxError", why, range)
            }
        }
    }

    fn run_source(&mut self, id: ModuleId, source: Source, range: TextRange) -> Outcome<'a, ()> {
        if self.depth > NESTING {
            let why = "imports are nested deeper than is followed".to_owned();
            self.stopped.get_or_insert((why, None));
            return Ok(());
        }
        let source = self.sources.keep(source);
        self.announce(id, source.body());
        self.believe(source);
        let Some(module) = self.modules.get_mut(id) else {
            return Ok(());
        };
        module.source = Some(source);
        module.postponed |= future_annotations(source.body()).is_some();
        let (scope, context, stand_in) = (module.scope.clone(), module.context, module.stand_in);
        let before = (self.may_raise, self.presence);
        let work = std::mem::replace(&mut self.work, (id, 0));
        let handlers = std::mem::take(&mut self.handlers);
        let frame = Frame::new(id, scope);
        let (done, _) = self.in_context(context, frame, |machine| match stand_in {
            true => machine.stand_in_block(source.body()),
            false => machine.block(source.body()),
        });
        (self.may_raise, self.presence) = before;
        (self.work, self.handlers) = (work, handlers);
        if let (Err(raise), true) = (&done, self.is_compiled(id)) {
            // What is loaded instead was not made of it.
            self.may_have_raised(raise);
            if let Some(module) = self.modules.get(id) {
                module.scope.open.set(true);
            }
            return Ok(());
        }
        done.map(drop).map_err(|mut raise| {
            if raise.at.1 == TextRange::default() {
                raise.at = (id, range);
            }
            raise
        })
    }

    /// Whether an extension module stands beside the file of a module, and is loaded instead.
    fn is_compiled(&self, id: ModuleId) -> bool {
        let Some(module) = self.modules.get(id) else {
            return false;
        };
        let ModuleKind::File(_, root, _) = &module.kind else {
            return false;
        };
        let roots = self.roots.get(*root..=*root).unwrap_or_default();
        let located = locate(&module.name, &self.endings, roots);
        matches!(located, Ok(Located::Compiled { .. }))
    }

    /// Code of a module is about to run: what it imports is needed next.
    pub(super) fn announce(&mut self, module: ModuleId, body: &[Stmt]) {
        let package = self.package_of(module);
        if let Some(ahead) = &mut self.ahead {
            ahead.announce(body, &package);
        }
    }

    /// What an extension module was perhaps made of: it may bind other names, and load nothing.
    fn stand_in_block(&mut self, body: &'a [Stmt]) -> Outcome<'a, Flow<'a>> {
        self.open_scope();
        let why = "an extension module is loaded instead, and this may not be what it was made of";
        let done = self.perhaps(why, TextRange::default(), |it| it.block(body));
        if let Err(raise) = done {
            self.may_have_raised(&raise);
        }
        Ok(Flow::Next)
    }

    /// `from module import name`, the module being loaded.
    fn import_name(
        &mut self,
        module: &str,
        package: &Value<'a>,
        name: &str,
        range: TextRange,
    ) -> Outcome<'a> {
        let Value::Module(id) = package else {
            return self.foreign_name(module, package, name, range);
        };
        let mut found = self.module_attribute(*id, name, range)?;
        let sub = format!("{module}.{name}");
        if found.is_some() && self.asks_again(*id, name) {
            found = self.module_attribute(*id, name, range)?;
        }
        match found {
            Some(value) if !value.may_be_unbound() => return Ok(value),
            // Bound by loading it, if that was done.
            Some(value) if self.is_bound_submodule(&value, &sub) => {
                let loaded = self.submodule(&sub, *id, range)?;
                return Ok(loaded.unwrap_or(Value::Unknown));
            }
            Some(value) => {
                let why = "a submodule, if its package does not bind the name";
                let loaded =
                    self.perhaps(why, range, |machine| machine.submodule(&sub, *id, range));
                let bound = value.bound().unwrap_or(Value::Unknown);
                return Ok(match loaded {
                    Ok(Some(loaded)) => bound.or(&loaded),
                    _ => bound,
                });
            }
            None => {}
        }
        if let Some(loaded) = self.submodule(&sub, *id, range)? {
            return Ok(loaded);
        }
        if let Some(loaded) = self.loaded_value(&sub) {
            return Ok(loaded);
        }
        let open = self.modules.get(*id).is_some_and(|it| it.scope.open.get());
        if open || self.is_exhausted() {
            self.may_raise.import = true;
            return Ok(Value::Unknown);
        }
        self.raise("ImportError", format!("`{module}` has no `{name}`"), range)
    }

    /// A package whose `__getattr__` has answered for a name is asked twice: whether it has the
    /// name, and for it (`importlib._bootstrap._handle_fromlist`).
    fn asks_again(&self, id: ModuleId, name: &str) -> bool {
        self.modules.get(id).is_some_and(|it| {
            let package = matches!(it.kind, ModuleKind::File(_, _, true));
            package && it.scope.get("__getattr__").is_some() && it.scope.get(name).is_none()
        })
    }

    /// Whether a value is a module, or has none.
    fn is_bound_submodule(&self, value: &Value<'a>, name: &str) -> bool {
        let is_it = |it: &Value<'a>| match it {
            Value::Module(id) => self.modules.get(*id).is_some_and(|it| &*it.name == name),
            other => matches!(other, Value::Unbound),
        };
        value.alternatives().iter().all(is_it)
    }

    /// The submodule of a package, if there is one: what is missing is no error here.
    fn submodule(
        &mut self,
        sub: &str,
        package: ModuleId,
        range: TextRange,
    ) -> Outcome<'a, Option<Value<'a>>> {
        let is_package = self.modules.get(package).is_some_and(|it| {
            matches!(
                it.kind,
                ModuleKind::File(_, _, true) | ModuleKind::Namespace
            )
        });
        if !is_package || !self.is_there(sub, range) {
            return Ok(None);
        }
        self.load(sub, range).map(Some)
    }

    fn foreign_name(
        &mut self,
        module: &str,
        package: &Value<'a>,
        name: &str,
        range: TextRange,
    ) -> Outcome<'a> {
        let Value::Foreign(path) = package else {
            return self.attribute(package, name, range);
        };
        if !self.has_name(module, name) {
            return self.raise("ImportError", format!("`{module}` has no `{name}`"), range);
        }
        let sub = format!("{path}.{name}");
        // A target below a package that is not looked into: `from torch import nn`.
        let standard = in_standard_library(path, self.settings.version);
        if !standard && self.settings.absent.contains(&sub) {
            return self.missing(&sub, range);
        }
        Ok(self.foreign_attribute(path, name))
    }

    /// Whether a module of the standard library has a name, where that depends on the version.
    fn has_name(&self, module: &str, name: &str) -> bool {
        let since = super::names::since(module, name);
        let minor = self.settings.version.minor;
        minor >= since && super::names::until(module, name).is_none_or(|until| minor < until)
    }

    /// <https://docs.python.org/3/reference/simple_stmts.html#import>: the names in `__all__`, or
    /// all that do not start with an underscore.
    fn import_star(
        &mut self,
        module: &str,
        package: &Value<'a>,
        range: TextRange,
    ) -> Outcome<'a, ()> {
        let Value::Module(id) = package else {
            self.open_scope();
            return Ok(());
        };
        let Some(scope) = self.modules.get(*id).map(|it| it.scope.clone()) else {
            return Ok(());
        };
        if scope.open.get() {
            self.open_scope();
        }
        let listed = match self.module_attribute(*id, "__all__", range)? {
            None => self.told_by_module(*id, "__all__", range)?,
            listed => listed,
        };
        let listed = listed.and_then(|it| it.bound());
        match listed {
            Some(Value::Sequence(names)) => {
                let items = names.items.borrow().clone();
                let open = names.open.get();
                for item in items {
                    let Value::Text(name) = item else { continue };
                    match self.import_name(module, package, &name, range) {
                        Ok(value) => {
                            self.bind_name(&name, value);
                            self.note_bound(&name, range);
                        }
                        // What `__all__` promises and the module lacks is an `AttributeError`.
                        Err(raise) if open => drop(raise),
                        Err(mut raise) => {
                            if caught(&raise.kind, &Value::foreign("builtins.ImportError"))
                                == Truth::Yes
                            {
                                raise.kind = Value::foreign("builtins.AttributeError");
                            }
                            return Err(raise);
                        }
                    }
                }
                if open {
                    self.star_of_all(&scope, range);
                    self.open_scope();
                }
            }
            Some(_) => {
                self.star_of_all(&scope, range);
                self.open_scope();
            }
            None => self.star_of_all(&scope, range),
        }
        Ok(())
    }

    fn star_of_all(&mut self, scope: &Rc<Scope<'a>>, range: TextRange) {
        let names = scope.names.borrow().clone();
        for (name, value) in names {
            if !name.starts_with('_')
                && let Some(value) = value.bound()
            {
                self.note_taken(scope, &name, range);
                self.bind_name(&name, value);
                self.note_bound(&name, range);
            }
        }
    }

    /// Names may be bound here that nobody sees.
    pub(super) fn open_scope(&mut self) {
        if let Some(frame) = self.frame() {
            frame.scope.open.set(true);
        }
    }

    /// PEP 810: `__lazy_modules__` makes the plain imports of a module lazy.
    fn is_lazy_by_list(&self, module: &str) -> bool {
        let version = self.settings.version;
        if (version.major, version.minor) < (3, 15) {
            return false;
        }
        let Some(frame) = self.frame() else {
            return false;
        };
        if frame.scope.around.is_some() || frame.scope.class {
            return false;
        }
        let listed = frame.scope.get("__lazy_modules__");
        let Some(Value::Sequence(names)) = listed else {
            return false;
        };
        let wanted = Value::text(module);
        names
            .items
            .borrow()
            .iter()
            .any(|it| it.equals(&wanted) == Truth::Yes)
    }

    fn lazily(&self, module: &str, name: Option<&str>, top: bool) -> Value<'a> {
        Value::Lazy(Rc::new(LazyImport {
            module: module.into(),
            name: name.map(Into::into),
            top,
            by: self.here(),
        }))
    }

    /// The first use of a name that was imported lazily.
    pub(super) fn reify(&mut self, lazy: &LazyImport, range: TextRange) -> Outcome<'a> {
        let module = self.import_module(&lazy.module, range)?;
        match &lazy.name {
            Some(name) => self.import_name(&lazy.module, &module, name, range),
            None if lazy.top => {
                let top = lazy
                    .module
                    .split('.')
                    .next()
                    .unwrap_or(&lazy.module)
                    .to_owned();
                Ok(self.loaded_value(&top).unwrap_or(module))
            }
            None => Ok(module),
        }
    }
}

fn is_missing_attribute(raise: &Raise) -> bool {
    caught(&raise.kind, &Value::foreign("builtins.AttributeError")) != Truth::No
}

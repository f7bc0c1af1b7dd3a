//! Extension modules: what they import cannot be followed, but the names stand in them.
//!
//! C code imports by names that lie in the file as texts ended by a null byte, Cython by those in
//! its table of strings, Rust by texts without an end. A module that is named so may be imported
//! when the extension module is loaded, or later, or never: it is `maybe` loaded. What is named
//! nowhere in the file is not imported by it.

mod lzss;
mod strings;
mod table;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::path::RepoPath;
use crate::python::name::is_under;
use crate::python::syntax::TextRange;
use crate::snapshot::{Kind, ReadError};

use super::finder::{Located, locate};
use super::machine::{Frame, Machine, ModuleKind};
use super::stdlib::in_standard_library;
use super::value::ModuleId;
use strings::{Strings, is_named};

/// Why what an extension module names is not surely loaded; its path is said with it.
pub(super) const NAMED: &str = "a compiled module that is loaded names it, or what loads it";

/// Names are looked for this far in a text without ends.
const LONGEST: usize = 80;

/// What was found out about names, for all extension modules.
type Known = HashMap<String, bool>;

impl Machine<'_, '_> {
    /// Imports, in doubt, what the extension modules that were loaded may import: in the end, when
    /// it is known what is loaded without them. Calls are not followed there, and what is not
    /// known about such a guess does not leave the answer open.
    pub(super) fn follow_extensions(&mut self) {
        let mut known = Known::new();
        let stopped = self.stopped.take();
        self.follow_no_calls();
        let mut next = 0;
        while let Some(module) = self.modules.get(next) {
            if matches!(module.kind, ModuleKind::Compiled(_)) && !module.failed {
                let (context, scope) = (module.context, module.scope.clone());
                for name in self.named_in(next, &mut known) {
                    let frame = Frame::new(next, scope.clone());
                    self.in_context(context, frame, |machine| machine.import_perhaps(&name));
                }
            }
            next += 1;
        }
        self.stopped = stopped.or_else(|| self.unreadable.take().map(|why| (why, None)));
    }

    fn import_perhaps(&mut self, name: &str) {
        let range = TextRange::default();
        if !self.loaded.contains_key(name) {
            drop(self.perhaps(NAMED, range, |it| it.import_module(name, range)));
        }
    }

    /// The modules of the roots, and the target, that an extension module names.
    fn named_in(&mut self, id: ModuleId, known: &mut Known) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let Some(ModuleKind::Compiled(path)) = self.modules.get(id).map(|it| it.kind.clone())
        else {
            return found;
        };
        let Some(bytes) = self.bytes(&path) else {
            self.unreadable(&path);
            return found;
        };
        let strings = Strings::of(&bytes);
        if strings.sealed {
            self.unreadable(&path);
        }
        for word in &strings.words {
            found.extend(self.near(id, word, known));
            if self.is_named_module(word, known) {
                found.insert(word.clone());
            }
        }
        for top in self.tops() {
            for text in &strings.loose {
                self.descend(text, &top, &mut found);
            }
        }
        found.extend(
            self.target
                .filter(|it| strings.may_hold(it))
                .map(str::to_owned),
        );
        found
    }

    fn unreadable(&mut self, path: &RepoPath) {
        let why = format!("what the compiled module `{path}` imports cannot be known");
        self.unreadable.get_or_insert(why);
    }

    /// The bytes of an extension module; byte code has other strings.
    fn bytes(&self, path: &RepoPath) -> Option<Arc<[u8]>> {
        if path.as_str().ends_with(".pyc") {
            return None;
        }
        let mut read = self.roots.iter().map(|root| root.snapshot.read(path));
        read.find(|it| !matches!(it, Err(ReadError::Missing(_))))?
            .ok()
    }

    /// The module beside the extension module that a word without dots names: a relative import.
    fn near(&self, id: ModuleId, word: &str, known: &mut Known) -> Option<String> {
        let (package, _) = self.modules.get(id)?.name.rsplit_once('.')?;
        let near = format!("{package}.{word}");
        let found = !word.contains('.') && self.is_known_source(&near, known);
        found.then_some(near)
    }

    /// Whether a word names a module of the roots, or what is asked about.
    fn is_named_module(&self, word: &str, known: &mut Known) -> bool {
        if self.target.is_some_and(|it| is_under(it, word)) {
            return true;
        }
        if in_standard_library(word, self.settings.version) {
            return false;
        }
        match word.split_once('.') {
            None => self.is_known_source(word, known),
            Some((top, _)) => self.is_known_top(top, known) && self.is_module(word),
        }
    }

    fn is_known_top(&self, top: &str, known: &mut Known) -> bool {
        let key = format!("{top}.");
        if let Some(known) = known.get(&key) {
            return *known;
        }
        let found = self.is_source(top) || self.has_file(top, &[""], Kind::Folder);
        known.insert(key, found);
        found
    }

    fn is_known_source(&self, name: &str, known: &mut Known) -> bool {
        if let Some(known) = known.get(name) {
            return *known;
        }
        let found = self.is_source(name);
        known.insert(name.to_owned(), found);
        found
    }

    /// Whether a root has a source for a module.
    fn is_source(&self, name: &str) -> bool {
        self.has_file(name, &["/__init__.py", ".py"], Kind::File)
    }

    fn has_file(&self, name: &str, ends: &[&str], kind: Kind) -> bool {
        let relative = name.replace('.', "/");
        self.roots.iter().any(|root| {
            let folder = root.folder.as_ref().map(|it| format!("{it}/"));
            let folder = folder.unwrap_or_default();
            ends.iter().any(|end| {
                let path = RepoPath::new(format!("{folder}{relative}{end}"));
                path.is_ok_and(|path| root.snapshot.kind(&path) == Ok(Some(kind)))
            })
        })
    }

    fn is_module(&self, name: &str) -> bool {
        matches!(
            locate(name, &self.endings, self.roots),
            Ok(Located::File { .. } | Located::Compiled { .. })
        )
    }

    /// The packages that are loaded, by which longer names are recognised.
    fn tops(&self) -> BTreeSet<String> {
        let files = self.modules.iter();
        let files = files.filter(|it| matches!(it.kind, ModuleKind::File(..)));
        let tops = files.filter_map(|it| it.name.split('.').next());
        tops.map(str::to_owned).collect()
    }

    /// The longest names of modules that begin with `top` in a text where names have no end.
    fn descend(&self, text: &[u8], top: &str, found: &mut BTreeSet<String>) {
        let start = format!("{top}.");
        for at in memchr::memmem::find_iter(text, &start) {
            let rest = text.get(at..).unwrap_or_default();
            let named = rest.iter().take(LONGEST).take_while(|it| is_named(**it));
            let run: String = named.map(|it| char::from(*it)).collect();
            let ends = (start.len() + 1..=run.len()).rev();
            let mut names = ends.filter_map(|end| run.get(..end));
            found.extend(names.find(|it| self.is_module(it)).map(str::to_owned));
        }
    }
}

//! Modules of which outlines are run: what their functions do is looked up when it is asked.
//!
//! While an outline is run it is believed; whether it was right is found out before anything is
//! concluded from it.

use crate::path::RepoPath;
use crate::python::source::{Source, kept};
use crate::python::syntax::{Ranged, TextRange, ast, is_outlined};

use super::finder::Root;
use super::machine::{Machine, Outcome};
use super::value::{Code, Function, ModuleId};

impl<'a> Machine<'a, '_> {
    /// Imports the module that the analysis is about.
    pub(super) fn import_entry(&mut self, entry: &str) -> Outcome<'a> {
        let done = self.import_module(entry, TextRange::default());
        self.follow_extensions();
        done
    }

    /// The source of a module: of its outline, if outlines are run.
    ///
    /// # Errors
    ///
    /// Why CPython raises `SyntaxError`.
    pub(super) fn source(
        &self,
        path: &RepoPath,
        number: usize,
        root: &Root,
        packages: Vec<String>,
    ) -> Result<Source, String> {
        let ready = self.ahead.as_ref().and_then(|it| it.read(number, path));
        let kept = match ready {
            // It was read by nobody who counts.
            Some(kept) if root.snapshot.read(path).is_ok() => kept,
            _ => kept(path, root.snapshot)?,
        };
        match self.outlines.then(|| kept.outline()).flatten() {
            Some(outline) => Ok(Source::outlined(path, kept, outline, packages)),
            None => Source::compiled(path, &kept, packages, self.settings.version),
        }
    }

    /// A source is about to be run.
    pub(super) fn believe(&mut self, source: &'a Source) {
        let Some(kept) = &source.outlined else {
            return;
        };
        self.believed.push(kept.clone());
        if let Some(ahead) = &self.ahead {
            ahead.believed(kept.clone());
        }
    }

    /// Whether every outline that was run was right.
    pub(super) fn is_sound(&self) -> bool {
        // The other thread begins with the first.
        self.believed
            .iter()
            .rev()
            .all(|it| it.is_sound(self.settings.version))
    }

    /// What a function does.
    pub(super) fn code(&mut self, function: &Function<'a>) -> Code<'a> {
        match function.code {
            Code::Def(def) if is_outlined(def) => Code::Def(self.whole(function.module, def)),
            code => code,
        }
    }

    /// The whole of a function. One that is in no whole text is taken as it is: the outline is
    /// not sound then.
    fn whole(
        &mut self,
        module: ModuleId,
        def: &'a ast::StmtFunctionDef,
    ) -> &'a ast::StmtFunctionDef {
        if !self.wholes.contains_key(&module) {
            let source = self.modules.get(module).and_then(|it| it.source);
            let whole = source.and_then(|source| {
                let kept = source.outlined.as_ref()?;
                Source::whole(source.path.clone(), kept, Vec::new()).ok()
            });
            let whole = whole.map(|it| self.sources.keep(it).parsed.functions());
            self.wholes.insert(module, whole.unwrap_or_default());
        }
        let functions = self.wholes.get(&module);
        functions
            .and_then(|it| it.get(&def.start()))
            .copied()
            .unwrap_or(def)
    }
}

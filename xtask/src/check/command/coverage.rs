//! The tests that a program collects, and those that it should.

use std::collections::BTreeSet;

use checks::files::Files;
use checks::path::RepoPath;
use checks::python::module_users;
use checks::snapshot::Snapshot;

/// Which tests a program collects, and which it should.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Coverage {
    /// The files that it collects.
    pub(super) collects: Files,
    /// All test files.
    pub(super) tests: Files,
    /// The modules whose tests it should collect.
    pub(super) modules: Vec<String>,
}

impl Coverage {
    /// The tests that it should collect and does not.
    pub(super) fn remarks(&self, snapshot: &dyn Snapshot, title: &str) -> Vec<String> {
        let files = self.collects.select(snapshot);
        let files = files.and_then(|collected| Ok((collected, self.tests.select(snapshot)?)));
        match files {
            Ok((collected, tests)) => {
                let collected: BTreeSet<RepoPath> = collected.into_iter().collect();
                let (collected, missed): (Vec<_>, Vec<_>) =
                    tests.into_iter().partition(|path| collected.contains(path));
                let remark = |module: &String| self.remark(snapshot, module, &collected, &missed, title);
                self.modules.iter().filter_map(remark).collect()
            }
            Err(error) => vec![format!("which tests {title} collects is not known: {error}")],
        }
    }

    fn remark(
        &self,
        snapshot: &dyn Snapshot,
        module: &str,
        collected: &[RepoPath],
        missed: &[RepoPath],
        title: &str,
    ) -> Option<String> {
        let users = module_users(snapshot, missed, module);
        let paths: BTreeSet<String> = users.iter().map(|it| format!("`{}`", it.path)).collect();
        if !paths.is_empty() {
            let paths: Vec<String> = paths.into_iter().collect();
            let paths = paths.join(", ");
            return Some(format!("{title} does not collect these tests that use `{module}`: {paths}"));
        }
        let uses = |path: &RepoPath| {
            !module_users(snapshot, std::slice::from_ref(path), module).is_empty()
        };
        let none = !collected.iter().any(uses);
        none.then(|| format!("no test in `{}` uses `{module}`", self.tests))
    }
}

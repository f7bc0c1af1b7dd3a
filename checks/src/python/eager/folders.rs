//! Folders that a program adds to `sys.path`.
//!
//! Which ones is a matter of paths that are not followed: those near the file that does so, and
//! those that are named beside. They are looked into where a module is found nowhere else.

use std::collections::BTreeSet;

use crate::path::RepoPath;
use crate::python::syntax::TextRange;
use crate::snapshot::Kind;

use super::machine::Machine;

/// Names are looked for in so many lines before the change, and in its own.
const LINES: usize = 5;

impl Machine<'_, '_> {
    /// `sys.path` is changed by the running code.
    pub(super) fn looks_in_folders(&mut self, range: TextRange) {
        let Some(source) = self.modules.get(self.here()).and_then(|it| it.source) else {
            return;
        };
        let before = source
            .text
            .get(..range.end().to_usize())
            .unwrap_or_default();
        let mut names = vec![String::new()];
        for line in before.lines().rev().take(LINES) {
            let texts = line.split(['"', '\'']).skip(1).step_by(2);
            let texts: Vec<&str> = texts.map(|it| it.trim_matches(['.', '/'])).collect();
            names.push(texts.join("/"));
            names.extend(texts.into_iter().map(str::to_owned));
        }
        let mut above = source.path.as_str();
        let mut folders = BTreeSet::new();
        while let Some((folder, _)) = above.rsplit_once('/') {
            folders.extend(names.iter().map(|name| format!("{folder}/{name}/")));
            above = folder;
        }
        folders.extend(names.iter().map(|name| format!("{name}/")));
        let inside = |folder: String| folder.replace("//", "/").trim_start_matches('/').to_owned();
        self.folders.extend(folders.into_iter().map(inside));
    }

    /// Whether one of the folders holds a module.
    pub(super) fn is_in_folders(&self, name: &str) -> bool {
        let name = name.replace('.', "/");
        self.folders.iter().any(|folder| {
            ["/__init__.py", ".py"].iter().any(|end| {
                let path = RepoPath::new(format!("{folder}{name}{end}"));
                let there = |path: &RepoPath| {
                    let mut roots = self.roots.iter();
                    roots.any(|root| root.snapshot.kind(path) == Ok(Some(Kind::File)))
                };
                path.is_ok_and(|path| there(&path))
            })
        })
    }
}

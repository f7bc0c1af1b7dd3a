//! Analyses that were made before.
//!
//! An analysis is pure: it hangs on its question, and on what the snapshots said when they were
//! asked. Both are kept with it. It is the answer again if the question is the same and every
//! look at the snapshots would be answered as then: the same bytes (by content id) where a file
//! was read, the same kind of thing where only that was asked, nothing where there was nothing.
//! A file that is new, gone or in the way of another one therefore counts, as every place where
//! a module was looked for in vain is among the looks.
//!
//! What is not kept: an analysis for which a snapshot was listed, or could not answer.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::path::RepoPath;
use crate::snapshot::{ContentId, Kind, Listing, ReadError, Snapshot};

use super::{Analysis, Root, Settings};

/// How many answers to one question are kept: before and after an edit, and their controls.
const KEPT: usize = 6;

/// Longer answers are not kept, in bytes.
const LONGEST: usize = 8 * 1024 * 1024;

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Found {
    Nothing,
    Folder,
    /// A file that was not read.
    File,
    Bytes(ContentId),
}

/// What was asked about a path, and answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Kind(Option<Kind>),
    Read,
}

/// An analysis, and all that it rests on: the root's number, where was looked, what was found.
#[derive(Serialize, Deserialize)]
struct Kept {
    looks: Vec<(usize, RepoPath, Found)>,
    analysis: Analysis,
}

/// The analysis as it was kept, or as `analyse` makes it now.
pub(super) fn recall(
    entry: &str,
    target: Option<&str>,
    roots: &[Root],
    settings: &Settings,
    analyse: impl FnOnce(&[Root]) -> Analysis,
) -> Analysis {
    let Some(cache) = roots.first().and_then(|root| root.snapshot.cache()) else {
        return analyse(roots);
    };
    let folders: Vec<_> = roots.iter().map(|root| (&root.folder, root.site)).collect();
    let key = format!("imports {entry:?} {target:?} {settings:?} {folders:?}");
    let kept = cache.get(&key);
    let kept = kept.and_then(|bytes| serde_json::from_slice::<Vec<Kept>>(&bytes).ok());
    let mut kept = kept.unwrap_or_default();
    if let Some(place) = kept.iter().position(|it| it.still_holds(roots)) {
        let found = kept.swap_remove(place);
        found.tell(roots);
        return found.analysis;
    }
    let tracers: Vec<Tracer> = roots
        .iter()
        .map(|root| Tracer::new(root.snapshot))
        .collect();
    let traced: Vec<Root> = roots
        .iter()
        .zip(&tracers)
        .map(|(root, snapshot)| Root {
            snapshot,
            ..root.clone()
        })
        .collect();
    let analysis = analyse(&traced);
    if let Some(looks) = looks(tracers) {
        let analysis = analysis.clone();
        kept.insert(0, Kept { looks, analysis });
        kept.truncate(KEPT);
        if let Ok(bytes) = serde_json::to_vec(&kept)
            && bytes.len() <= LONGEST
        {
            cache.put(&key, &bytes);
        }
    }
    analysis
}

impl Kept {
    /// Whether every look would find the same again.
    fn still_holds(&self, roots: &[Root]) -> bool {
        self.looks.iter().all(|(root, path, found)| {
            let Some(root) = roots.get(*root) else {
                return false;
            };
            let snapshot = root.snapshot.unrecorded().unwrap_or(root.snapshot);
            match found {
                Found::Nothing => snapshot.kind(path) == Ok(None),
                Found::Folder => snapshot.kind(path) == Ok(Some(Kind::Folder)),
                Found::File => snapshot.kind(path) == Ok(Some(Kind::File)),
                Found::Bytes(id) => snapshot.content(path).as_ref() == Ok(id),
            }
        })
    }

    /// The answer rests on the same looks as when it was found.
    fn tell(&self, roots: &[Root]) {
        for (root, path, _) in &self.looks {
            if let Some(root) = roots.get(*root) {
                root.snapshot.looked_at(path);
            }
        }
    }
}

/// Notes what a snapshot says.
struct Tracer<'s> {
    inner: &'s dyn Snapshot,
    /// What stood at each path; a file that was read has no id yet.
    looks: RefCell<BTreeMap<RepoPath, Look>>,
    /// It was listed, could not answer, or changed its mind.
    unsteady: Cell<bool>,
}

/// All looks; none if one of them may not be found the same again.
fn looks(tracers: Vec<Tracer>) -> Option<Vec<(usize, RepoPath, Found)>> {
    let mut all = Vec::new();
    for (root, tracer) in tracers.into_iter().enumerate() {
        if tracer.unsteady.get() {
            return None;
        }
        let inner = tracer.inner.unrecorded().unwrap_or(tracer.inner);
        for (path, look) in tracer.looks.into_inner() {
            let found = match look {
                Look::Kind(None) => Found::Nothing,
                Look::Kind(Some(Kind::Folder)) => Found::Folder,
                Look::Kind(Some(Kind::File)) => Found::File,
                Look::Read => Found::Bytes(inner.content(&path).ok()?),
            };
            all.push((root, path, found));
        }
    }
    Some(all)
}

impl<'s> Tracer<'s> {
    fn new(inner: &'s dyn Snapshot) -> Self {
        Self {
            inner,
            looks: RefCell::default(),
            unsteady: Cell::new(false),
        }
    }

    fn note(&self, path: &RepoPath, look: Look) {
        const FILE: Look = Look::Kind(Some(Kind::File));
        let mut looks = self.looks.borrow_mut();
        match (looks.get(path), look) {
            (None | Some(&FILE), _) => drop(looks.insert(path.clone(), look)),
            (Some(Look::Read), FILE) => {}
            (Some(before), _) if *before == look => {}
            _ => self.unsteady.set(true),
        }
    }
}

impl Snapshot for Tracer<'_> {
    fn read(&self, path: &RepoPath) -> Result<Arc<[u8]>, ReadError> {
        let read = self.inner.read(path);
        match read {
            Ok(_) => self.note(path, Look::Read),
            Err(_) => self.unsteady.set(true),
        }
        read
    }

    fn kind(&self, path: &RepoPath) -> Result<Option<Kind>, ReadError> {
        let kind = self.inner.kind(path);
        match kind {
            Ok(kind) => self.note(path, Look::Kind(kind)),
            Err(_) => self.unsteady.set(true),
        }
        kind
    }

    fn list(&self) -> Result<Arc<Listing>, ReadError> {
        self.unsteady.set(true);
        self.inner.list()
    }

    fn unrecorded(&self) -> Option<&dyn Snapshot> {
        Some(self.inner.unrecorded().unwrap_or(self.inner))
    }

    fn reads_ahead(&self) -> bool {
        self.inner.reads_ahead()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::analyse;
    use super::*;
    use crate::snapshot::{Edits, Memory, Overlay, Recorder};

    /// Files with a cache, which counts how often something is put there.
    struct Cached {
        files: Memory,
        kept: Shelf,
    }

    #[derive(Default)]
    struct Shelf {
        values: RefCell<HashMap<String, Vec<u8>>>,
        puts: Cell<usize>,
    }

    impl crate::cache::Cache for Shelf {
        fn get(&self, key: &str) -> Option<Vec<u8>> {
            self.values.borrow().get(key).cloned()
        }

        fn put(&self, key: &str, value: &[u8]) {
            self.puts.set(self.puts.get() + 1);
            self.values
                .borrow_mut()
                .insert(key.to_owned(), value.to_vec());
        }
    }

    impl Snapshot for Cached {
        fn read(&self, path: &RepoPath) -> Result<Arc<[u8]>, ReadError> {
            self.files.read(path)
        }

        fn kind(&self, path: &RepoPath) -> Result<Option<Kind>, ReadError> {
            self.files.kind(path)
        }

        fn list(&self) -> Result<Arc<Listing>, ReadError> {
            self.files.list()
        }

        fn cache(&self) -> Option<&dyn crate::cache::Cache> {
            Some(&self.kept)
        }
    }

    fn cached() -> Cached {
        let files = [
            ("app/__init__.py", ""),
            (
                "app/main.py",
                "from app import heavy\nfrom app.parts import one\nimport gone\n",
            ),
            ("app/heavy.py", "import torch\n"),
            ("app/parts/one.py", "x = 1\n"),
            ("app/unused.py", ""),
        ];
        Cached {
            files: Memory::new(files),
            kept: Shelf::default(),
        }
    }

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).unwrap()
    }

    fn ask(snapshot: &dyn Snapshot) -> String {
        let roots = [Root {
            snapshot,
            folder: None,
            site: false,
        }];
        format!(
            "{:?}",
            analyse("app.main", None, &roots, &Settings::default())
        )
    }

    #[test]
    fn the_same_files_are_analysed_once() {
        let cached = cached();
        let fresh = ask(&cached.files);
        assert_eq!(ask(&cached), fresh);
        assert_eq!(ask(&cached), fresh);
        assert_eq!(cached.kept.puts.get(), 1);
    }

    #[test]
    fn whatever_changes_the_answer_is_noticed() {
        let cached = cached();
        ask(&cached);
        for (puts, edits) in [
            // What nobody looked at changes nothing.
            (1, Edits::write(path("app/unused.py"), *b"import x\n")),
            (2, Edits::write(path("app/heavy.py"), *b"import numpy\n")),
            (3, Edits::remove(path("app/heavy.py"))),
            (4, Edits::remove(path("app/__init__.py"))),
            // A package in front of a module, an `__init__.py` in a folder that had none.
            (5, Edits::write(path("app/heavy/__init__.py"), *b"")),
            (
                6,
                Edits::write(path("app/parts/__init__.py"), *b"import y\n"),
            ),
            // What was looked for in vain, as a module, as a folder, as an extension module.
            (7, Edits::write(path("gone.py"), *b"import z\n")),
            (8, Edits::write(path("gone/part.py"), *b"")),
            (9, Edits::write(path("gone.abi3.so"), *b"")),
            (10, Edits::write(path("app/main.py"), *b"")),
        ] {
            let changed = Overlay::new(&cached, edits.clone());
            let fresh = ask(&Overlay::new(&cached.files, edits.clone()));
            assert_eq!(ask(&changed), fresh, "{edits:?}");
            assert_eq!(ask(&changed), fresh, "{edits:?}");
            assert_eq!(cached.kept.puts.get(), puts, "{edits:?}");
        }
    }

    #[test]
    fn a_kept_answer_rests_on_the_same_looks() {
        let cached = cached();
        let asked = || {
            let recorder = Recorder::new(&cached);
            ask(&recorder);
            recorder.asked()
        };
        assert_eq!(asked(), asked());
        assert_eq!(cached.kept.puts.get(), 1);
    }

    #[test]
    fn what_is_kept_is_not_trusted_to_be_well_formed() {
        let cached = cached();
        let fresh = ask(&cached);
        for broken in [
            &b""[..],
            b"[]",
            b"[{}]",
            b"\xff",
            b"[{\"looks\":[[9,\"a\",\"Nothing\"]]}]",
        ] {
            for value in cached.kept.values.borrow_mut().values_mut() {
                *value = broken.to_vec();
            }
            assert_eq!(ask(&cached), fresh);
        }
    }
}

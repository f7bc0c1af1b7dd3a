//! Arbitrary bytes as a module: every check that reads statements answers, the same twice, with
//! places that are there, and whatever passes is caught with its violation planted.

#![no_main]

use std::sync::LazyLock;

use checks::path::RepoPath;
use checks::python::{claims, describe_line, line_kinds, module_users};
use checks::snapshot::Memory;
use fuzz::assert_is_there;
use fuzz::word::Word;
use libfuzzer_sys::fuzz_target;

/// Every check that parses.
static WORDS: LazyLock<Vec<Word>> = LazyLock::new(|| {
    let words = [
        "no_import = { files = 'm.py', name = 'a' }",
        "no_eager_import = { files = 'm.py', module = 'a' }",
        "no_attribute = { files = 'm.py', names = ['a'] }",
        "deferred_import = { files = 'm.py', name = 'a' }",
        "annotations_deferred = { files = 'm.py', name = 'a' }",
        "no_chain = { entry = 'm', target = 'a' }",
    ];
    words.map(Word::new).into()
});

fuzz_target!(|bytes: &[u8]| {
    let snapshot = Memory::new([("m.py", bytes)]);
    for word in WORDS.iter() {
        word.ask(&snapshot);
    }
    let path = RepoPath::new("m.py").expect("a path");
    let text = String::from_utf8_lossy(bytes);
    let lines = text.split('\n').count();
    for line in [0, 1, lines / 2, lines, lines + 1] {
        assert!(!describe_line(&path, &text, line).is_empty());
    }
    if let Some(kinds) = line_kinds(&text) {
        // A carriage return and a form feed may end a line too.
        assert!(kinds.len() <= text.len() + 1);
    }
    for place in module_users(&snapshot, std::slice::from_ref(&path), "a") {
        assert_is_there(&place, &snapshot);
    }
    let claims = [
        claims::import_at(&path, "a", 1..=3, &snapshot),
        claims::unused(&path, None, "a", &snapshot),
        claims::unused(&path, Some("C"), "a", &snapshot),
        claims::uses(&path, "f", "a", &snapshot),
    ];
    assert!(claims.iter().all(|it| !it.explanation.is_empty()));
    assert_eq!(claims::chain(&[path], "a", &snapshot).len(), 1);
});

use std::fs;
use std::path::Path;

use super::*;
use crate::scratch::{Scratch, git_in, told, under};

fn refused(start: &Path) -> String {
    told(&Repository::discover(start).unwrap_err())
}

#[test]
fn it_is_found_from_below_and_knows_where_it_stands() {
    let scratch = Scratch::new();
    scratch.write("a/b/c", "");
    let repository = Repository::discover(&scratch.top().join("a/b")).unwrap();
    assert_eq!(repository.top(), scratch.top());
    let head = repository.head().unwrap();
    assert_eq!(head.branch(), Some("main"));
    assert_eq!(
        head.commit.unwrap().to_string(),
        scratch.git("rev-parse HEAD").trim()
    );
    scratch.git("checkout -q --detach");
    assert_eq!(repository.head().unwrap().branch(), None);
    assert_eq!(
        Scratch::empty().open().head().unwrap(),
        Head {
            reference: Some("refs/heads/main".to_owned()),
            commit: None,
        }
    );
}

#[test]
fn every_way_in_which_it_cannot_be_opened_has_its_sentence() {
    let scratch = Scratch::new();
    scratch.write("file", "");
    let folder = tempfile::tempdir().unwrap();
    git_in(folder.path())
        .args(["init", "-q", "--bare", "bare"])
        .status()
        .unwrap();
    let cases = [
        (folder.path().to_owned(), "no git repository at or above"),
        (folder.path().join("bare"), "is a bare repository"),
        (folder.path().join("missing"), "no such folder: `"),
        (scratch.top().join("file"), "is a file, not a folder"),
    ];
    for (start, expected) in cases {
        let refused = refused(&start);
        assert!(refused.contains(expected), "{refused}");
    }
}

#[test]
fn formats_that_libgit2_refuses_are_named() {
    for (setting, expected) in [
        ("extensions.objectformat sha256", "SHA-256 is not supported"),
        ("extensions.refstorage reftable", "not reftable"),
        ("extensions.fromtomorrow true", "fromtomorrow"),
    ] {
        let scratch = Scratch::new();
        scratch.git(&format!("config {setting}"));
        let config = scratch.read(".git/config");
        scratch.write(".git/config", config.replace("version = 0", "version = 1"));
        let refused = refused(scratch.top());
        assert!(refused.contains(expected), "{refused}");
    }
}

#[test]
#[ignore = "needs root, to give a folder to another user"]
fn a_repository_of_another_user_is_refused() {
    let scratch = Scratch::new();
    std::os::unix::fs::chown(scratch.top(), Some(12345), None).unwrap();
    std::os::unix::fs::chown(scratch.top().join(".git"), Some(12345), None).unwrap();
    let refused = refused(scratch.top());
    assert!(refused.contains("safe.directory"), "{refused}");
}

#[test]
fn an_operation_under_way_has_a_name() {
    let scratch = Scratch::new();
    assert_eq!(scratch.open().operation(), None);
    scratch.write(".git/MERGE_HEAD", scratch.git("rev-parse HEAD"));
    assert_eq!(scratch.open().operation(), Some("merge"));
}

#[test]
fn a_revision_is_a_commit_or_a_tree() {
    let scratch = Scratch::new();
    let repository = scratch.open();
    let tree = scratch.git("rev-parse HEAD^{tree}");
    let of = |name: &str| {
        repository
            .revision(name)
            .map(|r| (r.commit.is_some(), r.tree.to_string()))
    };
    assert_eq!(of("main"), Ok((true, tree.trim().to_owned())));
    assert_eq!(of(tree.trim()), Ok((false, tree.trim().to_owned())));
    assert!(of("HEAD:base.txt").is_err());
    let unknown = told(&of("v99").unwrap_err());
    assert!(unknown.starts_with("`v99` is not a revision"), "{unknown}");
}

#[test]
fn what_differs_from_a_tree_is_seen_whatever_the_index_says() {
    let scratch = Scratch::new();
    scratch.write(".gitignore", "*.log\n");
    scratch.write("a", "1");
    scratch.write("b", "1");
    scratch.commit_all();
    let repository = scratch.open();
    let tree = repository.revision("HEAD").unwrap().tree;
    let differing = |scope| repository.differs_from_tree(tree, &scope).unwrap();
    assert!(differing(Scope::Everything).is_empty());
    scratch.git("update-index --assume-unchanged a");
    scratch.write("a", "2");
    scratch.remove("b");
    scratch.write("new", "");
    scratch.write("ignored.log", "");
    assert_eq!(differing(Scope::Everything), ["a", "b", "new"]);
    assert_eq!(differing(under(&["b"])), ["b"]);
    assert!(differing(under(&[])).is_empty());
    // Staged, but on disk as the tree has it.
    scratch.git("update-index --no-assume-unchanged a");
    scratch.git("add -A");
    scratch.write("a", "1");
    scratch.write("b", "1");
    scratch.remove("new");
    assert!(differing(Scope::Everything).is_empty());
    assert!(
        fs::read_dir(scratch.top().join(".git"))
            .unwrap()
            .all(|entry| {
                !entry
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .starts_with("milestone")
            })
    );
}

#[test]
fn a_split_index_is_asked_of_git() {
    let scratch = Scratch::new();
    scratch.git("config core.splitIndex true");
    scratch.git("update-index --split-index");
    scratch.write("base.txt", "2");
    let changes = scratch.open().changed(&Scope::Everything).unwrap();
    let changes: Vec<_> = changes.iter().map(|c| (c.path.as_str(), c.how)).collect();
    assert_eq!(changes, [("base.txt", "modified")]);
}

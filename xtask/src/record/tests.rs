use std::thread;

use super::*;
use crate::scratch::Scratch;

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn head(scratch: &Scratch) -> Oid {
    Oid::from_str(scratch.git("rev-parse HEAD").trim()).unwrap()
}

#[test]
fn git_shows_what_was_recorded() {
    let scratch = Scratch::new();
    let repository = scratch.open();
    let commit = head(&scratch);
    assert!(read(&repository, commit).unwrap().is_empty());
    append(&repository, commit, &lines(&[r#"{"a":1}"#, r#"{"a":1}"#])).unwrap();
    append(&repository, commit, &lines(&[r#"{"a":1}"#, r#"{"b":2}"#])).unwrap();
    assert_eq!(
        read(&repository, commit).unwrap(),
        [r#"{"a":1}"#, r#"{"b":2}"#]
    );
    let shown = scratch.git("notes --ref=milestones show HEAD");
    assert_eq!(shown, "{\"a\":1}\n{\"b\":2}\n");
    assert!(scratch.git("log --notes=milestones").contains(r#"{"b":2}"#));
    // Nothing new, no new notes commit.
    let before = scratch.git("rev-parse refs/notes/milestones");
    append(&repository, commit, &lines(&[r#"{"b":2}"#, ""])).unwrap();
    assert_eq!(scratch.git("rev-parse refs/notes/milestones"), before);
    scratch.git("pack-refs --all");
    append(&repository, commit, &lines(&["3"])).unwrap();
    assert_eq!(
        scratch
            .git("notes --ref=milestones show HEAD")
            .lines()
            .count(),
        3
    );
    assert!(append(&repository, commit, &lines(&["a\nb"])).is_err());
}

#[test]
fn notes_that_git_wrote_are_kept() {
    let scratch = Scratch::new();
    scratch.git_words(&["notes", "--ref=milestones", "add", "-m", "by git"]);
    let repository = scratch.open();
    let commit = head(&scratch);
    append(&repository, commit, &lines(&["ours"])).unwrap();
    assert_eq!(read(&repository, commit).unwrap(), ["by git", "ours"]);
    scratch.git_words(&["notes", "--ref=milestones", "append", "-m", "git again"]);
    append(&repository, commit, &lines(&["ours too"])).unwrap();
    let read = read(&repository, commit).unwrap();
    assert_eq!(read, ["by git", "ours", "", "git again", "ours too"]);
}

/// A notes ref in which the notes lie `depth` folders deep, under names made of `digit`.
fn fanned_out(scratch: &Scratch, commit: Oid, depth: usize, neighbours: &str) {
    let name = |hex: &str| {
        let mut name = String::new();
        for level in 0..depth {
            name.push_str(&hex[level * 2..level * 2 + 2]);
            name.push('/');
        }
        name + &hex[depth * 2..]
    };
    let store = git2::Repository::open(scratch.top()).unwrap();
    let blob = store.blob(b"old\n").unwrap();
    let mut index = String::new();
    let commit = commit.to_string();
    for digit in neighbours.chars() {
        let other = digit.to_string().repeat(40);
        index.push_str(&format!("100644 {blob}\t{}\n", name(&other)));
    }
    if !neighbours.contains('x') {
        index.push_str(&format!("100644 {blob}\t{}\n", name(&commit)));
    }
    let index = index.replace('x', "0");
    let file = scratch.top().join("index-info");
    std::fs::write(&file, index).unwrap();
    let script = "export GIT_INDEX_FILE=.git/notes-index; git update-index --add --index-info \
                  <index-info && tree=$(git write-tree) && \
                  git update-ref refs/notes/milestones $(git commit-tree -m notes $tree)";
    let done = std::process::Command::new("sh")
        .args(["-c", script])
        .current_dir(scratch.top())
        .status()
        .unwrap();
    assert!(done.success());
}

#[test]
fn the_layout_found_is_kept() {
    for depth in 0..3 {
        for neighbours in ["1234", "1234x"] {
            let scratch = Scratch::new();
            let commit = head(&scratch);
            fanned_out(&scratch, commit, depth, neighbours);
            append(&scratch.open(), commit, &lines(&["new"])).unwrap();
            let names = scratch.git("ls-tree -r --name-only refs/notes/milestones");
            let found = names
                .lines()
                .find(|n| n.replace('/', "") == commit.to_string());
            assert_eq!(found.unwrap().matches('/').count(), depth, "{names}");
            let listed = scratch.git("notes --ref=milestones list");
            assert_eq!(listed.lines().count(), 5 + neighbours.len() - 4);
            assert!(
                scratch
                    .git("notes --ref=milestones show HEAD")
                    .ends_with("new\n")
            );
        }
    }
}

#[test]
fn fifty_writers_at_once_lose_nothing() {
    let scratch = Scratch::new();
    let commit = head(&scratch);
    thread::scope(|scope| {
        for writer in 0..50 {
            let top = scratch.top();
            scope.spawn(move || {
                let repository = Repository::discover(top).unwrap();
                for line in 0..4 {
                    append(&repository, commit, &[format!("{writer}.{line}")]).unwrap();
                }
            });
        }
    });
    let mut found = read(&scratch.open(), commit).unwrap();
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 200);
    assert!(scratch.try_git("fsck --strict"));
    assert!(
        !scratch
            .top()
            .join(".git/refs/notes/milestones.lock")
            .exists()
    );
}

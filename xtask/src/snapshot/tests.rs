use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use checks::snapshot::{Kind, ReadError, Snapshot};

use super::*;
use crate::repository::Repository;
use crate::scratch::{Scratch, path};

/// What `read` answers, in a few words.
fn read(snapshot: &dyn Snapshot, at: &str) -> String {
    match snapshot.read(&path(at)) {
        Ok(bytes) => format!("text {}", String::from_utf8_lossy(&bytes)),
        Err(ReadError::Missing(_)) => "missing".to_owned(),
        Err(ReadError::Folder(_)) => "folder".to_owned(),
        Err(ReadError::LinkLeaves(_)) => "leaves".to_owned(),
        Err(ReadError::Special(_)) => "special".to_owned(),
        Err(ReadError::TooLarge(_, size)) => format!("too large {size}"),
        Err(error) => error.to_string(),
    }
}

/// The table of odd cases; the same for both snapshots.
const CASES: [(&str, &str); 27] = [
    ("plain", "text 1"),
    ("empty", "text "),
    ("run.sh", "text #!"),
    ("deep/er/file", "text 2"),
    ("deep", "folder"),
    ("deep/er", "folder"),
    ("no", "missing"),
    ("deep/no", "missing"),
    ("plain/no", "missing"),
    ("inside", "text 2"),
    ("deep/up", "text 1"),
    ("deep/chain", "text 1"),
    ("folder_link", "folder"),
    ("folder_link/er/file", "text 2"),
    ("folder_link/no", "leaves"),
    ("folder_link/up", "text 1"),
    ("out", "leaves"),
    ("out/passwd", "leaves"),
    ("absolute", "leaves"),
    ("nowhere", "leaves"),
    ("loop", "leaves"),
    ("top", "folder"),
    ("into_git", "leaves"),
    (".git/config", "missing"),
    (".GIT/config", "missing"),
    ("now_a_folder/x", "text 3"),
    ("big", "too large 20971520"),
];

fn odd() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("now_a_folder", "it was a file");
    scratch.commit_all();
    scratch.remove("now_a_folder");
    for (path, text) in [
        ("plain", "1"),
        ("empty", ""),
        ("run.sh", "#!"),
        ("deep/er/file", "2"),
        ("now_a_folder/x", "3"),
    ] {
        scratch.write(path, text);
    }
    scratch.executable("run.sh");
    for (path, target) in [
        ("inside", "deep/er/file"),
        ("deep/up", "../plain"),
        ("deep/chain", ".././deep/up"),
        ("folder_link", "deep"),
        ("out", "../../etc"),
        ("absolute", "/etc/passwd"),
        ("nowhere", "deep/nothing"),
        ("loop", "loop"),
        ("top", "deep/../."),
        ("into_git", ".git/config"),
    ] {
        scratch.link(path, target);
    }
    File::create(scratch.top().join("big"))
        .unwrap()
        .set_len(20 * 1024 * 1024)
        .unwrap();
    fs::write(scratch.top().join(OsStr::from_bytes(b"deep/\xff.py")), "").unwrap();
    scratch.commit_all();
    scratch
}

#[test]
fn a_work_tree_and_a_tree_agree_about_odd_files() {
    let scratch = odd();
    let repository = scratch.open();
    let work_tree = WorkTree::new(&repository);
    let revision = repository.revision("HEAD").unwrap();
    let tree = Tree::new(&repository, revision.tree).unwrap();
    let both: [(&str, &dyn Snapshot); 2] = [("work tree", &work_tree), ("tree", &tree)];
    for (name, snapshot) in both {
        for (at, expected) in CASES {
            assert_eq!(read(snapshot, at), expected, "{name}: {at}");
            let kind = match expected {
                "missing" => Some(None),
                "folder" => Some(Some(Kind::Folder)),
                "leaves" => None,
                _ => Some(Some(Kind::File)),
            };
            assert_eq!(snapshot.kind(&path(at)).ok(), kind, "{name}: {at}");
        }
    }
    let (listed, held) = (work_tree.list().unwrap(), tree.list().unwrap());
    assert_eq!(listed, held);
    assert_eq!(listed.unnameable, ["deep/\u{fffd}.py"]);
    assert!(listed.paths.contains(&path("deep/up")));
    for left_out in ["folder_link", "top", "now_a_folder"] {
        assert!(!listed.paths.contains(&path(left_out)), "{left_out}");
    }
}

#[test]
fn another_repository_inside_is_a_folder_and_not_entered() {
    let scratch = Scratch::new();
    scratch.git("init -q sub");
    scratch.write("sub/file", "1");
    scratch.git("-C sub add file");
    scratch.git("-C sub -c user.name=x -c user.email=x commit -qm x");
    scratch.git("add sub");
    scratch.git("commit -qm sub");
    let repository = scratch.open();
    let work_tree = WorkTree::new(&repository);
    let tree = Tree::new(&repository, repository.revision("HEAD").unwrap().tree).unwrap();
    for snapshot in [&work_tree as &dyn Snapshot, &tree] {
        assert_eq!(snapshot.kind(&path("sub")), Ok(Some(Kind::Folder)));
        let inside = read(snapshot, "sub/file");
        assert!(
            inside.contains("lies in another repository, `sub`"),
            "{inside}"
        );
        assert!(!snapshot.list().unwrap().paths.contains(&path("sub")));
    }
}

#[test]
fn a_pipe_is_refused_and_not_opened() {
    let scratch = Scratch::new();
    let made = Command::new("mkfifo")
        .arg(scratch.top().join("pipe"))
        .status()
        .unwrap();
    assert!(made.success());
    scratch.link("to_pipe", "pipe");
    let repository = scratch.open();
    let work_tree = WorkTree::new(&repository);
    assert_eq!(read(&work_tree, "pipe"), "special");
    assert_eq!(read(&work_tree, "to_pipe"), "special");
}

#[test]
fn a_work_tree_lists_what_belongs_to_it_and_reads_a_file_once() {
    let scratch = Scratch::new();
    scratch.write(".gitignore", "*.log\n");
    scratch.write("gone", "");
    scratch.write("folder/file", "");
    scratch.commit_all();
    scratch.remove("gone");
    scratch.write("x.log", "");
    scratch.write("new", "1");
    // A folder replaced by a link to another one: its files are no longer there.
    fs::rename(scratch.top().join("folder"), scratch.top().join("moved")).unwrap();
    scratch.link("folder", "moved");
    let repository = scratch.open();
    let work_tree = WorkTree::new(&repository);
    let listing = work_tree.list().unwrap();
    let listed: Vec<_> = listing.paths.iter().map(|p| p.as_str()).collect();
    assert_eq!(listed, [".gitignore", "base.txt", "moved/file", "new"]);
    let first = work_tree.read(&path("new")).unwrap();
    scratch.write("new", "2");
    assert_eq!(work_tree.read(&path("new")).unwrap(), first);
}

#[test]
fn a_missing_object_is_unreadable_and_no_crash() {
    let scratch = Scratch::new();
    scratch.write("folder/file", "content");
    scratch.commit_all();
    let lose = |name: &str| {
        let id = scratch.git(&format!("rev-parse HEAD:{name}"));
        let (folder, file) = id.trim().split_at(2);
        fs::remove_file(scratch.top().join(".git/objects").join(folder).join(file)).unwrap();
    };
    lose("base.txt");
    lose("folder");
    let repository = Repository::discover(scratch.top()).unwrap();
    let tree = Tree::new(&repository, repository.revision("HEAD").unwrap().tree).unwrap();
    for at in ["base.txt", "folder/file", "folder/no"] {
        let error = tree.read(&path(at)).unwrap_err();
        assert!(matches!(error, ReadError::Unreadable(..)), "{at}: {error}");
    }
    assert!(matches!(tree.list(), Err(ReadError::Broken(_))));
}

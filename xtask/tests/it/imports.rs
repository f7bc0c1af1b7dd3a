//! `imports` on a plain folder: what it prints and how it ends.

use std::fs;
use std::path::Path;

use crate::sample::run_in;

/// A package whose entry calls a function that imports, and a folder of installed packages.
fn package(folder: &Path) {
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("app/__init__.py", "");
    write("app/main.py", "from app import a\na.load()\n");
    write("app/a.py", "def load():\n    import torch\n");
    write("app/light.py", "import json\n");
    write(
        "app/guarded.py",
        "try:\n    import torch\nexcept ImportError:\n    torch = None\n",
    );
    write(
        "app/unknown.py",
        "import os\nif os.environ.get('X'):\n    import torch\n",
    );
    write("app/broken.py", "import torch\ndef f(:\n");
    write("installed/torch/__init__.py", "");
}

#[test]
fn the_exit_code_says_whether_the_target_is_reached() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path());
    for (words, code, said) in [
        (["app.main", "torch", "--no-site"], 1, "app/a.py:2"),
        (["app.light", "torch", "--no-site"], 0, "not reached"),
        (["app.guarded", "torch", "--no-site"], 1, "not needed"),
        (["app.guarded", "torch", "--absent"], 0, "not reached"),
        (["app.unknown", "torch", "--no-site"], 2, "app/unknown.py:2"),
        (["app.broken", "torch", "--no-site"], 2, "does not parse"),
        (["app.nothing", "torch", "--no-site"], 2, "not there"),
        (["nowhere", "torch", "--no-site"], 2, "no file of `nowhere`"),
        (
            ["nowhere.sub", "torch", "--no-site"],
            2,
            "no file of `nowhere.sub`",
        ),
        (["app.main", "--path", "installed"], 0, "4 modules"),
        (["app.unknown", "--no-site", "--all"], 0, "app/unknown.py"),
    ] {
        let ran = run_in(folder.path(), &[&["imports"], &words[..]].concat());
        assert_eq!(ran.code, Some(code), "{words:?}: {ran:?}");
        assert!(ran.out.contains(said), "{words:?}: {}", ran.out);
    }
}

#[test]
fn json_holds_the_chain_and_its_places() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path());
    let words = ["imports", "app.main", "--path", "installed", "--json"];
    let ran = run_in(folder.path(), &words);
    let answer: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let modules = answer["eager"].as_array().unwrap();
    let torch = modules.iter().find(|it| it["name"] == "torch").unwrap();
    assert_eq!(torch["chain"], serde_json::json!(["app.main", "torch"]));
    assert_eq!(torch["hops"][1]["path"], "app/a.py");
    assert_eq!(torch["hops"][1]["line"], 2);
    assert_eq!(torch["guarded"], false);
    assert_eq!(answer["error"], serde_json::Value::Null);
}

fn git(folder: &Path, words: &[&str]) {
    let mut command = std::process::Command::new("git");
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        command.env_remove(name);
    }
    let identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
    let done = command.current_dir(folder).args(identity).args(words);
    assert!(done.output().unwrap().status.success(), "{words:?}");
}

#[test]
fn a_revision_is_read_from_git_alone() {
    let folder = tempfile::tempdir().unwrap();
    let work = folder.path().join("work");
    package(&work.join("sub"));
    git(&work, &["init", "-q"]);
    git(&work, &["add", "sub"]);
    git(&work, &["commit", "-qm", "with a chain"]);
    fs::write(work.join("sub/app/a.py"), "def load(): pass\n").unwrap();
    git(&work, &["commit", "-qam", "without"]);
    git(
        folder.path(),
        &["clone", "-q", "--bare", "work", "bare.git"],
    );
    fs::write(work.join("sub/app/a.py"), "import torch\n").unwrap();
    let question = ["imports", "app.main", "torch"];
    for (options, code, said) in [
        (&["-C", "work/sub"][..], 1, "app/a.py:1"),
        (&["-C", "work/sub", "--at", "HEAD"], 0, "not reached"),
        (&["-C", "work/sub", "--at", "HEAD^"], 1, "sub/app/a.py:2"),
        (
            &["--root", "work/sub", "--at", "HEAD^"],
            1,
            "sub/app/a.py:2",
        ),
        (
            &["-C", "work", "--root", "sub", "--at", "HEAD^"],
            1,
            "sub/app/a.py:2",
        ),
        (
            &["-C", "bare.git", "--root", "sub", "--at", "HEAD^"],
            1,
            "sub/app/a.py:2",
        ),
        (
            &["-C", "bare.git", "--root", "sub", "--at", "HEAD"],
            0,
            "not reached",
        ),
        (
            &["-C", "bare.git", "--at", "HEAD"],
            2,
            "no file of `app.main`",
        ),
        (
            &["-C", "bare.git", "--root", "no", "--at", "HEAD"],
            2,
            "has no folder `no`",
        ),
        (
            &["-C", "bare.git", "--root", "../x", "--at", "HEAD"],
            2,
            "`--root` names a folder of",
        ),
        (
            &["-C", "work", "--at", "nothing"],
            2,
            "`nothing` is not a revision",
        ),
        (&["-C", "no", "--at", "HEAD"], 2, "`no` is no folder"),
    ] {
        let ran = run_in(folder.path(), &[&question, options].concat());
        assert_eq!(ran.code, Some(code), "{options:?}: {ran:?}");
        assert!((ran.out + &ran.err).contains(said), "{options:?}");
    }
}

#[test]
fn the_platform_decides_its_conditions() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path());
    let text = "import sys\nif sys.platform == 'win32':\n    import torch\n";
    fs::write(folder.path().join("app/windows.py"), text).unwrap();
    for (platform, code, said) in [
        ("win32", 1, "reached"),
        ("linux", 0, "not reached"),
        ("darwin", 0, "not reached"),
        ("macos", 2, "Python says `darwin`"),
        ("x", 2, "never that"),
    ] {
        let words = [
            "imports",
            "app.windows",
            "torch",
            "--no-site",
            "--platform",
            platform,
        ];
        let ran = run_in(folder.path(), &words);
        assert_eq!(ran.code, Some(code), "{platform}: {ran:?}");
        assert!((ran.out + &ran.err).contains(said), "{platform}");
    }
}

/// Two ways to the target: one that is free, and one that a base class holds.
fn two_ways(folder: &Path) {
    package(folder);
    for (path, text) in [
        ("app/two.py", "from app import used\nimport app.pkg\n"),
        ("app/used.py", "import torch\ndef f(x: torch.Tensor): ...\n"),
        ("app/pkg/__init__.py", "from .heavy import Heavy\n"),
        (
            "app/pkg/heavy.py",
            "from torch import Base\nclass Heavy(Base): ...\n",
        ),
        (
            "app/held.py",
            "from torch import Base\nclass K(Base): ...\n",
        ),
        ("installed/lib.py", "import torch\n"),
        ("app/by_lib.py", "import lib\nlib.x\n"),
    ] {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn the_cut_names_the_statements_and_what_they_need() {
    let folder = tempfile::tempdir().unwrap();
    two_ways(folder.path());
    for (words, code, said) in [
        ("app.two torch --cut", 1, "app/two.py:1 plain"),
        (
            "app.two torch --cut --moves getattr,annotations",
            1,
            "app/used.py:1 annotations",
        ),
        (
            "app.two torch --cut --moves getattr,annotations",
            1,
            "app/pkg/__init__.py:1 getattr",
        ),
        (
            "app.two torch --cut --python-version 3.15",
            1,
            "`lazy import`",
        ),
        ("app.held torch --cut", 1, "no cut:"),
        (
            "app.held torch --cut",
            1,
            "`Base` is used on load in line 2",
        ),
        ("app.light torch --cut", 0, "nothing to cut"),
        ("app.unknown torch --cut", 2, "undecided: no cut is known"),
        ("app.nothing torch --cut", 2, "undecided: no cut is known"),
        (
            "app.by_lib torch --cut --path installed",
            1,
            "part of an installed package",
        ),
        ("app.main app --cut", 1, "the entry itself, or above it"),
        ("app.main --cut", 2, ""),
        ("app.main torch --moves plain", 2, ""),
        ("app.main torch --cut --moves lazy", 2, ""),
    ] {
        let words: Vec<&str> = ["imports"].into_iter().chain(words.split(' ')).collect();
        let ran = run_in(folder.path(), &words);
        assert_eq!(ran.code, Some(code), "{words:?}: {ran:?}");
        assert!(ran.out.contains(said), "{words:?}: {}", ran.out);
    }
}

#[test]
fn json_holds_the_cut_or_why_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    two_ways(folder.path());
    let ask = |words: &str| -> serde_json::Value {
        let words: Vec<&str> = words.split(' ').collect();
        let ran = run_in(folder.path(), &words);
        serde_json::from_str(&ran.out).unwrap()
    };
    let answer = ask("imports app.two torch --cut --moves annotations,getattr --json");
    assert_eq!(
        answer["cut"],
        serde_json::json!({
            "moves": [
                {
                    "path": "app/pkg/__init__.py",
                    "line": 1,
                    "source": "from .heavy import Heavy",
                    "move": "getattr",
                    "names": ["Heavy"],
                },
                {
                    "path": "app/used.py",
                    "line": 1,
                    "source": "import torch",
                    "move": "annotations",
                    "names": ["torch"],
                },
            ],
            "size": 2,
            "allowed": ["annotations", "getattr"],
            "verified": true,
        })
    );
    assert_eq!(answer["eager"][0]["name"], "torch");
    let none = ask("imports app.held torch --cut --json");
    assert_eq!(none["cut"], serde_json::Value::Null);
    assert_eq!(none["no_cut"], "the allowed changes leave a way");
    assert_eq!(none["stuck"][0]["line"], 1);
    assert_eq!(
        ask("imports app.light torch --cut --json")["cut"]["size"],
        0
    );
    let plain = ask("imports app.two torch --json");
    assert_eq!(plain.get("cut"), None);
}

//! `imports` on a plain folder: what it prints and how it ends.

use std::fs;
use std::path::Path;

use crate::sample::{run_in, tool};

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
        ("app/by_lib.py", "import lib\nlib.torch\n"),
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

const STATEMENTS: &str = "\
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import a
import sys
if sys.version_info < (3, 10):
    import b
def f(x):
    if x:
        return 1
    import c
def g(): import d; import e
f(1)
if os.environ.get('X'):
    f(0)
class C:
    import h
# the end
if __name__ == '__main__':
    import i
";

#[test]
fn a_statement_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path());
    fs::write(folder.path().join("app/s.py"), STATEMENTS).unwrap();
    fs::write(folder.path().join("app/uses.py"), "from app import s\n").unwrap();
    fs::write(folder.path().join("app/no-name.py"), "x = 1\n").unwrap();
    fs::write(folder.path().join("app/empty.py"), "# x\n").unwrap();
    for (words, code, said) in [
        (&["app/s.py:1"][..], 0, "runs on load: module level"),
        (&["app/s.py:1:7"], 0, "it is the first to load `os`"),
        (
            &["./app/s.py:5"],
            0,
            "typing-only: under `TYPE_CHECKING` (app/s.py:4)",
        ),
        (
            &["app/s.py:8"],
            0,
            "does not run: the condition at app/s.py:7 is false on Python 3.13",
        ),
        (
            &["app/s.py:8", "--python-version", "3.9"],
            0,
            "runs on load: module level",
        ),
        (
            &["app/s.py:10"],
            0,
            "runs on load: `f()` is called at app/s.py:14",
        ),
        (&["app/s.py:12"], 0, "conditional: "),
        (
            &["app/s.py:13"],
            0,
            "inside `g()`, which nothing calls while loading",
        ),
        (
            &["app/s.py:18"],
            0,
            "runs on load: in the body of class `C`",
        ),
        (
            &["app/s.py:21"],
            0,
            "app/s.py:20 is false in a module that is imported",
        ),
        (
            &["app/s.py:3"],
            2,
            "help: the nearest one begins at `app/s.py:2`",
        ),
        (
            &["app/s.py:99"],
            2,
            "`app/s.py` has 21 lines, and no line 99",
        ),
        (
            &["app/s.py:1", "app.uses"],
            0,
            "`app/s.py` is loaded as `app.s` by `app.uses`",
        ),
        (
            &["app/s.py:1", "app.light"],
            0,
            "importing `app.light` does not load `app/s.py`",
        ),
        (
            &["app/a.py:2", "app.main"],
            0,
            "`load()` is called at app/main.py:2",
        ),
        (&["app/a.py:2"], 0, "inside `load()`, which nothing calls"),
        (
            &["app/a.py:2", "app.nothing"],
            0,
            "undecided: `app.nothing` is imported and is not",
        ),
        (&["app/broken.py:1"], 2, "does not parse"),
        (&["app/no-name.py:1"], 2, "cannot be imported by any name"),
        (&["app/empty.py:1"], 2, "the file has no statement at all"),
        (&["app/none.py:1"], 2, "no such file: `app/none.py`"),
        (&["app:1"], 2, "`app` is not a regular file"),
        (&["/etc/passwd:1"], 2, "lies outside of"),
        (&["app/s.py"], 2, "such as `app/main.py:12`"),
        (&["app/s.py:0"], 2, "such as `app/main.py:12`"),
        (
            &["app/s.py:1", "app.uses", "torch"],
            2,
            "cannot be used with",
        ),
    ] {
        let ran = run_in(
            folder.path(),
            &[&["imports", "--no-site", "--explain"], words].concat(),
        );
        assert_eq!(ran.code, Some(code), "{words:?}: {ran:?}");
        assert!(
            (ran.out.clone() + &ran.err).contains(said),
            "{words:?}: {ran:?}"
        );
    }
    let words = [
        "imports",
        "app.main",
        "--explain",
        "app/a.py:2",
        "--no-site",
        "--json",
    ];
    let answer: serde_json::Value =
        serde_json::from_str(&run_in(folder.path(), &words).out).unwrap();
    let statement = &answer["statements"][0];
    assert_eq!(statement["runs"], "yes");
    assert_eq!(statement["loads"], serde_json::json!(["torch"]));
    assert_eq!(statement["hops"][0]["path"], "app/main.py");
    assert_eq!(answer["modules"], serde_json::json!(["app.a"]));
}

#[test]
fn a_project_says_where_its_packages_lie_and_for_which_python() {
    let folder = tempfile::tempdir().unwrap();
    package(&folder.path().join("lib"));
    let text = "import sys\nif sys.version_info < (3, 13):\n    import torch\n";
    fs::write(folder.path().join("lib/app/old.py"), text).unwrap();
    let project = "[tool.setuptools.packages.find]\nwhere = ['lib']\n\
                   [project]\nrequires-python = '>=3.10,<3.13'\n";
    for (project, words, code, said) in [
        ("", &["app.main"][..], 2, "no file of `app.main`"),
        (project, &["app.main"], 1, "lib/app/a.py:2"),
        (
            project,
            &["app.old"],
            1,
            "for Python 3.12: `pyproject.toml` requires `>=3.10,<3.13`",
        ),
        (
            project,
            &["app.old", "--python-version", "3.13"],
            0,
            "not reached",
        ),
        (
            "not toml",
            &["lib.app.main"],
            0,
            "`pyproject.toml` is not valid",
        ),
    ] {
        fs::write(folder.path().join("pyproject.toml"), project).unwrap();
        let (entry, options) = words.split_first().unwrap();
        let asked = ["imports", entry, "torch", "--no-site"];
        let ran = run_in(folder.path(), &[&asked, options].concat());
        assert_eq!(ran.code, Some(code), "{words:?}: {ran:?}");
        assert!((ran.out + &ran.err).contains(said), "{words:?}");
    }
}

#[test]
fn packages_are_looked_for_in_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path());
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("app/third.py", "import third\n");
    write("app/hidden.py", "import hidden\n");
    let site = ".venv/lib/python3.12/site-packages";
    write(".venv/pyvenv.cfg", "version = 3.12.1\n");
    write(&format!("{site}/third/__init__.py"), "import torch\n");
    write(
        &format!("{site}/x.pth"),
        "import __editable___x; __editable___x.install()\n",
    );
    write(
        &format!("{site}/__editable___x.py"),
        "MAPPING = {'hidden': '/w/hidden'}\n",
    );
    write("other/pyvenv.cfg", "version = 3.12.1\n");
    write("other/lib/python3.12/site-packages/x.py", "");
    for (words, code, said) in [
        (&["app.third", "torch"][..], 1, "third/__init__.py:1"),
        (&["app.third", "torch"], 1, "packages of `./.venv` (.venv)"),
        (
            &["app.third", "torch", "--no-site"],
            0,
            "assumed installed, and not looked into: third",
        ),
        (
            &["app.third", "torch", "--path", "installed"],
            2,
            "`third` is imported and is not there",
        ),
        (
            &["app.third", "torch", "--python", "other"],
            2,
            "`third` is imported and is not there",
        ),
        (
            &["app.third", "torch", "--python", ".venv"],
            1,
            "(--python)",
        ),
        (
            &["app.hidden", "torch"],
            0,
            "assumed installed, and not looked into: hidden",
        ),
        (&["app.main", "torch"], 1, "app/a.py:2"),
        (
            &["app.main", "torch", "--absent"],
            2,
            "`torch` is imported and is not there",
        ),
        (
            &["app.light", "torch", "--python-version", "3.9"],
            0,
            "which is for Python 3.12",
        ),
        (
            &["app.light", "--python", "none"],
            2,
            "`--python none`: no such interpreter",
        ),
        (
            &["app.light", "--python", "app"],
            2,
            "`app` has no `site-packages`",
        ),
        (
            &["app.light", "--python", ".venv", "--no-site"],
            2,
            "cannot be used with",
        ),
    ] {
        let ran = run_in(folder.path(), &[&["imports"], words].concat());
        assert_eq!(ran.code, Some(code), "{words:?}: {ran:?}");
        assert!(
            (ran.out.clone() + &ran.err).contains(said),
            "{words:?}: {ran:?}"
        );
    }
}

#[test]
fn what_is_remembered_is_never_older_than_the_files() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path());
    let cache = tempfile::tempdir().unwrap();
    let ask = || {
        let mut tool = tool();
        tool.current_dir(folder.path())
            .env("XDG_CACHE_HOME", cache.path());
        let ran = tool
            .args(["imports", "app.main", "torch", "--no-site"])
            .output();
        let ran = ran.unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
    };
    let kept = || {
        let answers = fs::read_dir(cache.path().join("cargo-xtask/answers"));
        let files = answers.unwrap().map(|file| file.unwrap().path());
        files.collect::<Vec<_>>()
    };
    let first = ask();
    assert_eq!((first.0, kept().len()), (Some(1), 1));
    let written = fs::read(&kept()[0]).unwrap();
    assert_eq!(ask(), first);
    assert_eq!(fs::read(&kept()[0]).unwrap(), written);
    fs::write(&kept()[0], "not ours").unwrap();
    assert_eq!(ask(), first);
    fs::write(folder.path().join("app/a.py"), "def load():\n    pass\n").unwrap();
    assert_eq!(ask().0, Some(0));
    fs::write(
        folder.path().join("app/a.py"),
        "def load():\n    import torch\n",
    )
    .unwrap();
    assert_eq!(ask(), first);
    fs::create_dir(folder.path().join("app/a")).unwrap();
    fs::write(folder.path().join("app/a/__init__.py"), "load = print\n").unwrap();
    assert_eq!(ask().0, Some(0));
    fs::remove_dir_all(cache.path().join("cargo-xtask")).unwrap();
    assert_eq!(ask().0, Some(0));
}

//! Small packages that a real interpreter imports.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use checks::verdict::Answer;
use tasks::outside::Controlled;

use super::*;
use crate::world::tests::Sample;

/// The interpreter of these tests: the one behind `python3`, which may be a slow script.
fn python() -> PathBuf {
    static FOUND: LazyLock<PathBuf> = LazyLock::new(|| {
        let program = ["-c", "import sys; print(sys.executable)"];
        let asked = Command::new("python3").args(program).output();
        let asked = asked.expect("these tests need `python3` on the path");
        String::from_utf8(asked.stdout).unwrap().trim_end().into()
    });
    FOUND.clone()
}

fn probe(text: &str) -> Result<Probe, String> {
    toml::from_str(text).map_err(|error| error.message().to_owned())
}

/// Whether `shop.main` can be imported without torch.
fn shop() -> Probe {
    probe("entry = 'shop.main'\nattribute = 'app'\nwithout = 'torch'").unwrap()
}

fn ask(probe: &Probe, sample: &Sample) -> Answer {
    let mut world = sample.world();
    world.python = Some(python());
    match probe.judge(&mut world) {
        Ruling::Judged(answer, _) => answer,
        Ruling::Skipped(reason) | Ruling::Manual(reason) => panic!("skipped: {reason}"),
    }
}

/// The verdict in one text, a finding a line: place, the text that is marked, message.
fn said(answer: &Answer) -> String {
    match &answer.verdict {
        Verdict::Pass => {
            let survived = answer.remarks.iter().skip(1);
            survived.fold("pass".to_owned(), |said, remark| format!("{said}\n{remark}"))
        }
        Verdict::Undecided(why) => format!("undecided: {why}"),
        Verdict::Fail(findings) => {
            findings.iter().fold("fail".to_owned(), |said, finding| {
                let place = finding.place.as_ref().map(|place| {
                    let marked = place.source.chars().skip(place.column - 1).take(place.length);
                    let marked: String = marked.collect();
                    format!("{}:{} {marked}: ", place.path, place.line)
                });
                format!("{said}\n{}{}", place.unwrap_or_default(), finding.message)
            })
        }
    }
}

/// Asserts what is said about a package `shop` with these files; `shop/__init__.py` is empty
/// unless it is given.
#[track_caller]
fn assert_said(files: &[(&str, &str)], expected: &str) {
    let mut all = vec![("shop/__init__.py", "")];
    all.extend(files);
    let sample = Sample::new(&all);
    let said = said(&ask(&shop(), &sample));
    let root = sample.root().canonicalize().unwrap();
    assert_eq!(said.replace(root.to_str().unwrap(), "ROOT"), expected);
}

/// Asserts what is said about a package that is one module with an `app` at its end.
#[track_caller]
fn assert_module_said(text: &str, expected: &str) {
    assert_said(&[("shop/main.py", &format!("{text}\napp = 1\n"))], expected);
}

#[test]
fn a_chain_is_told_from_the_entry_to_the_import() {
    assert_said(
        &[
            ("shop/main.py", "from shop.api import make\n\n\napp = make()\n"),
            ("shop/api/__init__.py", "def make():\n    from .. import models\n    return models\n"),
            ("shop/models.py", "import os\nclass Model:\n    from torch import (\n        nn,\n    )\n"),
        ],
        "fail\n\
         shop/models.py:3 from torch import (: imports `torch`\n\
         shop/main.py:4 app = make(): calls `make`, which imports `shop.models`\n\
         shop/api/__init__.py:2 from .. import models: imports `shop.models`, which defines the class `Model`\n\
         shop/models.py:2 class Model:: defines the class `Model`, which imports `torch`",
    );
}

#[test]
fn a_parent_package_is_part_of_the_chain() {
    assert_said(
        &[
            ("shop/__init__.py", "from . import models\n"),
            ("shop/models.py", "import torch.nn as nn\n"),
            ("shop/main.py", "app = 1\n"),
        ],
        "fail\n\
         shop/models.py:1 import torch.nn as nn: imports `torch`\n\
         shop/__init__.py:1 from . import models: imports `shop.models`, which imports `torch`",
    );
}

#[test]
fn what_is_absent_looks_absent() {
    for statement in [
        "import torch",
        "import torch.nn.functional as F",
        "from torch import nn",
        "from torch.nn import Linear",
        "import importlib; importlib.import_module('torch.nn')",
        "__import__('torch')",
    ] {
        assert_module_said(
            statement,
            &format!("fail\nshop/main.py:1 {statement}: imports `torch`"),
        );
    }
    assert_module_said(
        "import importlib.util, importlib.metadata\n\
         assert importlib.util.find_spec('torch') is None\n\
         try:\n    import torch\nexcept ModuleNotFoundError as error:\n    \
         assert (error.name, str(error)) == ('torch', \"No module named 'torch'\")\n\
         try:\n    importlib.metadata.version('torch')\n\
         except importlib.metadata.PackageNotFoundError: pass\n\
         importlib.invalidate_caches()\n\
         list(importlib.metadata.distributions())",
        "pass\n`torch` is asked for while loading, and not needed: `shop/main.py:2`, \
         `shop/main.py:4`",
    );
}

#[test]
fn what_is_not_the_target_is_not_blocked() {
    assert_said(
        &[
            ("torchvision.py", "x = 1\n"),
            ("shop/torch.py", "x = 1\n"),
            ("shop/main.py", "import torchvision\nfrom . import torch\nimport shop.torch\napp = 1\n"),
        ],
        "pass",
    );
    assert_module_said("def f():\n    import torch", "pass");
}

#[test]
fn the_code_may_say_in_its_own_words_what_it_lacks() {
    let wrapped = "try:\n    import torch\nexcept ImportError as error:\n    ";
    let expected = "fail\nshop/main.py:2 import torch: imports `torch`";
    for raising in [
        "raise RuntimeError('no') from error",
        "raise RuntimeError('no')",
        "raise RuntimeError('no') from None",
        "import sys; sys.exit('no')",
    ] {
        assert_module_said(&format!("{wrapped}{raising}"), expected);
    }
    assert_module_said(
        "from importlib.util import find_spec\nif not find_spec('torch'):\n    \
         raise ImportError('install it')",
        "fail\nshop/main.py:2 if not find_spec('torch'):: asks for `torch`",
    );
}

#[test]
fn another_trouble_is_not_the_targets_fault() {
    assert_module_said(
        "import jinja3",
        "undecided: importing `shop.main` needs `jinja3`, which is not installed: \
         `shop/main.py:1`",
    );
    assert_module_said(
        "try:\n    import jinja3\nexcept ImportError:\n    import torch",
        "undecided: importing `shop.main` needs `jinja3`, which is not installed: \
         `shop/main.py:2`; `torch` was asked for before: `shop/main.py:4`",
    );
    assert_module_said(
        "import shop.other",
        "undecided: importing `shop.main` needs `shop.other`, which does not exist: \
         `shop/main.py:1`",
    );
    assert_module_said(
        "try:\n    import torch\nexcept ImportError:\n    torch = None\ntorch.nn",
        "undecided: importing `shop.main` fails, and not plainly for want of `torch`: \
         AttributeError at `shop/main.py:5`: 'NoneType' object has no attribute 'nn'; `torch` \
         was asked for before: `shop/main.py:2`",
    );
    assert_module_said(
        "class Odd(Exception):\n    def __str__(self): raise self\nraise Odd",
        "undecided: importing `shop.main` fails, and not plainly for want of `torch`: Odd at \
         `shop/main.py:3`: <Odd when asked for its text>",
    );
    assert_said(
        &[
            ("shop/main.py", "import sys\nsys.path.append(sys.path[0] + '/site-packages')\nimport helper"),
            ("site-packages/helper.py", "import jinja3"),
        ],
        "undecided: importing `shop.main` needs `jinja3`, which is not installed: \
         `ROOT/site-packages/helper.py:1`, by way of `shop/main.py:3`",
    );
    assert_said(&[], "undecided: the module `shop.main` is not in this repository");
    assert_said(
        &[("shop/main.py", "x = 1")],
        "undecided: `shop.main` was imported, but has no `app`",
    );
}

#[test]
fn what_the_code_does_to_the_interpreter_does_not_matter() {
    for text in [
        "print('{\"outcome\": \"raised\"}' * 1000)",
        "import os\nos.close(1); os.close(2)",
        "import os, sys\nsys.stdout.close(); sys.stderr = None",
        "import atexit, os\natexit.register(os._exit, 3)",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()",
        "import json, os\njson.dumps = json.loads = os.open = os.write = None",
        "import os, time\nif os.fork() == 0: time.sleep(0.1)",
        "import sys\nsys.setrecursionlimit(60)",
    ] {
        assert_module_said(text, "pass");
    }
}

#[test]
fn no_answer_is_undecided() {
    let ended = "undecided: the interpreter ended before it could answer: it ";
    for (text, expected) in [
        ("import os\nprint('bye', flush=True)\nos._exit(0)", "exited with 0; the last that it printed: bye"),
        ("import os\nos._exit(3)", "exited with 3"),
        ("import os\nos.kill(os.getpid(), 9)", "was ended by SIGKILL"),
        ("import builtins, sys\nsys.excepthook = print\nbuiltins.len = builtins.isinstance = None", "exited with 70"),
    ] {
        let sample = Sample::new(&[("shop/__init__.py", ""), ("shop/main.py", text)]);
        let said = said(&ask(&shop(), &sample));
        assert!(said.starts_with(&format!("{ended}{expected}")), "{text}: {said}");
    }
    let sample = Sample::new(&[("shop/__init__.py", "import time; time.sleep(60)")]);
    let mut slow = shop();
    slow.timeout = Duration::from_millis(300);
    assert_eq!(said(&ask(&slow, &sample)), "undecided: importing `shop.main` took more than 0 s");
}

#[test]
fn a_stand_in_is_seen() {
    let stand_in = "undecided: `shop.main` was imported, but something stands in the place of \
                    `torch`: the code loads it in a way of its own, or replaces it";
    for text in [
        "import sys, types\nsys.modules['torch'] = types.ModuleType('torch')",
        "import sys, importlib.machinery as m\nsys.meta_path.append(m.PathFinder)\nimport torch",
    ] {
        let text = format!("{text}\napp = 1\n");
        let files = [("shop/__init__.py", ""), ("torch.py", ""), ("shop/main.py", &text)];
        let sample = Sample::new(&files);
        let said = said(&ask(&shop(), &sample));
        assert!(said.starts_with(stand_in), "{said}");
    }
}

#[test]
fn who_stands_in_the_way_of_imports_is_seen() {
    let replaced = |what: &str| {
        format!(
            "undecided: `shop.main` was imported, but its code puts something else in the place \
             of `{what}`: what is imported by way of that cannot be seen"
        )
    };
    assert_module_said(
        "import builtins, types\nbuiltins.__import__ = lambda *a, **k: types.ModuleType('torch')\n\
         import torch",
        &replaced("builtins.__import__"),
    );
    assert_module_said("import sys\nsys.meta_path[:] = []", &replaced("sys.meta_path"));
    let own = "import sys, importlib.machinery as m\nkept = sys.meta_path[:]\n\
               sys.meta_path[:] = [m.PathFinder]\nimport torch\nsys.meta_path[:] = kept\n\
               del sys.modules['torch']\napp = 1\n";
    assert_said(
        &[("torch.py", ""), ("shop/main.py", own)],
        "fail\nshop/main.py:4 import torch: imports `torch`",
    );
}

#[test]
fn the_tree_comes_before_what_is_installed() {
    assert_said(&[("src/lib/__init__.py", ""), ("shop/main.py", "app = 1\n")], "pass");
    let source = Sample::new(&[("src/shop/__init__.py", ""), ("src/shop/main.py", "import torch\n")]);
    let expected = "fail\nsrc/shop/main.py:1 import torch: imports `torch`";
    assert_eq!(said(&ask(&shop(), &source)), expected);
    assert_said(
        &[
            ("shop/__init__.py", "import os\n__path__.append(os.path.dirname(__file__) + '/../lib/site-packages/shop')\n"),
            ("lib/site-packages/shop/main.py", "app = 1\n"),
        ],
        "undecided: `shop.main` came from `ROOT/shop/../lib/site-packages/shop/main.py` and not \
         from this repository",
    );
}

#[test]
fn an_installed_copy_is_not_the_tree() {
    let sample = Sample::new(&[("other.py", "")]);
    let make = format!("{} -m venv --without-pip venv", python().display());
    sample.shell(&make);
    sample.shell(
        "cd venv/lib/python*/site-packages; mkdir shop; : >shop/__init__.py; \
         echo 'app = 1' >shop/main.py",
    );
    let mut world = sample.world();
    world.virtual_env = Some(sample.root().join("venv"));
    let Ruling::Judged(answer, Some(run)) = shop().judge(&mut world) else {
        panic!("it did not run");
    };
    let said = said(&answer);
    assert!(said.starts_with("undecided: `shop` came from `"), "{said}");
    assert_eq!(run.exit, Some(0));
    sample.shell("cd venv/lib/python*/site-packages; : >torch.py; echo 'import torch' >x.pth");
    world.ran.clear();
    world.changed_by = None;
    let preloaded = shop().judge(&mut world);
    let Ruling::Judged(answer, _) = preloaded else { panic!("it did not run") };
    let expected = "undecided: the environment itself loads `torch` at start-up, before `shop.main`";
    assert_eq!(self::said(&answer), expected);
}

#[test]
fn no_environment_is_undecided() {
    let sample = Sample::new(&[]);
    let ruling = shop().judge(&mut sample.world());
    let Ruling::Judged(answer, None) = ruling else { panic!("it ran") };
    assert!(said(&answer).starts_with("undecided: no Python environment: make one"));
}

#[test]
fn nothing_is_written_into_the_tree() {
    let files = [("shop/__init__.py", ""), ("shop/main.py", "app = open('made', 'w')\n")];
    let sample = Sample::new(&files);
    let answer = ask(&shop(), &sample);
    assert_eq!(said(&answer), "pass\n`made` was created while `shop.main` was imported");
}

#[test]
fn a_pass_could_have_been_a_fail() {
    for (files, runs) in [
        (vec![("shop/main.py", "import shop.api\napp = 1\n"), ("shop/api.py", "")], 2),
        (vec![("shop/main.py", "try:\n    import shop.api\nexcept ImportError: pass\napp = 1\n"), ("shop/api.py", "")], 3),
        (vec![("shop/main.py", "app = 1\n")], 2),
    ] {
        let sample = Sample::new(&[vec![("shop/__init__.py", "")], files].concat());
        let mut world = sample.world();
        world.python = Some(python());
        assert_eq!(shop().control(&mut world), None);
        shop().judge(&mut world);
        assert_eq!(shop().control(&mut world), Some(Controlled::Caught));
        assert_eq!(world.ran.len(), runs);
    }
}

#[test]
fn nothing_need_be_absent() {
    let name = probe("entry = 'shop.api'\nattribute = 'app'").unwrap();
    for (api, expected) in [
        ("app = 1", "pass"),
        ("from .app import app", "pass"),
        ("import nowhere_at_all", "undecided: importing `shop.api` needs `nowhere_at_all`, which is not installed: `shop/api/__init__.py:1`"),
        ("try:\n    import nowhere_at_all\nexcept ImportError:\n    from shop import gone", "undecided: importing `shop.api` needs `nowhere_at_all`, which is not installed: `shop/api/__init__.py:2`"),
        ("1 / 0", "undecided: importing `shop.api` fails: ZeroDivisionError at `shop/api/__init__.py:1`: division by zero"),
        ("from shop import gone", "fail\nshop/api/__init__.py:1 from shop import gone: cannot import name 'gone' from 'shop' (ROOT/shop/__init__.py)"),
        ("import shop.gone", "fail\nshop/api/__init__.py:1 import shop.gone: No module named 'shop.gone'"),
    ] {
        let files = [("shop/__init__.py", ""), ("shop/api/__init__.py", api), ("shop/api/app.py", "app = 1")];
        let sample = Sample::new(&files);
        let root = sample.root().canonicalize().unwrap();
        let said = said(&ask(&name, &sample)).replace(root.to_str().unwrap(), "ROOT");
        assert_eq!(said, expected, "{api}");
    }
    let files = [("shop/__init__.py", ""), ("shop/api.py", "")];
    let answer = ask(&name, &Sample::new(&files));
    assert_eq!(said(&answer), "fail\n`shop.api` was imported, and has no `app`");
    let answer = ask(&name, &Sample::new(&files[..1]));
    assert!(said(&answer).starts_with("fail\n"), "{answer:?}");
    let answer = ask(&name, &Sample::new(&[("other.py", "")]));
    assert_eq!(said(&answer), "undecided: the module `shop` is not in this repository");
}

#[test]
fn a_wrong_probe_is_refused() {
    for (text, expected) in [
        ("entry = 'a-b'\nwithout = 'x'", "`entry`: `a-b` is no Python module's name"),
        ("entry = 'a'\nwithout = ''", "`without`: `` is no Python module's name"),
        ("entry = 'a'\nwithout = 'b'\nattribute = 'c.d'", "`attribute`: `c.d` is no Python name"),
        ("entry = 'a.b'\nwithout = 'a'", "`a.b` cannot be imported without `a`: it is part of it"),
        ("entry = 'a'\nwithout = 'b'\ntimeout = 0", "`timeout` is 0: nothing ends in no time"),
    ] {
        assert_eq!(probe(text).unwrap_err(), expected, "{text}");
    }
    assert_eq!(shop().timeout, Duration::from_secs(300));
}

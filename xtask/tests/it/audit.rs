//! The analysis beside a real CPython, and shell lines beside a real shell.

use crate::own_plans::repository;
use crate::sample::{Ran, Sample};

fn audit(files: &[(&str, &str)], words: &[&str]) -> Ran {
    let sample = Sample::empty();
    for (path, text) in files {
        sample.write(path, text);
    }
    sample.run(
        &[
            &[
                "imports",
                "shop.main",
                "--probe",
                "--python",
                "python3",
                "--no-site",
            ],
            words,
        ]
        .concat(),
    )
}

const MAIN: &str = "import json\nfrom shop import (\n    api,\n    cart,\n)\n\n\ndef make():\n    from . import late\n    return late\n\n\napp = make()\n";

#[test]
fn what_runs_is_what_is_said_to_run() {
    let files = [
        ("shop/__init__.py", ""),
        ("shop/main.py", MAIN),
        ("shop/api.py", "import shop.cart\n"),
        ("shop/cart.py", ""),
        ("shop/late.py", "import shop.pkg.leaf\n"),
        // Who loads the parent for its sake asks for it only afterwards.
        ("shop/pkg/__init__.py", "from . import leaf\n"),
        ("shop/pkg/leaf.py", ""),
    ];
    let ran = audit(&files, &[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out.contains("importing `shop.main` loads 7 modules"),
        "{ran:?}"
    );
    let json = audit(&files, &["--json"]);
    assert!(json.out.contains("\"only_cpython\": []"), "{json:?}");
}

#[test]
fn what_only_one_of_them_sees_is_told() {
    // What is hidden from the analysis: the name is made from bytes that it does not compute.
    let hidden = "import importlib, zlib, base64\nname = zlib.decompress(zlib.compress(b'shop.hidden')).decode()\nimportlib.import_module(name)\n";
    let files = [
        ("shop/__init__.py", ""),
        ("shop/main.py", hidden),
        ("shop/hidden.py", ""),
    ];
    let ran = audit(&files, &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("only CPython loads (1)"), "{ran:?}");
    assert!(ran.out.contains("shop.hidden  shop/main.py:3"), "{ran:?}");
    assert_eq!(audit(&files, &["shop.main"]).code, Some(0));
    assert_eq!(audit(&files, &["shop.hidden"]).code, Some(1));
    let broken = [
        ("shop/__init__.py", ""),
        ("shop/main.py", "import nothing_of_this_name\n"),
    ];
    let ran = audit(&broken, &[]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(
        ran.out
            .contains("undecided: CPython cannot import `shop.main`: ModuleNotFoundError"),
        "{ran:?}"
    );
}

#[test]
fn lines_that_need_a_shell_run_in_one_when_programs_may() {
    let smoke = |run: &str| format!("{{ run = '''{run}''', decides = true }}");
    let lines = [
        "python3 -c \"print(1)\" | grep 1 >/dev/null && echo FAIL || echo SUCCESS",
        "for x in 1; do test $x = 1; done",
        "python3 --version || true",
        "sh -c 'exit 3'",
        "echo 2 >src/a.py; date",
    ];
    let lines: Vec<String> = lines.iter().map(|line| smoke(line)).collect();
    let task = format!(
        "[[task]]\nid = \"1\"\ntitle = \"t\"\nfiles = [\"src/a.py\"]\nsmoke_test = [{}]\n",
        lines.join(", ")
    );
    let sample = repository(&task);
    let states = |words: &[&str]| -> Vec<String> {
        let report = sample.json(words);
        let tests = report["smoke_tests"].as_array().unwrap().iter();
        tests
            .map(|it| it["state"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(states(&["p", "verify"]), ["skipped"; 5]);
    assert_eq!(states(&["p", "status"]), ["skipped"; 5]);
    assert_eq!(
        states(&["p", "verify", "--full"]),
        ["undecided"; 5],
        "nobody has allowed them"
    );
    sample.trust("p");
    let ran = states(&["p", "verify", "--full"]);
    assert_eq!(ran, ["fail", "pass", "undecided", "fail", "undecided"]);
}

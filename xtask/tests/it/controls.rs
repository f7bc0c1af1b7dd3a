//! What a program's pass is worth: blockers that block nothing, tests that are no longer there.

use crate::own_plans::repository;

/// A blocker of the kind that plans have: Python 3.12 and later never ask it.
const GUARD: &str = "import sys\n\n\nclass Guard:\n    def find_module(self, name, path=None):\n        if name == 'heavy' or name.startswith('heavy.'):\n            return self\n\n    def load_module(self, name):\n        raise ImportError(name)\n\n\nsys.meta_path.insert(0, Guard())\n\ntry:\n    import main\n    print('SUCCESS')\nexcept ImportError as error:\n    print('FAIL', error)\n    sys.exit(1)\n";

fn plan(run: &str) -> String {
    format!(
        "[[task]]\nid = \"1\"\ntitle = \"t\"\nfiles = [\"src/a.py\"]\n\
         criterion = [{{ id = \"1.1\", text = \"t\", check = {{ command = {{ run = {run}, env = {{ PYTHONDONTWRITEBYTECODE = \"1\" }} }} }} }}]\n"
    )
}

#[test]
fn a_blocker_that_blocks_nothing_proves_nothing() {
    let sample = repository(&plan("[\"python3\", \"src/guard.py\"]"));
    sample.write("src/heavy.py", "");
    sample.write("src/main.py", "import heavy\n");
    sample.write("src/guard.py", GUARD);
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--message", "guard"]);
    sample.trust("p");
    let judged = |words: &[&str]| sample.json(words)["criteria"][0].clone();
    let told = judged(&["p", "verify"]);
    let note = told["remarks"][0].as_str().unwrap();
    let expected = "`src/guard.py`, line 5: `Guard` has `find_module` and no `find_spec`; on Python 3.12 \
                    and later `find_module` is never called: this check cannot fail";
    assert_eq!(note, expected);
    let python = std::process::Command::new("python3")
        .args(["-c", "import sys; sys.exit(sys.version_info < (3, 12))"])
        .status();
    let ran = judged(&["p", "verify", "--full"]);
    if python.unwrap().success() {
        assert_eq!(ran["state"], "undecided", "{ran}");
        assert!(ran["reason"].as_str().unwrap().ends_with(expected), "{ran}");
        assert_eq!(ran["checks"][0]["control"]["state"], "cannot_fail");
        assert_eq!(
            judged(&["p", "verify", "--full", "--no-controls"])["state"],
            "pass"
        );
    } else {
        assert_eq!(ran["state"], "fail", "{ran}");
    }
}

#[test]
fn fewer_tests_than_last_time_are_a_warning() {
    let sample = repository(&plan("[\"sh\", \"-c\", \"cat .count\"]"));
    sample.write(".gitignore", ".count\n");
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--message", "ignore"]);
    sample.trust("p");
    let warnings = |count: &str, words: &[&str]| {
        sample.write(".count", &format!("{count} passed in 0.1s\n"));
        let report = sample.json(&[&["p", "verify", "--full", "--fresh"], words].concat());
        report["warnings"].to_string()
    };
    assert_eq!(warnings("3", &["--record"]), "[]");
    assert_eq!(warnings("3", &[]), "[]");
    assert_eq!(warnings("4", &[]), "[]");
    let fewer = warnings("2", &[]);
    assert!(fewer.contains("executed 2 tests, and 3 at "), "{fewer}");
    assert!(fewer.ends_with("(1.1)\"]"), "{fewer}");
}

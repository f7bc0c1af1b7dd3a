//! What is wrong with plans: each case is a plan, the repository it is compared with, and the
//! rule, the line and the words that are expected.

use checks::path::RepoPath;
use checks::snapshot::Memory;
use tasks::lint::{self, Against, Level, NAMES};

use crate::scripted::Scripted;

const HEAD: &str = "format = 1\n[milestone]\nid = \"m1\"\ntitle = \"A milestone\"\n";

const TASK: &str = "[[task]]\nid = \"1.1\"\ntitle = \"First\"\n";

/// Lints `HEAD` and then `plan`; each diagnostic as `rule line: message`.
fn linted(plan: &str, files: &[(&str, &str)]) -> Vec<String> {
    let text = format!("{HEAD}{plan}");
    let subject = lint::toml::subject::<Scripted>("m1.toml", &text).expect("a valid plan");
    let snapshot = Memory::new(files.iter().copied());
    let against = Against {
        snapshot: &snapshot,
        ever_held: &|path: &RepoPath| Some(path.as_str() == "gone.py"),
    };
    let found = lint::lint(&subject, Some(against));
    let shown = |it: &lint::Diagnostic| {
        assert!(NAMES.contains(&it.rule), "{}", it.rule);
        let line = text[..it.span.start].matches('\n').count() + 1;
        format!("{} {line}: {}", it.rule, it.message)
    };
    found.iter().map(shown).collect()
}

fn smoke(line: &str) -> String {
    format!("{TASK}[[task.smoke_test]]\nrun = '''{line}'''\n")
}

#[test]
fn weak_tests_are_found_where_they_stand() {
    let python = [("a.py", "# torch goes away\nimport os\n")];
    for (line, expected) in [
        (
            "grep -q 'import os' a.py && echo FAIL || echo OK",
            vec!["exit-status 9: this test cannot fail: its exit status is 0 whatever it finds"],
        ),
        (
            "make test || true",
            vec!["exit-status 9: this test cannot fail: its exit status is 0 whatever it finds"],
        ),
        (
            "make test | tail -3",
            vec!["exit-status 9: this test can fail unnoticed"],
        ),
        (
            "curl http://localhost:8000/",
            vec!["exit-status 9: this test does not notice an error of the server"],
        ),
        (
            "head -20 a.py | grep '^import os'",
            vec!["first-lines 9: this test looks at the first 20 lines only"],
        ),
        (
            "! grep -q torch a.py",
            vec!["comments 9: this test takes comments and strings for code"],
        ),
        ("! grep -q '^import torch' a.py", vec![]),
        ("make test", vec![]),
    ] {
        assert_eq!(linted(&smoke(line), &python), expected, "{line}");
    }
}

#[test]
fn boxes_and_tasks_are_compared_with_each_other() {
    let criterion = |id: &str, text: &str| {
        format!(
            "[[task.criterion]]\nid = \"{id}\"\ntext = \"{text}\"\ncheck = {{ path = {{ exists = \"a.py\" }} }}\n"
        )
    };
    let files = [("a.py", "")];
    let twice = format!(
        "{TASK}{}{}",
        criterion("1.1.1", "`a` is there"),
        criterion("1.1.2", "a is  there")
    );
    assert_eq!(
        linted(&twice, &files),
        ["repeated 14: task `1.1` has this criterion twice"]
    );
    let manual =
        format!("{TASK}[[task.criterion]]\nid = \"1.1.1\"\ntext = \"nice\"\nmanual = \"taste\"\n");
    assert_eq!(
        linted(&manual, &files),
        ["undecided 10: nothing decides this box but a person's word"]
    );
    let order = "[[task]]\nid = \"1.10\"\ntitle = \"a\"\n[[task]]\nid = \"1.9\"\ntitle = \"b\"\n";
    assert_eq!(
        linted(order, &files),
        ["order 9: task `1.9` comes after `1.10`"]
    );
}

#[test]
fn the_repository_refutes() {
    let files = [
        ("app/__init__.py", ""),
        ("app/main.py", "import app.heavy\n"),
        ("app/heavy.py", "import torch\n"),
        ("app/light.py", "import os\nos.getcwd()\n"),
    ];
    let named = |path: &str| format!("{TASK}files = [\"{path}\"]\n");
    let criterion = |text: &str, check: &str| {
        format!("{TASK}[[task.criterion]]\nid = \"1.1.1\"\ntext = \"{text}\"\ncheck = {check}\n")
    };
    let claim = |claim: &str| format!("[[claim]]\ntext = \"so it is\"\nclaim = {claim}\n");
    let entry = "[e2e]\nentry = \"app.main\"\ntarget = \"torch\"\n";
    let chain =
        claim("{ chain = { files = [\"app/main.py\", \"app/light.py\"], target = \"torch\" } }");
    for (plan, expected) in [
        (named("app/main.py"), vec![]),
        (named("app/*.yaml"), vec![]),
        (
            named("app/mian.py"),
            vec!["missing-file 8: no revision ever held `app/mian.py`"],
        ),
        (
            named("gone.py"),
            vec!["missing-file 8: `gone.py` is not there any more"],
        ),
        (
            criterion(
                "it starts",
                "{ no_import = { files = [\"app/mian.py\", \"app/*.py\"], name = \"a\" } }",
            ),
            vec!["missing-file 11: no revision ever held `app/mian.py`"],
        ),
        (
            criterion(
                "it starts",
                "{ no_import = { files = \"app/new.py\", name = \"a\" } }",
            )
            .replace(TASK, &named("app/new.py")),
            vec!["missing-file 8: no revision ever held `app/new.py`"],
        ),
        (
            criterion("`app/mian.py` starts", "{ smoke_test = \"ls\" }"),
            vec!["missing-file 10: no revision ever held `app/mian.py`"],
        ),
        (
            criterion(
                "`app/mian.py` is created",
                "{ path = { exists = \"app/mian.py\" } }",
            ),
            vec![],
        ),
        (
            criterion(
                "`other/mian.py` and `app/{id}.py` and `-x app/a.py` start",
                "{ smoke_test = \"ls\" }",
            ),
            vec![],
        ),
        (
            claim("{ unused = { file = \"app/light.py\", name = \"os\" } }"),
            vec!["refuted 6: `os` is used"],
        ),
        (
            claim("{ import_at = { file = \"app/light.py\", name = \"os\", lines = [2, 3] } }"),
            vec!["refuted 6: `os` is not imported in lines 2 to 3"],
        ),
        (
            claim("{ import_at = { file = \"app/light.py\", name = \"os\", lines = [1, 1] } }"),
            vec![],
        ),
        (
            format!("{entry}{chain}"),
            vec![
                "refuted 9: this chain to `torch` does not exist",
                "refuted 9: importing `app.main` loads `torch` by another chain first",
            ],
        ),
    ] {
        assert_eq!(linted(&plan, &files), expected, "{plan}");
    }
}

#[test]
fn only_errors_and_warnings_change_the_exit_code() {
    let subject = |plan: &str| {
        let text = format!("{HEAD}{plan}");
        lint::toml::subject::<Scripted>("m1.toml", &text).expect("a valid plan")
    };
    let note = lint::lint(
        &subject(&format!(
            "{TASK}[[task.criterion]]\nid = \"1.1.1\"\ntext = \"nice\"\nmanual = \"taste\"\n"
        )),
        None,
    );
    assert_eq!(
        note.iter().map(|it| it.level).collect::<Vec<_>>(),
        [Level::Note]
    );
    assert_eq!(lint::exit_code(&note), 0);
    let error = lint::lint(&subject(&smoke("make test || true")), None);
    assert_eq!(lint::exit_code(&error), 1);
}

/// A plan in Markdown with one fault of each kind.
const DOCUMENT: &str = r#"# Milestone 4: Light imports

## What stands in the way

```
app/main.py
  → app/light.py (import torch at line 2)
```

`python -c "from app.main import app"` must work without torch.

## Task 4.1: Remove unused imports from light.py

**File(s):** `app/light.py`

The heavy import is instantiated but never used: `Heavy()` has no caller.

**Current code (line 3):**
```python
from app.heavy import Heavy
```

**Functions to check in light.py:**
- `load()` — uses torch.load

*Smoke Test:*
```bash
grep -n "Heavy" app/light.py && echo "FAIL" || echo "SUCCESS"
make test | tail -3
```

**Acceptance Criteria:**
- [ ] No `Heavy` import in light.py
- [ ] It feels light

## Task 4.2: Verify

**Test Script:**
```python
import sys

class Blocker:
    def find_module(self, name, path=None):
        return self if name == "torch" else None

sys.meta_path.insert(0, Blocker())
import app.main
```

**Acceptance Criteria:**
- [ ] The script passes
"#;

#[test]
fn a_markdown_plan_is_looked_at_by_the_same_rules() {
    let snapshot = Memory::new([
        ("app/__init__.py", ""),
        ("app/main.py", "import app.heavy\n"),
        ("app/heavy.py", "import torch\nclass Heavy: ...\n"),
        (
            "app/light.py",
            "from app.heavy import Heavy\nh = Heavy()\nprint(Heavy)\ndef load(): ...\n",
        ),
    ]);
    let subject =
        lint::markdown::subject("M4_light.md", DOCUMENT, Some(&snapshot)).expect("it is a plan");
    let against = Against {
        snapshot: &snapshot,
        ever_held: &|_| Some(false),
    };
    let found = lint::lint(&subject, Some(against));
    let shown = |it: &lint::Diagnostic| {
        let line = DOCUMENT[..it.span.start].matches('\n').count();
        let line = DOCUMENT.lines().nth(line).unwrap().trim();
        format!("{}: {line}", it.rule)
    };
    let mut shown: Vec<String> = found.iter().map(shown).collect();
    shown.dedup();
    assert_eq!(
        shown,
        [
            "refuted: app/main.py",
            "refuted: → app/light.py (import torch at line 2)",
            "refuted: The heavy import is instantiated but never used: `Heavy()` has no caller.",
            "refuted: **Current code (line 3):**",
            "refuted: - `load()` — uses torch.load",
            "fences: ```bash",
            "exit-status: grep -n \"Heavy\" app/light.py && echo \"FAIL\" || echo \"SUCCESS\"",
            "exit-status: make test | tail -3",
            "undecided: - [ ] It feels light",
            "blind-blocker: def find_module(self, name, path=None):",
            "undecided: - [ ] The script passes",
        ]
    );
    let with_fence = format!("{DOCUMENT}\n```bash\nmake test\n");
    let subject = lint::markdown::subject("M4_light.md", &with_fence, None).expect("a plan");
    let open = lint::lint(&subject, None);
    let open = open
        .iter()
        .find(|it| it.message == "this fence is never closed");
    assert_eq!(open.map(|it| it.span.start), Some(DOCUMENT.len() + 1));
}

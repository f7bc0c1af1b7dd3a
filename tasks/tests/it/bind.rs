//! Which sentences are bound to which checks, and which never.

use tasks::markdown::{Binding, bind, parse, toml};
use tasks::plan::Plan;

use crate::scripted::Scripted;

/// What is bound to a sentence among the criteria of a task, or of the checklist.
fn bound(sentence: &str, checklist: bool) -> Binding {
    let (criterion, row) = if checklist {
        ("it runs", sentence)
    } else {
        (sentence, "it runs")
    };
    let text = format!(
        "# Milestone 2: Lean start\n\n## Task 2.1: Service\n\n\
         **File(s):** `app/api/service.py`, `frontend/`, `docs/old.md`, `Dockerfile.slim`\n\n\
         ```python\nfrom app.store import Store\n```\n\n\
         **Acceptance Criteria:**\n- [ ] {criterion}\n\n\
         ## Completion Checklist\n\n- [ ] {row}\n- [ ] `make test-unit` is slow\n"
    );
    let document = parse("M2.md", &text).unwrap();
    let plan = toml(&document, "M2.md");
    Plan::<Scripted>::parse("m2.toml", &plan).unwrap_or_else(|error| panic!("{error}\n{plan}"));
    let index = usize::from(checklist);
    bind(&document).swap_remove(index).1
}

#[track_caller]
fn is(sentence: &str, expected: &[&str]) {
    let expected = expected.iter().map(|&check| check.to_owned()).collect();
    assert_eq!(
        bound(sentence, false),
        Binding::Checks(expected),
        "{sentence}"
    );
}

#[test]
fn imports() {
    let no_import = r#"{ no_import = { files = "app/api/service.py", name = "Store" } }"#;
    is("No `Store` import in service.py", &[no_import]);
    is(
        "No direct `Store` imports in `app/api/service.py`.",
        &[no_import],
    );
    is(
        "No module-level Store import in service.py",
        &[
            r#"{ no_eager_import = { files = "app/api/service.py", module = "app.store", name = "Store" } }"#,
        ],
    );
    is(
        "No module-level `import torch` in service.py",
        &[r#"{ no_eager_import = { files = "app/api/service.py", module = "torch" } }"#],
    );
    is(
        "No `self.store` or `self.model` in class",
        &[r#"{ no_attribute = { files = "app/api/service.py", names = ["store", "model"] } }"#],
    );
    is(
        "All functions that need torch import it internally",
        &[r#"{ deferred_import = { files = "app/api/service.py", name = "torch" } }"#],
    );
    for statement in [
        "from app.main import app",
        "python -c \"from app.main import app\"",
    ] {
        is(
            &format!("`{statement}` works without torch"),
            &[
                r#"{ no_chain = { entry = "app.main", target = "torch" } }"#,
                r#"{ probe = { entry = "app.main", attribute = "app", without = "torch" } }"#,
            ],
        );
    }
}

#[test]
fn paths_from_the_root() {
    let gone = r#"{ path = { missing = "frontend" } }"#;
    is("`frontend/` no longer exists in repo root", &[gone]);
    is(
        "`frontend/` and `docs/old.md` removed",
        &[gone, r#"{ path = { missing = "docs/old.md" } }"#],
    );
    is(
        "Dockerfile.slim created",
        &[r#"{ path = { exists = "Dockerfile.slim" } }"#],
    );
    is(
        "Settings exist created at `docs/new.md`",
        &[r#"{ path = { exists = "docs/new.md" } }"#],
    );
    is(
        "No references to `a.b(` remain in `old.md`",
        &[r#"{ text = { files = "docs/old.md", absent = 'a\.b\(' } }"#],
    );
    is(
        "`Store` class created",
        &[r#"{ text = { files = "app/api/service.py", present = '^\s*class Store\b' } }"#],
    );
}

#[test]
fn programs() {
    let tests = r#"{ command = { run = ["make", "test-unit"] } }"#;
    for sentence in [
        "All unit tests pass: `make test-unit`",
        "`make test-unit` passes",
        "Existing tests pass",
        "All unit tests still pass (with torch available)",
        "All unit tests still pass with torch installed",
        "#3 Unit tests pass",
    ] {
        is(sentence, &[tests]);
    }
    is(
        "Quality gates pass: `make quality`",
        &[r#"{ command = { run = ["make", "quality"] } }"#],
    );
    is(
        "All changes committed",
        &[r#"{ git = { committed = "all" } }"#],
    );
}

#[test]
fn python_that_only_imports() {
    let app = r#"{ probe = { entry = "app.main", attribute = "app" } }"#;
    for sentence in [
        "`from app.main import app` works",
        "Can import `app` from `app.main`",
        "`app` importable from `app.main`",
        "Package can be imported: `from app.main import app`",
        "No broken imports: `uv run python -c \"from app.main import app\"`",
        "`python3 -c \"from app.main import app; print('it is: OK')\"` works",
        "`python -c \"from app.main import (app as other,)  # it\"` succeeds",
    ] {
        is(sentence, &[app]);
    }
    is(
        "`.venv/bin/python -c 'import app.a, app.b'` works",
        &[
            r#"{ probe = { entry = "app.a" } }"#,
            r#"{ probe = { entry = "app.b" } }"#,
        ],
    );
    is(
        "`python -c \"import sys, app.main; assert 'torch' not in sys.modules, 'torch!'\"` works",
        &[
            r#"{ no_chain = { entry = "app.main", target = "torch" } }"#,
            r#"{ probe = { entry = "app.main" } }"#,
        ],
    );
}

#[test]
fn curl_that_only_looks() {
    let get = |more: &str| format!("{{ http = {{ get = \"http://localhost:8000/jobs\"{more} }} }}");
    for (line, more) in [
        ("curl http://localhost:8000/jobs", ""),
        (
            "curl -sSfL -X GET http://localhost:8000/jobs 2>/dev/null",
            "",
        ),
        ("curl -s http://localhost:8000/jobs > /dev/null", ""),
        (
            "curl -s http://localhost:8000/jobs | jq",
            r#", json = [""]"#,
        ),
        (
            "curl -s http://localhost:8000/jobs | python3 -m json.tool | head -5",
            r#", json = [""]"#,
        ),
        (
            "curl -s http://localhost:8000/jobs | jq -r '.data.items[0]'",
            r#", json = ["/data/items/0"]"#,
        ),
        (
            "curl -s http://localhost:8000/jobs | grep -qi healthy",
            r#", body = "(?i)healthy""#,
        ),
        (
            "curl -s http://localhost:8000/jobs | grep healthy && echo \"SUCCESS\"",
            r#", body = "healthy""#,
        ),
        (
            "curl -s -o /dev/null -w '%{http_code}' http://localhost:8000/jobs | grep -q 204",
            ", status = 204",
        ),
        ("curl -m 5 http://localhost:8000/jobs", ", timeout = 5"),
    ] {
        is(&format!("`{line}` works"), &[&get(more)]);
    }
    is(
        "`curl -s http://localhost:8000/jobs` returns 404",
        &[&get(", status = 404")],
    );
    is(
        "`curl http://127.0.0.1/?a=b&c=d` works"
            .replace("/?a=b&c=d", "?a=b")
            .as_str(),
        &[r#"{ http = { get = "http://127.0.0.1?a=b" } }"#],
    );
}

#[test]
fn sentences_about_the_only_file_of_their_task() {
    let no_import = r#"{ no_import = { files = "app/api/service.py", name = "store" } }"#;
    for sentence in [
        "No imports from `store.py`",
        "No imports of `store`",
        "No `store` imports",
        "No import of `store` anywhere in the file",
    ] {
        is(sentence, &[no_import]);
    }
    is(
        "No imports from `store` anywhere in codebase",
        &[r#"{ no_import = { files = "**/*.py", name = "store" } }"#],
    );
    is(
        "No references to `Store` in file",
        &[r#"{ text = { files = "app/api/service.py", absent = '\bStore\b' } }"#],
    );
    is(
        "`archive/` added to Dockerfile.slim",
        &[r#"{ text = { files = "Dockerfile.slim", present = "archive/" } }"#],
    );
    is(
        "`get_store()` cached getter exists",
        &[
            r#"{ text = { files = "app/api/service.py", present = '^\s*(async\s+)?def get_store\b' } }"#,
        ],
    );
    is(
        "`LIMIT` constant defined",
        &[
            r#"{ text = { files = "app/api/service.py", present = '^\s*(self\.)?LIMIT\s*[:=]([^=]|$)' } }"#,
        ],
    );
    is(
        "`frontend/` directory completely removed",
        &[r#"{ path = { missing = "frontend" } }"#],
    );
    is(
        "`make test-unit` passes (no import errors)",
        &[r#"{ command = { run = ["make", "test-unit"] } }"#],
    );
    is(
        "`uv run app --help` works",
        &[r#"{ command = { run = ["uv", "run", "app", "--help"] } }"#],
    );
}

#[test]
fn a_wrong_binding_is_worse_than_none() {
    for sentence in [
        "Unit tests pass: N/A",
        "Integration tests pass",
        "`app deploy workers B` works",
        "`make deploy` succeeds",
        "`uv sync --extra ml` installs all dependencies",
        "`rm -rf x` works",
        "`make test` passes for <module>",
        "`app status <id>` works",
        "`latest` created",
        "`prod` and `docs/old.md` removed",
        "`api/service.py` deleted",
        "No `Store` import in other.py",
        "No module-level Other import in service.py",
        "No `self.store` or `Store` in class",
        "All changes committed with clear messages",
        "Task 2.1: done",
        "Endpoint still functions correctly",
        "`import torch` succeeds",
        "`from app.main import app` works inside the container",
        "`python -c \"import app; app.run()\"` works",
        "`python -c \"import app; print(app.x)\"` works",
        "`python -c \"import app; print(f'{app}')\"` works",
        "`python -c \"import app; assert app.x\"` works",
        "`python -c \"from app import *\"` works",
        "`A=1 python -c \"import app\"` works",
        "`python -c \"import app\" -x` works",
        "Can import `Store` from `elsewhere`",
        "No broken imports",
        "No imports from `service.py`",
        "No imports from `a.b`",
        "No imports from `store.py` in migrated files",
        "`Store` class exists with all fields",
        "`run()` exists and works",
        "`make test-unit` passes (except the slow ones)",
        "`curl http://example.org/` works",
        "`curl http://localhost.evil.org/` works",
        "`curl http://127.0.0.1:8000@evil.org/` works",
        "`curl -X POST http://localhost:8000/jobs` returns 200",
        "`curl -d x http://localhost:8000/jobs` works",
        "`curl -H 'A: b' http://localhost:8000/jobs` works",
        "`curl -s http://localhost:8000/jobs | jq '.a | length'` works",
        "`curl -s http://localhost:8000/jobs | sh` works",
        "`curl -o service.py http://localhost:8000/jobs` works",
        "`curl -w '%{http_code}' http://localhost:8000/jobs` works",
        "`curl http://localhost:8000/jobs/<id>` works",
        "`curl http://localhost:8000/jobs && rm x` works",
        "`curl -s http://localhost:8000/ | jq -r .ok && echo OK || echo FAIL` works",
        "`curl -s http://localhost:8000/ | grep down && echo FAIL || echo OK` works",
        "",
    ] {
        let sentence = if sentence.is_empty() { "§" } else { sentence };
        let found = bound(sentence, false);
        assert!(
            matches!(found, Binding::Manual { .. }),
            "{sentence}: {found:?}"
        );
    }
}

#[test]
fn the_checklist_is_derived_from_the_tasks() {
    let from = Binding::From(vec!["2.1".to_owned()]);
    for sentence in [
        "Task 2.1: Service is lean",
        "**Task 2.1** complete",
        "All tasks complete",
        "All 1 tasks are done",
    ] {
        assert_eq!(bound(sentence, true), from, "{sentence}");
    }
    assert_eq!(
        bound("Task 9.1: elsewhere", true),
        Binding::Manual { perhaps: None }
    );
}

#[test]
fn what_may_be_meant_is_suggested() {
    for (sentence, perhaps) in [
        (
            "Import moved inside function(s) that use it",
            r#"{ deferred_import = { files = "app/api/service.py", name = "Store" } }"#,
        ),
        (
            "Type hints use strings or TYPE_CHECKING",
            r#"{ annotations_deferred = { files = "app/api/service.py", name = "Store" } }"#,
        ),
        (
            "M1 functionality still works (no regressions)",
            r#"{ milestone = { holds = "m1" } }"#,
        ),
        (
            "`test_lean_start` covers it",
            r#"{ command = { run = ["pytest", "-k", "test_lean_start"] } }"#,
        ),
    ] {
        let perhaps = Some(perhaps.to_owned());
        assert_eq!(
            bound(sentence, false),
            Binding::Manual { perhaps },
            "{sentence}"
        );
    }
}

/// Smoke tests can run in a shell: what must not be run is none.
#[test]
fn what_destroys_or_is_unfinished_is_no_smoke_test() {
    let lines = [
        ("ls app", true),
        ("make test-unit", true),
        ("docker images --format \"{{.Size}}\"", true),
        ("rm -rf app", false),
        ("git push origin main", false),
        ("docker compose down -v", false),
        ("find . -name x -exec rm {} +", false),
        ("ssh host true", false),
        ("app status <op_id>", false),
        ("curl localhost/{run_id}", false),
        ("app show [OP_ID]", false),
        ("ID=$(app new)", false),
        ("curl -s localhost/jobs", true),
        ("curl -X POST localhost/jobs", false),
        ("curl -sXDELETE localhost/jobs", false),
        ("curl localhost/jobs -d '{}'", false),
    ];
    for (line, is_run) in lines {
        let text =
            format!("# M\n\n## Task 1: a\n\n*Smoke Test:*\n```bash\n{line}\n```\n\n- [ ] b\n");
        let plan = toml(&parse("m.md", &text).unwrap(), "m.md");
        let plan =
            Plan::<Scripted>::parse("m.toml", &plan).unwrap_or_else(|e| panic!("{e}\n{plan}"));
        let task = plan.tasks.first().unwrap();
        assert_eq!(task.smoke_tests.len(), usize::from(is_run), "{line}");
        assert_eq!(task.actions.len(), usize::from(!is_run), "{line}");
    }
}

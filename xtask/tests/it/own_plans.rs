//! Plans of a repository's own, with which the tool could be led astray.

use crate::sample::{Ran, Sample};

/// A repository with two Python files and this plan, committed.
pub(crate) fn repository(tasks: &str) -> Sample {
    let sample = Sample::empty();
    sample.write("src/a.py", "x = 1\n");
    sample.write("src/b.py", "y = 1\n");
    let milestone = "format = 1\n[milestone]\nid = \"p\"\ntitle = \"P\"\n";
    sample.write("milestones/p.toml", &format!("{milestone}{tasks}"));
    sample.git(&["add", "--all"]);
    sample.git(&["commit", "--quiet", "--message", "start"]);
    sample
}

#[track_caller]
fn says(ran: &Ran, code: i32, words: &str) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    assert!(ran.err.contains(words), "{words:?} is not in {ran:?}");
}

/// A smoke test that decides, a task by which nothing could be judged, and one that needs both.
const DECIDED_ELSEWHERE: &str = r#"
[[task]]
id = "1"
title = "decided by its smoke test too"
files = ["src/a.py"]
smoke_test = [{ run = 'grep x src/a.py && echo "FAIL" || echo "SUCCESS"', decides = true }]
criterion = [{ id = "1.1", text = "it is there", check = { path = { exists = "src/a.py" } } }]
[[task]]
id = "2"
title = "decided by nothing"
files = ["src/b.py"]
[[task]]
id = "3"
title = "needs the first"
files = ["src/b.py"]
needs = ["1"]
criterion = [{ id = "3.1", text = "it is there", check = { path = { exists = "src/b.py" } } }]
[[task]]
id = "4"
title = "needs the second"
files = ["src/b.py"]
needs = ["2"]
criterion = [{ id = "4.1", text = "it is there", check = { path = { exists = "src/b.py" } } }]
"#;

#[test]
fn a_task_that_is_not_done_is_not_committed_whatever_decides_it() {
    let sample = repository(DECIDED_ELSEWHERE);
    sample.write("src/a.py", "x = 2\n");
    sample.write("src/b.py", "y = 2\n");
    for (task, code, words) in [
        ("1", 1, "`smoke test 1` is fail"),
        ("2", 2, "names nothing by which it could be judged"),
        (
            "3",
            2,
            "comes after `1`, which is not done: `smoke test 1` is fail",
        ),
        (
            "4",
            2,
            "comes after `2`, which is not done: `2` is undecided",
        ),
    ] {
        says(&sample.run(&["p", "commit", task]), code, words);
    }
    assert_eq!(sample.run(&["p", "verify", "2"]).code, Some(2));
    assert_eq!(sample.git(&["log", "--oneline"]).lines().count(), 1);
}

use std::fs;
use std::process::Command;

use super::*;
use crate::repository::said;
use crate::scratch::{Change, Scratch, told, under};

fn message(subject: &str) -> Message {
    let trailer = |key: &str, value: &str| Trailer {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    Message {
        subject: subject.to_owned(),
        body: None,
        trailers: vec![trailer("Milestone", "m2"), trailer("Task", "2.1")],
    }
}

/// Commits with a judge that lets everything pass.
fn commit_it(scratch: &Scratch, scope: &Scope) -> Result<Committed, String> {
    let judge = &mut |_: Oid, _: &dyn Snapshot| Ok::<_, String>(message("feat: it"));
    commit(&scratch.open(), scope, judge).map_err(|refused| match refused {
        Refused::Judged(words) => words,
        Refused::Failed(failure) => told(&failure),
    })
}

/// A repository with two committed folders, `task` and `other`, and every kind of unrelated
/// change in the second one.
fn busy() -> Scratch {
    let scratch = Scratch::new();
    for file in [
        "task/a",
        "task/b",
        "task/c",
        "other/staged",
        "other/both",
        "other/unstaged",
    ] {
        scratch.write(file, format!("{file}\n"));
    }
    scratch.write("other/removed", "");
    scratch.commit_all();
    for file in ["other/staged", "other/both", "other/added"] {
        scratch.write(file, "staged\n");
    }
    scratch.git("add other");
    scratch.git("rm -q --cached other/removed");
    scratch.write("other/both", "and more\n");
    scratch.write("other/unstaged", "unstaged\n");
    scratch.write("other/untracked", "");
    scratch.write("other/intended", "");
    scratch.git("add -N other/intended");
    scratch
}

/// Everything that must not change when a commit is refused.
fn state(scratch: &Scratch) -> String {
    let entries = fs::read_dir(scratch.top().join(".git")).unwrap();
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name()).collect();
    names.sort();
    format!(
        "{}{}{}{names:?}",
        scratch.git("status --porcelain=v2 --branch -uall"),
        scratch.git("ls-files --stage -v"),
        scratch.read(".git/logs/HEAD"),
    )
}

/// The lines of `git status` and of the index about the unrelated folder.
fn unrelated(scratch: &Scratch) -> String {
    let status = scratch.git("status --porcelain=v2 -uall -- other");
    status + &scratch.git("ls-files --stage -v -- other")
}

/// The commit is refused with these words, and nothing has changed.
fn refused(scratch: &Scratch, scope: &Scope, expected: &str) {
    let before = state(scratch);
    let words = commit_it(scratch, scope).unwrap_err();
    assert!(
        words.contains(expected),
        "expected `{expected}`, found: {words}"
    );
    assert_eq!(state(scratch), before, "after: {words}");
}

#[test]
fn only_the_task_is_committed_and_all_else_stays_as_it_is() {
    let changes: [(&str, Change); 9] = [
        ("M\ttask/a", |s| s.write("task/a", "2\n")),
        ("A\ttask/new/file", |s| s.write("task/new/file", "")),
        ("D\ttask/a", |s| s.remove("task/a")),
        ("M\ttask/a", |s| s.executable("task/a")),
        ("T\ttask/a", |s| {
            s.remove("task/a");
            s.link("task/a", "b");
        }),
        ("D\ttask/a\nA\ttask/moved", |s| {
            fs::rename(s.top().join("task/a"), s.top().join("task/moved")).unwrap();
        }),
        ("D\ttask/a\nA\ttask/a/deep", |s| {
            s.remove("task/a");
            s.write("task/a/deep", "a folder took the place of a file");
        }),
        // Staged one way, on disk another: the disk counts.
        ("M\ttask/b", |s| {
            s.write("task/a", "staged\n");
            s.write("task/gone", "");
            s.git("add task");
            s.write("task/a", "task/a\n");
            s.remove("task/gone");
            s.write("task/b", "2\n");
        }),
        // Ignored, but added by force: it belongs to the work tree.
        ("A\ttask/x.log", |s| {
            s.write(".git/info/exclude", "*.log\n");
            s.write("task/x.log", "");
            s.write("task/y.log", "");
            s.git("add -f task/x.log");
        }),
    ];
    for (expected, change) in changes {
        let scratch = busy();
        change(&scratch);
        let before = unrelated(&scratch);
        let parent = scratch.git("rev-parse HEAD");
        let committed = commit_it(&scratch, &under(&["task"])).unwrap();
        let shown = scratch.git("diff-tree -r --no-renames --no-commit-id --name-status HEAD");
        assert_eq!(shown.trim_end(), expected);
        assert_eq!(committed.paths.len(), expected.lines().count());
        assert_eq!(unrelated(&scratch), before, "{expected}");
        assert_eq!(
            scratch.git("status --porcelain -uall -- task"),
            "",
            "{expected}"
        );
        assert_eq!(
            scratch.git("diff-files --name-only -- task"),
            "",
            "{expected}"
        );
        assert_eq!(scratch.git("rev-parse HEAD^"), parent);
        assert_eq!(
            scratch.git("rev-parse main").trim(),
            committed.commit.to_string()
        );
        assert_eq!(
            scratch.git("rev-parse main^{tree}").trim(),
            committed.tree.to_string()
        );
        assert_eq!(committed.branch, "main");
        assert!(committed.added_by_hooks.is_empty() && committed.changed_by_hooks.is_empty());
        for log in ["HEAD", "main"] {
            let line = scratch.git(&format!("log -g -1 --format=%gs:%gn {log}"));
            assert_eq!(line, "commit: feat: it:Tester\n");
        }
        let text = scratch.git("log -1 --format=%B");
        assert_eq!(text, "feat: it\n\nMilestone: m2\nTask: 2.1\n\n");
        assert!(!state(&scratch).contains("milestone-"));
        assert!(scratch.try_git("fsck --strict"));
    }
}

#[test]
fn everything_is_committed_if_asked_for() {
    let scratch = busy();
    commit_it(&scratch, &Scope::Everything).unwrap();
    assert_eq!(scratch.git("status --porcelain"), "");
    assert_eq!(scratch.git("show HEAD:other/both"), "and more\n");
}

#[test]
fn the_judge_sees_the_tree_and_not_the_disk() {
    let scratch = busy();
    scratch.write("task/a", "2\n");
    let path = |text| crate::scratch::path(text);
    let judge = &mut |_: Oid, snapshot: &dyn Snapshot| -> Result<Message, String> {
        assert_eq!(&*snapshot.read(&path("task/a")).unwrap(), b"2\n");
        assert_eq!(
            &*snapshot.read(&path("other/both")).unwrap(),
            b"other/both\n"
        );
        Err("it does not hold".to_owned())
    };
    let before = state(&scratch);
    let refused = commit(&scratch.open(), &under(&["task"]), judge);
    assert!(matches!(refused, Err(Refused::Judged(words)) if words == "it does not hold"));
    assert_eq!(state(&scratch), before);
}

#[test]
fn what_stands_in_the_way_is_named_and_nothing_changes() {
    let cases: [(&str, Change); 12] = [
        ("HEAD is detached", |s| drop(s.git("checkout -q --detach"))),
        ("`main` has no commit yet", |s| {
            drop(s.git("update-ref -d HEAD"))
        }),
        ("a merge is under way", |s| {
            s.write(".git/MERGE_HEAD", s.git("rev-parse HEAD"))
        }),
        ("a cherry-pick is under way", |s| {
            s.write(".git/CHERRY_PICK_HEAD", s.git("rev-parse HEAD"));
        }),
        ("a rebase is under way", |s| {
            s.write(".git/rebase-merge/interactive", "")
        }),
        ("`other/both` has an unresolved conflict", |s| {
            let blob = s.git("rev-parse HEAD:base.txt");
            let lines =
                [1, 2, 3].map(|stage| format!("100644 {} {stage}\tother/both\n", blob.trim()));
            let repository = s.open();
            s.git("rm -q --cached -f other/both");
            let git = repository.git().args(["update-index", "--index-info"]);
            said(git, lines.concat().as_bytes()).unwrap();
        }),
        ("there is nothing to commit", |s| {
            s.write("task/a", "task/a\n")
        }),
        ("the index is locked", |s| s.write(".git/index.lock", "")),
        ("git does not know who commits", |s| {
            s.git_words(&["config", "user.name", ""]);
        }),
        ("the `pre-commit` hook refused", |s| {
            s.hook("pre-commit", "exit 1")
        }),
        ("the `commit-msg` hook refused", |s| {
            s.hook("commit-msg", "exit 1")
        }),
        ("could not be signed", |s| {
            s.git("config commit.gpgsign true");
            s.git("config gpg.program false");
        }),
    ];
    for (expected, change) in cases {
        let scratch = busy();
        scratch.write("task/a", "2\n");
        change(&scratch);
        refused(&scratch, &under(&["task"]), expected);
    }
}

#[test]
fn a_path_that_cannot_be_committed_is_named() {
    let scratch = busy();
    scratch.write(".git/info/exclude", "*.log\n");
    scratch.write("x.log", "");
    scratch.write("task/a", "2\n");
    scratch.link("link", "task");
    fs::create_dir(scratch.top().join("void")).unwrap();
    for (path, expected) in [
        ("typo", "`typo` is neither on disk nor in `HEAD`"),
        ("task/*", "`task/*` is neither"),
        ("x.log", "`x.log` is ignored by git"),
        ("void", "there is nothing at `void` that git could commit"),
        (
            "link/a",
            "there is nothing at `link/a` that git could commit",
        ),
    ] {
        refused(&scratch, &under(&["task/a", path]), expected);
    }
    refused(&scratch, &under(&[]), "there is nothing to commit");
}

#[test]
fn a_hook_may_reformat_the_task() {
    let scratch = busy();
    scratch.write("task/a", "2\n");
    scratch.hook(
        "pre-commit",
        "echo formatted >task/a && git add task/a && git diff --cached --name-only >&2",
    );
    let before = unrelated(&scratch);
    let committed = commit_it(&scratch, &under(&["task"])).unwrap();
    assert_eq!(scratch.git("show HEAD:task/a"), "formatted\n");
    assert_eq!(scratch.git("status --porcelain -- task"), "");
    assert_eq!(unrelated(&scratch), before);
    assert!(committed.changed_by_hooks.is_empty(), "{committed:?}");
}

#[test]
fn what_a_hook_does_outside_of_the_task_is_reported() {
    let scratch = busy();
    scratch.write("task/a", "2\n");
    scratch.write("base.txt", "base\n");
    let script = "echo >>task/b; echo >>other/unstaged; touch other/both; \
                  echo hook >base.txt; git add base.txt";
    scratch.hook("pre-commit", script);
    scratch.hook("post-commit", "echo done >posted");
    let committed = commit_it(&scratch, &under(&["task/a"])).unwrap();
    assert_eq!(committed.paths, ["base.txt", "task/a"]);
    assert_eq!(committed.added_by_hooks, ["base.txt"]);
    // `other/both` was touched, and it differs from the commit: rather one too many.
    let changed = ["other/both", "other/unstaged", "posted", "task/b"];
    assert_eq!(committed.changed_by_hooks, changed);
    assert_eq!(scratch.git("status --porcelain -- base.txt"), "");
}

#[test]
fn what_the_user_staged_survives_a_hook_that_adds_the_same_file() {
    let scratch = busy();
    scratch.write("task/a", "2\n");
    scratch.hook(
        "pre-commit",
        "echo hook >other/staged; git add other/staged",
    );
    let staged = scratch.git("ls-files --stage -- other/staged");
    commit_it(&scratch, &under(&["task"])).unwrap();
    assert_eq!(scratch.git("ls-files --stage -- other/staged"), staged);
    assert_eq!(scratch.git("show HEAD:other/staged"), "hook\n");
}

#[test]
fn message_hooks_may_change_the_message_but_not_drop_the_trailers() {
    let hooked = |name: &str, script: &str| {
        let scratch = busy();
        scratch.write("task/a", "2\n");
        scratch.hook(name, script);
        scratch
    };
    let scratch = hooked("commit-msg", "sed -i 's/^feat/fix/' \"$1\"");
    scratch.git("config i18n.commitEncoding latin1");
    let committed = commit_it(&scratch, &under(&["task"])).unwrap();
    assert_eq!(committed.subject, "fix: it");
    // The message is UTF-8, and must not be said to be anything else.
    assert!(!scratch.git("cat-file commit HEAD").contains("encoding"));
    let scratch = hooked(
        "prepare-commit-msg",
        "test \"$2\" = message && sed -i '1s/^/#7 /' \"$1\"",
    );
    let committed = commit_it(&scratch, &under(&["task"])).unwrap();
    assert_eq!(committed.subject, "#7 feat: it");
    for (script, expected) in [
        ("echo short >\"$1\"", "dropped the trailer `Milestone: m2`"),
        (
            "echo 'Task: 2.2' >>\"$1\"",
            "overruled the trailer `Task: 2.1`",
        ),
        (
            "sed -i 's/2.1/2.2/' \"$1\"",
            "dropped the trailer `Task: 2.1`",
        ),
        (": >\"$1\"", "the message is empty"),
        ("sed -i 1,2d \"$1\"", "the message is empty"),
    ] {
        let scratch = hooked("commit-msg", script);
        refused(&scratch, &under(&["task"]), expected);
    }
}

#[test]
fn trailers_join_those_of_the_body() {
    let scratch = busy();
    scratch.write("task/a", "2\n");
    let judge = &mut |_: Oid, _: &dyn Snapshot| {
        Ok::<_, String>(Message {
            body: Some("Why.\n\n---\n# kept\n\nSigned-off-by: A <a@b>\n".to_owned()),
            ..message("feat: it")
        })
    };
    commit(&scratch.open(), &under(&["task"]), judge).unwrap();
    assert_eq!(
        scratch.git("log -1 --format=%B"),
        "feat: it\n\nWhy.\n\n---\n# kept\n\nSigned-off-by: A <a@b>\nMilestone: m2\nTask: 2.1\n\n"
    );
}

#[test]
fn a_branch_that_moves_meanwhile_stays_where_it_went() {
    let elsewhere = "unset GIT_INDEX_FILE; new=$(git commit-tree -p HEAD -m theirs HEAD^{tree})";
    for (script, expected) in [
        (
            "git update-ref refs/heads/main $new",
            "`main` was moved by somebody else",
        ),
        (
            "git branch side; git symbolic-ref HEAD refs/heads/side",
            "HEAD left `main`",
        ),
        (
            "git rev-parse HEAD >.git/MERGE_HEAD",
            "a merge is under way",
        ),
    ] {
        let scratch = busy();
        scratch.write("task/a", "2\n");
        scratch.hook("commit-msg", &format!("{elsewhere}; {script}"));
        let index = scratch.git("ls-files --stage -v");
        let words = commit_it(&scratch, &under(&["task"])).unwrap_err();
        assert!(words.contains(expected), "{words}");
        assert_eq!(scratch.git("ls-files --stage -v"), index);
        assert!(!scratch.git("log --all --format=%s").contains("feat: it"));
        assert!(!scratch.top().join(".git/index.lock").exists());
    }
}

#[test]
fn a_ref_that_cannot_be_moved_leaves_no_lock() {
    let scratch = busy();
    scratch.write("task/a", "2\n");
    scratch.hook("reference-transaction", "test \"$1\" != prepared");
    refused(&scratch, &under(&["task"]), "`main` could not be moved");
}

#[test]
fn filters_stand_between_disk_and_commit() {
    let scratch = busy();
    scratch.git("config core.autocrlf true");
    scratch.git_words(&["config", "filter.upper.clean", "tr a-z A-Z"]);
    scratch.write(".git/info/attributes", "*.up filter=upper\n");
    scratch.write("task/a", "one\r\ntwo\r\n");
    scratch.write("task/x.up", "shout\n");
    commit_it(&scratch, &under(&["task"])).unwrap();
    assert_eq!(scratch.git("show HEAD:task/a"), "one\ntwo\n");
    assert_eq!(scratch.git("show HEAD:task/x.up"), "SHOUT\n");
    assert_eq!(scratch.git("status --porcelain -- task"), "");
    let repository = scratch.open();
    let tree = repository.revision("HEAD").unwrap().tree;
    assert!(
        repository
            .differs_from_tree(tree, &under(&["task"]))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_file_that_git_was_told_not_to_look_at_stays_as_it_is() {
    let scratch = busy();
    scratch.git("update-index --assume-unchanged task/a");
    scratch.git("update-index --skip-worktree task/b");
    scratch.write("task/a", "a secret of this machine");
    scratch.remove("task/b");
    scratch.write("task/c", "2\n");
    let committed = commit_it(&scratch, &under(&["task"])).unwrap();
    assert_eq!(committed.paths, ["task/c"]);
    let flags = scratch.git("ls-files -v task");
    assert_eq!(flags, "h task/a\nS task/b\nH task/c\n");
}

#[test]
fn linked_worktrees_split_indexes_and_sparse_checkouts_work() {
    let scratch = Scratch::new();
    scratch.write("task/a", "1\n");
    scratch.write("far/b", "1\n");
    scratch.commit_all();
    scratch.git("worktree add -q ../linked -b side");
    let linked = scratch.top().parent().unwrap().join("linked");
    fs::write(linked.join("task/a"), "2\n").unwrap();
    let repository = Repository::discover(&linked.join("task")).unwrap();
    let judge = &mut |_: Oid, _: &dyn Snapshot| Ok::<_, String>(message("linked"));
    assert_eq!(
        commit(&repository, &under(&["task"]), judge)
            .unwrap()
            .branch,
        "side"
    );
    assert_eq!(scratch.git("log -1 --format=%s main"), "more\n");
    assert_eq!(scratch.git("-C ../linked status --porcelain"), "");
    assert_eq!(
        scratch.git("-C ../linked log -g -1 --format=%gs HEAD"),
        "commit: linked\n"
    );

    scratch.git("config core.splitIndex true");
    scratch.git("update-index --split-index");
    scratch.write("task/a", "3\n");
    commit_it(&scratch, &under(&["task"])).unwrap();
    assert_eq!(scratch.git("status --porcelain"), "");

    scratch.git("config core.splitIndex false");
    scratch.git("update-index --no-split-index");
    scratch.git("sparse-checkout set --cone --sparse-index task");
    scratch.write("task/a", "4\n");
    let committed = commit_it(&scratch, &Scope::Everything).unwrap();
    assert_eq!(committed.paths, ["task/a"]);
    assert_eq!(scratch.git("status --porcelain"), "");
    assert!(scratch.try_git("fsck --strict"));
}

#[test]
fn hooks_are_taken_from_where_the_settings_say() {
    let scratch = busy();
    scratch.write("task/a", "2\n");
    scratch.write(
        "hooks/pre-commit",
        "#!/bin/sh\necho >other/unstaged\nexit 0\n",
    );
    scratch.executable("hooks/pre-commit");
    scratch.git("config core.hooksPath hooks");
    let committed = commit_it(&scratch, &under(&["task"])).unwrap();
    assert_eq!(committed.changed_by_hooks, ["other/unstaged"]);
}

#[test]
#[ignore = "needs ssh-keygen"]
fn a_commit_is_signed_if_the_settings_ask_for_it() {
    let scratch = busy();
    scratch.write("task/a", "2\n");
    let key = scratch.top().join(".git/key");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    scratch.git("config commit.gpgsign true");
    scratch.git("config gpg.format ssh");
    scratch.git(&format!("config user.signingkey {}", key.display()));
    commit_it(&scratch, &under(&["task"])).unwrap();
    let object = scratch.git("cat-file commit HEAD");
    assert!(
        object.contains("gpgsig -----BEGIN SSH SIGNATURE-----"),
        "{object}"
    );
    scratch.remove(".git/key");
    scratch.write("task/a", "3\n");
    refused(&scratch, &under(&["task"]), "could not be signed");
}

/// A signal reaches the whole process, with all tests that run in it: this one starts itself
/// once more, alone.
#[test]
fn told_to_stop_it_leaves_nothing_behind() {
    const ALONE: &str = "SIGNALS_REACH_NO_OTHER_TEST";
    if std::env::var_os(ALONE).is_some() {
        return stopped_while_judging();
    }
    let name = "commit::tests::told_to_stop_it_leaves_nothing_behind";
    let mut tests = Command::new(std::env::current_exe().unwrap());
    let output = tests
        .args(["--exact", name])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && words.contains("1 passed"),
        "{words}"
    );
}

fn stopped_while_judging() {
    let scratch = busy();
    scratch.write("task/a", "2\n");
    let before = state(&scratch);
    let stop = Stop::listen().unwrap();
    assert!(stop.check().is_ok());
    let judge = &mut |_: Oid, _: &dyn Snapshot| {
        signal_hook::low_level::raise(signal_hook::consts::SIGTERM).unwrap();
        Ok::<_, String>(message("feat: it"))
    };
    let words = match commit(&scratch.open(), &under(&["task"]), judge) {
        Err(Refused::Failed(failure)) => told(&failure),
        other => panic!("{other:?}"),
    };
    assert!(words.contains("interrupted"), "{words}");
    assert!(stop.check().is_err());
    assert_eq!(state(&scratch), before);
    commit_it(&scratch, &under(&["task"])).unwrap();
}

#[test]
fn what_a_killed_process_had_begun_is_finished_or_taken_back() {
    for (script, tells, staged) in [
        ("", "", "M  base.txt"),
        (
            "ln index.new f/index.written; mv index.new index.lock",
            "none refs/heads/main",
            "M  base.txt",
        ),
        (
            "ln index.new f/index.written; mv index.new index.lock",
            "HEAD refs/heads/main",
            "",
        ),
        (
            "ln f/lock index.lock",
            "HEAD refs/heads/main",
            "M  base.txt",
        ),
    ] {
        let scratch = Scratch::new();
        // The index as it would be, and one in which something is staged.
        scratch.git("update-index --refresh");
        fs::copy(
            scratch.top().join(".git/index"),
            scratch.top().join(".git/index.new"),
        )
        .unwrap();
        scratch.write("base.txt", "2");
        scratch.git("add base.txt");
        let folder = scratch.top().join(".git/milestone-dead");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("lock"), "").unwrap();
        let head = scratch.git("rev-parse HEAD");
        fs::write(folder.join("commit"), tells.replace("HEAD", head.trim())).unwrap();
        let script = script.replace("f/", "milestone-dead/");
        let mut shell = std::process::Command::new("sh");
        let shell = shell
            .args(["-ec", &script])
            .current_dir(scratch.top().join(".git"));
        assert!(shell.status().unwrap().success());
        tidy(&scratch.open());
        let left = ["milestone-dead", "index.lock"].map(|it| scratch.top().join(".git").join(it));
        assert!(left.iter().all(|it| !it.exists()), "{script} {tells}");
        let status = scratch
            .git("diff --cached --name-status")
            .replace('\t', "  ");
        assert_eq!(status.trim_end(), staged, "{script} {tells}");
    }
    let scratch = Scratch::new();
    fs::write(scratch.top().join(".git/index.lock"), "another git's").unwrap();
    fs::create_dir(scratch.top().join(".git/milestone-dead")).unwrap();
    tidy(&scratch.open());
    assert!(scratch.top().join(".git/index.lock").exists());
}

//! `git`: on the milestone's branch; everything under the task's paths committed.

use std::rc::Rc;

use checks::path::RepoPath;
use checks::snapshot::Snapshot;
use checks::verdict::{Answer, Finding, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use tasks::outside::Ruling;

use crate::failure::Failure;
use crate::repository::{Repository, Scope, answer};
use crate::world::World;

/// What git knows about the work tree.
///
/// ```toml
/// check = { git = { committed = ["src/api", "tests/test_api.py"] } }
/// check = { git = { committed = "all" } }
/// check = { git = { branch = "feature/x" } }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Git {
    /// Nothing under these paths differs from HEAD, in the index or on disk, untracked files
    /// included. While a commit is made: nothing on disk differs from the tree that it will
    /// hold.
    Committed(Paths),
    /// HEAD is on this branch. Another branch is a remark and never a fail: real branches differ
    /// from the plan's.
    Branch(String),
}

/// The paths of `committed`: a list of files and folders, or `"all"` for the whole work tree.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "Given")]
#[schemars(with = "Given")]
pub(crate) enum Paths {
    /// The whole work tree.
    All,
    /// These files and folders; never empty.
    These(Vec<RepoPath>),
}

impl Git {
    pub(crate) fn judge(&self, _: &dyn Snapshot, world: &mut World) -> Ruling {
        if world.at_revision {
            return Ruling::skipped("asks about the work tree; `--at` judges a revision");
        }
        let repository = match &world.repository {
            Some(repository) => Ok(Rc::clone(repository)),
            None => Repository::discover(&world.root).map(Rc::new),
        };
        let answer = repository.and_then(|repository| match self {
            Self::Branch(name) => on_branch(&repository, name),
            Self::Committed(paths) => committed(&repository, paths, world).map(Answer::from),
        });
        let answer = answer.unwrap_or_else(|why| Verdict::Undecided(why.message).into());
        Ruling::Judged(answer, None)
    }
}

fn on_branch(repository: &Repository, planned: &str) -> Result<Answer, Failure> {
    let head = repository.head()?;
    let remark = match head.branch() {
        Some(branch) if branch == planned => None,
        Some(branch) => Some(format!("on `{branch}`, the plan names `{planned}`")),
        None => Some(format!("HEAD is detached, the plan names `{planned}`")),
    };
    Ok(Answer {
        verdict: Verdict::Pass,
        remarks: remark.into_iter().collect(),
    })
}

fn committed(repository: &Repository, paths: &Paths, world: &World) -> Result<Verdict, Failure> {
    if let (None, Some(why)) = (world.candidate, &world.other_files) {
        return Err(Failure::because("it asks about the files on disk", why));
    }
    let scope = match paths {
        Paths::All => Scope::Everything,
        Paths::These(paths) => Scope::Under(paths.clone()),
    };
    let mut findings = match world.candidate {
        Some(tree) => on_disk_only(repository, tree, &scope)?,
        None => uncommitted(repository, &scope)?,
    };
    if let (true, Paths::These(paths)) = (findings.is_empty(), paths) {
        for path in paths {
            match unknown(repository, path, world)? {
                Unknown::No => {}
                Unknown::Ignored => findings.push(finding(path.as_str(), NOT_TRACKED)),
                Unknown::Nothing => {
                    return Ok(Verdict::Undecided(format!(
                        "nothing stands at `{path}`, and no commit ever changed it"
                    )));
                }
            }
        }
    }
    Ok(Verdict::from_findings(findings))
}

fn on_disk_only(
    repository: &Repository,
    tree: git2::Oid,
    scope: &Scope,
) -> Result<Vec<Finding>, Failure> {
    let differing = repository.differs_from_tree(tree, scope)?;
    let findings = differing.iter().map(|path| finding(path, DIFFERS));
    Ok(findings.collect())
}

fn uncommitted(repository: &Repository, scope: &Scope) -> Result<Vec<Finding>, Failure> {
    let head = repository.head()?;
    if head.commit.is_none() {
        return Ok(vec![Finding::general("there is no commit yet")]);
    }
    let changes = repository.changed(scope)?;
    if !changes.is_empty() {
        let findings = changes.iter().map(|change| finding(&change.path, change.how));
        return Ok(findings.collect());
    }
    // A flag in the index may hide a change from git, but not from the plan.
    repository.overlooked(scope)?.map_or(Ok(Vec::new()), |path| {
        Err(Failure::new(format!(
            "git was told not to look at `{path}` (`assume-unchanged` or `skip-worktree`)"
        )))
    })
}

const DIFFERS: &str = "on disk it differs from the tree of the commit";
const NOT_TRACKED: &str = "git does not track it (ignored, or an empty folder)";

/// Whether git has ever heard of a path that shows no change.
enum Unknown {
    No,
    Ignored,
    Nothing,
}

fn unknown(repository: &Repository, path: &RepoPath, world: &World) -> Result<Unknown, Failure> {
    let store = repository.store();
    let holds = |tree: &git2::Tree<'_>| tree.get_path(path.as_str().as_ref()).is_ok();
    let head = store.head().and_then(|head| head.peel_to_tree());
    let candidate = world.candidate.map(|tree| store.find_tree(tree));
    if head.is_ok_and(|tree| holds(&tree)) || matches!(candidate, Some(Ok(tree)) if holds(&tree)) {
        return Ok(Unknown::No);
    }
    if std::fs::symlink_metadata(repository.top().join(path.as_str())).is_ok() {
        return Ok(Unknown::Ignored);
    }
    // A file that the task removed is committed once its removal is.
    let log = repository.git().args(["rev-list", "-1", "HEAD", "--", path.as_str()]);
    match answer(log, b"")?.is_empty() {
        true => Ok(Unknown::Nothing),
        false => Ok(Unknown::No),
    }
}

fn finding(path: &str, how: &str) -> Finding {
    Finding::general(format!("`{path}` is not committed: {how}"))
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected \"all\" or a list of paths")]
enum Given {
    #[schemars(extend("const" = "all"))]
    Word(String),
    List(#[schemars(length(min = 1))] Vec<RepoPath>),
}

impl TryFrom<Given> for Paths {
    type Error = String;

    fn try_from(given: Given) -> Result<Self, Self::Error> {
        match given {
            Given::Word(word) if word == "all" => Ok(Self::All),
            Given::Word(word) => Err(format!(
                "expected \"all\" or a list of paths, found \"{word}\""
            )),
            Given::List(paths) if paths.is_empty() => {
                Err("an empty list names no path; write \"all\" for the whole work tree".to_owned())
            }
            Given::List(paths) => Ok(Self::These(paths)),
        }
    }
}

#[cfg(test)]
mod tests {
    use checks::snapshot::Memory;

    use super::*;
    use crate::scratch::{Change, Scratch, path};

    /// `pass`, or the reasons in one line.
    fn ask(scratch: &Scratch, check: &Git, candidate: Option<git2::Oid>) -> String {
        let mut world = World {
            root: scratch.top().to_owned(),
            candidate,
            ..World::default()
        };
        let nothing: [(&str, &str); 0] = [];
        let Ruling::Judged(answer, None) = check.judge(&Memory::new(nothing), &mut world) else {
            panic!("{check:?} was not asked");
        };
        let findings = |f: Vec<Finding>| f.into_iter().map(|f| f.message).collect::<Vec<_>>();
        let verdict = match answer.verdict {
            Verdict::Pass => "pass".to_owned(),
            Verdict::Fail(found) => format!("fail: {}", findings(found).join("; ")),
            Verdict::Undecided(why) => format!("undecided: {why}"),
        };
        format!("{verdict} {}", answer.remarks.join("; ")).trim_end().to_owned()
    }

    fn committed(paths: &[&str]) -> Git {
        Git::Committed(Paths::These(paths.iter().map(|p| path(p)).collect()))
    }

    #[test]
    fn what_is_not_committed_is_listed() {
        let changes: [(&str, Change); 9] = [
            ("pass", |_| {}),
            ("fail: `src/a.py` is not committed: modified", |s| s.write("src/a.py", "2")),
            ("fail: `src/new.py` is not committed: untracked", |s| s.write("src/new.py", "")),
            ("fail: `src/a.py` is not committed: deleted", |s| s.remove("src/a.py")),
            ("fail: `src/a.py` is not committed: staged", |s| {
                s.write("src/a.py", "2");
                s.git("add src/a.py");
            }),
            ("fail: `src/a.py` is not committed: modified", |s| {
                s.write("src/a.py", "2");
                s.git("add src/a.py");
                s.write("src/a.py", "1\n");
            }),
            ("pass", |s| {
                s.write("src2/other.py", "a folder whose name begins alike");
                s.write("base.txt", "unrelated");
            }),
            ("fail: `src/a.py` is not committed: modified", |s| {
                s.remove("src/a.py");
                s.link("src/a.py", "../base.txt");
            }),
            (
                "undecided: git was told not to look at `src/a.py` \
                 (`assume-unchanged` or `skip-worktree`)",
                |s| {
                    s.git("update-index --assume-unchanged src/a.py");
                    s.write("src/a.py", "2");
                },
            ),
        ];
        for (expected, change) in changes {
            // Both ways of asking: libgit2, and git itself where a filter is configured.
            for filter in [false, true] {
                let scratch = Scratch::new();
                scratch.write("src/a.py", "1\n");
                scratch.commit_all();
                if filter {
                    scratch.git("config filter.nothing.clean cat");
                }
                change(&scratch);
                assert_eq!(ask(&scratch, &committed(&["src"]), None), expected, "{filter}");
            }
        }
    }

    #[test]
    fn a_path_that_git_never_heard_of_is_not_committed() {
        let scratch = Scratch::new();
        scratch.write("gone.py", "1");
        scratch.write(".gitignore", "*.log\n");
        scratch.commit_all();
        scratch.remove("gone.py");
        scratch.commit_all();
        scratch.write("x.log", "");
        let ask = |path| ask(&scratch, &committed(&["base.txt", path]), None);
        assert_eq!(ask("gone.py"), "pass");
        assert!(ask("typo.py").starts_with("undecided: nothing stands at `typo.py`"));
        assert!(ask("x.log").starts_with("fail: `x.log` is not committed"));
    }

    #[test]
    fn while_a_commit_is_made_its_tree_is_compared_with_the_disk() {
        let scratch = Scratch::new();
        scratch.write("src/a.py", "2");
        scratch.write("src/b.py", "2");
        scratch.write("unrelated", "");
        scratch.git("add src/a.py");
        let tree = git2::Oid::from_str(scratch.git("write-tree").trim()).unwrap();
        let judge = |paths: &[&str]| ask(&scratch, &committed(paths), Some(tree));
        assert_eq!(judge(&["src/a.py", "base.txt"]), "pass");
        assert_eq!(
            judge(&["src"]),
            "fail: `src/b.py` is not committed: on disk it differs from the tree of the commit"
        );
        let all = Git::Committed(Paths::All);
        assert!(ask(&scratch, &all, Some(tree)).contains("`unrelated`"));
    }

    #[test]
    fn another_branch_is_a_remark() {
        let scratch = Scratch::new();
        let on = |name: &str| ask(&scratch, &Git::Branch(name.to_owned()), None);
        assert_eq!(on("main"), "pass");
        assert_eq!(on("feature/x"), "pass on `main`, the plan names `feature/x`");
        scratch.git("checkout -q --detach");
        assert_eq!(on("main"), "pass HEAD is detached, the plan names `main`");
    }

    #[test]
    fn without_a_repository_nothing_is_known() {
        let world = |other_files| World {
            root: std::env::temp_dir(),
            other_files,
            ..World::default()
        };
        let judge = |mut world: World| {
            let nothing: [(&str, &str); 0] = [];
            Git::Committed(Paths::All).judge(&Memory::new(nothing), &mut world)
        };
        for world in [world(None), world(Some("a revision is judged".to_owned()))] {
            let ruling = judge(world);
            assert!(
                matches!(&ruling, Ruling::Judged(answer, None)
                    if matches!(answer.verdict, Verdict::Undecided(_))),
                "{ruling:?}"
            );
        }
    }

    #[test]
    fn the_plan_says_which_paths() {
        let read = |json: &str| serde_json::from_str::<Git>(json).map_err(|e| e.to_string());
        assert_eq!(read(r#"{"committed": ["a/b"]}"#), Ok(committed(&["a/b"])));
        assert_eq!(read(r#"{"committed": "all"}"#), Ok(Git::Committed(Paths::All)));
        assert_eq!(read(r#"{"branch": "x"}"#), Ok(Git::Branch("x".to_owned())));
        for (wrong, why) in [
            (r#"{"committed": []}"#, "an empty list"),
            (r#"{"committed": "src"}"#, "found \"src\""),
            (r#"{"committed": ["../x"]}"#, "expected \"all\" or a list of paths"),
            (r#"{"clean": true}"#, "unknown variant"),
        ] {
            let error = read(wrong).unwrap_err();
            assert!(error.contains(why), "{wrong}: {error}");
        }
    }
}

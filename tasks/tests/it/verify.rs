//! Plan × Snapshot ─► Report, with waivers, attestations and blocked tasks.

use crate::scripted::Scripted;
use checks::snapshot::Memory;
use tasks::deviation::{Attestation, Deviations, Waiver, contents, text_hash};
use tasks::plan::Plan;
use tasks::report::{Report, SnapshotInfo, State, TaskState};
use tasks::verify::{Request, verify};

const PLAN: &str = r#"
format = 1
[milestone]
id = "m1"
title = "A milestone"

[[task]]
id = "1.1"
title = "First"
files = ["a.py"]
[[task.criterion]]
id = "1.1.1"
text = "a is there"
check = { path = { exists = "a.py" } }
[[task.criterion]]
id = "1.1.2"
text = "b is gone"
check = { path = { missing = "b.py" } }

[[task]]
id = "1.2"
title = "Second"
files = ["a.py"]
needs = ["1.1"]
[[task.criterion]]
id = "1.2.1"
text = "somebody saw it"
manual = "only a person can say"
[[task.criterion]]
id = "1.2.2"
text = "tests pass"
checks = [{ command = { says = "pass" } }, { path = { exists = "a.py" } }]

[[task]]
id = "1.3"
title = "Third"
needs = ["1.2"]
[[task.criterion]]
id = "1.3.1"
text = "tests still pass"
check = { command = { says = "pass" } }

[[checklist]]
id = "CK.1"
text = "first"
from = ["1.1"]
[[checklist]]
id = "CK.2"
text = "second and third"
from = ["1.2", "1.3.1"]
"#;

struct Case {
    files: Vec<(&'static str, &'static str)>,
    tasks: Vec<String>,
    deviations: Deviations,
    today: &'static str,
    fail_fast: bool,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            files: vec![("a.py", ""), ("b.py", "")],
            tasks: Vec::new(),
            deviations: Deviations::default(),
            today: "2027-01-15",
            fail_fast: false,
        }
    }
}

impl Case {
    fn report(&self) -> (Report, usize) {
        let plan = Plan::<Scripted>::parse("plan.toml", PLAN).unwrap();
        let info = SnapshotInfo {
            kind: "memory".to_owned(),
            revision: None,
            tree: None,
            branch: None,
            changed: Vec::new(),
        };
        let request = Request {
            tasks: &self.tasks,
            instant: false,
            fail_fast: self.fail_fast,
            controls: true,
            deviations: &self.deviations,
            today: self.today.parse().unwrap(),
        };
        let mut asked = 0;
        let snapshot = Memory::new(self.files.iter().copied());
        let report = verify(&plan, &snapshot, info, &mut asked, &request);
        (report, asked)
    }

    fn states(&self) -> Vec<(String, State)> {
        let (report, _) = self.report();
        report.boxes().map(|b| (b.id.clone(), b.state)).collect()
    }

    fn state(&self, id: &str) -> State {
        let states = self.states();
        states.iter().find(|(known, _)| known == id).unwrap().1
    }
}

fn waiver(criterion: &str, text: &str, until: Option<&str>) -> Deviations {
    Deviations {
        waivers: vec![Waiver {
            criterion: criterion.to_owned(),
            reason: "b is needed".to_owned(),
            until: until.map(|day| day.parse().unwrap()),
            text: text_hash(text),
        }],
        attestations: Vec::new(),
    }
}

#[test]
fn every_box_has_its_state_and_the_tasks_theirs() {
    let (report, _) = Case::default().report();
    let states: Vec<&str> = report.boxes().map(|b| b.state.word()).collect();
    assert_eq!(
        states,
        ["pass", "fail", "manual", "pass", "pass", "fail", "manual"]
    );
    let tasks: Vec<TaskState> = report.tasks.iter().map(|task| task.state).collect();
    assert_eq!(
        tasks,
        [TaskState::Failing, TaskState::Open, TaskState::Done]
    );
    assert_eq!(report.tasks[2].blocked_by, ["1.1", "1.2"]);
    assert_eq!(report.exit_code(false), 1);
}

#[test]
fn nothing_is_asked_after_the_first_fail_if_that_is_wanted() {
    let case = |deviations| Case {
        fail_fast: true,
        deviations,
        ..Case::default()
    };
    let (report, asked) = case(Deviations::default()).report();
    let states: Vec<&str> = report.boxes().map(|b| b.state.word()).collect();
    assert_eq!(
        states,
        [
            "pass", "fail", "manual", "skipped", "skipped", "fail", "manual"
        ]
    );
    assert_eq!(asked, 0);
    let reason = &report.criteria[3].reason;
    assert!(reason.contains("`1.1.2` failed"), "{reason}");
    assert_eq!(report.exit_code(false), 1);
    let (_, asked) = case(waiver("1.1.2", "b is gone", None)).report();
    assert_eq!(asked, 1, "what is waived is no fail");
}

#[test]
fn a_command_that_several_boxes_name_is_asked_once() {
    let (_, asked) = Case::default().report();
    assert_eq!(asked, 1);
}

#[test]
fn only_the_wanted_task_is_reported_and_judged_for_the_exit_code() {
    let case = Case {
        tasks: vec!["1.3".to_owned()],
        ..Case::default()
    };
    let (report, _) = case.report();
    assert_eq!(report.criteria.len(), 1);
    assert_eq!(report.tasks[0].blocked_by, ["1.1", "1.2"]);
    assert!(report.checklist.is_empty());
    assert_eq!(report.exit_code(false), 0);
    let wanting_more = Case {
        tasks: vec!["1.2".to_owned()],
        ..Case::default()
    };
    let (report, _) = wanting_more.report();
    assert_eq!((report.exit_code(false), report.exit_code(true)), (0, 2));
}

#[test]
fn every_native_pass_is_controlled() {
    let (report, _) = Case::default().report();
    let native = report.boxes().flat_map(|b| &b.checks);
    let passed = native.filter(|c| c.check == "path" && c.state == State::Pass);
    for check in passed {
        assert_eq!(
            check.control,
            Some(tasks::report::Control::Caught),
            "{check:?}"
        );
    }
}

#[test]
fn a_waiver_counts_until_its_day_and_for_its_text() {
    let case = |text: &str, until: Option<&'static str>, today| Case {
        deviations: waiver("1.1.2", text, until),
        today,
        ..Case::default()
    };
    assert_eq!(
        case("b is gone", None, "2030-01-01").state("1.1.2"),
        State::Waived
    );
    let dated = |today| case("b  is\ngone", Some("2027-01-31"), today).state("1.1.2");
    assert_eq!(dated("2027-01-31"), State::Waived);
    assert_eq!(dated("2027-02-01"), State::Fail);
    assert_eq!(
        case("b is there", None, "2027-01-01").state("1.1.2"),
        State::Fail
    );
    let (report, _) = case("b is gone", None, "2027-01-01").report();
    assert_eq!(report.tasks[0].state, TaskState::Done);
    let derived = report.checklist.iter().find(|b| b.id == "CK.1").unwrap();
    assert_eq!(
        derived.state,
        State::Waived,
        "a deviation shows in what leans on it"
    );
}

#[test]
fn a_waiver_that_is_not_needed_hides_nothing() {
    let case = Case {
        deviations: waiver("1.1.1", "a is there", None),
        ..Case::default()
    };
    assert_eq!(case.state("1.1.1"), State::Pass);
}

#[test]
fn an_attestation_is_void_when_what_it_was_said_of_changes() {
    let plan = Plan::<Scripted>::parse("plan.toml", PLAN).unwrap();
    let then = Memory::new([("a.py", "old")]);
    let attested = |text: &str, now: &'static str| {
        let attestation = Attestation {
            criterion: "1.2.1".to_owned(),
            note: "I saw it".to_owned(),
            by: "A <a@example.invalid>".to_owned(),
            on: "2027-01-01".parse().unwrap(),
            text: text_hash(text),
            files: contents(&plan.files_behind("1.2.1"), &then).unwrap(),
        };
        let case = Case {
            files: vec![("a.py", now)],
            deviations: Deviations {
                waivers: Vec::new(),
                attestations: vec![attestation],
            },
            ..Case::default()
        };
        case.state("1.2.1")
    };
    assert_eq!(attested("somebody saw it", "old"), State::Attested);
    assert_eq!(attested("somebody saw it", "new"), State::Manual);
    assert_eq!(attested("somebody else saw it", "old"), State::Manual);
}

#[test]
fn of_several_waivers_the_one_that_counts_does() {
    let mut deviations = waiver("1.1.2", "b is gone", Some("2027-01-01"));
    deviations
        .waivers
        .extend(waiver("1.1.2", "other words", None).waivers);
    let state = |deviations: &Deviations| {
        let case = Case {
            deviations: deviations.clone(),
            ..Case::default()
        };
        case.state("1.1.2")
    };
    assert_eq!(state(&deviations), State::Fail);
    deviations
        .waivers
        .extend(waiver("1.1.2", "b is gone", None).waivers);
    assert_eq!(state(&deviations), State::Waived);
    deviations.waivers.reverse();
    assert_eq!(state(&deviations), State::Waived);
}

#[test]
fn a_word_is_bound_to_the_files_of_a_folder_and_without_files_to_all() {
    let plan = |files: &str| {
        let text = PLAN.replacen("files = [\"a.py\"]", &format!("files = {files}"), 2);
        Plan::<Scripted>::parse("plan.toml", &text).unwrap()
    };
    let then = [("src/a.py", "old"), ("src/b/c.py", "old"), ("other.py", "")];
    for (files, id, bound) in [
        (r#"["src"]"#, "1.2.1", &["src/a.py", "src/b/c.py"][..]),
        (
            r#"["src/b", "none.py"]"#,
            "1.2.1",
            &["none.py", "src/b/c.py"],
        ),
        (r#"["src/b"]"#, "1.3.1", &["src/b/c.py"]),
        (r#"["src/b"]"#, "CK.1", &["src/b/c.py"]),
    ] {
        let bound_to = contents(&plan(files).files_behind(id), &Memory::new(then)).unwrap();
        let paths: Vec<&str> = bound_to.keys().map(|path| path.as_str()).collect();
        assert_eq!(paths, bound, "{files} {id}");
    }
}

#[test]
fn a_waiver_for_a_box_that_is_not_there_is_told() {
    let case = Case {
        deviations: waiver("9.9", "x", None),
        ..Case::default()
    };
    let (report, _) = case.report();
    assert!(
        report.warnings[0].contains("`9.9`"),
        "{:?}",
        report.warnings
    );
}

#[test]
fn a_stored_report_is_the_fresh_one() {
    let (report, _) = Case::default().report();
    let stored = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&stored).unwrap(), report);
}

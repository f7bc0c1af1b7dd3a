//! The milestone that ships: whole, and every box bound.

use crate::scripted::Scripted;
use tasks::builtin::BUILTIN;
use tasks::plan::{AnyCheck, Decision, Plan};

fn m2() -> Plan<Scripted> {
    let m2 = BUILTIN.iter().find(|builtin| builtin.id == "m2").unwrap();
    Plan::parse(m2.file, m2.text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_checkbox_of_the_plan_is_there_once() {
    let plan = m2();
    assert_eq!(plan.boxes().count(), 28);
    let validation = plan.validation.as_ref().unwrap();
    assert_eq!(validation.boxes.len(), 3);
    let criteria: Vec<usize> = plan.tasks.iter().map(|task| task.criteria.len()).collect();
    assert_eq!(criteria, [4, 3, 5, 4]);
    assert_eq!(plan.checklist.len(), 9);
}

#[test]
fn the_unit_tests_are_named_by_five_boxes() {
    let plan = m2();
    let runs = |check: &AnyCheck<Scripted>| match check {
        AnyCheck::Outside(check) => check.arguments.contains(r#"["make", "test-unit"]"#),
        AnyCheck::Native(_) => false,
    };
    let naming = plan.boxes().filter(|(_, b)| match &b.decided_by {
        Decision::Checks(checks) => checks.iter().any(runs),
        _ => false,
    });
    let ids: Vec<&str> = naming.map(|(_, b)| b.id.as_str()).collect();
    assert_eq!(ids, ["E2E.2", "2.1.4", "2.3.5", "2.4.3", "CK.5"]);
}

#[test]
fn every_built_in_plan_is_valid_and_under_its_own_id() {
    for builtin in BUILTIN {
        let plan = Plan::<Scripted>::parse(builtin.file, builtin.text);
        let plan = plan.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(plan.milestone.id, builtin.id);
    }
}

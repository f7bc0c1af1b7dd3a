//! Documents of every family, in `tests/plans`: beside each stands what is read in it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tasks::markdown::{
    Criterion, Document, Family, Part, Purpose, Refused, Task, Tick, json, parse, toml,
};
use tasks::plan::Plan;

use crate::scripted::Scripted;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans")
}

/// The fixtures: name and text.
fn fixtures() -> Vec<(String, String)> {
    let mut fixtures = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.ends_with(".read") {
            fixtures.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    fixtures.sort();
    fixtures
}

/// What was read, a line for each thing.
fn shown(document: &Document) -> String {
    let header = &document.header;
    let mut text = format!("{}\n", document.family);
    writeln!(text, "milestone {:?} {:?}", header.id, header.title).unwrap();
    writeln!(text, "goal {:?} branch {:?}", header.goal, header.branch).unwrap();
    writeln!(text, "builds on {:?}", header.builds_on).unwrap();
    for task in &document.tasks {
        show_task(&mut text, task);
    }
    text += "outside\n";
    for criterion in &document.outside {
        show_criterion(&mut text, criterion);
    }
    for command in &document.commands {
        writeln!(
            text,
            "  {} {:?} {:?}",
            command.place.line, command.purpose, command.text
        )
        .unwrap();
    }
    writeln!(
        text,
        "boxes {} ticked {}",
        document.boxes.total, document.boxes.ticked
    )
    .unwrap();
    for part in [Part::Prose, Part::Unknown] {
        let stretches = document.account.stretches(part);
        let lines: Vec<String> = stretches
            .iter()
            .map(|it| format!("{}-{}", it.first, it.last))
            .collect();
        writeln!(text, "{part:?} {}", lines.join(" ")).unwrap();
    }
    text
}

fn show_task(text: &mut String, task: &Task) {
    let Task {
        place,
        last_line,
        id,
        title,
        kind,
        estimate,
        categories,
        needs,
        done,
        ..
    } = task;
    writeln!(
        text,
        "task {}-{last_line} {id:?} {title:?} {done:?}",
        place.line
    )
    .unwrap();
    writeln!(text, "  {kind:?} {estimate:?} {categories:?} {needs:?}").unwrap();
    for file in &task.files {
        writeln!(
            text,
            "  {} {:?} {:?}",
            file.place.line, file.change, file.path
        )
        .unwrap();
    }
    for criterion in &task.criteria {
        show_criterion(text, criterion);
    }
    for command in &task.commands {
        writeln!(
            text,
            "  {} {:?} {:?}",
            command.place.line, command.purpose, command.text
        )
        .unwrap();
    }
}

fn show_criterion(text: &mut String, criterion: &Criterion) {
    let tick = match criterion.tick {
        None => "bullet",
        Some(Tick::Open) => "[ ]",
        Some(Tick::Ticked) => "[x]",
        Some(Tick::Begun) => "[~]",
    };
    let star = if criterion.optional { "*" } else { "" };
    let place = criterion.place;
    writeln!(
        text,
        "  {}:{} {tick}{star} {:?} in {:?}",
        place.line, place.column, criterion.text, criterion.section
    )
    .unwrap();
}

#[test]
fn every_fixture_is_read_as_it_says() {
    let mut wrong = String::new();
    for (name, text) in fixtures() {
        let read = shown(&parse(&name, &text).unwrap());
        let path = folder().join(format!("{name}.read"));
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            fs::write(&path, &read).unwrap();
        } else if read != expected {
            writeln!(wrong, "── {name}\n{read}").unwrap();
        }
    }
    assert!(
        wrong.is_empty(),
        "read differently (see, then set UPDATE_FIXTURES):\n{wrong}"
    );
}

#[test]
fn every_family_has_a_fixture() {
    let read: BTreeSet<String> = fixtures()
        .iter()
        .map(|(name, text)| parse(name, text).unwrap().family.to_string())
        .collect();
    let lacking: Vec<Family> = Family::ALL
        .into_iter()
        .filter(|family| !read.contains(&family.to_string()))
        .collect();
    assert_eq!(
        lacking,
        [Family::Rows],
        "rows without any other sign are tested below"
    );
}

#[test]
fn every_box_is_in_the_plan_file_once() {
    for (name, text) in fixtures() {
        let document = parse(&name, &text).unwrap();
        let plan = toml(&document, &name);
        let plan =
            Plan::<Scripted>::parse(&name, &plan).unwrap_or_else(|e| panic!("{name}: {e}\n{plan}"));
        let bullets = document
            .criteria()
            .filter(|(_, it)| it.tick.is_none())
            .count();
        assert_eq!(
            plan.boxes().count(),
            document.boxes.total + bullets,
            "{name}"
        );
        let ticked = plan.boxes().filter(|(_, b)| b.claimed).count();
        assert_eq!(ticked, document.boxes.ticked, "{name}");
        assert_eq!(plan.tasks.len(), document.tasks.len(), "{name}");
    }
}

#[test]
fn importing_twice_gives_the_same_bytes() {
    for (name, text) in fixtures() {
        let once = toml(&parse(&name, &text).unwrap(), &name);
        let twice = toml(&parse(&name, &text).unwrap(), &name);
        assert_eq!(once, twice, "{name}");
    }
}

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() {
    for (name, text) in fixtures() {
        let other = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(
            shown(&parse(&name, &text).unwrap()),
            shown(&parse(&name, &other).unwrap()).replace("\\r", ""),
            "{name}"
        );
    }
}

#[test]
fn what_is_no_plan_is_refused_with_the_reason() {
    let no = |name: &str, text: &str, why: &str| {
        let refused: Refused = parse(name, text).unwrap_err();
        assert!(refused.reason.contains(why), "{name}: {refused}");
        assert!(!refused.help.is_empty());
    };
    no(
        "HANDOFF_M1.md",
        "# M1\n## Task 1.1: a\n- [ ] b\n",
        "handoff",
    );
    no(
        "M1.md",
        "# Handoff: M1\n## Task 1.1 Complete: a\n",
        "handoff",
    );
    no(
        "notes.md",
        "# M1\n## Task 1.1: a: Complete\n## Task 1.2: b — complete\n- [x] c\n",
        "report",
    );
    no("OVERVIEW.md", "# All\n## Phase 1: a\n", "overview");
    no("M1_RESULTS.md", "# M1\n## Task 1.1: a\n- [x] b\n", "report");
    no("README.md", "# Tool\n\n## 1. Install\n\nText.\n", "no task");
    no("empty.md", "", "no task");
    no("tasks.json", "{\"a\": 1}", "no `tasks`");
}

#[test]
fn a_plan_about_reports_is_a_plan() {
    let text = "# Milestone 3: Report\n## Task 3.1: Print it\n- [ ] it prints\n";
    assert_eq!(
        parse("M3_report.md", text).unwrap().family,
        Family::Milestone
    );
}

#[test]
fn ids_are_words_and_unique() {
    let text = "# Tasks\n\n- [ ] **Task 1**: a\n- [ ] **Task 1**: b\n- [ ] Task 1.14a: c\n";
    let document = parse("todo.md", text).unwrap();
    assert_eq!(document.family, Family::Rows);
    let plan = Plan::<Scripted>::parse("todo.toml", &toml(&document, "todo.md")).unwrap();
    let ids: Vec<&str> = plan.tasks.iter().map(|task| task.id.as_str()).collect();
    assert_eq!(ids, ["1", "1-2", "1.14a"]);
}

#[test]
fn purposes_are_told_by_the_nearest_label() {
    let text = "# M\n## Task 1: a\n### Verification\n**Commands:**\n```sh\na\n```\n*Smoke:*\n```sh\nb\n```\n";
    let document = parse("m.md", text).unwrap();
    let purposes: Vec<Purpose> = document.commands().map(|(_, it)| it.purpose).collect();
    assert_eq!(purposes, [Purpose::Action, Purpose::Verify]);
}

/// Pieces put together at random, the same in every run: nothing panics, and every box is kept.
#[test]
fn whatever_is_written_every_box_is_kept() {
    let pieces: Vec<String> = fixtures()
        .into_iter()
        .flat_map(|(_, text)| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .chain(ODD.iter().map(|&piece| piece.to_owned()))
        .collect();
    let mut random = 1_u64;
    let mut next = move |end: usize| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(random >> 33).unwrap() % end
    };
    for round in 0..1500 {
        let mut text = String::new();
        for _ in 0..next(40) {
            text += &pieces[next(pieces.len())];
            text.push_str(["\n", "\n\n", "", "\r\n", "\n  "][next(5)]);
        }
        if let Ok(document) = parse("plan.md", &text) {
            let boxes: usize = document
                .criteria()
                .filter(|(_, it)| it.tick.is_some())
                .count();
            let rows = document.tasks.iter().filter(|it| it.done.is_some());
            let rows = if document.family.has_rows() {
                rows.count()
            } else {
                0
            };
            assert_eq!(boxes + rows, document.boxes.total, "round {round}: {text}");
            let plan = toml(&document, "plan.md");
            if let Err(error) = Plan::<Scripted>::parse("plan.toml", &plan) {
                panic!("round {round}: {error}\n{text}\n{plan}");
            }
            assert!(matches!(json(&Ok(document)), Value::Object(_)));
        }
    }
}

const ODD: [&str; 22] = [
    "```",
    "~~~",
    "````markdown",
    "```bash",
    "$(",
    "'",
    "\"",
    "<<EOF",
    "\u{0}\u{1b}[2J",
    "\t- [ ] tab",
    "> - [x] quoted",
    "<!--",
    "-->",
    "1. [ ] numbered",
    "- [ ]",
    "`` ` ``",
    "###### Task ä: ö",
    "===",
    "- [ ] 1.1 `a.py`",
    "**Files:** `../x`, `/etc`, `a b`",
    "case x in a) ;;",
    "<task><name>a</name></task>",
];

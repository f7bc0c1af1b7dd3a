//! Arbitrary text as a plan in Markdown: every line and every box is accounted for, and what is
//! written is a plan file.

#![no_main]

use checks::snapshot::{Memory, Snapshot};
use fuzz::outside::Outside;
use libfuzzer_sys::fuzz_target;
use tasks::lint::{self, Against};
use tasks::markdown::{Document, Part, bind, blocks, json, parse, ticked, toml};
use tasks::plan::Plan;

/// The parts that a line can go to.
const PARTS: [Part; 12] = [
    Part::Layout,
    Part::Frontmatter,
    Part::Heading,
    Part::Field,
    Part::Task,
    Part::Files,
    Part::Criterion,
    Part::Test,
    Part::Command,
    Part::Code,
    Part::Prose,
    Part::Unknown,
];

fuzz_target!(|text: &str| {
    for name in ["M3_plan.md", "tasks.json"] {
        let read = parse(name, text);
        assert_eq!(json(&read), json(&parse(name, text)), "read twice");
        match read {
            Ok(document) => is_kept(&document, name, text),
            Err(refused) => assert!(!refused.reason.is_empty() && !refused.help.is_empty()),
        }
    }
    for (line, _) in ticked(text) {
        assert!(line <= text.split('\n').count());
    }
    for block in blocks(text) {
        assert!(block.inside.start <= block.inside.end, "{block:?}");
    }
    is_linted(text);
});

/// What is wrong is said, in places that are there.
fn is_linted(text: &str) {
    let snapshot = Memory::new([("a.py", "import torch\n"), ("src/b.py", "def f(): pass\n")]);
    let against = Against {
        snapshot: &snapshot,
        ever_held: &|_| Some(false),
    };
    for (with, against) in [
        (None, None),
        (Some(&snapshot as &dyn Snapshot), Some(against)),
    ] {
        let Ok(subject) = lint::markdown::subject("M3_plan.md", text, with) else {
            return;
        };
        for found in lint::lint(&subject, against) {
            assert!(text.get(found.span.clone()).is_some(), "{found:?}");
            assert!(!found.message.is_empty());
        }
    }
}

/// Every line went somewhere, and every box is in the plan file once.
fn is_kept(document: &Document, name: &str, text: &str) {
    // An empty line ends a text that ends with its line.
    let lines = text.split('\n').count();
    let account = &document.account;
    let kept: usize = PARTS.map(|part| account.count(part)).iter().sum();
    assert!(
        kept == lines || text.lines().count() == kept,
        "every line is accounted for"
    );
    assert_eq!(bind(document).len(), document.criteria().count());
    let written = toml(document, name);
    assert_eq!(written, toml(document, name), "written twice");
    let plan = Plan::<Outside>::parse("m3.toml", &written);
    let plan = plan.unwrap_or_else(|error| panic!("{error}\n{written}"));
    let bullets = document
        .criteria()
        .filter(|(_, it)| it.tick.is_none())
        .count();
    assert_eq!(
        plan.boxes().count(),
        document.boxes.total + bullets,
        "{written}"
    );
    assert_eq!(
        plan.boxes().filter(|(_, it)| it.claimed).count(),
        document.boxes.ticked
    );
    assert_eq!(plan.tasks.len(), document.tasks.len());
}

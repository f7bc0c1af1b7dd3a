//! Programs, most of them valid: what loading them loads is known, or it is said why not.

#![no_main]

use checks::path::RepoPath;
use checks::python::eager::{
    Analysis, CutAnswer, Hop, MoveKind, Root, Runs, Settings, Spot, analyse, cut, explain,
};
use checks::python::{PythonVersion, line_kinds};
use checks::snapshot::Snapshot;
use fuzz::{assert_is_there, mutation, package};
use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target, fuzzer_mutate};

/// Longer programs are not cut: every try is an analysis of its own. In bytes.
const CUT_LENGTH: usize = 600;

fuzz_target!(|text: &str| -> Corpus {
    let mut files = package::files(text);
    // What does not parse is the collector's: nothing valid would come of it.
    if files.iter().any(|(_, text)| line_kinds(text).is_none()) {
        return Corpus::Reject;
    }
    let snapshot = package::memory(&files);
    let all = asked(&snapshot, None);
    let torch = asked(&snapshot, Some("torch"));
    is_consistent(&all, &snapshot);
    is_consistent(&torch, &snapshot);
    assert_eq!(outcome(&all), outcome(&torch), "with and without a target");
    is_explained(&torch, &snapshot);
    if text.len() < CUT_LENGTH {
        is_cut(&torch, &snapshot);
    }
    if let Some((_, main)) = files.first_mut() {
        main.push_str("\nimport torch\n");
        let last = asked(&package::memory(&files), Some("torch"));
        let hidden = text.contains("modules") || text.contains("__import__");
        assert!(
            hidden || outcome(&last) != Outcome::Free,
            "the last statement runs"
        );
    }
    Corpus::Keep
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let program = std::str::from_utf8(&data[..size]).ok();
    let changed = program.filter(|_| !seed.is_multiple_of(8));
    let changed = changed.and_then(|program| mutation::changed(program, seed));
    match changed.filter(|it| it.len() <= max_size) {
        Some(new) => {
            data[..new.len()].copy_from_slice(new.as_bytes());
            new.len()
        }
        None => fuzzer_mutate(data, size, max_size),
    }
});

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Reached,
    Undecided,
    Free,
}

fn settings() -> Settings {
    Settings {
        version: PythonVersion {
            major: 3,
            minor: 13,
        },
        platform: "linux".to_owned(),
        absent: Vec::new(),
        elsewhere: Vec::new(),
    }
}

fn root(snapshot: &dyn Snapshot) -> [Root<'_>; 1] {
    [Root {
        snapshot,
        folder: None,
        site: false,
    }]
}

fn asked(snapshot: &dyn Snapshot, target: Option<&str>) -> Analysis {
    let once = analyse("main", target, &root(snapshot), &settings());
    let twice = analyse("main", target, &root(snapshot), &settings());
    let json = |it: &Analysis| serde_json::to_string(it).expect("an analysis is data");
    assert_eq!(json(&once), json(&twice), "asked twice");
    once
}

fn outcome(analysis: &Analysis) -> Outcome {
    if analysis.eager.iter().any(|it| it.name == "torch") {
        Outcome::Reached
    } else if analysis.undecided("torch").is_some() {
        Outcome::Undecided
    } else {
        Outcome::Free
    }
}

/// Every module is loaded once, along a chain from the entry, by statements that are there.
fn is_consistent(analysis: &Analysis, snapshot: &dyn Snapshot) {
    let mut names: Vec<&str> = analysis.eager.iter().map(|it| it.name.as_str()).collect();
    names.extend(analysis.maybe.iter().map(|it| it.name.as_str()));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "{analysis:?}");
    for loaded in &analysis.eager {
        assert_eq!(loaded.chain.first().map(String::as_str), Some("main"));
        assert_eq!(loaded.chain.last(), Some(&loaded.name));
        let hops = loaded.hops.iter().chain(&loaded.others);
        hops.for_each(|hop| assert_is_there(&hop.place, snapshot));
        let last = loaded
            .hops
            .last()
            .map_or(loaded.name == "main", |hop| hop.import);
        assert!(last, "{loaded:?}");
    }
    for maybe in &analysis.maybe {
        assert!(!maybe.reason.is_empty());
    }
}

/// The statements on the chain run, by the word of `--explain` too.
fn is_explained(analysis: &Analysis, snapshot: &dyn Snapshot) {
    for Hop { place, .. } in analysis.eager.iter().flat_map(|it| &it.hops) {
        let spot = Spot {
            root: 0,
            path: &place.path,
            line: place.line,
        };
        let explained = explain(Some("main"), spot, &root(snapshot), &settings());
        let explained = explained.expect("a statement stands there");
        let runs = |it: Runs| matches!(it, Runs::Yes | Runs::Conditional | Runs::Undecided);
        let any = explained.statements.iter().any(|it| runs(it.runs));
        assert!(any, "{place:?} {explained:?}");
    }
}

/// What is cut was there, and leaves the target unreached.
fn is_cut(analysis: &Analysis, snapshot: &dyn Snapshot) {
    let allowed = [MoveKind::Plain, MoveKind::Getattr];
    let answer = cut("main", "torch", &root(snapshot), &settings(), &allowed);
    match answer {
        CutAnswer::Found(cut) => {
            assert_ne!(outcome(analysis), Outcome::Free);
            assert!(!cut.moves.is_empty());
            for moved in &cut.moves {
                assert_is_there(&moved.place, snapshot);
            }
            let edited: Vec<(RepoPath, Vec<u8>)> = cut
                .edits
                .into_iter()
                .map(|it| (it.path, it.bytes))
                .collect();
            assert!(edited.iter().all(|(path, _)| snapshot.read(path).is_ok()));
        }
        CutAnswer::NotReached => assert_eq!(outcome(analysis), Outcome::Free),
        CutAnswer::Impossible(stuck) => {
            assert_ne!(outcome(analysis), Outcome::Free);
            assert!(stuck.iter().all(|it| !it.why.is_empty()));
        }
        CutAnswer::Undecided(why) => assert!(!why.is_empty()),
    }
}

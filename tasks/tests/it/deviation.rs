//! Waivers and attestations are written without touching what stands around them.

use std::collections::BTreeMap;

use tasks::deviation::{Attestation, Extension, Waiver, text_hash, with_attestation, with_waiver};

fn waiver(reason: &str) -> Waiver {
    Waiver {
        criterion: "2.1.2".to_owned(),
        reason: reason.to_owned(),
        until: Some("2027-01-31".parse().unwrap()),
        text: text_hash("x"),
    }
}

#[test]
fn the_rest_of_the_file_stays_as_it_was_written() {
    let text = "# a comment\nformat   = 1\nextends = 'm2' # why\n\n[[waiver]]\ncriterion = \"1.1\"\nreason = \"r\"\ntext = \"t\"\n";
    let written = with_waiver("m2.toml", text, &waiver("a \"reason\"\nin two lines")).unwrap();
    assert!(written.starts_with(text), "{written}");
    let read = Extension::parse("m2.toml", &written).unwrap();
    assert_eq!(
        read.deviations.waivers[1],
        waiver("a \"reason\"\nin two lines")
    );
}

#[test]
fn a_second_word_about_the_same_box_takes_the_place_of_the_first() {
    let first = with_waiver("m2.toml", &Extension::empty("m2"), &waiver("old")).unwrap();
    let second = with_waiver("m2.toml", &first, &waiver("new")).unwrap();
    let read = Extension::parse("m2.toml", &second).unwrap();
    assert_eq!(read.deviations.waivers, [waiver("new")]);
}

#[test]
fn nothing_is_changed_but_the_entry() {
    let new = "[[waiver]]\ncriterion = \"2.1.2\"\nreason = \"new\"\nuntil = \"2027-01-31\"\ntext = \"2d711642b726b044\"";
    let head = "format = 1\nextends = \"m2\"";
    let about = |id: &str| format!("[[waiver]]\ncriterion = \"{id}\"\nreason='r'\ntext=\"t\"");
    let (old, other) = (about("2.1.2"), about("1.1"));
    for (before, after) in [
        (head.to_owned(), format!("{head}\n\n{new}\n")),
        (
            format!("\u{feff}{head}\n"),
            format!("\u{feff}{head}\n\n{new}\n"),
        ),
        (
            format!("{head}\n\n# one\n{old}\n\n# two\n{other} # end\n# the end"),
            format!("{head}\n\n# one\n{new}\n\n# two\n{other} # end\n# the end"),
        ),
        (
            format!("\u{feff}{head}\n{old}\n{other}\n{old}\n"),
            format!("\u{feff}{head}\n{new}\n{other}\n\n"),
        ),
    ] {
        for end in ["\n", "\r\n"] {
            let text = before.replace('\n', end);
            let written = with_waiver("m2.toml", &text, &waiver("new")).unwrap();
            assert_eq!(written, after.replace('\n', end), "{text:?}");
            assert!(Extension::parse("m2.toml", &written).is_ok(), "{written}");
        }
    }
}

#[test]
fn the_files_of_an_attestation_may_be_a_table_of_their_own() {
    let attested = Attestation {
        criterion: "2.2.3".to_owned(),
        note: "n".to_owned(),
        by: "b".to_owned(),
        on: "2027-01-31".parse().unwrap(),
        text: text_hash("x"),
        files: BTreeMap::new(),
    };
    let old = "[[attestation]]\ncriterion = \"2.2.3\"\nnote = \"o\"\nby = \"b\"\non = 2027-01-31\ntext = \"t\"\n[attestation.files]\n\"a.py\" = \"1\"\n";
    let text = format!("{}{old}", Extension::empty("m2"));
    let written = with_attestation("m2.toml", &text, &attested).unwrap();
    let read = Extension::parse("m2.toml", &written).unwrap();
    assert_eq!(read.deviations.attestations, [attested]);
}

#[test]
fn a_list_written_inline_is_named_where_it_stands() {
    let text = format!("{}# more\nwaiver = []\n", Extension::empty("m2"));
    let error = with_waiver("m2.toml", &text, &waiver("new")).unwrap_err();
    assert_eq!(error.line(), 4, "{error}");
}

#[test]
fn a_file_that_extends_says_its_format() {
    for (format, good) in [("1", true), ("2", false), ("\"1\"", false)] {
        let text = format!("format = {format}\nextends = \"m2\"\n");
        assert_eq!(Extension::parse("m2.toml", &text).is_ok(), good, "{text}");
    }
}

#[test]
fn a_file_that_extends_holds_nothing_else() {
    for more in [
        "[[task]]\nid = \"1\"\n",
        "[milestone]\nid = \"x\"\n",
        "owner = 1\n",
    ] {
        let text = format!("{}{more}", Extension::empty("m2"));
        assert!(Extension::is_one(&text));
        let error = Extension::parse("m2.toml", &text).unwrap_err();
        assert!(error.message.contains("unknown field"), "{}", error.message);
    }
}

#[test]
fn a_day_is_a_day() {
    let text = |day: &str| {
        format!(
            "format = 1\nextends = \"m2\"\n[[waiver]]\ncriterion = \"1\"\nreason = \"r\"\ntext = \"t\"\nuntil = {day}\n"
        )
    };
    for good in ["2027-01-31", "\"2027-01-31\""] {
        assert!(Extension::parse("m2.toml", &text(good)).is_ok(), "{good}");
    }
    for bad in ["\"2027-02-30\"", "\"soon\"", "7", "2027-01-31T10:00:00Z"] {
        let error = Extension::parse("m2.toml", &text(bad)).unwrap_err();
        assert_eq!(error.line(), 7, "{bad}: {error}");
    }
}

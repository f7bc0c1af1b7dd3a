//! Waivers and attestations are written without touching what stands around them.

use tasks::deviation::{Extension, Waiver, text_hash, with_waiver};

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

use super::*;

#[test]
fn no_two_values_look_alike() {
    for (value, expected) in [
        (json!(["a b", "c"]), r#"["a b", "c"]"#),
        (json!(["a", "b\" \"c"]), r#"["a", "b\" \"c"]"#),
        (json!("\u{1b}[2J\u{202e}\n\\"), r#""\u{1b}[2J\u{202e}\n\\""#),
        (json!("\u{430}\u{a0}\u{200b}"), r#""\u{430}\u{a0}\u{200b}""#),
        (
            json!({"A": "x", "B = 1": ""}),
            r#"{ "A" = "x", "B = 1" = "" }"#,
        ),
        (json!(30), "30"),
    ] {
        assert_eq!(shown(&value), expected);
    }
}

/// The commands of a plan with one box.
fn commands(title: &str, check: &str) -> Vec<String> {
    let text = format!(
        "format = 1\n[milestone]\nid = \"p\"\ntitle = \"{title}\"\n\
         [[checklist]]\nid = \"A\"\ntext = \"{title}\"\ncheck = {check}\n"
    );
    let plan = Plan::<Live>::parse("p.toml", &text).unwrap();
    listed(&plan).iter().map(|it| it.executed.id()).collect()
}

#[test]
fn whatever_decides_what_is_executed_counts_and_prose_does_not() {
    let base = "{ command = { run = [\"make\", \"a\"] } }";
    assert_eq!(commands("P", base), commands("another title", base));
    for other in [
        "{ command = { run = [\"make\", \"b\"] } }",
        "{ command = { run = [\"make a\"] } }",
        "{ command = { run = [\"make\", \"a\"], env = { K = \"v\" } } }",
        "{ command = { run = [\"make\", \"a\"], directory = \"sub\" } }",
        "{ command = { run = [\"make\", \"a\"], timeout = 7 } }",
        "{ probe = { entry = \"make\", without = \"a\" } }",
        "{ http = { get = \"http://127.0.0.1/\", serve = [\"make\", \"a\"] } }",
    ] {
        let listed = commands("P", other);
        assert_eq!(listed.len(), 1, "{other}");
        assert_ne!(listed, commands("P", base), "{other}");
    }
    assert_eq!(commands("P", "{ path = { exists = \"a\" } }").len(), 0);
    assert_eq!(commands("P", "{ git = { committed = \"all\" } }").len(), 0);
}

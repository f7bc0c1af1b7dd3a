//! Which lines a pattern selects, and which parts of them, compared with grep.

use std::fmt::Write;

use super::{Numbers, ask};
use crate::shell::Stop;
use crate::shell::matcher::{Matcher, Mode};
use crate::shell::pattern::{CLEAR, Syntax};

const TEXTS: &[&str] = &[
    "",
    "a",
    "b",
    "ab",
    "ba",
    "aa",
    "aaa",
    "aaaa",
    "abc",
    "abcd",
    "abab",
    "aabb",
    "a b",
    "b a",
    "c",
    "a|b",
    "a||b",
    "*a",
    "*",
    "**",
    "^a",
    "^",
    "^^",
    "^*",
    "a^",
    "a^b",
    "$",
    "$a",
    "a$",
    "a$b",
    "+",
    "a+",
    "x+",
    "xx",
    "+a",
    "?",
    "a?",
    "?a",
    "x?",
    "{",
    "{}",
    "a{",
    "a{1",
    "a{1}",
    "a{2}",
    "a{1,2}",
    "a{,2}",
    "f() {",
    "()",
    "(a)",
    "(",
    ")",
    "a)",
    "[",
    "]",
    "[a]",
    "[]",
    "a]",
    "a-b",
    "-",
    "--",
    "-a",
    ".",
    "a.b",
    "axb",
    "\\",
    "\\n",
    "n",
    "a\\b",
    "a/b",
    "a'b",
    "\"a\"",
    " ",
    "  a",
    "\ta",
    "a\t",
    "_",
    "a_b",
    "a1",
    "1",
    "12",
    "123",
    "A",
    "AB",
    "Ab",
    "foo",
    "foo bar",
    "foobar",
    "barfoo",
    "foo_bar",
    "foo-bar",
    "xfoo foo",
    "foofoo",
    "foo.bar",
    "FOO",
    "Foo bar",
    "import torch",
    "  import torch",
    "import torch.nn",
    "import torchvision",
    "from torch import nn",
    "import os, torch  # why",
    "self.model_loader = ModelLoader()",
    "ModelLoader",
    "ModelStorage",
    "x = [1, 2]",
    "x: int = 0",
    "é",
    "aéb",
    "é a",
    "→ a",
    "日本",
    "a日b",
    "naïve foo",
    "ÀB",
    "à",
    "a\u{a0}b",
    "α β",
    "a:b",
    "::",
    "a=b",
    "%",
    "# comment",
    "def f(x):",
    "class A(B):",
    "@app.get(\"/x\")",
    "a,b",
    ";",
    "a;b",
    "&&",
    "a&b",
    "!",
    "~",
    "`a`",
];

const BASIC: &[&str] = &[
    "",
    "a",
    "ab",
    "a\\|b",
    "*a",
    "\\(^a\\)",
    "a\\{2\\}",
    "[]a]",
    "[^]a]",
    "[a-]",
    "^*",
    "a**",
    "x\\+",
    "x\\?",
    "+",
    "?",
    "{",
    "}",
    "|",
    "(",
    ")",
    "()",
    "a|b",
    "a+",
    "a?",
    "a{2}",
    "\\.",
    "\\-",
    "[[:space:]]",
    "[\\n]",
    "\\bfoo\\b",
    "\\<foo",
    "foo\\>",
    "\\<foo\\>",
    "\\Bfoo",
    "foo\\B",
    "\\w",
    "\\W",
    "\\w\\+",
    "\\s",
    "\\S",
    "^\\s*import",
    "a\\{1,2\\}b",
    "a\\{,2\\}",
    "a\\{,\\}",
    "a\\{1,\\}b",
    "^a\\{2\\}$",
    "\\(a\\|b\\)\\+",
    "\\(ab\\)*",
    "\\(\\)",
    "a\\|",
    "\\|a",
    "a\\|\\|b",
    "\\(a\\|\\)b",
    "*",
    "**",
    "\\(*a\\)",
    "\\(*\\)",
    "a\\|*",
    "^*a",
    "\\(^*a\\)",
    "^**",
    "x\\|^*",
    "\\+a",
    "\\?a",
    "\\(\\+a\\)",
    "a\\|\\+",
    "^\\+",
    "a^b",
    "a^",
    "^^",
    "a$b",
    "$a",
    "$",
    "^",
    "^$",
    "a$\\|b",
    "a\\|^b",
    "\\(a$\\)",
    "\\($a\\)",
    "\\(a^\\)",
    "a^\\|b",
    "x\\(^a\\)",
    "[a",
    "[]",
    "[]]",
    "[[]",
    "[a[]",
    "[^[]",
    "[a-c]",
    "[^a-c]",
    "[a-c-]",
    "[-a]",
    "[]-a]",
    "[+--]",
    "[--/]",
    "[ -~]",
    "[!-/]",
    "[\\]",
    "[\\]]",
    "[.]",
    "[*]",
    "[a^]",
    "[^^]",
    "[$]",
    "[[:alpha:]]",
    "[[:digit:]]\\+",
    "[[:alnum:]_]",
    "[^[:space:]]",
    "[[:upper:]]",
    "[[:lower:]]",
    "[[:punct:]]",
    "[[:blank:]]",
    "[[:xdigit:]]",
    "[[:print:]]",
    "[[:alpha:][:digit:]]",
    "[a[:digit:]]",
    "[&&]",
    "[a&&b]",
    "[a--b]",
    "[a~~b]",
    "\\*",
    "\\[",
    "\\]",
    "\\^",
    "\\$",
    "\\\\",
    "\\/",
    "\\\"",
    "\\:",
    "\\=",
    "\\%",
    "\\,",
    "\\#",
    "\\!",
    "\\@",
    "\\;",
    "\\&",
    "\\~",
    "\\_",
    "\\`a",
    "a\\'",
    "\\`\\'",
    "a.b",
    "a.*b",
    "..",
    ".*",
    "^.$",
    "ModelLoader\\|ModelStorage",
    "from torch\\|import torch",
    "import torch$",
    "é",
    "[é]",
    "[^é]",
    "a.b$",
    "日",
    "^[^#]*torch",
    "self\\.model_loader",
    "x = \\[",
    "f(x)",
    "f()",
    "\\(a\\)\\(b\\)",
    "\\(\\(a\\)b\\)*c",
    "a\\{0\\}b",
    "a\\{1\\}\\{2\\}",
    "a\\{1\\}*",
    "a*\\{2\\}",
    "\\(a*\\)*b",
    "\\(a*\\)\\+",
    "[a]*b",
    "[^a]*b$",
    ".\\{3\\}",
    "^.\\{2,3\\}$",
    "foo.*bar",
    "\\w*foo",
    "a\nb",
    "a\n",
    "\nfoo",
    "^a\nb$",
    "a#b",
    "# ",
    "a b",
];

const EXTENDED: &[&str] = &[
    "a|b",
    "a||b",
    "()",
    "(|a)b",
    "a|",
    "|a",
    "(a|b)+",
    "(ab)*c",
    "a+",
    "a?b",
    "a*",
    "a{2}",
    "a{2,}",
    "a{,2}",
    "a{1,2}b",
    "^a{2}$",
    "a**",
    "a+*",
    "a{2}{2}",
    "a{1",
    "a{1,2",
    "a{x}",
    "a{",
    "f\\(\\) \\{",
    "f() {",
    "() {",
    "a\\{",
    "a^b",
    "a$b",
    "a^",
    "$a",
    "(^a)",
    "(a$)",
    "(^|x)a",
    "(^| )foo( |$)",
    "^(a|b)$",
    "a|^b",
    "\\+",
    "\\?",
    "\\|",
    "\\(",
    "\\)",
    "\\{",
    "\\}",
    "}",
    "]",
    "\\.",
    "[|]",
    "[(]",
    "[+]",
    "[]a]",
    "[^]a]",
    "[a-]",
    "\\bfoo\\b",
    "\\<foo|bar\\>",
    "\\w+",
    "\\W",
    "\\s+",
    "\\S+",
    "^\\s*(import|from) torch",
    "import (os|torch)",
    "(a|ab)(c|bcd)",
    "(a|ab)(bcd|c)*",
    "x*",
    "^$",
    "^",
    "$",
    ".",
    ".+",
    "a.b",
    "(a)(b)",
    "((a)b)",
    "[[:alpha:]]+",
    "[0-9]{2,3}",
    "a|b|c",
    "é+",
    "(é|a)b",
    "torch(\\.|$)",
    "foo|foobar",
    "foobar|foo",
    "(foo|foo_)bar",
    "",
    "-",
    "--",
    "a\\-b",
    "\\\"",
    "a\nb|c",
    "%|#",
    "(a*)+b",
    "(a*|b)*",
    "(|a)+",
    "a{0}",
    "a{0,1}b",
    "([ab]){2}",
    "self\\.(model|x)_",
    "^(#|$)",
    "x|",
    "(a|)",
    "^()",
];

/// Patterns that must be left to a real grep.
const REFUSED: &[(&str, Syntax)] = &[
    ("\\(a\\)\\1", Syntax::Basic),
    ("(a)\\1", Syntax::Extended),
    ("[a", Syntax::Basic),
    ("[]", Syntax::Basic),
    ("a\\{", Syntax::Basic),
    ("a\\{1", Syntax::Basic),
    ("a\\{2,1\\}", Syntax::Basic),
    ("a\\{1,40000\\}", Syntax::Basic),
    ("\\{2\\}", Syntax::Basic),
    ("\\(a", Syntax::Basic),
    ("a\\)", Syntax::Basic),
    ("a\\", Syntax::Basic),
    ("\\d", Syntax::Basic),
    ("\\n", Syntax::Extended),
    ("[:space:]", Syntax::Basic),
    ("[^:space:]", Syntax::Basic),
    ("[[:foo:]]", Syntax::Basic),
    ("[[:space:]", Syntax::Basic),
    ("[[.a.]]", Syntax::Basic),
    ("[[=a=]]", Syntax::Basic),
    ("[z-a]", Syntax::Basic),
    ("[a--b]", Syntax::Basic),
    ("[a-z-9]", Syntax::Basic),
    ("[a-[:digit:]]", Syntax::Basic),
    ("[[:digit:]-z]", Syntax::Basic),
    ("[à-é]", Syntax::Basic),
    ("+", Syntax::Extended),
    ("?", Syntax::Extended),
    ("*a", Syntax::Extended),
    ("a|*b", Syntax::Extended),
    ("(+a)", Syntax::Extended),
    ("^*", Syntax::Extended),
    ("{", Syntax::Extended),
    ("{1}", Syntax::Extended),
    ("a{}", Syntax::Extended),
    ("a{1", Syntax::Extended),
    ("a{1,2", Syntax::Extended),
    ("a{2,1}", Syntax::Extended),
    ("(a", Syntax::Extended),
    ("a)", Syntax::Extended),
    ("(^a)*", Syntax::Extended),
    ("\\b*", Syntax::Extended),
    ("a\0b", Syntax::Basic),
    ("(((a{1000}){1000}){1000}){30}", Syntax::Extended),
];

/// How a pattern went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tried {
    Agreed,
    Refused,
}

/// One pattern on all texts, by grep and by the translation.
fn compare(pattern: &str, mode: Mode, texts: &[&str]) -> Tried {
    let Ok(matcher) = Matcher::new(pattern, mode) else {
        return Tried::Refused;
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("texts"), texts.join("\n") + "\n").unwrap();
    let options = options(mode);
    let grep = |more: &str| {
        let options = format!("{options}{more}");
        let output = ask("grep", &[&options, "-e", pattern, "texts"], folder.path());
        let status = output.status.code();
        assert!(
            matches!(status, Some(0 | 1)),
            "grep refuses {options} {pattern:?}: {output:?}"
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let mut doubtful = Vec::new();
    let mut lines = String::new();
    let mut parts = String::new();
    for (number, text) in (1..).zip(texts) {
        match matcher.is_match(text) {
            Ok(false) => {}
            Ok(true) => {
                writeln!(lines, "{number}").unwrap();
                for part in matcher.parts(text).unwrap() {
                    writeln!(parts, "{number}:{part}").unwrap();
                }
            }
            Err(Stop::Unknown(_)) => doubtful.push(number.to_string()),
            Err(stop) => panic!("{stop:?}"),
        }
    }
    let number = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
    let known = |line: &&str| !doubtful.contains(&number(line));
    let selected: String = grep("n")
        .lines()
        .filter(known)
        .map(|l| number(l) + "\n")
        .collect();
    assert_eq!(lines, selected, "grep {options} {pattern:?}");
    if matcher.parts_known() {
        let shown: String = grep("no")
            .lines()
            .filter(known)
            .map(|l| format!("{l}\n"))
            .collect();
        assert_eq!(parts, shown, "grep {options}o {pattern:?}");
    }
    Tried::Agreed
}

fn options(mode: Mode) -> String {
    let mut options = match mode.syntax {
        Syntax::Basic => "-G".to_owned(),
        Syntax::Extended => "-E".to_owned(),
        Syntax::Fixed => "-F".to_owned(),
    };
    for (flag, is_on) in [
        ("i", mode.ignore_case),
        ("w", mode.words),
        ("x", mode.lines),
    ] {
        options.push_str(if is_on { flag } else { "" });
    }
    options
}

fn plain(syntax: Syntax) -> Mode {
    Mode {
        syntax,
        ignore_case: false,
        words: false,
        lines: false,
    }
}

fn all_modes(syntax: Syntax) -> impl Iterator<Item = Mode> {
    (0..8).map(move |bits| Mode {
        syntax,
        ignore_case: bits & 1 != 0,
        words: bits & 2 != 0,
        lines: bits & 4 != 0,
    })
}

#[test]
fn patterns_select_what_grep_selects() {
    let tables = [
        (BASIC, Syntax::Basic),
        (EXTENDED, Syntax::Extended),
        (BASIC, Syntax::Fixed),
    ];
    for (patterns, syntax) in tables {
        for pattern in patterns {
            let mut agreed = 0;
            for mode in all_modes(syntax) {
                agreed += usize::from(compare(pattern, mode, TEXTS) == Tried::Agreed);
            }
            let is_refused = REFUSED.contains(&(*pattern, syntax));
            assert!(
                agreed > 0 || is_refused,
                "{syntax:?} {pattern:?} is never understood"
            );
        }
    }
}

#[test]
fn what_cannot_be_translated_is_refused() {
    for (pattern, syntax) in REFUSED {
        let made = Matcher::new(pattern, plain(*syntax));
        assert!(
            made.is_err(),
            "{syntax:?} {pattern:?} was accepted: {made:?}"
        );
    }
}

#[test]
fn random_patterns_select_what_grep_selects() {
    let parts = [
        "a",
        "b",
        "c",
        "ab",
        ".",
        "*",
        "\\+",
        "\\?",
        "+",
        "?",
        "|",
        "\\|",
        "(",
        ")",
        "\\(",
        "\\)",
        "^",
        "$",
        "[a-b]",
        "[^a]",
        "{2}",
        "\\{1,2\\}",
        "{,1}",
        "\\b",
        "\\<",
        "\\>",
        "\\B",
        "\\w",
        "\\W",
        "\\s",
        " ",
        "-",
        "_",
    ];
    let pieces = [
        "a", "b", "c", "ab", " ", "-", "_", "*", "+", "^", "$", "(", ")", "{2}", "é", "1", "|",
    ];
    let mut numbers = Numbers(20_260_101);
    let mut understood = 0;
    for _ in 0..700 {
        let length = 1 + numbers.below(6);
        let pattern: String = (0..length).map(|_| *numbers.pick(&parts)).collect();
        let texts: Vec<String> = (0..40)
            .map(|_| {
                (0..numbers.below(7))
                    .map(|_| *numbers.pick(&pieces))
                    .collect()
            })
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let syntax = *numbers.pick(&[Syntax::Basic, Syntax::Extended, Syntax::Extended]);
        let mode = Mode {
            syntax,
            ignore_case: numbers.below(4) == 0,
            words: numbers.below(3) == 0,
            lines: numbers.below(5) == 0,
        };
        understood += usize::from(compare(&pattern, mode, &texts) == Tried::Agreed);
    }
    assert!(
        understood > 200,
        "only {understood} patterns were understood"
    );
}

/// Whether a character is a letter or a space is decided by the system's C library in grep and
/// by a table of ours here: for every character that is not doubted they must agree.
#[test]
fn undoubted_characters_are_what_grep_takes_them_for() {
    let characters: Vec<String> = CLEAR
        .iter()
        .flat_map(|(a, b)| *a..=*b)
        .map(String::from)
        .collect();
    let texts: Vec<&str> = characters.iter().map(String::as_str).collect();
    for pattern in [
        "\\w",
        "\\W",
        "\\s",
        "\\S",
        "[[:alpha:]]",
        "[[:alnum:]]",
        "[[:space:]]",
        "\\b",
        "\\<",
        "\\>",
    ] {
        assert_eq!(
            compare(pattern, plain(Syntax::Basic), &texts),
            Tried::Agreed
        );
    }
}

#[test]
fn doubted_characters_are_not_decided() {
    let matcher = Matcher::new("\\w", plain(Syntax::Basic)).unwrap();
    assert!(matches!(matcher.is_match("\u{301}"), Err(Stop::Unknown(_))));
    let no_case = Mode {
        ignore_case: true,
        ..plain(Syntax::Basic)
    };
    let matcher = Matcher::new("kiss", no_case).unwrap();
    assert!(matches!(matcher.is_match("kı"), Err(Stop::Unknown(_))));
    assert!(Matcher::new("é", no_case).is_err());
}

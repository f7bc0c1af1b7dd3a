//! `imports --dot` and `--svg`.

use std::fs;
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::sample::run_in;

const MAIN: &str = "from app import a, b\nimport os\nif os.environ.get('X'):\n    import torch\n";
const GUARDED: &str = "try:\n    import torch\nexcept ImportError:\n    pass\n";
const CALLED: &str = "def load():\n    from app import heavy\n\nload()\n";
const HOSTILE: &str =
    "import importlib\nimport torch  # \"</svg><script>&amp;\\\u{1b}[2J\u{202e}\u{ffff}\n";

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn package(folder: &Path) {
    let files = [
        ("app/__init__.py", ""),
        ("app/main.py", MAIN),
        ("app/a.py", GUARDED),
        ("app/b.py", "from app import a\nimport torch\n"),
        ("app/call.py", CALLED),
        ("app/heavy.py", "import torch\n"),
        ("app/x.py", HOSTILE),
        ("app/имя.py", "from app import x, 名前\n"),
        ("app/名前.py", "import torch\n"),
    ];
    write(folder, &files);
}

#[test]
fn dot_names_every_module_and_statement_on_the_ways() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path());
    let call = ["imports", "app.main", "torch", "--no-site", "--dot"];
    let ran = run_in(folder.path(), &call);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let expected = r##"digraph imports {
  label="importing app.main loads torch";
  labelloc=t;
  rankdir=LR;
  node [shape=box, style=rounded];
    "torch" [tooltip="torch", penwidth=2, color="#cf222e"];
  subgraph cluster_1 {
    label="app";
    "app.main" [tooltip="app/main.py", penwidth=2, color="#0969da"];
    "app.a" [tooltip="app/a.py", penwidth=2, color="#bc4c00"];
    "app.b" [tooltip="app/b.py"];
  }
  "app.main" -> "app.a" [tooltip="app/main.py:1: from app import a, b", label="app/main.py:1\l", penwidth=3, color="#bc4c00"];
  "app.main" -> "app.b" [tooltip="app/main.py:1: from app import a, b"];
  "app.main" -> "torch" [tooltip="app/main.py:4: import torch", style=dotted];
  "app.a" -> "torch" [tooltip="app/a.py:2: import torch", label="app/a.py:2\lmay fail: the error is caught\l", penwidth=3, color="#bc4c00", style=dashed];
  "app.b" -> "torch" [tooltip="app/b.py:2: import torch"];
}
"##;
    assert_eq!(ran.out, expected);
}

/// What a picture holds.
#[derive(Default)]
struct Seen {
    /// The boxes: left, top, right, bottom.
    boxes: Vec<[f64; 4]>,
    /// The words, the middle or the beginning of each line and how wide it is at least.
    lines: Vec<(String, f64, f64)>,
    /// All that is said, the words for those who cannot see it too.
    words: String,
    elements: Vec<String>,
    width: f64,
}

/// Reads a picture, which fails if it is not well-formed.
fn read(svg: &str) -> Seen {
    let number = |it: &BytesStart, name: &str| -> Option<f64> {
        let found = it.try_get_attribute(name).unwrap();
        found.and_then(|it| it.value.parse().ok())
    };
    let mut reader = Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    let mut seen = Seen::default();
    let (mut open, mut place) = (0_usize, None);
    loop {
        let event = reader.read_event().unwrap();
        if let Event::Start(it) | Event::Empty(it) = &event {
            seen.elements.push(it.name().as_ref().to_owned());
            let class = it.try_get_attribute("class").unwrap();
            let class = class.map(|it| it.value.to_string()).unwrap_or_default();
            match (it.name().as_ref(), number(it, "x"), number(it, "y")) {
                ("rect", Some(x), Some(y)) if class != "frame" => {
                    let (width, height) =
                        (number(it, "width").unwrap(), number(it, "height").unwrap());
                    seen.boxes.push([x, y, x + width, y + height]);
                }
                ("text", Some(x), _) => place = Some((x, class.contains("dim"))),
                ("svg", ..) => seen.width = number(it, "width").unwrap(),
                _ => {}
            }
        }
        match event {
            Event::Start(_) => open += 1,
            Event::End(_) => open -= 1,
            Event::Text(it) => {
                seen.words += &it;
                if let Some((x, small)) = place.take() {
                    let character = if small { 6.0 } else { 7.2 };
                    let width = it.chars().count() as f64 * character;
                    seen.lines.push((it.to_string(), x, width));
                }
            }
            Event::GeneralRef(it) => seen.words += &format!("&{};", &*it),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(open, 0, "{svg}");
    seen
}

fn drawn(folder: &Path, words: &[&str]) -> String {
    let call = [&["imports", "--no-site", "--svg", "out.svg"], words].concat();
    let ran = run_in(folder, &call);
    assert!(ran.err.is_empty(), "{ran:?}");
    let svg = fs::read_to_string(folder.join("out.svg")).unwrap();
    run_in(folder, &call);
    let again = fs::read_to_string(folder.join("out.svg")).unwrap();
    assert_eq!(svg, again, "the same bytes");
    svg
}

#[test]
fn a_picture_is_well_formed_and_no_box_is_on_another() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path());
    let cases: [(&[&str], &[&str]); 8] = [
        (&["app.main", "torch"], &["main", "a", "b", "torch"]),
        (&["app.main"], &["main", "__init__", "a", "b"]),
        (&["app.call", "torch"], &["call", "heavy", "torch"]),
        (&["app.x", "torch"], &["x", "torch"]),
        (&["app.имя", "torch"], &["имя", "x", "名前", "torch"]),
        (&["app.x", "json"], &["x"]),
        (&["app.x", "app.x"], &["x"]),
        (&["missing", "torch"], &["missing"]),
    ];
    for (words, names) in cases {
        let svg = drawn(folder.path(), words);
        let seen = read(&svg);
        assert_eq!(seen.boxes.len(), names.len(), "{words:?}: {svg}");
        for name in names {
            assert!(
                seen.lines.iter().any(|it| it.0 == *name),
                "{words:?}: {name}: {svg}"
            );
        }
        for (at, one) in seen.boxes.iter().enumerate() {
            for other in &seen.boxes[at + 1..] {
                let apart = |low: usize| one[low] >= other[low + 2] || other[low] >= one[low + 2];
                assert!(apart(0) || apart(1), "{words:?}: {one:?} {other:?}");
            }
        }
        for (text, x, width) in &seen.lines {
            assert!(x + width / 2.0 <= seen.width, "{words:?}: {text}");
        }
        assert!(!seen.elements.iter().any(|it| it == "script"), "{svg}");
        assert!(
            ["title", "desc"]
                .iter()
                .all(|it| seen.elements.iter().any(|e| e == it))
        );
        assert!(svg.contains("prefers-color-scheme:dark"));
    }
}

#[test]
fn the_chain_says_where_it_runs_and_why() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path());
    let seen = read(&drawn(folder.path(), &["app.call", "torch"]));
    for words in [
        "importing app.call loads torch",
        "app/call.py:2",
        "in load(), called in line 4",
        "app/heavy.py:1",
    ] {
        assert!(
            seen.lines.iter().any(|it| it.0 == words),
            "{:?}",
            seen.lines
        );
    }
}

#[test]
fn what_does_not_fit_is_drawn_as_packages_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let all = |part: char| {
        let imports = (0..40).map(move |n| format!("from p.{part} import m{n}\n"));
        imports.collect::<String>()
    };
    let tops = ["a", "b", "c"].map(|part| (format!("p/{part}/__init__.py"), String::new()));
    let modules = "abc".chars().flat_map(|part| {
        (0..40).map(move |n| (format!("p/{part}/m{n}.py"), "import torch\n".to_owned()))
    });
    let main = "abc".chars().map(all).collect::<String>();
    let files: Vec<(String, String)> = tops
        .into_iter()
        .chain(modules)
        .chain([("p/__init__.py".to_owned(), main)])
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    write(folder.path(), &files);
    let seen = read(&drawn(folder.path(), &["p"]));
    assert!((3..=60).contains(&seen.boxes.len()), "{}", seen.boxes.len());
    assert!(
        seen.words.contains("of 124 modules are drawn as"),
        "{}",
        seen.words
    );
    assert!(
        seen.lines.iter().any(|it| it.0 == "41 modules"),
        "{:?}",
        seen.lines
    );
    let seen = read(&drawn(folder.path(), &["p", "torch"]));
    assert!(seen.boxes.len() <= 60, "{}", seen.boxes.len());
    let left_out = "more modules lie on longer ways and are left out";
    assert!(seen.words.contains(left_out), "{}", seen.words);
    let dot = run_in(folder.path(), &["imports", "p", "--no-site", "--dot"]);
    assert_eq!(
        dot.out.matches("tooltip=\"p/").count(),
        2 * 124 - 1,
        "{}",
        dot.out
    );
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path());
    for (words, said) in [
        (&["--dot", "--svg", "x.svg"][..], "cannot be used with"),
        (&["--dot", "--json"], "`--dot` cannot be used with"),
        (&["--svg", "x.svg", "--json"], "`--svg` cannot be used with"),
        (&["--svg", "x.svg", "--cut"], "cannot be used with"),
        (
            &["--svg", "no/such/x.svg"],
            "`no/such/x.svg` cannot be written",
        ),
        (&["--svg", "app"], "`app` cannot be written"),
    ] {
        let call = [&["imports", "app.main", "torch", "--no-site"], words].concat();
        let ran = run_in(folder.path(), &call);
        assert_eq!(ran.code, Some(2), "{words:?}: {ran:?}");
        assert!(ran.err.contains(said), "{words:?}: {}", ran.err);
        assert!(ran.err.contains("help:"), "{words:?}: {}", ran.err);
    }
    assert!(!folder.path().join("x.svg").exists());
}

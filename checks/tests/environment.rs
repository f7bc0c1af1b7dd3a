//! What importing an entry loads where installed packages are looked into.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where it meets what it did not expect"
)]

use checks::python::PythonVersion;
use checks::python::eager::{Analysis, Root, Settings, analyse};
use checks::snapshot::Memory;

type Files<'f> = &'f [(&'f str, &'f [u8])];

/// `app.main` and what it imports from `installed`.
fn load(main: &str, installed: Files, target: Option<&str>) -> Analysis {
    let own = Memory::new([("app/main.py", main)]);
    let site = Memory::new(installed.iter().copied());
    let settings = Settings {
        version: PythonVersion::try_from("3.13".to_owned()).unwrap(),
        platform: "linux".to_owned(),
        absent: Vec::new(),
        elsewhere: Vec::new(),
    };
    let roots = [(&own, false), (&site, true)].map(|(snapshot, site)| Root {
        snapshot,
        folder: None,
        site,
    });
    analyse("app.main", target, &roots, &settings)
}

const PACKAGES: Files = &[
    ("fast/__init__.py", b"from fast import _core\n"),
    (
        "fast/_core.so",
        b"\x7fELF\0\x01heavy.parts\0..\0helper\0json\0gone.away\0",
    ),
    ("fast/helper.py", b"import deep\n"),
    ("deep.py", b""),
    ("heavy/__init__.py", b"import torch\n"),
    ("heavy/parts.py", b""),
    ("torch.py", b""),
    ("other.py", b""),
];

#[test]
fn what_a_compiled_module_names_may_be_loaded() {
    let analysis = load("import fast\n", PACKAGES, None);
    let maybe: Vec<&str> = analysis.maybe.iter().map(|it| it.name.as_str()).collect();
    let expected = ["fast.helper", "deep", "heavy", "torch", "heavy.parts"];
    assert_eq!(maybe, expected, "{analysis:?}");
    let first = &analysis.maybe.first().unwrap().reason;
    assert!(first.contains("`fast/_core.so`"), "{first}");
    assert_eq!((analysis.error, analysis.open), (None, None));
}

#[test]
fn what_a_compiled_module_leads_to_is_not_said_to_be_free() {
    for (target, undecided) in [("torch", true), ("deep", true), ("other", false)] {
        let analysis = load("import fast\n", PACKAGES, Some(target));
        assert_eq!(analysis.undecided(target).is_some(), undecided, "{target}");
    }
    let none = load("x = 1\n", PACKAGES, Some("torch"));
    assert_eq!(none.undecided("torch"), None);
}

#[test]
fn a_compiled_module_that_cannot_be_looked_into_leaves_the_answer_open() {
    let sealed = b"Failed to import zlib - cannot initialise module strings\0";
    for (path, bytes) in [("fast.so", &sealed[..]), ("fast.pyc", b"\0")] {
        let analysis = load("import fast\n", &[(path, bytes)], Some("torch"));
        let why = analysis.undecided("torch").unwrap();
        assert!(why.contains(path), "{why}");
    }
}

#[test]
fn an_assertion_on_a_package_that_is_not_there_ends_the_load() {
    let installed: Files = &[(
        "pages.py",
        b"try:\n    import jinja2\nexcept ModuleNotFoundError:\n    jinja2 = None\n\
          class Pages:\n    def __init__(self, folder=None, **more):\n        if more:\n            \
          print(more)\n        assert jinja2 is not None, 'jinja2 must be installed'\n",
    )];
    let main = "import pages\npages.Pages(folder='x')\nimport torch\n";
    let analysis = load(main, installed, Some("torch"));
    assert!(analysis.eager.is_empty(), "{analysis:?}");
    let why = analysis.undecided("torch").unwrap();
    let expected = "an assertion fails: jinja2 must be installed (pages.py:9)";
    assert_eq!(why, expected);
}

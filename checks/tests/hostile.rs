//! Nothing that can stand in a file ends the process: every user of the parser answers on bytes,
//! texts and programs made to break it, on the small stack of a test's thread.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where it meets what it did not expect"
)]

mod word;

use std::time::{Duration, Instant};

use checks::path::RepoPath;
use checks::python::claims;
use checks::python::eager::{Analysis, Root, Settings, analyse};
use checks::python::{describe_line, line_kinds, module_users};
use checks::snapshot::{Memory, Snapshot};
use checks::verdict::{Answer, Verdict};

use word::Word;

/// Every check that parses, asked about the module `m` and the name `a`.
const CHECKS: [&str; 6] = [
    "no_import = { files = 'm.py', name = 'a' }",
    "no_eager_import = { files = 'm.py', module = 'a' }",
    "no_attribute = { files = 'm.py', names = ['a'] }",
    "deferred_import = { files = 'm.py', name = 'a' }",
    "annotations_deferred = { files = 'm.py', name = 'a' }",
    "no_chain = { entry = 'm', target = 'a' }",
];

fn load(snapshot: &dyn Snapshot, entry: &str) -> Analysis {
    let root = Root {
        snapshot,
        folder: None,
        site: false,
    };
    analyse(entry, None, &[root], &Settings::default())
}

fn judge(check: &str, snapshot: &dyn Snapshot) -> Answer {
    let word: Word = toml::from_str(check).unwrap();
    assert!(!word.arguments.is_empty());
    word.native.check().judge(snapshot)
}

/// Asks everything that parses about these bytes; whether what they load is known.
fn ask_everything(bytes: &[u8]) -> bool {
    let snapshot = Memory::new([("m.py", bytes)]);
    for check in CHECKS {
        let word: Word = toml::from_str(check).unwrap();
        let answer = judge(check, &snapshot);
        let planted = word.native.check().violation(&snapshot);
        let told = planted.is_ok() || answer.verdict != Verdict::Pass || bytes.is_empty();
        assert!(told, "{check}: {:?}", start(bytes));
    }
    let path = RepoPath::new("m.py").unwrap();
    let text = String::from_utf8_lossy(bytes);
    assert!(!describe_line(&path, &text, 1).is_empty());
    assert!(line_kinds(&text).is_none_or(|kinds| kinds.len() <= text.len() + 1));
    assert!(module_users(&snapshot, std::slice::from_ref(&path), "a").len() <= bytes.len());
    let claims = [
        claims::import_at(&path, "a", 1..=9, &snapshot),
        claims::unused(&path, None, "a", &snapshot),
        claims::uses(&path, "f", "a", &snapshot),
    ];
    assert!(claims.iter().all(|it| !it.explanation.is_empty()));
    assert_eq!(claims::chain(&[path], "a", &snapshot).len(), 1);
    let analysis = load(&snapshot, "m");
    analysis.error.is_none() && analysis.open.is_none()
}

fn start(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(40).collect()
}

/// `line` on each of `depth` levels of indentation, and `last` inside them all.
fn nested(depth: usize, line: &str, last: &str) -> String {
    let lines = (0..depth).map(|level| format!("{}{line}\n", " ".repeat(level)));
    lines.collect::<String>() + &" ".repeat(depth) + last + "\n"
}

#[test]
fn deep_texts_are_refused_or_borne() {
    const MANY: usize = 100_000;
    let deepest = 1_990;
    let refused = [
        format!("x = {}1{}", "(".repeat(10_000), ")".repeat(10_000)),
        "(".repeat(10_000),
        format!("x = 1{}", "+1".repeat(MANY)),
        format!("x = 1{}", "**1".repeat(MANY)),
        format!("x = a{}", ".a".repeat(MANY)),
        format!("x = a{}", "()".repeat(MANY)),
        format!("x = a{}", "[0]".repeat(MANY)),
        format!("x = {}1", "not ".repeat(MANY)),
        format!("x = {}1", "await ".repeat(MANY)),
        format!("x = {}1", "lambda: ".repeat(MANY)),
        format!("x = {}2", "1 if a else ".repeat(MANY)),
        format!("x = 1{}", " < 1".repeat(MANY)),
        format!("x{} = 1", ", y".repeat(MANY) + &".a".repeat(MANY)),
        format!("x = {}1{}", "[".repeat(MANY), "]".repeat(MANY)),
        format!("x = {}{}", "f'{".repeat(10_000), "}'".repeat(10_000)),
        format!(
            "match x:\n case {}: pass\n",
            "(".repeat(MANY) + &")".repeat(MANY)
        ),
        format!("match x:\n case 1{}: pass\n", " | 1".repeat(MANY)),
        format!("x: {}", "a[".repeat(MANY)),
        format!("def f(a={}1): pass\n", "-".repeat(MANY)),
        format!("type A = {}", "B | ".repeat(MANY) + "C"),
        nested(1000, "if a:", "pass"),
        nested(1000, "def f():", "pass"),
        nested(1000, "class C:", "pass"),
        nested(1000, "while a:", "pass"),
        nested(1000, "try:", "pass"),
    ];
    for text in refused {
        assert!(
            !ask_everything(text.as_bytes()),
            "{}",
            start(text.as_bytes())
        );
    }
    let borne = [
        format!("x = a{}", " + a".repeat(deepest)),
        format!("x = {}a", "not ".repeat(deepest)),
        format!("x = {}a", "lambda: ".repeat(deepest)),
        format!("x = {}a{}", "(".repeat(190), ")".repeat(190)),
        format!("x = a{}", ".a".repeat(deepest)),
        format!("x = a{}", "()".repeat(deepest / 2)),
        format!("x = a{}", "[0]".repeat(deepest / 2)),
        format!("x = {}a", "-".repeat(deepest)),
        format!("x = a{}", " ** a".repeat(deepest)),
        format!("x = {}a", "a if b else ".repeat(deepest / 2 - 5)),
        format!("x{} = a", ".a".repeat(deepest - 5)),
        format!("def f(a={}a): pass\nf()", "not ".repeat(deepest)),
        format!("def f():\n return a{}\nf()", " + a".repeat(deepest - 5)),
        format!("class C(a{}): pass", ".a".repeat(deepest - 5)),
        format!("match a:\n case 1{}: pass", " | 1".repeat(deepest - 5)),
        format!("import a\nx = 'a'{}", " 'a'".repeat(100_000)),
        format!("x: {}a", "b if c else ".repeat(deepest / 2 - 5)),
        nested(99, "if a:", "pass"),
        nested(99, "def f(a=b):", "a"),
        nested(99, "class C(a):", "a"),
        nested(99, "while a:", "import a"),
        nested(99, "for a in b:", "import a"),
        nested(99, "with a:", "import a"),
        nested(99, "def f():", "import a") + "f()\n",
    ];
    for text in borne {
        ask_everything(text.as_bytes());
    }
}

#[test]
fn long_texts_are_borne() {
    for text in long_texts(500) {
        ask_everything(text.as_bytes());
    }
}

#[test]
#[ignore = "needs minutes in a debug build"]
fn longer_texts_are_borne() {
    for text in long_texts(20_000) {
        ask_everything(text.as_bytes());
    }
}

/// Texts with as many of one thing as is asked for, side by side.
fn long_texts(many: usize) -> Vec<String> {
    vec![
        format!("if a:\n    pass\n{}", "elif b:\n    pass\n".repeat(many)),
        format!("if 0:\n    pass\n{}", "elif 0:\n    pass\n".repeat(many)),
        format!("{}def f(): pass\n", "@d\n".repeat(many)),
        format!("d = lambda f: f\n{}def f(): pass\n", "@d\n".repeat(many)),
        format!("{}class C: pass\n", "@d\n".repeat(many)),
        format!("try:\n    pass\n{}", "except a:\n    pass\n".repeat(many)),
        format!("match a:\n{}", " case b.c: pass\n".repeat(many)),
        format!("with {}a: pass\n", "a, ".repeat(many)),
        format!("class C({}a): pass\n", "a, ".repeat(many)),
        format!("f({}1)\n", "a=1, ".repeat(many)),
        format!(
            "def f({}): pass\n",
            (0..many).map(|n| format!("a{n}=1,")).collect::<String>()
        ),
        format!("import {}b\n", "a, ".repeat(many)),
        format!("import a{}\n", ".a".repeat(300)),
        format!("from {}a import b\n", ".".repeat(many)),
        format!("x{} = 1\n", " = x".repeat(300)),
        format!("x = '{}'\n", "x".repeat(1_000_000)),
        format!("x = {}\n", "9".repeat(100_000)),
        format!("x = {}\n", "'a' ".repeat(many)),
        "\\\n".repeat(many) + "import a\n",
        "#\n".repeat(many) + "import a\n",
        "import a;".repeat(many) + "\n",
    ]
}

#[test]
fn any_bytes_get_an_answer() {
    let texts: [&[u8]; 24] = [
        b"",
        b"\0",
        b"import a\0\n",
        b"def f(:\n",
        b"import a\ndef f(:\nimport b\n",
        "x = 'é\n".as_bytes(),
        b"\xef\xbb\xbfimport a\n",
        b"\xef\xbb\xbf\xef\xbb\xbfimport a\n",
        b"\xff\xfei\0m\0p\0o\0r\0t\0 \0a\0",
        b"# coding: utf-16\nimport a\n",
        b"# coding: latin-1\nx = '\xe9'\nimport a\n",
        b"# coding: nonsense\nimport a\n",
        b"# coding: utf-8\nx = '\xe9'\nimport a\n",
        b"\xff\xff\xff\xff",
        b"\x80import a\n",
        b"\r\r\r",
        b"import a\r\nif a:\r\n    import b\r\n",
        b"\x0cimport a\n\x0cif a:\n\x0c    import b\n",
        b"\tif a:\n        pass\n",
        b"if a:\n\tpass\n        pass\n",
        b"x = 1 \\",
        b"'''",
        b"f'{a!",
        b"class a:\n def f(self, /, *a, **b): self.a; a.b\n",
    ];
    for text in texts {
        ask_everything(text);
    }
}

#[test]
#[ignore = "needs half a minute in a debug build"]
fn a_module_of_5_mb_is_borne() {
    let line = "def f(a, b=1):\n    return {'a': [a, b], 'c': (a.b(c)[0], *d)}\n\n";
    let text = line.repeat(5 * 1024 * 1024 / line.len()) + "import torch\n";
    let snapshot = Memory::new([("m.py", text)]);
    let begun = Instant::now();
    let analysis = load(&snapshot, "m");
    assert!(analysis.eager.iter().any(|it| it.name == "torch"));
    assert!(begun.elapsed() < Duration::from_secs(120));
}

#[test]
fn rings_and_rows_of_modules_end() {
    let ring = |length: usize| {
        Memory::new((0..length).map(move |n| {
            let next = (n + 1) % length;
            (format!("m{n}.py"), format!("import m{next}\n"))
        }))
    };
    // The way to each module is listed, which is as long as the ring for the last one.
    let analysis = load(&ring(500), "m0");
    assert_eq!((analysis.eager.len(), analysis.error), (500, None));
    let word: Word = toml::from_str("no_chain = { entry = 'm0', target = 'torch' }").unwrap();
    let answer = word.native.check().judge(&ring(5000));
    let remarks = answer.remarks.join("; ");
    assert!(remarks.contains("5000 modules"), "{remarks}");
    let package = (0..500).map(|n| {
        let next = (n + 1) % 500;
        (
            format!("p/m{n}.py"),
            format!("from p import m{next}\nfrom . import m{n}\n"),
        )
    });
    let package = package.chain([("p/__init__.py".to_owned(), "from . import m0\n".to_owned())]);
    let analysis = load(&Memory::new(package), "p");
    assert_eq!((analysis.eager.len(), analysis.error), (501, None));
    let deep = format!("{}m", "a/".repeat(300));
    let files = (1..=300).map(|depth| format!("{}__init__.py", "a/".repeat(depth)));
    let files = files.chain([format!("{deep}.py")]).map(|path| (path, ""));
    let analysis = load(&Memory::new(files), &deep.replace('/', "."));
    assert_eq!((analysis.eager.len(), analysis.error), (301, None));
}

#[test]
#[ignore = "needs half a minute in a debug build"]
fn a_package_of_50000_modules_ends() {
    let modules = (0..50_000).map(|n| {
        let (left, right) = (2 * n + 1, 2 * n + 2);
        let import = |to: usize| (to < 50_000).then(|| format!("from p import m{to}\n"));
        let text = [left, right]
            .into_iter()
            .filter_map(import)
            .collect::<String>();
        (format!("p/m{n}.py"), text)
    });
    let files = modules.chain([("p/__init__.py".to_owned(), "from . import m0\n".to_owned())]);
    let analysis = load(&Memory::new(files), "p");
    assert_eq!((analysis.eager.len(), analysis.error), (50_001, None));
}

/// Programs that never end, or only after longer than anybody waits: the analysis does, and
/// never says that nothing follows. `import torch` stands at the end of each.
#[test]
fn hostile_programs_are_followed_to_an_end() {
    let calls: String = (1..40)
        .map(|n| format!("def f{n}():\n    f{0}()\n    f{0}()\n", n - 1))
        .collect();
    let classes: String = (1..40)
        .map(|n| {
            let bases = format!("(A{0}, B{0})", n - 1);
            format!("class A{n}{bases}: pass\nclass B{n}{bases}: pass\n")
        })
        .collect();
    let row: String = (1..3000)
        .map(|n| format!("def f{n}(): return f{}()\n", n - 1))
        .collect();
    let deep: String = (1..10_000)
        .map(|n| format!("class C{n}(C{}): pass\n", n - 1))
        .collect();
    let programs = [
        format!("class C0: pass\n{deep}C9999().x\n"),
        "s = 'x'\nl = [1]\nfor i in range(100):\n    s = s + s\n    l += l\n".to_owned(),
        "x = []\nx.append(x)\ny = []\ny.append(y)\nif x == y or x < y: pass\n".to_owned(),
        "def f(n=0):\n    g(n + 1)\ndef g(n):\n    f(n + 1)\nf()\n".to_owned(),
        format!("def f0(): pass\n{calls}f39()\n"),
        format!("def f0(): pass\n{row}f2999()\n"),
        format!("class A0: pass\nclass B0: pass\n{classes}A39().x\n"),
        "s = 'exec(s)'\nexec(s)\n".to_owned(),
        "s = 'eval(s)'\neval(s)\n".to_owned(),
        "class K:\n    def __getattr__(self, n): return getattr(self, n + 'x')\nK().a\n".to_owned(),
        "class K:\n    def __getattribute__(self, n): return self.n\nK().a\n".to_owned(),
        "class K:\n    def __getitem__(self, n): return self[n + 1]\nK()[0]\n".to_owned(),
        "class K:\n    def __call__(self): return self()\nK()()\n".to_owned(),
        "class K:\n    def __iter__(self): return iter(self)\nfor x in K(): pass\n".to_owned(),
        "class K:\n    def __iter__(self): return self\n    def __next__(self): return self\n\
         for x in K(): pass\n"
            .to_owned(),
        "class K:\n    def __add__(self, o): return self + o\nK() + K()\n".to_owned(),
        "class K:\n    def __eq__(self, o): return self == o\nK() == K()\n".to_owned(),
        "class K:\n    def __bool__(self): return bool(self)\nif K(): pass\n".to_owned(),
        "class K:\n    def __enter__(self):\n        with self: pass\n    def __exit__(self, *a):\n\
         \x20       with self: pass\nwith K(): pass\n"
            .to_owned(),
        "class K:\n    def __new__(cls): return cls()\nK()\n".to_owned(),
        "class K:\n    def __init__(self): K()\nK()\n".to_owned(),
        "class K:\n    def __init_subclass__(cls):\n        class L(cls): pass\nclass L(K): pass\n"
            .to_owned(),
        "class M(type):\n    def __new__(m, *a):\n        class L(metaclass=m): pass\n        \
         return L\nclass L(metaclass=M): pass\n"
            .to_owned(),
        "class M(type):\n    def __call__(cls): return cls()\nclass L(metaclass=M): pass\nL()\n"
            .to_owned(),
        "class M(type):\n    def __getattr__(cls, n): return getattr(cls, n)\n\
         class L(metaclass=M): pass\nL.a\n"
            .to_owned(),
        "class D:\n    def __get__(self, o, t): return o.d\nclass K:\n    d = D()\nK().d\n"
            .to_owned(),
        "class D:\n    def __set__(self, o, v): o.d = v\nclass K:\n    d = D()\nK().d = 1\n"
            .to_owned(),
        "class K:\n    @property\n    def p(self): return self.p\nK().p\n".to_owned(),
        "def d(f):\n    @d\n    def g(): pass\n    return g\n@d\ndef f(): pass\n".to_owned(),
        "def g():\n    yield from g()\nlist(g())\n".to_owned(),
        "def g():\n    while True:\n        yield 1\nfor x in g():\n    break\n".to_owned(),
        "async def g():\n    await g()\nimport asyncio\nasyncio.run(g())\n".to_owned(),
        "f = lambda: f()\nf()\n".to_owned(),
        "y = lambda f: f(f)\ny(y)\n".to_owned(),
        "from functools import partial\nf = partial(lambda: f())\nf()\n".to_owned(),
        "def __getattr__(n): return globals()[n]\nimport m\nm.x\n".to_owned(),
        "def __getattr__(n):\n    import m\n    return getattr(m, n + 'x')\nimport m\nm.x\n".to_owned(),
        "import importlib\ndef f(n): importlib.import_module('m' + n); f(n + 'x')\nf('')\n"
            .to_owned(),
        "x = [i for i in range(10 ** 9)]\n".to_owned(),
        "x = 10 ** 10 ** 10\n".to_owned(),
        "x = 'x' * 10 ** 12\n".to_owned(),
        "x = [1] * 10 ** 12\n".to_owned(),
        "x = 1 << 10 ** 12\n".to_owned(),
        "x = '%1000000000d' % 1\ny = f'{1:1000000000}'\nz = 'a'.ljust(10 ** 12)\n".to_owned(),
        "x = {}\nx['a'] = x\nfor k in x: x = {**x, 'b': x}\nif x == x: pass\n".to_owned(),
        "h = lambda: 1\ndef w(g): return lambda: g()\nfor i in range(1000):\n    h = w(h)\nh()\n"
            .to_owned(),
        format!("x = 1\nfor i in [{}]:\n    x = [x]\n", "1, ".repeat(15_000)),
        "x = (i for i in [1])\nfor i in range(900):\n    x = (j for j in x)\nlist(x)\n".to_owned(),
        "class A: pass\nA.__bases__ = (A,)\nA().x\n".to_owned(),
        "def f(): pass\nf.__wrapped__ = f\nf.x = f\nf.x.x.x()\n".to_owned(),
        "import m, sys\nsys.modules['m'] = m\nm.m = m\nm.m.m.x = 1\nfrom m import *\n".to_owned(),
    ];
    for program in programs {
        let begun = Instant::now();
        let snapshot = Memory::new([("m.py", format!("{program}import torch\n"))]);
        let answer = judge("no_chain = { entry = 'm', target = 'torch' }", &snapshot);
        let (start, needed) = (start(program.as_bytes()), begun.elapsed());
        assert_ne!(answer.verdict, Verdict::Pass, "{start:?}");
        assert!(needed < Duration::from_secs(20), "{start:?}: {needed:?}");
    }
}

#[test]
fn an_endless_loop_is_told() {
    let snapshot = Memory::new([("m.py", "while True:\n    pass\n")]);
    let analysis = load(&snapshot, "m");
    assert!(
        analysis
            .open
            .is_some_and(|why| why.contains("not followed to its end"))
    );
}

/// Small changes of a program that holds most of what can be written, always the same ones.
#[test]
fn mutated_programs_get_an_answer() {
    let seed = include_str!("hostile/everything.py");
    let tokens: Vec<&str> = seed
        .split_inclusive([' ', '\n', '(', ')', ',', ':', '.'])
        .collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..400 {
        let mut mutant = tokens.clone();
        for _ in 0..=next(6) {
            let (from, to) = (next(mutant.len()), next(mutant.len()));
            match next(4) {
                0 => drop(mutant.remove(from)),
                1 => mutant.insert(to, mutant[from]),
                2 => mutant.swap(from, to),
                _ => mutant.insert(to, ["import a\n", "\n", " ", "*", "@", "()", "\0"][next(7)]),
            }
        }
        let snapshot = Memory::new([("m.py", mutant.concat()), ("a.py", seed.to_owned())]);
        assert_ne!(load(&snapshot, "m").eager.len() + 1, 0);
    }
}

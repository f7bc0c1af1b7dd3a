//! Whole lines, compared with a real shell.

use std::path::Path;

use super::{Numbers, ask};
use crate::check::smoke_test::SmokeTest;
use crate::shell::{self, Stop, evaluate};
use crate::snapshot::Memory;

type Tree = Vec<(&'static str, &'static str)>;

/// The same files in three states: with what is looked for, without, and empty.
fn trees() -> Vec<Tree> {
    let states = [
        "import os\nimport torch\n\nfrom torch import nn\n\nclass Foo:\n    def bar(self):\n        \
         self.loader = ModelLoader()\n        return self.loader  # foo\n",
        "import os\n\nclass Foo:\n    def bar(self):\n        import torch\n        return torch.foo_bar\n# end",
        "",
    ];
    states
        .into_iter()
        .map(|state| {
            vec![
                ("a.py", state),
                ("b.py", "x = 1\nimport torch\nfoo bar\nxfoo foo\n"),
                (
                    "c.txt",
                    "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\ntwelve\n",
                ),
                ("open.txt", "no end\nfoo"),
                ("empty", ""),
                (".hidden.py", "import torch\n"),
                ("src/d.py", "import os\nfoo\n"),
                ("src/deep/e.py", "import torch\nfoo = 1\n"),
                ("src/deep/f.txt", "torch\n"),
                ("src/g.md", "# torch, naïve →\n"),
            ]
        })
        .collect()
}

const LINES: &[&str] = &[
    // the plan's shapes
    r#"grep -n "ModelLoader\|ModelStorage" a.py && echo "FAIL: imports still present" || echo "SUCCESS""#,
    r#"head -3 a.py | grep "^import torch" && echo "FAIL" || echo "SUCCESS""#,
    r#"head -100 a.py | grep "from torch import" && echo "FAIL" || echo "SUCCESS""#,
    "! grep -q torch a.py && echo SUCCESS",
    "! grep -q torch a.py",
    "grep -q torch a.py || echo SUCCESS",
    // grep's options
    "grep torch a.py",
    "grep -n torch a.py",
    "grep -c torch a.py",
    "grep -q torch a.py",
    "grep -i TORCH a.py",
    "grep -v torch a.py",
    "grep -w foo a.py b.py",
    "grep -w foo_bar a.py",
    "grep -x 'import torch' a.py",
    "grep -l torch a.py b.py empty",
    "grep -L torch a.py b.py empty",
    "grep -L torch a.py",
    "grep -L torch b.py",
    "grep -h torch a.py b.py",
    "grep -H torch a.py",
    "grep -s torch a.py",
    "grep -o torch a.py",
    "grep -on 'to\\w*' a.py b.py",
    "grep -oE '(im|impo|import)' a.py",
    "grep -ov torch a.py",
    "grep -e torch -e Foo a.py",
    "grep -etorch a.py",
    "grep -ne torch a.py",
    "grep -m1 torch a.py",
    "grep -m 2 -n o a.py",
    "grep --max-count=1 o a.py b.py",
    "grep -cm1 o a.py",
    "grep -A1 torch a.py",
    "grep -B1 torch a.py",
    "grep -C1 Foo a.py",
    "grep -n -C 1 o a.py b.py",
    "grep -A 1 -n e c.txt",
    "grep -nA2 two c.txt",
    "grep -c -A2 two c.txt",
    "grep -B2 -A1 -v e c.txt",
    "grep -hC1 foo b.py src/d.py",
    "grep -C1 -H zzz c.txt open.txt",
    "grep --context=1 six c.txt",
    "grep --after-context 1 six c.txt",
    "grep -E 'torch|Foo' a.py",
    "grep -F 'self.loader' a.py",
    "grep -Fx 'import os' a.py",
    "grep -Fi 'SELF.' a.py",
    "grep -G 'torch\\|Foo' a.py",
    "egrep 'torch|Foo' a.py",
    "fgrep 'a.b' a.py",
    "grep -nEi 'TORCH|foo' a.py b.py",
    "grep -qv torch a.py",
    "grep -cv torch a.py",
    "grep -lv torch a.py b.py empty",
    "grep -lc torch a.py",
    "grep -Lv torch a.py",
    "grep -ql torch a.py",
    "grep -lL torch a.py b.py",
    "grep -Ll torch a.py b.py",
    "grep --count torch a.py",
    "grep --quiet torch a.py",
    "grep --silent torch a.py",
    "grep --line-number torch a.py",
    "grep --ignore-case --word-regexp FOO b.py",
    "grep --regexp=torch a.py",
    "grep --regexp torch a.py",
    "grep --invert-match torch a.py",
    "grep --files-with-matches torch a.py b.py",
    "grep --files-without-match torch a.py b.py",
    "grep --no-filename torch a.py b.py",
    "grep --with-filename torch a.py",
    "grep --only-matching torch a.py",
    "grep --extended-regexp 'a|b' a.py",
    "grep --fixed-strings . a.py",
    "grep --line-regexp foo src/d.py",
    "grep --color=never torch a.py",
    "grep --no-messages torch a.py",
    "grep -- torch a.py",
    "grep -n -- -x a.py",
    "grep -e -x a.py",
    "grep torch a.py -n",
    "grep torch -n a.py -i",
    "grep '' a.py",
    "grep -c '' a.py",
    "grep -v '' a.py",
    "grep -c ^ open.txt",
    "grep -n foo open.txt b.py",
    "grep foo ./b.py ./src/d.py",
    "grep foo .//b.py src//d.py",
    "grep torch *.py",
    "grep -l torch *.py src/*.py src/*/*.py",
    "grep -c o ?.py",
    "grep -r torch src",
    "grep -rn torch src/",
    "grep -rl torch .",
    "grep -rL torch src",
    "grep -rc torch src",
    "grep -rq torch src",
    "grep -rh torch src",
    "grep -rl torch",
    "grep -r zzz src",
    "grep -r torch a.py",
    "grep -r torch a.py src",
    "grep -R torch src",
    "grep -rn --include='*.py' torch .",
    "grep -rn --include=*.py torch src",
    "grep -rn --include '*.py' torch src",
    "grep -rn torch src --include='*.md' --include='*.txt'",
    "grep -rl --exclude='*.py' torch .",
    "grep -rl --exclude-dir=deep torch .",
    "grep -rl --exclude-dir=src torch .",
    "grep --recursive --files-with-matches torch src/deep",
    "grep -rno 'to.' src",
    // quoting
    "grep \"import torch\" a.py",
    "grep import\\ torch a.py",
    "grep 'im'\"port\" a.py",
    "grep \"foo$\" a.py b.py open.txt",
    "grep foo$ open.txt",
    "grep \"\\bfoo\\b\" b.py",
    "grep \"\\\\.foo\" a.py",
    "grep \\\\.foo a.py",
    "grep 'self\\.' a.py",
    "grep \"x = \\\"\" b.py",
    "grep x\\ =\\ 1 b.py # a comment",
    "# a comment only\ngrep x b.py",
    "grep torch#x b.py",
    "grep \"a\nx\" b.py",
    "grep \\\ntorch a.py",
    "echo \"a\"'b'c",
    "echo 'it is' # not this",
    "echo a   b",
    "echo \"\" x",
    "echo \"$\"",
    "echo $ x",
    "echo \"50%\"",
    "echo a#b",
    "echo -n x; echo y",
    "echo",
    "echo - x",
    "echo !",
    "echo 'a;b' && echo \"a|b\"",
    "printf 'FAIL\\n'",
    "printf \"OK\\n\" && echo x",
    "printf x",
    // and-or lists
    "true && echo a || echo b",
    "false && echo a || echo b",
    "false || false || echo c",
    "true || echo a && echo b",
    "false && false || true && echo d",
    "true; false",
    "false; true",
    "true;",
    "! true",
    "! false && echo x",
    "! true || echo x",
    "! grep -q foo b.py || echo there",
    ": && echo x",
    "grep -q foo b.py && grep -q torch a.py && echo both",
    "grep -q foo b.py && ! grep -q torch a.py && echo one",
    "grep -q torch a.py && { echo FAIL; exit 1; }",
    "grep -q torch a.py && { echo FAIL; exit 1; } || echo SUCCESS",
    "{ echo a; false; } || echo b",
    "{ { echo a; }; }",
    "{ exit 3; }; echo no",
    "exit 4",
    "false; exit",
    "true && exit 2; echo no",
    "false && exit 2; echo yes",
    "grep -q torch a.py\necho $\ngrep -q x b.py",
    "true &&\n echo x",
    "true |\n cat",
    // redirections
    "grep torch a.py >/dev/null && echo FAIL || echo OK",
    "grep torch a.py > /dev/null 2>&1 && echo FAIL || echo OK",
    "grep torch a.py 2>/dev/null",
    "grep torch a.py 2> /dev/null | head -1",
    "grep torch a.py 1>/dev/null; echo x",
    "grep torch a.py 2>&1",
    "echo x >&2",
    "echo x 1>&2",
    "echo x >/dev/null",
    "echo x 2>/dev/null >&2",
    "echo x >&2 2>/dev/null",
    "> /dev/null echo x",
    ">/dev/null grep torch b.py",
    "ls missing 2>/dev/null || echo none",
    "ls missing >/dev/null 2>&1 && echo FAIL || echo OK",
    "grep torch < a.py",
    "wc -l < c.txt",
    "head -2 < c.txt | tail -1",
    "grep -c o <a.py",
    "grep -H one < c.txt",
    "echo 2>/dev/null x",
    "echo 2 >/dev/null",
    // pipes
    "cat a.py | grep torch",
    "cat a.py b.py | grep -n torch",
    "cat open.txt b.py | grep -n x",
    "cat open.txt b.py | head -2",
    "cat open.txt open.txt | grep -c foo",
    "cat open.txt | wc -l",
    "cat *.py | grep -c torch",
    "cat a.py",
    "cat empty a.py",
    "cat open.txt empty b.py",
    "grep torch a.py | grep -v nn",
    "grep -n torch a.py | grep -v '^2:'",
    "grep torch a.py b.py | head -1",
    "grep torch a.py | wc -l",
    "grep -c torch a.py | grep -q '^0$' && echo OK || echo FAIL",
    "grep -o 'o' a.py | wc -l",
    "grep torch a.py | cat",
    "grep torch a.py | tail -1",
    "grep torch a.py | grep -c .",
    "! grep torch a.py | grep -q import",
    "cat a.py | grep -H torch",
    "cat a.py | grep -l torch",
    "cat a.py | grep -c torch",
    "cat a.py | grep -rh torch src/d.py",
    "echo foo | grep foo",
    "echo FAIL | grep -q FAIL && echo found",
    "echo foo bar | grep -o 'o\\+'",
    "echo x | grep torch b.py",
    "echo a | cat | cat",
    "true | false",
    "false | true",
    "cat empty | grep -c x",
    "cat empty | grep -v x",
    "grep -v torch a.py | grep -n torch",
    "head -5 c.txt | tail -2 | grep f",
    "grep -rn foo src | grep -c e.py",
    "grep -rl torch src | wc -l",
    // head, tail, wc
    "head c.txt",
    "head -1 c.txt",
    "head -n 2 c.txt",
    "head -n2 c.txt",
    "head --lines=2 c.txt",
    "head -0 c.txt",
    "head -99 open.txt",
    "head -1 open.txt",
    "head -3 empty",
    "head c.txt -n 1",
    "tail c.txt",
    "tail -1 c.txt",
    "tail -n 2 c.txt",
    "tail -n +11 c.txt",
    "tail -n +0 c.txt",
    "tail -n +99 c.txt",
    "tail -n2 open.txt",
    "tail -1 open.txt | wc -l",
    "tail -3 a.py | grep foo",
    "wc -l c.txt",
    "wc -l empty",
    "wc -l open.txt",
    "cat c.txt | wc -l",
    // ls and test
    "ls a.py",
    "ls a.py b.py",
    "ls b.py a.py",
    "ls missing",
    "ls missing a.py",
    "ls src",
    "ls src/",
    "ls ./src",
    "ls -1 src",
    "ls -d src",
    "ls src a.py",
    "ls src/deep src",
    "ls *.py",
    "ls -d *",
    "ls src | grep -c d.py",
    "ls src | wc -l",
    "ls *.zip || echo none",
    "test -f a.py",
    "test -f src",
    "test -f missing && echo FAIL || echo OK",
    "[ -f a.py ] && echo OK",
    "[ ! -f a.py ] && echo FAIL || echo OK",
    "! [ -f a.py ] || echo there",
    "! test -e missing && echo OK",
    "test -d src && echo yes",
    "test -d a.py",
    "test -d src/",
    "test -f a.py/",
    "test -e src/deep",
    "test -e .",
    "[ -e missing ]",
    "[ -s a.py ] && echo full || echo empty",
    "[ -s empty ]",
    "[ -s missing ]",
    "test a = a",
    "test a = b",
    "test a != b",
    "[ a != a ]",
    "test -n x",
    "test -n ''",
    "test -z ''",
    "test -z x",
    "test x",
    "test ''",
    "test",
    "[ ]",
    "test ! ''",
    "test !",
    "test -f",
    "test ! -f missing && test -f a.py && echo OK",
    "[ -f a.py ] && grep -q torch a.py && echo FAIL || echo OK",
];

/// Lines that only Bash reads so.
const BASH_LINES: &[&str] = &[
    "grep torch a.py &>/dev/null && echo FAIL || echo OK",
    "grep torch a.py &> /dev/null || echo OK",
    "ls missing &>/dev/null || echo none",
];

/// What stands behind `needs a shell: `.
const NEEDS_SHELL: &[(&str, &str)] = &[
    ("curl http://localhost:8000 | head -c 200", "`curl`"),
    ("python -c 'import x' && echo OK", "`python`"),
    ("grep -q x a.py && rm -rf /", "`rm`"),
    ("head -c 20 a.py", "`head -c`"),
    ("head -n -1 a.py", "`head -1`"),
    ("grep -P '\\d' a.py", "`grep -P`: this option"),
    ("grep -a x a.py", "`grep -a`: this option"),
    ("grep -f a.py b.py", "`grep -f`: this option"),
    (
        "grep --perl-regexp x a.py",
        "`grep --perl-regexp`: this option",
    ),
    ("grep -z x a.py", "`grep -z`: this option"),
    ("grep -5 x a.py", "`grep -5`: this option"),
    ("grep -E -F x a.py", "`grep -F`: this option"),
    ("grep x", "`grep` without a file: standard input"),
    ("grep", "`grep` without a pattern"),
    ("grep -vc '' a.py", "`grep -vc` with an empty pattern"),
    ("grep -e", "`-e`: an option without its value"),
    ("grep -mx x a.py", "`x`: not a number of lines"),
    ("grep '\\(a\\)\\1' a.py", "`\\(a\\)\\1`: a back-reference"),
    ("grep 'a\\{' a.py", "`a\\{`: an invalid interval"),
    ("grep foo* a.py", "`foo*`: an unquoted pattern"),
    (
        "grep x /etc/passwd",
        "`/etc/passwd`: not a path inside the repository",
    ),
    (
        "grep x ../a.py",
        "`../a.py`: not a path inside the repository",
    ),
    ("grep x -", "`-`: not a path inside the repository"),
    ("grep x ~/a.py", "`~/a.py`: `~` stands for a home folder"),
    ("grep $x a.py", "`$x`: an expansion"),
    ("grep \"$x\" a.py", "`$x`: an expansion"),
    ("grep x a.{py,txt}", "`a.{py,txt}`: an unquoted `{`"),
    ("grep x [ab].py", "`[ab].py`: an unquoted `[`"),
    ("grep x a.py > out", "`>out`"),
    ("cat << END", "`<<`"),
    ("echo $(date)", "`$(`: a command substitution"),
    ("echo `date`", "```: a command substitution"),
    ("echo ${x}", "`${`: an expansion"),
    ("echo 'a", "`'`: a quote that is not closed"),
    (
        "echo 'a\\n'",
        "`echo a\\n`: shells differ in its options and backslashes",
    ),
    (
        "echo -e x",
        "`echo -e x`: shells differ in its options and backslashes",
    ),
    ("(echo x)", "`(`"),
    ("true &", "`&`: a command in the background"),
    ("true |& cat", "`|&`"),
    ("if true; then echo x; fi", "`if`"),
    ("for x in a; do echo; done", "`for`"),
    ("[[ -f a.py ]]", "`[[`"),
    ("x=1", "`x=1`"),
    ("LC_ALL=C grep x a.py", "`LC_ALL=C`"),
    ("f() { true; }", "`(`"),
    ("true; ; true", "`;`: a syntax error"),
    ("true && && true", "`&&`: a syntax error"),
    ("&& true", "`&&`: a syntax error"),
    ("true ||", "`the end of the line`: a syntax error"),
    ("{ true", "`{`: a group that is empty or not closed"),
    ("true; }", "`}`: a syntax error"),
    ("{ true; } | cat", "a group in a pipe"),
    ("{ true; } > /dev/null", "a redirected group"),
    ("[ -f a.py", "`[`: a `]` is missing"),
    ("[ -f a.py -a -f b.py ]", "`test -f a.py -a -f b.py`"),
    ("test 1 -eq 1", "`test 1 -eq 1`"),
    ("ls -d src/*/", "`src/*/`: a pattern with an empty part"),
    ("ls", "`ls` without a path"),
    ("ls -l a.py | wc -l", "`ls -l` in a pipe"),
    ("ls missing 2>&1 | grep -c No", "a message in a pipe"),
    ("cat", "a command that reads standard input"),
    ("wc a.py", "`wc` without `-l`"),
    (
        "grep -ow 'foo\\|bar' b.py | wc -l",
        "`grep -o` with this pattern in a pipe",
    ),
    ("", "an empty line"),
    ("# nothing", "an empty line"),
    (
        "grep -rn --include='*.py' x a.py",
        "`--include` beside the file `a.py`",
    ),
];

/// Lines that have no answer, and the reason.
const UNKNOWN: &[(&str, &str)] = &[
    (
        "grep x missing && echo FAIL || echo SUCCESS",
        "no such file: `missing`",
    ),
    ("grep -s x missing", "no such file: `missing`"),
    ("head -3 missing | grep x", "no such file: `missing`"),
    ("cat missing", "no such file: `missing`"),
    ("wc -l < missing", "no such file: `missing`"),
    ("grep x *.zip", "no such file: `*.zip`"),
    ("grep x src", "`src` is a folder, not a file"),
    ("grep x a.py/", "`a.py/` is not a file"),
    (
        "grep -r x src --include='*.rs'",
        "no file to search in `src`",
    ),
    (
        "grep -rn foo . | head -1",
        "the order of files in a folder is not known",
    ),
    ("test -s src", "`src` is a folder, not a file"),
];

fn evaluated(line: &str, tree: &Tree) -> Result<(String, i32, bool), String> {
    let list = shell::read(line).map_err(|needs| needs.to_string())?;
    let run = evaluate::run(&list, &Memory::new(tree.iter().copied()));
    match run.exit {
        Ok(status) => Ok((run.printed.text(), status, run.printed.unordered)),
        Err(Stop::NeedsShell(needs)) => Err(needs.to_string()),
        Err(Stop::Unknown(why)) => Err(why),
    }
}

fn written(tree: &Tree) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in tree {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn compare(line: &str, shell: &str, tree: &Tree, folder: &Path) {
    let (mut printed, status, unordered) =
        evaluated(line, tree).unwrap_or_else(|why| panic!("`{line}` has no answer: {why}"));
    let output = ask(shell, &["-c", line], folder);
    let mut expected = String::from_utf8(output.stdout).unwrap();
    if unordered {
        printed = sorted(&printed);
        expected = sorted(&expected);
    }
    assert_eq!(
        (printed, Some(status)),
        (expected, output.status.code()),
        "{shell} -c `{line}`"
    );
}

fn sorted(text: &str) -> String {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

#[test]
fn lines_do_what_a_shell_does() {
    for tree in trees() {
        let folder = written(&tree);
        for line in LINES {
            if shell::read(line).is_ok_and(|list| list.needs_shell().is_none()) {
                compare(line, "sh", &tree, folder.path());
                compare(line, "bash", &tree, folder.path());
            } else {
                assert!(
                    ["if_not=1", "true; ; true"].contains(line),
                    "`{line}`: {:?}",
                    evaluated(line, &tree)
                );
            }
        }
        for line in BASH_LINES {
            compare(line, "bash", &tree, folder.path());
        }
    }
}

#[test]
fn random_lines_do_what_a_shell_does() {
    let starts = [
        "grep",
        "! grep",
        "cat a.py b.py | grep",
        "head -4 a.py | grep",
        "cat open.txt a.py | tail -n 5 | grep",
    ];
    let options = [
        "", "-n", "-v", "-c", "-o", "-i", "-w", "-x", "-l", "-L", "-h", "-H", "-m2", "-A1", "-B1",
        "-q", "-E", "-F",
    ];
    let patterns = [
        "torch",
        "foo",
        "'^import'",
        "'o$'",
        "''",
        "'\\w*'",
        "import",
        "'[^a-z]'",
        "'a\\|o'",
        "Foo",
    ];
    let files = [
        "a.py",
        "a.py b.py",
        "open.txt a.py",
        "c.txt empty",
        "src/d.py",
    ];
    let ends = [
        "",
        "| grep -c o",
        "| wc -l",
        "| head -2",
        "| tail -1",
        ">/dev/null && echo FAIL || echo OK",
        "&& echo x; echo y",
        "|| true",
    ];
    let mut numbers = Numbers(7);
    let trees: Vec<_> = trees()
        .into_iter()
        .map(|tree| (written(&tree), tree))
        .collect();
    let mut understood = 0;
    for _ in 0..600 {
        let start = *numbers.pick(&starts);
        let file = if start.contains('|') {
            ""
        } else {
            numbers.pick(&files)
        };
        let (one, two) = (numbers.pick(&options), numbers.pick(&options));
        let line = format!(
            "{start} {one} {two} {} {file} {}",
            numbers.pick(&patterns),
            numbers.pick(&ends)
        );
        let (folder, tree) = numbers.pick(&trees);
        let prints_unknown_parts = line.contains("-o") && line.contains("-w");
        if evaluated(&line, tree).is_ok() && !prints_unknown_parts {
            compare(&line, "sh", tree, folder.path());
            understood += 1;
        }
    }
    assert!(understood > 400, "only {understood} lines were understood");
}

#[test]
fn other_lines_need_a_shell() {
    let tree = &trees()[0];
    for (line, what) in NEEDS_SHELL {
        let answer = evaluated(line, tree);
        assert_eq!(answer, Err(format!("needs a shell: {what}")), "`{line}`");
    }
}

#[test]
fn what_cannot_be_read_has_no_answer() {
    let tree = &trees()[0];
    for (line, why) in UNKNOWN {
        assert_eq!(evaluated(line, tree), Err((*why).to_owned()), "`{line}`");
    }
}

#[test]
fn binary_files_are_not_decided_where_they_match() {
    let snapshot = Memory::new([("bin/a", b"\x00foo\xff\nbar" as &[u8]), ("bin/b", b"ok")]);
    for (line, exit) in [
        ("grep -rq zzz bin", Some(1)),
        ("grep -rq foo bin", None),
        ("grep -rc ok bin", Some(0)),
        ("grep -v zzz bin/a", None),
        ("cat bin/a", None),
    ] {
        assert_eq!(SmokeTest::new(line).run(&snapshot).exit, exit, "{line}");
    }
}

#[test]
fn no_line_is_too_odd() {
    let deep = "{ ".repeat(5000) + "true" + &"; }".repeat(5000);
    let long = format!("grep '{}' a.py", "a*".repeat(50_000));
    let many = "grep x a.py && ".repeat(10_000) + "true";
    let echo = format!("echo {}", "x ".repeat(50_000));
    let nested = format!("grep -E '{}{}' a.py", "(".repeat(4000), ")".repeat(4000));
    let odd = [
        "\0",
        "a\0b",
        "grep 'a\0' a.py",
        "echo é\u{301}",
        "'",
        "\\",
        "$",
        ">",
        "<",
        "2>",
        "&",
        "|",
        "!",
        "{",
        "}",
        "[",
        "-",
    ];
    let tree = &trees()[0];
    for line in odd
        .into_iter()
        .chain([&*deep, &*long, &*many, &*echo, &*nested])
    {
        let outcome = SmokeTest::new(line).run(&Memory::new(tree.iter().copied()));
        assert!(
            outcome.exit.is_some() || outcome.needs_shell.is_some(),
            "{line:.40}"
        );
    }
    let mut numbers = Numbers(99);
    let pieces = [
        "grep", " ", "'", "\"", "\\", "|", "&&", ";", "a.py", "-", "n", "{", "}", ">", "&", "1",
        "[", "]", "!", "*", "\n", "#", "(", "é", "$", "echo",
    ];
    for _ in 0..3000 {
        let line: String = (0..numbers.below(14))
            .map(|_| *numbers.pick(&pieces))
            .collect();
        let outcome = SmokeTest::new(line.clone()).run(&Memory::new(tree.iter().copied()));
        assert!(
            outcome.exit.is_none() || outcome.needs_shell.is_none(),
            "{line}"
        );
    }
}

//! Fills the corpora with what the tests of the workspace hold.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fuzz::package;
use tasks::markdown::blocks;

fn main() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut seeds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let cases = files(&top.join("checks/tests/cases"), "md");
    let cuts = files(&top.join("checks/tests/cuts"), "md");
    for document in cases.into_iter().chain(cuts) {
        for files in packages(&document) {
            let whole = package::text(files.iter().map(|(path, text)| (&**path, &**text)));
            seeds.entry("evaluator").or_default().push(whole);
            seeds
                .entry("collector")
                .or_default()
                .extend(files.into_iter().map(|(_, text)| text));
        }
    }
    let everything = read(&top.join("checks/tests/hostile/everything.py"));
    seeds
        .entry("collector")
        .or_default()
        .push(everything.clone());
    seeds.entry("evaluator").or_default().push(everything);
    let mut plans = files(&top.join("tasks/tests/plans"), "md");
    plans.extend(files(&top.join("tasks/tests/plans"), "json"));
    let format = read(&top.join("tasks/FORMAT.md"));
    let examples = blocks(&format)
        .into_iter()
        .filter(|it| it.language == "toml");
    let shipped = read(&top.join("tasks/m2.toml"));
    let mut tables: Vec<String> = examples.map(|it| it.text).collect();
    tables.extend(
        shipped
            .split("\n\n")
            .map(|it| format!("{}\n\n{it}\n", head(&shipped))),
    );
    tables.push(shipped);
    let lines = plans.iter().flat_map(|plan| shell_lines(plan));
    seeds.insert("idiom", lines.chain(IDIOMS.map(str::to_owned)).collect());
    seeds.insert("importer", plans);
    seeds.insert("plan", tables);
    for (target, seeds) in seeds {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(target);
        fs::create_dir_all(&folder).expect("a folder for seeds");
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{number}")), seed).expect("a seed is written");
        }
        println!("{target}: {} seeds", seeds.len());
    }
}

/// What the table `[milestone]` of a plan needs before anything else can stand.
fn head(plan: &str) -> &str {
    plan.split("\n\n[[").next().unwrap_or(plan)
}

/// Lines that the tests of the shell's idioms are about.
const IDIOMS: [&str; 12] = [
    "grep -n \"old\\|new\" a.py && echo \"FAIL: still there\" || echo \"SUCCESS\"",
    "grep -rn --include='*.py' \"import torch\" src | grep -v test | wc -l",
    "head -50 a.py | grep -q 'class A' && echo ok",
    "test -f a.py && test ! -e gone && echo PASS || { echo FAIL; exit 1; }",
    "[ -d src ] && ls src/c/d.txt",
    "! grep -q old src/b.py",
    "grep -cE '^(a|b)+$' src/c/d.txt | tail -1",
    "cat a.py | grep -i CLASS > /dev/null; echo $?",
    "if grep -q x a.py; then echo FAIL; else echo SUCCESS; fi",
    "[[ -z $(grep x a.py) ]] && printf 'ok\\n'",
    "python -c 'import a' && echo \"✅ ok\"",
    "find . -name '*.py' -exec grep -l torch {} +",
];

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files(folder: &Path, end: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder of test data");
    let paths = entries.map(|it| it.expect("an entry").path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|it| it.extension().is_some_and(|it| it == end))
        .collect();
    paths.sort();
    paths.iter().map(|it| read(it)).collect()
}

/// The packages of a document of cases: the blocks of Python up to one of TOML. The entry of
/// most is `app.main`.
fn packages(document: &str) -> Vec<Vec<(String, String)>> {
    let mut packages = Vec::new();
    let mut files: Vec<(String, String)> = Vec::new();
    for block in blocks(document) {
        let mark = document.lines().nth(block.inside.start.saturating_sub(2));
        let path = mark.and_then(|mark| mark.split_once("path="));
        match path {
            Some((_, path)) => files.push((path.trim().to_owned(), block.text)),
            None if block.language == "toml" && !files.is_empty() => {
                files.insert(0, ("main.py".to_owned(), "import app.main\n".to_owned()));
                packages.push(std::mem::take(&mut files));
            }
            None => {}
        }
    }
    packages
}

fn shell_lines(plan: &str) -> Vec<String> {
    let shell = blocks(plan)
        .into_iter()
        .filter(|it| matches!(it.language, "bash" | "sh" | "shell"));
    shell
        .flat_map(|it| it.text.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

//! The import analysis beside its peers, whole commands in turn in one run.
//!
//! ```text
//! cargo bench --locked --bench imports                              # a generated package
//! cargo bench --locked --bench imports -- DIR ENTRY TARGET          # /path/to/ktrdr ktrdr.api.main torch
//! ```
//!
//! Peers are `ruff` and a `python3` that can import `grimp`, both from `PATH`; one that is not
//! there is said to be missing. They answer an easier question: which file names which module.
//! Then the analysis alone on generated packages of growing size, where time and memory are to
//! grow as the package does. The figures are printed; nothing is asserted.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often each side runs, after one run that does not count.
const RUNS: usize = 21;

/// How many modules the package has that is measured if none is named.
const DEFAULT: usize = 2_000;

/// The packages by which growth is seen.
const SIZES: [usize; 3] = [1_000, 5_000, 50_000];

const TOOL: &str = env!("CARGO_BIN_EXE_cargo-xtask");

/// Builds the graph and looks for a chain, without a cache.
const GRIMP: &str = "
import sys, grimp
sys.path.insert(0, '.')
top, entry, target = sys.argv[1:]
graph = grimp.build_graph(top, include_external_packages=True, cache_dir=None)
graph.find_shortest_chain(importer=entry, imported=target)
";

/// Runs a command, and prints the most memory that it took at once, in kilobytes.
const PEAK: &str = "
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
";

/// What is measured.
struct Question {
    folder: PathBuf,
    entry: String,
    target: String,
}

fn main() {
    let named: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let question = match named.as_slice() {
        [folder, entry, target] => Question {
            folder: folder.into(),
            entry: entry.clone(),
            target: target.clone(),
        },
        [] => generated(scratch.path(), DEFAULT),
        _ => {
            eprintln!("name nothing, or a folder, an entry and a target");
            return;
        }
    };
    compare(&question, &scratch.path().join("cache"));
    grow(scratch.path());
}

/// All sides on one tree.
fn compare(question: &Question, cache: &Path) {
    println!("{:<30} {:>10} {:>8}", "", "median", "ratio");
    let top = question.entry.split('.').next().unwrap_or_default();
    let warm = || {
        let mut command = ours(question);
        command.env("XDG_CACHE_HOME", cache);
        command
    };
    let without = || ours(question);
    let grimp = || {
        let mut command = Command::new("python3");
        command.args(["-c", GRIMP, top, &question.entry, &question.target]);
        command
    };
    let python = || {
        let mut command = Command::new("python3");
        command.args(["-c", "import grimp"]);
        command
    };
    let ruff = || {
        let mut command = Command::new("ruff");
        command.args(["analyze", "graph", top]);
        command
    };
    let sides: [(&str, &dyn Fn() -> Command); 5] = [
        ("without a cache", &without),
        ("with a warm cache", &warm),
        ("grimp, without its cache", &grimp),
        ("  of that, importing grimp", &python),
        ("ruff analyze graph", &ruff),
    ];
    let there: Vec<bool> = sides
        .iter()
        .map(|(_, command)| starts(command(), &question.folder))
        .collect();
    let mut times = vec![Vec::new(); sides.len()];
    for _ in 0..=RUNS {
        for (side, (_, command)) in sides.iter().enumerate() {
            if there[side] {
                times[side].push(timed(command(), &question.folder));
            }
        }
    }
    let base = median(&mut times[0]).unwrap_or_default();
    for (side, (name, _)) in sides.iter().enumerate() {
        match median(&mut times[side]) {
            Some(time) => println!(
                "{name:<30} {:>10} {:>8.2}",
                milliseconds(time),
                base.as_secs_f64() / time.as_secs_f64()
            ),
            None => println!("{name:<30} {:>10}", "missing"),
        }
    }
    println!(
        "{:<30} {:>10}",
        "peak memory, without a cache",
        peak(question)
    );
}

/// The analysis alone, on packages of growing size.
fn grow(scratch: &Path) {
    println!(
        "\n{:<30} {:>10} {:>12} {:>10}",
        "generated package", "median", "a module", "memory"
    );
    for modules in SIZES {
        let question = generated(scratch, modules);
        let runs = if modules > 10_000 { 3 } else { 7 };
        let mut times: Vec<Duration> = (0..=runs)
            .map(|_| timed(ours(&question), &question.folder))
            .collect();
        let time = median(&mut times).unwrap_or_default();
        let each = time.as_secs_f64() * 1e6 / modules as f64;
        let name = format!("{modules} modules");
        let memory = peak(&question);
        println!(
            "{name:<30} {:>10} {each:>9.1} µs {memory:>10}",
            milliseconds(time)
        );
    }
}

/// A package whose entry loads all of its modules; the last one loads the target.
fn generated(scratch: &Path, modules: usize) -> Question {
    const FOLDER: usize = 100;
    let top = scratch.join(modules.to_string());
    let write = |path: &str, text: &str| {
        let place = top.join(path);
        fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        fs::write(place, text).expect("a file");
    };
    let mut entry = String::new();
    write("big/__init__.py", "");
    for folder in 0..modules.div_ceil(FOLDER) {
        let _ = writeln!(entry, "from big import part{folder}");
        let mut package = String::new();
        for number in folder * FOLDER..modules.min((folder + 1) * FOLDER) {
            let _ = writeln!(package, "from .module{number} import Thing{number}");
            write(
                &format!("big/part{folder}/module{number}.py"),
                &module(folder, number, number + 1 == modules),
            );
        }
        write(&format!("big/part{folder}/__init__.py"), &package);
    }
    write("big/main.py", &entry);
    Question {
        folder: top,
        entry: "big.main".to_owned(),
        target: "torch".to_owned(),
    }
}

fn module(folder: usize, number: usize, last: bool) -> String {
    let before = number.saturating_sub(1);
    let target = if last { "import torch\n" } else { "" };
    let base = match number % 100 {
        0 => String::new(),
        _ => format!("from big.part{folder}.module{before} import Thing{before}\n"),
    };
    let mut text = format!(
        "\"\"\"Module {number}.\"\"\"\n\nimport logging\nfrom dataclasses import dataclass\n\n{base}{target}\nlogger = logging.getLogger(__name__)\n\n\n@dataclass\nclass Thing{number}:\n    name: str = \"thing\"\n    size: int = {number}\n"
    );
    for method in 0..8 {
        let _ = write!(
            text,
            "\n    def method{method}(self, value: int) -> int:\n        if value > self.size:\n            logger.warning(\"%s is too large\", value)\n            return self.size\n        return value + {method}\n"
        );
    }
    text
}

/// Without a cache: there is no folder where it could be.
fn ours(question: &Question) -> Command {
    let mut command = Command::new(TOOL);
    command.env_remove("HOME").env_remove("XDG_CACHE_HOME");
    command.args(["imports", &question.entry, &question.target, "--no-site"]);
    command
}

fn quiet(mut command: Command, folder: &Path) -> Command {
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Whether a side can be measured: whoever finds a chain may say so with an exit code of 1.
fn starts(command: Command, folder: &Path) -> bool {
    let program = command.get_program().to_owned();
    let status = quiet(command, folder).status();
    status.is_ok_and(|status| program == TOOL || status.success())
}

fn timed(command: Command, folder: &Path) -> Duration {
    let start = Instant::now();
    quiet(command, folder)
        .status()
        .expect("the command can be started");
    start.elapsed()
}

fn peak(question: &Question) -> String {
    let ours = ours(question);
    let mut command = Command::new("python3");
    command
        .args(["-c", PEAK])
        .arg(ours.get_program())
        .args(ours.get_args());
    command
        .env_remove("HOME")
        .env_remove("XDG_CACHE_HOME")
        .current_dir(&question.folder);
    let told = command
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok());
    match told.and_then(|told| told.trim().parse::<f64>().ok()) {
        Some(kilobytes) => format!("{:.1} MB", kilobytes / 1024.0),
        None => "unknown".to_owned(),
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// The first run does not count: it fills the system's caches, and ours.
fn median(times: &mut [Duration]) -> Option<Duration> {
    let (_, counted) = times.split_first_mut()?;
    counted.sort();
    counted.get(counted.len() / 2).copied()
}

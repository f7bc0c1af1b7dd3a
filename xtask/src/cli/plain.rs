//! The commands that need no milestone, and their options.

use std::path::PathBuf;

use checks::python::{ModuleName, PythonVersion};
use clap::{Args, Subcommand, ValueEnum};

/// What can be done without a milestone.
#[derive(Debug, Subcommand)]
pub(crate) enum PlainCommand {
    /// List the milestones there are
    List,
    /// Make a small sample repository and walk through a milestone on it
    Demo(Demo),
    /// Show which modules importing one module loads, and through which chain
    Imports(Imports),
    /// Show what is wrong with a plan itself: tests that cannot fail, claims that are not so
    Lint(Lint),
    /// List a plan's commands word by word, and let them run in this repository
    Trust(TrustOptions),
    /// Read a plan in Markdown and write it as a plan file
    Import(Import),
    /// Say what decides the boxes of a plan file that nothing decides, and see the verdict at once
    Bind(Bind),
    /// Write a commented plan file to start from
    New(New),
    /// Print the JSON Schema of plan files, by which editors complete and check them
    Schema(SchemaOptions),
    /// Print a script that completes commands and milestones in a shell
    Completions(Completions),
}

/// `demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Make the sample in this new folder [default: a temporary one]
    #[arg(value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}

/// `imports`
#[derive(Debug, Args)]
pub(crate) struct Imports {
    /// The module imported first, such as `app.main`
    #[arg(value_name = "ENTRY", value_parser = module_name, required_unless_present = "explain")]
    pub(crate) entry: Option<ModuleName>,
    /// The module asked about, such as `torch`
    #[arg(value_name = "TARGET", value_parser = module_name, conflicts_with = "explain")]
    pub(crate) target: Option<ModuleName>,
    /// The folder that the entry's package lies in, or whose `src` it lies in [default: -C]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Analyse the files of this revision, straight from git
    #[arg(long, value_name = "REV")]
    pub(crate) at: Option<String>,
    /// Look into the packages of this Python environment: its folder or interpreter, which is
    /// not run unless --probe [default: `.venv`, else $VIRTUAL_ENV; none with --path, --at or --no-site]
    #[arg(long, value_name = "PYTHON")]
    pub(crate) python: Option<PathBuf>,
    /// A folder of installed packages; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(crate) path: Vec<PathBuf>,
    /// The version of Python that imports [default: the environment's, else 3.13 or what is next
    /// to it in `requires-python`]
    #[arg(long, value_name = "VERSION", value_parser = python_version)]
    pub(crate) python_version: Option<PythonVersion>,
    /// The platform that it runs on, as `sys.platform` has it: `linux`, `darwin`, `win32`
    /// [default: this machine's]
    #[arg(long, value_name = "NAME", value_parser = platform)]
    pub(crate) platform: Option<String>,
    /// Look into no installed packages: they are taken to import well
    #[arg(long)]
    pub(crate) no_site: bool,
    /// The target is not installed
    #[arg(long)]
    pub(crate) absent: bool,
    /// Say whether the statement at FILE:LINE runs on load, and why or why not; without ENTRY
    /// when FILE's own module is loaded
    #[arg(long, value_name = "FILE:LINE", value_parser = spot)]
    pub(crate) explain: Option<Spot>,
    /// List everything that is loaded
    #[arg(long)]
    pub(crate) all: bool,
    /// Import it with a real interpreter too, and show where that and the analysis differ
    #[arg(long, conflicts_with_all = ["absent", "explain"])]
    pub(crate) probe: bool,
    /// The smallest set of import statements that, once deferred, free the entry from the target
    #[arg(long, requires = "target", conflicts_with = "probe")]
    pub(crate) cut: bool,
    /// The kinds of change that the cut may ask for
    #[arg(
        long,
        value_name = "KINDS",
        requires = "cut",
        value_delimiter = ',',
        default_value = "plain,getattr"
    )]
    pub(crate) moves: Vec<MoveWord>,
    /// Print which module loads which as a graph for Graphviz: on all ways to TARGET, without
    /// one among the entry's own modules
    #[arg(long, conflicts_with_all = ["explain", "probe", "cut", "svg", "all"])]
    pub(crate) dot: bool,
    /// Write that as a picture too, as much of it as a person can take in
    #[arg(long, value_name = "FILE", conflicts_with_all = ["explain", "probe", "cut"])]
    pub(crate) svg: Option<PathBuf>,
}

/// A kind of change that defers an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MoveWord {
    /// The statement goes into the functions that use it
    Plain,
    /// A module `__getattr__` imports what others ask the module for (PEP 562)
    Getattr,
    /// Annotations are no longer evaluated, by `from __future__ import annotations` (PEP 563)
    Annotations,
}

/// `lint`
#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// The plan: a file, or the id of a milestone that ships with the tool
    #[arg(value_name = "PLAN")]
    pub(crate) document: String,
    /// Compare with this revision [default: the baseline that the plan file names, else the files
    /// on disk]
    #[arg(long, value_name = "REV")]
    pub(crate) at: Option<String>,
    /// Look at the plan alone, and at no repository
    #[arg(long, conflicts_with = "at")]
    pub(crate) alone: bool,
}

/// `new`
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The file to write; one that is there is left alone [default: milestones/ID.toml]
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// The milestone's id [default: the file's name without its end, else `m1`]
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// The milestone's title
    #[arg(long, value_name = "TITLE")]
    pub(crate) title: Option<String>,
}

/// `schema`
#[derive(Debug, Args)]
pub(crate) struct SchemaOptions {
    /// Write it here; the first line of a plan names `plan.schema.json` in its folder or one above
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long, requires = "output")]
    pub(crate) force: bool,
}

/// `completions`
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

/// `trust`
#[derive(Debug, Args)]
pub(crate) struct TrustOptions {
    /// The plan: a milestone, or a plan file
    #[arg(value_name = "PLAN")]
    pub(crate) named: Option<String>,
    /// Do not ask: let them run
    #[arg(long)]
    pub(crate) yes: bool,
    /// List what is trusted, in every repository
    #[arg(long, conflicts_with_all = ["named", "yes", "revoke"])]
    pub(crate) list: bool,
    /// Take the trust away again
    #[arg(long, conflicts_with = "yes")]
    pub(crate) revoke: bool,
}

/// A line of a file, as compilers and editors write it.
#[derive(Debug, Clone)]
pub(crate) struct Spot {
    /// The file.
    pub(crate) file: PathBuf,
    /// The line, from 1.
    pub(crate) line: usize,
}

/// A column behind the line says nothing more and is left alone.
fn spot(text: &str) -> Result<Spot, String> {
    let text = text.trim_end_matches(':');
    let number = |text: &str| text.parse::<usize>().ok().filter(|it| *it > 0);
    let split = |text: &str| {
        let (rest, last) = text.rsplit_once(':')?;
        Some((rest.to_owned(), number(last)?))
    };
    let found = split(text).map(|(file, last)| match split(&file) {
        Some((file, line)) => (file, line),
        None => (file, last),
    });
    match found {
        Some((file, line)) if !file.is_empty() => Ok(Spot {
            file: file.into(),
            line,
        }),
        _ => Err("it should be a file and a line, such as `app/main.py:12`".to_owned()),
    }
}

fn module_name(text: &str) -> Result<ModuleName, String> {
    ModuleName::new(text).map_err(|error| {
        if text.contains(['/', '\\']) {
            format!("{error}; `cargo xtask import` reads a document")
        } else {
            error.to_string()
        }
    })
}

/// <https://docs.python.org/3/library/sys.html#sys.platform>: the names that are listed there,
/// some with a number, and those of the systems that CPython is ported to.
fn platform(text: &str) -> Result<String, String> {
    const KNOWN: &[&str] = &[
        "aix",
        "android",
        "cygwin",
        "darwin",
        "emscripten",
        "freebsd",
        "ios",
        "linux",
        "netbsd",
        "openbsd",
        "sunos",
        "wasi",
        "win32",
    ];
    let is_number = |rest: &str| rest.chars().all(|it| it.is_ascii_digit());
    if KNOWN
        .iter()
        .any(|name| text.strip_prefix(name).is_some_and(is_number))
    {
        return Ok(text.to_owned());
    }
    let meant = match text.to_lowercase().as_str() {
        "macos" | "macosx" | "osx" | "mac" => "; Python says `darwin`",
        "windows" | "win" | "win64" => "; Python says `win32`",
        _ => "",
    };
    Err(format!("`sys.platform` is never that{meant}"))
}

fn python_version(text: &str) -> Result<PythonVersion, String> {
    PythonVersion::try_from(text.to_owned()).map_err(|error| error.to_string())
}

/// `import`
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The plan: Markdown, or the JSON of task-master
    #[arg(value_name = "DOCUMENT")]
    pub(crate) document: PathBuf,
    /// Write the plan file here [default: standard output]
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write over a plan file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// `bind`
#[derive(Debug, Args)]
pub(crate) struct Bind {
    /// The plan: a plan file, or a milestone of the repository
    #[arg(value_name = "PLAN")]
    pub(crate) named: String,
    /// The box, such as `2.1.2` [default: ask about each that nothing decides]
    #[arg(value_name = "ID")]
    pub(crate) criterion: Option<String>,
    /// Let this check decide it, written as in a plan file: `{ path = { exists = "a.py" } }`
    #[arg(long, value_name = "TOML", requires = "criterion")]
    pub(crate) check: Option<String>,
    /// Let a person decide it, for this reason
    #[arg(
        long,
        value_name = "REASON",
        requires = "criterion",
        conflicts_with = "check"
    )]
    pub(crate) manual: Option<String>,
    /// List the boxes that only a person decides so far, with the checks that may be meant
    #[arg(long, conflicts_with = "criterion")]
    pub(crate) list: bool,
}

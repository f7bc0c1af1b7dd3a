//! `imports --probe`: what CPython itself loads, beside what the analysis says.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use checks::python::PythonVersion;
use checks::python::eager::{Analysis, Hop, Settings, analyse};
use serde::Deserialize;

use super::places::Places;
use super::state::State;
use crate::check::probe::{Interview, Question, Tree};
use crate::cli::{Common, Format, Imports};
use crate::failure::Failure;
use crate::output;
use crate::process::{self, Service};
use crate::render::audit as render;
use crate::render::audit::{Asked, Audit};
use crate::session::virtual_env;
use crate::world::World;

/// What the interpreter wrote down.
#[derive(Debug, Deserialize)]
struct Trace {
    version: (u32, u32, u32),
    outcome: String,
    errors: Vec<Raised>,
    requests: Vec<Request>,
    /// Every module with its file.
    loaded: Vec<(String, Option<String>)>,
    /// Where it looks for modules.
    folders: Vec<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Raised {
    r#type: String,
    message: String,
}

/// Who asked first for a module.
#[derive(Debug, Deserialize)]
struct Request {
    name: String,
    stack: Vec<Frame>,
}

#[derive(Debug, Deserialize)]
struct Frame {
    file: String,
    line: usize,
}

/// How long an import may take.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// 0 if both agree, 1 if they differ, 2 if CPython does not reach the end.
pub(super) fn run(common: &Common, options: &Imports, state: &State) -> Result<u8, Failure> {
    let Some(root) = state.disk() else {
        return Err(
            Failure::new("`--probe` runs the files on disk, and `--at` names a revision")
                .with_help("leave one of them out"),
        );
    };
    let root = root.canonicalize();
    let root = root.map_err(|error| Failure::because("the folder cannot be read", error))?;
    let entry = options.entry.as_ref().map_or("", |it| it.as_str());
    let trace = trace(entry, &root, options)?;
    if trace.outcome != "imported" {
        let why = trace
            .errors
            .first()
            .map(|it| format!("{}: {}", it.r#type, it.message));
        let why = why.unwrap_or(trace.outcome);
        output::print(&format!(
            "undecided: CPython cannot import `{entry}`: {why}\n"
        ))?;
        return Ok(2);
    }
    let mut places = Places::find(state, options)?;
    if !options.no_site && options.path.is_empty() {
        places.add_site(&trace.folders);
    }
    let (major, minor, _) = trace.version;
    let version = PythonVersion::try_from(format!("{major}.{minor}"));
    let (settings, _) = places.settings(options);
    let settings = Settings {
        version: version.unwrap_or(settings.version),
        ..settings
    };
    let analysis = analyse(entry, None, &places.roots(), &settings);
    let looked_into = Looked {
        tree: Tree { root: &root },
        site: places.site_folders(),
    };
    let mut audit = compare(&trace, &analysis, &looked_into);
    if let Some(target) = &options.target {
        audit.keep(target.as_str());
    }
    let text = match common.format() {
        Some(Format::Json) => crate::command::json(&audit)?,
        _ => render::text(entry, &audit),
    };
    output::print(&text)?;
    Ok(u8::from(!audit.agrees()))
}

fn trace(entry: &str, root: &Path, options: &Imports) -> Result<Trace, Failure> {
    let world = World {
        root: root.to_owned(),
        python: options.python.clone(),
        virtual_env: virtual_env(),
        ..World::default()
    };
    let interpreter = world.interpreter().map_err(Failure::new)?;
    let log = tempfile::NamedTempFile::new();
    let log = log.map_err(|error| Failure::because("no temporary file can be made", error))?;
    let interview = Interview::new(Question {
        interpreter: &interpreter,
        root,
        entry,
        attribute: "",
        without: "",
        timeout: PATIENCE,
        log: log.path().to_owned(),
    });
    let interview = interview.map_err(Failure::new)?;
    let ran = process::serve(&interview.program, &[], &mut |_| {}, Service::wait);
    let (finished, ()) = ran.map_err(|error| Failure::new(error.to_string()))?;
    interview.facts(&finished).map_err(Failure::new)
}

/// The folders that the analysis looked into.
struct Looked<'a> {
    tree: Tree<'a>,
    site: Vec<PathBuf>,
}

impl Looked<'_> {
    fn holds(&self, file: &str) -> bool {
        let path = Path::new(file);
        self.tree.inside(file).is_some() || self.site.iter().any(|site| path.starts_with(site))
    }

    /// A file as it is shown: relative to where it was found.
    fn name(&self, file: &str) -> String {
        if let Some(path) = self.tree.inside(file) {
            return path.to_string();
        }
        let path = Path::new(file);
        let mut inside = self
            .site
            .iter()
            .filter_map(|site| path.strip_prefix(site).ok());
        inside.next().unwrap_or(path).display().to_string()
    }
}

fn compare(trace: &Trace, analysis: &Analysis, looked: &Looked<'_>) -> Audit {
    let real: HashMap<&str, Option<&str>> = trace
        .loaded
        .iter()
        .map(|(name, file)| (name.as_str(), file.as_deref()))
        .collect();
    let first = trace
        .requests
        .iter()
        .filter_map(|it| Some((it.name.as_str(), it.stack.last()?)));
    let first: HashMap<&str, &Frame> = first.collect();
    let ours: HashMap<_, _> = analysis
        .eager
        .iter()
        .map(|it| (it.name.as_str(), it))
        .collect();
    let perhaps: HashSet<&str> = analysis.maybe.iter().map(|it| it.name.as_str()).collect();
    let asked = |name: &str| {
        let frame = first.get(name);
        frame.map(|it| format!("{}:{}", looked.name(&it.file), it.line))
    };
    let mut audit = Audit::default();
    for (name, file) in &trace.loaded {
        let Some(file) = file.as_ref().filter(|file| looked.holds(file)) else {
            continue;
        };
        if ours.contains_key(name.as_str()) {
            audit.common += 1;
        } else if perhaps.contains(name.as_str()) {
            audit.perhaps += 1;
        } else {
            let by = asked(name).unwrap_or_else(|| looked.name(file));
            audit.only_cpython.push(Asked {
                name: name.clone(),
                by,
            });
        }
    }
    for loaded in &analysis.eager {
        let by = loaded.hops.last().map(place);
        if !real.contains_key(loaded.name.as_str()) {
            let by = by.unwrap_or_default();
            audit.only_analysis.push(Asked {
                name: loaded.name.clone(),
                by,
            });
        } else if let (Some(_), Some(hop), Some(frame)) = (
            &loaded.file,
            loaded.hops.last(),
            first.get(loaded.name.as_str()),
        ) && looked.holds(&frame.file)
            && !is_same(hop, frame, looked)
        {
            let by = format!(
                "{}, not {}",
                asked(&loaded.name).unwrap_or_default(),
                place(hop)
            );
            audit.other_statement.push(Asked {
                name: loaded.name.clone(),
                by,
            });
        }
    }
    audit
}

fn place(hop: &Hop) -> String {
    format!("{}:{}", hop.place.path, hop.place.line)
}

/// Whether a statement is the one that CPython was at: it tells the first line of a statement,
/// the analysis that of the name.
fn is_same(hop: &Hop, frame: &Frame, looked: &Looked<'_>) -> bool {
    if looked.name(&frame.file) != hop.place.path.as_str() {
        return false;
    }
    if frame.line >= hop.place.line {
        return frame.line == hop.place.line;
    }
    let text = std::fs::read(&frame.file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut open = 0_isize;
    let between = text
        .lines()
        .skip(frame.line - 1)
        .take(hop.place.line - frame.line);
    between.into_iter().all(|line| {
        let count = |wanted: char| {
            line.chars()
                .filter(|it| *it == wanted)
                .count()
                .cast_signed()
        };
        open += count('(') - count(')');
        open > 0 || line.ends_with('\\')
    })
}

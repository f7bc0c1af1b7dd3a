//! What the interpreter wrote down, and what it means.

use std::path::Path;

use checks::verdict::{Answer, Finding, Verdict};
use serde::Deserialize;

use super::tree::Tree;
use super::{Probe, is_within};

/// What the interpreter wrote down.
#[derive(Debug, Deserialize)]
pub(super) struct Facts {
    implementation: String,
    version: (u32, u32, u32),
    outcome: Outcome,
    /// The exception and those that led to it, the last one first.
    errors: Vec<Raised>,
    seconds: f64,
    /// Each time that the absent module was asked for.
    requests: Vec<Request>,
    /// Whether something stands in the absent module's place all the same.
    is_present: bool,
    /// Whether the absent module is installed, so that it had to be blocked.
    is_installed: bool,
    /// What the code has put another thing in the place of, so that nobody can see what is
    /// imported.
    replaced: Vec<String>,
    /// How many modules were loaded in the end.
    modules: usize,
    /// The modules of the entry's package with their files.
    package: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Imported,
    NoAttribute,
    Preloaded,
    Raised,
}

#[derive(Debug, Deserialize)]
struct Raised {
    r#type: String,
    message: String,
    is_import_error: bool,
    is_missing_module: bool,
    /// The module that an import error is about, if it says so.
    name: Option<String>,
    trace: Vec<Frame>,
}

#[derive(Debug, Deserialize)]
struct Request {
    name: String,
    /// Outermost first; the last is the statement that asks.
    stack: Vec<Frame>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Frame {
    file: String,
    line: usize,
    kind: Kind,
    /// The function's or class's own name.
    name: String,
    module: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Class,
    Function,
    Module,
}

impl Facts {
    /// How many modules were loaded in the end.
    pub(super) fn modules(&self) -> usize {
        self.modules
    }

    /// The modules of the entry's package that were loaded, in the order of their beginning.
    pub(super) fn own_modules(&self) -> Vec<String> {
        self.package.iter().map(|(name, _)| name.clone()).collect()
    }

    /// What it means for the probe.
    pub(super) fn answer(&self, probe: &Probe, root: &Path, interpreter: &Path) -> Answer {
        let (major, minor, patch) = self.version;
        let Self { implementation, modules, seconds, .. } = self;
        let absence = if self.is_installed { "blocked" } else { "not installed" };
        let absence = probe.without.as_ref().map(|target| format!(", `{target}` {absence}"));
        let mut remarks = vec![format!(
            "{implementation} {major}.{minor}.{patch} (`{}`): {modules} modules in {seconds:.1} s{}",
            interpreter.display(),
            absence.unwrap_or_default()
        )];
        let tree = Tree { root };
        let verdict = Reading { facts: self, probe, tree }.verdict();
        if let Some(target) = &probe.without
            && verdict == Verdict::Pass
            && !self.requests.is_empty()
        {
            let places = tree.asked_at(&self.requests);
            remarks.push(format!("`{target}` is asked for while loading, and not needed: {places}"));
        }
        Answer { verdict, remarks }
    }
}

/// The oldest Python that the probe's program was written for.
const OLDEST: (u32, u32) = (3, 9);

/// The facts in the light of the question.
struct Reading<'a> {
    facts: &'a Facts,
    probe: &'a Probe,
    tree: Tree<'a>,
}

impl Reading<'_> {
    fn verdict(&self) -> Verdict {
        let (major, minor, _) = self.facts.version;
        if (major, minor) < OLDEST {
            let why = format!("needs Python 3.9 or newer, and this is {major}.{minor}");
            return Verdict::Undecided(why);
        }
        if let Some((name, file)) = self.elsewhere() {
            return Verdict::Undecided(format!(
                "`{name}` came from `{file}` and not from this repository"
            ));
        }
        match &self.probe.without {
            Some(target) => self.without(target),
            None => self.plain(),
        }
    }

    /// Whether the import works while the target is absent.
    fn without(&self, target: &str) -> Verdict {
        let entry = &self.probe.entry;
        match self.facts.outcome {
            Outcome::Preloaded => Verdict::Undecided(format!(
                "the environment itself loads `{target}` at start-up, before `{entry}`"
            )),
            Outcome::Imported if self.facts.is_present => Verdict::Undecided(format!(
                "`{entry}` was imported, but something stands in the place of `{target}`: the \
                 code loads it in a way of its own, or replaces it{}",
                self.asked()
            )),
            Outcome::Imported => match self.facts.replaced.first() {
                None => Verdict::Pass,
                Some(replaced) => Verdict::Undecided(format!(
                    "`{entry}` was imported, but its code puts something else in the place of \
                     `{replaced}`: what is imported by way of that cannot be seen{}",
                    self.asked()
                )),
            },
            Outcome::NoAttribute => {
                let attribute = self.probe.attribute.as_deref().unwrap_or_default();
                let asked = self.asked();
                Verdict::Undecided(format!("`{entry}` was imported, but has no `{attribute}`{asked}"))
            }
            Outcome::Raised => self.raised(target),
        }
    }

    /// Whether the import works with everything that is installed.
    fn plain(&self) -> Verdict {
        let entry = &self.probe.entry;
        match self.facts.outcome {
            Outcome::Imported => Verdict::Pass,
            Outcome::NoAttribute => {
                let attribute = self.probe.attribute.as_deref().unwrap_or_default();
                let message = format!("`{entry}` was imported, and has no `{attribute}`");
                Verdict::Fail(vec![Finding::general(message)])
            }
            Outcome::Raised | Outcome::Preloaded => match self.own_lack() {
                Some(finding) => Verdict::Fail(vec![finding]),
                None => Verdict::Undecided(match self.facts.errors.iter().find(|it| it.is_missing_module) {
                    Some(error) => self.lack(error),
                    None => format!("importing `{entry}` fails: {}", self.raised_by()),
                }),
            },
        }
    }

    /// What the repository's own package lacks, if every import error is about that: a module
    /// below one that is there, or a name in one.
    fn own_lack(&self) -> Option<Finding> {
        let package = self.probe.entry.split('.').next().unwrap_or_default();
        let is_own = |error: &Raised| {
            let name = error.name.as_deref();
            name.is_some_and(|name| {
                is_within(name, package) && !(error.is_missing_module && name == package)
            })
        };
        let first = self.facts.errors.first().filter(|error| error.is_import_error)?;
        if !self.facts.errors.iter().all(is_own) {
            return None;
        }
        let frame = first.trace.last();
        let finding = frame.map(|frame| self.tree.finding(frame, first.message.clone()));
        Some(finding.unwrap_or_else(|| Finding::general(first.message.clone())))
    }

    /// The last exception, and where it was raised.
    fn raised_by(&self) -> String {
        match self.facts.errors.first() {
            Some(error) => {
                let Raised { r#type, message, trace, .. } = error;
                format!("{type} at {}: {message}", self.tree.end_of(trace))
            }
            None => "an exception".to_owned(),
        }
    }

    /// A module of the entry's package that does not come from the tree.
    fn elsewhere(&self) -> Option<&(String, String)> {
        self.facts.package.iter().find(|(_, file)| self.tree.inside(file).is_none())
    }

    /// Whether the exceptions show that the import failed because of the target.
    ///
    /// Another missing module among them says that this environment is not the one that the
    /// code is meant for, and that the code may have come this way for that reason alone.
    fn raised(&self, target: &str) -> Verdict {
        if let Some(error) = self.facts.errors.iter().find(|error| lacks_another(error, target)) {
            return Verdict::Undecided(self.lack(error));
        }
        if let Some(error) = self.facts.errors.iter().find(|error| blames(error, target)) {
            let request = self.request_of(error);
            let stack = request.map_or(&error.trace, |request| &request.stack);
            return Verdict::Fail(self.findings(target, stack, "imports"));
        }
        if let Some(request) = self.facts.errors.iter().find_map(|error| self.complaint(error)) {
            return Verdict::Fail(self.findings(target, &request.stack, "asks for"));
        }
        Verdict::Undecided(format!(
            "importing `{}` fails, and not plainly for want of `{target}`: {}{}",
            self.probe.entry,
            self.raised_by(),
            self.asked()
        ))
    }

    /// The request that an import error without a name is about: raised by the same code that
    /// has asked for the target (`if find_spec("torch") is None: raise ImportError("…")`).
    fn complaint(&self, error: &Raised) -> Option<&Request> {
        let is_plain = error.is_import_error && error.name.is_none();
        let raiser = error.trace.last().filter(|_| is_plain)?;
        self.facts.requests.iter().rev().find(|request| {
            let asker = request.stack.last();
            asker.is_some_and(|it| (&it.file, &it.name) == (&raiser.file, &raiser.name))
        })
    }

    /// The request that ended in this error: its stack reaches further up than the error's.
    fn request_of(&self, error: &Raised) -> Option<&Request> {
        let is_it = |request: &&Request| {
            let same_place = error.trace.last().is_none_or(|raised| {
                let asked = request.stack.last();
                asked.is_some_and(|asked| (&asked.file, asked.line) == (&raised.file, raised.line))
            });
            Some(&request.name) == error.name.as_ref() && same_place
        };
        self.facts.requests.iter().rev().find(is_it)
    }

    fn lack(&self, error: &Raised) -> String {
        let entry = &self.probe.entry;
        let missing = error.name.as_deref().unwrap_or_default();
        let package = entry.split('.').next().unwrap_or_default();
        if is_within(entry, missing) {
            return format!("the module `{missing}` is not in this repository");
        }
        let at = self.tree.end_of(&error.trace);
        let asked = self.asked();
        if is_within(missing, package) {
            format!("importing `{entry}` needs `{missing}`, which does not exist: {at}{asked}")
        } else {
            format!("importing `{entry}` needs `{missing}`, which is not installed: {at}{asked}")
        }
    }

    /// Where the target was asked for until then, as the end of a sentence.
    fn asked(&self) -> String {
        let target = self.probe.without.as_ref();
        let Some(target) = target.filter(|_| !self.facts.requests.is_empty()) else {
            return String::new();
        };
        let places = self.tree.asked_at(&self.facts.requests);
        format!("; `{target}` was asked for before: {places}")
    }

    /// The statement that asks first, then the way to it from the entry.
    fn findings(&self, target: &str, stack: &[Frame], verb: &str) -> Vec<Finding> {
        let Some((last, way)) = stack.split_last() else {
            let message = format!("importing `{}` needs `{target}`", self.probe.entry);
            return vec![Finding::general(message)];
        };
        let arrival = format!("{verb} `{target}`");
        let next = stack.iter().skip(1).map(step).chain([arrival.clone()]);
        let steps: Vec<String> = next.collect();
        let on_the_way = way.iter().enumerate().map(|(index, frame)| {
            let both: Vec<&str> = steps.iter().skip(index).take(2).map(String::as_str).collect();
            self.tree.finding(frame, both.join(", which "))
        });
        let first = self.tree.finding(last, arrival);
        std::iter::once(first).chain(on_the_way).collect()
    }
}

fn lacks_another(error: &Raised, target: &str) -> bool {
    let name = error.name.as_deref();
    error.is_missing_module && name.is_some_and(|name| !is_within(name, target))
}

fn blames(error: &Raised, target: &str) -> bool {
    let name = error.name.as_deref();
    error.is_import_error && name.is_some_and(|name| is_within(name, target))
}

/// What the code does that makes this frame run.
fn step(next: &Frame) -> String {
    match next.kind {
        Kind::Module => format!("imports `{}`", next.module),
        Kind::Class => format!("defines the class `{}`", next.name),
        Kind::Function => format!("calls `{}`", next.name),
    }
}

impl Tree<'_> {
    fn finding(self, frame: &Frame, message: String) -> Finding {
        match self.place(&frame.file, frame.line) {
            Some(place) => Finding::at(place, message),
            None => Finding::general(format!("{} {message}", self.name(frame))),
        }
    }

    fn name(self, frame: &Frame) -> String {
        match self.inside(&frame.file) {
            Some(path) => format!("`{path}:{}`", frame.line),
            None => format!("`{}:{}`", frame.file, frame.line),
        }
    }

    /// Where a stack ends, and where it left the tree if it did.
    fn end_of(self, frames: &[Frame]) -> String {
        let Some(last) = frames.last() else {
            return "no known place".to_owned();
        };
        let end = self.name(last);
        match frames.iter().rev().find(|frame| self.inside(&frame.file).is_some()) {
            Some(inside) if inside != last => format!("{end}, by way of {}", self.name(inside)),
            _ => end,
        }
    }

    /// Where the target was asked for, each place once.
    fn asked_at(self, requests: &[Request]) -> String {
        const SHOWN: usize = 10;
        let mut places = Vec::new();
        for request in requests {
            let place = self.end_of(&request.stack);
            if !places.contains(&place) {
                places.push(place);
            }
        }
        let more = places.len().saturating_sub(SHOWN);
        places.truncate(SHOWN);
        let places = places.join(", ");
        if more > 0 { format!("{places} and {more} more") } else { places }
    }
}

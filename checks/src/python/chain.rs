//! The order in which CPython loads modules, as far as import statements decide it.
//!
//! <https://docs.python.org/3/reference/import.html>: parents first, depth first, each module
//! once. Only statements that surely run are followed, so that a chain that is found is one.

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use crate::path::RepoPath;
use crate::snapshot::{Kind, ReadError, Snapshot};
use crate::verdict::Finding;

use super::binding::own_bindings;
use super::import::{Import, When};
use super::name::is_under;
use super::source::Source;
use super::syntax::TextRange;

/// What following the imports of an entry module came to.
pub(crate) enum Outcome {
    /// The target is loaded: one finding per import on the way.
    Chain(Vec<Finding>),
    /// No chain of sure imports was found.
    Open {
        /// Why following stopped before the end, if it did.
        stopped: Option<String>,
        /// How many modules of the repository were loaded.
        followed: usize,
        /// The first import of the target that was met and is not sure to run.
        nearest: Option<Finding>,
        /// Modules that are not in the repository.
        assumed: Vec<String>,
    },
}

/// What a module is in the repository.
pub(crate) enum Located {
    /// A file; true for a package's `__init__.py`.
    File(RepoPath, bool),
    /// A folder without an `__init__.py`.
    Namespace,
    /// Nothing.
    Nowhere,
}

/// Loads `entry` and says whether that surely loads `target`.
pub(crate) fn follow(
    entry: &str,
    target: &str,
    roots: &[Option<RepoPath>],
    snapshot: &dyn Snapshot,
) -> Outcome {
    let steps = with_parents(entry).map(|module| Step::Load {
        module,
        range: None,
    });
    let mut walk = Walk {
        target,
        roots,
        snapshot,
        loaded: HashMap::new(),
        followed: 0,
        nearest: None,
        assumed: Vec::new(),
        frames: vec![Frame {
            module: String::new(),
            source: None,
            steps: steps.collect(),
            via: None,
        }],
    };
    match walk.run() {
        Ok(Some(chain)) => Outcome::Chain(chain),
        Ok(None) => walk.open(None),
        Err(why) => walk.open(Some(why)),
    }
}

/// Finds a module as CPython's path finder does: in each root a package before a module, a
/// folder without `__init__.py` only if no root has either.
///
/// # Errors
///
/// It cannot be known.
pub(crate) fn locate(
    module: &str,
    roots: &[Option<RepoPath>],
    snapshot: &dyn Snapshot,
) -> Result<Located, ReadError> {
    let mut namespace = false;
    for root in roots {
        let relative = module.replace('.', "/");
        let at = |end: &str| {
            let text = match root {
                Some(root) => format!("{root}/{relative}{end}"),
                None => format!("{relative}{end}"),
            };
            RepoPath::new(text).map_err(|error| ReadError::Broken(error.to_string()))
        };
        for (end, package) in [("/__init__.py", true), (".py", false)] {
            let path = at(end)?;
            if snapshot.kind(&path)? == Some(Kind::File) {
                return Ok(Located::File(path, package));
            }
        }
        namespace |= snapshot.kind(&at("")?)? == Some(Kind::Folder);
    }
    Ok(if namespace {
        Located::Namespace
    } else {
        Located::Nowhere
    })
}

/// Loaded before the first line of any program, or built into CPython: never a file of the
/// repository, whatever it is called.
const BUILT_IN: &[&str] = &[
    "abc",
    "atexit",
    "builtins",
    "codecs",
    "encodings",
    "errno",
    "faulthandler",
    "gc",
    "io",
    "itertools",
    "marshal",
    "os",
    "posix",
    "posixpath",
    "site",
    "stat",
    "sys",
    "time",
];

enum Step {
    Load {
        module: String,
        range: Option<TextRange>,
    },
    /// `from module import name`: perhaps a submodule.
    Name {
        module: String,
        name: String,
        range: TextRange,
    },
    /// What comes after this may not run.
    End(TextRange),
}

struct Frame {
    module: String,
    source: Option<Rc<Source>>,
    steps: VecDeque<Step>,
    via: Option<Finding>,
}

/// The names that a loaded module of the repository binds; none of a module from elsewhere.
type Bound = Option<HashSet<String>>;

struct Walk<'a> {
    target: &'a str,
    roots: &'a [Option<RepoPath>],
    snapshot: &'a dyn Snapshot,
    loaded: HashMap<String, Bound>,
    followed: usize,
    nearest: Option<Finding>,
    assumed: Vec<String>,
    frames: Vec<Frame>,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<Option<Vec<Finding>>, String> {
        while let Some(frame) = self.frames.last_mut() {
            match frame.steps.pop_front() {
                None => drop(self.frames.pop()),
                Some(Step::Load { module, range }) => {
                    if is_under(&module, self.target) {
                        return Ok(Some(self.chain(&module, range)));
                    }
                    self.load(module, range)?;
                }
                Some(Step::Name {
                    module,
                    name,
                    range,
                }) => self.name(&module, &name, range)?,
                Some(Step::End(range)) => {
                    let place = frame.source.as_ref().map(|source| source.place(range));
                    let at = place.map_or(String::new(), |at| format!("{}:{}", at.path, at.line));
                    return Err(format!("what comes after {at} may not run"));
                }
            }
        }
        Ok(None)
    }

    fn open(self, stopped: Option<String>) -> Outcome {
        Outcome::Open {
            stopped,
            followed: self.followed,
            nearest: self.nearest,
            assumed: self.assumed,
        }
    }

    /// The import that the topmost frame is at.
    fn link(&self, module: &str, range: Option<TextRange>) -> Option<Finding> {
        let frame = self.frames.last()?;
        let place = frame.source.as_ref()?.place(range?);
        Some(Finding::at(
            place,
            format!("`{}` imports `{module}`", frame.module),
        ))
    }

    fn chain(&self, module: &str, range: Option<TextRange>) -> Vec<Finding> {
        let links = self.frames.iter().filter_map(|frame| frame.via.clone());
        links.chain(self.link(module, range)).collect()
    }

    fn load(&mut self, module: String, range: Option<TextRange>) -> Result<(), String> {
        if self.loaded.contains_key(&module) {
            return Ok(());
        }
        let located = if BUILT_IN.contains(&module.as_str()) || self.is_elsewhere(&module) {
            Located::Nowhere
        } else {
            locate(&module, self.roots, self.snapshot).map_err(|error| error.to_string())?
        };
        match located {
            Located::File(path, package) => self.enter(module, &path, package, range),
            Located::Namespace => {
                self.loaded.insert(module, Some(HashSet::new()));
                Ok(())
            }
            Located::Nowhere if module.contains('.') && !self.is_elsewhere(&module) => {
                Err(format!("`{module}` is imported and is not there"))
            }
            Located::Nowhere => {
                if !module.contains('.') && !BUILT_IN.contains(&module.as_str()) {
                    self.assumed.push(module.clone());
                }
                self.loaded.insert(module, None);
                Ok(())
            }
        }
    }

    /// Whether the module belongs to a package that is not in the repository.
    fn is_elsewhere(&self, module: &str) -> bool {
        module
            .rsplit_once('.')
            .is_some_and(|(parent, _)| self.loaded.get(parent) == Some(&None))
    }

    fn enter(
        &mut self,
        module: String,
        path: &RepoPath,
        package: bool,
        range: Option<TextRange>,
    ) -> Result<(), String> {
        let parent = module.rsplit_once('.').map_or("", |(parent, _)| parent);
        let own = if package { module.as_str() } else { parent };
        let source = Rc::new(Source::load_as(path, vec![own.to_owned()], self.snapshot)?);
        self.followed += 1;
        let bound = own_bindings(source.body())
            .into_iter()
            .map(|it| it.name.to_owned())
            .collect();
        self.loaded.insert(module.clone(), Some(bound));
        let steps = self.steps(&source);
        let via = self.link(&module, range);
        self.frames.push(Frame {
            module,
            source: Some(source),
            steps,
            via,
        });
        Ok(())
    }

    fn steps(&mut self, source: &Source) -> VecDeque<Step> {
        let imports = source.imports();
        let sure = imports.end.map_or(imports.list.len(), |(count, _)| count);
        let mut steps = VecDeque::new();
        for (index, import) in imports.list.iter().enumerate() {
            if index < sure && import.certain && import.when == When::Eager {
                steps.extend(steps_of(import));
            } else if self.nearest.is_none()
                && import.when < When::TypingOnly
                && import.loads(self.target)
            {
                let message = format!("`{}` is imported {}", self.target, import.describe());
                self.nearest = Some(Finding::at(source.place(import.range), message));
            }
        }
        steps.extend(imports.end.map(|(_, range)| Step::End(range)));
        steps
    }

    fn name(&mut self, module: &str, name: &str, range: TextRange) -> Result<(), String> {
        let Some(Some(bound)) = self.loaded.get(module) else {
            return Ok(());
        };
        // The package is asked for the attribute first; only then is a submodule looked for.
        if bound.contains(name) || bound.contains("__getattr__") {
            return Ok(());
        }
        let full = format!("{module}.{name}");
        let there = locate(&full, self.roots, self.snapshot).map_err(|error| error.to_string())?;
        if let (false, Some(frame)) = (matches!(there, Located::Nowhere), self.frames.last_mut()) {
            frame.steps.push_front(Step::Load {
                module: full,
                range: Some(range),
            });
        }
        Ok(())
    }
}

fn steps_of(import: &Import) -> Vec<Step> {
    let mut steps = Vec::new();
    for module in &import.modules {
        steps.extend(with_parents(module).map(|module| Step::Load {
            module,
            range: Some(import.range),
        }));
        if let Some(name) = import.name.as_ref().filter(|_| !import.is_star()) {
            steps.push(Step::Name {
                module: module.clone(),
                name: name.clone(),
                range: import.range,
            });
        }
    }
    steps
}

/// `a`, `a.b`, `a.b.c`
fn with_parents(module: &str) -> impl Iterator<Item = String> {
    let ends = module
        .match_indices('.')
        .map(|(at, _)| at)
        .chain([module.len()]);
    ends.filter_map(|end| module.get(..end)).map(str::to_owned)
}

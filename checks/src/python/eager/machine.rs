//! The state of an interpreter that runs only what decides about loading.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::path::RepoPath;
use crate::python::name::PythonVersion;
use crate::python::recent::Kept;
use crate::python::source::Source;
use crate::python::syntax::{Expr, Stmt, TextRange, TextSize, ast};

use super::ahead::Ahead;
use super::arena::{Arena, End};
use super::exception::{Raise, caught};
use super::finder::{Root, endings};
use super::forget::Circles;
use super::graph::{ContextId, Doubt, Edge, Graph};
use super::uses::Uses;
use super::value::{Class, Function, Locals, ModuleId, Scope, Truth, Value};
use super::watch::Watch;

/// A value, or what was raised instead.
pub(super) type Outcome<'a, T = Value<'a>> = Result<T, Box<Raise<'a>>>;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The version of the language that loads.
    pub version: PythonVersion,
    /// `sys.platform`
    pub platform: String,
    /// Modules that are taken as not installed.
    pub absent: Vec<String>,
    /// Modules that are installed where nobody looks.
    pub elsewhere: Vec<String>,
}

impl Default for Settings {
    /// The usual Python on Linux, with nothing absent.
    fn default() -> Self {
        Self {
            version: PythonVersion::USUAL,
            platform: "linux".to_owned(),
            absent: Vec::new(),
            elsewhere: Vec::new(),
        }
    }
}

/// Where control goes after a statement.
pub(super) enum Flow<'a> {
    Next,
    Break,
    Continue,
    Return(Value<'a>),
}

/// A module of the table.
pub(super) struct Module<'a> {
    pub(super) name: Rc<str>,
    pub(super) kind: ModuleKind,
    pub(super) source: Option<&'a Source>,
    pub(super) scope: Rc<Scope<'a>>,
    pub(super) context: ContextId,
    /// It raised, so that nothing of it is left.
    pub(super) failed: bool,
    /// Annotations are not evaluated.
    pub(super) postponed: bool,
    /// The file is only what an extension module was perhaps made of, which is loaded instead.
    pub(super) stand_in: bool,
}

/// What stands behind a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ModuleKind {
    /// A file that was read, in the root with this number; whether it is a package.
    File(RepoPath, usize, bool),
    Namespace,
    /// It is there and cannot be read.
    Compiled(RepoPath),
    /// A module of the standard library.
    Standard,
    /// Not found; taken as installed.
    Assumed,
}

impl ModuleKind {
    /// Its file, relative to its root.
    pub(super) fn file(&self) -> Option<&RepoPath> {
        match self {
            Self::File(path, _, _) | Self::Compiled(path) => Some(path),
            _ => None,
        }
    }
}

/// What `sys.modules` holds under a name.
#[derive(Clone)]
pub(super) enum Entry<'a> {
    Loaded(ModuleId),
    /// Put there by the program.
    Replaced(Value<'a>),
}

/// One running body.
pub(super) struct Frame<'a> {
    pub(super) scope: Rc<Scope<'a>>,
    pub(super) module: ModuleId,
    /// The class that the running method was defined in, for `super()`.
    pub(super) class: Option<Rc<Class<'a>>>,
    /// The first argument of the running function.
    pub(super) receiver: Option<Value<'a>>,
    /// Values of `return`s that may have been reached.
    pub(super) returns: Vec<Value<'a>>,
    pub(super) yields: Vec<Value<'a>>,
    /// Whether it may have yielded other things, or fewer.
    pub(super) loose: bool,
    /// The body of the running function.
    pub(super) body: Option<&'a [Stmt]>,
    /// The body of a `with`, run where the generator that is its manager yields.
    pub(super) on_yield: Option<Rc<WithBody<'a>>>,
    /// Whether no more than one value is asked for.
    pub(super) once: bool,
    /// What the frame may have been left for.
    pub(super) left: Option<Doubt>,
    /// What the rest of the loop's body may have been left out for.
    pub(super) skipped: Option<Doubt>,
}

/// The rest of a `with` statement, waiting for its manager to yield.
pub(super) struct WithBody<'a> {
    pub(super) target: Option<&'a Expr>,
    pub(super) items: &'a [ast::WithItem],
    pub(super) body: &'a [Stmt],
    /// The frame it belongs to, counted from the outermost.
    pub(super) frame: usize,
    pub(super) context: ContextId,
    pub(super) base: usize,
    pub(super) guards: usize,
    /// Where it went, once it has run.
    pub(super) flow: RefCell<Option<Flow<'a>>>,
}

/// What may have been raised, seen from the `try` around it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct MayRaise {
    pub(super) import: bool,
    pub(super) other: bool,
    /// A `raise` that may be reached, and not only what may raise by its nature.
    pub(super) explicit: bool,
}

impl MayRaise {
    /// Nothing is known of what ran.
    pub(super) const ANYTHING: Self = Self {
        import: true,
        other: true,
        explicit: true,
    };

    /// As well as what else may have been raised.
    pub(super) fn add(&mut self, other: Self) {
        self.import |= other.import;
        self.other |= other.other;
        self.explicit |= other.explicit;
    }

    /// What of it is not surely caught.
    pub(super) fn past<'a>(self, handlers: &[Value<'a>]) -> Self {
        let all = Value::foreign("builtins.Exception");
        let surely = |name: &'static str| {
            let kind = Value::foreign(name);
            let is_for = |it: &Value<'a>| it.same(&all) || caught(&kind, it) == Truth::Yes;
            handlers.iter().any(is_for)
        };
        let import = self.import && !surely("builtins.ImportError");
        let other = self.other && !surely("builtins.BaseException");
        Self {
            import,
            other,
            explicit: self.explicit && (import || other),
        }
    }
}

/// The calls of one function.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Calls {
    pub(super) made: usize,
    /// How many of them have not ended.
    pub(super) running: usize,
    /// How many steps those have made that have ended.
    pub(super) work: usize,
    /// What [`Machine::work`] was when the outermost of those that have not ended began.
    since: (ModuleId, usize),
}

/// The state.
pub(super) struct Machine<'a, 's> {
    pub(super) settings: &'a Settings,
    pub(super) roots: &'a [Root<'s>],
    /// Whether what is not found is not installed.
    pub(super) closed: bool,
    /// The module that is asked about.
    pub(super) target: Option<&'a str>,
    /// What the names of files that are modules end in, in the order in which they count.
    pub(super) endings: Vec<String>,
    pub(super) sources: End<'a>,
    pub(super) modules: Vec<Module<'a>>,
    pub(super) loaded: HashMap<Rc<str>, Entry<'a>>,
    pub(super) graph: Graph,
    pub(super) context: ContextId,
    /// How many doubts there were when the context was entered.
    pub(super) base: usize,
    pub(super) doubts: Vec<Doubt>,
    /// How many handlers for an `ImportError` are around, in this context.
    pub(super) guards: usize,
    pub(super) may_raise: MayRaise,
    /// Whether the last condition asked if a module is installed.
    pub(super) presence: bool,
    pub(super) frames: Vec<Frame<'a>>,
    /// What was run of each function.
    pub(super) calls: HashMap<(ModuleId, TextRange), Calls>,
    /// The module that is being loaded, and how many steps its body has made with all that it has
    /// called: without those of the modules it has loaded.
    pub(super) work: (ModuleId, usize),
    /// Calls that stand for all others of their function.
    pub(super) summaries: HashMap<(ModuleId, TextRange), (ContextId, MayRaise)>,
    /// Every function by name: what an unknown attribute may be.
    pub(super) named: HashMap<Rc<str>, Vec<Rc<Function<'a>>>>,
    pub(super) generators: HashMap<(ModuleId, TextRange), bool>,
    /// The names that belong to each function that was called.
    pub(super) locals: HashMap<(ModuleId, TextRange), Rc<Locals<'a>>>,
    /// The body of a `with` for the generator that is called next.
    pub(super) handed: Option<Rc<WithBody<'a>>>,
    /// Whether the generator that runs next is asked for one value only.
    pub(super) once: bool,
    /// What the program has put in place of attributes of modules that are not analysed.
    pub(super) patched: HashMap<String, Value<'a>>,
    /// Whether the program has put its own finder in place.
    pub(super) finders: bool,
    /// Folders that the program may look for modules in.
    pub(super) folders: BTreeSet<String>,
    /// Whether warnings have been made errors.
    pub(super) strict: bool,
    /// Whether the program has asked which plugins are installed.
    pub(super) plugins: bool,
    /// Why it is not known what an extension module imports.
    pub(super) unreadable: Option<String>,
    /// How many texts are being run inside each other by `exec`.
    pub(super) texts: usize,
    /// What may hold itself when nothing else does any more.
    pub(super) circles: Circles<'a>,
    pub(super) steps: usize,
    /// How many of them may not be made, in CPython, and since how many it has been so.
    pub(super) doubtful: (usize, usize),
    pub(super) depth: usize,
    /// Why the end was not reached.
    pub(super) stopped: Option<(String, Option<(ModuleId, TextRange)>)>,
    /// What the load may end with: a better reason than any other.
    pub(super) ends: Option<(String, Option<(ModuleId, TextRange)>)>,
    /// Which imported names are used, if somebody wants to know.
    pub(super) uses: Option<Uses>,
    /// How many handlers are around, in the module that is being loaded.
    pub(super) handlers: usize,
    /// The file of which it is kept what runs.
    pub(super) watch: Option<Watch<'s>>,
    /// The texts whose outlines are run, and whether outlines are.
    pub(super) believed: Vec<Kept>,
    pub(super) outlines: bool,
    /// The functions of the modules of which the whole tree was needed, by where they start.
    pub(super) wholes: HashMap<ModuleId, HashMap<TextSize, &'a ast::StmtFunctionDef>>,
    /// Who parses what is needed next.
    pub(super) ahead: Option<Ahead<'a, 's>>,
}

/// After so many steps no call is followed any more, and after twice as many nothing is: some
/// seconds of them.
const STEPS: usize = if cfg!(test) { 20_000 } else { 2_500_000 };

/// Where it is not sure that anything runs, calls are followed for so many steps in all.
const DOUBTFUL: usize = 600_000;
/// The same, for one place that decides it.
const AT_ONCE: usize = 100_000;

impl<'a, 's> Machine<'a, 's> {
    /// Before anything is loaded; what is read is kept in `arena`.
    pub(super) fn new(
        settings: &'a Settings,
        roots: &'a [Root<'s>],
        target: Option<&'a str>,
        arena: &'a Arena,
    ) -> Self {
        let mut machine = Self {
            settings,
            roots,
            target,
            closed: roots.iter().any(|root| root.site),
            endings: endings(settings.version, &settings.platform),
            sources: arena.end(),
            modules: Vec::new(),
            loaded: HashMap::new(),
            graph: Graph::default(),
            context: 0,
            base: 0,
            doubts: Vec::new(),
            guards: 0,
            may_raise: MayRaise::default(),
            presence: false,
            frames: Vec::new(),
            calls: HashMap::new(),
            work: (0, 0),
            summaries: HashMap::new(),
            named: HashMap::new(),
            generators: HashMap::new(),
            locals: HashMap::new(),
            handed: None,
            once: false,
            patched: HashMap::new(),
            finders: false,
            folders: BTreeSet::new(),
            strict: false,
            plugins: false,
            unreadable: None,
            texts: 0,
            circles: Circles::default(),
            steps: 0,
            doubtful: (0, 0),
            depth: 0,
            stopped: None,
            ends: None,
            uses: None,
            handlers: 0,
            watch: None,
            believed: Vec::new(),
            outlines: false,
            wholes: HashMap::new(),
            ahead: None,
        };
        machine.begin();
        machine
    }

    /// The frame that imports the entry: it stands in no file.
    fn begin(&mut self) {
        let context = self.graph.add(0, None);
        let scope = Scope::new(None, 0, false);
        self.modules.push(Module {
            name: "".into(),
            kind: ModuleKind::Namespace,
            source: None,
            scope: scope.clone(),
            context,
            failed: false,
            postponed: true,
            stand_in: false,
        });
        self.frames.push(Frame::new(0, scope));
    }
}

impl<'a> Machine<'a, '_> {
    pub(super) fn frame(&self) -> Option<&Frame<'a>> {
        self.frames.last()
    }

    /// The module whose code runs.
    pub(super) fn here(&self) -> ModuleId {
        self.frame().map_or(0, |frame| frame.module)
    }

    pub(super) fn uncertainty(&self) -> u32 {
        u32::try_from(self.doubts.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn sure(&self) -> bool {
        self.doubts.len() <= self.base
    }

    pub(super) fn sequence(&self, items: Vec<Value<'a>>, open: bool) -> Value<'a> {
        Value::sequence(items, open, self.uncertainty())
    }

    /// Runs something out of which an exception may come that is caught.
    pub(super) fn caught<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        self.handlers += 1;
        let done = run(self);
        self.handlers -= 1;
        done
    }

    /// Runs something that may not run.
    pub(super) fn perhaps<T>(
        &mut self,
        why: &'static str,
        range: TextRange,
        run: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let length = self.doubts.len();
        self.doubt(why, range);
        let done = run(self);
        self.certain_again(length);
        done
    }

    /// From here on it is not sure that anything runs.
    pub(super) fn doubt(&mut self, why: &'static str, range: TextRange) {
        let at = (self.here(), range);
        if self.doubts.is_empty() {
            self.doubtful.1 = self.steps;
        }
        self.doubts.push(Doubt { why, at });
    }

    /// Back to how sure it was, unless the frame may have been left.
    pub(super) fn certain_again(&mut self, length: usize) {
        self.doubts.truncate(length);
        let frame = self.frame();
        let left = frame.and_then(|frame| frame.left.or(frame.skipped));
        if let Some(left) = left
            && !self
                .doubts
                .get(self.base..)
                .is_some_and(|it| it.contains(&left))
        {
            self.doubts.push(left);
        }
    }

    /// Whether there is time for one more step.
    pub(super) fn step(&mut self) -> bool {
        self.steps += 1;
        self.work.1 += 1;
        self.doubtful.0 += usize::from(!self.doubts.is_empty());
        if self.steps == STEPS {
            let why = "more is done on load than is followed".to_owned();
            self.stopped.get_or_insert((why, None));
        }
        self.steps < 2 * STEPS
    }

    /// As many steps at once, for work that grows with what the program has built up.
    pub(super) fn spend(&mut self, count: usize) {
        for _ in 0..count {
            self.step();
        }
    }

    /// Whether calls are no longer followed: what has no name then may have got one.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps >= STEPS
    }

    /// Whether a call is no longer followed: what surely runs has steps of its own.
    pub(super) fn follows_no_call(&mut self) -> bool {
        let (all, since) = self.doubtful;
        let lost = !self.doubts.is_empty() && (all > DOUBTFUL || self.steps - since > AT_ONCE);
        if lost {
            let why = "more may be done on load than is followed".to_owned();
            self.stopped.get_or_insert((why, None));
        }
        lost || self.is_exhausted()
    }

    /// From here on statements are followed, and no calls.
    pub(super) fn follow_no_calls(&mut self) {
        self.steps = self.steps.max(STEPS);
    }

    /// Notes that a statement is run, if anybody wants to know.
    pub(super) fn note(&mut self, statement: &Stmt) {
        let here = self.here();
        let run = (self.context, self.doubts.get(self.base).copied());
        if let Some(watch) = &mut self.watch {
            watch.runs(here, statement, run);
        }
    }

    /// From the running code to a context.
    pub(super) fn connect(&mut self, to: ContextId, range: TextRange) {
        let edge = Edge {
            to,
            doubt: self.doubts.get(self.base).copied(),
            guarded: self.guards > 0,
            at: (self.here(), range),
        };
        self.graph.connect(self.context, edge);
    }

    /// Runs a body as a context of its own.
    pub(super) fn in_context<T>(
        &mut self,
        context: ContextId,
        frame: Frame<'a>,
        run: impl FnOnce(&mut Self) -> T,
    ) -> (T, Option<Frame<'a>>) {
        let around = (self.context, self.base, self.guards, self.doubts.len());
        (self.context, self.base, self.guards) = (context, self.doubts.len(), 0);
        self.frames.push(frame);
        self.depth += 1;
        // One level of Python is many of ours; hostile or deep code must not end the process.
        let done = stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, || run(self));
        self.depth -= 1;
        let frame = self.frames.pop();
        let length;
        (self.context, self.base, self.guards, length) = around;
        self.doubts.truncate(length);
        (done, frame)
    }

    pub(super) fn raise<T>(
        &self,
        kind: &'static str,
        message: impl Into<String>,
        range: TextRange,
    ) -> Outcome<'a, T> {
        Err(Box::new(Raise {
            kind: Value::foreign(format!("builtins.{kind}")),
            value: Value::Opaque,
            message: message.into(),
            at: (self.here(), range),
            trusted: matches!(
                kind,
                "ModuleNotFoundError" | "ImportError" | "SystemExit" | "SyntaxError"
            ),
        }))
    }

    /// Something was done of which it is not known whether it raises.
    pub(super) fn risk(&mut self) {
        self.may_raise.other = true;
    }
}

impl Calls {
    /// One more call begins, the work being what it is.
    pub(super) fn begin(&mut self, work: (ModuleId, usize)) {
        if self.running == 0 {
            self.since = work;
        }
        self.running += 1;
    }

    pub(super) fn end(&mut self, work: (ModuleId, usize)) {
        self.running = self.running.saturating_sub(1);
        if self.running == 0 {
            self.work += self.lasting(work);
        }
    }

    /// How many steps the calls have made, those that have not ended too.
    pub(super) fn work(&self, work: (ModuleId, usize)) -> usize {
        let lasting = if self.running > 0 {
            self.lasting(work)
        } else {
            0
        };
        self.work + lasting
    }

    /// A module that is loaded meanwhile has a work of its own.
    fn lasting(&self, work: (ModuleId, usize)) -> usize {
        match self.since {
            (module, since) if module == work.0 => work.1.saturating_sub(since),
            _ => 0,
        }
    }
}

impl<'a> Frame<'a> {
    pub(super) fn new(module: ModuleId, scope: Rc<Scope<'a>>) -> Self {
        Self {
            scope,
            module,
            class: None,
            receiver: None,
            returns: Vec::new(),
            yields: Vec::new(),
            loose: false,
            body: None,
            on_yield: None,
            once: false,
            left: None,
            skipped: None,
        }
    }
}

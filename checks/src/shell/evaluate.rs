//! Running a line on a snapshot.

use std::sync::Arc;

use crate::path::RepoPath;
use crate::snapshot::{Kind, ReadError, Snapshot};
use crate::verdict::Place;

use super::command::{Command, Cut, Kept, Ls, Question, Test};
use super::file::Argument;
use super::lexer::Redirect;
use super::matcher::Matcher;
use super::parser::{AndOr, Body, Join, List, Pipeline, Stage};
use super::stream::Stream;
use super::{NeedsShell, Stop};

/// A line that reads more than this is given up. In bytes.
const READ_LIMIT: usize = 128 * 1024 * 1024;

/// What a run left behind.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// The files that were read, each once.
    pub(crate) files: Vec<RepoPath>,
    /// The lines of files that the greps selected, the last grep of each pipe.
    pub(crate) places: Vec<Place>,
    /// Every grep that ran.
    pub(crate) searches: Vec<Search>,
    /// Every path of which only the existence was asked.
    pub(crate) asked: Vec<(RepoPath, bool)>,
    /// The texts that the line said.
    pub(crate) said: Vec<String>,
    /// The ranges of lines that `head` and `tail` let through.
    ranges: Vec<(usize, usize)>,
    /// Whether a grep searched a whole file.
    searched_all: bool,
}

/// What one grep searched.
#[derive(Debug)]
pub(crate) struct Search {
    /// Its pattern in the syntax of the crate `regex`.
    pub(crate) regex: String,
    /// Whether it selects the lines that do not match.
    pub(crate) invert: bool,
    /// The stretches of files that it saw.
    pub(crate) windows: Vec<Window>,
}

/// A stretch of a file.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    pub(crate) path: RepoPath,
    pub(crate) first: usize,
    pub(crate) last: usize,
    /// The lines that were selected.
    pub(crate) hits: Vec<usize>,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit status, or why there is none.
    pub(crate) exit: Result<i32, Stop>,
    pub(crate) trace: Trace,
    /// What was printed.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "only compared with what a real shell prints")
    )]
    pub(crate) printed: Stream,
}

/// Runs a line.
pub(crate) fn run(list: &List, snapshot: &dyn Snapshot) -> Run {
    let mut machine = Machine {
        snapshot,
        trace: Trace::default(),
        printed: Stream::default(),
        status: 0,
        read: 0,
    };
    let exit = match list.needs_shell() {
        Some(needs) => Err(Stop::NeedsShell(needs.clone())),
        None => machine.list(list).map(|flow| match flow {
            Flow::Next(status) | Flow::Exit(status) => status,
        }),
    };
    Run {
        exit,
        trace: machine.trace,
        printed: machine.printed,
    }
}

impl Trace {
    /// The lines outside of which nothing was searched, if there are such.
    pub(crate) fn looked_at_lines(&self) -> Option<(usize, usize)> {
        if self.searched_all {
            return None;
        }
        let first = self.ranges.iter().map(|(first, _)| *first).min()?;
        let last = self.ranges.iter().map(|(_, last)| *last).max()?;
        Some((first, last))
    }
}

/// The state of a run.
pub(super) struct Machine<'a> {
    pub(super) snapshot: &'a dyn Snapshot,
    pub(super) trace: Trace,
    printed: Stream,
    status: i32,
    read: usize,
}

/// Whether the line goes on.
enum Flow {
    Next(i32),
    Exit(i32),
}

/// Where something printed goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    Output,
    Messages,
    Null,
}

/// What one command did.
struct Done {
    status: i32,
    printed: Stream,
    /// Whether it wrote a message of its own.
    complained: bool,
}

impl Machine<'_> {
    /// The bytes of a file, remembered as evidence.
    pub(super) fn read(&mut self, path: &RepoPath) -> Result<Arc<[u8]>, ReadError> {
        let bytes = self.snapshot.read(path)?;
        self.read = self.read.saturating_add(bytes.len());
        if self.read > READ_LIMIT {
            let limit = READ_LIMIT / 1024 / 1024;
            return Err(ReadError::Broken(format!("more than {limit} MiB to read")));
        }
        if !self.trace.files.contains(path) {
            self.trace.files.push(path.clone());
        }
        Ok(bytes)
    }

    /// A grep starts; its number.
    pub(super) fn search(&mut self, matcher: &Matcher, invert: bool) -> usize {
        self.trace.searches.push(Search {
            regex: matcher.as_regex().to_owned(),
            invert,
            windows: Vec::new(),
        });
        self.trace.searches.len() - 1
    }

    fn list(&mut self, list: &List) -> Result<Flow, Stop> {
        for and_or in &list.0 {
            match self.and_or(and_or)? {
                Flow::Next(status) => self.status = status,
                exit @ Flow::Exit(_) => return Ok(exit),
            }
        }
        Ok(Flow::Next(self.status))
    }

    fn and_or(&mut self, and_or: &AndOr) -> Result<Flow, Stop> {
        let mut flow = self.pipeline(&and_or.first)?;
        for (join, pipeline) in &and_or.rest {
            let Flow::Next(status) = flow else { break };
            self.status = status;
            let runs = match join {
                Join::And => status == 0,
                Join::Or => status != 0,
            };
            if runs {
                flow = self.pipeline(pipeline)?;
            }
        }
        Ok(flow)
    }

    fn pipeline(&mut self, pipeline: &Pipeline) -> Result<Flow, Stop> {
        let mut flowing: Option<Stream> = None;
        let mut places = Vec::new();
        let mut status = 0;
        let last = pipeline.stages.len().saturating_sub(1);
        for (index, stage) in pipeline.stages.iter().enumerate() {
            let command = match &stage.body {
                Body::Command(Ok(command)) => command,
                Body::Command(Err(needs)) => return Err(Stop::NeedsShell(needs.clone())),
                Body::Group(list) => match self.list(list)? {
                    Flow::Next(inner) => {
                        status = inner;
                        continue;
                    }
                    exit @ Flow::Exit(_) => return Ok(exit),
                },
            };
            if let Command::Exit(given) = command {
                return Ok(Flow::Exit(given.unwrap_or(self.status)));
            }
            let input = self.input(stage)?.or(flowing.take());
            let done = self.command(command, input, &mut places)?;
            let (output, messages) = goals(&stage.redirects);
            if done.complained && messages == Goal::Output && index < last {
                let why = "a message in a pipe".to_owned();
                return Err(Stop::NeedsShell(NeedsShell(why)));
            }
            status = done.status;
            flowing = Some(Stream::default());
            match output {
                Goal::Output if index < last => flowing = Some(done.printed),
                Goal::Output => self.print(done.printed, true),
                Goal::Messages => self.print(done.printed, false),
                Goal::Null => {}
            }
        }
        self.trace.places.append(&mut places);
        Ok(Flow::Next(match pipeline.negated {
            true => i32::from(status == 0),
            false => status,
        }))
    }

    fn print(&mut self, stream: Stream, is_output: bool) {
        let said = stream.lines.iter().filter(|line| line.said);
        self.trace
            .said
            .extend(said.map(|line| line.text.to_string()));
        if is_output {
            self.printed.append(stream);
        }
    }

    fn input(&mut self, stage: &Stage) -> Result<Option<Stream>, Stop> {
        let mut input = None;
        for redirect in &stage.redirects {
            if let Redirect::Input(word) = redirect {
                input = Some(self.text(&Argument::new(word)?)?);
                self.trace.searched_all = true;
            }
        }
        Ok(input)
    }

    fn command(
        &mut self,
        command: &Command,
        input: Option<Stream>,
        places: &mut Vec<Place>,
    ) -> Result<Done, Stop> {
        let input_lines = input.as_ref().map_or(0, |input| input.lines.len());
        match command {
            Command::Grep(grep) => {
                let files = self.trace.files.len();
                let reads_files = !grep.files.is_empty() || grep.recursive.is_some();
                let grepped = grep.run(self, input)?;
                self.trace.searched_all |= reads_files || files != self.trace.files.len();
                *places = grepped.places;
                Ok(Done::with(grepped.status, grepped.printed))
            }
            Command::Cut(cut) => self.cut(cut, input.unwrap_or_default()),
            Command::Cat(files) if files.is_empty() => Ok(Done::with(0, input.unwrap_or_default())),
            Command::Cat(files) => {
                let mut all = Stream::default();
                for file in files {
                    for named in file.expanded(self.snapshot)? {
                        let path = named.file()?.clone();
                        all.append(self.text_at(&path)?);
                    }
                }
                Ok(Done::with(0, all))
            }
            Command::CountLines(None) => {
                let open = input.is_some_and(|input| input.open);
                let count = input_lines - usize::from(open && input_lines > 0);
                Ok(Done::print(&format!("{count}\n"), false))
            }
            Command::CountLines(Some(file)) => {
                let stream = self.text(file)?;
                let count = stream.lines.len() - usize::from(stream.open);
                let name = file.expanded(self.snapshot)?.swap_remove(0).name;
                Ok(Done::print(&format!("{count} {name}\n"), false))
            }
            Command::Ls(ls) => self.ls(ls),
            Command::Test(test) => self.test(test),
            Command::Say(text) => Ok(Done::print(text, true)),
            Command::Status(status) | Command::Exit(Some(status)) => {
                Ok(Done::with(*status, Stream::default()))
            }
            Command::Exit(None) => Ok(Done::with(self.status, Stream::default())),
        }
    }

    /// The text of the one file that an argument names.
    fn text(&mut self, argument: &Argument) -> Result<Stream, Stop> {
        match argument.expanded(self.snapshot)?.as_slice() {
            [named] => {
                let path = named.file()?.clone();
                self.text_at(&path)
            }
            _ => Err(Stop::Unknown("several files where one is meant".to_owned())),
        }
    }

    fn text_at(&mut self, path: &RepoPath) -> Result<Stream, Stop> {
        let bytes = self.read(path).map_err(|e| Stop::Unknown(e.to_string()))?;
        match std::str::from_utf8(&bytes) {
            Ok(text) if !text.contains('\0') => Ok(Stream::of_file(path, text)),
            _ => Err(Stop::Unknown(format!("`{path}` is not UTF-8 text"))),
        }
    }

    fn cut(&mut self, cut: &Cut, input: Stream) -> Result<Done, Stop> {
        let mut stream = match &cut.file {
            Some(file) => self.text(file)?,
            None => input,
        };
        let count = stream.lines.len();
        let (from, to) = match cut.kept {
            Kept::First(lines) => (0, lines.min(count)),
            Kept::Last(lines) => (count.saturating_sub(lines), count),
            Kept::From(line) => (line.saturating_sub(1).min(count), count),
        };
        if stream.unordered && (from, to) != (0, count) {
            let why = "the order of files in a folder is not known".to_owned();
            return Err(Stop::Unknown(why));
        }
        stream.open &= to == count && from < to;
        stream.lines.truncate(to);
        stream.lines.drain(..from);
        let asked = match cut.kept {
            Kept::First(lines) => (1, lines),
            _ => (from + 1, to),
        };
        if stream.lines.iter().any(|line| line.origin.is_some()) || cut.file.is_some() {
            self.trace.ranges.push(asked);
        }
        Ok(Done::with(0, stream))
    }

    fn ls(&mut self, ls: &Ls) -> Result<Done, Stop> {
        let mut names = Vec::new();
        let mut folders = Vec::new();
        let mut status = 0;
        for argument in &ls.paths {
            for named in argument.expanded(self.snapshot)? {
                let kind = named.kind(self.snapshot)?;
                if let Some(path) = &named.path {
                    self.trace.asked.push((path.clone(), kind.is_some()));
                }
                match kind {
                    None => status = 2,
                    Some(Kind::Folder) if !ls.folders => folders.push(named),
                    Some(_) => names.push(named.name),
                }
            }
        }
        names.sort();
        let headed = names.len() + folders.len() > 1 || status != 0;
        let mut text: String = names.iter().map(|name| format!("{name}\n")).collect();
        folders.sort_by(|a, b| a.name.cmp(&b.name));
        for folder in &folders {
            let mut inside: Vec<String> = Vec::new();
            for (name, _) in folder.below(self.snapshot)? {
                let name = name.get(folder.name.trim_end_matches('/').len()..);
                let entry = name.and_then(|name| name.split('/').nth(1));
                inside.extend(entry.filter(|e| !e.starts_with('.')).map(str::to_owned));
            }
            inside.sort();
            inside.dedup();
            if headed {
                let gap = if text.is_empty() { "" } else { "\n" };
                text += &format!("{gap}{}:\n", folder.name);
            }
            text.extend(inside.into_iter().map(|name| name + "\n"));
        }
        if ls.details {
            text.clear();
        }
        Ok(Done {
            complained: status != 0,
            ..Done::print(&text, false).and_status(status)
        })
    }

    fn test(&mut self, test: &Test) -> Result<Done, Stop> {
        let (argument, wanted) = match &test.question {
            Question::Known(known) => return Ok(Done::truth(*known != test.negated)),
            Question::File(argument) => (argument, Some(Kind::File)),
            Question::Folder(argument) => (argument, Some(Kind::Folder)),
            Question::Exists(argument) | Question::NotEmpty(argument) => (argument, None),
        };
        let mut named = argument.expanded(self.snapshot)?;
        let named = named.swap_remove(0);
        let kind = named.kind(self.snapshot)?;
        if let Some(path) = &named.path {
            self.trace.asked.push((path.clone(), kind.is_some()));
        }
        let mut holds = kind.is_some() && (wanted.is_none() || kind == wanted);
        if holds && matches!(test.question, Question::NotEmpty(_)) {
            let path = named.file()?.clone();
            let bytes = self.read(&path).map_err(|e| Stop::Unknown(e.to_string()))?;
            holds = !bytes.is_empty();
        }
        Ok(Done::truth(holds != test.negated))
    }
}

impl Done {
    fn with(status: i32, printed: Stream) -> Self {
        Self {
            status,
            printed,
            complained: false,
        }
    }

    fn print(text: &str, said: bool) -> Self {
        Self::with(0, Stream::of_text(text, said))
    }

    fn truth(holds: bool) -> Self {
        Self::with(i32::from(!holds), Stream::default())
    }

    fn and_status(self, status: i32) -> Self {
        Self { status, ..self }
    }
}

/// Where output and messages go, redirections taken from left to right.
fn goals(redirects: &[Redirect]) -> (Goal, Goal) {
    let (mut output, mut messages) = (Goal::Output, Goal::Messages);
    for redirect in redirects {
        match redirect {
            Redirect::OutputToNull => output = Goal::Null,
            Redirect::OutputToMessages => output = messages,
            Redirect::MessagesToNull => messages = Goal::Null,
            Redirect::MessagesToOutput => messages = output,
            Redirect::BothToNull => (output, messages) = (Goal::Null, Goal::Null),
            Redirect::Input(_) | Redirect::Other(_) => {}
        }
    }
    (output, messages)
}

/// Whether standard output is shown and not thrown away.
pub(super) fn is_shown(stage: &Stage) -> bool {
    goals(&stage.redirects).0 != Goal::Null
}

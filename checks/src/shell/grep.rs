//! grep, on a snapshot.

use std::rc::Rc;

use crate::path::RepoPath;
use crate::snapshot::{Kind, ReadError};
use crate::verdict::Place;

use super::Stop;
use super::evaluate::{Machine, Search};
use super::file::{Named, wildcard};
use super::grep_options::{Filter, Grep, Output, Recursion};
use super::stream::{Line, Stream};

/// What one grep found.
pub(super) struct Grepped {
    pub(super) status: i32,
    pub(super) printed: Stream,
    /// The lines of files that it selected.
    pub(super) places: Vec<Place>,
}

/// Text that grep searches, with the name it prints.
struct Source {
    name: String,
    text: Text,
}

enum Text {
    Lines(Stream),
    /// NUL bytes or not UTF-8: grep does not print its lines.
    Binary(Vec<u8>),
}

/// More places than these are not kept.
const PLACE_LIMIT: usize = 1000;

impl Grep {
    /// Searches the files, or `input` where none is named.
    pub(super) fn run(
        &self,
        machine: &mut Machine<'_>,
        input: Option<Stream>,
    ) -> Result<Grepped, Stop> {
        let (sources, named) = self.sources(machine, input)?;
        let mut grepped = Grepped {
            status: 1,
            printed: Stream::default(),
            places: Vec::new(),
        };
        let search = machine.search(&self.matcher, self.invert);
        for source in &sources {
            let stream = match &source.text {
                Text::Lines(stream) => stream,
                Text::Binary(bytes) => {
                    self.refuse_matches(&source.name, bytes)?;
                    self.print_unselected(source, named, &mut grepped.printed);
                    continue;
                }
            };
            let selected = self.selected(stream)?;
            search_stream(machine, search, stream, &selected);
            if selected.contains(&true) {
                grepped.status = 0;
            }
            self.note_places(stream, &selected, &mut grepped.places);
            let name = named.then_some(source.name.as_str());
            let printed = self.printed(&source.name, name, stream, &selected)?;
            if self.context() && !grepped.printed.lines.is_empty() && !printed.lines.is_empty() {
                grepped.printed.append(Stream::of_text("--\n", false));
            }
            grepped.printed.append(printed);
        }
        grepped.printed.unordered |= self.recursive.is_some() && sources.len() > 1;
        Ok(grepped)
    }

    /// What is searched, and whether names are printed.
    fn sources(
        &self,
        machine: &mut Machine<'_>,
        input: Option<Stream>,
    ) -> Result<(Vec<Source>, bool), Stop> {
        let mut named = Vec::new();
        for argument in &self.files {
            named.extend(argument.expanded(machine.snapshot)?);
        }
        if named.is_empty() {
            if self.recursive.is_some() {
                return self.everything(machine);
            }
            let source = Source {
                name: "(standard input)".to_owned(),
                text: Text::Lines(input.unwrap_or_default()),
            };
            return Ok((vec![source], self.names.unwrap_or(false)));
        }
        let mut many = named.len() > 1;
        let mut sources = Vec::new();
        for name in &named {
            let is_folder = name.kind(machine.snapshot)? == Some(Kind::Folder);
            match self.recursive {
                Some(recursion) if is_folder => {
                    many = true;
                    sources.extend(self.folder(machine, name, recursion)?);
                }
                _ if self.filter != Filter::default() => {
                    let why = format!("`--include` beside the file `{}`", name.name);
                    return Err(Stop::NeedsShell(super::NeedsShell(why)));
                }
                _ => sources.push(Source {
                    name: name.name.clone(),
                    text: text(machine, name.file()?).map_err(|e| Stop::Unknown(e.to_string()))?,
                }),
            }
        }
        Ok((sources, self.names.unwrap_or(many)))
    }

    /// `grep -r` without a file searches the current folder, and prints names without `./`.
    fn everything(&self, machine: &mut Machine<'_>) -> Result<(Vec<Source>, bool), Stop> {
        let top = Named::top();
        let recursion = self.recursive.unwrap_or(Recursion::WithoutLinks);
        let mut sources = self.folder(machine, &top, recursion)?;
        for source in &mut sources {
            if let Some(name) = source.name.strip_prefix("./") {
                source.name = name.to_owned();
            }
        }
        Ok((sources, self.names.unwrap_or(true)))
    }

    fn folder(
        &self,
        machine: &mut Machine<'_>,
        folder: &Named,
        recursion: Recursion,
    ) -> Result<Vec<Source>, Stop> {
        let mut sources = Vec::new();
        for (name, path) in folder.below(machine.snapshot)? {
            let inside = name.get(folder.name.len()..).unwrap_or_default();
            if !self.filter.takes(inside.trim_start_matches('/')) {
                continue;
            }
            match text(machine, &path) {
                Ok(text) => sources.push(Source { name, text }),
                // `-r` passes over links; a submodule's files are not part of this state.
                Err(ReadError::LinkLeaves(_)) if recursion == Recursion::WithoutLinks => {}
                Err(error) => return Err(Stop::Unknown(error.to_string())),
            }
        }
        if sources.is_empty() {
            let why = format!("no file to search in `{}`", folder.name);
            return Err(Stop::Unknown(why));
        }
        Ok(sources)
    }

    fn selected(&self, stream: &Stream) -> Result<Vec<bool>, Stop> {
        let mut left = self.most.unwrap_or(usize::MAX);
        let mut selected = Vec::with_capacity(stream.lines.len());
        for line in &stream.lines {
            let hit = left > 0 && self.matcher.is_match(&line.text)? != self.invert;
            left -= usize::from(hit);
            selected.push(hit);
        }
        Ok(selected)
    }

    fn note_places(&self, stream: &Stream, selected: &[bool], places: &mut Vec<Place>) {
        let hits = stream.lines.iter().zip(selected).filter(|(_, hit)| **hit);
        for (line, _) in hits {
            if places.len() >= PLACE_LIMIT {
                return;
            }
            let Some(origin) = &line.origin else { continue };
            let span = (!self.invert && line.text == origin.source)
                .then(|| self.matcher.span(&line.text))
                .flatten();
            places.push(origin.place(span));
        }
    }

    fn context(&self) -> bool {
        self.before + self.after > 0 && self.output == Output::Lines
    }

    /// A binary file in which no stretch of text matches is like a text without a match; what
    /// grep says of one that matches depends on its version.
    fn refuse_matches(&self, name: &str, bytes: &[u8]) -> Result<(), Stop> {
        let why = || Stop::Unknown(format!("`{name}` is not UTF-8 text"));
        if self.invert {
            return Err(why());
        }
        for line in bytes.split(|byte| matches!(byte, 0 | b'\n')) {
            let text = String::from_utf8_lossy(line);
            // A byte that is no character matches nothing, its replacement might.
            let doubtful = matches!(text, std::borrow::Cow::Owned(_));
            let hit = self.matcher.is_match(&text).map_err(|_| why())?;
            if hit
                || doubtful
                    && text
                        .split('\u{fffd}')
                        .any(|t| self.matcher.span(t).is_some())
            {
                return Err(why());
            }
        }
        Ok(())
    }

    fn print_unselected(&self, source: &Source, named: bool, printed: &mut Stream) {
        let text = match self.output {
            Output::Count if named => format!("{}:0\n", source.name),
            Output::Count => "0\n".to_owned(),
            Output::FilesWithout => format!("{}\n", source.name),
            _ => return,
        };
        printed.append(Stream::of_text(&text, false));
    }

    /// What is printed for one source; `prefix` is its name where that is printed.
    fn printed(
        &self,
        name: &str,
        prefix: Option<&str>,
        stream: &Stream,
        selected: &[bool],
    ) -> Result<Stream, Stop> {
        let count = selected.iter().filter(|hit| **hit).count();
        let text = match self.output {
            Output::Nothing => String::new(),
            Output::FilesWith if count > 0 => format!("{name}\n"),
            Output::FilesWithout if count == 0 => format!("{name}\n"),
            Output::FilesWith | Output::FilesWithout => String::new(),
            Output::Count => match prefix {
                Some(name) => format!("{name}:{count}\n"),
                None => format!("{count}\n"),
            },
            Output::Lines => return Ok(self.lines(prefix, stream, selected)),
            Output::Parts => return self.parts(prefix, stream, selected),
        };
        Ok(Stream::of_text(&text, false))
    }

    fn lines(&self, prefix: Option<&str>, stream: &Stream, selected: &[bool]) -> Stream {
        let shown = self.shown(selected);
        let mut printed = Stream::default();
        let mut last: Option<usize> = None;
        for (index, line) in stream.lines.iter().enumerate() {
            if shown.get(index) != Some(&true) {
                continue;
            }
            if self.context() && last.is_some_and(|last| last + 1 < index) {
                printed.append(Stream::of_text("--\n", false));
            }
            let hit = selected.get(index) == Some(&true);
            let sign = if hit { ':' } else { '-' };
            printed
                .lines
                .push(self.prefixed(prefix, index, sign, &line.text, line));
            last = Some(index);
        }
        printed
    }

    /// The selected lines and their context.
    fn shown(&self, selected: &[bool]) -> Vec<bool> {
        let mut shown = vec![false; selected.len()];
        let mut shown_to = 0;
        for (index, _) in selected.iter().enumerate().filter(|(_, hit)| **hit) {
            let from = index.saturating_sub(self.before).max(shown_to);
            let to = (index + self.after + 1).min(selected.len());
            for show in shown.iter_mut().take(to).skip(from) {
                *show = true;
            }
            shown_to = shown_to.max(index);
        }
        shown
    }

    fn parts(
        &self,
        prefix: Option<&str>,
        stream: &Stream,
        selected: &[bool],
    ) -> Result<Stream, Stop> {
        let mut printed = Stream::default();
        // Where the parts are not known nobody reads them: such a grep is never piped on.
        if self.invert || !self.matcher.parts_known() {
            return Ok(printed);
        }
        let lines = stream.lines.iter().enumerate().zip(selected);
        for ((index, line), _) in lines.filter(|(_, hit)| **hit) {
            for part in self.matcher.parts(&line.text)? {
                let line = self.prefixed(prefix, index, ':', &part.into(), line);
                printed.lines.push(line);
            }
        }
        Ok(printed)
    }

    fn prefixed(
        &self,
        prefix: Option<&str>,
        index: usize,
        sign: char,
        text: &Rc<str>,
        line: &Line,
    ) -> Line {
        let name = prefix.map_or(String::new(), |name| format!("{name}{sign}"));
        let number = if self.numbers {
            format!("{}{sign}", index + 1)
        } else {
            String::new()
        };
        let text = if name.is_empty() && number.is_empty() {
            text.clone()
        } else {
            format!("{name}{number}{text}").into()
        };
        Line {
            text,
            origin: line.origin.clone(),
            said: line.said,
        }
    }
}

impl Filter {
    /// Whether a search looks at the file at `path`, seen from the folder that is searched.
    fn takes(&self, path: &str) -> bool {
        let matches = |patterns: &[String], name: &str| patterns.iter().any(|p| wildcard(p, name));
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let in_excluded = folders
            .split('/')
            .any(|folder| matches(&self.exclude_folder, folder));
        let included = self.include.is_empty() || matches(&self.include, name);
        included && !matches(&self.exclude, name) && !in_excluded
    }
}

fn text(machine: &mut Machine<'_>, path: &RepoPath) -> Result<Text, ReadError> {
    let bytes = machine.read(path)?;
    Ok(match std::str::from_utf8(&bytes) {
        Ok(text) if !text.contains('\0') => Text::Lines(Stream::of_file(path, text)),
        _ => Text::Binary(bytes.to_vec()),
    })
}

/// Remembers what was searched, for the control.
fn search_stream(machine: &mut Machine<'_>, search: usize, stream: &Stream, selected: &[bool]) {
    let Some(search) = machine.trace.searches.get_mut(search) else {
        return;
    };
    for (line, hit) in stream.lines.iter().zip(selected) {
        if let Some(origin) = &line.origin {
            search.note(&origin.path, origin.number, *hit);
        }
    }
}

impl Search {
    fn note(&mut self, path: &RepoPath, number: usize, hit: bool) {
        let at = match self.windows.iter().position(|window| window.path == *path) {
            Some(at) => at,
            None => {
                self.windows.push(super::evaluate::Window {
                    path: path.clone(),
                    first: number,
                    last: number,
                    hits: Vec::new(),
                });
                self.windows.len() - 1
            }
        };
        if let Some(window) = self.windows.get_mut(at) {
            window.first = window.first.min(number);
            window.last = window.last.max(number);
            if hit {
                window.hits.push(number);
            }
        }
    }
}

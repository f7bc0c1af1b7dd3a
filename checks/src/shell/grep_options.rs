//! grep's command line, as GNU grep 3 reads it.

use super::NeedsShell;
use super::file::Argument;
use super::lexer::Word;
use super::matcher::{Matcher, Mode};
use super::pattern::Syntax;

/// A grep that is understood.
#[derive(Debug, Clone)]
pub(super) struct Grep {
    pub(super) matcher: Matcher,
    pub(super) files: Vec<Argument>,
    pub(super) invert: bool,
    pub(super) output: Output,
    pub(super) numbers: bool,
    /// `-H` (true) or `-h` (false), if given.
    pub(super) names: Option<bool>,
    pub(super) recursive: Option<Recursion>,
    /// `-m`: no more lines than these are selected in a file.
    pub(super) most: Option<usize>,
    pub(super) before: usize,
    pub(super) after: usize,
    pub(super) filter: Filter,
}

/// What grep prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    Lines,
    Parts,
    Count,
    FilesWith,
    FilesWithout,
    Nothing,
}

/// Whether links met on the way are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recursion {
    /// `-r`
    WithoutLinks,
    /// `-R`
    WithLinks,
}

/// Which files a recursive search looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) include: Vec<String>,
    pub(super) exclude: Vec<String>,
    pub(super) exclude_folder: Vec<String>,
}

impl Grep {
    /// Reads the words after `grep`; `syntax` is that of the name it is called by.
    pub(super) fn new(words: &[Word], syntax: Option<Syntax>) -> Result<Self, NeedsShell> {
        let mut given = Given {
            syntax,
            ..Given::default()
        };
        given.read(words)?;
        given.finish()
    }

    /// Looks at what stands left and right of it in its pipe.
    pub(super) fn fits(&self, is_fed: bool, is_piped: bool) -> Result<(), NeedsShell> {
        if self.files.is_empty() && self.recursive.is_none() && !is_fed {
            return Err(NeedsShell(
                "`grep` without a file: standard input".to_owned(),
            ));
        }
        if self.output == Output::Parts && is_piped && !self.matcher.parts_known() {
            return Err(NeedsShell(
                "`grep -o` with this pattern in a pipe".to_owned(),
            ));
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Given {
    syntax: Option<Syntax>,
    patterns: Vec<String>,
    operands: Vec<Word>,
    flags: String,
    names: Option<bool>,
    most: Option<usize>,
    before: Option<usize>,
    after: Option<usize>,
    around: Option<usize>,
    recursive: Option<Recursion>,
    filter: Filter,
}

impl Given {
    /// Options may stand after operands: GNU programs permute them.
    fn read(&mut self, words: &[Word]) -> Result<(), NeedsShell> {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word.text == "--" {
                self.operands.extend(words.cloned());
                break;
            }
            if let Some(long) = word.text.strip_prefix("--") {
                word.known()?;
                self.long(long, &mut words)?;
            } else if word.text.starts_with('-') && word.text.len() > 1 {
                self.short(word.literal()?, &mut words)?;
            } else {
                self.operands.push(word.clone());
            }
        }
        Ok(())
    }

    fn short<'a>(
        &mut self,
        word: &str,
        more: &mut impl Iterator<Item = &'a Word>,
    ) -> Result<(), NeedsShell> {
        for (at, option) in word.char_indices().skip(1) {
            if "emABC".contains(option) {
                let attached = word.get(at + 1..).unwrap_or_default();
                let value = match attached {
                    "" => value(more, word)?,
                    attached => attached.to_owned(),
                };
                return self.valued(option, value);
            }
            self.flag(option)
                .map_err(|()| NeedsShell::because(&format!("grep -{option}"), "this option"))?;
        }
        Ok(())
    }

    fn long<'a>(
        &mut self,
        word: &str,
        more: &mut impl Iterator<Item = &'a Word>,
    ) -> Result<(), NeedsShell> {
        let refused = || NeedsShell::because(&format!("grep --{word}"), "this option");
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word, None),
        };
        if name == "color" || name == "colour" {
            let plain = matches!(attached.as_deref(), None | Some("never" | "auto"));
            return if plain { Ok(()) } else { Err(refused()) };
        }
        if let Some((_, option)) = LONG_FLAGS.iter().find(|(long, _)| *long == name) {
            return match attached {
                None => self.flag(*option).map_err(|()| refused()),
                Some(_) => Err(refused()),
            };
        }
        let (_, option) = LONG_VALUES
            .iter()
            .find(|(long, _)| *long == name)
            .ok_or_else(refused)?;
        let value = match attached {
            Some(value) => value,
            None => value(more, word)?,
        };
        self.valued(*option, value)
    }

    fn flag(&mut self, option: char) -> Result<(), ()> {
        let syntax = match option {
            'G' => Some(Syntax::Basic),
            'E' => Some(Syntax::Extended),
            'F' => Some(Syntax::Fixed),
            _ => None,
        };
        match option {
            // Of several matchers older greps take the last and newer ones none.
            'G' | 'E' | 'F' if self.syntax.is_some() && self.syntax != syntax => return Err(()),
            'G' | 'E' | 'F' => self.syntax = syntax,
            'H' => self.names = Some(true),
            'h' => self.names = Some(false),
            'r' => self.recursive = Some(Recursion::WithoutLinks),
            'R' => self.recursive = Some(Recursion::WithLinks),
            's' => {}
            'n' | 'q' | 'i' | 'c' | 'v' | 'w' | 'x' | 'l' | 'L' | 'o' => self.flags.push(option),
            _ => return Err(()),
        }
        Ok(())
    }

    fn valued(&mut self, option: char, value: String) -> Result<(), NeedsShell> {
        let number = || {
            let digits = value.bytes().all(|b| b.is_ascii_digit());
            let number = value
                .parse::<usize>()
                .ok()
                .filter(|n| digits && *n < 1_000_000);
            number.ok_or_else(|| NeedsShell::because(&value, "not a number of lines"))
        };
        match option {
            'e' => self.patterns.push(value),
            'm' => self.most = Some(number()?),
            'A' => self.after = Some(number()?),
            'B' => self.before = Some(number()?),
            'C' => self.around = Some(number()?),
            _ if value.contains(['/', '[', '\\']) => {
                return Err(NeedsShell::because(&value, "more than `*` and `?`"));
            }
            'I' => self.filter.include.push(value),
            'X' => self.filter.exclude.push(value),
            _ => self.filter.exclude_folder.push(value),
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Grep, NeedsShell> {
        if self.patterns.is_empty() {
            if self.operands.is_empty() {
                return Err(NeedsShell("`grep` without a pattern".to_owned()));
            }
            let pattern = self.operands.remove(0);
            self.patterns.push(pattern.literal()?.to_owned());
        }
        let has = |option| self.flags.contains(option);
        let mode = Mode {
            syntax: self.syntax.unwrap_or(Syntax::Basic),
            ignore_case: has('i'),
            words: has('w'),
            lines: has('x'),
        };
        let output = self.output();
        if has('v') && output == Output::Count && self.patterns.iter().all(String::is_empty) {
            // GNU grep sees that nothing can be selected and does not even print the 0.
            return Err(NeedsShell("`grep -vc` with an empty pattern".to_owned()));
        }
        let files = self.operands.iter().map(Argument::new);
        let grep = Grep {
            matcher: Matcher::new(&self.patterns.join("\n"), mode)?,
            files: files.collect::<Result<_, _>>()?,
            invert: has('v'),
            output,
            numbers: has('n'),
            names: self.names,
            recursive: self.recursive,
            most: self.most,
            before: self.before.or(self.around).unwrap_or(0),
            after: self.after.or(self.around).unwrap_or(0),
            filter: self.filter,
        };
        grep.refuse_odd_pairs()
    }

    /// `-q` outranks `-l` and `-L`, of which the last counts, and these outrank `-c`, then `-o`.
    fn output(&self) -> Output {
        let has = |option| self.flags.contains(option);
        let last_list = self.flags.chars().rev().find(|c| matches!(c, 'l' | 'L'));
        match last_list {
            _ if has('q') => Output::Nothing,
            Some('l') => Output::FilesWith,
            Some(_) => Output::FilesWithout,
            None if has('c') => Output::Count,
            None if has('o') => Output::Parts,
            None => Output::Lines,
        }
    }
}

impl Grep {
    fn refuse_odd_pairs(self) -> Result<Self, NeedsShell> {
        let context = self.before + self.after > 0;
        let filtered = self.filter != Filter::default();
        let lists = matches!(self.output, Output::FilesWith | Output::FilesWithout);
        let both = !self.filter.include.is_empty() && !self.filter.exclude.is_empty();
        let odd = if context && (self.most.is_some() || self.output == Output::Parts) {
            "context together with `-m` or `-o`"
        } else if self.most == Some(0) || lists && self.most.is_some() {
            "this use of `-m`"
        } else if filtered && self.recursive.is_none() || both {
            "this use of `--include` and `--exclude`"
        } else {
            return Ok(self);
        };
        Err(NeedsShell(format!("`grep` with {odd}")))
    }
}

const LONG_FLAGS: [(&str, char); 19] = [
    ("basic-regexp", 'G'),
    ("extended-regexp", 'E'),
    ("fixed-strings", 'F'),
    ("with-filename", 'H'),
    ("no-filename", 'h'),
    ("recursive", 'r'),
    ("dereference-recursive", 'R'),
    ("no-messages", 's'),
    ("line-number", 'n'),
    ("quiet", 'q'),
    ("silent", 'q'),
    ("ignore-case", 'i'),
    ("count", 'c'),
    ("invert-match", 'v'),
    ("word-regexp", 'w'),
    ("line-regexp", 'x'),
    ("files-with-matches", 'l'),
    ("files-without-match", 'L'),
    ("only-matching", 'o'),
];

const LONG_VALUES: [(&str, char); 8] = [
    ("regexp", 'e'),
    ("max-count", 'm'),
    ("after-context", 'A'),
    ("before-context", 'B'),
    ("context", 'C'),
    ("include", 'I'),
    ("exclude", 'X'),
    ("exclude-dir", 'D'),
];

fn value<'a>(
    more: &mut impl Iterator<Item = &'a Word>,
    option: &str,
) -> Result<String, NeedsShell> {
    let word = more
        .next()
        .ok_or_else(|| NeedsShell::because(option, "an option without its value"))?;
    Ok(word.literal()?.to_owned())
}

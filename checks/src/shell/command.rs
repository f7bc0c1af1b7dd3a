//! The commands that are understood, with their arguments.

use super::NeedsShell;
use super::file::Argument;
use super::grep_options::Grep;
use super::lexer::Word;
use super::pattern::Syntax;

/// A command that needs no shell.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Grep(Box<Grep>),
    Cut(Cut),
    Cat(Vec<Argument>),
    CountLines(Option<Argument>),
    Ls(Ls),
    Test(Test),
    Say(String),
    Status(i32),
    Exit(Option<i32>),
}

/// `head` and `tail`.
#[derive(Debug, Clone)]
pub(super) struct Cut {
    pub(super) kept: Kept,
    pub(super) file: Option<Argument>,
}

/// Which lines are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    First(usize),
    Last(usize),
    /// From this line, counted from 1.
    From(usize),
}

/// `ls`, of which the status counts, and the names where nothing else is asked for.
#[derive(Debug, Clone)]
pub(super) struct Ls {
    pub(super) paths: Vec<Argument>,
    /// `-d`: folders themselves, not what they hold.
    pub(super) folders: bool,
    /// Whether it prints more than names.
    pub(super) details: bool,
}

/// `test` and `[`.
#[derive(Debug, Clone)]
pub(super) struct Test {
    pub(super) negated: bool,
    pub(super) question: Question,
}

/// What a test asks.
#[derive(Debug, Clone)]
pub(super) enum Question {
    File(Argument),
    Folder(Argument),
    Exists(Argument),
    NotEmpty(Argument),
    /// Known from the words alone.
    Known(bool),
}

impl Command {
    /// Reads a command; a line without words is a redirection alone.
    pub(super) fn new(words: &[Word]) -> Result<Self, NeedsShell> {
        let Some((name, arguments)) = words.split_first() else {
            return Err(NeedsShell("a redirection without a command".to_owned()));
        };
        let grep = |syntax| Grep::new(arguments, syntax).map(|grep| Self::Grep(Box::new(grep)));
        match name.literal()? {
            "grep" => grep(None),
            "egrep" => grep(Some(Syntax::Extended)),
            "fgrep" => grep(Some(Syntax::Fixed)),
            "head" => cut(arguments, "head").map(Self::Cut),
            "tail" => cut(arguments, "tail").map(Self::Cut),
            "cat" => files(arguments, "cat").map(Self::Cat),
            "wc" => count_lines(arguments),
            "ls" => ls(arguments),
            "test" => test(arguments).map(Self::Test),
            "[" => match arguments.split_last() {
                Some((last, inside)) if last.text == "]" => test(inside).map(Self::Test),
                _ => Err(NeedsShell::because("[", "a `]` is missing")),
            },
            "echo" => echo(arguments),
            "printf" => printf(arguments),
            "true" | ":" => Ok(Self::Status(0)),
            "false" => Ok(Self::Status(1)),
            "exit" => exit(arguments),
            other => Err(NeedsShell::word(other)),
        }
    }

    /// Looks at what stands left and right of it in its pipe.
    pub(super) fn fits(&self, is_fed: bool, is_piped: bool) -> Result<(), NeedsShell> {
        let reads_nothing = match self {
            Self::Grep(grep) => return grep.fits(is_fed, is_piped),
            Self::Cut(cut) => cut.file.is_none(),
            Self::Cat(files) => files.is_empty(),
            Self::CountLines(file) => file.is_none(),
            Self::Ls(ls) if ls.details && is_piped => {
                return Err(NeedsShell("`ls -l` in a pipe".to_owned()));
            }
            Self::Exit(_) if is_fed || is_piped => {
                return Err(NeedsShell("`exit` in a pipe".to_owned()));
            }
            _ => false,
        };
        if reads_nothing && !is_fed {
            return Err(NeedsShell("a command that reads standard input".to_owned()));
        }
        Ok(())
    }
}

/// Operands alone.
fn files(words: &[Word], name: &str) -> Result<Vec<Argument>, NeedsShell> {
    let mut files = Vec::new();
    for word in words {
        if word.text.starts_with('-') {
            return Err(NeedsShell::word(&format!("{name} {}", word.text)));
        }
        files.push(Argument::new(word)?);
    }
    Ok(files)
}

fn cut(words: &[Word], name: &str) -> Result<Cut, NeedsShell> {
    let refused = |word: &str| NeedsShell::word(&format!("{name} {word}"));
    let mut count = "10".to_owned();
    let mut operands = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        let lines = text.strip_prefix("-n").or(text.strip_prefix("--lines="));
        count = match (lines, text.strip_prefix('-')) {
            (Some(""), _) => words
                .next()
                .ok_or_else(|| refused(text))?
                .literal()?
                .to_owned(),
            (Some(attached), _) => attached.to_owned(),
            (None, Some(digits)) if is_number(digits) => digits.to_owned(),
            (None, Some(_)) => return Err(refused(text)),
            (None, None) => {
                operands.push(word);
                continue;
            }
        };
    }
    let number = count
        .strip_prefix('+')
        .filter(|_| name == "tail")
        .unwrap_or(&count);
    let lines = number
        .parse()
        .ok()
        .filter(|_| is_number(number))
        .ok_or_else(|| refused(&count))?;
    let kept = match name {
        "head" => Kept::First(lines),
        _ if count.starts_with('+') => Kept::From(lines),
        _ => Kept::Last(lines),
    };
    let file = match operands.as_slice() {
        [] => None,
        [word] => {
            word.literal()?;
            Some(Argument::new(word)?)
        }
        _ => return Err(NeedsShell(format!("`{name}` of several files"))),
    };
    Ok(Cut { kept, file })
}

fn count_lines(words: &[Word]) -> Result<Command, NeedsShell> {
    match words {
        [option, rest @ ..] if option.text == "-l" || option.text == "--lines" => match rest {
            [] => Ok(Command::CountLines(None)),
            [word] if !word.text.starts_with('-') => {
                word.literal()?;
                Ok(Command::CountLines(Some(Argument::new(word)?)))
            }
            _ => Err(NeedsShell("`wc -l` of several files".to_owned())),
        },
        _ => Err(NeedsShell("`wc` without `-l`".to_owned())),
    }
}

fn ls(words: &[Word]) -> Result<Command, NeedsShell> {
    let (options, operands): (Vec<_>, Vec<_>) =
        words.iter().partition(|word| word.text.starts_with('-'));
    let mut ls = Ls {
        paths: operands
            .into_iter()
            .map(Argument::new)
            .collect::<Result<_, _>>()?,
        folders: false,
        details: false,
    };
    for option in options {
        for flag in option.text.chars().skip(1) {
            match flag {
                '1' => {}
                'd' => ls.folders = true,
                'l' | 'a' | 'A' | 'h' => ls.details = true,
                _ => return Err(NeedsShell::word(&format!("ls {}", option.text))),
            }
        }
    }
    if ls.paths.is_empty() {
        return Err(NeedsShell("`ls` without a path".to_owned()));
    }
    Ok(Command::Ls(ls))
}

/// By the number of its arguments, as POSIX says.
fn test(words: &[Word]) -> Result<Test, NeedsShell> {
    let mut texts = Vec::new();
    for word in words {
        texts.push(word.literal()?);
    }
    let (negated, texts, words) = match (texts.as_slice(), words) {
        (["!", rest @ ..], [_, words @ ..]) if !rest.is_empty() => (true, rest.to_vec(), words),
        _ => (false, texts, words),
    };
    let path = || {
        words
            .last()
            .map_or_else(|| Err(NeedsShell::word("test")), Argument::new)
    };
    let question = match texts.as_slice() {
        [] => Question::Known(false),
        [text] => Question::Known(!text.is_empty()),
        ["-n", text] => Question::Known(!text.is_empty()),
        ["-z", text] => Question::Known(text.is_empty()),
        ["-f", _] => Question::File(path()?),
        ["-d", _] => Question::Folder(path()?),
        ["-e", _] => Question::Exists(path()?),
        ["-s", _] => Question::NotEmpty(path()?),
        [left, "=", right] => Question::Known(left == right),
        [left, "!=", right] => Question::Known(left != right),
        other => return Err(NeedsShell::word(&format!("test {}", other.join(" ")))),
    };
    Ok(Test { negated, question })
}

/// Shells differ in what `echo` makes of options and backslashes.
fn echo(words: &[Word]) -> Result<Command, NeedsShell> {
    let mut texts = Vec::new();
    for word in words {
        texts.push(word.literal()?);
    }
    let (texts, end) = match texts.as_slice() {
        ["-n", rest @ ..] => (rest, ""),
        all => (all, "\n"),
    };
    let text = texts.join(" ");
    let option = texts.first().is_some_and(|first| {
        first.len() > 1
            && first
                .strip_prefix('-')
                .is_some_and(|o| o.chars().all(|c| "neE".contains(c)))
    });
    if option || text.contains('\\') {
        return Err(NeedsShell::because(
            &format!("echo {text}"),
            "shells differ in its options and backslashes",
        ));
    }
    Ok(Command::Say(text + end))
}

/// A format without arguments.
fn printf(words: &[Word]) -> Result<Command, NeedsShell> {
    let [format] = words else {
        return Err(NeedsShell("`printf` with arguments".to_owned()));
    };
    let format = format.literal()?;
    let refused = || NeedsShell::word(&format!("printf {format}"));
    if format.starts_with('-') || format.contains('%') {
        return Err(refused());
    }
    let mut text = String::new();
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => text.push(match rest.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('\\') => '\\',
                _ => return Err(refused()),
            }),
            c => text.push(c),
        }
    }
    Ok(Command::Say(text))
}

fn exit(words: &[Word]) -> Result<Command, NeedsShell> {
    match words {
        [] => Ok(Command::Exit(None)),
        [status] => {
            let status = status.literal()?;
            let number = status.parse::<u8>().ok().filter(|_| is_number(status));
            let number = number.ok_or_else(|| NeedsShell::word(&format!("exit {status}")))?;
            Ok(Command::Exit(Some(i32::from(number))))
        }
        _ => Err(NeedsShell::word("exit")),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

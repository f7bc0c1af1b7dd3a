//! `text`: a regex occurs, or does not, in files.

use std::fmt;
use std::hash::{Hash, Hasher};

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::check::Check;
use crate::example::example_of;
use crate::files::Files;
use crate::path::RepoPath;
use crate::snapshot::{Edits, Snapshot};
use crate::verdict::{Answer, Finding, Place, Verdict};

/// More places than these are counted and not shown.
const SHOWN: usize = 50;

/// A regex occurs, or does not, in a file, a glob of files, or a range of their lines.
///
/// The pattern has the syntax of the crate `regex` and is tried on each line by itself, without
/// the line's end; `^` and `$` stand for the start and the end of a line.
///
/// ```toml
/// check = { text = { files = "a.py", absent = "^import torch", lines = "1-20" } }
/// check = { text = { files = ["docs/*.md", "README.md"], present = "lazy" } }
/// ```
///
/// `present` asks for one place in any of the files, `absent` for none in all of them. `lines`
/// is a line (`7`), a range (`1-20`) or an open one (`30-`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "Written")]
#[schemars(with = "Written")]
pub struct Text {
    files: Files,
    wanted: Wanted,
    pattern: Pattern,
    lines: Option<Lines>,
}

impl Check for Text {
    fn judge(&self, snapshot: &dyn Snapshot) -> Answer {
        let paths = match self.files.select(snapshot) {
            Ok(paths) if paths.is_empty() => {
                let why = format!("no file matches `{}`", self.files);
                return Verdict::Undecided(why).into();
            }
            Ok(paths) => paths,
            Err(error) => return Verdict::from(error).into(),
        };
        let mut found = Found::default();
        for path in &paths {
            match self.text(snapshot, path) {
                Ok(text) => self.search(path, &text, &mut found),
                Err(why) => found.unread.push(why),
            }
        }
        self.verdict(found).into()
    }

    fn violation(&self, snapshot: &dyn Snapshot) -> Result<Edits, String> {
        match self.wanted {
            Wanted::Absent => self.planted(snapshot),
            Wanted::Present => self.blanked(snapshot),
        }
    }
}

impl Text {
    /// The text of a file of which some line is looked at.
    fn text(&self, snapshot: &dyn Snapshot, path: &RepoPath) -> Result<String, String> {
        let bytes = snapshot.read(path).map_err(|e| e.to_string())?;
        let text =
            std::str::from_utf8(&bytes).map_err(|_| format!("`{path}` is not UTF-8 text"))?;
        let count = text.lines().count();
        match self.lines {
            Some(lines) if lines.first > count.max(1) => Err(format!(
                "`{path}` ends at line {count}, before the lines {lines}"
            )),
            _ => Ok(text.to_owned()),
        }
    }

    fn search(&self, path: &RepoPath, text: &str, found: &mut Found) {
        for (number, line) in numbered(text) {
            if !self.looks_at(number) {
                continue;
            }
            let Some(span) = self.pattern.regex.find(line) else {
                continue;
            };
            found.count += 1;
            if found.places.len() < SHOWN {
                let mut place = Place::in_text(path, line, span.start(), span.end());
                place.line = number;
                found.places.push(place);
            }
        }
    }

    fn verdict(&self, found: Found) -> Verdict {
        let pattern = &self.pattern.text;
        let undecided = (!found.unread.is_empty()).then(|| found.unread.join("; "));
        match (self.wanted, found.count, undecided) {
            (Wanted::Present, 1.., _) => Verdict::Pass,
            (_, 0, Some(why)) => Verdict::Undecided(why),
            (Wanted::Absent, 0, None) => Verdict::Pass,
            (Wanted::Absent, count, _) => {
                let more = count - found.places.len();
                let at = |place| Finding::at(place, format!("`{pattern}` occurs here"));
                let mut findings: Vec<_> = found.places.into_iter().map(at).collect();
                if more > 0 {
                    findings.push(Finding::general(format!("and at {more} more places")));
                }
                Verdict::Fail(findings)
            }
            (Wanted::Present, _, None) => {
                let range = self.lines.map_or(String::new(), |l| format!(", lines {l}"));
                let message = format!("`{pattern}` does not occur in {}{range}", self.files);
                Verdict::Fail(vec![Finding::general(message)])
            }
        }
    }

    fn looks_at(&self, number: usize) -> bool {
        self.lines.is_none_or(|lines| lines.hold(number))
    }

    /// A matching line at the start of what is looked at, in the first file that has such lines.
    fn planted(&self, snapshot: &dyn Snapshot) -> Result<Edits, String> {
        let example = example_of(&format!("(?m){}", self.pattern.text))
            .filter(|example| self.pattern.regex.is_match(example))
            .ok_or_else(|| format!("no text was found that `{}` matches", self.pattern.text))?;
        let paths = self.files.select(snapshot).map_err(|e| e.to_string())?;
        let mut why = format!("no file matches `{}`", self.files);
        for path in paths {
            match self.text(snapshot, &path) {
                Ok(text) => {
                    let first = self.lines.map_or(1, |lines| lines.first);
                    return Ok(Edits::write(path, inserted(&text, first, &example).into_bytes()));
                }
                Err(reason) => why = reason,
            }
        }
        Err(why)
    }

    /// Every matching line that is looked at, emptied: so no other line moves into the range.
    fn blanked(&self, snapshot: &dyn Snapshot) -> Result<Edits, String> {
        if self.pattern.regex.is_match("") {
            let pattern = &self.pattern.text;
            return Err(format!("`{pattern}` matches an empty line: it cannot be removed"));
        }
        let mut edits = Edits::default();
        for path in self.files.select(snapshot).map_err(|e| e.to_string())? {
            let text = self.text(snapshot, &path)?;
            let kept = |(number, line): (usize, &'_ str)| {
                let hit = self.looks_at(number) && self.pattern.regex.is_match(line);
                if hit { String::new() } else { line.to_owned() }
            };
            let lines: Vec<_> = numbered(&text).map(kept).collect();
            edits = edits.and_write(path, (lines.join("\n") + "\n").into_bytes());
        }
        Ok(edits)
    }
}

/// The lines of a text with their numbers, without a byte order mark.
fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
}

fn inserted(text: &str, number: usize, line: &str) -> String {
    let mut lines: Vec<_> = text.lines().collect();
    let at = number.saturating_sub(1).min(lines.len());
    lines.insert(at, line);
    lines.join("\n") + "\n"
}

#[derive(Default)]
struct Found {
    places: Vec<Place>,
    count: usize,
    unread: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Wanted {
    Absent,
    Present,
}

/// A valid regex; two are the same if their texts are.
#[derive(Debug, Clone)]
struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    fn new(text: String) -> Result<Self, String> {
        let regex = RegexBuilder::new(&text).multi_line(true).build();
        let regex = regex.map_err(|error| error.to_string())?;
        if example_of(&format!("(?m){text}")).is_some_and(|example| example.contains('\n')) {
            return Err(format!(
                "`{}` needs an end of line, but each line is searched by itself",
                text.escape_debug()
            ));
        }
        Ok(Self { text, regex })
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// Lines `first..=last`, from 1, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Lines {
    first: usize,
    last: Option<usize>,
}

impl Lines {
    fn new(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.trim().parse::<usize>().ok().filter(|n| *n > 0);
        let wrong = || format!("`{text}` is not a range of lines such as `1-20`, `7` or `30-`");
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let first = number(first).ok_or_else(wrong)?;
        let last = match last.trim() {
            "" => None,
            last => Some(number(last).ok_or_else(wrong)?),
        };
        if last.is_some_and(|last| last < first) {
            return Err(format!("the range of lines `{text}` is empty"));
        }
        Ok(Self { first, last })
    }

    fn hold(self, number: usize) -> bool {
        self.first <= number && self.last.is_none_or(|last| number <= last)
    }
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.first)?;
        self.last.map_or(Ok(()), |last| write!(f, "{last}"))
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["absent"]}, {"required": ["present"]}]))]
struct Written {
    files: Files,
    absent: Option<String>,
    present: Option<String>,
    lines: Option<String>,
}

impl TryFrom<Written> for Text {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let (wanted, pattern) = match (written.absent, written.present) {
            (Some(pattern), None) => (Wanted::Absent, pattern),
            (None, Some(pattern)) => (Wanted::Present, pattern),
            (Some(_), Some(_)) => {
                return Err("`absent` and `present` exclude each other: make two checks".into());
            }
            (None, None) => return Err("one of `absent` and `present` is needed".into()),
        };
        Ok(Self {
            files: written.files,
            wanted,
            pattern: Pattern::new(pattern)?,
            lines: written.lines.as_deref().map(Lines::new).transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{NotControlled, controlled};
    use crate::snapshot::Memory;

    fn parsed(toml: &str) -> Result<Text, String> {
        toml::from_str(toml).map_err(|error| error.to_string())
    }

    /// `pass`, `undecided: …`, or the lines of the findings.
    fn judged(toml: &str, files: &[(&str, &[u8])]) -> String {
        let snapshot = Memory::new(files.iter().copied());
        let check = parsed(toml).unwrap();
        match check.judge(&snapshot).verdict {
            Verdict::Pass => {
                assert_eq!(controlled(&check, &snapshot), Ok(()), "{toml}");
                "pass".to_owned()
            }
            Verdict::Undecided(why) => format!("undecided: {why}"),
            Verdict::Fail(findings) => {
                let show = |finding: Finding| match finding.place {
                    Some(at) => format!("{}:{}:{}+{}", at.path, at.line, at.column, at.length),
                    None => finding.message,
                };
                findings.into_iter().map(show).collect::<Vec<_>>().join(" ")
            }
        }
    }

    #[test]
    fn a_regex_occurs_or_does_not() {
        let a: &[u8] = b"import os\nimport torch\r\n\nx = 1  # import torch\n";
        let b: &[u8] = b"\xef\xbb\xbfimport torch";
        let all = [("a.py", a), ("b.py", b), ("c.py", b"" as &[u8]), ("d.py", b"\xff")];
        for (toml, expected) in [
            (r#"files = "a.py"
                absent = "^import torch$""#, "a.py:2:1+12"),
            (r#"files = "a.py"
                absent = "import torch""#, "a.py:2:1+12 a.py:4:10+12"),
            (r#"files = "a.py"
                absent = "import torch"
                lines = "3-""#, "a.py:4:10+12"),
            (r#"files = "a.py"
                absent = "torch"
                lines = "1""#, "pass"),
            (r#"files = "a.py"
                absent = "torch"
                lines = "9-10""#, "undecided: `a.py` ends at line 4, before the lines 9-10"),
            (r#"files = "b.py"
                absent = "^import""#, "b.py:1:1+6"),
            (r#"files = "c.py"
                absent = "torch"
                lines = "1-20""#, "pass"),
            (r#"files = "a.py"
                present = "x = \\d""#, "pass"),
            (r#"files = ["a.py", "c.py"]
                present = "x = \\d""#, "pass"),
            (r#"files = ["a.py", "c.py"]
                present = "y = \\d""#, "`y = \\d` does not occur in a.py, c.py"),
            (r#"files = "a.py"
                present = "x"
                lines = "1-2""#, "`x` does not occur in a.py, lines 1-2"),
            (r#"files = "a.py"
                present = "os\\s+import""#, "`os\\s+import` does not occur in a.py"),
            (r#"files = "d.py"
                absent = "x""#, "undecided: `d.py` is not UTF-8 text"),
            (r#"files = "?.py"
                absent = "torch""#, "a.py:2:8+5 a.py:4:17+5 b.py:1:8+5"),
            (r#"files = ["c.py", "e.py"]
                absent = "torch""#, "undecided: no such file: `e.py`"),
            (r#"files = ["c.py", "e.py"]
                present = "torch""#, "undecided: no such file: `e.py`"),
            (r#"files = "*.txt"
                absent = "torch""#, "undecided: no file matches `*.txt`"),
        ] {
            assert_eq!(judged(toml, &all), expected, "{toml}");
        }
    }

    #[test]
    fn many_places_are_counted() {
        let text = "x\n".repeat(SHOWN + 7);
        let shown = judged("files = \"a\"\nabsent = \"x\"", &[("a", text.as_bytes())]);
        assert!(shown.ends_with("a:50:1+1 and at 7 more places"), "{shown}");
    }

    #[test]
    fn a_pattern_that_matches_everything_has_no_control() {
        let check = parsed("files = \"a\"\npresent = \"x*\"").unwrap();
        let control = controlled(&check, &Memory::new([("a", "x\n")]));
        assert!(matches!(control, Err(NotControlled::NoControl(_))), "{control:?}");
    }

    #[test]
    fn what_is_wrong_is_said_when_the_plan_is_read() {
        for (rest, expected) in [
            (r#"absent = "(""#, "unclosed group"),
            (r#"absent = "a\\nb""#, "each line is searched by itself"),
            (r#"absent = "a"
                present = "b""#, "exclude each other"),
            ("", "one of `absent` and `present` is needed"),
            (r#"absent = "a"
                lines = "9-3""#, "the range of lines `9-3` is empty"),
            (r#"absent = "a"
                lines = "0-3""#, "is not a range of lines"),
            (r#"absent = "a"
                lines = "x""#, "is not a range of lines"),
            (r#"absent = "a"
                line = "1""#, "unknown field `line`"),
        ] {
            let error = parsed(&format!("files = \"a\"\n{rest}")).unwrap_err();
            assert!(error.contains(expected), "{rest}: {error}");
        }
    }
}

//! Shell lines in which no shell is needed: words, and programs that read each other's output.

/// The words of a line that is one program.
pub(super) fn words(line: &str) -> Option<Vec<String>> {
    let mut stages = Reader::default().read(line, |_, _| None)?;
    let words = stages.pop().filter(|_| stages.is_empty())?;
    let is_program = words
        .first()
        .is_some_and(|first| !first.contains('=') && !first.is_empty());
    is_program.then_some(words)
}

/// The words of each program of a pipeline. What is thrown away (`2>/dev/null`) is left out, and a
/// `?` in an address is one.
pub(super) fn pipeline(line: &str) -> Option<Vec<Vec<String>>> {
    let mut line = line.replace("\\\n", " ");
    for thrown in [
        "2>&1",
        "&>/dev/null",
        "&> /dev/null",
        "2>/dev/null",
        "2> /dev/null",
        ">/dev/null",
        "> /dev/null",
    ] {
        line = line.replace(&format!(" {thrown}"), " ");
    }
    let stages = Reader::default().read(&line, |reader, c| match c {
        '|' => {
            reader.end_stage();
            Some(())
        }
        '?' if reader.word.as_ref()?.starts_with("http") => {
            reader.word.get_or_insert_default().push(c);
            Some(())
        }
        _ => None,
    })?;
    stages
        .iter()
        .all(|words| !words.is_empty())
        .then_some(stages)
}

/// What has been read of a line.
#[derive(Default)]
struct Reader {
    stages: Vec<Vec<String>>,
    words: Vec<String>,
    word: Option<String>,
}

impl Reader {
    /// Reads quotes and blanks; `special` takes what a shell would not take as it stands, or says
    /// that a shell is needed.
    fn read(
        mut self,
        line: &str,
        special: impl Fn(&mut Self, char) -> Option<()>,
    ) -> Option<Vec<Vec<String>>> {
        let mut quote: Option<char> = None;
        for c in line.chars() {
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (Some('"'), '$' | '`' | '\\') => return None,
                (Some(_), c) => self.word.get_or_insert_default().push(c),
                (None, '"' | '\'') => {
                    quote = Some(c);
                    self.word.get_or_insert_default();
                }
                (None, c) if c.is_whitespace() && c != '\n' => self.words.extend(self.word.take()),
                (None, c) if "|&;<>$`\\*?~(){}[]!#\n".contains(c) => special(&mut self, c)?,
                (None, c) => self.word.get_or_insert_default().push(c),
            }
        }
        self.end_stage();
        quote.is_none().then_some(self.stages)
    }

    fn end_stage(&mut self) {
        self.words.extend(self.word.take());
        self.stages.push(std::mem::take(&mut self.words));
    }
}

//! Files and folders that are there, or gone, and words in them.

use super::check;
use super::context::{Here, is_name};
use super::pattern::Pattern;
use super::sentence::Sentence;

static GONE: Pattern = Pattern::new(
    r"(?:old )?§(?: (?:directory|folder|file|module))?(?:,? (?:and )?§)*(?: (?:directories|folders|files))? (?:is |are |has been |have been |was |were )?(?:completely |fully |entirely )?(?:deleted|removed|gone|no longer exists?|does not exist|do not exist|doesn't exist)(?: in (?:the )?repo(?:sitory)?(?: root)?)?",
);
static THERE: Pattern = Pattern::new(
    r"(?:new )?§(?: (?:directory|folder|file))?(?:,? (?:and )?§)* (?:is |are |has been |have been )?(?:created|exists?|present)(?: (?:in|at) (?:the )?(?:repo(?:sitory)?(?: root)?|project root))?",
);
static AT: Pattern = Pattern::new(r"[\w ()-]{1,50} (?:created|exists) at §");
static BARE: Pattern = Pattern::new(r"([\w.-]+(?:/[\w.-]+)*/?) (created|exists|deleted|removed)");
static NO_WORD: Pattern = Pattern::new(
    r"no (?:references?|mentions?) (?:to|of) § (?:remain |remains |left )?in (§|[\w./-]+)",
);
static WORD: Pattern =
    Pattern::new(r"§ (?:is )?(?:added|listed|present) (?:to|in) (§|\.?[\w/-]+\.[\w-]+|\.\w+)");
/// ``No references to `X` in file``, in a task about one file
static NO_WORD_HERE: Pattern =
    Pattern::new(r"no (?:references?|mentions?) (?:to|of) § (?:remain )?in (?:the |this )?file");

pub(super) fn bind(sentence: &Sentence<'_>, here: &Here<'_>) -> Option<Vec<String>> {
    let shape = sentence.shape.as_str();
    if GONE.fits(shape) {
        return each(sentence, here, "missing");
    }
    if THERE.fits(shape) {
        return each(sentence, here, "exists");
    }
    if AT.fits(shape) {
        return one(here, sentence.only_span()?, "exists");
    }
    if let Some(captures) = BARE.captures(shape) {
        let verb = captures.get(2)?.as_str().to_lowercase();
        let asks = if matches!(verb.as_str(), "created" | "exists") {
            "exists"
        } else {
            "missing"
        };
        return one(here, captures.get(1)?.as_str(), asks);
    }
    words(sentence, here)
}

/// A check for each path; none if one of them has no place.
fn each(sentence: &Sentence<'_>, here: &Here<'_>, asks: &str) -> Option<Vec<String>> {
    let spans = sentence.spans.iter();
    let checks: Option<Vec<Vec<String>>> = spans.map(|span| one(here, span, asks)).collect();
    checks.map(|checks| checks.concat())
}

fn one(here: &Here<'_>, word: &str, asks: &str) -> Option<Vec<String>> {
    let path = here.resolve(word)?;
    Some(vec![check("path", [(asks, path.as_str().into())])])
}

/// Words in a file, letter by letter.
fn words(sentence: &Sentence<'_>, here: &Here<'_>) -> Option<Vec<String>> {
    let shape = sentence.shape.as_str();
    if NO_WORD_HERE.fits(shape) {
        let pattern = whole(sentence.only_span()?)?;
        let file = here.only_python_file()?;
        return Some(vec![check(
            "text",
            [("files", file.into()), ("absent", pattern.into())],
        )]);
    }
    if let Some(captures) = NO_WORD.captures(shape) {
        let (word, second) = (sentence.spans.first()?, sentence.spans.get(1));
        let file = match captures.get(1)?.as_str() {
            "§" => second?,
            file => file,
        };
        return text(here, word, file, "absent");
    }
    let captures = WORD.captures(shape)?;
    let (word, second) = (sentence.spans.first()?, sentence.spans.get(1));
    let file = match captures.get(1)?.as_str() {
        "§" => second?,
        file => file,
    };
    text(here, word, file, "present")
}

/// A name as a word of its own.
fn whole(name: &str) -> Option<String> {
    is_name(name).then(|| format!(r"\b{name}\b"))
}

fn text(here: &Here<'_>, word: &str, file: &str, asks: &str) -> Option<Vec<String>> {
    let path = here.resolve(file).filter(|_| !word.is_empty())?;
    let pattern = regex::escape(word);
    Some(vec![check(
        "text",
        [("files", path.as_str().into()), (asks, pattern.into())],
    )])
}

//! JUnit XML: what most test runners can write down of what they ran.

use std::borrow::Cow;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use tasks::outside::TestCounts;

/// Larger reports are not read. In bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// A report that a program is to write.
pub(super) struct Expected {
    path: PathBuf,
    before: Option<Seen>,
}

/// A file as it was.
type Seen = (Option<SystemTime>, Vec<u8>);

impl Expected {
    /// Looks at what lies there before the program runs.
    pub(super) fn at(path: PathBuf) -> Self {
        let before = seen(&path).ok();
        Self { path, before }
    }

    /// The tests that the program wrote down.
    ///
    /// # Errors
    ///
    /// It wrote no report, or what it wrote is none.
    pub(super) fn counts(&self) -> Result<TestCounts, String> {
        let path = self.path.display();
        let after = seen(&self.path).map_err(|why| format!("`{path}`: {why}"))?;
        if self.before.as_ref() == Some(&after) {
            return Err(format!("`{path}` was there before and was not written by this run"));
        }
        read(&after.1).map_err(|why| format!("`{path}` is no JUnit report: {why}"))
    }
}

fn seen(path: &Path) -> Result<Seen, String> {
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    let modified = file.metadata().and_then(|it| it.modified()).ok();
    let mut bytes = Vec::new();
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LARGEST {
        return Err("it is larger than 64 MiB".to_owned());
    }
    Ok((modified, bytes))
}

/// Counts the test cases. What the suites say of themselves is not believed: some count their
/// parents' tests again.
fn read(bytes: &[u8]) -> Result<TestCounts, String> {
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(&text);
    let mut counts = TestCounts {
        runner: "JUnit".to_owned(),
        ..TestCounts::default()
    };
    let (mut case, mut any_suite) = (None, false);
    loop {
        let at = |error: String, position: u64| format!("{error} (byte {position})");
        let event = reader.read_event();
        let event = event.map_err(|error| at(error.to_string(), reader.error_position()))?;
        match event {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "testcase" => case = Some(Case::named(&tag)),
                "testsuite" | "testsuites" => any_suite = true,
                name => mark(&mut case, name),
            },
            Event::Empty(tag) => match tag.local_name().as_ref() {
                "testcase" => Case::named(&tag).count(&mut counts),
                "testsuite" | "testsuites" => any_suite = true,
                name => mark(&mut case, name),
            },
            Event::End(tag) if tag.local_name().as_ref() == "testcase" => {
                if let Some(case) = case.take() {
                    case.count(&mut counts);
                }
            }
            Event::Eof if any_suite && case.is_none() => return Ok(counts),
            Event::Eof => return Err("it has no whole `testsuite`".to_owned()),
            _ => {}
        }
    }
}

/// One test case.
struct Case {
    name: String,
    failed: bool,
    skipped: bool,
}

fn mark(case: &mut Option<Case>, name: &str) {
    if let Some(case) = case {
        case.failed |= matches!(name, "failure" | "error");
        case.skipped |= name == "skipped";
    }
}

impl Case {
    fn named(tag: &BytesStart<'_>) -> Self {
        let attribute = |name: &str| {
            let found = tag.try_get_attribute(name).ok().flatten()?;
            let plain = quick_xml::escape::unescape(&found.value);
            let value = plain.unwrap_or(Cow::Borrowed(&found.value)).into_owned();
            Some(value).filter(|value| !value.is_empty())
        };
        let parts = [attribute("classname"), attribute("name")];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        Self {
            name: parts.join("::"),
            failed: false,
            skipped: false,
        }
    }

    fn count(self, counts: &mut TestCounts) {
        if self.failed {
            counts.failed += 1;
            counts.failing.push(self.name);
        } else if self.skipped {
            counts.skipped += 1;
        } else {
            counts.passed += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        match read(text.as_bytes()) {
            Ok(TestCounts { passed, failed, skipped, failing, .. }) => {
                format!("{passed} {failed} {skipped} {}", failing.join(", "))
            }
            Err(why) => format!("no: {why}"),
        }
    }

    #[test]
    fn the_cases_are_counted() {
        let pytest = "<?xml version=\"1.0\" encoding=\"utf-8\"?><testsuites><testsuite name=\"pytest\" errors=\"0\" tests=\"99\"><testcase classname=\"t.a\" name=\"test_x[&lt;1&gt;]\"><failure message=\"m\">text</failure></testcase><testcase classname=\"t.a\" name=\"y\"/><testcase name=\"z\"><skipped/></testcase><testcase name=\"e\"><error/></testcase></testsuite></testsuites>";
        for (text, expected) in [
            (pytest, "1 2 1 t.a::test_x[<1>], e"),
            ("<testsuite><testcase name=\"a\"><system-out>x</system-out></testcase></testsuite>", "1 0 0 "),
            ("<testsuite/>", "0 0 0 "),
        ] {
            assert_eq!(said(text), expected);
        }
        for text in ["", "hello", "<html/>", "<testsuite><testcase>", "<testsuite></x>", "<testsuite><testcase name='a'>"] {
            assert!(said(text).starts_with("no: "), "{text}: {}", said(text));
        }
    }

    #[test]
    fn a_report_is_of_this_run_or_of_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.xml");
        let missing = Expected::at(path.clone());
        assert!(missing.counts().is_err());
        fs::write(&path, "<testsuite><testcase name='a'/></testsuite>").unwrap();
        assert_eq!(missing.counts().unwrap().passed, 1);
        let stale = Expected::at(path.clone());
        assert!(stale.counts().unwrap_err().contains("not written by this run"));
        fs::write(&path, "<testsuite/>").unwrap();
        assert_eq!(stale.counts().unwrap().executed(), 0);
    }
}

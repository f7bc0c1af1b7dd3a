//! Waivers and attestations: a person's words about a plan, bound to what they were said of.

use std::collections::BTreeMap;
use std::ops::Range;

use checks::path::RepoPath;
use checks::snapshot::{ContentId, Kind, ReadError, Snapshot};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use toml_edit::{ArrayOfTables, Document, DocumentMut, InlineTable, Item, Table, value};

use crate::plan::{DESCRIBED, FORMAT, PlanError, known_format};

/// The waivers and attestations of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deviations {
    /// The deviations from the plan, with their reasons.
    pub waivers: Vec<Waiver>,
    /// What people vouch for.
    pub attestations: Vec<Attestation>,
}

/// A deviation from the plan, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The id of the box that need not hold.
    pub criterion: String,
    /// Why.
    pub reason: String,
    /// The last day on which it counts.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    #[schemars(with = "Option<String>")]
    pub until: Option<Date>,
    /// The [`text_hash`] of the box when it was waived.
    pub text: String,
}

/// A person's word that a box holds, bound to content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// The id of the box.
    pub criterion: String,
    /// What the person saw.
    pub note: String,
    /// Who.
    pub by: String,
    /// The day on which it was said.
    #[serde(with = "some_day")]
    #[schemars(with = "String")]
    pub on: Date,
    /// The [`text_hash`] of the box then.
    pub text: String,
    /// The content of the task's files then, see [`contents`].
    #[serde(default)]
    pub files: BTreeMap<RepoPath, String>,
}

/// A file that deviates from a plan which stands elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// The id of the milestone it belongs to.
    pub extends: String,
    /// What it holds.
    pub deviations: Deviations,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExtensionFile {
    #[serde(rename = "format")]
    _format: u32,
    extends: String,
    #[serde(default, rename = "waiver")]
    waivers: Vec<Waiver>,
    #[serde(default, rename = "attestation")]
    attestations: Vec<Attestation>,
}

/// The identity of a box's text: SHA-256 of its words separated by single spaces, the first 16
/// hexadecimal digits.
#[must_use]
pub fn text_hash(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let digest = Sha256::digest(words.join(" "));
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The content of these files and of all that lies under these folders, for an attestation; an
/// empty id stands for what is not there.
///
/// # Errors
///
/// What stands there cannot be read: nothing can be bound to it.
pub fn contents(
    files: &[RepoPath],
    snapshot: &dyn Snapshot,
) -> Result<BTreeMap<RepoPath, String>, ReadError> {
    let mut contents = BTreeMap::new();
    for path in files {
        if snapshot.kind(path)? != Some(Kind::Folder) {
            contents.insert(path.clone(), content(path, snapshot)?);
            continue;
        }
        let listing = snapshot.list()?;
        let folder = format!("{path}/");
        for inside in listing
            .paths
            .iter()
            .filter(|p| p.as_str().starts_with(&folder))
        {
            contents.insert(inside.clone(), content(inside, snapshot)?);
        }
    }
    Ok(contents)
}

fn content(path: &RepoPath, snapshot: &dyn Snapshot) -> Result<String, ReadError> {
    match snapshot.read(path) {
        Ok(bytes) => Ok(ContentId::of(&bytes).as_str().to_owned()),
        Err(ReadError::Missing(_)) => Ok(String::new()),
        Err(error) => Err(error),
    }
}

impl Waiver {
    /// Whether it counts for a box with this text on this day.
    ///
    /// # Errors
    ///
    /// It does not, for the reason given.
    pub fn counts(&self, text: &str, today: Date) -> Result<(), String> {
        match self.until {
            _ if self.text != text_hash(text) => {
                Err("the criterion's text has changed since it was waived".to_owned())
            }
            _ if self.reason.trim().is_empty() => Err("it gives no reason".to_owned()),
            Some(until) if until < today => Err(format!("the waiver expired on {until}")),
            _ => Ok(()),
        }
    }
}

impl Attestation {
    /// Whether it counts for a box with this text and these files in `snapshot`.
    ///
    /// # Errors
    ///
    /// It does not, for the reason given.
    pub fn counts(
        &self,
        text: &str,
        files: &[RepoPath],
        snapshot: &dyn Snapshot,
    ) -> Result<(), String> {
        if self.text != text_hash(text) {
            return Err("the criterion's text has changed since it was attested".to_owned());
        }
        if self.note.trim().is_empty() || self.by.trim().is_empty() {
            return Err("it does not say what was seen, or who saw it".to_owned());
        }
        let now = contents(files, snapshot)
            .map_err(|error| format!("what it is bound to cannot be read: {error}"))?;
        if !now.keys().eq(self.files.keys()) {
            return Err("it is about other files than when it was attested".to_owned());
        }
        match now
            .iter()
            .find(|(path, id)| self.files.get(*path) != Some(id))
        {
            Some((path, _)) => Err(format!("`{path}` has changed since it was attested")),
            None => Ok(()),
        }
    }
}

impl Extension {
    /// Whether this text is a file that extends a plan, and not a plan.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        #[derive(Deserialize)]
        struct Any {
            extends: Option<toml::Value>,
        }
        toml::from_str::<Any>(text).is_ok_and(|any| any.extends.is_some())
    }

    /// Reads a file that extends a plan.
    ///
    /// # Errors
    ///
    /// It holds something else than `format`, `extends`, waivers and attestations.
    pub fn parse(file: &str, text: &str) -> Result<Self, PlanError> {
        known_format(file, text)?;
        let read: ExtensionFile = toml::from_str(text)
            .map_err(|e| PlanError::from_toml(file, text, &e).or_help(DESCRIBED))?;
        Ok(Self {
            extends: read.extends,
            deviations: Deviations {
                waivers: read.waivers,
                attestations: read.attestations,
            },
        })
    }

    /// The text of a new file that extends this milestone and holds nothing yet.
    #[must_use]
    pub fn empty(milestone: &str) -> String {
        format!("format = {FORMAT}\nextends = \"{milestone}\"\n")
    }
}

/// `text` with this waiver, in place of an older one of the same box; the rest is left as it
/// was written.
///
/// # Errors
///
/// `text` is not TOML.
pub fn with_waiver(file: &str, text: &str, waiver: &Waiver) -> Result<String, PlanError> {
    let mut entry = Table::new();
    entry.insert("criterion", value(&waiver.criterion));
    entry.insert("reason", value(&waiver.reason));
    if let Some(until) = waiver.until {
        entry.insert("until", value(until.to_string()));
    }
    entry.insert("text", value(&waiver.text));
    with_entry(file, text, "waiver", &waiver.criterion, entry)
}

/// `text` with this attestation, in place of an older one of the same box; the rest is left as
/// it was written.
///
/// # Errors
///
/// `text` is not TOML.
pub fn with_attestation(
    file: &str,
    text: &str,
    attestation: &Attestation,
) -> Result<String, PlanError> {
    let mut entry = Table::new();
    entry.insert("criterion", value(&attestation.criterion));
    entry.insert("note", value(&attestation.note));
    entry.insert("by", value(&attestation.by));
    entry.insert("on", value(attestation.on.to_string()));
    entry.insert("text", value(&attestation.text));
    let mut files = InlineTable::new();
    for (path, id) in &attestation.files {
        files.insert(path.as_str(), id.as_str().into());
    }
    entry.insert("files", value(files));
    with_entry(file, text, "attestation", &attestation.criterion, entry)
}

/// The text is changed where the entry stands and nowhere else, so that comments, blank lines,
/// the line ends and a byte order mark stay as they are.
fn with_entry(
    file: &str,
    text: &str,
    key: &str,
    criterion: &str,
    entry: Table,
) -> Result<String, PlanError> {
    let old = entries(file, text, key, criterion)?;
    let crlf = text.contains("\r\n");
    let mut list = ArrayOfTables::new();
    list.push(entry);
    let mut document = DocumentMut::new();
    document.insert(key, Item::ArrayOfTables(list));
    let mut entry = document.to_string().trim_start().to_owned();
    if crlf {
        entry = entry.replace('\n', "\r\n");
    }
    let mut written = text.to_owned();
    for (at, range) in old.iter().enumerate().rev() {
        let new = if at == 0 { entry.trim_end() } else { "" };
        written.replace_range(range.clone(), new);
    }
    if old.is_empty() {
        let line = if crlf { "\r\n" } else { "\n" };
        let end = if text.ends_with('\n') || text.is_empty() {
            ""
        } else {
            line
        };
        written = format!("{text}{end}{line}{entry}");
    }
    // What is written in a way that was not foreseen is rather left alone than broken.
    match entries(file, &written, key, criterion)?.len() {
        1 => Ok(written),
        _ => Err(PlanError::new(
            file,
            text,
            0..0,
            format!("the `{key}` of `{criterion}` cannot be written"),
        )
        .help(format!("write it by hand:\n{entry}"))),
    }
}

/// Where the entries about this box stand.
fn entries(
    file: &str,
    text: &str,
    key: &str,
    criterion: &str,
) -> Result<Vec<Range<usize>>, PlanError> {
    let error = |span: Option<Range<usize>>, message: String| {
        PlanError::new(file, text, span.unwrap_or(0..0), message)
    };
    let document: Document<&str> =
        Document::parse(text).map_err(|e| error(e.span(), e.message().to_owned()))?;
    let Some(item) = document.get(key) else {
        return Ok(Vec::new());
    };
    let Some(entries) = item.as_array_of_tables() else {
        let message = format!("`{key}` is not a list of tables");
        return Err(error(item.span(), message)
            .help(format!("write each one as a table of its own: `[[{key}]]`")));
    };
    let about = entries
        .iter()
        .filter(|entry| entry.get("criterion").and_then(Item::as_str) == Some(criterion));
    Ok(about.filter_map(whole).collect())
}

/// The bytes of a table with those of all that it holds.
fn whole(table: &Table) -> Option<Range<usize>> {
    let end = |item: &Item| match item {
        Item::Table(inner) => whole(inner).map(|span| span.end),
        item => item.span().map(|span| span.end),
    };
    let own = table.span()?;
    let inner = table.iter().filter_map(|(_, item)| end(item));
    Some(own.start..inner.fold(own.end, usize::max))
}

/// A day written as text, `2027-01-31`, or as TOML's own date.
mod day {
    use super::{Date, Deserialize};
    use serde::{Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "the signature that serde wants")]
    pub(super) fn serialize<S: Serializer>(
        day: &Option<Date>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => serializer.collect_str(day),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Date>, D::Error> {
        super::some_day::deserialize(deserializer).map(Some)
    }

    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a day such as `2027-01-31`")]
    pub(super) enum Written {
        Toml(toml::value::Datetime),
        Text(String),
    }
}

mod some_day {
    use super::{Date, Deserialize, day::Written};
    use serde::{Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(day: &Date, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(day)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Date, D::Error> {
        let text = match Written::deserialize(d)? {
            Written::Toml(datetime) => datetime.to_string(),
            Written::Text(text) => text,
        };
        text.parse()
            .map_err(|_| D::Error::custom(format!("`{text}` is not a day such as `2027-01-31`")))
    }
}

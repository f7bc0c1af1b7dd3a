//! What decides a box, written into a plan file; the rest of the file stays as it is.

use std::collections::BTreeMap;
use std::ops::Range;

use toml_edit::{Document, Item, TableLike, Value};

use crate::plan::PlanError;

/// The reason that `import` gives where nobody has said yet what decides a box.
pub const UNBOUND: &str = "unbound: nobody has said yet how the tool can see it";

/// How `import` begins the comment that names a check which may be meant.
pub(crate) const PERHAPS: &str = "perhaps: check = ";

/// What is to decide a box.
#[derive(Debug, Clone)]
pub enum Decided {
    /// A check, or a list of checks, as TOML.
    Checks(Value),
    /// A person, for this reason.
    Manual(String),
}

impl Decided {
    /// Reads a check, or a list of checks, as it stands in a plan file.
    ///
    /// # Errors
    ///
    /// It is not TOML, or no table or list; the reason.
    pub fn checks(text: &str) -> Result<Self, String> {
        let parsed: Result<Value, toml_edit::TomlError> = text.trim().parse();
        let mut value = parsed.map_err(|error| error.message().to_owned())?;
        if !value.is_inline_table() && !value.is_array() {
            return Err(format!("it is a {}, not a table", value.type_name()));
        }
        value.decor_mut().clear();
        Ok(Self::Checks(value))
    }

    /// The key under which it stands in a plan file.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Checks(value) if value.is_array() => "checks",
            Self::Checks(_) => "check",
            Self::Manual(_) => "manual",
        }
    }

    /// The TOML behind the key.
    #[must_use]
    pub fn toml(&self) -> String {
        match self {
            Self::Checks(value) => value.to_string(),
            Self::Manual(reason) => Value::from(reason.as_str()).to_string(),
        }
    }
}

/// The checks that comments name as perhaps meant, by the id of the manual box that each one
/// stands above.
///
/// # Errors
///
/// `text` is not TOML.
pub fn suggestions(file: &str, text: &str) -> Result<BTreeMap<String, String>, PlanError> {
    let document = document(file, text)?;
    let suggestion = |table: &dyn TableLike| {
        let id = table.get("id")?.as_str()?.to_owned();
        let (key, _) = manual(table)?;
        let line = text.get(comment(text, key.start)?)?;
        let (_, check) = line.split_once(PERHAPS)?;
        Some((id, check.trim().to_owned()))
    };
    Ok(boxes(&document)
        .into_iter()
        .filter_map(suggestion)
        .collect())
}

/// `text` with this deciding the manual box `id` instead of the reason that stands there. A
/// comment that names a check which may be meant goes once a check is chosen; every other byte
/// stays.
///
/// # Errors
///
/// `text` is not TOML, or holds no manual box of that id.
pub fn with_decision(
    file: &str,
    text: &str,
    id: &str,
    decided: &Decided,
) -> Result<String, PlanError> {
    let document = document(file, text)?;
    let is_meant = |table: &&dyn TableLike| table.get("id").and_then(Item::as_str) == Some(id);
    let table = boxes(&document).into_iter().find(is_meant);
    let Some((key, value)) = table.and_then(manual) else {
        let message = format!("there is no manual box `{id}`");
        return Err(PlanError::new(file, text, 0..0, message)
            .help("what a check decides already is changed by hand".to_owned()));
    };
    let mut written = text.to_owned();
    written.replace_range(value, &decided.toml());
    written.replace_range(key.clone(), decided.key());
    let answered = matches!(decided, Decided::Checks(_));
    if let Some(line) = comment(text, key.start).filter(|_| answered) {
        written.replace_range(line, "");
    }
    Ok(written)
}

fn document<'t>(file: &str, text: &'t str) -> Result<Document<&'t str>, PlanError> {
    Document::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        PlanError::new(file, text, span, error.message().to_owned())
    })
}

/// Every table that is a box, however it is written.
fn boxes<'d>(document: &'d Document<&str>) -> Vec<&'d dyn TableLike> {
    let validation = document.get("e2e").and_then(Item::as_table_like);
    let validation = validation.and_then(|e2e| e2e.get("box"));
    let tasks = tables(document.get("task")).into_iter();
    let criteria = tasks.flat_map(|task| tables(task.get("criterion")));
    let others = [validation, document.get("checklist")];
    criteria
        .chain(others.into_iter().flat_map(tables))
        .collect()
}

fn tables(item: Option<&Item>) -> Vec<&dyn TableLike> {
    match item {
        Some(Item::ArrayOfTables(tables)) => {
            tables.iter().map(|table| table as &dyn TableLike).collect()
        }
        Some(Item::Value(Value::Array(values))) => {
            let tables = values.iter().filter_map(Value::as_inline_table);
            tables.map(|table| table as &dyn TableLike).collect()
        }
        _ => Vec::new(),
    }
}

/// Where the key and the value stand that leave a box to a person.
fn manual(table: &dyn TableLike) -> Option<(Range<usize>, Range<usize>)> {
    let (key, item) = table.get_key_value("manual")?;
    Some((key.span()?, item.span()?))
}

/// The line with the comment that names a check, among the comments right above this place.
fn comment(text: &str, place: usize) -> Option<Range<usize>> {
    let before = text.get(..place)?;
    let mut end = before.rfind('\n').map_or(0, |at| at + 1);
    // Behind something else on its line nothing stands above it.
    if !before.get(end..)?.trim().is_empty() {
        return None;
    }
    while end > 0 {
        let start = before.get(..end - 1)?.rfind('\n').map_or(0, |at| at + 1);
        let line = before.get(start..end)?.trim_start().strip_prefix('#')?;
        if line.trim_start().starts_with(PERHAPS) {
            return Some(start..end);
        }
        end = start;
    }
    None
}

//! A check as a plan file writes it.

use checks::check::{CheckList, Native};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// `{ word = arguments }`, as in a plan file.
pub(crate) struct Word {
    pub(crate) native: Native,
    pub(crate) arguments: toml::Table,
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = toml::Table::deserialize(deserializer)?;
        let arguments = table
            .values()
            .next()
            .and_then(toml::Value::as_table)
            .cloned();
        let native = table
            .deserialize_map(OneWord)
            .map_err(serde::de::Error::custom)?;
        Ok(Self {
            native,
            arguments: arguments.unwrap_or_default(),
        })
    }
}

struct OneWord;

impl<'de> Visitor<'de> for OneWord {
    type Value = Native;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("one check")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Native, A::Error> {
        let word: String = map.next_key()?.unwrap_or_default();
        Native::take(&word, &mut map)
            .unwrap_or_else(|| Err(serde::de::Error::custom(format!("no check `{word}`"))))
    }
}

//! The JSON Schema of plan files, from the very types that read them.

use std::borrow::Cow;

use checks::check::{CheckList, Native};
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use super::AnyCheck;
use super::format::PlanFile;

/// What a plan file may hold. What it must not contradict (ids that are there twice, tasks that
/// are not there) only the reader sees.
///
/// Draft 7, as editors do not know the newer ones: <https://taplo.tamasfe.dev> and tombi read it.
pub(super) fn schema<X: CheckList>() -> Schema {
    let settings = SchemaSettings::draft07().with_transform(WithoutNull);
    settings
        .into_generator()
        .into_root_schema_for::<PlanFile<X>>()
}

/// An object with one key, the word of a check.
impl<X: CheckList> JsonSchema for AnyCheck<X> {
    fn schema_name() -> Cow<'static, str> {
        "Check".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut words = Native::schemas(generator);
        words.extend(X::schemas(generator));
        let properties = words
            .into_iter()
            .map(|(word, schema)| (word.to_owned(), schema.to_value()));
        json_schema!({
            "type": "object",
            "description": "One check: its word, and what it is asked.",
            "properties": properties.collect::<Map<String, Value>>(),
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        })
    }
}

/// TOML knows no null: what may be left out is not there.
#[derive(Debug, Clone)]
struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|it| it != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(either)) = schema.get_mut("anyOf") {
            either.retain(|it| it.get("type").is_none_or(|it| it != "null"));
            if let [Value::Object(only)] = either.as_slice() {
                let only = only.clone();
                schema.remove("anyOf");
                only.into_iter().for_each(|(key, value)| {
                    schema.insert(key, value);
                });
            }
        }
        schema.remove("default");
        transform_subschemas(self, schema);
    }
}

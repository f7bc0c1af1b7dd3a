//! A check as it stands in a plan file.

use std::collections::BTreeMap;
use std::time::Duration;

use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Http;
use super::ask::Address;
use super::expected::Expected;
use crate::check::environment::Recipe;

/// A check as it stands in a plan file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    get: String,
    #[serde(default)]
    serve: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    environment: Option<Recipe>,
    #[serde(default = "one")]
    requests: u32,
    status: Option<u16>,
    #[serde(default)]
    header: BTreeMap<String, String>,
    #[serde(default)]
    json: Vec<String>,
    body: Option<String>,
    #[serde(default = "ten")]
    timeout: u64,
    #[serde(default = "sixty")]
    ready: u64,
}

impl TryFrom<Written> for Http {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        Address::of(&written.get.replace("{port}", "1"))?;
        for pattern in written.header.values().chain(&written.body) {
            Regex::new(pattern).map_err(|error| error.to_string())?;
        }
        if let Some(pointer) = written.json.iter().find(|p| !p.is_empty() && !p.starts_with('/')) {
            return Err(format!("`{pointer}` is no JSON pointer: it begins with `/`"));
        }
        if !(1..=100).contains(&written.requests) {
            return Err("`requests` is a number from 1 to 100".to_owned());
        }
        if written.timeout == 0 || written.ready == 0 {
            return Err("a time of 0 seconds lets nothing happen".to_owned());
        }
        if written.serve.is_empty() && written.get.contains("{port}") {
            return Err("`{port}` is known only with `serve`".to_owned());
        }
        if written.serve.is_empty() && written.environment.is_some() {
            return Err("`environment` is that of the program that `serve` starts".to_owned());
        }
        Ok(Self {
            get: written.get,
            serve: written.serve,
            variables: written.env,
            environment: written.environment,
            requests: written.requests,
            expected: Expected {
                status: written.status,
                header: written.header,
                json: written.json,
                body: written.body,
            },
            timeout: Duration::from_secs(written.timeout),
            ready: Duration::from_secs(written.ready),
        })
    }
}

fn one() -> u32 {
    1
}

fn ten() -> u64 {
    10
}

fn sixty() -> u64 {
    60
}

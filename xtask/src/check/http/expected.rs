//! What an answer must be like.

use std::collections::BTreeMap;

use checks::verdict::Finding;
use regex::Regex;

use super::ask::Response;

/// What an answer must be like.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Expected {
    /// The status; any of 2xx if there is none.
    pub(super) status: Option<u16>,
    /// Patterns that are found in headers, by their names.
    pub(super) header: BTreeMap<String, String>,
    /// Pointers that the JSON body has.
    pub(super) json: Vec<String>,
    /// A pattern that is found in the body.
    pub(super) body: Option<String>,
}

/// How much of a body is shown.
const SHOWN: usize = 200;

impl Expected {
    /// What is wrong with an answer.
    pub(super) fn wrong(&self, response: &Response) -> Vec<String> {
        let mut wrong = Vec::new();
        let status = response.status;
        let as_wanted = self.status.map_or((200..300).contains(&status), |wanted| wanted == status);
        if !as_wanted {
            let wanted = self.status.map_or("2xx".to_owned(), |wanted| wanted.to_string());
            let body: String = response.body.chars().take(SHOWN).collect();
            wrong.push(format!("the status is {status}, not {wanted}: {body}"));
        }
        for (name, pattern) in &self.header {
            match response.header(name) {
                Some(value) if found(pattern, value) => {}
                Some(value) => wrong.push(format!("the header `{name}` is `{value}`")),
                None => wrong.push(format!("there is no header `{name}`")),
            }
        }
        if let Some(pattern) = &self.body
            && !found(pattern, &response.body)
        {
            wrong.push(format!("the body does not hold `{pattern}`"));
        }
        wrong.extend(self.wrong_json(&response.body));
        wrong
    }

    fn wrong_json(&self, body: &str) -> Vec<String> {
        if self.json.is_empty() {
            return Vec::new();
        }
        match serde_json::from_str::<serde_json::Value>(body) {
            Err(error) => vec![format!("the body is not JSON: {error}")],
            Ok(value) => {
                let missing = self.json.iter().filter(|pointer| value.pointer(pointer).is_none());
                missing.map(|pointer| format!("the JSON body has no `{pointer}`")).collect()
            }
        }
    }
}

/// Requests that are answered with other classes of status than the first: what works only the
/// second time has hidden that it failed.
pub(super) fn differing(answers: &[Response]) -> Option<Finding> {
    let class = |response: &Response| response.status / 100;
    let first = answers.first()?;
    let is_same = answers.iter().all(|it| class(it) == class(first));
    (!is_same).then(|| {
        let statuses: Vec<String> = answers.iter().map(|it| it.status.to_string()).collect();
        let statuses = statuses.join(", then ");
        Finding::general(format!("first and later requests differ: {statuses}"))
    })
}

/// A pattern that was checked when the plan was read.
fn found(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
}

//! SARIF 2.1.0, the [OASIS standard][sarif] for the results of static analysis.
//!
//! [sarif]: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tasks::lint::Level;

use super::{Annotation, Span};

/// One run with all results.
pub(crate) fn value(annotations: &[Annotation]) -> Value {
    let rules: BTreeSet<&str> = annotations.iter().map(|it| it.rule.as_str()).collect();
    let rules: Vec<Value> = rules.into_iter().map(|id| json!({ "id": id })).collect();
    let results: Vec<Value> = annotations.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "cargo-xtask",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            // Columns count characters, section 3.14.17.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(annotation: &Annotation) -> Value {
    let level = match annotation.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let places: Vec<Value> = annotation.place.iter().map(location).collect();
    let mut result = json!({
        "ruleId": annotation.rule,
        "level": level,
        "message": { "text": annotation.message },
        "locations": places,
    });
    if !annotation.related.is_empty() {
        let related = annotation.related.iter().map(location);
        result["relatedLocations"] = related.collect();
    }
    result
}

fn location(span: &Span) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&span.path) },
        "region": {
            "startLine": span.line,
            "startColumn": span.column,
            "endColumn": span.end.max(span.column),
        },
    }})
}

/// A path as a URI reference, RFC 3986: everything but unreserved characters and `/` escaped.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_uri_reference() {
        for (path, expected) in [
            ("src/a.py", "src/a.py"),
            ("a b/ü.py", "a%20b/%C3%BC.py"),
            ("100%.py", "100%25.py"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}

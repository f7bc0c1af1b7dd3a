//! A criterion's text, prepared for patterns.

use super::super::item::code_spans;

/// Longer texts name more than one thing. In bytes.
const LONGEST: usize = 300;

/// A sentence: its shape, and its code spans.
pub(super) struct Sentence<'t> {
    /// The text with `§` for each code span, without bold, a number in front or a full stop.
    pub(super) shape: String,
    /// The code spans, in order.
    pub(super) spans: Vec<&'t str>,
}

impl<'t> Sentence<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        if text.len() > LONGEST || text.contains('§') {
            return Self {
                shape: String::new(),
                spans: Vec::new(),
            };
        }
        let mut shape = String::new();
        let mut spans = Vec::new();
        let mut from = 0;
        for span in code_spans(text) {
            shape.push_str(text.get(from..span.start).unwrap_or_default());
            shape.push('§');
            spans.push(span.text);
            from = span.end;
        }
        shape.push_str(text.get(from..).unwrap_or_default());
        let shape = shape.replace("**", "");
        let words: Vec<&str> = shape.split_whitespace().collect();
        let shape = words.join(" ");
        let shape = numberless(&shape)
            .trim_end_matches(['.', '!', ' ', '✅'])
            .to_owned();
        Self { shape, spans }
    }

    /// The only code span, if there is one only.
    pub(super) fn only_span(&self) -> Option<&'t str> {
        match self.spans.as_slice() {
            [span] => Some(span),
            _ => None,
        }
    }
}

/// Without `#1` in front.
fn numberless(text: &str) -> &str {
    let Some(rest) = text.strip_prefix('#') else {
        return text;
    };
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.strip_prefix(' ').unwrap_or(text)
}

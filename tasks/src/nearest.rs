//! The words nearest to a misspelt one.

/// At most three of `words`, nearest first, that somebody may have meant by `given`.
#[must_use]
pub fn nearest<'a>(given: &str, words: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut scored: Vec<(f64, &str)> = words
        .into_iter()
        .map(|word| (strsim::jaro_winkler(given, word), word))
        .filter(|(score, _)| *score > 0.7)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.truncate(3);
    scored.into_iter().map(|(_, word)| word).collect()
}

/// `did you mean …?` for `given`, or nothing near.
#[must_use]
pub fn did_you_mean<'a>(given: &str, words: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near: Vec<String> = nearest(given, words)
        .into_iter()
        .map(|word| format!("`{word}`"))
        .collect();
    (!near.is_empty()).then(|| format!("did you mean {}?", near.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first_and_the_far_not_at_all() {
        let words = ["status", "verify", "report", "2.1", "2.3"];
        assert_eq!(nearest("statsu", words), ["status"]);
        assert_eq!(nearest("2.5", words), ["2.1", "2.3"]);
        assert_eq!(did_you_mean("zzz", words), None);
    }
}

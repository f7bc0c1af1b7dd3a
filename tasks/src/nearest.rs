//! The words nearest to a misspelt one.

use strsim::damerau_levenshtein;

/// At most three of `words`, nearest first, that somebody may have meant by `given`: those that
/// fewest slips of the fingers lead to, at most one in three letters.
#[must_use]
pub fn nearest<'a>(given: &str, words: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let allowed = (given.chars().count() / 3).max(1);
    let mut near: Vec<(usize, &str)> = words
        .into_iter()
        .map(|word| (damerau_levenshtein(given, word), word))
        .filter(|(slips, _)| *slips <= allowed)
        .collect();
    near.sort_by_key(|(slips, _)| *slips);
    near.truncate(3);
    near.into_iter().map(|(_, word)| word).collect()
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
        let words = ["status", "verify", "report", "2.1", "2.3", "m2"];
        assert_eq!(nearest("statsu", words), ["status"]);
        assert_eq!(nearest("2.5", words), ["2.1", "2.3"]);
        assert_eq!(nearest("m3", words), ["m2"]);
        assert_eq!(did_you_mean("zzz", words), None);
    }
}

//! `All changes committed`.

use super::check;
use super::context::Here;
use super::pattern::Pattern;
use super::sentence::Sentence;

static COMMITTED: Pattern =
    Pattern::new(r"all changes (?:are |have been )?committed(?: to (?:the )?(?:feature )?branch)?");

pub(super) fn bind(sentence: &Sentence<'_>, _: &Here<'_>) -> Option<Vec<String>> {
    COMMITTED
        .fits(&sentence.shape)
        .then(|| vec![check("git", [("committed", "all".into())])])
}

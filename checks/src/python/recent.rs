//! Trees of texts that were parsed lately: several checks, their controls and claims look at the
//! same few files, and parsing is most of what they cost.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::mem;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use super::syntax::{self, NotParsed, Parsed};

/// How much text is remembered for sure, in bytes: what is older is forgotten once as much has
/// come after it. A tree takes some six times as much.
const LIMIT: usize = 3 * 1024 * 1024;

/// So many bytes of a text tell it apart well enough for a table.
const TELLING: usize = 256;

/// A text and its tree, or where that will be: while it is made, who wants it too waits for it.
#[derive(Clone)]
struct Place {
    text: Arc<str>,
    tree: Arc<OnceLock<Result<Arc<Parsed>, NotParsed>>>,
}

#[derive(Default)]
struct Recent {
    young: HashMap<Text, Place>,
    old: HashMap<Text, Place>,
    /// The bytes of the young texts.
    size: usize,
}

/// A text that is cheap to look up: its length and end are hashed, all of it is compared.
#[derive(PartialEq, Eq)]
struct Text(Arc<str>);

/// One for all threads, and not dropped at the end of the process: that would take longer than
/// evaluating what was parsed.
static RECENT: LazyLock<Mutex<Recent>> = LazyLock::new(Mutex::default);

/// The tree of `text`, as [`syntax::parse`], and the text that is kept with it: the same text has
/// the same tree, and is held once.
pub(crate) fn parse(text: Arc<str>) -> Result<(Arc<str>, Arc<Parsed>), NotParsed> {
    // A thread that panicked left nothing half done: what is kept is put in place at once.
    let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
    let (place, left) = recent.place(text);
    drop(recent);
    drop(left);
    let parse = || syntax::parse(&place.text).map(Arc::new);
    let tree = place.tree.get_or_init(parse).clone()?;
    Ok((place.text, tree))
}

impl Recent {
    /// The place of a text; and what is forgotten for it, to be dropped outside the lock.
    fn place(&mut self, text: Arc<str>) -> (Place, HashMap<Text, Place>) {
        let key = Text(text);
        if let Some(place) = self.young.get(&key) {
            return (place.clone(), HashMap::new());
        }
        let mut left = HashMap::new();
        let place = self.old.remove(&key).unwrap_or_else(|| Place {
            text: Arc::clone(&key.0),
            tree: Arc::default(),
        });
        if self.size + key.0.len() > LIMIT {
            left = mem::replace(&mut self.old, mem::take(&mut self.young));
            self.size = 0;
        }
        self.size += key.0.len();
        self.young
            .insert(Text(Arc::clone(&place.text)), place.clone());
        (place, left)
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let bytes = self.0.as_bytes();
        bytes.len().hash(state);
        bytes[bytes.len().saturating_sub(TELLING)..].hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_kept_for_its_own_text() {
        let tree = |text: &str| parse(Arc::from(text)).ok().unwrap().1;
        let body = |text: &str| tree(text).body.len();
        let same_end = "z = 3\n".repeat(TELLING);
        assert_eq!(body(&format!("x = 1\n{same_end}")), TELLING + 1);
        assert_eq!(body(&format!("x = 1\n{same_end}")), TELLING + 1);
        assert_eq!(body(&format!("x=1;y\n{same_end}")), TELLING + 2);
        assert!(parse(Arc::from("x = (")).is_err());
    }

    #[test]
    fn what_is_used_is_not_forgotten() {
        let mut recent = Recent::default();
        let text = |end: &str| Arc::<str>::from(" ".repeat(LIMIT / 3) + end);
        let used = recent.place(text("used")).0.tree;
        recent.place(text("b"));
        let mut left = 0;
        for end in ["c", "d", "e", "f", "g"] {
            assert!(Arc::ptr_eq(&used, &recent.place(text("used")).0.tree));
            left += recent.place(text(end)).1.len();
        }
        assert!(left > 0);
        assert!(recent.young.len() + recent.old.len() <= 4);
        assert!(!recent.old.contains_key(&Text(text("b"))));
    }
}

//! Trees of texts that were parsed lately: several checks, their controls and claims look at the
//! same few files, and parsing is most of what they cost.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::mem;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::syntax::{self, NotParsed, Parsed};

/// How much text is remembered, in bytes; a tree takes some six times as much.
const LIMIT: usize = 4 * 1024 * 1024;

/// So many bytes of a text tell it apart well enough for a table.
const TELLING: usize = 256;

#[derive(Default)]
struct Recent {
    trees: HashMap<Text, Arc<Parsed>>,
    size: usize,
}

/// A text that is cheap to look up: its length and end are hashed, all of it is compared.
#[derive(PartialEq, Eq)]
struct Text(Arc<str>);

/// One for all threads, and not dropped at the end of the process: that would take longer than
/// evaluating what was parsed.
static RECENT: LazyLock<Mutex<Recent>> = LazyLock::new(Mutex::default);

/// The tree of `text`, as [`syntax::parse`]: the same text has the same tree.
pub(crate) fn parse(text: &Arc<str>) -> Result<Arc<Parsed>, NotParsed> {
    let key = Text(Arc::clone(text));
    if let Some(tree) = with(|recent| recent.trees.get(&key).cloned()) {
        return Ok(tree);
    }
    let tree = Arc::new(syntax::parse(text)?);
    let left = with(|recent| recent.keep(key, &tree));
    drop(left);
    Ok(tree)
}

/// A thread that panicked left nothing half done: what is kept is put in place at once.
fn with<T>(run: impl FnOnce(&mut Recent) -> T) -> T {
    run(&mut RECENT.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Recent {
    /// Keeps a tree, and hands out what has to go for it: the caller drops it, outside the lock.
    fn keep(&mut self, text: Text, tree: &Arc<Parsed>) -> Self {
        let full = self.size + text.0.len() > LIMIT;
        let left = if full {
            mem::take(self)
        } else {
            Self::default()
        };
        self.size += text.0.len();
        self.trees.insert(text, Arc::clone(tree));
        left
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
        let tree = |text: &str| parse(&Arc::from(text)).ok().unwrap();
        let body = |text: &str| tree(text).body.len();
        let same_end = "z = 3\n".repeat(TELLING);
        assert_eq!(body(&format!("x = 1\n{same_end}")), TELLING + 1);
        assert_eq!(body(&format!("x = 1\n{same_end}")), TELLING + 1);
        assert_eq!(body(&format!("x=1;y\n{same_end}")), TELLING + 2);
        assert!(parse(&Arc::from("x = (")).is_err());
    }

    #[test]
    fn trees_are_not_kept_for_ever() {
        let mut recent = Recent::default();
        let tree = Arc::new(syntax::parse("").ok().unwrap());
        let text = |end: &str| Text(Arc::from(" ".repeat(LIMIT / 3) + end));
        for (end, left) in [("a", 0), ("b", 0), ("c", 2)] {
            assert_eq!(recent.keep(text(end), &tree).trees.len(), left);
        }
        assert!(recent.trees.contains_key(&text("c")));
        assert_eq!(recent.size, LIMIT / 3 + 1);
    }
}

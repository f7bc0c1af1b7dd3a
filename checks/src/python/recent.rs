//! Trees of texts that were parsed lately: several checks, their controls and claims look at the
//! same few files, and parsing is most of what they cost.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::mem;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::snapshot::ContentId;

use super::compile::refused;
use super::name::PythonVersion;
use super::syntax::{self, NotParsed, Parsed};

/// How much text is remembered for sure, in bytes: what is older is forgotten once as much has
/// come after it. A tree takes some six times as much.
const LIMIT: usize = 3 * 1024 * 1024;

/// So many bytes of a text tell it apart well enough for a table.
const TELLING: usize = 256;

/// A text that is kept, and its trees, or where they will be: while one is made, who wants it too
/// waits for it.
#[derive(Clone)]
pub(crate) struct Kept {
    text: Arc<str>,
    trees: Arc<Trees>,
}

#[derive(Default)]
struct Trees {
    whole: OnceLock<Result<Arc<Parsed>, NotParsed>>,
    outline: OnceLock<Option<Arc<Parsed>>>,
    sound: ForVersion<bool>,
    refused: ForVersion<Option<NotParsed>>,
}

/// What was found out for the version of Python that was asked about last.
#[derive(Default)]
struct ForVersion<T>(Mutex<Option<(PythonVersion, T)>>);

#[derive(Default)]
struct Recent {
    young: Generation,
    old: Generation,
    /// The bytes of the young texts.
    size: usize,
}

/// Texts that are forgotten together.
#[derive(Default)]
struct Generation {
    places: HashMap<Text, Kept>,
    /// The same, by the ids of the contents that they are decoded from.
    decoded: HashMap<ContentId, Kept>,
}

/// A text that is cheap to look up: its length and end are hashed, all of it is compared.
#[derive(PartialEq, Eq)]
struct Text(Arc<str>);

/// One for all threads, and not dropped at the end of the process: that would take longer than
/// evaluating what was parsed.
static RECENT: LazyLock<Mutex<Recent>> = LazyLock::new(Mutex::default);

/// The place of `text`, which the same text has too: it is held once. It is decoded from the
/// content of this id, if that is known.
pub(crate) fn keep(text: Arc<str>, content: Option<ContentId>) -> Kept {
    let (place, left) = recent().place(text, content);
    drop(left);
    place
}

/// As [`keep`], for the text that a content was decoded to lately.
pub(crate) fn decoded(content: &ContentId) -> Option<Kept> {
    let (place, left) = recent().decoded(content)?;
    drop(left);
    Some(place)
}

/// A thread that panicked left nothing half done: what is kept is put in place at once.
fn recent() -> MutexGuard<'static, Recent> {
    RECENT.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kept {
    /// The text.
    pub(crate) fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Its tree, as [`syntax::parse`].
    pub(crate) fn whole(&self) -> Result<Arc<Parsed>, NotParsed> {
        let parse = || syntax::parse(&self.text).map(Arc::new);
        self.trees.whole.get_or_init(parse).clone()
    }

    /// Its outline, as [`syntax::outline`]; none also if the whole tree is there already. Whether
    /// it is right is another question.
    pub(crate) fn outline(&self) -> Option<Arc<Parsed>> {
        let outline = || match self.trees.whole.get() {
            Some(_) => None,
            None => syntax::outline(&self.text).map(Arc::new),
        };
        self.trees.outline.get_or_init(outline).clone()
    }

    /// Whether the outline is right, and CPython of this version takes the text. The whole tree
    /// is not kept for this.
    pub(crate) fn is_sound(&self, version: PythonVersion) -> bool {
        self.trees.sound.find(version, || {
            let Some(outline) = self.outline() else {
                return true;
            };
            let whole = match self.trees.whole.get() {
                Some(whole) => whole.clone(),
                // What has an outline is not nested too deep.
                None => syntax::parse_shallow(&self.text).map(Arc::new),
            };
            whole.is_ok_and(|whole| {
                outline.agrees(&whole) && refused(&whole, &self.text, version).is_none()
            })
        })
    }

    /// Why CPython of this version does not take the text, which parses.
    pub(crate) fn refused(&self, version: PythonVersion) -> Option<NotParsed> {
        let whole = self.whole().ok()?;
        let found = &self.trees.refused;
        found.find(version, || refused(&whole, &self.text, version))
    }
}

impl<T: Clone> ForVersion<T> {
    /// Who asks while it is found out waits for it.
    fn find(&self, version: PythonVersion, find: impl FnOnce() -> T) -> T {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((of, found)) if *of == version => found.clone(),
            _ => known.insert((version, find())).1.clone(),
        }
    }
}

impl Recent {
    /// The place of a text; and what is forgotten for it, to be dropped outside the lock.
    fn place(&mut self, text: Arc<str>, content: Option<ContentId>) -> (Kept, Generation) {
        let key = Text(text);
        let (place, left) = match self.young.places.get(&key) {
            Some(place) => (place.clone(), Generation::default()),
            None => self.rejuvenate(key),
        };
        if let Some(content) = content {
            self.young.decoded.insert(content, place.clone());
        }
        (place, left)
    }

    /// As [`Recent::place`], for the text of a content that is kept.
    fn decoded(&mut self, content: &ContentId) -> Option<(Kept, Generation)> {
        if let Some(place) = self.young.decoded.get(content) {
            return Some((place.clone(), Generation::default()));
        }
        let text = Arc::clone(&self.old.decoded.get(content)?.text);
        Some(self.place(text, Some(content.clone())))
    }

    fn rejuvenate(&mut self, key: Text) -> (Kept, Generation) {
        let mut left = Generation::default();
        let place = self.old.places.remove(&key).unwrap_or_else(|| Kept {
            text: Arc::clone(&key.0),
            trees: Arc::default(),
        });
        if self.size + key.0.len() > LIMIT {
            left = mem::replace(&mut self.old, mem::take(&mut self.young));
            self.size = 0;
        }
        self.size += key.0.len();
        let kept = Text(Arc::clone(&place.text));
        self.young.places.insert(kept, place.clone());
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
        let tree = |text: &str| keep(Arc::from(text), None).whole().ok().unwrap();
        let body = |text: &str| tree(text).body.len();
        let same_end = "z = 3\n".repeat(TELLING);
        assert_eq!(body(&format!("x = 1\n{same_end}")), TELLING + 1);
        assert_eq!(body(&format!("x = 1\n{same_end}")), TELLING + 1);
        assert_eq!(body(&format!("x=1;y\n{same_end}")), TELLING + 2);
        assert!(keep(Arc::from("x = ("), None).whole().is_err());
    }

    #[test]
    fn a_content_leads_to_its_text_while_that_is_kept() {
        let mut recent = Recent::default();
        let text = |end: &str| Arc::<str>::from(" ".repeat(LIMIT / 3) + end);
        let content = ContentId::of(b"a");
        assert!(recent.decoded(&content).is_none());
        let tree = recent.place(text("a"), Some(content.clone())).0.trees;
        let found = |recent: &mut Recent| recent.decoded(&content).map(|it| it.0.trees);
        for end in ["b", "c", "d"] {
            recent.place(text(end), None);
            assert!(Arc::ptr_eq(&tree, &found(&mut recent).unwrap()), "{end}");
        }
        for end in ["e", "f", "g", "h", "i", "j"] {
            recent.place(text(end), None);
        }
        assert!(found(&mut recent).is_none());
    }

    #[test]
    fn what_is_used_is_not_forgotten() {
        let mut recent = Recent::default();
        let text = |end: &str| Arc::<str>::from(" ".repeat(LIMIT / 3) + end);
        let used = recent.place(text("used"), None).0.trees;
        recent.place(text("b"), None);
        let mut left = 0;
        for end in ["c", "d", "e", "f", "g"] {
            assert!(Arc::ptr_eq(
                &used,
                &recent.place(text("used"), None).0.trees
            ));
            left += recent.place(text(end), None).1.places.len();
        }
        assert!(left > 0);
        assert!(recent.young.places.len() + recent.old.places.len() <= 4);
        assert!(!recent.old.places.contains_key(&Text(text("b"))));
    }
}

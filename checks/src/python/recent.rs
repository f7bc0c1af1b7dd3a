//! Trees of texts that were parsed lately: several checks, their controls and claims look at the
//! same few files, and parsing is most of what they cost.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::syntax::{self, NotParsed, Parsed};

/// How much text is remembered, in bytes; a tree takes some ten times as much.
const LIMIT: usize = 4 * 1024 * 1024;

#[derive(Default)]
struct Recent {
    trees: HashMap<String, Rc<Parsed>>,
    size: usize,
}

thread_local! {
    static RECENT: RefCell<Recent> = RefCell::default();
}

/// The tree of `text`, as [`syntax::parse`]: the same text has the same tree.
pub(crate) fn parse(text: &str) -> Result<Rc<Parsed>, NotParsed> {
    if let Some(tree) = RECENT.with_borrow(|recent| recent.trees.get(text).cloned()) {
        return Ok(tree);
    }
    let tree = Rc::new(syntax::parse(text)?);
    RECENT.with_borrow_mut(|recent| recent.keep(text, &tree));
    Ok(tree)
}

impl Recent {
    fn keep(&mut self, text: &str, tree: &Rc<Parsed>) {
        if self.size + text.len() > LIMIT {
            *self = Self::default();
        }
        self.size += text.len();
        self.trees.insert(text.to_owned(), Rc::clone(tree));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_kept_for_its_own_text_and_not_for_ever() {
        let tree = |text: &str| parse(text).ok().unwrap();
        let first = tree("x = 1\n");
        assert!(Rc::ptr_eq(&first, &tree("x = 1\n")));
        assert!(!Rc::ptr_eq(&first, &tree("x = 2\n")));
        let long = format!("# {}\n", "x".repeat(LIMIT));
        assert!(tree(&long).body.is_empty());
        assert!(!Rc::ptr_eq(&first, &tree("x = 1\n")));
        assert!(parse("x = (").is_err());
    }
}

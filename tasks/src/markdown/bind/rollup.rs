//! Boxes that say that tasks are done.

use super::super::names::Names;
use super::context::Context;
use super::pattern::Pattern;
use super::sentence::Sentence;

static TASK: Pattern =
    Pattern::new(r"task ([\w.-]*\w)(?:\s*[:—–-] .*|: ?.*| (?:is )?(?:complete|completed|done))?");
static ALL: Pattern = Pattern::new(r"all (?:\d+ )?tasks (?:are )?(?:complete|completed|done)");

/// The tasks that a box of the checklist stands for.
pub(super) fn bind(
    sentence: &Sentence<'_>,
    context: &Context<'_>,
    names: &Names,
) -> Option<Vec<String>> {
    if ALL.fits(&sentence.shape) && !names.tasks.is_empty() {
        return Some(names.tasks.clone());
    }
    let captures = TASK.captures(&sentence.shape)?;
    let order = context.tasks.get(captures.get(1)?.as_str())?;
    Some(vec![names.tasks.get(*order)?.clone()])
}

//! From facts about files to one answer.

use crate::files::Files;
use crate::snapshot::{Edits, Snapshot};
use crate::verdict::{Answer, Finding, Verdict};

use super::source::Source;
use super::stack::with_room;

/// What a check found in some files.
#[derive(Debug, Default)]
pub(crate) struct Partial {
    /// Places that speak against the criterion.
    pub(crate) findings: Vec<Finding>,
    /// Why it cannot be known.
    pub(crate) unsure: Vec<String>,
    /// What is worth saying in any case.
    pub(crate) remarks: Vec<String>,
}

impl Partial {
    /// Fail beats undecided beats pass.
    pub(crate) fn answer(mut self) -> Answer {
        let verdict = if !self.findings.is_empty() {
            self.remarks.append(&mut self.unsure);
            Verdict::Fail(self.findings)
        } else if !self.unsure.is_empty() {
            Verdict::Undecided(self.unsure.join("; "))
        } else {
            Verdict::Pass
        };
        Answer {
            verdict,
            remarks: self.remarks,
        }
    }
}

/// Looks at each of the files; one that cannot be read or parsed leaves the answer undecided, and
/// so does a selection without a file.
pub(crate) fn judge_each(
    files: &Files,
    snapshot: &dyn Snapshot,
    mut look: impl FnMut(&Source, &mut Partial),
) -> Partial {
    let mut partial = Partial::default();
    let paths = match files.select(snapshot) {
        Ok(paths) => paths,
        Err(error) => {
            partial.unsure.push(error.to_string());
            return partial;
        }
    };
    if paths.is_empty() {
        partial.unsure.push(format!("no file matches `{files}`"));
    }
    for path in paths {
        with_room(|| match Source::load(&path, snapshot) {
            Ok(source) => look(&source, &mut partial),
            Err(why) => partial.unsure.push(why),
        });
    }
    partial
}

/// The edits that add `statement` at the end of the first of the files, where it runs on load.
///
/// # Errors
///
/// There is no such file, it has no facts, or its end is never reached.
pub(crate) fn plant(
    files: &Files,
    snapshot: &dyn Snapshot,
    statement: &str,
) -> Result<Edits, String> {
    with_room(|| {
        let paths = files.select(snapshot).map_err(|error| error.to_string())?;
        let path = paths
            .first()
            .ok_or_else(|| format!("no file matches `{files}`"))?;
        let source = Source::load(path, snapshot)?;
        if !source.end_is_reached() {
            return Err(format!(
                "the end of `{path}` is never reached, so nothing can be planted there"
            ));
        }
        // The bytes, not the decoded text: what is planted is the same in every known encoding.
        let mut bytes = snapshot
            .read(path)
            .map_err(|error| error.to_string())?
            .to_vec();
        bytes.extend_from_slice(format!("\n{statement}\n").as_bytes());
        Ok(Edits::write(path.clone(), bytes))
    })
}

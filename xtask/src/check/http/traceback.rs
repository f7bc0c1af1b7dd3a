//! What a Python server printed when it failed: the way to the error through the repository.

use std::path::Path;

use checks::verdict::Finding;

use crate::check::probe::Tree;

/// One `Traceback`, as CPython prints it.
#[derive(Debug, Default)]
struct Traceback<'t> {
    /// File and line, outermost first.
    frames: Vec<(&'t str, usize)>,
    /// The exception and its message.
    error: &'t str,
}

/// The places of the repository on the way to the first error that a missing module explains,
/// else to the first error; the last place first.
pub(super) fn findings(output: &str, root: &Path) -> Vec<Finding> {
    let all = tracebacks(output);
    let is_import = |it: &&Traceback<'_>| {
        it.error.starts_with("ModuleNotFoundError") || it.error.starts_with("ImportError")
    };
    let Some(first) = all.iter().find(is_import).or(all.first()) else {
        return Vec::new();
    };
    let tree = Tree { root };
    let places = first.frames.iter().map(|(file, line)| tree.place(file, *line));
    let places: Vec<_> = places.collect();
    // What the frameworks call stands at the end; what calls the frameworks says nothing.
    let last_run = places.rsplit(Option::is_none).next().unwrap_or_default();
    let way = if last_run.is_empty() { places.as_slice() } else { last_run };
    let mut way: Vec<_> = way.iter().flatten().cloned().collect();
    let mut findings = Vec::new();
    if let Some(place) = way.pop() {
        findings.push(Finding::at(place, format!("raises `{}`", first.error)));
    }
    let before = way.into_iter();
    findings.extend(before.map(|place| Finding::at(place, "on the way to that")));
    findings
}

fn tracebacks(output: &str) -> Vec<Traceback<'_>> {
    let mut found = Vec::new();
    let mut current: Option<Traceback<'_>> = None;
    for line in output.lines() {
        if line.trim_end() == "Traceback (most recent call last):" {
            current = Some(Traceback::default());
        } else if let Some(traceback) = &mut current {
            if let Some(frame) = frame(line) {
                traceback.frames.push(frame);
            } else if !line.starts_with(' ') && !line.is_empty() {
                traceback.error = line;
                found.extend(current.take());
            }
        }
    }
    found
}

/// `  File "PATH", line N, in NAME`.
fn frame(line: &str) -> Option<(&str, usize)> {
    let rest = line.strip_prefix("  File \"")?;
    let (file, rest) = rest.rsplit_once("\", line ")?;
    let number = rest.split(',').next()?;
    Some((file, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_the_error_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["mid.py", "end.py", "model.py"] {
            std::fs::write(root.join(name), "x = 1\nimport model\n").unwrap();
        }
        let frame = |file: &str| format!("  File \"{}/{file}\", line 2, in f\n    import model\n    ^^^^^^\n", root.display());
        let outside = "  File \"/usr/lib/python3/site-packages/web.py\", line 1, in g\n    call()\n";
        let other = format!("Traceback (most recent call last):\n{}ValueError: no\n", frame("model.py"));
        let error = "ModuleNotFoundError: No module named 'torch'";
        let wanted = format!(
            "{other}ERROR Request failed\nTraceback (most recent call last):\n{}{outside}{}{}{error}\nmore\n",
            frame("mid.py"),
            frame("end.py"),
            frame("model.py")
        );
        let said = |output: &str| -> Vec<String> {
            let findings = findings(output, &root).into_iter();
            let told = findings.map(|it| {
                let place = it.place.unwrap();
                format!("{}:{} {}", place.path, place.line, it.message)
            });
            told.collect()
        };
        let expected = [format!("model.py:2 raises `{error}`"), "end.py:2 on the way to that".to_owned()];
        assert_eq!(said(&wanted), expected);
        assert_eq!(said(&other), ["model.py:2 raises `ValueError: no`"]);
        assert!(said("Traceback (most recent call last):\n  File \"x\", line 99").is_empty());
    }
}

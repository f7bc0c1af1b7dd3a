//! A report's boxes that do not hold, each finding at its place.

use tasks::lint::Level;
use tasks::report::{BoxReport, Report, State};

use super::{Annotation, Span};

/// One annotation a finding; a box without findings has one of its own.
pub(crate) fn annotations(report: &Report) -> Vec<Annotation> {
    let boxes = report.criteria.iter().chain(&report.checklist);
    boxes.flat_map(of_box).collect()
}

fn of_box(it: &BoxReport) -> Vec<Annotation> {
    let level = match it.state {
        State::Fail => Level::Error,
        State::Undecided => Level::Warning,
        _ => return Vec::new(),
    };
    let annotation = |why: &str, place: Option<Span>| Annotation {
        rule: it.id.clone(),
        level,
        message: match why {
            "" => it.text.clone(),
            why => format!("{}: {why}", it.text),
        },
        place,
        related: Vec::new(),
    };
    if it.findings.is_empty() {
        return vec![annotation(&it.reason, None)];
    }
    let of_finding = |finding: &checks::verdict::Finding| {
        annotation(&finding.message, finding.place.as_ref().map(Span::from))
    };
    it.findings.iter().map(of_finding).collect()
}

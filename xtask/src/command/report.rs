//! `report`: the completion checklist, ticked only where something was proved.

use super::verify::question;
use crate::cli::{Common, Format, Verdicts};
use crate::failure::Failure;
use crate::render;
use crate::session::{Question, Session};

pub(super) fn run(
    common: &Common,
    milestone: Option<&str>,
    options: &Verdicts,
) -> Result<u8, Failure> {
    let session = Session::open_at(common, milestone, options.judging.at.as_deref())?;
    let report = session.judge(&Question {
        controls: true,
        ..question(common, options)
    })?;
    let format = common.format().unwrap_or(Format::Markdown);
    super::print(&report, format, render::verify::text)?;
    Ok(report.exit_code(options.judging.require_done))
}

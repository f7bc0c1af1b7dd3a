//! `status`: where the milestone stands. Nothing slow is run.

use crate::cli::{Common, Format, Status};
use crate::failure::Failure;
use crate::render;
use crate::session::{Question, Session};

pub(super) fn run(
    common: &Common,
    milestone: Option<&str>,
    options: &Status,
) -> Result<u8, Failure> {
    let session = Session::open_at(common, milestone, options.judging.at.as_deref())?;
    let report = session.judge(&Question {
        instant: true,
        no_programs: Some("`status` runs no programs; `verify --full` does".to_owned()),
        judging: options.judging.clone(),
        ..Question::default()
    })?;
    let format = common.format().unwrap_or(Format::Terminal);
    super::print(&report, format, render::status::text)?;
    Ok(report.exit_code(options.judging.require_done))
}

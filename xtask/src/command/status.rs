//! `status`: where the milestone stands. Nothing slow is run.

use crate::cli::{Common, Format, Status};
use crate::failure::Failure;
use crate::session::{Question, Session};
use crate::{claimed, render};

pub(super) fn run(
    common: &Common,
    milestone: Option<&str>,
    options: &Status,
) -> Result<u8, Failure> {
    let session = Session::open_at(common, milestone, options.judging.at.as_deref())?;
    let mut report = session.judge(&Question {
        instant: true,
        no_programs: Some("`status` runs no programs; `verify --full` does".to_owned()),
        judging: options.judging.clone(),
        ..Question::default()
    })?;
    if let Some(document) = &options.claims {
        report.claimed = claimed::all(&session, document.as_deref(), &report)?;
    }
    let format = common.format().unwrap_or(Format::Terminal);
    super::print(&report, format, render::status::text)?;
    Ok(report.exit_code(options.judging.require_done))
}

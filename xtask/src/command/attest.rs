//! `attest`: a person's word that a box holds, bound to what it was said of.

use checks::snapshot::ReadError;
use jiff::ZonedDateTime;
use tasks::deviation::{Attestation, contents, text_hash, with_attestation};
use tasks::plan::{AnyCheck, Decision};

use super::waive::{find_box, spoken, told, write};
use crate::check::Live;
use crate::cli::{Attest, Common};
use crate::failure::Failure;
use crate::plans::invalid;
use crate::session::Session;
use crate::snapshot::WorkTree;

/// A milestone without a plan is a person's to judge; with one, an attestation is not needed.
fn needs_a_person(decision: &Decision<Live>) -> bool {
    match decision {
        Decision::Manual(_) => true,
        Decision::Checks(checks) => checks
            .iter()
            .all(|check| matches!(check, AnyCheck::Outside(Live::Milestone(_)))),
        Decision::From(_) => false,
    }
}

pub(super) fn run(
    common: &Common,
    milestone: Option<&str>,
    options: &Attest,
) -> Result<u8, Failure> {
    let session = Session::open(common, milestone)?;
    let attested = find_box(&session, &options.criterion)?;
    let id = &attested.id;
    if !needs_a_person(&attested.decided_by) {
        let milestone = &session.sourced.plan.milestone.id;
        return Err(Failure::new(format!(
            "`{id}` is decided by checks, not by a person's word"
        ))
        .with_help(format!("run it: `cargo xtask {milestone} verify --full`"))
        .with_help(format!(
            "or accept that it does not hold: `cargo xtask {milestone} waive {id} --reason \"…\"`"
        )));
    }
    spoken(&options.note, "--note", "what you saw")?;
    let snapshot = WorkTree::new(&session.repository);
    let files = session.sourced.plan.files_behind(id);
    let attestation = Attestation {
        criterion: id.clone(),
        note: options.note.trim().to_owned(),
        by: who(&session)?,
        on: ZonedDateTime::now().date(),
        text: text_hash(&attested.text),
        files: contents(&files, &snapshot).map_err(unbound)?,
    };
    let file = write(&session, |file, text| {
        with_attestation(file, text, &attestation).map_err(invalid)
    })?;
    told(common, "attested", attested, &file)?;
    Ok(0)
}

fn unbound(error: ReadError) -> Failure {
    Failure::because("a word can only be bound to what can be read", error)
        .with_help("make the task's files readable, or name others in the plan")
}

/// Who speaks: the identity that git would commit with.
fn who(session: &Session) -> Result<String, Failure> {
    let identity = session.repository.store().author_from_env();
    let author = identity.map_err(|e| {
        Failure::because("nobody is configured as the author", e.message())
            .with_help("run `git config user.name NAME` and `git config user.email ADDRESS`")
    })?;
    Ok(format!(
        "{} <{}>",
        String::from_utf8_lossy(author.name_bytes()),
        String::from_utf8_lossy(author.email_bytes())
    ))
}

//! `completions`: a script that completes the words of the command line in a shell.

use crate::cli::{Common, Completions, completable};
use crate::failure::Failure;
use crate::repository::Repository;
use crate::{output, plans, session};

pub(super) fn run(common: &Common, options: &Completions) -> Result<u8, Failure> {
    // Outside of a repository there are the milestones that ship with the tool.
    let found = session::repository(common, Repository::discover).ok();
    let names = plans::names(found.as_ref().map(Repository::top));
    let mut script = Vec::new();
    clap_complete::generate(
        options.shell,
        &mut completable(names),
        "cargo-xtask",
        &mut script,
    );
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(0)
}

//! `schema`: the JSON Schema of plan files, for editors.

use crate::cli::SchemaOptions;
use crate::failure::Failure;
use crate::render::printable;
use crate::{output, schema};

pub(super) fn run(options: &SchemaOptions) -> Result<u8, Failure> {
    let text = super::json(&schema::value())?;
    match &options.output {
        None => output::print(&text)?,
        Some(path) => {
            super::import::write(path, &text, options.force)?;
            let name = path.to_string_lossy();
            output::print(&format!("written to {}\n", printable(&name)))?;
        }
    }
    Ok(0)
}

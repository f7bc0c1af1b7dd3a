//! A failure on standard error.

use console::{colors_enabled_stderr, style};

use super::words::printable;
use crate::failure::Failure;
use crate::output;

/// Prints what is wrong and the ways out.
pub(crate) fn print(failure: &Failure) {
    let text = match &failure.own_form {
        Some((coloured, _)) if colors_enabled_stderr() => coloured.clone(),
        Some((_, plain)) => plain.clone(),
        None => in_our_words(failure),
    };
    output::say(&text);
}

fn in_our_words(failure: &Failure) -> String {
    let error = style("error:").red().bold().for_stderr();
    let help = style("help:").cyan().bold().for_stderr();
    let mut text = format!("{error} {}\n", printable(&failure.message));
    for way_out in &failure.help {
        text += &format!("{help} {}\n", printable(way_out));
    }
    text
}

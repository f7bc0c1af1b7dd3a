//! `import`: reads a plan that people wrote and writes it as a plan file.

use std::fs;
use std::io::{ErrorKind, Write, stderr};
use std::path::Path;

use tasks::markdown::{self, Refused};

use crate::cli::{Common, Format, Import};
use crate::failure::Failure;
use crate::output;
use crate::render::import as render;
use crate::render::printable;
use crate::schema;
use crate::written;

pub(super) fn run(common: &Common, options: &Import) -> Result<u8, Failure> {
    let text = text(&options.document)?;
    let name = options.document.to_string_lossy();
    let read = markdown::parse(&name, &text);
    if common.format() == Some(Format::Json) {
        output::print(&super::json(&markdown::json(&read))?)?;
    }
    let document = read.map_err(|refused| no_plan(&name, &refused))?;
    let schema = schema::Place::of(options.output.as_deref());
    let plan = schema.line() + &markdown::toml(&document, &name);
    if let Some(path) = &options.output {
        write(path, &plan, options.force)?;
    }
    match (common.format(), &options.output) {
        (Some(Format::Json), _) => {}
        (_, None) => {
            output::print(&plan)?;
            // Beside the plan, which may go to a file; a closed stream is nobody's failure.
            let _ = stderr().write_all(render::text(&document, &name).as_bytes());
        }
        (_, Some(path)) => {
            let written = format!("written to {}\n", printable(&path.to_string_lossy()));
            let advice = schema.advice().map(|it| format!("{}\n", printable(&it)));
            let said = render::text(&document, &name) + &written + &advice.unwrap_or_default();
            output::print(&said)?;
        }
    }
    Ok(0)
}

/// Reads the document.
pub(super) fn text(path: &Path) -> Result<String, Failure> {
    let name = printable(&path.to_string_lossy());
    let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
    String::from_utf8(bytes)
        .map_err(|error| Failure::not_utf8(&name, error.as_bytes(), error.utf8_error()))
}

/// A name without an extension is probably a module's.
fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let name = printable(&path.to_string_lossy());
    let failure = Failure::because(format!("`{name}` cannot be read"), error);
    if checks::python::ModuleName::new(name.as_str()).is_ok() && !name.ends_with(".md") {
        failure.with_help(format!(
            "`cargo xtask imports {name}` shows what importing a module loads"
        ))
    } else {
        failure.with_help("name a plan: a Markdown file, or the JSON of task-master")
    }
}

/// Writes what was asked for; a file that is there only with `force`.
pub(super) fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let name = printable(&path.to_string_lossy());
    let failed = |error| {
        Failure::because(format!("`{name}` cannot be written"), error)
            .with_help("name a file that can be written with `-o`; without it all is printed")
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    if force {
        return written::write(path, text).map_err(failed);
    }
    let file = fs::File::create_new(path);
    match file.and_then(|mut file| file.write_all(text.as_bytes())) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Failure::new(format!("`{name}` is there already"))
                .with_help("take another name, or write over it with `--force`"))
        }
        written => written.map_err(failed),
    }
}

pub(super) fn no_plan(name: &str, refused: &Refused) -> Failure {
    let message = format!(
        "`{}` is no plan: {} (line {})",
        printable(name),
        refused.reason,
        refused.line
    );
    Failure::new(message).with_help(refused.help.clone())
}

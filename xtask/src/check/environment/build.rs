//! Environments are built once, in the user's cache, and trusted only when they are whole.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tasks::outside::Run;

use super::recipe::{FOLDER, Recipe, Steps};
use crate::directories;
use crate::process::{End, Program};
use crate::world::{Ran, Show, World, command_line};

/// An environment that is there.
#[derive(Debug)]
pub(crate) struct Built {
    /// Its interpreter.
    pub(crate) interpreter: PathBuf,
    /// The last program that made it; none if it was there already.
    pub(super) run: Option<Box<Run>>,
    remark: Option<String>,
}

/// How long one step of building may take: large wheels come over slow networks.
const TIME_OUT: Duration = Duration::from_secs(45 * 60);

/// The file in an environment that says that it is whole. Written last.
const COMPLETE: &str = ".complete";

impl Recipe {
    /// The environment for the repository at hand, built unless it is there.
    ///
    /// # Errors
    ///
    /// Nothing can be built: a tool is missing, the repository declares nothing, the tool fails
    /// or changes files of the repository.
    pub(crate) fn build(&self, world: &mut World) -> Result<Built, String> {
        let steps = self.steps(world)?;
        let no_place = "there is no folder for caches: set `HOME` or `XDG_CACHE_HOME`";
        let place = directories::cache().ok_or(no_place)?.join("environments");
        let unwritable = |error| format!("`{}` cannot be written: {error}", place.display());
        directories::make(&place).map_err(unwritable)?;
        let folder = place.join(&steps.key);
        // Who comes second finds it built. The lock ends with the process.
        let lock = File::create(place.join(format!("{}.lock", steps.key))).map_err(unwritable)?;
        lock.lock().map_err(unwritable)?;
        let interpreter = folder.join("bin/python");
        // A link to an interpreter that was removed is no file.
        if folder.join(COMPLETE).is_file() && interpreter.is_file() {
            let remark = steps.remark;
            return Ok(Built { interpreter, run: None, remark });
        }
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(unwritable)?;
        }
        let run = steps.carry_out(&folder, world)?;
        if !interpreter.is_file() {
            return Err(format!("`{}` was not made", interpreter.display()));
        }
        fs::write(folder.join(COMPLETE), "").map_err(unwritable)?;
        let remark = steps.remark;
        Ok(Built { interpreter, run, remark })
    }
}

impl Built {
    /// What a reader should know about it.
    pub(crate) fn told(&self) -> String {
        let environment = self.interpreter.parent().and_then(Path::parent);
        let environment = environment.unwrap_or(&self.interpreter).display();
        let how = if self.run.is_some() { "built now" } else { "built before" };
        let remark = self.remark.as_ref().map(|remark| format!("; {remark}"));
        format!("environment `{environment}`, {how}{}", remark.unwrap_or_default())
    }
}

impl Steps {
    fn carry_out(&self, folder: &Path, world: &mut World) -> Result<Option<Box<Run>>, String> {
        let target = folder.display().to_string();
        let mut last = None;
        for words in &self.programs {
            let words: Vec<String> = words.iter().map(|it| it.replace(FOLDER, &target)).collect();
            let title = format!("`{}`", command_line(&words));
            let program = Program {
                directory: world.folder(None)?,
                environment: [("UV_PROJECT_ENVIRONMENT".to_owned(), target.clone())].into(),
                timeout: TIME_OUT,
                log: world.log(&title),
                words,
            };
            let ran = world.run(&title, &program, Show::Output)?;
            succeeded(&title, &ran)?;
            last = Some(Box::new(ran.record(&program.words)));
        }
        Ok(last)
    }
}

fn succeeded(title: &str, ran: &Ran) -> Result<(), String> {
    let why = match &ran.finished.end {
        End::Exited(0) => match &ran.changes {
            Ok(changes) => match changes.first() {
                None => return Ok(()),
                Some(change) => format!("it has changed the repository: `{}` was {}", change.path, change.what),
            },
            Err(why) => why.clone(),
        },
        End::Exited(status) => format!("it exited with {status}"),
        End::Signalled(signal) => format!("it was ended by {signal}"),
        End::Interrupted(signal) => format!("interrupted by {signal}"),
        End::TimedOut => format!("it did not end within {} s", TIME_OUT.as_secs()),
        End::Stopped => "it was stopped".to_owned(),
    };
    let tail = &ran.finished.tail;
    Err(format!("no environment: {title}: {why}\n{tail}").trim_end().to_owned())
}

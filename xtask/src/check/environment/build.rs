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
        if let Some(why) = world.unbuilt.get(&steps.key) {
            return Err(format!("{why}\n(tried once: it is built for no other check of this run)"));
        }
        let built = steps.build(world);
        if let Err(why) = &built {
            world.unbuilt.insert(steps.key, why.clone());
        }
        built
    }

    /// Whether the environment is there already, and serves the same files in other folders too.
    pub(crate) fn is_there_for_all(&self, world: &World) -> bool {
        // What lies on disk need not be what is judged.
        if world.isolated.is_some() && world.checkout.is_none() {
            return false;
        }
        let steps = self.steps(world).ok().filter(|steps| !steps.is_bound);
        let folder = steps.and_then(|steps| Some(place()?.join(&steps.key)));
        folder.is_some_and(|folder| is_whole(&folder))
    }
}

impl Steps {
    fn build(&self, world: &mut World) -> Result<Built, String> {
        let no_place = "there is no folder for caches: set `HOME` or `XDG_CACHE_HOME`";
        let place = place().ok_or(no_place)?;
        let unwritable = |error| format!("`{}` cannot be written: {error}", place.display());
        directories::make(&place).map_err(unwritable)?;
        let folder = place.join(&self.key);
        // Who comes second finds it built. The lock ends with the process.
        let lock = File::create(place.join(format!("{}.lock", self.key))).map_err(unwritable)?;
        lock.lock().map_err(unwritable)?;
        let interpreter = folder.join("bin/python");
        if is_whole(&folder) {
            let remark = self.remark.clone();
            return Ok(Built { interpreter, run: None, remark });
        }
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(unwritable)?;
        }
        let run = self.carry_out(&folder, world)?;
        if !interpreter.is_file() {
            return Err(format!("`{}` was not made", interpreter.display()));
        }
        fs::write(folder.join(COMPLETE), "").map_err(unwritable)?;
        let remark = self.remark.clone();
        Ok(Built { interpreter, run, remark })
    }
}

/// Where environments lie.
fn place() -> Option<PathBuf> {
    Some(directories::cache()?.join("environments"))
}

/// A link to an interpreter that was removed is no file.
fn is_whole(folder: &Path) -> bool {
    folder.join(COMPLETE).is_file() && folder.join("bin/python").is_file()
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

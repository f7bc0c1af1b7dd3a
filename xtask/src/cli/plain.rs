//! The commands that need no milestone, and their options.

use std::path::PathBuf;

use checks::python::{ModuleName, PythonVersion};
use clap::{Args, Subcommand};

/// What can be done without a milestone.
#[derive(Debug, Subcommand)]
pub(crate) enum PlainCommand {
    /// List the milestones there are
    List,
    /// Make a small sample repository and walk through a milestone on it
    Demo(Demo),
    /// Show which modules importing one module loads, and through which chain
    Imports(Imports),
}

/// `demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Make the sample in this new folder [default: a temporary one]
    #[arg(value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}

/// `imports`
#[derive(Debug, Args)]
pub(crate) struct Imports {
    /// The module imported first, such as `app.main`
    #[arg(value_name = "ENTRY", value_parser = module_name)]
    pub(crate) entry: ModuleName,
    /// The module asked about, such as `torch`
    #[arg(value_name = "TARGET", value_parser = module_name)]
    pub(crate) target: Option<ModuleName>,
    /// The folder that the entry's package lies in, or whose `src` it lies in [default: -C]
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// A folder of installed packages; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(crate) path: Vec<PathBuf>,
    /// The version of Python that imports
    #[arg(long, value_name = "VERSION", default_value = "3.13", value_parser = python_version)]
    pub(crate) python_version: PythonVersion,
    /// Look into no installed packages: they are taken to import well
    #[arg(long)]
    pub(crate) no_site: bool,
    /// The target is not installed
    #[arg(long)]
    pub(crate) absent: bool,
    /// List everything that is loaded
    #[arg(long)]
    pub(crate) all: bool,
}

fn module_name(text: &str) -> Result<ModuleName, String> {
    ModuleName::new(text).map_err(|error| error.to_string())
}

fn python_version(text: &str) -> Result<PythonVersion, String> {
    PythonVersion::try_from(text.to_owned()).map_err(|error| error.to_string())
}

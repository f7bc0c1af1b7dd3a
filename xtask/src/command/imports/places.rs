//! Where modules are looked for.

use std::path::{Path, PathBuf};

use checks::path::RepoPath;
use checks::python::eager::{Root, Settings};
use checks::python::{Layout, PythonVersion, layout};
use checks::snapshot::{Kind, Snapshot};

use super::state::{self, State};
use crate::cli::Imports;
use crate::environment::{self, Environment};
use crate::failure::Failure;
use crate::session;
use crate::snapshot::Folder;

/// The folders that modules are looked for in, in this order.
pub(super) struct Places<'s> {
    own: Box<dyn Snapshot + 's>,
    /// How the project lays out its own files.
    layout: Layout,
    /// Whether the own files are installed packages.
    own_is_site: bool,
    /// Folders of installed packages.
    site: Vec<Folder>,
    /// The environment that packages are looked for in.
    environment: Option<Environment>,
}

impl<'s> Places<'s> {
    /// The project's own layout, the folders that were named, and the environment.
    ///
    /// # Errors
    ///
    /// One that was named is not there, or the revision cannot be read.
    pub(super) fn find(state: &'s State, options: &Imports) -> Result<Self, Failure> {
        let own_is_site = state.disk().is_some_and(is_site);
        let own = state.snapshot()?;
        let mut layout = layout(&*own, state.inside());
        if own_is_site {
            layout.folders = vec![None];
        }
        let named = options.path.iter().filter(|_| !options.no_site);
        let named: Result<Vec<_>, _> = named.map(|path| state::folder(path)).collect();
        let environment = environment(state, options, own_is_site)?;
        let installed = environment.iter().flat_map(|it| it.site.iter().cloned());
        let site = named?.into_iter().chain(installed);
        Ok(Self {
            own,
            layout,
            own_is_site,
            site: site.map(|folder| Folder::new(&folder)).collect(),
            environment,
        })
    }

    /// Looks into the folders of installed packages among these, too.
    pub(super) fn add_site(&mut self, folders: &[PathBuf]) {
        for folder in folders.iter().filter(|folder| is_site(folder)) {
            let same = |it: &Folder| it.top().canonicalize().ok() == folder.canonicalize().ok();
            if !self.site.iter().any(same) {
                self.site.push(Folder::new(folder));
            }
        }
    }

    /// The folders of installed packages that are looked into.
    pub(super) fn site_folders(&self) -> Vec<PathBuf> {
        self.site.iter().map(|it| it.top().to_owned()).collect()
    }

    /// For which Python the question is asked, and what should be known about that.
    pub(super) fn settings(&self, options: &Imports) -> (Settings, Vec<String>) {
        let environment = self.environment.as_ref();
        let mut notes = self.layout.remarks.clone();
        let told = options.python_version;
        let version = told.or_else(|| environment.and_then(|it| it.version));
        let version = version.unwrap_or_else(|| {
            let (version, why) = self.layout.python(PythonVersion::USUAL);
            notes.extend(why);
            version
        });
        notes.extend(environment.map(|it| about(it, version)));
        let absent = options.target.iter().filter(|_| options.absent);
        let settings = Settings {
            version,
            platform: options.platform.clone().unwrap_or_else(this_platform),
            absent: absent.map(|it| it.as_str().to_owned()).collect(),
            elsewhere: environment.map_or_else(Vec::new, |it| it.elsewhere.clone()),
        };
        (settings, notes)
    }

    /// The file at a path on disk or, of a revision, in it: the number of its root, and its path
    /// there.
    ///
    /// # Errors
    ///
    /// There is no such file, or it lies in none of the places.
    pub(super) fn file(&self, state: &State, file: &Path) -> Result<(usize, RepoPath), Failure> {
        let Some(top) = state.disk() else {
            return self.file_of_revision(state, file);
        };
        let below = top.join(file);
        let Some(real) = [file, &below].iter().find_map(|it| it.canonicalize().ok()) else {
            return Err(missing(file));
        };
        let site = self.site.iter().map(Folder::top);
        let tops = std::iter::once((0, top)).chain((self.layout.folders.len()..).zip(site));
        let inside = tops.filter_map(|(root, top)| {
            let path = within(&real, &top.canonicalize().ok()?)?;
            Some((root, path))
        });
        // The nearest of folders that lie in each other.
        let found = inside.min_by_key(|(_, path)| path.as_str().len());
        found.ok_or_else(|| {
            Failure::new(format!(
                "`{}` lies outside of `{}`",
                file.display(),
                top.display()
            ))
            .with_help("name the folder that its package lies in with `--root`")
        })
    }

    fn file_of_revision(&self, state: &State, file: &Path) -> Result<(usize, RepoPath), Failure> {
        let text = file.to_string_lossy();
        let path = RepoPath::new(text.trim_start_matches("./"));
        let path = path.map_err(|error| {
            Failure::new(error.to_string()).with_help("name it from the top of the revision")
        })?;
        let below = state.inside().and_then(|it| it.join(path.as_str()).ok());
        let there = |path: &RepoPath| self.own.kind(path) == Ok(Some(Kind::File));
        [Some(path), below]
            .into_iter()
            .flatten()
            .find(there)
            .map(|path| (0, path))
            .ok_or_else(|| missing(file))
    }

    /// As the analysis wants them.
    pub(super) fn roots(&self) -> Vec<Root<'_>> {
        let own = self.layout.folders.iter().map(|folder| Root {
            snapshot: &*self.own,
            folder: folder.clone(),
            site: self.own_is_site,
        });
        let site = self.site.iter().map(|folder| Root {
            snapshot: folder,
            folder: None,
            site: true,
        });
        own.chain(site).collect()
    }
}

fn missing(file: &Path) -> Failure {
    Failure::new(format!("no such file: `{}`", file.display()))
}

fn within(path: &Path, top: &Path) -> Option<RepoPath> {
    let rest = path.strip_prefix(top).ok()?;
    RepoPath::new(rest.to_string_lossy()).ok()
}

/// The environment that is looked into: one that was named, or the repository's and the user's
/// own where nothing says otherwise.
fn environment(
    state: &State,
    options: &Imports,
    own_is_site: bool,
) -> Result<Option<Environment>, Failure> {
    if options.no_site {
        return Ok(None);
    }
    let python = options.python.as_deref();
    let Some(top) = state.disk().filter(|_| python.is_none()) else {
        return python.map_or(Ok(None), |it| environment::find(Some(it), &[], None));
    };
    if own_is_site || !options.path.is_empty() {
        return Ok(None);
    }
    let real = top.canonicalize().unwrap_or_else(|_| top.to_owned());
    let repository = real.ancestors().find(|it| it.join(".git").exists());
    let tops: Vec<&Path> = [Some(top), repository].into_iter().flatten().collect();
    environment::find(None, &tops, session::virtual_env().as_deref())
}

/// Which packages were looked into.
fn about(environment: &Environment, version: PythonVersion) -> String {
    let Environment {
        folder,
        named_by,
        version: own,
        opaque,
        ..
    } = environment;
    let mut text = format!("packages of `{}` ({named_by})", folder.display());
    if let Some(own) = own.filter(|own| *own != version) {
        text += &format!(", which is for Python {}.{}", own.major, own.minor);
    }
    if !opaque.is_empty() {
        let files = opaque.join("`, `");
        text += &format!("; code in `{files}` runs at start-up and is not followed");
    }
    text
}

/// `sys.platform` on this machine.
fn this_platform() -> String {
    match std::env::consts::OS {
        "macos" => "darwin".to_owned(),
        "windows" => "win32".to_owned(),
        other => other.to_owned(),
    }
}

/// Whether a folder is one that packages are installed in.
fn is_site(folder: &Path) -> bool {
    let name = folder.canonicalize().ok();
    let name = name.as_ref().and_then(|it| it.file_name());
    name.is_some_and(|it| it == "site-packages" || it == "dist-packages")
}

//! Where modules are looked for.

use std::path::{Path, PathBuf};

use checks::path::RepoPath;
use checks::python::eager::Root;
use checks::snapshot::{Kind, Snapshot};

use super::state::{self, State};
use crate::cli::Imports;
use crate::failure::Failure;
use crate::snapshot::Folder;

/// The folders that modules are looked for in, in this order.
pub(super) struct Places<'s> {
    own: Box<dyn Snapshot + 's>,
    /// Folders of the own files; none for the top.
    folders: Vec<Option<RepoPath>>,
    /// Whether the own files are installed packages.
    own_is_site: bool,
    /// Folders of installed packages.
    site: Vec<Folder>,
}

impl<'s> Places<'s> {
    /// The repository's own layout, flat or below `src`, then the folders that were named.
    ///
    /// # Errors
    ///
    /// One that was named is no folder, or the revision cannot be read.
    pub(super) fn find(state: &'s State, options: &Imports) -> Result<Self, Failure> {
        let own_is_site = state.disk().is_some_and(is_site);
        let own = state.snapshot()?;
        let mut folders = vec![state.inside().cloned()];
        if !own_is_site {
            folders.extend(source(state.inside()).map(Some));
        }
        let named = options.path.iter().filter(|_| !options.no_site);
        let site = named.map(|path| state::folder(path).map(|it| Folder::new(&it)));
        Ok(Self {
            own,
            folders,
            own_is_site,
            site: site.collect::<Result<_, _>>()?,
        })
    }

    /// Looks into the folders of installed packages among these, too.
    pub(super) fn add_site(&mut self, folders: &[PathBuf]) {
        let installed = folders.iter().filter(|folder| is_site(folder));
        self.site
            .extend(installed.map(|folder| Folder::new(folder)));
    }

    /// The folders of installed packages that are looked into.
    pub(super) fn site_folders(&self) -> Vec<PathBuf> {
        self.site.iter().map(|it| it.top().to_owned()).collect()
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
        let tops = std::iter::once((0, top)).chain((self.folders.len()..).zip(site));
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
        let own = self.folders.iter().map(|folder| Root {
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

fn source(inside: Option<&RepoPath>) -> Option<RepoPath> {
    match inside {
        Some(inside) => inside.join("src").ok(),
        None => RepoPath::new("src").ok(),
    }
}

/// Whether a folder is one that packages are installed in.
fn is_site(folder: &Path) -> bool {
    let name = folder.canonicalize().ok();
    let name = name.as_ref().and_then(|it| it.file_name());
    name.is_some_and(|it| it == "site-packages" || it == "dist-packages")
}

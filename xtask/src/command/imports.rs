//! `imports`: which modules importing one module loads, and through which chain.

use std::path::{Path, PathBuf};

use checks::path::RepoPath;
use checks::python::eager::{Analysis, Root, Settings, analyse};

use crate::cli::{Common, Format, Imports};
use crate::failure::Failure;
use crate::output;
use crate::render::imports as render;
use crate::snapshot::Folder;

/// A folder that modules are looked for in.
struct Place {
    folder: Folder,
    inside: Option<RepoPath>,
    site: bool,
}

pub(super) fn run(common: &Common, options: &Imports) -> Result<u8, Failure> {
    let top = options.root.clone().or_else(|| common.directory.clone());
    let top = top.unwrap_or_else(|| PathBuf::from("."));
    if !top.is_dir() {
        return Err(Failure::new(format!("`{}` is no folder", top.display())));
    }
    let places = places(&top, options)?;
    let roots: Vec<Root> = places
        .iter()
        .map(|place| Root {
            snapshot: &place.folder,
            folder: place.inside.clone(),
            site: place.site,
        })
        .collect();
    let settings = settings(options);
    let target = options.target.as_ref().map(|it| it.as_str());
    let analysis = analyse(options.entry.as_str(), target, &roots, &settings);
    let asked = render::Asked {
        entry: options.entry.as_str(),
        target,
        all: options.all,
    };
    let text = match common.format().unwrap_or(Format::Terminal) {
        Format::Json => super::json(&render::json(&analysis))?,
        Format::Terminal | Format::Markdown => render::text(&asked, &analysis),
    };
    output::print(&text)?;
    Ok(target.map_or(0, |target| exit(&analysis, target)))
}

/// 0 not reached, 1 reached, 2 undecided.
fn exit(analysis: &Analysis, target: &str) -> u8 {
    if analysis.eager.iter().any(|it| it.name == target) {
        return 1;
    }
    if analysis.undecided(target).is_some() {
        2
    } else {
        0
    }
}

fn settings(options: &Imports) -> Settings {
    let absent = options.target.iter().filter(|_| options.absent);
    Settings {
        version: options.python_version,
        platform: std::env::consts::OS
            .replace("macos", "darwin")
            .replace("windows", "win32"),
        absent: absent.map(|it| it.as_str().to_owned()).collect(),
    }
}

/// The repository's own layout, flat or below `src`, then the folders that were named.
fn places(top: &Path, options: &Imports) -> Result<Vec<Place>, Failure> {
    let own = is_site(top);
    let mut places = vec![Place {
        folder: Folder::new(top),
        inside: None,
        site: own,
    }];
    if !own
        && let Ok(source) = RepoPath::new("src")
        && top.join("src").is_dir()
    {
        places.push(Place {
            folder: Folder::new(top),
            inside: Some(source),
            site: false,
        });
    }
    if options.no_site {
        return Ok(places);
    }
    for path in &options.path {
        if !path.is_dir() {
            return Err(Failure::new(format!("`{}` is no folder", path.display())));
        }
        places.push(Place {
            folder: Folder::new(path),
            inside: None,
            site: true,
        });
    }
    Ok(places)
}

/// Whether a folder is one that packages are installed in.
fn is_site(folder: &Path) -> bool {
    let name = folder.canonicalize().ok();
    let name = name.as_ref().and_then(|it| it.file_name());
    name.is_some_and(|it| it == "site-packages" || it == "dist-packages")
}

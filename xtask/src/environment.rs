//! The packages that are installed in a Python environment, found by reading alone: nothing of
//! it is run.

use std::fs;
use std::path::{Path, PathBuf};

use checks::python::PythonVersion;

use crate::failure::Failure;

/// A Python environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Environment {
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// What named it: `--python`, `.venv`, `$VIRTUAL_ENV`.
    pub(crate) named_by: &'static str,
    /// The version of its interpreter, where its folders tell.
    pub(crate) version: Option<PythonVersion>,
    /// The folders on its path that hold packages, in its order.
    pub(crate) site: Vec<PathBuf>,
    /// Modules that code in a `.pth` file makes importable from elsewhere.
    pub(crate) elsewhere: Vec<String>,
    /// `.pth` files that run code of which it is not known what it makes importable.
    pub(crate) opaque: Vec<String>,
}

/// The environment that is named: by `--python`, else the first of `tops` with a `.venv`, else
/// by `$VIRTUAL_ENV`; never whatever `python3` happens to be.
///
/// # Errors
///
/// What `--python` names is no environment, or one without a folder of packages.
pub(crate) fn find(
    python: Option<&Path>,
    tops: &[&Path],
    virtual_env: Option<&Path>,
) -> Result<Option<Environment>, Failure> {
    if let Some(named) = python {
        let folder = prefix(named).ok_or_else(|| {
            Failure::new(format!(
                "`--python {}`: no such interpreter",
                named.display()
            ))
            .with_help("name an interpreter, or the folder of an environment")
        })?;
        return read(&folder, "--python", named).map(Some).ok_or_else(|| {
            Failure::new(format!("`{}` has no `site-packages`", folder.display()))
                .with_help("name folders of installed packages with `--path`")
        });
    }
    let own = tops.iter().map(|top| (top.join(".venv"), ".venv"));
    let active = virtual_env.map(|it| (it.to_owned(), "$VIRTUAL_ENV"));
    let found = own.chain(active).find_map(|(folder, by)| {
        let is_one = folder.join("pyvenv.cfg").is_file();
        is_one.then(|| read(&folder, by, &folder)).flatten()
    });
    Ok(found)
}

/// The folder of the environment that an interpreter belongs to: links to the interpreter that
/// it was made with are not followed.
fn prefix(named: &Path) -> Option<PathBuf> {
    if named.is_dir() {
        return Some(named.to_owned());
    }
    let interpreter = if named.is_file() {
        named.to_owned()
    } else if named.components().count() == 1 {
        let path = std::env::var_os("PATH")?;
        let mut places = std::env::split_paths(&path).map(|folder| folder.join(named));
        places.find(|it| it.is_file())?
    } else {
        return None;
    };
    let folder = |file: &Path| Some(file.parent()?.parent()?.to_owned());
    let near = folder(&interpreter)?;
    if near.join("pyvenv.cfg").is_file() {
        return Some(near);
    }
    // Outside of an environment a link leads to the installation.
    folder(&interpreter.canonicalize().ok()?)
}

fn read(folder: &Path, named_by: &'static str, named: &Path) -> Option<Environment> {
    let settings = fs::read_to_string(folder.join("pyvenv.cfg")).unwrap_or_default();
    let mut version = version_of(&settings).or_else(|| version_in_name(named));
    let mut site = installed(folder, &mut version);
    let setting = |name: &str| value(&settings, name);
    if setting("include-system-site-packages").is_some_and(|it| it.eq_ignore_ascii_case("true"))
        && let Some(base) = setting("home")
            .as_deref()
            .and_then(|it| Path::new(it).parent())
    {
        site.extend(installed(base, &mut version));
    }
    if site.is_empty() {
        return None;
    }
    let mut environment = Environment {
        folder: folder.to_owned(),
        named_by,
        version,
        site: Vec::new(),
        elsewhere: Vec::new(),
        opaque: Vec::new(),
    };
    for folder in site {
        environment.add(folder);
    }
    Some(environment)
}

/// `home = /usr/bin`
fn value(settings: &str, name: &str) -> Option<String> {
    let mut lines = settings.lines().filter_map(|line| line.split_once('='));
    let found = lines.find(|(key, _)| key.trim().eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim().to_owned())
}

/// venv writes `version`, virtualenv and uv write `version_info`.
fn version_of(settings: &str) -> Option<PythonVersion> {
    let written = value(settings, "version_info").or_else(|| value(settings, "version"))?;
    let mut parts = written.split('.');
    let text = format!("{}.{}", parts.next()?, parts.next()?);
    PythonVersion::try_from(text).ok()
}

/// `bin/python3.12`
fn version_in_name(interpreter: &Path) -> Option<PythonVersion> {
    let real = interpreter.canonicalize().ok()?;
    [interpreter, &real].iter().find_map(|it| {
        let name = it.file_name()?.to_str()?;
        PythonVersion::try_from(name.strip_prefix("python")?.to_owned()).ok()
    })
}

/// The folders of packages below a prefix: `site.getsitepackages`, and Debian's.
fn installed(prefix: &Path, version: &mut Option<PythonVersion>) -> Vec<PathBuf> {
    if version.is_none() {
        let mut versions = libraries(prefix);
        versions.sort_unstable();
        *version = versions.last().copied().filter(|_| versions.len() == 1);
    }
    let mut found = Vec::new();
    if let Some(PythonVersion { major, minor }) = version {
        for library in ["lib", "lib64", "local/lib"] {
            let library = prefix.join(format!("{library}/python{major}.{minor}"));
            found.push(library.join("site-packages"));
            found.push(library.join("dist-packages"));
        }
        found.push(prefix.join(format!("lib/python{major}/dist-packages")));
    }
    found.push(prefix.join("Lib/site-packages"));
    found.retain(|folder| folder.is_dir());
    // `lib64` is often a link to `lib`, and `Lib` is the same folder where case is ignored.
    let mut seen = Vec::new();
    found.retain(|folder| {
        let real = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        let new = !seen.contains(&real);
        seen.push(real);
        new
    });
    found
}

fn libraries(prefix: &Path) -> Vec<PythonVersion> {
    let entries = fs::read_dir(prefix.join("lib")).into_iter().flatten();
    let names = entries.flatten().map(|entry| entry.file_name());
    let version = |name: std::ffi::OsString| {
        let text = name.to_str()?.strip_prefix("python")?.to_owned();
        PythonVersion::try_from(text).ok()
    };
    names.filter_map(version).collect()
}

impl Environment {
    /// A folder, and what its `.pth` files add: <https://docs.python.org/3/library/site.html>.
    fn add(&mut self, folder: PathBuf) {
        if self.site.contains(&folder) {
            return;
        }
        let entries = fs::read_dir(&folder).into_iter().flatten();
        let names = entries.flatten().map(|entry| entry.file_name());
        let mut names: Vec<String> = names
            .filter_map(|name| name.into_string().ok())
            .filter(|name| name.ends_with(".pth") && !name.starts_with('.'))
            .collect();
        names.sort_unstable();
        self.site.push(folder.clone());
        for name in names {
            let text = fs::read_to_string(folder.join(&name)).unwrap_or_default();
            for line in text.lines().map(str::trim_end) {
                self.line(&folder, &name, line);
            }
        }
    }

    fn line(&mut self, folder: &Path, name: &str, line: &str) {
        if line.trim().is_empty() || line.starts_with('#') {
            return;
        }
        if !line.starts_with("import ") && !line.starts_with("import\t") {
            let place = folder.join(line);
            if place.is_dir() && !self.site.contains(&place) {
                self.site.push(place);
            }
            return;
        }
        match finder(folder, line) {
            Some(modules) => self.elsewhere.extend(modules),
            None => self.opaque.push(name.to_owned()),
        }
    }
}

/// The modules that setuptools' finder for an editable install knows: the keys of its `MAPPING`.
/// <https://setuptools.pypa.io/en/latest/userguide/development_mode.html>
fn finder(folder: &Path, line: &str) -> Option<Vec<String>> {
    let module = line
        .strip_prefix("import")?
        .trim_start()
        .split(';')
        .next()?
        .trim();
    if !module.starts_with("__editable__") {
        return None;
    }
    let text = fs::read_to_string(folder.join(format!("{module}.py"))).ok()?;
    let mapping = text.lines().find(|line| line.starts_with("MAPPING"))?;
    let (_, entries) = mapping.split_once('{')?;
    let names = entries.split(',').filter_map(|entry| entry.split_once(':'));
    let names = names.map(|(name, _)| name.trim().trim_matches(['\'', '"']).to_owned());
    Some(names.filter(|name| !name.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with files in it.
    fn made(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    const SITE: &str = "lib/python3.12/site-packages";

    fn relative(top: &Path, environment: &Environment) -> Vec<String> {
        let folders = environment.site.iter();
        let inside = folders.map(|it| it.strip_prefix(top).unwrap_or(it));
        inside.map(|it| it.display().to_string()).collect()
    }

    #[test]
    fn an_environment_is_found_by_its_layout() {
        for (files, python, version, expected) in [
            (
                &["e/pyvenv.cfg", "e/lib/python3.12/site-packages/x"][..],
                "e",
                Some(12),
                &["e/lib/python3.12/site-packages"][..],
            ),
            (
                &[
                    "e/pyvenv.cfg",
                    "e/bin/python",
                    "e/lib/python3.12/site-packages/x",
                ],
                "e/bin/python",
                Some(12),
                &["e/lib/python3.12/site-packages"],
            ),
            (
                &[
                    "p/bin/python3.9",
                    "p/lib/python3.9/site-packages/x",
                    "p/lib/python3.12/site-packages/x",
                ],
                "p/bin/python3.9",
                Some(9),
                &["p/lib/python3.9/site-packages"],
            ),
            (
                &["w/pyvenv.cfg", "w/Lib/site-packages/x"],
                "w",
                None,
                &["w/Lib/site-packages"],
            ),
            (
                &["u/bin/python3.11", "u/lib/python3/dist-packages/x"],
                "u/bin/python3.11",
                Some(11),
                &["u/lib/python3/dist-packages"],
            ),
        ] {
            let files: Vec<_> = files.iter().map(|file| (*file, "")).collect();
            let folder = made(&files);
            let named = folder.path().join(python);
            let found = find(Some(&named), &[], None).unwrap().unwrap();
            assert_eq!(relative(folder.path(), &found), expected, "{python}");
            assert_eq!(found.version.map(|it| it.minor), version, "{python}");
        }
    }

    #[test]
    fn the_settings_of_an_environment_are_read() {
        let base = made(&[("bin/python3", ""), ("lib/python3.12/site-packages/x", "")]);
        let home = base.path().join("bin");
        let settings = format!(
            "home = {}\ninclude-system-site-packages = true\nversion = 3.12.4\n",
            home.display()
        );
        let folder = made(&[
            (".venv/pyvenv.cfg", &settings),
            (&format!(".venv/{SITE}/x"), ""),
            (".venv/lib/python3.8/site-packages/x", ""),
        ]);
        let found = find(None, &[folder.path()], None).unwrap().unwrap();
        assert_eq!(found.named_by, ".venv");
        assert_eq!(
            found.site,
            [
                folder.path().join(".venv").join(SITE),
                base.path().join(SITE)
            ]
        );
    }

    #[test]
    fn path_files_add_folders_and_say_what_they_hide() {
        let folder = made(&[
            ("e/pyvenv.cfg", "version_info = 3.12.1.final.0\n"),
            ("src/a.py", ""),
            (
                &format!("e/{SITE}/b.pth"),
                "# x\n\n../../../../src\nnowhere\nimport other\n",
            ),
            (
                &format!("e/{SITE}/a.pth"),
                "import __editable___x_finder; __editable___x_finder.install()\n",
            ),
            (
                &format!("e/{SITE}/__editable___x_finder.py"),
                "MAPPING: dict[str, str] = {'x': '/w/x', 'y.z': '/w/z'}\n",
            ),
        ]);
        let environment = folder.path().join("e");
        let found = find(None, &[], Some(&environment)).unwrap().unwrap();
        assert_eq!(found.named_by, "$VIRTUAL_ENV");
        assert_eq!(found.site.len(), 2, "{:?}", found.site);
        assert_eq!(found.elsewhere, ["x", "y.z"]);
        assert_eq!(found.opaque, ["b.pth"]);
    }

    #[test]
    fn what_is_no_environment_is_none() {
        let folder = made(&[(".venv/x", ""), ("e/x", "")]);
        let environment = folder.path().join("e");
        assert_eq!(find(None, &[folder.path()], Some(&environment)), Ok(None));
        for (named, said) in [
            ("e", "has no `site-packages`"),
            ("none/python", "no such interpreter"),
        ] {
            let named = folder.path().join(named);
            let why = find(Some(&named), &[], None).unwrap_err();
            assert!(why.message.contains(said), "{why}");
        }
    }
}

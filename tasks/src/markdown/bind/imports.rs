//! Sentences about imports: what is not imported, and what imports without something.

use super::context::{Here, is_module, is_name};
use super::pattern::Pattern;
use super::sentence::Sentence;
use super::{check, files, python};

/// ``No [module-level] `X` import in F``
static ABSENT: Pattern = Pattern::new(
    r"no (module-level |top-level |eager |direct )?(§|[A-Za-z_]\w*)( imports?)? (?:in|at the top of) (§|[\w./-]+)",
);
/// ``No imports of `X` in F``
static OF: Pattern = Pattern::new(r"no imports? (?:of|from) (§) in (§|[\w./-]+)");
/// ``No `self.x` or `self.y` in class``
static ATTRIBUTES: Pattern = Pattern::new(r"no §(?:,? (?:or |and )?§)* in (?:the )?class");
/// `` `from a import b` works without c``
static WORKS: Pattern = Pattern::new(
    r"§ (?:works|succeeds) without (§|[A-Za-z_][\w.]*)(?: (?:installed|available|in the environment))?",
);
/// ``All functions that need X import it internally``
static DEFERRED: Pattern = Pattern::new(
    r"all functions (?:that (?:need|use)|using) (§|[A-Za-z_]\w*) import it (?:internally|locally|inside|lazily)",
);

/// ``Can import `X` from `a.b` ``
static LOADS: Pattern = Pattern::new(
    r"can import § from §|§ (?:can be imported|(?:is )?importable|imports (?:cleanly|successfully)) from §",
);
/// ``No imports from `x.py` ``, in a task about one file
static FROM: Pattern = Pattern::new(
    r"no (?:(?:direct |remaining )?imports? (?:from|of) §|§ imports?)( (?:anywhere )?in (?:the|this) file)?",
);
/// ``No imports from `x` anywhere in the codebase``
static NOWHERE: Pattern = Pattern::new(
    r"no (?:remaining )?imports? (?:from|of) § (?:remain )?(?:anywhere )?in (?:the )?(?:entire )?codebase",
);

pub(super) fn bind(sentence: &Sentence<'_>, here: &Here<'_>) -> Option<Vec<String>> {
    absent(sentence, here)
        .or_else(|| absent_here(sentence, here))
        .or_else(|| loads(sentence, here))
        .or_else(|| attributes(sentence, here))
        .or_else(|| works(sentence))
        .or_else(|| deferred(sentence, here))
}

/// The words of the groups of a pattern, with the code spans put back in.
fn words<'t>(sentence: &Sentence<'t>, groups: &[&'t str]) -> Vec<&'t str> {
    let mut spans = sentence.spans.iter();
    groups
        .iter()
        .map(|group| {
            if *group == "§" {
                spans.next().copied().unwrap_or_default()
            } else {
                group
            }
        })
        .collect()
}

fn absent(sentence: &Sentence<'_>, here: &Here<'_>) -> Option<Vec<String>> {
    let (level, name, says_import, file) = if let Some(groups) = ABSENT.captures(&sentence.shape) {
        let level = groups.get(1).map(|level| level.as_str());
        (
            level,
            groups.get(2)?.as_str(),
            groups.get(3).is_some(),
            groups.get(4)?.as_str(),
        )
    } else {
        let groups = OF.captures(&sentence.shape)?;
        (None, groups.get(1)?.as_str(), true, groups.get(2)?.as_str())
    };
    let is_statement = |name: &&str| name.starts_with("import ");
    let words = words(sentence, &[name, file]);
    let [name, file] = words.as_slice() else {
        return None;
    };
    if !says_import && !is_statement(name) {
        return None;
    }
    let path = here
        .resolve(file)
        .filter(|path| path.as_str().ends_with(".py"))?;
    let on_load = level.is_some_and(|level| !level.eq_ignore_ascii_case("direct "));
    if on_load {
        return eager(name, path.as_str(), here).map(|check| vec![check]);
    }
    let name = name.strip_prefix("import ").unwrap_or(name);
    is_name(name).then(|| {
        vec![check(
            "no_import",
            [("files", path.as_str().into()), ("name", name.into())],
        )]
    })
}

/// What the only Python file of the task, or none at all, imports.
fn absent_here(sentence: &Sentence<'_>, here: &Here<'_>) -> Option<Vec<String>> {
    let span = sentence.only_span()?;
    let name = span.strip_suffix(".py").unwrap_or(span);
    let file = if NOWHERE.fits(&sentence.shape) {
        "**/*.py"
    } else {
        let only = here.only_python_file()?;
        let is_itself = only.rsplit('/').next() == Some(span);
        FROM.fits(&sentence.shape)
            .then_some(only)
            .filter(|_| !is_itself)?
    };
    is_name(name).then(|| {
        vec![check(
            "no_import",
            [("files", file.into()), ("name", name.into())],
        )]
    })
}

/// What loads, and has a name.
fn loads(sentence: &Sentence<'_>, here: &Here<'_>) -> Option<Vec<String>> {
    match sentence.spans.as_slice() {
        [name, module] if LOADS.fits(&sentence.shape) => {
            Some(vec![python::import(module, Some(name), here)?])
        }
        _ => None,
    }
}

/// What is not imported on load: a module by its statement, a name whose module the task's own
/// examples tell.
fn eager(name: &str, path: &str, here: &Here<'_>) -> Option<String> {
    if let Some(module) = name
        .strip_prefix("import ")
        .filter(|module| is_module(module))
    {
        return Some(check(
            "no_eager_import",
            [("files", path.into()), ("module", module.into())],
        ));
    }
    let module = here.module_of(name)?;
    let whole = [("files", path.into()), ("module", module.into())];
    let name = (module != name).then(|| ("name", name.into()));
    Some(check("no_eager_import", whole.into_iter().chain(name)))
}

fn attributes(sentence: &Sentence<'_>, here: &Here<'_>) -> Option<Vec<String>> {
    if !ATTRIBUTES.fits(&sentence.shape) {
        return None;
    }
    let names: Option<Vec<&str>> = sentence
        .spans
        .iter()
        .map(|span| span.strip_prefix("self.").filter(|name| is_name(name)))
        .collect();
    let python = here.python_files();
    let [file] = python.as_slice() else {
        return None;
    };
    let names: toml_edit::Array = names?.into_iter().collect();
    Some(vec![check(
        "no_attribute",
        [("files", (*file).into()), ("names", names.into())],
    )])
}

fn works(sentence: &Sentence<'_>) -> Option<Vec<String>> {
    let captures = WORKS.captures(&sentence.shape)?;
    let words = words(sentence, &["§", captures.get(1)?.as_str()]);
    let [statement, without] = words.as_slice() else {
        return None;
    };
    let (entry, attribute) = statement_of(statement)?;
    if !is_module(without) {
        return None;
    }
    let probe = [("entry", entry.into())]
        .into_iter()
        .chain(attribute.map(|name| ("attribute", name.into())))
        .chain([("without", (*without).into())]);
    Some(vec![
        check(
            "no_chain",
            [("entry", entry.into()), ("target", (*without).into())],
        ),
        check("probe", probe),
    ])
}

/// `from a.b import c`, `import a.b`, and either behind `python -c`.
fn statement_of(text: &str) -> Option<(&str, Option<&str>)> {
    let inside = ["python -c ", "python3 -c ", "uv run python -c "]
        .iter()
        .find_map(|start| text.strip_prefix(start));
    let text = inside.map_or(text, |text| text.trim_matches(['"', '\'']));
    if let Some(module) = text.strip_prefix("import ") {
        return is_module(module).then_some((module, None));
    }
    let (module, name) = text.strip_prefix("from ")?.split_once(" import ")?;
    (is_module(module) && is_name(name)).then_some((module, Some(name)))
}

fn deferred(sentence: &Sentence<'_>, here: &Here<'_>) -> Option<Vec<String>> {
    let captures = DEFERRED.captures(&sentence.shape)?;
    let words = words(sentence, &[captures.get(1)?.as_str()]);
    let name = words.first().filter(|name| is_name(name))?;
    let python = here.python_files();
    if python.is_empty() {
        return None;
    }
    Some(vec![check(
        "deferred_import",
        [("files", files(&python)), ("name", (*name).into())],
    )])
}

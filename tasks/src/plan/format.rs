//! The plan file: TOML, format 1, read into the validated [`Plan`].

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use checks::check::{CheckList, Native};
use checks::path::RepoPath;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::json;
use toml::Spanned;
use toml::de::DeTable;

use super::{
    AnyCheck, Claim, ClaimEntry, Decision, Milestone, Plan, PlanBox, PlanError, SmokeTest, Task,
    TestKind, TestRequirement, Validation,
};
use crate::deviation::{Attestation, Deviations, Waiver};
use crate::nearest::did_you_mean;

/// The version of the format that this tool reads.
pub const FORMAT: u32 = 1;

/// The keys of a box that say what decides it.
const DECISIONS: [&str; 4] = ["check", "checks", "from", "manual"];

/// The way out of what is not TOML.
const NOT_TOML: &str = "the file must be TOML: https://toml.io says how that is written";

/// The way out of what is TOML, but not this format.
pub(crate) const DESCRIBED: &str = "`tasks/FORMAT.md` describes every table and its fields";

pub(super) fn parse<X: CheckList>(file: &str, text: &str) -> Result<Plan<X>, PlanError> {
    let source = Source { file, text };
    let document = DeTable::parse(text).map_err(|e| source.syntax(&e))?;
    source.supported(document.get_ref())?;
    let sections = PlanFile::<X>::deserialize(toml::Deserializer::from(document));
    let sections = sections.map_err(|e| source.shape(&e))?;
    source.validate(&sections)?;
    Ok(sections.into())
}

/// Whether a file says that it is of the format that this tool reads.
///
/// # Errors
///
/// It is not TOML, or of another format.
pub(crate) fn known_format(file: &str, text: &str) -> Result<(), PlanError> {
    let source = Source { file, text };
    let document = DeTable::parse(text).map_err(|e| source.syntax(&e))?;
    source.supported(document.get_ref())
}

/// A plan file as it is written: `tasks/FORMAT.md` describes every table and its fields.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, bound = "X: CheckList")]
#[schemars(title = "A milestone plan", rename = "Plan", bound = "X: CheckList")]
pub(super) struct PlanFile<X> {
    /// The version of the format.
    #[serde(rename = "format")]
    #[schemars(extend("const" = FORMAT))]
    _format: u32,
    milestone: Milestone,
    e2e: Option<E2eSection<X>>,
    /// The tasks, in the order of the work.
    #[serde(default, rename = "task")]
    tasks: Vec<TaskSection<X>>,
    /// The completion checklist: boxes.
    #[serde(default)]
    checklist: Vec<BoxSection<X>>,
    /// What the plan says about the code, which a repository can refute.
    #[serde(default, rename = "claim")]
    claims: Vec<ClaimSection>,
    /// The deviations from the plan, with their reasons: written by `waive`.
    #[serde(default, rename = "waiver")]
    waivers: Vec<Waiver>,
    /// What people vouch for: written by `attest`.
    #[serde(default, rename = "attestation")]
    attestations: Vec<Attestation>,
}

/// The end-to-end validation.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, bound = "X: CheckList")]
#[schemars(rename = "EndToEnd", bound = "X: CheckList")]
struct E2eSection<X> {
    /// The module that must load.
    entry: Option<String>,
    /// A name that it must have then.
    attribute: Option<String>,
    /// The module that it must load without.
    target: Option<String>,
    /// The plan's words for it.
    criterion: Option<String>,
    /// The plan's own shell lines.
    #[serde(default)]
    commands: Vec<String>,
    /// Its boxes.
    #[serde(default, rename = "box")]
    boxes: Vec<BoxSection<X>>,
}

/// One task.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, bound = "X: CheckList")]
#[schemars(rename = "Task", bound = "X: CheckList")]
struct TaskSection<X> {
    /// Its id, for instance `2.1`.
    #[schemars(with = "String")]
    id: Spanned<String>,
    title: String,
    /// Its line in the document that the plan was imported from.
    line: Option<usize>,
    /// Whether that document says that it is done. It proves nothing.
    #[serde(default)]
    claimed: bool,
    /// What its author would type to carry it out. It is never run.
    #[serde(default)]
    actions: Vec<String>,
    /// Its kind in the plan's words, for instance `CODING`.
    kind: Option<String>,
    /// The files that it changes; none for a task that only verifies.
    #[serde(default)]
    files: Vec<RepoPath>,
    /// How long its author thought that it takes.
    estimate: Option<String>,
    /// The plan's categories.
    #[serde(default)]
    categories: Vec<String>,
    /// The ids of the tasks that come before.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    needs: Vec<Spanned<String>>,
    /// What its commit says it does; the title if it is left out.
    commit: Option<String>,
    #[serde(default, rename = "smoke_test")]
    smoke_tests: Vec<SmokeTestSection>,
    /// What the plan wants tested.
    #[serde(default, rename = "test")]
    tests: Vec<TestSection>,
    /// The acceptance criteria: boxes.
    #[serde(default, rename = "criterion")]
    criteria: Vec<BoxSection<X>>,
}

/// A line of shell by which the plan's author would see whether a task is done.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SmokeLine")]
struct SmokeTestSection {
    /// The plan's own line.
    run: String,
    /// Where it stands in the document that the plan was imported from.
    line: Option<usize>,
    /// The ids of the boxes that it speaks about, with which its word is compared.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    about: Vec<Spanned<String>>,
    /// Whether it decides its task as a criterion does.
    #[serde(default)]
    decides: bool,
}

/// What the plan wants tested.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Test")]
struct TestSection {
    kind: TestKind,
    /// What, in the plan's words.
    text: String,
    /// The ids of the boxes that decide it; none if nothing does.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    decided_by: Vec<Spanned<String>>,
}

/// A claim of fact about the code.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ClaimEntry")]
struct ClaimSection {
    /// The claim in the plan's words.
    text: String,
    /// The id of the task that it belongs to.
    #[schemars(with = "Option<String>")]
    task: Option<Spanned<String>>,
    claim: Claim,
}

/// One checkbox of the plan, decided in exactly one way: `check`, `checks`, `from` or `manual`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, bound = "X: CheckList")]
#[schemars(rename = "Box", bound = "X: CheckList", extend("oneOf" = DECISIONS.map(|key| json!({ "required": [key] }))))]
struct BoxSection<X> {
    /// Its id, for instance `2.1.1`, `E2E.1` or `CK.9`.
    #[schemars(with = "String")]
    id: Spanned<String>,
    /// Its text, which is its identity.
    text: String,
    /// Its line in the document that the plan was imported from.
    line: Option<usize>,
    /// Whether its box is ticked there. A tick proves nothing.
    #[serde(default)]
    claimed: bool,
    /// The check that decides it.
    check: Option<AnyCheck<X>>,
    /// Several checks, of which all must pass.
    checks: Option<Vec<AnyCheck<X>>>,
    /// The ids of the tasks or boxes that it is derived from.
    #[schemars(with = "Option<Vec<String>>")]
    from: Option<Vec<Spanned<String>>>,
    /// Only a person can say, for this reason.
    manual: Option<String>,
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn syntax(&self, error: &toml::de::Error) -> PlanError {
        PlanError::from_toml(self.file, self.text, error).or_help(NOT_TOML)
    }

    fn shape(&self, error: &toml::de::Error) -> PlanError {
        PlanError::from_toml(self.file, self.text, error).or_help(DESCRIBED)
    }

    fn error(&self, place: &Spanned<String>, message: String) -> PlanError {
        PlanError::new(self.file, self.text, place.span(), message)
    }

    /// The version is asked first: of another format every other error would mislead.
    fn supported(&self, document: &DeTable<'_>) -> Result<(), PlanError> {
        let error = |span, message: String| PlanError::new(self.file, self.text, span, message);
        let Some(format) = document.get("format") else {
            return Err(error(0..0, "the file does not say its format".to_owned())
                .help(format!("begin a plan file with `format = {FORMAT}`")));
        };
        let number = format.get_ref().as_integer();
        if number.is_some_and(|number| number.as_str() == FORMAT.to_string()) {
            return Ok(());
        }
        let written = self.text.get(format.span()).unwrap_or_default();
        let message = format!("format {written} is not known to this tool");
        let help = format!("this tool reads format {FORMAT}; a newer one may read more");
        Err(error(format.span(), message).help(help))
    }

    fn validate<X>(&self, plan: &PlanFile<X>) -> Result<(), PlanError> {
        self.milestone_id(plan)?;
        let tasks = self.unique(plan.tasks.iter().map(|task| &task.id), "task")?;
        let boxes = self.unique(plan.boxes().map(|b| &b.id), "box")?;
        if let Some(both) = plan
            .tasks
            .iter()
            .find(|t| boxes.contains_key(t.id.get_ref().as_str()))
        {
            let message = format!("`{}` names a task and a box", both.id.get_ref());
            let help = "what is derived from it could mean both: give one of them another";
            return Err(self.error(&both.id, message).help(help.to_owned()));
        }
        for (at, task) in plan.tasks.iter().enumerate() {
            self.needs(task, at, &tasks)?;
            let about = task.smoke_tests.iter().flat_map(|smoke| &smoke.about);
            let decided = task.tests.iter().flat_map(|test| &test.decided_by);
            self.known(about.chain(decided), "box", boxes.keys().copied())?;
        }
        let claims = plan.claims.iter().filter_map(|claim| claim.task.as_ref());
        self.known(claims, "task", tasks.keys().copied())?;
        plan.boxes()
            .try_for_each(|b| self.decision(b, plan, &tasks, &boxes))?;
        plan.tasks
            .iter()
            .try_for_each(|task| self.derived_from_before(task, plan))
    }

    fn milestone_id<X>(&self, plan: &PlanFile<X>) -> Result<(), PlanError> {
        let id = &plan.milestone.id;
        let word = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let message = if RESERVED.contains(&id.as_str()) {
            format!("`{id}` is the name of a command, not of a milestone")
        } else if id.is_empty() || id.starts_with(['-', '.']) || !id.chars().all(word) {
            format!(
                "`{}` cannot name a milestone on the command line",
                id.escape_debug()
            )
        } else {
            return Ok(());
        };
        let at = self.text.find("[milestone]").unwrap_or(0);
        let help = "take a word of letters, digits, `-`, `_` and `.` such as `m2`".to_owned();
        Err(PlanError::new(self.file, self.text, at..at + 11, message).help(help))
    }

    fn unique<'p>(
        &self,
        ids: impl Iterator<Item = &'p Spanned<String>>,
        what: &str,
    ) -> Result<HashMap<&'p str, usize>, PlanError> {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for (at, id) in ids.enumerate() {
            self.speakable(id, what)?;
            if seen.insert(id.get_ref(), at).is_some() {
                let message = format!("the {what} id `{}` is there twice", id.get_ref());
                let help = "an id is what waivers and commits refer to: give one of them another";
                return Err(self.error(id, message).help(help.to_owned()));
            }
        }
        Ok(seen)
    }

    /// An id is typed on the command line and stands in trailers.
    fn speakable(&self, id: &Spanned<String>, what: &str) -> Result<(), PlanError> {
        let text = id.get_ref();
        let plain = |c: char| c.is_alphanumeric() || c.is_ascii_punctuation() && c != ',';
        if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
            return Ok(());
        }
        let message = format!("`{}` cannot be the id of a {what}", text.escape_debug());
        let help =
            "take a word of letters, digits and signs such as `2.1`, without blanks and commas";
        Err(self.error(id, message).help(help.to_owned()))
    }

    fn known<'p>(
        &self,
        mut named: impl Iterator<Item = &'p Spanned<String>>,
        what: &str,
        known: impl Iterator<Item = &'p str> + Clone,
    ) -> Result<(), PlanError> {
        match named.find(|id| !known.clone().any(|k| k == id.get_ref())) {
            None => Ok(()),
            Some(id) => {
                let message = format!("there is no {what} `{}`", id.get_ref());
                Err(self
                    .error(id, message)
                    .help(did_you_mean(id.get_ref(), known.clone()))
                    .or_help(&there_are(known)))
            }
        }
    }

    fn needs<X>(
        &self,
        task: &TaskSection<X>,
        at: usize,
        tasks: &HashMap<&str, usize>,
    ) -> Result<(), PlanError> {
        let id = task.id.get_ref();
        for need in &task.needs {
            let name = need.get_ref();
            match tasks.get(name.as_str()) {
                Some(before) if *before < at => {}
                Some(_) => {
                    let message =
                        format!("task `{id}` needs `{name}`, which does not come before it");
                    let help = "the order of the tasks is the order of the work: move one of them";
                    return Err(self.error(need, message).help(help.to_owned()));
                }
                None => {
                    let message = format!("task `{id}` needs `{name}`, but there is no such task");
                    let known = tasks.keys().copied().filter(|known| known != id);
                    return Err(self
                        .error(need, message)
                        .help(did_you_mean(name, known.clone()))
                        .or_help(&there_are(known)));
                }
            }
        }
        Ok(())
    }

    /// A task's criterion leans on what is judged before it whenever the task is: the tasks that
    /// it needs, and their criteria.
    fn derived_from_before<X>(
        &self,
        task: &TaskSection<X>,
        plan: &PlanFile<X>,
    ) -> Result<(), PlanError> {
        let before = plan.before(task);
        let holds = |id: &str| {
            let named = |t: &&TaskSection<X>| {
                t.id.get_ref() == id || t.criteria.iter().any(|b| b.id.get_ref() == id)
            };
            before.iter().any(named)
        };
        for criterion in &task.criteria {
            let mut from = criterion.from.iter().flatten();
            if let Some(other) = from.find(|other| !holds(other.get_ref())) {
                let message = format!(
                    "`{}` is derived from `{}`, which is not before task `{}`",
                    criterion.id.get_ref(),
                    other.get_ref(),
                    task.id.get_ref()
                );
                let help = "name a task that this one `needs`, or one of its criteria";
                return Err(self.error(other, message).help(help.to_owned()));
            }
        }
        Ok(())
    }

    fn decision<X>(
        &self,
        this: &BoxSection<X>,
        plan: &PlanFile<X>,
        tasks: &HashMap<&str, usize>,
        boxes: &HashMap<&str, usize>,
    ) -> Result<(), PlanError> {
        let id = this.id.get_ref();
        let ways = [
            this.check.is_some(),
            this.checks.is_some(),
            this.from.is_some(),
            this.manual.is_some(),
        ];
        if ways.iter().filter(|given| **given).count() != 1 {
            let message = format!("box `{id}` must be decided in exactly one way");
            let help = "give it one of `check`, `checks`, `from` or `manual` (with the reason)";
            return Err(self.error(&this.id, message).help(help.to_owned()));
        }
        let empty = this.checks.as_ref().is_some_and(Vec::is_empty)
            || this.from.as_ref().is_some_and(Vec::is_empty)
            || this
                .manual
                .as_ref()
                .is_some_and(|reason| reason.trim().is_empty());
        if empty {
            let message = format!("box `{id}` names nothing that decides it");
            let help = "name a check or a box, or give the reason why only a person can say";
            return Err(self.error(&this.id, message).help(help.to_owned()));
        }
        let from = this.from.iter().flatten();
        let known = tasks.keys().chain(boxes.keys()).copied();
        self.known(from.clone(), "task or box", known)?;
        // One step only: a box derived from a derived box could go in a circle.
        let derived = |id: &str| {
            plan.boxes()
                .any(|b| b.id.get_ref() == id && b.from.is_some())
        };
        match from.clone().find(|id| derived(id.get_ref())) {
            None => Ok(()),
            Some(other) => {
                let message = format!("`{}` is itself derived from other boxes", other.get_ref());
                let help = "name the boxes that it is derived from";
                Err(self.error(other, message).help(help.to_owned()))
            }
        }
    }
}

fn there_are<'p>(known: impl Iterator<Item = &'p str>) -> String {
    let mut known: Vec<String> = known.map(|id| format!("`{id}`")).collect();
    known.sort();
    format!("there are {}", known.join(", "))
}

/// The words of the command line, which no milestone can take.
pub(crate) const RESERVED: &[&str] = &[
    "status",
    "verify",
    "commit",
    "report",
    "waive",
    "attest",
    "history",
    "evidence",
    "list",
    "demo",
    "imports",
    "import",
    "lint",
    "bind",
    "trust",
    "new",
    "schema",
    "completions",
    "help",
];

/// Whether a word is one of the command line.
pub(crate) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

impl<X> PlanFile<X> {
    /// Every task that this one needs, also by way of another.
    fn before(&self, task: &TaskSection<X>) -> Vec<&TaskSection<X>> {
        let mut before: Vec<&TaskSection<X>> = Vec::new();
        let mut needs: Vec<&str> = task.needs.iter().map(|id| id.get_ref().as_str()).collect();
        while let Some(id) = needs.pop() {
            let known = before.iter().any(|t| t.id.get_ref() == id);
            let found = self.tasks.iter().find(|t| t.id.get_ref() == id);
            if let Some(task) = found.filter(|_| !known) {
                before.push(task);
                needs.extend(task.needs.iter().map(|id| id.get_ref().as_str()));
            }
        }
        before
    }

    fn boxes(&self) -> impl Iterator<Item = &BoxSection<X>> {
        let validation = self.e2e.iter().flat_map(|e2e| &e2e.boxes);
        let criteria = self.tasks.iter().flat_map(|task| &task.criteria);
        validation.chain(criteria).chain(&self.checklist)
    }
}

impl<'de, X: CheckList> Deserialize<'de> for AnyCheck<X> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OneWord(PhantomData))
    }
}

/// A table with one key, the word of a check, and the check's arguments as its value.
struct OneWord<X>(PhantomData<X>);

impl<'de, X: CheckList> Visitor<'de> for OneWord<X> {
    type Value = AnyCheck<X>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a check, such as `{ no_import = { … } }`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some(word) = map.next_key::<String>()? else {
            return Err(A::Error::custom("no check is named"));
        };
        let check = if let Some(native) = Native::take(&word, &mut map) {
            AnyCheck::Native(native?)
        } else if let Some(outside) = X::take(&word, &mut map) {
            AnyCheck::Outside(outside?)
        } else {
            let words: Vec<String> = Native::WORDS
                .iter()
                .chain(X::WORDS)
                .map(|word| format!("`{word}`"))
                .collect();
            let expected = words.join(", ");
            let message = format!("unknown check `{word}`, expected one of {expected}");
            return Err(A::Error::custom(message));
        };
        match map.next_key::<String>()? {
            None => Ok(check),
            Some(second) => Err(A::Error::custom(format!(
                "`{second}` beside `{word}`: a check has one word; for several use `checks = [{{ … }}, {{ … }}]`"
            ))),
        }
    }
}

impl<X> From<PlanFile<X>> for Plan<X> {
    fn from(file: PlanFile<X>) -> Self {
        Self {
            milestone: file.milestone,
            validation: file.e2e.map(Validation::from),
            tasks: file.tasks.into_iter().map(Task::from).collect(),
            checklist: file.checklist.into_iter().map(PlanBox::from).collect(),
            claims: file.claims.into_iter().map(ClaimEntry::from).collect(),
            deviations: Deviations {
                waivers: file.waivers,
                attestations: file.attestations,
            },
        }
    }
}

impl<X> From<E2eSection<X>> for Validation<X> {
    fn from(section: E2eSection<X>) -> Self {
        Self {
            entry: section.entry,
            attribute: section.attribute,
            target: section.target,
            criterion: section.criterion,
            commands: section.commands,
            boxes: section.boxes.into_iter().map(PlanBox::from).collect(),
        }
    }
}

impl<X> From<TaskSection<X>> for Task<X> {
    fn from(section: TaskSection<X>) -> Self {
        Self {
            id: section.id.into_inner(),
            title: section.title,
            line: section.line,
            claimed: section.claimed,
            actions: section.actions,
            kind: section.kind,
            files: section.files,
            estimate: section.estimate,
            categories: section.categories,
            needs: plain(section.needs),
            commit: section.commit,
            smoke_tests: section
                .smoke_tests
                .into_iter()
                .map(SmokeTest::from)
                .collect(),
            tests: section
                .tests
                .into_iter()
                .map(TestRequirement::from)
                .collect(),
            criteria: section.criteria.into_iter().map(PlanBox::from).collect(),
        }
    }
}

impl From<SmokeTestSection> for SmokeTest {
    fn from(section: SmokeTestSection) -> Self {
        Self {
            run: section.run,
            line: section.line,
            about: plain(section.about),
            decides: section.decides,
        }
    }
}

impl From<TestSection> for TestRequirement {
    fn from(section: TestSection) -> Self {
        Self {
            kind: section.kind,
            text: section.text,
            decided_by: plain(section.decided_by),
        }
    }
}

impl From<ClaimSection> for ClaimEntry {
    fn from(section: ClaimSection) -> Self {
        Self {
            text: section.text,
            task: section.task.map(Spanned::into_inner),
            claim: section.claim,
        }
    }
}

impl<X> From<BoxSection<X>> for PlanBox<X> {
    fn from(section: BoxSection<X>) -> Self {
        let checks = section.checks.into_iter().flatten().chain(section.check);
        let decided_by = match (section.from, section.manual) {
            (Some(from), _) => Decision::From(plain(from)),
            (None, Some(reason)) => Decision::Manual(reason),
            (None, None) => Decision::Checks(checks.collect()),
        };
        Self {
            id: section.id.into_inner(),
            text: section.text,
            line: section.line,
            claimed: section.claimed,
            decided_by,
        }
    }
}

fn plain(ids: Vec<Spanned<String>>) -> Vec<String> {
    ids.into_iter().map(Spanned::into_inner).collect()
}

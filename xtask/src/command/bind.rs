//! `bind`: says what decides the boxes of a plan file that nothing decides yet.

mod ask;

use std::fs;
use std::rc::Rc;

use serde::Serialize;
use tasks::binding::{Decided, UNBOUND, suggestions, with_decision};
use tasks::plan::{Decision, Plan, PlanBox};
use tasks::report::{BoxReport, Report};

use super::waive;
use crate::check::Live;
use crate::cli::{Bind, Common, Format, Judging};
use crate::failure::Failure;
use crate::plans::{self, Source, Sourced, invalid};
use crate::render::{bind as render, one_line};
use crate::repository::Repository;
use crate::session::{Question, Session};
use crate::{output, session};

/// A box that only a person decides so far.
#[derive(Debug, Serialize)]
pub(crate) struct Unbound {
    /// Its id.
    pub(crate) id: String,
    /// Its text.
    pub(crate) text: String,
    /// Its line in the document that the plan was imported from.
    pub(crate) line: Option<usize>,
    /// Why only a person decides it.
    pub(crate) reason: String,
    /// The check that may be meant, as TOML.
    pub(crate) perhaps: Option<String>,
}

impl Unbound {
    /// Whether a person has not yet said that it is theirs to decide.
    fn is_open(&self) -> bool {
        self.reason == UNBOUND
    }
}

pub(super) fn run(common: &Common, options: &Bind) -> Result<u8, Failure> {
    let target = Target::open(common, &options.named)?;
    if options.list {
        target.list(common)?;
        return Ok(0);
    }
    let Some(id) = &options.criterion else {
        ask::about(&target, common, target.unbound()?, Unbound::is_open)?;
        return Ok(0);
    };
    target.is_manual(id)?;
    let decided = match (&options.check, &options.manual) {
        (Some(check), _) => checks(check)?,
        (None, Some(reason)) => {
            waive::spoken(reason, "--manual", "why only a person can decide it")?;
            Decided::Manual(reason.trim().to_owned())
        }
        (None, None) => {
            ask::about(&target, common, target.unbound()?, |it| it.id == *id)?;
            return Ok(0);
        }
    };
    let report = target.judge(id, &decided)?;
    let file = target.write(id, &decided)?;
    told(common, &Bound::new(id, &decided, &report, &file), &report)?;
    Ok(0)
}

/// What was written, and what it answers.
#[derive(Serialize)]
struct Bound<'a> {
    bound: &'a str,
    decided_by: String,
    file: &'a str,
    verdict: Option<&'a BoxReport>,
}

impl<'a> Bound<'a> {
    fn new(id: &'a str, decided: &Decided, report: &'a Report, file: &'a str) -> Self {
        Self {
            bound: id,
            decided_by: format!("{} = {}", decided.key(), decided.toml()),
            file,
            verdict: report.boxes().next(),
        }
    }

    fn text(&self) -> String {
        let said = format!("bound {} in {}: {}", self.bound, self.file, self.decided_by);
        one_line(&said) + "\n"
    }
}

fn told(common: &Common, bound: &Bound<'_>, report: &Report) -> Result<(), Failure> {
    match common.format() {
        Some(Format::Json) => output::print(&super::json(bound)?),
        _ => output::print(&(render::verdict(report) + &bound.text())),
    }
}

/// Reads a check as its author typed it.
fn checks(text: &str) -> Result<Decided, Failure> {
    Decided::checks(text).map_err(|why| {
        Failure::new(format!("`{}` is no check: {why}", one_line(text))).with_help(
            "write it as in a plan file: `{ path = { exists = \"a.py\" } }`; \
             `tasks/FORMAT.md` lists the words",
        )
    })
}

/// The plan file whose boxes are bound, and the repository that it is about.
struct Target(Session);

impl Target {
    /// Finds them. The repository need not hold what the plan names: it may be planned only.
    fn open(common: &Common, named: &str) -> Result<Self, Failure> {
        if common.plan.is_some() {
            return Err(Failure::new("`bind` takes no `--plan`")
                .with_help("name the plan file behind the word: `cargo xtask bind FILE`"));
        }
        let repository = session::repository(common, Repository::discover)?;
        let sourced = plans::named(None, Some(named), &repository)?;
        if sourced.source == Source::Builtin {
            let id = &sourced.plan.milestone.id;
            return Err(Failure::new(format!(
                "`{id}` ships with the tool: its checks are not written anew"
            ))
            .with_help(format!(
                "a file that begins with `extends = \"{id}\"` holds what deviates from it: \
                 `cargo xtask {id} waive`"
            ))
            .with_help("or bind a plan file of your own, and run that with `--plan FILE`"));
        }
        Ok(Self(Session {
            repository: Rc::new(repository),
            sourced,
            at: None,
        }))
    }

    /// The file's name and its text as it is now.
    fn read(&self) -> Result<(String, String), Failure> {
        let (path, inside) = self.0.sourced.deviations_file(self.0.repository.top());
        let name = inside.map_or_else(|| path.display().to_string(), |it| it.to_string());
        let text = fs::read_to_string(&path);
        let text =
            text.map_err(|error| Failure::because(format!("`{name}` cannot be read"), error))?;
        Ok((name, text))
    }

    /// The boxes that only a person decides, in the plan's order.
    fn unbound(&self) -> Result<Vec<Unbound>, Failure> {
        let (name, text) = self.read()?;
        let mut perhaps = suggestions(&name, &text).map_err(invalid)?;
        let plan = Plan::<Live>::parse(&name, &text).map_err(invalid)?;
        let manual = |it: &PlanBox<Live>| match &it.decided_by {
            Decision::Manual(reason) => Some(Unbound {
                id: it.id.clone(),
                text: it.text.clone(),
                line: it.line,
                reason: reason.clone(),
                perhaps: perhaps.remove(&it.id),
            }),
            Decision::Checks(_) | Decision::From(_) => None,
        };
        Ok(plan.boxes().map(|(_, it)| it).filter_map(manual).collect())
    }

    fn list(&self, common: &Common) -> Result<(), Failure> {
        let boxes = self.unbound()?;
        match common.format() {
            Some(Format::Json) => output::print(&super::json(&boxes)?),
            _ => output::print(&render::list(&boxes, &self.0.sourced.call())),
        }
    }

    /// What is decided already is no question.
    fn is_manual(&self, id: &str) -> Result<(), Failure> {
        let found = waive::find_box(&self.0, id)?;
        if matches!(found.decided_by, Decision::Manual(_)) {
            return Ok(());
        }
        let (file, _) = self.read()?;
        Err(Failure::new(format!("box `{id}` is decided already"))
            .with_help(format!("change it by hand in `{file}`")))
    }

    /// The verdict of this on the files as they are, before it is written. No program runs.
    fn judge(&self, id: &str, decided: &Decided) -> Result<Report, Failure> {
        let (name, text) = self.read()?;
        let (_, mut plan) = changed(&name, &text, id, decided)?;
        plan.checklist = plan
            .boxes()
            .filter(|(_, it)| it.id == id)
            .map(|(_, it)| it.clone())
            .collect();
        plan.validation = None;
        plan.tasks.clear();
        plan.claims.clear();
        let Sourced {
            source, content, ..
        } = &self.0.sourced;
        let alone = Session {
            repository: Rc::clone(&self.0.repository),
            sourced: Sourced {
                plan,
                source: source.clone(),
                content: content.clone(),
            },
            at: None,
        };
        alone.judge(&Question {
            controls: true,
            no_programs: Some(
                "runs with `cargo xtask verify --full`, once the plan is trusted".to_owned(),
            ),
            judging: Judging {
                no_waivers: true,
                ..Judging::default()
            },
            ..Question::default()
        })
    }

    /// Writes it into the file as that is now; returns its name.
    fn write(&self, id: &str, decided: &Decided) -> Result<String, Failure> {
        waive::write(&self.0, |file, text| {
            changed(file, text, id, decided).map(|(text, _)| text)
        })
    }
}

/// The plan file with this decision, which is a valid plan.
fn changed(
    file: &str,
    text: &str,
    id: &str,
    decided: &Decided,
) -> Result<(String, Plan<Live>), Failure> {
    let text = with_decision(file, text, id, decided).map_err(invalid)?;
    let plan = Plan::parse(file, &text).map_err(invalid)?;
    Ok((text, plan))
}

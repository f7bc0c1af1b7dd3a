//! `imports`: which modules importing one module loads, and through which chain.

mod audit;
mod explain;
mod picture;
mod places;
mod state;

use checks::python::eager::{Analysis, MoveKind, analyse, cut};

use self::places::Places;
use self::state::State;
use crate::cli::{Common, Format, Imports, MoveWord};
use crate::failure::Failure;
use crate::output;
use crate::render::imports as render;

pub(super) fn run(common: &Common, options: &Imports) -> Result<u8, Failure> {
    let state = State::open(common, options)?;
    if options.no_site && options.python.is_some() && !options.probe {
        return Err(Failure::new(
            "`--python` cannot be used with `--no-site`, which looks into no packages",
        )
        .with_help("leave one of them out; `--probe` may have both"));
    }
    picture::refuse_format(common, options)?;
    if options.probe {
        return audit::run(common, options, &state);
    }
    let places = Places::find(&state, options)?;
    let roots = places.roots();
    let (settings, notes) = places.settings(options);
    let entry = options.entry.as_ref().map(|it| it.as_str());
    if let Some(spot) = &options.explain {
        return explain::run(common, entry, spot, &state, &places, &settings);
    }
    let entry = entry.unwrap_or_default();
    let target = options.target.as_ref().map(|it| it.as_str());
    let analysis = analyse(entry, target, &roots, &settings);
    let asked = render::Asked {
        entry,
        target,
        all: options.all,
        notes: &notes,
    };
    let asked_cut = target.filter(|_| options.cut);
    let allowed: Vec<MoveKind> = options.moves.iter().map(|it| kind(*it)).collect();
    let cut = asked_cut.map(|target| render::CutShown {
        answer: cut(asked.entry, target, &roots, &settings, &allowed),
        allowed: &allowed,
        version: settings.version,
    });
    let drawn = picture::draw(options, &asked, &roots, &settings)?;
    let text = match common.format().unwrap_or(Format::Terminal) {
        _ if options.dot => drawn,
        Format::Json => super::json(&render::json(&asked, &analysis, cut.as_ref()))?,
        _ => render::text(&asked, &analysis, cut.as_ref()) + &drawn,
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

fn kind(word: MoveWord) -> MoveKind {
    match word {
        MoveWord::Plain => MoveKind::Plain,
        MoveWord::Getattr => MoveKind::Getattr,
        MoveWord::Annotations => MoveKind::Annotations,
    }
}

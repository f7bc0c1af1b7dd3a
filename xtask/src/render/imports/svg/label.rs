//! The words in a box.

use console::measure_text_width;

use super::CHARACTER;
use super::choice::{Role, Shown};
use super::layout::{Area, HEIGHT, PADDING, RAIL};
use crate::render::one_line;
use crate::render::words::escaped;

/// What a name is cut at, in columns of a terminal.
const NAME: usize = 40;

/// The words in a box.
pub(super) struct Label {
    name: String,
    about: String,
    /// How wide the box is.
    pub(super) width: f64,
}

impl Label {
    pub(super) fn new(shown: &Shown) -> Self {
        let (name, about) = (
            cut(&shown.name, NAME, false),
            cut(&shown.about, NAME, false),
        );
        let width = |text: &str, character: f64| measure_text_width(text) as f64 * character;
        let widest = width(&name, CHARACTER.0).max(width(&about, CHARACTER.1));
        Self {
            name,
            about,
            width: (widest + 20.0).max(76.0),
        }
    }

    pub(super) fn boxed(&self, shown: &Shown, area: Area) -> String {
        let Area { x, y, width, .. } = area;
        let (name, about) = (escaped(&self.name), escaped(&self.about));
        let middle = x + width / 2.0;
        let words = match about.is_empty() {
            true => format!(
                "<text class=\"name\" x=\"{middle:.1}\" y=\"{:.1}\">{name}</text>",
                y + 23.0
            ),
            false => format!(
                "<text class=\"name\" x=\"{middle:.1}\" y=\"{:.1}\">{name}</text>\
                 <text class=\"dim middle\" x=\"{middle:.1}\" y=\"{:.1}\">{about}</text>",
                y + 16.0,
                y + 31.0
            ),
        };
        let class = match shown.role {
            Role::Entry => "entry",
            Role::Target => "target",
            Role::Chain => "way",
            Role::Several => "several",
            Role::Other => "box",
        };
        format!(
            "<g><title>{}</title><rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" \
             width=\"{width:.1}\" height=\"{HEIGHT:.1}\" rx=\"5\"/>{words}</g>\n",
            escaped(&shown.title)
        )
    }
}

/// The name of a package above its boxes. Its end says more than its beginning.
pub(super) fn package(name: &str) -> String {
    cut(name, NAME, true)
}

/// How wide a frame is at least, so that its name has room.
pub(super) fn framed_width(shown: &Shown) -> f64 {
    let left = if shown.pinned { PADDING + RAIL } else { 0.0 };
    measure_text_width(&package(&shown.package)) as f64 * CHARACTER.1 + left + 2.0 * PADDING
}

/// A text in one line of at most so many columns, its end or its beginning left out.
pub(super) fn cut(text: &str, columns: usize, beginning: bool) -> String {
    let text = one_line(text);
    if measure_text_width(&text) <= columns {
        return text;
    }
    let mut left = columns.saturating_sub(1);
    let mut fits = |c: &char| {
        let width = measure_text_width(c.encode_utf8(&mut [0; 4]));
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    if beginning {
        let end: Vec<char> = text.chars().rev().take_while(|c| fits(c)).collect();
        format!("…{}", end.into_iter().rev().collect::<String>())
    } else {
        let start: String = text.chars().take_while(|c| fits(c)).collect();
        start + "…"
    }
}

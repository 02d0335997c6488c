//! Colours and glyphs: five palettes, and an ASCII twin for every glyph.
//!
//! Meaning never rests on colour alone: each role also has a letter or an attribute, and the `mono` palette
//! sets no colour at all, so that nothing resets the attributes of a highlighted row.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

/// How many colours are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Palette {
    /// None; attributes only.
    Mono,
    /// The eight of the oldest terminals.
    Colors8,
    /// Eight and their bright versions.
    #[default]
    Colors16,
    /// The xterm cube.
    Colors256,
    /// 24 bits.
    Rgb,
}

impl Palette {
    /// Chooses from the environment: `no_color` is whether NO_COLOR is set and not empty, the others are the
    /// values of COLORTERM and TERM.
    #[must_use]
    pub fn detect(no_color: bool, colorterm: Option<&str>, term: Option<&str>) -> Self {
        let term = term.unwrap_or_default();
        if no_color || term.is_empty() || term == "dumb" || term.starts_with("vt") {
            return Palette::Mono;
        }
        if matches!(colorterm, Some("truecolor" | "24bit")) {
            return Palette::Rgb;
        }
        if term.contains("256color") || colorterm.is_some_and(|c| !c.is_empty()) {
            return Palette::Colors256;
        }
        if term == "linux" || term.contains("8color") { Palette::Colors8 } else { Palette::Colors16 }
    }

    /// The palette of that name: `mono`, `8`, `16`, `256` or `rgb`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "mono" => Palette::Mono,
            "8" => Palette::Colors8,
            "16" => Palette::Colors16,
            "256" => Palette::Colors256,
            "rgb" => Palette::Rgb,
            _ => return None,
        })
    }
}

/// What a piece of the screen means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Text,
    Dim,
    Bar,
    Title,
    Border,
    Focus,
    Cursor,
    Error,
    Warning,
    Info,
    Fallback,
    Anchor,
    Signal,
    Number,
    Key,
    Hit,
    Changed,
}

/// Palette and glyph set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Theme {
    pub(crate) palette: Palette,
    pub(crate) ascii: bool,
}

/// Attributes, then the colour for 8, 16, 256 and 24-bit terminals.
type Look = (Modifier, Option<(u8, u8, u8, (u8, u8, u8))>);

fn look(role: Role) -> Look {
    const NONE: Modifier = Modifier::empty();
    const BOLD: Modifier = Modifier::BOLD;
    match role {
        Role::Text => (NONE, None),
        Role::Dim => (Modifier::DIM, None),
        Role::Border => (NONE, Some((7, 8, 244, (128, 128, 128)))),
        Role::Bar => (Modifier::REVERSED, None),
        Role::Title => (BOLD, None),
        Role::Focus => (BOLD, Some((6, 14, 44, (0, 190, 200)))),
        Role::Cursor => (Modifier::REVERSED, None),
        Role::Error => (BOLD, Some((1, 9, 203, (255, 95, 95)))),
        Role::Warning => (NONE, Some((3, 11, 214, (255, 175, 0)))),
        Role::Info => (NONE, Some((4, 12, 75, (95, 175, 255)))),
        Role::Fallback => (BOLD, Some((3, 3, 208, (255, 135, 0)))),
        Role::Anchor => (BOLD, Some((6, 6, 37, (0, 175, 175)))),
        Role::Signal => (BOLD, Some((5, 13, 170, (215, 95, 215)))),
        Role::Number => (NONE, Some((6, 6, 73, (95, 175, 175)))),
        Role::Key => (BOLD, None),
        Role::Hit => (Modifier::UNDERLINED.union(BOLD), None),
        Role::Changed => (Modifier::REVERSED, None),
    }
}

impl Theme {
    /// The style of a role.
    pub(crate) fn style(self, role: Role) -> Style {
        let (attributes, colour) = look(role);
        let style = Style::new().add_modifier(attributes);
        let Some((c8, c16, c256, (r, g, b))) = colour else { return style };
        match self.palette {
            Palette::Mono => style,
            Palette::Colors8 => style.fg(Color::Indexed(c8)),
            Palette::Colors16 => style.fg(Color::Indexed(c16)),
            Palette::Colors256 => style.fg(Color::Indexed(c256)),
            Palette::Rgb => style.fg(Color::Rgb(r, g, b)),
        }
    }

    /// `unicode` or its twin.
    pub(crate) fn glyph(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.ascii { ascii } else { unicode }
    }

    /// The lines around a pane.
    pub(crate) fn border(self) -> border::Set<'static> {
        if self.ascii { ASCII_BORDER } else { border::PLAIN }
    }
}

const ASCII_BORDER: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn palette_follows_the_environment() {
        let table = [
            (true, Some("truecolor"), Some("xterm-256color"), Palette::Mono),
            (false, Some("truecolor"), Some("xterm"), Palette::Rgb),
            (false, None, Some("screen-256color"), Palette::Colors256),
            (false, None, Some("xterm"), Palette::Colors16),
            (false, None, Some("linux"), Palette::Colors8),
            (false, None, Some("vt100"), Palette::Mono),
            (false, None, None, Palette::Mono),
        ];
        for (no_color, colorterm, term, expect) in table {
            assert_eq!(Palette::detect(no_color, colorterm, term), expect, "{colorterm:?} {term:?}");
        }
    }

    #[test]
    fn mono_sets_no_colour_and_keeps_the_attributes() {
        let theme = Theme { palette: Palette::Mono, ascii: true };
        for role in [Role::Error, Role::Cursor, Role::Fallback, Role::Hit, Role::Border] {
            let style = theme.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
        assert!(theme.style(Role::Cursor).add_modifier.contains(Modifier::REVERSED));
    }
}

//! Snapshots: the text of each screen, and a second layer that names the styles, so that a lost highlight is
//! seen.

use super::fake::{Fake, inputs};
use super::{screen, with};
use crate::{Options, Palette};
use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (160, 48)];
const STATES: [(&str, &str); 9] = [
    ("events", "16Gzz"),
    ("events_filtered", "&sys==openat<Enter>3j/etc<Enter>"),
    ("events_typing", "13G&sys==openat && sis"),
    ("vdso", "33Gma44Gmbg3"),
    ("vdso_trap", "53Gg3"),
    ("cpu", "77Gg53i"),
    ("stats", "g6j"),
    ("help", "?"),
    ("hint", "]<Wait>"),
];

/// A letter per distinct style, a row per row of the screen, and what the letters mean.
fn styles(buffer: &Buffer) -> String {
    let mut letters: BTreeMap<String, char> = BTreeMap::new();
    let mut rows = String::new();
    for y in 0..buffer.area.height {
        let mut row = String::new();
        for x in 0..buffer.area.width {
            let cell = buffer.cell((x, y)).unwrap();
            let style = Style { underline_color: None, ..cell.style() };
            let plain =
                style.add_modifier == Modifier::empty() && style.fg == Some(ratatui::style::Color::Reset);
            if plain {
                row.push('.');
                continue;
            }
            let name = format!("{:?} {:?}", style.fg, style.add_modifier);
            let next = char::from(b'a' + u8::try_from(letters.len()).unwrap());
            row.push(*letters.entry(name).or_insert(next));
        }
        let _ = writeln!(rows, "{}", row.trim_end_matches('.'));
    }
    let mut by_letter: Vec<(char, String)> = letters.into_iter().map(|(name, c)| (c, name)).collect();
    by_letter.sort();
    for (letter, name) in by_letter {
        let _ = writeln!(rows, "{letter} = {name}");
    }
    rows
}

#[test]
fn screens_are_as_they_were() {
    for (width, height) in SIZES {
        for (name, script) in STATES {
            let variants = [
                ("", Options { palette: Palette::Colors16, ascii: false }),
                ("_mono_ascii", Options { palette: Palette::Mono, ascii: true }),
            ];
            for (variant, options) in variants {
                let mut session = with(inputs(Fake::new(10_000)), options, (width, height));
                session.type_script(script).unwrap();
                let both = format!("{}---- styles\n{}", screen(&session), styles(&session.screen()));
                insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                    insta::assert_snapshot!(format!("{name}_{width}x{height}{variant}"), both);
                });
            }
        }
    }
}

#[test]
fn the_cursor_row_is_reversed_in_every_palette() {
    for palette in [Palette::Mono, Palette::Colors8, Palette::Colors16, Palette::Colors256, Palette::Rgb] {
        let mut session = with(inputs(Fake::new(100)), Options { palette, ascii: false }, (80, 24));
        session.type_script("12j").unwrap();
        let buffer = session.screen();
        let row = (0..24).find(|y| buffer.cell((1, *y)).unwrap().symbol() == "▶").expect("a cursor");
        for x in 1..79 {
            let cell = buffer.cell((x, row)).unwrap();
            assert!(cell.modifier.contains(Modifier::REVERSED), "{palette:?} column {x}");
        }
    }
}

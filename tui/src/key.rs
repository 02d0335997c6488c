//! Keys as the viewer knows them, and their two spellings: scripts (`<C-d>`) and help (`Ctrl-d`).
//!
//! Used by the key map, the script runner and the terminal edge, which translates real key presses into
//! [`Key`]. Nothing here knows a terminal library.

use std::fmt;

/// What was pressed, without modifiers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Code {
    /// A printing character; Shift is in the character itself.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift-Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
    /// A function key, from 1.
    F(u8),
}

/// A key press.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Key {
    /// The key.
    pub(crate) code: Code,
    /// Control was held.
    pub(crate) ctrl: bool,
    /// Alt was held.
    pub(crate) alt: bool,
}

impl Key {
    /// A key without modifiers.
    #[must_use]
    pub(crate) fn plain(code: Code) -> Self {
        Key { code, ctrl: false, alt: false }
    }

    /// A character without modifiers.
    #[must_use]
    pub(crate) fn char(c: char) -> Self {
        Key::plain(Code::Char(c))
    }

    /// The character that this key would type, if it types one.
    #[must_use]
    pub(crate) fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt && !c.is_control() => Some(c),
            _ => None,
        }
    }
}

/// One step of a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stroke {
    /// A key press.
    Key(Key),
    /// `<Wait>`: the pause after which an open prefix lists its continuations.
    Wait,
    /// `<Size:80x24>`: the terminal takes this size.
    Size(u16, u16),
}

/// A script that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("column {column} of the key script: {message}")]
pub struct ScriptError {
    /// Character position, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

const NAMED: &[(&str, Code)] = &[
    ("Enter", Code::Enter),
    ("CR", Code::Enter),
    ("Esc", Code::Esc),
    ("Tab", Code::Tab),
    ("S-Tab", Code::BackTab),
    ("BS", Code::Backspace),
    ("Del", Code::Delete),
    ("Up", Code::Up),
    ("Down", Code::Down),
    ("Left", Code::Left),
    ("Right", Code::Right),
    ("PgUp", Code::PageUp),
    ("PgDn", Code::PageDown),
    ("Home", Code::Home),
    ("End", Code::End),
    ("Space", Code::Char(' ')),
    ("lt", Code::Char('<')),
];

/// Reads a script: typed text as it stands, other keys as `<Enter>`, `<Esc>`, `<C-d>`, `<A-u>`, `<F1>`,
/// `<Space>`, `<lt>` for `<`, and the steps `<Wait>` and `<Size:WxH>`. Line ends are skipped, so that a script
/// may be laid out in a file.
///
/// # Errors
/// If a `<` has no `>` or the name between them is unknown.
pub(crate) fn parse_script(script: &str) -> Result<Vec<Stroke>, ScriptError> {
    let chars: Vec<char> = script.chars().collect();
    let mut strokes = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        if c != '<' {
            if c != '\n' && c != '\r' {
                strokes.push(Stroke::Key(Key::char(c)));
            }
            at += 1;
            continue;
        }
        let rest = &chars[at + 1..];
        let Some(len) = rest.iter().position(|&c| c == '>') else {
            return Err(ScriptError {
                column: at + 1,
                message: "`<` without `>`; write `<lt>` for `<`".into(),
            });
        };
        let name: String = rest[..len].iter().collect();
        let stroke = named_stroke(&name)
            .ok_or_else(|| ScriptError { column: at + 1, message: format!("no key is called `<{name}>`") })?;
        strokes.push(stroke);
        at += len + 2;
    }
    Ok(strokes)
}

fn named_stroke(name: &str) -> Option<Stroke> {
    if name.eq_ignore_ascii_case("wait") {
        return Some(Stroke::Wait);
    }
    if let Some(size) = name.strip_prefix("Size:") {
        let (w, h) = size.split_once('x')?;
        return Some(Stroke::Size(w.parse().ok()?, h.parse().ok()?));
    }
    named_key(name).map(Stroke::Key)
}

fn named_key(name: &str) -> Option<Key> {
    if let Some(&(_, code)) = NAMED.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)) {
        return Some(Key::plain(code));
    }
    if let Some(rest) = name.strip_prefix("C-") {
        return named_key(rest).map(|key| Key { ctrl: true, ..key });
    }
    if let Some(rest) = name.strip_prefix("A-") {
        return named_key(rest).map(|key| Key { alt: true, ..key });
    }
    if let Some(number) = name.strip_prefix('F').and_then(|n| n.parse::<u8>().ok()) {
        return (1..=12).contains(&number).then_some(Key::plain(Code::F(number)));
    }
    let mut chars = name.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Some(Key::char(c)),
        _ => None,
    }
}

impl fmt::Display for Key {
    /// The spelling of the help: `j`, `Ctrl-d`, `Space`, `F1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        if self.alt {
            f.write_str("Alt-")?;
        }
        match self.code {
            Code::Char(' ') => f.write_str("Space"),
            Code::Char(c) => write!(f, "{c}"),
            Code::F(n) => write!(f, "F{n}"),
            code => {
                let name = NAMED.iter().find(|(_, c)| *c == code).map_or("?", |(n, _)| n);
                f.write_str(name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_read_and_refused() {
        let table: &[(&str, Result<&[&str], usize>)] = &[
            ("jk", Ok(&["j", "k"])),
            ("<C-d><A-u><Esc>", Ok(&["Ctrl-d", "Alt-u", "Esc"])),
            ("/a b<lt>\n<Enter>", Ok(&["/", "a", "Space", "b", "<", "Enter"])),
            ("<F1><S-Tab><space>", Ok(&["F1", "S-Tab", "Space"])),
            ("ab<", Err(3)),
            ("<nope>", Err(1)),
            ("<F99>", Err(1)),
        ];
        for (script, expect) in table {
            let got = parse_script(script).map(|strokes| {
                strokes
                    .iter()
                    .map(|s| match s {
                        Stroke::Key(k) => k.to_string(),
                        other => format!("{other:?}"),
                    })
                    .collect::<Vec<_>>()
            });
            match expect {
                Ok(keys) => assert_eq!(got.as_deref(), Ok(&keys.map_to_strings()[..]), "{script}"),
                Err(column) => assert_eq!(got.map_err(|e| e.column), Err(*column), "{script}"),
            }
        }
    }

    trait MapToStrings {
        fn map_to_strings(&self) -> Vec<String>;
    }
    impl MapToStrings for &[&str] {
        fn map_to_strings(&self) -> Vec<String> {
            self.iter().map(|s| (*s).to_owned()).collect()
        }
    }

    #[test]
    fn steps_that_are_no_keys() {
        assert_eq!(parse_script("<Wait>"), Ok(vec![Stroke::Wait]));
        assert_eq!(parse_script("<Size:80x24>"), Ok(vec![Stroke::Size(80, 24)]));
        assert!(parse_script("<Size:80>").is_err());
    }
}

//! Sets of syscalls as `-e trace=` and `--only` spell them: `%file,open*,!read,/regex/`.

use super::{CLASS_NAMES, Classes, Row, by_name, row, rows};
use regex::Regex;
use std::fmt;

/// A set of syscalls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceSet {
    /// A bit for each number below 512.
    bits: [u64; 8],
}

/// A part of a set that says nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceSetError {
    /// Byte offset of the part in the text.
    pub at: usize,
    /// What is wrong, in one sentence.
    pub message: String,
}

impl fmt::Display for TraceSetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TraceSetError {}

impl TraceSet {
    /// Every syscall.
    #[must_use]
    pub fn all() -> Self {
        TraceSet { bits: [u64::MAX; 8] }
    }

    /// No syscall.
    #[must_use]
    pub fn none() -> Self {
        TraceSet { bits: [0; 8] }
    }

    /// Reads a comma-separated list of names, numbers, `%class`, `open*` and `/regex/`. `all` and `none` are
    /// sets too; `?` before an item lets it be unknown. An item after `!` is taken away from what stands before
    /// it; a list that begins with `!` starts from every syscall and takes all its items away, as strace does.
    ///
    /// # Errors
    /// If an item names nothing; the message suggests the nearest name.
    pub fn parse(text: &str) -> Result<Self, TraceSetError> {
        let negated = text.trim_start().starts_with('!');
        let mut set = if negated { TraceSet::all() } else { TraceSet::none() };
        for (at, item) in items(text) {
            let trimmed = item.trim();
            let (away, name) = match trimmed.strip_prefix('!') {
                Some(rest) => (true, rest.trim_start()),
                None => (negated, trimmed),
            };
            let (optional, name) = name.strip_prefix('?').map_or((false, name), |rest| (true, rest));
            match members(name) {
                Ok(members) => set.apply(&members, away),
                Err(_) if optional => {}
                Err(message) => return Err(TraceSetError { at, message }),
            }
        }
        Ok(set)
    }

    /// Whether a number is in the set. Numbers that are no syscall belong to [`TraceSet::all`] only.
    #[must_use]
    pub fn contains(&self, nr: u32) -> bool {
        match usize::try_from(nr).ok().filter(|nr| *nr < 512) {
            Some(nr) => self.bits[nr / 64] >> (nr % 64) & 1 != 0,
            None => self.bits == [u64::MAX; 8],
        }
    }

    fn apply(&mut self, other: &TraceSet, away: bool) {
        for (mine, theirs) in self.bits.iter_mut().zip(other.bits) {
            *mine = if away { *mine & !theirs } else { *mine | theirs };
        }
    }

    fn of(mut wanted: impl FnMut(&Row) -> bool) -> Self {
        let mut set = TraceSet::none();
        for row in rows().filter(|row| wanted(row)) {
            set.insert(row.nr);
        }
        set
    }

    fn insert(&mut self, nr: u32) {
        if let Some(word) = self.bits.get_mut(nr as usize / 64) {
            *word |= 1 << (nr % 64);
        }
    }
}

/// The items with their offsets; a comma inside `/.../` does not part them.
fn items(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut in_regex = false;
    for (at, char) in text.char_indices() {
        match char {
            '/' => in_regex = !in_regex,
            ',' if !in_regex => {
                found.push((start, &text[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push((start, &text[start..]));
    found
}

fn members(name: &str) -> Result<TraceSet, String> {
    if let Some(class) = name.strip_prefix('%') {
        return class_members(class).ok_or_else(|| {
            format!("no class %{class}{}", hint(class, CLASS_NAMES.iter().map(|(name, _)| *name)))
        });
    }
    if let Some(pattern) = name.strip_prefix('/') {
        let pattern = pattern.strip_suffix('/').unwrap_or(pattern);
        let regex = Regex::new(pattern).map_err(|error| format!("bad pattern /{pattern}/: {error}"))?;
        return Ok(TraceSet::of(|row| regex.is_match(row.name)));
    }
    match name {
        "" => return Err("an item is empty".to_owned()),
        "all" => return Ok(TraceSet::all()),
        "none" => return Ok(TraceSet::none()),
        _ => {}
    }
    if name.contains(['*', '?']) {
        let set = TraceSet::of(|row| glob(name.as_bytes(), row.name.as_bytes()));
        return if set == TraceSet::none() { Err(format!("no syscall matches {name}")) } else { Ok(set) };
    }
    if let Ok(nr) = name.parse::<u32>() {
        return row(nr).map(|row| TraceSet::of(|other| other.nr == row.nr)).ok_or(format!("no syscall {nr}"));
    }
    if let Some(row) = by_name(name) {
        return Ok(TraceSet::of(|other| other.nr == row.nr));
    }
    class_members(name).ok_or_else(|| format!("no syscall {name}{}", hint(name, rows().map(|row| row.name))))
}

fn class_members(class: &str) -> Option<TraceSet> {
    let narrower: &[&str] = match class {
        "stat" | "lstat" => &["newfstatat", "statx"],
        "fstat" => &["fstat", "newfstatat", "statx"],
        "statfs" | "fstatfs" => &["statfs", "fstatfs"],
        _ => return Classes::named(class).map(|class| TraceSet::of(|row| row.classes.meets(class))),
    };
    Some(TraceSet::of(|row| narrower.contains(&row.name)))
}

/// Shell pattern with `*` and `?`, without backtracking over more than one `*` at a time.
fn glob(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    p = at + 1;
                    n = taken + 1;
                    star = Some((at, taken + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// `; did you mean read?` if a known name is close.
fn hint(name: &str, known: impl Iterator<Item = &'static str>) -> String {
    let nearest = known.map(|other| (distance(name, other), other)).min();
    match nearest {
        Some((far, other)) if far <= 2 || far * 3 <= name.len() => format!("; did you mean {other}?"),
        _ => String::new(),
    }
}

/// Edits between two names.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, y) in b.bytes().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or(0)
}

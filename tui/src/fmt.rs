//! Numbers, times and foreign text as they stand on the screen. Used by the views and the prompts.

use std::fmt::Write as _;

/// `4,194,305`.
#[must_use]
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `+12.345678901`.
#[must_use]
pub(crate) fn seconds(ns: u64) -> String {
    format!("+{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000)
}

/// `12:03:04.567890123`, the UTC time of day of a Unix time in nanoseconds.
#[must_use]
pub(crate) fn wall(ns: u64) -> String {
    let s = ns / 1_000_000_000 % 86_400;
    format!("{:02}:{:02}:{:02}.{:09}", s / 3600, s / 60 % 60, s % 60, ns % 1_000_000_000)
}

/// A duration with three or four digits: `320 ns`, `41.2 µs`, `3.2 ms`, `12.3 s`.
#[must_use]
pub(crate) fn duration(ns: u64, ascii: bool) -> String {
    let micro = if ascii { "us" } else { "µs" };
    let (unit, name) = match ns {
        0..1_000 => return format!("{ns} ns"),
        1_000..1_000_000 => (1_000, micro),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    format!("{}.{} {name}", ns / unit, ns % unit * 10 / unit)
}

/// A signed duration: `+3.2 ms`, `-150.0 ms`.
#[must_use]
pub(crate) fn signed_duration(ns: i64, ascii: bool) -> String {
    let sign = if ns < 0 { '-' } else { '+' };
    format!("{sign}{}", duration(ns.unsigned_abs(), ascii))
}

/// `part` of `whole` as `61.2 %`; `-` if there is nothing to be a part of.
#[must_use]
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let thousandths = u128::from(part) * 1000 / u128::from(whole);
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

/// How many of `width` cells stand for `part` of `whole`; at least one if there is anything at all.
#[must_use]
pub(crate) fn cells(part: u64, whole: u64, width: usize) -> usize {
    if whole == 0 || part == 0 {
        return 0;
    }
    let wide = u128::from(part.min(whole)) * width as u128 / u128::from(whole);
    usize::try_from(wide).unwrap_or(width).max(1).min(width)
}

/// Text from a trace, made harmless: control characters and those that turn the writing direction show as `?`.
#[must_use]
pub(crate) fn clean(text: &str) -> String {
    let bad = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(bad) { text.replace(bad, "?") } else { text.to_owned() }
}

/// A hex dump line: address, 16 bytes (`..` where there is none), and the printable ones.
#[must_use]
pub(crate) fn hex_bytes(bytes: &[Option<u8>]) -> (String, String) {
    let (mut hex, mut text) = (String::new(), String::new());
    for (i, byte) in bytes.iter().enumerate() {
        if i > 0 {
            hex.push(if i % 8 == 0 { '-' } else { ' ' });
        }
        match byte {
            Some(b) => {
                let _ = write!(hex, "{b:02x}");
                text.push(if b.is_ascii_graphic() || *b == b' ' { char::from(*b) } else { '.' });
            }
            None => {
                hex.push_str("..");
                text.push(' ');
            }
        }
    }
    (hex, text)
}

/// A number of rows or columns as a screen coordinate; what does not fit is far outside any screen.
#[must_use]
pub(crate) fn coord(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(4_194_305), "4,194,305");
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(seconds(12_345_678_901), "+12.345678901");
        assert_eq!(wall(43_384_000_000_005), "12:03:04.000000005");
        assert_eq!(duration(999, false), "999 ns");
        assert_eq!(duration(41_250, false), "41.2 µs");
        assert_eq!(duration(41_250, true), "41.2 us");
        assert_eq!(duration(u64::MAX, false), "18446744073.7 s");
        assert_eq!(signed_duration(-150_000_000, false), "-150.0 ms");
        assert_eq!(signed_duration(i64::MIN, false), "-9223372036.8 s");
        assert_eq!(percent(1, 0), "-");
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(cells(1, 1_000_000, 20), 1);
        assert_eq!(cells(2, 1, 20), 20);
        assert_eq!(cells(u64::MAX, u64::MAX, 20), 20);
    }

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        assert_eq!(clean("a\x1b[31mb\u{202e}c\u{9b}"), "a?[31mb?c?");
        assert_eq!(clean("plain µ"), "plain µ");
    }

    #[test]
    fn hex_shows_gaps() {
        let (hex, text) = hex_bytes(&[Some(0x41), None, Some(0)]);
        assert_eq!((hex.as_str(), text.as_str()), ("41 .. 00", "A ."));
    }
}

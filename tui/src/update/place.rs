//! Reading positions: `E123`, `E123!`, `E123+42`, `@8130000000`, `+1.5s`, `200ms`, `12:03:04.5`, `50%`.

use traces::InsnCount;

/// A position as typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Typed {
    /// An event; with a count, so many instructions after it took effect.
    Event(u64, Option<InsnCount>),
    /// Of the run's events, in percent.
    Percent(u64),
    /// Nanoseconds from the start.
    Time(u64),
    /// Nanoseconds of the UTC day.
    Wall(u64),
    Insn(u64),
}

/// What a number without a unit means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bare {
    Event,
    Seconds,
    Insn,
}

/// Reads a position.
///
/// # Errors
/// A sentence that says what is accepted.
pub(crate) fn parse(text: &str, bare: Bare) -> Result<Typed, String> {
    let text = text.trim();
    let wrong =
        || format!("`{text}` is no position; try E123, E123!, E123+42, 50%, +1.5s, 12:03:04.5, @1000000");
    if let Some(rest) = text.strip_prefix(['E', 'e']) {
        return event(rest).ok_or_else(wrong);
    }
    if let Some(rest) = text.strip_prefix('@') {
        return whole(rest).map(Typed::Insn).ok_or_else(wrong);
    }
    if let Some(rest) = text.strip_suffix('%') {
        return whole(rest).filter(|&p| p <= 100).map(Typed::Percent).ok_or_else(wrong);
    }
    if text.contains(':') {
        return wall(text).map(Typed::Wall).ok_or_else(wrong);
    }
    let signed = text.strip_prefix('+');
    let body = signed.unwrap_or(text);
    for (unit, ns) in [("ns", 1), ("us", 1000), ("µs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000)] {
        if let Some(number) = body.strip_suffix(unit) {
            return decimal(number, ns).map(Typed::Time).ok_or_else(wrong);
        }
    }
    let result = match bare {
        Bare::Seconds => decimal(body, 1_000_000_000).map(Typed::Time),
        Bare::Event if signed.is_some() => decimal(body, 1_000_000_000).map(Typed::Time),
        Bare::Event => whole(body).map(|n| Typed::Event(n, None)),
        Bare::Insn => whole(body).map(Typed::Insn),
    };
    result.ok_or_else(wrong)
}

fn event(rest: &str) -> Option<Typed> {
    if let Some(number) = rest.strip_suffix('!') {
        return Some(Typed::Event(whole(number)?, Some(InsnCount(0))));
    }
    if let Some((number, after)) = rest.split_once('+') {
        return Some(Typed::Event(whole(number)?, Some(InsnCount(whole(after)?))));
    }
    Some(Typed::Event(whole(rest)?, None))
}

fn whole(text: &str) -> Option<u64> {
    let digits: String = text.trim().chars().filter(|c| !matches!(c, ',' | '_')).collect();
    if digits.starts_with('+') { None } else { digits.parse().ok() }
}

/// A decimal number of units of `ns` nanoseconds.
fn decimal(text: &str, ns: u64) -> Option<u64> {
    let text = text.trim();
    let (int, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.chars().all(|c| c.is_ascii_digit()) || int.is_empty() && fraction.is_empty() {
        return None;
    }
    let int = if int.is_empty() { 0 } else { whole(int)? };
    let mut sum = int.checked_mul(ns)?;
    let mut unit = ns;
    for digit in fraction.chars().filter_map(|c| c.to_digit(10)) {
        unit /= 10;
        sum = sum.checked_add(u64::from(digit) * unit)?;
    }
    Some(sum)
}

fn wall(text: &str) -> Option<u64> {
    let mut parts = text.split(':');
    let (h, m, s) = (whole(parts.next()?)?, whole(parts.next()?)?, parts.next().unwrap_or("0"));
    let s = decimal(s, 1_000_000_000)?;
    if parts.next().is_some() || h > 23 || m > 59 || s >= 60_000_000_000 {
        return None;
    }
    Some((h * 3600 + m * 60) * 1_000_000_000 + s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read() {
        let table = [
            ("E123", Bare::Event, Some(Typed::Event(123, None))),
            ("4,194,305", Bare::Event, Some(Typed::Event(4_194_305, None))),
            ("e12!", Bare::Event, Some(Typed::Event(12, Some(InsnCount(0))))),
            ("E12+42", Bare::Event, Some(Typed::Event(12, Some(InsnCount(42))))),
            ("@8130000000", Bare::Event, Some(Typed::Insn(8_130_000_000))),
            ("77", Bare::Insn, Some(Typed::Insn(77))),
            ("50%", Bare::Event, Some(Typed::Percent(50))),
            ("101%", Bare::Event, None),
            ("+1.5s", Bare::Event, Some(Typed::Time(1_500_000_000))),
            ("+1.5", Bare::Event, Some(Typed::Time(1_500_000_000))),
            (".25", Bare::Seconds, Some(Typed::Time(250_000_000))),
            ("200ms", Bare::Event, Some(Typed::Time(200_000_000))),
            ("1.5us", Bare::Event, Some(Typed::Time(1_500))),
            ("12:03:04.5", Bare::Event, Some(Typed::Wall(43_384_500_000_000))),
            ("25:00:00", Bare::Event, None),
            ("", Bare::Event, None),
            (".", Bare::Seconds, None),
            ("99999999999999999999", Bare::Event, None),
            ("99999999999s", Bare::Event, None),
            ("E-1", Bare::Event, None),
            ("++1", Bare::Event, None),
        ];
        for (text, bare, expect) in table {
            assert_eq!(parse(text, bare).ok(), expect, "{text}");
        }
    }
}

//! Values that filters compare: exact durations in two units, and sets of ranges.

use crate::units::Cycles;

/// A duration as written: exact, in its own unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dur {
    /// Cycles of the guest counter.
    Cycles(u128),
    /// Picoseconds.
    Picos(u128),
}

impl Dur {
    /// From digits before and after the point and a unit; none if there is no such unit. At most 20 digits
    /// before and 12 after the point, so nothing overflows.
    pub(crate) fn parse(whole: &str, fraction: &str, unit: &str) -> Option<Dur> {
        let scale: u128 = match unit {
            "cyc" => {
                return fraction.is_empty().then_some(Dur::Cycles(whole.parse().ok()?));
            }
            "ns" => 1_000,
            "us" | "µs" => 1_000_000,
            "ms" => 1_000_000_000,
            "s" => 1_000_000_000_000,
            _ => return None,
        };
        let mut picos = whole.parse::<u128>().ok()?.checked_mul(scale)?;
        let mut digit_scale = scale;
        for digit in fraction.bytes() {
            digit_scale /= 10;
            picos = picos.checked_add(u128::from(digit - b'0') * digit_scale)?;
        }
        Some(Dur::Picos(picos))
    }

    /// How `cycles` at `cntfrq` cycles a second compare with it.
    pub(crate) fn compare(self, cycles: Cycles, cntfrq: u64) -> std::cmp::Ordering {
        let cycles = u128::from(cycles.0);
        match self {
            Dur::Cycles(mine) => cycles.cmp(&mine),
            // cycles / cntfrq against picos / 10^12, multiplied out.
            Dur::Picos(mine) => (cycles * 1_000_000_000_000).cmp(&mine.saturating_mul(u128::from(cntfrq))),
        }
    }

    /// In cycles, rounded down; saturates.
    pub(crate) fn to_cycles(self, cntfrq: u64) -> Cycles {
        let cycles = match self {
            Dur::Cycles(cycles) => cycles,
            Dur::Picos(picos) => picos.saturating_mul(u128::from(cntfrq)) / 1_000_000_000_000,
        };
        Cycles(u64::try_from(cycles).unwrap_or(u64::MAX))
    }
}

/// Whole numbers that pass: inclusive ranges, any of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Ints(pub(crate) Vec<(i128, i128)>);

impl Ints {
    pub(crate) fn contains(&self, value: i128) -> bool {
        self.0.iter().any(|(low, high)| (*low..=*high).contains(&value))
    }

    /// Whether any number from `low` to `high` passes.
    pub(crate) fn meets(&self, low: i128, high: i128) -> bool {
        self.0.iter().any(|(from, to)| *from <= high && low <= *to)
    }

    /// The numbers that an operator lets pass.
    pub(crate) fn of(op: &str, value: i128) -> Ints {
        const MIN: i128 = i128::MIN;
        const MAX: i128 = i128::MAX;
        let below = (value > MIN).then(|| (MIN, value - 1));
        let above = (value < MAX).then(|| (value + 1, MAX));
        Ints(match op {
            "==" => vec![(value, value)],
            "!=" => below.into_iter().chain(above).collect(),
            "<" => below.into_iter().collect(),
            "<=" => vec![(MIN, value)],
            ">" => above.into_iter().collect(),
            _ => vec![(value, MAX)],
        })
    }
}

/// Durations that pass: any of some inclusive or exclusive ranges, open where a bound is absent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Span {
    /// Lower bound, and whether it passes itself.
    pub(crate) low: Option<(Dur, bool)>,
    /// Upper bound, and whether it passes itself.
    pub(crate) high: Option<(Dur, bool)>,
}

impl Span {
    pub(crate) fn contains(&self, cycles: Cycles, cntfrq: u64) -> bool {
        let above = self.low.is_none_or(|(low, equal)| {
            let order = low.compare(cycles, cntfrq);
            order.is_gt() || equal && order.is_eq()
        });
        let below = self.high.is_none_or(|(high, equal)| {
            let order = high.compare(cycles, cntfrq);
            order.is_lt() || equal && order.is_eq()
        });
        above && below
    }

    /// Whether a value of at most `cycles` can pass: the lower bound is not above it.
    pub(crate) fn reaches(&self, cycles: Cycles, cntfrq: u64) -> bool {
        self.low.is_none_or(|(low, _)| low.compare(cycles, cntfrq).is_ge())
    }

    /// The durations that an operator lets pass.
    pub(crate) fn of(op: &str, value: Dur) -> Vec<Span> {
        let low = |equal| Span { low: Some((value, equal)), high: None };
        let high = |equal| Span { low: None, high: Some((value, equal)) };
        match op {
            "==" => vec![Span { low: Some((value, true)), high: Some((value, true)) }],
            "!=" => vec![high(false), low(false)],
            "<" => vec![high(false)],
            "<=" => vec![high(true)],
            ">" => vec![low(false)],
            _ => vec![low(true)],
        }
    }
}

/// The name nearest to a misspelt one, none if all are far from it.
pub(crate) fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(2);
    // Of equally near names the one that is as long: two letters are swapped more often than left out.
    let best = names.map(|name| (distance(word, name), name.len().abs_diff(word.len()), name)).min()?;
    (best.0 <= allowed && best.0 < word.chars().count()).then_some(best.2)
}

/// Edits (insert, delete, replace) that make one word the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

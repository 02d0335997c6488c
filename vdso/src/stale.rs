//! Whether an anchor still serves: the three predicates that make the host publish a new one.
//!
//! Used by the root crate at each fallback of a clock call. elfuse stops at the first predicate that holds;
//! here all three are always computed, because an anchor that is both old and wrong is a different finding
//! from one that is merely old. The page is guest-writable in bad weather, so every value is possible and
//! nothing here may overflow: the arithmetic is exact in 128 bits and saturates only in what is reported.

use crate::anchor::{Anchor, Timespec};
use crate::layout::Layout;

/// The wall clock may be this far from what the anchor predicts, inclusive, in nanoseconds.
pub const MAX_DRIFT_NS: u64 = 100_000_000;

/// How old an anchor is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Age {
    /// The counter minus the anchor's, in cycles; wrapped if the counter is below the anchor.
    pub cycles: u64,
    /// The counter is below the anchor.
    pub underflow: bool,
    /// The trampolines refuse it: underflow, or at least `2^age_shift` cycles.
    pub exceeded: bool,
}

/// How far the wall clock is from what an anchor predicts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Drift {
    /// The wall clock minus the prediction in nanoseconds, saturated: positive if the anchor is behind.
    pub ns: i64,
    /// The distance is above [`MAX_DRIFT_NS`], or the prediction does not fit a timespec.
    pub exceeded: bool,
}

/// The reasons to publish, all of them. Age and drift are none where there is no anchor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Predicates {
    /// There was no stable anchor.
    pub unseeded: bool,
    /// Its age.
    pub age: Option<Age>,
    /// Its drift.
    pub drift: Option<Drift>,
}

impl Predicates {
    /// Whether the host publishes a new anchor.
    #[must_use]
    pub fn due(&self) -> bool {
        self.unseeded
            || self.age.is_some_and(|age| age.exceeded)
            || self.drift.is_some_and(|drift| drift.exceeded)
    }
}

/// Judges the anchor `old` (none: no stable one) at counter value `x9`, when the wall clock reads
/// `real_now`. The prediction multiplies and rounds as the trampolines of `layout` do.
#[must_use]
pub fn predicates(old: Option<&Anchor>, x9: u64, real_now: Timespec, layout: &Layout) -> Predicates {
    let Some(old) = old else {
        return Predicates { unseeded: true, age: None, drift: None };
    };
    let cycles = x9.wrapping_sub(old.cntvct);
    let underflow = x9 < old.cntvct;
    let age = Age { cycles, underflow, exceeded: underflow || cycles >> layout.age_shift != 0 };
    Predicates { unseeded: false, age: Some(age), drift: Some(drift(old, x9, real_now, layout)) }
}

const NANOS_PER_SEC: i128 = 1_000_000_000;

/// Seconds and nanoseconds as nanoseconds; exact for all values.
fn nanos(time: Timespec) -> i128 {
    i128::from(time.sec) * NANOS_PER_SEC + i128::from(time.nsec)
}

fn drift(old: &Anchor, x9: u64, real_now: Timespec, layout: &Layout) -> Drift {
    let cycles = i128::from(x9) - i128::from(old.cntvct);
    let delta = (cycles * i128::from(layout.mult)) >> layout.shift;
    let predicted = nanos(old.real) + delta;
    let difference = nanos(real_now) - predicted;
    let bounds = i128::from(i64::MIN) * NANOS_PER_SEC..(i128::from(i64::MAX) + 1) * NANOS_PER_SEC;
    Drift {
        ns: i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX }),
        exceeded: difference.unsigned_abs() > u128::from(MAX_DRIFT_NS) || !bounds.contains(&predicted),
    }
}

#[cfg(test)]
mod tests;

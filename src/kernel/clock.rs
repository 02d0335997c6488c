//! Guest time: CNTVCT_EL0 cycles and the clocks derived from them.
//!
//! The guest's counter is the host's CLOCK_MONOTONIC in cycles, and CLOCK_MONOTONIC is that counter in
//! nanoseconds, so that a time read through an anchor and one read through the kernel agree.

use crate::engine::{Counter, Vcpu};
use crate::host;
use traces::{Cycles, Nanos};

/// Converts between host nanoseconds and guest cycles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeline {
    /// CNTFRQ_EL0.
    pub cntfrq: u64,
}

/// The first guess at the guest's speed, above what the interpreter reaches: the counter lags and is never ahead.
const FIRST_INSNS_PER_SECOND: u64 = 400_000_000;

impl Timeline {
    /// The host's time now.
    #[must_use]
    pub fn now(self) -> Cycles {
        self.cycles(host::monotonic_ns())
    }

    /// Nanoseconds of CLOCK_MONOTONIC as cycles, rounded down.
    #[must_use]
    pub fn cycles(self, ns: u64) -> Cycles {
        const SECOND: u64 = 1_000_000_000;
        // Seconds apart from the rest: each system call asks twice, and 128 bits are slow to divide.
        let whole = (ns / SECOND).saturating_mul(self.cntfrq);
        let rest = (ns % SECOND).checked_mul(self.cntfrq).map_or(u64::MAX, |product| product / SECOND);
        Cycles(whole.saturating_add(rest))
    }

    /// Cycles as nanoseconds of CLOCK_MONOTONIC, rounded down.
    #[must_use]
    pub fn monotonic(self, at: Cycles) -> Nanos {
        at.to_nanos(self.cntfrq)
    }

    /// CLOCK_REALTIME when the counter stood at `at`: the host's wall clock, corrected by the difference.
    #[must_use]
    pub fn realtime(self, at: Cycles) -> Nanos {
        let wall = host::realtime_ns();
        let now = host::monotonic_ns();
        let then = self.monotonic(at).0;
        Nanos(wall.saturating_add(then).saturating_sub(now))
    }

    /// The rule for a process that starts now.
    #[must_use]
    pub fn first_rule(self) -> Counter {
        Counter { base: self.now().0, at: 0, rate: self.rate(FIRST_INSNS_PER_SECOND) }
    }

    /// Synchronises the counter with the host, never backwards, and keeps the rate. Returns where it stands.
    pub fn synchronise(self, vcpu: &mut dyn Vcpu) -> Cycles {
        let (read, rule) = vcpu.counter();
        let base = self.now().max(read);
        vcpu.set_counter(Counter { base: base.0, at: vcpu.icount().0, rate: rule.rate });
        base
    }

    /// Synchronises at the end of a quantum of `insns` uninterrupted instructions, and lets the rate follow
    /// the speed at which they ran: a little below it, so that the counter lags and is never ahead.
    pub fn synchronise_quantum(self, vcpu: &mut dyn Vcpu, insns: u64) -> Counter {
        let (read, rule) = vcpu.counter();
        let now = self.now();
        let mut rate = rule.rate;
        let passed = now.0.saturating_sub(rule.base);
        if insns > 0 && passed > 0 {
            let seen = (u128::from(passed) << 32) / u128::from(insns);
            let wanted = u32::try_from(seen * 7 / 8).unwrap_or(u32::MAX);
            // One slow quantum (the host was busy) must not speed the clock up much.
            rate = wanted.min(rule.rate.saturating_add(rule.rate / 8)).max(1);
        }
        let rule = Counter { base: now.max(read).0, at: vcpu.icount().0, rate };
        vcpu.set_counter(rule);
        rule
    }

    fn rate(self, insns_per_second: u64) -> u32 {
        let rate = (u128::from(self.cntfrq) << 32) / u128::from(insns_per_second.max(1));
        u32::try_from(rate).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_and_nanoseconds_convert_without_running_ahead() {
        let time = Timeline { cntfrq: 24_000_000 };
        assert_eq!(time.cycles(1_000_000_000), Cycles(24_000_000));
        for ns in [0, 1, 41, 42, 999_999_999, 123_456_789_012_345] {
            let there = time.monotonic(time.cycles(ns)).0;
            assert!(there <= ns && ns - there < 42, "{ns} -> {there}");
            let exact = u128::from(ns) * 24_000_000 / 1_000_000_000;
            assert_eq!(u128::from(time.cycles(ns).0), exact, "{ns}");
        }
    }
}

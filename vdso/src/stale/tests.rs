//! The predicates at their boundaries, and for values that no honest writer publishes.

use proptest::prelude::*;

use super::*;
use crate::layout::Revision;
use crate::{Params, build};

const SEC: i64 = 1_000_000_000;

fn layout(revision: Revision, cntfrq: u32) -> Layout {
    *build(&Params { revision, cntfrq }).expect("the frequency is in range").layout()
}

fn anchor(cntvct: u64, sec: i64, nsec: i64) -> Anchor {
    Anchor { cntvct, mono: Timespec::default(), real: Timespec { sec, nsec } }
}

fn judge(old: &Anchor, x9: u64, sec: i64, nsec: i64) -> (Age, Drift) {
    let found = predicates(Some(old), x9, Timespec { sec, nsec }, &layout(Revision::Carry, 24_000_000));
    assert!(!found.unseeded);
    (found.age.expect("there is an anchor"), found.drift.expect("there is an anchor"))
}

#[test]
fn no_anchor_is_unseeded_and_due() {
    let found = predicates(None, 1, Timespec::default(), &layout(Revision::Carry, 24_000_000));
    assert_eq!(found, Predicates { unseeded: true, age: None, drift: None });
    assert!(found.due());
}

#[test]
fn the_age_gate_is_the_trampolines() {
    for (revision, shift) in [(Revision::Carry, 22), (Revision::AbiNote, 31), (Revision::Seqlock, 31)] {
        let layout = layout(revision, 24_000_000);
        let cap = 1_u64 << shift;
        for (x9, cycles, underflow, exceeded) in [
            (1000, 0, false, false),
            (1000 + cap - 1, cap - 1, false, false),
            (1000 + cap, cap, false, true),
            (999, u64::MAX, true, true),
            (u64::MAX, u64::MAX - 1000, false, true),
        ] {
            let found = predicates(Some(&anchor(1000, 0, 0)), x9, Timespec::default(), &layout);
            assert_eq!(found.age, Some(Age { cycles, underflow, exceeded }), "{revision:?} at {x9}");
        }
    }
}

#[test]
fn the_drift_gate_is_strict_at_100_ms() {
    let old = anchor(0, 100, 0);
    // 24 cycles are 999 ns by the page's own rounding.
    for (nsec, ns, exceeded) in [
        (999, 0, false),
        (100_000_999, 100_000_000, false),
        (100_001_000, 100_000_001, true),
        (-99_999_001, -100_000_000, false),
        (-99_999_002, -100_000_001, true),
    ] {
        assert_eq!(judge(&old, 24, 100, nsec).1, Drift { ns, exceeded }, "at {nsec}");
    }
    // A carry between the fields is no drift.
    assert_eq!(judge(&anchor(0, 7, SEC - 1), 24, 8, 998).1, Drift { ns: 0, exceeded: false });
}

#[test]
fn old_anchors_are_judged_for_drift_too() {
    let (age, drift) = judge(&anchor(0, 0, 0), 24_000_000 * 1000, 1000, 0);
    assert!(age.exceeded);
    // The multiplier is 0.95 ppb slow.
    assert_eq!(drift, Drift { ns: 954, exceeded: false });
    let (age, drift) = judge(&anchor(24_000_000, 50, 0), 0, 49, 0);
    assert!(age.exceeded && age.underflow);
    assert_eq!(drift, Drift { ns: 0, exceeded: false });
}

#[test]
fn other_frequencies_predict_with_their_own_multiplier() {
    for cntfrq in [1 << 22, 24_000_000, 62_500_000, 1_000_000_000, u32::MAX] {
        let layout = layout(Revision::Carry, cntfrq);
        let found = predicates(
            Some(&anchor(0, 0, 0)),
            u64::from(cntfrq) / 100,
            Timespec { sec: 0, nsec: 10_000_000 },
            &layout,
        );
        let ns = found.drift.expect("there is an anchor").ns;
        assert!((0..=300).contains(&ns), "{cntfrq} Hz: {ns} ns off after 10 ms");
    }
}

#[test]
fn adversarial_values_saturate() {
    let (min, max) = (i64::MIN, i64::MAX);
    for (old, x9, sec, nsec, expected) in [
        // Far apart: the difference in nanoseconds does not fit.
        (anchor(0, min, 0), 0, max, 0, Drift { ns: max, exceeded: true }),
        (anchor(0, max, 0), 0, min, 0, Drift { ns: min, exceeded: true }),
        (anchor(0, min, min), 0, max, max, Drift { ns: max, exceeded: true }),
        (anchor(0, max, max), u64::MAX, min, min, Drift { ns: min, exceeded: true }),
        // Near, but the seconds of the prediction overflow: exceeded although the distance is small.
        (anchor(0, max, SEC - 1), 24, max, SEC - 1, Drift { ns: -999, exceeded: true }),
        (anchor(24, min, 0), 0, min, 0, Drift { ns: 1000, exceeded: true }),
        // Just inside.
        (anchor(0, max, SEC - 1000), 24, max, SEC - 1, Drift { ns: 0, exceeded: false }),
        // Nanoseconds out of range count as what they are.
        (anchor(0, 0, 3 * SEC), 0, 3, 0, Drift { ns: 0, exceeded: false }),
        (anchor(0, 0, -SEC), 0, 0, 0, Drift { ns: SEC, exceeded: true }),
    ] {
        assert_eq!(judge(&old, x9, sec, nsec).1, expected, "{old:?} at {x9}");
    }
}

proptest! {
    #[test]
    fn any_page_is_judged_without_panic(
        words in any::<[u64; 5]>(), x9: u64, sec: i64, nsec: i64, cntfrq in (1_u32 << 22)..,
    ) {
        let image = crate::anchor::VvarImage {
            seq: 2,
            attention: 0,
            anchor: Anchor {
                cntvct: words[0],
                mono: Timespec { sec: words[1].cast_signed(), nsec: words[2].cast_signed() },
                real: Timespec { sec: words[3].cast_signed(), nsec: words[4].cast_signed() },
            },
        };
        let layout = layout(Revision::Carry, cntfrq);
        let found = predicates(Some(&image.anchor), x9, Timespec { sec, nsec }, &layout);
        let drift = found.drift.expect("there is an anchor");
        // Where elfuse's own 64-bit arithmetic does not overflow, it must agree.
        if let Some(expected) = narrow(&image.anchor, x9, sec, nsec, &layout) {
            prop_assert_eq!(drift.exceeded, expected);
        }
    }

    #[test]
    fn honest_anchors_agree_with_narrow_arithmetic(
        cntvct in 0_u64..1 << 60, delta in 0_u64..1 << 22, sec in 0_i64..1 << 40, nsec in 0..SEC,
        off in -200_000_000_i64..200_000_000,
    ) {
        let layout = layout(Revision::Carry, 24_000_000);
        let old = anchor(cntvct, sec, nsec);
        let real = Timespec { sec: sec + off.div_euclid(SEC), nsec: nsec + off.rem_euclid(SEC) };
        let found = predicates(Some(&old), cntvct + delta, real, &layout);
        prop_assert_eq!(
            Some(found.drift.expect("there is an anchor").exceeded),
            narrow(&old, cntvct + delta, real.sec, real.nsec, &layout)
        );
    }
}

/// The drift test in 64 bits, second by second; none where a step overflows.
fn narrow(old: &Anchor, x9: u64, sec: i64, nsec: i64, layout: &Layout) -> Option<bool> {
    let delta = x9.checked_sub(old.cntvct)?.checked_mul(layout.mult.into())? >> layout.shift;
    let sum = old.real.nsec.checked_add(i64::try_from(delta).ok()?)?;
    let predicted_sec = old.real.sec.checked_add(sum.div_euclid(SEC))?;
    let apart = sec.checked_sub(predicted_sec)?.checked_mul(SEC)?;
    let difference = apart.checked_add(nsec.checked_sub(sum.rem_euclid(SEC))?)?;
    Some(difference.unsigned_abs() > MAX_DRIFT_NS)
}

//! The decision procedure on register states written down from the trampolines' dataflow.

use super::*;
use crate::layout::Revision;
use crate::{Params, build};

const ANCHOR: u64 = 0x5000_0000;

fn layout(revision: Revision) -> Layout {
    *build(&Params { revision, ..Params::default() }).expect("24 MHz is in range").layout()
}

fn regs(set: &[(usize, u64)]) -> FallbackRegs {
    let mut regs = FallbackRegs::default();
    for &(n, value) in set {
        regs.x[n] = value;
    }
    regs
}

fn reason(function: Function, set: &[(usize, u64)], vvar: Option<VvarHead>) -> (Reason, Confidence) {
    let layout = layout(Revision::Carry);
    let found = classify(&layout, layout.function(function).svc, &regs(set), vvar).expect("it is a fallback");
    assert_eq!(found.function, function);
    match found.branch_offset {
        Some(offset) => assert_eq!(branch_reason(&layout, offset), Some((function, found.reason))),
        None => assert_eq!(found.confidence, Confidence::Ambiguous),
    }
    (found.reason, found.confidence)
}

#[test]
fn clock_calls() {
    use Confidence::{Ambiguous, Inferred};
    let head = |seq, attention| Some(VvarHead { seq, attention });
    let now = ANCHOR + (5 << 22);
    for function in [Function::ClockGettime, Function::Gettimeofday] {
        let divisor = if function == Function::ClockGettime { 1_000_000_000 } else { 1000 };
        let race = [(3, ANCHOR), (6, 41), (7, divisor), (9, ANCHOR + 1), (11, 4), (12, 5)];
        for (set, vvar, expected) in [
            (&[(3, 0), (9, now)][..], None, (Reason::Unseeded, Inferred)),
            (&[(3, 2), (9, now)], None, (Reason::Attention, Inferred)),
            (&[(3, 9), (9, now)], None, (Reason::WriterOdd, Inferred)),
            (&[(3, 5), (9, now)], None, (Reason::AttentionOrWriter, Ambiguous)),
            (&[(3, 5), (9, now)], head(5, 0), (Reason::WriterOdd, Inferred)),
            (&[(3, 5), (9, now)], head(6, 5), (Reason::Attention, Inferred)),
            (&[(3, 5), (9, now)], head(5, 5), (Reason::Attention, Inferred)),
            (&[(3, 5), (9, now)], head(6, 0), (Reason::AttentionOrWriter, Ambiguous)),
            (&[(3, 5), (9, now)], head(5, 4), (Reason::AttentionOrWriter, Ambiguous)),
            (&[(3, ANCHOR), (6, u64::MAX), (9, ANCHOR - 1)], None, (Reason::CntUnderflow, Inferred)),
            (&[(3, ANCHOR), (6, 5 << 22), (7, 5), (9, now)], None, (Reason::AgeCap, Inferred)),
            (&race, None, (Reason::SeqRace, Inferred)),
        ] {
            assert_eq!(reason(function, set, vvar), expected, "{function:?} {set:?} {vvar:?}");
        }
        // The leftovers of a race do not make a race of a later early exit.
        let mut stale = race;
        stale[0].1 = 9;
        assert_eq!(reason(function, &stale, None), (Reason::WriterOdd, Inferred));
        // A counter just seeded: the delta is small whatever x3 is, and x6 gives it away.
        stale[3].1 = 30;
        assert_eq!(reason(function, &stale, None), (Reason::WriterOdd, Inferred));
    }
}

#[test]
fn an_age_of_a_thousand_caps_is_no_race() {
    let set = [(3, ANCHOR), (6, 1000 << 22), (7, 1000), (9, ANCHOR + (1000 << 22)), (11, 2), (12, 3)];
    assert_eq!(reason(Function::Gettimeofday, &set, None), (Reason::AgeCap, Confidence::Inferred));
}

#[test]
fn calls_without_a_clock() {
    for id in [2, 3, 5, 6, 8, 0xFFFF_FFFF] {
        assert_eq!(reason(Function::ClockGetres, &[(0, id)], None), (Reason::Clockid, Confidence::Exact));
    }
    assert_eq!(reason(Function::ClockGetres, &[(3, 1)], None), (Reason::Attention, Confidence::Exact));
    assert_eq!(reason(Function::Getcpu, &[(3, 1)], None), (Reason::Attention, Confidence::Exact));
    for id in [2, 7, 0xFFFF_FFFF] {
        assert_eq!(reason(Function::ClockGettime, &[(0, id)], None), (Reason::Clockid, Confidence::Exact));
    }
}

#[test]
fn clock_ids_have_a_branch_each() {
    let branch = |revision, id| {
        let layout = layout(revision);
        let svc = layout.function(Function::ClockGetres).svc;
        let found = classify(&layout, svc, &regs(&[(0, id)]), None).expect("it is a fallback");
        found.branch_offset.map(|offset| offset - layout.function(Function::ClockGetres).offset)
    };
    for (id, offset) in [(8, 0x14), (0xFFFF_FFFF, 0x14), (2, 0x1C), (3, 0x24), (5, 0x2C), (6, 0x34)] {
        assert_eq!(branch(Revision::Carry, id), Some(offset), "id {id}");
    }
    assert_eq!(branch(Revision::Seqlock, 3), Some(0x24));
}

#[test]
fn calls_from_elsewhere() {
    let layout = layout(Revision::Carry);
    let gettime = layout.function(Function::ClockGettime).svc;
    let classified = |nr, svc| classify_call(&layout, nr, svc, &regs(&[(0, 3)]), None);
    assert_eq!(classified(64, Some(gettime)), None);
    assert_eq!(classified(113, Some(gettime)).map(|c| c.reason), Some(Reason::Clockid));
    for (nr, svc) in [(113, None), (113, Some(gettime + 4)), (169, Some(gettime)), (139, None)] {
        let found = classified(nr, svc);
        let function = Function::from_nr(nr);
        assert_eq!(found.map(|c| (c.function, c.reason)), function.map(|f| (f, Reason::NotVdso)), "{nr}");
    }
    assert_eq!(classify(&layout, layout.rt_sigreturn().svc, &FallbackRegs::default(), None), None);
}

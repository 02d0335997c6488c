//! Timers that send signals, and signals that are read from files.

use super::{DATA, Guest, NOWHERE, READ_ONLY, e};
use std::time::Duration;

const NONE: u64 = u64::MAX;
const NONBLOCK: u64 = 0x800;

fn bit(signo: u64) -> u64 {
    1 << (signo - 1)
}

fn block(g: &mut Guest, set: u64) {
    let set = g.words(&[set]);
    assert_eq!(g.call(135, &[2, set, 0, 8]), 0);
}

/// A timer of CLOCK_MONOTONIC that sends `signo` with the value 77.
fn create(g: &mut Guest, signo: u64) -> u64 {
    let (event, out) = (g.words(&[77, signo, 0, 0, 0, 0, 0, 0]), g.room(4));
    assert_eq!(g.call(107, &[1, event, out]), 0);
    u64::from(g.half(out))
}

/// Sets a timer: interval and time in nanoseconds.
fn set(g: &mut Guest, id: u64, interval: u64, value: u64) {
    let spec = g.words(&[0, interval, 0, value]);
    assert_eq!(g.call(110, &[id, 0, spec, 0]), 0);
}

/// Takes a signal of `set`, waiting as long as that takes: its number, code and overrun.
fn take(g: &mut Guest, set: u64) -> (i64, i32, u32) {
    let (set, info) = (g.words(&[set]), g.room(128));
    let signo = g.call(137, &[set, info, 0, 8]);
    (signo, g.half(info + 8).cast_signed(), g.half(info + 20))
}

fn waits(g: &mut Guest, set: u64) -> bool {
    let out = g.room(8);
    g.k.take_host_signals();
    assert_eq!(g.call(136, &[out, 8]), 0);
    g.word(out) & set != 0
}

#[test]
fn timer_arguments_are_checked_like_linux_does() {
    let mut g = Guest::new();
    let out = g.room(4);
    let event = |g: &mut Guest, signo: u64, notify: u64, tid: u64| {
        g.words(&[0, signo | notify << 32, tid, 0, 0, 0, 0, 0])
    };
    let (good, bad) = (event(&mut g, 10, 0, 0), event(&mut g, 65, 0, 0));
    let (odd, stranger) = (event(&mut g, 10, 77, 0), event(&mut g, 10, 4, 99));
    let (mine, nobody) = (event(&mut g, 10, 4, 1), event(&mut g, 0, 1, 0));
    for (args, want) in [
        ([99, 0, out], e::INVAL),
        ([4, 0, out], -95),
        ([1, bad, out], e::INVAL),
        ([1, odd, out], e::INVAL),
        ([1, stranger, out], e::INVAL),
        ([1, NOWHERE, out], e::FAULT),
        ([1, good, READ_ONLY], e::FAULT),
        ([1, mine, out], 0),
        ([2, nobody, out], 0),
        ([(!1u64 << 3) | 6, good, out], 0),
        ([(!9u64 << 3) | 6, good, out], e::INVAL),
    ] {
        assert_eq!(g.call(107, &args), want, "{args:x?}");
    }
    let id = create(&mut g, 10);
    let (spec, wrong) = (g.words(&[0, 0, 1000, 0]), g.words(&[0, 0, 0, 1_000_000_000]));
    for (nr, args, want) in [
        (110, [99, 0, spec, 0], e::INVAL),
        (110, [id, 0, 0, 0], e::INVAL),
        (110, [id, 0, wrong, 0], e::INVAL),
        (110, [id, 0, NOWHERE, 0], e::FAULT),
        (108, [id, NOWHERE, 0, 0], e::FAULT),
        (109, [id, 0, 0, 0], 0),
        (110, [id, 0, spec, 0], 0),
        (111, [id, 0, 0, 0], 0),
        (111, [id, 0, 0, 0], e::INVAL),
        (108, [id, DATA, 0, 0], e::INVAL),
        (109, [id, 0, 0, 0], e::INVAL),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
}

#[test]
fn a_timer_sends_one_signal_and_counts_the_periods_that_it_waits() {
    let mut g = Guest::new();
    block(&mut g, bit(40));
    let id = create(&mut g, 40);
    set(&mut g, id, 1_000_000, 1_000_000);
    std::thread::sleep(Duration::from_millis(12));
    let (signo, code, overrun) = take(&mut g, bit(40));
    assert_eq!((signo, code), (40, -2));
    assert!(overrun >= 10, "{overrun}");
    assert_eq!(g.call(109, &[id]), i64::from(overrun));
    // Once: no overrun, and then it is off.
    set(&mut g, id, 0, 1);
    assert_eq!(take(&mut g, bit(40)), (40, -2, 0));
    let out = g.room(32);
    assert_eq!(g.call(108, &[id, out]), 0);
    assert_eq!(g.read(out, 32), [0; 32]);
    // Its signal goes with it, and when it is set anew.
    set(&mut g, id, 0, 1);
    assert!(waits(&mut g, bit(40)));
    set(&mut g, id, 0, 0);
    assert!(!waits(&mut g, bit(40)));
    set(&mut g, id, 0, 1);
    assert!(waits(&mut g, bit(40)));
    assert_eq!(g.call(111, &[id]), 0);
    assert!(!waits(&mut g, bit(40)));
}

#[test]
fn an_ignored_signal_does_not_stop_its_timer() {
    let mut g = Guest::new();
    let ignore = g.words(&[1, 0, 0, 0]);
    assert_eq!(g.call(134, &[40, ignore, 0, 8]), 0);
    let id = create(&mut g, 40);
    set(&mut g, id, 1_000_000, 1_000_000);
    std::thread::sleep(Duration::from_millis(3));
    g.k.take_host_signals();
    block(&mut g, bit(40));
    assert_eq!(take(&mut g, bit(40)).0, 40);
}

#[test]
fn the_timers_of_setitimer_tell_what_is_left() {
    let mut g = Guest::new();
    let (far, off, out) = (g.words(&[3, 0, 1000, 500]), g.words(&[0; 4]), g.room(32));
    let (negative, large) = (g.words(&[0, 0, 0, u64::MAX]), g.words(&[0, 0, 0, 1_000_000]));
    for which in 0..3 {
        assert_eq!(g.call(103, &[which, far, 0]), 0);
        assert_eq!(g.call(102, &[which, out]), 0);
        assert_eq!((g.word(out), g.word(out + 8)), (3, 0));
        assert!((999..=1000).contains(&g.word(out + 16)), "{which}");
        assert_eq!(g.call(103, &[which, off, out]), 0);
        assert!((999..=1000).contains(&g.word(out + 16)), "{which}");
        assert_eq!(g.call(102, &[which, out]), 0);
        assert_eq!(g.read(out, 32), [0; 32]);
        assert_eq!(g.call(103, &[which, negative, 0]), e::INVAL);
        assert_eq!(g.call(103, &[which, large, 0]), e::INVAL);
    }
    assert_eq!(g.call(103, &[3, far, 0]), e::INVAL);
    assert_eq!(g.call(102, &[3, out]), e::INVAL);
    block(&mut g, bit(14) | bit(27));
    for (which, signo) in [(0, 14), (2, 27)] {
        let soon = g.words(&[0, 0, 0, 1]);
        assert_eq!(g.call(103, &[which, soon, 0]), 0);
        while !waits(&mut g, bit(signo)) {}
        assert_eq!((take(&mut g, bit(signo)).0, take_code(&mut g)), (signo.cast_signed(), None));
    }
}

/// Nothing else waits.
fn take_code(g: &mut Guest) -> Option<i64> {
    let (set, zero) = (g.words(&[u64::MAX]), g.words(&[0, 0]));
    Some(g.call(137, &[set, 0, zero, 8])).filter(|&signo| signo != e::AGAIN)
}

#[test]
fn a_signalfd_is_ready_while_a_signal_of_its_set_waits() {
    let mut g = Guest::new();
    block(&mut g, bit(10) | bit(40));
    let (both, other, buf) = (g.words(&[bit(10) | bit(40)]), g.words(&[bit(12)]), g.room(384));
    for (args, want) in [
        ([NONE, both, 4, 0], e::INVAL),
        ([NONE, both, 8, 1], e::INVAL),
        ([NONE, NOWHERE, 8, 0], e::FAULT),
        ([55, both, 8, 0], e::BADF),
    ] {
        assert_eq!(g.call(74, &args), want, "{args:x?}");
    }
    let file = g.file("f", b"");
    assert_eq!(g.call(74, &[file, both, 8, 0]), e::INVAL);
    let fd = g.call(74, &[NONE, both, 8, NONBLOCK]).cast_unsigned();
    let polled = g.words(&[fd | 1 << 32]);
    let zero = g.words(&[0, 0]);
    assert_eq!(g.call(73, &[polled, 1, zero, 0, 8]), 0);
    assert_eq!(g.call(63, &[fd, buf, 384]), e::AGAIN);
    let value = g.words(&[0, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    g.poke(value + 8, &(-1i32).to_le_bytes());
    assert_eq!(g.call(138, &[1, 40, value]), 0);
    assert_eq!(g.call(129, &[1, 10]), 0);
    assert_eq!(g.call(73, &[polled, 1, 0, 0, 8]), 1);
    assert_eq!(g.call(63, &[fd, buf, 127]), e::INVAL);
    assert_eq!(g.call(64, &[fd, buf, 128]), e::INVAL);
    assert_eq!(g.call(63, &[fd, buf, 384]), 256);
    assert_eq!((g.half(buf), g.half(buf + 12), g.half(buf + 16)), (10, 1, 1000));
    assert_eq!((g.half(buf + 128), g.half(buf + 128 + 44)), (40, 42));
    assert_eq!(g.call(73, &[polled, 1, zero, 0, 8]), 0);
    // A copy of the descriptor follows the set that is given to the first.
    let copy = g.call(23, &[fd]).cast_unsigned();
    assert_eq!(g.call(74, &[fd, other, 8, 0]), fd.cast_signed());
    g.call(129, &[1, 10]);
    assert_eq!(g.call(63, &[copy, buf, 128]), e::AGAIN);
    assert_eq!(g.call(74, &[copy, both, 8, 0]), copy.cast_signed());
    assert_eq!(g.call(63, &[fd, buf, 128]), 128);
}

#[test]
fn a_clock_cannot_be_set_and_cpu_clocks_are_those_of_this_process() {
    let mut g = Guest::new();
    let (time, out, timex) = (g.words(&[1, 0]), g.room(16), g.words(&[0; 26]));
    let wrong = g.words(&[1, 1_000_000_000]);
    for (nr, args, want) in [
        (112, [0, time], e::PERM),
        (112, [0, wrong], e::INVAL),
        (112, [0, NOWHERE], e::FAULT),
        (112, [1, time], e::INVAL),
        (170, [time, 0], e::PERM),
        (170, [wrong, 0], e::INVAL),
        (171, [timex, 0], 5),
        (266, [0, timex], 5),
        (266, [1, timex], -95),
        (171, [time, 0], e::PERM),
        (113, [(!1u64 << 3) | 2, out], 0),
        (113, [(!1u64 << 3) | 6, out], 0),
        (113, [(!0u64 << 3) | 6, out], 0),
        (113, [(!2u64 << 3) | 6, out], e::INVAL),
        (113, [(!2u64 << 3) | 2, out], e::INVAL),
        (113, [(!1u64 << 3) | 3, out], e::INVAL),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
}

#[test]
fn barriers_need_their_registration() {
    let mut g = Guest::new();
    for (args, want) in [
        ([0, 0], 0x3FF),
        ([128, 1], e::PERM),
        ([0, 1], e::INVAL),
        ([1 << 30, 0], e::INVAL),
        ([1, 0], 0),
        ([8, 0], e::PERM),
        ([16, 0], 0),
        ([8, 0], 0),
        ([32, 0], e::PERM),
        ([64, 0], 0),
        ([32, 0], 0),
        ([256, 0], 0),
        ([128, 1], 0),
        ([512, 0], 16 | 64 | 256),
    ] {
        assert_eq!(g.call(283, &args), want, "{args:?}");
    }
}

#[test]
fn a_private_futex_is_not_looked_at_to_wake() {
    let mut g = Guest::new();
    let (word, zero) = (g.words(&[5]), g.words(&[0, 0]));
    for (args, want) in [
        ([NOWHERE, 1 | 128, 1, 0, 0], 0),
        ([NOWHERE, 1, 1, 0, 0], e::FAULT),
        ([1 << 60, 1 | 128, 1, 0, 0], e::FAULT),
        ([word + 1, 1 | 128, 1, 0, 0], e::INVAL),
        ([word, 1 | 256, 1, 0, 0], e::NOSYS),
        ([word, 256, 5, zero, 0], e::NOSYS),
        ([word, 3 | 128, 1, 0, word + 2], e::INVAL),
        ([word, 3, 1, 0, NOWHERE], e::FAULT),
        ([word, 3, 1, NONE, word], e::INVAL),
        ([word, 99, 0, 0, 0], e::NOSYS),
    ] {
        assert_eq!(g.call(98, &args), want, "{args:x?}");
    }
}

#[test]
fn a_sequence_that_a_signal_interrupts_starts_again() {
    const SIGNATURE: u64 = 0xD428_BC00;
    let mut g = Guest::new();
    let area = DATA + 0x1000;
    let handler = g.words(&[0x40_1000, 0, 0, 0]);
    assert_eq!(g.call(134, &[10, handler, 0, 8]), 0);
    for (args, want) in [
        ([area + 4, 32, 0, SIGNATURE], e::INVAL),
        ([area, 16, 0, SIGNATURE], e::INVAL),
        ([area, 32, 2, SIGNATURE], e::INVAL),
        ([area, 32, 1, SIGNATURE], e::INVAL),
        ([READ_ONLY, 32, 0, SIGNATURE], e::FAULT),
        ([area, 32, 0, SIGNATURE], 0),
        ([area, 32, 0, SIGNATURE], -16),
        ([area, 32, 0, SIGNATURE + 1], e::PERM),
        ([area + 32, 32, 0, SIGNATURE], e::INVAL),
        ([area, 32, 1, SIGNATURE + 1], e::PERM),
    ] {
        assert_eq!(g.call(293, &args), want, "{args:x?}");
    }
    // The code before the way out carries the signature.
    let abort = DATA + 0x2004;
    g.poke(abort - 4, &SIGNATURE.to_le_bytes()[..4]);
    for (pc, inside) in [(0x40_0FFC, false), (0x40_1000, true), (0x40_101C, true), (0x40_1020, false)] {
        let descriptor = g.words(&[0, 0x40_1000, 0x20, abort]);
        g.poke(area + 8, &descriptor.to_le_bytes());
        g.vcpu.regs.pc = pc;
        assert_eq!(g.k.in_sequence(&g.space, pc), inside, "{pc:x}");
        g.call(130, &[1, 10]);
        g.deliver();
        let frame = g.vcpu.regs.sp;
        assert_eq!(g.word(frame + 568), if inside { abort } else { pc }, "{pc:x}");
        assert_eq!(g.word(area + 8), 0);
        g.call_unchecked(139, &[]);
    }
    // A descriptor that makes no sense is the end.
    let wrong = g.words(&[1, 0x40_1000, 0x20, abort]);
    assert_eq!(g.call(293, &[area, 32, 1, SIGNATURE]), 0);
    assert_eq!(g.half(area + 4), u32::MAX);
    assert_eq!(g.call(293, &[area, 32, 0, SIGNATURE]), 0);
    g.poke(area + 8, &wrong.to_le_bytes());
    g.call(130, &[1, 10]);
    g.deliver();
    assert!(g.k.ended().is_some());
}

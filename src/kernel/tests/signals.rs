//! Signals: masks, actions, frames, return, restart, waiting.

use super::{DATA, DATA_END, Guest, NOWHERE, READ_ONLY, e};
use crate::engine::Vcpu;
use crate::kernel::signal::FaultSignal;
use traces::event::{EndStatus, SignalAction, SvcFlags};

const HANDLER: u64 = 0x40_1000;
const RESTORER: u64 = 0x40_2000;
const SA_SIGINFO: u64 = 4;
const SA_RESTORER: u64 = 0x0400_0000;
const SA_ONSTACK: u64 = 0x0800_0000;
const SA_RESTART: u64 = 0x1000_0000;
const SA_NODEFER: u64 = 0x4000_0000;
const SA_RESETHAND: u64 = 0x8000_0000;

fn act(g: &mut Guest, signo: u64, flags: u64, mask: u64) {
    let action = g.words(&[HANDLER + signo, flags, RESTORER, mask]);
    assert_eq!(g.call(134, &[signo, action, 0, 8]), 0);
}

fn mask(g: &mut Guest) -> u64 {
    let out = g.room(8);
    assert_eq!(g.call(135, &[0, 0, out, 8]), 0);
    g.word(out)
}

fn block(g: &mut Guest, set: u64) {
    let set = g.words(&[set]);
    assert_eq!(g.call(135, &[2, set, 0, 8]), 0);
}

fn bit(signo: u64) -> u64 {
    1 << (signo - 1)
}

#[test]
fn arguments_are_checked_like_linux_does() {
    let mut g = Guest::new();
    let (set, out, info) = (g.words(&[u64::MAX]), g.room(152), g.words(&[0; 16]));
    let action = g.words(&[HANDLER, 0, 0, 0]);
    let small = g.words(&[DATA, 0, 100]);
    let odd = g.words(&[DATA, 77, 10_000]);
    for (nr, args, want) in [
        (134, [0, 0, out, 8], e::INVAL),
        (134, [65, 0, out, 8], e::INVAL),
        (134, [9, action, 0, 8], e::INVAL),
        (134, [9, 0, out, 8], 0),
        (134, [10, action, 0, 16], e::INVAL),
        (134, [10, NOWHERE, 0, 8], e::FAULT),
        (134, [10, 0, READ_ONLY, 8], e::FAULT),
        (135, [9, set, out, 8], e::INVAL),
        (135, [9, 0, out, 8], 0),
        (135, [0, set, out, 4], e::INVAL),
        (136, [out, 8, 0, 0], 0),
        (136, [out, 9, 0, 0], e::INVAL),
        (132, [small, 0, 0, 0], e::NOMEM),
        (132, [odd, 0, 0, 0], e::INVAL),
        (132, [0, out, 0, 0], 0),
        (129, [1, 0, 0, 0], 0),
        (129, [1, 65, 0, 0], e::INVAL),
        (129, [2, 9, 0, 0], e::SRCH),
        (130, [0, 9, 0, 0], e::INVAL),
        (130, [2, 9, 0, 0], e::SRCH),
        (131, [1, u64::MAX, 9, 0], e::INVAL),
        (131, [1, 2, 9, 0], e::SRCH),
        (131, [1, 1, 0, 0], 0),
        (138, [1, 0, info, 0], 0),
        (138, [1, 65, info, 0], e::INVAL),
        (138, [1, 10, NOWHERE, 0], e::FAULT),
        (138, [2, 10, info, 0], e::PERM),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr} {args:x?}");
    }
    block(&mut g, u64::MAX);
    assert_eq!(mask(&mut g), !(bit(9) | bit(19)), "what cannot be blocked");
}

#[test]
fn a_handler_gets_a_frame_and_its_return_brings_everything_back() {
    let mut g = Guest::new();
    act(&mut g, 10, SA_SIGINFO, bit(12));
    block(&mut g, bit(5));
    assert_eq!(g.call(131, &[1, 1, 10]), 0);
    for n in 0..31 {
        g.vcpu.regs.x[n] = 0x1000 + n as u64;
    }
    g.vcpu.regs.v[31] = 0xABCD << 100;
    (g.vcpu.regs.nzcv, g.vcpu.regs.fpcr) = (0x9000_0000, 0x0100_0000);
    let before = g.vcpu.regs.clone();
    g.deliver();
    let sp = g.vcpu.regs.sp;
    assert_eq!(sp % 16, 0);
    assert_eq!((g.vcpu.regs.pc, g.vcpu.x(0), g.vcpu.x(30)), (HANDLER + 10, 10, 0xF0E0));
    assert_eq!((g.vcpu.x(1), g.vcpu.x(2)), (sp, sp + 128));
    assert_eq!(g.read(g.vcpu.x(29), 16), [0x101Du64.to_le_bytes(), 0x101Eu64.to_le_bytes()].concat());
    assert_eq!((g.half(sp), g.half(sp + 8), g.half(sp + 16)), (10, (-6i32).cast_unsigned(), 1));
    assert_eq!((g.word(sp + 168), g.word(sp + 568), g.word(sp + 560)), (bit(5), before.pc, before.sp));
    assert_eq!(g.shadow_digest(), crate::guest::digest::of_memory(&g.space), "the frame was reported");
    assert_eq!(g.log.signals.last().map(|s| s.action), Some(SignalAction::Handler));
    assert_eq!(mask(&mut g), bit(5) | bit(10) | bit(12));
    g.vcpu.regs.sp = sp;
    g.call_unchecked(139, &[]);
    assert_eq!(g.vcpu.regs, before);
    assert_eq!(mask(&mut g), bit(5));
}

#[test]
fn action_flags_do_what_they_say() {
    let mut g = Guest::new();
    act(&mut g, 10, SA_RESTORER | SA_NODEFER | SA_RESETHAND, 0);
    g.call(130, &[1, 10]);
    g.deliver();
    assert_eq!((g.vcpu.regs.pc, g.vcpu.x(30), mask(&mut g)), (HANDLER + 10, RESTORER, 0));
    let out = g.room(32);
    assert_eq!(g.call(134, &[10, 0, out, 8]), 0);
    assert_eq!(g.word(out), 0, "SA_RESETHAND");
    g.call(130, &[1, 10]);
    g.deliver();
    assert_eq!(g.k.ended(), Some(EndStatus::Signalled(10)));
}

#[test]
fn flags_that_mean_nothing_are_dropped_and_those_of_a_reset_action_stay() {
    let mut g = Guest::new();
    act(&mut g, 10, u64::MAX, 0);
    g.call(130, &[1, 10]);
    g.deliver();
    let out = g.room(32);
    assert_eq!(g.call(134, &[10, 0, out, 8]), 0);
    assert_eq!((g.word(out), g.word(out + 8)), (0, 0xDC00_0807));
}

#[test]
fn a_handler_runs_under_the_mask_of_the_wait_that_it_ends() {
    let mut g = Guest::new();
    act(&mut g, 10, SA_SIGINFO, bit(3));
    block(&mut g, bit(10) | bit(5));
    g.call(130, &[1, 10]);
    let wait = g.words(&[bit(12)]);
    assert_eq!(g.call(133, &[wait, 8]), e::INTR);
    g.deliver();
    assert_eq!(mask(&mut g), bit(12) | bit(3) | bit(10));
    assert_eq!(g.word(g.vcpu.regs.sp + 168), bit(10) | bit(5));
}

#[test]
fn stopping_and_continuing_cancel_each_other() {
    let mut g = Guest::new();
    act(&mut g, 18, 0, 0);
    block(&mut g, bit(18) | bit(20));
    let (out, pending) = (g.room(8), |g: &mut Guest, out| {
        g.call(136, &[out, 8]);
        g.word(out)
    });
    g.call(129, &[1, 20]);
    assert_eq!(pending(&mut g, out), bit(20));
    g.call(130, &[1, 18]);
    assert_eq!(pending(&mut g, out), bit(18));
    g.call(129, &[1, 20]);
    assert_eq!(pending(&mut g, out), bit(20));
}

#[test]
fn a_frame_is_walked_and_an_impossible_state_refused() {
    const RESERVED: u64 = 592;
    const FPSIMD: u64 = 528;
    let enter = || {
        let mut g = Guest::new();
        act(&mut g, 10, SA_SIGINFO, 0);
        g.call(130, &[1, 10]);
        g.deliver();
        g
    };
    // A record moved behind an unused one is found there; another program may leave out the others.
    let mut g = enter();
    let sp = g.vcpu.regs.sp;
    let record = g.read(sp + RESERVED, usize::try_from(FPSIMD).unwrap());
    g.poke(sp + RESERVED, &[0x4553_5201u32.to_le_bytes(), 16u32.to_le_bytes()].concat());
    g.poke(sp + RESERVED + 16, &record);
    g.poke(sp + RESERVED + 16 + FPSIMD, &[0; 8]);
    g.call_unchecked(139, &[]);
    g.deliver();
    assert_eq!(g.k.ended(), None);
    // (place, bytes): an unknown record, a record of the wrong size, no FPSIMD record, a mode other than EL0's.
    for (at, bytes) in [
        (RESERVED + FPSIMD, [0x1234u32.to_le_bytes(), 16u32.to_le_bytes()].concat()),
        (RESERVED + 4, 512u32.to_le_bytes().to_vec()),
        (RESERVED, vec![0; 8]),
        (576, vec![4]),
        (576, vec![0x80]),
    ] {
        let mut g = enter();
        let sp = g.vcpu.regs.sp;
        g.poke(sp + at, &bytes);
        g.call_unchecked(139, &[]);
        g.deliver();
        assert_eq!(g.k.ended(), Some(EndStatus::Signalled(11)), "{at} {bytes:x?}");
    }
}

#[test]
fn several_signals_nest_so_that_the_last_runs_first() {
    let mut g = Guest::new();
    act(&mut g, 10, 0, 0);
    act(&mut g, 12, 0, 0);
    block(&mut g, bit(10) | bit(12));
    g.call(130, &[1, 12]);
    g.call(130, &[1, 10]);
    g.deliver();
    assert!(g.log.signals.is_empty());
    let pending = g.room(8);
    g.call(136, &[pending, 8]);
    assert_eq!(g.word(pending), bit(10) | bit(12));
    block(&mut g, 0);
    g.deliver();
    let order: Vec<u32> = g.log.signals.iter().map(|s| s.signo).collect();
    assert_eq!(order, [10, 12]);
    assert_eq!(g.vcpu.regs.pc, HANDLER + 12);
    g.call_unchecked(139, &[]);
    assert_eq!(g.vcpu.regs.pc, HANDLER + 10);
}

#[test]
fn the_alternate_stack_is_used_once_and_survives_a_return_onto_it() {
    let mut g = Guest::new();
    let stack = g.words(&[DATA + 0x8_0000, 0, 0x8000]);
    assert_eq!(g.call(132, &[stack, 0]), 0);
    act(&mut g, 10, SA_ONSTACK, 0);
    act(&mut g, 12, SA_ONSTACK, 0);
    g.call(130, &[1, 10]);
    g.deliver();
    let first = g.vcpu.regs.sp;
    assert!((DATA + 0x8_0000..DATA + 0x8_8000).contains(&first));
    assert_eq!(g.call(132, &[stack, 0]), e::PERM, "in use");
    let out = g.room(24);
    assert_eq!(g.call(132, &[0, out]), 0);
    assert_eq!(g.half(out + 8), 1, "SS_ONSTACK");
    g.call(130, &[1, 12]);
    g.deliver();
    assert!(g.vcpu.regs.sp < first && g.vcpu.regs.sp > DATA + 0x8_0000);
    g.call_unchecked(139, &[]);
    assert_eq!(g.vcpu.regs.sp, first);
    g.call_unchecked(139, &[]);
    assert_eq!(g.vcpu.regs.sp, DATA_END);
    assert_eq!(g.call(132, &[0, out]), 0);
    assert_eq!((g.word(out), g.half(out + 8), g.word(out + 16)), (DATA + 0x8_0000, 0, 0x8000));
}

#[test]
fn no_room_for_a_frame_and_a_bad_frame_are_the_end() {
    let mut g = Guest::new();
    act(&mut g, 10, 0, 0);
    g.vcpu.regs.sp = NOWHERE;
    g.call(130, &[1, 10]);
    g.deliver();
    assert_eq!(g.k.ended(), Some(EndStatus::Signalled(11)));
    for sp in [NOWHERE, DATA + 8, DATA, u64::MAX, u64::MAX - 15] {
        let mut g = Guest::new();
        g.vcpu.regs.sp = sp;
        g.call(139, &[]);
        g.deliver();
        assert_eq!(g.k.ended(), Some(EndStatus::Signalled(11)), "{sp:x}");
    }
}

#[test]
fn a_fault_cannot_be_held_back() {
    let fault = FaultSignal { signo: 11, code: 1, addr: 0x1234, esr: 0x9200_0046 };
    let mut g = Guest::new();
    act(&mut g, 11, SA_SIGINFO, 0);
    g.k.raise_fault(fault);
    g.deliver();
    let sp = g.vcpu.regs.sp;
    assert_eq!((g.word(sp + 16), g.word(sp + 304), g.word(sp + 1128)), (0x1234, 0x1234, 0x9200_0046));
    // Inside the handler it is blocked: the next one kills.
    g.k.raise_fault(fault);
    g.deliver();
    assert_eq!(g.k.ended(), Some(EndStatus::Signalled(11)));
}

#[test]
fn an_interrupted_call_starts_again_if_the_action_says_so() {
    for (flags, restarts) in [(SA_RESTART, true), (0, false)] {
        let mut g = Guest::new();
        let (pair, buf) = (g.room(8), g.room(8));
        g.call(59, &[pair, 0]);
        let reader = u64::from(g.half(pair));
        act(&mut g, 10, flags, 0);
        // A signal that is there when the call would wait.
        g.call(130, &[1, 10]);
        let pc = g.vcpu.regs.pc;
        let ret = g.call(63, &[reader, buf, 8]);
        assert_eq!(ret, if restarts { -512 } else { e::INTR });
        let told = g.log.svcs.last().unwrap().flags.0 & SvcFlags::RESTARTED != 0;
        assert_eq!(told, restarts);
        g.deliver();
        g.call_unchecked(139, &[]);
        let (at, x0) = if restarts { (pc - 4, reader.cast_signed()) } else { (pc, e::INTR) };
        assert_eq!((g.vcpu.regs.pc, g.vcpu.x(0).cast_signed()), (at, x0));
    }
}

#[test]
fn what_does_not_wait_is_not_interrupted() {
    let mut g = Guest::new();
    act(&mut g, 10, 0, 0);
    let fd = g.file("f", b"data");
    let (buf, path, lock) = (g.room(8), g.text("/f"), g.words(&[0; 4]));
    g.call(130, &[1, 10]);
    for (nr, args, want) in [
        (63, [fd, buf, 4, 0], 4),
        (64, [fd, buf, 4, 0], 4),
        (56, [super::FDCWD, path, 0, 0], 1),
        (25, [fd, 6, lock, 0], 0),
        (32, [fd, 6, 0, 0], 0),
        (32, [fd, 2, 0, 0], 0),
    ] {
        assert_eq!(g.call(nr, &args), want, "{nr}");
    }
}

#[test]
fn a_lock_that_somebody_else_has_is_waited_for_until_a_signal_comes() {
    let mut g = Guest::new();
    act(&mut g, 10, 0, 0);
    let (first, second) = (g.file("f", b"data"), g.open("/f"));
    assert_eq!(g.call(32, &[first, 2]), 0);
    g.call(130, &[1, 10]);
    assert_eq!(g.call(32, &[second, 2]), e::INTR);
    assert_eq!(g.call(32, &[second, 2 | 4]), e::AGAIN);
}

#[test]
fn a_call_that_never_starts_again_answers_eintr() {
    let mut g = Guest::new();
    act(&mut g, 10, SA_RESTART, 0);
    let (long, left) = (g.words(&[1000, 0]), g.room(16));
    g.call(130, &[1, 10]);
    assert_eq!(g.call(101, &[long, left]), e::INTR);
    assert!((998..=1000).contains(&g.word(left)));
    g.deliver();
    g.call(130, &[1, 10]);
    assert_eq!(g.call(129, &[1, 0]), 0);
}

#[test]
fn waiting_under_another_mask_lets_its_signals_in_and_restores_the_mask() {
    let set = bit(10);
    for nr in [133u64, 73, 72] {
        let mut g = Guest::new();
        act(&mut g, 10, 0, 0);
        block(&mut g, set);
        g.call(130, &[1, 10]);
        g.deliver();
        assert!(g.log.signals.is_empty());
        let empty = g.words(&[0]);
        let pair = g.words(&[empty, 8]);
        let args = match nr {
            133 => [empty, 8, 0, 0, 0, 0],
            73 => [0, 0, 0, empty, 8, 0],
            _ => [0, 0, 0, 0, 0, pair],
        };
        assert_eq!(g.call(nr, &args), e::INTR, "{nr}");
        g.deliver();
        assert_eq!(g.log.signals.len(), 1);
        assert_eq!(mask(&mut g), bit(10), "in the handler: the old mask and the signal itself");
        g.call_unchecked(139, &[]);
        assert_eq!(mask(&mut g), set, "{nr}");
    }
    // A wait that ends otherwise leaves the mask as it was.
    let mut g = Guest::new();
    block(&mut g, set);
    let (empty, zero) = (g.words(&[0]), g.words(&[0, 0]));
    assert_eq!(g.call(73, &[0, 0, zero, empty, 8]), 0);
    assert_eq!(mask(&mut g), set);
}

#[test]
fn sigtimedwait_takes_what_waits_or_times_out() {
    let mut g = Guest::new();
    block(&mut g, bit(10) | bit(40));
    let (info, set, zero) = (g.room(128), g.words(&[bit(10) | bit(40)]), g.words(&[0, 0]));
    assert_eq!(g.call(137, &[set, info, zero, 8]), e::AGAIN);
    let value = g.words(&[0; 16]);
    g.poke(value + 8, &[0xFF; 4]);
    assert_eq!(g.call(138, &[1, 40, value]), 0);
    g.call(130, &[1, 10]);
    assert_eq!(g.call(137, &[set, info, zero, 8]), 10);
    assert_eq!(g.call(137, &[set, info, 0, 8]), 40);
    assert_eq!((g.half(info), g.half(info + 8)), (40, u32::MAX));
    assert_eq!(g.call(137, &[set, info, zero, 4]), e::INVAL);
    assert_eq!(g.call(137, &[NOWHERE, info, zero, 8]), e::FAULT);
}

#[test]
fn ignored_signals_do_not_wait_and_default_ones_end_the_process() {
    let mut g = Guest::new();
    let ignore = g.words(&[1, 0, 0, 0]);
    assert_eq!(g.call(134, &[15, ignore, 0, 8]), 0);
    for signo in [15, 17, 18, 28] {
        g.call(130, &[1, signo]);
        g.deliver();
    }
    assert!(g.log.signals.is_empty() && g.k.ended().is_none());
    for (signo, action) in
        [(1, SignalAction::Terminated), (6, SignalAction::Core), (9, SignalAction::Terminated)]
    {
        let mut g = Guest::new();
        g.call(129, &[1, signo]);
        g.deliver();
        assert_eq!(g.k.ended(), Some(EndStatus::Signalled(u32::try_from(signo).unwrap())));
        assert_eq!(g.log.signals[0].action, action);
    }
}

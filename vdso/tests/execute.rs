//! The trampolines executed on the software CPU: what they compute, why they leave, and whether the classifier
//! reads that from the registers. The CPU knows the branch that was taken; the classifier must agree with it.

#[path = "../../cpu/tests/support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use cpu::{Core, Counter, Exit, State};
use support::Flat;

use vdso::anchor::VvarImage;
use vdso::layout::{PAGE_ADDR, VVAR, VVAR_ATTENTION, VVAR_SEQ};
use vdso::{
    Anchor, Branch, Confidence, FallbackRegs, Function, Image, Layout, Params, Reason, Revision, Timespec,
    VvarHead, branch_reason, build, classify,
};

/// Where the caller's `bl` would return to: a BRK.
const CALLER: u64 = 0x2000;
/// Two result buffers of the caller, and what they hold before.
const OUT: u64 = 0x4000;
const OUT2: u64 = 0x4100;
const FILL: u8 = 0xA5;

const SEC: u64 = 1_000_000_000;

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    /// It returned this.
    Returned(u64),
    /// It reached the SVC.
    Fallback(Fallback),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Fallback {
    svc: u16,
    regs: FallbackRegs,
    branch: u16,
}

/// A CPU with the page and nothing else.
struct Machine {
    core: Core,
    state: State,
    memory: Flat,
    layout: Layout,
}

impl Machine {
    fn new(image: &Image) -> Machine {
        let memory = Flat::new(17);
        memory.poke(PAGE_ADDR, &image.bytes);
        memory.poke_words(CALLER, &[0xD420_0000]);
        let mut state = State::default();
        state.set_x(30, CALLER);
        Machine { core: Core::new(), state, memory, layout: *image.layout() }
    }

    fn of(revision: Revision) -> Machine {
        Machine::new(&build(&Params { revision, ..Params::default() }).expect("24 MHz is in range"))
    }

    fn set_vvar(&self, vvar: &VvarImage) {
        self.memory.poke(PAGE_ADDR + u64::from(VVAR), &vvar.to_bytes());
    }

    fn set_half(&self, offset: u16, value: u32) {
        self.memory.poke(PAGE_ADDR + u64::from(VVAR + offset), &value.to_le_bytes());
    }

    /// Prepares a call; all other registers stay as the last call left them.
    fn enter(&mut self, function: Function, args: [u64; 2], cntvct: u64) {
        self.state.counter = Counter { base: cntvct, at: 0, rate: 0 };
        self.state.set_x(0, args[0]);
        self.state.set_x(1, args[1]);
        self.state.set_pc(PAGE_ADDR + u64::from(self.layout.function(function).offset));
        self.memory.poke(OUT, &[FILL; 0x110]);
    }

    /// Executes one instruction; true while the call goes on.
    fn step(&mut self) -> bool {
        let pc = self.state.pc();
        let svc = self.layout.functions().iter().any(|f| PAGE_ADDR + u64::from(f.svc) == pc);
        !svc && pc != CALLER && self.core.run(&mut self.state, &self.memory, 1) == Exit::Budget
    }

    fn finish(&mut self) -> End {
        match self.core.run(&mut self.state, &self.memory, 100) {
            Exit::Breakpoint { imm: 0 } => {
                assert_eq!(self.state.pc(), CALLER);
                End::Returned(self.state.x(0))
            }
            Exit::Svc { imm: 0 } => {
                let offset = |addr: u64| u16::try_from(addr - PAGE_ADDR).expect("in the page");
                let regs = FallbackRegs { x: std::array::from_fn(|n| self.state.x(n)) };
                let branch = offset(self.state.last_branch());
                End::Fallback(Fallback { svc: offset(self.state.pc() - 4), regs, branch })
            }
            exit => panic!("{exit:?} at {:#x}", self.state.pc()),
        }
    }

    fn call(&mut self, function: Function, args: [u64; 2], cntvct: u64) -> End {
        self.enter(function, args, cntvct);
        self.finish()
    }

    fn word(&self, addr: u64) -> u64 {
        u64::from_le_bytes(self.memory.peek(addr, 8).try_into().expect("eight bytes"))
    }

    fn pair(&self, addr: u64) -> (u64, u64) {
        (self.word(addr), self.word(addr + 8))
    }
}

const fn anchor(cntvct: u64, mono: (i64, i64), real: (i64, i64)) -> Anchor {
    Anchor {
        cntvct,
        mono: Timespec { sec: mono.0, nsec: mono.1 },
        real: Timespec { sec: real.0, nsec: real.1 },
    }
}

/// What a clock reads by the formula.
fn interpolate(layout: &Layout, base: Timespec, cycles: u64) -> (u64, u64) {
    let nanos = u128::from(base.nsec.cast_unsigned()) + layout.nanos(cycles);
    let split = |n: u128| u64::try_from(n).expect("a sane anchor");
    (base.sec.cast_unsigned() + split(nanos / u128::from(SEC)), split(nanos % u128::from(SEC)))
}

/// A sequence of numbers that is the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let index = usize::try_from(self.below(from.len() as u64)).expect("a small number");
        from[index]
    }
}

const ANCHOR: u64 = 0x7000_0000;

fn seeded(seq: u32, attention: u32) -> VvarImage {
    VvarImage { seq, attention, anchor: anchor(ANCHOR, (100, 999_999_999), (1_700_000_000, 5)) }
}

#[test]
fn every_branch_is_taken_and_recognised() {
    for revision in Revision::ALL {
        let mut taken = BTreeSet::new();
        let mut machine = Machine::of(revision);
        let layout = machine.layout;
        let cap = 1_u64 << layout.age_shift;
        let mut check = |machine: &mut Machine, function, args: [u64; 2], cntvct, vvar: VvarImage| {
            machine.set_vvar(&vvar);
            for n in 2..13 {
                machine.state.set_x(n, 0xDEAD_0000 + n as u64);
            }
            let End::Fallback(found) = machine.call(function, args, cntvct) else {
                panic!("{revision:?}: {function:?} {args:?} at {cntvct:#x} with {vvar:?} returned");
            };
            let laid = layout.function(function);
            assert_eq!(found.svc, laid.svc);
            assert_eq!(found.regs.x[8], u64::from(laid.nr));
            assert_eq!(found.regs.x[..2], args, "the SVC sees the caller's arguments");
            if matches!(function, Function::ClockGettime | Function::Gettimeofday) {
                assert_eq!(found.regs.x[9], cntvct, "the host seeds from x9");
            }
            let head = VvarHead { seq: vvar.seq, attention: vvar.attention };
            let classified = classify(&layout, found.svc, &found.regs, Some(head)).expect("a fallback");
            assert_eq!(classified.branch_offset, Some(found.branch), "{revision:?} {function:?} {found:x?}");
            assert_eq!(branch_reason(&layout, found.branch), Some((function, classified.reason)));
            assert_eq!(machine.memory.peek(OUT, 0x110), [FILL; 0x110], "a fallback writes nothing");
            taken.insert(found.branch);
        };
        let clocks =
            [(Function::ClockGettime, 0), (Function::ClockGettime, 1), (Function::Gettimeofday, OUT)];
        for (function, first) in clocks {
            let args = [first, OUT2];
            for mask in 1..8 {
                check(&mut machine, function, args, ANCHOR, seeded(2, mask));
            }
            check(&mut machine, function, args, ANCHOR, seeded(0, 0));
            for seq in [1, 3, 9, 0xFFFF_FFFF] {
                check(&mut machine, function, args, ANCHOR, seeded(seq, 0));
            }
            for cntvct in [ANCHOR - 1, 0] {
                check(&mut machine, function, args, cntvct, seeded(2, 0));
            }
            for delta in [cap, cap + 1, 1000 * cap, u64::MAX - ANCHOR] {
                check(&mut machine, function, args, ANCHOR + delta, seeded(4, 0));
            }
        }
        for id in [2, 3, 7, 0xFFFF_FFFF, 0xFFFF_FFFF_0000_0002] {
            check(&mut machine, Function::ClockGettime, [id, OUT], ANCHOR, seeded(2, 0));
        }
        for id in [2, 3, 8, 0xFFFF_FFFA] {
            check(&mut machine, Function::ClockGetres, [id, OUT], ANCHOR, seeded(2, 0));
        }
        if revision != Revision::Seqlock {
            check(&mut machine, Function::ClockGetres, [5, OUT], ANCHOR, seeded(2, 0));
            check(&mut machine, Function::ClockGetres, [6, OUT], ANCHOR, seeded(2, 0));
        }
        for attention in [1, 2, 4] {
            check(&mut machine, Function::ClockGetres, [1, OUT], ANCHOR, seeded(2, attention));
            check(&mut machine, Function::Getcpu, [OUT, OUT2], ANCHOR, seeded(2, attention));
        }
        let races = layout.branches().iter().filter(|branch| branch.reason == Reason::SeqRace);
        taken.extend(races.map(|branch| branch.offset));
        let all: BTreeSet<_> = layout.branches().iter().map(|branch| branch.offset).collect();
        assert_eq!(taken, all, "{revision:?}; the races are taken by the test of interleavings");
    }
}

/// The instructions of a function that read vvar, as their distance in words from its start.
fn reads(layout: &Layout, function: Function) -> Vec<u64> {
    let laid = layout.function(function);
    let reads = layout.listing().filter(|(pc, _, _)| laid.contains(*pc)).enumerate();
    reads.filter(|(_, (_, _, text))| text.starts_with("ld")).map(|(index, _)| index as u64).collect()
}

/// All ways to place `steps` steps, in order, into `gaps` gaps: for each step its gap.
fn placements(steps: usize, gaps: usize) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    for _ in 0..steps {
        all = all
            .into_iter()
            .flat_map(|placed: Vec<usize>| {
                let first = placed.last().copied().unwrap_or(0);
                (first..gaps).map(move |gap| placed.iter().copied().chain([gap]).collect())
            })
            .collect();
    }
    all
}

/// The anchor before and after a publication that runs against a reader, and the counter that the reader sees.
const OLD: Anchor = anchor(ANCHOR, (100, 10), (1_700_000_000, 20));
const NEW: Anchor = anchor(ANCHOR + 1_000_000, (900, 30), (1_800_000_000, 40));
const NOW: u64 = ANCHOR + 2_000_000;

/// Makes the step of a publication over the sequence word `seq`: odd word, five fields, even word.
fn publish_step(machine: &Machine, seq: u32, step: usize) {
    match step {
        0 => machine.set_half(VVAR_SEQ, seq + 1),
        6 => machine.set_half(VVAR_SEQ, seq + 2),
        _ => {
            let bytes = VvarImage { seq: 0, attention: 0, anchor: NEW }.to_bytes();
            let at = 8 * step;
            machine.memory.poke(PAGE_ADDR + u64::from(VVAR) + at as u64, &bytes[at..at + 8]);
        }
    }
}

/// One reading of the wall clock while a publication takes its steps before the reads that `placed` names.
fn read_against_publisher(machine: &mut Machine, function: Function, seq: u32, placed: &[usize]) -> End {
    let reads = reads(&machine.layout, function);
    machine.set_vvar(&VvarImage { seq, attention: 0, anchor: OLD });
    machine.enter(function, if function == Function::ClockGettime { [0, OUT] } else { [OUT, 0] }, NOW);
    let base = PAGE_ADDR + u64::from(machine.layout.function(function).offset);
    let (mut read, mut step) = (0, 0);
    loop {
        // Control flow skips words in front of the reads; the PC tells which read comes next.
        if reads.get(read).is_some_and(|word| machine.state.pc() == base + 4 * word) {
            while placed.get(step).is_some_and(|&gap| gap <= read) {
                publish_step(machine, seq, step);
                step += 1;
            }
            read += 1;
        }
        if !machine.step() {
            return machine.finish();
        }
    }
}

/// All readings of a clock against a publication: how many were torn, how many left for a race.
fn all_orders(machine: &mut Machine, function: Function) -> (u32, u32) {
    let layout = machine.layout;
    let (mut torn, mut raced) = (0, 0);
    // Five instructions read vvar, so a step of the writer falls into one of six gaps.
    assert_eq!(reads(&layout, function).len(), 5);
    let placements = placements(7, 6);
    assert_eq!(placements.len(), 792);
    for (seq, placed) in [0, 2].into_iter().flat_map(|seq| placements.iter().map(move |p| (seq, p))) {
        match read_against_publisher(machine, function, seq, placed) {
            End::Returned(x0) => {
                assert_eq!(x0, 0);
                let sane = [OLD, NEW].map(|anchor| {
                    let (sec, nsec) = interpolate(&layout, anchor.real, NOW - anchor.cntvct);
                    if function == Function::ClockGettime { (sec, nsec) } else { (sec, nsec / 1000) }
                });
                torn += u32::from(!sane.contains(&machine.pair(OUT)));
            }
            End::Fallback(found) => {
                let (_, reason) = branch_reason(&layout, found.branch).expect("a known branch");
                let classified = classify(&layout, found.svc, &found.regs, None).expect("a fallback");
                let expected = match classified.confidence {
                    Confidence::Ambiguous => Reason::WriterOdd,
                    Confidence::Exact | Confidence::Inferred => classified.reason,
                };
                assert_eq!(reason, expected, "{function:?} {placed:?} {found:x?}");
                raced += u32::from(reason == Reason::SeqRace);
            }
        }
    }
    (torn, raced)
}

#[test]
fn no_order_of_a_reader_and_a_publisher_tears_a_reading() {
    for revision in Revision::ALL {
        for function in [Function::ClockGettime, Function::Gettimeofday] {
            let (torn, raced) = all_orders(&mut Machine::of(revision), function);
            assert!(torn == 0 && raced > 0, "{revision:?} {function:?}: {torn} torn, {raced} raced");
        }
    }
}

#[test]
fn without_its_recheck_a_trampoline_is_caught_tearing() {
    for function in [Function::ClockGettime, Function::Gettimeofday] {
        let mut machine = Machine::of(Revision::Carry);
        let races = |b: &&Branch| b.function == function && b.reason == Reason::SeqRace;
        let race = *machine.layout.branches().iter().find(races).expect("every revision rechecks");
        // NOP
        machine.memory.poke_words(PAGE_ADDR + u64::from(race.offset), &[0xD503_201F]);
        let (torn, raced) = all_orders(&mut machine, function);
        assert!(torn > 0 && raced == 0, "{function:?}: {torn} torn, {raced} raced");
    }
}

#[test]
fn leftovers_of_earlier_calls_do_not_mislead_the_classifier() {
    for revision in Revision::ALL {
        // A machine that has run for days, and one that has just been switched on.
        let (exits, ambiguous) = carried_over(revision, 1 << 42, 25_000, 3);
        assert!(exits > 12_000 && ambiguous > 500, "{revision:?}: {exits} exits, {ambiguous} ambiguous");
        let (exits, _) = carried_over(revision, 20_000, 25_000, 4);
        assert!(exits > 8_000, "{revision:?}: {exits} exits");
    }
}

/// Calls at random, each with the registers of the one before; the counter starts at `now` and never goes
/// back. Checks each exit; returns how many there were, and how many of them the registers left open.
fn carried_over(revision: Revision, mut now: u64, rounds: u32, seed: u64) -> (u32, u32) {
    let mut random = Random(seed);
    let mut machine = Machine::of(revision);
    let layout = machine.layout;
    let (mut exits, mut ambiguous) = (0, 0);
    for _ in 0..rounds {
        now += random.below(40);
        let function = random.pick(&[Function::ClockGettime, Function::Gettimeofday]);
        let first = if function == Function::ClockGettime { random.pick(&[0, 1, 1, 0, 2, 7]) } else { OUT };
        let seq = random.pick(&[0, 1, 2, 2, 2, 3, 4, 4, 6, 7, 8, 9, 101, 102]);
        let attention = random.pick(&[0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 7]);
        let cntvct = match random.below(6) {
            0 => now + 1 + random.below(60),
            1 => now.saturating_sub(random.below(60) << layout.age_shift),
            2 => now.saturating_sub(1000 << layout.age_shift),
            _ => now.saturating_sub(random.below(1 << layout.age_shift)),
        };
        // No anchor is older than the first moments of the machine.
        let cntvct = cntvct.max(1000);
        let vvar = VvarImage { seq, attention, anchor: anchor(cntvct, (3, 500), (4, 999_999_990)) };
        machine.set_vvar(&vvar);
        machine.enter(function, [first, OUT2], now);
        // Now and then another generation just before the recheck.
        let raced = random.below(3) == 0;
        if raced {
            let races = |b: &&Branch| b.function == function && b.reason == Reason::SeqRace;
            let race = layout.branches().iter().find(races).expect("every revision rechecks");
            let recheck = PAGE_ADDR + u64::from(race.offset) - 8;
            while machine.state.pc() != recheck && machine.step() {}
            machine.set_half(VVAR_SEQ, seq.wrapping_add(random.pick(&[1, 2])));
        }
        let End::Fallback(found) = machine.finish() else { continue };
        exits += 1;
        let (_, truth) = branch_reason(&layout, found.branch).expect("a known branch");
        // What a host sees that cannot read vvar, and one that can, unless it has changed.
        let head = VvarHead { seq: vvar.seq, attention: vvar.attention };
        for head in [None, (!raced).then_some(head)] {
            let classified = classify(&layout, found.svc, &found.regs, head).expect("a fallback");
            if classified.confidence == Confidence::Ambiguous {
                assert_eq!(head, None);
                assert!(matches!(truth, Reason::Attention | Reason::WriterOdd) && found.regs.x[3] <= 7);
                ambiguous += 1;
            } else {
                assert_eq!(classified.reason, truth, "{revision:?} {function:?} {found:x?} {vvar:?}");
                assert_eq!(classified.branch_offset, Some(found.branch));
            }
        }
    }
    (exits, ambiguous)
}

#[test]
fn clocks_read_what_the_formula_says() {
    let mut random = Random(2);
    for revision in Revision::ALL {
        for cntfrq in [1 << 22, 24_000_000, 62_500_000, 1_000_000_000, 3_000_000_000] {
            let mut machine = Machine::new(&build(&Params { revision, cntfrq }).expect("in range"));
            let layout = machine.layout;
            let cap = 1 << layout.age_shift;
            for round in 0..200 {
                // The corners first: no delta and the longest, no nanoseconds and the most.
                let delta = match round {
                    0 | 1 => 0,
                    2 | 3 => cap - 1,
                    _ => random.below(cap),
                };
                let nsec = match round {
                    0 | 2 => 0,
                    1 | 3 => SEC - 1,
                    _ => random.below(SEC),
                };
                let start = random.next() >> 1;
                let time = |sec: u64| (sec.cast_signed(), nsec.cast_signed());
                let vvar = VvarImage {
                    seq: 2 + 2 * u32::try_from(round).expect("a small number"),
                    attention: 0,
                    anchor: anchor(start, time(random.below(1 << 32)), time(random.below(1 << 40))),
                };
                machine.set_vvar(&vvar);
                for (id, base) in [(0, vvar.anchor.real), (1, vvar.anchor.mono)] {
                    // The upper half of the argument register is not part of a clockid_t.
                    let id = id | random.next() << 32;
                    let end = machine.call(Function::ClockGettime, [id, OUT], start + delta);
                    assert_eq!(end, End::Returned(0), "{revision:?} at {cntfrq} Hz, {vvar:?} + {delta}");
                    let expected = interpolate(&layout, base, delta);
                    assert_eq!(
                        machine.pair(OUT),
                        expected,
                        "{revision:?} at {cntfrq} Hz, {vvar:?} + {delta}"
                    );
                }
                let end = machine.call(Function::Gettimeofday, [OUT, OUT2], start + delta);
                assert_eq!(end, End::Returned(0));
                let (sec, nsec) = interpolate(&layout, vvar.anchor.real, delta);
                assert_eq!(machine.pair(OUT), (sec, nsec / 1000));
                assert_eq!(machine.word(OUT2), 0);
            }
        }
    }
}

#[test]
fn optional_results_may_be_null() {
    let untouched = u64::from_le_bytes([FILL; 8]);
    for revision in Revision::ALL {
        let mut machine = Machine::of(revision);
        machine.set_vvar(&seeded(2, 0));
        let now = ANCHOR + 24;
        assert_eq!(machine.call(Function::Gettimeofday, [0, OUT], now), End::Returned(0));
        assert_eq!(machine.pair(OUT), (0, untouched), "struct timezone is two ints");
        assert_eq!(machine.call(Function::Gettimeofday, [OUT, 0], now), End::Returned(0));
        assert_eq!(machine.pair(OUT), (1_700_000_000, 1));
        assert_eq!(machine.call(Function::Gettimeofday, [0, 0], now), End::Returned(0));

        let ids: &[u64] = if revision == Revision::Seqlock { &[0, 1, 4, 5, 6, 7] } else { &[0, 1, 4, 7] };
        for &id in ids {
            assert_eq!(machine.call(Function::ClockGetres, [id, OUT], now), End::Returned(0));
            assert_eq!(machine.pair(OUT), (0, 1), "{revision:?}, clock {id}");
            assert_eq!(machine.call(Function::ClockGetres, [id, 0], now), End::Returned(0));
        }
        for (args, words) in
            [([OUT, OUT2], (0, 0)), ([OUT, 0], (0, FILL)), ([0, OUT2], (FILL, 0)), ([0, 0], (FILL, FILL))]
        {
            assert_eq!(machine.call(Function::Getcpu, args, now), End::Returned(0));
            let first = [words.0, words.0, words.0, words.0, FILL];
            let second = [words.1, words.1, words.1, words.1, FILL];
            assert_eq!(machine.memory.peek(OUT, 5), first);
            assert_eq!(machine.memory.peek(OUT2, 5), second);
        }
        // Without an anchor the calls that need none are still served.
        machine.set_vvar(&VvarImage::default());
        assert_eq!(machine.call(Function::Getcpu, [OUT, OUT2], now), End::Returned(0));
        assert_eq!(machine.call(Function::ClockGetres, [1, OUT], now), End::Returned(0));
        machine.set_half(VVAR_ATTENTION, 4);
        assert_ne!(machine.call(Function::Getcpu, [OUT, OUT2], now), End::Returned(0));
    }
}

#[test]
fn calls_keep_the_registers_that_callers_rely_on() {
    let mut machine = Machine::of(Revision::Carry);
    machine.set_vvar(&seeded(2, 0));
    for function in Function::ALL {
        for n in 0..30 {
            machine.state.set_x(n, 0x1000 + n as u64);
        }
        let args = if function == Function::ClockGettime { [1, OUT] } else { [OUT2, OUT] };
        let args = if function == Function::ClockGetres { [1, OUT] } else { args };
        assert_eq!(machine.call(function, args, ANCHOR), End::Returned(0), "{function:?}");
        for n in 13..30 {
            assert_eq!(machine.state.x(n), 0x1000 + n as u64, "{function:?} changed x{n}");
        }
        assert_eq!(machine.state.x(1), args[1], "{function:?}");
    }
}

//! What the loop promises whatever the instructions: exact budgets, precise faults, code that changes, counts.

mod support;

use cpu::{Access, Core, Exit, Fault, FaultKind, Regs, State};
use support::{EXEC, Flat, READ, WRITE};

const ADD_X0_1: u32 = 0x9100_0400; // add x0, x0, #1
const ADD_X1_1: u32 = 0x9100_0421; // add x1, x1, #1
const SVC: u32 = 0xD400_0001; // svc #0
const RET: u32 = 0xD65F_03C0; // ret
const MOV_X0_7: u32 = 0xD280_00E0; // mov x0, #7

fn state_at(pc: u64) -> State {
    let mut st = State::default();
    st.set_regs(&Regs { pc, sp: 0x8000, ..Regs::default() });
    st
}

#[test]
fn budget_is_exact_from_everywhere() {
    let mem = Flat::new(16);
    mem.poke_words(0x1000, &[ADD_X0_1, ADD_X1_1, ADD_X0_1, 0x17FF_FFFD]);
    for quantum in 1..=13 {
        let mut core = Core::new();
        let mut st = state_at(0x1000);
        for round in 1..=200 {
            assert_eq!(core.run(&mut st, &mem, quantum), Exit::Budget);
            assert_eq!(st.icount, round * quantum);
            assert_eq!(st.pc(), 0x1000 + st.icount % 4 * 4);
            assert_eq!(st.x(0), st.icount / 4 * 2 + [0, 1, 1, 2][usize::try_from(st.icount % 4).unwrap()]);
        }
    }
}

#[test]
fn a_comparison_cut_from_its_branch_is_followed_by_the_branch() {
    let mem = Flat::new(16);
    // add x0, x0, #1; cmp x0, #0; b.eq .; cbnz x1, .; add x2, x2, #1; b 0x1000: the CBNZ is a block of one instruction.
    mem.poke_words(0x1000, &[ADD_X0_1, 0xF100_001F, 0x5400_0000, 0xB500_0001, 0x9100_0442, 0x17FF_FFFB]);
    for quantum in 1..=13 {
        let mut core = Core::new();
        let mut st = state_at(0x1000);
        for round in 1..=200 {
            assert_eq!(core.run(&mut st, &mem, quantum), Exit::Budget);
            assert_eq!(st.icount, round * quantum);
            assert_eq!(st.pc(), 0x1000 + st.icount % 6 * 4, "quantum {quantum}");
            assert_eq!(st.x(2), st.icount / 6 + u64::from(st.icount % 6 == 5));
        }
    }
}

#[test]
fn budget_of_zero_does_nothing() {
    let mem = Flat::new(1);
    let mut st = state_at(0x7F_0000);
    assert_eq!(Core::new().run(&mut st, &mem, 0), Exit::Budget);
    assert_eq!(st.icount, 0);
}

#[test]
fn svc_retires_and_brk_does_not() {
    let mem = Flat::new(16);
    mem.poke_words(0x1000, &[ADD_X0_1, 0xD400_0541, ADD_X0_1, 0xD420_0020, 0x0000_BEEF]);
    let mut core = Core::new();
    let mut st = state_at(0x1000);
    assert_eq!(core.run(&mut st, &mem, 100), Exit::Svc { imm: 42 });
    assert_eq!((st.pc(), st.icount), (0x1008, 2));
    assert_eq!(core.run(&mut st, &mem, 100), Exit::Breakpoint { imm: 1 });
    assert_eq!((st.pc(), st.icount), (0x100C, 3));
    st.set_pc(0x1010);
    assert_eq!(core.run(&mut st, &mem, 100), Exit::Undefined { word: 0xBEEF });
    assert_eq!((st.pc(), st.icount), (0x1010, 3));
}

#[test]
fn data_fault_is_precise_and_keeps_the_tag() {
    let mem = Flat::new(16);
    // add x0, x0, #1; str x0, [x2, #8]!; add x1, x1, #1
    mem.poke_words(0x1000, &[ADD_X0_1, 0xF800_8C40, ADD_X1_1, SVC]);
    mem.protect(0x3000, READ);
    let mut st = state_at(0x1000);
    let base = 0xAB00_0000_0000_2FF4;
    st.set_x(2, base);
    let exit = Core::new().run(&mut st, &mem, 100);
    let fault = Fault { addr: 0xAB00_0000_0000_3000, access: Access::Write, kind: FaultKind::Permission };
    assert_eq!(exit, Exit::Fault(fault));
    assert_eq!((st.pc(), st.icount, st.x(0), st.x(1), st.x(2)), (0x1004, 1, 1, 0, base));
    assert_eq!(mem.peek(0x2FF0, 16), [0; 16], "the half of the store below the page must not be written");
}

#[test]
fn fetch_faults() {
    let mem = Flat::new(16);
    mem.poke_words(0x1FF8, &[ADD_X0_1, ADD_X0_1]);
    mem.protect(0x2000, READ | WRITE);
    let mut st = state_at(0x1FF8);
    let fault = Fault { addr: 0x2000, access: Access::Fetch, kind: FaultKind::Permission };
    assert_eq!(Core::new().run(&mut st, &mem, 100), Exit::Fault(fault));
    assert_eq!((st.pc(), st.icount, st.x(0)), (0x2000, 2, 2));
    st.set_pc(0x1002);
    assert_eq!(Core::new().run(&mut st, &mem, 100), Exit::PcAlignment);
    assert_eq!(st.icount, 2);
}

#[test]
fn branch_tags_are_dropped_and_the_last_branch_is_kept() {
    let mem = Flat::new(16);
    mem.poke_words(0x1000, &[ADD_X0_1, RET]);
    mem.poke_words(0x2000, &[SVC]);
    let mut st = state_at(0x1000);
    st.set_x(30, 0x5500_0000_0000_2000);
    assert_eq!(Core::new().run(&mut st, &mem, 100), Exit::Svc { imm: 0 });
    assert_eq!((st.pc(), st.last_branch(), st.icount), (0x2004, 0x1004, 3));
}

#[test]
fn stores_to_code_take_effect_at_once() {
    let mem = Flat::new(16);
    // str w1, [x2]; add x0, x0, #1 <- overwritten by mov x0, #7; svc
    mem.poke_words(0x1000, &[0xB900_0041, ADD_X0_1, SVC]);
    let mut core = Core::new();
    for (word, expected) in [(ADD_X0_1, 1), (MOV_X0_7, 7), (ADD_X0_1, 1), (MOV_X0_7, 7)] {
        let mut st = state_at(0x1000);
        st.set_x(1, u64::from(word));
        st.set_x(2, 0x1004);
        assert_eq!(core.run(&mut st, &mem, 100), Exit::Svc { imm: 0 });
        assert_eq!((st.x(0), st.icount), (expected, 3));
    }
}

#[test]
fn a_function_that_is_rewritten_before_each_call_runs_as_written() {
    let mem = Flat::new(16);
    // str w1, [x2]; bl 0x2000; eor w1, w1, w3; subs x5, x5, #1; b.ne 0x1000; svc
    mem.poke_words(0x1000, &[0xB900_0041, 0x9400_03FF, 0x4A03_0021, 0xF100_04A5, 0x54FF_FF81, SVC]);
    mem.poke_words(0x2000, &[ADD_X0_1, RET]);
    for quantum in [1, 3, 1000] {
        let mut core = Core::new();
        let mut st = state_at(0x1000);
        // add x0, x0, #1 and add x0, x0, #2 in turn
        st.set_x(1, u64::from(ADD_X0_1));
        st.set_x(2, 0x2000);
        st.set_x(3, 0xC00);
        st.set_x(5, 100);
        while core.run(&mut st, &mem, quantum) == Exit::Budget {}
        assert_eq!((st.x(0), st.icount), (150, 100 * 7 + 1));
    }
}

#[test]
fn writes_from_outside_are_noticed_at_entry() {
    let mem = Flat::new(16);
    mem.poke_words(0x1000, &[ADD_X0_1, 0x1400_03FF]);
    mem.poke_words(0x2000, &[ADD_X0_1, SVC]);
    let mut core = Core::new();
    let mut st = state_at(0x1000);
    assert_eq!(core.run(&mut st, &mem, 100), Exit::Svc { imm: 0 });
    assert_eq!(st.x(0), 2);
    mem.poke_words(0x2000, &[MOV_X0_7]);
    st.set_pc(0x1000);
    assert_eq!(core.run(&mut st, &mem, 100), Exit::Svc { imm: 0 });
    assert_eq!((st.x(0), st.icount), (7, 8));
    mem.protect(0x2000, READ);
    st.set_pc(0x1000);
    let fault = Fault { addr: 0x2000, access: Access::Fetch, kind: FaultKind::Permission };
    assert_eq!(core.run(&mut st, &mem, 100), Exit::Fault(fault));
    mem.protect(0x2000, READ | EXEC);
    assert_eq!(core.run(&mut st, &mem, 100), Exit::Svc { imm: 0 });
}

#[test]
fn counts_depend_on_the_guest_alone() {
    let mem = Flat::new(16);
    // Ten rounds of: add x0, x0, #1 [counted]; add x1, x1, #1 [counted]; cmp x0, #10; b.ne; svc
    mem.poke_words(0x1000, &[ADD_X1_1, ADD_X0_1, ADD_X1_1, 0xF100_281F, 0x54FF_FFA1, SVC]);
    for quantum in [1, 2, 3, 4, 5, 7, 1000] {
        for warm in [false, true] {
            let mut core = Core::new();
            if warm {
                core.run(&mut state_at(0x1000), &mem, 1000);
            }
            core.set_counted(&[0x1004, 0x1008, 0x5000]);
            let mut st = state_at(0x1000);
            while core.run(&mut st, &mem, quantum) == Exit::Budget {}
            assert_eq!(st.icount, 1 + 10 * 4 + 1);
            assert_eq!(core.counts(), [10, 10, 0], "quantum {quantum}, warm {warm}");
        }
    }
}

#[test]
fn a_counted_instruction_that_faults_is_not_counted_until_it_retires() {
    let mem = Flat::new(16);
    mem.poke_words(0x1000, &[0xF940_0041, SVC]); // ldr x1, [x2]
    mem.protect(0x3000, 0);
    let mut core = Core::new();
    core.set_counted(&[0x1000]);
    let mut st = state_at(0x1000);
    st.set_x(2, 0x3000);
    assert!(matches!(core.run(&mut st, &mem, 10), Exit::Fault(Fault { kind: FaultKind::Translation, .. })));
    assert_eq!(core.counts(), [0]);
    mem.protect(0x3000, READ);
    assert_eq!(core.run(&mut st, &mem, 10), Exit::Svc { imm: 0 });
    assert_eq!(core.counts(), [1]);
}

#[test]
fn hints_leave_only_on_request() {
    let mem = Flat::new(16);
    mem.poke_words(0x1000, &[0xD503_203F, SVC]); // yield
    let mut core = Core::new();
    assert_eq!(core.run(&mut state_at(0x1000), &mem, 10), Exit::Svc { imm: 0 });
    core.set_hints(true);
    let mut st = state_at(0x1000);
    assert_eq!(core.run(&mut st, &mem, 10), Exit::Hint);
    assert_eq!((st.pc(), st.icount), (0x1004, 1));
}

#[test]
fn the_counter_follows_the_instruction_count() {
    let mem = Flat::new(16);
    // mrs x0, cntvct_el0; nop; mrs x1, cntvct_el0; svc
    mem.poke_words(0x1000, &[0xD53B_E040, 0xD503_201F, 0xD53B_E041, SVC]);
    for quantum in [1, 2, 100] {
        let mut core = Core::new();
        let mut st = state_at(0x1000);
        st.counter = cpu::Counter { base: 1000, at: 0, rate: 1 << 31 };
        st.icount = 10;
        while core.run(&mut st, &mem, quantum) == Exit::Budget {}
        assert_eq!((st.x(0), st.x(1)), (1005, 1006));
    }
}

#[test]
fn a_loop_that_jumps_between_pages_survives_invalidation() {
    let mem = Flat::new(16);
    mem.poke_words(0x1000, &[ADD_X0_1, 0x1400_03FF]);
    mem.poke_words(0x2000, &[ADD_X1_1, 0x17FF_FBFF]);
    let mut core = Core::new();
    let mut st = state_at(0x1000);
    for round in 1..=50 {
        assert_eq!(core.run(&mut st, &mem, 101), Exit::Budget);
        core.invalidate(if round % 2 == 0 { 0x1000..0x1004 } else { 0x2004..0x2008 });
        assert_eq!(st.x(0) + st.x(1), st.icount.div_ceil(2));
    }
}

#[test]
fn a_comparison_and_its_branch_are_the_same_in_one_piece_and_in_two() {
    // subs x3, x1, #7; subs w3, w1, #7; subs x3, x1, x2; subs w3, w1, w2; ands x3, x1, #0x8000000000000007; tst w1, #0x80000007
    let compares = [0xF100_1C23, 0x7100_1C23, 0xEB02_0023, 0x6B02_0023, 0xF241_0C23, 0x7201_0C3F];
    let values = [0, 7, 8, 1 << 31, (1 << 31) + 6, 0x7FFF_FFFF, u64::MAX, 1 << 63, (1 << 63) - 1];
    let mem = Flat::new(16);
    for compare in compares {
        for cond in 0..16 {
            // b.cond to the second SVC
            mem.poke_words(0x1000, &[compare, 0x5400_0040 | cond, SVC, 0xD400_0021]);
            let mut core = Core::new();
            for (a, b) in values.iter().flat_map(|&a| values.iter().map(move |&b| (a, b))) {
                let ends = [1, 2, 3, 100].map(|quantum| {
                    let mut st = state_at(0x1000);
                    st.set_x(1, a);
                    st.set_x(2, b);
                    let exit = loop {
                        match core.run(&mut st, &mem, quantum) {
                            Exit::Budget => {}
                            exit => break exit,
                        }
                    };
                    (exit, st.icount, st.last_branch(), st.regs())
                });
                for end in &ends[1..] {
                    assert_eq!(end, &ends[0], "{compare:#x}, condition {cond}, {a:#x}, {b:#x}");
                }
                assert_eq!(ends[0].1, 3);
            }
        }
    }
}

#[test]
fn a_system_call_opens_the_exclusive_monitor() {
    // ldxr x1, [x2]; svc or nop; stxr w0, x3, [x2]; brk
    for (middle, status) in [(0xD503_201F, 0), (SVC, 1)] {
        let mem = Flat::new(16);
        mem.poke_words(0x1000, &[0xC85F_7C41, middle, 0xC800_7C43, 0xD420_0000]);
        let mut core = Core::new();
        let mut st = state_at(0x1000);
        st.set_x(0, 9);
        st.set_x(2, 0x3000);
        while !matches!(core.run(&mut st, &mem, 100), Exit::Breakpoint { .. }) {}
        assert_eq!(st.x(0), status);
    }
}

/// Random programs end in the same state, at the same instruction, however the budget is cut.
#[test]
fn budgets_do_not_change_what_happens() {
    let mut seed = 0x2545_F491_4F6C_DD1Du64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let mut retired = 0;
    for _ in 0..400 {
        let program: Vec<u32> = (0..128)
            .map(|_| {
                loop {
                    let word = u32::try_from(random() >> 32).expect("32 bits");
                    let word = match random() % 10 {
                        // Data processing; branches of every direct kind within the program; loads and stores off X28 to X30.
                        0..=3 => word & !(7 << 26) | 4 << 26,
                        4..=5 => word & !(7 << 25) | 5 << 25,
                        6 => 0x5400_0000 | word & 0x0000_00EF,
                        7 => {
                            [0x3400_0000, 0xB500_0000, 0x3600_0000, 0x1400_0000]
                                [usize::try_from(word >> 30).expect("2 bits")]
                                | word & 0xFF
                        }
                        8 => 0x7100_0000 | word & 0x003F_FFFF,
                        _ => 0xF940_0380 | word & 0x4040_0C7F,
                    };
                    if !cpu::decode_undefined(word) {
                        break word;
                    }
                }
            })
            .collect();
        let mut start = Regs { pc: 0x1000, sp: 0x4100, ..Regs::default() };
        start.x.fill_with(|| random() >> (random() & 63));
        start.x[28..].fill(0x4000);
        let ends = [1, 2, 3, 7, 64, 1000].map(|quantum| {
            let mem = Flat::new(16);
            mem.poke_words(0x1000, &program);
            let mut st = State::default();
            st.set_regs(&start);
            let mut core = Core::new();
            core.set_counted(&[0x1020, 0x1024]);
            let mut left = 1000;
            let mut exit = Exit::Budget;
            while left > 0 && exit == Exit::Budget {
                let before = st.icount;
                exit = core.run(&mut st, &mem, quantum.min(left));
                left -= st.icount - before;
            }
            (exit, st.icount, st.last_branch(), core.counts().to_vec(), st.regs(), mem.peek(0x4000, 0x400))
        });
        for end in &ends[1..] {
            assert_eq!(end, &ends[0], "{program:08x?}");
        }
        retired += ends[0].1;
    }
    assert!(retired > 50_000, "the programs stop too soon to tell: {retired}");
}

/// A compiled program (`vectors/branchy.c`) computes what another CPU does, in the same number of instructions and with the
/// same last branch and counts, under every quantum.
#[test]
fn a_branchy_program_is_the_same_under_every_quantum() {
    let words: Vec<u32> = include_str!("vectors/branchy.words")
        .split_whitespace()
        .map(|word| u32::from_str_radix(word, 16).expect("a word"))
        .collect();
    let ends = [u64::MAX, 1, 2, 3, 5, 7, 11, 64, 1009].map(|quantum| {
        let mem = Flat::new(16);
        mem.poke_words(0, &words);
        let mut st = State::default();
        let mut regs = Regs { sp: 0xF000, ..Regs::default() };
        (regs.x[0], regs.x[1]) = (30, 0x8000);
        st.set_regs(&regs);
        let mut core = Core::new();
        core.set_counted(&[4 * (words.len() as u64 / 2), 4 * (words.len() as u64 / 3)]);
        let mut exit = Exit::Budget;
        while exit == Exit::Budget && st.icount < 10_000_000 {
            exit = core.run(&mut st, &mem, quantum.min(10_000_000));
        }
        assert_eq!((exit, st.x(0)), (Exit::Svc { imm: 0 }, 0x5D83_543E_2345_3922), "quantum {quantum}");
        (st.icount, st.last_branch(), core.counts().to_vec(), st.regs())
    });
    for end in &ends[1..] {
        assert_eq!(end, &ends[0]);
    }
    assert!(
        ends[0].2.iter().all(|&count| count > 0),
        "the counted addresses are on the way: {:?}",
        ends[0].2
    );
}

/// Code in which every fifth instruction branches, as in compiled programs, costs less than 32 bytes an instruction with
/// the blocks and the ways to find them.
#[test]
fn predecoded_code_is_small() {
    const WORDS: usize = 40_000;
    // add x0, x0, #1, and b to the next word as the fifth.
    let mut words: Vec<u32> =
        (0..WORDS).map(|at| if at % 5 == 4 { 0x1400_0001 } else { 0x9100_0400 }).collect();
    words.push(0xD420_0020);
    let mem = Flat::new(WORDS * 4 / 4096 + 1);
    mem.poke_words(0, &words);
    let (mut core, mut st) = (Core::new(), State::default());
    assert_eq!(core.run(&mut st, &mem, u64::MAX), Exit::Breakpoint { imm: 1 });
    let (insns, bytes) = core.footprint();
    assert!(insns > WORDS, "{insns} of {WORDS} instructions were decoded");
    assert!(bytes < insns * 32, "{bytes} bytes for {insns} instructions");
}

/// The best of some tries, which the machine's other work leaves alone.
#[test]
fn a_core_starts_within_a_millisecond() {
    let start = || {
        let begin = std::time::Instant::now();
        let core = Core::new();
        (begin.elapsed(), core.footprint().0)
    };
    let (best, _) = (0..20).map(|_| start()).min().expect("twenty tries");
    assert!(best.as_micros() < 1000, "{best:?}");
}

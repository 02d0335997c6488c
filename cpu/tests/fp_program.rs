//! A whole floating-point program through decoder, block cache and interpreter; `vectors/fp_program.c` is its source.

mod support;

use cpu::{Core, Exit, Regs, State};

#[test]
fn a_floating_point_program_computes_what_a_processor_does() {
    let words: Vec<u32> = include_str!("vectors/fp_program.words")
        .split_whitespace()
        .map(|word| u32::from_str_radix(word, 16).expect("hex"))
        .collect();
    let memory = support::Flat::new(8);
    memory.poke_words(0, &words);
    let (mut state, mut regs) = (State::default(), Regs { sp: 0x7000, ..Regs::default() });
    (regs.x[0], regs.x[1]) = (300, 0x2000);
    state.set_regs(&regs);
    assert_eq!(Core::new().run(&mut state, &memory, u64::MAX), Exit::Svc { imm: 0 });
    let regs = state.regs();
    assert_eq!((regs.x[0], regs.fpsr), (0x26E2_2958_1B30_CC03, 0x1D));
}

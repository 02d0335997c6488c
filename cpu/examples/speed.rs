//! How fast the interpreter is: a sieve, a hash loop over memory and a recursive Fibonacci, 200 rounds.
//!
//! `cargo run --release -p cpu --example speed`

#[path = "../tests/support/mod.rs"]
mod support;

use cpu::{Core, Exit, Regs, State};
use std::time::Instant;

/// The guest, at address 0: sieve of 65,536 bytes; 85,536 rounds of xorshift with a load and a store; fib(18).
const GUEST: &[u32] = &[
    0xD2801914, 0xD2A00020, 0xD2A00021, 0x52800022, 0x38001402, 0xF1000421, 0x54FFFFC1, 0xD2A00020,
    0xD2800043, 0x38636804, 0x34000124, 0x9B037C65, 0xD29FFFE7, 0xEB0700BF, 0x540000A8, 0x3825681F,
    0x8B0300A5, 0xEB0700BF, 0x54FFFFA9, 0x91000463, 0xF104007F, 0x54FFFE81, 0xD2800028, 0xD289C409,
    0xF2A00029, 0xCA083508, 0xCA481D08, 0xCA084508, 0x927D210A, 0xF86A680B, 0x8B0B0108, 0xF82A6808,
    0x36180048, 0x8B08058C, 0xF1000529, 0x54FFFEC1, 0xD2800240, 0x94000004, 0xF1000694, 0x54FFFB41,
    0xD4000001, 0xF100081F, 0x540001A3, 0xA9BE7BFD, 0x910003FD, 0xA90157F3, 0xAA0003F3, 0xD1000660,
    0x97FFFFF9, 0xAA0003F5, 0xD1000A60, 0x97FFFFF6, 0x8B150000, 0xA94157F3, 0xA8C27BFD, 0xD65F03C0,
];

fn main() {
    let memory = support::Flat::new(64);
    memory.poke_words(0, GUEST);
    for _ in 0..5 {
        let mut state = State::default();
        state.set_regs(&Regs { sp: 0x3F000, ..Regs::default() });
        let start = Instant::now();
        let mut core = Core::new();
        let born = start.elapsed();
        let exit = core.run(&mut state, &memory, u64::MAX);
        let seconds = (start.elapsed() - born).as_secs_f64();
        assert_eq!(exit, Exit::Svc { imm: 0 }, "the guest ends with SVC at {:#x}", state.pc());
        let (insns, bytes) = core.footprint();
        let rate = state.icount as f64 / seconds / 1e6;
        let icount = state.icount;
        eprintln!(
            "{icount} instructions, {rate:.0} M/s; started in {born:?}, {insns} predecoded in {bytes} bytes"
        );
    }
}

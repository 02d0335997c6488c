//! Replays `tests/vectors/simd.txt`, digests of real executions, and covers what a digest cannot.

use std::cell::RefCell;

use super::exec_simd;
use crate::decode::simd::decode_simd;
use crate::decode::simd_ldst::decode_simd_ldst;
use crate::exec::simd_mem::exec_simd_mem;
use crate::fp::IXC;
use crate::mem::{Access, Fault, FaultKind, MemError, Memory, Word};
use crate::state::{SP, State, ZR};

/// Where the guest of the vectors has its memory, and how much the digest covers.
const ARENA: u64 = 0x5000_0000;
const ARENA_LEN: usize = 512;

/// Bytes from [`ARENA`] on; beyond them every access faults.
struct Arena(RefCell<Vec<u8>>);

impl Arena {
    fn range(&self, addr: u64, len: u64, access: Access) -> Result<core::ops::Range<usize>, MemError> {
        let end = ARENA + self.0.borrow().len() as u64;
        let bad = (0..len).map(|i| addr + i).find(|at| !(ARENA..end).contains(at));
        match bad {
            Some(addr) => Err(Fault { addr, access, kind: FaultKind::Translation }.into()),
            None => Ok((addr - ARENA) as usize..(addr - ARENA + len) as usize),
        }
    }
}

impl Memory for Arena {
    fn load<T: Word>(&self, addr: u64) -> Result<T, MemError> {
        let mut raw = [0; 16];
        raw[..T::SIZE as usize].copy_from_slice(&self.0.borrow()[self.range(addr, T::SIZE, Access::Read)?]);
        Ok(T::from_u128(u128::from_le_bytes(raw)))
    }
    fn store<T: Word>(&self, addr: u64, value: T) -> Result<(), MemError> {
        let range = self.range(addr, T::SIZE, Access::Write)?;
        self.0.borrow_mut()[range].copy_from_slice(&value.to_u128().to_le_bytes()[..T::SIZE as usize]);
        Ok(())
    }
    fn compare_exchange<T: Word>(&self, _: u64, _: T, _: T) -> Result<T, MemError> {
        unreachable!("no structure access is atomic")
    }
    fn check(&self, addr: u64, len: u64, access: Access) -> Result<(), MemError> {
        self.range(addr, len, access).map(drop)
    }
    fn fetch(&self, _: u64) -> Result<u32, MemError> {
        unreachable!("nothing is fetched")
    }
    fn note_code(&self, _: u64, _: u64) {}
    fn is_code(&self, _: u64) -> bool {
        false
    }
    fn take_stale_code(&self, _: &mut Vec<core::ops::Range<u64>>) {}
}

/// The generator of `simd_guest.c`.
struct Inputs(u64);

#[rustfmt::skip]
const EDGES: [[u64; 16]; 4] = [
    [0, 1, 2, 0x7F, 0x80, 0x81, 0xFF, 0xFE, 0x55, 0xAA, 0x40, 0xC0, 8, 0xF8, 0x10, 0x0F],
    [0, 0x8000, 0x3C00, 0xBC00, 0x7C00, 0xFC00, 0x7E01, 0x7D01, 1, 0x8400, 0x7BFF, 0x3555, 0xC900, 0x7FFF, 0xFFFF, 0x83FF],
    [0, 0x8000_0000, 0x3F80_0000, 0xBF80_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0001, 0x7FA0_0001, 1, 0x8080_0000,
     0x7F7F_FFFF, 0x3EAA_AAAB, 0xC520_1000, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x807F_FFFF],
    [0, 1 << 63, 0x3FF0 << 48, 0xBFF0 << 48, 0x7FF0 << 48, 0xFFF0 << 48, 0x7FF8_0000_0000_0001, 0x7FF4_0000_0000_0001, 1,
     0x8010 << 48, 0x7FEF_FFFF_FFFF_FFFF, 0x3FD5_5555_5555_5555, 0xC0A4_0200_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, u64::MAX,
     0x800F_FFFF_FFFF_FFFF],
];
const FRACTION: [u32; 4] = [3, 10, 23, 52];

impl Inputs {
    /// splitmix64
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    fn half(&mut self, kind: u64) -> u64 {
        let mut r = self.next();
        if kind >= 8 {
            return r;
        }
        let size = (kind & 3) as usize;
        let bits = 8u32 << size;
        let mask = u64::MAX >> (64 - bits);
        let mut out = 0;
        for at in (0..64).step_by(bits as usize) {
            let mut lane;
            if kind < 4 {
                lane = EDGES[size][(r & 15) as usize];
                if r >> 4 & 3 == 0 {
                    lane = self.next() & mask;
                }
            } else {
                let unit = 1u64 << FRACTION[size];
                lane = EDGES[size][2]
                    .wrapping_add((r & 15).wrapping_mul(unit))
                    .wrapping_sub(8u64.wrapping_mul(unit))
                    & mask;
                lane ^= self.next() & (unit - 1);
                lane ^= (r >> 5 & 1) << (bits - 1);
            }
            out |= (lane & mask) << at;
            r = self.next();
        }
        out
    }

    fn state(&mut self, word: u32, fpcr: u32, fpsr: u32) -> (State, Arena) {
        let mut st = State { fpcr, fpsr, ..State::default() };
        let kind = self.next() % 12;
        for v in &mut st.v {
            let k = if self.next().is_multiple_of(4) { self.next() % 12 } else { kind };
            let low = self.half(k);
            *v = u128::from(self.half(k)) << 64 | u128::from(low);
        }
        for x in &mut st.r[..16] {
            *x = self.half(8);
        }
        let bytes = (0..ARENA_LEN / 8).flat_map(|_| self.half(8).to_le_bytes()).collect();
        if word & 0xBE00_0000 == 0x0C00_0000 {
            st.r[(word >> 5 & 15) as usize] = ARENA + 192 + (self.next() & 63);
        }
        (st, Arena(RefCell::new(bytes)))
    }
}

/// Everything an instruction may change, as 32 bits.
fn digest(st: &State, arena: &Arena) -> u32 {
    let vectors = st.v.iter().flat_map(|&v| [v as u64, (v >> 64) as u64]);
    let bytes = arena.0.borrow();
    let memory = bytes.chunks_exact(8).map(|c| c.iter().rev().fold(0, |acc, &b| acc << 8 | u64::from(b)));
    let all = vectors.chain(st.r[..16].iter().copied()).chain(memory).chain([u64::from(st.fpsr)]);
    let mixed = all.fold(0u64, |acc, x| {
        let product = (acc ^ x).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        product ^ product >> 29
    });
    (mixed >> 32) as u32
}

/// Runs a word as one of the two SIMD groups; false if it is undefined.
fn execute(word: u32, st: &mut State, arena: &Arena) -> Result<bool, MemError> {
    if let Some(insn) = decode_simd_ldst(word) {
        exec_simd_mem(&insn, st, arena)?;
    } else if let Some(insn) = decode_simd(word) {
        exec_simd(&insn, st);
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// The result of a line of vectors, as its last field.
fn answer(word: u32, seed: u32, fpcr: u32) -> String {
    let mut inputs = Inputs(u64::from(seed) << 32 | u64::from(word));
    // Shortcuts through the host's FP want FPSR.IXC to be set, so half of the vectors start that way.
    let fpsr = if seed & 0x8000 != 0 { IXC } else { 0 };
    let (mut st, arena) = inputs.state(word, fpcr, fpsr);
    match execute(word, &mut st, &arena) {
        Ok(true) => format!("{:08x}", digest(&st, &arena)),
        Ok(false) => "undef".into(),
        Err(error) => format!("{error:?}"),
    }
}

#[test]
fn vectors_agree_with_the_reference() {
    // Another file of the same form may be named, such as a long run made for the occasion.
    let path = std::env::var("SIMD_VECTORS")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/simd.txt").into());
    let text = std::fs::read_to_string(&path).expect("the vectors are part of the tree");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(' ').collect();
        let &[word, seed, fpcr, want] = &fields[..] else { panic!("malformed: {line}") };
        let number = |text| u32::from_str_radix(text, 16).expect("hexadecimal");
        let got = answer(number(word), number(seed), number(fpcr));
        seen += 1;
        if got != want {
            wrong.push(format!("{line}, got {got}"));
        }
    }
    assert!(seen > 1000, "only {seen} vectors in {path}");
    if let Ok(out) = std::env::var("SIMD_WRONG") {
        std::fs::write(out, wrong.join("\n")).expect("a writable path");
    }
    assert!(
        wrong.is_empty(),
        "{} of {seen} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
}

#[test]
fn unallocated_words_are_undefined() {
    // Where the machine behind the vectors is more liberal than DDI 0487, and corners worth a name.
    #[rustfmt::skip]
    let words: [(u32, &str); 16] = [
        (0x7EF8_F820, "FNEG, scalar half"),
        (0x5EF8_F820, "FABS, scalar half"),
        (0x0EF9_F820, "FRECPX, vector of halves"),
        (0x4E70_C820, "FMAXNMV of halves with size 01"),
        (0x4EF0_F820, "FMINV of halves with size 11"),
        (0x5E70_D820, "FADDP, scalar halves with size 01"),
        (0x6F00_FC00, "modified immediate, cmode 1111, o2 = 1, op = 1"),
        (0x2F00_F400, "FMOV of a double into a 64-bit vector"),
        (0x0EE1_8420, "ADD of doublewords in a 64-bit vector"),
        (0x4EE1_9C20, "MUL of doublewords"),
        (0x0E08_0420, "DUP of doublewords in a 64-bit vector"),
        (0x2E02_4020, "EXT beyond a 64-bit vector"),
        (0x0EB0_A820, "SMAXV of two words"),
        (0x5F00_5420, "SHL, scalar, with immh 0"),
        (0x4EE8_4820, "AESE with size 11"),
        (0xCE60_9020, "SHA-512 group with bits 13:12 set"),
    ];
    for (word, what) in words {
        assert_eq!(decode_simd(word), None, "{word:08x}, {what}");
        assert_eq!(decode_simd_ldst(word), None, "{word:08x}, {what}");
    }
}

#[test]
fn register_31_is_zero_or_the_stack_pointer() {
    let arena = Arena(RefCell::new(vec![0xA5; ARENA_LEN]));
    let mut st = State::default();
    st.v[0] = 5;
    st.r[SP] = ARENA;
    // dup v1.2d, xzr; umov wzr, v0.b[0]; smov xzr, v0.h[0]
    st.v[1] = 7;
    for word in [0x4E08_0FE1, 0x0E01_3C1F, 0x4E02_2C1F] {
        assert_eq!(execute(word, &mut st, &arena), Ok(true), "{word:08x}");
    }
    assert_eq!((st.v[1], st.r[ZR], st.r[SP]), (0, 0, ARENA));
    // ld1 {v31.16b, v0.16b, v1.16b}, [sp], #48: the registers wrap around.
    assert_eq!(execute(0x4CDF_63FF, &mut st, &arena), Ok(true));
    let filled = u128::from_le_bytes([0xA5; 16]);
    assert_eq!([st.v[31], st.v[0], st.v[1], st.v[2]], [filled, filled, filled, 0]);
    assert_eq!(st.r[SP], ARENA + 48);
}

#[test]
fn a_fault_leaves_everything_as_it_was() {
    // Each transfers up to the end of the arena and beyond, with write-back by size and by register.
    let words = [
        0x4CDF_0000_u32, // ld4 {v0.16b-v3.16b}, [x0], #64
        0x4C9F_0000,     // st4 {v0.16b-v3.16b}, [x0], #64
        0x4CC1_2C00,     // ld1 {v0.2d-v3.2d}, [x0], x1
        0x4C81_2C00,     // st1 {v0.2d-v3.2d}, [x0], x1
        0x4DFF_E800,     // ld4r {v0.4s-v3.4s}, [x0], #16
        0x4DBF_B000,     // st4 {v0.s-v3.s}[3], [x0], #16 (lane form)
    ];
    for word in words {
        let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(ARENA_LEN).collect();
        let arena = Arena(RefCell::new(bytes.clone()));
        let end = ARENA + ARENA_LEN as u64;
        let mut st = State { v: [3; 32], ..State::default() };
        st.r[0] = end - 9;
        st.r[1] = 1000;
        let before = st.clone();
        let access = if word >> 22 & 1 == 1 { Access::Read } else { Access::Write };
        let fault = Fault { addr: end, access, kind: FaultKind::Translation };
        assert_eq!(execute(word, &mut st, &arena), Err(fault.into()), "{word:08x}");
        assert_eq!(st.regs(), before.regs(), "{word:08x}");
        assert_eq!(*arena.0.borrow(), bytes, "{word:08x}");
    }
}

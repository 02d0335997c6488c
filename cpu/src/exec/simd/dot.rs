//! Products over groups of lanes: DotProd, I8MM, BF16, FHM and complex arithmetic.

use super::fp::{build, by_format};
use super::lanes::Lane;
use super::{reg, set};
use crate::decode::simd::{Dot, NO_INDEX, SimdInsn};
use crate::fp::{self, Bf16, Format, FpEnv};
use crate::state::State;

/// Executes one operation of the class.
pub(super) fn run(op: Dot, insn: &SimdInsn, st: &mut State) {
    let mut m = 0;
    insn.second(st, &mut m);
    let (d, n, m) = (reg(st, insn.rd), reg(st, insn.rn), &m);
    let mut env = FpEnv::new(st.fpcr, st.fpsr);
    let words = insn.lanes(2);
    let value = match op {
        Dot::Sdot | Dot::Udot | Dot::Usdot | Dot::Sudot => {
            let (n_signed, m_signed) =
                (matches!(op, Dot::Sdot | Dot::Sudot), matches!(op, Dot::Sdot | Dot::Usdot));
            build(words, |i| sum(u32::get(d, i), (n, 4 * i, n_signed), (m, 4 * i, m_signed), 4))
        }
        Dot::Smmla | Dot::Ummla | Dot::Usmmla => {
            let (n_signed, m_signed) = (op == Dot::Smmla, op != Dot::Ummla);
            u32::build(|i| sum(u32::get(d, i), (n, 8 * (i / 2), n_signed), (m, 8 * (i % 2), m_signed), 8))
        }
        Dot::Bfdot => build(words, |i| fp::bf_dot_add(u32::get(d, i), bf_pair(n, i), bf_pair(m, i))),
        Dot::Bfmmla => u32::build(|i| {
            let (row, column) = (2 * (i / 2), 2 * (i % 2));
            let low = fp::bf_dot_add(u32::get(d, i), bf_pair(n, row), bf_pair(m, column));
            fp::bf_dot_add(low, bf_pair(n, row + 1), bf_pair(m, column + 1))
        }),
        Dot::Bfmlalb | Dot::Bfmlalt => {
            let part = usize::from(op == Dot::Bfmlalt);
            u32::build(|i| fp::bf_mul_add(&mut env, u32::get(d, i), bf_pair(n, i)[part], bf_pair(m, i)[part]))
        }
        Dot::Fmlal | Dot::Fmlsl | Dot::Fmlal2 | Dot::Fmlsl2 => {
            let from = if matches!(op, Dot::Fmlal2 | Dot::Fmlsl2) { words } else { 0 };
            let sign = if matches!(op, Dot::Fmlsl | Dot::Fmlsl2) { 0x8000 } else { 0 };
            build(words, |i| {
                fp::fmlal(&mut env, u32::get(d, i), u16::get(n, from + i) ^ sign, u16::get(m, from + i))
            })
        }
        Dot::Fcmla => {
            let m = reg(st, insn.rm);
            by_format!(insn.size, |F| complex_multiply_add::<F>(insn, &mut env, d, n, m))
        }
        Dot::Fcadd => by_format!(insn.size, |F| complex_add::<F>(insn, &mut env, n, m)),
    };
    st.fpsr = env.fpsr;
    set(st, insn.rd, value);
}

/// `acc` plus the products of `len` bytes of each source: a register, the first byte, and whether they are signed.
fn sum(acc: u32, a: (&u128, usize, bool), b: (&u128, usize, bool), len: usize) -> u32 {
    let byte = |(v, at, signed): (&u128, usize, bool), k| {
        let byte = u8::get(v, at + k);
        if signed { i32::from(byte as i8) } else { i32::from(byte) }
    };
    (0..len).fold(acc, |acc, k| acc.wrapping_add((byte(a, k) * byte(b, k)) as u32))
}

/// The two BFloat16 lanes in word `i`.
fn bf_pair(v: &u128, i: usize) -> [Bf16; 2] {
    [Bf16(u16::get(v, 2 * i)), Bf16(u16::get(v, 2 * i + 1))]
}

fn negate_if<F: Format>(condition: bool, a: F) -> F {
    if condition { fp::neg(a) } else { a }
}

/// FCMLA: adds to (re, im) the product of one component of `n` with `m` turned by `imm` quarters.
fn complex_multiply_add<F: Format + Lane>(
    insn: &SimdInsn,
    env: &mut FpEnv,
    d: &u128,
    n: &u128,
    m: &u128,
) -> u128 {
    let turns = insn.imm;
    let swap = usize::from(turns & 1);
    build(insn.lanes(insn.size), |i| {
        let pair = i & !1;
        let other = if insn.index == NO_INDEX { pair } else { 2 * usize::from(insn.index) };
        let imaginary = i & 1;
        let factor = F::get(m, other + (imaginary ^ swap));
        let negative = if imaginary == 0 { turns == 1 || turns == 2 } else { turns >= 2 };
        fp::fma(env, F::get(d, i), F::get(n, pair + swap), negate_if(negative, factor))
    })
}

/// FCADD: `n` plus `m` turned by one or three quarters.
fn complex_add<F: Format + Lane>(insn: &SimdInsn, env: &mut FpEnv, n: &u128, m: &u128) -> u128 {
    build(insn.lanes(insn.size), |i| {
        let negative = (i & 1 == 0) == (insn.imm == 1);
        fp::add(env, F::get(n, i), negate_if(negative, F::get(m, i ^ 1)))
    })
}

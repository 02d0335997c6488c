//! Semantics of Advanced SIMD data processing and cryptography; called by the interpreter and, for what it does
//! not compile itself, by the JIT.
//!
//! One file a class, with the names of `decode::simd`. Integer operations work on masked 128-bit values whatever
//! the shape, since zero lanes neither saturate nor show; floating-point ones touch exactly the lanes they have.

mod crypto;
mod dot;
mod fp;
mod fp_host;
mod fp_misc;
pub(super) mod lanes;
mod long;
mod misc;
mod moves;
mod same;
mod shift;

use crate::decode::simd::{NO_INDEX, Op, Shape, SimdInsn};
use crate::fp::QC;
use crate::state::State;
use lanes::{broadcast, copy, lane_mask};

/// Executes `insn`. Register 31 of a general operand is [`crate::state::ZR`] when read, [`crate::state::SINK`] when written.
pub(crate) fn exec_simd(insn: &SimdInsn, st: &mut State) {
    match insn.op {
        Op::Same(op) => same::run(op, insn, st),
        Op::Long(op) => long::run(op, insn, st),
        Op::Misc(op) => misc::run(op, insn, st),
        Op::Shift(op) => shift::run(op, insn, st),
        Op::Move(op) => moves::run(op, insn, st),
        Op::Crypto(op) => crypto::run(op, insn, st),
        Op::Fp(op) => fp::run(op, insn, st),
        Op::FpMisc(op) => fp_misc::run(op, insn, st),
        Op::Dot(op) => dot::run(op, insn, st),
    }
}

impl SimdInsn {
    /// The bits of a register that take part, for lanes of `1 << size` bytes.
    #[inline(always)]
    fn mask(&self, size: u8) -> u128 {
        match self.shape {
            Shape::D => u128::from(u64::MAX),
            Shape::Q => u128::MAX,
            Shape::Scalar => lane_mask(size),
        }
    }

    /// How many lanes of `1 << size` bytes take part.
    #[inline(always)]
    fn lanes(&self, size: u8) -> usize {
        match self.shape {
            Shape::D => 8 >> size,
            Shape::Q => 16 >> size,
            Shape::Scalar => 1,
        }
    }

    /// The second operand: a register, or one of its elements in all lanes.
    #[inline(always)]
    fn second(&self, st: &State, out: &mut u128) {
        let v = reg(st, self.rm);
        if self.index == NO_INDEX {
            copy(out, v);
        } else {
            *out = broadcast(self.size, v, usize::from(self.index));
        }
    }

    /// Zeroes what does not take part, for lanes of `1 << size` bytes.
    #[inline(always)]
    fn trim(&self, size: u8, v: &mut u128) {
        if self.shape != Shape::Q {
            *v &= self.mask(size);
        }
    }
}

/// V`n`.
#[inline(always)]
fn reg(st: &State, n: u8) -> &u128 {
    &st.v[usize::from(n & 31)]
}

/// V`n`, to be changed in place.
#[inline(always)]
fn reg_mut(st: &mut State, n: u8) -> &mut u128 {
    &mut st.v[usize::from(n & 31)]
}

/// Replaces V`n`.
#[inline(always)]
fn set(st: &mut State, n: u8, value: u128) {
    st.v[usize::from(n & 31)] = value;
}

/// The half of V`n` that a "2" form (full width) or its sibling reads.
#[inline(always)]
fn half(st: &State, n: u8, upper: bool) -> u64 {
    let v = *reg(st, n);
    if upper { (v >> 64) as u64 } else { v as u64 }
}

/// Writes the 64-bit result of a narrowing operation: the upper half only, or the lower half and zeros.
#[inline(always)]
fn set_half(st: &mut State, n: u8, upper: bool, value: u64) {
    let value = u128::from(value);
    let v = if upper { *reg(st, n) & u128::from(u64::MAX) | value << 64 } else { value };
    set(st, n, v);
}

/// Makes saturation visible.
#[inline(always)]
fn note_saturation(st: &mut State, saturated: bool) {
    if saturated {
        st.fpsr |= QC;
    }
}

/// `x` limited to a signed or unsigned range of `bits` bits, as the bits of the result; flags what it changed.
#[inline]
fn saturate(x: i128, bits: u32, signed: bool, saturated: &mut bool) -> u64 {
    let (low, high) =
        if signed { (-1 << (bits - 1), (1 << (bits - 1)) - 1) } else { (0, (1i128 << bits) - 1) };
    let limited = x.clamp(low, high);
    *saturated |= limited != x;
    limited as u64
}

#[cfg(test)]
mod tests;

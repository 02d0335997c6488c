//! Floating-point operations on one source: roundings, conversions, comparisons with zero, reductions.

use super::fp::{build, by_format, mask};
use super::lanes::Lane;
use super::{fp_host, half, reg, set, set_half};
use crate::decode::simd::{FpMisc, Shape, SimdInsn};
use crate::fp::{self, Format, FpEnv, Rounding};
use crate::state::State;

/// Executes one operation of the class.
#[rustfmt::skip]
pub(super) fn run(op: FpMisc, insn: &SimdInsn, st: &mut State) {
    use FpMisc::*;
    let mut env = FpEnv::new(st.fpcr, st.fpsr);
    let a = reg(st, insn.rn);
    match op {
        Fcvtl => lengthen(insn, &mut env, st),
        Fcvtn | Fcvtxn | Bfcvtn => {
            let value = shorten(op, insn, &mut env, a);
            set_half(st, insn.rd, insn.shape == Shape::Q, value);
        }
        Fmaxv | Fminv | Fmaxnmv | Fminnmv | FaddPair | FmaxPair | FminPair | FmaxnmPair | FminnmPair => {
            let pair = matches!(op, FaddPair | FmaxPair | FminPair | FmaxnmPair | FminnmPair);
            let n = if pair { 2 } else { insn.lanes(insn.size) };
            let value = by_format!(insn.size, |F| u128::from(reduce(&mut env, combine::<F>(op), a, 0, n)));
            set(st, insn.rd, value);
        }
        _ => {
            let n = insn.lanes(insn.size);
            let fbits = u32::from(insn.imm);
            if insn.shape == Shape::Q && fbits == 0 {
                let mut value = 0;
                if fp_host::convert_lanes(op, insn.size, &env, &mut value, a) {
                    return set(st, insn.rd, value);
                }
            }
            let value = by_format!(insn.size, |F| build(n, |i| unary::<F>(op, &mut env, F::get(a, i), fbits)));
            set(st, insn.rd, value);
        }
    }
    st.fpsr = env.fpsr;
}

/// One lane of an operation that keeps to its lanes.
#[rustfmt::skip]
fn unary<F: Format>(op: FpMisc, env: &mut FpEnv, a: F, fbits: u32) -> F {
    use FpMisc::*;
    let zero = F::from_bits(0);
    match op {
        Fabs => fp::abs(a),
        Fneg => fp::neg(a),
        Fsqrt => fp::sqrt(env, a),
        Frecpe => fp::recpe(env, a),
        Frsqrte => fp::rsqrte(env, a),
        Frecpx => fp::recpx(env, a),
        Fcmgt0 => mask(fp::gt(env, a, zero)),
        Fcmge0 => mask(fp::ge(env, a, zero)),
        Fcmeq0 => mask(fp::eq(env, a, zero)),
        Fcmle0 => mask(fp::ge(env, zero, a)),
        Fcmlt0 => mask(fp::gt(env, zero, a)),
        Frintn | Frintm | Frintp | Frintz | Frinta | Frintx | Frinti => {
            let mode = rounding(op, env);
            fp::round_int(env, a, mode, op == Frintx)
        }
        Frint32z | Frint32x | Frint64z | Frint64x => {
            let mode = rounding(op, env);
            let bits = if matches!(op, Frint32z | Frint32x) { 32 } else { 64 };
            fp::round_int_sized(env, a, bits, mode)
        }
        Scvtf => {
            let unused = 64 - F::BITS;
            let value = (a.to_bits() << unused) as i64 >> unused;
            fp::from_int(env, value as u64, fbits, false)
        }
        Ucvtf => fp::from_int(env, a.to_bits(), fbits, true),
        _ => {
            let unsigned = matches!(op, Fcvtnu | Fcvtmu | Fcvtpu | Fcvtzu | Fcvtau);
            let mode = rounding(op, env);
            F::from_bits(fp::to_int(env, a, fbits, unsigned, F::BITS, mode))
        }
    }
}

/// The rounding mode in an operation's name, or FPCR's.
#[rustfmt::skip]
fn rounding(op: FpMisc, env: &FpEnv) -> Rounding {
    use FpMisc::*;
    match op {
        Frintn | Fcvtns | Fcvtnu => Rounding::TieEven,
        Frintm | Fcvtms | Fcvtmu => Rounding::NegInf,
        Frintp | Fcvtps | Fcvtpu => Rounding::PosInf,
        Frintz | Fcvtzs | Fcvtzu | Frint32z | Frint64z => Rounding::Zero,
        Frinta | Fcvtas | Fcvtau => Rounding::TieAway,
        _ => env.rounding(),
    }
}

fn lengthen(insn: &SimdInsn, env: &mut FpEnv, st: &mut State) {
    let source = u128::from(half(st, insn.rn, insn.shape == Shape::Q));
    let value = if insn.size == 1 {
        u32::build(|i| fp::convert(env, u16::get(&source, i)))
    } else {
        u64::build(|i| fp::convert(env, u32::get(&source, i)))
    };
    set(st, insn.rd, value);
}

/// The 64-bit result of a conversion to half the width.
fn shorten(op: FpMisc, insn: &SimdInsn, env: &mut FpEnv, a: &u128) -> u64 {
    // Only FCVTXN has a scalar form, and it converts a single lane.
    let doubles = if insn.shape == Shape::Scalar { 1 } else { 2 };
    let value = match (op, insn.size) {
        (FpMisc::Bfcvtn, _) => build(4, |i| fp::to_bf16(env, u32::get(a, i)).0),
        (FpMisc::Fcvtxn, _) => build(doubles, |i| fp::convert_odd::<u64, u32>(env, u64::get(a, i))),
        (_, 1) => build(4, |i| fp::convert::<u32, u16>(env, u32::get(a, i))),
        _ => build(2, |i| fp::convert::<u64, u32>(env, u64::get(a, i))),
    };
    value as u64
}

/// `Reduce`: the lower half of the lanes, the upper half, and then both results. The order matters for NaNs.
fn reduce<F: Format + Lane>(
    env: &mut FpEnv,
    f: fn(&mut FpEnv, F, F) -> F,
    v: &u128,
    from: usize,
    n: usize,
) -> F {
    if n <= 1 {
        return F::get(v, from);
    }
    let low = reduce(env, f, v, from, n / 2);
    let high = reduce(env, f, v, from + n / 2, n / 2);
    f(env, low, high)
}

#[rustfmt::skip]
fn combine<F: Format>(op: FpMisc) -> fn(&mut FpEnv, F, F) -> F {
    use FpMisc::*;
    match op {
        Fmaxv | FmaxPair => fp::max,
        Fminv | FminPair => fp::min,
        Fmaxnmv | FmaxnmPair => fp::maxnm,
        Fminnmv | FminnmPair => fp::minnm,
        _ => fp::add,
    }
}

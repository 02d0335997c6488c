//! Whole vectors on the host's own FP, where no lane needs care; `fp` falls back to lane by lane.
//!
//! The conditions are those of `crate::fp`'s shortcut for one value: host modes, FPSR.IXC already set so that it
//! cannot change, and every result one for which Arm's rules raise nothing else.

use super::lanes::Lane;
use crate::decode::simd::{Fp, FpMisc};
use crate::fp::{FZ, Format, FpEnv, IXC, RMODE};

/// Whether results are rounded as the host does and FPSR.IXC cannot change.
fn host_rounds(env: &FpEnv) -> bool {
    env.fpcr & (FZ | RMODE) == 0 && env.fpsr & IXC != 0
}

/// An operation on all lanes of 128-bit vectors; false, with `out` spoilt, if some lane is not certain or the
/// operation has no such path. For FMLA and FMLS `out` holds the addends.
#[inline(never)]
pub(super) fn all_lanes(op: Fp, size: u8, env: &FpEnv, out: &mut u128, a: &u128, b: &u128) -> bool {
    match op {
        Fp::Fcmeq | Fp::Fcmge | Fp::Fcmgt => env.fpcr & FZ == 0 && compare(op, size, out, a, b),
        Fp::Fmla | Fp::Fmls if size == 2 => {
            let sign = if op == Fp::Fmls { 1 << 31 } else { 0 };
            host_rounds(env) && multiply_add(sign, out, a, b) && in_range::<u32>(out, 2)
        }
        _ => host_rounds(env) && arithmetic(op, size, out, a, b),
    }
}

fn arithmetic(op: Fp, size: u8, out: &mut u128, a: &u128, b: &u128) -> bool {
    macro_rules! lanes {
        ($bits:ident, $host:ident, $f:expr) => {
            $bits::zip(out, a, b, |x, y| {
                let f: fn($host, $host) -> $host = $f;
                f($host::from_bits(x), $host::from_bits(y)).to_bits()
            })
        };
    }
    match (op, size) {
        (Fp::Fadd, 2) => lanes!(u32, f32, |x, y| x + y),
        (Fp::Fsub, 2) => lanes!(u32, f32, |x, y| x - y),
        (Fp::Fmul, 2) => lanes!(u32, f32, |x, y| x * y),
        (Fp::Fdiv, 2) => lanes!(u32, f32, |x, y| x / y),
        (Fp::Fadd, 3) => lanes!(u64, f64, |x, y| x + y),
        (Fp::Fsub, 3) => lanes!(u64, f64, |x, y| x - y),
        (Fp::Fmul, 3) => lanes!(u64, f64, |x, y| x * y),
        (Fp::Fdiv, 3) => lanes!(u64, f64, |x, y| x / y),
        _ => return false,
    }
    // A denormal sum is exact; a product or quotient that small may have underflowed, also when rounded up.
    let least = if matches!(op, Fp::Fadd | Fp::Fsub) { 0 } else { 2 };
    if size == 2 { in_range::<u32>(out, least) } else { in_range::<u64>(out, least) }
}

/// Whether all lanes are finite with a biased exponent of `least` or more.
#[inline(always)]
fn in_range<F: Format + Lane>(v: &u128, least: u64) -> bool {
    let limit = F::EXP_MASK >> F::FRAC;
    (0..16 * 8 / F::BITS as usize).fold(true, |good, i| {
        let exp = (F::get(v, i).to_bits() & F::EXP_MASK) >> F::FRAC;
        good & (exp >= least) & (exp < limit)
    })
}

/// Fused multiply-add of singles in doubles, where the product is exact. Rounding the sum once more, to single, is
/// rounding once unless the double lies on the middle between two singles: then false.
fn multiply_add(sign: u32, out: &mut u128, a: &u128, b: &u128) -> bool {
    const BELOW_SINGLE: u64 = (1 << 29) - 1;
    let mut certain = true;
    u32::zip3(out, a, b, |z, x, y| {
        let product = f64::from(f32::from_bits(x ^ sign)) * f64::from(f32::from_bits(y));
        let sum = product + f64::from(f32::from_bits(z));
        certain &= sum.to_bits() & BELOW_SINGLE != 1 << 28;
        (sum as f32).to_bits()
    });
    certain
}

/// Comparisons; certain if no operand is a NaN.
fn compare(op: Fp, size: u8, out: &mut u128, a: &u128, b: &u128) -> bool {
    let mut ordered = true;
    macro_rules! lanes {
        ($bits:ident, $host:ident, $test:ident) => {
            $bits::zip(out, a, b, |x, y| {
                let (x, y) = ($host::from_bits(x), $host::from_bits(y));
                ordered &= x.partial_cmp(&y).is_some();
                if x.$test(&y) { !0 } else { 0 }
            })
        };
    }
    match (op, size) {
        (Fp::Fcmeq, 2) => lanes!(u32, f32, eq),
        (Fp::Fcmge, 2) => lanes!(u32, f32, ge),
        (Fp::Fcmgt, 2) => lanes!(u32, f32, gt),
        (Fp::Fcmeq, 3) => lanes!(u64, f64, eq),
        (Fp::Fcmge, 3) => lanes!(u64, f64, ge),
        (Fp::Fcmgt, 3) => lanes!(u64, f64, gt),
        _ => return false,
    }
    ordered
}

/// SCVTF, UCVTF, FCVTZS and FCVTZU between lanes of one width without fraction bits; false as for [`all_lanes`].
#[inline(never)]
pub(super) fn convert_lanes(op: FpMisc, size: u8, env: &FpEnv, out: &mut u128, a: &u128) -> bool {
    if !host_rounds(env) {
        return false;
    }
    let mut certain = true;
    // What rounds towards zero to an integer of the type; anything else saturates and is invalid.
    macro_rules! truncate {
        ($bits:ident, $host:ident, $int:ident, $least:expr, $limit:expr) => {
            $bits::each(out, a, |x| {
                let x = $host::from_bits(x);
                certain &= x > $least && x < $limit;
                x as $int as $bits
            })
        };
    }
    match (op, size) {
        (FpMisc::Scvtf, 2) => u32::each(out, a, |x| (x as i32 as f32).to_bits()),
        (FpMisc::Scvtf, 3) => u64::each(out, a, |x| (x as i64 as f64).to_bits()),
        (FpMisc::Ucvtf, 2) => u32::each(out, a, |x| (x as f32).to_bits()),
        (FpMisc::Ucvtf, 3) => u64::each(out, a, |x| (x as f64).to_bits()),
        (FpMisc::Fcvtzs, 2) => truncate!(u32, f32, i32, -2_147_483_648.0, 2_147_483_648.0),
        (FpMisc::Fcvtzs, 3) => truncate!(u64, f64, i64, -9.2e18, 9.2e18),
        (FpMisc::Fcvtzu, 2) => truncate!(u32, f32, u32, -1.0, 4_294_967_296.0),
        (FpMisc::Fcvtzu, 3) => truncate!(u64, f64, u64, -1.0, 1.8e19),
        _ => return false,
    }
    certain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fp;

    /// Numbers with few significant bits, so that exact results, ties and cancellations are frequent.
    fn operand(rng: &mut u64, bits: u32) -> u64 {
        let mut next = || {
            *rng = rng.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *rng >> 33
        };
        let (frac, bias) = if bits == 32 { (23, 127) } else { (52, 1023) };
        let exp = if next() % 16 == 0 { next() % (2 * bias + 2) } else { bias - 28 + next() % 56 };
        let sparse = (1 << (next() % frac)) | (1 << (next() % frac)) | (next() & 1);
        let fraction = if next() % 4 == 0 { next() << (frac - 23) } else { sparse };
        (next() & 1) << (bits - 1) | exp << frac | fraction & ((1 << frac) - 1)
    }

    fn exact<F: Format>(op: Fp, env: &mut FpEnv, d: F, a: F, b: F) -> F {
        let mask = |yes| F::from_bits(if yes { u64::MAX } else { 0 });
        match op {
            Fp::Fadd => fp::add(env, a, b),
            Fp::Fsub => fp::sub(env, a, b),
            Fp::Fmul => fp::mul(env, a, b),
            Fp::Fdiv => fp::div(env, a, b),
            Fp::Fmla => fp::fma(env, d, a, b),
            Fp::Fmls => fp::fma(env, d, fp::neg(a), b),
            Fp::Fcmeq => mask(fp::eq(env, a, b)),
            Fp::Fcmge => mask(fp::ge(env, a, b)),
            _ => mask(fp::gt(env, a, b)),
        }
    }

    #[test]
    fn the_shortcut_is_the_exact_path() {
        let ops =
            [Fp::Fadd, Fp::Fsub, Fp::Fmul, Fp::Fdiv, Fp::Fmla, Fp::Fmls, Fp::Fcmeq, Fp::Fcmge, Fp::Fcmgt];
        let mut rng = 1;
        let mut taken = [0u32; 9];
        for round in 0..200_000 {
            let which = round % ops.len();
            let op = ops[which];
            let size = 2 + (round / ops.len() % 2) as u8;
            let bits = 8u32 << size;
            let mut vector =
                || (0..128 / bits).fold(0u128, |acc, _| acc << bits | u128::from(operand(&mut rng, bits)));
            let (d, a, b) = (vector(), vector(), vector());
            let mut out = d;
            if !all_lanes(op, size, &FpEnv::new(0, IXC), &mut out, &a, &b) {
                continue;
            }
            taken[which] += 1;
            // Without IXC beforehand the functions of `fp` take no shortcut for what is inexact.
            let mut env = FpEnv::new(0, 0);
            for i in 0..(128 / bits) as usize {
                let (got, want): (u64, u64) = if size == 2 {
                    let lane = |v: &u128| u32::get(v, i);
                    (lane(&out).into(), exact(op, &mut env, lane(&d), lane(&a), lane(&b)).into())
                } else {
                    let lane = |v: &u128| u64::get(v, i);
                    (lane(&out), exact(op, &mut env, lane(&d), lane(&a), lane(&b)))
                };
                assert_eq!(got, want, "{op:?} size {size} lane {i} of {d:032x} {a:032x} {b:032x}");
            }
            assert_eq!(env.fpsr & !IXC, 0, "{op:?} size {size} of {d:032x} {a:032x} {b:032x}");
        }
        assert!(taken.iter().all(|&n| n > 2000), "too few cases were certain: {taken:?}");
    }
}

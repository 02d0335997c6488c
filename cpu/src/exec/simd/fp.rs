//! Floating-point operations on two sources, lane by lane through `crate::fp`.

use super::lanes::{Lane, copy};
use super::moves::unzip;
use super::{fp_host, reg, reg_mut, set};
use crate::decode::simd::{Fp, Shape, SimdInsn};
use crate::fp::{self, Format, FpEnv};
use crate::state::State;

/// Runs an expression with `$f` standing for the type of a half (`$size` 1), single (2) or double (3).
macro_rules! by_format {
    ($size:expr, |$f:ident| $body:expr) => {
        match $size {
            1 => {
                type $f = u16;
                $body
            }
            2 => {
                type $f = u32;
                $body
            }
            _ => {
                type $f = u64;
                $body
            }
        }
    };
}
pub(super) use by_format;

/// The first `n` lanes from their numbers, zero above.
#[inline(always)]
pub(super) fn build<F: Lane>(n: usize, mut f: impl FnMut(usize) -> F) -> u128 {
    let mut out = 0;
    for i in 0..n {
        F::put(&mut out, i, f(i));
    }
    out
}

/// All ones or all zeros.
#[inline(always)]
pub(super) fn mask<F: Format>(condition: bool) -> F {
    F::from_bits(if condition { u64::MAX } else { 0 })
}

/// Executes one operation of the class.
pub(super) fn run(op: Fp, insn: &SimdInsn, st: &mut State) {
    let mut b = 0;
    insn.second(st, &mut b);
    let (a, d) = (reg(st, insn.rn), reg(st, insn.rd));
    let mut env = FpEnv::new(st.fpcr, st.fpsr);
    if insn.shape == Shape::Q {
        let mut value = 0;
        copy(&mut value, d);
        if fp_host::all_lanes(op, insn.size, &env, &mut value, a, &b) {
            return copy(reg_mut(st, insn.rd), &value);
        }
    }
    let value = by_format!(insn.size, |F| lanes::<F>(op, insn, &mut env, d, a, &b));
    st.fpsr = env.fpsr;
    set(st, insn.rd, value);
}

/// The frequent operations get a loop of their own, the others one loop around a function pointer.
fn lanes<F: Format + Lane>(op: Fp, insn: &SimdInsn, env: &mut FpEnv, d: &u128, a: &u128, b: &u128) -> u128 {
    let n = insn.lanes(insn.size);
    match op {
        Fp::Fadd => build(n, |i| fp::add(env, F::get(a, i), F::get(b, i))),
        Fp::Fsub => build(n, |i| fp::sub(env, F::get(a, i), F::get(b, i))),
        Fp::Fmul => build(n, |i| fp::mul(env, F::get(a, i), F::get(b, i))),
        Fp::Fmla => build(n, |i| fp::fma(env, F::get(d, i), F::get(a, i), F::get(b, i))),
        Fp::Fmls => build(n, |i| fp::fma(env, F::get(d, i), fp::neg(F::get(a, i)), F::get(b, i))),
        Fp::Faddp | Fp::Fmaxp | Fp::Fminp | Fp::Fmaxnmp | Fp::Fminnmp => {
            let full = insn.shape == Shape::Q;
            let (mut even, mut odd) = (0, 0);
            unzip(insn.size, full, 0, &mut even, a, b);
            unzip(insn.size, full, 1, &mut odd, a, b);
            let f = binary::<F>(op);
            build(n, |i| f(env, F::get(&even, i), F::get(&odd, i)))
        }
        _ => {
            let f = binary::<F>(op);
            build(n, |i| f(env, F::get(a, i), F::get(b, i)))
        }
    }
}

/// The function of two lanes behind an operation.
fn binary<F: Format>(op: Fp) -> fn(&mut FpEnv, F, F) -> F {
    match op {
        Fp::Fadd | Fp::Faddp => fp::add,
        Fp::Fsub => fp::sub,
        Fp::Fmul | Fp::Fmla | Fp::Fmls => fp::mul,
        Fp::Fmulx => fp::mulx,
        Fp::Fdiv => fp::div,
        Fp::Fabd => |env, a, b| fp::abs(fp::sub(env, a, b)),
        Fp::Fmax | Fp::Fmaxp => fp::max,
        Fp::Fmin | Fp::Fminp => fp::min,
        Fp::Fmaxnm | Fp::Fmaxnmp => fp::maxnm,
        Fp::Fminnm | Fp::Fminnmp => fp::minnm,
        Fp::Fcmeq => |env, a, b| mask(fp::eq(env, a, b)),
        Fp::Fcmge => |env, a, b| mask(fp::ge(env, a, b)),
        Fp::Fcmgt => |env, a, b| mask(fp::gt(env, a, b)),
        Fp::Facge => |env, a, b| mask(fp::abs_ge(env, a, b)),
        Fp::Facgt => |env, a, b| mask(fp::abs_gt(env, a, b)),
        Fp::Frecps => fp::recps,
        Fp::Frsqrts => fp::rsqrts,
    }
}

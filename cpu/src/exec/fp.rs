//! Semantics of scalar floating point.
//!
//! A result in a V register zeroes the bits above it. The arithmetic is in [`crate::fp`].

use crate::decode::fp::{BinOp, Fmt, FpInsn, UnOp};
use crate::fp::{self, Format, FpEnv, Rounding};
use crate::state::State;

/// Evaluates `$body` with `$f` as the type of the format `$fmt`.
macro_rules! by_format {
    ($fmt:expr, $f:ident => $body:expr) => {
        match $fmt {
            Fmt::D => {
                type $f = u64;
                $body
            }
            Fmt::S => {
                type $f = u32;
                $body
            }
            Fmt::H => {
                type $f = u16;
                $body
            }
        }
    };
}

/// Computes `$body` under FPCR, accumulating in FPSR, into V register `$rd`.
macro_rules! compute {
    ($st:ident, $rd:expr, $env:ident => $body:expr) => {
        let result = with_env($st, |$env| $body);
        put($st, $rd, result);
    };
}

/// Executes `insn`. General registers are `st.r[n]` (use [`crate::state::ZR`] and [`crate::state::SINK`] for 31);
/// flags go through [`State::set_nzcv`], conditions through [`State::cond`].
pub(crate) fn exec_fp(insn: &FpInsn, st: &mut State) {
    match *insn {
        FpInsn::Un { op, fmt, rd, rn } => by_format!(fmt, F => unary::<F>(st, op, rd, rn)),
        FpInsn::Bin { op, fmt, rd, rn, rm } => by_format!(fmt, F => binary::<F>(st, op, rd, rn, rm)),
        FpInsn::MulAdd { fmt, neg_addend, neg_product, rd, rn, rm, ra } => by_format!(fmt, F => {
            let negate = |value: F, yes: bool| if yes { fp::neg(value) } else { value };
            let (addend, a) = (negate(get(st, ra), neg_addend), negate(get(st, rn), neg_product));
            let b = get(st, rm);
            compute!(st, rd, env => fp::fma::<F>(env, addend, a, b));
        }),
        FpInsn::Round { fmt, mode, exact, rd, rn } => by_format!(fmt, F => {
            let (a, mode): (F, _) = (get(st, rn), current(st, mode));
            compute!(st, rd, env => fp::round_int(env, a, mode, exact));
        }),
        FpInsn::RoundSized { fmt, mode, int_bits, rd, rn } => by_format!(fmt, F => {
            let (a, mode): (F, _) = (get(st, rn), current(st, mode));
            compute!(st, rd, env => fp::round_int_sized(env, a, int_bits.into(), mode));
        }),
        FpInsn::Convert { from, to, rd, rn } => by_format!(from, F => by_format!(to, T => {
            let a: F = get(st, rn);
            compute!(st, rd, env => fp::convert::<F, T>(env, a));
        })),
        FpInsn::ToBf16 { rd, rn } => {
            let a = get(st, rn);
            compute!(st, rd, env => fp::to_bf16(env, a));
        }
        FpInsn::Compare { fmt, signal, zero, rn, rm } => by_format!(fmt, F => {
            let b = if zero { F::from_bits(0) } else { get(st, rm) };
            compare::<F>(st, signal, rn, b);
        }),
        FpInsn::CondCompare { fmt, signal, rn, rm, cond, nzcv } => {
            if st.cond(cond) {
                by_format!(fmt, F => {
                    let b = get(st, rm);
                    compare::<F>(st, signal, rn, b);
                });
            } else {
                st.set_nzcv(u32::from(nzcv) << 28);
            }
        }
        FpInsn::Select { fmt, rd, rn, rm, cond } => {
            let source = if st.cond(cond) { rn } else { rm };
            by_format!(fmt, F => put::<F>(st, rd, get(st, source)));
        }
        FpInsn::Imm { fmt, rd, imm8 } => by_format!(fmt, F => put(st, rd, fp::expand_imm::<F>(imm8))),
        FpInsn::ToInt { fmt, wide, unsigned, mode, fbits, rd, rn } => by_format!(fmt, F => {
            let (a, width): (F, _) = (get(st, rn), if wide { 64 } else { 32 });
            let result = with_env(st, |env| fp::to_int(env, a, fbits.into(), unsigned, width, mode));
            put_general(st, rd, result);
        }),
        FpInsn::FromInt { fmt, wide, unsigned, fbits, rd, rn } => {
            let value = integer_operand(get_general(st, rn), wide, unsigned);
            by_format!(fmt, F => {
                compute!(st, rd, env => fp::from_int::<F>(env, value, fbits.into(), unsigned));
            });
        }
        FpInsn::JsToInt { rd, rn } => {
            let a = get(st, rn);
            let (result, exact) = with_env(st, |env| fp::js_to_int(env, a));
            put_general(st, rd, result.into());
            st.set_nzcv(u32::from(exact) << 30);
        }
        FpInsn::ToGeneral { fmt, rd, rn } => {
            let bits = by_format!(fmt, F => get::<F>(st, rn).to_bits());
            put_general(st, rd, bits);
        }
        FpInsn::FromGeneral { fmt, rd, rn } => {
            let bits = get_general(st, rn);
            by_format!(fmt, F => put(st, rd, F::from_bits(bits)));
        }
        FpInsn::TopToGeneral { rd, rn } => {
            let top = (st.v[usize::from(rn & 31)] >> 64) as u64;
            put_general(st, rd, top);
        }
        FpInsn::TopFromGeneral { rd, rn } => {
            let top = u128::from(get_general(st, rn)) << 64;
            let v = &mut st.v[usize::from(rd & 31)];
            *v = top | u128::from(*v as u64);
        }
    }
}

/// A general register as [`fp::from_int`] takes it: a W register extended by its signedness.
fn integer_operand(x: u64, wide: bool, unsigned: bool) -> u64 {
    match (wide, unsigned) {
        (true, _) => x,
        (false, true) => u64::from(x as u32),
        (false, false) => i64::from(x as i32) as u64,
    }
}

#[inline(always)]
fn get<F: Format>(st: &State, reg: u8) -> F {
    F::from_bits(st.v[usize::from(reg & 31)] as u64)
}

#[inline(always)]
fn put<F: Format>(st: &mut State, reg: u8, value: F) {
    st.v[usize::from(reg & 31)] = value.to_bits().into();
}

#[inline(always)]
fn get_general(st: &State, reg: u8) -> u64 {
    st.r[usize::from(reg & 63)]
}

#[inline(always)]
fn put_general(st: &mut State, reg: u8, value: u64) {
    st.r[usize::from(reg & 63)] = value;
}

/// Runs `f` under FPCR and accumulates its flags in FPSR.
#[inline(always)]
fn with_env<R>(st: &mut State, f: impl FnOnce(&mut FpEnv) -> R) -> R {
    let mut env = FpEnv::new(st.fpcr, st.fpsr);
    let result = f(&mut env);
    st.fpsr = env.fpsr;
    result
}

/// The static mode of an instruction, or that of FPCR.
fn current(st: &State, mode: Option<Rounding>) -> Rounding {
    mode.unwrap_or_else(|| FpEnv::new(st.fpcr, 0).rounding())
}

#[inline(always)]
fn binary<F: Format>(st: &mut State, op: BinOp, rd: u8, rn: u8, rm: u8) {
    let (a, b): (F, F) = (get(st, rn), get(st, rm));
    let mut env = FpEnv::new(st.fpcr, st.fpsr);
    let result = match op {
        BinOp::Mul => fp::mul(&mut env, a, b),
        BinOp::Div => fp::div(&mut env, a, b),
        BinOp::Add => fp::add(&mut env, a, b),
        BinOp::Sub => fp::sub(&mut env, a, b),
        BinOp::Max => fp::max(&mut env, a, b),
        BinOp::Min => fp::min(&mut env, a, b),
        BinOp::MaxNm => fp::maxnm(&mut env, a, b),
        BinOp::MinNm => fp::minnm(&mut env, a, b),
        BinOp::NMul => fp::nmul(&mut env, a, b),
    };
    st.fpsr = env.fpsr;
    put(st, rd, result);
}

#[inline(always)]
fn unary<F: Format>(st: &mut State, op: UnOp, rd: u8, rn: u8) {
    let a: F = get(st, rn);
    let result = match op {
        UnOp::Mov => a,
        UnOp::Abs => fp::abs(a),
        UnOp::Neg => fp::neg(a),
        UnOp::Sqrt => with_env(st, |env| fp::sqrt(env, a)),
    };
    put(st, rd, result);
}

#[inline(always)]
fn compare<F: Format>(st: &mut State, signal: bool, rn: u8, b: F) {
    let a = get(st, rn);
    let nzcv = with_env(st, |env| fp::compare::<F>(env, a, b, signal));
    st.set_nzcv(nzcv);
}

#[cfg(test)]
mod tests;

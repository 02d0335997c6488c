//! Conversions: between formats, to and from integers and fixed point, and rounding to an integral value.

use super::real::{
    Class, Num, Real, infinity, quieted, round, round_convert, rounds_up, unpack, unpack_convert, zero,
};
use super::{AHP, Bf16, DN, Format, FpEnv, IOC, IXC, Rounding, default_nan};

/// `FPConvert` with the rounding mode of FPCR (FCVT, FCVTL, FCVTN).
#[must_use]
#[inline]
pub fn convert<F: Format, T: Format>(env: &mut FpEnv, a: F) -> T {
    if let Some(bits) = F::fast_convert(env, a, T::BITS) {
        return T::from_bits(bits);
    }
    let mode = env.rounding();
    convert_rounded(env, a, mode)
}

/// `FPConvert` with rounding to odd (FCVTXN).
#[must_use]
pub fn convert_odd<F: Format, T: Format>(env: &mut FpEnv, a: F) -> T {
    convert_rounded(env, a, Rounding::Odd)
}

/// `FPConvertBF` (BFCVT, BFCVTN).
#[must_use]
pub fn to_bf16(env: &mut FpEnv, a: u32) -> Bf16 {
    let mode = env.rounding();
    convert_rounded(env, a, mode)
}

#[inline(never)]
fn convert_rounded<F: Format, T: Format>(env: &mut FpEnv, a: F, mode: Rounding) -> T {
    let x = unpack_convert(env, a);
    let alternative = T::IS_HALF && env.fpcr & AHP != 0;
    match x.class {
        Class::Qnan | Class::Snan => {
            if x.class == Class::Snan || alternative {
                env.raise(IOC);
            }
            if alternative {
                zero(x.sign)
            } else if env.fpcr & DN != 0 {
                default_nan()
            } else {
                convert_nan(a)
            }
        }
        Class::Inf if alternative => {
            env.raise(IOC);
            let sign = if x.sign { T::SIGN } else { 0 };
            T::from_bits(sign | T::EXP_MASK | T::FRAC_MASK)
        }
        Class::Inf => infinity(x.sign),
        Class::Zero => zero(x.sign),
        Class::Finite => round_convert(env, x.real(), mode),
    }
}

/// `FPConvertNaN`: sign and the upper bits of the payload survive, quiet.
fn convert_nan<F: Format, T: Format>(a: F) -> T {
    let bits = a.to_bits();
    let payload = (bits & F::FRAC_MASK) << (52 - F::FRAC) >> (52 - T::FRAC);
    let sign = if bits & F::SIGN != 0 { T::SIGN } else { 0 };
    T::from_bits(sign | T::EXP_MASK | T::QUIET | payload)
}

/// The integer magnitude that `num * 2^fbits` rounds to, and whether that is exact. Magnitudes beyond 127 bits
/// answer `u128::MAX`, as do infinities; NaNs answer 0.
fn to_magnitude(num: &Num, fbits: u32, mode: Rounding) -> (u128, bool) {
    match num.class {
        Class::Inf => return (u128::MAX, true),
        Class::Finite => {}
        Class::Zero | Class::Qnan | Class::Snan => return (0, true),
    }
    let Real { sign, exp, sig } = num.real();
    let exp = exp + fbits as i32;
    if exp >= 0 {
        return (if exp < 64 { sig << exp } else { u128::MAX }, true);
    }
    // A significand has at most 53 bits: from 63 places on, the rest is below one half whatever it is.
    let shift = exp.unsigned_abs().min(63);
    let rest = sig & ((1 << shift) - 1);
    let whole = sig >> shift;
    let up = rounds_up(mode, sign, whole & 1 != 0, rest == 0, rest.cmp(&(1 << (shift - 1))));
    (whole + u128::from(up), rest == 0)
}

/// `FPToFixed`: `a * 2^fbits` as a saturated integer of `width` bits (16, 32 or 64), in the low bits of the result.
/// Out of range and NaN (which gives 0) are invalid; else what does not fit exactly is inexact.
#[must_use]
#[inline]
pub fn to_int<F: Format>(
    env: &mut FpEnv,
    a: F,
    fbits: u32,
    unsigned: bool,
    width: u32,
    mode: Rounding,
) -> u64 {
    if fbits == 0
        && mode == Rounding::Zero
        && let Some(whole) = F::fast_truncate(env, a)
    {
        let low = if unsigned { 0 } else { -(1i128 << (width - 1)) };
        if i128::from(whole) >= low && i128::from(whole) < low + (1 << width) {
            return whole as u64 & (u64::MAX >> (64 - width));
        }
    }
    to_int_exact(env, a, fbits, unsigned, width, mode)
}

#[inline(never)]
fn to_int_exact<F: Format>(
    env: &mut FpEnv,
    a: F,
    fbits: u32,
    unsigned: bool,
    width: u32,
    mode: Rounding,
) -> u64 {
    let num = unpack(env, a);
    if num.is_nan() {
        env.raise(IOC);
        return 0;
    }
    let (magnitude, exact) = to_magnitude(&num, fbits, mode);
    let limit = match (unsigned, num.sign) {
        (true, true) => 0,
        (true, false) => (1u128 << width) - 1,
        (false, true) => 1u128 << (width - 1),
        (false, false) => (1u128 << (width - 1)) - 1,
    };
    if magnitude > limit {
        env.raise(IOC);
    } else if !exact {
        env.raise(IXC);
    }
    let saturated = magnitude.min(limit) as u64;
    let signed = if num.sign { saturated.wrapping_neg() } else { saturated };
    signed & (u64::MAX >> (64 - width))
}

/// `FPToFixedJS` (FJCVTZS): towards zero, modulo 2^32, and whether the conversion was exact (PSTATE.Z): minus zero
/// and a flushed denormal are not.
#[must_use]
pub fn js_to_int(env: &mut FpEnv, a: u64) -> (u32, bool) {
    let num = unpack(env, a);
    if num.is_nan() || num.is_inf() {
        env.raise(IOC);
        return (0, false);
    }
    let Real { exp, sig, .. } = num.real();
    let (magnitude, exact) = to_magnitude(&num, 0, Rounding::Zero);
    let limit = if num.sign { 1 << 31 } else { (1 << 31) - 1 };
    let fits = magnitude <= limit;
    if !fits {
        env.raise(IOC);
    } else if !exact {
        env.raise(IXC);
    }
    let low = if (0..32).contains(&exp) {
        (sig << exp) as u32
    } else if exp < 0 {
        magnitude as u32
    } else {
        0
    };
    let result = if num.sign { low.wrapping_neg() } else { low };
    let flushed_or_minus_zero = num.is_zero() && a != 0;
    (result, fits && exact && !flushed_or_minus_zero)
}

/// `FixedToFP` with the rounding mode of FPCR: `value / 2^fbits`. The value is signed (sign-extended to 64 bits) or
/// unsigned (zero-extended).
#[must_use]
#[inline]
pub fn from_int<F: Format>(env: &mut FpEnv, value: u64, fbits: u32, unsigned: bool) -> F {
    let mode = env.rounding();
    from_int_rounded(env, value, fbits, unsigned, mode)
}

/// [`from_int`] with an explicit rounding mode.
#[must_use]
#[inline]
pub fn from_int_rounded<F: Format>(
    env: &mut FpEnv,
    value: u64,
    fbits: u32,
    unsigned: bool,
    mode: Rounding,
) -> F {
    let sign = !unsigned && (value as i64) < 0;
    let magnitude = if sign { value.wrapping_neg() } else { value };
    if magnitude == 0 {
        return zero(false);
    }
    if fbits == 0
        && let Some(exact) = F::small_int(sign, magnitude)
    {
        return exact;
    }
    from_magnitude(env, sign, magnitude, fbits, mode)
}

#[inline(never)]
fn from_magnitude<F: Format>(env: &mut FpEnv, sign: bool, magnitude: u64, fbits: u32, mode: Rounding) -> F {
    round(env, Real { sign, exp: -(fbits as i32), sig: u128::from(magnitude) }, mode)
}

/// `FPRoundInt`: the integral value in the same format. `exact` says whether a changed value is reported as inexact
/// (FRINTX).
#[must_use]
pub fn round_int<F: Format>(env: &mut FpEnv, a: F, mode: Rounding, exact: bool) -> F {
    let num = unpack(env, a);
    match num.class {
        Class::Qnan | Class::Snan => quieted(env, &num, a),
        Class::Inf => a,
        Class::Zero => zero(num.sign),
        Class::Finite => {
            let (rounded, changed) = integral(env, a, &num, mode);
            if changed && exact {
                env.raise(IXC);
            }
            rounded
        }
    }
}

/// The integral value of a finite operand, and whether it differs.
fn integral<F: Format>(env: &mut FpEnv, a: F, num: &Num, mode: Rounding) -> (F, bool) {
    let bits = a.to_bits();
    let exponent = ((bits & F::EXP_MASK) >> F::FRAC) as i32 - F::BIAS;
    if exponent >= F::FRAC as i32 {
        return (a, false);
    }
    if exponent < 0 {
        let (magnitude, exact) = to_magnitude(num, 0, mode);
        let one = Real { sign: num.sign, exp: 0, sig: magnitude };
        return (if magnitude == 0 { zero(num.sign) } else { round(env, one, mode) }, !exact);
    }
    // On the pattern itself: a carry out of the fraction increments the exponent, as it should.
    let unit = 1 << (F::FRAC as i32 - exponent);
    let rest = bits & (unit - 1);
    let up = rounds_up(mode, num.sign, bits & unit != 0, rest == 0, rest.cmp(&(unit / 2)));
    (F::from_bits(bits - rest + if up { unit } else { 0 }), rest != 0)
}

/// `FPRoundIntN` (FRINT32Z, FRINT32X, FRINT64Z, FRINT64X): integral and representable in a signed integer of
/// `int_bits` (32 or 64) bits; everything else is invalid and gives the most negative integer.
#[must_use]
pub fn round_int_sized<F: Format>(env: &mut FpEnv, a: F, int_bits: u32, mode: Rounding) -> F {
    let num = unpack(env, a);
    let (magnitude, exact) = to_magnitude(&num, 0, mode);
    let limit = (1u128 << (int_bits - 1)) - u128::from(!num.sign);
    if num.is_nan() || magnitude > limit {
        env.raise(IOC);
        return round(env, Real { sign: true, exp: 0, sig: 1 << (int_bits - 1) }, Rounding::Zero);
    }
    if !exact {
        env.raise(IXC);
    }
    if magnitude == 0 {
        return zero(num.sign);
    }
    round(env, Real { sign: num.sign, exp: 0, sig: magnitude }, Rounding::Zero)
}

//! The exact core: unpacking, arithmetic on exact reals, and the one function that rounds and packs.
//!
//! Private to `fp`. A real carries 128 bits of significand, so a product of doubles is exact and a fused sum loses
//! only bits that a sticky bit stands for.

use super::{AHP, DN, Format, FpEnv, IOC, IXC, OFC, Rounding, UFC, default_nan};
use core::cmp::Ordering;

/// What `FPUnpack` says of an operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    Zero,
    Finite,
    Inf,
    Qnan,
    Snan,
}

/// An unpacked operand; `sig * 2^exp` if it is finite.
#[derive(Clone, Copy, Debug)]
pub(super) struct Num {
    pub(super) class: Class,
    pub(super) sign: bool,
    exp: i32,
    sig: u64,
}

impl Num {
    pub(super) fn is_nan(&self) -> bool {
        matches!(self.class, Class::Qnan | Class::Snan)
    }
    pub(super) fn is_inf(&self) -> bool {
        self.class == Class::Inf
    }
    pub(super) fn is_zero(&self) -> bool {
        self.class == Class::Zero
    }
    /// The exact value of a zero or finite operand.
    pub(super) fn real(&self) -> Real {
        Real { sign: self.sign, exp: self.exp, sig: u128::from(self.sig) }
    }
    /// Exact multiplication of two operands, neither infinite nor NaN.
    pub(super) fn times(&self, other: &Num) -> Real {
        Real {
            sign: self.sign != other.sign,
            exp: self.exp + other.exp,
            sig: u128::from(self.sig) * u128::from(other.sig),
        }
    }
}

/// Whether infinity meets zero, the product that has no value.
pub(super) fn inf_times_zero(a: &Num, b: &Num) -> bool {
    a.is_inf() && b.is_zero() || a.is_zero() && b.is_inf()
}

/// `FPUnpack`: flushes denormals as FPCR says, and AHP does not matter.
#[inline]
pub(super) fn unpack<F: Format>(env: &mut FpEnv, value: F) -> Num {
    let flush = env.fpcr & F::FLUSH != 0;
    let num = unpack_bits(value, flush, false);
    if flush && num.is_zero() && value.to_bits() & F::FRAC_MASK != 0 {
        env.raise(F::FLUSH_FLAGS);
    }
    num
}

/// `FPUnpackCV`: halves are never flushed, and AHP makes their top exponent an ordinary one.
pub(super) fn unpack_convert<F: Format>(env: &mut FpEnv, value: F) -> Num {
    if F::IS_HALF { unpack_bits(value, false, env.fpcr & AHP != 0) } else { unpack(env, value) }
}

#[inline]
fn unpack_bits<F: Format>(value: F, flush: bool, no_special: bool) -> Num {
    let bits = value.to_bits();
    let sign = bits & F::SIGN != 0;
    let frac = bits & F::FRAC_MASK;
    let biased = (bits & F::EXP_MASK) >> F::FRAC;
    let (class, exp, sig) = if biased == 0 {
        let class = if frac == 0 || flush { Class::Zero } else { Class::Finite };
        (class, F::MIN_EXP - F::FRAC as i32, if flush { 0 } else { frac })
    } else if bits & F::EXP_MASK == F::EXP_MASK && !no_special {
        let class = match frac {
            0 => Class::Inf,
            _ if frac & F::QUIET != 0 => Class::Qnan,
            _ => Class::Snan,
        };
        (class, 0, 0)
    } else {
        (Class::Finite, biased as i32 - F::BIAS - F::FRAC as i32, frac | 1 << F::FRAC)
    };
    Num { class, sign, exp, sig }
}

/// `FPProcessNaN` for an operand that is one.
pub(super) fn quieted<F: Format>(env: &mut FpEnv, num: &Num, value: F) -> F {
    if num.class == Class::Snan {
        env.raise(IOC);
    }
    if env.fpcr & DN != 0 { default_nan() } else { F::from_bits(value.to_bits() | F::QUIET) }
}

/// `FPProcessNaNs` and `FPProcessNaNs3`: the first signalling operand, else the first quiet one, else nothing.
#[inline]
pub(super) fn process_nans<F: Format, const N: usize>(
    env: &mut FpEnv,
    operands: [(&Num, F); N],
) -> Option<F> {
    if !operands.iter().any(|(num, _)| num.is_nan()) {
        return None;
    }
    let signalling = operands.iter().find(|(num, _)| num.class == Class::Snan);
    let (num, value) = signalling.or_else(|| operands.iter().find(|(num, _)| num.is_nan()))?;
    Some(quieted(env, num, *value))
}

/// The default NaN of an invalid operation.
pub(super) fn invalid<F: Format>(env: &mut FpEnv) -> F {
    env.raise(IOC);
    default_nan()
}

fn signed<F: Format>(sign: bool, magnitude: u64) -> F {
    F::from_bits(magnitude | if sign { F::SIGN } else { 0 })
}

pub(super) fn zero<F: Format>(sign: bool) -> F {
    signed(sign, 0)
}

pub(super) fn infinity<F: Format>(sign: bool) -> F {
    signed(sign, F::EXP_MASK)
}

pub(super) fn max_normal<F: Format>(sign: bool) -> F {
    signed(sign, F::EXP_MASK - 1)
}

/// The exact number `(-1)^sign * sig * 2^exp`. Zero is a zero `sig`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Real {
    pub(super) sign: bool,
    pub(super) exp: i32,
    pub(super) sig: u128,
}

impl Real {
    /// The same number with bit 120 as the top bit of its significand. `sig` is not zero and below 2^121.
    fn normalised(self) -> Real {
        let shift = self.sig.leading_zeros() - 7;
        Real { sig: self.sig << shift, exp: self.exp - shift as i32, ..self }
    }

    /// The sum. Exact, or exact but for a sticky lowest bit that lies at least 60 bits below the rounding
    /// position of any format: both operands have at most 106 significant bits, so aligned to bit 120 a right
    /// shift loses a bit only beyond 15 places, where the difference cannot lose more than one leading bit.
    pub(super) fn plus(self, other: Real) -> Real {
        if self.sig == 0 {
            return other;
        }
        if other.sig == 0 {
            return self;
        }
        let (a, b) = (self.normalised(), other.normalised());
        let (big, small) = if (a.exp, a.sig) >= (b.exp, b.sig) { (a, b) } else { (b, a) };
        let aligned = shift_right_sticky(small.sig, (big.exp - small.exp).unsigned_abs());
        let sig = if big.sign == small.sign { big.sig + aligned } else { big.sig - aligned };
        Real { sig, ..big }
    }
}

/// Shifts right; the lowest bit of the result also stands for all bits lost.
pub(super) fn shift_right_sticky(sig: u128, by: u32) -> u128 {
    if by >= 128 {
        return u128::from(sig != 0);
    }
    let lost = sig & ((1u128 << by) - 1);
    sig >> by | u128::from(lost != 0)
}

/// Whether a magnitude is incremented when `rest`, compared with half a unit, is cut off. `exact` excludes it.
pub(super) fn rounds_up(mode: Rounding, sign: bool, odd: bool, exact: bool, rest: Ordering) -> bool {
    match mode {
        Rounding::TieEven => rest == Ordering::Greater || rest == Ordering::Equal && odd,
        Rounding::TieAway => rest != Ordering::Less,
        Rounding::PosInf => !exact && !sign,
        Rounding::NegInf => !exact && sign,
        Rounding::Zero | Rounding::Odd | Rounding::OddInf => false,
    }
}

/// Rounds and packs, `FPRound`: flushes denormal results as FPCR says. A zero takes the sign that a sum has.
#[inline]
pub(super) fn round<F: Format>(env: &mut FpEnv, value: Real, mode: Rounding) -> F {
    let flush = env.fpcr & F::FLUSH != 0;
    if value.sig == 0 {
        return zero(mode == Rounding::NegInf);
    }
    round_with(env, value, mode, flush, false)
}

/// `FPRoundCV`: a half is not flushed, and with AHP it has neither infinities nor NaNs. `value` is not zero.
pub(super) fn round_convert<F: Format>(env: &mut FpEnv, value: Real, mode: Rounding) -> F {
    let flush = !F::IS_HALF && env.fpcr & F::FLUSH != 0;
    let alternative = F::IS_HALF && env.fpcr & AHP != 0;
    round_with(env, value, mode, flush, alternative)
}

fn round_with<F: Format>(env: &mut FpEnv, value: Real, mode: Rounding, flush: bool, alternative: bool) -> F {
    let Real { sign, exp, sig } = value;
    let exponent = exp + 127 - sig.leading_zeros() as i32;
    let tiny = exponent < F::MIN_EXP;
    if tiny && flush {
        env.raise(UFC);
        return zero(sign);
    }
    // The weight of the lowest bit of the result.
    let unit = exponent.max(F::MIN_EXP) - F::FRAC as i32;
    let (mut mantissa, exact, rest) = cut(sig, unit - exp);
    let mut biased = if tiny { 0 } else { (exponent - F::MIN_EXP + 1).unsigned_abs() };
    // Tininess is detected before rounding (A1.5.4).
    if tiny && !exact {
        env.raise(UFC);
    }
    if rounds_up(mode, sign, mantissa & 1 != 0, exact, rest) {
        mantissa += 1;
        if mantissa == 1 << F::FRAC && biased == 0 {
            biased = 1;
        } else if mantissa == 1 << (F::FRAC + 1) {
            mantissa >>= 1;
            biased += 1;
        }
    }
    if !exact && matches!(mode, Rounding::Odd | Rounding::OddInf) {
        mantissa |= 1;
    }
    let top = (F::EXP_MASK >> F::FRAC) as u32;
    if alternative && biased > top {
        env.raise(IOC);
        return signed(sign, F::EXP_MASK | F::FRAC_MASK);
    }
    if !alternative && biased >= top {
        env.raise(OFC | IXC);
        return if overflows_to_infinity(mode, sign) { infinity(sign) } else { max_normal(sign) };
    }
    if !exact {
        env.raise(IXC);
    }
    signed(sign, u64::from(biased) << F::FRAC | mantissa & F::FRAC_MASK)
}

/// Where a result beyond the largest normal number goes.
pub(super) fn overflows_to_infinity(mode: Rounding, sign: bool) -> bool {
    match mode {
        Rounding::TieEven | Rounding::TieAway | Rounding::OddInf => true,
        Rounding::PosInf => !sign,
        Rounding::NegInf => sign,
        Rounding::Zero | Rounding::Odd => false,
    }
}

/// `sig / 2^shift` rounded down, whether that is exact, and how the rest compares with one half. A negative shift
/// multiplies; then, as for every result of a format here, the value fits.
fn cut(sig: u128, shift: i32) -> (u64, bool, Ordering) {
    if shift <= 0 {
        return ((sig << shift.unsigned_abs()) as u64, true, Ordering::Less);
    }
    // Beyond 126 places the integer part is 0; two bits of the rest are enough to compare it.
    let (sig, shift) = match shift.unsigned_abs() {
        by @ 0..=126 => (sig, by),
        by => (shift_right_sticky(sig, by - 64), 64),
    };
    let rest = sig & ((1 << shift) - 1);
    ((sig >> shift) as u64, rest == 0, rest.cmp(&(1 << (shift - 1))))
}

//! Arm floating point as pure functions over raw bits: every result and every FPSR flag is Arm's on any host.
//!
//! Called by the scalar FP instructions (`exec::fp`) and lane by lane by Advanced SIMD. A value is its bits in a
//! `u16`, `u32` or `u64` (half, single, double) or a [`Bf16`]; the function finds the format from the type. What an
//! instruction reads of FPCR and adds to FPSR goes through [`FpEnv`]. The names follow the pseudocode of
//! "shared/functions/float" (DDI 0487 chapter J1.3): `FPAdd` is [`add`].
//!
//! Reading order: `real` (unpack, exact arithmetic, the one rounding function), `arith`, `convert`, `compare`,
//! `estimate`, and last `fast`, which answers the common case with the host's own FP where no flag can change.

mod arith;
mod compare;
mod convert;
mod estimate;
mod fast;
mod real;

pub use arith::{
    abs, add, bf_dot_add, bf_mul_add, div, fma, fmlal, max, maxnm, min, minnm, mul, mulx, neg, nmul, recps,
    rsqrts, sqrt, sub,
};
pub use compare::{abs_ge, abs_gt, compare, eq, ge, gt};
pub use convert::{
    convert, convert_odd, from_int, from_int_rounded, js_to_int, round_int, round_int_sized, to_bf16, to_int,
};
pub use estimate::{
    recip_estimate, recpe, recpx, rsqrt_estimate, rsqrte, unsigned_recip_estimate, unsigned_rsqrt_estimate,
};

use core::fmt::Debug;

/// FPCR.AHP: the alternative half-precision format in conversions (C5.2.8).
pub const AHP: u32 = 1 << 26;
/// FPCR.DN: every NaN result is the default NaN.
pub const DN: u32 = 1 << 25;
/// FPCR.FZ: denormal singles and doubles are flushed to zero.
pub const FZ: u32 = 1 << 24;
/// FPCR.RMode, two bits.
pub const RMODE: u32 = 3 << 22;
/// FPCR.FZ16: denormal halves are flushed to zero, except in conversions between formats.
pub const FZ16: u32 = 1 << 19;
/// The bits of FPCR that this implementation has (no trapped exceptions, no FEAT_AFP, no vector length).
pub const FPCR_MASK: u32 = AHP | DN | FZ | RMODE | FZ16;

/// FPSR.IOC: invalid operation (C5.2.10).
pub const IOC: u32 = 1 << 0;
/// FPSR.DZC: division by zero.
pub const DZC: u32 = 1 << 1;
/// FPSR.OFC: overflow.
pub const OFC: u32 = 1 << 2;
/// FPSR.UFC: underflow.
pub const UFC: u32 = 1 << 3;
/// FPSR.IXC: inexact.
pub const IXC: u32 = 1 << 4;
/// FPSR.IDC: a denormal input was flushed.
pub const IDC: u32 = 1 << 7;
/// FPSR.QC: saturation, set by Advanced SIMD only.
pub const QC: u32 = 1 << 27;
/// The bits of FPSR that this implementation has.
pub const FPSR_MASK: u32 = QC | IDC | IXC | UFC | OFC | DZC | IOC;

// What MSR lets through is what is implemented here.
const _: () = assert!(FPCR_MASK == crate::state::FPCR_MASK && FPSR_MASK == crate::state::FPSR_MASK);

/// How a result that does not fit is rounded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    /// To nearest, ties to even (RMode 00, and the N of FCVTNS and FRINTN).
    TieEven,
    /// Towards plus infinity (RMode 01, P).
    PosInf,
    /// Towards minus infinity (RMode 10, M).
    NegInf,
    /// Towards zero (RMode 11, Z).
    Zero,
    /// To nearest, ties away from zero (A); only for rounding to an integer.
    TieAway,
    /// To odd, overflow stops at the largest normal number (FCVTXN).
    Odd,
    /// To odd, overflow goes to infinity (BFDOT, BFMMLA).
    OddInf,
}

/// The floating-point environment of an instruction: FPCR as it reads it, FPSR as it accumulates it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FpEnv {
    /// The modes; bits outside [`FPCR_MASK`] are ignored.
    pub fpcr: u32,
    /// The cumulative flags; a function only ever sets bits.
    pub fpsr: u32,
}

impl FpEnv {
    /// An environment with these register values.
    #[must_use]
    #[inline]
    pub fn new(fpcr: u32, fpsr: u32) -> Self {
        FpEnv { fpcr, fpsr }
    }

    /// The rounding mode that FPCR.RMode selects.
    #[must_use]
    #[inline]
    pub fn rounding(&self) -> Rounding {
        match (self.fpcr & RMODE) >> 22 {
            0 => Rounding::TieEven,
            1 => Rounding::PosInf,
            2 => Rounding::NegInf,
            _ => Rounding::Zero,
        }
    }

    /// Accumulates flags, as an untrapped `FPProcessException` does.
    #[inline]
    pub(crate) fn raise(&mut self, flags: u32) {
        self.fpsr |= flags;
    }
}

/// A binary floating-point format; the value is its own bit pattern.
pub trait Format: Copy + Eq + Debug + fast::Fast {
    /// Width in bits.
    const BITS: u32;
    /// Width of the stored fraction.
    const FRAC: u32;
    /// Bias of the exponent.
    const BIAS: i32;
    /// The FPCR bit that flushes denormals of this format.
    const FLUSH: u32;
    /// The FPSR bits that a flushed input sets: halves set none.
    const FLUSH_FLAGS: u32;
    /// Whether this is the IEEE half, for which conversions have rules of their own.
    const IS_HALF: bool = Self::BITS == 16 && Self::FRAC == 10;
    /// The sign bit.
    const SIGN: u64 = 1 << (Self::BITS - 1);
    /// The bits of the fraction.
    const FRAC_MASK: u64 = (1 << Self::FRAC) - 1;
    /// The bits of the exponent, in place: also the pattern of plus infinity.
    const EXP_MASK: u64 = Self::SIGN - (1 << Self::FRAC);
    /// The top bit of the fraction, which tells quiet from signalling NaNs.
    const QUIET: u64 = 1 << (Self::FRAC - 1);
    /// The exponent of the smallest normal number.
    const MIN_EXP: i32 = 1 - Self::BIAS;

    /// From the low bits; higher ones are dropped.
    fn from_bits(bits: u64) -> Self;
    /// The pattern, zero-extended.
    fn to_bits(self) -> u64;
}

macro_rules! format {
    ($t:ty, $bits:literal, $frac:literal, $bias:literal, $flush:expr, $flags:expr) => {
        impl Format for $t {
            const BITS: u32 = $bits;
            const FRAC: u32 = $frac;
            const BIAS: i32 = $bias;
            const FLUSH: u32 = $flush;
            const FLUSH_FLAGS: u32 = $flags;
            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                bits as $t
            }
            #[inline(always)]
            fn to_bits(self) -> u64 {
                u64::from(self)
            }
        }
    };
}
format!(u16, 16, 10, 15, FZ16, 0);
format!(u32, 32, 23, 127, FZ, IDC);
format!(u64, 64, 52, 1023, FZ, IDC);

/// A BFloat16 pattern: the upper half of a single.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bf16(pub u16);

impl Format for Bf16 {
    const BITS: u32 = 16;
    const FRAC: u32 = 7;
    const BIAS: i32 = 127;
    const FLUSH: u32 = FZ;
    const FLUSH_FLAGS: u32 = IDC;
    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        Bf16(bits as u16)
    }
    #[inline(always)]
    fn to_bits(self) -> u64 {
        u64::from(self.0)
    }
}

/// The default NaN: positive, quiet, no payload (`FPDefaultNaN`).
#[must_use]
#[inline]
pub fn default_nan<F: Format>() -> F {
    F::from_bits(F::EXP_MASK | F::QUIET)
}

/// The 8-bit immediate of FMOV, expanded (`VFPExpandImm`, C2.2.3).
#[must_use]
pub fn expand_imm<F: Format>(imm8: u8) -> F {
    let imm = u64::from(imm8);
    let exp_bits = F::BITS - F::FRAC - 1;
    let repeated = if imm & 0x40 != 0 { (1 << (exp_bits - 3)) - 1 } else { 0 };
    let not_b = (imm >> 6 & 1) ^ 1;
    let exp = not_b << (exp_bits - 1) | repeated << 2 | imm >> 4 & 3;
    F::from_bits(imm >> 7 << (F::BITS - 1) | exp << F::FRAC | (imm & 15) << (F::FRAC - 4))
}

#[cfg(test)]
mod tests;

//! What an Advanced SIMD instruction does, as plain names: the vocabulary between `decode::simd` and `exec::simd`.
//!
//! A name is the mnemonic. One name serves the vector, scalar and by-element forms, which differ only in
//! [`super::Shape`] and [`super::SimdInsn::index`].

/// The operation, by the file of `exec::simd` that carries it out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    /// Two sources and a result of one element size.
    Same(Same),
    /// Two sources; source and result elements differ in width.
    Long(Long),
    /// One source, integer.
    Misc(Misc),
    /// Shift by an immediate, which is in `imm`.
    Shift(Shift),
    /// Moves, permutations and table look-ups.
    Move(Move),
    /// Two floating-point sources.
    Fp(Fp),
    /// One floating-point source, and conversions.
    FpMisc(FpMisc),
    /// Dot products, matrix products, widening FP multiplies and complex arithmetic.
    Dot(Dot),
    /// AES, SHA, SM3 and SM4.
    Crypto(Crypto),
}

/// Integer operations whose lanes all have one width (C4.1.96, "Advanced SIMD three same").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[rustfmt::skip]
pub(crate) enum Same {
    And, Bic, Orr, Orn, Eor, Bsl, Bit, Bif,
    Shadd, Uhadd, Srhadd, Urhadd, Shsub, Uhsub,
    Sqadd, Uqadd, Sqsub, Uqsub,
    Cmgt, Cmhi, Cmge, Cmhs, Cmtst, Cmeq,
    Sshl, Ushl, Sqshl, Uqshl, Srshl, Urshl, Sqrshl, Uqrshl,
    Smax, Umax, Smin, Umin, Sabd, Uabd, Saba, Uaba,
    Add, Sub, Mla, Mls, Mul, Pmul,
    Smaxp, Umaxp, Sminp, Uminp, Addp,
    Sqdmulh, Sqrdmulh, Sqrdmlah, Sqrdmlsh,
}

/// Long, wide and narrow operations; `size` is that of the narrow element and [`super::Shape::Q`] selects the
/// upper half ("three different").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[rustfmt::skip]
pub(crate) enum Long {
    Saddl, Uaddl, Saddw, Uaddw, Ssubl, Usubl, Ssubw, Usubw,
    Addhn, Raddhn, Subhn, Rsubhn,
    Sabal, Uabal, Sabdl, Uabdl,
    Smlal, Umlal, Smlsl, Umlsl, Smull, Umull,
    Sqdmlal, Sqdmlsl, Sqdmull, Pmull,
}

/// Integer operations on one source ("two-register miscellaneous", "across lanes", "scalar pairwise").
/// For the narrowing and widening ones `size` is that of the narrow element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[rustfmt::skip]
pub(crate) enum Misc {
    Rev64, Rev32, Rev16,
    Saddlp, Uaddlp, Sadalp, Uadalp,
    Cls, Clz, Cnt, Not, Rbit,
    Suqadd, Usqadd, Sqabs, Sqneg, Abs, Neg,
    Cmgt0, Cmge0, Cmeq0, Cmle0, Cmlt0,
    Xtn, Sqxtn, Uqxtn, Sqxtun, Shll,
    Urecpe, Ursqrte,
    Addv, Saddlv, Uaddlv, Smaxv, Umaxv, Sminv, Uminv,
    /// ADDP of the two doublewords of a vector into a scalar.
    AddpPair,
}

/// Shifts by an immediate: right shifts by 1 to the element width, left shifts by 0 to the width less one.
/// For the narrowing and widening ones `size` is that of the narrow element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[rustfmt::skip]
pub(crate) enum Shift {
    Sshr, Ushr, Ssra, Usra, Srshr, Urshr, Srsra, Ursra, Sri,
    Shl, Sli, Sqshlu, Sqshl, Uqshl,
    Shrn, Rshrn, Sqshrn, Uqshrn, Sqrshrn, Uqrshrn, Sqshrun, Sqrshrun,
    Sshll, Ushll,
}

/// Moves and permutations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[rustfmt::skip]
pub(crate) enum Move {
    /// DUP (element), also the scalar form; the element is in `index`.
    DupElem,
    /// DUP (general); `rn` is a general register.
    DupGen,
    /// INS (element): to lane `index` from lane `imm`.
    InsElem,
    /// INS (general): to lane `index` from a general register.
    InsGen,
    /// UMOV from lane `index` to a general register.
    Umov,
    /// SMOV to a W register.
    SmovW,
    /// SMOV to an X register.
    SmovX,
    /// EXT; the byte position is in `imm`.
    Ext,
    Uzp1, Uzp2, Trn1, Trn2, Zip1, Zip2,
    /// TBL; `imm` is the number of table registers, 1 to 4.
    Tbl,
    /// TBX, likewise.
    Tbx,
    /// MOVI and FMOV: the pattern of [`super::imm::expand`].
    Movi,
    /// MVNI.
    Mvni,
    /// ORR (immediate).
    OrrImm,
    /// BIC (immediate).
    BicImm,
}

/// Floating-point operations on two sources; `size` is 1, 2 or 3 for half, single and double precision.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[rustfmt::skip]
pub(crate) enum Fp {
    Fadd, Fsub, Fmul, Fmulx, Fdiv, Fabd, Fmla, Fmls,
    Fmax, Fmin, Fmaxnm, Fminnm,
    Fcmeq, Fcmge, Fcmgt, Facge, Facgt, Frecps, Frsqrts,
    Faddp, Fmaxp, Fminp, Fmaxnmp, Fminnmp,
}

/// Floating-point operations on one source; `size` is that of the FP element (for the conversions between
/// formats: of the narrow one), `imm` the fraction bits of fixed-point conversions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[rustfmt::skip]
pub(crate) enum FpMisc {
    Fabs, Fneg, Fsqrt, Frecpe, Frsqrte, Frecpx,
    Fcmgt0, Fcmge0, Fcmeq0, Fcmle0, Fcmlt0,
    Frintn, Frintm, Frintp, Frintz, Frinta, Frintx, Frinti,
    Frint32z, Frint32x, Frint64z, Frint64x,
    Fcvtns, Fcvtnu, Fcvtms, Fcvtmu, Fcvtps, Fcvtpu, Fcvtzs, Fcvtzu, Fcvtas, Fcvtau,
    Scvtf, Ucvtf,
    Fcvtl, Fcvtn, Fcvtxn, Bfcvtn,
    Fmaxv, Fminv, Fmaxnmv, Fminnmv,
    /// Scalar pairwise forms: the two lowest lanes of a vector into a scalar.
    FaddPair, FmaxPair, FminPair, FmaxnmPair, FminnmPair,
}

/// Products over groups of lanes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[rustfmt::skip]
pub(crate) enum Dot {
    Sdot, Udot, Usdot, Sudot, Smmla, Ummla, Usmmla,
    Bfdot, Bfmmla, Bfmlalb, Bfmlalt,
    Fmlal, Fmlsl, Fmlal2, Fmlsl2,
    /// FCMLA; the rotation in quarter turns is in `imm`.
    Fcmla,
    /// FCADD; `imm` is 1 or 3 quarter turns.
    Fcadd,
}

/// The cryptographic extensions. `imm` is an index, a rotation, or the third source register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[rustfmt::skip]
pub(crate) enum Crypto {
    Aese, Aesd, Aesmc, Aesimc,
    Sha1c, Sha1p, Sha1m, Sha1su0, Sha1h, Sha1su1,
    Sha256h, Sha256h2, Sha256su0, Sha256su1,
    Sha512h, Sha512h2, Sha512su0, Sha512su1,
    Eor3, Bcax, Rax1, Xar,
    Sm3ss1, Sm3tt1a, Sm3tt1b, Sm3tt2a, Sm3tt2b, Sm3partw1, Sm3partw2,
    Sm4e, Sm4ekey,
}

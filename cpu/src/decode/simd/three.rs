//! Decoding of the classes with two vector sources: three same, three different, extension, by element.

use super::{Dot, Fp, Long, Op, Same, Shape, SimdInsn, bits};

/// Where the sizes end that an operation takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sizes {
    /// Bytes to doublewords.
    All,
    /// Bytes to words.
    UpToWord,
    /// Halfwords and words.
    HalfWord,
    /// Bytes only.
    Byte,
}

impl Sizes {
    fn allow(self, size: u8) -> bool {
        match self {
            Sizes::All => true,
            Sizes::UpToWord => size < 3,
            Sizes::HalfWord => size == 1 || size == 2,
            Sizes::Byte => size == 0,
        }
    }
}

/// The integer half of "three same", by U and opcode.
#[rustfmt::skip]
fn same_op(u: bool, opcode: u32) -> Option<(Same, Sizes)> {
    use Same::*;
    use Sizes::*;
    let pick = |signed, unsigned| if u { unsigned } else { signed };
    Some(match opcode {
        0b00000 => (pick(Shadd, Uhadd), UpToWord),
        0b00001 => (pick(Sqadd, Uqadd), All),
        0b00010 => (pick(Srhadd, Urhadd), UpToWord),
        0b00100 => (pick(Shsub, Uhsub), UpToWord),
        0b00101 => (pick(Sqsub, Uqsub), All),
        0b00110 => (pick(Cmgt, Cmhi), All),
        0b00111 => (pick(Cmge, Cmhs), All),
        0b01000 => (pick(Sshl, Ushl), All),
        0b01001 => (pick(Sqshl, Uqshl), All),
        0b01010 => (pick(Srshl, Urshl), All),
        0b01011 => (pick(Sqrshl, Uqrshl), All),
        0b01100 => (pick(Smax, Umax), UpToWord),
        0b01101 => (pick(Smin, Umin), UpToWord),
        0b01110 => (pick(Sabd, Uabd), UpToWord),
        0b01111 => (pick(Saba, Uaba), UpToWord),
        0b10000 => (pick(Add, Sub), All),
        0b10001 => (pick(Cmtst, Cmeq), All),
        0b10010 => (pick(Mla, Mls), UpToWord),
        0b10011 => if u { (Pmul, Byte) } else { (Mul, UpToWord) },
        0b10100 => (pick(Smaxp, Umaxp), UpToWord),
        0b10101 => (pick(Sminp, Uminp), UpToWord),
        0b10110 => (pick(Sqdmulh, Sqrdmulh), HalfWord),
        0b10111 if !u => (Addp, All),
        _ => return None,
    })
}

/// The bitwise operations, by U and size.
fn logic_op(u: bool, size: u8) -> Same {
    match (u, size) {
        (false, 0) => Same::And,
        (false, 1) => Same::Bic,
        (false, 2) => Same::Orr,
        (false, _) => Same::Orn,
        (true, 0) => Same::Eor,
        (true, 1) => Same::Bsl,
        (true, 2) => Same::Bit,
        (true, _) => Same::Bif,
    }
}

/// The floating-point half of "three same", by U, the upper size bit and the three low opcode bits.
#[rustfmt::skip]
fn fp_op(u: bool, a: bool, opcode: u32) -> Option<Fp> {
    use Fp::*;
    Some(match (u, a, opcode) {
        (false, false, 0) => Fmaxnm, (false, true, 0) => Fminnm,
        (false, false, 1) => Fmla,   (false, true, 1) => Fmls,
        (false, false, 2) => Fadd,   (false, true, 2) => Fsub,
        (false, false, 3) => Fmulx,
        (false, false, 4) => Fcmeq,
        (false, false, 6) => Fmax,   (false, true, 6) => Fmin,
        (false, false, 7) => Frecps, (false, true, 7) => Frsqrts,
        (true, false, 0) => Fmaxnmp, (true, true, 0) => Fminnmp,
        (true, false, 2) => Faddp,   (true, true, 2) => Fabd,
        (true, false, 3) => Fmul,
        (true, false, 4) => Fcmge,   (true, true, 4) => Fcmgt,
        (true, false, 5) => Facge,   (true, true, 5) => Facgt,
        (true, false, 6) => Fmaxp,   (true, true, 6) => Fminp,
        (true, false, 7) => Fdiv,
        _ => return None,
    })
}

/// Whether a floating-point "three same" operation has a scalar form.
fn fp_has_scalar(op: Fp) -> bool {
    use Fp::{Fabd, Facge, Facgt, Fcmeq, Fcmge, Fcmgt, Fmulx, Frecps, Frsqrts};
    matches!(op, Fmulx | Fcmeq | Frecps | Frsqrts | Fcmge | Facge | Fabd | Fcmgt | Facgt)
}

/// FMLAL and its kin hide among the floating-point "three same" encodings with sz = 0.
fn fmlal_op(u: bool, a: bool, opcode: u32) -> Option<Dot> {
    match (u, a, opcode) {
        (false, false, 5) => Some(Dot::Fmlal),
        (false, true, 5) => Some(Dot::Fmlsl),
        (true, false, 1) => Some(Dot::Fmlal2),
        (true, true, 1) => Some(Dot::Fmlsl2),
        _ => None,
    }
}

/// "Advanced SIMD three same" and its scalar form.
pub(super) fn same(word: u32, shape: Shape) -> Option<SimdInsn> {
    let u = word >> 29 & 1 == 1;
    let size = bits(word, 22, 2) as u8;
    let opcode = bits(word, 11, 5);
    if opcode == 0b00011 {
        let op = Op::Same(logic_op(u, size));
        return (shape != Shape::Scalar).then(|| SimdInsn::new(word, op, 0, shape));
    }
    if opcode >= 0b11000 {
        return same_fp(word, shape, u, size, opcode & 7);
    }
    let (op, sizes) = same_op(u, opcode)?;
    let fits = match shape {
        Shape::Scalar => scalar_same(op, size),
        Shape::D => sizes.allow(size) && size != 3,
        Shape::Q => sizes.allow(size),
    };
    fits.then(|| SimdInsn::new(word, Op::Same(op), size, shape))
}

fn scalar_same(op: Same, size: u8) -> bool {
    use Same::*;
    match op {
        Sqadd | Uqadd | Sqsub | Uqsub | Sqshl | Uqshl | Sqrshl | Uqrshl => true,
        Cmgt | Cmhi | Cmge | Cmhs | Cmtst | Cmeq | Sshl | Ushl | Srshl | Urshl | Add | Sub => size == 3,
        Sqdmulh | Sqrdmulh => size == 1 || size == 2,
        _ => false,
    }
}

fn same_fp(word: u32, shape: Shape, u: bool, size: u8, opcode: u32) -> Option<SimdInsn> {
    let a = size & 2 != 0;
    let double = size & 1 != 0;
    if let Some(op) = fmlal_op(u, a, opcode) {
        return (shape != Shape::Scalar && !double).then(|| SimdInsn::new(word, Op::Dot(op), 1, shape));
    }
    let op = fp_op(u, a, opcode)?;
    let fits = match shape {
        Shape::Scalar => fp_has_scalar(op),
        Shape::D => !double,
        Shape::Q => true,
    };
    fits.then(|| SimdInsn::new(word, Op::Fp(op), 2 + u8::from(double), shape))
}

/// "Three same (FP16)" and its scalar form.
pub(super) fn same_fp16(word: u32, shape: Shape) -> Option<SimdInsn> {
    let op = fp_op(word >> 29 & 1 == 1, word >> 23 & 1 == 1, bits(word, 11, 3))?;
    let fits = shape != Shape::Scalar || fp_has_scalar(op);
    fits.then(|| SimdInsn::new(word, Op::Fp(op), 1, shape))
}

/// "Three-register extension" and "scalar three same extra".
pub(super) fn extension(word: u32, shape: Shape) -> Option<SimdInsn> {
    let u = word >> 29 & 1 == 1;
    let size = bits(word, 22, 2) as u8;
    let opcode = bits(word, 11, 4);
    let full = shape == Shape::Q;
    let insn = |op| Some(SimdInsn::new(word, op, size, shape));
    if shape == Shape::Scalar && opcode > 1 {
        return None;
    }
    match (u, opcode, size) {
        (true, 0, 1 | 2) => insn(Op::Same(Same::Sqrdmlah)),
        (true, 1, 1 | 2) => insn(Op::Same(Same::Sqrdmlsh)),
        (false, 2, 2) => insn(Op::Dot(Dot::Sdot)),
        (true, 2, 2) => insn(Op::Dot(Dot::Udot)),
        (false, 3, 2) => insn(Op::Dot(Dot::Usdot)),
        (false, 4, 2) if full => insn(Op::Dot(Dot::Smmla)),
        (true, 4, 2) if full => insn(Op::Dot(Dot::Ummla)),
        (false, 5, 2) if full => insn(Op::Dot(Dot::Usmmla)),
        (true, 8..=11, 1..=3) if full || size != 3 => Some(SimdInsn {
            imm: (opcode & 3) as u8,
            ..SimdInsn::new(word, Op::Dot(Dot::Fcmla), size, shape)
        }),
        (true, 12 | 14, 1..=3) if full || size != 3 => {
            let turns = if opcode == 12 { 1 } else { 3 };
            Some(SimdInsn { imm: turns, ..SimdInsn::new(word, Op::Dot(Dot::Fcadd), size, shape) })
        }
        (true, 13, 1) if full => insn(Op::Dot(Dot::Bfmmla)),
        (true, 15, 1) => insn(Op::Dot(Dot::Bfdot)),
        (true, 15, 3) => insn(Op::Dot(if full { Dot::Bfmlalt } else { Dot::Bfmlalb })),
        _ => None,
    }
}

/// "Three different" and its scalar form.
#[rustfmt::skip]
pub(super) fn different(word: u32, shape: Shape) -> Option<SimdInsn> {
    use Long::*;
    let u = word >> 29 & 1 == 1;
    let size = bits(word, 22, 2) as u8;
    let pick = |signed, unsigned| if u { unsigned } else { signed };
    let opcode = bits(word, 12, 4);
    let op = match opcode {
        0b0000 => pick(Saddl, Uaddl),
        0b0001 => pick(Saddw, Uaddw),
        0b0010 => pick(Ssubl, Usubl),
        0b0011 => pick(Ssubw, Usubw),
        0b0100 => pick(Addhn, Raddhn),
        0b0101 => pick(Sabal, Uabal),
        0b0110 => pick(Subhn, Rsubhn),
        0b0111 => pick(Sabdl, Uabdl),
        0b1000 => pick(Smlal, Umlal),
        0b1001 if !u => Sqdmlal,
        0b1010 => pick(Smlsl, Umlsl),
        0b1011 if !u => Sqdmlsl,
        0b1100 => pick(Smull, Umull),
        0b1101 if !u => Sqdmull,
        0b1110 if !u => Pmull,
        _ => return None,
    };
    let fits = match op {
        Sqdmlal | Sqdmlsl | Sqdmull => size == 1 || size == 2,
        Pmull => shape != Shape::Scalar && (size == 0 || size == 3),
        _ => shape != Shape::Scalar && size != 3,
    };
    fits.then(|| SimdInsn::new(word, Op::Long(op), size, shape))
}

/// "Vector x indexed element" and its scalar form.
pub(super) fn indexed(word: u32, shape: Shape) -> Option<SimdInsn> {
    let u = word >> 29 & 1 == 1;
    let size = bits(word, 22, 2) as u8;
    let opcode = bits(word, 12, 4);
    let scalar = shape == Shape::Scalar;
    if let Some(op) = indexed_int(u, opcode) {
        let has_scalar = matches!(
            op,
            Op::Long(Long::Sqdmlal | Long::Sqdmlsl | Long::Sqdmull)
                | Op::Same(Same::Sqdmulh | Same::Sqrdmulh | Same::Sqrdmlah | Same::Sqrdmlsh)
        );
        if (size == 1 || size == 2) && (!scalar || has_scalar) {
            return Some(with_index(word, op, size, shape));
        }
    }
    if let Some(op) = indexed_fp(u, opcode) {
        let fp_size = match size {
            0 => 1,
            1 => return None,
            other => other,
        };
        let double_ok = fp_size != 3 || (shape != Shape::D && word >> 21 & 1 == 0);
        return double_ok.then(|| with_index(word, Op::Fp(op), fp_size, shape));
    }
    if scalar {
        return None;
    }
    indexed_groups(word, shape, u, size, opcode)
}

fn indexed_int(u: bool, opcode: u32) -> Option<Op> {
    let pick = |signed, unsigned| Op::Long(if u { unsigned } else { signed });
    Some(match (opcode, u) {
        (0b0000, true) => Op::Same(Same::Mla),
        (0b0100, true) => Op::Same(Same::Mls),
        (0b1000, false) => Op::Same(Same::Mul),
        (0b1100, false) => Op::Same(Same::Sqdmulh),
        (0b1101, false) => Op::Same(Same::Sqrdmulh),
        (0b1101, true) => Op::Same(Same::Sqrdmlah),
        (0b1111, true) => Op::Same(Same::Sqrdmlsh),
        (0b0010, _) => pick(Long::Smlal, Long::Umlal),
        (0b0110, _) => pick(Long::Smlsl, Long::Umlsl),
        (0b1010, _) => pick(Long::Smull, Long::Umull),
        (0b0011, false) => Op::Long(Long::Sqdmlal),
        (0b0111, false) => Op::Long(Long::Sqdmlsl),
        (0b1011, false) => Op::Long(Long::Sqdmull),
        _ => return None,
    })
}

fn indexed_fp(u: bool, opcode: u32) -> Option<Fp> {
    match (opcode, u) {
        (0b0001, false) => Some(Fp::Fmla),
        (0b0101, false) => Some(Fp::Fmls),
        (0b1001, false) => Some(Fp::Fmul),
        (0b1001, true) => Some(Fp::Fmulx),
        _ => None,
    }
}

/// By-element forms whose element is a group of lanes or has a width of its own.
fn indexed_groups(word: u32, shape: Shape, u: bool, size: u8, opcode: u32) -> Option<SimdInsn> {
    let full = shape == Shape::Q;
    let group = |op, elem| Some(with_index(word, Op::Dot(op), elem, shape));
    match (u, opcode, size) {
        (false, 0b1110, 2) => group(Dot::Sdot, 2),
        (true, 0b1110, 2) => group(Dot::Udot, 2),
        (false, 0b1111, 0) => group(Dot::Sudot, 2),
        (false, 0b1111, 2) => group(Dot::Usdot, 2),
        (false, 0b1111, 1) => group(Dot::Bfdot, 2),
        (false, 0b1111, 3) => group(if full { Dot::Bfmlalt } else { Dot::Bfmlalb }, 1),
        (false, 0b0000, 2) => group(Dot::Fmlal, 1),
        (false, 0b0100, 2) => group(Dot::Fmlsl, 1),
        (true, 0b1000, 2) => group(Dot::Fmlal2, 1),
        (true, 0b1100, 2) => group(Dot::Fmlsl2, 1),
        (true, 0b0001 | 0b0011 | 0b0101 | 0b0111, 1 | 2) => indexed_fcmla(word, shape, size, opcode),
        _ => None,
    }
}

fn indexed_fcmla(word: u32, shape: Shape, size: u8, opcode: u32) -> Option<SimdInsn> {
    let h = word >> 11 & 1;
    let l = word >> 21 & 1;
    let (fits, index) = match size {
        1 => (shape == Shape::Q || h == 0, h << 1 | l),
        _ => (shape == Shape::Q && l == 0, h),
    };
    fits.then(|| SimdInsn {
        index: index as u8,
        imm: (opcode >> 1 & 3) as u8,
        ..SimdInsn::new(word, Op::Dot(Dot::Fcmla), size, shape)
    })
}

/// Reads H:L:M as an index of elements of `1 << size` bytes, and Rm with as many bits as that leaves.
fn with_index(word: u32, op: Op, size: u8, shape: Shape) -> SimdInsn {
    let (h, l, m) = (word >> 11 & 1, word >> 21 & 1, word >> 20 & 1);
    let insn = SimdInsn::new(word, op, size, shape);
    let rm4 = insn.rm & 15;
    match size {
        1 => SimdInsn { rm: rm4, index: (h << 2 | l << 1 | m) as u8, ..insn },
        2 => SimdInsn { index: (h << 1 | l) as u8, ..insn },
        _ => SimdInsn { index: h as u8, ..insn },
    }
}

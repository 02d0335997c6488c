//! Decoding of the classes with one vector source: two-register miscellaneous, across lanes, scalar pairwise.

use super::{FpMisc, Misc, Op, Shape, SimdInsn, bits};

/// Integer operations by U and opcode, with the widest size that has a vector form.
#[rustfmt::skip]
fn int_op(u: bool, opcode: u32, size: u8) -> Option<(Misc, u8)> {
    use Misc::*;
    Some(match (u, opcode) {
        (false, 0b00000) => (Rev64, 2),
        (true, 0b00000) => (Rev32, 1),
        (false, 0b00001) => (Rev16, 0),
        (false, 0b00010) => (Saddlp, 2),
        (true, 0b00010) => (Uaddlp, 2),
        (false, 0b00011) => (Suqadd, 3),
        (true, 0b00011) => (Usqadd, 3),
        (false, 0b00100) => (Cls, 2),
        (true, 0b00100) => (Clz, 2),
        (false, 0b00101) => (Cnt, 0),
        (true, 0b00101) => if size == 1 { (Rbit, 1) } else { (Not, 0) },
        (false, 0b00110) => (Sadalp, 2),
        (true, 0b00110) => (Uadalp, 2),
        (false, 0b00111) => (Sqabs, 3),
        (true, 0b00111) => (Sqneg, 3),
        (false, 0b01000) => (Cmgt0, 3),
        (true, 0b01000) => (Cmge0, 3),
        (false, 0b01001) => (Cmeq0, 3),
        (true, 0b01001) => (Cmle0, 3),
        (false, 0b01010) => (Cmlt0, 3),
        (false, 0b01011) => (Abs, 3),
        (true, 0b01011) => (Neg, 3),
        (false, 0b10010) => (Xtn, 2),
        (true, 0b10010) => (Sqxtun, 2),
        (true, 0b10011) => (Shll, 2),
        (false, 0b10100) => (Sqxtn, 2),
        (true, 0b10100) => (Uqxtn, 2),
        _ => return None,
    })
}

/// Whether an integer operation has a scalar form of that size.
fn int_scalar(op: Misc, size: u8) -> bool {
    use Misc::*;
    match op {
        Suqadd | Usqadd | Sqabs | Sqneg => true,
        Cmgt0 | Cmge0 | Cmeq0 | Cmle0 | Cmlt0 | Abs | Neg => size == 3,
        Sqxtn | Uqxtn | Sqxtun => size != 3,
        _ => false,
    }
}

/// Floating-point operations by U, upper size bit and opcode, that exist in all three precisions.
#[rustfmt::skip]
fn fp_op(u: bool, a: bool, opcode: u32) -> Option<FpMisc> {
    use FpMisc::*;
    Some(match (u, a, opcode) {
        (false, true, 0b01100) => Fcmgt0, (true, true, 0b01100) => Fcmge0,
        (false, true, 0b01101) => Fcmeq0, (true, true, 0b01101) => Fcmle0,
        (false, true, 0b01110) => Fcmlt0,
        (false, true, 0b01111) => Fabs,   (true, true, 0b01111) => Fneg,
        (false, false, 0b11000) => Frintn, (false, true, 0b11000) => Frintp, (true, false, 0b11000) => Frinta,
        (false, false, 0b11001) => Frintm, (false, true, 0b11001) => Frintz,
        (true, false, 0b11001) => Frintx,  (true, true, 0b11001) => Frinti,
        (false, false, 0b11010) => Fcvtns, (true, false, 0b11010) => Fcvtnu,
        (false, true, 0b11010) => Fcvtps,  (true, true, 0b11010) => Fcvtpu,
        (false, false, 0b11011) => Fcvtms, (true, false, 0b11011) => Fcvtmu,
        (false, true, 0b11011) => Fcvtzs,  (true, true, 0b11011) => Fcvtzu,
        (false, false, 0b11100) => Fcvtas, (true, false, 0b11100) => Fcvtau,
        (false, false, 0b11101) => Scvtf,  (true, false, 0b11101) => Ucvtf,
        (false, true, 0b11101) => Frecpe,  (true, true, 0b11101) => Frsqrte,
        (false, true, 0b11111) => Frecpx,  (true, true, 0b11111) => Fsqrt,
        _ => return None,
    })
}

/// Whether a floating-point operation has that form: FRECPX is scalar only, the roundings are vector only.
fn fp_fits(op: FpMisc, shape: Shape, size: u8) -> bool {
    use FpMisc::*;
    match shape {
        Shape::Scalar => {
            !matches!(op, Fabs | Fneg | Fsqrt | Frintn | Frintm | Frintp | Frintz | Frinta | Frintx | Frinti)
        }
        Shape::D => op != Frecpx && size != 3,
        Shape::Q => op != Frecpx,
    }
}

/// "Two-register miscellaneous" and its scalar form.
pub(super) fn misc(word: u32, shape: Shape) -> Option<SimdInsn> {
    let u = word >> 29 & 1 == 1;
    let size = bits(word, 22, 2) as u8;
    let opcode = bits(word, 12, 5);
    if let Some((op, widest)) = int_op(u, opcode, size) {
        let fits = match shape {
            Shape::Scalar => int_scalar(op, size),
            Shape::D => size <= widest && size != 3,
            Shape::Q => size <= widest,
        };
        return fits.then(|| SimdInsn::new(word, Op::Misc(op), size, shape));
    }
    let fp_size = 2 + (size & 1);
    if let Some(op) = fp_op(u, size & 2 != 0, opcode) {
        return fp_fits(op, shape, fp_size).then(|| SimdInsn::new(word, Op::FpMisc(op), fp_size, shape));
    }
    odd_ones(word, shape, u, size, opcode)
}

/// The operations of the class that do not exist in all precisions.
fn odd_ones(word: u32, shape: Shape, u: bool, size: u8, opcode: u32) -> Option<SimdInsn> {
    let scalar = shape == Shape::Scalar;
    let fp_size = 2 + (size & 1);
    let fp = |op, size| Some(SimdInsn::new(word, Op::FpMisc(op), size, shape));
    let int = |op| Some(SimdInsn::new(word, Op::Misc(op), 2, shape));
    match (u, opcode, size) {
        (true, 0b10110, 1) => fp(FpMisc::Fcvtxn, 2),
        _ if scalar => None,
        (false, 0b10110, 0 | 1) => fp(FpMisc::Fcvtn, 1 + size),
        (false, 0b10110, 2) => fp(FpMisc::Bfcvtn, 1),
        (false, 0b10111, 0 | 1) => fp(FpMisc::Fcvtl, 1 + size),
        (false, 0b11100, 2) => int(Misc::Urecpe),
        (true, 0b11100, 2) => int(Misc::Ursqrte),
        (_, 0b11110 | 0b11111, 0 | 1) if fp_size == 2 || shape == Shape::Q => fp(
            match (u, opcode & 1) {
                (false, 0) => FpMisc::Frint32z,
                (true, 0) => FpMisc::Frint32x,
                (false, _) => FpMisc::Frint64z,
                (true, _) => FpMisc::Frint64x,
            },
            fp_size,
        ),
        _ => None,
    }
}

/// "Two-register miscellaneous (FP16)" and its scalar form.
pub(super) fn misc_fp16(word: u32, shape: Shape) -> Option<SimdInsn> {
    let op = fp_op(word >> 29 & 1 == 1, word >> 23 & 1 == 1, bits(word, 12, 5))?;
    fp_fits(op, shape, 1).then(|| SimdInsn::new(word, Op::FpMisc(op), 1, shape))
}

/// "Across lanes".
pub(super) fn across(word: u32, shape: Shape) -> Option<SimdInsn> {
    let u = word >> 29 & 1 == 1;
    let size = bits(word, 22, 2) as u8;
    let opcode = bits(word, 12, 5);
    let op = match (u, opcode) {
        (false, 0b00011) => Misc::Saddlv,
        (true, 0b00011) => Misc::Uaddlv,
        (false, 0b01010) => Misc::Smaxv,
        (true, 0b01010) => Misc::Umaxv,
        (false, 0b11010) => Misc::Sminv,
        (true, 0b11010) => Misc::Uminv,
        (false, 0b11011) => Misc::Addv,
        (_, 0b01100 | 0b01111) => return across_fp(word, shape, u, size, opcode),
        _ => return None,
    };
    let fits = size < 2 || (size == 2 && shape == Shape::Q);
    fits.then(|| SimdInsn::new(word, Op::Misc(op), size, shape))
}

fn across_fp(word: u32, shape: Shape, u: bool, size: u8, opcode: u32) -> Option<SimdInsn> {
    if size & 1 == 1 || (u && shape == Shape::D) {
        return None;
    }
    let op = match (opcode, size) {
        (0b01100, 0) => FpMisc::Fmaxnmv,
        (0b01100, _) => FpMisc::Fminnmv,
        (_, 0) => FpMisc::Fmaxv,
        _ => FpMisc::Fminv,
    };
    Some(SimdInsn::new(word, Op::FpMisc(op), 1 + u8::from(u), shape))
}

/// "Scalar pairwise".
pub(super) fn pairwise(word: u32) -> Option<SimdInsn> {
    let u = word >> 29 & 1 == 1;
    let size = bits(word, 22, 2) as u8;
    let opcode = bits(word, 12, 5);
    if opcode == 0b11011 && !u && size == 3 {
        return Some(SimdInsn::new(word, Op::Misc(Misc::AddpPair), 3, Shape::Scalar));
    }
    let op = match (opcode, size & 2) {
        (0b01100, 0) => FpMisc::FmaxnmPair,
        (0b01100, _) => FpMisc::FminnmPair,
        (0b01101, 0) => FpMisc::FaddPair,
        (0b01111, 0) => FpMisc::FmaxPair,
        (0b01111, _) => FpMisc::FminPair,
        _ => return None,
    };
    let fp_size = match (u, size & 1) {
        (true, sz) => 2 + sz,
        (false, 0) => 1,
        (false, _) => return None,
    };
    Some(SimdInsn::new(word, Op::FpMisc(op), fp_size, Shape::Scalar))
}

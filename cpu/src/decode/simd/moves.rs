//! Decoding of copies, permutations, table look-ups and modified immediates.

use super::{Move, Op, Shape, SimdInsn, bits};

/// Size and index out of imm5: the lowest set bit tells the size. None for `x0000`.
fn imm5(word: u32) -> Option<(u8, u8)> {
    let imm5 = bits(word, 16, 5);
    let size = imm5.trailing_zeros();
    (size < 4).then(|| (size as u8, (imm5 >> (size + 1)) as u8))
}

/// "Advanced SIMD copy".
pub(super) fn copy(word: u32, shape: Shape) -> Option<SimdInsn> {
    let (size, index) = imm5(word)?;
    let imm4 = bits(word, 11, 4) as u8;
    let full = shape == Shape::Q;
    let insn = |op| Some(SimdInsn { index, ..SimdInsn::new(word, Op::Move(op), size, shape) });
    if word >> 29 & 1 == 1 {
        let from = imm4 >> size;
        return if full { insn(Move::InsElem).map(|i| SimdInsn { imm: from, ..i }) } else { None };
    }
    match imm4 {
        0b0000 if full || size != 3 => insn(Move::DupElem),
        0b0001 if full || size != 3 => insn(Move::DupGen),
        0b0011 if full => insn(Move::InsGen),
        0b0101 if full && size < 3 => insn(Move::SmovX),
        0b0101 if !full && size < 2 => insn(Move::SmovW),
        0b0111 if full == (size == 3) => insn(Move::Umov),
        _ => None,
    }
}

/// "Scalar copy": DUP (element), scalar.
pub(super) fn scalar_copy(word: u32) -> Option<SimdInsn> {
    let (size, index) = imm5(word)?;
    let fits = word >> 29 & 1 == 0 && bits(word, 11, 4) == 0;
    fits.then(|| SimdInsn { index, ..SimdInsn::new(word, Op::Move(Move::DupElem), size, Shape::Scalar) })
}

/// "Table lookup".
pub(super) fn table(word: u32, shape: Shape) -> Option<SimdInsn> {
    let op = if word >> 12 & 1 == 1 { Move::Tbx } else { Move::Tbl };
    let tables = bits(word, 13, 2) as u8 + 1;
    (bits(word, 22, 2) == 0).then(|| SimdInsn { imm: tables, ..SimdInsn::new(word, Op::Move(op), 0, shape) })
}

/// "Permute".
pub(super) fn permute(word: u32, shape: Shape) -> Option<SimdInsn> {
    let size = bits(word, 22, 2) as u8;
    let op = match bits(word, 12, 3) {
        0b001 => Move::Uzp1,
        0b010 => Move::Trn1,
        0b011 => Move::Zip1,
        0b101 => Move::Uzp2,
        0b110 => Move::Trn2,
        0b111 => Move::Zip2,
        _ => return None,
    };
    (size != 3 || shape == Shape::Q).then(|| SimdInsn::new(word, Op::Move(op), size, shape))
}

/// "Extract".
pub(super) fn extract(word: u32, shape: Shape) -> Option<SimdInsn> {
    let position = bits(word, 11, 4) as u8;
    let fits = bits(word, 22, 2) == 0 && (position < 8 || shape == Shape::Q);
    fits.then(|| SimdInsn { imm: position, ..SimdInsn::new(word, Op::Move(Move::Ext), 0, shape) })
}

/// "Modified immediate": `imm` is abcdefgh, `index` the control that [`super::imm::expand`] takes.
pub(super) fn modified_immediate(word: u32, shape: Shape) -> Option<SimdInsn> {
    let imm8 = (bits(word, 16, 3) << 5 | bits(word, 5, 5)) as u8;
    let cmode = bits(word, 12, 4) as u8;
    let op = word >> 29 & 1 == 1;
    let o2 = word >> 11 & 1 == 1;
    if o2 && (cmode != 15 || op) {
        return None;
    }
    let what = match (cmode, op) {
        (15, true) if shape == Shape::D => return None,
        (14 | 15, _) => Move::Movi,
        (12 | 13, false) => Move::Movi,
        (12 | 13, true) => Move::Mvni,
        (_, false) if cmode & 1 == 1 => Move::OrrImm,
        (_, true) if cmode & 1 == 1 => Move::BicImm,
        (_, false) => Move::Movi,
        (_, true) => Move::Mvni,
    };
    let control = u8::from(o2) << 5 | u8::from(op) << 4 | cmode;
    Some(SimdInsn {
        imm: imm8,
        index: control,
        rn: 0,
        rm: 0,
        ..SimdInsn::new(word, Op::Move(what), 0, shape)
    })
}

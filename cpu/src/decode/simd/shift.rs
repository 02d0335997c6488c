//! Decoding of "shift by immediate", vector and scalar, with the fixed-point conversions that live there.

use super::{FpMisc, Op, Shape, Shift, SimdInsn, bits};

/// What a shift makes of the element width.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Same width; the amount counts down from twice the width.
    Right,
    /// Same width; the amount counts up from zero.
    Left,
    /// The result has half the width.
    Narrow,
    /// The result has twice the width.
    Widen,
}

#[rustfmt::skip]
fn op(u: bool, opcode: u32) -> Option<(Shift, Kind)> {
    use Kind::*;
    use Shift::*;
    let pick = |signed, unsigned| if u { unsigned } else { signed };
    Some(match opcode {
        0b00000 => (pick(Sshr, Ushr), Right),
        0b00010 => (pick(Ssra, Usra), Right),
        0b00100 => (pick(Srshr, Urshr), Right),
        0b00110 => (pick(Srsra, Ursra), Right),
        0b01000 if u => (Sri, Right),
        0b01010 => (pick(Shl, Sli), Left),
        0b01100 if u => (Sqshlu, Left),
        0b01110 => (pick(Sqshl, Uqshl), Left),
        0b10000 => (pick(Shrn, Sqshrun), Narrow),
        0b10001 => (pick(Rshrn, Sqrshrun), Narrow),
        0b10010 => (pick(Sqshrn, Uqshrn), Narrow),
        0b10011 => (pick(Sqrshrn, Uqrshrn), Narrow),
        0b10100 => (pick(Sshll, Ushll), Widen),
        _ => return None,
    })
}

/// Whether the operation has a scalar form for elements of that size.
fn scalar_fits(op: Shift, size: u8) -> bool {
    use Shift::*;
    match op {
        Sqshlu | Sqshl | Uqshl => true,
        Sqshrn | Uqshrn | Sqrshrn | Uqrshrn | Sqshrun | Sqrshrun => size != 3,
        Shrn | Rshrn | Sshll | Ushll => false,
        Sshr | Ushr | Ssra | Usra | Srshr | Urshr | Srsra | Ursra | Sri | Shl | Sli => size == 3,
    }
}

/// "Shift by immediate" and its scalar form. The caller has seen that bits 28:23 are those of the class;
/// immh of zero is another class for vectors and unallocated for scalars.
pub(super) fn by_immediate(word: u32, shape: Shape) -> Option<SimdInsn> {
    let u = word >> 29 & 1 == 1;
    let value = bits(word, 16, 7);
    let immh = value >> 3;
    if immh == 0 {
        return None;
    }
    let size = immh.ilog2() as u8;
    let width = 8u32 << size;
    let opcode = bits(word, 11, 5);
    if opcode == 0b11100 || opcode == 0b11111 {
        let op = match (opcode, u) {
            (0b11100, false) => FpMisc::Scvtf,
            (0b11100, true) => FpMisc::Ucvtf,
            (_, false) => FpMisc::Fcvtzs,
            (_, true) => FpMisc::Fcvtzu,
        };
        let fits = size != 0 && (size != 3 || shape != Shape::D);
        let fbits = (2 * width - value) as u8;
        return fits.then(|| SimdInsn { imm: fbits, ..SimdInsn::new(word, Op::FpMisc(op), size, shape) });
    }
    let (op, kind) = op(u, opcode)?;
    let fits = match (shape, kind) {
        (Shape::Scalar, _) => scalar_fits(op, size),
        (_, Kind::Narrow | Kind::Widen) => size != 3,
        (Shape::D, _) => size != 3,
        (Shape::Q, _) => true,
    };
    let amount = match kind {
        Kind::Right | Kind::Narrow => 2 * width - value,
        Kind::Left | Kind::Widen => value - width,
    };
    fits.then(|| SimdInsn { imm: amount as u8, ..SimdInsn::new(word, Op::Shift(op), size, shape) })
}

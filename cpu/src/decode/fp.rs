//! Decoder of scalar floating point (C4.1.96). Called by `decode`.
//!
//! A general register 31 is resolved here: [`ZR`] as a source, [`SINK`] as a destination.

use crate::fp::Rounding;
use crate::state::{SINK, ZR};

/// The format of the operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fmt {
    /// Half, 16 bits.
    H,
    /// Single, 32 bits.
    S,
    /// Double, 64 bits.
    D,
}

/// Data-processing with one source, without a rounding to integral.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum UnOp {
    Mov,
    Abs,
    Neg,
    Sqrt,
}

/// Data-processing with two sources.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BinOp {
    Mul,
    Div,
    Add,
    Sub,
    Max,
    Min,
    MaxNm,
    MinNm,
    NMul,
}

/// A predecoded scalar floating-point instruction; `Copy`, at most 12 bytes, alignment at most 4.
///
/// `rd` to `ra` are V registers unless the variant says otherwise; a `mode` of `None` means FPCR.RMode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FpInsn {
    /// FMOV (register), FABS, FNEG, FSQRT.
    Un { op: UnOp, fmt: Fmt, rd: u8, rn: u8 },
    /// FMUL, FDIV, FADD, FSUB, FMAX, FMIN, FMAXNM, FMINNM, FNMUL.
    Bin { op: BinOp, fmt: Fmt, rd: u8, rn: u8, rm: u8 },
    /// FMADD, FMSUB, FNMADD, FNMSUB.
    MulAdd { fmt: Fmt, neg_addend: bool, neg_product: bool, rd: u8, rn: u8, rm: u8, ra: u8 },
    /// FRINTN, P, M, Z, A, X, I; `exact` reports what changed (X).
    Round { fmt: Fmt, mode: Option<Rounding>, exact: bool, rd: u8, rn: u8 },
    /// FRINT32Z, FRINT32X, FRINT64Z, FRINT64X.
    RoundSized { fmt: Fmt, mode: Option<Rounding>, int_bits: u8, rd: u8, rn: u8 },
    /// FCVT between formats.
    Convert { from: Fmt, to: Fmt, rd: u8, rn: u8 },
    /// BFCVT.
    ToBf16 { rd: u8, rn: u8 },
    /// FCMP, FCMPE; with `zero` against plus zero instead of `rm`.
    Compare { fmt: Fmt, signal: bool, zero: bool, rn: u8, rm: u8 },
    /// FCCMP, FCCMPE; `nzcv` in the low four bits.
    CondCompare { fmt: Fmt, signal: bool, rn: u8, rm: u8, cond: u8, nzcv: u8 },
    /// FCSEL.
    Select { fmt: Fmt, rd: u8, rn: u8, rm: u8, cond: u8 },
    /// FMOV (immediate).
    Imm { fmt: Fmt, rd: u8, imm8: u8 },
    /// FCVT{N,P,M,Z,A}{S,U} to general register `rd`, with `fbits` fraction bits (0 for the integer forms).
    ToInt { fmt: Fmt, wide: bool, unsigned: bool, mode: Rounding, fbits: u8, rd: u8, rn: u8 },
    /// SCVTF, UCVTF from general register `rn`.
    FromInt { fmt: Fmt, wide: bool, unsigned: bool, fbits: u8, rd: u8, rn: u8 },
    /// FJCVTZS to general register `rd`.
    JsToInt { rd: u8, rn: u8 },
    /// FMOV of the bits of a scalar to general register `rd`, zero-extended.
    ToGeneral { fmt: Fmt, rd: u8, rn: u8 },
    /// FMOV of the low bits of general register `rn`.
    FromGeneral { fmt: Fmt, rd: u8, rn: u8 },
    /// `FMOV Xd, Vn.D[1]`.
    TopToGeneral { rd: u8, rn: u8 },
    /// `FMOV Vd.D[1], Xn`: keeps the lower half.
    TopFromGeneral { rd: u8, rn: u8 },
}

const _: () = assert!(size_of::<FpInsn>() <= 12 && align_of::<FpInsn>() <= 4);

/// The fields that all classes share.
#[derive(Clone, Copy)]
struct Fields {
    word: u32,
    rd: u8,
    rn: u8,
    rm: u8,
}

impl Fields {
    fn bits(self, low: u32, width: u32) -> u32 {
        self.word >> low & ((1 << width) - 1)
    }

    fn bit(self, at: u32) -> bool {
        self.bits(at, 1) != 0
    }

    /// The 5-bit register field at `low`.
    fn reg(self, low: u32) -> u8 {
        self.bits(low, 5) as u8
    }

    /// The type field; none for the value 10, which has no scalar format.
    fn fmt(self) -> Option<Fmt> {
        match self.bits(22, 2) {
            0 => Some(Fmt::S),
            1 => Some(Fmt::D),
            3 => Some(Fmt::H),
            _ => None,
        }
    }

    /// `rd` as a general register.
    fn general_rd(self) -> u8 {
        if self.rd == 31 { SINK as u8 } else { self.rd }
    }

    /// `rn` as a general register.
    fn general_rn(self) -> u8 {
        if self.rn == 31 { ZR as u8 } else { self.rn }
    }
}

/// Decodes a word of the group x0x1111x; none if it is not a scalar floating-point instruction.
pub(crate) fn decode_fp(word: u32) -> Option<FpInsn> {
    let f = Fields { word, rd: word as u8 & 31, rn: (word >> 5) as u8 & 31, rm: (word >> 16) as u8 & 31 };
    match word >> 24 {
        0b0001_1111 => mul_add(f),
        0b0001_1110 | 0b1001_1110 if !f.bit(21) => fixed(f),
        0b0001_1110 | 0b1001_1110 if f.bits(10, 6) == 0 => integer(f),
        0b0001_1110 => match f.bits(10, 2) {
            0b01 => conditional_compare(f),
            0b10 => two_source(f),
            0b11 => Some(FpInsn::Select { fmt: f.fmt()?, rd: f.rd, rn: f.rn, rm: f.rm, cond: cond(f) }),
            _ if f.bit(12) => immediate(f),
            _ if f.bit(13) => compare(f),
            _ if f.bit(14) => one_source(f),
            _ => None,
        },
        _ => None,
    }
}

fn cond(f: Fields) -> u8 {
    f.bits(12, 4) as u8
}

/// Floating-point data-processing (3 source).
fn mul_add(f: Fields) -> Option<FpInsn> {
    let (o1, o0) = (f.bit(21), f.bit(15));
    Some(FpInsn::MulAdd {
        fmt: f.fmt()?,
        neg_addend: o1,
        neg_product: o1 != o0,
        rd: f.rd,
        rn: f.rn,
        rm: f.rm,
        ra: f.reg(10),
    })
}

/// The static rounding modes of conversions and FRINT: N, P, M, Z.
fn static_mode(rmode: u32) -> Rounding {
    match rmode & 3 {
        0 => Rounding::TieEven,
        1 => Rounding::PosInf,
        2 => Rounding::NegInf,
        _ => Rounding::Zero,
    }
}

/// Conversion between floating-point and fixed-point.
fn fixed(f: Fields) -> Option<FpInsn> {
    let (fmt, wide, scale) = (f.fmt()?, f.bit(31), f.bits(10, 6));
    if !wide && scale < 32 {
        return None;
    }
    let fbits = (64 - scale) as u8;
    let unsigned = f.bit(16);
    // rmode and opcode.
    match f.bits(16, 5) {
        0b00_010 | 0b00_011 => {
            Some(FpInsn::FromInt { fmt, wide, unsigned, fbits, rd: f.rd, rn: f.general_rn() })
        }
        0b11_000 | 0b11_001 => {
            let mode = Rounding::Zero;
            Some(FpInsn::ToInt { fmt, wide, unsigned, mode, fbits, rd: f.general_rd(), rn: f.rn })
        }
        _ => None,
    }
}

/// Conversion between floating-point and integer, and FMOV between the register files.
fn integer(f: Fields) -> Option<FpInsn> {
    let (wide, rmode, opcode) = (f.bit(31), f.bits(19, 2), f.bits(16, 3));
    let unsigned = opcode & 1 != 0;
    let to_int = |mode| {
        let (rd, rn) = (f.general_rd(), f.rn);
        Some(FpInsn::ToInt { fmt: f.fmt()?, wide, unsigned, mode, fbits: 0, rd, rn })
    };
    match (opcode, rmode) {
        (0b000 | 0b001, _) => to_int(static_mode(rmode)),
        (0b100 | 0b101, 0) => to_int(Rounding::TieAway),
        (0b010 | 0b011, 0) => {
            let (rd, rn) = (f.rd, f.general_rn());
            Some(FpInsn::FromInt { fmt: f.fmt()?, wide, unsigned, fbits: 0, rd, rn })
        }
        (0b110 | 0b111, _) => move_general(f),
        _ => None,
    }
}

/// FMOV (general) and FJCVTZS, by sf, type, rmode and opcode.
fn move_general(f: Fields) -> Option<FpInsn> {
    let to_general = |fmt| Some(FpInsn::ToGeneral { fmt, rd: f.general_rd(), rn: f.rn });
    let from_general = |fmt| Some(FpInsn::FromGeneral { fmt, rd: f.rd, rn: f.general_rn() });
    match (f.bit(31), f.bits(22, 2), f.bits(19, 2), f.bit(16)) {
        (false, 0b00, 0, false) => to_general(Fmt::S),
        (false, 0b00, 0, true) => from_general(Fmt::S),
        (true, 0b01, 0, false) => to_general(Fmt::D),
        (true, 0b01, 0, true) => from_general(Fmt::D),
        (_, 0b11, 0, false) => to_general(Fmt::H),
        (_, 0b11, 0, true) => from_general(Fmt::H),
        (true, 0b10, 1, false) => Some(FpInsn::TopToGeneral { rd: f.general_rd(), rn: f.rn }),
        (true, 0b10, 1, true) => Some(FpInsn::TopFromGeneral { rd: f.rd, rn: f.general_rn() }),
        (false, 0b01, 3, false) => Some(FpInsn::JsToInt { rd: f.general_rd(), rn: f.rn }),
        _ => None,
    }
}

/// Floating-point conditional compare.
fn conditional_compare(f: Fields) -> Option<FpInsn> {
    let (signal, nzcv) = (f.bit(4), f.bits(0, 4) as u8);
    Some(FpInsn::CondCompare { fmt: f.fmt()?, signal, rn: f.rn, rm: f.rm, cond: cond(f), nzcv })
}

/// Floating-point data-processing (2 source).
fn two_source(f: Fields) -> Option<FpInsn> {
    let op = match f.bits(12, 4) {
        0 => BinOp::Mul,
        1 => BinOp::Div,
        2 => BinOp::Add,
        3 => BinOp::Sub,
        4 => BinOp::Max,
        5 => BinOp::Min,
        6 => BinOp::MaxNm,
        7 => BinOp::MinNm,
        8 => BinOp::NMul,
        _ => return None,
    };
    Some(FpInsn::Bin { op, fmt: f.fmt()?, rd: f.rd, rn: f.rn, rm: f.rm })
}

/// Floating-point immediate.
fn immediate(f: Fields) -> Option<FpInsn> {
    let fmt = f.fmt()?;
    (f.rn == 0).then_some(FpInsn::Imm { fmt, rd: f.rd, imm8: f.bits(13, 8) as u8 })
}

/// Floating-point compare. Rm should be zero in the forms with zero, and is ignored.
fn compare(f: Fields) -> Option<FpInsn> {
    let plain = f.bits(14, 2) == 0 && f.bits(0, 3) == 0;
    let (signal, zero) = (f.bit(4), f.bit(3));
    let fmt = f.fmt()?;
    plain.then_some(FpInsn::Compare { fmt, signal, zero, rn: f.rn, rm: f.rm })
}

/// Floating-point data-processing (1 source).
fn one_source(f: Fields) -> Option<FpInsn> {
    let (fmt, rd, rn) = (f.fmt()?, f.rd, f.rn);
    let opcode = f.bits(15, 6);
    let un = |op| Some(FpInsn::Un { op, fmt, rd, rn });
    let round = |mode, exact| Some(FpInsn::Round { fmt, mode, exact, rd, rn });
    let convert = |to| (fmt != to).then_some(FpInsn::Convert { from: fmt, to, rd, rn });
    match opcode {
        0 => un(UnOp::Mov),
        1 => un(UnOp::Abs),
        2 => un(UnOp::Neg),
        3 => un(UnOp::Sqrt),
        4 => convert(Fmt::S),
        5 => convert(Fmt::D),
        6 => (fmt == Fmt::D).then_some(FpInsn::ToBf16 { rd, rn }),
        7 => convert(Fmt::H),
        8..=11 => round(Some(static_mode(opcode)), false),
        12 => round(Some(Rounding::TieAway), false),
        14 => round(None, true),
        15 => round(None, false),
        16..=19 if fmt != Fmt::H => {
            let mode = if opcode & 1 == 0 { Some(Rounding::Zero) } else { None };
            let int_bits = if opcode < 18 { 32 } else { 64 };
            Some(FpInsn::RoundSized { fmt, mode, int_bits, rd, rn })
        }
        _ => None,
    }
}

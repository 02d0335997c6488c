//! The predecoded operation, the unit that decoder, interpreter and translator share.
//!
//! Variants end in X or W for 64 and 32 bits where both exist. Field names: `d` destination, `n`, `m`, `a` sources,
//! `t`, `t2` transfer registers, `s` status or operand register, `off` byte offset, all register fields as
//! indices into [`State::r`](crate::state::State), V registers 0 to 31. W results are zero-extended.

use super::fp::FpInsn;
use super::simd::SimdInsn;
use super::simd_ldst::SimdMem;

/// Add, subtract and logical operations of the register forms; S variants set the flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Alu {
    Add,
    Sub,
    Adds,
    Subs,
    And,
    Bic,
    Orr,
    Orn,
    Eor,
    Eon,
    Ands,
    Bics,
}

/// A shift of a register operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shift {
    Lsl,
    Lsr,
    Asr,
    Ror,
}

impl Shift {
    /// From the two-bit field of the encodings.
    pub(super) const fn from_bits(bits: u32) -> Shift {
        match bits & 3 {
            0 => Shift::Lsl,
            1 => Shift::Lsr,
            2 => Shift::Asr,
            _ => Shift::Ror,
        }
    }
}

/// Data processing with one source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OneSource {
    Rbit,
    Rev16,
    Rev32,
    Rev64,
    Clz,
    Cls,
}

/// What a single-register access moves. U, S: zero- or sign-extended load; trailing W, X: the width of the result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MemOp {
    LdU8,
    LdU16,
    LdU32,
    LdU64,
    LdS8X,
    LdS8W,
    LdS16X,
    LdS16W,
    LdS32X,
    St8,
    St16,
    St32,
    St64,
    LdVB,
    LdVH,
    LdVS,
    LdVD,
    LdVQ,
    StVB,
    StVH,
    StVS,
    StVD,
    StVQ,
}

impl MemOp {
    /// Whether it writes memory.
    #[inline]
    pub(crate) const fn is_store(self) -> bool {
        use MemOp::{St8, St16, St32, St64, StVB, StVD, StVH, StVQ, StVS};
        matches!(self, St8 | St16 | St32 | St64 | StVB | StVH | StVS | StVD | StVQ)
    }

    /// Binary logarithm of the bytes moved.
    #[inline]
    pub(crate) const fn scale(self) -> u32 {
        match self {
            MemOp::LdU8 | MemOp::LdS8X | MemOp::LdS8W | MemOp::St8 | MemOp::LdVB | MemOp::StVB => 0,
            MemOp::LdU16 | MemOp::LdS16X | MemOp::LdS16W | MemOp::St16 | MemOp::LdVH | MemOp::StVH => 1,
            MemOp::LdU32 | MemOp::LdS32X | MemOp::St32 | MemOp::LdVS | MemOp::StVS => 2,
            MemOp::LdU64 | MemOp::St64 | MemOp::LdVD | MemOp::StVD => 3,
            MemOp::LdVQ | MemOp::StVQ => 4,
        }
    }
}

/// What a register pair access moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PairOp {
    LdW,
    LdSw,
    LdX,
    StW,
    StX,
    LdVS,
    LdVD,
    LdVQ,
    StVS,
    StVD,
    StVQ,
}

/// Atomic memory operations (FEAT_LSE).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AtomicOp {
    Add,
    Clr,
    Eor,
    Set,
    Smax,
    Smin,
    Umax,
    Umin,
    Swp,
}

/// System registers that are state; those that are constants decode to [`Insn::MovI`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SysReg {
    Nzcv,
    Fpcr,
    Fpsr,
    TpidrEl0,
    TpidrroEl0,
    Cntvct,
}

/// A predecoded instruction of 16 bytes.
#[derive(Clone, Copy, PartialEq, Debug)]
#[rustfmt::skip]
pub(crate) enum Insn {
    /// Unallocated or not implemented.
    Undefined { word: u32 },
    /// Scalar floating point.
    Fp(FpInsn),
    /// Advanced SIMD without memory access, and cryptography.
    Simd(SimdInsn),
    /// Advanced SIMD structure loads and stores.
    SimdMem(SimdMem),

    // Data processing, immediate.
    /// MOVZ, MOVN, and reads of constant system registers.
    MovI { d: u8, imm: u64 },
    /// MOVK; `shift` in bits.
    MovkX { d: u8, shift: u8, imm: u16 },
    MovkW { d: u8, shift: u8, imm: u16 },
    /// PC + `off`.
    Adr { d: u8, off: i64 },
    /// Page of the PC + `off`.
    Adrp { d: u8, off: i64 },
    /// ADD, and SUB with the negated immediate.
    AddXI { d: u8, n: u8, imm: u64 },
    AddWI { d: u8, n: u8, imm: u32 },
    AddsXI { d: u8, n: u8, imm: u64 },
    AddsWI { d: u8, n: u8, imm: u32 },
    SubsXI { d: u8, n: u8, imm: u64 },
    SubsWI { d: u8, n: u8, imm: u32 },
    /// AND, both widths: a 32-bit mask clears the upper half.
    AndI { d: u8, n: u8, imm: u64 },
    OrrXI { d: u8, n: u8, imm: u64 },
    OrrWI { d: u8, n: u8, imm: u32 },
    EorXI { d: u8, n: u8, imm: u64 },
    EorWI { d: u8, n: u8, imm: u32 },
    AndsXI { d: u8, n: u8, imm: u64 },
    AndsWI { d: u8, n: u8, imm: u32 },
    /// UBFM, both widths: `n << l >> r`, zeros shifted in.
    Ubf { d: u8, n: u8, l: u8, r: u8 },
    /// SBFM: `n << l >> r`, sign bits shifted in.
    SbfX { d: u8, n: u8, l: u8, r: u8 },
    SbfW { d: u8, n: u8, l: u8, r: u8 },
    /// BFM: the bits of `mask` come from `n >> r << l`, one of the two being 0.
    BfmX { d: u8, n: u8, l: u8, r: u8, mask: u64 },
    BfmW { d: u8, n: u8, l: u8, r: u8, mask: u32 },
    ExtrX { d: u8, n: u8, m: u8, lsb: u8 },
    ExtrW { d: u8, n: u8, m: u8, lsb: u8 },

    // Data processing, register.
    MovX { d: u8, m: u8 },
    MovW { d: u8, m: u8 },
    AddX { d: u8, n: u8, m: u8 },
    AddW { d: u8, n: u8, m: u8 },
    SubX { d: u8, n: u8, m: u8 },
    SubW { d: u8, n: u8, m: u8 },
    SubsX { d: u8, n: u8, m: u8 },
    SubsW { d: u8, n: u8, m: u8 },
    AndX { d: u8, n: u8, m: u8 },
    AndW { d: u8, n: u8, m: u8 },
    OrrX { d: u8, n: u8, m: u8 },
    OrrW { d: u8, n: u8, m: u8 },
    EorX { d: u8, n: u8, m: u8 },
    EorW { d: u8, n: u8, m: u8 },
    AndsX { d: u8, n: u8, m: u8 },
    AndsW { d: u8, n: u8, m: u8 },
    /// ADD with LSL, 64 bits.
    AddXL { d: u8, n: u8, m: u8, shift: u8 },
    /// Shifted register forms that have no variant of their own; `x` means 64 bits.
    AluShift { op: Alu, x: bool, d: u8, n: u8, m: u8, shift: Shift, amount: u8 },
    /// Extended register forms; `ext` is the option field of the encoding.
    AluExt { op: Alu, x: bool, d: u8, n: u8, m: u8, ext: u8, amount: u8 },
    /// ADC, ADCS, SBC, SBCS.
    Carry { sub: bool, set: bool, x: bool, d: u8, n: u8, m: u8 },
    /// RMIF: flags of `mask` from `n` rotated right by `rotate`.
    Rmif { n: u8, rotate: u8, mask: u8 },
    /// SETF8, SETF16; `width` 8 or 16.
    Setf { n: u8, width: u8 },
    Cfinv,
    Axflag,
    Xaflag,
    /// CCMN, CCMP.
    CcmpR { sub: bool, x: bool, n: u8, m: u8, cond: u8, nzcv: u8 },
    CcmpI { sub: bool, x: bool, n: u8, imm: u8, cond: u8, nzcv: u8 },
    CselX { d: u8, n: u8, m: u8, cond: u8 },
    CselW { d: u8, n: u8, m: u8, cond: u8 },
    CsincX { d: u8, n: u8, m: u8, cond: u8 },
    CsincW { d: u8, n: u8, m: u8, cond: u8 },
    CsinvX { d: u8, n: u8, m: u8, cond: u8 },
    CsinvW { d: u8, n: u8, m: u8, cond: u8 },
    CsnegX { d: u8, n: u8, m: u8, cond: u8 },
    CsnegW { d: u8, n: u8, m: u8, cond: u8 },
    OneSource { op: OneSource, x: bool, d: u8, n: u8 },
    UdivX { d: u8, n: u8, m: u8 },
    UdivW { d: u8, n: u8, m: u8 },
    SdivX { d: u8, n: u8, m: u8 },
    SdivW { d: u8, n: u8, m: u8 },
    /// LSLV, LSRV, ASRV, RORV.
    ShiftV { op: Shift, x: bool, d: u8, n: u8, m: u8 },
    /// CRC32, CRC32C of `bytes` 1, 2, 4 or 8.
    Crc { castagnoli: bool, bytes: u8, d: u8, n: u8, m: u8 },
    MaddX { d: u8, n: u8, m: u8, a: u8 },
    MaddW { d: u8, n: u8, m: u8, a: u8 },
    MsubX { d: u8, n: u8, m: u8, a: u8 },
    MsubW { d: u8, n: u8, m: u8, a: u8 },
    Smaddl { d: u8, n: u8, m: u8, a: u8 },
    Smsubl { d: u8, n: u8, m: u8, a: u8 },
    Umaddl { d: u8, n: u8, m: u8, a: u8 },
    Umsubl { d: u8, n: u8, m: u8, a: u8 },
    Smulh { d: u8, n: u8, m: u8 },
    Umulh { d: u8, n: u8, m: u8 },

    // Branches; `off` is relative to the branch itself.
    B { off: i32 },
    Bl { off: i32 },
    Bcond { cond: u8, off: i32 },
    CbzX { t: u8, off: i32 },
    CbzW { t: u8, off: i32 },
    CbnzX { t: u8, off: i32 },
    CbnzW { t: u8, off: i32 },
    Tbz { t: u8, bit: u8, off: i32 },
    Tbnz { t: u8, bit: u8, off: i32 },
    /// A comparison and the [`Insn::Bcond`] after it, which keeps its own place too; `off` is relative to the latter.
    SubsXIB { d: u8, n: u8, cond: u8, off: i32, imm: u64 },
    SubsWIB { d: u8, n: u8, cond: u8, off: i32, imm: u32 },
    SubsXB { d: u8, n: u8, m: u8, cond: u8, off: i32 },
    SubsWB { d: u8, n: u8, m: u8, cond: u8, off: i32 },
    AndsXIB { d: u8, n: u8, cond: u8, off: i32, imm: u64 },
    AndsWIB { d: u8, n: u8, cond: u8, off: i32, imm: u32 },
    Br { n: u8 },
    Blr { n: u8 },
    Ret { n: u8 },

    // System.
    Nop,
    /// YIELD, WFE, WFI: nothing happens here, but others may want to run.
    Hint,
    Svc { imm: u16 },
    Brk { imm: u16 },
    Mrs { d: u8, reg: SysReg },
    Msr { t: u8, reg: SysReg },
    DcZva { t: u8 },
    /// DC CVAC, CVAU, CVAP, CVADP, CIVAC: a check of the address, nothing else.
    DcClean { t: u8 },
    IcIvau { t: u8 },
    Clrex,

    // Loads and stores; immediate offset forms that are hot have a variant of their own.
    LdrX { t: u8, n: u8, off: i32 },
    LdrW { t: u8, n: u8, off: i32 },
    LdrH { t: u8, n: u8, off: i32 },
    LdrB { t: u8, n: u8, off: i32 },
    Ldrsw { t: u8, n: u8, off: i32 },
    StrX { t: u8, n: u8, off: i32 },
    StrW { t: u8, n: u8, off: i32 },
    StrH { t: u8, n: u8, off: i32 },
    StrB { t: u8, n: u8, off: i32 },
    LdrQ { t: u8, n: u8, off: i32 },
    StrQ { t: u8, n: u8, off: i32 },
    LdrD { t: u8, n: u8, off: i32 },
    StrD { t: u8, n: u8, off: i32 },
    /// Register offset, LSL.
    LdrXR { t: u8, n: u8, m: u8, shift: u8 },
    LdrWR { t: u8, n: u8, m: u8, shift: u8 },
    LdrBR { t: u8, n: u8, m: u8, shift: u8 },
    LdrDR { t: u8, n: u8, m: u8, shift: u8 },
    StrXR { t: u8, n: u8, m: u8, shift: u8 },
    StrWR { t: u8, n: u8, m: u8, shift: u8 },
    StrBR { t: u8, n: u8, m: u8, shift: u8 },
    StrDR { t: u8, n: u8, m: u8, shift: u8 },
    /// Any access at `n + off`.
    MemImm { op: MemOp, t: u8, n: u8, off: i32 },
    /// At `n + off`, which is written back.
    MemPre { op: MemOp, t: u8, n: u8, off: i32 },
    /// At `n`; `n + off` is written back.
    MemPost { op: MemOp, t: u8, n: u8, off: i32 },
    /// At `n` + extended `m` << `shift`; `ext` is the option field of the encoding.
    MemReg { op: MemOp, t: u8, n: u8, m: u8, ext: u8, shift: u8 },
    /// At PC + `off`.
    MemLit { op: MemOp, t: u8, off: i32 },
    /// Acquire and release forms: at `n + off`, with their alignment rule.
    Ordered { op: MemOp, t: u8, n: u8, off: i32 },
    LdpX { t: u8, t2: u8, n: u8, off: i32 },
    StpX { t: u8, t2: u8, n: u8, off: i32 },
    Pair { op: PairOp, t: u8, t2: u8, n: u8, off: i32 },
    PairPre { op: PairOp, t: u8, t2: u8, n: u8, off: i32 },
    PairPost { op: PairOp, t: u8, t2: u8, n: u8, off: i32 },

    // Exclusives and atomics; `size` is the binary logarithm of the bytes of one register.
    Ldxr { size: u8, t: u8, n: u8 },
    Stxr { size: u8, s: u8, t: u8, n: u8 },
    Ldxp { size: u8, t: u8, t2: u8, n: u8 },
    Stxp { size: u8, s: u8, t: u8, t2: u8, n: u8 },
    /// LD<op>, SWP: operand `s`, old value to `t`.
    Atomic { op: AtomicOp, size: u8, s: u8, t: u8, n: u8 },
    /// CAS: compares with `s`, which takes the old value (`sd` as destination), stores `t`.
    Cas { size: u8, s: u8, sd: u8, t: u8, n: u8 },
    /// CASP: as CAS with register pairs; `s` and `t` are even architectural numbers, 30 pairing with XZR.
    Casp { size: u8, s: u8, t: u8, n: u8 },
}

const _: () = assert!(size_of::<Insn>() == 16);

impl Insn {
    /// Whether nothing that follows in memory can be reached without asking where to go on.
    pub(crate) fn ends_block(&self) -> bool {
        use Insn::{
            B, Bcond, Bl, Blr, Br, Brk, CbnzW, CbnzX, CbzW, CbzX, Hint, IcIvau, Ret, Svc, Tbnz, Tbz,
            Undefined,
        };
        matches!(
            self,
            B { .. }
                | Bl { .. }
                | Bcond { .. }
                | CbzX { .. }
                | CbzW { .. }
                | CbnzX { .. }
                | CbnzW { .. }
                | Tbz { .. }
                | Tbnz { .. }
                | Br { .. }
                | Blr { .. }
                | Ret { .. }
                | Svc { .. }
                | Brk { .. }
                | Hint
                | IcIvau { .. }
                | Undefined { .. }
        )
    }

    /// This and `next` in one operation, if they belong to the pairs that are worth it.
    pub(crate) fn fuse(&self, next: &Insn) -> Option<Insn> {
        let &Insn::Bcond { cond, off } = next else { return None };
        match *self {
            Insn::SubsXI { d, n, imm } => Some(Insn::SubsXIB { d, n, cond, off, imm }),
            Insn::SubsWI { d, n, imm } => Some(Insn::SubsWIB { d, n, cond, off, imm }),
            Insn::SubsX { d, n, m } => Some(Insn::SubsXB { d, n, m, cond, off }),
            Insn::SubsW { d, n, m } => Some(Insn::SubsWB { d, n, m, cond, off }),
            Insn::AndsXI { d, n, imm } => Some(Insn::AndsXIB { d, n, cond, off, imm }),
            Insn::AndsWI { d, n, imm } => Some(Insn::AndsWIB { d, n, cond, off, imm }),
            _ => None,
        }
    }

    /// Whether this stands for two instructions.
    pub(crate) fn is_fused(&self) -> bool {
        use Insn::{AndsWIB, AndsXIB, SubsWB, SubsWIB, SubsXB, SubsXIB};
        matches!(
            self,
            SubsXIB { .. } | SubsWIB { .. } | SubsXB { .. } | SubsWB { .. } | AndsXIB { .. } | AndsWIB { .. }
        )
    }
}

//! Semantics of integer data processing. Pure functions of values and flags; called by the interpreter loop.

use crate::decode::{Alu, Insn, OneSource, Shift, SysReg};
use crate::state::{FPCR_MASK, FPSR_MASK, Flags, State};

/// Index into [`State::r`]; the mask keeps the bounds check away.
#[inline(always)]
pub(crate) const fn ix(register: u8) -> usize {
    (register & 63) as usize
}

/// Flags of a 64-bit logical result: C and V cleared.
#[inline(always)]
pub(crate) fn logic_flags_x(result: u64) -> Flags {
    Flags { n: result, z: result, c: false, v: false }
}

/// Flags of a 32-bit logical result: C and V cleared.
#[inline(always)]
pub(crate) fn logic_flags_w(result: u32) -> Flags {
    Flags { n: u64::from(result) << 32, z: u64::from(result), c: false, v: false }
}

/// ADDS.
#[inline(always)]
pub(crate) fn adds_x(a: u64, b: u64) -> (u64, Flags) {
    let (r, c) = a.overflowing_add(b);
    let v = (a as i64).overflowing_add(b as i64).1;
    (r, Flags { n: r, z: r, c, v })
}

/// ADDS, 32 bits.
#[inline(always)]
pub(crate) fn adds_w(a: u32, b: u32) -> (u32, Flags) {
    let (r, c) = a.overflowing_add(b);
    let v = (a as i32).overflowing_add(b as i32).1;
    (r, Flags { n: u64::from(r) << 32, z: u64::from(r), c, v })
}

/// SUBS: C is "no borrow".
#[inline(always)]
pub(crate) fn subs_x(a: u64, b: u64) -> (u64, Flags) {
    let (r, v) = (a as i64).overflowing_sub(b as i64);
    let r = r as u64;
    (r, Flags { n: r, z: r, c: a >= b, v })
}

/// SUBS, 32 bits.
#[inline(always)]
pub(crate) fn subs_w(a: u32, b: u32) -> (u32, Flags) {
    let (r, v) = (a as i32).overflowing_sub(b as i32);
    let r = r as u32;
    (r, Flags { n: u64::from(r) << 32, z: u64::from(r), c: a >= b, v })
}

/// Whether `cond` holds after comparing the zero-extended `a` with `b`, which has set `flags`.
#[inline(always)]
pub(crate) fn compare(cond: u8, a: u64, b: u64, flags: &Flags) -> bool {
    let n = (flags.n as i64) < 0;
    match cond & 15 {
        0 => a == b,
        1 => a != b,
        2 => a >= b,
        3 => a < b,
        4 => n,
        5 => !n,
        6 => flags.v,
        7 => !flags.v,
        8 => a > b,
        9 => a <= b,
        10 => n == flags.v,
        11 => n != flags.v,
        12 => n == flags.v && a != b,
        13 => n != flags.v || a == b,
        _ => true,
    }
}

/// A 64-bit value shifted by 0 to 63.
#[inline(always)]
fn shift_x(shift: Shift, value: u64, amount: u32) -> u64 {
    match shift {
        Shift::Lsl => value << (amount & 63),
        Shift::Lsr => value >> (amount & 63),
        Shift::Asr => (value as i64 >> (amount & 63)) as u64,
        Shift::Ror => value.rotate_right(amount & 63),
    }
}

/// A 32-bit value shifted by 0 to 31.
#[inline(always)]
fn shift_w(shift: Shift, value: u32, amount: u32) -> u32 {
    match shift {
        Shift::Lsl => value << (amount & 31),
        Shift::Lsr => value >> (amount & 31),
        Shift::Asr => (value as i32 >> (amount & 31)) as u32,
        Shift::Ror => value.rotate_right(amount & 31),
    }
}

/// The extension of a register operand by the option field (ExtendReg, J1).
#[inline(always)]
pub(crate) fn extend(value: u64, ext: u8) -> u64 {
    match ext & 7 {
        0 => value & 0xFF,
        1 => value & 0xFFFF,
        2 => value & 0xFFFF_FFFF,
        4 => value as i8 as u64,
        5 => value as i16 as u64,
        6 => value as i32 as u64,
        _ => value,
    }
}

/// SMULL.
#[inline(always)]
pub(crate) fn smull(a: u32, b: u32) -> u64 {
    (i64::from(a as i32) * i64::from(b as i32)) as u64
}

/// SMULH.
#[inline(always)]
pub(crate) fn smulh(a: u64, b: u64) -> u64 {
    ((i128::from(a as i64) * i128::from(b as i64)) >> 64) as u64
}

#[inline(always)]
fn alu_x(st: &mut State, op: Alu, a: u64, b: u64) -> u64 {
    let (r, flags) = match op {
        Alu::Add => return a.wrapping_add(b),
        Alu::Sub => return a.wrapping_sub(b),
        Alu::And => return a & b,
        Alu::Bic => return a & !b,
        Alu::Orr => return a | b,
        Alu::Orn => return a | !b,
        Alu::Eor => return a ^ b,
        Alu::Eon => return a ^ !b,
        Alu::Adds => adds_x(a, b),
        Alu::Subs => subs_x(a, b),
        Alu::Ands => (a & b, logic_flags_x(a & b)),
        Alu::Bics => (a & !b, logic_flags_x(a & !b)),
    };
    st.flags = flags;
    r
}

#[inline(always)]
fn alu_w(st: &mut State, op: Alu, a: u32, b: u32) -> u32 {
    let (r, flags) = match op {
        Alu::Adds => adds_w(a, b),
        Alu::Subs => subs_w(a, b),
        Alu::Ands => (a & b, logic_flags_w(a & b)),
        Alu::Bics => (a & !b, logic_flags_w(a & !b)),
        _ => return alu_x(st, op, u64::from(a), u64::from(b)) as u32,
    };
    st.flags = flags;
    r
}

/// Executes an instruction that touches neither memory nor PC and has no arm of its own in the loop.
///
/// # Panics
/// If given any other: the loop's match and this one are to cover all variants between them.
pub(crate) fn exec_other(insn: &Insn, st: &mut State) {
    match *insn {
        Insn::AluShift { op, x: true, d, n, m, shift, amount } => {
            let b = shift_x(shift, st.r[ix(m)], u32::from(amount));
            st.r[ix(d)] = alu_x(st, op, st.r[ix(n)], b);
        }
        Insn::AluShift { op, x: false, d, n, m, shift, amount } => {
            let b = shift_w(shift, st.r[ix(m)] as u32, u32::from(amount));
            st.r[ix(d)] = u64::from(alu_w(st, op, st.r[ix(n)] as u32, b));
        }
        Insn::AluExt { op, x, d, n, m, ext, amount } => {
            let (a, b) = (st.r[ix(n)], extend(st.r[ix(m)], ext) << (amount & 7));
            st.r[ix(d)] = if x { alu_x(st, op, a, b) } else { u64::from(alu_w(st, op, a as u32, b as u32)) };
        }
        Insn::Carry { sub, set, x, d, n, m } => carry(st, sub, set, x, d, (n, m)),
        Insn::CcmpR { sub, x, n, m, cond, nzcv } => cond_compare(st, sub, x, n, st.r[ix(m)], (cond, nzcv)),
        Insn::CcmpI { sub, x, n, imm, cond, nzcv } => {
            cond_compare(st, sub, x, n, u64::from(imm), (cond, nzcv))
        }
        Insn::OneSource { op, x, d, n } => {
            let a = st.r[ix(n)];
            st.r[ix(d)] = if x { one_source_x(op, a) } else { u64::from(one_source_w(op, a as u32)) };
        }
        Insn::ShiftV { op, x, d, n, m } => {
            let (a, amount) = (st.r[ix(n)], st.r[ix(m)] as u32);
            st.r[ix(d)] = if x { shift_x(op, a, amount) } else { u64::from(shift_w(op, a as u32, amount)) };
        }
        Insn::Crc { castagnoli, bytes, d, n, m } => {
            let table = if castagnoli { &CRC32C } else { &CRC32 };
            st.r[ix(d)] = u64::from(crc(table, st.r[ix(n)] as u32, st.r[ix(m)], bytes));
        }
        Insn::Mrs { d, reg } => st.r[ix(d)] = read_register(st, reg),
        Insn::Msr { t, reg } => write_register(st, reg, st.r[ix(t)]),
        Insn::Clrex => st.exclusive = None,
        _ => exec_flags(insn, st),
    }
}

/// RMIF, SETF8, SETF16 (FEAT_FlagM), CFINV, AXFLAG, XAFLAG (FEAT_FlagM2).
fn exec_flags(insn: &Insn, st: &mut State) {
    let old = st.nzcv();
    let (z, c, v) = (old >> 30 & 1, old >> 29 & 1, old >> 28 & 1);
    let new = match *insn {
        Insn::Rmif { n, rotate, mask } => {
            let bits = st.r[ix(n)].rotate_right(u32::from(rotate)) as u32;
            let mask = u32::from(mask);
            old & !(mask << 28) | (bits & mask) << 28
        }
        Insn::Setf { n, width } => {
            let value = st.r[ix(n)];
            let sign = (value >> (width - 1) & 1) as u32;
            let zero = u32::from(value << (64 - width) == 0);
            let overflow = (value >> width & 1) as u32 ^ sign;
            sign << 31 | zero << 30 | c << 29 | overflow << 28
        }
        Insn::Cfinv => old ^ 1 << 29,
        Insn::Axflag => (z | v) << 30 | (c & (v ^ 1)) << 29,
        Insn::Xaflag => ((c | z) ^ 1) << 31 | (z & c) << 30 | (c | z) << 29 | ((c ^ 1) & z) << 28,
        _ => unreachable!("{insn:?} has an arm in the interpreter loop"),
    };
    st.set_nzcv(new);
}

fn carry(st: &mut State, sub: bool, set: bool, x: bool, d: u8, (n, m): (u8, u8)) {
    let (a, b) = (st.r[ix(n)], st.r[ix(m)] ^ if sub { u64::MAX } else { 0 });
    let (r, flags) = if x {
        let (low, c1) = a.overflowing_add(b);
        let (r, c2) = low.overflowing_add(u64::from(st.flags.c));
        (r, Flags { n: r, z: r, c: c1 | c2, v: ((a ^ r) & (b ^ r)) >> 63 == 1 })
    } else {
        let (a, b) = (a as u32, b as u32);
        let (low, c1) = a.overflowing_add(b);
        let (r, c2) = low.overflowing_add(u32::from(st.flags.c));
        let wide = u64::from(r);
        (wide, Flags { n: wide << 32, z: wide, c: c1 | c2, v: ((a ^ r) & (b ^ r)) >> 31 == 1 })
    };
    st.r[ix(d)] = r;
    if set {
        st.flags = flags;
    }
}

fn cond_compare(st: &mut State, sub: bool, x: bool, n: u8, b: u64, (cond, nzcv): (u8, u8)) {
    if !st.cond(cond) {
        st.set_nzcv(u32::from(nzcv) << 28);
        return;
    }
    let a = st.r[ix(n)];
    st.flags = match (sub, x) {
        (true, true) => subs_x(a, b).1,
        (true, false) => subs_w(a as u32, b as u32).1,
        (false, true) => adds_x(a, b).1,
        (false, false) => adds_w(a as u32, b as u32).1,
    };
}

fn one_source_x(op: OneSource, a: u64) -> u64 {
    match op {
        OneSource::Rbit => a.reverse_bits(),
        OneSource::Rev16 => (a & 0x00FF_00FF_00FF_00FF) << 8 | a >> 8 & 0x00FF_00FF_00FF_00FF,
        OneSource::Rev32 => a.swap_bytes().rotate_right(32),
        OneSource::Rev64 => a.swap_bytes(),
        OneSource::Clz => u64::from(a.leading_zeros()),
        OneSource::Cls => u64::from((a ^ a << 1 | 1).leading_zeros()),
    }
}

fn one_source_w(op: OneSource, a: u32) -> u32 {
    match op {
        OneSource::Rbit => a.reverse_bits(),
        OneSource::Rev16 => (a & 0x00FF_00FF) << 8 | a >> 8 & 0x00FF_00FF,
        OneSource::Rev32 | OneSource::Rev64 => a.swap_bytes(),
        OneSource::Clz => a.leading_zeros(),
        OneSource::Cls => (a ^ a << 1 | 1).leading_zeros(),
    }
}

/// CRC32 and CRC32C remainders of every byte, bit-reflected (polynomials 0x04C11DB7 and 0x1EDC6F41).
static CRC32: [u32; 256] = crc_table(0xEDB8_8320);
static CRC32C: [u32; 256] = crc_table(0x82F6_3B78);

const fn crc_table(poly: u32) -> [u32; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut value = i as u32;
        let mut bit = 0;
        while bit < 8 {
            value = value >> 1 ^ if value & 1 == 1 { poly } else { 0 };
            bit += 1;
        }
        table[i] = value;
        i += 1;
    }
    table
}

fn crc(table: &[u32; 256], acc: u32, value: u64, bytes: u8) -> u32 {
    value
        .to_le_bytes()
        .iter()
        .take(usize::from(bytes))
        .fold(acc, |acc, &byte| table[usize::from(acc as u8 ^ byte)] ^ acc >> 8)
}

/// CNTVCT_EL0 is read as of `st.icount`, which the loop brings up to date first.
fn read_register(st: &State, reg: SysReg) -> u64 {
    match reg {
        SysReg::Nzcv => u64::from(st.nzcv()),
        SysReg::Fpcr => u64::from(st.fpcr),
        SysReg::Fpsr => u64::from(st.fpsr),
        SysReg::TpidrEl0 => st.tpidr_el0,
        SysReg::TpidrroEl0 => st.tpidrro_el0,
        SysReg::Cntvct => st.cntvct(),
    }
}

fn write_register(st: &mut State, reg: SysReg, value: u64) {
    match reg {
        SysReg::Nzcv => st.set_nzcv(value as u32),
        SysReg::Fpcr => st.fpcr = value as u32 & FPCR_MASK,
        SysReg::Fpsr => st.fpsr = value as u32 & FPSR_MASK,
        SysReg::TpidrEl0 => st.tpidr_el0 = value,
        // Not writable at EL0: the decoder refuses both.
        SysReg::TpidrroEl0 | SysReg::Cntvct => {}
    }
}

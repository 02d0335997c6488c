//! The hot loop: executes one block of predecoded instructions. Called by `interp` only.
//!
//! This is the one place that the compiler instantiates per memory type and that is worth being large: every
//! arm is a few machine instructions. Whatever is longer or rarer lives in a function of its own.

use super::alu::{self, adds_w, adds_x, exec_other, ix, logic_flags_w, logic_flags_x, subs_w, subs_x};
use super::view::{UNTAGGED, View, retag};
use super::{atomics, fp, ldst, simd, simd_mem};
use crate::decode::{Insn, SysReg};
use crate::mem::{Access, MemError, Memory, Word};
use crate::state::{Exit, State};
use core::ops::Range;

/// How a block was left. The instructions retired come beside it.
pub(crate) enum Flow {
    /// By its end.
    Past,
    /// By a direct branch to this address.
    Taken(u64),
    /// By an indirect branch to this address.
    Indirect(u64),
    /// Decoded code may have changed in this range: go on with fresh eyes.
    Written(Range<u64>),
    /// With this.
    Leave(Exit),
}

/// What becomes of an access of the `i`-th instruction, to `len` bytes at `at`, that did not simply succeed.
#[cold]
#[inline(never)]
fn refused(error: MemError, i: usize, at: u64, len: u64) -> (usize, Flow) {
    let addr = at & UNTAGGED;
    match retag(error, at) {
        MemError::CodeWritten => (i + 1, Flow::Written(addr..addr + len)),
        fault @ MemError::Fault(_) => refused_in_view(fault, i),
    }
}

/// The same for an access through a [`View`], which has put the tag back and keeps note of code written.
#[cold]
#[inline(never)]
fn refused_in_view(error: MemError, i: usize) -> (usize, Flow) {
    match error {
        MemError::Fault(fault) => (i, Flow::Leave(Exit::Fault(fault))),
        MemError::CodeWritten => (i + 1, Flow::Written(0..0)),
    }
}

/// Where a branch to `target`, or an exception return, goes: the tag is dropped where Linux has it ignored (TCR_EL1.TBI0, not TBID0).
#[inline(always)]
pub(crate) fn branch_target(target: u64) -> u64 {
    if target >> 55 & 1 == 0 { target & UNTAGGED } else { target }
}

/// Executes `insns`, which stand at `pc`; `icount` instructions have retired before.
#[inline(always)]
pub(crate) fn run_block<M: Memory>(
    insns: &[Insn],
    pc: u64,
    icount: u64,
    st: &mut State,
    mem: &M,
    view: &View<'_, M>,
) -> (usize, Flow) {
    for (i, insn) in insns.iter().enumerate() {
        macro_rules! x {
            ($r:expr) => {
                st.r[ix($r)]
            };
        }
        macro_rules! w {
            ($r:expr) => {
                st.r[ix($r)] as u32
            };
        }
        macro_rules! set {
            ($d:expr, $value:expr) => {{
                let value = $value;
                st.r[ix($d)] = u64::from(value);
            }};
        }
        macro_rules! set_flags {
            ($d:expr, $value:expr) => {{
                let (value, flags) = $value;
                st.r[ix($d)] = u64::from(value);
                st.flags = flags;
            }};
        }
        macro_rules! load {
            ($t:ty, $at:expr) => {{
                let at = $at;
                match mem.load::<$t>(at & UNTAGGED) {
                    Ok(value) => value,
                    Err(error) => return refused(error, i, at, <$t as Word>::SIZE),
                }
            }};
        }
        macro_rules! store {
            ($t:ty, $at:expr, $value:expr) => {{
                let at = $at;
                if let Err(error) = mem.store::<$t>(at & UNTAGGED, $value) {
                    return refused(error, i, at, <$t as Word>::SIZE);
                }
            }};
        }
        macro_rules! at {
            ($n:expr, $off:expr) => {
                x!($n).wrapping_add_signed(i64::from($off))
            };
        }
        macro_rules! here {
            () => {
                pc.wrapping_add(i as u64 * 4)
            };
        }
        macro_rules! branch_if {
            ($cond:expr, $off:expr) => {{
                if $cond {
                    let here = here!();
                    st.last_branch = here;
                    return (i + 1, Flow::Taken(here.wrapping_add_signed(i64::from($off))));
                }
                return (i + 1, Flow::Past);
            }};
        }
        // The comparison is done; the branch is the next instruction.
        macro_rules! fused_branch {
            ($cond:expr, $off:expr) => {{
                if $cond {
                    let branch = here!().wrapping_add(4);
                    st.last_branch = branch;
                    return (i + 2, Flow::Taken(branch.wrapping_add_signed(i64::from($off))));
                }
                return (i + 2, Flow::Past);
            }};
        }
        macro_rules! compare_branch {
            ($subs:ident, $d:expr, $a:expr, $b:expr, $cond:expr, $off:expr) => {{
                let (a, b) = ($a, $b);
                set_flags!($d, $subs(a, b));
                fused_branch!(alu::compare($cond, a.into(), b.into(), &st.flags), $off);
            }};
        }
        macro_rules! select {
            ($cond:expr, $yes:expr, $no:expr) => {
                if st.cond($cond) { $yes } else { $no }
            };
        }
        match *insn {
            Insn::MovI { d, imm } => set!(d, imm),
            Insn::MovkX { d, shift, imm } => {
                set!(d, x!(d) & !(0xFFFF << (shift & 63)) | u64::from(imm) << (shift & 63));
            }
            Insn::MovkW { d, shift, imm } => {
                set!(d, w!(d) & !(0xFFFF << (shift & 31)) | u32::from(imm) << (shift & 31));
            }
            Insn::Adr { d, off } => set!(d, here!().wrapping_add_signed(off)),
            Insn::Adrp { d, off } => set!(d, (here!() & !0xFFF).wrapping_add_signed(off)),
            Insn::AddXI { d, n, imm } => set!(d, x!(n).wrapping_add(imm)),
            Insn::AddWI { d, n, imm } => set!(d, w!(n).wrapping_add(imm)),
            Insn::AddsXI { d, n, imm } => set_flags!(d, adds_x(x!(n), imm)),
            Insn::AddsWI { d, n, imm } => set_flags!(d, adds_w(w!(n), imm)),
            Insn::SubsXI { d, n, imm } => set_flags!(d, subs_x(x!(n), imm)),
            Insn::SubsWI { d, n, imm } => set_flags!(d, subs_w(w!(n), imm)),
            Insn::AndI { d, n, imm } => set!(d, x!(n) & imm),
            Insn::OrrXI { d, n, imm } => set!(d, x!(n) | imm),
            Insn::OrrWI { d, n, imm } => set!(d, w!(n) | imm),
            Insn::EorXI { d, n, imm } => set!(d, x!(n) ^ imm),
            Insn::EorWI { d, n, imm } => set!(d, w!(n) ^ imm),
            Insn::AndsXI { d, n, imm } => {
                let r = x!(n) & imm;
                set_flags!(d, (r, logic_flags_x(r)));
            }
            Insn::AndsWI { d, n, imm } => {
                let r = w!(n) & imm;
                set_flags!(d, (r, logic_flags_w(r)));
            }
            Insn::Ubf { d, n, l, r } => set!(d, x!(n) << (l & 63) >> (r & 63)),
            Insn::SbfX { d, n, l, r } => set!(d, (((x!(n) << (l & 63)) as i64) >> (r & 63)) as u64),
            Insn::SbfW { d, n, l, r } => set!(d, (((x!(n) << (l & 63)) as i64) >> (r & 63)) as u32),
            Insn::BfmX { d, n, l, r, mask } => {
                set!(d, x!(d) & !mask | x!(n) >> (r & 63) << (l & 63) & mask);
            }
            Insn::BfmW { d, n, l, r, mask } => {
                set!(d, w!(d) & !mask | w!(n) >> (r & 31) << (l & 31) & mask);
            }
            Insn::ExtrX { d, n, m, lsb } => {
                let both = u128::from(x!(n)) << 64 | u128::from(x!(m));
                set!(d, (both >> (lsb & 63)) as u64);
            }
            Insn::ExtrW { d, n, m, lsb } => {
                let both = u64::from(w!(n)) << 32 | u64::from(w!(m));
                set!(d, (both >> (lsb & 31)) as u32);
            }

            Insn::MovX { d, m } => set!(d, x!(m)),
            Insn::MovW { d, m } => set!(d, w!(m)),
            Insn::AddX { d, n, m } => set!(d, x!(n).wrapping_add(x!(m))),
            Insn::AddW { d, n, m } => set!(d, w!(n).wrapping_add(w!(m))),
            Insn::SubX { d, n, m } => set!(d, x!(n).wrapping_sub(x!(m))),
            Insn::SubW { d, n, m } => set!(d, w!(n).wrapping_sub(w!(m))),
            Insn::SubsX { d, n, m } => set_flags!(d, subs_x(x!(n), x!(m))),
            Insn::SubsW { d, n, m } => set_flags!(d, subs_w(w!(n), w!(m))),
            Insn::AndX { d, n, m } => set!(d, x!(n) & x!(m)),
            Insn::AndW { d, n, m } => set!(d, w!(n) & w!(m)),
            Insn::OrrX { d, n, m } => set!(d, x!(n) | x!(m)),
            Insn::OrrW { d, n, m } => set!(d, w!(n) | w!(m)),
            Insn::EorX { d, n, m } => set!(d, x!(n) ^ x!(m)),
            Insn::EorW { d, n, m } => set!(d, w!(n) ^ w!(m)),
            Insn::AndsX { d, n, m } => {
                let r = x!(n) & x!(m);
                set_flags!(d, (r, logic_flags_x(r)));
            }
            Insn::AndsW { d, n, m } => {
                let r = w!(n) & w!(m);
                set_flags!(d, (r, logic_flags_w(r)));
            }
            Insn::AddXL { d, n, m, shift } => set!(d, x!(n).wrapping_add(x!(m) << (shift & 63))),
            Insn::CselX { d, n, m, cond } => set!(d, select!(cond, x!(n), x!(m))),
            Insn::CselW { d, n, m, cond } => set!(d, select!(cond, w!(n), w!(m))),
            Insn::CsincX { d, n, m, cond } => set!(d, select!(cond, x!(n), x!(m).wrapping_add(1))),
            Insn::CsincW { d, n, m, cond } => set!(d, select!(cond, w!(n), w!(m).wrapping_add(1))),
            Insn::CsinvX { d, n, m, cond } => set!(d, select!(cond, x!(n), !x!(m))),
            Insn::CsinvW { d, n, m, cond } => set!(d, select!(cond, w!(n), !w!(m))),
            Insn::CsnegX { d, n, m, cond } => set!(d, select!(cond, x!(n), x!(m).wrapping_neg())),
            Insn::CsnegW { d, n, m, cond } => set!(d, select!(cond, w!(n), w!(m).wrapping_neg())),
            // Division by zero gives zero, and the one overflow wraps.
            Insn::UdivX { d, n, m } => set!(d, x!(n).checked_div(x!(m)).unwrap_or(0)),
            Insn::UdivW { d, n, m } => set!(d, w!(n).checked_div(w!(m)).unwrap_or(0)),
            Insn::SdivX { d, n, m } => {
                let (a, b) = (x!(n) as i64, x!(m) as i64);
                set!(d, if b == 0 { 0 } else { a.wrapping_div(b) as u64 });
            }
            Insn::SdivW { d, n, m } => {
                let (a, b) = (w!(n) as i32, w!(m) as i32);
                set!(d, if b == 0 { 0 } else { a.wrapping_div(b) as u32 });
            }
            Insn::MaddX { d, n, m, a } => set!(d, x!(a).wrapping_add(x!(n).wrapping_mul(x!(m)))),
            Insn::MaddW { d, n, m, a } => set!(d, w!(a).wrapping_add(w!(n).wrapping_mul(w!(m)))),
            Insn::MsubX { d, n, m, a } => set!(d, x!(a).wrapping_sub(x!(n).wrapping_mul(x!(m)))),
            Insn::MsubW { d, n, m, a } => set!(d, w!(a).wrapping_sub(w!(n).wrapping_mul(w!(m)))),
            Insn::Smaddl { d, n, m, a } => set!(d, x!(a).wrapping_add(alu::smull(w!(n), w!(m)))),
            Insn::Smsubl { d, n, m, a } => set!(d, x!(a).wrapping_sub(alu::smull(w!(n), w!(m)))),
            Insn::Umaddl { d, n, m, a } => set!(d, x!(a).wrapping_add(u64::from(w!(n)) * u64::from(w!(m)))),
            Insn::Umsubl { d, n, m, a } => set!(d, x!(a).wrapping_sub(u64::from(w!(n)) * u64::from(w!(m)))),
            Insn::Smulh { d, n, m } => set!(d, alu::smulh(x!(n), x!(m))),
            Insn::Umulh { d, n, m } => set!(d, ((u128::from(x!(n)) * u128::from(x!(m))) >> 64) as u64),

            Insn::B { off } => branch_if!(true, off),
            Insn::Bl { off } => {
                st.r[30] = here!().wrapping_add(4);
                branch_if!(true, off);
            }
            Insn::Bcond { cond, off } => branch_if!(st.cond(cond), off),
            Insn::CbzX { t, off } => branch_if!(x!(t) == 0, off),
            Insn::CbzW { t, off } => branch_if!(w!(t) == 0, off),
            Insn::CbnzX { t, off } => branch_if!(x!(t) != 0, off),
            Insn::CbnzW { t, off } => branch_if!(w!(t) != 0, off),
            Insn::Tbz { t, bit, off } => branch_if!(x!(t) >> (bit & 63) & 1 == 0, off),
            Insn::Tbnz { t, bit, off } => branch_if!(x!(t) >> (bit & 63) & 1 == 1, off),
            Insn::SubsXIB { d, n, cond, off, imm } => compare_branch!(subs_x, d, x!(n), imm, cond, off),
            Insn::SubsWIB { d, n, cond, off, imm } => compare_branch!(subs_w, d, w!(n), imm, cond, off),
            Insn::SubsXB { d, n, m, cond, off } => compare_branch!(subs_x, d, x!(n), x!(m), cond, off),
            Insn::SubsWB { d, n, m, cond, off } => compare_branch!(subs_w, d, w!(n), w!(m), cond, off),
            Insn::AndsXIB { d, n, cond, off, imm } => {
                let r = x!(n) & imm;
                set_flags!(d, (r, logic_flags_x(r)));
                fused_branch!(st.cond(cond), off);
            }
            Insn::AndsWIB { d, n, cond, off, imm } => {
                let r = w!(n) & imm;
                set_flags!(d, (r, logic_flags_w(r)));
                fused_branch!(st.cond(cond), off);
            }
            Insn::Br { n } | Insn::Ret { n } => {
                st.last_branch = here!();
                return (i + 1, Flow::Indirect(branch_target(x!(n))));
            }
            Insn::Blr { n } => {
                let target = branch_target(x!(n));
                st.last_branch = here!();
                st.r[30] = here!().wrapping_add(4);
                return (i + 1, Flow::Indirect(target));
            }

            Insn::LdrX { t, n, off } => set!(t, load!(u64, at!(n, off))),
            Insn::LdrW { t, n, off } => set!(t, load!(u32, at!(n, off))),
            Insn::LdrH { t, n, off } => set!(t, load!(u16, at!(n, off))),
            Insn::LdrB { t, n, off } => set!(t, load!(u8, at!(n, off))),
            Insn::Ldrsw { t, n, off } => set!(t, load!(u32, at!(n, off)) as i32 as u64),
            Insn::StrX { t, n, off } => store!(u64, at!(n, off), x!(t)),
            Insn::StrW { t, n, off } => store!(u32, at!(n, off), w!(t)),
            Insn::StrH { t, n, off } => store!(u16, at!(n, off), x!(t) as u16),
            Insn::StrB { t, n, off } => store!(u8, at!(n, off), x!(t) as u8),
            Insn::LdrQ { t, n, off } => st.v[usize::from(t & 31)] = load!(u128, at!(n, off)),
            Insn::StrQ { t, n, off } => store!(u128, at!(n, off), st.v[usize::from(t & 31)]),
            Insn::LdrD { t, n, off } => st.v[usize::from(t & 31)] = u128::from(load!(u64, at!(n, off))),
            Insn::StrD { t, n, off } => store!(u64, at!(n, off), st.v[usize::from(t & 31)] as u64),
            Insn::LdrXR { t, n, m, shift } => set!(t, load!(u64, x!(n).wrapping_add(x!(m) << (shift & 7)))),
            Insn::LdrWR { t, n, m, shift } => set!(t, load!(u32, x!(n).wrapping_add(x!(m) << (shift & 7)))),
            Insn::LdrBR { t, n, m, shift } => set!(t, load!(u8, x!(n).wrapping_add(x!(m) << (shift & 7)))),
            Insn::LdrDR { t, n, m, shift } => {
                st.v[usize::from(t & 31)] = u128::from(load!(u64, x!(n).wrapping_add(x!(m) << (shift & 7))));
            }
            Insn::StrXR { t, n, m, shift } => store!(u64, x!(n).wrapping_add(x!(m) << (shift & 7)), x!(t)),
            Insn::StrWR { t, n, m, shift } => store!(u32, x!(n).wrapping_add(x!(m) << (shift & 7)), w!(t)),
            Insn::StrBR { t, n, m, shift } => {
                store!(u8, x!(n).wrapping_add(x!(m) << (shift & 7)), x!(t) as u8)
            }
            Insn::StrDR { t, n, m, shift } => {
                store!(u64, x!(n).wrapping_add(x!(m) << (shift & 7)), st.v[usize::from(t & 31)] as u64);
            }
            Insn::LdpX { t, t2, n, off } => {
                let both = load!(u128, at!(n, off));
                set!(t2, (both >> 64) as u64);
                set!(t, both as u64);
            }
            Insn::StpX { t, t2, n, off } => {
                store!(u128, at!(n, off), u128::from(x!(t)) | u128::from(x!(t2)) << 64);
            }
            Insn::MemImm { .. }
            | Insn::MemPre { .. }
            | Insn::MemPost { .. }
            | Insn::MemReg { .. }
            | Insn::MemLit { .. }
            | Insn::Ordered { .. }
            | Insn::Pair { .. }
            | Insn::PairPre { .. }
            | Insn::PairPost { .. }
            | Insn::DcZva { .. }
            | Insn::DcClean { .. } => {
                if let Err(error) = ldst::exec_ldst(insn, here!(), st, view) {
                    return refused_in_view(error, i);
                }
                if view.is_written() {
                    return (i + 1, Flow::Written(view.take_written()));
                }
            }
            Insn::Ldxr { .. }
            | Insn::Stxr { .. }
            | Insn::Ldxp { .. }
            | Insn::Stxp { .. }
            | Insn::Atomic { .. }
            | Insn::Cas { .. }
            | Insn::Casp { .. } => {
                if let Err(error) = atomics::exec_atomic(insn, st, view) {
                    return refused_in_view(error, i);
                }
                if view.is_written() {
                    return (i + 1, Flow::Written(view.take_written()));
                }
            }
            Insn::SimdMem(ref insn) => {
                if let Err(error) = simd_mem::exec_simd_mem(insn, st, view) {
                    return refused_in_view(error, i);
                }
                if view.is_written() {
                    return (i + 1, Flow::Written(view.take_written()));
                }
            }
            Insn::Fp(ref insn) => fp::exec_fp(insn, st),
            Insn::Simd(ref insn) => simd::exec_simd(insn, st),

            Insn::Nop => {}
            Insn::Mrs { d, reg: SysReg::Cntvct } => set!(d, st.counter.read(icount.wrapping_add(i as u64))),
            Insn::Undefined { word } => return (i, Flow::Leave(Exit::Undefined { word })),
            Insn::Brk { imm } => return (i, Flow::Leave(Exit::Breakpoint { imm })),
            Insn::Svc { imm } => return (i + 1, Flow::Leave(Exit::Svc { imm })),
            Insn::Hint => return (i + 1, Flow::Leave(Exit::Hint)),
            Insn::IcIvau { t } => {
                let at = x!(t);
                return match view.check(at, 1, Access::Read) {
                    Ok(()) => {
                        let line = at & UNTAGGED & !63;
                        (i + 1, Flow::Written(line..line + 64))
                    }
                    Err(error) => refused_in_view(error, i),
                };
            }
            Insn::AluShift { .. }
            | Insn::AluExt { .. }
            | Insn::Carry { .. }
            | Insn::Rmif { .. }
            | Insn::Setf { .. }
            | Insn::Cfinv
            | Insn::Axflag
            | Insn::Xaflag
            | Insn::CcmpR { .. }
            | Insn::CcmpI { .. }
            | Insn::OneSource { .. }
            | Insn::ShiftV { .. }
            | Insn::Crc { .. }
            | Insn::Mrs { .. }
            | Insn::Msr { .. }
            | Insn::Clrex => exec_other(insn, st),
        }
    }
    (insns.len(), Flow::Past)
}

//! Semantics of loads and stores. Called by the interpreter loop for the forms that it does not handle itself.
//!
//! On an error nothing of the instruction has taken effect. Where the architecture leaves the result open, the choice is:
//! a pair load into one X register keeps the first value, into one V register the second, and write-back wins over a
//! load into the base.

use super::alu::{extend, ix};
use super::view::View;
use crate::decode::{Insn, MemOp, PairOp};
use crate::mem::{Access, MemError, Memory};
use crate::state::State;

/// Executes a load or store that is neither atomic nor exclusive; `pc` is its address.
///
/// # Panics
/// If given any other: the matches of the loop, of `atomics` and this one are to cover all variants between them.
pub(crate) fn exec_ldst<M: Memory>(
    insn: &Insn,
    pc: u64,
    st: &mut State,
    view: &View<'_, M>,
) -> Result<(), MemError> {
    match *insn {
        Insn::MemImm { op, t, n, off } => {
            let at = st.r[ix(n)].wrapping_add_signed(i64::from(off));
            single(op, t, at, st, view)
        }
        Insn::MemPre { op, t, n, off } => {
            let at = st.r[ix(n)].wrapping_add_signed(i64::from(off));
            single(op, t, at, st, view)?;
            st.r[ix(n)] = at;
            Ok(())
        }
        Insn::MemPost { op, t, n, off } => {
            let at = st.r[ix(n)];
            single(op, t, at, st, view)?;
            st.r[ix(n)] = at.wrapping_add_signed(i64::from(off));
            Ok(())
        }
        Insn::MemReg { op, t, n, m, ext, shift } => {
            let at = st.r[ix(n)].wrapping_add(extend(st.r[ix(m)], ext) << (shift & 7));
            single(op, t, at, st, view)
        }
        Insn::MemLit { op, t, off } => single(op, t, pc.wrapping_add_signed(i64::from(off)), st, view),
        Insn::Ordered { op, t, n, off } => {
            let at = st.r[ix(n)].wrapping_add_signed(i64::from(off));
            view.check_lse2(at, 1 << op.scale(), if op.is_store() { Access::Write } else { Access::Read })?;
            single(op, t, at, st, view)
        }
        Insn::Pair { op, t, t2, n, off } => {
            let at = st.r[ix(n)].wrapping_add_signed(i64::from(off));
            pair(op, t, t2, at, st, view)
        }
        Insn::PairPre { op, t, t2, n, off } => {
            let at = st.r[ix(n)].wrapping_add_signed(i64::from(off));
            pair(op, t, t2, at, st, view)?;
            st.r[ix(n)] = at;
            Ok(())
        }
        Insn::PairPost { op, t, t2, n, off } => {
            let at = st.r[ix(n)];
            pair(op, t, t2, at, st, view)?;
            st.r[ix(n)] = at.wrapping_add_signed(i64::from(off));
            Ok(())
        }
        Insn::DcZva { t } => zero_block(st.r[ix(t)], view),
        Insn::DcClean { t } => view.check(st.r[ix(t)], 1, Access::Read),
        _ => unreachable!("{insn:?} has an arm in the interpreter loop"),
    }
}

#[inline(always)]
fn single<M: Memory>(op: MemOp, t: u8, at: u64, st: &mut State, view: &View<'_, M>) -> Result<(), MemError> {
    let x = ix(t);
    let v = usize::from(t & 31);
    match op {
        MemOp::LdU8 => st.r[x] = u64::from(view.load::<u8>(at)?),
        MemOp::LdU16 => st.r[x] = u64::from(view.load::<u16>(at)?),
        MemOp::LdU32 => st.r[x] = u64::from(view.load::<u32>(at)?),
        MemOp::LdU64 => st.r[x] = view.load::<u64>(at)?,
        MemOp::LdS8X => st.r[x] = view.load::<u8>(at)? as i8 as u64,
        MemOp::LdS8W => st.r[x] = u64::from(view.load::<u8>(at)? as i8 as u32),
        MemOp::LdS16X => st.r[x] = view.load::<u16>(at)? as i16 as u64,
        MemOp::LdS16W => st.r[x] = u64::from(view.load::<u16>(at)? as i16 as u32),
        MemOp::LdS32X => st.r[x] = view.load::<u32>(at)? as i32 as u64,
        MemOp::St8 => view.store(at, st.r[x] as u8)?,
        MemOp::St16 => view.store(at, st.r[x] as u16)?,
        MemOp::St32 => view.store(at, st.r[x] as u32)?,
        MemOp::St64 => view.store(at, st.r[x])?,
        MemOp::LdVB => st.v[v] = u128::from(view.load::<u8>(at)?),
        MemOp::LdVH => st.v[v] = u128::from(view.load::<u16>(at)?),
        MemOp::LdVS => st.v[v] = u128::from(view.load::<u32>(at)?),
        MemOp::LdVD => st.v[v] = u128::from(view.load::<u64>(at)?),
        MemOp::LdVQ => st.v[v] = view.load::<u128>(at)?,
        MemOp::StVB => view.store(at, st.v[v] as u8)?,
        MemOp::StVH => view.store(at, st.v[v] as u16)?,
        MemOp::StVS => view.store(at, st.v[v] as u32)?,
        MemOp::StVD => view.store(at, st.v[v] as u64)?,
        MemOp::StVQ => view.store(at, st.v[v])?,
    }
    Ok(())
}

/// Two registers are one access of twice the size, so that a page boundary between them needs no second look.
#[inline(always)]
fn pair<M: Memory>(
    op: PairOp,
    t: u8,
    t2: u8,
    at: u64,
    st: &mut State,
    view: &View<'_, M>,
) -> Result<(), MemError> {
    let (x1, x2) = (ix(t), ix(t2));
    let (v1, v2) = (usize::from(t & 31), usize::from(t2 & 31));
    match op {
        PairOp::LdX => {
            let both: u128 = view.load(at)?;
            st.r[x2] = (both >> 64) as u64;
            st.r[x1] = both as u64;
        }
        PairOp::StX => view.store(at, u128::from(st.r[x1]) | u128::from(st.r[x2]) << 64)?,
        PairOp::LdW => {
            let both: u64 = view.load(at)?;
            st.r[x2] = both >> 32;
            st.r[x1] = both & 0xFFFF_FFFF;
        }
        PairOp::LdSw => {
            let both: u64 = view.load(at)?;
            st.r[x2] = (both as i64 >> 32) as u64;
            st.r[x1] = both as i32 as u64;
        }
        PairOp::StW => view.store(at, st.r[x1] & 0xFFFF_FFFF | st.r[x2] << 32)?,
        PairOp::LdVS => {
            let both: u64 = view.load(at)?;
            st.v[v1] = u128::from(both as u32);
            st.v[v2] = u128::from(both >> 32);
        }
        PairOp::LdVD => {
            let both: u128 = view.load(at)?;
            st.v[v1] = u128::from(both as u64);
            st.v[v2] = both >> 64;
        }
        PairOp::LdVQ => {
            let first: u128 = view.load(at)?;
            let second: u128 = view.load(at.wrapping_add(16))?;
            st.v[v1] = first;
            st.v[v2] = second;
        }
        PairOp::StVS => view.store(at, u64::from(st.v[v1] as u32) | (st.v[v2] as u64) << 32)?,
        PairOp::StVD => view.store(at, u128::from(st.v[v1] as u64) | st.v[v2] << 64)?,
        PairOp::StVQ => {
            view.check(at, 32, Access::Write)?;
            view.store(at, st.v[v1])?;
            view.store(at.wrapping_add(16), st.v[v2])?;
        }
    }
    Ok(())
}

/// DC ZVA: the 64 bytes around the address.
fn zero_block<M: Memory>(at: u64, view: &View<'_, M>) -> Result<(), MemError> {
    let block = at & !63;
    view.check(block, 64, Access::Write)?;
    for i in 0..4 {
        view.store(block + 16 * i, 0u128)?;
    }
    Ok(())
}

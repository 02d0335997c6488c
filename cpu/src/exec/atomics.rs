//! Semantics of exclusives, compare-and-swap and atomic memory operations. Called by the interpreter loop.
//!
//! The exclusive monitor remembers the value that was seen, and a store-exclusive succeeds if it is still there: a
//! change and a change back between the two goes unnoticed, which the architecture's users cannot rely on either way.

use super::alu::ix;
use super::view::{UNTAGGED, View};
use crate::decode::{AtomicOp, Insn};
use crate::mem::{Access, MemError, Memory, Word};
use crate::state::{SINK, State, ZR};

/// Executes an atomic instruction.
///
/// # Panics
/// If given any other: the matches of the loop, of `ldst` and this one are to cover all variants between them.
pub(super) fn exec_atomic<M: Memory>(
    insn: &Insn,
    st: &mut State,
    view: &View<'_, M>,
) -> Result<(), MemError> {
    match *insn {
        Insn::Ldxr { size, t, n } => {
            let at = st.r[ix(n)];
            let value = match size {
                0 => load_exclusive::<u8, M>(at, st, view)?,
                1 => load_exclusive::<u16, M>(at, st, view)?,
                2 => load_exclusive::<u32, M>(at, st, view)?,
                _ => load_exclusive::<u64, M>(at, st, view)?,
            };
            st.r[ix(t)] = value as u64;
        }
        Insn::Ldxp { size, t, t2, n } => {
            let at = st.r[ix(n)];
            if size == 2 {
                let both = load_exclusive::<u64, M>(at, st, view)? as u64;
                (st.r[ix(t)], st.r[ix(t2)]) = (both & 0xFFFF_FFFF, both >> 32);
            } else {
                let both = load_exclusive::<u128, M>(at, st, view)?;
                (st.r[ix(t)], st.r[ix(t2)]) = (both as u64, (both >> 64) as u64);
            }
        }
        Insn::Stxr { size, s, t, n } => {
            let (at, value) = (st.r[ix(n)], u128::from(st.r[ix(t)]));
            let failed = match size {
                0 => store_exclusive::<u8, M>(at, value, st, view)?,
                1 => store_exclusive::<u16, M>(at, value, st, view)?,
                2 => store_exclusive::<u32, M>(at, value, st, view)?,
                _ => store_exclusive::<u64, M>(at, value, st, view)?,
            };
            st.r[ix(s)] = u64::from(failed);
        }
        Insn::Stxp { size, s, t, t2, n } => {
            let (at, first, second) = (st.r[ix(n)], st.r[ix(t)], st.r[ix(t2)]);
            let failed = if size == 2 {
                store_exclusive::<u64, M>(at, u128::from(first & 0xFFFF_FFFF | second << 32), st, view)?
            } else {
                store_exclusive::<u128, M>(at, u128::from(first) | u128::from(second) << 64, st, view)?
            };
            st.r[ix(s)] = u64::from(failed);
        }
        Insn::Atomic { op, size, s, t, n } => {
            let (at, operand) = (st.r[ix(n)], st.r[ix(s)]);
            st.r[ix(t)] = match size {
                0 => u64::from(view.update::<u8>(at, |old| apply(op, old.into(), operand, 8) as u8)?),
                1 => u64::from(view.update::<u16>(at, |old| apply(op, old.into(), operand, 16) as u16)?),
                2 => u64::from(view.update::<u32>(at, |old| apply(op, old.into(), operand, 32) as u32)?),
                _ => view.update::<u64>(at, |old| apply(op, old, operand, 64))?,
            };
        }
        Insn::Cas { size, s, sd, t, n } => {
            let (at, expected, new) = (st.r[ix(n)], st.r[ix(s)], st.r[ix(t)]);
            st.r[ix(sd)] = match size {
                0 => u64::from(view.exchange_if(at, expected as u8, new as u8)?),
                1 => u64::from(view.exchange_if(at, expected as u16, new as u16)?),
                2 => u64::from(view.exchange_if(at, expected as u32, new as u32)?),
                _ => view.exchange_if(at, expected, new)?,
            };
        }
        Insn::Casp { size, s, t, n } => casp(size, (s, t, n), st, view)?,
        _ => unreachable!("{insn:?} has an arm in the interpreter loop"),
    }
    Ok(())
}

fn load_exclusive<T: Word, M: Memory>(at: u64, st: &mut State, view: &View<'_, M>) -> Result<u128, MemError> {
    view.check_lse2(at, T::SIZE, Access::Read)?;
    let value = view.load::<T>(at)?.to_u128();
    st.exclusive = Some((at & UNTAGGED, T::SIZE as u8, value));
    Ok(value)
}

/// Whether the store failed. The monitor is open afterwards, except after a fault.
fn store_exclusive<T: Word, M: Memory>(
    at: u64,
    value: u128,
    st: &mut State,
    view: &View<'_, M>,
) -> Result<bool, MemError> {
    view.check_lse2(at, T::SIZE, Access::Write)?;
    let failed = match st.exclusive {
        Some((addr, size, seen)) if addr == at & UNTAGGED && u64::from(size) == T::SIZE => {
            let seen = T::from_u128(seen);
            view.exchange_if(at, seen, T::from_u128(value))? != seen
        }
        _ => true,
    };
    st.exclusive = None;
    Ok(failed)
}

/// The new value of an atomic operation on the low `width` bits.
fn apply(op: AtomicOp, old: u64, operand: u64, width: u32) -> u64 {
    let up = 64 - width;
    let (so, ss) = ((old << up) as i64, (operand << up) as i64);
    let (uo, us) = (old << up, operand << up);
    match op {
        AtomicOp::Add => old.wrapping_add(operand),
        AtomicOp::Clr => old & !operand,
        AtomicOp::Eor => old ^ operand,
        AtomicOp::Set => old | operand,
        AtomicOp::Smax => {
            if so >= ss {
                old
            } else {
                operand
            }
        }
        AtomicOp::Smin => {
            if so <= ss {
                old
            } else {
                operand
            }
        }
        AtomicOp::Umax => {
            if uo >= us {
                old
            } else {
                operand
            }
        }
        AtomicOp::Umin => {
            if uo <= us {
                old
            } else {
                operand
            }
        }
        AtomicOp::Swp => operand,
    }
}

/// CASP: register pairs in architectural numbers, so that 30 pairs with XZR.
fn casp<M: Memory>(
    size: u8,
    (s, t, n): (u8, u8, u8),
    st: &mut State,
    view: &View<'_, M>,
) -> Result<(), MemError> {
    let at = st.r[ix(n)];
    let read = |st: &State, low: u8| (st.r[ix(low)], st.r[ix(low + 1)]);
    let ((e1, e2), (n1, n2)) = (read(st, s), read(st, t));
    let (old1, old2) = if size == 2 {
        // A pair of W registers must be aligned to 8 bytes in all, of X registers to 16.
        let (expected, new) = (e1 & 0xFFFF_FFFF | e2 << 32, n1 & 0xFFFF_FFFF | n2 << 32);
        let old = view.exchange_if(at, expected, new)?;
        (old & 0xFFFF_FFFF, old >> 32)
    } else {
        let old = view.exchange_if(
            at,
            u128::from(e1) | u128::from(e2) << 64,
            u128::from(n1) | u128::from(n2) << 64,
        )?;
        (old as u64, (old >> 64) as u64)
    };
    st.r[ix(s)] = old1;
    st.r[if usize::from(s) + 1 == ZR { SINK } else { ix(s + 1) }] = old2;
    Ok(())
}
